/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random programs against everything that can be held against a run: the invariants
 * with the ledger, warnings, memory errors and deadlocks, a second run that must be
 * the same, and where two backends are given, each other step by step.
 *
 * Program number N of a seed is the same program on every machine. A failure is
 * shrunk and told once; what shows the same violation by the same calls is the same
 * failure. What is a documented exception on its kernel (explain.c) is counted, and
 * is no failure.
 */
#ifndef SCENARIO_FUZZ_H
#define SCENARIO_FUZZ_H

#include <scenario/explain.h>
#include <scenario/gen.h>
#include <scenario/runner.h>

#define FUZZ_JOBS_MAX 256u
#define FUZZ_FAILURES_MAX 1000u

struct fuzz_options {
	struct gen_options gen;
	const struct backend *backend[2];	/* the second: to compare with, or NULL */
	unsigned long seed;
	unsigned long first, runs;		/* programs FIRST to FIRST + RUNS - 1; 0: where the folder left off */
	double seconds;				/* stop after so many; 0: after the last program */
	unsigned int failures;			/* stop after so many distinct ones; 0: however many */
	unsigned int jobs;			/* processes; 1: this one */
	const char *folder;			/* for failures and the state to go on from; NULL: none is kept */
	bool shrink;
	bool known;				/* what a kernel is known for is a failure too */
	unsigned long ignored;			/* bit by violation: none of these is a failure */
	const volatile sig_atomic_t *stop;
};

/* Sums over all programs, and over the sampled ones what costs time to look at. */
struct fuzz_stats {
	unsigned long first;			/* program */
	unsigned long programs;
	unsigned long steps;
	unsigned long live;			/* sum over steps, by the generator's picture */
	unsigned long tasks;			/* of these, tasks */
	unsigned long sampled_steps;
	unsigned long sampled_ran;		/* of them, not skipped */
	unsigned long sampled_succeeded;
	unsigned long sampled_charging;		/* of those, that charge or pin */
	unsigned long twice;			/* programs run a second time */
	unsigned long compared;			/* programs compared with the other backend */
	unsigned long failing;			/* programs with a failure */
	unsigned long explained[EXPLANATIONS_MAX];
	unsigned int failures;			/* that are distinct */
	double seconds;
	double cpu_seconds;
};

/* A failure, once, when it has been shrunk. */
struct fuzz_failure {
	unsigned int number;		/* from 1 */
	const char *what;		/* "violation pin_count", "model and upstream differ", ... */
	const char *text;		/* of the program, as a .pin file */
	const char *path;		/* where that was written, or NULL */
	const char *kernel;
	const char *token;		/* of a schedule that shows it, for `run --schedule`; NULL: none */
	unsigned long program;		/* number */
	unsigned int calls;		/* that are left */
};

struct fuzz_events {
	void (*failure)(void *arg, const struct fuzz_failure *failure);
	void (*progress)(void *arg, const struct fuzz_stats *stats);	/* about once a second */
};

/*
 * Returns 0, or -errno where the folder cannot be used or a process not be made;
 * @stats is filled in either case.
 */
int fuzz(const struct fuzz_options *options, const struct fuzz_events *events, void *arg, struct fuzz_stats *stats);
/* The seed of program @number. */
unsigned long fuzz_program_seed(unsigned long seed, unsigned long number);

#endif
