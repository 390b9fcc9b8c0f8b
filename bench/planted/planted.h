/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Planted bugs: programs and patched kernel code with one mistake each, for the
 * strategies to find and the detectors to name. Neutral header.
 */
#ifndef BENCH_PLANTED_H
#define BENCH_PLANTED_H

#include <stdbool.h>
#include <sim/verdict.h>

/* A small program of the simulated kernel's own means. */
struct planted_program {
	const char *name;
	const char *what;		/* the mistake */
	enum sim_violation violation;	/* what it is */
	unsigned int points;		/* ordering points that it needs: switches at the wrong moment */
	bool races;			/* is told by the data race detector only */
	/* Makes the actors with their bodies. */
	void (*setup)(void);
};
extern const struct planted_program planted_programs[];
extern const unsigned int planted_nr_programs;

#endif
