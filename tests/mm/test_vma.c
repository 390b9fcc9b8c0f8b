// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VMAs: where they merge and split, mmap's and mremap's errors, and random programs
 * against a model that knows only single pages.
 */
#include <stdio.h>
#include <string.h>
#include "harness.h"

static unsigned long vma_start(const struct task_struct *task, unsigned long va, unsigned long *end)
{
	unsigned long start = 0;
	unsigned int flags;

	*end = kernel_vma(task, va, &start, &flags);
	return start;
}

#define ONE_VMA(task, va, from, to) \
	do { \
		unsigned long _end, _start = vma_start(task, va, &_end); \
		ck_assert_uint_eq(_start, from); \
		ck_assert_uint_eq(_end, to); \
	} while (0)

/* What is mapped in a row is one VMA; protection and mlock split it, and taking that back heals it. */
START_TEST(merge)
{
	struct task_struct *a = task_new("a", 1000, 64);
	unsigned long high = map_anon(a, 4), low = map_anon(a, 4);

	ck_assert_uint_eq(low + 4 * P, high);
	ONE_VMA(a, high, low, low + 8 * P);
	ck_assert_int_eq(ON(a, mlock2, low + 2 * P, 2 * P, true), 0);
	ck_assert_uint_eq(kernel_map_count(a), 3);
	ONE_VMA(a, low + 2 * P, low + 2 * P, low + 4 * P);
	ck_assert_int_eq(ON(a, mremap, low, 3 * P, 4 * P), -EFAULT);
	ck_assert_int_eq(ON(a, munlock, low + 2 * P, 2 * P), 0);
	ck_assert_uint_eq(kernel_map_count(a), 1);
	ck_assert_int_eq(ON(a, mprotect, low + P, P, RO), 0);
	ck_assert_uint_eq(kernel_map_count(a), 3);
	ck_assert_int_eq(ON(a, mprotect, low, 8 * P, RW), 0);
	ck_assert_uint_eq(kernel_map_count(a), 1);
}
END_TEST

/* Two mappings that were touched apart have pages of their own kin each, and stay two. */
START_TEST(anon_vma)
{
	struct task_struct *a = task_new("a", 1000, 64);
	unsigned long ro = map_prot(a, 4, RO), rw;

	ck_assert_int_eq(ON(a, mprotect, ro, 4 * P, RW), 0);
	ck_assert_int_eq(ON(a, touch, ro, 4 * P, true), 0);
	ck_assert_int_eq(ON(a, mprotect, ro, 4 * P, RO), 0);
	rw = map_anon(a, 4);
	ck_assert_uint_eq(rw + 4 * P, ro);
	/* the second takes the first's kin at its first page, so the two can become one */
	ck_assert_int_eq(ON(a, touch, rw, P, true), 0);
	ck_assert_int_eq(ON(a, mprotect, ro, 4 * P, RW), 0);
	ONE_VMA(a, rw, rw, ro + 4 * P);
	/* moved away, pages keep their offset: no neighbour fits any more */
	ck_assert_int_gt(ON(a, mremap, rw, 8 * P, 16 * P), 0);
}
END_TEST

/*
 * Locking and unlocking the middle of untouched memory touches that part only. Up to 6.15
 * the three parts stay apart; since 6.16 they are one again, but for what a fork copied.
 */
START_TEST(faulted_middle)
{
	static const struct {
		const struct mm_rules *rules;
		long ret;	/* of an mremap over all three */
	} row[] = { { &rules_v6_12, -EFAULT }, { &rules_v6_18, 0 } };
	struct task_struct *a, *b;
	unsigned long ram;
	long ret;

	world_down();
	world_up(row[_i].rules, NULL);
	a = task_new("a", 1000, 64);
	ram = map_anon(a, 12);
	ck_assert_int_eq(ON(a, mlock, ram + 4 * P, 4 * P), 0);
	b = fork_task(a, "b");
	ck_assert_int_eq(ON(a, munlock, ram, 12 * P), 0);
	ret = ON(a, mremap, ram, 12 * P, 13 * P);
	ck_assert_int_eq(row[_i].ret ? ret : ret > 0 ? 0 : ret, row[_i].ret);
	/* the child's middle has its parent's pages behind it: it merges with neither side in either version */
	ck_assert_int_eq(ON(b, mlock2, ram, 12 * P, true), 0);
	ck_assert_int_eq(ON(b, munlock, ram, 12 * P), 0);
	ck_assert_int_eq(ON(b, mremap, ram, 12 * P, 13 * P), -EFAULT);
}
END_TEST

