// SPDX-License-Identifier: GPL-2.0-or-later
/* explore() over programs: what counts as the failure, and the smaller program with the same one. */
#include <string.h>
#include <accounting/kernels.h>
#include <scenario/explore.h>
#include "harness.h"

#define KERNEL "v6.12"

/* Two check, and then both add; with calls and arguments that have no part in it. */
static const char overshoot[] = "task other uid=7\n"
				"task a memlock=10p\n"
				"a: m = mmap(20p)\n"
				"other: n = mmap(4p)\n"
				"a: touch(m, 20p, write=1)\n"
				"a: v = vdpa_open()\n"
				"a: w = vdpa_open()\n"
				"other: mlock(n, 2p)\n"
				"a: fail_nth(900)\n"
				"a: thread(b)\n"
				"parallel {\n"
				"a: vdpa_map(v, iova=0, va=m, len=6p) -> 0/ENOMEM\n"
				"b: vdpa_map(w, iova=0, va=m + 10p, len=6p) -> 0/ENOMEM\n"
				"other: munlock(n, 1p)\n"
				"}\n";

struct explored {
	struct program *program;
	const struct kernel *kernel;
	struct explore_options options;
	struct explore_report report;
	struct explore_small small;
	bool smaller;
};

static const struct kernel *kernel_named(const char *name)
{
	for (size_t i = 0; i < kernels(); i++)
		if (!strcmp(kernel_at(i)->name, name))
			return kernel_at(i);
	ck_abort_msg("no kernel %s", name);
}

static struct explored explored(const char *text, const char *more)
{
	struct explored this = { .options = { .backend = &backend_model, .runs_max = 5000 } };
	char whole[2048];

	snprintf(whole, sizeof(whole), "%s%s", text, more);
	this.program = parsed(whole);
	this.options.kernel = kernel_named(KERNEL);
	explore(this.program, &this.options, &this.report);
	if (this.report.end == EXPLORE_FAILS && this.report.failed_at)
		this.smaller = explore_shrink(this.program, &this.options, &this.report, "small.pin", &this.small);
	return this;
}

static void explored_free(struct explored *this)
{
	explore_small_free(&this->small);
	explore_report_free(&this->report);
	program_free(this->program);
}

static struct failure failure_in(const struct run_result *result)
{
	struct failure failure;

	failure_of(result, &failure);
	return failure;
}

/* The smaller program, parsed anew, under its own tape: the failure of the first one, and the hash that was told. */
static void assert_same_failure(const struct explored *this)
{
	struct failure first = failure_in(&this->report.result), again;
	struct program *program = parsed(this->small.text);
	const struct run_options options = {
		.kernel = this->options.kernel,
		.backend = &backend_model,
		.strategy = &sim_strategy_replay,
		.tape = this->small.report.tape,
	};
	struct run_result result;

	scenario_run(program, &options, &result);
	again = failure_in(&result);
	ck_assert(first.kind != FAILURE_NONE);
	ck_assert(failure_same(&first, &again));
	ck_assert(result.hash == this->small.report.result.hash);
	run_result_free(&result);
	program_free(program);
}

static enum verdict verdict_in_order(const char *text)
{
	struct program *program = parsed(text);
	const struct run_options options = {
		.kernel = kernel_named(KERNEL), .backend = &backend_model, .strategy = &sim_strategy_in_order,
	};
	struct run_result result;
	enum verdict verdict;

	scenario_run(program, &options, &result);
	verdict = result.verdict;
	run_result_free(&result);
	program_free(program);
	return verdict;
}

/* Calls that have no part in the violation go, faults among them; those that have stay, and their race with them. */
START_TEST(small_violation)
{
	struct explored this = explored(overshoot, "");

	ck_assert_int_eq(this.report.result.failure, FAILURE_VIOLATION);
	ck_assert_int_eq(this.report.result.failed_violation, VIOLATION_OVER_LIMIT);
	ck_assert(this.smaller && this.small.finished);
	ck_assert_uint_eq(this.small.calls_before, 11);
	ck_assert_uint_le(this.small.calls, 6);
	ck_assert_ptr_null(strstr(this.small.text, "other"));
	ck_assert_ptr_null(strstr(this.small.text, "fail_nth"));
	ck_assert_ptr_nonnull(strstr(this.small.text, "parallel"));
	ck_assert_uint_le(sim_tape_deviations(this.small.report.tape), sim_tape_deviations(this.report.tape));
	assert_same_failure(&this);
	explored_free(&this);
}
END_TEST

