// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two tasks add to a plain word, which nothing orders. What a search knows of it
 * follows what it is told: nothing, that the steps depend on each other, or that
 * another task may come in between.
 */
#include <check.h>
#include <stdlib.h>
#include <sim/explore.h>
#include <sim/race.h>
#include <sim/sched.h>
#include <sim/verdict.h>

static long word, other;

/* The accesses are said here, as the compiler's calls say them in a build made for it. */
static void add(void *arg)
{
	long value;

	sim_point_at(SIM_POINT_ATOMIC_RMW, &other, 0);
	sim_race_access(&word, sizeof(word), 0, add);
	value = word;
	sim_race_access(&word, sizeof(word), SIM_RACE_WRITE, add);
	word = value + 1;
}

struct found {
	struct sim_explored explored;
	unsigned long lost, raced;	/* runs in which an addition is lost, or a race is reported */
};

static struct found search(const struct sim_search_kind *kind, bool races, bool preempt_access)
{
	const struct sim_search_options options = { .kind = kind };
	struct sim_search *search = sim_search_create(&options);
	struct sim_config config = { .races = races, .preempt_access = preempt_access };
	struct found found = { .lost = 0 };

	while (sim_search_next(search, &config)) {
		struct sim_world *world = sim_world_create(&config);

		word = 0;
		sim_actor_submit(sim_actor_create("a", NULL), add, NULL);
		sim_actor_submit(sim_actor_create("b", NULL), add, NULL);
		sim_window(true);
		sim_run();
		sim_window(false);
		if (!sim_search_cut(search)) {
			found.lost += word != 2;
			found.raced += sim_violations(VIOLATION_DATA_RACE) > 0;
		}
		sim_world_destroy(world);
	}
	sim_search_explored(search, &found.explored);
	sim_search_destroy(search);
	ck_assert(found.explored.finished);
	return found;
}

/* As without --races: all is explored, and no addition is lost in any. */
START_TEST(unseen)
{
	struct found dpor = search(&sim_search_dpor, false, false), naive = search(&sim_search_naive, false, false);

	ck_assert_uint_eq(dpor.lost + naive.lost, 0);
	ck_assert_uint_eq(dpor.raced + naive.raced, 0);
}
END_TEST

/* --races: it is not lost either, but the race is reported, in every run. */
START_TEST(told)
{
	struct found dpor = search(&sim_search_dpor, true, false);

	ck_assert_uint_eq(dpor.lost, 0);
	ck_assert_uint_eq(dpor.raced, dpor.explored.runs);
}
END_TEST

/* --races --preempt=access: one of each trace is run, and in some of them the addition is lost. */
START_TEST(shown)
{
	struct found dpor = search(&sim_search_dpor, true, true), naive = search(&sim_search_naive, true, true);

	ck_assert_uint_gt(naive.lost, 0);
	ck_assert_uint_gt(dpor.lost, 0);
	ck_assert_uint_lt(dpor.lost, dpor.explored.runs);
	ck_assert_uint_lt(dpor.explored.runs, naive.explored.runs);
	ck_assert_uint_eq(dpor.raced, dpor.explored.runs);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("explore_plain");
	TCase *tcase = tcase_create("plain");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, unseen);
	tcase_add_test(tcase, told);
	tcase_add_test(tcase, shown);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