/* Shared mappings: one object each never merge, one file's neighbouring offsets do. */
START_TEST(file_merge)
{
	struct task_struct *a = task_new("a", 1000, 64);
	long fd = ON(a, memfd, 8 * P, false);
	struct mm_mmap_args args = { .len = 4 * P, .kind = MM_SHARED, .prot = RW, .fd = fd, .off = 4 * P };
	unsigned long high = ON(a, mmap, (unsigned long)&args), low;

	args.off = 0;
	low = ON(a, mmap, (unsigned long)&args);
	ONE_VMA(a, low, low, high + 4 * P);
	map_kind(a, 4 * P, MM_SHARED, RW, -1);
	map_kind(a, 4 * P, MM_SHARED, RW, -1);
	ck_assert_uint_eq(kernel_map_count(a), 3);
	args.off = 100;
	ck_assert_int_eq(ON(a, mmap, (unsigned long)&args), -EINVAL);
	args.off = 0;
	args.fd = 77;
	ck_assert_int_eq(ON(a, mmap, (unsigned long)&args), -EBADF);
}
END_TEST

/* mmap's errors, in its order. */
START_TEST(mmap_errors)
{
	struct task_struct *a = task_new("a", 1000, 64);
	struct mm_mmap_args args = { .len = 0, .prot = RW, .fd = -1 };

#define MMAP() ON(a, mmap, (unsigned long)&args)
	ck_assert_int_eq(MMAP(), -EINVAL);
	args.len = ~0ul;
	ck_assert_int_eq(MMAP(), -ENOMEM);
	args.len = 1ul << 47;
	ck_assert_int_eq(MMAP(), -ENOMEM);
	args.len = P;
	args.fixed = true;
	args.addr = 1ul << 47;
	ck_assert_int_eq(MMAP(), -ENOMEM);
	args.addr = (1ul << 47) - P;
	ck_assert_int_eq(MMAP(), -ENOMEM);
	args.addr = (1ul << 47) - 2 * P;
	ck_assert_int_eq(MMAP(), args.addr);
	args.addr = 0x10000100;
	ck_assert_int_eq(MMAP(), -EINVAL);
	args.addr = P;
	ck_assert_int_eq(MMAP(), -EPERM);
#undef MMAP
	ck_assert_int_eq(ON(a, munmap, P + 1, P), -EINVAL);
	ck_assert_int_eq(ON(a, munmap, P, 0), -EINVAL);
	ck_assert_int_eq(ON(a, munmap, 0, 1ul << 48), -EINVAL);
	ck_assert_int_eq(ON(a, munmap, P, P), 0);
	ck_assert_int_eq(ON(a, mprotect, P + 1, P, RO), -EINVAL);
	ck_assert_int_eq(ON(a, mprotect, P, 0, RO), 0);
	ck_assert_int_eq(ON(a, mprotect, P, P, RO), -ENOMEM);
	ck_assert_int_eq(ON(a, dontneed, P + 1, P), -EINVAL);
	ck_assert_int_eq(ON(a, dontneed, P, 0), 0);
	ck_assert_int_eq(ON(a, dontneed, P, P), -ENOMEM);
}
END_TEST

/* mremap's errors and its three ways: shrink, grow in place, move with the pages. */
START_TEST(mremap_ways)
{
	struct task_struct *a = task_new("a", 1000, 64);
	unsigned long ram = map_anon(a, 8), bar = map_kind(a, 4 * P, MM_PFNMAP, RW, -1), moved;
	long pfn;

	ck_assert_int_eq(ON(a, mremap, ram + 1, P, P), -EINVAL);
	ck_assert_int_eq(ON(a, mremap, ram, 8 * P, 0), -EINVAL);
	ck_assert_int_eq(ON(a, mremap, ram, 0, P), -EINVAL);
	ck_assert_int_eq(ON(a, mremap, ram, 9 * P, 10 * P), -EFAULT);
	ck_assert_int_eq(ON(a, mremap, P, P, 2 * P), -EFAULT);
	ck_assert_int_eq(ON(a, mremap, bar, 4 * P, 5 * P), -EFAULT);
	ck_assert_int_eq(ON(a, mremap, bar, 4 * P, 2 * P), bar);
	ck_assert_int_eq(ON(a, touch, ram, 8 * P, true), 0);
	pfn = mm_task_pfn(a, ram + 3 * P);
	moved = ON(a, mremap, ram + 2 * P, 4 * P, 6 * P);
	ck_assert_int_eq(mm_task_pfn(a, moved + P), pfn);
	ck_assert_int_eq(mm_task_pfn(a, ram + 3 * P), -1);
	ck_assert_uint_eq(kernel_total_vm(a), 8 + 2 + 2);
	ck_assert_int_eq(ON(a, touch, ram + 2 * P, P, true), MM_KILLED(MM_SIGSEGV));
}
END_TEST

