// SPDX-License-Identifier: GPL-2.0-or-later
/* Arguments, ranges and container states: which errno, on which kernel. */
#include "harness.h"

static void ck_map(struct task_struct *a, int c, unsigned long iova, unsigned long va, unsigned long bytes, long ret)
{
	ck_assert_int_eq(CALL(a, op_map_bytes, c, iova, va, bytes, RW), ret);
}

/* Every refused argument of MAP_DMA, and that nothing of it stays. */
START_TEST(map_arguments)
{
	static const struct {
		const char *kernel;
		long wrap;
	} row[] = { { "v5.15", -EINVAL }, { "v6.12", -EINVAL }, { "v6.18", -EOVERFLOW }, { "v7.0", -EOVERFLOW } };
	struct task_struct *a;
	unsigned long va;
	int c;

	world_start(row[_i].kernel);
	a = world_task("a", 1000, 100, 0);
	va = ram(a, 4);
	c = container(a);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 1, 0), -EINVAL);
	ck_map(a, c, IOVA, va, 0, -EINVAL);
	ck_map(a, c, IOVA + 1, va, P, -EINVAL);
	ck_map(a, c, IOVA, va + 2048, P, -EINVAL);
	ck_map(a, c, IOVA, va, P + 1, -EINVAL);
	ck_map(a, c, -P, va, 2 * P, row[_i].wrap);
	ck_map(a, c, IOVA, -P, 2 * P, row[_i].wrap);
	/* beyond 48 bits, and in the MSI range */
	ck_map(a, c, 1ul << 48, va, P, -EINVAL);
	ck_map(a, c, (1ul << 48) - P, va, 2 * P, -EINVAL);
	ck_map(a, c, 0xfee00000, va, P, -EINVAL);
	ck_map(a, c, 0xfee00000 - P, va, 2 * P, -EINVAL);
	ck_map(a, c, 0xfee00000 - P, va, P, 0);
	ck_map(a, c, 0xfef00000, va, P, 0);
	ck_map(a, c, 0xfef00000, va, P, -EEXIST);
	ck_map(a, c, 0, va, P, 0);
	/* no memory there */
	ck_map(a, c, IOVA, 0x1000, P, -EFAULT);
	ck_locked(a, 3);
	ck_assert_int_eq(CALL(a, op_unmap_all, c), 3);
	ck_assert_int_eq(CALL(a, op_map, c + 1, IOVA, va, 1, RW), -EBADF);
	world_end();
}
END_TEST

/* UNMAP_DMA of version 2: nothing there is no error, a bisected dma is, and several go at once. */
START_TEST(unmap_v2)
{
	struct task_struct *a;
	unsigned long va;
	int c;

	world_start("v6.12");
	a = world_task("a", 1000, 100, 0);
	va = ram(a, 8);
	c = container(a);
	ck_assert_int_eq(CALL(a, op_unmap_bytes, c, IOVA, 0), -EINVAL);
	ck_assert_int_eq(CALL(a, op_unmap_bytes, c, IOVA + 1, P), -EINVAL);
	ck_assert_int_eq(CALL(a, op_unmap_bytes, c, IOVA, P + 1), -EINVAL);
	ck_assert_int_eq(CALL(a, op_unmap_bytes, c, -P, 2 * P), -EINVAL);
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA, 8), 0);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 4, RW), 0);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA + 6 * P, va, 2, RW), 0);
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA, 3), -EINVAL);
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA + P, 3), -EINVAL);
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA, 7), -EINVAL);
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA + 4 * P, 2), 0);
	ck_locked(a, 6);
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA - P, 10), 6);
	ck_locked(a, 0);
	world_end();
}
END_TEST

/* Version 1: from the start of a mapping all of it goes, from its middle nothing, and neither is an error. */
START_TEST(unmap_v1)
{
	struct task_struct *a;
	unsigned long va;
	int c;

	world_start("v6.12");
	a = world_task("a", 1000, 100, 0);
	va = ram(a, 32);
	c = CALL(a, op_open, 1, true);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 32, RW), 0);
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA + 5 * P, 10), 0);
	ck_locked(a, 32);
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA, 10), 32);
	ck_locked(a, 0);
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA, 32), 0);
	world_end();
}
END_TEST

