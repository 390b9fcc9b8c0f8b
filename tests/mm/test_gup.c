// SPDX-License-Identifier: GPL-2.0-or-later
/* Pages: faults, pins, copy on write, fork and unshare by version, huge pages, and what a TiB costs. */
#include <time.h>
#include "harness.h"

#define PIN(task, va, nr, flags, pins) ON(task, pin, va, nr, flags, (unsigned long)(pins))
#define UNPIN(task, pins) ON(task, unpin, (unsigned long)(pins))

/* A pin faults in what is missing, survives munmap, and goes with unpin. */
START_TEST(pin_lifetime)
{
	struct task_struct *a = task_new("a", 1000, FINI);
	unsigned long ram = map_anon(a, 10);
	struct pins pins;
	long pfn;

	ck_assert_int_eq(mm_task_pfn(a, ram), -1);
	ck_assert_int_eq(PIN(a, ram, 10, PIN_WRITE | PIN_LONGTERM, &pins), 10);
	ck_assert_uint_eq(mm_pages_pinned(), 10);
	ck_assert_uint_eq(mm_task_pins(a, ram + 9 * P), 1);
	pfn = mm_task_pfn(a, ram);
	ck_assert_int_ge(pfn, 0);
	ck_assert_int_eq(ON(a, dontneed, ram, P), 0);
	ck_assert_int_eq(mm_task_pfn(a, ram), -1);
	ck_assert_uint_eq(mm_pages_pinned(), 10);
	/* the next touch gets another page: the device's and the task's views part */
	ck_assert_int_eq(ON(a, touch, ram, P, true), 0);
	ck_assert_int_ne(mm_task_pfn(a, ram), pfn);
	ck_assert_uint_eq(mm_task_pins(a, ram), 0);
	ck_assert_int_eq(ON(a, munmap, ram, 10 * P), 0);
	ck_assert_uint_eq(mm_pages_pinned(), 10);
	UNPIN(a, &pins);
	ck_assert_uint_eq(mm_pages_pinned(), 0);
}
END_TEST

/* Errors show when the first page fails, else the call is short. */
START_TEST(errors)
{
	struct task_struct *a = task_new("a", 1000, FINI);
	unsigned long ram = map_anon(a, 10), ro = map_prot(a, 4, RO), bar = map_kind(a, 4 * P, MM_PFNMAP, RW, -1);
	unsigned long none = map_prot(a, 4, 0);
	struct pins pins;

	ck_assert_int_eq(ON(a, munmap, ram + 6 * P, P), 0);
	ck_assert_int_eq(PIN(a, ram, 10, PIN_WRITE, &pins), 6);
	UNPIN(a, &pins);
	ck_assert_int_eq(PIN(a, ram + 6 * P, 1, PIN_WRITE, &pins), -EFAULT);
	ck_assert_int_eq(PIN(a, ro, 4, PIN_WRITE, &pins), -EFAULT);
	ck_assert_int_eq(PIN(a, bar, 4, PIN_WRITE, &pins), -EFAULT);
	ck_assert_int_eq(PIN(a, none, 4, 0, &pins), -EFAULT);
	ck_assert_int_eq(PIN(a, 0, 1, 0, &pins), -EFAULT);
	ck_assert_int_eq(PIN(a, 1ul << 47, 1, 0, &pins), -EFAULT);
	ck_assert_int_eq(PIN(a, ~0ul << 12, 4, 0, &pins), -EOVERFLOW);
	/* write access taken away after the touch: the entry must not be pinned for writing any more */
	ck_assert_int_eq(ON(a, touch, ram, 6 * P, true), 0);
	ck_assert_int_eq(ON(a, mprotect, ram, 6 * P, RO), 0);
	ck_assert_int_eq(PIN(a, ram, 6, PIN_WRITE, &pins), -EFAULT);
	ck_assert_int_eq(PIN(a, ram, 6, PIN_LONGTERM, &pins), 6);
	UNPIN(a, &pins);
	ck_assert_uint_eq(mm_pages_pinned(), 0);
}
END_TEST

/* The fault site gup: short at page K, and the same page fails when it is asked for again in the call. */
START_TEST(fault_site)
{
	struct task_struct *a = task_new("a", 1000, FINI);
	unsigned long ram = map_anon(a, 10);
	struct pins pins;

	sim_fault_arm(mm_task_actor(a), SIM_FAULT_GUP, 3);
	ck_assert_int_eq(PIN(a, ram, 10, PIN_WRITE, &pins), 3);
	UNPIN(a, &pins);
	sim_fault_arm(mm_task_actor(a), SIM_FAULT_GUP, 0);
	ck_assert_int_eq(PIN(a, ram, 10, PIN_WRITE, &pins), -EFAULT);
	ck_assert_int_eq(PIN(a, ram, 10, PIN_WRITE, &pins), 10);
	UNPIN(a, &pins);
}
END_TEST

/* ... within one call: the page that failed fails again, and is good in the next call. */
START_TEST(fault_site_again)
{
	struct task_struct *a = task_new("a", 1000, FINI);
	unsigned long ram = map_anon(a, 10);
	struct pins pins;

	sim_fault_arm(mm_task_actor(a), SIM_FAULT_GUP, 3);
	ck_assert_int_eq(ON(a, pin_again, ram, 10, (unsigned long)&pins), -EFAULT);
	UNPIN(a, &pins);
	sim_fault_arm(mm_task_actor(a), SIM_FAULT_GUP, 3);
	ck_assert_int_eq(PIN(a, ram, 10, PIN_WRITE, &pins), 3);
	UNPIN(a, &pins);
	ck_assert_int_eq(PIN(a, ram + 3 * P, 7, PIN_WRITE, &pins), 7);
	UNPIN(a, &pins);
}
END_TEST

