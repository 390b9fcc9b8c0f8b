// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Searches over the charge program (tests/explore): schedules a second, and how
 * often a second all states of five tasks are gone through. On the scheduler and the
 * kernel API that scenarios run on, lockdep and use-after-free checks included; data
 * race detection is off.
 *
 * Beside SPIN: the processor time that its verifier takes for the same program, at the
 * same granularity (charge.pml), as a multiple of ours, in turn five times. Its hash
 * table has the size that suits it best.
 */
#include <sim/explore.h>
#include <sim/sched.h>
#include <sim/snapshot.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../tests/explore/programs.h"
#include "bench.h"

struct search {
	const struct sim_search_kind *kind;
	unsigned int tasks;
	bool symmetric;		/* with partial-order reduction, as SPIN's that it stands beside */
	bool exhaust;		/* units are whole searches */
	const char *pan;	/* SPIN's, to compare with */
	const char *pan_table;	/* -w: how large its hash table is */
};

struct state {
	const struct search *what;
	struct program program;
	struct sim_search *search;
	struct sim_world *world;
	struct sim_snapshot *start;
};

static size_t state_of(void *symmetric, unsigned char *buf, size_t size)
{
	return machine_state(buf, symmetric);
}

static unsigned long long distinct(void *symmetric, unsigned long long enabled)
{
	return machine_distinct(enabled);
}

static struct sim_search *search_new(const struct search *what)
{
	return sim_search_create(&(struct sim_search_options){
		.kind = what->kind,
		.silent = 1ul << SIM_POINT_START | 1ul << SIM_POINT_NONE,
		.resumes = true,
		.reduce = what->symmetric,
		.state = state_of,
		.distinct = what->symmetric ? distinct : NULL,
		.state_arg = what->symmetric ? (void *)what : NULL,
	});
}

static void *prepare(const struct bench_row *row)
{
	struct state *state = calloc(1, sizeof(*state));
	const struct op ops[] = {
		{ OP_LOAD, 0, 0 }, { OP_END_IF_AT_LEAST, 0, 0 }, { OP_CAS, 0, 1 }, { OP_BACK_IF_FAILED, 0, 2 },
		{ OP_LOCK, 0, 0 }, { OP_UNLOCK, 0, 0 }, { OP_LOCK, 0, 0 }, { OP_UNLOCK, 0, 0 }, { OP_ADD, 0, -1 },
	};

	state->what = row->arg;
	state->program.tasks = state->what->tasks;
	memcpy(state->program.ops[0], ops, sizeof(ops));
	state->program.ops[0][1].value = state->what->tasks - 1;
	state->world = sim_world_create(&(struct sim_config){ .strategy = &sim_strategy_in_order });
	if (state->what->kind == &sim_search_stateful)
		machine_setup(&state->program);
	else
		charge_program.setup(state->program.tasks);
	for (unsigned int i = 0; i < state->program.tasks; i++)
		sim_actor_submit(sim_actor_create("t", NULL),
				 state->what->kind == &sim_search_stateful ? machine_task : charge_program.task,
				 (void *)(uintptr_t)i);
	state->start = sim_snapshot_take();
	state->search = search_new(state->what);
	return state;
}

static bool run(struct state *state)
{
	struct sim_config config;

	if (!sim_search_next(state->search, &config)) {
		sim_search_destroy(state->search);
		state->search = search_new(state->what);
		return false;
	}
	if (!sim_search_resume(state->search)) {
		sim_snapshot_restore(state->start);
		sim_strategy_set(config.strategy, config.seed, NULL, config.context);
		sim_window(true);
	}
	sim_run();
	sim_window(false);
	return true;
}

static double work(void *arg, unsigned long nr)
{
	struct state *state = arg;

	for (unsigned long i = 0; i < nr; i++)
		while (!run(state) != state->what->exhaust)
			;
	return nr;
}

#ifdef HAVE_SPIN
#define TURNS 5

static double pan_seconds(const struct search *what)
{
	char path[512];
	struct rusage usage;
	int status;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/%s", PAN_FOLDER, what->pan);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (!freopen("/dev/null", "w", stdout))
			_exit(2);
		execl(path, what->pan, "-m100000", what->pan_table, (char *)NULL);
		_exit(2);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || !WIFEXITED(status) || WEXITSTATUS(status)) {
		fprintf(stderr, "bench_explore: %s does not run\n", path);
		exit(1);
	}
	return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static double times_spin(void *arg)
{
	struct state *state = arg;
	double ratios[TURNS], begin, pan;

	work(state, 1);
	for (int i = 0; i < TURNS; i++) {
		unsigned long nr = state->what->symmetric ? 20 : 1;

		pan = pan_seconds(state->what);
		begin = bench_cpu_seconds();
		work(state, nr);
		ratios[i] = pan * nr / (bench_cpu_seconds() - begin);
	}
	qsort(ratios, TURNS, sizeof(*ratios), by_value);
	return ratios[TURNS / 2];
}
#endif

static void done(void *arg)
{
	struct state *state = arg;

	sim_search_forget(state->search);
	sim_world_destroy(state->world);
	sim_search_destroy(state->search);
	free(state);
}

static const struct search naive = { &sim_search_naive, 3 }, dpor = { &sim_search_dpor, 3 },
			   stateful = { &sim_search_stateful, 5, false, true },
			   symmetric = { &sim_search_stateful, 5, true, true },
			   symmetric_six = { &sim_search_stateful, 6, true, true };
#ifdef HAVE_SPIN
static const struct search beside_all = { &sim_search_stateful, 5, false, true, "pan_5_NOREDUCE", "-w20" },
			   beside_five = { &sim_search_stateful, 5, true, true, "pan_5_POR", "-w20" },
			   beside_six = { &sim_search_stateful, 6, true, true, "pan_6_POR", "-w23" };
#endif

#define ROW(name, unit, goal, what) { name, unit, goal, prepare, work, done, what }
#define SPIN(name, goal, what) { name, "x", goal, prepare, work, done, what, times_spin }

static const struct bench_row rows[] = {
	ROW("naive search, charge of 3", "schedules/s", ">=10000000", &naive),
	ROW("DPOR, charge of 3", "schedules/s", ">=2000000", &dpor),
	ROW("all states, charge of 5", "searches/s", "-", &stateful),
	ROW("all states, charge of 5, symmetric and reduced", "searches/s", "-", &symmetric),
	ROW("all states, charge of 6, symmetric and reduced", "searches/s", "-", &symmetric_six),
#ifdef HAVE_SPIN
	SPIN("all states, charge of 5: SPIN takes", ">=3", &beside_all),
	SPIN("the same, symmetric and reduced: SPIN reduced takes", ">=200", &beside_five),
	SPIN("charge of 6, symmetric and reduced: SPIN reduced takes", ">=1000", &beside_six),
#endif
};

int main(int argc, char **argv)
{
	return bench_main(rows, sizeof(rows) / sizeof(rows[0]), argc, argv);
}
