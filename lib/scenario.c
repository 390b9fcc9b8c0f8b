// SPDX-License-Identifier: GPL-2.0-or-later
/* Scenarios: what `pinsim run` and `pinsim explore` do with a file, for one in memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <scenario/explore.h>
#include <scenario/program.h>
#include <scenario/report.h>
#include <sim/trace.h>
#include "lib.h"

struct pinsim_scenario {
	struct program *program;
};

static struct pinsim_scenario *take_program(struct program *program, struct diagnostics *diag)
{
	struct pinsim_scenario *scenario = program ? calloc(1, sizeof(*scenario)) : NULL;

	if (!program)
		lib_misuse("%s", diag->text ? diag->text : "");
	else if (!scenario)
		program_free(program);
	else
		scenario->program = program;
	diagnostics_free(diag);
	return scenario;
}

struct pinsim_scenario *pinsim_scenario_load(const char *path)
{
	struct diagnostics diag;

	diagnostics_init(&diag);
	return take_program(program_load(path, &diag), &diag);
}

struct pinsim_scenario *pinsim_scenario_parse(const char *name, const char *text, size_t bytes)
{
	struct diagnostics diag;

	diagnostics_init(&diag);
	return take_program(program_parse(name, text, bytes, &diag), &diag);
}

void pinsim_scenario_free(struct pinsim_scenario *scenario)
{
	if (!scenario)
		return;
	program_free(scenario->program);
	free(scenario);
}

const char *pinsim_scenario_title(const struct pinsim_scenario *scenario)
{
	return scenario ? scenario->program->title : "";
}

/* The kernels of a SET, or those that the program is for. False, with a note: there is no such set. */
static bool kernels_of(const struct program *program, const char *set_text, struct kernel_list *list)
{
	struct diagnostics diag;
	struct parsed_set *set;

	if (!set_text) {
		default_kernels(program, false, list);
		return true;
	}
	diagnostics_init(&diag);
	set = kernel_set_parse("kernels", set_text, &diag);
	if (set)
		kernel_set_list(parsed_set(set), false, list);
	else
		lib_misuse("%s", diag.text);
	if (set && !list->nr)
		lib_misuse("\"%s\" names no kernel: nothing listed lies in it, or the quirk does not apply", set_text);
	parsed_set_free(set);
	diagnostics_free(&diag);
	return set && list->nr;
}

static void run_one(const struct program *program, const struct run_options *options, struct report *report,
		    struct report_totals *totals)
{
	struct run_result result;

	report_run_begin(report, program, options->kernel);
	scenario_run(program, options, &result);
	totals->runs++;
	totals->pass += result.verdict == VERDICT_PASS;
	totals->fail += result.verdict == VERDICT_FAIL;
	totals->na += result.verdict == VERDICT_NA;
	totals->errors += result.verdict == VERDICT_ERROR;
	if (result.verdict == VERDICT_ERROR)
		lib_misuse("%s", result.error);
	report_run_end(report, &result);
	run_result_free(&result);
}

static void run_all(const struct program *program, const struct pinsim_scenario_options *options,
		    const struct backend *backend, const struct kernel_list *list, FILE *out,
		    struct report_totals *totals)
{
	static const enum report_format formats[] = {
		[PINSIM_REPORT_TEXT] = REPORT_TEXT,
		[PINSIM_REPORT_JSON] = REPORT_JSON,
		[PINSIM_REPORT_TAP] = REPORT_TAP,
		[PINSIM_REPORT_JUNIT] = REPORT_JUNIT,
	};
	struct report_options report_options = {
		.format = formats[options->format], .out = out, .trace = options->trace, .seed = options->seed,
	};
	struct report *report = report_create(&report_options);

	totals->files = 1;
	report_file_begin(report, program);
	for (size_t i = 0; i < list->nr; i++) {
		struct run_options run = {
			.kernel = &list->kernels[i]->kernel,
			.backend = backend,
			.seed = options->seed,
			.counters = report_wants_counters(report),
			.events = &report_events,
			.arg = report,
		};

		if (program_runs_on(program, run.kernel) && backend_runs(backend, run.kernel))
			run_one(program, &run, report, totals);
		else
			totals->excluded++;
	}
	report_file_end(report);
	report_finish(report, totals);
	report_free(report);
}

static void report_error(struct pinsim_scenario_report *report)
{
	report->verdict = PINSIM_ERROR;
	free(report->text);
	report->text = strdup(pinsim_error());
}

struct pinsim_scenario_report *pinsim_scenario_run(const struct pinsim_scenario *scenario,
						   const struct pinsim_scenario_options *options)
{
	static const struct pinsim_scenario_options defaults;
	struct pinsim_scenario_report *report = calloc(1, sizeof(*report));
	struct kernel_list list = { NULL, 0 };
	struct report_totals totals = { .files = 0 };
	const struct backend *backend;
	size_t bytes;
	FILE *out;

	options = options ? options : &defaults;
	if (!scenario)
		lib_nothing();
	else if (lib_in_body())
		lib_misuse("pinsim_scenario_run() in a body, expected it outside of bodies");
	else if ((unsigned int)options->format > PINSIM_REPORT_JUNIT)
		lib_misuse("format %d, expected one of enum pinsim_report_format", (int)options->format);
	else if ((backend = lib_backend(options->backend)) != NULL &&
		 kernels_of(scenario->program, options->kernels ? options->kernels : backend->kernel, &list) &&
		 (out = open_memstream(&report->text, &bytes)) != NULL) {
		run_all(scenario->program, options, backend, &list, out, &totals);
		fclose(out);
	}
	kernel_list_free(&list);
	report->runs = totals.runs;
	report->pass = totals.pass;
	report->fail = totals.fail;
	report->absent = totals.na;
	if (!totals.files || totals.errors)
		report_error(report);
	else if (totals.fail)
		report->verdict = PINSIM_FAILS;
	else
		report->verdict = totals.pass ? PINSIM_HOLDS : PINSIM_ABSENT;
	return report;
}