/* A full vector ends the batch at a run's end; a run that goes on still fits. */
START_TEST(full_vector)
{
	struct task_struct *a = task_new("a", 1000, FINI);
	unsigned long ram = map_anon(a, 12), i;
	struct pins pins;

	/* each in a block of its own, from the end */
	for (i = 12; i; i -= 4)
		ck_assert_int_eq(ON(a, touch, ram + (i - 4) * P, 4 * P, true), 0);
	ck_assert_int_eq(ON(a, pin_few, ram, 12, 2, (unsigned long)&pins), 8);
	ck_assert_uint_eq(pins.nr, 2);
	UNPIN(a, &pins);
	ck_assert_int_eq(ON(a, pin_few, ram, 12, 3, (unsigned long)&pins), 12);
	UNPIN(a, &pins);
}
END_TEST

/* BARs: no pins, but their frames can be followed, within the VMA and its permission; reserved and contiguous. */
START_TEST(pfnmap)
{
	struct task_struct *a = task_new("a", 1000, FINI), *b;
	unsigned long bar = map_kind(a, 8 * P, MM_PFNMAP, RO, -1), ram = map_anon(a, 1), frame;

	ck_assert_int_eq(ON(a, follow, bar + 2 * P, 100, false, (unsigned long)&frame), 6);
	ck_assert(kernel_frame_reserved(frame));
	ck_assert_uint_ge(kernel_frame_contig(frame), 6);
	ck_assert_int_eq(mm_task_pfn(a, bar + 2 * P), (long)kernel_pfn(frame));
	ck_assert_int_eq(ON(a, follow, bar, 1, true, (unsigned long)&frame), -EFAULT);
	ck_assert_int_eq(ON(a, follow, ram, 1, false, (unsigned long)&frame), -EFAULT);
	ck_assert_int_eq(ON(a, follow, bar - 100 * P, 1, false, (unsigned long)&frame), -EFAULT);
	ck_assert_int_eq(ON(a, touch, bar, 8 * P, false), 0);
	ck_assert_int_eq(ON(a, dontneed, bar, P), -EINVAL);
	b = fork_task(a, "b");
	ck_assert_int_eq(mm_task_pfn(b, bar), mm_task_pfn(a, bar));
}
END_TEST

/* Frames and physical addresses lead to each other, for each kind of frame. */
START_TEST(addresses)
{
	static const enum mm_mmap_kind kinds[] = { MM_ANON, MM_HUGETLB, MM_PFNMAP, MM_SHARED };
	struct task_struct *a;
	unsigned int kind, i;

	world_down();
	world_up(&rules_v6_12, &(struct mm_config){ .hugepages = ~0ul, .contig_pages = 1 + 7 * _i });
	a = task_new("a", 1000, FINI);
	for (kind = 0; kind < 4; kind++) {
		unsigned long va = map_kind(a, M2, kinds[kind], RW, -1), head;

		ck_assert_int_eq(ON(a, touch, va, M2, true), 0);
		for (i = 0; i < 512; i += 37) {
			long pfn = mm_task_pfn(a, va + i * P);
			unsigned long frame = kernel_frame_of_pfn(pfn);

			ck_assert_int_ge(pfn, 0);
			ck_assert_uint_eq(kernel_pfn(frame), pfn);
			ck_assert_uint_ge(kernel_frame_contig(frame), 1);
			ck_assert_int_eq(kernel_frame_reserved(frame), kinds[kind] == MM_PFNMAP);
			ck_assert_uint_eq(kernel_frame_folio(frame, &head), kinds[kind] == MM_HUGETLB ? 512 : 1);
			ck_assert_uint_eq(head, frame - (kinds[kind] == MM_HUGETLB ? i : 0));
		}
	}
}
END_TEST

/* hugetlb after a fork: a write takes a copy of the whole folio, the last owner keeps his; mremap by 2M only. */
START_TEST(hugetlb_cow)
{
	struct task_struct *a = task_new("a", 1000, FINI), *b;
	unsigned long va = map_kind(a, 2 * M2, MM_HUGETLB, RW, -1);
	long pfn;

	ck_assert_int_eq(ON(a, touch, va, 2 * M2, true), 0);
	pfn = mm_task_pfn(a, va);
	b = fork_task(a, "b");
	ck_assert_int_eq(mm_task_pfn(b, va), pfn);
	ck_assert_int_eq(ON(b, touch, va + 77 * P, P, true), 0);
	ck_assert_int_ne(mm_task_pfn(b, va), pfn);
	ck_assert_int_eq(mm_task_pfn(b, va) + 511, mm_task_pfn(b, va + 511 * P));
	ck_assert_int_eq(mm_task_pfn(b, va + M2), mm_task_pfn(a, va + M2));
	ck_assert_int_eq(ON(a, touch, va, P, true), 0);
	ck_assert_int_eq(mm_task_pfn(a, va), pfn);
	ck_assert_int_eq(ON(a, mremap, va + P, M2, M2), -EINVAL);
	ck_assert_int_eq(ON(a, mremap, va, 2 * M2, 3 * M2), -EINVAL);
	ck_assert_int_eq(ON(a, mremap, va, 2 * M2, M2), va);
	ck_assert_int_eq(mm_task_pfn(a, va + M2), -1);
}
END_TEST

