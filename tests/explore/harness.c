// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include <stdint.h>
#include <stdio.h>
#include <sim/snapshot.h>
#include <sim/trace.h>
#include <sim/verdict.h>
#include <sim/world.h>

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

#if !defined(__OPTIMIZE__) || !defined(__x86_64__) || ASAN
#define SLOW true
#else
#define SLOW false
#endif

bool harness_slow(void)
{
	return SLOW || RUNNING_ON_VALGRIND;
}

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

struct searched {
	void (*judge)(void *arg, enum sim_outcome outcome);
	void *arg;
	unsigned long runs;
	unsigned long long hash;	/* of all runs, whatever their order */
	unsigned long choices;
	struct sim_explored explored;
};

static void run_over(struct sim_search *search, enum sim_outcome outcome, struct searched *searched)
{
	sim_window(false);
	if (sim_search_skipped(search) || sim_search_cut(search))
		return;
	searched->runs++;
	searched->hash += sim_trace_hash();
	searched->choices += sim_choices();
	if (searched->judge)
		searched->judge(searched->arg, outcome);
}

/* Each run in a world of its own. */
static void run_alone(const struct program *program, unsigned int tasks, struct sim_search *search,
		      const struct sim_config *config, struct searched *searched)
{
	struct sim_world *world = world_prepare(program, tasks, config);

	sim_window(true);
	run_over(search, sim_run(), searched);
	sim_world_destroy(world);
}

/* All runs in one world, from its snapshot @begin or from wherever the search goes on. */
static void run_on(struct sim_snapshot *begin, struct sim_search *search, const struct sim_config *config,
		   struct searched *searched)
{
	if (!sim_search_resume(search)) {
		sim_snapshot_restore(begin);
		sim_strategy_set(config->strategy, config->seed, NULL, config->context);
		sim_window(true);
	}
	run_over(search, sim_run(), searched);
}

static void search_all(const struct program *program, unsigned int tasks, const struct sim_search_options *options,
		       unsigned long runs_max, struct searched *searched)
{
	struct sim_search *search = sim_search_create(options);
	struct sim_config config = { .strategy = &sim_strategy_in_order };
	struct sim_snapshot *begin = NULL;
	struct sim_world *world = NULL;

	if (options->resumes) {
		world = world_prepare(program, tasks, &config);
		begin = sim_snapshot_take();
	}
	while (searched->runs < runs_max && sim_search_next(search, &config)) {
		if (world)
			run_on(begin, search, &config, searched);
		else
			run_alone(program, tasks, search, &config, searched);
	}
	sim_search_explored(search, &searched->explored);
	sim_search_forget(search);
	sim_world_destroy(world);
	sim_search_destroy(search);
}

void explore(const struct program *program, unsigned int tasks, const struct sim_search_options *options,
	     unsigned long runs_max, void (*judge)(void *arg, enum sim_outcome outcome), void *arg,
	     struct sim_explored *explored)
{
	struct searched alone = { .judge = judge, .arg = arg }, resumed = { .hash = 0 };
	struct sim_search_options resumes = *options;

	search_all(program, tasks, options, runs_max, &alone);
	*explored = alone.explored;
	resumes.resumes = true;
	search_all(program, tasks, &resumes, runs_max, &resumed);
	ck_assert_uint_eq(resumed.runs, alone.runs);
	ck_assert_uint_eq(resumed.hash, alone.hash);
	ck_assert_uint_eq(resumed.choices, alone.choices);
	ck_assert_uint_eq(resumed.explored.runs, explored->runs);
	ck_assert_uint_eq(resumed.explored.cut, explored->cut);
	ck_assert_uint_eq(resumed.explored.traces, explored->traces);
	ck_assert_uint_eq(resumed.explored.states, explored->states);
	ck_assert_double_eq(resumed.explored.interleavings, explored->interleavings);
	ck_assert(resumed.explored.finished == explored->finished);
}

void explore_once(const struct program *program, unsigned int tasks, const struct sim_search_options *options,
		  void (*judge)(void *arg, enum sim_outcome outcome), void *arg, struct sim_explored *explored)
{
	struct searched searched = { .judge = judge, .arg = arg };

	search_all(program, tasks, options, ~0ul, &searched);
	*explored = searched.explored;
}

void count_stuck(void *arg, enum sim_outcome outcome)
{
	unsigned long *stuck = arg;

	*stuck += outcome == SIM_STUCK;
}

bool ends_know(const struct ends *ends, const unsigned char *state)
{
	for (unsigned int i = 0; i < ends->nr; i++)
		if (!memcmp(ends->states[i], state, END_BYTES))
			return true;
	return false;
}

void ends_note(void *arg, enum sim_outcome outcome)
{
	unsigned char state[END_BYTES] = { 0 };
	struct ends *ends = arg;

	for (size_t i = 0; i < sim_reports(); i++)
		ends->reported |= 1ull << sim_report(i)->violation;
	/* Cut at a known state; or nobody can go on from what was reported, wherever the others are. */
	if (outcome == SIM_FATAL)
		return;
	ck_assert_uint_lt(machine_state(state, false), END_BYTES);
	state[END_BYTES - 1] = outcome;
	if (ends_know(ends, state))
		return;
	if (ends->nr == ends->room) {
		ends->room = ends->room ? ends->room * 2 : 64;
		ends->states = realloc(ends->states, ends->room * sizeof(*ends->states));
		ck_assert_ptr_nonnull(ends->states);
	}
	memcpy(ends->states[ends->nr++], state, sizeof(state));
}
