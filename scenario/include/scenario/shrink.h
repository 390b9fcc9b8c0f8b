/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A smaller program with the same failure.
 *
 * What is tried, from the coarse to the fine, until nothing of it helps any more:
 * leaving out halves, quarters, ... single statements (with what depends on them),
 * doing a parallel block in order, leaving out arguments, and simpler values; of what is
 * small by then, ways round: calls in another order, or on a container in the place of an
 * iommufd, where that lets one more be left out. Each candidate goes through text and
 * parser, so what comes out is a file that says just what was run. The result is a
 * function of the input and the question alone.
 */
#ifndef SCENARIO_SHRINK_H
#define SCENARIO_SHRINK_H

#include <signal.h>
#include <scenario/program.h>

struct shrink_options {
	/* Does this program still fail in the same way? */
	bool (*fails)(void *arg, const struct program *program);
	void *arg;
	/* What @fails leaves there when it says yes, as the seed of a schedule, goes with the program; or NULL. */
	unsigned long *witness;
	unsigned long tries_max;	/* candidates; 0: until no one is left */
	const volatile sig_atomic_t *stop;
};

struct shrink_result {
	char *text;			/* of the smallest program found, malloc'd */
	unsigned int steps_before, steps;
	unsigned long tries;
	bool finished;			/* nothing smaller is left to try */
};

/*
 * @path: names the program in messages and says where its includes are. Returns
 * false, and an empty @result, where @program does not fail to begin with.
 */
bool shrink(const struct program *program, const struct shrink_options *options, struct shrink_result *result);

#endif
