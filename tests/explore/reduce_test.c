// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Partial-order reduction in the stateful search: programs made to deceive it, and
 * drawn ones, come to the same ends by every search as without it: what the words are
 * and how far each task came, which runs are stuck, and what was reported.
 *
 * PINSIM_REDUCE: how many are drawn, in place of the few that take a second or two.
 */
#include "harness.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sim/rng.h>
#include <sim/verdict.h>

#define LOAD(w) { OP_LOAD, w, 0 }
#define STORE(w, v) { OP_STORE, w, v }
#define ADD(w, v) { OP_ADD, w, v }
#define CAS(w, v) { OP_CAS, w, v }
#define LOCK(l) { OP_LOCK, l, 0 }
#define UNLOCK(l) { OP_UNLOCK, l, 0 }
#define TRYLOCK(l) { OP_TRYLOCK, l, 0 }
#define IS_LOCKED(l) { OP_IS_LOCKED, l, 0 }
#define READ_LOCK(l) { OP_READ_LOCK, l, 0 }
#define READ_UNLOCK(l) { OP_READ_UNLOCK, l, 0 }
#define WRITE_LOCK(l) { OP_WRITE_LOCK, l, 0 }
#define WRITE_UNLOCK(l) { OP_WRITE_UNLOCK, l, 0 }
#define PEEK(w) { OP_PEEK, w, 0 }
#define POKE(w, v) { OP_POKE, w, v }
#define WAIT(c) { OP_WAIT, c, 0 }
#define COMPLETE(c) { OP_COMPLETE, c, 0 }
#define BOX_LOCK { OP_BOX_LOCK, 0, 0 }
#define BOX_UNLOCK { OP_BOX_UNLOCK, 0, 0 }
#define BOX_FREE { OP_BOX_FREE, 0, 0 }
#define END_IF_AT_LEAST(v) { OP_END_IF_AT_LEAST, 0, v }
#define END_IF_FAILED { OP_END_IF_FAILED, 0, 0 }
#define BACK_IF_FAILED(n) { OP_BACK_IF_FAILED, 0, n }

