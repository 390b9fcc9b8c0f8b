// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Few preemptions first (Musuvathi and Qadeer, PLDI 2007): most bugs need one or
 * two. To leave an actor that could go on is a preemption; to leave one that waits
 * or is done is none. Round k has every order with at most k; it runs those with
 * fewer once more, which are few beside its own.
 */
#include "explore.h"

static unsigned int bounded_choose(struct tree *tree, struct node *node)
{
	node->preemptions = tree_preemptions(tree, node);
	node->todo = node->enabled;
	if (node->current != NOBODY && node->preemptions >= tree->budget && (node->enabled & (node->enabled - 1))) {
		node->todo = 1ull << node->current;
		tree->over_budget = true;
	}
	return tree_prefer(node, node->todo);
}

static bool bounded_again(struct tree *tree)
{
	struct sim_explored *explored = &tree->explored;

	/* This round had those with fewer preemptions as well. */
	explored->interleavings = (double)(explored->runs - tree->runs_before);
	tree->runs_before = explored->runs;
	if (tree->options.round)
		tree->over_budget = tree->options.round(tree->options.split_arg, tree->over_budget);
	explored->bound = tree->budget;
	explored->bound_known = true;
	if (!tree->over_budget)
		return false;
	if (tree->options.bounded && tree->budget >= tree->options.bound)
		return false;
	tree->budget++;
	tree->over_budget = false;
	return true;
}

const struct tree_ops bounded_ops = {
	.choose = bounded_choose,
	.again = bounded_again,
};
