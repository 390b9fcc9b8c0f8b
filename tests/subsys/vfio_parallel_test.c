// SPDX-License-Identifier: GPL-2.0-or-later
/* Several tasks at a time, over many schedules: what must hold in each, and what some of them show. */
#include "harness.h"

#define SEEDS 60

static void later(struct task_struct *task, struct pending *pending, long (*fn)(const long *a), long a0, long a1,
		  long a2, long a3, long a4)
{
	*pending = (struct pending){ .fn = fn, .a = { a0, a1, a2, a3, a4 } };
	queue(task, pending);
}

/*
 * Two threads map 40 pages each under a limit of 64: one at most succeeds; both
 * may meet the other's passing charge and fail. What stands is what is charged.
 */
START_TEST(two_maps_one_limit)
{
	static const char *const kernel[] = { "v5.15", "v6.2", "v6.12", "v6.18" };
	struct pending map[2];
	unsigned long seed, both = 0;

	for (seed = 0; seed < SEEDS; seed++) {
		struct task_struct *a, *b;
		unsigned long va;
		long mapped;
		int c, d;

		world_start_seed(kernel[_i], 8, seed);
		a = world_task("a", 1000, 64, 0);
		va = ram(a, 80);
		/* containers of their own, for one container has one lock */
		c = container(a);
		d = container(a);
		ck_assert_int_eq(CALL(a, op_thread, (long)&b), 0);
		later(a, &map[0], op_map, c, IOVA, va, 40, RW);
		later(b, &map[1], op_map, d, IOVA, va + 40 * P, 40, RW);
		ck_assert_int_eq(run_all(), SIM_QUIET);
		ck_assert(map[0].ret == 0 || map[0].ret == -ENOMEM);
		ck_assert(map[1].ret == 0 || map[1].ret == -ENOMEM);
		mapped = 40 * (!map[0].ret + !map[1].ret);
		ck_assert_int_le(mapped, 40);
		both += !mapped;
		ck_locked(a, mapped);
		ck_assert_int_eq((long)mm_pages_pinned(), mapped);
		world_end();
	}
	ck_assert_uint_gt(both, 0);
	ck_assert_uint_lt(both, SEEDS);
}
END_TEST

/*
 * Two unmaps of pages that mdevs hold. From 6.0 each may have one of the two locks
 * that the other needs; before, the drivers were told with none held.
 */
START_TEST(unmaps_that_tell_drivers)
{
	static const struct {
		const char *kernel;
		bool deadlocks;
	} row[] = { { "v5.15", false }, { "v6.0", true }, { "v6.12", true }, { "v6.18", true },
		    { "v5.15+type1_notify_deadlock", true } };
	unsigned long seed, stuck = 0;

	for (seed = 0; seed < SEEDS; seed++) {
		struct pending unmap[2];
		struct task_struct *a, *b;
		unsigned long va;
		int c, m;

		world_start_seed(row[_i].kernel, 8, seed);
		a = world_task("a", 1000, 64, 0);
		va = ram(a, 16);
		c = CALL(a, op_open, 2, false);
		m = CALL(a, op_mdev_attach, c);
		ck_assert_int_eq(CALL(a, op_thread, (long)&b), 0);
		ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 8, RW), 0);
		ck_assert_int_eq(CALL(a, op_map, c, IOVA + 8 * P, va, 8, RW), 0);
		ck_assert_int_eq(CALL(a, op_mdev_pin, m, IOVA, 16), 0);
		later(a, &unmap[0], op_unmap, c, IOVA, 8, 0, 0);
		later(b, &unmap[1], op_unmap, c, IOVA + 8 * P, 8, 0, 0);
		if (run_all() == SIM_STUCK) {
			stuck++;
			world_drop();
			continue;
		}
		ck_assert_int_eq(unmap[0].ret, 8);
		ck_assert_int_eq(unmap[1].ret, 8);
		ck_locked(a, 0);
		world_end();
	}
	ck_assert_int_eq(stuck > 0, row[_i].deadlocks);
}
END_TEST

