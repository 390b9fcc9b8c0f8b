// SPDX-License-Identifier: GPL-2.0-or-later
/* parallel { }: order, births, deaths, schedules and their tokens. */
#include <string.h>
#include <sim/trace.h>
#include "harness.h"

#define KERNEL "v6.12"

static const char race[] = "task a uid=1000 memlock=64p\n"
			   "task b uid=1000 memlock=64p\n"
			   "a: m = mmap(64p)\n"
			   "b: n = mmap(64p)\n"
			   "parallel {\n"
			   "a: mlock(m, 16p)\n"
			   "b: mlock(n, 8p)\n"
			   "a: fork(c)\n"
			   "c: mlock(m, 4p)\n"
			   "b: munlock(n, 8p)\n"
			   "a: munlock(m, 1p)\n"
			   "c: exit()\n"
			   "}\n"
			   "expect a.locked_vm == 15p\n"
			   "expect b.locked_vm == 0\n"
			   "expect c.mm(0).locked_vm == 4p\n";

/* Each task's lines in their order, in every schedule; a task made inside runs its lines. */
START_TEST(order)
{
	unsigned long seed;

	for (seed = 0; seed < 50; seed++) {
		struct ran ran = run_seed(race, KERNEL, seed);

		ck_assert_int_eq(ran.result.verdict, VERDICT_PASS);
		ck_assert_uint_eq(ran.result.steps_run, 9);
		ran_free(&ran);
	}
}
END_TEST

/* Seeds give different schedules, each always the same. */
START_TEST(seeds)
{
	unsigned long long first = 0;
	unsigned int different = 0;
	unsigned long seed;

	for (seed = 0; seed < 20; seed++) {
		struct ran one = run_seed(race, KERNEL, seed), two = run_seed(race, KERNEL, seed);

		ck_assert(one.result.hash == two.result.hash);
		ck_assert(one.result.choices > 0);
		if (!seed)
			first = one.result.hash;
		different += one.result.hash != first;
		ran_free(&one);
		ran_free(&two);
	}
	ck_assert_uint_gt(different, 10);
}
END_TEST

/* A token brings the very run back; with another file it is refused. */
START_TEST(tokens)
{
	struct program *program = parsed(race), *other = parsed("task a\n");
	struct kernel_list list = { NULL, 0 };
	struct run_options options = { .backend = &backend_model, .seed = 7 };
	struct run_result first, again;
	struct sim_tape *tape;
	char kernel[128];

	kernel_list_add(&list, KERNEL);
	options.kernel = &list.kernels[0]->kernel;
	scenario_run(program, &options, &first);
	ck_assert_ptr_nonnull(first.token);
	ck_assert(!strncmp(first.token, "p1.", 3) && strlen(first.token) <= 4099);
	ck_assert_int_eq(sim_tape_decode(first.token, program->hash, kernel, &tape), 0);
	ck_assert_str_eq(kernel, KERNEL);
	options.tape = tape;
	options.seed = 0;
	scenario_run(program, &options, &again);
	ck_assert(again.hash == first.hash);
	ck_assert_str_eq(again.token, first.token);
	sim_tape_free(tape);
	ck_assert_int_ne(sim_tape_decode(first.token, other->hash, kernel, &tape), 0);
	run_result_free(&first);
	run_result_free(&again);
	kernel_list_free(&list);
	program_free(program);
	program_free(other);
}
END_TEST

/* A dead task's remaining lines are skipped, and those of a task that was never made. */
START_TEST(dead)
{
	struct ran ran = run_on("task a memlock=64p\n"
				"a: m = mmap(4p)\n"
				"a: fork(b)\n"
				"parallel {\n"
				"b: exit()\n"
				"b: mlock(m, 1p)\n"
				"b: mlock(m, 2p)\n"
				"a: mlock(m, 3p)\n"
				"}\n"
				"expect b.mm(0).locked_vm == 0\n",
				KERNEL);

	ck_assert_int_eq(ran.result.verdict, VERDICT_PASS);
	ck_assert_int_eq(ran.step[4].skip, STEP_SKIP_TASK);
	ck_assert_int_eq(ran.step[5].skip, STEP_SKIP_TASK);
	ck_assert_int_eq(ran.step[6].skip, STEP_RAN);
	ran_free(&ran);
	ran = run_on("task a\nparallel {\na: exit()\na: fork(b)\nb: mmap(1p)\n}\n", KERNEL);
	ck_assert_int_eq(ran.result.verdict, VERDICT_PASS);
	ck_assert_int_eq(ran.step[3].skip, STEP_SKIP_TASK);
	ran_free(&ran);
}
END_TEST

/* The lines behind a call that makes a task of a name are those of the new one. */
START_TEST(name_again)
{
	struct ran ran = run_on("task a\n"
				"a: fork(b)\n"
				"b: exit()\n"
				"parallel {\n"
				"b: mmap(1p)\n"
				"a: fork(b)\n"
				"b: mmap(2p)\n"
				"}\n",
				KERNEL);

	ck_assert_int_eq(ran.result.verdict, VERDICT_PASS);
	ck_assert_int_eq(ran.step[3].skip, STEP_RAN);
	ck_assert_int_eq(ran.step[5].skip, STEP_RAN);
	ran_free(&ran);
}
END_TEST

/* A closed ring is released beside the block's lines: no settle() is needed there, but outside it is. */
START_TEST(deferred)
{
	static const char inside[] = "task a uid=1000 memlock=64p\n"
				     "a: m = mmap(4p)\n"
				     "a: r = uring_setup(8)\n"
				     "a: uring_register(r, va=m, len=4p)\n"
				     "parallel {\n"
				     "a: close(r)\n"
				     "}\n"
				     "expect user(1000).locked_vm == 0\n";
	static const char outside[] = "task a uid=1000 memlock=64p\n"
				      "a: m = mmap(4p)\n"
				      "a: r = uring_setup(8)\n"
				      "a: uring_register(r, va=m, len=4p)\n"
				      "a: close(r)\n"
				      "expect user(1000).locked_vm == 4p\n"
				      "a: settle()\n"
				      "expect user(1000).locked_vm == 0\n";

	assert_pass(inside, KERNEL);
	assert_pass(outside, KERNEL);
}
END_TEST

/* An expected violation behind a block need not show in this schedule. */
START_TEST(expected)
{
	assert_pass("task a\nparallel {\na: mmap(1p)\n}\nexpect violation deadlock\n", KERNEL);
	assert_fail("task a\nexpect violation deadlock\nparallel {\na: mmap(1p)\n}\n", KERNEL);
}
END_TEST

/* An empty block is nothing. */
START_TEST(empty)
{
	assert_pass("task a\nparallel {\n}\na: exit()\n", KERNEL);
}
END_TEST

Suite *parallel_suite(void)
{
	Suite *suite = suite_create("parallel");
	TCase *tcase = tcase_create("schedules");

	tcase_add_test(tcase, order);
	tcase_add_test(tcase, seeds);
	tcase_add_test(tcase, tokens);
	tcase_add_test(tcase, dead);
	tcase_add_test(tcase, name_again);
	tcase_add_test(tcase, deferred);
	tcase_add_test(tcase, expected);
	tcase_add_test(tcase, empty);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return suite;
}
