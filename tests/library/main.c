// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include "suite.h"

int main(void)
{
	Suite *suite = suite_create("library");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, world_tests());
	suite_add_tcase(suite, calls_tests());
	suite_add_tcase(suite, explore_tests());
	suite_add_tcase(suite, scenario_tests());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
