// SPDX-License-Identifier: GPL-2.0-or-later
/* The fault sweep: see sweep.h. */
#include <stdlib.h>
#include <scenario/sweep.h>
#include "arena.h"

/*
 * More scheduling points are a loop that does not end: of a program without a fault, and
 * of one with a fault beyond twice what it took without, for what it does instead.
 */
#define PROGRAM_POINTS_MAX 1000000000ul
#define FAULT_POINTS_MAX 20000000ul

static bool judge(const struct program *program, const struct sweep_options *options, const struct run_sweep *fault,
		  const struct run_result *result, struct sweep_stats *stats)
{
	size_t i;

	for (i = 0; i < result->nr_violations; i++) {
		const struct violation_report *report = &result->violations[i];
		const struct sweep_failure failure = {
			program, options->kernel, *fault, report->violation, report->step, report->text,
		};

		if (report->expected)
			continue;
		if (explain(program, options->kernel, result, i) >= 0) {
			stats->explained++;
			continue;
		}
		stats->failures++;
		options->failure(options->arg, &failure);
		return false;
	}
	return true;
}

/*
 * Beyond options->dense calls of one step it repeats itself, a page or a chunk at a time,
 * and to fail each would take its square: then the number doubles, and the last is one.
 * A guest that is pinned page by page comes to millions: it is not followed to its end.
 */
#define FOLLOWED 4096ul

static unsigned long next_nth(const struct sweep_options *options, unsigned long nth, unsigned long last)
{
	if (!options->dense || nth < options->dense || nth == last)
		return nth + 1;
	if (last <= FOLLOWED)
		return nth * 2 < last ? nth * 2 : last;
	return nth * 2 <= FOLLOWED ? nth * 2 : last + 1;
}

static void run(const struct program *program, const struct sweep_options *options, const struct run_sweep *fault,
		unsigned long points_max, struct run_result *result)
{
	const struct run_options run_options = {
		.kernel = options->kernel,
		.backend = options->backend,
		.seed = options->seed,
		.points_max = points_max,
		.sweep = fault,
		.stop = options->stop,
	};

	scenario_run(program, &run_options, result);
}

static bool one(const struct program *program, const struct sweep_options *options, const struct run_sweep *fault,
		unsigned long points_max, struct sweep_stats *stats)
{
	struct run_result result;
	bool good = true;

	run(program, options, fault, points_max, &result);
	if (result.swept && result.verdict != VERDICT_ERROR) {
		stats->runs++;
		stats->delivered += result.swept;
		good = judge(program, options, fault, &result, stats);
	}
	run_result_free(&result);
	return good;
}

/* The @calls calls at one site of one step; @*taken of this site so far. */
static bool sweep_step(const struct program *program, const struct sweep_options *options, struct run_sweep fault,
		       unsigned long points_max, unsigned long calls, unsigned long *taken, struct sweep_stats *stats)
{
	bool good = true;

	for (fault.nth = 1; fault.nth <= calls; fault.nth = next_nth(options, fault.nth, calls)) {
		if (options->most && *taken == options->most)
			return good;
		++*taken;
		stats->faults[fault.site]++;
		fault.persistent = false;
		good &= one(program, options, &fault, points_max, stats);
		fault.persistent = true;
		good &= one(program, options, &fault, points_max, stats);
	}
	return good;
}

/*
 * Counts what each step calls at each site, in a run without a fault, and what runs with
 * one may take; false: that came to no end.
 */
static bool count_calls(const struct program *program, const struct sweep_options *options,
			struct run_sweep_calls *count, unsigned long *points_max)
{
	const struct run_sweep none = { .count = count };
	struct run_result result;
	bool good;

	run(program, options, &none, PROGRAM_POINTS_MAX, &result);
	/* each point leaves a record, or more */
	*points_max = FAULT_POINTS_MAX + 2 * result.trace_length;
	good = result.verdict != VERDICT_ERROR;
	if (!good && options->mistake)
		options->mistake(options->arg, result.error);
	run_result_free(&result);
	return good;
}

bool sweep(const struct program *program, const struct sweep_options *options, struct sweep_stats *stats)
{
	unsigned long steps = program->nr_steps + 1, taken, calls, points_max = 0;
	struct run_sweep_calls *count = xzalloc((steps + 1) * sizeof(*count));
	bool counted = count_calls(program, options, count, &points_max), good = true;
	struct run_sweep fault = { .count = NULL };
	int site;

	stats->programs += counted;
	for (site = 0; site < SIM_FAULT_NR && counted; site++) {
		fault.site = (enum sim_fault_site)site;
		taken = calls = 0;
		for (fault.step = 1; fault.step <= steps; fault.step++) {
			calls += count[fault.step].of[site];
			good &= sweep_step(program, options, fault, points_max, count[fault.step].of[site], &taken,
					   stats);
		}
		stats->calls[site] += calls;
		stats->cut += options->most && taken == options->most && taken < calls;
	}
	free(count);
	return good;
}
