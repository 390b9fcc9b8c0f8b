// SPDX-License-Identifier: GPL-2.0-or-later
/* What type1 charges, to whom, and what it does at the limit (facts, test vectors V4 to V11, V28, V29). */
#include "harness.h"
#include "iommu_ops.h"

/* V4: mlock and type1 share mm->locked_vm: 20 + 80 fill 100, one more is refused, and each gives back its own. */
START_TEST(shares_with_mlock)
{
	static const char *const kernel[] = { "v5.15", "v6.12", "v6.18" };
	struct task_struct *a;
	unsigned long va;
	int c;

	world_start(kernel[_i]);
	a = world_task("a", 1000, 100, 0);
	va = ram(a, 101);
	c = container(a);
	ck_assert_int_eq(CALL(a, op_mlock, va, 20), 0);
	ck_locked(a, 20);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 80, RW), 0);
	ck_locked(a, 100);
	ck_assert_int_eq(CALL(a, op_charged, c), 80);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA + 80 * P, va, 1, RW), -ENOMEM);
	ck_assert_int_eq(CALL(a, op_munlockall), 0);
	ck_locked(a, 80);
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA, 80), 80);
	ck_locked(a, 0);
	ck_assert_uint_eq(mm_pages_pinned(), 0);
	world_end();
}
END_TEST

/* V5: a limit hit in the third chunk undoes the first two. */
START_TEST(limit_in_a_later_chunk)
{
	struct task_struct *a;
	unsigned long va;
	int c;

	world_start_contig("v6.12", 50);
	a = world_task("a", 1000, 100, 0);
	va = ram(a, 120);
	c = container(a);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 120, RW), -ENOMEM);
	ck_locked(a, 0);
	ck_assert_uint_eq(mm_pages_pinned(), 0);
	ck_assert_int_eq(CALL(a, op_unmap_all, c), 0);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 100, RW), 0);
	ck_locked(a, 100);
	world_end();
}
END_TEST

/* V6: with the capability the limit is not asked, but the pages count; they also go back once it is dropped. */
START_TEST(capability_counts)
{
	struct task_struct *a;
	unsigned long va;
	int c;

	world_start("v6.12");
	a = world_task("a", 1000, 10, MM_CAP_IPC_LOCK);
	va = ram(a, 50);
	c = container(a);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 50, RW), 0);
	ck_locked(a, 50);
	ck_assert_int_eq(CALL(a, op_capset, 0), 0);
	ck_assert_int_eq(CALL(a, op_mlock, va, 1), -ENOMEM);
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA, 50), 50);
	ck_locked(a, 0);
	world_end();
}
END_TEST

/* V7: up to 6.2 an unmap after exec goes to the new mm, which wraps; from then on nothing can be charged to it. */
START_TEST(exec_underflow)
{
	static const char *const kernel[] = { "v5.15", "v6.0", "v6.1", "v6.2", "v6.12+type1_exec_underflow" };
	struct task_struct *a;
	unsigned long va;
	int c;

	world_start(kernel[_i]);
	a = world_task("a", 1000, 100, 0);
	c = container(a);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, ram(a, 50), 50, RW), 0);
	ck_assert_int_eq(CALL(a, op_exec), 0);
	ck_locked(a, 0);
	va = ram(a, 1);
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA, 50), 50);
	ck_locked(a, -50);
	ck_assert_uint_eq(sim_warnings(), 1);
	world_excuse(VIOLATION_LOCKED_VM_NEGATIVE);
	world_ignore(VIOLATION_LOCKED_VM_LEDGER);
	world_ignore(VIOLATION_WRONG_BUCKET);
	world_ignore(VIOLATION_WARNING);
	world_ignore(VIOLATION_SPURIOUS_REFUSAL);
	world_ignore(VIOLATION_RESIDUE);
	world_ignore(VIOLATION_OBJECT_BALANCE);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 1, RW), -ENOMEM);
	ck_assert_int_eq(CALL(a, op_mlock, va, 1), -ENOMEM);
	world_end();
}
END_TEST

/* V8 and V9: from 6.3 the dead mm keeps its charge and the new one starts at 0, so another 50 fit under 60. */
START_TEST(exec_leaves_the_charge)
{
	static const char *const kernel[] = { "v6.3", "v6.12", "v6.18", "v7.0" };
	struct task_struct *a;
	int c;

	world_start(kernel[_i]);
	a = world_task("a", 1000, 60, 0);
	c = container(a);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, ram(a, 50), 50, RW), 0);
	ck_assert_int_eq(CALL(a, op_exec), 0);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA + 50 * P, ram(a, 50), 50, RW), 0);
	ck_locked(a, 50);
	ck_assert_int_eq(locked_of(a, 0), 50);
	ck_assert_uint_eq(mm_pages_pinned(), 100);
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA, 50), 50);
	ck_locked(a, 50);
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA + 50 * P, 50), 50);
	ck_locked(a, 0);
	ck_assert_uint_eq(sim_warnings(), 0);
	world_end();
}
END_TEST

