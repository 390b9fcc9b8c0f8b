// SPDX-License-Identifier: GPL-2.0-or-later
/* The fault sweep: see sweep.h. */
#include <scenario/sweep.h>

/* What a failing call is worth in scheduling points: more of them is a loop that does not end. */
#define POINTS_MAX 20000000

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
 * Beyond these many calls at one site a program repeats itself, a page or a chunk at
 * a time, and to fail each would take its square: strides grow with the number.
 */
#define EACH_OF 256ul

static unsigned long next_nth(const struct sweep_options *options, unsigned long nth)
{
	return nth < EACH_OF || options->each ? nth + 1 : nth + nth / 16;
}

/* Returns whether there was a call to fail. */
static bool one(const struct program *program, const struct sweep_options *options, const struct run_sweep *fault,
		struct sweep_stats *stats, bool *good)
{
	const struct run_options run = {
		.kernel = options->kernel,
		.backend = options->backend,
		.seed = options->seed,
		.points_max = POINTS_MAX,
		.sweep = fault,
		.stop = options->stop,
	};
	struct run_result result;
	bool swept;

	scenario_run(program, &run, &result);
	swept = result.swept && result.verdict != VERDICT_ERROR;
	if (swept) {
		stats->runs++;
		*good &= judge(program, options, fault, &result, stats);
	}
	run_result_free(&result);
	return swept;
}

bool sweep(const struct program *program, const struct sweep_options *options, struct sweep_stats *stats)
{
	bool good = true;
	int site;

	for (site = 0; site < SIM_FAULT_NR; site++) {
		struct run_sweep fault = { .site = (enum sim_fault_site)site, .nth = 1 };

		while ((!options->most || fault.nth <= options->most) && one(program, options, &fault, stats, &good)) {
			struct run_sweep behind = fault;

			behind.persistent = true;
			one(program, options, &behind, stats, &good);
			stats->faults[site]++;
			fault.nth = next_nth(options, fault.nth);
		}
		stats->cut += options->most && fault.nth > options->most;
	}
	return good;
}
