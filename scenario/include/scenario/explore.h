/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exploring: one program on one kernel, under every schedule of its parallel blocks
 * that a search comes to (sim/explore.h), until one fails or nothing is left.
 *
 * A failure is shrunk to few deviations from the sequential order: each is left
 * out in turn, and stays out where the run then fails by the same thing.
 */
#ifndef SCENARIO_EXPLORE_H
#define SCENARIO_EXPLORE_H

#include <sim/explore.h>
#include <scenario/outcomes.h>
#include <scenario/runner.h>

struct explore_options {
	const struct kernel *kernel;
	const struct backend *backend;
	struct sim_search_options search;
	unsigned long runs_max;		/* 0: no limit */
	double seconds_max;		/* 0: no limit */
	bool races, preempt_access;	/* as in struct run_options */
	bool twice;			/* each schedule again, and the hashes compared */
	struct outcomes *outcomes;	/* told of each schedule, and no failure ends the search; or NULL */
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

#endif
