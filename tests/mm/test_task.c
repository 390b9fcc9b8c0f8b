// SPDX-License-Identifier: GPL-2.0-or-later
/* Tasks: fork, clone, threads, exec, exit, credentials, limits, users and files. */
#include "harness.h"

#define THREAD(task, name, child) \
	ck_assert_int_eq(ON(task, thread, (unsigned long)(name), (unsigned long)(child)), 0)
#define CLONE_VM(task, name, child) \
	ck_assert_int_eq(ON(task, clone_vm, (unsigned long)(name), (unsigned long)(child)), 0)

/* fork copies the address space's size, not its counts; a VMA that was locked is not in the child. */
START_TEST(fork_counters)
{
	struct task_struct *a = task_new("a", 1000, 64), *b;
	unsigned long ram = map_anon(a, 64);
	struct pins pins;

	ck_assert_int_eq(ON(a, mlock, ram, 40 * P), 0);
	ck_assert_int_eq(ON(a, pin, ram, 4, PIN_WRITE, (unsigned long)&pins), 4);
	b = fork_task(a, "b");
	EXPECT_LOCKED(b, 0);
	ck_assert_uint_eq(kernel_mlocked(b), 0);
	ck_assert_uint_eq(kernel_total_vm(b), kernel_total_vm(a));
	ck_assert_int_eq(ON(b, munlock, ram, 40 * P), 0);
	EXPECT_LOCKED(b, 0);
	ck_assert_int_eq(ON(b, mlock, ram, 64 * P), 0);
	EXPECT_LOCKED(a, 40);
	EXPECT_LOCKED(b, 64);
	/* a dead mm keeps showing its count */
	ck_assert_int_eq(ON(b, exit, 0), 0);
	EXPECT_LOCKED(b, 64);
	ck_assert(!mm_record_alive(mm_task_mm(b, 0)));
	ON(a, unpin, (unsigned long)&pins);
}
END_TEST

/* exec: another mm, the old one dead and readable, the new one empty; the limit and the user stay. */
START_TEST(exec_mm)
{
	struct task_struct *a = task_new("a", 1000, 64);
	unsigned long ram = map_anon(a, 64);

	ck_assert_int_eq(ON(a, mlock, ram, 40 * P), 0);
	ck_assert_int_eq(ON(a, exec, 0), 0);
	ck_assert_uint_eq(mm_task_mms(a), 2);
	ck_assert_int_eq(mm_record_locked_vm(mm_task_mm(a, 0)), 40);
	ck_assert(!mm_record_alive(mm_task_mm(a, 0)));
	ck_assert_int_eq(mm_record_locked_vm(mm_task_mm(a, 1)), 0);
	ck_assert(mm_task_mm(a, 2) == NULL);
	ck_assert_uint_eq(kernel_total_vm(a), 0);
	ck_assert_uint_eq(mm_task_memlock_bytes(a), 64 * P);
	ck_assert_int_eq(ON(a, touch, ram, P, true), MM_KILLED(MM_SIGSEGV));
}
END_TEST

/* clone_vm: one mm and one fd table, a limit each; the mm lives as long as one of them. */
START_TEST(clone_vm)
{
	struct task_struct *a = task_new("a", 1000, 64), *b = NULL;
	unsigned long ram = map_anon(a, 64);
	unsigned int released = 0;
	bool null;
	long fd;

	CLONE_VM(a, "b", &b);
	fd = ON(a, counted_fd, (unsigned long)&released, (unsigned long)&null);
	ck_assert_int_eq(mm_fd_of(b, mm_file_id(a, fd)), fd);
	ck_assert_int_eq(ON(b, prlimit, (unsigned long)b, 8 * P, 0, false), 0);
	ck_assert_uint_eq(mm_task_memlock_bytes(a), 64 * P);
	ck_assert_int_eq(ON(b, mlock, ram, 9 * P), -ENOMEM);
	ck_assert_int_eq(ON(a, mlock, ram, 9 * P), 0);
	EXPECT_LOCKED(b, 9);
	ck_assert_int_eq(ON(a, exit, 0), 0);
	ck_assert(mm_record_alive(mm_task_mm(a, 0)));
	ck_assert_uint_eq(released, 0);
	ck_assert_int_eq(ON(b, munlock, ram, 9 * P), 0);
	EXPECT_LOCKED(a, 0);
	ck_assert_int_eq(ON(b, exec, 0), 0);
	ck_assert(!mm_record_alive(mm_task_mm(a, 0)));
}
END_TEST

