/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IOAS_MAP_FILE and IOAS_CHANGE_PROCESS, with the defects that the kernel has in them. */
#include "harness.h"
#include "suite.h"

struct setup {
	struct task_struct *a;
	long fd, ioas, file;
};

static long call_memfd(const unsigned long *arg)
{
	return sys_memfd(arg[0], false);
}

/* 60 pages of a file, mapped into a domain, with a limit of @limit_pages. */
static struct setup setup(const char *kernel, bool mm_mode, unsigned long limit_pages, unsigned int caps)
{
	struct setup s;

	machine_begin(kernel);
	s.a = proc("a", 1000, limit_pages, caps | MM_CAP_SYS_RESOURCE);
	s.fd = t_open(s.a);
	ck_assert_int_eq(t_rlimit_mode(s.a, s.fd, mm_mode), 0);
	s.ioas = t_ioas(s.a, s.fd);
	ck_assert_int_gt(t_attach(s.a, s.fd, s.ioas), 0);
	s.file = ON(s.a, call_memfd, 200 * PG);
	ck_assert_int_eq(t_map_file(s.a, s.fd, s.ioas, s.file, 0, 60 * PG, IOVA), 0);
	return s;
}

/* Before v6.13 there are no such calls. */
START_TEST(not_there)
{
	struct task_struct *a;
	long fd;

	machine_begin("v6.12");
	a = proc("a", 1000, 100, 0);
	fd = t_open(a);
	ck_assert_int_eq(t_change_process(a, fd), -ENOTTY);
	ck_assert_int_eq(t_map_file(a, fd, t_ioas(a, fd), fd, 0, PG, IOVA), -ENOTTY);
	machine_end_clean();
}
END_TEST

/* V20: process mode, the parent alive: all moves to the child. */
START_TEST(process_mode_moves)
{
	struct setup s = setup("v7.0", true, 60, 0);
	struct task_struct *b = t_fork(s.a, "b");

	ck_counters(s.a, 60, 60, 0);
	ck_assert_int_eq(t_change_process(b, s.fd), 0);
	ck_counters(s.a, 0, 0, 0);
	ck_counters(b, 60, 60, 0);
	ck_assert_int_eq(t_unmap(s.a, s.fd, s.ioas, IOVA, 60 * PG), 60 * PG);
	ck_counters(b, 0, 0, 0);
	machine_end_clean();
}
END_TEST

/* In user mode with one user both charges stand for a moment: 119 of 120 pages are not enough, and nothing moves. */
START_TEST(user_mode_needs_both)
{
	bool enough = _i;
	struct setup s = setup("v7.0", false, enough ? 120 : 119, 0);
	struct task_struct *b = t_fork(s.a, "b");

	ck_assert_int_eq(t_change_process(b, s.fd), enough ? 0 : -ENOMEM);
	ck_counters(s.a, 0, enough ? 0 : 60, 60);
	ck_counters(b, 0, enough ? 60 : 0, 60);
	ck_assert_int_eq(t_change_process(b, s.fd), enough ? 0 : -ENOMEM);
	machine_end_clean();
}
END_TEST

/* V21: memory at a user address cannot move, nor anything else while it is mapped. */
START_TEST(user_memory_stays)
{
	struct setup s = setup("v7.0", false, 200, 0);
	struct task_struct *b;
	long other = t_ioas(s.a, s.fd), ram = t_mmap(s.a, 8 * PG);

	ck_assert_int_eq(t_map(s.a, s.fd, other, ram, 8 * PG, IOVA), 0);
	b = t_fork(s.a, "b");
	ck_assert_int_eq(t_change_process(b, s.fd), -EINVAL);
	ck_counters(s.a, 0, 60, 60);
	ck_assert_int_eq(t_unmap(s.a, s.fd, other, IOVA, 8 * PG), 8 * PG);
	ck_assert_int_eq(t_change_process(b, s.fd), 0);
	ck_counters(b, 0, 60, 60);
	machine_end_clean();
}
END_TEST

/* Pages that several areas show are charged once. */
START_TEST(copies_once)
{
	struct setup s = setup("v7.0", false, 120, 0);
	struct task_struct *b;
	long other = t_ioas(s.a, s.fd);

	ck_assert_int_gt(t_attach(s.a, s.fd, other), 0);
	ck_assert_int_eq(t_copy(s.a, s.fd, other, s.ioas, IOVA, 60 * PG, IOVA), 0);
	ck_assert_int_eq(t_copy(s.a, s.fd, other, s.ioas, IOVA + PG, 8 * PG, IOVA + 100 * PG), 0);
	b = t_fork(s.a, "b");
	ck_assert_int_eq(t_change_process(b, s.fd), 0);
	ck_counters(b, 0, 60, 60);
	ck_assert_int_eq(t_charged(b, s.fd, 0), 60);
	machine_end_clean();
}
END_TEST

