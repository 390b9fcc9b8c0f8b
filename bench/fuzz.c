// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Operations a second of `pinsim fuzz`, whole: programs are drawn, run on worlds of their own
 * and judged, every invariant is checked at every point where no call is under way, and
 * one program in so many is run again. What the programs are like is told on stderr.
 *
 * Beside it, in the same run, libFuzzer with a target that does nothing, where clang
 * has it: what a fuzzer costs before anything is tested.
 */
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <scenario/fuzz.h>
#include <scenario/kernel_set.h>
#include "bench.h"

#define EMPTY_RUNS "1000000"

/* `make profiled` builds the same program another way: a row of its own in one table. */
#ifdef BENCH_PROFILED
#define HOW ", laid out by a profile"
#else
#define HOW ""
#endif

struct fuzz_state {
	struct kernel_list kernels;
	struct fuzz_options options;
	bool programs;			/* are counted, not their calls */
};

static void *prepare(const struct bench_row *row)
{
	struct fuzz_state *state = calloc(1, sizeof(*state));

	if (!state)
		abort();
	kernel_set_list(NULL, false, &state->kernels);
	state->programs = row->arg;
	state->options = (struct fuzz_options){
		.gen = { .kernels = &state->kernels, .steps_min = 80, .steps_max = 160 },
		.backend = { backend_by_name("model") },
		.seed = 1,
		.jobs = 1,
	};
	return state;
}

static void tell(const struct fuzz_stats *stats)
{
	double sampled = (double)stats->sampled_steps, steps = (double)stats->steps;

	fprintf(stderr, "random programs: %.0f calls each, %.0f %% succeed, %.0f %% charge or pin, %.1f objects live, "
		"%.1f of them tasks\n", steps / stats->programs, 100 * stats->sampled_succeeded / sampled,
		100 * stats->sampled_charging / sampled, stats->live / steps, stats->tasks / steps);
}

static double work(void *arg, unsigned long nr)
{
	struct fuzz_state *state = arg;
	struct fuzz_stats stats;

	state->options.runs = nr;
	if (fuzz(&state->options, NULL, NULL, &stats) || stats.failures) {
		fprintf(stderr, "a random program failed: pinsim fuzz --seed 1 --steps 80..160 --faults 0 --runs %lu\n",
			nr);
		exit(1);
	}
	if (nr >= 1000 && !state->programs)
		tell(&stats);
	return state->programs ? stats.programs : stats.steps;
}

static void done(void *arg)
{
	struct fuzz_state *state = arg;

	kernel_list_free(&state->kernels);
	free(state);
}

/* The time is the child's. */
static void empty_target(void)
{
#if defined(EMPTY_TARGET) && !defined(BENCH_PROFILED)
	struct rusage usage;
	double seconds;
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	if (!child) {
		if (freopen("/dev/null", "w", stderr))
			execl(EMPTY_TARGET, EMPTY_TARGET, "-runs=" EMPTY_RUNS, NULL);
		_exit(1);
	}
	if (child < 0 || wait4(child, &status, 0, &usage) != child || status)
		return;
	seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
		  (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	printf("libFuzzer, empty target\t%.6g\texecs/s\t-\n", strtod(EMPTY_RUNS, NULL) / seconds);
#endif
}

static const struct bench_row rows[] = {
	{ .name = "fuzz, model: drawn, run and judged" HOW, .unit = "calls/s", .goal = ">=2000000", .prepare = prepare,
	  .work = work, .done = done },
	{ .name = "fuzz, model: programs" HOW, .unit = "programs/s", .goal = "-", .prepare = prepare, .work = work,
	  .done = done, .arg = "programs" },
};

int main(int argc, char **argv)
{
	int status = bench_main(rows, sizeof(rows) / sizeof(rows[0]), argc, argv);

	if (argc == 1)
		empty_target();
	return status;
}