/* An empty pool: the owner of the mapping takes its page back from the child, who dies when he comes to it. */
START_TEST(hugetlb_take_back)
{
	struct task_struct *a, *b;
	unsigned long va;
	long pfn;

	world_down();
	world_up(&rules_v6_12, &(struct mm_config){ .hugepages = 2 });
	a = task_new("a", 1000, FINI);
	va = map_kind(a, 2 * M2, MM_HUGETLB, RW, -1);
	ck_assert_int_eq(ON(a, touch, va, 2 * M2, true), 0);
	pfn = mm_task_pfn(a, va);
	b = fork_task(a, "b");
	ck_assert_int_eq(ON(a, touch, va + 3 * P, P, true), 0);
	ck_assert_int_eq(mm_task_pfn(a, va), pfn);
	ck_assert_int_eq(mm_task_pfn(b, va), -1);
	ck_assert_int_ne(mm_task_pfn(b, va + M2), -1);
	ck_assert_int_eq(ON(b, touch, va + M2, M2, false), 0);
	ck_assert_int_eq(ON(b, touch, va, P, false), MM_KILLED(MM_SIGBUS));
}
END_TEST

/* A private hugetlb mapping that is split keeps each part's reservation. */
START_TEST(hugetlb_split)
{
	struct mm_mmap_args args = { .len = 3 * M2, .kind = MM_HUGETLB, .prot = RW, .fd = -1 };
	struct task_struct *a;
	unsigned long va;

	world_down();
	world_up(&rules_v6_12, &(struct mm_config){ .hugepages = 3 });
	a = task_new("a", 1000, FINI);
	va = ON(a, mmap, (unsigned long)&args);
	ck_assert_int_eq(ON(a, touch, va + M2, M2, true), 0);
	ck_assert_int_eq(ON(a, munmap, va + M2, M2), 0);
	args.len = M2;
	ck_assert_int_gt(ON(a, mmap, (unsigned long)&args), 0);
	ck_assert_int_eq(ON(a, mmap, (unsigned long)&args), -ENOMEM);
	ck_assert_int_eq(ON(a, touch, va, M2, true), 0);
	ck_assert_int_eq(ON(a, touch, va + 2 * M2, M2, false), 0);
	ck_assert_int_eq(ON(a, munmap, va, M2), 0);
	ck_assert_int_gt(ON(a, mmap, (unsigned long)&args), 0);
}
END_TEST

/* Host memory ends: a pin is short, then ENOMEM; a touch kills. */
START_TEST(out_of_memory)
{
	struct task_struct *a;
	unsigned long ram;
	struct pins pins;

	world_down();
	world_up(&rules_v6_12, &(struct mm_config){ .pages = 8, .hugepages = ~0ul });
	a = task_new("a", 1000, FINI);
	ram = map_anon(a, 20);
	ck_assert_int_eq(PIN(a, ram, 20, PIN_WRITE, &pins), 8);
	ck_assert_int_eq(PIN(a, ram + 8 * P, 12, PIN_WRITE, &(struct pins){ .nr = 0 }), -ENOMEM);
	UNPIN(a, &pins);
	ck_assert_int_eq(ON(a, dontneed, ram, 4 * P), 0);
	ck_assert_int_eq(ON(a, touch, ram + 8 * P, 4 * P, true), 0);
	ck_assert_int_eq(ON(a, touch, ram, P, true), MM_KILLED(MM_SIGBUS));
	ck_assert(!mm_task_alive(a));
}
END_TEST

/* Reads of untouched private memory see the zero page; a write replaces it. */
START_TEST(zero_page)
{
	struct task_struct *a = task_new("a", 1000, FINI);
	unsigned long ram = map_anon(a, 10);

	ck_assert_int_eq(ON(a, touch, ram, 10 * P, false), 0);
	ck_assert_int_ge(mm_task_pfn(a, ram), 0);
	ck_assert_int_eq(mm_task_pfn(a, ram), mm_task_pfn(a, ram + 9 * P));
	ck_assert_int_eq(ON(a, touch, ram + P, P, true), 0);
	ck_assert_int_ne(mm_task_pfn(a, ram), mm_task_pfn(a, ram + P));
}
END_TEST

/* A read-only long-term pin of untouched memory, by version. */
START_TEST(zero_page_pin)
{
	static const struct {
		const struct mm_rules *rules;
		bool zero;		/* pins the zero page */
		unsigned long counted;	/* and counts so many pins on it */
	} row[] = {
		{ &rules_v5_4, true, 10 }, { &rules_v5_10, true, 10 }, { &rules_v6_1, true, 10 },
		{ &rules_v6_12, false, 0 },
	};
	struct task_struct *a;
	struct pins pins;
	unsigned long ram;

	world_down();
	world_up(row[_i].rules, NULL);
	a = task_new("a", 1000, FINI);
	ram = map_anon(a, 10);
	ck_assert_int_eq(PIN(a, ram, 10, PIN_LONGTERM, &pins), 10);
	ck_assert_int_eq(kernel_frame_is_zero(pins.run[0].frame), row[_i].zero);
	ck_assert_uint_eq(mm_task_pins(a, ram), row[_i].zero ? row[_i].counted : 1);
	/* distinct pages: the zero page is one */
	ck_assert_uint_eq(mm_pages_pinned(), row[_i].zero ? 1 : 10);
	UNPIN(a, &pins);
	ck_assert_uint_eq(mm_pages_pinned(), 0);
	/* without LONGTERM the zero page is taken as it is, also where that leaves no count */
	ck_assert_int_eq(PIN(a, ram + P, 1, 0, &pins), 1);
	UNPIN(a, &pins);
}
END_TEST

/* A write pin of the zero page replaces it. */
START_TEST(zero_page_write_pin)
{
	struct task_struct *a = task_new("a", 1000, FINI);
	unsigned long ram = map_anon(a, 2);
	struct pins pins;

	ck_assert_int_eq(ON(a, touch, ram, 2 * P, false), 0);
	ck_assert_int_eq(PIN(a, ram, 2, PIN_WRITE, &pins), 2);
	ck_assert(!kernel_frame_is_zero(pins.run[0].frame));
	ck_assert_uint_eq(kernel_pfn(pins.run[0].frame), mm_task_pfn(a, ram));
	UNPIN(a, &pins);
}
END_TEST

