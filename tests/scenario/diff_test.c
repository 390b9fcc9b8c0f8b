// SPDX-License-Identifier: GPL-2.0-or-later
/* What two kernels do differently with a program: which step, which words, and where it changed. */
#include <scenario/diff.h>
#include <stdlib.h>
#include <string.h>
#include "harness.h"

static struct difference diff_of(const char *text, const char *a, const char *b)
{
	struct kernel_list list[2] = { { NULL, 0 }, { NULL, 0 } };
	struct program *program = parsed(text);
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
	suite_add_tcase(suite, tcase);
	return suite;
}
