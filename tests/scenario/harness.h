/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scenarios as strings: parsed, refused, or run on one kernel, with what came of it to be asked about. */
#ifndef TESTS_SCENARIO_HARNESS_H
#define TESTS_SCENARIO_HARNESS_H

#include <check.h>
#include <scenario/program.h>
#include <scenario/runner.h>

/* Parses; the test fails with the messages where it does not. Freed by the caller. */
struct program *parsed(const char *text);
/* Must be refused, with @place ("2:7") as the first message's LINE:COL and @what somewhere in it. */
void assert_refused(const char *text, const char *place, const char *what);
/* Must be accepted. */
void assert_accepted(const char *text);

#define STEPS_SEEN 64
struct ran {
	struct run_result result;
	/* by step index from 1; what was passed on as an event */
	struct {
		bool seen;
		enum step_skip skip;
		bool returned;
		long ret;
		unsigned long number;
		bool judged;
		bool held;
	} step[STEPS_SEEN];
	unsigned int events;	/* steps passed on */
	unsigned int expects;	/* expects passed on */
	unsigned int failed_expects;
};

/* Runs @text on @kernel with seed @seed; to be ended by ran_free(). */
struct ran run_seed(const char *text, const char *kernel, unsigned long seed);
struct ran run_on(const char *text, const char *kernel);
void ran_free(struct ran *ran);

/* The verdict of @text on @kernel. */
enum verdict verdict_on(const char *text, const char *kernel);
#define assert_pass(text, kernel) ck_assert_int_eq(verdict_on(text, kernel), VERDICT_PASS)
#define assert_fail(text, kernel) ck_assert_int_eq(verdict_on(text, kernel), VERDICT_FAIL)

Suite *parser_suite(void);
Suite *bounds_suite(void);
Suite *sets_suite(void);
Suite *run_suite(void);
Suite *expect_suite(void);
Suite *parallel_suite(void);
Suite *report_suite(void);
Suite *diff_suite(void);
Suite *compare_suite(void);
Suite *limit_suite(void);
Suite *session_suite(void);
Suite *lanes_suite(void);
Suite *search_suite(void);
Suite *fuzz_suite(void);
Suite *explore_suite(void);

#endif
