/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bugs that bench/planted/plant puts into the kernel's files, each behind a number. */
#ifndef BENCH_PLANTED_UPSTREAM_H
#define BENCH_PLANTED_UPSTREAM_H

#include <stdbool.h>
#include <sim/verdict.h>

struct planted_edit {
	const char *name;
	const char *what;
	const char *scenario;		/* of bench/planted/scenarios */
	enum sim_violation violation;	/* VIOLATION_NR: an expectation of the scenario */
	unsigned int points;
	unsigned int number;		/* of plant */
	bool races;
};
/* None, where this build's kernel files are as they came. */
extern const struct planted_edit planted_edits[];
extern const unsigned int planted_nr_edits;
/* This one is on from now on; 0: none is. */
void planted_select(unsigned int number);

#endif
