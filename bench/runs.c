// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whole runs a second of small scenarios, and operations a second of random programs.
 *
 * A run begins with no task and no object and ends when all are gone and every
 * invariant of the end was checked; no detector is off. "restored" begins from a
 * snapshot of the world as it was when the program's tasks parted, "built" makes a world
 * for each run and throws it away. Under "random" each run has another seed and
 * an actor is picked by lot at each point; "in order" keeps to the running one, as
 * schedules with few preemptions do.
 *
 * The random programs are drawn before the time is taken. What they are like is told
 * on stderr.
 */
#include <scenario/gen.h>
#include <scenario/kernel_set.h>
#include <scenario/session.h>
#include "bench.h"

#define PROGRAMS 200

struct scenario {
	const char *file;	/* in bench/programs; NULL: random programs */
	const char *backend;
	bool built;
	const struct sim_strategy *strategy;
};

struct state {
	const struct scenario *scenario;
	struct kernel_list kernels;
	struct run_options options;
	struct scenario_session *session;
	struct program *programs[PROGRAMS];
	unsigned int nr;
	unsigned long next;
};

static struct program *load(const char *file)
{
	struct diagnostics diag;
	struct program *program;
	char path[256];

	snprintf(path, sizeof(path), "%s/programs/%s", BENCH_FOLDER, file);
	diagnostics_init(&diag);
	program = program_load(path, &diag);
	if (!program) {
		fputs(diag.text, stderr);
		exit(2);
	}
	diagnostics_free(&diag);
	return program;
}

static void draw_programs(struct state *state)
{
	struct gen_options gen = { .kernels = &state->kernels, .steps_min = 60, .steps_max = 100 };
	unsigned long steps = 0, charging = 0, live = 0;
	struct gen_facts facts;

	/* Those that begin with three tasks, as the goal says. */
	for (unsigned long seed = 1; state->nr < PROGRAMS; seed++) {
		struct program *program = gen_program(&gen, seed, &facts);

		if (facts.config.nr_tasks != 3) {
			program_free(program);
			continue;
		}
		state->programs[state->nr++] = program;
		steps += facts.steps;
		charging += facts.charging;
		live += facts.live;
	}
	fprintf(stderr, "random programs: %.0f calls each, %.0f %% would charge or pin, %.1f objects live\n",
		(double)steps / PROGRAMS, 100.0 * charging / steps, (double)live / steps);
}

static void *prepare(const struct bench_row *row)
{
	const struct scenario *scenario = row->arg;
	struct state *state;

	if (!backend_by_name(scenario->backend))
		return NULL;
	state = calloc(1, sizeof(*state));
	if (!state)
		abort();
	state->scenario = scenario;
	kernel_list_add(&state->kernels, "v6.12");
	state->options = (struct run_options){
		.kernel = &state->kernels.kernels[0]->kernel,
		.backend = backend_by_name(scenario->backend),
		.strategy = scenario->strategy,
	};
	state->session = scenario_session_create();
	if (scenario->file)
		state->programs[state->nr++] = load(scenario->file);
	else
		draw_programs(state);
	scenario_session_open(state->session, state->programs[0], &state->options);
	return state;
}

static double run(struct state *state, unsigned long nr, bool calls)
{
	unsigned long steps = 0;

	for (unsigned long i = 0; i < nr; i++) {
		const struct program *program = state->programs[i % state->nr];
		struct run_result result;

		state->options.seed = state->next++;
		if (state->scenario->built) {
			scenario_run(program, &state->options, &result);
		} else {
			if (state->nr > 1)
				scenario_session_open(state->session, program, &state->options);
			scenario_session_run(state->session, &result);
		}
		if (!calls && result.verdict != VERDICT_PASS) {
			fprintf(stderr, "%s does not pass\n", state->scenario->file);
			exit(1);
		}
		steps += result.steps_run;
		run_result_free(&result);
	}
	return calls ? steps : nr;
}

static double whole_runs(void *state, unsigned long nr)
{
	return run(state, nr, false);
}

static double calls(void *state, unsigned long nr)
{
	return run(state, nr, true);
}

static void done(void *arg)
{
	struct state *state = arg;

	scenario_session_destroy(state->session);
	for (unsigned int i = 0; i < state->nr; i++)
		program_free(state->programs[i]);
	kernel_list_free(&state->kernels);
	free(state);
}

#define TWO "two_tasks.pin"
#define SEQUENTIAL "map_unmap.pin"
#define ROW(row_name, row_unit, row_goal, row_work, ...)                                                              \
	{ .name = row_name, .unit = row_unit, .goal = row_goal, .prepare = prepare, .work = row_work, .done = done,   \
	  .arg = &(const struct scenario){ __VA_ARGS__ } }

static const struct bench_row rows[] = {
	ROW("two tasks, model, in order, restored", "runs/s", ">=200000", whole_runs, TWO, "model", false,
	    &sim_strategy_in_order),
	ROW("two tasks, model, random, restored", "runs/s", "-", whole_runs, TWO, "model", false,
	    &sim_strategy_random),
	ROW("two tasks, model, random, built", "runs/s", "-", whole_runs, TWO, "model", true, &sim_strategy_random),
	ROW("two tasks, upstream, in order, restored", "runs/s", ">=50000", whole_runs, TWO, "upstream", false,
	    &sim_strategy_in_order),
	ROW("two tasks, upstream, random, restored", "runs/s", "-", whole_runs, TWO, "upstream", false,
	    &sim_strategy_random),
	ROW("two tasks, upstream, random, built", "runs/s", "-", whole_runs, TWO, "upstream", true,
	    &sim_strategy_random),
	ROW("map and unmap, model, built", "runs/s", "-", whole_runs, SEQUENTIAL, "model", true, NULL),
	ROW("map and unmap, upstream, built", "runs/s", ">=50000", whole_runs, SEQUENTIAL, "upstream", true, NULL),
	ROW("random programs, model, restored", "calls/s", ">=2000000", calls, NULL, "model", false, NULL),
	ROW("random programs, model, built", "calls/s", "-", calls, NULL, "model", true, NULL),
};

int main(int argc, char **argv)
{
	return bench_main(rows, sizeof(rows) / sizeof(rows[0]), argc, argv);
}
