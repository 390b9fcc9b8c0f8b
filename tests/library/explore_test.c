// SPDX-License-Identifier: GPL-2.0-or-later
/* Tests under every schedule: what is found, how it is told, and that it comes back. */
#include "suite.h"

struct state {
	struct pinsim_task *task[2];
	long word;
	long ret[2];
};

static long add_apart(void *arg)
{
	struct state *state = arg;
	long seen = pinsim_load(&state->word);

	pinsim_store(&state->word, seen + 1);
	return 0;
}

static long add_at_once(void *arg)
{
	struct state *state = arg;

	return pinsim_add(&state->word, 1);
}

static int two_tasks(struct pinsim_world *world, struct state *state, pinsim_body body)
{
	for (unsigned int i = 0; i < 2; i++) {
		state->task[i] = pinsim_task_create(world, i ? "b" : "a", 1000, 16 * PAGE, PINSIM_CAP_NONE);
		pinsim_start(state->task[i], body, state);
	}
	return 0;
}

static int setup_apart(struct pinsim_world *world, void *state)
{
	return two_tasks(world, state, add_apart);
}

static int setup_at_once(struct pinsim_world *world, void *state)
{
	return two_tasks(world, state, add_at_once);
}

static void check_two(struct pinsim_world *world, void *arg)
{
	const struct state *state = arg;

	PINSIM_EXPECT(state->word == 2);
}

static const struct pinsim_test apart = {
	.name = "read, then write", .kernel = "v6.12", .state_bytes = sizeof(struct state), .setup = setup_apart,
	.check = check_two,
};
static const struct pinsim_test at_once = {
	.name = "added at once", .kernel = "v6.12", .state_bytes = sizeof(struct state), .setup = setup_at_once,
	.check = check_two,
};

/* An update that is lost in some orders is found by each strategy that sees all, and its token brings it back. */
START_TEST(lost_update)
{
	static const char *const strategies[] = { NULL, "dpor", "bounded", "naive" };

	for (unsigned int i = 0; i < 4; i++) {
		struct pinsim_explore_options options = { .strategy = strategies[i] };
		struct pinsim_result *result = pinsim_explore(&apart, &options), *again;

		ck_assert_int_eq(result->verdict, PINSIM_FAILS);
		ck_assert_ptr_nonnull(strstr(result->failure, "state->word == 2"));
		ck_assert_ptr_nonnull(strstr(result->text, result->failure));
		ck_assert_ptr_nonnull(result->token);
		ck_assert_ptr_nonnull(strstr(result->lanes, "expected"));
		ck_assert_ptr_nonnull(strstr(result->lanes, result->token));
		again = pinsim_replay(&apart, result->token);
		ck_assert_int_eq(again->verdict, PINSIM_FAILS);
		ck_assert_str_eq(again->failure, result->failure);
		ck_assert_str_eq(again->lanes, result->lanes);
		pinsim_result_free(again);
		again = pinsim_replay(&at_once, result->token);
		ck_assert_int_eq(again->verdict, PINSIM_ERROR);
		ck_assert_ptr_nonnull(strstr(again->text, "another test"));
		pinsim_result_free(again);
		pinsim_result_free(result);
	}
}
END_TEST

/* Known by counting: two accesses each, in 6 orders; one each, in 2. */
START_TEST(counted)
{
	struct pinsim_explore_options naive = { .strategy = "naive" };
	struct pinsim_result *result = pinsim_explore(&at_once, &naive);

	ck_assert_int_eq(result->verdict, PINSIM_HOLDS);
	ck_assert(result->finished);
	ck_assert_double_eq(result->interleavings, (double)result->runs);
	pinsim_result_free(result);
	result = pinsim_explore(&at_once, NULL);
	ck_assert_int_eq(result->verdict, PINSIM_HOLDS);
	ck_assert_ptr_null(result->failure);
	ck_assert_ptr_null(result->lanes);
	ck_assert_uint_ge(result->traces, 2);
	pinsim_result_free(result);
	naive.runs_max = 1;
	result = pinsim_explore(&at_once, &naive);
	ck_assert_int_eq(result->verdict, PINSIM_UNFINISHED);
	ck_assert(!result->finished);
	pinsim_result_free(result);
}
END_TEST

