// SPDX-License-Identifier: GPL-2.0-or-later
/* Steps: results, variables, fds, tasks, what is skipped, what is n/a, and the end of a run. */
#include <errno.h>
#include <string.h>
#include "harness.h"

#define KERNEL "v6.12"

/* Without '->' a call must succeed; with it, be what is stated, in every form. */
START_TEST(results)
{
	static const char head[] = "task a uid=1000 memlock=4p\n";
	static const struct {
		const char *line;
		bool passes;
	} cases[] = {
		{"a: m = mmap(1p)", true},
		{"a: m = mmap(0)", false},
		{"a: m = mmap(0) -> EINVAL", true},
		{"a: m = mmap(0) -> ENOMEM", false},
		{"a: m = mmap(0) -> fail", true},
		{"a: m = mmap(0) -> _", true},
		{"a: m = mmap(1p) -> _", true},
		{"a: m = mmap(1p) -> fail", false},
		{"a: m = mmap(0) -> 0/EINVAL", true},
		{"a: m = mmap(1p) -> EINVAL/fail", false},
		{"a: m = mmap(1p)\na: munmap(m, 1p) -> 0", true},
		{"a: m = mmap(1p)\na: munmap(m, 1p) -> 1p", false},
		{"a: m = mmap(1p)\na: n = mmap(1p, at=m) -> m", true},
		{"a: m = mmap(1p)\na: n = mmap(1p, at=m) -> m + 1p", false},
		{"a: m = mmap(1p)\na: mremap(m, 1p, 1p) -> m/ENOMEM", true},
		/* what names an fd or an object compares as 0 */
		{"a: fd = iommufd_open() -> 0\na: io = ioas_alloc(fd) -> 0\na: attach(io) -> 0", true},
		{"a: fd = iommufd_open() -> 3", false},
		/* a set that holds counts first; where none holds, the call must succeed */
		{"a: m = mmap(0) -> 0 @ v5.4 | EINVAL", true},
		{"a: m = mmap(0) -> EINVAL @ v6.12 | 0", true},
		{"a: m = mmap(0) -> EINVAL @ v5.4", false},
		{"a: m = mmap(1p) -> EINVAL @ v5.4", true},
		{"a: m = mmap(0) -> EINVAL @ v6.2..", true},
		/* signals */
		{"a: touch(4096, 1p) -> SIGSEGV", true},
		{"a: touch(4096, 1p) -> fail", true},
		{"a: touch(4096, 1p) -> SIGBUS", false},
		{"a: f = memfd(1p)\na: m = mmap(2p, kind=shared, file=f)\na: touch(m, 2p) -> SIGBUS\nexpect a.alive == "
		 "0",
		 true},
	};
	char text[512];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "%s%s\n", head, cases[i].line);
		ck_assert_msg(verdict_on(text, KERNEL) == (cases[i].passes ? VERDICT_PASS : VERDICT_FAIL), "%s",
			      cases[i].line);
	}
}
END_TEST

/* A variable whose call failed is unset, also one that was set: steps that use it are skipped, expects on it fail. */
START_TEST(unset)
{
	struct ran ran = run_on("task a\n"
				"a: m = mmap(1p)\n"
				"a: m = mmap(0) -> EINVAL\n"
				"a: mlock(m, 1p)\n"
				"a: n = mmap(m)\n"
				"a: mlock(n, 1p)\n",
				KERNEL);

	ck_assert_int_eq(ran.result.verdict, VERDICT_PASS);
	ck_assert_uint_eq(ran.result.steps_run, 2);
	ck_assert_int_eq(ran.step[3].skip, STEP_SKIP_UNSET);
	ck_assert_int_eq(ran.step[4].skip, STEP_SKIP_UNSET);
	ck_assert_int_eq(ran.step[5].skip, STEP_SKIP_UNSET);
	ran_free(&ran);
	assert_fail("task a\na: m = mmap(0) -> EINVAL\nexpect a.pins(m) == 0\n", KERNEL);
	assert_fail("task a\na: m = mmap(0) -> EINVAL\nexpect m == 0\n", KERNEL);
}
END_TEST

/* Variables are global, and assigned again the old object lives on. */
START_TEST(assigned_again)
{
	assert_pass("task a\n"
		    "task b\n"
		    "a: m = mmap(4p)\n"
		    "a: mlock(m, 4p)\n"
		    "b: m = mmap(8p)\n"
		    "b: mlock(m, 8p)\n"
		    "expect a.locked_vm == 4p\n"
		    "expect b.locked_vm == 8p\n",
		    KERNEL);
}
END_TEST

