// SPDX-License-Identifier: GPL-2.0-or-later
/* The mlock family: the vectors of the fact sheet and the orders of its checks. */
#include "harness.h"

/* V1: what is locked already does not count twice; a piece can be unlocked. */
START_TEST(overlap)
{
	struct task_struct *a = task_new("a", 1000, 16);
	unsigned long ram = map_anon(a, 40);

	ck_assert_int_eq(ON(a, mlock, ram, 10 * P), 0);
	EXPECT_LOCKED(a, 10);
	ck_assert_int_eq(ON(a, mlock, ram, 10 * P), 0);
	EXPECT_LOCKED(a, 10);
	ck_assert_int_eq(ON(a, mlock, ram + 20 * P, 7 * P), -ENOMEM);
	EXPECT_LOCKED(a, 10);
	ck_assert_int_eq(ON(a, munlock, ram, 4 * P), 0);
	EXPECT_LOCKED(a, 6);
	/* over the limit only by what is locked already: allowed */
	ck_assert_int_eq(ON(a, mlock, ram, 16 * P), 0);
	EXPECT_LOCKED(a, 16);
	ck_assert_int_eq(ON(a, mlock, ram, 17 * P), -ENOMEM);
}
END_TEST

/* V2: a hole fails the call, and what came before it stays locked. */
START_TEST(hole)
{
	struct task_struct *a = task_new("a", 1000, 16);
	unsigned long ram = map_anon(a, 10);

	ck_assert_int_eq(ON(a, munmap, ram + 4 * P, 3 * P), 0);
	ck_assert_int_eq(ON(a, mlock, ram, 10 * P), -ENOMEM);
	EXPECT_LOCKED(a, 4);
	ck_assert_int_eq(ON(a, munlock, ram, 10 * P), -ENOMEM);
	EXPECT_LOCKED(a, 0);
	/* a range that begins in the hole locks nothing */
	ck_assert_int_eq(ON(a, mlock, ram + 5 * P, 4 * P), -ENOMEM);
	EXPECT_LOCKED(a, 0);
}
END_TEST

/* The length of a hole counts in the test, though never in the count. */
START_TEST(hole_in_limit)
{
	struct task_struct *a = task_new("a", 1000, 8);
	unsigned long ram = map_anon(a, 10);

	ck_assert_int_eq(ON(a, munmap, ram + 2 * P, 6 * P), 0);
	ck_assert_int_eq(ON(a, mlock, ram, 9 * P), -ENOMEM);
	EXPECT_LOCKED(a, 0);
	ck_assert_int_eq(ON(a, mlock, ram, 8 * P), -ENOMEM);
	EXPECT_LOCKED(a, 2);
}
END_TEST

/* V3: mlockall looks at total_vm alone, whatever is locked and whatever can be. */
START_TEST(mlockall_total_vm)
{
	struct task_struct *a = task_new("a", 1000, 20);
	unsigned long bar;

	map_anon(a, 20);
	ck_assert_int_eq(ON(a, mlockall, true, false, false), 0);
	EXPECT_LOCKED(a, 20);
	ck_assert_int_eq(ON(a, munlockall, 0), 0);
	EXPECT_LOCKED(a, 0);
	bar = map_kind(a, P, MM_PFNMAP, RW, -1);
	ck_assert_int_eq(ON(a, mlockall, true, false, false), -ENOMEM);
	EXPECT_LOCKED(a, 0);
	ck_assert_int_eq(ON(a, munmap, bar, P), 0);
	ck_assert_int_eq(ON(a, mlockall, true, false, false), 0);
	EXPECT_LOCKED(a, 20);
}
END_TEST

/* Flags of mlockall: none and onfault alone are EINVAL, before anything else is asked. */
START_TEST(mlockall_flags)
{
	struct task_struct *a = task_new("a", 1000, 0);

	ck_assert_int_eq(ON(a, mlockall, false, false, false), -EINVAL);
	ck_assert_int_eq(ON(a, mlockall, false, false, true), -EINVAL);
	ck_assert_int_eq(ON(a, mlockall, true, false, false), -EPERM);
	ck_assert_int_eq(ON(a, mlockall, false, true, false), -EPERM);
}
END_TEST

