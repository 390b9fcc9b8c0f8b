// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi and
 * Nagarakatte, ASPLOS 2010): each actor has a random priority, and the highest that
 * can go on does. At depth - 1 points, drawn beforehand, whoever would go on falls
 * below all others. A bug that needs d ordering points is so met with a probability
 * of at least 1 / (n k^(d-1)), for n actors and k points.
 */
#include "../core.h"

#include <stdlib.h>
#include <sim/rng.h>

#define DEPTH_MAX 16

struct pct {
	struct sim_pct_context *context;
	struct sim_rng rng;
	unsigned long points;
	unsigned long changes[DEPTH_MAX];	/* at which point the i-th change is */
	uint64_t *priorities;			/* by actor's index; 0: not drawn yet */
	unsigned int room;
};

static void *pct_begin(unsigned long seed, const struct sim_tape *tape, void *context)
{
	struct pct *pct = calloc(1, sizeof(*pct));

	if (!pct)
		sim_die("the host is out of memory (a strategy)");
	pct->context = context;
	sim_rng_init(&pct->rng, seed);
	for (unsigned int i = 0; i + 1 < pct->context->depth && i < DEPTH_MAX; i++)
		pct->changes[i] = sim_rng_below(&pct->rng, pct->context->points ? pct->context->points : 1);
	return pct;
}

static void room_for(struct pct *pct, unsigned int index)
{
	unsigned int room = pct->room ? pct->room : 8;

	if (index < pct->room)
		return;
	while (room <= index)
		room *= 2;
	pct->priorities = realloc(pct->priorities, room * sizeof(*pct->priorities));
	if (!pct->priorities)
		sim_die("the host is out of memory (a strategy)");
	while (pct->room < room)
		pct->priorities[pct->room++] = 0;
}

static unsigned int highest(struct pct *pct, const struct sim_actor_view *const *ready, unsigned int nr)
{
	unsigned int best = 0;

	for (unsigned int i = 0; i < nr; i++) {
		uint64_t *priority;

		room_for(pct, ready[i]->index);
		priority = &pct->priorities[ready[i]->index];
		if (!*priority)
			*priority = DEPTH_MAX + 1 + sim_rng_below(&pct->rng, 1ul << 62);
		if (*priority > pct->priorities[ready[best]->index])
			best = i;
	}
	return best;
}

static unsigned int pct_pick(void *state, const struct sim_actor_view *const *ready, unsigned int nr, int current)
{
	struct pct *pct = state;
	unsigned int best = highest(pct, ready, nr);

	for (unsigned int i = 0; i + 1 < pct->context->depth && i < DEPTH_MAX; i++)
		if (pct->changes[i] == pct->points) {
			pct->priorities[ready[best]->index] = DEPTH_MAX - i;
			best = highest(pct, ready, nr);
		}
	pct->points++;
	return best;
}

static unsigned long pct_draw(void *state, unsigned long bound)
{
	return sim_rng_below(&((struct pct *)state)->rng, bound);
}

static void pct_window(void *state, bool open)
{
}

static void pct_end(void *state)
{
	struct pct *pct = state;

	if (pct->points > pct->context->points)
		pct->context->points = pct->points;
	free(pct->priorities);
	free(pct);
}

const struct sim_strategy sim_strategy_pct = {
	.name = "pct",
	.what = "random priorities, which change at a few random points",
	.begin = pct_begin,
	.pick = pct_pick,
	.draw = pct_draw,
	.end = pct_end,
	.window = pct_window,
};