/* An fd keeps its name in a forked child and where it was sent; a task without it gets EBADF. */
START_TEST(fds)
{
	assert_pass("task a\n"
		    "task b\n"
		    "a: f = memfd(1p)\n"
		    "b: mmap(1p, kind=shared, file=f) -> EBADF\n"
		    "a: send_fd(b, f)\n"
		    "b: mmap(1p, kind=shared, file=f)\n"
		    "a: fork(c)\n"
		    "c: mmap(1p, kind=shared, file=f)\n"
		    "a: close(f)\n"
		    "a: close(f) -> EBADF\n"
		    "c: close(f)\n"
		    "b: close(f)\n",
		    KERNEL);
	/* Objects of an iommufd need its fd. */
	assert_pass("task a\n"
		    "task b\n"
		    "a: fd = iommufd_open()\n"
		    "a: io = ioas_alloc(fd)\n"
		    "b: attach(io) -> EBADF\n"
		    "a: send_fd(b, fd)\n"
		    "b: d = attach(io)\n"
		    "a: close(fd)\n"
		    "a: detach(d) -> EBADF\n"
		    "b: detach(d)\n",
		    KERNEL);
	/* Every fd here survives exec, unless it was marked. */
	assert_pass("task a\n"
		    "a: f = memfd(1p)\n"
		    "a: g = memfd(1p)\n"
		    "a: cloexec(g)\n"
		    "a: exec()\n"
		    "a: close(f)\n"
		    "a: close(g) -> EBADF\n",
		    KERNEL);
}
END_TEST

/* A dead task's steps are skipped; its name may be used again, and its mms then start anew. */
START_TEST(tasks)
{
	struct ran ran = run_on("task a\n"
				"a: m = mmap(4p)\n"
				"a: fork(b)\n"
				"b: mlock(m, 2p)\n"
				"b: exec()\n"
				"expect b.mm(0) locked_vm=2p\n"
				"expect b.mm(1) locked_vm=0\n"
				"b: exit()\n"
				"b: mmap(1p)\n"
				"expect b.alive == 0\n"
				"expect b.locked_vm == 0\n"
				"a: fork(b)\n"
				"b: mlock(m, 3p)\n"
				"expect b.mm(0) locked_vm=3p\n",
				KERNEL);

	ck_assert_int_eq(ran.result.verdict, VERDICT_PASS);
	ck_assert_int_eq(ran.step[6].skip, STEP_SKIP_TASK);
	ck_assert_int_eq(ran.step[8].skip, STEP_RAN);
	ran_free(&ran);
	/* A name that is still in use is a mistake of the file. */
	ran = run_on("task a\na: fork(b)\na: fork(b)\n", KERNEL);
	ck_assert_int_eq(ran.result.verdict, VERDICT_ERROR);
	ck_assert(strstr(ran.result.error, "t.pin:3:4: ") && strstr(ran.result.error, "still lives"));
	ran_free(&ran);
	/* And so is a variable that holds something else when its turn comes. */
	ran = run_on("task a\na: x = mmap(1p)\na: x = memfd(1p)\na: mlock(x, 1p)\n", KERNEL);
	ck_assert_int_eq(ran.result.verdict, VERDICT_ERROR);
	ck_assert(strstr(ran.result.error, "t.pin:4:10: "));
	ran_free(&ran);
}
END_TEST

/*
 * n/a: the step is skipped, so are those that use its variable or task, nothing
 * later is judged, and the run never passes; but what failed before, failed.
 */