/* fork of unpinned memory: shared, each write takes a copy, the last owner keeps the page. */
START_TEST(cow)
{
	struct task_struct *a = task_new("a", 1000, FINI), *b;
	unsigned long ram = map_anon(a, 4);
	long pfn, second;

	ck_assert_int_eq(ON(a, touch, ram, 4 * P, true), 0);
	pfn = mm_task_pfn(a, ram);
	second = mm_task_pfn(a, ram + P);
	b = fork_task(a, "b");
	ck_assert_int_eq(mm_task_pfn(b, ram), pfn);
	ck_assert_int_eq(ON(a, touch, ram, P, true), 0);
	ck_assert_int_ne(mm_task_pfn(a, ram), pfn);
	ck_assert_int_eq(mm_task_pfn(b, ram), pfn);
	/* the child is alone with it now */
	ck_assert_int_eq(ON(b, touch, ram, P, true), 0);
	ck_assert_int_eq(mm_task_pfn(b, ram), pfn);
	ck_assert_int_eq(ON(b, exit, 0), 0);
	ck_assert_int_eq(ON(a, touch, ram + P, P, true), 0);
	ck_assert_int_eq(mm_task_pfn(a, ram + P), second);
}
END_TEST

/* fork of pinned memory, by version: who has the pinned page after the parent writes. */
START_TEST(fork_pinned)
{
	static const struct {
		const struct mm_rules *rules;
		bool child_copy;	/* at fork */
	} row[] = { { &rules_v5_4, false }, { &rules_v5_10, true }, { &rules_v5_19, true }, { &rules_v6_12, true } };
	struct task_struct *a, *b;
	unsigned long ram;
	struct pins pins;
	long pfn, other;

	world_down();
	world_up(row[_i].rules, NULL);
	a = task_new("a", 1000, FINI);
	ram = map_anon(a, 4);
	ck_assert_int_eq(ON(a, touch, ram, 4 * P, true), 0);
	ck_assert_int_eq(PIN(a, ram, 2, PIN_WRITE | PIN_LONGTERM, &pins), 2);
	pfn = mm_task_pfn(a, ram);
	other = mm_task_pfn(a, ram + 3 * P);
	b = fork_task(a, "b");
	ck_assert_int_eq(mm_task_pfn(b, ram) != pfn, row[_i].child_copy);
	/* what is not pinned is shared everywhere */
	ck_assert_int_eq(mm_task_pfn(b, ram + 3 * P), other);
	ck_assert_uint_eq(mm_task_pins(a, ram), 1);
	ck_assert_uint_eq(mm_task_pins(b, ram), row[_i].child_copy ? 0 : 1);
	ck_assert_int_eq(ON(a, touch, ram, P, true), 0);
	/* before 5.9 the device keeps the old page, which the parent has lost */
	ck_assert_int_eq(mm_task_pfn(a, ram) == pfn, row[_i].child_copy);
	UNPIN(a, &pins);
}
END_TEST

/* The child has never pinned: what it inherits shared and pins later is its own, and its forks share. */
START_TEST(has_pinned_not_inherited)
{
	struct task_struct *a = task_new("a", 1000, FINI), *b, *c;
	unsigned long ram = map_anon(a, 2);
	struct pins pins;
	long pfn;

	ck_assert_int_eq(ON(a, touch, ram, 2 * P, true), 0);
	ck_assert_int_eq(PIN(a, ram, 1, PIN_WRITE, &pins), 1);
	b = fork_task(a, "b");
	pfn = mm_task_pfn(b, ram);
	c = fork_task(b, "c");
	ck_assert_int_eq(mm_task_pfn(c, ram), pfn);
	UNPIN(a, &pins);
}
END_TEST

/* A read-only long-term pin of a page shared by fork: stale before 5.19, a page of one's own since. */
START_TEST(ro_unshare)
{
	static const struct {
		const struct mm_rules *rules;
		bool own;
	} row[] = { { &rules_v5_10, false }, { &rules_v5_19, true }, { &rules_v6_12, true } };
	struct task_struct *a, *b;
	unsigned long ram;
	struct pins pins;
	long pfn;

	world_down();
	world_up(row[_i].rules, NULL);
	a = task_new("a", 1000, FINI);
	ram = map_anon(a, 1);
	ck_assert_int_eq(ON(a, touch, ram, P, true), 0);
	pfn = mm_task_pfn(a, ram);
	b = fork_task(a, "b");
	ck_assert_int_eq(PIN(b, ram, 1, PIN_LONGTERM, &pins), 1);
	ck_assert_int_eq(mm_task_pfn(b, ram) != pfn, row[_i].own);
	/* a later write of the pinner reaches the pinned page only if it is his */
	ck_assert_int_eq(ON(b, touch, ram, P, true), 0);
	ck_assert_int_eq(mm_task_pfn(b, ram) == (long)kernel_pfn(pins.run[0].frame), row[_i].own);
	UNPIN(b, &pins);
}
END_TEST

