// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Failures: every allocation of every call fails once, and every invariant of this
 * room finds what it is there to find.
 */
#include <string.h>
#include "harness.h"

/* What a call works on: a process with memory of each kind, locked, shared by a child and by a file. */
struct setting {
	struct task_struct *a, *b, *made;
	unsigned long ram, file, locked;
	long fd;
	struct pins pins;
};

static void set_up(struct setting *s)
{
	memset(s, 0, sizeof(*s));
	world_up(&rules_v6_12, NULL);
	s->a = mm_task_create("a", 1000, 64 * P, MM_UNLIMITED, MM_CAP_SETUID);
	s->ram = map_anon(s->a, 16);
	ck_assert_int_eq(ON(s->a, touch, s->ram, 16 * P, true), 0);
	s->locked = map_prot(s->a, 8, RO);
	ck_assert_int_eq(ON(s->a, mlock, s->locked, 8 * P), 0);
	s->fd = ON(s->a, memfd, 8 * P, false);
	s->file = map_kind(s->a, 8 * P, MM_SHARED, RW, s->fd);
	s->b = fork_task(s->a, "b");
}

static long do_mmap_file(struct setting *s)
{
	const struct mm_mmap_args args = {
		.len = 4 * P, .kind = MM_SHARED, .prot = RW, .fd = s->fd, .fixed = true, .addr = s->file + 2 * P,
	};

	return ON(s->a, mmap, (unsigned long)&args);
}

static long do_mmap_shared(struct setting *s)
{
	const struct mm_mmap_args args = { .len = 4 * P, .kind = MM_SHARED, .prot = RW, .fd = -1 };

	return ON(s->a, mmap, (unsigned long)&args);
}

static long do_mmap_hugetlb(struct setting *s)
{
	const struct mm_mmap_args args = { .len = M2, .kind = MM_HUGETLB, .prot = RW, .fd = -1 };

	return ON(s->a, mmap, (unsigned long)&args);
}

static long do_mmap_locked(struct setting *s)
{
	const struct mm_mmap_args args = {
		.len = 4 * P, .prot = RW, .fd = -1, .fixed = true, .addr = s->locked + 2 * P, .locked = true,
	};

	return ON(s->a, mmap, (unsigned long)&args);
}

static long do_munmap(struct setting *s)
{
	return ON(s->a, munmap, s->locked + 2 * P, 3 * P);
}

static long do_mprotect(struct setting *s)
{
	return ON(s->a, mprotect, s->ram + 2 * P, 3 * P, RO);
}

static long do_mlock(struct setting *s)
{
	return ON(s->a, mlock, s->ram + 2 * P, 3 * P);
}

static long do_munlock(struct setting *s)
{
	return ON(s->a, munlock, s->locked + 2 * P, 3 * P);
}

static long do_mremap(struct setting *s)
{
	return ON(s->a, mremap, s->locked + 2 * P, 3 * P, 6 * P);
}

static long do_fork(struct setting *s)
{
	return ON(s->a, fork, (unsigned long)"c", (unsigned long)&s->made);
}

static long do_clone_vm(struct setting *s)
{
	return ON(s->a, clone_vm, (unsigned long)"c", (unsigned long)&s->made);
}

static long do_thread(struct setting *s)
{
	return ON(s->a, thread, (unsigned long)"c", (unsigned long)&s->made);
}

static long do_exec(struct setting *s)
{
	return ON(s->a, exec, 0);
}

static long do_setuid(struct setting *s)
{
	return ON(s->a, setuid, 1005, false);
}

static long do_seteuid(struct setting *s)
{
	return ON(s->a, seteuid, 1000);
}

static long do_capset(struct setting *s)
{
	return ON(s->a, capset, 0);
}

static long do_unshare(struct setting *s)
{
	return ON(s->a, unshare_user, 0);
}

static long do_memfd(struct setting *s)
{
	return ON(s->a, memfd, 8 * P, false);
}

static long do_send(struct setting *s)
{
	const struct mm_mmap_args args = { .len = P, .prot = RW, .fd = -1 };
	long ret = 0;
	int i;

	/* until the receiver's table must grow */
	for (i = 0; i < 16 && ret >= 0; i++)
		ret = ON(s->a, send_fd, (unsigned long)s->b, s->fd);
	ON(s->a, mmap, (unsigned long)&args);
	return ret;
}

static const struct {
	const char *name;
	long (*call)(struct setting *s);
	long err;
	unsigned int least;	/* allocations that it makes at least */
} calls[] = {
	{ "mmap_file", do_mmap_file, -ENOMEM, 2 }, { "mmap_shared", do_mmap_shared, -ENOMEM, 3 },
	{ "mmap_hugetlb", do_mmap_hugetlb, -ENOMEM, 2 }, { "mmap_locked", do_mmap_locked, -ENOMEM, 2 },
	{ "munmap", do_munmap, -ENOMEM, 2 }, { "mprotect", do_mprotect, -ENOMEM, 2 },
	{ "mlock", do_mlock, -ENOMEM, 2 }, { "munlock", do_munlock, -ENOMEM, 2 },
	{ "mremap", do_mremap, -ENOMEM, 1 }, { "fork", do_fork, -ENOMEM, 7 }, { "clone_vm", do_clone_vm, -ENOMEM, 2 },
	{ "thread", do_thread, -ENOMEM, 0 }, { "exec", do_exec, -ENOMEM, 2 }, { "setuid", do_setuid, 0, 2 },
	{ "seteuid", do_seteuid, -ENOMEM, 1 }, { "capset", do_capset, -ENOMEM, 1 },
	{ "unshare", do_unshare, -ENOMEM, 3 }, { "memfd", do_memfd, -ENOMEM, 2 }, { "send_fd", do_send, -ENOMEM, 1 },
};

