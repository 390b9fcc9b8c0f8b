// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sessions: see <scenario/session.h>.
 *
 * One world at a time, with up to two snapshots of it: the built machine, and the
 * program that is open where its first parallel block begins. The second is taken
 * when a program is run for the second time, and not where the steps before the block
 * held a choice already, for then runs part earlier.
 */
#include <stdlib.h>
#include <string.h>
#include <scenario/session.h>
#include <sim/explore.h>
#include <sim/snapshot.h>
#include "run.h"

struct scenario_session {
	/* the machine */
	struct sim_world *world;
	struct sim_snapshot *built;
	const struct kernel *kernel;
	const struct backend *backend;
	unsigned long points_max;
	struct world_settings settings;
	/* what is open */
	const struct program *program;
	const struct run_options *options;
	unsigned int block;		/* index of the item that begins the first parallel block */
	unsigned int runs;
	struct sim_snapshot *begun;
};

struct scenario_session *scenario_session_create(void)
{
	return xzalloc(sizeof(struct scenario_session));
}

static void forget_machine(struct scenario_session *session)
{
	if (session->world)
		sim_world_destroy(session->world);
	session->world = NULL;
	session->built = NULL;
	session->begun = NULL;
}

void scenario_session_destroy(struct scenario_session *session)
{
	if (!session)
		return;
	forget_machine(session);
	free(session);
}

static bool machine_serves(const struct scenario_session *session, const struct program *program,
			   const struct run_options *options)
{
	return session->world && session->kernel == options->kernel && session->backend == options->backend &&
	       session->points_max == options->points_max &&
	       !memcmp(&session->settings, &program->settings, sizeof(session->settings));
}

static void build(struct scenario_session *session, const struct program *program, const struct run_options *options)
{
	struct sim_config config = { .strategy = &sim_strategy_in_order, .points_max = options->points_max,
				     .races = options->races, .preempt_access = options->preempt_access };

	forget_machine(session);
	session->world = sim_world_create(&config);
	if (!session->world)
		out_of_memory();
	session->kernel = options->kernel;
	session->backend = options->backend;
	session->points_max = options->points_max;
	session->settings = program->settings;
	machine_build(&program->settings, options);
	session->built = sim_snapshot_take();
	sim_regions_leave();
}

void scenario_session_open(struct scenario_session *session, const struct program *program,
			   const struct run_options *options)
{
	sim_snapshot_free(session->begun);
	session->begun = NULL;
	session->program = program;
	session->options = options;
	session->runs = 0;
	session->block = 0;
	while (session->block < program->nr_items && program->items[session->block].kind != ITEM_PARALLEL)
		session->block++;
	if (!program->not_modelled && !machine_serves(session, program, options))
		build(session, program, options);
}

/* Runs the steps before the first block and keeps what they lead to, if that is the same under every strategy. */
static void keep_begun(struct scenario_session *session)
{
	struct run *run;

	sim_snapshot_restore(session->built);
	sim_strategy_set(&sim_strategy_in_order, 0, NULL, NULL);
	run = run_begin(session->program, session->options);
	run_items(run, session->block);
	if (run->next_item == session->block && !run->error.errors && !sim_choices())
		session->begun = sim_snapshot_take();
	diagnostics_free(&run->error);
}

static bool worth_keeping(const struct scenario_session *session)
{
	return session->runs == 1 && session->block < session->program->nr_items && !session->options->events;
}

void scenario_session_search(struct scenario_session *session, struct sim_search *search, struct run_result *result)
{
	const struct run_options *options = session->options;
	struct run *run;

	if (run_refused(session->program, result))
		return;
	sim_this = session->world;
	if (worth_keeping(session))
		keep_begun(session);
	session->runs++;
	if (search && sim_search_resume(search)) {
		run = sim_slot(SIM_SLOT_SCENARIO);
		run_go_on(run);
	} else {
		sim_snapshot_restore(session->begun ? session->begun : session->built);
		sim_strategy_set(run_strategy(options), options->seed, options->tape, options->context);
		run = session->begun ? sim_slot(SIM_SLOT_SCENARIO) : run_begin(session->program, options);
		run_items(run, session->program->nr_items);
	}
	run_end(run, false, result);
	sim_regions_leave();
}

void scenario_session_run(struct scenario_session *session, struct run_result *result)
{
	scenario_session_search(session, NULL, result);
}