/* Private mappings of a file: read-only pins take the file's page up to 6.1, a copy since 6.2. */
START_TEST(ro_file)
{
	static const struct {
		const struct mm_rules *rules;
		bool own;
	} row[] = { { &rules_v6_1, false }, { &rules_v6_12, true } };
	unsigned long priv, shared;
	struct task_struct *a;
	struct pins pins;
	long fd;

	world_down();
	world_up(row[_i].rules, NULL);
	a = task_new("a", 1000, FINI);
	fd = ON(a, memfd, 4 * P, false);
	priv = map_kind(a, 4 * P, MM_ANON, RW, fd);
	shared = map_kind(a, 4 * P, MM_SHARED, RW, fd);
	ck_assert_int_eq(PIN(a, priv, 4, PIN_LONGTERM, &pins), 4);
	ck_assert_int_eq(ON(a, touch, shared, 4 * P, true), 0);
	ck_assert_int_eq(mm_task_pfn(a, priv) != mm_task_pfn(a, shared), row[_i].own);
	UNPIN(a, &pins);
	/* the same page through the shared mapping and through the file */
	ck_assert_int_eq(PIN(a, shared, 4, PIN_WRITE | PIN_LONGTERM, &pins), 4);
	ck_assert_uint_eq(kernel_pfn(pins.run[0].frame), mm_task_pfn(a, shared));
	UNPIN(a, &pins);
	ck_assert_int_eq(ON(a, pin_memfd, fd, 0, 4, (unsigned long)&pins), 4);
	ck_assert_uint_eq(kernel_pfn(pins.run[0].frame), mm_task_pfn(a, shared));
	UNPIN(a, &pins);
	ck_assert_int_eq(ON(a, pin_memfd, fd, 2, 3, (unsigned long)&pins), -EINVAL);
}
END_TEST

/* A memfd's pages live with the file: through munmap, until the last of mappings, fds and pins. */
START_TEST(memfd_life)
{
	struct task_struct *a = task_new("a", 1000, FINI), *b;
	long fd = ON(a, memfd, 8 * P, false), pfn;
	unsigned long va = map_kind(a, 8 * P, MM_SHARED, RW, fd), again;
	struct pins pins;

	ck_assert_int_eq(ON(a, touch, va, 8 * P, true), 0);
	pfn = mm_task_pfn(a, va);
	ck_assert_int_eq(ON(a, munmap, va, 8 * P), 0);
	again = map_kind(a, 8 * P, MM_SHARED, RW, fd);
	ck_assert_int_eq(ON(a, touch, again, P, false), 0);
	ck_assert_int_eq(mm_task_pfn(a, again), pfn);
	ck_assert_int_eq(ON(a, touch, again + 8 * P - 1, 1, true), 0);
	b = fork_task(a, "b");
	ck_assert_int_eq(ON(b, touch, again, P, true), 0);
	ck_assert_int_eq(mm_task_pfn(b, again), pfn);
	ck_assert_int_eq(PIN(a, again, 1, PIN_WRITE, &pins), 1);
	ck_assert_int_eq(ON(a, close, fd), 0);
	ck_assert_int_eq(ON(a, munmap, again, 8 * P), 0);
	ck_assert_int_eq(ON(b, exit, 0), 0);
	ck_assert_uint_eq(mm_pages_pinned(), 1);
	UNPIN(a, &pins);
}
END_TEST

/* Past the end of the file: SIGBUS for the task, EFAULT for a pin. */
START_TEST(past_end)
{
	struct task_struct *a = task_new("a", 1000, FINI);
	long fd = ON(a, memfd, 2 * P, false);
	unsigned long va = map_kind(a, 4 * P, MM_SHARED, RW, fd);
	struct pins pins;

	ck_assert_int_eq(PIN(a, va, 4, PIN_WRITE, &pins), 2);
	UNPIN(a, &pins);
	ck_assert_int_eq(PIN(a, va + 2 * P, 1, PIN_WRITE, &pins), -EFAULT);
	ck_assert_int_eq(ON(a, touch, va + 2 * P, P, false), MM_KILLED(MM_SIGBUS));
}
END_TEST

/* Without a VMA or permission: SIGSEGV, and all threads die. */
START_TEST(segv)
{
	struct task_struct *a = task_new("a", 1000, FINI), *t = NULL;
	unsigned long ro = map_prot(a, 1, RO);

	ck_assert_int_eq(ON(a, thread, (unsigned long)"t", (unsigned long)&t), 0);
	ck_assert_int_eq(ON(t, touch, ro, P, true), MM_KILLED(MM_SIGSEGV));
	ck_assert(!mm_task_alive(a));
	ck_assert(!mm_task_alive(t));
}
END_TEST

/* hugetlb: the pool's reservations, whole folios, SIGBUS for a child that has none. */
START_TEST(hugetlb)
{
	struct mm_mmap_args two = { .len = M2 + 1, .kind = MM_HUGETLB, .prot = RW, .fd = -1 };
	struct task_struct *a, *b;
	struct pins pins;
	unsigned long va;

	world_down();
	world_up(&rules_v6_12, &(struct mm_config){ .hugepages = 3 });
	a = task_new("a", 1000, FINI);
	va = ON(a, mmap, (unsigned long)&two);
	ck_assert_uint_eq(va % M2, 0);
	ck_assert_uint_eq(kernel_total_vm(a), 1024);
	/* two are promised, one is left */
	ck_assert_int_eq(ON(a, mmap, (unsigned long)&two), -ENOMEM);
	ck_assert_int_eq(ON(a, munmap, va + P, P), -EINVAL);
	ck_assert_int_eq(ON(a, touch, va + 5 * P, P, true), 0);
	ck_assert_int_eq(mm_task_pfn(a, va) + 5, mm_task_pfn(a, va + 5 * P));
	ck_assert_int_eq(mm_task_pfn(a, va + M2), -1);
	ck_assert_int_eq(PIN(a, va + 7 * P, 2, PIN_WRITE | PIN_LONGTERM, &pins), 2);
	b = fork_task(a, "b");
	/* the pinned folio was copied into the last page that nobody was promised */
	ck_assert_int_ne(mm_task_pfn(b, va), mm_task_pfn(a, va));
	ck_assert_int_eq(ON(b, touch, va + M2, P, true), MM_KILLED(MM_SIGBUS));
	ck_assert_int_eq(ON(a, touch, va + M2, P, true), 0);
	ck_assert_int_eq(ON(a, munmap, va, 2 * M2), 0);
	/* the pin holds its folio: two of three are free */
	two.len = 3 * M2;
	ck_assert_int_eq(ON(a, mmap, (unsigned long)&two), -ENOMEM);
	UNPIN(a, &pins);
	ck_assert_int_gt(ON(a, mmap, (unsigned long)&two), 0);
}
END_TEST

