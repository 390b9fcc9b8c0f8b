/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fault sweep: a scenario again and again, with the 1st, 2nd, ... n-th call of a
 * step at a fault site failing, until none is left to fail; once with that one call
 * failing, and once with all behind it. Of the calls of a step that are more than
 * SWEEP_DENSE, as where a guest is pinned chunk by chunk, it takes the 64th, 128th, ...
 * 4096th, and the last where there are no more than that. After each the invariants must hold: those of
 * a failed call (every counter and pin as before, where the kernel promises it) and
 * those of the end (nothing leaked, nobody charged). The scenario's own expects are not
 * judged: its calls now fail. A violation that it states, or that its kernel is known
 * for (explain.h), is none.
 */
#ifndef SCENARIO_SWEEP_H
#define SCENARIO_SWEEP_H

#include <scenario/explain.h>
#include <scenario/runner.h>

#define SWEEP_DENSE 32ul

struct sweep_stats {
	unsigned long programs;			/* each on one kernel */
	unsigned long runs;			/* with a fault */
	unsigned long calls[SIM_FAULT_NR];	/* that the programs make at the sites */
	unsigned long faults[SIM_FAULT_NR];	/* of them, that were made to fail */
	unsigned long delivered;		/* faults in all, those behind a first one with it */
	unsigned long failures;
	unsigned long explained;
	unsigned long cut;			/* sites of a program whose sweep was cut short */
};

struct sweep_failure {
	const struct program *program;
	const struct kernel *kernel;
	struct run_sweep sweep;
	enum sim_violation violation;
	unsigned long step;
	const char *text;
};

struct sweep_options {
	const struct kernel *kernel;
	const struct backend *backend;
	unsigned long seed;
	unsigned long most;			/* faults of one site; 0: all there are */
	unsigned long dense;			/* so many of a step each, then in growing strides; 0: each of them */
	const volatile sig_atomic_t *stop;
	void (*failure)(void *arg, const struct sweep_failure *failure);
	void (*mistake)(void *arg, const char *text);	/* of the file, seen without a fault: nothing was swept */
	void *arg;
};

/* Adds to @stats. Returns whether nothing broke. */
bool sweep(const struct program *program, const struct sweep_options *options, struct sweep_stats *stats);

#endif
