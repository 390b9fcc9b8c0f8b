// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * parallel { ... }: the tasks' lines as queues on their actors, all at once.
 *
 * A line belongs to a name, and a name to one task at a time: the lines up to the
 * first call that makes a task of that name are those of the one that stands at
 * the start, if there is one, and what follows such a call is its child's.
 *
 * Deferred work is one more actor. It is given the queue at the start and after each
 * line, where there is something in it.
 */
#include <sim/invariant.h>
#include <sim/sched.h>
#include <sim/verdict.h>
#include "run.h"

/* The lines of one name, in the order of the text, and how far they were handed out. */
struct lane {
	struct step_state *next;
	struct step_state **last;
	unsigned int makers;	/* lines so far that make a task of this name */
	bool stood;		/* such a task was alive at the start */
};

struct parallel {
	struct step_state *lines;
	unsigned int nr;
	struct lane *lanes;		/* by task slot */
	struct step_state *done;	/* in order of return */
	struct step_state **last_done;
};

/* Hands out the lines of the @incarnation-th task of the name; those of one that was never made are passed over. */
static void submit_lines(struct run *run, struct lane *lane, unsigned int incarnation)
{
	for (; lane->next && lane->next->incarnation <= incarnation; lane->next = lane->next->lane_next) {
		struct step_state *line = lane->next;
		bool first = !line->incarnation && incarnation == 1 && !lane->stood;

		if (line->incarnation == incarnation || first)
			sim_actor_submit(mm_task_actor(run->tasks[line->stmt->step.task]), step_body, line);
	}
}

void parallel_task_made(struct run *run, const struct step_state *maker)
{
	submit_lines(run, &run->parallel->lanes[maker->stmt->step.made_task], maker->makes);
}

void parallel_step_done(struct run *run, struct step_state *line)
{
	*run->parallel->last_done = line;
	run->parallel->last_done = &line->done_next;
	if (run->options->counters)
		line->tasks = take_counters(run, &line->nr_tasks);
	/* With threads the others are in the middle of something. */
	if (!SIM_THREADS) {
		sim_nopreempt_begin();
		sim_invariants_check(SIM_STEP);
		sim_nopreempt_end();
	}
	machine_settle_beside(&run->deferred);
}

static void start(struct run *run, struct parallel *parallel)
{
	struct step_state *line;
	unsigned int i;

	for (i = 0; i < run->program->nr_task_names; i++) {
		parallel->lanes[i].last = &parallel->lanes[i].next;
		parallel->lanes[i].stood = run->tasks[i] && mm_task_alive(run->tasks[i]);
	}
	for (line = parallel->lines; line < parallel->lines + parallel->nr; line++) {
		struct lane *lane = &parallel->lanes[line->stmt->step.task];

		line->incarnation = lane->makers;
		*lane->last = line;
		lane->last = &line->lane_next;
		if (line->stmt->step.made_task >= 0)
			line->makes = ++parallel->lanes[line->stmt->step.made_task].makers;
	}
	machine_settle_beside(&run->deferred);
	for (i = 0; i < run->program->nr_task_names; i++)
		if (parallel->lanes[i].stood)
			submit_lines(run, &parallel->lanes[i], 0);
}

static void judge(struct run *run, struct parallel *parallel)
{
	struct step_state *line;

	for (line = parallel->done; line; line = line->done_next)
		judge_step(run, line);
	/* What never came back, or never began: its task was not made, is dead, or the world ended. */
	for (line = parallel->lines; line < parallel->lines + parallel->nr; line++) {
		if (line->returned || line->skip != STEP_RAN)
			continue;
		if (!line->started)
			line->skip = run->ended ? STEP_SKIP_ENDED : STEP_SKIP_TASK;
		judge_step(run, line);
	}
}

static struct parallel *parallel_make(struct run *run)
{
	const struct item *items = run->program->items + run->next_item + 1;
	struct parallel *parallel = sim_zalloc(sizeof(*parallel));
	unsigned int i;

	parallel->last_done = &parallel->done;
	while (items[parallel->nr].kind != ITEM_PARALLEL_END)
		parallel->nr++;
	parallel->lines = sim_zalloc((parallel->nr + 1) * sizeof(*parallel->lines));
	parallel->lanes = sim_zalloc((run->program->nr_task_names + 1) * sizeof(*parallel->lanes));
	for (i = 0; i < parallel->nr; i++)
		parallel->lines[i] = (struct step_state){
			.run = run,
			.stmt = items[i].stmt,
			.index = run->next_index++,
		};
	return parallel;
}

static void parallel_free(struct parallel *parallel)
{
	unsigned int i;

	for (i = 0; i < parallel->nr; i++)
		step_state_free(&parallel->lines[i]);
	sim_free(parallel->lines);
	sim_free(parallel->lanes);
	sim_free(parallel);
}

/* The block's tasks run; what they came to. */
static void finish(struct run *run)
{
	struct parallel *parallel = run->parallel;
	bool quiet;

	if (!run->ended) {
		quiet = run_until_quiet(run);
		sim_window(false);
		if (quiet)
			sim_invariants_check(SIM_QUIESCENT);
	}
	run->parallel = NULL;
	judge(run, parallel);
	parallel_free(parallel);
}

void run_parallel(struct run *run)
{
	struct parallel *parallel = parallel_make(run);

	/* What breaks in the block breaks in one step: its calls overlap. */
	run_step_begins(run, parallel->nr ? parallel->lines[0].index : run->next_index);
	run->parallel = parallel;
	run->next_item += parallel->nr + 2;
	if (!run->ended) {
		start(run, parallel);
		sim_window(true);
	}
	finish(run);
}

void run_go_on(struct run *run)
{
	finish(run);
	run_items(run, run->program->nr_items);
}