/* exec ends the other threads; a thread that was not the leader becomes it. */
START_TEST(exec_threads)
{
	struct task_struct *a = task_new("a", 1000, 64), *t = NULL, *u = NULL;

	map_anon(a, 4);
	THREAD(a, "t", &t);
	THREAD(t, "u", &u);
	ck_assert(!kernel_is_leader(t));
	ck_assert_int_eq(ON(t, exec, 0), 0);
	ck_assert(!mm_task_alive(a));
	ck_assert(!mm_task_alive(u));
	ck_assert(mm_task_alive(t));
	ck_assert(kernel_is_leader(t));
	ck_assert_uint_eq(mm_task_mms(t), 2);
	ck_assert(!mm_record_alive(mm_task_mm(t, 0)));
	/* the limit is the same process's, and is still read through the old leader */
	ck_assert_int_eq(ON(t, prlimit, (unsigned long)t, 5 * P, 0, false), 0);
	map_anon(t, 4);
}
END_TEST

/* A leader that exits first is a zombie without an mm; its process goes on, and its limits are readable. */
START_TEST(zombie_leader)
{
	struct task_struct *a = task_new("a", 1000, 64), *t = NULL;
	unsigned long ram = map_anon(a, 4);

	THREAD(a, "t", &t);
	ck_assert_int_eq(ON(a, exit, 0), 0);
	ck_assert(!mm_task_alive(a));
	ck_assert(!kernel_task_has_mm(a));
	ck_assert(mm_record_alive(mm_task_mm(a, 0)));
	ck_assert_int_eq(ON(t, mlock, ram, 4 * P), 0);
	ck_assert_int_eq(ON(t, prlimit, (unsigned long)a, 2 * P, 0, false), 0);
	ck_assert_uint_eq(mm_task_memlock_bytes(t), 2 * P);
	ck_assert_int_eq(ON(t, exit, 0), 0);
	ck_assert(!mm_record_alive(mm_task_mm(a, 0)));
	ck_assert_uint_eq(mm_task_memlock_bytes(a), 2 * P);
}
END_TEST

/* A reference keeps limits and user of a task that has exited; without it nobody has the uid. */
START_TEST(task_reference)
{
	struct task_struct *a = task_new("a", 1000, 64);

	kernel_get_task(a);
	ck_assert_int_eq(ON(a, exit, 0), 0);
	ck_assert_uint_eq(mm_task_memlock_bytes(a), 64 * P);
	kernel_put_task(a);
	ck_assert_uint_eq(mm_task_memlock_bytes(a), 64 * P);
	ck_assert_uint_eq(mm_task_uid(a), 1000);
	ck_assert_int_eq(mm_user_locked_vm(1000), 0);
}
END_TEST

/* A reference that nobody gives back is a leak. */
START_TEST(task_leak)
{
	kernel_get_task(task_new("a", 1000, 64));
	world_down_with(VIOLATION_LEAK);
	world_up(&rules_v6_12, NULL);
}
END_TEST

/* Files are released at the end of the call that dropped them, in an exit behind the mm. */
START_TEST(deferred_fput)
{
	struct task_struct *a = task_new("a", 1000, 64), *b;
	unsigned int released = 0, seen = 7;
	bool null = true;
	long fd = ON(a, counted_fd, (unsigned long)&released, (unsigned long)&null);

	ck_assert_int_eq(ON(a, fget_fput, fd, (unsigned long)&released, (unsigned long)&seen), 0);
	ck_assert_uint_eq(seen, 0);
	ck_assert_uint_eq(released, 1);
	ck_assert(!null);
	ck_assert_int_eq(ON(a, close, fd), -EBADF);

	ON(a, counted_fd, (unsigned long)&released, (unsigned long)&null);
	b = fork_task(a, "b");
	ck_assert_int_eq(ON(a, exit, 0), 0);
	ck_assert_uint_eq(released, 1);
	ck_assert_int_eq(ON(b, exit, 0), 0);
	ck_assert_uint_eq(released, 2);
	ck_assert(null);
}
END_TEST