/* MCL_FUTURE: new mappings are locked, EAGAIN over the limit; munlockall ends it; fork and exec forget it. */
START_TEST(mlockall_future)
{
	struct task_struct *a = task_new("a", 1000, 64), *b;
	const struct mm_mmap_args big = { .len = 65 * P, .prot = RW, .fd = -1 };

	ck_assert_int_eq(ON(a, mlockall, false, true, false), 0);
	EXPECT_LOCKED(a, 0);
	ck_assert_int_eq(ON(a, mmap, (unsigned long)&big), -EAGAIN);
	map_anon(a, 10);
	EXPECT_LOCKED(a, 10);
	/* unlockable memory passes the test and is not counted */
	map_kind(a, 10 * P, MM_PFNMAP, RW, -1);
	EXPECT_LOCKED(a, 10);
	b = fork_task(a, "b");
	map_anon(b, 5);
	EXPECT_LOCKED(b, 0);
	ck_assert_int_eq(ON(a, exec, 0), 0);
	map_anon(a, 5);
	EXPECT_LOCKED(a, 0);
	ck_assert_int_eq(ON(a, mlockall, false, true, true), 0);
	map_anon(a, 5);
	EXPECT_LOCKED(a, 5);
	ck_assert_int_eq(ON(a, munlockall, 0), 0);
	EXPECT_LOCKED(a, 0);
	map_anon(a, 5);
	EXPECT_LOCKED(a, 0);
}
END_TEST

/* V32: a limit of 0 is EPERM, one below a page ENOMEM, and limits count by whole pages. */
START_TEST(small_limits)
{
	struct task_struct *a = task_new("a", 1000, 0);
	unsigned long ram = map_anon(a, 4);

	ck_assert_int_eq(ON(a, mlock, ram, P), -EPERM);
	ck_assert_int_eq(ON(a, munlock, ram, P), 0);
	ck_assert_int_eq(ON(a, prlimit, (unsigned long)a, 4095, 0, false), 0);
	ck_assert_int_eq(ON(a, mlock, ram, P), -ENOMEM);
	ck_assert_int_eq(ON(a, prlimit, (unsigned long)a, 8191, 0, false), 0);
	ck_assert_int_eq(ON(a, mlock, ram, P), 0);
	ck_assert_int_eq(ON(a, mlock, ram, 2 * P), -ENOMEM);
	EXPECT_LOCKED(a, 1);
}
END_TEST

/* V28: a limit below what is locked takes nothing back and refuses the next page. */
START_TEST(lowered_limit)
{
	struct task_struct *a = task_new("a", 1000, 100);
	unsigned long ram = map_anon(a, 100);

	ck_assert_int_eq(ON(a, mlock, ram, 80 * P), 0);
	ck_assert_int_eq(ON(a, prlimit, (unsigned long)a, 50 * P, 0, false), 0);
	EXPECT_LOCKED(a, 80);
	ck_assert_int_eq(ON(a, mlock, ram + 80 * P, P), -ENOMEM);
	ck_assert_int_eq(ON(a, munlock, ram, 80 * P), 0);
	EXPECT_LOCKED(a, 0);
}
END_TEST

/* Whole pages that the bytes touch; a length of 0 is fine anywhere. */
START_TEST(rounding)
{
	struct task_struct *a = task_new("a", 1000, 64);
	unsigned long ram = map_anon(a, 10);

	ck_assert_int_eq(ON(a, mlock, ram + 4000, 200), 0);
	EXPECT_LOCKED(a, 2);
	ck_assert_int_eq(ON(a, munlock, ram + 100, 1), 0);
	EXPECT_LOCKED(a, 1);
	ck_assert_int_eq(ON(a, mlock, ram + 5 * P, 0), 0);
	EXPECT_LOCKED(a, 1);
	ck_assert_int_eq(ON(a, mlock, ram - 100 * P, 0), 0);
	/* a range over the end of the address space wraps */
	ck_assert_int_eq(ON(a, munlock, ~0ul << 12, 2 * P), -EINVAL);
}
END_TEST

