// SPDX-License-Identifier: GPL-2.0-or-later
/* The update of addresses: who is charged after exec and fork, and what waits or is refused meanwhile. */
#include "harness.h"

static unsigned long shared(struct task_struct *task, int memfd, unsigned long pages)
{
	long va = CALL(task, op_mmap_file, pages, MM_SHARED, MM_PROT_READ | MM_PROT_WRITE, memfd);

	ck_assert_int_gt(va, 0);
	return va;
}

/* exec keeps the memory in a memfd: from 6.3 the new mm is charged by its own limit, before that nothing moves. */
START_TEST(exec_flow)
{
	static const struct {
		const char *kernel;
		bool moves;
	} row[] = { { "v5.15", false }, { "v6.2", false }, { "v6.3", true }, { "v6.12", true }, { "v6.18", true },
		    { "v6.12+type1_vaddr_free_ride", false } };
	bool moves = row[_i].moves;
	struct task_struct *a;
	unsigned long va;
	int c, f;

	world_start(row[_i].kernel);
	a = world_task("a", 1000, 60, 0);
	f = CALL(a, op_memfd, 50);
	va = shared(a, f, 50);
	c = container(a);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 50, RW), 0);
	ck_assert_int_eq(CALL(a, op_map_vaddr, c, IOVA, va, 50), -EINVAL);
	ck_assert_int_eq(CALL(a, op_unmap_vaddr, c, IOVA, 50), 50);
	ck_assert_int_eq(CALL(a, op_unmap_vaddr, c, IOVA, 50), -EINVAL);
	ck_locked(a, 50);
	ck_assert_int_eq(CALL(a, op_exec), 0);
	va = shared(a, f, 50);
	ck_assert_int_eq(CALL(a, op_map_vaddr, c, IOVA + 50 * P, va, 50), -ENOENT);
	ck_assert_int_eq(CALL(a, op_map_vaddr, c, IOVA, va, 49), -EINVAL);
	ck_assert_int_eq(CALL(a, op_prlimit, (long)a, 40), 0);
	if (moves) {
		ck_assert_int_eq(CALL(a, op_map_vaddr, c, IOVA, va, 50), -ENOMEM);
		ck_locked(a, 0);
	}
	ck_assert_int_eq(CALL(a, op_prlimit, (long)a, 60), 0);
	ck_assert_int_eq(CALL(a, op_map_vaddr, c, IOVA, va, 50), 0);
	ck_locked(a, moves ? 50 : 0);
	ck_assert_int_eq(locked_of(a, 0), 50);
	ck_assert_uint_eq(mm_pages_pinned(), 50);
	if (moves) {
		ck_assert_int_eq(CALL(a, op_unmap, c, IOVA, 50), 50);
		ck_locked(a, 0);
	} else {
		/* the free ride: another 60 fit beside what is still pinned */
		ck_assert_int_eq(CALL(a, op_mlock, ram(a, 60), 60), 0);
		ck_locked(a, 60);
		world_ignore(VIOLATION_LOCKED_VM_NEGATIVE);
		world_ignore(VIOLATION_LOCKED_VM_LEDGER);
		world_ignore(VIOLATION_WRONG_BUCKET);
		world_ignore(VIOLATION_WARNING);
		world_ignore(VIOLATION_OBJECT_BALANCE);
	}
	world_end();
}
END_TEST

/* Old and new process both alive (cpr-transfer): the child takes over and pays, the parent is relieved, dma by dma. */
START_TEST(fork_flow)
{
	struct task_struct *a, *child;
	unsigned long va;
	int c, f;

	world_start("v6.12");
	a = world_task("a", 1000, 60, 0);
	f = CALL(a, op_memfd, 50);
	va = shared(a, f, 50);
	c = container(a);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 30, RW), 0);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA + 30 * P, va + 30 * P, 20, RW), 0);
	ck_assert_int_eq(CALL(a, op_unmap_vaddr_all, c), 50);
	ck_assert_int_eq(CALL(a, op_fork, (long)&child), 0);
	ck_assert_int_eq(CALL(child, op_prlimit, (long)child, 40), 0);
	ck_assert_int_eq(CALL(child, op_map_vaddr, c, IOVA, va, 30), 0);
	ck_locked(a, 20);
	ck_locked(child, 30);
	ck_assert_int_eq(CALL(child, op_map_vaddr, c, IOVA + 30 * P, va + 30 * P, 20), -ENOMEM);
	ck_locked(a, 20);
	ck_locked(child, 30);
	/* who is owner already pays nothing again */
	ck_assert_int_eq(CALL(a, op_map_vaddr, c, IOVA + 30 * P, va + 30 * P, 20), 0);
	ck_locked(a, 20);
	ck_assert_int_eq(CALL(a, op_unmap_all, c), 50);
	ck_locked(a, 0);
	ck_locked(child, 0);
	world_end();
}
END_TEST