/* The last reference dropped where no task runs: released by deferred work, and settle() waits for it. */
START_TEST(delayed_fput)
{
	struct task_struct *a = task_new("a", 1000, 64);
	unsigned int released = 0;
	bool null = false;
	void *file;
	long fd;
	int i;

	for (i = 0; i < 2; i++) {
		fd = ON(a, counted_fd, (unsigned long)&released, (unsigned long)&null);
		ck_assert_int_eq(ON(a, hold_file, fd, (unsigned long)&file), 0);
		ck_assert_int_eq(ON(a, close, fd), 0);
		kernel_put_held_file(file);
		ck_assert_uint_eq(released, i);
		if (i)
			mm_settle();
		else
			ck_assert_int_eq(ON(a, settle, 0), 0);
		ck_assert_uint_eq(released, i + 1);
		ck_assert(null);
	}
}
END_TEST

/* Mappings of a device: not copied by fork, not locked, each part closed once. */
START_TEST(device_mapping)
{
	struct task_struct *a = task_new("a", 1000, 64), *b;
	unsigned int closes = 0, before;
	unsigned long va = ON(a, device_mmap, 8 * P, (unsigned long)&closes);

	EXPECT_LOCKED(a, 0);
	ck_assert_uint_eq(kernel_total_vm(a), 8);
	b = fork_task(a, "b");
	ck_assert_uint_eq(kernel_total_vm(b), 0);
	ck_assert_int_eq(ON(a, mlock, va, 8 * P), -ENOMEM);
	EXPECT_LOCKED(a, 0);
	ck_assert_int_eq(ON(a, munmap, va + 2 * P, 2 * P), 0);
	ck_assert_uint_eq(closes, 1);
	before = kernel_map_count(a);
	ck_assert_int_eq(ON(a, mprotect, va, 2 * P, RO), 0);
	ck_assert_uint_eq(kernel_map_count(a), before);
	ck_assert_int_eq(ON(a, exit, 0), 0);
	ck_assert_uint_eq(closes, 3);
}
END_TEST

/* ucounts: charged in the namespace and with the creators of those above; gone with the last holder. */
START_TEST(ucounts)
{
	struct task_struct *a = task_new("a", 1000, 64);

	ck_assert_int_eq(ON(a, charge_ucounts, 5), 5);
	ck_assert_int_eq(mm_ucounts_memlock(1000), 5);
	ck_assert_int_eq(ON(a, uncharge_ucounts, 5), 1);
	ck_assert_int_eq(ON(a, unshare_user, 0), 0);
	ck_assert_int_eq(ON(a, charge_ucounts, 7), 7);
	ck_assert_int_eq(mm_ucounts_memlock(1000), 7);
	ck_assert_int_eq(ON(a, uncharge_ucounts, 7), 1);
	ck_assert_int_eq(mm_ucounts_memlock(1000), 0);
	ck_assert_int_eq(mm_ucounts_memlock(5), 0);
}
END_TEST

/* exec closes what is close-on-exec, when the old mm is gone, and unshares the table. */
START_TEST(cloexec)
{
	struct task_struct *a = task_new("a", 1000, 64), *b = NULL;
	static unsigned int released;	/* `keep` is released when the world ends, after this function */
	static bool null = true;
	long keep = ON(a, counted_fd, (unsigned long)&released, (unsigned long)&null);
	long gone = ON(a, counted_fd, (unsigned long)&released, (unsigned long)&null);
	unsigned long id = mm_file_id(a, gone);

	ck_assert_int_eq(ON(a, cloexec, gone), 0);
	CLONE_VM(a, "b", &b);
	ck_assert_int_eq(ON(a, exec, 0), 0);
	ck_assert_uint_eq(released, 0);
	ck_assert_int_eq(mm_fd_of(a, id), -1);
	ck_assert_int_eq(mm_fd_of(b, id), gone);
	ck_assert_uint_ne(mm_file_id(a, keep), 0);
	ck_assert_int_eq(ON(b, exec, 0), 0);
	ck_assert_uint_eq(released, 1);
	ck_assert(!null);
	ck_assert_int_eq(ON(a, cloexec, gone), -EBADF);
}
END_TEST

