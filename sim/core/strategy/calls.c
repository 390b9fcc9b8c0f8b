// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whole calls in a random order: whoever is in the middle of a body goes on, and
 * between bodies every actor that has one to begin is as likely as any other.
 *
 * What lies inside of the bodies does not enter: two machines with the same bodies
 * (the model, the kernel's own files) get the same order from the same seed,
 * whatever scheduling points each has.
 */
#include "../core.h"
#include <sim/rng.h>

#include <stdlib.h>

static void *calls_begin(unsigned long seed, const struct sim_tape *tape, void *context)
{
	struct sim_rng *rng = malloc(sizeof(*rng));

	if (!rng)
		sim_die("the host is out of memory (a strategy)");
	sim_rng_init(rng, seed);
	return rng;
}

static unsigned int calls_pick(void *state, const struct sim_actor_view *const *ready, unsigned int nr, int current)
{
	if (current >= 0 && ready[current]->next_kind != SIM_POINT_START)
		return (unsigned int)current;
	/* one that was woken finishes first */
	for (unsigned int i = 0; i < nr; i++)
		if (ready[i]->next_kind != SIM_POINT_START)
			return i;
	return sim_rng_below(state, nr);
}

/* How often it is asked is the machine's own business. */
static unsigned long calls_draw(void *state, unsigned long bound)
{
	return 0;
}

const struct sim_strategy sim_strategy_calls = {
	.name = "calls",
	.what = "whole calls, in a random order",
	.begin = calls_begin,
	.pick = calls_pick,
	.draw = calls_draw,
	.end = free,
};
