/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exploring: a test run again and again, each time in another order of what it
 * started, until one order fails or none is left.
 *
 *	struct state { long ret[2]; struct pinsim_task *task[2]; };
 *
 *	static int setup(struct pinsim_world *world, void *arg)
 *	{
 *		struct state *state = arg;
 *		... pinsim_task_create(), pinsim_call()
 *		pinsim_start(state->task[0], first, state);
 *		pinsim_start(state->task[1], second, state);
 *		return 0;
 *	}
 *	static void check(struct pinsim_world *world, void *arg)
 *	{
 *		PINSIM_EXPECT(...);
 *	}
 *	static const struct pinsim_test test = {
 *		.name = "two mappers", .kernel = "v6.12", .state_bytes = sizeof(struct state),
 *		.setup = setup, .check = check,
 *	};
 *	const struct pinsim_result *result = pinsim_explore(&test, NULL);
 *
 * A schedule fails where the test says so (pinsim_fail(), PINSIM_EXPECT()) or where something
 * is violated that the test does not allow. The failing schedule is then made short, and
 * comes as a token that pinsim_replay() takes, and drawn as lanes.
 *
 * setup() is run once where its outcome does not depend on an order, and the world put back
 * to behind it for each schedule. So what bodies change has to be in the state or in
 * pinsim_alloc(), not in variables of the program, and they make the same choices each time.
 *
 * The memory model is sequential consistency at locks, atomics and the like. What a body does in
 * plain memory is no step: say pinsim_load() and pinsim_store() where its order matters.
 */
#ifndef PINSIM_EXPLORE_H
#define PINSIM_EXPLORE_H

#include <pinsim/base.h>
#include <pinsim/world.h>

PINSIM_C_BEGIN

struct pinsim_test {
	const char *name;	/* a token belongs to it and to the kernel */
	const char *kernel;
	struct pinsim_world_options world;	/* its seed is not used */
	size_t state_bytes;	/* of @state below: zeroed for each run, in the memory of the world */
	/* Makes tasks, lets them run alone, starts them. Returns 0; else the verdict is PINSIM_ERROR. */
	int (*setup)(struct pinsim_world *world, void *state);
	/* What must hold behind each schedule, before the tasks exit. NULL: nothing but the invariants. */
	void (*check)(struct pinsim_world *world, void *state);
	/*
	 * Names of violations that fail nothing, nor does what else breaks in the same step: a known bug of that
	 * kernel. NULL ends them; NULL: none.
	 */
	const char *const *allowed;
};

/* A member that is 0 means its default. */
struct pinsim_explore_options {
	/*
	 * "portfolio" (the default: the others in turn, until one has seen all), "dpor" (one schedule for each
	 * that differs in what counts), "bounded" (fewest preemptions first), "naive" (each); "pct" and "random"
	 * sample.
	 */
	const char *strategy;
	unsigned long runs_max;		/* schedules (no limit) */
	double seconds_max;		/* (no limit) */
	unsigned long seed;		/* of what samples */
	unsigned int preemptions_max;	/* "bounded": stop behind so many (none) */
};

enum pinsim_verdict {
	PINSIM_HOLDS,		/* in every schedule; of pinsim_replay() and pinsim_sample(): in this one */
	PINSIM_FAILS,
	PINSIM_UNFINISHED,	/* no failure so far */
	PINSIM_ABSENT,		/* a call that this kernel does not have */
	PINSIM_ERROR,		/* no such kernel, a token of another test, setup() failed: text says it */
};

/* Members may be added at the end. */
struct pinsim_result {
	enum pinsim_verdict verdict;
	char *text;		/* a sentence for people; never NULL */
	char *failure;		/* what failed, of pinsim_fail() or a violation; or NULL */
	char *token;		/* of the failing schedule, for pinsim_replay(); NULL where it is too long for one */
	char *lanes;		/* it drawn, a column a task; or NULL */
	unsigned long runs;	/* complete ones */
	bool finished;		/* everything was seen: the next two are exact */
	double interleavings;
	unsigned long traces;	/* those that differ in what counts; 0 where they were not counted */
	double seconds;
};

/* Never NULL; freed with pinsim_result_free(). @options: NULL for all defaults. Not in a body. */
PINSIM_API struct pinsim_result *pinsim_explore(const struct pinsim_test *test,
						const struct pinsim_explore_options *options);
/* One run, in the order of @token; drawn in any case. Never NULL. */
PINSIM_API struct pinsim_result *pinsim_replay(const struct pinsim_test *test, const char *token);
/* One run, in the order that @seed decides. Never NULL. */
PINSIM_API struct pinsim_result *pinsim_sample(const struct pinsim_test *test, unsigned long seed);
/* @result: may be NULL. */
PINSIM_API void pinsim_result_free(struct pinsim_result *result);

PINSIM_C_END

#endif