/* V10: parent and child charge their own; who may unmap the parent's dma, and who then pays less, is the version's. */
START_TEST(child_unmaps)
{
	static const struct {
		const char *kernel;
		int unmapped;
	} row[] = { { "v5.15", 0 }, { "v6.0", 50 }, { "v6.2", 50 }, { "v6.3", 50 }, { "v6.12", 50 },
		    { "v6.12+type1_unmap_fork_guard", 0 } };
	struct task_struct *a, *child;
	unsigned long va;
	int c;

	world_start(row[_i].kernel);
	a = world_task("a", 1000, 100, 0);
	va = ram(a, 50);
	c = container(a);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 50, RW), 0);
	ck_assert_int_eq(CALL(a, op_fork, (long)&child), 0);
	ck_assert_int_eq(CALL(child, op_map, c, IOVA + 50 * P, va, 50, RW), 0);
	ck_locked(a, 50);
	ck_locked(child, 50);
	ck_assert_int_eq(CALL(child, op_unmap, c, IOVA, 50), row[_i].unmapped);
	ck_locked(a, 50 - row[_i].unmapped);
	ck_locked(child, 50);
	/* Its own it may unmap on every kernel. */
	ck_assert_int_eq(CALL(child, op_unmap, c, IOVA + 50 * P, 50), 50);
	ck_locked(child, 0);
	world_end();
}
END_TEST

/* The owner has exited: the unmap succeeds and nobody is uncharged (from 6.0; before, nothing is unmapped). */
START_TEST(owner_exited)
{
	static const struct {
		const char *kernel;
		int unmapped;
	} row[] = { { "v5.15", 0 }, { "v6.0", 50 }, { "v6.12", 50 } };
	struct task_struct *a, *child;
	unsigned long va;
	int c;

	world_start(row[_i].kernel);
	a = world_task("a", 1000, 100, 0);
	va = ram(a, 50);
	c = container(a);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 50, RW), 0);
	ck_assert_int_eq(CALL(a, op_fork, (long)&child), 0);
	CALL(a, op_exit);
	ck_assert_int_eq(locked_of(a, 0), 50);
	ck_assert_int_eq(CALL(child, op_unmap, c, IOVA, 50), row[_i].unmapped);
	ck_assert_int_eq(locked_of(a, 0), 50);
	ck_locked(child, 0);
	ck_assert_uint_eq(mm_pages_pinned(), 50 - row[_i].unmapped);
	world_end();
}
END_TEST

/* The leader is gone, others live: task->mm is NULL, so up to 6.2 a map is ESRCH and an unmap loses its charge. */
START_TEST(dead_leader)
{
	static const struct {
		const char *kernel;
		int map, unmapped;
		long left;
	} row[] = { { "v5.15", -ESRCH, 0, 10 }, { "v6.1", -ESRCH, 10, 10 }, { "v6.12", 0, 10, 10 } };
	struct task_struct *a, *thread;
	unsigned long va;
	int c;

	world_start(row[_i].kernel);
	a = world_task("a", 1000, 100, 0);
	va = ram(a, 10);
	c = container(a);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 10, RW), 0);
	ck_assert_int_eq(CALL(a, op_thread, (long)&thread), 0);
	CALL(a, op_exit);
	ck_assert_int_eq(CALL(thread, op_map, c, IOVA + 10 * P, va, 10, RW), row[_i].map);
	ck_assert_int_eq(CALL(thread, op_unmap, c, IOVA, 10), row[_i].unmapped);
	ck_locked(thread, row[_i].left);
	world_ignore(VIOLATION_RESIDUE);
	world_ignore(VIOLATION_LOCKED_VM_LEDGER);
	world_ignore(VIOLATION_OBJECT_BALANCE);
	world_end();
}
END_TEST

/* V28: lowering the limit takes nothing away, but nothing more fits. */
START_TEST(limit_lowered)
{
	struct task_struct *a;
	unsigned long va;
	int c;

	world_start("v6.12");
	a = world_task("a", 1000, 100, 0);
	va = ram(a, 80);
	c = container(a);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 80, RW), 0);
	ck_assert_int_eq(CALL(a, op_prlimit, (long)a, 50), 0);
	ck_locked(a, 80);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA + 80 * P, va, 1, RW), -ENOMEM);
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA, 80), 80);
	ck_locked(a, 0);
	world_end();
}
END_TEST