/* send_fd: the same file in the other's table; a task that is gone is refused. */
START_TEST(send_fd)
{
	struct task_struct *a = task_new("a", 1000, 64), *b = task_new("b", 1001, 64);
	static unsigned int released;	/* the last one is released when the world ends */
	long fd = ON(a, counted_fd, (unsigned long)&released, 0), there;

	ON(b, counted_fd, (unsigned long)&released, 0);
	there = ON(a, send_fd, (unsigned long)b, fd);
	ck_assert_int_eq(there, 1);
	ck_assert_uint_eq(mm_file_id(a, fd), mm_file_id(b, there));
	ck_assert_int_eq(ON(a, close, fd), 0);
	ck_assert_uint_eq(released, 0);
	ck_assert_int_eq(ON(b, exit, 0), 0);
	ck_assert_uint_eq(released, 2);
	ck_assert_int_eq(ON(a, send_fd, (unsigned long)b, fd), -EBADF);
	fd = ON(a, counted_fd, (unsigned long)&released, 0);
	ck_assert_int_eq(ON(a, send_fd, (unsigned long)b, fd), -ESRCH);
}
END_TEST

static bool has_cap(struct task_struct *task, int cap)
{
	return ON(task, capable, cap);
}

/* setuid away from 0 clears capabilities, keepcaps keeps the permitted ones; the user follows the real uid. */
START_TEST(setuid)
{
	struct task_struct *a = task_new("a", 0, 64);

	ck_assert(has_cap(a, KERNEL_CAP_IPC_LOCK));
	ck_assert_int_eq(ON(a, setuid, 1000, true), 0);
	ck_assert_uint_eq(mm_task_uid(a), 1000);
	ck_assert(!has_cap(a, KERNEL_CAP_IPC_LOCK));
	ck_assert_int_eq(ON(a, setuid, 1001, false), -EPERM);
	ck_assert_int_eq(ON(a, capset, MM_CAP_EVERY), 0);
	ck_assert(has_cap(a, KERNEL_CAP_IPC_LOCK));
	ck_assert_int_eq(ON(a, setuid, 0, false), 0);
	ck_assert_int_eq(ON(a, setuid, 1000, false), 0);
	ck_assert_int_eq(ON(a, capset, MM_CAP_IPC_LOCK), -EPERM);
	ck_assert_int_eq(ON(a, capset, 0), 0);
	/* without CAP_SETUID: one's own uid is fine, another's is not */
	ck_assert_int_eq(ON(a, setuid, 1000, false), 0);
	ck_assert_int_eq(ON(a, setuid, 0, false), -EPERM);
}
END_TEST

/* seteuid away from 0 clears the effective set, back to 0 restores it; the real uid stays. */
START_TEST(seteuid)
{
	struct task_struct *a = task_new("a", 0, 64), *b = task_new("b", 1000, 64);

	ck_assert_int_eq(ON(a, seteuid, 1000), 0);
	ck_assert_uint_eq(mm_task_uid(a), 0);
	ck_assert(!has_cap(a, KERNEL_CAP_IPC_LOCK));
	ck_assert_int_eq(ON(a, seteuid, 0), 0);
	ck_assert(has_cap(a, KERNEL_CAP_IPC_LOCK));
	ck_assert_int_eq(ON(b, seteuid, 0), -EPERM);
	ck_assert_int_eq(ON(b, seteuid, 1000), 0);
}
END_TEST

/* exec: uid 0 regains everything, others lose everything, keepcaps or not. */
START_TEST(exec_caps)
{
	struct task_struct *a = task_new("a", 0, 64), *b = task_new("b", 0, 64);
	struct task_struct *c = mm_task_create("c", 1000, 64 * P, MM_UNLIMITED, MM_CAP_EVERY);

	ck_assert_int_eq(ON(a, capset, 0), 0);
	ck_assert_int_eq(ON(a, exec, 0), 0);
	ck_assert(has_cap(a, KERNEL_CAP_IPC_LOCK));
	ck_assert_int_eq(ON(b, setuid, 1000, true), 0);
	ck_assert_int_eq(ON(b, exec, 0), 0);
	ck_assert_int_eq(ON(b, capset, MM_CAP_IPC_LOCK), -EPERM);
	ck_assert(has_cap(c, KERNEL_CAP_IPC_LOCK));
	ck_assert_int_eq(ON(c, exec, 0), 0);
	ck_assert(!has_cap(c, KERNEL_CAP_IPC_LOCK));
}
END_TEST

