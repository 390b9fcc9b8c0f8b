// SPDX-License-Identifier: GPL-2.0-or-later
/* Every interleaving: at each node each actor that can go on. */
#include "explore.h"

static unsigned int naive_choose(struct tree *tree, struct node *node)
{
	node->todo = node->enabled;
	return tree_prefer(node, node->todo);
}

static bool naive_again(struct tree *tree)
{
	tree->explored.interleavings = (double)tree->explored.runs;
	return false;
}

const struct tree_ops naive_ops = {
	.choose = naive_choose,
	.again = naive_again,
};
