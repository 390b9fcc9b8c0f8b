// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Faults, at every place where one may hit: the call fails (or goes on where the
 * kernel does), and every counter and pin is back where it was.
 */
#include "harness.h"

#define PAGES 40ul

static const char *const kernel[] = { "v5.4", "v5.15", "v6.2", "v6.12", "v6.18" };
#define KERNELS ((int)(sizeof(kernel) / sizeof(kernel[0])))

static bool fault_left(struct task_struct *task)
{
	return sim_fault_pending(mm_task_actor(task));
}

/* The K-th page of a map cannot be pinned, for every K. */
START_TEST(gup)
{
	static const unsigned long contig[] = { 1, 7, PAGES };
	struct task_struct *a;
	unsigned long va, k;
	int c;

	world_start_contig(kernel[_i / 3], contig[_i % 3]);
	a = world_task("a", 1000, PAGES, 0);
	va = ram(a, PAGES);
	c = container(a);
	for (k = 0; k < PAGES; k++) {
		ck_assert_int_eq(CALL(a, op_fail, SIM_FAULT_GUP, k), 0);
		/* a single page a call: a fault at a later page of one call never comes */
		if (CALL(a, op_map, c, IOVA, va, PAGES, RW) == 0) {
			ck_assert(!fault_left(a) || kernel[_i / 3][3] == '4');
			ck_assert_int_eq(CALL(a, op_unmap, c, IOVA, PAGES), (long)PAGES);
			if (fault_left(a))
				break;
		}
		ck_locked(a, 0);
		ck_assert_uint_eq(mm_pages_pinned(), 0);
	}
	world_end();
}
END_TEST

/* The K-th page of a chunk cannot be mapped: ENOMEM. */
START_TEST(iommu_map)
{
	struct task_struct *a;
	unsigned long va, k;
	int c;

	world_start_contig(kernel[_i], 8);
	a = world_task("a", 1000, PAGES, 0);
	va = ram(a, PAGES);
	c = container(a);
	for (k = 0; k < 8; k++) {
		ck_assert_int_eq(CALL(a, op_fail, SIM_FAULT_IOMMU_MAP, k), 0);
		ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, PAGES, RW), -ENOMEM);
		ck_assert(!fault_left(a));
		ck_locked(a, 0);
		ck_assert_uint_eq(mm_pages_pinned(), 0);
	}
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, PAGES, RW), 0);
	world_end();
}
END_TEST

/* The K-th killable lock of a map is interrupted while it charges: EINTR. What was charged before is taken back. */
START_TEST(charge_killed)
{
	struct task_struct *a;
	unsigned long va, k;
	int c;

	world_start_contig(kernel[_i], 8);
	a = world_task("a", 1000, PAGES, 0);
	va = ram(a, PAGES);
	c = container(a);
	for (k = 1; k <= PAGES / 8; k++) {
		ck_assert_int_eq(CALL(a, op_fail, SIM_FAULT_LOCK_KILL, k), 0);
		ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, PAGES, RW), -EINTR);
		ck_assert(!fault_left(a));
		ck_locked(a, 0);
		ck_assert_uint_eq(mm_pages_pinned(), 0);
	}
	world_end();
}
END_TEST

/* Killed while it uncharges: the pages are unpinned, the count stays, by design. */
START_TEST(uncharge_killed)
{
	struct task_struct *a;
	unsigned long va;
	int c;

	world_start(kernel[_i]);
	a = world_task("a", 1000, PAGES, 0);
	va = ram(a, PAGES);
	c = container(a);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, PAGES, RW), 0);
	ck_assert_int_eq(CALL(a, op_fail, SIM_FAULT_LOCK_KILL, 1), 0);
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA, PAGES), (long)PAGES);
	ck_locked(a, (long)PAGES);
	ck_assert_uint_eq(mm_pages_pinned(), 0);
	world_ignore(VIOLATION_RESIDUE);
	world_end();
}
END_TEST

/*
 * The N-th allocation of open, map, attach and mdev calls: each works, or fails
 * with ENOMEM and leaves nothing. From 5.10; before, see note_fails of the mdevs.
 */
