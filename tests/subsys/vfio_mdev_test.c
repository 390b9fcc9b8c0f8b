// SPDX-License-Identifier: GPL-2.0-or-later
/* mdevs: single pages, counted by IOVA, charged only while no domain pins everything. */
#include "harness.h"

static const char *const kernel[] = { "v5.15", "v6.2", "v6.12", "v6.18" };

static int mdev(struct task_struct *task, int c)
{
	long fd = CALL(task, op_mdev_attach, c);

	ck_assert_int_ge(fd, 0);
	return fd;
}

/* V11: pinned pages are charged; a domain charges the rest; when it goes only the pinned ones stay charged. */
START_TEST(domain_comes_and_goes)
{
	struct task_struct *a;
	unsigned long va;
	int c, m;

	world_start(kernel[_i]);
	a = world_task("a", 1000, 100, 0);
	va = ram(a, 50);
	c = CALL(a, op_open, 2, false);
	m = mdev(a, c);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 50, RW), 0);
	ck_locked(a, 0);
	ck_assert_int_eq(CALL(a, op_mdev_pin, m, IOVA + 5 * P, 10), 0);
	ck_locked(a, 10);
	ck_assert_uint_eq(mm_pages_pinned(), 10);
	ck_assert_int_eq(CALL(a, op_attach, c), 0);
	ck_locked(a, 50);
	ck_assert_uint_eq(mm_pages_pinned(), 50);
	/* with a domain there a pin costs nothing, nor does giving it back */
	ck_assert_int_eq(CALL(a, op_mdev_pin, m, IOVA, 1), 0);
	ck_locked(a, 50);
	ck_assert_int_eq(CALL(a, op_mdev_unpin, m, IOVA, 1), 0);
	ck_locked(a, 50);
	ck_assert_int_eq(CALL(a, op_detach, c), 0);
	ck_locked(a, 10);
	ck_assert_uint_eq(mm_pages_pinned(), 10);
	ck_assert_int_eq(CALL(a, op_mdev_unpin, m, IOVA + 5 * P, 10), 0);
	ck_locked(a, 0);
	ck_assert_uint_eq(mm_pages_pinned(), 0);
	world_end();
}
END_TEST

/* An IOVA pinned twice, by one mdev or two, is charged once and stays until the last has let go. */
START_TEST(counted_by_iova)
{
	struct task_struct *a;
	unsigned long va;
	int c, m, n;

	world_start(kernel[_i]);
	a = world_task("a", 1000, 100, 0);
	va = ram(a, 8);
	c = CALL(a, op_open, 2, false);
	m = mdev(a, c);
	n = mdev(a, c);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 8, RW), 0);
	ck_assert_int_eq(CALL(a, op_mdev_pin, m, IOVA, 4), 0);
	ck_assert_int_eq(CALL(a, op_mdev_pin, m, IOVA, 4), 0);
	ck_assert_int_eq(CALL(a, op_mdev_pin, n, IOVA + 2 * P, 4), 0);
	ck_locked(a, 6);
	ck_assert_int_eq(CALL(a, op_mdev_unpin, m, IOVA, 4), 0);
	ck_locked(a, 6);
	ck_assert_int_eq(CALL(a, op_mdev_unpin, m, IOVA, 4), 0);
	ck_locked(a, 4);
	ck_assert_int_eq(CALL(a, op_mdev_unpin, m, IOVA, 1), -EINVAL);
	ck_assert_int_eq(CALL(a, op_close, n), 0);
	ck_locked(a, 0);
	ck_assert_uint_eq(mm_pages_pinned(), 0);
	world_end();
}
END_TEST

