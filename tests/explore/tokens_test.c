// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tokens of schedules with at most three preemptions, over the library's races:
 * short enough for a line of a mail, and each gives the same run again.
 * PINSIM_TOKENS says how many (10,000 unless so).
 */
#include <check.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <scenario/kernel_set.h>
#include <scenario/program.h>
#include <scenario/runner.h>
#include <sim/explore.h>
#include <sim/trace.h>
#include <sim/world.h>

#define TOKENS_DEFAULT 10000
#define TOKEN_BYTES_MAX 64
#define PREEMPTIONS 3

static unsigned long tokens_wanted(void)
{
	const char *text = getenv("PINSIM_TOKENS");

	return text ? strtoul(text, NULL, 10) : TOKENS_DEFAULT;
}

static void replay(const struct program *program, const struct run_options *how, const struct run_result *first)
{
	struct run_options options = *how;
	struct run_result again;
	struct sim_tape *tape;
	char kernel[128];

	ck_assert_ptr_nonnull(first->token);
	ck_assert_msg(strlen(first->token) <= TOKEN_BYTES_MAX, "%s: %s has %zu bytes", program->path, first->token,
		      strlen(first->token));
	ck_assert_int_eq(sim_tape_decode(first->token, program->hash, kernel, &tape), 0);
	ck_assert_str_eq(kernel, how->kernel->name);
	options.strategy = &sim_strategy_replay;
	options.context = NULL;
	options.tape = tape;
	scenario_run(program, &options, &again);
	ck_assert_msg(again.hash == first->hash && again.verdict == first->verdict, "%s: %s was another run",
		      program->path, first->token);
	run_result_free(&again);
	sim_tape_free(tape);
}

/* As many schedules of @program as there are, or @most. Returns how many. */
static unsigned long replay_schedules(const struct program *program, const struct kernel *kernel, unsigned long most)
{
	struct sim_search_options options = { .kind = &sim_search_bounded, .bound = PREEMPTIONS, .bounded = true };
	struct sim_search *search = sim_search_create(&options);
	struct sim_config config = { .seed = 0 };
	unsigned long done = 0;

	while (done < most && sim_search_next(search, &config)) {
		struct run_options how = {
			.kernel = kernel,
			.backend = &backend_model,
			.strategy = config.strategy,
			.context = config.context,
		};
		struct run_result result;

		scenario_run(program, &how, &result);
		replay(program, &how, &result);
		run_result_free(&result);
		done++;
	}
	sim_search_destroy(search);
	return done;
}

START_TEST(tokens)
{
	unsigned long wanted = tokens_wanted(), done = 0;
	struct kernel_list list = { NULL, 0 };
	glob_t files;

	ck_assert_int_eq(kernel_list_add(&list, "v6.12"), 0);
	ck_assert_int_eq(glob(SCENARIOS "/races/*.pin", 0, NULL, &files), 0);
	/* the same share of each, and the last ones make up for the short ones */
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct diagnostics diag;
		struct program *program;

		diagnostics_init(&diag);
		program = program_load(files.gl_pathv[i], &diag);
		ck_assert_msg(program != NULL, "%s", diag.text);
		if (program_runs_on(program, &list.kernels[0]->kernel))
			done += replay_schedules(program, &list.kernels[0]->kernel,
						 (wanted - done) / (files.gl_pathc - i));
		program_free(program);
		diagnostics_free(&diag);
	}
	ck_assert_uint_ge(done, wanted);
	globfree(&files);
	kernel_list_free(&list);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("explore_tokens");
	TCase *tcase = tcase_create("tokens");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, tokens);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
