// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sessions against scenario_run(): over the whole library, on several kernels, a run
 * that begins from a snapshot comes to the same as one in a world of its own.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <scenario/session.h>
#include <scenario/kernel_set.h>
#include <sim/snapshot.h>
#include "harness.h"

static const char *const library_kernels[] = { "v6.12", "v5.15", "v5.9+uring_ring_p1_underflow" };

static struct {
	struct kernel_list list;
	struct scenario_session *session;
	unsigned int runs;
	unsigned int files;
} library;

static void assert_same(const char *path, const struct run_result *want, const struct run_result *got)
{
	if (want->verdict != got->verdict || want->hash != got->hash || want->trace_length != got->trace_length ||
	    want->choices != got->choices || want->failures != got->failures || want->steps != got->steps ||
	    want->steps_run != got->steps_run || want->expects_held != got->expects_held ||
	    want->nr_violations != got->nr_violations || want->warnings != got->warnings)
		ck_abort_msg("%s: verdict %d and %d, hash %llx and %llx, %lu and %lu records, %zu and %zu choices",
			     path, want->verdict, got->verdict, want->hash, got->hash, want->trace_length,
			     got->trace_length, want->choices, got->choices);
	for (size_t i = 0; i < want->nr_violations; i++)
		ck_assert_str_eq(want->violations[i].text, got->violations[i].text);
}

static void compare(const struct program *program, const struct kernel *kernel)
{
	struct run_options options = { .backend = &backend_model, .kernel = kernel };

	scenario_session_open(library.session, program, &options);
	for (unsigned long seed = 1; seed <= (program->has_parallel ? 6 : 2); seed++) {
		struct run_result want, got;

		options.seed = seed;
		scenario_run(program, &options, &want);
		scenario_session_run(library.session, &got);
		assert_same(program->path, &want, &got);
		run_result_free(&want);
		run_result_free(&got);
		library.runs++;
	}
}

static int each_file(const char *path, const struct stat *status, int type, struct FTW *at)
{
	struct diagnostics diag;
	struct program *program;
	size_t length = strlen(path);

	if (type != FTW_F || length < 4 || strcmp(path + length - 4, ".pin"))
		return 0;
	diagnostics_init(&diag);
	program = program_load(path, &diag);
	diagnostics_free(&diag);
	if (!program)
		return 0;
	library.files++;
	for (unsigned int i = 0; i < library.list.nr; i++)
		if (program_runs_on(program, &library.list.kernels[i]->kernel))
			compare(program, &library.list.kernels[i]->kernel);
	program_free(program);
	return 0;
}

/* Each file of the library, twice or under 6 seeds, on two kernels and one with a bug. */
START_TEST(whole_library)
{
	for (unsigned int i = 0; i < sizeof(library_kernels) / sizeof(library_kernels[0]); i++)
		ck_assert_int_eq(kernel_list_add(&library.list, library_kernels[i]), 0);
	library.session = scenario_session_create();
	ck_assert_int_eq(nftw(PINSIM_SCENARIOS, each_file, 16, FTW_PHYS), 0);
	ck_assert_uint_gt(library.files, 100);
	ck_assert_uint_gt(library.runs, 1000);
	scenario_session_destroy(library.session);
	kernel_list_free(&library.list);
}
END_TEST

static const char two_tasks[] = "task a memlock=64p\n"
				"a: m = mmap(8p)\n"
				"a: c = iommufd_open()\n"
				"a: s = ioas_alloc(c)\n"
				"a: d = attach(s)\n"
				"a: thread(b)\n"
				"parallel {\n"
				"a: i = ioas_map(s, va=m, len=4p)\n"
				"a: ioas_unmap(s, iova=i, len=4p)\n"
				"b: k = ioas_map(s, va=m + 4p, len=4p)\n"
				"b: ioas_unmap(s, iova=k, len=4p)\n"
				"}\n"
				"expect a.pinned_vm == 0\n";

/* Programs and kernels change in one session, other worlds run in between, and a run under a tape is that run. */
START_TEST(changes)
{
	struct program *plain = parsed("task a memlock=64p\na: m = mmap(4p)\na: mlock(m, 4p)\n");
	struct program *race = parsed(two_tasks);
	struct scenario_session *session = scenario_session_create();
	struct kernel_list list = { NULL, 0 };
	struct run_options options[2];
	struct run_result result, alone;
	struct sim_tape *tape = NULL;

	kernel_list_add(&list, "v6.12");
	kernel_list_add(&list, "v6.6");
	for (int i = 0; i < 2; i++)
		options[i] = (struct run_options){ .backend = &backend_model, .kernel = &list.kernels[i]->kernel };
	for (int round = 0; round < 12; round++) {
		struct run_options *now = &options[round / 3 % 2];
		const struct program *program = round % 2 ? race : plain;

		scenario_session_open(session, program, now);
		for (int run = 0; run < 3; run++) {
			now->seed = round * 3 + run;
			scenario_run(program, now, &alone);
			scenario_session_run(session, &result);
			assert_same("two tasks", &alone, &result);
			ck_assert_ptr_null(result.token);
			tape = sim_tape_copy();
			run_result_free(&result);
			now->tape = tape;
			scenario_session_run(session, &result);
			now->tape = NULL;
			assert_same("its tape", &alone, &result);
			run_result_free(&result);
			run_result_free(&alone);
			sim_tape_free(tape);
		}
	}
	scenario_session_destroy(session);
	scenario_session_destroy(NULL);
	kernel_list_free(&list);
	program_free(race);
	program_free(plain);
}
END_TEST

/* A mistake that only the run shows is told by every run of the session. */
START_TEST(mistakes)
{
	struct program *program = parsed("task a memlock=64p\na: fork(b)\na: fork(b)\nparallel {\na: mmap(1p)\n}\n");
	struct scenario_session *session = scenario_session_create();
	struct kernel_list list = { NULL, 0 };
	struct run_options options = { .backend = &backend_model };
	struct run_result result;

	kernel_list_add(&list, "v6.12");
	options.kernel = &list.kernels[0]->kernel;
	scenario_session_open(session, program, &options);
	for (int run = 0; run < 3; run++) {
		options.seed = run;
		scenario_session_run(session, &result);
		ck_assert_int_eq(result.verdict, VERDICT_ERROR);
		ck_assert_ptr_nonnull(strstr(result.error, "still lives"));
		run_result_free(&result);
	}
	scenario_session_destroy(session);
	kernel_list_free(&list);
	program_free(program);
}
END_TEST

Suite *session_suite(void)
{
	Suite *suite = suite_create("session");
	TCase *tcase = tcase_create("session");

	tcase_set_timeout(tcase, 300);
	tcase_add_test(tcase, whole_library);
	tcase_add_test(tcase, changes);
	tcase_add_test(tcase, mistakes);
	suite_add_tcase(suite, tcase);
	return suite;
}
