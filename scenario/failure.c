// SPDX-License-Identifier: GPL-2.0-or-later
/* Failures that are known again: see <scenario/failure.h>. */
#include <stdio.h>
#include <string.h>
#include <scenario/failure.h>

void failure_of(const struct run_result *result, struct failure *failure)
{
	*failure = (struct failure){ .kind = FAILURE_NONE, .violation = VIOLATION_NR };
	if (result->verdict != VERDICT_FAIL)
		return;
	failure->kind = result->failure;
	switch (result->failure) {
	case FAILURE_STEP:
		failure->ret = result->failed_ret;
		snprintf(failure->text, sizeof(failure->text), "%s", result->failed->step.op_name);
		break;
	case FAILURE_EXPECT:
		snprintf(failure->text, sizeof(failure->text), "%s", result->failed->expect.text);
		break;
	case FAILURE_VIOLATION:
		failure->violation = result->failed_violation;
		break;
	case FAILURE_NONE:
		break;
	}
}

bool failure_same(const struct failure *a, const struct failure *b)
{
	return a->kind == b->kind && a->violation == b->violation && a->ret == b->ret && !strcmp(a->text, b->text);
}
