/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is charged for what, and when: the vectors of facts 15.3 that iommufd has a part in. */
#include "harness.h"
#include "suite.h"

/*
 * V12, V13: two processes of one uid, each with a limit of 100, map 60 pages.
 * In user mode the second is refused, in process mode both fit.
 */
START_TEST(two_processes)
{
	bool mm_mode = _i;
	struct task_struct *proc_of[2];
	unsigned int i;

	machine_begin("v6.12");
	for (i = 0; i < 2; i++) {
		struct task_struct *task = proc(i ? "b" : "a", 1000, 100, MM_CAP_SYS_RESOURCE);
		long fd = t_open(task), ioas, ram = t_mmap(task, 60 * PG);

		proc_of[i] = task;
		ck_assert_int_eq(t_rlimit_mode(task, fd, mm_mode), 0);
		ioas = t_ioas(task, fd);
		ck_assert_int_gt(t_attach(task, fd, ioas), 0);
		ck_assert_int_eq(t_map(task, fd, ioas, ram, 60 * PG, IOVA), i && !mm_mode ? -ENOMEM : 0);
	}
	if (mm_mode) {
		ck_counters(proc_of[0], 60, 60, 0);
		ck_counters(proc_of[1], 60, 60, 0);
	} else {
		ck_counters(proc_of[0], 0, 60, 60);
		ck_counters(proc_of[1], 0, 0, 60);
	}
	machine_end_clean();
}
END_TEST

/*
 * V14: what is mapped without a domain costs nothing; the first device charges it,
 * the last one gives it back. The second device uses the first one's domain, or
 * has one of its own that the pages are then kept in.
 */
START_TEST(attach_charges)
{
	struct task_struct *a;
	long fd, ioas, ram, dev1, dev2;

	machine_begin("v6.12");
	a = proc("a", 1000, 100, 0);
	fd = t_open(a);
	ioas = t_ioas(a, fd);
	ram = t_mmap(a, 60 * PG);
	ck_assert_int_eq(t_map(a, fd, ioas, ram, 60 * PG, IOVA), 0);
	ck_counters(a, 0, 0, 0);
	dev1 = t_attach(a, fd, ioas);
	ck_counters(a, 0, 60, 60);
	dev2 = _i ? t_attach_4k(a, fd, ioas) : t_attach(a, fd, ioas);
	ck_counters(a, 0, 60, 60);
	ck_assert_int_eq(t_detach(a, fd, dev1), 0);
	ck_counters(a, 0, 60, 60);
	ck_assert_int_eq(t_detach(a, fd, dev2), 0);
	ck_counters(a, 0, 0, 0);
	machine_end_clean();
}
END_TEST

/* V15: a copy shares the pages: charged once, until neither shows them. */
START_TEST(copy_is_free)
{
	struct task_struct *a;
	long fd, io1, io2, ram;

	machine_begin("v6.12");
	a = proc("a", 1000, 60, 0);
	fd = t_open(a);
	io1 = t_ioas(a, fd);
	io2 = t_ioas(a, fd);
	ck_assert_int_gt(t_attach(a, fd, io1), 0);
	ck_assert_int_gt(t_attach(a, fd, io2), 0);
	ram = t_mmap(a, 60 * PG);
	ck_assert_int_eq(t_map(a, fd, io1, ram, 60 * PG, IOVA), 0);
	ck_assert_int_eq(t_copy(a, fd, io2, io1, IOVA, 60 * PG, IOVA), 0);
	ck_counters(a, 0, 60, 60);
	ck_assert_int_eq(t_charged(a, fd, 0), 60);
	ck_assert_int_eq(t_npinned(a, fd, io2), 60);
	ck_assert_int_eq(t_unmap(a, fd, io1, IOVA, 60 * PG), 60 * PG);
	ck_counters(a, 0, 60, 60);
	ck_assert_int_eq(t_unmap(a, fd, io2, IOVA, 60 * PG), 60 * PG);
	ck_counters(a, 0, 0, 0);
	ck_assert_int_eq(t_charged(a, fd, 0), 0);
	machine_end_clean();
}
END_TEST

/* V16: two maps of the same memory are two objects: charged twice, each page pinned twice. */
START_TEST(same_memory_twice)
{
	struct task_struct *a;
	long fd, ioas, ram;

	machine_begin("v6.12");
	a = proc("a", 1000, 120, 0);
	fd = t_open(a);
	ioas = t_ioas(a, fd);
	ck_assert_int_gt(t_attach(a, fd, ioas), 0);
	ram = t_mmap(a, 60 * PG);
	ck_assert_int_eq(t_map(a, fd, ioas, ram, 60 * PG, IOVA), 0);
	ck_assert_int_eq(t_map(a, fd, ioas, ram, 60 * PG, IOVA + 100 * PG), 0);
	ck_counters(a, 0, 120, 120);
	ck_assert_int_eq(mm_task_pins(a, ram), 2);
	ck_assert_int_eq(mm_task_pins(a, ram + 59 * PG), 2);
	machine_end_clean();
}
END_TEST

/* V17: mapped with CAP_IPC_LOCK nothing is charged, in either mode; pinned_vm moves all the same. */
START_TEST(capability_stays_with_the_map)
{
	struct task_struct *a;
	long fd, ioas, ram;

	machine_begin("v6.12");
	a = proc("a", 1000, 10, MM_CAP_IPC_LOCK | MM_CAP_SYS_RESOURCE);
	fd = t_open(a);
	ck_assert_int_eq(t_rlimit_mode(a, fd, _i), 0);
	ioas = t_ioas(a, fd);
	ck_assert_int_gt(t_attach(a, fd, ioas), 0);
	ram = t_mmap(a, 60 * PG);
	ck_assert_int_eq(t_map(a, fd, ioas, ram, 60 * PG, IOVA), 0);
	ck_counters(a, 0, 60, 0);
	ck_assert_int_eq(t_unmap(a, fd, ioas, IOVA, 60 * PG), 60 * PG);
	ck_counters(a, 0, 0, 0);
	machine_end_clean();
}
END_TEST

