// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include "harness.h"


int main(void)
{
	SRunner *runner = srunner_create(mlock_suite());
	int failed;

	srunner_add_suite(runner, fault_suite());
	srunner_add_suite(runner, gup_suite());
	srunner_add_suite(runner, task_suite());
	srunner_add_suite(runner, vma_suite());
	srunner_add_suite(runner, race_suite());
	srunner_add_suite(runner, content_suite());

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
