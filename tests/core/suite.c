// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite.h"

#include <stdlib.h>

struct sim_world *world_with(const struct sim_strategy *strategy, unsigned long seed)
{
	struct sim_world *world = sim_world_create(&(struct sim_config){ .strategy = strategy, .seed = seed });

	ck_assert_ptr_nonnull(world);
	return world;
}

int main(void)
{
	Suite *suite = suite_create(suite_name);
	TCase *tcase = tcase_create(suite_name);
	SRunner *runner;
	int failed;

	suite_fill(tcase);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
