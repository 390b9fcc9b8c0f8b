/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_EXPLORE_BRUTE_H
#define TESTS_EXPLORE_BRUTE_H

#include "programs.h"

struct brute {
	unsigned long interleavings;
	unsigned long traces;
	unsigned long deadlocks;	/* interleavings that end in one */
};

/* Runs every interleaving of @program, each step of which is one of its operations, and counts. */
void brute_force(const struct program *program, struct brute *brute);

#endif
