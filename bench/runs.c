// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whole runs a second: bench_runs [model|upstream] [fresh|session] FILE [RUNS]
 *
 * A run begins with no task and no object and ends when all are gone and every
 * invariant of the end was checked; inside, the random walk decides, another seed
 * for each run. "fresh" builds a world for each run, "session" restores a snapshot.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <scenario/kernel_set.h>
#include <scenario/session.h>

static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static struct program *load(const char *path)
{
	struct diagnostics diag;
	struct program *program;

	diagnostics_init(&diag);
	program = program_load(path, &diag);
	if (!program) {
		fputs(diag.text, stderr);
		exit(2);
	}
	diagnostics_free(&diag);
	return program;
}

int main(int argc, char **argv)
{
	struct kernel_list list = { NULL, 0 };
	struct run_options options = {};
	struct scenario_session *session;
	struct program *program;
	unsigned long runs, points = 0, steps = 0, failed = 0;
	bool fresh;
	double begin, seconds;

	if (argc < 4)
		return 2;
	options.backend = backend_by_name(argv[1]);
	fresh = !strcmp(argv[2], "fresh");
	program = load(argv[3]);
	runs = argc > 4 ? strtoul(argv[4], NULL, 0) : 20000;
	if (!options.backend)
		return 77;
	kernel_list_add(&list, "v6.12");
	if (getenv("ORDER"))
		options.strategy = &sim_strategy_in_order;
	options.kernel = &list.kernels[0]->kernel;
	session = scenario_session_create();
	scenario_session_open(session, program, &options);
	begin = cpu_seconds();
	for (options.seed = 0; options.seed < runs; options.seed++) {
		struct run_result result;

		if (fresh)
			scenario_run(program, &options, &result);
		else
			scenario_session_run(session, &result);
		points += result.trace_length;
		steps += result.steps_run;
		failed += result.verdict != VERDICT_PASS;
		run_result_free(&result);
	}
	seconds = cpu_seconds() - begin;
	printf("%.0f runs/s, %.0f steps/s, %.1f records/run, %lu failed\n", runs / seconds, steps / seconds,
	       (double)points / runs, failed);
	scenario_session_destroy(session);
	kernel_list_free(&list);
	program_free(program);
	return failed != 0;
}
