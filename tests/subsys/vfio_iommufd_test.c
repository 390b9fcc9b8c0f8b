// SPDX-License-Identifier: GPL-2.0-or-later
/* Containers that iommufd serves, and the device's own character device. */
#include "harness.h"

static long pinned(struct task_struct *task)
{
	return mm_record_pinned_vm(mm_task_mm(task, mm_task_mms(task) - 1));
}

/* /dev/vfio/vfio served by iommufd: charged to the mm as type1 does it, once a map, and to pinned_vm. */
START_TEST(compat)
{
	struct task_struct *a;
	unsigned long va;
	int c;

	world_start("v6.12");
	a = world_task("a", 1000, 64, 0);
	va = ram(a, 65);
	c = CALL(a, op_open_compat, 2, true);
	ck_assert_int_ge(c, 0);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 65, RW), -ENOMEM);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 64, RW), 0);
	ck_locked(a, 64);
	ck_assert_int_eq(pinned(a), 64);
	ck_assert_int_eq(CALL(a, op_charged, c), 64);
	ck_assert_int_eq(CALL(a, op_device_pfn, c, IOVA + 5 * P), mm_task_pfn(a, va + 5 * P));
	/* no update of addresses, and a bisected range is not found */
	ck_assert_int_eq(CALL(a, op_unmap_vaddr, c, IOVA, 64), -EINVAL);
	ck_assert_int_eq(CALL(a, op_map_vaddr, c, IOVA, va, 64), -EINVAL);
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA, 10), -ENOENT);
	/* a second device joins, and leaves, and nothing moves; with the last the pins go */
	ck_assert_int_eq(CALL(a, op_attach, c), 0);
	ck_locked(a, 64);
	ck_assert_int_eq(CALL(a, op_detach, c), 0);
	ck_locked(a, 64);
	ck_assert_int_eq(CALL(a, op_detach, c), 0);
	ck_locked(a, 0);
	ck_assert_int_eq(pinned(a), 0);
	/* the mappings stand, and a device pins them again */
	ck_assert_int_eq(CALL(a, op_attach, c), 0);
	ck_locked(a, 64);
	ck_assert_int_eq(CALL(a, op_unmap_all, c), 64);
	ck_locked(a, 0);
	world_end();
}
END_TEST

/* Version 1 there cuts a mapping where it is unmapped in part. */
START_TEST(compat_v1)
{
	struct task_struct *a;
	unsigned long va;
	int c;

	world_start_contig("v6.12", 1024);
	a = world_task("a", 1000, 2048, 0);
	va = ram(a, 1024);
	c = CALL(a, op_open_compat, 1, true);
	ck_assert_int_eq(CALL(a, op_map, c, 2ul << 20, va, 1024, RW), 0);
	ck_locked(a, 1024);
	ck_assert_int_eq(CALL(a, op_unmap, c, (2ul << 20) + 5 * P, 10), 10);
	ck_locked(a, 1014);
	ck_assert_int_eq(CALL(a, op_device_pfn, c, (2ul << 20) + 5 * P), -1);
	ck_assert_int_eq(CALL(a, op_device_pfn, c, (2ul << 20) + 15 * P), mm_task_pfn(a, va + 15 * P));
	ck_assert_int_eq(CALL(a, op_unmap_all, c), 1014);
	ck_locked(a, 0);
	world_end();
}
END_TEST

/* Without a group there is no IOAS: ENODEV, where type1 says EINVAL. */
START_TEST(compat_no_device)
{
	struct task_struct *a;
	int c;

	world_start("v6.12");
	a = world_task("a", 1000, 64, 0);
	c = CALL(a, op_open_compat, 2, false);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, ram(a, 1), 1, RW), -ENODEV);
	ck_assert_int_eq(CALL(a, op_unmap_all, c), -ENODEV);
	ck_assert_int_eq(CALL(a, op_detach, c), -EINVAL);
	world_end();
}
END_TEST

/* The fd of /dev/iommu as a container: the user pays; who has lost that fd has no container; its close closes no fd. */
START_TEST(iommufd_as_container)
{
	struct task_struct *a;
	unsigned long va;
	int fd, c;

	world_start("v6.12");
	a = world_task("a", 1000, 64, 0);
	va = ram(a, 64);
	fd = CALL(a, op_iommufd);
	c = CALL(a, op_open_on, 2, true, fd);
	ck_assert_int_ge(c, 0);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 60, RW), 0);
	ck_locked(a, 0);
	ck_assert_int_eq(mm_user_locked_vm(1000), 60);
	ck_assert_int_eq(CALL(a, op_charged, c), 60);
	ck_assert_int_eq(CALL(a, op_close, fd), 0);
	ck_assert_int_eq(CALL(a, op_unmap_all, c), -EBADF);
	ck_assert_int_eq(mm_user_locked_vm(1000), 60);
	ck_assert_int_eq(CALL(a, op_close, c), 0);
	ck_assert_int_eq(mm_user_locked_vm(1000), 0);
	fd = CALL(a, op_iommufd);
	c = CALL(a, op_open_on, 2, true, fd);
	ck_assert_int_eq(CALL(a, op_close, c), 0);
	c = CALL(a, op_open_on, 2, true, fd);
	ck_assert_int_ge(c, 0);
	/* not every fd will do */
	ck_assert_int_eq(CALL(a, op_open_on, 2, true, c), -EBADFD);
	ck_assert_int_eq(CALL(a, op_open_on, 2, true, 99), -EBADF);
	ck_assert_int_eq(CALL(a, op_open, 3, true), -ENODEV);
	ck_assert_int_eq(CALL(a, op_open_compat, 3, true), -EINVAL);
	world_end();
}
END_TEST