/* thp: whole folios where the VMA covers them, small pages at the edges; a small write after fork copies one page. */
START_TEST(thp)
{
	struct task_struct *a = task_new("a", 1000, FINI), *b;
	unsigned long huge = map_kind(a, 2 * M2 + 10 * P, MM_THP, RW, -1), edge = huge + 2 * M2;
	long pfn;

	ck_assert_uint_eq(huge % M2, 0);

	ck_assert_int_eq(ON(a, touch, huge + 3 * P, P, true), 0);
	pfn = mm_task_pfn(a, huge);
	ck_assert_int_eq(pfn % 512, 0);
	ck_assert_int_eq(mm_task_pfn(a, huge + 511 * P), pfn + 511);
	ck_assert_int_eq(ON(a, touch, huge, 2 * M2 + 10 * P, true), 0);
	ck_assert_int_ne(mm_task_pfn(a, edge) + 1, mm_task_pfn(a, edge + P));
	b = fork_task(a, "b");
	ck_assert_int_eq(ON(b, touch, huge + P, P, true), 0);
	ck_assert_int_eq(mm_task_pfn(b, huge), pfn);
	ck_assert_int_ne(mm_task_pfn(b, huge + P), pfn + 1);
	ck_assert_int_eq(mm_task_pfn(b, huge + 2 * P), pfn + 2);
	/* the parent's page is mapped once now, but its folio is not his alone: a copy as well */
	ck_assert_int_eq(ON(a, touch, huge + P, P, true), 0);
	ck_assert_int_ne(mm_task_pfn(a, huge + P), pfn + 1);
}
END_TEST

/*
 * thp: parts of a folio that a child had shared. Up to 6.14 only a folio that is whole
 * is kept by its last owner; since 6.15 what is left of one as well (seen on 6.18).
 */
START_TEST(thp_last_owner)
{
	static const struct {
		const struct mm_rules *rules;
		bool keeps;
	} row[] = { { &rules_v6_12, false }, { &rules_v6_18, true } };
	struct task_struct *a, *b;
	unsigned long huge;
	long pfn, whole;

	world_down();
	world_up(row[_i].rules, NULL);
	a = task_new("a", 1000, FINI);
	huge = map_kind(a, 2 * M2, MM_THP, RW, -1);
	ck_assert_int_eq(ON(a, touch, huge, 2 * M2, true), 0);
	pfn = mm_task_pfn(a, huge);
	whole = mm_task_pfn(a, huge + M2);
	b = fork_task(a, "b");
	ck_assert_int_eq(ON(b, touch, huge + P, P, true), 0);
	ck_assert_int_eq(ON(a, touch, huge + P, P, true), 0);
	ck_assert_int_ne(mm_task_pfn(a, huge + P), pfn + 1);
	ck_assert_int_eq(ON(a, touch, huge + 2 * P, P, true), 0);
	ck_assert_int_ne(mm_task_pfn(a, huge + 2 * P), pfn + 2);
	ck_assert_int_eq(ON(b, exit, 0), 0);
	ck_assert_int_eq(ON(a, touch, huge + 3 * P, P, true), 0);
	ck_assert_int_eq(mm_task_pfn(a, huge + 3 * P) == pfn + 3, row[_i].keeps);
	ck_assert_int_eq(ON(a, touch, huge + M2 + P, P, true), 0);
	ck_assert_int_eq(mm_task_pfn(a, huge + M2 + P), whole + 1);
}
END_TEST

/* thp: a read maps the zero page, a write to it takes a folio; a pinned folio is copied in pages by fork. */
START_TEST(thp_zero_and_pin)
{
	struct task_struct *a = task_new("a", 1000, FINI), *b;
	unsigned long huge = map_kind(a, 2 * M2, MM_THP, RW, -1);
	struct pins pins;
	long pfn;

	ck_assert_int_eq(ON(a, touch, huge + P, P, false), 0);
	ck_assert_int_eq(mm_task_pfn(a, huge), mm_task_pfn(a, huge + 511 * P));
	ck_assert_int_eq(mm_task_pfn(a, huge + M2), -1);
	ck_assert_int_eq(ON(a, touch, huge + 5 * P, P, true), 0);
	pfn = mm_task_pfn(a, huge);
	ck_assert_int_eq(mm_task_pfn(a, huge + 511 * P), pfn + 511);
	ck_assert_int_eq(ON(a, touch, huge + M2, P, true), 0);
	/* one page of the first folio is pinned: all of that folio is copied, the other shared */
	ck_assert_int_eq(PIN(a, huge + 100 * P, 1, PIN_WRITE, &pins), 1);
	b = fork_task(a, "b");
	ck_assert_int_ne(mm_task_pfn(b, huge), pfn);
	ck_assert_int_ne(mm_task_pfn(b, huge + 511 * P), pfn + 511);
	ck_assert_int_eq(mm_task_pfn(b, huge + M2), mm_task_pfn(a, huge + M2));
	ck_assert_int_eq(ON(a, touch, huge, M2, true), 0);
	ck_assert_int_eq(mm_task_pfn(a, huge), pfn);
	UNPIN(a, &pins);
}
END_TEST