void pinsim_scenario_report_free(struct pinsim_scenario_report *report)
{
	if (!report)
		return;
	free(report->text);
	free(report);
}

/*
 * Exploring
 */

static char *lanes_of(const struct program *program, const struct explore_options *options, const struct sim_tape *tape)
{
	struct run_options run = {
		.kernel = options->kernel, .backend = options->backend, .strategy = &sim_strategy_replay, .tape = tape,
	};
	struct lanes_style style = { .rows_max = 300 };
	struct lanes *lanes = lanes_replay(program, &run);
	char *text = NULL;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);

	if (out) {
		lanes_text(lanes, &style, out);
		fclose(out);
	}
	lanes_free(lanes);
	return text;
}

static const enum pinsim_verdict verdicts[] = {
	[EXPLORE_HOLDS] = PINSIM_HOLDS,	  [EXPLORE_FAILS] = PINSIM_FAILS, [EXPLORE_UNFINISHED] = PINSIM_UNFINISHED,
	[EXPLORE_NA] = PINSIM_ABSENT,	  [EXPLORE_ERROR] = PINSIM_ERROR, [EXPLORE_DIFFERS] = PINSIM_ERROR,
};

/* The sentence of the result, and what failed. */
static void tell(struct pinsim_result *result, const struct program *program, const struct explore_options *options,
		 const struct explore_report *report)
{
	const char *failure = NULL;
	int bytes;

	if (report->never)
		failure = report->never->expect.text;
	else if (report->result.failed)
		failure = report->result.failed->kind == STMT_EXPECT ? report->result.failed->expect.text :
								       report->result.failed->step.text;
	else if (report->end == EXPLORE_FAILS)
		failure = sim_violation_name(report->result.failed_violation);
	if (failure)
		result->failure = strdup(failure);
	if (report->result.error)
		result->text = strdup(report->result.error);
	else if (failure)
		bytes = asprintf(&result->text, "%s on %s fails%s: %s", program->path, options->kernel->name,
				 report->never ? ", no schedule shows" : "", failure);
	else
		bytes = asprintf(&result->text, "%s on %s %s: %lu runs", program->path, options->kernel->name,
				 report->end == EXPLORE_HOLDS ? "holds in every order" :
				 report->end == EXPLORE_NA    ? "lacks a call" :
								"is not finished", report->explored.runs);
	(void)bytes;
}

static void explore_program(const struct program *program, const struct explore_options *options,
			    struct pinsim_result *result)
{
	struct explore_report report;

	explore(program, options, &report);
	result->verdict = verdicts[report.end];
	tell(result, program, options, &report);
	result->token = report.result.token ? strdup(report.result.token) : NULL;
	if (report.tape)
		result->lanes = lanes_of(program, options, report.tape);
	result->runs = report.explored.runs;
	result->finished = report.explored.finished;
	result->interleavings = report.explored.interleavings;
	result->traces = report.explored.traces;
	result->seconds = report.seconds;
	explore_report_free(&report);
}

struct pinsim_result *pinsim_scenario_explore(const struct pinsim_scenario *scenario, const char *kernel,
					      const struct pinsim_explore_options *options)
{
	static const struct pinsim_explore_options defaults;
	struct pinsim_result *result = calloc(1, sizeof(*result));
	struct kernel_list list = { NULL, 0 };
	struct explore_options explore_options = { .backend = &backend_model };

	options = options ? options : &defaults;
	explore_options.search.kind = options->strategy ? sim_search_kind_by_name(options->strategy) : NULL;
	explore_options.search.seed = options->seed;
	explore_options.search.bound = options->preemptions_max;
	explore_options.search.bounded = options->preemptions_max != 0;
	explore_options.runs_max = options->runs_max;
	explore_options.seconds_max = options->seconds_max;
	if (!scenario)
		lib_nothing();
	else if (lib_in_body())
		lib_misuse("pinsim_scenario_explore() in a body, expected it outside of bodies");
	else if (options->strategy && !explore_options.search.kind)
		lib_misuse("no strategy \"%s\", expected portfolio, dpor, bounded, pct, random or naive",
			   options->strategy);
	else if (!kernel || !kernels_of(scenario->program, kernel, &list))
		lib_misuse("no kernel \"%s\", expected one such as \"v6.12\"", kernel ? kernel : "");
	else if (list.nr != 1 || !program_runs_on(scenario->program, &list.kernels[0]->kernel))
		lib_misuse("\"%s\", expected one kernel that the scenario is for", kernel);
	else {
		explore_options.kernel = &list.kernels[0]->kernel;
		explore_program(scenario->program, &explore_options, result);
	}
	if (!result->text) {
		result->verdict = PINSIM_ERROR;
		result->text = strdup(pinsim_error());
	}
	kernel_list_free(&list);
	return result;
}