static const struct program programs[] = {
	{ .name = "a try", .tasks = 2,
	  .ops = { { LOCK(0), UNLOCK(0) }, { TRYLOCK(0), END_IF_FAILED, ADD(0, 1), UNLOCK(0) } } },
	{ .name = "a try long after", .tasks = 3,
	  .ops = { { LOCK(0), UNLOCK(0) },
		   { LOAD(1), LOAD(1), LOAD(1), TRYLOCK(0), END_IF_FAILED, ADD(0, 1), UNLOCK(0) }, { ADD(1, 1) } } },
	{ .name = "tries until it has it", .tasks = 2,
	  .ops = { { LOCK(0), ADD(0, 1), UNLOCK(0) }, { TRYLOCK(0), BACK_IF_FAILED(1), ADD(0, 2), UNLOCK(0) } } },
	{ .name = "looks", .tasks = 2,
	  .ops = { { LOCK(0), UNLOCK(0) }, { LOAD(1), IS_LOCKED(0), END_IF_FAILED, ADD(0, 1) } } },
	{ .name = "looks behind an unlock of its own", .tasks = 2,
	  .ops = { { LOCK(0), UNLOCK(0) }, { LOCK(1), UNLOCK(1), IS_LOCKED(0), END_IF_FAILED, ADD(0, 1) } } },
	{ .name = "waits until it is unlocked, looking", .tasks = 2,
	  .ops = { { LOCK(0), ADD(0, 1), UNLOCK(0) }, { LOAD(0), IS_LOCKED(0), BACK_IF_FAILED(2), ADD(0, 1) } } },
	{ .name = "readers and a writer", .tasks = 3,
	  .ops = { { READ_LOCK(0), LOAD(0), READ_UNLOCK(0), LOAD(1) },
		   { READ_LOCK(0), LOAD(0), READ_UNLOCK(0), ADD(1, 1) },
		   { WRITE_LOCK(0), STORE(0, 1), STORE(0, 2), WRITE_UNLOCK(0) } } },
	{ .name = "two writers and a reader", .tasks = 3,
	  .ops = { { WRITE_LOCK(0), ADD(0, 1), WRITE_UNLOCK(0) }, { WRITE_LOCK(0), STORE(0, 5), WRITE_UNLOCK(0) },
		   { READ_LOCK(0), LOAD(0), END_IF_AT_LEAST(2), READ_UNLOCK(0) } } },
	{ .name = "from hand to hand", .tasks = 3,
	  .ops = { { LOCK(0), LOCK(1), UNLOCK(0), ADD(0, 1), UNLOCK(1) } } },
	{ .name = "two that cross", .tasks = 2,
	  .ops = { { LOCK(0), LOCK(1), UNLOCK(1), UNLOCK(0) }, { LOCK(1), LOCK(0), UNLOCK(0), UNLOCK(1) } } },
	{ .name = "three that dine", .tasks = 3,
	  .ops = { { LOCK(0), LOCK(1), UNLOCK(1), UNLOCK(0) }, { LOCK(1), LOCK(2), UNLOCK(2), UNLOCK(1) },
		   { LOCK(2), LOCK(0), UNLOCK(0), UNLOCK(2) } } },
	{ .name = "seen from outside while it is held", .tasks = 2,
	  .ops = { { LOCK(0), STORE(0, 1), STORE(0, 0), UNLOCK(0) }, { LOAD(0), END_IF_AT_LEAST(1), ADD(1, 1) } } },
	{ .name = "writes on behind the unlock", .tasks = 2,
	  .ops = { { LOCK(0), POKE(0, 1), UNLOCK(0), POKE(0, 2) },
		   { LOCK(1), UNLOCK(1), PEEK(0), END_IF_AT_LEAST(2), ADD(1, 1) } } },
	{ .name = "reads on behind the unlock", .tasks = 3,
	  .ops = { { LOCK(0), UNLOCK(0), PEEK(0), END_IF_AT_LEAST(1), ADD(1, 1) }, { STORE(0, 1) },
		   { LOCK(1), UNLOCK(1), POKE(0, 2) } } },
	{ .name = "a completion under a lock", .tasks = 2,
	  .ops = { { LOCK(0), COMPLETE(0), UNLOCK(0), ADD(0, 1) }, { WAIT(0), LOCK(0), LOAD(0), UNLOCK(0) } } },
	{ .name = "waits with the lock that the other needs", .tasks = 2,
	  .ops = { { LOCK(0), WAIT(0), UNLOCK(0) }, { LOCK(0), UNLOCK(0), COMPLETE(0) } } },
	{ .name = "a completion for one of two", .tasks = 3,
	  .ops = { { WAIT(0), ADD(0, 1) }, { WAIT(0), STORE(0, 3) }, { LOCK(0), UNLOCK(0), COMPLETE(0) } } },
	{ .name = "retries", .tasks = 3,
	  .ops = { { LOAD(0), CAS(0, 1), BACK_IF_FAILED(1), LOCK(0), UNLOCK(0), ADD(0, -1) } } },
	{ .name = "the last one frees it, the other still unlocks", .tasks = 2, .boxed = true,
	  .ops = { { BOX_LOCK, ADD(0, 1), BOX_UNLOCK }, { LOAD(0), END_IF_AT_LEAST(2), BOX_FREE } } },
	{ .name = "freed by who saw the count under the lock", .tasks = 2, .boxed = true,
	  .ops = { { BOX_LOCK, ADD(0, -1), BOX_UNLOCK }, { ADD(0, -1), END_IF_AT_LEAST(-1), BOX_FREE } } },
	{ .name = "freed behind the lock, as it should be", .tasks = 2, .boxed = true,
	  .ops = { { BOX_LOCK, ADD(0, -1), BOX_UNLOCK, END_IF_AT_LEAST(-1), BOX_FREE } } },
	{ .name = "freed twice", .tasks = 2, .boxed = true,
	  .ops = { { BOX_LOCK, BOX_UNLOCK, BOX_FREE }, { LOCK(0), UNLOCK(0), BOX_FREE } } },
	{ .name = "unlocks what is another's", .tasks = 2,
	  .ops = { { LOCK(0), ADD(0, 1), UNLOCK(0) }, { UNLOCK(0), ADD(0, 1) } } },
	{ .name = "returns with it held", .tasks = 3,
	  .ops = { { LOCK(0), ADD(0, 1) }, { LOCK(0), UNLOCK(0), ADD(0, 1) }, { ADD(0, 1) } } },
};