/* The last group leaves under a map: the kernel frees what the map works on. It is told, and nothing crashes. */
START_TEST(detach_under_an_ioctl)
{
	unsigned long seed, hits = 0;

	for (seed = 0; seed < SEEDS; seed++) {
		struct pending map, detach;
		struct task_struct *a, *b;
		unsigned long va;
		int c;

		world_start_seed("v6.12", 4, seed);
		a = world_task("a", 1000, 64, 0);
		va = ram(a, 16);
		c = container(a);
		ck_assert_int_eq(CALL(a, op_thread, (long)&b), 0);
		later(a, &map, op_map, c, IOVA, va, 16, RW);
		later(b, &detach, op_detach, c, 0, 0, 0, 0);
		ck_assert_int_eq(run_all(), SIM_QUIET);
		ck_assert_int_eq(detach.ret, 0);
		ck_locked(a, 0);
		ck_assert_uint_eq(mm_pages_pinned(), 0);
		hits += sim_violations(VIOLATION_USE_AFTER_FREE);
		world_ignore(VIOLATION_USE_AFTER_FREE);
		world_end();
	}
	ck_assert_uint_gt(hits, 0);
}
END_TEST

/* Maps, unmaps, pins, groups that come and go: whatever the schedule, at the end everything is given back. */
START_TEST(everything_at_once)
{
	static const char *const kernel[] = { "v5.15", "v6.2", "v6.12", "v6.18" };
	unsigned long seed;

	for (seed = 0; seed < SEEDS; seed++) {
		struct pending p[10];
		struct task_struct *a, *b, *d;
		unsigned long va;
		int c, m;

		world_start_seed(kernel[_i], 4, seed);
		a = world_task("a", 1000, 64, 0);
		va = ram(a, 64);
		c = container(a);
		m = CALL(a, op_mdev_attach, c);
		ck_assert_int_eq(CALL(a, op_thread, (long)&b), 0);
		ck_assert_int_eq(CALL(a, op_thread, (long)&d), 0);
		later(a, &p[0], op_map, c, IOVA, va, 20, RW);
		later(a, &p[1], op_mlock, va, 30, 0, 0, 0);
		later(a, &p[2], op_unmap, c, IOVA, 20, 0, 0);
		later(b, &p[3], op_map, c, IOVA + 32 * P, va + 20 * P, 20, RW);
		later(b, &p[4], op_detach, c, 0, 0, 0, 0);
		later(b, &p[5], op_attach, c, 0, 0, 0, 0);
		later(d, &p[6], op_mdev_pin, m, IOVA + 32 * P, 10, 0, 0);
		later(d, &p[7], op_mdev_unpin, m, IOVA + 32 * P, 10, 0, 0);
		later(d, &p[8], op_map, c, IOVA + 64 * P, va, 30, RW);
		later(d, &p[9], op_munlockall, 0, 0, 0, 0, 0);
		ck_assert_int_eq(run_all(), SIM_QUIET);
		ck_assert_int_eq(CALL(a, op_close, c), 0);
		ck_assert_int_eq(CALL(a, op_close, m), 0);
		ck_assert_int_eq(CALL(a, op_munlockall), 0);
		ck_locked(a, 0);
		ck_assert_uint_eq(mm_pages_pinned(), 0);
		world_end();
	}
}
END_TEST

Suite *vfio_parallel_suite(void)
{
	Suite *suite = suite_create("vfio in parallel");
	TCase *tcase = tcase_create("parallel");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, two_maps_one_limit, 0, 4);
	tcase_add_loop_test(tcase, unmaps_that_tell_drivers, 0, 5);
	tcase_add_test(tcase, detach_under_an_ioctl);
	tcase_add_loop_test(tcase, everything_at_once, 0, 4);
	suite_add_tcase(suite, tcase);
	return suite;
}