START_TEST(allocations)
{
	struct task_struct *a;
	unsigned long va, n;
	bool hit = true;

	world_start(_i ? kernel[_i] : "v5.10");
	a = world_task("a", 1000, PAGES, 0);
	va = ram(a, PAGES);
	for (n = 1; hit; n++) {
		long c, m, ret;

		ck_assert_uint_lt(n, 200);
		ck_assert_int_eq(CALL(a, op_fail, SIM_FAULT_ALLOC, n), 0);
		c = CALL(a, op_open, 2, false);
		ck_assert(c >= 0 || c == -ENOMEM);
		if (c < 0)
			continue;
		m = CALL(a, op_mdev_attach, c);
		ck_assert(m >= 0 || m == -ENOMEM);
		if (m >= 0) {
			ret = CALL(a, op_map, c, IOVA, va, 20, RW);
			ck_assert(ret == 0 || ret == -ENOMEM);
			if (!ret) {
				ret = CALL(a, op_mdev_pin, m, IOVA, 4);
				ck_assert(ret == 0 || ret == -ENOMEM);
				ck_locked(a, ret ? 0 : 4);
			}
		}
		ret = CALL(a, op_attach, c);
		ck_assert(ret == 0 || ret == -ENOMEM);
		if (m >= 0)
			ck_assert_int_eq(CALL(a, op_close, m), 0);
		hit = !fault_left(a);
		ck_assert_int_eq(CALL(a, op_close, c), 0);
		ck_locked(a, 0);
		ck_assert_uint_eq(mm_pages_pinned(), 0);
	}
	world_end();
}
END_TEST

/* A replay that fails at its K-th pin, map or charge leaves what mdevs hold, charged as before, and no domain. */
START_TEST(replay)
{
	static const struct {
		enum sim_fault_site site;
		unsigned long from;
	} row[] = { { SIM_FAULT_GUP, 0 }, { SIM_FAULT_IOMMU_MAP, 0 }, { SIM_FAULT_LOCK_KILL, 1 } };
	struct task_struct *a;
	unsigned long va, k;
	int c, m;

	world_start_contig("v6.12", 4);
	a = world_task("a", 1000, PAGES, 0);
	va = ram(a, PAGES);
	c = CALL(a, op_open, 2, false);
	m = CALL(a, op_mdev_attach, c);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 16, RW), 0);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA + 16 * P, va, 16, RW), 0);
	ck_assert_int_eq(CALL(a, op_mdev_pin, m, IOVA + 2 * P, 5), 0);
	ck_locked(a, 5);
	for (k = row[_i].from; k < 4; k++) {
		ck_assert_int_eq(CALL(a, op_fail, row[_i].site, k), 0);
		ck_assert_int_lt(CALL(a, op_attach, c), 0);
		ck_assert(!fault_left(a));
		ck_locked(a, 5);
		ck_assert_uint_eq(mm_pages_pinned(), 5);
	}
	/* the limit does it too: 5 held, 32 to come, of which 27 new */
	ck_assert_int_eq(CALL(a, op_prlimit, (long)a, 31), 0);
	ck_assert_int_eq(CALL(a, op_attach, c), -ENOMEM);
	ck_locked(a, 5);
	ck_assert_int_eq(CALL(a, op_prlimit, (long)a, 32), 0);
	ck_assert_int_eq(CALL(a, op_attach, c), 0);
	ck_locked(a, 32);
	world_end();
}
END_TEST

Suite *vfio_fault_suite(void)
{
	Suite *suite = suite_create("vfio faults");
	TCase *tcase = tcase_create("faults");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, gup, 0, 3 * KERNELS);
	tcase_add_loop_test(tcase, iommu_map, 0, KERNELS);
	tcase_add_loop_test(tcase, charge_killed, 0, KERNELS);
	tcase_add_loop_test(tcase, uncharge_killed, 0, KERNELS);
	tcase_add_loop_test(tcase, allocations, 0, KERNELS);
	tcase_add_loop_test(tcase, replay, 0, 3);
	suite_add_tcase(suite, tcase);
	return suite;
}
