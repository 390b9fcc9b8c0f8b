// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The charge program, whose numbers are known from elsewhere: 36 and 2,574,318
 * interleavings for two and three tasks, 8 and 6,624 traces.
 */
#include "harness.h"

#include <stdlib.h>
#include <sim/verdict.h>
static void count_violations(void *arg, enum sim_outcome outcome)
{
	unsigned long *runs = arg;

	ck_assert_int_eq(outcome, SIM_QUIET);
	*runs += sim_reports() > 0;
}

static struct sim_explored search(const struct program *program, unsigned int tasks, const struct sim_search_kind *kind,
				  unsigned long *violating)
{
	struct sim_search_options options = { .kind = kind, .silent = ONLY_STEPS, .count = true };
	struct sim_explored explored;

	explore(program, tasks, &options, ~0ul, violating ? count_violations : NULL, violating, &explored);
	return explored;
}

START_TEST(two_tasks_naive)
{
	unsigned long violating = 0;
	struct sim_explored explored = search(&charge_program, 2, &sim_search_naive, &violating);

	ck_assert(explored.finished);
	ck_assert_uint_eq(explored.runs, 36);
	ck_assert_uint_eq(violating, 0);
}
END_TEST

START_TEST(two_tasks_dpor)
{
	struct sim_explored explored = search(&charge_program, 2, &sim_search_dpor, NULL);

	ck_assert(explored.finished);
	ck_assert_uint_eq(explored.traces, 8);
	ck_assert_uint_eq(explored.runs, 8);
	ck_assert_double_eq(explored.interleavings, 36);
}
END_TEST

START_TEST(three_tasks_dpor)
{
	struct sim_explored explored = search(&charge_program, 3, &sim_search_dpor, NULL);

	ck_assert(explored.finished);
	ck_assert_uint_eq(explored.runs, 6624);
	ck_assert_double_eq(explored.interleavings, 2574318);
}
END_TEST

/* The one with check and charge apart: every search that sees all must see it go over. */
START_TEST(broken_is_found)
{
	const struct sim_search_kind *kinds[] = { &sim_search_naive, &sim_search_dpor, &sim_search_bounded };
	unsigned long violating = 0;

	for (unsigned int i = 0; i < 3; i++) {
		violating = 0;
		ck_assert(search(&broken_charge_program, 2, kinds[i], &violating).finished);
		ck_assert_uint_gt(violating, 0);
	}
}
END_TEST

/* The same where a run ends at a state that was seen before: worlds told apart by their bytes. */
START_TEST(broken_is_found_by_states)
{
	struct sim_search_options options = { .kind = &sim_search_stateful, .silent = ONLY_STEPS, .resumes = true };
	unsigned int tasks = harness_slow() ? 2 : 3;
	struct sim_explored explored;
	unsigned long violating = 0;

	explore_once(&broken_charge_program, tasks, &options, count_violations, &violating, &explored);
	if (explored.unfit)	/* a tool keeps the stacks elsewhere */
		return;
	ck_assert(explored.finished);
	ck_assert_uint_gt(violating, 0);
	violating = 0;
	explore_once(&charge_program, tasks, &options, count_violations, &violating, &explored);
	ck_assert(explored.finished);
	ck_assert_uint_eq(violating, 0);
	ck_assert_uint_lt(explored.states, 100000);
}
END_TEST

/* What a sampling search and the portfolio find, and that the portfolio ends as soon as one part has seen all. */
START_TEST(portfolio_ends)
{
	unsigned long violating = 0;
	struct sim_explored explored = search(&broken_charge_program, 2, &sim_search_portfolio, &violating);

	ck_assert(explored.finished);
	ck_assert_uint_gt(violating, 0);
	explored = search(&charge_program, 2, &sim_search_portfolio, NULL);
	ck_assert(explored.finished);
	ck_assert_str_eq(explored.by, "dpor");
	ck_assert_uint_eq(explored.traces, 8);
}
END_TEST

START_TEST(samples_find)
{
	const struct sim_search_kind *kinds[] = { &sim_search_random, &sim_search_pct };

	for (unsigned int i = 0; i < 2; i++) {
		struct sim_search_options options = { .kind = kinds[i], .seed = 1, .depth = 3 };
		struct sim_explored explored;
		unsigned long violating = 0;

		explore(&broken_charge_program, 3, &options, 2000, count_violations, &violating, &explored);
		ck_assert(!explored.finished);
		ck_assert_uint_eq(explored.runs, 2000);
		ck_assert_uint_gt(violating, 0);
	}
}
END_TEST

/* Known from a count by another program: preemptions 0 to 3 for two tasks, 0 to 2 for three. */
START_TEST(by_preemptions)
{
	static const unsigned long two[] = { 2, 14, 26, 36 }, three[] = { 6, 126, 1242 };
	struct sim_search_options options = { .kind = &sim_search_bounded, .silent = ONLY_STEPS, .bounded = true };
	struct sim_explored explored;

	for (options.bound = 0; options.bound < 4; options.bound++) {
		explore(&charge_program, 2, &options, ~0ul, NULL, NULL, &explored);
		ck_assert_double_eq(explored.interleavings, two[options.bound]);
		ck_assert_uint_eq(explored.bound, options.bound);
	}
	for (options.bound = 0; options.bound < 3; options.bound++) {
		explore(&charge_program, 3, &options, ~0ul, NULL, NULL, &explored);
		ck_assert_double_eq(explored.interleavings, three[options.bound]);
	}
}
END_TEST

START_TEST(three_tasks_naive)
{
	struct sim_search_options options = { .kind = &sim_search_naive, .silent = ONLY_STEPS, .resumes = true };
	struct sim_explored explored;

	/* Two and a half million runs: minutes where each takes long. */
	if (harness_slow())
		return;
	explore_once(&charge_program, 3, &options, NULL, NULL, &explored);

	ck_assert(explored.finished);
	ck_assert_uint_eq(explored.runs, 2574318);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("explore_charge");
	TCase *tcase = tcase_create("charge");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, two_tasks_naive);
	tcase_add_test(tcase, two_tasks_dpor);
	tcase_add_test(tcase, three_tasks_dpor);
	tcase_add_test(tcase, three_tasks_naive);
	tcase_add_test(tcase, broken_is_found);
	tcase_add_test(tcase, broken_is_found_by_states);
	tcase_add_test(tcase, portfolio_ends);
	tcase_add_test(tcase, samples_find);
	tcase_add_test(tcase, by_preemptions);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
