// SPDX-License-Identifier: GPL-2.0-or-later
/* To free an object is a change of all that is in it: what DPOR must run, and what it cannot see. */
#include "harness.h"

#include <stdlib.h>
#include <sim/kapi.h>
#include <sim/verdict.h>
#include "freed.h"

static void judge(void *arg, enum sim_outcome outcome)
{
	unsigned long *wrong = arg;

	ck_assert_int_ne(outcome, SIM_STUCK);
	kapi_leak_check();
	*wrong += sim_violations(VIOLATION_USE_AFTER_FREE) > 0;
}

static unsigned long search(const struct program *program, const struct sim_search_kind *kind, unsigned long beyond,
			    struct sim_explored *explored)
{
	struct sim_search_options options = { .kind = kind, .beyond = beyond };
	unsigned long wrong = 0;

	explore(program, 2, &options, 10000, judge, &wrong, explored);
	return wrong;
}

#if !ASAN
/*
 * An atomic, or a lock, of what the other task frees: right only where it is freed last. Before the lock is taken and
 * while it is held are two traces.
 */
START_TEST(freed_under_a_user)
{
	const struct program *program = _i ? &freed_lock : &freed_count;
	unsigned long ways = _i ? 2 : 1;
	struct sim_explored explored;

	ck_assert_uint_eq(search(program, &sim_search_dpor, 0, &explored), ways);
	ck_assert(explored.finished);
	ck_assert_uint_eq(explored.traces, ways + 1);
}
END_TEST

/* A plain word: nothing that is seen depends on it. It is one trace, not free of doubt, and the portfolio goes on. */
START_TEST(freed_under_plain_code)
{
	struct sim_explored explored;

	ck_assert_uint_eq(search(&freed_plain, &sim_search_dpor, 0, &explored), 0);
	ck_assert_uint_eq(explored.traces, 1);
	ck_assert(explored.frees_open);
	ck_assert_uint_gt(search(&freed_plain, &sim_search_portfolio, 100, &explored), 0);
	ck_assert(explored.finished);
}
END_TEST
#endif

/* Whoever puts last frees: two orders, and everything the other did comes before. */
START_TEST(freed_by_the_last)
{
	struct sim_explored explored;

	ck_assert_uint_eq(search(&freed_put, &sim_search_dpor, 0, &explored), 0);
	ck_assert_uint_eq(explored.traces, 2);
	ck_assert(!explored.frees_open);
}
END_TEST

/* What each frees is its own: the orders differ in nothing. */
START_TEST(freed_apart)
{
	struct sim_explored explored;

	ck_assert_uint_eq(search(&freed_own, &sim_search_dpor, 0, &explored), 0);
	ck_assert_uint_eq(explored.traces, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("explore_freed");
	TCase *tcase = tcase_create("freed");
	SRunner *runner = srunner_create(suite);
	int failed;

#if !ASAN
	tcase_add_loop_test(tcase, freed_under_a_user, 0, 2);
	tcase_add_test(tcase, freed_under_plain_code);
#endif
	tcase_add_test(tcase, freed_by_the_last);
	tcase_add_test(tcase, freed_apart);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