/* A container without a group has no IOMMU: every ioctl is EINVAL. It has one from the first group to the last. */
START_TEST(no_device)
{
	struct task_struct *a;
	unsigned long va;
	int c;

	world_start("v6.12");
	a = world_task("a", 1000, 100, 0);
	va = ram(a, 4);
	c = CALL(a, op_open, 2, false);
	ck_assert_int_ge(c, 0);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 4, RW), -EINVAL);
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA, 4), -EINVAL);
	ck_assert_int_eq(CALL(a, op_detach, c), -EINVAL);
	ck_assert_int_eq(CALL(a, op_attach, c), 0);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 4, RW), 0);
	ck_locked(a, 4);
	/* a second group joins the domain, nothing is charged again */
	ck_assert_int_eq(CALL(a, op_attach, c), 0);
	ck_locked(a, 4);
	ck_assert_int_eq(CALL(a, op_detach, c), 0);
	ck_locked(a, 4);
	ck_assert_int_eq(CALL(a, op_detach, c), 0);
	ck_locked(a, 0);
	ck_assert_uint_eq(mm_pages_pinned(), 0);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 4, RW), -EINVAL);
	world_end();
}
END_TEST

/* Closing the container takes all mappings with it; exec does so for a close-on-exec fd, a fork keeps it open. */
START_TEST(close_and_exec)
{
	struct task_struct *a, *child;
	unsigned long va;
	int c, d;

	world_start("v6.12");
	a = world_task("a", 1000, 100, 0);
	va = ram(a, 8);
	c = container(a);
	d = container(a);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 4, RW), 0);
	ck_assert_int_eq(CALL(a, op_map, d, IOVA, va, 4, RW), 0);
	ck_locked(a, 8);
	ck_assert_int_eq(CALL(a, op_fork, (long)&child), 0);
	ck_assert_int_eq(CALL(a, op_close, c), 0);
	ck_locked(a, 8);
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA, 4), -EBADF);
	ck_assert_int_eq(CALL(child, op_close, c), 0);
	ck_locked(a, 4);
	CALL(child, op_exit);
	ck_assert_int_eq(CALL(a, op_cloexec, d), 0);
	ck_assert_int_eq(CALL(a, op_exec), 0);
	ck_assert_int_eq(CALL(a, op_unmap, d, IOVA, 4), -EBADF);
	ck_assert_uint_eq(mm_pages_pinned(), 0);
	world_end();
}
END_TEST

/* Calls on fds of another kind, or of none; and an ioctl that no release knows. */
START_TEST(wrong_fd)
{
	struct task_struct *a;
	int c, m, f;

	world_start("v6.12");
	a = world_task("a", 1000, 100, 0);
	c = CALL(a, op_open, 2, false);
	m = CALL(a, op_mdev_attach, c);
	f = CALL(a, op_memfd, 1);
	ck_assert_int_eq(CALL(a, op_map, m, IOVA, P, 1, RW), -ENOTTY);
	ck_assert_int_eq(CALL(a, op_unmap, f, IOVA, 1), -ENOTTY);
	ck_assert_int_eq(CALL(a, op_attach, f), -ENOTTY);
	ck_assert_int_eq(CALL(a, op_detach, -1), -EBADF);
	ck_assert_int_eq(CALL(a, op_mdev_attach, m), -ENOTTY);
	ck_assert_int_eq(CALL(a, op_mdev_pin, c, IOVA, 1), -ENOTTY);
	ck_assert_int_eq(CALL(a, op_mdev_unpin, 99, IOVA, 1), -EBADF);
	ck_assert_int_eq(CALL(a, op_charged, f), -ENOENT);
	ck_assert_int_eq(CALL(a, op_charged, c), 0);
	ck_assert_int_eq(CALL(a, op_device_pfn, m, IOVA), -ENOENT);
	ck_assert_int_eq(CALL(a, op_close, m), 0);
	world_end();
}
END_TEST