/* A cdev is bound when it is opened and attached by id; close detaches and unbinds it. */
START_TEST(cdev)
{
	struct task_struct *a;
	unsigned int dev, ioas;
	unsigned long va;
	int fd, d;

	world_start("v6.12");
	a = world_task("a", 1000, 64, 0);
	va = ram(a, 16);
	fd = CALL(a, op_iommufd);
	d = CALL(a, op_cdev, fd, (long)&dev);
	ck_assert_int_ge(d, 0);
	ck_assert_int_eq(CALL(a, op_cdev, d, (long)&dev), -EBADFD);
	ck_assert_int_eq(CALL(a, op_cdev, 99, (long)&dev), -EBADF);
	ck_assert_int_eq(CALL(a, op_ioas_alloc, fd, (long)&ioas), 0);
	ck_assert_int_ge(CALL(a, op_ioas_map, fd, ioas, IOVA, va, 16), 0);
	ck_assert_int_eq(pinned(a), 0);
	ck_assert_int_eq(CALL(a, op_device_pfn, d, IOVA), -1);
	ck_assert_int_eq(CALL(a, op_iommufd_attach, fd, dev, ioas), 0);
	ck_assert_int_eq(pinned(a), 16);
	ck_assert_int_eq(CALL(a, op_device_pfn, d, IOVA + 3 * P), mm_task_pfn(a, va + 3 * P));
	/* the context lives on with the device */
	ck_assert_int_eq(CALL(a, op_close, fd), 0);
	ck_assert_int_eq(pinned(a), 16);
	ck_assert_int_eq(CALL(a, op_close, d), 0);
	ck_assert_int_eq(pinned(a), 0);
	ck_assert_int_eq(mm_user_locked_vm(1000), 0);
	world_end();
}
END_TEST

/* An mdev there is an access: its pages are given back in the ranges in which they were pinned. */
START_TEST(mdev_of_compat)
{
	struct task_struct *a;
	unsigned long va;
	int c, m;

	world_start("v6.12");
	a = world_task("a", 1000, 64, 0);
	va = ram(a, 20);
	c = CALL(a, op_open_compat, 2, false);
	m = CALL(a, op_mdev_attach, c);
	ck_assert_int_ge(m, 0);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 20, RW), 0);
	ck_locked(a, 0);
	ck_assert_int_eq(CALL(a, op_mdev_pin, m, IOVA + 15 * P, 6), -ENOENT);
	ck_assert_int_eq(CALL(a, op_mdev_pin, m, IOVA, 10), 0);
	ck_assert_int_eq(CALL(a, op_mdev_pin, m, IOVA + 5 * P, 10), 0);
	ck_locked(a, 15);
	ck_assert_int_eq(CALL(a, op_mdev_unpin, m, IOVA, 5), -EINVAL);
	ck_assert_int_eq(CALL(a, op_mdev_unpin, m, IOVA, 10), 0);
	ck_locked(a, 10);
	ck_assert_int_eq(CALL(a, op_attach, c), 0);
	ck_locked(a, 20);
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA, 20), 20);
	ck_locked(a, 0);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 20, RW), 0);
	ck_assert_int_eq(CALL(a, op_mdev_pin, m, IOVA, 10), 0);
	ck_assert_int_eq(CALL(a, op_close, c), 0);
	ck_locked(a, 10);
	ck_assert_int_eq(CALL(a, op_close, m), 0);
	ck_locked(a, 0);
	world_end();
}
END_TEST

/* The N-th allocation of each of these calls fails, and nothing is left of it. */
START_TEST(allocations)
{
	struct task_struct *a;
	unsigned long va, n;
	bool hit = true;

	world_start("v6.12");
	a = world_task("a", 1000, 64, 0);
	va = ram(a, 20);
	for (n = 1; hit; n++) {
		unsigned int dev;
		long fd, c, m, d;

		ck_assert_uint_lt(n, 300);
		fd = CALL(a, op_iommufd);
		ck_assert_int_eq(CALL(a, op_fail, SIM_FAULT_ALLOC, n), 0);
		c = _i ? CALL(a, op_open_compat, 2, true) : CALL(a, op_open_on, 1, true, fd);
		m = c >= 0 ? CALL(a, op_mdev_attach, c) : -1;
		d = CALL(a, op_cdev, fd, (long)&dev);
		if (c >= 0)
			CALL(a, op_map, c, IOVA, va, 20, RW);
		if (m >= 0)
			CALL(a, op_mdev_pin, m, IOVA, 4);
		hit = !sim_fault_pending(mm_task_actor(a));
		if (m >= 0)
			ck_assert_int_eq(CALL(a, op_close, m), 0);
		if (c >= 0)
			ck_assert_int_eq(CALL(a, op_close, c), 0);
		if (d >= 0)
			ck_assert_int_eq(CALL(a, op_close, d), 0);
		ck_assert_int_eq(CALL(a, op_close, fd), 0);
		ck_locked(a, 0);
		ck_assert_int_eq(mm_user_locked_vm(1000), 0);
		ck_assert_uint_eq(mm_pages_pinned(), 0);
	}
	world_end();
}
END_TEST

Suite *vfio_iommufd_suite(void)
{
	Suite *suite = suite_create("vfio on iommufd");
	TCase *tcase = tcase_create("iommufd");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, compat);
	tcase_add_test(tcase, compat_v1);
	tcase_add_test(tcase, compat_no_device);
	tcase_add_test(tcase, iommufd_as_container);
	tcase_add_test(tcase, cdev);
	tcase_add_test(tcase, mdev_of_compat);
	tcase_add_loop_test(tcase, allocations, 0, 2);
	suite_add_tcase(suite, tcase);
	return suite;
}
