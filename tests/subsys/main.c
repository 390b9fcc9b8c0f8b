// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include "harness.h"

int main(void)
{
	SRunner *runner = srunner_create(iommu_suite());
	int failed;

	srunner_add_suite(runner, vfio_charge_suite());
	srunner_add_suite(runner, vfio_errno_suite());
	srunner_add_suite(runner, vfio_fault_suite());
	srunner_add_suite(runner, vfio_iommufd_suite());
	srunner_add_suite(runner, vfio_mdev_suite());
	srunner_add_suite(runner, vfio_parallel_suite());
	srunner_add_suite(runner, vfio_vaddr_suite());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
