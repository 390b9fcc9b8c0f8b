// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One program of the fuzzer's: run, in an order that its seed says, and judged by all that
 * can be held against a run: violations, a second run, the other backend.
 */
#include <stdlib.h>
#include <string.h>
#include <scenario/print.h>
#include "arena.h"
#include "fuzz.h"

/* Scheduling points of one program: what takes more does not end. */
#define POINTS_MAX 5000000

static void count_step(void *arg, const struct step_report *step)
{
	struct fuzz_stats *stats = arg;

	stats->sampled_steps++;
	if (step->skip != STEP_RAN)
		return;
	stats->sampled_ran++;
	if (!step->returned || step->ret < 0)
		return;
	stats->sampled_succeeded++;
	stats->sampled_charging += step->stmt->step.op->random.charges;
}

static const struct run_events count_events = { .step = count_step };

struct run_options fuzz_run_options(const struct fuzz_check *check)
{
	return (struct run_options){
		.kernel = check->kernel,
		.backend = check->backend[0],
		.seed = check->seed,
		.points_max = POINTS_MAX,
		.stop = check->stop,
	};
}

void fuzz_run(const struct program *program, const struct run_options *options, struct run_result *result)
{
	struct sim_pct_context pct = {
		.depth = 2 + (unsigned int)(options->seed >> 1) % 4,
		.points = 16ul << (options->seed >> 3) % 6,
	};
	struct run_options run = *options;

	if (program->has_parallel && options->seed % 2) {
		run.strategy = &sim_strategy_pct;
		run.context = &pct;
	}
	scenario_run(program, &run, result);
}

enum compared fuzz_compare(const struct fuzz_check *check, const struct program *program, FILE *out)
{
	const struct compare_options options = {
		.kernel = check->kernel,
		.backend = { check->backend[0], check->backend[1] },
		.seed = check->seed,
		.out = out,
		.stop = check->stop,
	};

	return compare_backends(program, &options);
}

/*
 * The first violation that counts: nothing explains it, or that is no excuse. What is
 * explained is counted.
 */
static void judge(const struct fuzz_check *check, const struct program *program, const struct run_result *result,
		  struct fuzz_verdict *verdict)
{
	size_t i;
	int known;

	for (i = 0; i < result->nr_violations; i++) {
		known = explain(program, check->kernel, result, i);
		if (known >= 0 && check->stats)
			check->stats->explained[known]++;
		if ((known >= 0 && !check->known) || check->ignored & 1ul << result->violations[i].violation ||
		    (check->one_violation &&
		     (result->violations[i].violation != check->wanted || known != check->wanted_known)))
			continue;
		verdict->violation = result->violations[i].violation;
		verdict->step = result->violations[i].step;
		verdict->known = known;
		return;
	}
}

static char *text_of(const struct program *program)
{
	struct text_stream stream;

	program_print(program, NULL, text_begin(&stream));
	return text_end(&stream);
}

struct program *fuzz_parsed(const char *text)
{
	struct diagnostics diag;
	struct program *program;

	diagnostics_init(&diag);
	program = program_parse("random program", text, strlen(text), &diag);
	diagnostics_free(&diag);
	return program;
}

/* A second run, of what is parsed from the program's text: a pure function of the program. */
static bool same_again(const struct program *program, const struct run_options *options, unsigned long long hash)
{
	char *text = text_of(program);
	struct program *again = fuzz_parsed(text);
	struct run_result result;
	bool same = false;

	free(text);
	if (again) {
		fuzz_run(again, options, &result);
		same = result.hash == hash;
		run_result_free(&result);
	}
	program_free(again);
	return same;
}

/* What is cut off in the middle says nothing. */
static bool is_cut_off(const struct fuzz_check *check)
{
	return check->stop && *check->stop;
}

struct fuzz_verdict fuzz_check(const struct fuzz_check *check, const struct program *program)
{
	struct fuzz_verdict verdict = { .kind = FUZZ_HOLDS, .violation = VIOLATION_NR, .known = -1 };
	struct run_options options = fuzz_run_options(check);
	struct run_result result;

	if (check->count) {
		options.events = &count_events;
		options.arg = check->stats;
	}
	fuzz_run(program, &options, &result);
	options.events = NULL;
	judge(check, program, &result, &verdict);
	if (result.verdict == VERDICT_ERROR) {
		verdict.kind = is_cut_off(check) ? FUZZ_HOLDS : FUZZ_ERROR;
	} else if (verdict.violation != VIOLATION_NR) {
		verdict.kind = FUZZ_VIOLATION;
	} else if (check->twice && !same_again(program, &options, result.hash) && !is_cut_off(check)) {
		verdict.kind = FUZZ_OTHERWISE;
	}
	run_result_free(&result);
	if (verdict.kind == FUZZ_HOLDS && check->backend[1] &&
	    fuzz_compare(check, program, check->nowhere) == COMPARED_DIFFERENT && !is_cut_off(check))
		verdict.kind = FUZZ_DIFFERS;
	return verdict;
}
