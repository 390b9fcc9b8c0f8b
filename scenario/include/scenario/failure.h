/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run failed by, as it can be known again in another run, and in another
 * program: a smaller one has other lines and other statements, but the same call comes
 * to the same result, or the same expect does not hold, or the same violation shows.
 */
#ifndef SCENARIO_FAILURE_H
#define SCENARIO_FAILURE_H

#include <scenario/runner.h>

struct failure {
	enum failure_kind kind;
	enum sim_violation violation;	/* FAILURE_VIOLATION; else VIOLATION_NR */
	long ret;			/* FAILURE_STEP */
	char text[512];			/* FAILURE_STEP: the operation; FAILURE_EXPECT: the expect as written */
};

/* The first failure of @result; FAILURE_NONE where it has none. The program must stand. */
void failure_of(const struct run_result *result, struct failure *failure);
bool failure_same(const struct failure *a, const struct failure *b);

#endif