static long locks_ten(void *arg)
{
	long va = pinsim_mmap(10 * PAGE, NULL);

	return va < 0 ? va : pinsim_mlock((unsigned long)va, 10 * PAGE);
}

static long makes_thread(void *arg)
{
	struct state *state = arg;

	return pinsim_thread("b", NULL, NULL, &state->task[1]);
}

static int setup_locks(struct pinsim_world *world, void *arg)
{
	struct state *state = arg;

	state->task[0] = pinsim_task_create(world, "a", 1000, 16 * PAGE, PINSIM_CAP_NONE);
	if (pinsim_call(state->task[0], makes_thread, state))
		return 1;
	pinsim_start(state->task[0], locks_ten, NULL);
	pinsim_start(state->task[1], locks_ten, NULL);
	return 0;
}

static void check_locks(struct pinsim_world *world, void *arg)
{
	const struct state *state = arg;

	/* exactly one of them fits */
	PINSIM_EXPECT(pinsim_task_result(state->task[0]) + pinsim_task_result(state->task[1]) == -ENOMEM);
	PINSIM_EXPECT(pinsim_locked_vm_pages(state->task[0]) == 10);
}

/* mlock holds its lock from test to charge: never both, never none. */
START_TEST(one_fits)
{
	static const struct pinsim_test test = {
		.name = "one of two mlocks", .kernel = "v7.0", .state_bytes = sizeof(struct state),
		.setup = setup_locks, .check = check_locks,
	};
	struct pinsim_result *result = pinsim_explore(&test, NULL);

	ck_assert_msg(result->verdict == PINSIM_HOLDS, "%s\n%s", result->text, result->lanes ? result->lanes : "");
	ck_assert(result->finished);
	pinsim_result_free(result);
}
END_TEST

static long exec_unmap(void *arg)
{
	long va = pinsim_mmap(4 * PAGE, NULL), c = pinsim_vfio_open(NULL);

	pinsim_vfio_map((int)c, 0, (unsigned long)va, 4 * PAGE, PINSIM_DMA_RW);
	pinsim_exec();
	return pinsim_vfio_unmap((int)c, 0, 4 * PAGE);
}

static int setup_exec(struct pinsim_world *world, void *arg)
{
	struct state *state = arg;

	state->task[0] = pinsim_task_create(world, "a", 1000, 16 * PAGE, PINSIM_CAP_NONE);
	return pinsim_start(state->task[0], exec_unmap, NULL);
}

/* A violation fails a test that says nothing, unless it allows what breaks there. */
START_TEST(violations)
{
	static const char *const all[] = { "locked_vm_negative", NULL };
	struct pinsim_test test = {
		.name = "exec", .kernel = "v6.2", .state_bytes = sizeof(struct state), .setup = setup_exec,
	};
	struct pinsim_result *result = pinsim_explore(&test, NULL);

	ck_assert_int_eq(result->verdict, PINSIM_FAILS);
	pinsim_result_free(result);
	test.allowed = all;
	result = pinsim_explore(&test, NULL);
	ck_assert_msg(result->verdict == PINSIM_HOLDS, "%s", result->text);
	pinsim_result_free(result);
	test.allowed = NULL;
	test.kernel = "v6.3";
	result = pinsim_sample(&test, 1);
	ck_assert_msg(result->verdict == PINSIM_HOLDS, "%s", result->text);
	ck_assert_uint_eq(result->runs, 1);
	pinsim_result_free(result);
}
END_TEST

static int setup_fails(struct pinsim_world *world, void *arg)
{
	return -5;
}

static long uses_iommufd(void *arg)
{
	return pinsim_iommufd_open();
}

static int setup_absent(struct pinsim_world *world, void *arg)
{
	return pinsim_start(pinsim_task_create(world, "a", 0, PAGE, 0), uses_iommufd, NULL);
}