static void agrees(const struct setting *s)
{
	ck_assert_int_eq(locked(s->a), kernel_mlocked(s->a));
}

/* The nth allocation of the call fails, for every n: its errno, counters that agree, nothing leaked; then it works. */
START_TEST(nth_allocation)
{
	unsigned int nth, failed = 0;
	struct setting s;
	bool pending;
	long ret;

	for (nth = 1;; nth++) {
		set_up(&s);
		sim_fault_arm_nth(mm_task_actor(s.a), nth);
		ret = calls[_i].call(&s);
		pending = sim_fault_pending(mm_task_actor(s.a));
		failed += ret < 0;
		/* setuid() says ENOMEM for its cred and EAGAIN for the user */
		if (ret < 0)
			ck_assert_int_eq(ret, calls[_i].err ? calls[_i].err : nth == 1 ? -ENOMEM : -EAGAIN);
		agrees(&s);
		if (ret < 0)
			ck_assert_int_ge(calls[_i].call(&s), 0);
		agrees(&s);
		world_down();
		if (pending)
			break;
	}
	ck_assert_uint_ge(failed, calls[_i].least);
}
END_TEST

/* The same of the killable locks: EINTR, and works the next time. */
START_TEST(killed_lock)
{
	static const unsigned int row[] = { 0, 3, 4, 5, 6, 7, 8, 9 };
	struct setting s;

	set_up(&s);
	sim_fault_arm(mm_task_actor(s.a), SIM_FAULT_LOCK_KILL, 1);
	ck_assert_int_eq(calls[row[_i]].call(&s), -EINTR);
	agrees(&s);
	ck_assert_int_ge(calls[row[_i]].call(&s), 0);
	world_down();
}
END_TEST

/* An mm with fewer users than tasks, or fewer references than users, is found at once. */
START_TEST(mm_refs)
{
	struct task_struct *a;

	world_up(&rules_v6_12, NULL);
	a = task_new("a", 1000, 64);
	sim_invariants_check(SIM_QUIESCENT);
	ck_assert_uint_eq(sim_violations(VIOLATION_MM_REFS), 0);
	kernel_break_mm_users(a, -1);
	sim_invariants_check(SIM_QUIESCENT);
	ck_assert_uint_ge(sim_violations(VIOLATION_MM_REFS), 1);
	kernel_break_mm_users(a, 1);
	kernel_break_mm_count(a, -1);
	sim_invariants_check(SIM_QUIESCENT);
	ck_assert_uint_ge(sim_violations(VIOLATION_MM_REFS), 2);
	kernel_break_mm_count(a, 1);
	world_down_with(VIOLATION_MM_REFS);
}
END_TEST

/* A user with fewer references than creds. */
START_TEST(user_refs)
{
	struct task_struct *a;

	world_up(&rules_v6_12, NULL);
	a = task_new("a", 1000, 64);
	task_new("b", 1000, 64);
	sim_invariants_check(SIM_QUIESCENT);
	ck_assert_uint_eq(sim_violations(VIOLATION_USER_REFS), 0);
	kernel_break_user(a, -1);
	sim_invariants_check(SIM_QUIESCENT);
	ck_assert_uint_eq(sim_violations(VIOLATION_USER_REFS), 1);
	kernel_break_user(a, 1);
	world_down_with(VIOLATION_USER_REFS);
}
END_TEST

/* exec and fork that carry a count over, by mistake and by design. */
START_TEST(carried_counters)
{
	struct mm_config config = {
		.hugepages = ~0ul, .hooks = { .exec = kernel_exec_hook, .fork = kernel_fork_hook },
	};
	struct task_struct *a;

	config.hooks.exec_charges = config.hooks.fork_charges = _i;
	world_up(&rules_v6_12, &config);
	a = task_new("a", 1000, 64);
	kernel_charge_pinned(a, 5);
	fork_task(a, "b");
	ck_assert_uint_eq(sim_violations(VIOLATION_FORK_COUNTERS), !_i);
	ck_assert_int_eq(ON(a, mlock, map_anon(a, 4), 4 * P), 0);
	ck_assert_int_eq(ON(a, exec, 0), 0);
	ck_assert_uint_eq(sim_violations(VIOLATION_EXEC_COUNTERS), !_i);
	EXPECT_LOCKED(a, 4);
	sim_world_destroy(sim_this);
}
END_TEST

/* Kernel memory that nobody frees is a leak. */
START_TEST(leak)
{
	world_up(&rules_v6_12, NULL);
	kernel_free(kernel_alloc());
	ck_assert(kernel_alloc() != NULL);
	world_down_with(VIOLATION_LEAK);
}
END_TEST

Suite *fault_suite(void)
{
	Suite *suite = suite_create("fault");
	TCase *tcase = tcase_create("fault");

	tcase_add_loop_test(tcase, nth_allocation, 0, sizeof(calls) / sizeof(calls[0]));
	tcase_add_loop_test(tcase, killed_lock, 0, 8);
	tcase_add_test(tcase, mm_refs);
	tcase_add_test(tcase, user_refs);
	tcase_add_loop_test(tcase, carried_counters, 0, 2);
	tcase_add_test(tcase, leak);
	suite_add_tcase(suite, tcase);
	return suite;
}
