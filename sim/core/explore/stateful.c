// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every state once: a run ends where it comes to a state that another run has
 * been in. What a state is the program says, by options.state: the shared memory and
 * of each task how it would go on. Tasks that do the same may be exchanged: a state
 * function that sorts them makes one state of all that differ only in who is who.
 *
 * States are told apart by 64 bits of a hash: of n states some two are taken for one
 * with a probability of n^2 / 2^65 (one in four million for four million states).
 */
#include "explore.h"

#include <stdlib.h>

#define STATE_BYTES_MAX 1024

static uint64_t hash_of(const unsigned char *bytes, size_t nr)
{
	uint64_t hash = nr * 0x9e3779b97f4a7c15ull;

	for (size_t i = 0; i < nr; i += 8) {
		uint64_t word = 0;

		for (size_t j = 0; j < 8 && i + j < nr; j++)
			word |= (uint64_t)bytes[i + j] << 8 * j;
		hash = (hash ^ word) * 0xd6e8feb86659fd93ull;
		hash ^= hash >> 32;
	}
	hash *= 0xd6e8feb86659fd93ull;
	hash ^= hash >> 29;
	return hash ? hash : 1;
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

	if (2 * (tree->explored.states + 1) > tree->room_states)
		states_grow(tree);
	for (slot = hash & (tree->room_states - 1); tree->states[slot]; slot = (slot + 1) & (tree->room_states - 1))
		if (tree->states[slot] == hash)
			return false;
	tree->states[slot] = hash;
	tree->explored.states++;
	return true;
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
	return tree_prefer(node, node->todo);
}

const struct tree_ops stateful_ops = {
	.choose = stateful_choose,
	.remembers = true,
};
