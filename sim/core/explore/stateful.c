// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every state once: a run ends where it comes to a state that another run has
 * been in. What a state is the program says, by options.state: the shared memory and
 * of each task how it would go on. Tasks that do the same may be exchanged: a state
 * function that sorts them makes one state of all that differ only in who is who, and
 * options.distinct names one of those that are alike in a state, as the others' steps
 * lead to the same.
 *
 * Where the program does not say, a state is every byte of the world, the stacks of
 * its bodies included, wherever they may lie; but not how it came there. A verdict
 * that follows from the world's memory is then the same behind the same state, so a
 * run that is cut has nothing to tell that another one does not.
 *
 * States are told apart by 64 bits of a hash: of n states some two are taken for one
 * with a probability of n^2 / 2^65 (one in four million for four million states).
 */
#include "explore.h"
#include <sim/snapshot.h>

#include <stdlib.h>
#include <string.h>

#define STATE_BYTES_MAX 1024
#define WHOLE_STATES_MAX (1ul << 26)	/* a GiB of hashes */

static uint64_t hash_of(const unsigned char *bytes, size_t nr)
{
	uint64_t hash = nr * 0x9e3779b97f4a7c15ull, word;

	for (; nr >= 8; bytes += 8, nr -= 8) {
		memcpy(&word, bytes, 8);
		hash = (hash ^ word) * 0xd6e8feb86659fd93ull;
		hash ^= hash >> 32;
	}
	word = 0;
	for (size_t i = 0; i < nr; i++)
		word |= (uint64_t)bytes[i] << 8 * i;
	hash = (hash ^ word) * 0xd6e8feb86659fd93ull;
	return hash ^ hash >> 32;
}

static void states_grow(struct tree *tree)
{
	uint64_t *old = tree->states;
	size_t room = tree->room_states;

	tree->room_states = room ? room * 2 : 1 << 12;
	tree->states = calloc(tree->room_states, sizeof(*tree->states));
	if (!tree->states)
		sim_die("the host is out of memory (a search of %zu states)", room);
	for (size_t i = 0; i < room; i++) {
		size_t slot = old[i] & (tree->room_states - 1);

		if (!old[i])
			continue;
		while (tree->states[slot])
			slot = (slot + 1) & (tree->room_states - 1);
		tree->states[slot] = old[i];
	}
	free(old);
}

/* Returns whether the state was not known. */
static bool state_add(struct tree *tree, uint64_t hash)
{
	size_t slot;

	hash += !hash;
	/* Up to three of four: a slot that is in no cache costs more than some that have to be passed. */
	if (unlikely(tree->explored.states >= tree->room_states / 4 * 3))
		states_grow(tree);
	for (slot = hash & (tree->room_states - 1); tree->states[slot]; slot = (slot + 1) & (tree->room_states - 1))
		if (tree->states[slot] == hash)
			return false;
	tree->states[slot] = hash;
	tree->explored.states++;
	return true;
}

void states_forget(struct tree *tree)
{
	if (tree->states)
		memset(tree->states, 0, tree->room_states * sizeof(*tree->states));
	tree->explored.states = 0;
}

static unsigned int stateful_choose(struct tree *tree, struct node *node)
{
	unsigned char bytes[STATE_BYTES_MAX];
	size_t nr;

	node->todo = node->enabled;
	/* The machine has to come to its end: that each in turn begins to wait changes nothing. */
	if (node->waits)
		return tree_prefer(node, node->todo);
	nr = tree->options.state(tree->options.state_arg, bytes, sizeof(bytes));
	if (nr > sizeof(bytes))
		sim_die("a state of %zu bytes, expected at most %zu", nr, sizeof(bytes));
	if (!state_add(tree, hash_of(bytes, nr)))
		return NOBODY;
	if (tree->options.distinct)
		node->todo &= tree->options.distinct(tree->options.state_arg, node->enabled);
	return tree_prefer(node, node->todo);
}

const struct tree_ops stateful_ops = {
	.choose = stateful_choose,
	.remembers = true,
};

static bool whole_arrived(struct tree *tree, const struct mark *mark)
{
	if (tree->explored.states >= WHOLE_STATES_MAX) {
		tree->explored.unfit = "too many states";
		return false;
	}
	return state_add(tree, sim_snapshot_digest(mark->snapshot));
}

static unsigned int whole_choose(struct tree *tree, struct node *node)
{
	node->todo = node->enabled;
	/* Its mark is only of use where there is more than one way to go on. */
	if (!(node->todo & (node->todo - 1)) || tree->no_marks)
		tree->nr_marks--;
	return tree_prefer(node, node->todo);
}

const struct tree_ops whole_ops = {
	.arrived = whole_arrived,
	.choose = whole_choose,
};