/* MADV_DONTNEED: not on locked memory or BARs; what came before that VMA is gone. */
START_TEST(dontneed)
{
	struct task_struct *a = task_new("a", 1000, 64);
	unsigned long ram = map_anon(a, 8), huge = map_kind(a, 2 * M2, MM_HUGETLB, RW, -1);

	ck_assert_int_eq(ON(a, touch, ram, 8 * P, true), 0);
	ck_assert_int_eq(ON(a, mlock, ram + 4 * P, 4 * P), 0);
	ck_assert_int_eq(ON(a, dontneed, ram, 8 * P), -EINVAL);
	ck_assert_int_eq(mm_task_pfn(a, ram), -1);
	ck_assert_int_ge(mm_task_pfn(a, ram + 4 * P), 0);
	ck_assert_int_eq(ON(a, munmap, ram + 2 * P, P), 0);
	ck_assert_int_eq(ON(a, dontneed, ram, 4 * P), -ENOMEM);
	/* hugetlb, from 5.18 on: whole pages from a boundary */
	ck_assert_int_eq(ON(a, touch, huge, 2 * M2, true), 0);
	ck_assert_int_eq(ON(a, dontneed, huge + P, M2), -EINVAL);
	ck_assert_int_eq(ON(a, dontneed, huge, M2 + P), 0);
	ck_assert_int_eq(mm_task_pfn(a, huge), -1);
	ck_assert_int_ge(mm_task_pfn(a, huge + M2), 0);
}
END_TEST

/* mprotect of locked read-only memory to writable takes the pages at once. */
START_TEST(mprotect_locked)
{
	struct task_struct *a = task_new("a", 1000, 64);
	unsigned long ro = map_prot(a, 4, RO);

	ck_assert_int_eq(ON(a, mlock, ro, 4 * P), 0);
	ck_assert_int_eq(mm_task_pfn(a, ro), mm_task_pfn(a, ro + P));
	ck_assert_int_eq(ON(a, mprotect, ro, 2 * P, RW), 0);
	ck_assert_int_ne(mm_task_pfn(a, ro), mm_task_pfn(a, ro + P));
	ck_assert_int_eq(mm_task_pfn(a, ro + 2 * P), mm_task_pfn(a, ro + 3 * P));
	EXPECT_LOCKED(a, 4);
}
END_TEST

/* --- random programs ---------------------------------------------------------- */

#define WINDOW 40
#define LIMIT 24

struct page_model {
	bool mapped, locked;
	unsigned int prot;
	long pfn;		/* -1: nobody knows */
};

struct oracle {
	struct task_struct *task;
	unsigned long base;
	struct page_model page[WINDOW];
	unsigned long long rng;
	bool touch;		/* pages are touched: then VMAs are not foretold */
	long zero_pfn;
};

static unsigned long draw(struct oracle *o, unsigned long bound)
{
	o->rng ^= o->rng << 13;
	o->rng ^= o->rng >> 7;
	o->rng ^= o->rng << 17;
	return o->rng % bound;
}

static unsigned long count(const struct oracle *o, bool locked_only)
{
	unsigned long pages = 0;
	unsigned int i;

	for (i = 0; i < WINDOW; i++)
		pages += o->page[i].mapped && (!locked_only || o->page[i].locked);
	return pages;
}

static bool same_vma(const struct page_model *a, const struct page_model *b)
{
	return a->mapped && b->mapped && a->locked == b->locked && a->prot == b->prot;
}

