// SPDX-License-Identifier: GPL-2.0-or-later
/* The sequential order: whoever runs goes on while it can, then the oldest. The tape counts deviations from it. */
#include "../core.h"

static void *in_order_begin(unsigned long seed, const struct sim_tape *tape, void *context)
{
	return NULL;
}

static unsigned int in_order_pick(void *state, const struct sim_actor_view *const *ready, unsigned int nr, int current)
{
	return pick_default(current);
}

static unsigned long in_order_draw(void *state, unsigned long bound)
{
	return 0;
}

const struct sim_strategy sim_strategy_in_order = {
	.name = "in_order",
	.what = "keeps the running actor while it can go on, then the oldest",
	.begin = in_order_begin,
	.pick = in_order_pick,
	.draw = in_order_draw,
	.keeps = true,
};