/* Populate comes after the count: what it cannot fault stays counted. */
START_TEST(populate_fails)
{
	struct task_struct *a = task_new("a", 1000, 64);
	unsigned long none = map_prot(a, 8, 0), ro, file;
	long fd;

	ck_assert_int_eq(ON(a, mlock, none, 8 * P), -ENOMEM);
	EXPECT_LOCKED(a, 8);
	/* onfault does not populate */
	ck_assert_int_eq(ON(a, mlock2, none, 8 * P, true), 0);
	ck_assert_int_eq(ON(a, munlock, none, 8 * P), 0);
	EXPECT_LOCKED(a, 0);
	ro = map_prot(a, 8, RO);
	ck_assert_int_eq(ON(a, mlock, ro, 8 * P), 0);
	ck_assert_int_eq(ON(a, munlock, ro, 8 * P), 0);
	fd = ON(a, memfd, 4 * P, false);
	file = map_kind(a, 8 * P, MM_SHARED, RW, fd);
	ck_assert_int_eq(ON(a, mlock, file, 8 * P), -ENOMEM);
	EXPECT_LOCKED(a, 8);
}
END_TEST

/* Locking what a fork shares read-only leaves it shared: faulting in is no pin. */
START_TEST(populate_shared)
{
	struct task_struct *a = task_new("a", 1000, 64), *b;
	unsigned long ram = map_anon(a, 4);

	ck_assert_int_eq(ON(a, touch, ram, 4 * P, true), 0);
	ck_assert_int_eq(ON(a, mprotect, ram, 4 * P, RO), 0);
	b = fork_task(a, "b");
	ck_assert_int_eq(ON(b, mlock, ram, 4 * P), 0);
	ck_assert_int_eq(mm_task_pfn(b, ram), mm_task_pfn(a, ram));
	/* writable, it is taken at once */
	ck_assert_int_eq(ON(b, mprotect, ram, P, RW), 0);
	ck_assert_int_ne(mm_task_pfn(b, ram), mm_task_pfn(a, ram));
	ck_assert_int_eq(mm_task_pfn(b, ram + P), mm_task_pfn(a, ram + P));
}
END_TEST

/* Out of host memory while populating is EAGAIN, with everything counted. */
START_TEST(populate_oom)
{
	struct task_struct *a;
	unsigned long ram;

	world_down();
	world_up(&rules_v6_12, &(struct mm_config){ .pages = 10, .hugepages = ~0ul });
	a = task_new("a", 1000, 64);
	ram = map_anon(a, 20);
	ck_assert_int_eq(ON(a, mlock, ram, 20 * P), -EAGAIN);
	EXPECT_LOCKED(a, 20);
	ck_assert_int_ge(mm_task_pfn(a, ram), 0);
	ck_assert_int_eq(mm_task_pfn(a, ram + 10 * P), -1);
}
END_TEST

/* MAP_LOCKED is tested before the range that it replaces is unmapped. */
START_TEST(map_locked_fixed)
{
	struct task_struct *a = task_new("a", 1000, 16);
	unsigned long ram = map_anon(a, 16);
	struct mm_mmap_args args = { .len = 16 * P, .prot = RW, .fd = -1, .fixed = true, .addr = ram, .locked = true };

	ck_assert_int_eq(ON(a, mmap, (unsigned long)&args), ram);
	EXPECT_LOCKED(a, 16);
	args.len = P;
	ck_assert_int_eq(ON(a, mmap, (unsigned long)&args), -EAGAIN);
	EXPECT_LOCKED(a, 16);
	args.locked = false;
	ck_assert_int_eq(ON(a, mmap, (unsigned long)&args), ram);
	EXPECT_LOCKED(a, 15);
	args.locked = true;
	ck_assert_int_eq(ON(a, mmap, (unsigned long)&args), ram);
	EXPECT_LOCKED(a, 16);
	ck_assert_int_eq(ON(a, prlimit, (unsigned long)a, 0, 0, false), 0);
	ck_assert_int_eq(ON(a, mmap, (unsigned long)&args), -EPERM);
}
END_TEST

