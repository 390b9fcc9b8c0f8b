// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The least limit, against trying each: the file is run with every limit from 0 pages
 * on written into its task statement, and the first at which no call fails that
 * states no errno is the answer.
 */
#include <errno.h>
#include <scenario/limit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "harness.h"

#define PAGES_TRIED 200u

struct watched {
	bool failed;
};

static void on_step(void *arg, const struct step_report *step)
{
	struct watched *watched = arg;

	watched->failed |= step->skip == STEP_RAN && step->ret < 0 && !step->may_fail;
}

static const struct run_events events = { .step = on_step };

/* Does a call of @format with @pages in place of its %u fail on @kernel, in any of @seeds schedules? */
static bool fails_with(const char *format, unsigned int pages, const char *kernel, unsigned int seeds)
{
	struct kernel_list list = { NULL, 0 };
	struct watched watched = { false };
	struct program *program;
	struct run_result result;
	char text[2048];

	snprintf(text, sizeof(text), format, pages);
	program = parsed(text);
	ck_assert_int_eq(kernel_list_add(&list, kernel), 0);
	for (unsigned int seed = 0; seed < seeds; seed++) {
		const struct run_options options = {
			.kernel = &list.kernels[0]->kernel, .backend = &backend_model, .seed = seed,
			.events = &events, .arg = &watched,
		};

		scenario_run(program, &options, &result);
		run_result_free(&result);
	}
	kernel_list_free(&list);
	program_free(program);
	return watched.failed;
}

static struct limit_kernel limit_on(struct program *program, const char *kernel, unsigned int schedules)
{
	struct kernel_list list = { NULL, 0 };
	struct limit_kernel limit;

	ck_assert_int_eq(kernel_list_add(&list, kernel), 0);
	limit_program(program, &(struct limit_options){
		.kernel = &list.kernels[0]->kernel, .backend = &backend_model, .schedules = schedules,
	}, &limit);
	kernel_list_free(&list);
	return limit;
}

/* Programs whose first task has its limit as %u. */
static const char *const programs[] = {
	/* the plain sum, by runs of pages and page by page */
	"task a uid=1 memlock=%up\na: m = mmap(40p)\na: c = vfio_open()\na: vfio_map(c, iova=0, va=m, len=30p)\n"
	"a: mlock(m, 9p)\n",
	/* counters that do not add up */
	"task a uid=1 memlock=%up\na: m = mmap(40p)\na: mlock(m, 25p)\na: mr = rdma_reg_mr(m, 30p)\n",
	/* mlock asks for more than it takes: a hole counts */
	"task a uid=1 memlock=%up\na: m = mmap(20p)\na: munmap(m + 10p, 5p)\na: mlock(m, 20p) -> ENOMEM\n"
	"a: mlock(m + 15p, 5p)\n",
	/* not monotone: with room for the second the third has none, until there is room for all */
	"task a uid=1 memlock=%up\na: m = mmap(200p)\na: c = vfio_open()\na: vfio_map(c, iova=0, va=m, len=50p)\n"
	"a: vfio_map(c, iova=100p, va=m + 50p, len=30p) -> 0/ENOMEM\n"
	"a: vfio_map(c, iova=200p, va=m + 80p, len=20p)\n",
	/* the same twice */
	"task a uid=1 memlock=%up\na: m = mmap(200p)\na: c = vfio_open()\na: vfio_map(c, iova=0, va=m, len=10p)\n"
	"a: vfio_map(c, iova=100p, va=m, len=30p) -> _\na: vfio_map(c, iova=200p, va=m, len=50p) -> _\n"
	"a: mlock(m, 20p)\n",
	/* what is given back in between counts at its highest; an exec leaves it behind, or not */
	"task a uid=1 memlock=%up\na: m = mmap(60p)\na: c = vfio_open()\na: vfio_map(c, iova=0, va=m, len=60p)\n"
	"a: vfio_unmap(c, iova=0, len=60p)\na: vfio_map(c, iova=0, va=m, len=20p)\na: exec()\na: m = mmap(50p)\n"
	"a: mlock(m, 50p)\n",
	/* the file's own changes of the limit are put aside */
	"task a uid=1 memlock=%up\ntask root\na: m = mmap(60p)\na: mlock(m, 33p)\n",
	/* a page needs a limit that is not nothing; nothing needs nothing */
	"task a uid=1 memlock=%up\na: m = mmap(4p)\na: mlock(m, 0)\n",
	"task a uid=1 memlock=%up\na: m = mmap(4p)\na: touch(m, 4p)\n",
	/* the user's: what another process holds is in the way */
	"task a uid=1 memlock=%up\ntask b uid=1\nb: m = mmap(40p)\nb: r = uring_setup(1)\n"
	"b: uring_register(r, va=m, len=40p)\na: n = mmap(30p)\na: s = uring_setup(1)\n"
	"a: uring_register(s, va=n, len=30p)\n",
};

