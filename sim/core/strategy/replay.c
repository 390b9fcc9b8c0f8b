// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Replay: the tape's choices, one after the other. A choice that does not exist
 * here (fewer actors ready, a smaller bound) and everything behind the tape's end
 * is what in_order would do.
 */
#include "../core.h"

#include <stdlib.h>

static void *replay_begin(unsigned long seed, const struct sim_tape *tape, void *context)
{
	struct sim_tape_reader *reader = malloc(sizeof(*reader));

	if (!reader)
		sim_die("the host is out of memory (a strategy)");
	sim_tape_reader_init(reader, tape);
	return reader;
}

static unsigned int replay_pick(void *state, const struct sim_actor_view *const *ready, unsigned int nr, int current)
{
	return choice_to_pick(sim_tape_read(state), nr, pick_default(current));
}

static unsigned long replay_draw(void *state, unsigned long bound)
{
	uint64_t value = sim_tape_read(state);

	return value < bound ? value : 0;
}

const struct sim_strategy sim_strategy_replay = {
	.name = "replay",
	.what = "follows a tape of choices, then goes on in order",
	.begin = replay_begin,
	.pick = replay_pick,
	.draw = replay_draw,
	.end = free,
};