/* munmap and mremap keep the count exact; growing is tested, EAGAIN. */
START_TEST(remap)
{
	struct task_struct *a = task_new("a", 1000, 24);
	unsigned long other, ram, moved;

	other = map_prot(a, 4, RO);
	ram = map_anon(a, 16);
	ck_assert_uint_eq(ram + 16 * P, other);
	ck_assert_int_eq(ON(a, mlock, ram, 16 * P), 0);
	ck_assert_int_eq(ON(a, mremap, ram, 16 * P, 8 * P), ram);
	EXPECT_LOCKED(a, 8);
	/* the tail is free now: grows in place */
	ck_assert_int_eq(ON(a, mremap, ram, 8 * P, 12 * P), ram);
	EXPECT_LOCKED(a, 12);
	ck_assert_int_eq(ON(a, mremap, ram, 12 * P, 25 * P), -EAGAIN);
	EXPECT_LOCKED(a, 12);
	/* not so far, other is in the way */
	moved = ON(a, mremap, ram, 12 * P, 24 * P);
	ck_assert_uint_ne(moved, ram);
	EXPECT_LOCKED(a, 24);
	ck_assert_int_ge(mm_task_pfn(a, moved + 23 * P), 0);
	ck_assert_int_eq(ON(a, munmap, moved + 4 * P, 10 * P), 0);
	EXPECT_LOCKED(a, 14);
	ck_assert_uint_eq(kernel_mlocked(a), 14);
}
END_TEST

/* Hugetlb, BARs: mlock passes over them, test and all. */
START_TEST(unlockable)
{
	struct task_struct *a = task_new("a", 1000, 1024);
	unsigned long huge = map_kind(a, M2, MM_HUGETLB, RW, -1), bar = map_kind(a, 4 * P, MM_PFNMAP, RW, -1);

	ck_assert_int_eq(ON(a, mlock, huge, M2), 0);
	EXPECT_LOCKED(a, 0);
	ck_assert_int_ge(mm_task_pfn(a, huge), 0);
	ck_assert_int_eq(ON(a, mlock, bar, 4 * P), 0);
	EXPECT_LOCKED(a, 0);
	/* but the length counts against the limit */
	ck_assert_int_eq(ON(a, prlimit, (unsigned long)a, 511 * P, 0, false), 0);
	ck_assert_int_eq(ON(a, mlock, huge, M2), -ENOMEM);
}
END_TEST

/* CAP_IPC_LOCK lifts the limit, also that of 0; in a user namespace of one's own it does not. */
START_TEST(capability)
{
	struct task_struct *a = task_new("a", 0, 0);
	unsigned long ram = map_anon(a, 100);

	ck_assert_int_eq(ON(a, mlock, ram, 100 * P), 0);
	EXPECT_LOCKED(a, 100);
	ck_assert_int_eq(ON(a, capset, 0), 0);
	ck_assert_int_eq(ON(a, mlock, ram, P), -EPERM);
	ck_assert_int_eq(ON(a, capset, MM_CAP_IPC_LOCK), 0);
	ck_assert_int_eq(ON(a, mlockall, true, false, false), 0);
	ck_assert_int_eq(ON(a, unshare_user, 0), 0);
	ck_assert_int_eq(ON(a, mlock, ram, P), -EPERM);
}
END_TEST

/* A killable lock that is interrupted: EINTR, nothing done. */
START_TEST(interrupted)
{
	struct task_struct *a = task_new("a", 1000, 64);
	unsigned long ram = map_anon(a, 10);

	sim_fault_arm(mm_task_actor(a), SIM_FAULT_LOCK_KILL, 1);
	ck_assert_int_eq(ON(a, mlock, ram, P), -EINTR);
	EXPECT_LOCKED(a, 0);
	ck_assert_int_eq(ON(a, mlock, ram, P), 0);
	sim_fault_arm(mm_task_actor(a), SIM_FAULT_LOCK_KILL, 1);
	ck_assert_int_eq(ON(a, munlock, ram, P), -EINTR);
	EXPECT_LOCKED(a, 1);
}
END_TEST