static const char *const kernels_tried[] = { "v5.4", "v6.2", "v6.12", "v6.18" };

/* Every program on every kernel: the answer is the first limit from below that does. */
START_TEST(as_by_trying)
{
	const char *format = programs[(unsigned int)_i / 4], *kernel = kernels_tried[_i % 4];
	struct limit_kernel limit;
	struct program *program;
	unsigned int pages = 0;
	char text[2048];

	while (pages < PAGES_TRIED && fails_with(format, pages, kernel, 1))
		pages++;
	ck_assert_uint_lt(pages, PAGES_TRIED);
	/* the limit that the file has is none that would do */
	snprintf(text, sizeof(text), format, 0u);
	program = parsed(text);
	limit = limit_on(program, kernel, 1);
	ck_assert_int_eq(limit.tasks[0].answer, LIMIT_FOUND);
	ck_assert_msg(limit.tasks[0].pages == pages, "%s: %lu, by trying %u\n%s", kernel, limit.tasks[0].pages, pages,
		      text);
	ck_assert(!pages == !limit.tasks[0].call);
	limit_kernel_free(&limit);
	program_free(program);
}
END_TEST

/* Two processes of one user at once: either may be the second, so each needs room for both. */
START_TEST(over_all_schedules)
{
	struct program *program = parsed("task a uid=1 memlock=1p\ntask b uid=1 memlock=1p\na: m = mmap(20p)\n"
					 "b: n = mmap(30p)\na: r = uring_setup(1)\nb: s = uring_setup(1)\n"
					 "parallel {\na: uring_register(r, va=m, len=20p)\n"
					 "b: uring_register(s, va=n, len=30p)\n}\n");
	struct limit_kernel limit = limit_on(program, "v6.12", 64);

	ck_assert_uint_eq(limit.nr_tasks, 2);
	ck_assert_uint_eq(limit.tasks[0].pages, 50);
	ck_assert_uint_eq(limit.tasks[1].pages, 50);
	limit_kernel_free(&limit);
	program_free(program);
}
END_TEST

/* A count that went below zero is over every limit, and an errno of another kind is no matter of limits. */
START_TEST(no_limit_is_enough)
{
	struct program *program = parsed("task a uid=1\na: m = mmap(20p)\na: c = vfio_open()\n"
					 "a: vfio_map(c, iova=0, va=m, len=10p)\na: exec()\n"
					 "a: vfio_unmap(c, iova=0, len=10p)\na: m = mmap(1p)\na: mlock(m, 1p)\n");
	struct limit_kernel limit = limit_on(program, "v6.2", 1);

	ck_assert_int_eq(limit.tasks[0].answer, LIMIT_NONE);
	ck_assert_uint_eq(limit.tasks[0].line, 8);
	ck_assert_msg(strstr(limit.tasks[0].refusal, "-10p (wrapped)"), "%s", limit.tasks[0].refusal);
	limit_kernel_free(&limit);
	limit = limit_on(program, "v6.3", 1);
	ck_assert_int_eq(limit.tasks[0].answer, LIMIT_FOUND);
	ck_assert_uint_eq(limit.tasks[0].pages, 10);
	limit_kernel_free(&limit);
	limit = limit_on(program, "v6.12+type1_exec_underflow", 1);
	ck_assert_int_eq(limit.tasks[0].answer, LIMIT_NONE);
	limit_kernel_free(&limit);
	program_free(program);
}
END_TEST

