// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A smaller program with the failure that a search has found. The shrinker makes the
 * candidates; a search, short and always the same, decides about each. Where the
 * file as it stands holds in order, so must a candidate: a call that is left out breaks
 * many an expect, and that would be no race any more.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <scenario/explore.h>
#include <scenario/shrink.h>
#include "arena.h"

/* Schedules of one candidate, beyond as many as the file itself took to fail. */
#define RUNS_EACH 200
/* Schedules of all candidates: a second or two. */
#define RUNS_MAX 60000ul
/* And where a schedule takes long. */
#define SECONDS_MAX 10.0

struct question {
	struct explore_options options;
	struct failure wanted;
	bool holds_in_order;
	unsigned long runs;
	double seconds;
	volatile sig_atomic_t enough;
	const volatile sig_atomic_t *stop;
};

static enum verdict verdict_in_order(const struct program *program, const struct explore_options *options)
{
	const struct run_options run = {
		.kernel = options->kernel,
		.backend = options->backend,
		.strategy = &sim_strategy_in_order,
		.races = options->races,
		.preempt_access = options->preempt_access,
	};
	struct run_result result;
	enum verdict verdict;

	scenario_run(program, &run, &result);
	verdict = result.verdict;
	run_result_free(&result);
	return verdict;
}

static bool fails_alike(void *arg, const struct program *program)
{
	struct question *question = arg;
	struct explore_report report;
	bool alike;

	if (!program_runs_on(program, question->options.kernel))
		return false;
	/* The first one is the file itself, and has an answer. */
	question->options.stop = question->runs++ ? question->stop : NULL;
	if (question->holds_in_order && verdict_in_order(program, &question->options) != VERDICT_PASS)
		return false;
	explore(program, &question->options, &report);
	alike = report.end == EXPLORE_FAILS && report.failed_at;
	question->runs += report.explored.runs + report.explored.cut;
	question->seconds += report.seconds;
	explore_report_free(&report);
	if (question->runs >= RUNS_MAX || question->seconds >= SECONDS_MAX || (question->stop && *question->stop))
		question->enough = 1;
	return alike;
}

static void question_init(struct question *question, const struct program *program,
			  const struct explore_options *options, const struct explore_report *report)
{
	*question = (struct question){ .options = *options, .stop = options->stop };
	failure_of(&report->result, &question->wanted);
	question->options.wanted = &question->wanted;
	question->options.runs_max = report->failed_at + RUNS_EACH;
	question->options.seconds_max = SECONDS_MAX;
	question->options.as_found = true;
	question->options.twice = false;
	question->options.progress = NULL;
	question->holds_in_order = verdict_in_order(program, options) == VERDICT_PASS;
}

bool explore_shrink(const struct program *program, const struct explore_options *options,
		    const struct explore_report *report, const char *path, struct explore_small *small)
{
	struct question question;
	const struct shrink_options shrink_options = {
		.fails = fails_alike,
		.arg = &question,
		.stop = &question.enough,
	};
	struct shrink_result result;
	struct diagnostics diag;

	*small = (struct explore_small){ .text = NULL };
	question_init(&question, program, options, report);
	if (!shrink(program, &shrink_options, &result))
		return false;
	diagnostics_init(&diag);
	small->program = program_parse(path, result.text, strlen(result.text), &diag);
	diagnostics_free(&diag);
	small->text = result.text;
	small->calls_before = result.steps_before;
	small->calls = result.steps;
	small->tries = result.tries;
	small->finished = result.finished;
	/* The same search once more, and this time the schedule is made short. */
	question.options.as_found = false;
	question.options.stop = NULL;
	if (small->program)
		explore(small->program, &question.options, &small->report);
	if (small->program && small->report.end == EXPLORE_FAILS && small->report.failed_at)
		return true;
	explore_small_free(small);
	return false;
}

void explore_small_free(struct explore_small *small)
{
	explore_report_free(&small->report);
	if (small->program)
		program_free(small->program);
	free(small->text);
	*small = (struct explore_small){ .text = NULL };
}
