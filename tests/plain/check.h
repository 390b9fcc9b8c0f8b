/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stands in for Check where it is not at hand (a cross-compiled build run by an
 * emulator): the part of its interface that the suites use, in one header, so
 * that a suite is one source everywhere. Each case runs in a child of its own,
 * as with Check; a failed assertion prints where and ends that child.
 */
#ifndef PLAIN_CHECK_H
#define PLAIN_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef void (*TFun)(int);
typedef void (*SFun)(void);
typedef struct {
	const char *name;
	TFun run;
} TTest;

#define PLAIN_CASES_MAX 256
struct plain_case {
	const TTest *test;
	int first, end;
	int exit_status;	/* expected */
	int signal;		/* expected */
};
typedef struct TCase {
	const char *name;
	struct plain_case cases[PLAIN_CASES_MAX];
	unsigned int nr;
	SFun setup, teardown;
	struct TCase *next;
} TCase;
typedef struct {
	const char *name;
	TCase *first, **tail;
} Suite;
typedef struct {
	Suite *suite;
	int failed;
} SRunner;
enum print_output { CK_SILENT, CK_MINIMAL, CK_NORMAL, CK_VERBOSE, CK_ENV };

#define START_TEST(__name)                                                                                            \
	static void __name##_fn(int _i);                                                                               \
	static const TTest __name##_ttest = { #__name, __name##_fn };                                                  \
	static const TTest *__name = &__name##_ttest;                                                                  \
	static void __name##_fn(int _i __attribute__((unused)))
#define END_TEST

#define ck_abort_msg(...)                                                                                             \
	do {                                                                                                           \
		fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);                                                        \
		fprintf(stderr, __VA_ARGS__);                                                                          \
		fputc('\n', stderr);                                                                                   \
		_exit(1);                                                                                              \
	} while (0)
#define ck_abort() ck_abort_msg("aborted")
#define ck_assert_msg(expr, ...)                                                                                      \
	do {                                                                                                           \
		if (!(expr))                                                                                           \
			ck_abort_msg(__VA_ARGS__);                                                                     \
	} while (0)
#define ck_assert(expr) ck_assert_msg(expr, "%s does not hold", #expr)

