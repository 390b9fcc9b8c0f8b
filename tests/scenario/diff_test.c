// SPDX-License-Identifier: GPL-2.0-or-later
/* What two kernels do differently with a program: which step, which words, and where it changed. */
#include <scenario/diff.h>
#include <stdlib.h>
#include <string.h>
#include "harness.h"

/* Frees @program. */
static struct difference diff_of_program(struct program *program, const char *a, const char *b)
{
	struct kernel_list list[2] = { { NULL, 0 }, { NULL, 0 } };
	struct difference difference;

	ck_assert_int_eq(kernel_list_add(&list[0], a), 0);
	ck_assert_int_eq(kernel_list_add(&list[1], b), 0);
	diff_program(program, &(struct diff_options){
		.kernel = { &list[0].kernels[0]->kernel, &list[1].kernels[0]->kernel },
		.backend = &backend_model,
		.schedules = 16,
	}, &difference);
	kernel_list_free(&list[0]);
	kernel_list_free(&list[1]);
	program_free(program);
	return difference;
}

static struct difference diff_of(const char *text, const char *a, const char *b)
{
	return diff_of_program(parsed(text), a, b);
}

static struct difference diff_of_file(const char *name, const char *a, const char *b)
{
	struct diagnostics diag;
	struct program *program;
	char path[256];

	snprintf(path, sizeof(path), PINSIM_SCENARIOS "/%s.pin", name);
	diagnostics_init(&diag);
	program = program_load(path, &diag);
	ck_assert_msg(program, "%s", diag.text);
	diagnostics_free(&diag);
	return diff_of_program(program, a, b);
}

#define EXEC_UNMAP_MAP \
	"task a uid=1 memlock=64p\na: m = mmap(20p)\na: c = vfio_open()\na: vfio_map(c, iova=0, va=m, len=10p)\n" \
	"a: exec()\na: vfio_unmap(c, iova=0, len=10p)\na: m = mmap(1p)\na: vfio_map(c, iova=0, va=m, len=1p)\n"

/* The counters differ before it, but it is a result that a program sees: that step is named. */
START_TEST(result_before_counters)
{
	struct difference difference = diff_of(EXEC_UNMAP_MAP, "v6.1", "v6.6");

	ck_assert_int_eq(difference.kind, DIFFER_RESULT);
	ck_assert_uint_eq(difference.line, 8);
	ck_assert_str_eq(difference.call, "a: vfio_map(c, iova=0, va=m, len=1p)");
	ck_assert_msg(strstr(difference.result[0], "ENOMEM: a.locked_vm -10p"), "%s", difference.result[0]);
	ck_assert_str_eq(difference.result[1], "0");
	ck_assert_str_eq(difference.changed, "v6.3");
	ck_assert_str_eq(difference.words, "a VM after exec no longer fails with ENOMEM at vfio_map: mm->locked_vm is "
					   "over the limit (vfio type1)");
	ck_assert_str_eq(difference.counters[0].name, "a.locked_vm");
	ck_assert_int_eq(difference.counters[0].pages[0], -10);
	ck_assert_int_eq(difference.counters[0].pages[1], 1);
	difference_free(&difference);
}
END_TEST

/* Downwards it changes in the last release that still has it; a bug put back, in that kernel itself. */
START_TEST(where_it_changed)
{
	struct difference difference = diff_of(EXEC_UNMAP_MAP, "v6.6", "v6.1");

	ck_assert_str_eq(difference.changed, "v6.2");
	difference_free(&difference);
	difference = diff_of(EXEC_UNMAP_MAP, "v6.12", "v6.12+type1_exec_underflow");
	ck_assert_str_eq(difference.changed, "v6.12+type1_exec_underflow");
	difference_free(&difference);
}
END_TEST

/* The kernel with itself, and two between which nothing changed. */
START_TEST(no_difference)
{
	struct difference difference = diff_of(EXEC_UNMAP_MAP, "v6.12", "v6.12");

	ck_assert_int_eq(difference.kind, DIFFER_NOT);
	difference_free(&difference);
	difference = diff_of(EXEC_UNMAP_MAP, "v6.0", "v6.1");
	ck_assert_int_eq(difference.kind, DIFFER_NOT);
	difference_free(&difference);
	difference = diff_of("kernels v6.2..\n" EXEC_UNMAP_MAP, "v6.0", "v6.3");
	ck_assert_int_eq(difference.kind, DIFFER_EXCLUDED);
	difference_free(&difference);
}
END_TEST

/* A call that one kernel does not have is the difference, and what would follow is not compared. */
START_TEST(missing_call)
{
	struct difference difference = diff_of("task a\na: m = mmap(4p)\na: fd = iommufd_open()\na: exec()\n", "v6.1",
					       "v6.2");

	ck_assert_int_eq(difference.kind, DIFFER_CALL);
	ck_assert_str_eq(difference.words, "iommufd_open is there now");
	difference_free(&difference);
}
END_TEST