/* thp without memory for a folio falls back to small pages, as far as those go. */
START_TEST(thp_fallback)
{
	struct task_struct *a;
	unsigned long huge;

	world_down();
	world_up(&rules_v6_12, &(struct mm_config){ .pages = 600, .hugepages = ~0ul });
	a = task_new("a", 1000, FINI);
	huge = map_kind(a, 2 * M2, MM_THP, RW, -1);
	ck_assert_int_eq(ON(a, touch, huge, M2 + 80 * P, true), 0);
	ck_assert_int_eq(mm_task_pfn(a, huge) + 511, mm_task_pfn(a, huge + 511 * P));
	ck_assert_int_ne(mm_task_pfn(a, huge + M2) + 1, mm_task_pfn(a, huge + M2 + P));
	/* a part of the folio that goes does not give memory back, the last of it does */
	ck_assert_int_eq(ON(a, munmap, huge, 300 * P), 0);
	ck_assert_int_eq(ON(a, munmap, huge + 300 * P, 212 * P), 0);
	ck_assert_int_eq(ON(a, touch, huge + M2, M2, true), 0);
}
END_TEST

/* A hugetlb memfd: 2M offsets and sizes, one reservation for all who map it, EFAULT where the pool is empty. */
START_TEST(hugetlb_memfd)
{
	struct mm_mmap_args args = { .len = 2 * M2, .kind = MM_SHARED, .prot = RW };
	struct task_struct *a;
	unsigned long va, priv;
	struct pins pins;
	long fd, more;

	world_down();
	world_up(&rules_v6_12, &(struct mm_config){ .hugepages = 3 });
	a = task_new("a", 1000, FINI);
	ck_assert_int_eq(ON(a, memfd, M2 + P, true), -EINVAL);
	fd = args.fd = ON(a, memfd, 2 * M2, true);
	va = ON(a, mmap, (unsigned long)&args);
	ck_assert_uint_eq(va % M2, 0);
	/* the same pages are promised once */
	ck_assert_int_gt(ON(a, mmap, (unsigned long)&args), 0);
	args.off = P;
	ck_assert_int_eq(ON(a, mmap, (unsigned long)&args), -EINVAL);
	args.off = 0;
	more = args.fd = ON(a, memfd, 2 * M2, true);
	ck_assert_int_eq(ON(a, mmap, (unsigned long)&args), -ENOMEM);
	ck_assert_int_eq(ON(a, pin_memfd, fd, 5, 600, (unsigned long)&pins), 600);
	ck_assert_int_eq(ON(a, touch, va, 2 * M2, true), 0);
	ck_assert_uint_eq(kernel_pfn(pins.run[0].frame), mm_task_pfn(a, va + 5 * P));
	ck_assert_uint_eq(mm_task_pins(a, va + 4 * P), 0);
	ck_assert_uint_eq(mm_task_pins(a, va + 5 * P), 1);
	UNPIN(a, &pins);
	/* one page is left, which a private mapping is promised for its copy */
	priv = map_kind(a, M2, MM_ANON, RW, fd);
	args.kind = MM_ANON;
	ck_assert_int_eq(ON(a, mmap, (unsigned long)&args), -ENOMEM);
	ck_assert_int_eq(ON(a, touch, priv, M2, false), 0);
	ck_assert_int_eq(mm_task_pfn(a, priv + P), mm_task_pfn(a, va + P));
	ck_assert_int_eq(PIN(a, priv + P, 1, PIN_WRITE, &pins), 1);
	ck_assert_int_ne(mm_task_pfn(a, priv + P), mm_task_pfn(a, va + P));
	UNPIN(a, &pins);
	ck_assert_int_eq(ON(a, pin_memfd, more, 0, 1, (unsigned long)&pins), -ENOMEM);
	ck_assert_uint_eq(pins.nr, 0);
	ck_assert_int_eq(ON(a, munmap, priv, M2), 0);
	ck_assert_int_eq(ON(a, pin_memfd, more, 0, 1, (unsigned long)&pins), 1);
	/* a second page there has none: the whole batch is undone */
	ck_assert_int_eq(ON(a, pin_memfd, more, 0, 1024, (unsigned long)&(struct pins){ .nr = 0 }), -ENOMEM);
	ck_assert_uint_eq(mm_pages_pinned(), 1);
	UNPIN(a, &pins);
}
END_TEST

/* Physical layout: contig=4K leaves a hole behind each page, 2M one behind each 512; blocks are aligned. */
START_TEST(contig)
{
	struct task_struct *a = task_new("a", 1000, FINI);
	unsigned long ram = map_anon(a, 1024);
	struct pins pins;

	ck_assert_int_eq(ON(a, touch, ram, 4 * P, true), 0);
	ck_assert_int_eq(mm_task_pfn(a, ram) + 2, mm_task_pfn(a, ram + P));
	world_down();
	world_up(&rules_v6_12, &(struct mm_config){ .hugepages = ~0ul, .contig_pages = 512 });
	a = task_new("a", 1000, FINI);
	ram = map_anon(a, 2048);
	ck_assert_int_eq(ON(a, touch, ram, 1024 * P, true), 0);
	ck_assert_int_eq(mm_task_pfn(a, ram) % 512, 0);
	ck_assert_int_eq(mm_task_pfn(a, ram) + 511, mm_task_pfn(a, ram + 511 * P));
	ck_assert_int_eq(mm_task_pfn(a, ram) + 1024, mm_task_pfn(a, ram + 512 * P));
	/* a touch begins a new block */
	ck_assert_int_eq(ON(a, touch, ram + 1030 * P, 3 * P, true), 0);
	ck_assert_int_eq(mm_task_pfn(a, ram + 1030 * P) % 512, 0);
	ck_assert_int_eq(PIN(a, ram, 1024, PIN_WRITE, &pins), 1024);
	ck_assert_uint_eq(pins.nr, 1);
	ck_assert_uint_eq(kernel_frame_contig(pins.run[0].frame + 100), 412);
	UNPIN(a, &pins);
}
END_TEST