/* V29: read-only map of 100 untouched pages: the zero page, uncharged (and leaked up to 5.19), then real pages. */
START_TEST(zero_pages)
{
	static const struct {
		const char *kernel;
		long charged;
		bool leaks;
	} row[] = { { "v5.15", 0, true }, { "v6.1", 0, false }, { "v6.2", 100, false }, { "v6.12", 100, false } };
	struct task_struct *a;
	unsigned long va;
	int c;

	world_start(row[_i].kernel);
	a = world_task("a", 1000, 100, 0);
	va = CALL(a, op_mmap, 100, MM_ANON, MM_PROT_READ | MM_PROT_WRITE);
	c = container(a);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 100, VFIO_READ), 0);
	ck_locked(a, row[_i].charged);
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA, 100), 100);
	ck_locked(a, 0);
	ck_assert_int_eq(mm_pages_pinned() != 0, row[_i].leaks);
	if (row[_i].leaks)
		world_ignore(VIOLATION_LEAK);
	world_end();
}
END_TEST

/* A device BAR is mapped and not charged, whatever the limit. */
START_TEST(device_memory)
{
	static const char *const kernel[] = { "v5.4", "v5.15", "v6.12", "v6.18" };
	struct task_struct *a;
	unsigned long bar, va;
	int c;

	world_start(kernel[_i]);
	a = world_task("a", 1000, 4, 0);
	bar = CALL(a, op_mmap, 16, MM_PFNMAP, MM_PROT_READ | MM_PROT_WRITE);
	va = ram(a, 4);
	c = container(a);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, bar, 16, RW), 0);
	ck_locked(a, 0);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA + 16 * P, va, 4, RW), 0);
	ck_locked(a, 4);
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA, 20), 20);
	ck_locked(a, 0);
	world_end();
}
END_TEST

/* Chunks of any size, across batches of 512: the whole is charged and comes back, the limit holds to the page. */
START_TEST(batches)
{
	static const char *const kernel[] = { "v5.4", "v5.15", "v6.12", "v6.18" };
	static const unsigned long contig[] = { 1, 3, 512, 700 };
	struct task_struct *a;
	unsigned long va;
	int c;

	world_start_contig(kernel[_i / 4], contig[_i % 4]);
	a = world_task("a", 1000, 1500, 0);
	va = ram(a, 1501);
	c = container(a);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 1501, RW), -ENOMEM);
	ck_locked(a, 0);
	ck_assert_uint_eq(mm_pages_pinned(), 0);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 1500, RW), 0);
	ck_locked(a, 1500);
	ck_assert_uint_eq(mm_pages_pinned(), 1500);
	ck_assert_int_eq(CALL(a, op_unmap, c, IOVA, 1500), 1500);
	ck_locked(a, 0);
	ck_assert_uint_eq(mm_pages_pinned(), 0);
	world_end();
}
END_TEST

/* The device reaches the pages that the task sees, over the whole range. */
START_TEST(device_pfn)
{
	static const unsigned long contig[] = { 1, 3, 512 };
	struct task_struct *a;
	unsigned long va, i;
	int c;

	world_start_contig("v6.12", contig[_i]);
	a = world_task("a", 1000, MM_UNLIMITED, 0);
	va = ram(a, 1100);
	c = container(a);
	ck_assert_int_eq(CALL(a, op_map, c, 2ul << 20, va, 1100, RW), 0);
	for (i = 0; i < 1100; i++)
		ck_assert_int_eq(CALL(a, op_device_pfn, c, (2ul << 20) + i * P), mm_task_pfn(a, va + i * P));
	ck_assert_int_eq(CALL(a, op_device_pfn, c, (2ul << 20) + 1100 * P), -1);
	world_end();
}
END_TEST

/*
 * Chunk by chunk or many at a time: the outcome is one. A fault that is armed far
 * beyond everything makes type1 go by chunks.
 */