/* A range that wraps: in a container of mdevs alone no window is in the way of the last address. */
START_TEST(last_address)
{
	struct task_struct *a;
	int c, m;

	world_start(_i ? "v6.18" : "v6.12");
	a = world_task("a", 1000, 100, 0);
	c = CALL(a, op_open, 2, false);
	m = CALL(a, op_mdev_attach, c);
	ck_assert_int_eq(CALL(a, op_map, c, -P, ram(a, 1), 1, RW), 0);
	/* with O_INVAL it is never found again */
	ck_assert_int_eq(CALL(a, op_mdev_pin, m, -P, 1), _i ? 0 : -EINVAL);
	ck_assert_int_eq(CALL(a, op_mdev_pin, m, -P, 2), _i ? -EOVERFLOW : -EINVAL);
	ck_assert_int_eq(CALL(a, op_unmap, c, -P, 1), _i ? 1 : 0);
	ck_assert_int_eq(CALL(a, op_unmap_bytes, c, -P, 2 * P), _i ? -EOVERFLOW : -EINVAL);
	ck_locked(a, 0);
	world_end();
}
END_TEST

/* A dma in what will be a reserved range keeps the device out. */
START_TEST(reserved_range)
{
	struct task_struct *a;
	unsigned long va;
	int c, m;

	world_start("v6.12");
	a = world_task("a", 1000, 100, 0);
	va = ram(a, 1);
	c = CALL(a, op_open, 2, false);
	m = CALL(a, op_mdev_attach, c);
	ck_assert_int_eq(CALL(a, op_map, c, 0xfee00000, va, 1, RW), 0);
	ck_assert_int_eq(CALL(a, op_attach, c), -EINVAL);
	ck_assert_int_eq(CALL(a, op_unmap, c, 0xfee00000, 1), 1);
	ck_assert_int_eq(CALL(a, op_attach, c), 0);
	ck_assert_int_eq(CALL(a, op_map, c, 0xfee00000, va, 1, RW), -EINVAL);
	/* and once it has left, the mdev may have it again */
	ck_assert_int_eq(CALL(a, op_detach, c), 0);
	ck_assert_int_eq(CALL(a, op_map, c, 0xfee00000, va, 1, RW), 0);
	ck_assert_int_eq(CALL(a, op_close, m), 0);
	world_end();
}
END_TEST

/* A container takes 65535 dmas (no domain: nothing is pinned), then ENOSPC, until one goes. */
START_TEST(dma_avail)
{
	struct task_struct *a;
	unsigned long i;
	int c, m;

	world_start("v6.12");
	a = world_task("a", 1000, 100, 0);
	c = CALL(a, op_open, 2, false);
	m = CALL(a, op_mdev_attach, c);
	ck_assert_int_ge(m, 0);
	for (i = 0; i < 65535; i++)
		ck_assert_int_eq(CALL(a, op_map, c, i * P, P, 1, RW), 0);
	ck_assert_int_eq(CALL(a, op_map, c, i * P, P, 1, RW), -ENOSPC);
	ck_assert_int_eq(CALL(a, op_unmap, c, 0, 1), 1);
	ck_assert_int_eq(CALL(a, op_map, c, i * P, P, 1, RW), 0);
	world_end();
}
END_TEST

Suite *vfio_errno_suite(void)
{
	Suite *suite = suite_create("vfio errnos");
	TCase *tcase = tcase_create("errnos");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, map_arguments, 0, 4);
	tcase_add_test(tcase, unmap_v2);
	tcase_add_test(tcase, unmap_v1);
	tcase_add_test(tcase, no_device);
	tcase_add_test(tcase, close_and_exec);
	tcase_add_test(tcase, wrong_fd);
	tcase_add_loop_test(tcase, last_address, 0, 2);
	tcase_add_test(tcase, reserved_range);
	tcase_add_test(tcase, dma_avail);
	suite_add_tcase(suite, tcase);
	return suite;
}
