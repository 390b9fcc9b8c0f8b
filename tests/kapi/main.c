// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs the cases of a kernel file (kt.h) under Check. */
#include <check.h>
#include <sim/race.h>
#include <sim/rng.h>
#include <sim/verdict.h>
#include <sim/world.h>
#include <sim/sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kt_case {
	const char *name;
	void (*run)(void);
	unsigned int seeds;
};

extern const struct kt_case kt_cases[];
extern const unsigned int kt_nr_cases;
extern const char kt_suite[];

void kt_fail(const char *file, int line, const char *what);
void kt_expect(enum sim_violation violation, unsigned long nr);
bool kt_reported(enum sim_violation violation, const char *words);
unsigned long kt_random(unsigned long below);

static unsigned long expected[VIOLATION_NR];
static struct sim_rng rng;

void kt_fail(const char *file, int line, const char *what)
{
	for (size_t i = 0; i < sim_reports(); i++)
		fprintf(stderr, "  %s\n", sim_report(i)->text);
	fprintf(stderr, "%s:%d\n", file, line);
	ck_abort_msg("%s", what);
}

void kt_expect(enum sim_violation violation, unsigned long nr)
{
	expected[violation] = nr;
}

bool kt_reported(enum sim_violation violation, const char *words)
{
	for (size_t i = 0; i < sim_reports(); i++)
		if (sim_report(i)->violation == violation && strstr(sim_report(i)->text, words))
			return true;
	return false;
}

unsigned long kt_random(unsigned long below)
{
	return sim_rng_below(&rng, below);
}

static void run_once(const struct kt_case *test, unsigned int seed)
{
	struct sim_world *world = sim_world_create(&(struct sim_config){
		.strategy = test->seeds ? &sim_strategy_random : &sim_strategy_in_order,
		.seed = seed,
		.races = sim_races_built(),
	});
	char what[200];

	ck_assert_ptr_nonnull(world);
	memset(expected, 0, sizeof(expected));
	sim_rng_init(&rng, seed);
	test->run();
	for (int v = 0; v < VIOLATION_NR; v++) {
		if (sim_violations(v) == expected[v])
			continue;
		snprintf(what, sizeof(what), "%s, seed %u: %s %lu times, not %lu", test->name, seed,
			 sim_violation_name(v), sim_violations(v), expected[v]);
		kt_fail(__FILE__, __LINE__, what);
	}
	sim_world_destroy(world);
}

START_TEST(one_case)
{
	const struct kt_case *test = &kt_cases[_i];

	for (unsigned int seed = 0; seed < (test->seeds ? test->seeds : 1); seed++)
		run_once(test, seed);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create(kt_suite);
	TCase *tcase = tcase_create(kt_suite);
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, one_case, 0, (int)kt_nr_cases);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
