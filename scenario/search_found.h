/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a find to a .pin file. */
#ifndef SCENARIO_SEARCH_FOUND_H
#define SCENARIO_SEARCH_FOUND_H

#include <scenario/runner.h>
#include "search_calls.h"

#define CALLS_MAX 64u		/* of one program */

/* What a caller sees of one call. */
struct outcome {
	enum step_skip skip;
	long ret;
	unsigned long number;
};

bool same_outcome(const struct outcome *a, const struct outcome *b);

/* The two that are told apart. */
struct search_pair {
	const struct kernel *const *kernel;
	const struct backend *backend;
};

static inline unsigned long all_setup(const struct stage *stage)
{
	return (1ul << stage->nr_setup) - 1;
}

/* Drops those of @calls that the difference at the end does not need. Returns how many are left. */
unsigned int search_least_calls(const struct search_pair *pair, const struct stage *stage, unsigned short *calls,
				unsigned int nr);

/*
 * The text of the file, which the caller frees, and in @what a sentence about its
 * last call, at which the two kernels differ. @setup: the lines that were made before;
 * of them only those are printed that the difference needs.
 */
char *search_program(const struct search_pair *pair, const struct stage *stage, unsigned long setup,
		     const unsigned short *calls, unsigned int nr, char *what, size_t size);

#endif