static size_t state(void *arg, unsigned char *buf, size_t size)
{
	return machine_state(buf, false);
}

static struct sim_explored search(const struct program *program, struct sim_search_options options, struct ends *ends)
{
	struct sim_explored explored;

	options.kind = &sim_search_stateful;
	options.resumes = true;
	*ends = (struct ends){ .nr = 0 };
	explore_once(program, program->tasks, &options, ends_note, ends, &explored);
	ck_assert(explored.finished || explored.unfit);
	return explored;
}

static bool is_told_by_state(const struct program *program)
{
	for (unsigned int i = 0; i < TASKS_MAX; i++)
		for (unsigned int j = 0; j < OPS_MAX; j++)
			if (program->ops[i][j].operation >= OP_WAIT && program->ops[i][j].operation <= OP_BOX_FREE)
				return false;
	return true;
}

static void print(const struct program *program)
{
	for (unsigned int i = 0; i < program->tasks; i++) {
		fprintf(stderr, "task %u:", i);
		for (const struct op *op = program_ops(program, i); op->operation != OP_END; op++)
			fprintf(stderr, " %u(%u, %ld)", op->operation, op->object, op->value);
		fputc('\n', stderr);
	}
}

static void same(const struct program *program, const char *how, const struct ends *all, struct ends *seen)
{
	bool known = all->nr == seen->nr && all->reported == seen->reported;

	for (unsigned int i = 0; i < seen->nr; i++)
		known &= ends_know(all, seen->states[i]);
	if (!known)
		print(program);
	ck_assert_msg(known, "%s, %s: ends in %u states, of %u; reported %llx, of %llx", program->name, how, seen->nr,
		      all->nr, (unsigned long long)seen->reported, (unsigned long long)all->reported);
	free(seen->states);
}

/* Returns how many states it takes with reduction, of *@states without. */
static unsigned long check(const struct program *program, unsigned long *states)
{
	struct sim_search_options by_state = { .silent = ONLY_STEPS, .state = state };
	struct sim_search_options reduced_by_state = { .silent = ONLY_STEPS, .state = state, .reduce = true };
	struct sim_explored explored;
	struct ends all, seen;

	explored = search(program, (struct sim_search_options){ .silent = ONLY_STEPS }, &all);
	if (explored.unfit)	/* a tool keeps the stacks elsewhere */
		return 0;
	*states = explored.states;
	if (is_told_by_state(program)) {
		search(program, by_state, &seen);
		same(program, "by state, not reduced", &all, &seen);
		search(program, reduced_by_state, &seen);
		same(program, "by state", &all, &seen);
	}
	explored = search(program, (struct sim_search_options){ .silent = ONLY_STEPS, .reduce = true }, &seen);
	same(program, "reduced", &all, &seen);
	free(all.states);
	/* What lies before and behind a step is on its own here, and comes in between others. */
	search(program, (struct sim_search_options){ .reduce = false }, &all);
	search(program, (struct sim_search_options){ .reduce = true }, &seen);
	same(program, "each point a step", &all, &seen);
	free(all.states);
	return explored.states;
}

START_TEST(named)
{
	unsigned long states;

	if (programs[_i].boxed && ASAN)
		return;
	check(&programs[_i], &states);
}
END_TEST

/* Without a try nobody can tell when a lock is let go of: that must show in the number of states. */
START_TEST(less_of_them)
{
	const struct program locks = { .name = "locks", .tasks = 3,
				       .ops = { { LOCK(0), UNLOCK(0), LOCK(1), UNLOCK(1), LOCK(0), UNLOCK(0) } } };
	unsigned long states = 0, reduced = check(&locks, &states);

	ck_assert_uint_le(2 * reduced, states);
}
END_TEST