/* V18: over the limit everything is undone, also with two domains to fill and several batches. */
START_TEST(over_limit_leaves_nothing)
{
	struct task_struct *a;
	long fd, ioas, ram;

	machine_begin("v6.12");
	a = proc("a", 1000, 19999, 0);
	fd = t_open(a);
	ioas = t_ioas(a, fd);
	ck_assert_int_gt(t_attach(a, fd, ioas), 0);
	ck_assert_int_gt(t_attach_4k(a, fd, ioas), 0);
	ram = t_mmap(a, 20000 * PG);
	ck_assert_int_eq(t_map(a, fd, ioas, ram, 20000 * PG, IOVA), -ENOMEM);
	ck_counters(a, 0, 0, 0);
	ck_assert_int_eq(mm_pages_pinned(), 0);
	ck_assert_int_eq(t_unmap(a, fd, ioas, IOVA, 20000 * PG), -ENOENT);
	ck_assert_int_eq(t_map(a, fd, ioas, ram, 19999 * PG, IOVA), 0);
	ck_counters(a, 0, 19999, 19999);
	machine_end_clean();
}
END_TEST

/* V19: the mode is set with CAP_SYS_RESOURCE, before there is any object, to 0 or 1; in that order of tests. */
START_TEST(rlimit_mode)
{
	struct task_struct *a, *b;
	long fd, ioas;

	machine_begin("v6.12");
	a = proc("a", 1000, 10, MM_CAP_SYS_RESOURCE);
	b = proc("b", 1000, 10, 0);
	fd = t_open(a);
	ck_assert_int_eq(t_rlimit_mode(a, fd, 2), -EINVAL);
	ck_assert_int_eq(t_rlimit_mode(a, fd, 1), 0);
	ioas = t_ioas(a, fd);
	ck_assert_int_eq(t_rlimit_mode(a, fd, 2), -EBUSY);
	ck_assert_int_eq(t_rlimit_mode(a, fd, 0), -EBUSY);
	ck_assert_int_eq(t_destroy(a, fd, ioas), 0);
	ck_assert_int_eq(t_rlimit_mode(a, fd, 0), 0);
	ck_assert_int_eq(t_rlimit_mode(b, t_open(b), 7), -EPERM);
	machine_end_clean();
}
END_TEST

/* A forked child that attaches pins the parent's memory, on the parent's account and limit. */
START_TEST(attach_by_another)
{
	struct task_struct *a, *b;
	long fd, ioas, ram;

	machine_begin("v6.12");
	a = proc("a", 1000, 60, 0);
	fd = t_open(a);
	ioas = t_ioas(a, fd);
	ram = t_mmap(a, 60 * PG);
	ck_assert_int_eq(t_map(a, fd, ioas, ram, 60 * PG, IOVA), 0);
	b = t_fork(a, "b");
	ck_assert_int_gt(t_attach(b, fd, ioas), 0);
	ck_counters(a, 0, 60, 60);
	ck_assert_int_eq(pinned_vm(b), 0);
	ck_assert_int_eq(mm_task_pins(a, ram), 1);
	ck_assert_int_eq(mm_task_pins(b, ram), 0);
	machine_end_clean();
}
END_TEST

/* In process mode an mm that died keeps what it was charged; in user mode the user gets it back. */
START_TEST(uncharge_after_exec)
{
	bool mm_mode = _i;
	struct task_struct *a;
	long fd, ioas, ram;

	machine_begin("v6.12");
	a = proc("a", 1000, 60, MM_CAP_SYS_RESOURCE);
	fd = t_open(a);
	ck_assert_int_eq(t_rlimit_mode(a, fd, mm_mode), 0);
	ioas = t_ioas(a, fd);
	ck_assert_int_gt(t_attach(a, fd, ioas), 0);
	ram = t_mmap(a, 60 * PG);
	ck_assert_int_eq(t_map(a, fd, ioas, ram, 60 * PG, IOVA), 0);
	ck_assert_int_eq(t_exec(a), 0);
	ck_counters(a, 0, 0, mm_mode ? 0 : 60);
	ck_assert_int_eq(t_unmap(a, fd, ioas, IOVA, 60 * PG), 60 * PG);
	ck_counters(a, 0, 0, 0);
	ck_assert_int_eq(mm_record_locked_vm(mm_task_mm(a, 0)), mm_mode ? 60 : 0);
	ck_assert_int_eq(mm_record_pinned_vm(mm_task_mm(a, 0)), mm_mode ? 60 : 0);
	ck_assert_int_eq(mm_pages_pinned(), 0);
	machine_end_clean();
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("accounting");

	tcase_add_loop_test(tc, two_processes, 0, 2);
	tcase_add_loop_test(tc, attach_charges, 0, 2);
	tcase_add_test(tc, copy_is_free);
	tcase_add_test(tc, same_memory_twice);
	tcase_add_loop_test(tc, capability_stays_with_the_map, 0, 2);
	tcase_add_test(tc, over_limit_leaves_nothing);
	tcase_add_test(tc, rlimit_mode);
	tcase_add_test(tc, attach_by_another);
	tcase_add_loop_test(tc, uncharge_after_exec, 0, 2);
	return run_suite("iopt_accounting", tc);
}