/* An unmap tells the drivers, who let go; then the dma goes. */
START_TEST(unmap_tells_the_driver)
{
	struct task_struct *a;
	unsigned long va;
	int c, m, n;

	world_start(kernel[_i]);
	a = world_task("a", 1000, 3000, 0);
	va = ram(a, 1500);
	c = CALL(a, op_open, 2, false);
	m = mdev(a, c);
	n = mdev(a, c);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 1500, RW), 0);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA + 1500 * P, va, 4, RW), 0);
	ck_assert_int_eq(CALL(a, op_mdev_pin, m, IOVA, 512), 0);
	ck_assert_int_eq(CALL(a, op_mdev_pin, m, IOVA + 512 * P, 512), 0);
	ck_assert_int_eq(CALL(a, op_mdev_pin, n, IOVA + 1000 * P, 500), 0);
	ck_assert_int_eq(CALL(a, op_mdev_pin, n, IOVA + 1500 * P, 2), 0);
	ck_locked(a, 1502);
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA, 1500), 1500);
	ck_locked(a, 2);
	ck_assert_uint_eq(mm_pages_pinned(), 2);
	ck_assert_int_eq(CALL(a, op_unmap_all, c), 4);
	ck_locked(a, 0);
	world_end();
}
END_TEST

/* What a pin refuses; and that pages before the refused one are given back. */
START_TEST(refusals)
{
	struct task_struct *a;
	unsigned long va;
	int c, m;

	world_start("v6.12");
	a = world_task("a", 1000, 6, 0);
	va = ram(a, 8);
	c = CALL(a, op_open, 2, false);
	m = mdev(a, c);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 8, RW), 0);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA + 16 * P, va, 8, VFIO_READ), 0);
	ck_assert_int_eq(CALL(a, op_mdev_pin, m, IOVA, 0), -EINVAL);
	ck_assert_int_eq(CALL(a, op_mdev_pin, m, IOVA, 513), -E2BIG);
	ck_assert_int_eq(CALL(a, op_mdev_pin, m, IOVA + 4 * P, 5), -EINVAL);
	ck_assert_int_eq(CALL(a, op_mdev_pin, m, IOVA + 16 * P, 1), -EPERM);
	ck_assert_int_eq(CALL(a, op_mdev_pin, m, IOVA, 7), -ENOMEM);
	ck_assert_int_eq(CALL(a, op_munmap, va + 3 * P, 1), 0);
	ck_assert_int_eq(CALL(a, op_mdev_pin, m, IOVA, 4), -EFAULT);
	ck_locked(a, 0);
	ck_assert_uint_eq(mm_pages_pinned(), 0);
	ck_assert_int_eq(CALL(a, op_close, c), 0);
	world_end();
}
END_TEST

/* No memory for the note of a page: it is given back, but up to 5.9 it was sought by that note, and stays for ever. */
START_TEST(note_fails)
{
	static const struct {
		const char *kernel;
		bool leaks;
	} row[] = { { "v5.4", true }, { "v5.15", false }, { "v6.12", false },
		    { "v6.12+type1_mdev_add_pfn_leak", true } };
	struct task_struct *a;
	int c, m;

	world_start(row[_i].kernel);
	a = world_task("a", 1000, 100, 0);
	c = CALL(a, op_open, 2, false);
	m = CALL(a, op_mdev_attach, c);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, ram(a, 8), 8, RW), 0);
	/* the third page's note: the pages before it are given back in either case */
	CALL(a, op_fail, SIM_FAULT_ALLOC, 3);
	ck_assert_int_eq(CALL(a, op_mdev_pin, m, IOVA, 4), -ENOMEM);
	ck_locked(a, row[_i].leaks);
	ck_assert_int_eq(mm_pages_pinned(), row[_i].leaks);
	if (row[_i].leaks) {
		world_ignore(VIOLATION_FAILED_CALL_RESIDUE);
		world_ignore(VIOLATION_DMA_PAGES);
		world_ignore(VIOLATION_OBJECT_BALANCE);
		world_ignore(VIOLATION_PIN_COUNT);
		world_ignore(VIOLATION_LEAK);
	}
	world_end();
}
END_TEST

/* Version 1 has no page pins. */
START_TEST(version_1)
{
	struct task_struct *a;
	int c, m;

	world_start("v6.12");
	a = world_task("a", 1000, 6, 0);
	c = CALL(a, op_open, 1, false);
	m = mdev(a, c);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, ram(a, 1), 1, RW), 0);
	ck_assert_int_eq(CALL(a, op_mdev_pin, m, IOVA, 1), -EACCES);
	world_end();
}
END_TEST

