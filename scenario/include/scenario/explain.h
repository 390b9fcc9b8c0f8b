/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Violations that a kernel is known for: the last column of the table of invariants
 * (facts §16), and the bugs that a release has by itself. Each is a predicate on the
 * kernel, the violation and the program, and as narrow as its cause: with another
 * cause the same violation is a failure.
 */
#ifndef SCENARIO_EXPLAIN_H
#define SCENARIO_EXPLAIN_H

#include <scenario/runner.h>

#define EXPLANATIONS_MAX 64u

struct explanation {
	const char *name;
	const char *what;	/* one sentence */
	const char *source;	/* facts, commit */
};

size_t explanations(void);
const struct explanation *explanation_at(size_t index);
/* Which one explains violation @index of @result; -1: none does. What the result's sweep failed is a fault too. */
int explain(const struct program *program, const struct kernel *kernel, const struct run_result *result,
	    size_t index);

#endif