/* A call that meets an invalid dma takes back what it marked before it. */
START_TEST(mark_and_take_back)
{
	struct task_struct *a;
	unsigned long va;
	int c;

	world_start("v6.12");
	a = world_task("a", 1000, 60, 0);
	va = ram(a, 12);
	c = container(a);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 4, RW), 0);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA + 4 * P, va, 4, RW), 0);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA + 8 * P, va, 4, RW), 0);
	ck_assert_int_eq(CALL(a, op_unmap_vaddr, c, IOVA + 4 * P, 4), 4);
	ck_assert_int_eq(CALL(a, op_unmap_vaddr, c, IOVA, 12), -EINVAL);
	ck_assert_int_eq(CALL(a, op_map_vaddr, c, IOVA, va, 4), -EINVAL);
	ck_assert_int_eq(CALL(a, op_map_vaddr, c, IOVA + 4 * P, va, 4), 0);
	ck_assert_int_eq(CALL(a, op_unmap_vaddr_all, c), 12);
	/* an unmap takes an invalid one away like any other; no group joins meanwhile */
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA, 4), 4);
	ck_assert_int_eq(CALL(a, op_attach, c), -EBUSY);
	ck_assert_int_eq(CALL(a, op_unmap_all, c), 8);
	ck_assert_int_eq(CALL(a, op_attach, c), 0);
	world_end();
}
END_TEST

/* Before 5.12 there is no such flag, nor one for all. */
START_TEST(unknown_flag)
{
	struct task_struct *a;
	unsigned long va;
	int c;

	world_start("v5.4");
	a = world_task("a", 1000, 60, 0);
	va = ram(a, 4);
	c = container(a);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 4, RW), 0);
	ck_assert_int_eq(CALL(a, op_unmap_vaddr, c, IOVA, 4), -EINVAL);
	ck_assert_int_eq(CALL(a, op_map_vaddr, c, IOVA, va, 4), -EINVAL);
	ck_assert_int_eq(CALL(a, op_unmap_all, c), -EINVAL);
	ck_locked(a, 4);
	world_end();
}
END_TEST

/* From 6.3 an mdev in the container forbids it. */
START_TEST(refused_with_mdev)
{
	struct task_struct *a;
	unsigned long va;
	int c, m;

	world_start("v6.12");
	a = world_task("a", 1000, 60, 0);
	va = ram(a, 4);
	c = container(a);
	m = CALL(a, op_mdev_attach, c);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 4, RW), 0);
	ck_assert_int_eq(CALL(a, op_unmap_vaddr, c, IOVA, 4), -EBUSY);
	ck_assert_int_eq(CALL(a, op_close, m), 0);
	ck_assert_int_eq(CALL(a, op_unmap_vaddr, c, IOVA, 4), 4);
	world_end();
}
END_TEST