START_TEST(chunks_or_runs)
{
	static const char *const kernel[] = { "v5.4", "v5.15", "v6.2", "v6.12", "v6.18" };
	static const unsigned long contig[] = { 1, 3, 8, 512 };
	unsigned long limit, by_chunk;

	for (limit = 0; limit < 1300; limit += 1 + limit / 2) {
		long ret[2], counter[2], map_again[2];

		for (by_chunk = 0; by_chunk < 2; by_chunk++) {
			struct task_struct *a;
			unsigned long va;
			int c, m;

			world_start_contig(kernel[_i / 4], contig[_i % 4]);
			a = world_task("a", 1000, limit + 5, 0);
			va = ram(a, 1200);
			c = CALL(a, op_open, 2, false);
			m = CALL(a, op_mdev_attach, c);
			ck_assert_int_eq(CALL(a, op_map, c, IOVA, va, 600, RW), 0);
			ck_assert_int_eq(CALL(a, op_map, c, IOVA + 600 * P, va + 600 * P, 600, RW), 0);
			ck_assert_int_eq(CALL(a, op_mdev_pin, m, IOVA + 7 * P, 5), 0);
			if (by_chunk)
				CALL(a, op_fail, SIM_FAULT_GUP, 1l << 40);
			/* replay, and with a domain there a map, at the limit and beyond */
			ret[by_chunk] = CALL(a, op_attach, c);
			counter[by_chunk] = locked(a);
			map_again[by_chunk] = CALL(a, op_map, c, IOVA + 2000 * P, va + 100 * P, 99, RW);
			ck_locked(a, counter[by_chunk] + (ret[by_chunk] || map_again[by_chunk] ? 0 : 99));
			world_end();
		}
		ck_assert_int_eq(ret[0], ret[1]);
		ck_assert_int_eq(ret[0], limit + 5 < 1200 ? -ENOMEM : 0);
		ck_assert_int_eq(counter[0], counter[1]);
		ck_assert_int_eq(map_again[0], map_again[1]);
	}
}
END_TEST

static long op_map_and_lose_a_page(const long *a)
{
	long ret = op_map(a);

	iommu_op_unmap_everywhere((const long[]){ a[1] + P, P });
	return ret;
}

/* A mutant that uncharges one page too many: dma_sum. */
START_TEST(dma_sum_catches)
{
	struct task_struct *a;
	int c;

	world_start("v6.12");
	a = world_task("a", 1000, 100, 0);
	c = container(a);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, ram(a, 10), 10, RW), 0);
	ck_assert_uint_eq(sim_violations(VIOLATION_DMA_SUM), 0);
	ck_assert_int_eq(CALL(a, mutant_op_locked_vm, -1), 0);
	world_excuse(VIOLATION_DMA_SUM);
	world_ignore(VIOLATION_LOCKED_VM_LEDGER);
	ck_assert_int_eq(CALL(a, mutant_op_locked_vm, 1), 0);
	world_end();
}
END_TEST

/* A mutant that loses a page of what it mapped, but not of what it charged: dma_pages. */
START_TEST(dma_pages_catches)
{
	struct task_struct *a;
	int c;

	world_start("v6.12");
	a = world_task("a", 1000, 100, 0);
	c = container(a);
	ck_assert_int_eq(CALL(a, op_map, c, IOVA, ram(a, 10), 10, RW), 0);
	ck_assert_uint_eq(sim_violations(VIOLATION_DMA_PAGES), 0);
	ck_assert_int_eq(CALL(a, op_map_and_lose_a_page, c, IOVA + 10 * P, ram(a, 10), 10, RW), 0);
	world_excuse(VIOLATION_DMA_PAGES);
	world_ignore(VIOLATION_OBJECT_BALANCE);
	world_ignore(VIOLATION_LEAK);
	world_ignore(VIOLATION_PIN_COUNT);
	world_end();
}
END_TEST

Suite *vfio_charge_suite(void)
{
	Suite *suite = suite_create("vfio charges");
	TCase *tcase = tcase_create("charges");

	tcase_add_loop_test(tcase, shares_with_mlock, 0, 3);
	tcase_add_test(tcase, limit_in_a_later_chunk);
	tcase_add_test(tcase, capability_counts);
	tcase_add_loop_test(tcase, exec_underflow, 0, 5);
	tcase_add_loop_test(tcase, exec_leaves_the_charge, 0, 4);
	tcase_add_loop_test(tcase, child_unmaps, 0, 6);
	tcase_add_loop_test(tcase, owner_exited, 0, 3);
	tcase_add_loop_test(tcase, dead_leader, 0, 3);
	tcase_add_test(tcase, limit_lowered);
	tcase_add_loop_test(tcase, zero_pages, 0, 4);
	tcase_add_loop_test(tcase, device_memory, 0, 4);
	tcase_add_loop_test(tcase, batches, 0, 16);
	tcase_add_loop_test(tcase, device_pfn, 0, 3);
	tcase_add_loop_test(tcase, chunks_or_runs, 0, 20);
	tcase_add_test(tcase, dma_sum_catches);
	tcase_add_test(tcase, dma_pages_catches);
	suite_add_tcase(suite, tcase);
	return suite;
}