/* Container closed before the mdev: the mappings live on with it; its close ends them. */
START_TEST(container_closed_first)
{
	struct task_struct *a;
	unsigned long va;
	int c, m;

	world_start(kernel[_i]);
	a = world_task("a", 1000, 100, 0);
	va = ram(a, 8);
	c = container(a);
	m = mdev(a, c);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 8, RW), 0);
	ck_assert_int_eq(CALL(a, op_mdev_pin, m, IOVA, 3), 0);
	ck_locked(a, 8);
	ck_assert_int_eq(CALL(a, op_close, c), 0);
	ck_locked(a, 3);
	ck_assert_int_eq(CALL(a, op_mdev_pin, m, IOVA + 3 * P, 1), 0);
	ck_locked(a, 4);
	ck_assert_int_eq(CALL(a, op_close, m), 0);
	ck_locked(a, 0);
	ck_assert_uint_eq(mm_pages_pinned(), 0);
	world_end();
}
END_TEST

/* After exec the owner's mm is dead: ENODEV from 6.3 on; before, the new mm is pinned from and charged. */
START_TEST(owner_gone)
{
	struct task_struct *a;
	int c, m;

	world_start("v6.12");
	a = world_task("a", 1000, 100, 0);
	c = CALL(a, op_open, 2, false);
	m = mdev(a, c);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, ram(a, 8), 8, RW), 0);
	ck_assert_int_eq(CALL(a, op_mdev_pin, m, IOVA, 3), 0);
	ck_assert_int_eq(CALL(a, op_exec), 0);
	ck_assert_int_eq(CALL(a, op_mdev_pin, m, IOVA + 3 * P, 1), -ENODEV);
	ck_assert_int_eq(CALL(a, op_mdev_unpin, m, IOVA, 3), 0);
	ck_locked(a, 0);
	ck_assert_int_eq(locked_of(a, 0), 3);
	world_end();
}
END_TEST

/* Who attaches pins its own pages, yet the owner is charged: a child's pages, the parent's count. */
START_TEST(replay_from_another_mm)
{
	struct task_struct *a, *child;
	unsigned long va;
	int c, m;

	world_start("v6.12");
	a = world_task("a", 1000, 100, 0);
	va = ram(a, 8);
	c = CALL(a, op_open, 2, false);
	m = mdev(a, c);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 8, RW), 0);
	ck_assert_int_eq(CALL(a, op_fork, (long)&child), 0);
	ck_assert_int_eq(CALL(child, op_touch, va, 8), 0);
	ck_assert_int_eq(CALL(child, op_attach, c), 0);
	ck_locked(a, 8);
	ck_locked(child, 0);
	ck_assert_int_eq(CALL(a, op_device_pfn, c, IOVA), mm_task_pfn(child, va));
	ck_assert_int_ne(mm_task_pfn(a, va), mm_task_pfn(child, va));
	ck_assert_int_eq(CALL(a, op_close, m), 0);
	world_end();
}
END_TEST

Suite *vfio_mdev_suite(void)
{
	Suite *suite = suite_create("vfio mdevs");
	TCase *tcase = tcase_create("mdevs");

	tcase_add_loop_test(tcase, domain_comes_and_goes, 0, 4);
	tcase_add_loop_test(tcase, counted_by_iova, 0, 4);
	tcase_add_loop_test(tcase, unmap_tells_the_driver, 0, 4);
	tcase_add_test(tcase, refusals);
	tcase_add_loop_test(tcase, note_fails, 0, 4);
	tcase_add_test(tcase, version_1);
	tcase_add_loop_test(tcase, container_closed_first, 0, 4);
	tcase_add_test(tcase, owner_gone);
	tcase_add_test(tcase, replay_from_another_mm);
	suite_add_tcase(suite, tcase);
	return suite;
}
