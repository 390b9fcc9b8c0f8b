// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * B3: complete executions that a search by dpor runs, over the traces that there are. The charge
 * program has 8 with two tasks and 6,624 with three, as GenMC counts them; more programs, of which
 * brute force counts the traces, are in tests/explore. A count, the same on every machine.
 */
#include <sim/explore.h>
#include <sim/sched.h>
#include <sim/snapshot.h>
#include "../tests/explore/programs.h"
#include "bench.h"

static void traces(unsigned int tasks, unsigned long known)
{
	struct sim_world *world = sim_world_create(&(struct sim_config){ .strategy = &sim_strategy_in_order });
	struct sim_search *search;
	struct sim_explored explored;
	struct sim_snapshot *start;
	struct sim_config config;

	charge_program.setup(tasks);
	for (unsigned int i = 0; i < tasks; i++)
		sim_actor_submit(sim_actor_create("t", NULL), charge_program.task, NULL);
	start = sim_snapshot_take();
	search = sim_search_create(&(struct sim_search_options){
		.kind = &sim_search_dpor,
		.silent = 1ul << SIM_POINT_START | 1ul << SIM_POINT_NONE,
	});
	while (sim_search_next(search, &config)) {
		sim_snapshot_restore(start);
		sim_strategy_set(config.strategy, config.seed, NULL, config.context);
		sim_window(true);
		sim_run();
		sim_window(false);
	}
	sim_search_explored(search, &explored);
	printf("B3 complete executions / traces, charge of %u\t%.6g\ttimes\t<=1\n", tasks,
	       (double)explored.runs / known);
	sim_snapshot_free(start);
	sim_world_destroy(world);
	sim_search_destroy(search);
}

int main(void)
{
	traces(2, 8);
	traces(3, 6624);
	return 0;
}