/* Results that are all the same: then counters count, then what an expect looks at, whoever it is for. */
START_TEST(what_else_differs)
{
	struct difference difference = diff_of("task a uid=1 memlock=9p\na: r = uring_setup(1)\n", "v6.12", "v6.14");

	ck_assert_int_eq(difference.kind, DIFFER_COUNTER);
	ck_assert_str_eq(difference.words, "uring_setup is now counted in user->locked_vm");
	difference_free(&difference);
	difference = diff_of("task a uid=1 memlock=9p\na: s = shmget(2p)\na: shm_lock(s)\n"
			     "expect ucounts(1).memlock == 2p @ v6.2\n", "v6.2", "v6.12");
	ck_assert_int_eq(difference.kind, DIFFER_NOT);
	difference_free(&difference);
	difference = diff_of("task a uid=1 memlock=9p\na: m = mmap(2p)\na: c = vfio_open()\n"
			     "a: vfio_map(c, iova=0, va=m, len=2p)\na: fork(b)\na: touch(m, 2p, write=1)\n"
			     "expect c.pfn(0) == a.pfn(m)\n", "v5.4", "v5.9");
	ck_assert_int_eq(difference.kind, DIFFER_EXPECT);
	ck_assert_str_eq(difference.seen[0], "does not hold");
	ck_assert_str_eq(difference.seen[1], "holds");
	difference_free(&difference);
}
END_TEST

/* The words know of a second process of the user, whose charges are in the way. */
START_TEST(second_of_the_user)
{
	struct difference difference = diff_of("task a uid=1 memlock=40p\ntask b uid=1 memlock=40p\n"
					       "a: r = uring_setup(1)\nb: fd = iommufd_open()\nb: io = ioas_alloc(fd)\n"
					       "b: dev = attach(io)\nb: n = mmap(39p)\n"
					       "b: ioas_map(io, va=n, len=39p, iova=0x1000000)\n",
					       "v6.12", "v6.14");

	ck_assert_msg(strstr(difference.words, "a second VM of the same user now fails with ENOMEM at ioas_map"), "%s",
		      difference.words);
	ck_assert_str_eq(difference.changed, "v6.14");
	difference_free(&difference);
}
END_TEST

/*
 * What the library shows between two kernels, in words. Situation: a scenario on both, in either order.
 * Expectation: one sentence there, its opposite back.
 */