#define PLAIN_COMPARE(type, format, a, op, b)                                                                         \
	do {                                                                                                           \
		type _a = (a), _b = (b);                                                                               \
		ck_assert_msg(_a op _b, "%s " #op " %s does not hold: " format " and " format, #a, #b, _a, _b);        \
	} while (0)
#define ck_assert_int_eq(a, b) PLAIN_COMPARE(intmax_t, "%jd", a, ==, b)
#define ck_assert_int_ne(a, b) PLAIN_COMPARE(intmax_t, "%jd", a, !=, b)
#define ck_assert_int_lt(a, b) PLAIN_COMPARE(intmax_t, "%jd", a, <, b)
#define ck_assert_int_le(a, b) PLAIN_COMPARE(intmax_t, "%jd", a, <=, b)
#define ck_assert_int_gt(a, b) PLAIN_COMPARE(intmax_t, "%jd", a, >, b)
#define ck_assert_int_ge(a, b) PLAIN_COMPARE(intmax_t, "%jd", a, >=, b)
#define ck_assert_uint_eq(a, b) PLAIN_COMPARE(uintmax_t, "%ju", a, ==, b)
#define ck_assert_uint_ne(a, b) PLAIN_COMPARE(uintmax_t, "%ju", a, !=, b)
#define ck_assert_uint_lt(a, b) PLAIN_COMPARE(uintmax_t, "%ju", a, <, b)
#define ck_assert_uint_le(a, b) PLAIN_COMPARE(uintmax_t, "%ju", a, <=, b)
#define ck_assert_uint_gt(a, b) PLAIN_COMPARE(uintmax_t, "%ju", a, >, b)
#define ck_assert_uint_ge(a, b) PLAIN_COMPARE(uintmax_t, "%ju", a, >=, b)
#define ck_assert_ptr_eq(a, b) PLAIN_COMPARE(const void *, "%p", a, ==, b)
#define ck_assert_ptr_ne(a, b) PLAIN_COMPARE(const void *, "%p", a, !=, b)
#define ck_assert_ptr_null(a) ck_assert_ptr_eq(a, NULL)
#define ck_assert_ptr_nonnull(a) ck_assert_ptr_ne(a, NULL)
#define ck_assert_str_eq(a, b)                                                                                        \
	do {                                                                                                           \
		const char *_a = (a), *_b = (b);                                                                       \
		ck_assert_msg(!strcmp(_a, _b), "%s is \"%s\", not \"%s\"", #a, _a, _b);                                \
	} while (0)
#define ck_assert_str_ne(a, b) ck_assert(strcmp(a, b))
#define ck_assert_mem_eq(a, b, nr) ck_assert(!memcmp(a, b, nr))

static inline Suite *suite_create(const char *name)
{
	Suite *suite = calloc(1, sizeof(*suite));

	suite->name = name;
	suite->tail = &suite->first;
	return suite;
}

static inline TCase *tcase_create(const char *name)
{
	TCase *tcase = calloc(1, sizeof(*tcase));

	tcase->name = name;
	return tcase;
}

static inline void suite_add_tcase(Suite *suite, TCase *tcase)
{
	*suite->tail = tcase;
	suite->tail = &tcase->next;
}

static inline void plain_add(TCase *tcase, const TTest *test, int signal, int exit_status, int first, int end)
{
	if (tcase->nr == PLAIN_CASES_MAX)
		ck_abort_msg("%s: too many cases", tcase->name);
	tcase->cases[tcase->nr++] = (struct plain_case){ test, first, end, exit_status, signal };
}
#define tcase_add_test(tc, t) plain_add(tc, t, 0, 0, 0, 1)
#define tcase_add_exit_test(tc, t, status) plain_add(tc, t, 0, status, 0, 1)
#define tcase_add_test_raise_signal(tc, t, signal) plain_add(tc, t, signal, 0, 0, 1)
#define tcase_add_loop_test(tc, t, first, end) plain_add(tc, t, 0, 0, first, end)
#define tcase_add_loop_exit_test(tc, t, status, first, end) plain_add(tc, t, 0, status, first, end)

static inline void tcase_add_checked_fixture(TCase *tcase, SFun setup, SFun teardown)
{
	tcase->setup = setup;
	tcase->teardown = teardown;
}

static inline void tcase_set_timeout(TCase *tcase, double seconds)
{
}

static inline SRunner *srunner_create(Suite *suite)
{
	SRunner *runner = calloc(1, sizeof(*runner));

	runner->suite = suite;
	return runner;
}

static inline bool plain_run(const TCase *tcase, const struct plain_case *one, int i)
{
	int status;
	pid_t pid;

	fflush(stdout);
	fflush(stderr);
	pid = fork();
	if (!pid) {
		if (tcase->setup)
			tcase->setup();
		one->test->run(i);
		if (tcase->teardown)
			tcase->teardown();
		exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		ck_abort_msg("cannot run a child");
	if (one->signal ? WIFSIGNALED(status) && WTERMSIG(status) == one->signal
			: WIFEXITED(status) && WEXITSTATUS(status) == one->exit_status)
		return true;
	fprintf(stderr, "%s:%s:%d: failed (wait status %#x)\n", tcase->name, one->test->name, i, status);
	return false;
}

static inline void srunner_run_all(SRunner *runner, enum print_output mode)
{
	int nr = 0;

	for (const TCase *tcase = runner->suite->first; tcase; tcase = tcase->next) {
		for (unsigned int at = 0; at < tcase->nr; at++) {
			for (int i = tcase->cases[at].first; i < tcase->cases[at].end; i++, nr++)
				runner->failed += !plain_run(tcase, &tcase->cases[at], i);
		}
	}
	printf("%s: %d cases, %d failed\n", runner->suite->name, nr, runner->failed);
}

static inline int srunner_ntests_failed(SRunner *runner)
{
	return runner->failed;
}

static inline void srunner_free(SRunner *runner)
{
	while (runner->suite->first) {
		TCase *tcase = runner->suite->first;

		runner->suite->first = tcase->next;
		free(tcase);
	}
	free(runner->suite);
	free(runner);
}

#endif