/*
 * Drawn programs
 */

static struct op *put(struct op *op, enum operation operation, unsigned int object, long value)
{
	*op = (struct op){ operation, object, value };
	return op + 1;
}

static struct op *draw_step(struct sim_rng *rng, struct op *op)
{
	static const enum operation kinds[] = { OP_LOAD, OP_STORE, OP_ADD, OP_CAS, OP_SWAP, OP_PEEK, OP_POKE,
						OP_COMPLETE, OP_IS_LOCKED };

	return put(op, kinds[sim_rng_below(rng, sizeof(kinds) / sizeof(kinds[0]))], sim_rng_below(rng, 2),
		   1 + sim_rng_below(rng, 2));
}

/* Up to four operations. */
static struct op *draw_part(struct sim_rng *rng, struct op *op, bool boxed)
{
	unsigned int object = sim_rng_below(rng, 2), inside = sim_rng_below(rng, 2);
	enum operation unlock = OP_UNLOCK;

	switch (sim_rng_below(rng, boxed ? 13 : 10)) {
	case 0:
	case 1:
	case 2:
		op = put(op, OP_LOCK, object, 0);
		break;
	case 3:
		op = put(op, OP_READ_LOCK, object, 0);
		unlock = OP_READ_UNLOCK;
		break;
	case 4:
		op = put(op, OP_WRITE_LOCK, object, 0);
		unlock = OP_WRITE_UNLOCK;
		break;
	case 5:
		op = put(op, OP_TRYLOCK, object, 0);
		/* One that tried again could be left alone with it, for ever. */
		op = put(op, OP_END_IF_FAILED, 0, 0);
		break;
	case 6:
		op = put(op, OP_LOAD, object, 0);
		op = put(op, OP_CAS, object, 1);
		return put(op, OP_BACK_IF_FAILED, 0, 1);
	case 7:
		op = draw_step(rng, op);
		return put(op, sim_rng_below(rng, 2) ? OP_END_IF_AT_LEAST : OP_END_IF_FAILED, 0, 1);
	case 8:
		return put(op, OP_WAIT, object, 0);
	case 10:
		return put(op, OP_BOX_FREE, 0, 0);
	case 11:
	case 12:
		op = put(op, OP_BOX_LOCK, 0, 0);
		unlock = OP_BOX_UNLOCK;
		break;
	default:
		return draw_step(rng, op);
	}
	/* Some nest, and some are never let go of. */
	if (inside)
		op = draw_step(rng, op);
	return sim_rng_below(rng, 12) ? put(op, unlock, object, 0) : op;
}

static void draw_program(struct program *program, unsigned long seed)
{
	struct sim_rng rng;

	sim_rng_init(&rng, seed);
	*program = (struct program){ .name = "drawn", .tasks = 2 + sim_rng_below(&rng, 2) };
	program->boxed = sim_rng_below(&rng, 3) == 0 && !ASAN;
	for (unsigned int i = 0; i < program->tasks; i++) {
		unsigned int parts = program->tasks == 2 ? 2 : 1 + sim_rng_below(&rng, 2);
		struct op *op = program->ops[i];

		for (unsigned int part = 0; part < parts; part++)
			op = draw_part(&rng, op, program->boxed);
	}
}

START_TEST(drawn)
{
	const char *more = getenv("PINSIM_REDUCE");
	unsigned long nr = more ? strtoul(more, NULL, 10) : harness_slow() ? 20 : 100;
	unsigned long fewer = 0;
	struct program program;

	for (unsigned long seed = 0; seed < nr; seed++) {
		unsigned long states = 0;

		draw_program(&program, seed);
		fewer += check(&program, &states) < states;
	}
	ck_assert_uint_ge(2 * fewer, harness_slow() ? 0 : nr);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("explore_reduce");
	TCase *tcase = tcase_create("reduce");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, named, 0, sizeof(programs) / sizeof(programs[0]));
	tcase_add_test(tcase, less_of_them);
	tcase_add_test(tcase, drawn);
	tcase_set_timeout(tcase, getenv("PINSIM_REDUCE") ? 0 : 120);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