/* No verdict: no such kernel or strategy, a setup that fails, a token that is none, a call that is not there. */
START_TEST(no_verdict)
{
	static const struct pinsim_explore_options other = { .strategy = "guess" };
	struct pinsim_test test = { .name = "none", .kernel = "v9.9", .setup = setup_fails };
	struct pinsim_result *result = pinsim_explore(&test, NULL);

	ck_assert_int_eq(result->verdict, PINSIM_ERROR);
	ck_assert_ptr_nonnull(strstr(result->text, "v9.9"));
	pinsim_result_free(result);
	test.kernel = "v6.12";
	result = pinsim_explore(&test, NULL);
	ck_assert_int_eq(result->verdict, PINSIM_ERROR);
	ck_assert_ptr_nonnull(strstr(result->text, "-5"));
	pinsim_result_free(result);
	result = pinsim_explore(&test, &other);
	ck_assert_int_eq(result->verdict, PINSIM_ERROR);
	ck_assert_ptr_nonnull(strstr(result->text, "guess"));
	pinsim_result_free(result);
	result = pinsim_replay(&test, "p1.nonsense");
	ck_assert_int_eq(result->verdict, PINSIM_ERROR);
	pinsim_result_free(result);
	result = pinsim_replay(&test, NULL);
	ck_assert_int_eq(result->verdict, PINSIM_ERROR);
	pinsim_result_free(result);
	test.setup = setup_absent;
	test.kernel = "v6.1";
	result = pinsim_explore(&test, NULL);
	ck_assert_int_eq(result->verdict, PINSIM_ABSENT);
	ck_assert_ptr_nonnull(strstr(result->text, "iommufd_open"));
	pinsim_result_free(result);
	pinsim_result_free(NULL);
}
END_TEST

static long remembers(void *arg)
{
	static long runs;

	/* what no body may do */
	PINSIM_EXPECT(runs++ != 1);
	return 0;
}

static int setup_remembers(struct pinsim_world *world, void *arg)
{
	return two_tasks(world, arg, remembers);
}

/* A body that is no function of its arguments is told as such and not as a failure. */
START_TEST(impure)
{
	static const struct pinsim_test test = {
		.name = "impure", .kernel = "v6.12", .state_bytes = sizeof(struct state), .setup = setup_remembers,
	};
	struct pinsim_result *result = pinsim_explore(&test, NULL);

	ck_assert_int_eq(result->verdict, PINSIM_ERROR);
	ck_assert_ptr_nonnull(strstr(result->text, "another run the second time"));
	pinsim_result_free(result);
}
END_TEST

static int setup_runs(struct pinsim_world *world, void *arg)
{
	struct state *state = arg;

	two_tasks(world, state, add_apart);
	if (pinsim_run(world))
		return 1;
	state->word = 0;
	pinsim_start(state->task[0], add_apart, state);
	return pinsim_start(state->task[1], add_apart, state);
}

/* A setup with a run of its own: that one is in order, and what is open comes behind it. */
START_TEST(run_in_setup)
{
	static const struct pinsim_test test = {
		.name = "run in setup", .kernel = "v6.12", .state_bytes = sizeof(struct state), .setup = setup_runs,
		.check = check_two,
	};
	struct pinsim_result *result = pinsim_explore(&test, NULL), *again;

	ck_assert_int_eq(result->verdict, PINSIM_FAILS);
	again = pinsim_replay(&test, result->token);
	ck_assert_int_eq(again->verdict, PINSIM_FAILS);
	pinsim_result_free(again);
	pinsim_result_free(result);
}
END_TEST

TCase *explore_tests(void)
{
	TCase *tcase = tcase_create("explore");

	tcase_add_test(tcase, lost_update);
	tcase_add_test(tcase, counted);
	tcase_add_test(tcase, one_fits);
	tcase_add_test(tcase, violations);
	tcase_add_test(tcase, no_verdict);
	tcase_add_test(tcase, impure);
	tcase_add_test(tcase, run_in_setup);
	tcase_set_timeout(tcase, 20);
	return tcase;
}
