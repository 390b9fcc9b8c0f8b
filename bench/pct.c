// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How often PCT meets bugs of known depth, beside what it promises: of n tasks that
 * make k picks in all, a bug of depth d is met with a probability of at least 1 / (n k^(d-1)).
 *
 * The bug is one task's view of a flag that another one sets and resets. Its depth is the
 * number of steps that must come in one order, and is by construction:
 *
 *	1	it is not set yet		look before set
 *	2	it is set			set, look, reset
 *	3	it is set, then it is not	set, look, reset, look
 *	4	the same, and it is set again	set, look, reset, look, set
 *
 * Each does steps of its own besides, on words that nobody else looks at; so do the
 * other tasks. k is what a run counts: picks between at least two tasks. The value of a row is
 * the rate over the bound, with as many runs as would give EXPECTED hits at the bound. With
 * two tasks the bound of depth 1 is what really happens, half of all runs, so that chance alone
 * lets a rate come out below: the last row, which must not be below 1, is the least of them with
 * three standard errors added. Seeds are the same each time, so the figures are too.
 */
#include <math.h>
#include <sim/sched.h>
#include <sim/snapshot.h>
#include "bench.h"

#define EXPECTED 1000
#define WARM_UP 200		/* runs after which no longer one comes */
#define TASKS_MAX 6
#define LOOKS_MAX 2

struct flag_bug {
	const char *name;
	unsigned int depth;
	unsigned int changes;		/* set, reset, set... */
	unsigned int looks;
	bool seen[LOOKS_MAX];		/* where this is what it saw, that is the bug */
	unsigned int tasks;
	unsigned int noise;		/* steps before each change, and of each other task */
};

static const struct flag_bug bugs[] = {
	{ "depth 1, 2 tasks", 1, 1, 1, { false }, 2, 8 },
	{ "depth 1, 6 tasks", 1, 1, 1, { false }, 6, 8 },
	{ "depth 2, 2 tasks", 2, 2, 1, { true }, 2, 8 },
	{ "depth 2, 4 tasks", 2, 2, 1, { true }, 4, 8 },
	{ "depth 3, 2 tasks", 3, 2, 2, { true, false }, 2, 4 },
	{ "depth 3, 3 tasks", 3, 2, 2, { true, false }, 3, 4 },
	{ "depth 4, 2 tasks", 4, 3, 2, { true, false }, 2, 0 },
	{ "depth 4, 2 tasks, more steps", 4, 3, 2, { true, false }, 2, 1 },
};
#define NR_BUGS (sizeof(bugs) / sizeof(bugs[0]))

static struct machine {
	const struct flag_bug *bug;
	bool flag;
	unsigned int looked;
	bool seen[LOOKS_MAX];
	unsigned long own[TASKS_MAX];
} machine;

static void noise(unsigned long number)
{
	for (unsigned int i = 0; i < machine.bug->noise; i++) {
		sim_point_at(SIM_POINT_ATOMIC_WRITE, &machine.own[number], 0);
		machine.own[number]++;
	}
}

static void changer(void *number)
{
	for (unsigned int i = 0; i < machine.bug->changes; i++) {
		noise((unsigned long)number);
		sim_point_at(SIM_POINT_ATOMIC_WRITE, &machine.flag, 0);
		machine.flag = !machine.flag;
	}
}

static void looker(void *number)
{
	noise((unsigned long)number);
	while (machine.looked < machine.bug->looks) {
		sim_point_at(SIM_POINT_ATOMIC_READ, &machine.flag, 0);
		machine.seen[machine.looked++] = machine.flag;
	}
}

static void other(void *number)
{
	noise((unsigned long)number);
}

static struct sim_world *world_of(const struct flag_bug *bug)
{
	void (*const body[])(void *) = { changer, looker };
	struct sim_world *world = sim_world_create(&(struct sim_config){ .strategy = &sim_strategy_in_order });

	machine = (struct machine){ .bug = bug };
	sim_region_add(&machine, sizeof(machine));
	for (unsigned long i = 0; i < bug->tasks; i++)
		sim_actor_submit(sim_actor_create("t", NULL), i < 2 ? body[i] : other, (void *)i);
	return world;
}

static bool hit(struct sim_snapshot *start, struct sim_pct_context *context, unsigned long seed)
{
	sim_snapshot_restore(start);
	sim_strategy_set(&sim_strategy_pct, seed, NULL, context);
	sim_window(true);
	sim_run();
	sim_window(false);
	return !memcmp(machine.seen, machine.bug->seen, machine.bug->looks * sizeof(bool));
}

/* Prints the rate over the bound; returns how much it may really be. */
static double measure_bug(const struct flag_bug *bug)
{
	struct sim_pct_context context = { .depth = bug->depth };
	struct sim_world *world = world_of(bug);
	struct sim_snapshot *start = sim_snapshot_take();
	unsigned long hits = 0, runs, points;
	double bound, rate;

	for (unsigned long seed = 0; seed < WARM_UP; seed++)
		hit(start, &context, seed);
	points = context.points;
	bound = 1 / (bug->tasks * pow(points, bug->depth - 1));
	runs = EXPECTED / bound;
	for (unsigned long seed = 0; seed < runs; seed++)
		hits += hit(start, &context, WARM_UP + seed);
	if (context.points != points) {
		fprintf(stderr, "bench_pct: %s: runs of %lu picks, then of %lu\n", bug->name, points, context.points);
		exit(1);
	}
	sim_snapshot_free(start);
	sim_world_destroy(world);
	rate = (double)hits / runs;
	printf("B10 PCT hits / its bound, %s, %lu picks\t%.4g\ttimes\t-\n", bug->name, points, rate / bound);
	return (rate + 3 * sqrt(rate * (1 - rate) / runs)) / bound;
}

int main(void)
{
	double least = INFINITY;

	for (size_t i = 0; i < NR_BUGS; i++)
		least = fmin(least, measure_bug(&bugs[i]));
	printf("B10 PCT hits / its bound, the least, and three standard errors\t%.4g\ttimes\t>=1\n", least);
	return 0;
}