/* A user namespace of one's own: every capability inside, none that counts; not with threads. */
START_TEST(unshare_user)
{
	struct task_struct *a = task_new("a", 0, 64), *t = NULL, *b;

	THREAD(a, "t", &t);
	ck_assert_int_eq(ON(a, unshare_user, 0), -EINVAL);
	ck_assert_int_eq(ON(t, exit, 0), 0);
	ck_assert_int_eq(ON(a, unshare_user, 0), 0);
	ck_assert(!has_cap(a, KERNEL_CAP_IPC_LOCK));
	ck_assert(!has_cap(a, KERNEL_CAP_SYS_ADMIN));
	ck_assert_uint_eq(mm_task_uid(a), 0);
	/* no uid is mapped there */
	ck_assert_int_eq(ON(a, setuid, 5, false), -EINVAL);
	ck_assert_int_eq(ON(a, unshare_user, 0), 0);
	b = fork_task(a, "b");
	ck_assert(!has_cap(b, KERNEL_CAP_IPC_LOCK));
	ck_assert_int_eq(ON(a, exec, 0), 0);
	ck_assert(!has_cap(a, KERNEL_CAP_IPC_LOCK));
}
END_TEST

/* setrlimit: EINVAL before EPERM; the hard limit is lowered by anyone, raised with CAP_SYS_RESOURCE. */
START_TEST(rlimit)
{
	struct task_struct *a = mm_task_create("a", 1000, 10 * P, 20 * P, 0);
	struct task_struct *b = mm_task_create("b", 1000, 10 * P, 20 * P, 0), *c = task_new("c", 1001, 10);
	struct task_struct *root = task_new("root", 0, FINI), *t = NULL;

#define LIMIT(who, whom, cur, max, set) ON(who, prlimit, (unsigned long)(whom), cur, max, set)
	ck_assert_int_eq(LIMIT(a, a, 21 * P, 0, false), -EINVAL);
	ck_assert_int_eq(LIMIT(a, a, 30 * P, 25 * P, true), -EINVAL);
	ck_assert_int_eq(LIMIT(a, a, 5 * P, 25 * P, true), -EPERM);
	ck_assert_int_eq(LIMIT(a, a, 20 * P, 20 * P, true), 0);
	ck_assert_int_eq(LIMIT(a, a, 5 * P, 5 * P, true), 0);
	ck_assert_int_eq(LIMIT(a, a, 6 * P, 0, false), -EINVAL);
	/* threads share it, a fork has a copy */
	THREAD(a, "t", &t);
	ck_assert_int_eq(LIMIT(t, t, 4 * P, 0, false), 0);
	ck_assert_uint_eq(mm_task_memlock_bytes(a), 4 * P);
	/* the same uid may, another may not: EPERM comes before EINVAL there */
	ck_assert_int_eq(LIMIT(b, a, 3 * P, 0, false), 0);
	ck_assert_int_eq(LIMIT(c, a, 30 * P, 25 * P, true), -EPERM);
	ck_assert_int_eq(LIMIT(root, a, 30 * P, 40 * P, true), 0);
	ck_assert_uint_eq(mm_task_memlock_bytes(t), 30 * P);
	ck_assert_int_eq(ON(c, exit, 0), 0);
	ck_assert_int_eq(LIMIT(root, c, 1, 0, false), -ESRCH);
#undef LIMIT
}
END_TEST

