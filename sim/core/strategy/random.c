// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The random walk: at each point every actor that can run is as likely as any
 * other. On easy bugs it beats the cleverer strategies (SCTBench, PPoPP 2014),
 * so it is the default.
 */
#include "../core.h"
#include <sim/rng.h>

#include <stdlib.h>

static void *random_begin(unsigned long seed, const struct sim_tape *tape, void *context)
{
	struct sim_rng *rng = malloc(sizeof(*rng));

	if (!rng)
		sim_die("the host is out of memory (a strategy)");
	sim_rng_init(rng, seed);
	return rng;
}

static unsigned int random_pick(void *state, const struct sim_actor_view *const *ready, unsigned int nr, int current)
{
	return sim_rng_below(state, nr);
}

static unsigned long random_draw(void *state, unsigned long bound)
{
	return sim_rng_below(state, bound);
}

const struct sim_strategy sim_strategy_random = {
	.name = "random",
	.what = "every actor that can run is equally likely at each point",
	.begin = random_begin,
	.pick = random_pick,
	.draw = random_draw,
	.end = free,
};
