/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exploring: one program on one kernel, under every schedule of its parallel blocks
 * that a search comes to (sim/explore.h), until one fails or nothing is left.
 *
 * A failure is shrunk to few deviations from the sequential order: each is left
 * out in turn, and stays out where the run then fails by the same thing. By
 * explore_shrink() the program becomes smaller, too, with the same failure.
 */
#ifndef SCENARIO_EXPLORE_H
#define SCENARIO_EXPLORE_H

#include <sim/explore.h>
#include <scenario/failure.h>
#include <scenario/outcomes.h>
#include <scenario/runner.h>

/* Where all traces were run, and plain accesses to what is freed could not be seen: so many more, of three kinds. */
#define EXPLORE_RUNS_BEYOND 300

struct explore_member;

struct explore_options {
	const struct kernel *kernel;
	const struct backend *backend;
	struct sim_search_options search;
	unsigned long runs_max;		/* 0: no limit */
	double seconds_max;		/* 0: no limit */
	bool races, preempt_access;	/* as in struct run_options */
	bool twice;			/* each schedule again, and the hashes compared */
	const struct failure *wanted;	/* schedules that fail otherwise count as if they held; or NULL: any failure */
	bool as_found;			/* the failing schedule is not made short */
	struct outcomes *outcomes;	/* told of each schedule, and no failure ends the search; or NULL */
	struct explore_member *member;	/* of a team (explore_together()); NULL elsewhere */
	const volatile sig_atomic_t *stop;
	void (*progress)(void *arg, const struct sim_explored *explored);	/* now and then; or NULL */
	void *arg;
};

enum explore_end {
	EXPLORE_HOLDS,		/* in every schedule */
	EXPLORE_FAILS,		/* in one, or a statement that one must show is shown in none */
	EXPLORE_UNFINISHED,	/* no failure so far */
	EXPLORE_NA,		/* the kernel lacks a call */
	EXPLORE_ERROR,		/* result.error: a mistake of the file that only the run shows */
	EXPLORE_DIFFERS,	/* twice: the same schedule was another run */
};

struct explore_report {
	enum explore_end end;
	struct sim_explored explored;
	double seconds;
	unsigned long failed_at;	/* EXPLORE_FAILS: number of the schedule, from 1; 0: none, see never */
	struct run_result result;	/* of that schedule, shrunk */
	struct sim_tape *tape;		/* and its choices, for lanes_replay() and as result.token */
	size_t deviations;		/* as found; those left are the tape's */
	const struct stmt *never;	/* a statement that no schedule shows */
};

/* @report: filled in every case; freed with explore_report_free(). */
void explore(const struct program *program, const struct explore_options *options, struct explore_report *report);
void explore_report_free(struct explore_report *report);

/*
 * explore() by up to @jobs processes of its own, then @tell(@arg, @report), which frees the
 * report and returns an exit status: that is returned. What is told is what one process
 * would tell. @tell may run in a process that ends behind it; stdout is to be flushed
 * before, and is behind it. pct, stateful, runs_max of a search in a tree, and outcomes
 * are one process's. 3: a process died, and has said why.
 */
int explore_together(const struct program *program, const struct explore_options *options, unsigned int jobs,
		     int (*tell)(void *arg, struct explore_report *report), void *arg);

struct explore_small {
	char *text;			/* the program as a file, malloc'd */
	struct program *program;	/* what is parsed from it */
	struct explore_report report;	/* its failing schedule; the token is for a file with just this text */
	unsigned int calls_before, calls;
	unsigned long tries;		/* candidates */
	bool finished;			/* nothing smaller is left to try */
};

/*
 * A smaller program with the same failure as @report's, a failing schedule of @program
 * under @options: the same call comes to the same result, the same expect does not hold, or
 * the same violation shows; and where @program holds in order, so does the smaller one. A
 * function of its arguments, but for a program of which one schedule takes many
 * milliseconds. @path: names it in messages. Ends early by options->stop, with the best so far. False,
 * and an empty @small, where the failure does not show again.
 */
bool explore_shrink(const struct program *program, const struct explore_options *options,
		    const struct explore_report *report, const char *path, struct explore_small *small);
void explore_small_free(struct explore_small *small);

#endif
