/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run under way: what runner.c, call.c, parallel.c, observe.c and judge.c share.
 *
 * It lives in the memory of its world, all that it points to included, so that a
 * snapshot of the world is one of the run (sim/snapshot.h); what a run came to is
 * moved out at its end. Actors reach it through the step that they run.
 */
#ifndef SCENARIO_RUN_H
#define SCENARIO_RUN_H

#include <mm_model/machine.h>
#include <mm_model/syscalls.h>
#include <scenario/runner.h>
#include <sim/world.h>
#include "arena.h"

/* A step of this run: what it did, and whether it did. */
struct step_state {
	struct run *run;
	const struct stmt *stmt;
	unsigned int index;		/* from 1 */
	enum step_skip skip;
	bool ready;			/* it was asked already, and nothing has happened since */
	bool started;
	bool returned;
	long ret;
	struct value value;
	char *refusal;
	/* in a parallel block */
	unsigned int incarnation;	/* which task of that name: how many lines before it make one */
	unsigned int makes;		/* it makes the how-manyth of its child's name */
	struct step_state *lane_next;	/* of the same task's name */
	struct task_counters *tasks;	/* as they were when it returned */
	unsigned int nr_tasks;
	struct step_state *done_next;	/* in the order in which they returned */
};

/* Member by member what stands outside of a block: to clear all of it gcc writes a slow string instruction. */
static inline void step_state_init(struct step_state *step, struct run *run, const struct stmt *stmt,
				   unsigned int index)
{
	step->run = run;
	step->stmt = stmt;
	step->index = index;
	step->skip = STEP_RAN;
	step->ready = step->started = step->returned = false;
	step->ret = 0;
	step->value = (struct value){ .kind = VALUE_NONE };
	step->refusal = NULL;
	step->tasks = NULL;
	step->nr_tasks = 0;
}

struct run {
	const struct program *program;
	const struct run_options *options;
	struct run_result result;		/* strings and violations are the host's, made at the end */
	unsigned int next_item;
	struct value *variables;		/* by slot */
	struct task_struct **tasks;		/* by slot: the last one of that name; NULL: none yet */
	struct task_struct **made;		/* all of them in the order of their making; world memory */
	unsigned int nr_made;
	unsigned int next_index;		/* of the next step */
	bool na;				/* a call was missing: nothing is judged from here on */
	unsigned int na_step;
	bool ended;				/* somebody is stuck: nothing more can run */
	bool fatal;				/* and nothing more can be looked at */
	struct diagnostics error;		/* a mistake of the file that only the run shows; the host's */
	wide *peaks;				/* by index, valid where peak_seen */
	wide *levels;				/* of the same: what it was when last looked at */
	bool *peak_seen;
	struct parallel *parallel;		/* the block under way, or NULL */
	struct sim_actor *deferred;		/* runs deferred work beside a block and at the end */
};

/* call.c */

/* Evaluates; false where a variable is unset. A wrong kind of variable is an error of the run. */
bool eval_number(struct run *run, const struct sum *sum, unsigned long *number);
/* The body of a step, on its task's actor. @arg: struct step_state. */
void step_body(void *arg);
/* May the step be handed to its task's actor? Sets ->skip where not. */
bool step_ready(struct step_state *step);
struct task_counters *take_counters(struct run *run, unsigned int *nr);
void step_state_free(struct step_state *step);

/* parallel.c: the block at run->next_item, up to behind its end. */
void run_parallel(struct run *run);
/* In a block, whose tasks are under way (sim_search_resume()): the rest of it, and of the program. */
void run_go_on(struct run *run);
/* A step of the block made the task of its ->made_task. */
void parallel_task_made(struct run *run, const struct step_state *step);
/* A step of the block is over. */
void parallel_step_done(struct run *run, struct step_state *step);

/* runner.c */

/* In sim_this, as its slot: the program's tasks stand, nothing was done. @options must stay as long as the run. */
struct run *run_begin(const struct program *program, const struct run_options *options);
/* Goes on up to the item @end. */
void run_items(struct run *run, unsigned int end);
/* Tears down, judges what is left and moves the result out; @token: with the choices as text. */
void run_end(struct run *run, bool token, struct run_result *result);
/* Who decides: replay where there is a tape and nobody is named, else the random walk. */
const struct sim_strategy *run_strategy(const struct run_options *options);
/* A program that is no run at all: says why and is true. */
bool run_refused(const struct program *program, struct run_result *result);

/* Lets the world run until it is quiet; notes a deadlock or the end. Returns whether it is quiet. */
bool run_until_quiet(struct run *run);
/* Step @index begins, or what comes behind the last: for reports, and a sweep. */
void run_step_begins(struct run *run, unsigned long index);

/* observe.c */
void judge_expect(struct run *run, const struct stmt *stmt);
/* Looks at the peaks of counters now, from wherever it is. */
void sample_peaks(struct run *run);
/* Looks at those of what variables name, on the actor of a task behind its call. */
void sample_object_peaks(struct run *run);

/* judge.c */
/* Is it stated for this kernel that a limit refuses the call? */
bool step_states_refusal(const struct run *run, const struct step *step);
void judge_step(struct run *run, struct step_state *step);
/* What is known of the step so far. */
struct step_report step_report_of(const struct step_state *step);
void judge_violations(struct run *run);
/* A statement of program_open_statement() holds in this run. */
void note_shown(struct run *run, const struct stmt *stmt);
/* Counts a failure; @conditioned: the statement speaks of this kernel with a SET. */
void count_failure(struct run *run, enum failure_kind kind, const struct stmt *stmt, bool conditioned);
/* Does nothing that follows count: a call was missing on this kernel. */
static inline bool is_judged(const struct run *run)
{
	return !run->na;
}

#endif
