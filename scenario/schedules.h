/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program's schedules one after the other, for those who look at all of them: one
 * where nothing is concurrent, else what a search over schedules comes to.
 */
#ifndef SCENARIO_SCHEDULES_H
#define SCENARIO_SCHEDULES_H

#include <scenario/runner.h>
#include <sim/explore.h>

struct schedules {
	struct sim_search *search;	/* NULL: one schedule */
	unsigned long left;
	bool all;			/* there was no other */
};

/* At most @max schedules; @seed: of a search that samples, and of the only one. */
void schedules_begin(struct schedules *schedules, const struct program *program, unsigned long seed, unsigned long max);
/* True: @run's strategy, seed and context are those of the next. False: there is none, or these are enough. */
bool schedules_next(struct schedules *schedules, struct run_options *run);
/* The run that is over was cut short, as it would only repeat another: it says nothing. */
bool schedules_cut(const struct schedules *schedules);
/* After the last run's world is gone. ->all stays. */
void schedules_end(struct schedules *schedules);

#endif
