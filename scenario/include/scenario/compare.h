/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two backends, one program: where do they first differ?
 *
 * After each step the result, why a limit refused, every task's counters and the pins
 * of every page must be the same, and the same violations must have been reported. The lines of
 * a parallel block run one whole call at a time (sim_strategy_calls), in several
 * orders: within a call the scheduling points are not the same ones, so neither are
 * the interleavings. Nothing is compared behind a call that one of the two does not
 * have, nor once an allocation was made to fail (fail_nth, alloc) and they differ:
 * their allocations are not the same ones.
 */
#ifndef SCENARIO_COMPARE_H
#define SCENARIO_COMPARE_H

#include <signal.h>
#include <stdio.h>
#include <scenario/runner.h>

enum compared {
	COMPARED_SAME,
	COMPARED_DIFFERENT,
	COMPARED_ERROR,		/* a run could not be made, or was interrupted */
};

struct compare_options {
	const struct kernel *kernel;
	const struct backend *backend[2];
	unsigned long seed;
	FILE *out;		/* a line for the program, and the first difference side by side */
	const volatile sig_atomic_t *stop;
};

enum compared compare_backends(const struct program *program, const struct compare_options *options);

#endif