/* A call that a limit is to refuse, and the same again: with one limit the second finds its place taken. */
START_TEST(refused_calls)
{
	struct program *program = parsed("task a uid=1 memlock=5p\na: m = mmap(20p)\na: c = vfio_open()\n"
					 "a: vfio_map(c, iova=0, va=m, len=10p) -> ENOMEM\na: setrlimit(memlock=10p)\n"
					 "a: vfio_map(c, iova=0, va=m, len=10p)\n");
	struct limit_kernel limit = limit_on(program, "v6.12", 1);

	ck_assert_int_eq(limit.tasks[0].answer, LIMIT_FOUND);
	ck_assert(limit.tasks[0].left_out);
	ck_assert_uint_eq(limit.tasks[0].pages, 10);
	limit_kernel_free(&limit);
	program_free(program);
	/* where both fit, that is the answer, and what the second needs alone is said beside it */
	program = parsed("task a uid=1 memlock=5p\na: m = mmap(20p)\na: x = rdma_reg_mr(m, 10p) -> ENOMEM\n"
			 "a: setrlimit(memlock=10p)\na: x = rdma_reg_mr(m, 10p)\n");
	limit = limit_on(program, "v6.12", 1);
	ck_assert_uint_eq(limit.tasks[0].pages, 20);
	ck_assert(limit.tasks[0].has_lean);
	ck_assert_uint_eq(limit.tasks[0].lean_pages, 10);
	limit_kernel_free(&limit);
	program_free(program);
}
END_TEST

/* Memory once, however often it is mapped; a BAR not at all; a device's address space each. */
START_TEST(by_libvirt)
{
	struct program *program = parsed("task a uid=1 memlock=1p\na: m = mmap(40p)\na: bar = mmap(10p, kind=pfnmap)\n"
					 "a: c = vfio_open()\na: d = vfio_open()\na: v = vdpa_open()\n"
					 "a: vfio_map(c, iova=0, va=m, len=30p)\n"
					 "a: vfio_map(c, iova=100p, va=m + 20p, len=20p)\n"
					 "a: vfio_map(c, iova=200p, va=bar, len=10p)\n"
					 "a: vfio_map(d, iova=0, va=m, len=40p)\n"
					 "a: vdpa_map(v, iova=0, va=m, len=40p)\n");
	struct limit_kernel limit = limit_on(program, "v6.12", 1);
	const struct limit_task *task = &limit.tasks[0];

	ck_assert_uint_eq(task->memory_bytes, 40 * 4096);
	ck_assert_uint_eq(task->mapped_bytes, 130 * 4096);
	ck_assert_uint_eq(task->spaces, 2);
	ck_assert_uint_eq(task->vdpas, 1);
	ck_assert_uint_eq(limit_by_libvirt_bytes(task), 3 * 40 * 4096 + (1ul << 30));
	ck_assert_uint_eq(task->pages, 90);
	ck_assert_str_eq(task->bucket, "a.locked_vm");
	ck_assert_uint_eq(task->nr_parts, 3);
	limit_kernel_free(&limit);
	program_free(program);
}
END_TEST

Suite *limit_suite(void)
{
	Suite *suite = suite_create("limit");
	TCase *tcase = tcase_create("limit");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, as_by_trying, 0, (int)(sizeof(programs) / sizeof(programs[0])) * 4);
	tcase_add_test(tcase, over_all_schedules);
	tcase_add_test(tcase, no_limit_is_enough);
	tcase_add_test(tcase, refused_calls);
	tcase_add_test(tcase, by_libvirt);
	suite_add_tcase(suite, tcase);
	return suite;
}
