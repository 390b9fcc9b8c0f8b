// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include "harness.h"

int main(void)
{
	SRunner *runner = srunner_create(parser_suite());
	int failed;

	srunner_add_suite(runner, bounds_suite());
	srunner_add_suite(runner, sets_suite());
	srunner_add_suite(runner, run_suite());
	srunner_add_suite(runner, expect_suite());
	srunner_add_suite(runner, parallel_suite());
	srunner_add_suite(runner, report_suite());
	srunner_add_suite(runner, diff_suite());
	srunner_add_suite(runner, compare_suite());
	srunner_add_suite(runner, limit_suite());
	srunner_add_suite(runner, session_suite());
	srunner_add_suite(runner, lanes_suite());
	srunner_add_suite(runner, search_suite());
	srunner_add_suite(runner, fuzz_suite());
	srunner_add_suite(runner, explore_suite());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
