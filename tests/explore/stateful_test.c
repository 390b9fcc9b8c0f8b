// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stateful search: the charge program up to six tasks, and the same verdict as the
 * searches without memory.
 */
#include "harness.h"

#include <stdlib.h>
#include <sim/verdict.h>
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

#define LIMIT(n) { OP_LOAD, 0, 0 }, { OP_END_IF_AT_LEAST, 0, n }
#define CAS { OP_CAS, 0, 1 }, { OP_BACK_IF_FAILED, 0, 2 }
#define REST                                                                                                           \
	{ OP_LOCK, 0, 0 }, { OP_UNLOCK, 0, 0 }, { OP_LOCK, 0, 0 }, { OP_UNLOCK, 0, 0 }, { OP_ADD, 0, -1 }

static const struct program charges[] = {
	{ "charge of 2", 2, { { LIMIT(1), CAS, REST } } },
	{ "charge of 3", 3, { { LIMIT(2), CAS, REST } } },
	{ "charge of 4", 4, { { LIMIT(3), CAS, REST } } },
	{ "charge of 5", 5, { { LIMIT(4), CAS, REST } } },
	{ "charge of 6", 6, { { LIMIT(5), CAS, REST } } },
};

static size_t state(void *symmetric, unsigned char *buf, size_t size)
{
	return machine_state(buf, symmetric);
}

static unsigned long long distinct(void *symmetric, unsigned long long enabled)
{
	return machine_distinct(enabled);
}

static struct sim_explored search(const struct program *program, bool symmetric, bool reduce)
{
	struct sim_search_options options = {
		.kind = &sim_search_stateful,
		.silent = ONLY_STEPS,
		.state = state,
		.distinct = symmetric ? distinct : NULL,
		.state_arg = symmetric ? &options : NULL,
		.reduce = reduce,
	};
	struct sim_explored explored;

	explore(program, program->tasks, &options, ~0ul, NULL, NULL, &explored);
	ck_assert(explored.finished);
	return explored;
}

/* States in which more than one task can go on. Up to five tasks: 1.8e21 interleavings. */
START_TEST(all_states)
{
	static const unsigned long states[] = { 24, 512, 6730, 84622 };

	if (RUNNING_ON_VALGRIND && _i == 3)
		return;
	ck_assert_uint_eq(search(&charges[_i], false, false).states, states[_i]);
}
END_TEST

/* Tasks that do the same are as good as each other. */
START_TEST(symmetric_states)
{
	static const unsigned long states[] = { 13, 103, 435, 1495, 4608 };

	ck_assert_uint_eq(search(&charges[_i], true, false).states, states[_i]);
}
END_TEST

/* Of those the ones in which nobody has the lock, and more than one can do something. */
START_TEST(reduced_states)
{
	static const unsigned long states[] = { 9, 61, 237, 767, 2258 };

	ck_assert_uint_eq(search(&charges[_i], true, true).states, states[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("explore_stateful");
	TCase *tcase = tcase_create("stateful");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, all_states, 0, 4);
	tcase_add_loop_test(tcase, symmetric_states, 0, 5);
	tcase_add_loop_test(tcase, reduced_states, 0, 5);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
