/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The suites of sim/core: each file gives its one test case and its name; suite.c runs it. */
#ifndef TESTS_CORE_SUITE_H
#define TESTS_CORE_SUITE_H

#include <check.h>
#include <sim/world.h>

extern const char suite_name[];
void suite_fill(TCase *tcase);

/* For oracles, which ask millions of times: ck_assert() tells Check of each pass through a pipe. */
#define must(expr)                                                                                                    \
	do {                                                                                                           \
		if (!(expr))                                                                                           \
			ck_abort_msg("%s does not hold", #expr);                                                       \
	} while (0)

/* A world with @strategy and @seed; the caller destroys it. */
struct sim_world *world_with(const struct sim_strategy *strategy, unsigned long seed);

#endif
