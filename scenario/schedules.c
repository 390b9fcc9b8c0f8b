// SPDX-License-Identifier: GPL-2.0-or-later
#include "schedules.h"

void schedules_begin(struct schedules *schedules, const struct program *program, unsigned long seed, unsigned long max)
{
	const struct sim_search_options options = {
		.seed = seed,
	};

	*schedules = (struct schedules){.left = program->has_parallel ? max : 1};
	if (program->has_parallel)
		schedules->search = sim_search_create(&options);
}

bool schedules_next(struct schedules *schedules, struct run_options *run)
{
	struct sim_config config = {.seed = 0};

	if (schedules->search && !sim_search_next(schedules->search, &config)) {
		struct sim_explored explored;

		sim_search_explored(schedules->search, &explored);
		schedules->all = explored.finished;
		return false;
	}
	if (!schedules->left) {
		schedules->all = !schedules->search;
		return false;
	}
	schedules->left--;
	if (schedules->search) {
		run->strategy = config.strategy;
		run->seed = config.seed;
		run->context = config.context;
	}
	return true;
}

bool schedules_cut(const struct schedules *schedules)
{
	return schedules->search && sim_search_cut(schedules->search);
}

void schedules_end(struct schedules *schedules)
{
	if (schedules->search)
		sim_search_destroy(schedules->search);
}