/* Without its calls an expect would fail in order, too: what is left still needs a schedule. */
START_TEST(small_expect)
{
	struct explored this = explored(overshoot, "expect violation over_limit\nexpect a.pinned_vm == 6p\n");

	ck_assert_int_eq(this.report.result.failure, FAILURE_EXPECT);
	ck_assert(this.smaller);
	ck_assert_ptr_nonnull(strstr(this.small.text, "expect a.pinned_vm == 6p"));
	ck_assert_uint_ge(this.small.calls, 4);
	ck_assert_int_eq(verdict_in_order(this.small.text), VERDICT_PASS);
	assert_same_failure(&this);
	explored_free(&this);
}
END_TEST

/* A file that fails in order has no schedule to keep. */
START_TEST(small_in_order)
{
	struct explored this = explored(overshoot, "expect violation over_limit\nexpect other.locked_vm == 9p\n");

	ck_assert_int_eq(this.report.result.failure, FAILURE_EXPECT);
	ck_assert(this.smaller);
	ck_assert_uint_eq(this.small.calls, 0);
	assert_same_failure(&this);
	explored_free(&this);
}
END_TEST

/* A call's result is the failure: what is left has the same call with the same errno. */
START_TEST(small_result)
{
	struct explored this = explored("task a memlock=4p\n"
					"a: m = mmap(8p)\n"
					"a: thread(b)\n"
					"parallel {\n"
					"a: mlock(m, 3p)\n"
					"a: munlock(m, 3p)\n"
					"b: mlock(m + 4p, 3p)\n"
					"b: munlock(m + 4p, 1p)\n"
					"}\n", "");

	ck_assert_int_eq(this.report.result.failure, FAILURE_STEP);
	ck_assert_int_eq(this.report.result.failed_ret, -12);
	ck_assert(this.smaller);
	ck_assert_ptr_nonnull(strstr(this.small.text, "mlock"));
	assert_same_failure(&this);
	explored_free(&this);
}
END_TEST

/* The same twice, to the last byte. */
START_TEST(small_twice)
{
	struct explored one = explored(overshoot, ""), two = explored(overshoot, "");

	ck_assert_str_eq(one.small.text, two.small.text);
	ck_assert_str_eq(one.small.report.result.token, two.small.report.result.token);
	ck_assert_uint_eq(one.small.tries, two.small.tries);
	explored_free(&one);
	explored_free(&two);
}
END_TEST

/* Where one failure is asked for, schedules with another one are passed over. */
START_TEST(wanted)
{
	struct failure leak = { .kind = FAILURE_VIOLATION, .violation = VIOLATION_LEAK };
	struct explored this = explored(overshoot, "");
	struct explore_report report;

	this.options.wanted = &leak;
	explore(this.program, &this.options, &report);
	ck_assert_int_eq(report.end, EXPLORE_HOLDS);
	explore_report_free(&report);
	leak = failure_in(&this.report.result);
	explore(this.program, &this.options, &report);
	ck_assert_int_eq(report.end, EXPLORE_FAILS);
	ck_assert_uint_eq(report.failed_at, this.report.failed_at);
	explore_report_free(&report);
	explored_free(&this);
}
END_TEST

/* Told to stop, it keeps the best so far: here the file itself, its schedule made short. */
START_TEST(small_stopped)
{
	static const volatile sig_atomic_t stop = 1;
	struct explored this = explored(overshoot, "");

	explore_small_free(&this.small);
	this.options.stop = &stop;
	ck_assert(explore_shrink(this.program, &this.options, &this.report, "small.pin", &this.small));
	ck_assert(!this.small.finished);
	ck_assert_uint_eq(this.small.calls, this.small.calls_before);
	assert_same_failure(&this);
	explored_free(&this);
}
END_TEST

Suite *explore_suite(void)
{
	Suite *suite = suite_create("scenario/explore");
	TCase *tcase = tcase_create("explore");

	tcase_set_timeout(tcase, 240);
	tcase_add_test(tcase, small_violation);
	tcase_add_test(tcase, small_expect);
	tcase_add_test(tcase, small_in_order);
	tcase_add_test(tcase, small_result);
	tcase_add_test(tcase, small_twice);
	tcase_add_test(tcase, small_stopped);
	tcase_add_test(tcase, wanted);
	suite_add_tcase(suite, tcase);
	return suite;
}