START_TEST(not_there)
{
	static const char text[] = "task a\n"
				   "a: m = mmap(1p)\n"
				   "a: fd = iommufd_open()\n"
				   "a: io = ioas_alloc(fd)\n"
				   "a: mmap(0)\n"
				   "expect a.locked_vm == 77p\n";
	struct ran ran = run_on(text, "v6.1");

	ck_assert_int_eq(ran.result.verdict, VERDICT_NA);
	ck_assert_ptr_nonnull(ran.result.missing);
	ck_assert_int_eq(ran.step[2].skip, STEP_SKIP_ABSENT);
	ck_assert_int_eq(ran.step[3].skip, STEP_SKIP_ABSENT);
	ck_assert(ran.step[4].returned && !ran.step[4].judged);
	ck_assert_uint_eq(ran.expects, 0);
	ran_free(&ran);
	assert_fail(text, "v6.2");
	assert_fail("task a\nexpect a.locked_vm == 1p\na: fd = iommufd_open()\n", "v6.1");
	/* Also an argument may be what a kernel does not have, and the flag of a call. */
	ck_assert_int_eq(verdict_on("task a\na: c = vfio_open(compat=1)\n", "v6.1"), VERDICT_NA);
	ck_assert_int_eq(verdict_on("task a\na: c = vfio_open()\na: vfio_unmap_all(c)\n", "v5.10"), VERDICT_NA);
	assert_pass("task a\na: c = vfio_open()\na: vfio_unmap_all(c) -> 0\n", "v5.15");
	ck_assert_int_eq(verdict_on("task a\na: fd = iommufd_open()\na: change_process(fd)\n", "v6.12"), VERDICT_NA);
	ck_assert_int_eq(verdict_on("task a\na: fd = iommufd_open()\na: d = vfio_cdev_open(fd)\n", "v6.3"), VERDICT_NA);
	/* A counter that a kernel does not have makes only that expect n/a. */
	ran = run_on("task a\nexpect user(1000).perf_mlock == 5p\nexpect a.alive == 1\n", "v6.6");
	ck_assert_int_eq(ran.result.verdict, VERDICT_PASS);
	ck_assert_uint_eq(ran.result.expects_na, 1);
	ran_free(&ran);
	assert_fail("task a\nexpect user(1000).perf_mlock == 5p\n", "v6.12");
}
END_TEST

/* Expected violations: there and only there; what else breaks in the same step is covered, elsewhere it is not. */
START_TEST(violations)
{
	static const char exec[] = "task a uid=1000 memlock=64p\n"
				   "a: m = mmap(16p)\n"
				   "a: c = vfio_open()\n"
				   "a: vfio_map(c, iova=0, va=m, len=8p)\n"
				   "a: exec()\n"
				   "a: vfio_unmap(c, iova=0, len=8p) -> 8p\n";
	char text[512];
	struct ran ran;

	assert_pass(exec, "v6.3");
	ran = run_on(exec, "v6.2");
	ck_assert_int_eq(ran.result.verdict, VERDICT_FAIL);
	ck_assert_int_eq(ran.result.failure, FAILURE_VIOLATION);
	ck_assert_uint_eq(ran.result.violations[0].step, 5);
	ran_free(&ran);
	snprintf(text, sizeof(text), "%sexpect violation locked_vm_negative @ ..v6.2\n", exec);
	assert_pass(text, "v6.2");
	assert_pass(text, "v6.3");
	snprintf(text, sizeof(text), "%sexpect violation locked_vm_negative\n", exec);
	assert_fail(text, "v6.3");
	snprintf(text, sizeof(text), "%sexpect violation any\n", exec);
	assert_pass(text, "v6.2");
	assert_fail(text, "v6.3");
	snprintf(text, sizeof(text), "%sexpect violation locked_vm_negative, deadlock\n", exec);
	assert_fail(text, "v6.2");
	/* The expectation may stand anywhere: it speaks of the end. */
	snprintf(text, sizeof(text), "expect violation locked_vm_negative @ ..v6.2\n%s", exec);
	assert_pass(text, "v6.2");
	/* `sometimes` is not for a single run to judge. */
	snprintf(text, sizeof(text), "%sexpect sometimes a.locked_vm == 99p\nexpect sometimes violation deadlock\n",
		 exec);
	assert_pass(text, "v6.3");
}
END_TEST

/* A historic bug put back into a fixed kernel. */
START_TEST(quirks_put_back)
{
	static const char text[] = "task a uid=1000 memlock=64p\n"
				   "a: m = mmap(16p)\n"
				   "a: c = vfio_open()\n"
				   "a: vfio_map(c, iova=0, va=m, len=8p)\n"
				   "a: exec()\n"
				   "a: vfio_unmap(c, iova=0, len=8p) -> 8p\n"
				   "expect a.locked_vm == -8p @ v6.12+type1_exec_underflow\n"
				   "expect a.locked_vm == 0 @ !v6.12+type1_exec_underflow\n"
				   "expect violation locked_vm_negative @ v6.12+type1_exec_underflow\n";

	assert_pass(text, "v6.12");
	assert_pass(text, "v6.12+type1_exec_underflow");
}
END_TEST

/* Why a limit refused a call, in words. */
static char refusal[256];

