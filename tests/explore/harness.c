// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness.h"

#include <stdint.h>
#include <stdio.h>
#include <sim/snapshot.h>
#include <sim/world.h>

static struct sim_world *world_prepare(const struct program *program, unsigned int tasks,
				       const struct sim_config *config)
{
	struct sim_world *world = sim_world_create(config);

	ck_assert_ptr_nonnull(world);
	if (program->setup)
		program->setup(tasks);
	else
		machine_setup(program);
	for (unsigned int i = 0; i < tasks; i++) {
		char name[16];

		snprintf(name, sizeof(name), "t%u", i);
		sim_actor_submit(sim_actor_create(name, NULL), program->task ? program->task : machine_task,
				 (void *)(uintptr_t)i);
	}
	return world;
}

void explore(const struct program *program, unsigned int tasks, const struct sim_search_options *options,
	     unsigned long runs_max, void (*judge)(void *arg, enum sim_outcome outcome), void *arg,
	     struct sim_explored *explored)
{
	struct sim_search *search = sim_search_create(options);
	struct sim_config config = { .seed = 0 };
	unsigned long runs = 0;

	while (runs < runs_max && sim_search_next(search, &config)) {
		struct sim_world *world = world_prepare(program, tasks, &config);
		enum sim_outcome outcome;

		sim_window(true);
		outcome = sim_run();
		sim_window(false);
		if (!sim_search_cut(search)) {
			runs++;
			if (judge)
				judge(arg, outcome);
		}
		sim_world_destroy(world);
	}
	sim_search_explored(search, explored);
	sim_search_destroy(search);
}

void count_stuck(void *arg, enum sim_outcome outcome)
{
	unsigned long *stuck = arg;

	*stuck += outcome == SIM_STUCK;
}