/* An allocation fails in the split: ENOMEM, and what came before stays. */
START_TEST(split_fails)
{
	struct task_struct *a = task_new("a", 1000, 64);
	unsigned long ram = map_anon(a, 10);

	sim_fault_arm(mm_task_actor(a), SIM_FAULT_ALLOC, 1);
	ck_assert_int_eq(ON(a, mlock, ram + P, 2 * P), -ENOMEM);
	EXPECT_LOCKED(a, 0);
	sim_fault_arm(mm_task_actor(a), SIM_FAULT_ALLOC, 2);
	ck_assert_int_eq(ON(a, mlock, ram + P, 2 * P), -ENOMEM);
	EXPECT_LOCKED(a, 0);
	ck_assert_int_eq(ON(a, mlock, ram + P, 2 * P), 0);
	EXPECT_LOCKED(a, 2);
}
END_TEST

/* Up to 6.18 but for 6.12.117 the count of one VMA is an int: 2^31 pages are taken off instead of added. */
START_TEST(delta_int)
{
	static const struct {
		const struct mm_rules *rules;
		long locked;
	} row[] = { { &rules_v5_4, -(1l << 31) }, { &rules_v6_12, 1l << 31 } };
	struct task_struct *a;
	unsigned long ram;

	world_down();
	world_up(row[_i].rules, NULL);
	a = task_new("a", 0, FINI);
	ram = map_anon(a, 1ul << 31);
	ck_assert_int_eq(ON(a, mlock2, ram, P << 31, true), 0);
	EXPECT_LOCKED(a, row[_i].locked);
}
END_TEST

/* A hook may say what the tests compare: here twice what is locked. */
static unsigned long used_twice(const struct mm_struct *mm)
{
	return 2 * kernel_locked_vm(mm);
}

static void note_refusal(struct mm_struct *mm, const char *why, unsigned long used, unsigned long request,
			 unsigned long counted, unsigned long limit)
{
	sim_refusal_note("%s %lu %lu %lu", why, used, request, limit);
}

START_TEST(hooks)
{
	const struct mm_config config = {
		.hugepages = ~0ul, .hooks = { .mlock_used = used_twice, .mlock_refused = note_refusal },
	};
	struct task_struct *a;
	unsigned long ram;

	world_down();
	world_up(&rules_v6_12, &config);
	a = task_new("a", 1000, 16);
	ram = map_anon(a, 20);
	ck_assert_int_eq(ON(a, mlock, ram, 6 * P), 0);
	ck_assert_int_eq(ON(a, mlock, ram + 6 * P, 5 * P), -ENOMEM);
	ck_assert_int_eq(ON(a, mlock, ram + 6 * P, 4 * P), 0);
	EXPECT_LOCKED(a, 10);
}
END_TEST

static void up(void)
{
	world_up(&rules_v6_12, NULL);
}

Suite *mlock_suite(void)
{
	Suite *suite = suite_create("mlock");
	TCase *tcase = tcase_create("mlock");

	tcase_add_checked_fixture(tcase, up, world_down);
	tcase_add_test(tcase, overlap);
	tcase_add_test(tcase, hole);
	tcase_add_test(tcase, hole_in_limit);
	tcase_add_test(tcase, mlockall_total_vm);
	tcase_add_test(tcase, mlockall_flags);
	tcase_add_test(tcase, mlockall_future);
	tcase_add_test(tcase, small_limits);
	tcase_add_test(tcase, lowered_limit);
	tcase_add_test(tcase, rounding);
	tcase_add_test(tcase, populate_fails);
	tcase_add_test(tcase, populate_shared);
	tcase_add_test(tcase, populate_oom);
	tcase_add_test(tcase, map_locked_fixed);
	tcase_add_test(tcase, remap);
	tcase_add_test(tcase, unlockable);
	tcase_add_test(tcase, capability);
	tcase_add_test(tcase, interrupted);
	tcase_add_test(tcase, split_fails);
	tcase_add_loop_test(tcase, delta_int, 0, 2);
	tcase_add_test(tcase, hooks);
	suite_add_tcase(suite, tcase);
	return suite;
}