/* Limits of a process in a user namespace below: its owner may change them, another user may not. */
START_TEST(rlimit_namespace)
{
	struct task_struct *a = task_new("a", 1000, 64), *b, *c, *d = task_new("d", 1002, 64);
	struct task_struct *root = task_new("root", 0, FINI);

	b = fork_task(a, "b");
	ck_assert_int_eq(ON(b, unshare_user, 0), 0);
	c = fork_task(b, "c");
	ck_assert_int_eq(ON(c, prlimit, (unsigned long)b, 10 * P, 0, false), 0);
	ck_assert_int_eq(ON(a, prlimit, (unsigned long)c, 10 * P, 0, false), 0);
	ck_assert_int_eq(ON(d, prlimit, (unsigned long)c, 10 * P, 0, false), -EPERM);
	ck_assert_int_eq(ON(root, prlimit, (unsigned long)c, 11 * P, 0, false), 0);
	ck_assert_int_eq(ON(c, prlimit, (unsigned long)root, 11 * P, 0, false), -EPERM);
	ck_assert_uint_eq(mm_task_memlock_bytes(c), 11 * P);
}
END_TEST

/* fork fails at each of its allocations in turn: ENOMEM, nothing left over, and works the next time. */
START_TEST(fork_fails)
{
	struct task_struct *a = task_new("a", 1000, 64), *b = NULL;
	static unsigned int released;	/* counted until the world ends, after this function */
	unsigned int failures = 0;
	unsigned long ram = map_anon(a, 8), nth;

	map_prot(a, 2, RO);
	ck_assert_int_eq(ON(a, touch, ram, 8 * P, true), 0);
	ON(a, counted_fd, (unsigned long)&released, 0);
	for (nth = 1;; nth++) {
		long ret;

		sim_fault_arm(mm_task_actor(a), SIM_FAULT_ALLOC, nth);
		ret = ON(a, fork, (unsigned long)"b", (unsigned long)&b);
		if (!ret)
			break;
		ck_assert_int_eq(ret, -ENOMEM);
		failures++;
	}
	ck_assert_uint_ge(failures, 5);
	ck_assert(b != NULL);
	ck_assert_int_eq(ON(b, touch, ram, 8 * P, true), 0);
}
END_TEST

/* exec fails at its allocations before the point of no return. */
START_TEST(exec_fails)
{
	struct task_struct *a = task_new("a", 1000, 64);
	unsigned long nth;

	for (nth = 1; nth <= 2; nth++) {
		sim_fault_arm(mm_task_actor(a), SIM_FAULT_ALLOC, nth);
		ck_assert_int_eq(ON(a, exec, 0), -ENOMEM);
		ck_assert_uint_eq(mm_task_mms(a), 1);
	}
	/* the lock of the old mm is interrupted: too late to tell anybody */
	sim_fault_arm(mm_task_actor(a), SIM_FAULT_LOCK_KILL, 1);
	ck_assert_int_eq(ON(a, exec, 0), MM_KILLED(MM_SIGSEGV));
	ck_assert(!mm_task_alive(a));
}
END_TEST

static void up(void)
{
	world_up(&rules_v6_12, NULL);
}

Suite *task_suite(void)
{
	Suite *suite = suite_create("task");
	TCase *tcase = tcase_create("task");

	tcase_add_checked_fixture(tcase, up, world_down);
	tcase_add_test(tcase, fork_counters);
	tcase_add_test(tcase, exec_mm);
	tcase_add_test(tcase, clone_vm);
	tcase_add_test(tcase, exec_threads);
	tcase_add_test(tcase, zombie_leader);
	tcase_add_test(tcase, task_reference);
	tcase_add_test(tcase, task_leak);
	tcase_add_test(tcase, deferred_fput);
	tcase_add_test(tcase, delayed_fput);
	tcase_add_test(tcase, device_mapping);
	tcase_add_test(tcase, ucounts);
	tcase_add_test(tcase, cloexec);
	tcase_add_test(tcase, send_fd);
	tcase_add_test(tcase, setuid);
	tcase_add_test(tcase, seteuid);
	tcase_add_test(tcase, exec_caps);
	tcase_add_test(tcase, unshare_user);
	tcase_add_test(tcase, rlimit);
	tcase_add_test(tcase, rlimit_namespace);
	tcase_add_test(tcase, fork_fails);
	tcase_add_test(tcase, exec_fails);
	suite_add_tcase(suite, tcase);
	return suite;
}