/* Up to 6.2 a driver that pins sleeps until the address is there again. */
START_TEST(pin_sleeps)
{
	struct task_struct *a, *b;
	struct pending pin = { .fn = op_mdev_pin };
	unsigned long va;
	int c, m;

	world_start(_i ? "v6.2" : "v5.15");
	a = world_task("a", 1000, 60, 0);
	va = ram(a, 4);
	c = CALL(a, op_open, 2, false);
	m = CALL(a, op_mdev_attach, c);
	ck_assert_int_eq(CALL(a, op_thread, (long)&b), 0);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 4, RW), 0);
	ck_assert_int_eq(CALL(a, op_unmap_vaddr, c, IOVA, 4), 4);
	pin.a[0] = m;
	pin.a[1] = IOVA;
	pin.a[2] = 2;
	queue(b, &pin);
	ck_assert_int_eq(run_all(), SIM_STUCK);
	ck_assert(!pin.done);
	ck_locked(a, 0);
	/* outside all dmas there is nothing to wait for */
	ck_assert_int_eq(CALL_STUCK(a, op_mdev_pin, m, IOVA + 4 * P, 1), -EINVAL);
	ck_assert_int_eq(CALL(a, op_map_vaddr, c, IOVA, va, 4), 0);
	ck_assert(pin.done);
	ck_assert_int_eq(pin.ret, 0);
	ck_locked(a, 2);
	world_ignore(VIOLATION_DEADLOCK);
	world_end();
}
END_TEST

/* It sleeps no longer than the container is open: EFAULT. */
START_TEST(pin_sleeps_until_close)
{
	struct pending pin = { .fn = op_mdev_pin };
	struct task_struct *a, *b;
	int c, m;

	world_start("v5.15");
	a = world_task("a", 1000, 60, 0);
	c = CALL(a, op_open, 2, false);
	m = CALL(a, op_mdev_attach, c);
	ck_assert_int_eq(CALL(a, op_thread, (long)&b), 0);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, ram(a, 4), 4, RW), 0);
	ck_assert_int_eq(CALL(a, op_unmap_vaddr, c, IOVA, 4), 4);
	pin.a[0] = m;
	pin.a[1] = IOVA;
	pin.a[2] = 2;
	queue(b, &pin);
	ck_assert_int_eq(run_all(), SIM_STUCK);
	ck_assert_int_eq(CALL(a, op_close, c), 0);
	ck_assert_int_eq(pin.ret, -EFAULT);
	ck_assert_uint_eq(mm_pages_pinned(), 0);
	world_ignore(VIOLATION_DEADLOCK);
	world_end();
}
END_TEST

/* A device that joins sleeps, too, until all addresses are there; then everything is pinned. */
START_TEST(attach_sleeps)
{
	struct pending attach = { .fn = op_attach };
	struct task_struct *a, *b;
	unsigned long va;
	int c, m;

	world_start("v5.15");
	a = world_task("a", 1000, 60, 0);
	va = ram(a, 8);
	c = CALL(a, op_open, 2, false);
	m = CALL(a, op_mdev_attach, c);
	ck_assert_int_eq(CALL(a, op_thread, (long)&b), 0);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 4, RW), 0);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA + 4 * P, va, 4, RW), 0);
	ck_assert_int_eq(CALL(a, op_unmap_vaddr_all, c), 8);
	attach.a[0] = c;
	queue(b, &attach);
	ck_assert_int_eq(run_all(), SIM_STUCK);
	ck_assert_int_eq(CALL_STUCK(a, op_map_vaddr, c, IOVA, va, 4), 0);
	ck_assert(!attach.done);
	/* taken away, it needs none */
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA + 4 * P, 4), 4);
	ck_assert(attach.done);
	ck_assert_int_eq(attach.ret, 0);
	ck_locked(a, 4);
	ck_assert_int_eq(CALL(a, op_close, m), 0);
	world_ignore(VIOLATION_DEADLOCK);
	world_end();
}
END_TEST

Suite *vfio_vaddr_suite(void)
{
	Suite *suite = suite_create("vfio addresses");
	TCase *tcase = tcase_create("addresses");

	tcase_add_loop_test(tcase, exec_flow, 0, 6);
	tcase_add_test(tcase, fork_flow);
	tcase_add_test(tcase, mark_and_take_back);
	tcase_add_test(tcase, unknown_flag);
	tcase_add_test(tcase, refused_with_mdev);
	tcase_add_loop_test(tcase, pin_sleeps, 0, 2);
	tcase_add_test(tcase, pin_sleeps_until_close);
	tcase_add_test(tcase, attach_sleeps);
	suite_add_tcase(suite, tcase);
	return suite;
}