/*
 * Process mode after exec: all moves, but the dead mm cannot be given back to, which
 * the kernel reports as EINVAL and a WARN; and the unmap then charges nobody back.
 * Without that defect the call succeeds.
 */
START_TEST(dead_mm)
{
	bool defect = _i;
	struct setup s = setup(defect ? "v7.0" : "v6.12", true, 64, 0);

	(void)s;
	ck_assert_int_eq(t_exec(s.a), 0);
	ck_assert_int_eq(t_change_process(s.a, s.fd), -EINVAL);
	ck_assert_int_eq(sim_warnings(), 1);
	ck_counters(s.a, 60, 60, 0);
	ck_assert_int_eq(t_change_process(s.a, s.fd), 0);
	ck_assert_int_eq(t_unmap(s.a, s.fd, s.ioas, IOVA, 60 * PG), 60 * PG);
	ck_counters(s.a, 60, 60, 0);
	ck_assert_int_gt(machine_end(), 0);
}
END_TEST

/* Mapped with CAP_IPC_LOCK: pinned_vm stays with the old mm, and the new one goes negative at the unmap. */
START_TEST(mode_none)
{
	struct setup s = setup("v7.0", false, 64, MM_CAP_IPC_LOCK);

	ck_assert_int_eq(t_exec(s.a), 0);
	ck_assert_int_eq(t_change_process(s.a, s.fd), 0);
	ck_counters(s.a, 0, 0, 0);
	ck_assert_int_eq(t_unmap(s.a, s.fd, s.ioas, IOVA, 60 * PG), 60 * PG);
	ck_counters(s.a, 0, -60, 0);
	ck_assert_int_gt(sim_violations(VIOLATION_PINNED_VM_NEGATIVE), 0);
	machine_end();
}
END_TEST

/* A file's pages need no mm: they are pinned and charged to the user after the mapper's exec. */
START_TEST(file_needs_no_mm)
{
	struct setup s = setup("v7.0", false, 200, 0);
	long other = t_ioas(s.a, s.fd), acc = t_access(s.a, s.fd, other);

	ck_assert_int_eq(t_map_file(s.a, s.fd, other, s.file, 100 * PG, 20 * PG, IOVA), 0);
	ck_assert_int_eq(t_exec(s.a), 0);
	ck_counters(s.a, 0, 0, 60);
	ck_assert_int_eq(t_pin(s.a, acc, IOVA, 10 * PG), 0);
	ck_counters(s.a, 0, 0, 70);
	ck_assert_int_eq(t_rw(s.a, acc, IOVA, 20 * PG, true), 0);
	ck_counters(s.a, 0, 0, 70);
	ck_assert_int_gt(t_attach(s.a, s.fd, other), 0);
	ck_counters(s.a, 0, 0, 80);
	ck_assert_int_eq(mm_record_pinned_vm(mm_task_mm(s.a, 0)), 80);
	machine_end_clean();
}
END_TEST

/* The allocation for the list of locked address spaces fails: one stays locked for ever. */
static void try_map(void *arg)
{
	struct setup *s = arg;
	const struct iommufd_map args = { .ioas_id = s->ioas, .va = 0, .len = PG, .fixed = true, .iova = IOVA,
					  .prot = IOPT_READ };
	unsigned long iova;

	iommufd_model.ioas_map(s->fd, &args, &iova);
}

START_TEST(lock_leak)
{
	struct setup s = setup("v7.0", false, 200, 0);

	sim_fault_arm(mm_task_actor(s.a), SIM_FAULT_ALLOC, 1);
	ck_assert_int_eq(t_change_process(s.a, s.fd), -ENOMEM);
	spawn(s.a, try_map, &s);
	ck_assert_int_eq(sim_run(), SIM_STUCK);
	machine_drop();
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("change_process");

	tcase_add_test(tc, not_there);
	tcase_add_test(tc, process_mode_moves);
	tcase_add_loop_test(tc, user_mode_needs_both, 0, 2);
	tcase_add_test(tc, user_memory_stays);
	tcase_add_test(tc, copies_once);
	tcase_add_loop_test(tc, dead_mm, 1, 2);
	tcase_add_test(tc, mode_none);
	tcase_add_test(tc, file_needs_no_mm);
	tcase_add_test(tc, lock_leak);
	return run_suite("iopt_change_process", tc);
}
