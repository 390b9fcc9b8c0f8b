// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * B9: schedules with at most three preemptions of scenarios/races, each run again from its
 * token: how many come out with the same hash, and the longest token. Counts, the same on every
 * machine; that another build replays them too is what bench/planted/replay tries.
 */
#include <glob.h>
#include <scenario/kernel_set.h>
#include <scenario/program.h>
#include <scenario/runner.h>
#include <sim/explore.h>
#include <sim/trace.h>
#include "bench.h"

#define TOKENS 10000
#define PREEMPTIONS 3

struct tokens {
	unsigned long nr, same;
	size_t bytes_max;
};

static void replay(const struct program *program, const struct run_options *how, const struct run_result *first,
		   struct tokens *tokens)
{
	struct run_options options = *how;
	struct run_result again;
	struct sim_tape *tape;
	char kernel[128];

	tokens->nr++;
	if (!first->token || sim_tape_decode(first->token, program->hash, kernel, &tape))
		return;
	if (strlen(first->token) > tokens->bytes_max)
		tokens->bytes_max = strlen(first->token);
	options.strategy = &sim_strategy_replay;
	options.context = NULL;
	options.tape = tape;
	scenario_run(program, &options, &again);
	tokens->same += again.hash == first->hash && again.verdict == first->verdict;
	run_result_free(&again);
	sim_tape_free(tape);
}

static void replay_schedules(const struct program *program, const struct kernel *kernel, unsigned long most,
			     struct tokens *tokens)
{
	struct sim_search *search = sim_search_create(&(struct sim_search_options){
		.kind = &sim_search_bounded, .bound = PREEMPTIONS, .bounded = true,
	});
	struct sim_config config = { .seed = 0 };

	while (most-- && sim_search_next(search, &config)) {
		struct run_options how = {
			.kernel = kernel,
			.backend = backend_by_name("model"),
			.strategy = config.strategy,
			.context = config.context,
		};
		struct run_result result;

		scenario_run(program, &how, &result);
		replay(program, &how, &result, tokens);
		run_result_free(&result);
	}
	sim_search_destroy(search);
}

int main(void)
{
	struct kernel_list list = { NULL, 0 };
	struct tokens tokens = { 0 };
	glob_t files;

	kernel_list_add(&list, "v6.12");
	if (glob(SCENARIOS "/races/*.pin", 0, NULL, &files))
		exit(1);
	/* the same share of each, and the last ones make up for the short ones */
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct diagnostics diag;
		struct program *program;

		diagnostics_init(&diag);
		program = program_load(files.gl_pathv[i], &diag);
		if (!program)
			exit(2);
		if (program_runs_on(program, &list.kernels[0]->kernel))
			replay_schedules(program, &list.kernels[0]->kernel, (TOKENS - tokens.nr) / (files.gl_pathc - i),
					 &tokens);
		program_free(program);
		diagnostics_free(&diag);
	}
	globfree(&files);
	kernel_list_free(&list);
	printf("B9 of %lu schedules, their tokens give again\t%.6g\t%%\t>=100\n", tokens.nr,
	       100.0 * tokens.same / tokens.nr);
	printf("B9 longest token, up to %d preemptions\t%zu\tbytes\t<=64\n", PREEMPTIONS, tokens.bytes_max);
	return 0;
}
