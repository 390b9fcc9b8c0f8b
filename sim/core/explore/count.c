// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How many interleavings are one trace: the orders of its steps that keep each
 * step behind those that it comes after (linear extensions). Counted over how far
 * each actor has come: ways to get there = sum of the ways to get to one step less.
 * Steps that touch nothing are no steps here: where they stand cannot matter.
 */
#include "explore.h"

#include <stdlib.h>
#include <string.h>

#define ACTORS_MAX 8
#define STATES_MAX (1u << 18)

struct lanes {
	unsigned int nr;
	unsigned int actors[ACTORS_MAX];
	uint32_t steps[ACTORS_MAX];		/* of each */
	uint32_t strides[ACTORS_MAX];
	uint32_t first, end;			/* of the window's nodes */
};

static bool counts(const struct node *node)
{
	return node->nr_touches && !node->waits;
}

static bool lanes_fill(const struct tree *tree, struct lanes *lanes)
{
	uint32_t states = 1;

	for (uint32_t i = lanes->first; i < lanes->end; i++) {
		unsigned int lane = 0;

		if (!counts(&tree->nodes[i]))
			continue;
		while (lane < lanes->nr && lanes->actors[lane] != tree->nodes[i].actor)
			lane++;
		if (lane == ACTORS_MAX)
			return false;
		if (lane == lanes->nr) {
			lanes->actors[lanes->nr++] = tree->nodes[i].actor;
			lanes->steps[lane] = 0;
		}
		lanes->steps[lane]++;
	}
	for (unsigned int lane = 0; lane < lanes->nr; lane++) {
		lanes->strides[lane] = states;
		if (lanes->steps[lane] >= STATES_MAX / states)
			return false;
		states *= lanes->steps[lane] + 1;
	}
	return true;
}

/* needs[lane of the step][which of its steps][other lane]: how many of that lane's steps come before it. */
static void needs_fill(const struct tree *tree, const struct lanes *lanes, uint32_t *needs, uint32_t most)
{
	uint32_t seen[ACTORS_MAX] = { 0 };

	for (uint32_t i = lanes->first; i < lanes->end; i++) {
		unsigned int lane = 0;
		uint32_t *need;

		if (!counts(&tree->nodes[i]))
			continue;
		while (lanes->actors[lane] != tree->nodes[i].actor)
			lane++;
		need = needs + ((size_t)lane * most + seen[lane]++) * ACTORS_MAX;
		memset(need, 0, ACTORS_MAX * sizeof(*need));
		for (uint32_t j = lanes->first; j < i; j++) {
			if (!counts(&tree->nodes[j]) || !tree_before(tree, j, i))
				continue;
			for (unsigned int other = 0; other < lanes->nr; other++)
				need[other] += lanes->actors[other] == tree->nodes[j].actor;
		}
	}
}

/* Can @lane's latest step be the last of all those that @at counts, lane by lane? */
static inline bool can_be_last(const struct lanes *lanes, const uint32_t *needs, uint32_t most, const uint32_t *at,
			       unsigned int lane)
{
	const uint32_t *need = needs + ((size_t)lane * most + at[lane] - 1) * ACTORS_MAX;

	for (unsigned int other = 0; other < lanes->nr; other++)
		if (other != lane && need[other] > at[other])
			return false;
	return true;
}

static double count_window(const struct tree *tree, uint32_t first, uint32_t end)
{
	struct lanes lanes = { .first = first, .end = end };
	uint32_t most = 1, states = 1, *needs, at[ACTORS_MAX] = { 0 };
	double *ways, sum;

	if (!lanes_fill(tree, &lanes))
		return 0;
	for (unsigned int lane = 0; lane < lanes.nr; lane++) {
		most = lanes.steps[lane] > most ? lanes.steps[lane] : most;
		states *= lanes.steps[lane] + 1;
	}
	ways = malloc(states * sizeof(*ways));
	needs = malloc((size_t)ACTORS_MAX * ACTORS_MAX * most * sizeof(*needs));
	if (!ways || !needs)
		sim_die("the host is out of memory (counting interleavings)");
	needs_fill(tree, &lanes, needs, most);
	ways[0] = 1;
	for (uint32_t state = 1; state < states; state++) {
		unsigned int lane = 0;

		/* How far each has come: as an odometer, for divisions by the strides would be most of the work. */
		while (at[lane] == lanes.steps[lane])
			at[lane++] = 0;
		at[lane]++;
		ways[state] = 0;
		for (lane = 0; lane < lanes.nr; lane++)
			if (at[lane] && can_be_last(&lanes, needs, most, at, lane))
				ways[state] += ways[state - lanes.strides[lane]];
	}
	sum = ways[states - 1];
	free(ways);
	free(needs);
	return sum;
}

double tree_interleavings(const struct tree *tree)
{
	double product = 1;
	uint32_t first = 0;

	for (uint32_t i = 1; i <= tree->depth && product > 0; i++) {
		if (i < tree->depth && !tree->nodes[i].opens)
			continue;
		product *= count_window(tree, first, i);
		first = i;
	}
	return product;
}