/* Counters, protection, and without touches every VMA boundary. */
static void compare(const struct oracle *o)
{
	unsigned int i, flags;

	ck_assert_int_eq(locked(o->task), count(o, true));
	ck_assert_uint_eq(kernel_mlocked(o->task), count(o, true));
	ck_assert_uint_eq(kernel_total_vm(o->task), count(o, false));
	for (i = 0; i < WINDOW; i++) {
		const struct page_model *page = &o->page[i];
		unsigned long va = o->base + i * P, start = 0, end = kernel_vma(o->task, va, &start, &flags);

		ck_assert_int_eq(!!end, page->mapped);
		if (!end)
			continue;
		ck_assert_uint_eq(flags, page->prot | (page->locked ? 4 : 0));
		if (page->pfn >= 0)
			ck_assert_int_eq(mm_task_pfn(o->task, va), page->pfn);
		if (!o->touch && i)
			ck_assert_int_eq(start < va, same_vma(page - 1, page));
	}
}

/* The pages that the task has of its own now; the zero page is not one to keep. */
static void learn(struct oracle *o)
{
	unsigned int i;

	for (i = 0; i < WINDOW; i++) {
		long pfn = mm_task_pfn(o->task, o->base + i * P);

		o->page[i].pfn = pfn == o->zero_pfn ? -1 : pfn;
	}
}

static void forget(struct oracle *o, unsigned int first, unsigned int nr)
{
	for (; nr--; first++)
		o->page[first] = (struct page_model){ .pfn = -1 };
}

static void step_mmap(struct oracle *o, unsigned int first, unsigned int nr)
{
	static const unsigned int prots[] = { RW, RO, 0 };
	const struct mm_mmap_args args = {
		.len = nr * P, .prot = prots[draw(o, 3)], .fd = -1, .fixed = true, .addr = o->base + first * P,
	};

	ck_assert_int_eq(ON(o->task, mmap, (unsigned long)&args), args.addr);
	forget(o, first, nr);
	for (; nr--; first++)
		o->page[first] = (struct page_model){ .mapped = true, .prot = args.prot, .pfn = -1 };
}

static void step_munmap(struct oracle *o, unsigned int first, unsigned int nr)
{
	ck_assert_int_eq(ON(o->task, munmap, o->base + first * P, nr * P), 0);
	forget(o, first, nr);
}

static void step_mprotect(struct oracle *o, unsigned int first, unsigned int nr)
{
	static const unsigned int prots[] = { RW, RO, 0 };
	unsigned int prot = prots[draw(o, 3)], i;
	long want = 0;

	for (i = first; i < first + nr && !want; i++) {
		if (o->page[i].mapped)
			o->page[i].prot = prot;
		else
			want = -ENOMEM;
	}
	ck_assert_int_eq(ON(o->task, mprotect, o->base + first * P, nr * P, prot), want);
}

/* Onfault without touches, so that nothing is populated. */
static void step_mlock(struct oracle *o, unsigned int first, unsigned int nr)
{
	unsigned long used = count(o, true), overlap = 0;
	bool none = false;
	unsigned int i;
	long want = 0;

	for (i = first; i < first + nr; i++)
		overlap += o->page[i].mapped && o->page[i].locked;
	if (used + nr > LIMIT && used + nr - overlap > LIMIT)
		want = -ENOMEM;
	for (i = first; i < first + nr && !want; i++) {
		if (!o->page[i].mapped)
			want = -ENOMEM;
		else
			o->page[i].locked = true;
		none |= !o->page[i].prot;
	}
	if (o->touch && none)
		want = -ENOMEM;
	ck_assert_int_eq(ON(o->task, mlock2, o->base + first * P, nr * P, !o->touch), want);
}

static void step_munlock(struct oracle *o, unsigned int first, unsigned int nr)
{
	unsigned int i;
	long want = 0;

	for (i = first; i < first + nr && !want; i++) {
		if (o->page[i].mapped)
			o->page[i].locked = false;
		else
			want = -ENOMEM;
	}
	ck_assert_int_eq(ON(o->task, munlock, o->base + first * P, nr * P), want);
}

static void step_touch(struct oracle *o, unsigned int first, unsigned int nr)
{
	bool write = draw(o, 2);
	unsigned int i;

	for (i = first; i < first + nr; i++) {
		if (!o->page[i].mapped || !o->page[i].prot || (write && !(o->page[i].prot & MM_PROT_WRITE)))
			continue;
		ck_assert_int_eq(ON(o->task, touch, o->base + i * P, P, write), 0);
	}
}

