/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The search for what a user would see differ between two kernels: the shortest
 * programs of ordinary, unprivileged calls in which some call's result is not the
 * same on both. Counters that no call reports are not looked at.
 *
 * Programs are enumerated in order of length over the probes of the operation
 * table (struct op's .probes): one or two tasks, ranges and limits of one or two
 * pages. What a program opens is opened beforehand and does not count.
 */
#ifndef SCENARIO_SEARCH_H
#define SCENARIO_SEARCH_H

#include <signal.h>
#include <stdbool.h>
#include <accounting/kernels.h>

struct search_found {
	unsigned int calls;	/* that count */
	bool shortest;		/* no shorter one exists among those that were enumerated */
	const char *pin;	/* the program, as the text of a .pin file that runs */
	const char *what;	/* one line: who sees what on which */
};

struct search_progress {
	unsigned int calls;	/* of the programs under way */
	unsigned long states;	/* kept so far */
	unsigned long steps;	/* calls made so far, on both kernels together */
	double cpu_s;
};

struct search_options {
	const struct kernel *kernel[2];
	unsigned int calls_max;		/* programs of up to so many calls are enumerated, all of them */
	double seconds;			/* of CPU time; 0: no limit */
	bool plain;			/* none is spared for being like another: slow, for tests to compare */
	bool all;			/* goes on after the first: one for each kind of difference */
	unsigned long seed;		/* of the random search behind the enumeration */
	unsigned long walks;		/* random programs behind the enumeration; 0: none */
	const volatile sig_atomic_t *stop;
	void (*progress)(void *arg, const struct search_progress *progress);	/* now and then; or NULL */
	void (*found)(void *arg, const struct search_found *found);
	void *arg;
};

struct search_result {
	unsigned long found;
	unsigned int complete;	/* every program of up to so many calls was looked at, or is like one that was */
	bool ended;		/* not stopped by time or by ->stop */
	unsigned long states;
	unsigned long steps;
	unsigned long walks;
	double cpu_s;
};

void search_run(const struct search_options *options, struct search_result *result);

#endif