/* 1 TiB: touched, pinned, forked and unpinned in a few runs and no time. */
START_TEST(scale)
{
	const unsigned long pages = 1ul << 28;
	struct task_struct *a, *b;
	struct timespec from, to;
	unsigned long ram;
	struct pins pins;
	long ms;

	world_down();
	world_up(&rules_v6_12, &(struct mm_config){ .hugepages = ~0ul, .contig_pages = 512 });
	clock_gettime(CLOCK_MONOTONIC, &from);
	a = task_new("a", 0, FINI);
	ram = map_anon(a, pages);
	ck_assert_int_eq(ON(a, mlock, ram, pages * P), 0);
	EXPECT_LOCKED(a, pages);
	ck_assert_int_eq(PIN(a, ram, pages, PIN_WRITE | PIN_LONGTERM, &pins), pages);
	ck_assert_uint_eq(pins.nr, 1);
	ck_assert_uint_eq(kernel_page_runs(a), 1);
	ck_assert_uint_eq(mm_pages_pinned(), pages);
	b = fork_task(a, "b");
	ck_assert_uint_eq(kernel_page_runs(b), 1);
	UNPIN(a, &pins);
	ck_assert_int_eq(ON(b, exit, 0), 0);
	ck_assert_int_eq(ON(a, munmap, ram, pages * P), 0);
	clock_gettime(CLOCK_MONOTONIC, &to);
	ms = (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
	ck_assert_int_lt(ms, 1000);
}
END_TEST

/*
 * Situation: a vector that has memory for few runs gets as many as it may have, more than it began with or not, and one
 * that goes on behind the last. Expectation: all of them are there, and the last has grown.
 */
START_TEST(grown)
{
	static const unsigned int runs[] = { 1, 8, 9, 1000 };

	ck_assert_uint_eq(kernel_grown_runs(runs[_i]), 0);
}
END_TEST

/* An unpin too many is found, and so is a page that stays pinned. */
START_TEST(unbalanced)
{
	struct task_struct *a = task_new("a", 1000, FINI);
	unsigned long ram = map_anon(a, 1);
	struct pins pins, again;

	ck_assert_int_eq(PIN(a, ram, 1, PIN_WRITE, &pins), 1);
	again = pins;
	UNPIN(a, &pins);
	UNPIN(a, &again);
	world_down_with(VIOLATION_REFCOUNT);
	world_up(&rules_v6_12, NULL);
	a = task_new("a", 1000, FINI);
	ram = map_anon(a, 1);
	ck_assert_int_eq(PIN(a, ram, 1, PIN_WRITE, &pins), 1);
	world_down_with(VIOLATION_LEAK);
	world_up(&rules_v6_12, NULL);
}
END_TEST

/* A pin on another's mm, and on one that is dead. */
START_TEST(remote)
{
	struct task_struct *a = task_new("a", 1000, FINI), *b = task_new("b", 1001, FINI);
	unsigned long ram = map_anon(a, 4);
	struct pins pins;

	ck_assert_int_eq(ON(b, pin_remote, (unsigned long)a, ram, 4, PIN_WRITE, (unsigned long)&pins), 4);
	ck_assert_uint_eq(mm_task_pins(a, ram), 1);
	ck_assert_int_eq(ON(a, exit, 0), 0);
	ck_assert_uint_eq(mm_pages_pinned(), 4);
	UNPIN(b, &pins);
	ck_assert_int_eq(ON(b, pin_remote, (unsigned long)a, ram, 4, PIN_WRITE, (unsigned long)&pins), -ESRCH);
}
END_TEST

static void up(void)
{
	world_up(&rules_v6_12, NULL);
}

Suite *gup_suite(void)
{
	Suite *suite = suite_create("gup");
	TCase *tcase = tcase_create("gup");

	tcase_add_checked_fixture(tcase, up, world_down);
	tcase_add_test(tcase, pin_lifetime);
	tcase_add_test(tcase, errors);
	tcase_add_test(tcase, fault_site);
	tcase_add_test(tcase, fault_site_again);
	tcase_add_test(tcase, full_vector);
	tcase_add_test(tcase, pfnmap);
	tcase_add_loop_test(tcase, addresses, 0, 3);
	tcase_add_test(tcase, hugetlb_cow);
	tcase_add_test(tcase, hugetlb_take_back);
	tcase_add_test(tcase, hugetlb_split);
	tcase_add_test(tcase, out_of_memory);
	tcase_add_test(tcase, zero_page);
	tcase_add_loop_test(tcase, zero_page_pin, 0, 4);
	tcase_add_test(tcase, zero_page_write_pin);
	tcase_add_test(tcase, cow);
	tcase_add_loop_test(tcase, fork_pinned, 0, 4);
	tcase_add_test(tcase, has_pinned_not_inherited);
	tcase_add_loop_test(tcase, ro_unshare, 0, 3);
	tcase_add_loop_test(tcase, ro_file, 0, 2);
	tcase_add_test(tcase, memfd_life);
	tcase_add_test(tcase, past_end);
	tcase_add_test(tcase, segv);
	tcase_add_test(tcase, hugetlb);
	tcase_add_test(tcase, thp);
	tcase_add_loop_test(tcase, thp_last_owner, 0, 2);
	tcase_add_test(tcase, thp_zero_and_pin);
	tcase_add_test(tcase, thp_fallback);
	tcase_add_test(tcase, hugetlb_memfd);
	tcase_add_test(tcase, contig);
	tcase_add_test(tcase, scale);
	tcase_add_loop_test(tcase, grown, 0, 4);
	tcase_add_test(tcase, unbalanced);
	tcase_add_test(tcase, remote);
	suite_add_tcase(suite, tcase);
	return suite;
}