/* Grows, in place or by a move, after which the old place is empty and the new one is dropped. */
static void step_mremap(struct oracle *o, unsigned int first, unsigned int nr)
{
	unsigned int more = 1 + draw(o, 6), i;
	unsigned long va = o->base + first * P;
	const struct page_model old = o->page[first];
	bool one = old.mapped, room = true;
	long ret;

	for (i = first + 1; i < first + nr; i++)
		one &= same_vma(&o->page[i - 1], &o->page[i]);
	ret = ON(o->task, mremap, va, nr * P, (nr + more) * P);
	if (!one) {
		ck_assert_int_eq(ret, -EFAULT);
		return;
	}
	if (o->touch && ret == -EFAULT)
		return;
	if (old.locked && count(o, true) + more > LIMIT) {
		ck_assert_int_eq(ret, -EAGAIN);
		return;
	}
	for (i = first + nr; i < first + nr + more && i < WINDOW; i++)
		room &= !o->page[i].mapped;
	ck_assert_int_eq(ret == (long)va, room);
	if (room) {
		for (i = first + nr; i < first + nr + more && i < WINDOW; i++)
			o->page[i] = (struct page_model){ true, old.locked, old.prot, -1 };
		if (first + nr + more > WINDOW) {
			unsigned long out = first + nr + more - WINDOW;

			ck_assert_int_eq(ON(o->task, munmap, o->base + WINDOW * P, out * P), 0);
		}
		return;
	}
	ck_assert_int_gt(ret, 0);
	for (i = 0; i < nr; i++)
		if (o->page[first + i].pfn >= 0)
			ck_assert_int_eq(mm_task_pfn(o->task, ret + i * P), o->page[first + i].pfn);
	ck_assert_int_eq(ON(o->task, munmap, ret, (nr + more) * P), 0);
	forget(o, first, nr);
}

static void random_program(unsigned long seed, bool touch)
{
	struct oracle o = { .rng = 0x9e3779b97f4a7c15ull * (seed + 1), .base = 0x10000000, .touch = touch };
	unsigned long ro;
	unsigned int step;

	o.task = task_new("a", 1000, LIMIT);
	ro = map_prot(o.task, 1, RO);
	ck_assert_int_eq(ON(o.task, touch, ro, P, false), 0);
	o.zero_pfn = mm_task_pfn(o.task, ro);
	ck_assert_int_eq(ON(o.task, munmap, ro, P), 0);
	forget(&o, 0, WINDOW);
	for (step = 0; step < 80; step++) {
		unsigned int first = draw(&o, WINDOW), nr = 1 + draw(&o, WINDOW - first > 12 ? 12 : WINDOW - first);

		switch (draw(&o, 9)) {
		case 0:
		case 1:
			step_mmap(&o, first, nr);
			break;
		case 2:
			step_munmap(&o, first, nr);
			break;
		case 3:
			step_mprotect(&o, first, nr);
			break;
		case 4:
		case 5:
			step_mlock(&o, first, nr);
			break;
		case 6:
			step_munlock(&o, first, nr);
			break;
		case 7:
			step_mremap(&o, first, nr);
			break;
		case 8:
			if (touch)
				step_touch(&o, first, nr);
			break;
		}
		compare(&o);
		if (touch)
			learn(&o);
	}
}

/* 40 programs a case; boundaries of untouched memory are exactly where pages differ. */
START_TEST(oracle)
{
	unsigned long seed;

	for (seed = 0; seed < 40; seed++) {
		random_program(_i * 40 + seed, false);
		world_down();
		world_up(&rules_v6_12, NULL);
	}
}
END_TEST

/* The same with touches and populating locks: counters and pages. */
START_TEST(oracle_touched)
{
	unsigned long seed;

	for (seed = 0; seed < 40; seed++) {
		random_program(_i * 40 + seed, true);
		world_down();
		world_up(&rules_v6_12, NULL);
	}
}
END_TEST

static void up(void)
{
	world_up(&rules_v6_12, NULL);
}

Suite *vma_suite(void)
{
	Suite *suite = suite_create("vma");
	TCase *tcase = tcase_create("vma");

	tcase_add_checked_fixture(tcase, up, world_down);
	tcase_add_test(tcase, merge);
	tcase_add_test(tcase, anon_vma);
	tcase_add_loop_test(tcase, faulted_middle, 0, 2);
	tcase_add_test(tcase, file_merge);
	tcase_add_test(tcase, mmap_errors);
	tcase_add_test(tcase, mremap_ways);
	tcase_add_test(tcase, dontneed);
	tcase_add_test(tcase, mprotect_locked);
	tcase_add_loop_test(tcase, oracle, 0, 5);
	tcase_add_loop_test(tcase, oracle_touched, 0, 5);
	suite_add_tcase(suite, tcase);
	return suite;
}