static void keep_refusal(void *arg, const struct step_report *step)
{
	if (step->refusal)
		snprintf(refusal, sizeof(refusal), "%s", step->refusal);
}

START_TEST(refusals)
{
	static const struct run_events events = { keep_refusal, NULL };
	struct program *program = parsed("task a uid=1000 memlock=64p\n"
					 "a: fd = iommufd_open()\n"
					 "a: io = ioas_alloc(fd)\n"
					 "a: d = attach(io)\n"
					 "a: m = mmap(65p)\n"
					 "a: ioas_map(io, va=m, len=64p)\n"
					 "a: ioas_map(io, va=m, len=1p) -> ENOMEM\n");
	struct kernel_list list = { NULL, 0 };
	struct run_options options = { .backend = &backend_model, .events = &events };
	struct run_result result;

	kernel_list_add(&list, KERNEL);
	options.kernel = &list.kernels[0]->kernel;
	scenario_run(program, &options, &result);
	ck_assert_int_eq(result.verdict, VERDICT_PASS);
	ck_assert_str_eq(refusal, "user(1000).locked_vm 64p + 1p > a's 64p (iommufd, user mode)");
	run_result_free(&result);
	kernel_list_free(&list);
	program_free(program);
}
END_TEST

/* What has no model yet is an error, never a pass and never n/a. */
START_TEST(no_model)
{
	size_t area, i;

	for (area = 0; area < op_areas_nr; area++)
		for (i = 0; i < op_areas[area]->nr; i++) {
			const struct op *op = &op_areas[area]->ops[i];
			struct ran ran;
			char text[128];

			if (op->run || op->args[0].name)
				continue;
			snprintf(text, sizeof(text), "task a\na: x = %s()\n", op->name);
			ran = run_on(text, "v5.4");
			ck_assert_int_eq(ran.result.verdict, VERDICT_ERROR);
			ck_assert(strstr(ran.result.error, "t.pin:2:8: ") &&
				  strstr(ran.result.error, "not modelled yet"));
			ran_free(&ran);
		}
}
END_TEST

/* The same run twice is the same trace, on every kernel; another kernel or program is another. */
START_TEST(pure)
{
	static const char text[] = "task a uid=1000 memlock=64p\n"
				   "a: m = mmap(16p)\n"
				   "a: c = vfio_open()\n"
				   "a: vfio_map(c, iova=0, va=m, len=8p)\n"
				   "a: mlock(m, 16p)\n"
				   "a: fork(b)\n"
				   "b: vfio_unmap(c, iova=0, len=8p) -> _\n";
	size_t i;

	for (i = 0; i < kernels(); i++) {
		struct ran one = run_seed(text, kernel_at(i)->name, 1), two = run_seed(text, kernel_at(i)->name, 1);

		ck_assert(one.result.hash == two.result.hash);
		ck_assert_uint_eq(one.result.trace_length, two.result.trace_length);
		ran_free(&one);
		ran_free(&two);
	}
}
END_TEST

/* set: the world is as the file says, wherever the statement stands. */
START_TEST(settings)
{
	assert_fail("task a\na: m = mmap(64p)\na: touch(m, 64p, write=1)\nset pages=16\n", KERNEL);
	assert_pass("task a\na: m = mmap(64p)\na: touch(m, 64p, write=1)\nset pages=4096\n", KERNEL);
	assert_fail("set hugepages=1\ntask a\na: m = mmap(4M, kind=hugetlb)\na: touch(m, 4M, write=1)\n", KERNEL);
	assert_pass("set contig=2M\ntask a\na: m = mmap(4M)\na: touch(m, 2p, write=1)\nexpect a.pfn(m + 1p) == "
		    "a.pfn(m) + 1\n",
		    KERNEL);
}
END_TEST

Suite *run_suite(void)
{
	Suite *suite = suite_create("run");
	TCase *tcase = tcase_create("steps");

	tcase_add_test(tcase, results);
	tcase_add_test(tcase, unset);
	tcase_add_test(tcase, assigned_again);
	tcase_add_test(tcase, fds);
	tcase_add_test(tcase, tasks);
	tcase_add_test(tcase, not_there);
	tcase_add_test(tcase, violations);
	tcase_add_test(tcase, quirks_put_back);
	tcase_add_test(tcase, refusals);
	tcase_add_test(tcase, no_model);
	tcase_add_test(tcase, pure);
	tcase_add_test(tcase, settings);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return suite;
}