static const struct {
	const char *scenario;
	const char *a, *b;
	const char *there, *back;
} told[] = {
	/* what a call returns */
	{ "versions/type1_two_unmaps_of_mdev_pages", "v5.15", "v6.0",
	  "vfio_unmap now hangs", "vfio_unmap no longer hangs" },
	{ "seeds/dma_stores_task_not_mm", "v5.15", "v6.0",
	  "vfio_unmap, which did nothing and returned 0, now does its work",
	  "vfio_unmap now does nothing and returns 0" },
	{ "versions/compat_unmap_of_nothing", "v6.12", "v6.14", "a VM now fails with ENOENT at vfio_unmap",
	  "a VM no longer fails with ENOENT at vfio_unmap" },
	{ "versions/type1_range_wraps", "v6.14", "v6.18",
	  "a VM now fails with EOVERFLOW at vfio_map, not with EINVAL",
	  "a VM now fails with EINVAL at vfio_map, not with EOVERFLOW" },
	{ "vectors/hfi1_of_a_parent", "v5.9", "v5.10", "a child made by fork now fails with EPERM at rdma_reg_mr",
	  "a child made by fork no longer fails with EPERM at rdma_reg_mr" },
	{ "bugs/type1_dead_leader", "v6.12", "v6.12+type1_dead_leader",
	  "a child made by thread now fails with ESRCH at vfio_map",
	  "a child made by thread no longer fails with ESRCH at vfio_map" },
	{ "vectors/siw_by_version", "v6.12", "v6.6",
	  "a process now fails with ENOMEM at rdma_reg_mr: mm->pinned_vm is over the limit (RDMA, siw)",
	  "a process no longer fails with ENOMEM at rdma_reg_mr: mm->pinned_vm is over the limit (RDMA, siw)" },
	{ "versions/uring_folio_within_a_call", "v6.12", "v6.14",
	  "a process that has used uring_setup now fails with ENOMEM at uring_register: user->locked_vm is over the "
	  "limit (io_uring)",
	  "a process that has used uring_setup no longer fails with ENOMEM at uring_register: user->locked_vm is "
	  "over the limit (io_uring)" },
	{ "versions/uring_order_of_charge", "v5.9", "v5.10",
	  "a process now fails with EFAULT at uring_register, not with ENOMEM",
	  "a process that has used uring_setup now fails with ENOMEM at uring_register, not with EFAULT: "
	  "user->locked_vm is over the limit (io_uring)" },
	/* counters */
	{ "versions/type1_unmap_after_exec", "v6.2", "v6.3",
	  "after vfio_unmap mm->locked_vm no longer goes below zero",
	  "after vfio_unmap mm->locked_vm now goes below zero" },
	{ "seeds/dma_stores_task_not_mm", "v6.2", "v6.3",
	  "after vfio_unmap mm->locked_vm of another process no longer goes below zero",
	  "after vfio_unmap mm->locked_vm of another process now goes below zero" },
	{ "versions/mdev_note_fails", "v5.10", "v5.9", "mdev_pin is now counted in mm->locked_vm",
	  "mdev_pin is no longer counted in mm->locked_vm" },
	{ "versions/uring_folio_counts_whole", "v5.9", "v5.10", "uring_register now counts more in mm->pinned_vm",
	  "uring_register now counts less in mm->pinned_vm" },
	{ "versions/iommufd_split", "v6.6", "v6.12", "vfio_unmap now gives back what mm->locked_vm counts",
	  "vfio_unmap no longer gives back what mm->locked_vm counts" },
	{ "seeds/vaddr_by_child_moves_no_charge", "v6.2", "v6.3",
	  "vfio_map_vaddr now gives back what mm->locked_vm of another process counts",
	  "vfio_map_vaddr no longer gives back what mm->locked_vm of another process counts" },
	{ "versions/perf_aux_close", "v5.4", "v5.9", "munmap now gives back what user->locked_vm counts",
	  "munmap no longer gives back what user->locked_vm counts" },
	{ "versions/iommufd_carried_page", "v6.3", "v6.6", "after detach mm->pinned_vm is now lower",
	  "after detach mm->pinned_vm is now higher" },
	/* what an expect looks at, the pages, and the invariants */
	{ "vectors/shm_reference_fails", "v5.10", "v5.15", "the user's SHM_LOCK count is there now",
	  "the user's SHM_LOCK count is not there" },
	{ "seeds/zero_pages_by_version", "v5.15", "v6.0", "after vfio_map the number of a page's pins is now 0",
	  "after vfio_map the number of a page's pins now counts something" },
	{ "versions/type1_chunk_before_a_hole", "v5.10", "v5.15",
	  "after vfio_map the peak of mm->locked_vm is now 0",
	  "after vfio_map the peak of mm->locked_vm now counts something" },
	{ "versions/iommufd_batch_carry", "v6.2", "v6.3", "after detach the number of pinned pages is now lower",
	  "after detach the number of pinned pages is now higher" },
	{ "versions/fork_copies_pinned_pages", "v5.4", "v5.9",
	  "after touch DMA now reaches the page that the process sees",
	  "after touch DMA no longer reaches the page that the process sees" },
	{ "versions/write_to_a_part_of_a_large_folio", "v5.4", "v5.9", "after touch the process has another page",
	  "after touch the process has the same page" },
	{ "versions/type1_zero_pages", "v5.15", "v6.0", "after vfio_map fewer pages are pinned",
	  "after vfio_map more pages are pinned" },
	{ "bugs/perf_close_wrong_mm", "v6.12", "v6.12+perf_reattach_charge",
	  "munmap now breaks the invariant user_ledger",
	  "munmap no longer breaks the invariant user_ledger" },
	{ "versions/perf_aux_close", "v6.12", "v6.12+perf_aux_close_leak",
	  "the end now breaks the invariant object_balance",
	  "the end no longer breaks the invariant object_balance" },
};

START_TEST(in_words)
{
	struct difference there = diff_of_file(told[_i].scenario, told[_i].a, told[_i].b);
	struct difference back = diff_of_file(told[_i].scenario, told[_i].b, told[_i].a);

	ck_assert_str_eq(there.words, told[_i].there);
	ck_assert_str_eq(back.words, told[_i].back);
	difference_free(&there);
	difference_free(&back);
}
END_TEST

Suite *diff_suite(void)
{
	Suite *suite = suite_create("diff");
	TCase *tcase = tcase_create("diff");

	tcase_add_test(tcase, result_before_counters);
	tcase_add_test(tcase, where_it_changed);
	tcase_add_test(tcase, no_difference);
	tcase_add_test(tcase, missing_call);
	tcase_add_test(tcase, what_else_differs);
	tcase_add_test(tcase, second_of_the_user);
	tcase_add_loop_test(tcase, in_words, 0, sizeof(told) / sizeof(told[0]));
	suite_add_tcase(suite, tcase);
	return suite;
}
