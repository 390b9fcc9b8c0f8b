/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_IOPT_SUITE_H
#define TESTS_IOPT_SUITE_H

#include <stdlib.h>
#include <check.h>

/* Runs one test case as a suite of its own; the exit status of the program. */
static inline int run_suite(const char *name, TCase *tc)
{
	Suite *suite = suite_create(name);
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
