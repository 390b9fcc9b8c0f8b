// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programs whose interleavings and traces are counted by an enumerator that shares
 * no code with the explorer (brute.c): the searches must come to the same numbers.
 */
#include "brute.h"
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#define LOAD(w) { OP_LOAD, w, 0 }
#define STORE(w, v) { OP_STORE, w, v }
#define ADD(w, v) { OP_ADD, w, v }
#define CAS(w, v) { OP_CAS, w, v }
#define SWAP(w, v) { OP_SWAP, w, v }
#define LOCK(l) { OP_LOCK, l, 0 }
#define UNLOCK(l) { OP_UNLOCK, l, 0 }
#define TRYLOCK(l) { OP_TRYLOCK, l, 0 }
#define READ_LOCK(l) { OP_READ_LOCK, l, 0 }
#define READ_UNLOCK(l) { OP_READ_UNLOCK, l, 0 }
#define WRITE_LOCK(l) { OP_WRITE_LOCK, l, 0 }
#define WRITE_UNLOCK(l) { OP_WRITE_UNLOCK, l, 0 }
#define PEEK(w) { OP_PEEK, w, 0 }
#define POKE(w, v) { OP_POKE, w, v }
#define END_IF_AT_LEAST(v) { OP_END_IF_AT_LEAST, 0, v }
#define END_IF_FAILED { OP_END_IF_FAILED, 0, 0 }
#define BACK_IF_FAILED(n) { OP_BACK_IF_FAILED, 0, n }
#define CHARGE(w, limit) LOAD(w), END_IF_AT_LEAST(limit), CAS(w, 1), BACK_IF_FAILED(2)

static const struct program programs[] = {
	{ "one task", 1, { { LOAD(0), ADD(0, 1), LOCK(0), UNLOCK(0) } } },
	{ "two that never meet", 2, { { ADD(0, 1), ADD(0, 1), ADD(0, 1) }, { ADD(1, 1), ADD(1, 1) } } },
	{ "three readers", 3, { { LOAD(0), LOAD(1), LOAD(0) } } },
	{ "lost update", 2, { { LOAD(0), STORE(0, 1) } } },
	{ "lost update of three", 3, { { LOAD(0), STORE(0, 1) } } },
	{ "store buffers", 2, { { STORE(0, 1), LOAD(1) }, { STORE(1, 1), LOAD(0) } } },
	{ "a message", 2, { { STORE(0, 1), STORE(1, 1) }, { LOAD(1), LOAD(0) } } },
	{ "a message for two", 3, { { STORE(0, 1), STORE(1, 1) }, { LOAD(1), LOAD(0) }, { LOAD(1), LOAD(0) } } },
	{ "writers seen by readers", 4,
	  { { STORE(0, 1) }, { STORE(1, 1) }, { LOAD(0), LOAD(1) }, { LOAD(1), LOAD(0) } } },
	{ "increments by cmpxchg", 3, { { LOAD(0), CAS(0, 1), BACK_IF_FAILED(1) } } },
	{ "one cmpxchg each, which may fail", 4, { { CAS(0, 1), END_IF_FAILED, ADD(1, 1) } } },
	{ "charge of two", 2, { { CHARGE(0, 1), LOCK(0), UNLOCK(0), LOCK(0), UNLOCK(0), ADD(0, -1) } } },
	{ "charge of three, no lock", 3, { { CHARGE(0, 2), ADD(0, -1) } } },
	{ "check, then add", 3, { { LOAD(0), END_IF_AT_LEAST(2), ADD(0, 1), ADD(0, -1) } } },
	{ "add, then check", 3, { { ADD(0, 1), END_IF_AT_LEAST(3), ADD(0, -1) } } },
	{ "one lock", 3, { { LOCK(0), ADD(0, 1), UNLOCK(0) } } },
	{ "one lock twice", 2, { { LOCK(0), UNLOCK(0), LOCK(0), UNLOCK(0) } } },
	{ "two locks in order", 2, { { LOCK(0), LOCK(1), ADD(0, 1), UNLOCK(1), UNLOCK(0) } } },
	{ "two locks against each other", 2,
	  { { LOCK(0), LOCK(1), UNLOCK(1), UNLOCK(0) }, { LOCK(1), LOCK(0), UNLOCK(0), UNLOCK(1) } } },
	{ "three that dine", 3,
	  { { LOCK(0), LOCK(1), UNLOCK(1), UNLOCK(0) }, { LOCK(1), LOCK(2), UNLOCK(2), UNLOCK(1) },
	    { LOCK(2), LOCK(0), UNLOCK(0), UNLOCK(2) } } },
	{ "a try and a lock", 2,
	  { { LOCK(0), ADD(0, 1), UNLOCK(0) }, { TRYLOCK(0), END_IF_FAILED, ADD(0, 1), UNLOCK(0) } } },
	{ "two tries", 3, { { TRYLOCK(0), END_IF_FAILED, UNLOCK(0) } } },
	{ "readers and a writer", 3,
	  { { READ_LOCK(0), LOAD(0), READ_UNLOCK(0) }, { READ_LOCK(0), LOAD(0), READ_UNLOCK(0) },
	    { WRITE_LOCK(0), STORE(0, 1), WRITE_UNLOCK(0) } } },
	{ "a flag and a lock", 2,
	  { { SWAP(0, 1), LOCK(0), LOAD(1), UNLOCK(0) }, { LOCK(0), STORE(1, 1), UNLOCK(0), SWAP(0, 2) } } },
	{ "a word under a lock", 2, { { LOCK(0), PEEK(0), POKE(0, 1), UNLOCK(0), LOCK(0), PEEK(0), UNLOCK(0) } } },
	{ "a word under a lock, then another", 3,
	  { { LOCK(0), POKE(0, 1), UNLOCK(0) }, { LOCK(0), PEEK(0), UNLOCK(0) } } },
	{ "a word written under a lock and read without", 2,
	  { { LOCK(0), POKE(0, 1), LOAD(1), POKE(0, 2), UNLOCK(0), ADD(1, 1) },
	    { LOAD(1), PEEK(0), LOCK(0), PEEK(0), UNLOCK(0) } } },
	{ "words beside atomics", 3,
	  { { LOAD(0), POKE(1, 1) }, { ADD(0, 1), PEEK(1) }, { SWAP(2, 1), POKE(1, 2), LOAD(0) } } },
	{ "two locks, one word each", 2,
	  { { LOCK(0), POKE(0, 1), UNLOCK(0), LOCK(1), PEEK(1), UNLOCK(1) },
	    { LOCK(1), POKE(1, 1), UNLOCK(1), LOCK(0), PEEK(0), UNLOCK(0) } } },
	{ "who publishes last", 3,
	  { { LOAD(0), STORE(1, 1) }, { STORE(0, 1), LOAD(1) }, { SWAP(0, 2), SWAP(1, 2) } } },
};

static size_t state(void *arg, unsigned char *buf, size_t size)
{
	return machine_state(buf, false);
}

static struct sim_explored search(const struct program *program, const struct sim_search_kind *kind,
				  unsigned long *stuck)
{
	struct sim_search_options options = { .kind = kind, .silent = ONLY_STEPS, .count = true, .state = state };
	struct sim_explored explored;

	*stuck = 0;
	explore(program, program->tasks, &options, ~0ul, count_stuck, stuck, &explored);
	return explored;
}

START_TEST(counts)
{
	const struct program *program = &programs[_i];
	struct sim_explored naive, dpor, bounded, stateful;
	unsigned long stuck_naive, stuck_dpor, stuck_bounded, stuck_stateful;
	struct brute brute;

	brute_force(program, &brute);
	naive = search(program, &sim_search_naive, &stuck_naive);
	dpor = search(program, &sim_search_dpor, &stuck_dpor);
	bounded = search(program, &sim_search_bounded, &stuck_bounded);
	ck_assert_msg(naive.runs == brute.interleavings, "%s: naive runs %lu, brute force %lu", program->name,
		      naive.runs, brute.interleavings);
	ck_assert_msg(stuck_naive == brute.deadlocks, "%s: naive is stuck in %lu, brute force in %lu", program->name,
		      stuck_naive, brute.deadlocks);
	ck_assert_msg(dpor.runs == brute.traces, "%s: dpor runs %lu (and %lu cut), brute force has %lu traces",
		      program->name, dpor.runs, dpor.cut, brute.traces);
	ck_assert_msg(!stuck_dpor == !brute.deadlocks, "%s: dpor is stuck in %lu", program->name, stuck_dpor);
	ck_assert_msg(dpor.interleavings == brute.interleavings, "%s: dpor counts %g interleavings, brute force %lu",
		      program->name, dpor.interleavings, brute.interleavings);
	ck_assert_msg(bounded.interleavings == brute.interleavings, "%s: bounded has %g, brute force %lu",
		      program->name, bounded.interleavings, brute.interleavings);
	stateful = search(program, &sim_search_stateful, &stuck_stateful);
	ck_assert_msg(!stuck_stateful == !brute.deadlocks, "%s: stateful is stuck in %lu", program->name,
		      stuck_stateful);
	ck_assert(naive.finished && dpor.finished && bounded.finished && stateful.finished);
}
END_TEST

/*
 * Where the program does not say what its state is, memory and stacks are: a run
 * that is cut may keep no final state from being seen that naive search sees; nor
 * may reduction.
 */
START_TEST(whole_states)
{
	const struct program *program = &programs[_i];
	struct sim_search_options options = { .kind = &sim_search_naive, .silent = ONLY_STEPS, .resumes = true };
	struct ends all = { .nr = 0 }, seen = { .nr = 0 };
	struct sim_explored naive, stateful, reduced;

	explore_once(program, program->tasks, &options, ends_note, &all, &naive);
	if (naive.runs > 2000 && harness_slow()) {
		free(all.states);
		return;
	}
	options.kind = &sim_search_stateful;
	explore_once(program, program->tasks, &options, ends_note, &seen, &stateful);
	if (stateful.unfit) {	/* a tool keeps the stacks elsewhere */
		free(all.states);
		return;
	}
	ck_assert(naive.finished && stateful.finished);
	ck_assert_msg(seen.nr == all.nr, "%s: ends in %u states, of %u", program->name, seen.nr, all.nr);
	for (unsigned int i = 0; i < all.nr; i++)
		ck_assert(ends_know(&seen, all.states[i]));
	ck_assert_msg(stateful.runs <= naive.runs, "%s: stateful runs %lu, naive %lu", program->name, stateful.runs,
		      naive.runs);
	options.reduce = true;
	seen.nr = 0;
	explore_once(program, program->tasks, &options, ends_note, &seen, &reduced);
	ck_assert(reduced.finished);
	ck_assert_msg(seen.nr == all.nr, "%s: reduced, it ends in %u states, of %u", program->name, seen.nr, all.nr);
	for (unsigned int i = 0; i < all.nr; i++)
		ck_assert(ends_know(&seen, all.states[i]));
	ck_assert_uint_le(reduced.states, stateful.states);
	free(all.states);
	free(seen.states);
}
END_TEST

/* Every third lot is one process's. */
#define PROCESSES 3

static bool every_third(void *arg, unsigned long lot)
{
	return lot % PROCESSES == *(unsigned int *)arg;
}

/*
 * A search that several processes share: each run is in the lot of one of them, whatever
 * the number of places above the lots, and a trace is still run once.
 */
START_TEST(lots)
{
	const struct program *program = &programs[_i];
	const struct sim_search_kind *const kinds[] = { &sim_search_dpor, &sim_search_naive };
	struct sim_explored whole, part;
	struct brute brute;

	brute_force(program, &brute);
	if (brute.interleavings > 20000 && harness_slow())
		return;
	for (unsigned int i = 0; i < 6; i++) {
		unsigned long stuck = 0, all_stuck = 0, runs = 0, cut = 0;
		double interleavings = 0;
		unsigned int process;
		struct sim_search_options options = {
			.kind = kinds[i % 2], .silent = ONLY_STEPS, .resumes = true, .count = true, .split = 1 + i,
		};

		explore_once(program, program->tasks, &options, count_stuck, &all_stuck, &whole);
		ck_assert_uint_eq(whole.runs, i % 2 ? brute.interleavings : brute.traces);
		options.mine = every_third;
		options.split_arg = &process;
		for (process = 0; process < PROCESSES; process++) {
			explore_once(program, program->tasks, &options, count_stuck, &stuck, &part);
			ck_assert(part.finished);
			runs += part.runs;
			cut += part.cut;
			interleavings += part.interleavings;
		}
		ck_assert_msg(runs == whole.runs && cut == whole.cut,
			      "%s, %s: %lu runs and %lu cut in lots, %lu and %lu in all", program->name,
			      options.kind->name, runs, cut, whole.runs, whole.cut);
		ck_assert_uint_eq(stuck, all_stuck);
		ck_assert_double_eq(interleavings, (double)brute.interleavings);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("explore_programs");
	TCase *tcase = tcase_create("programs");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, counts, 0, sizeof(programs) / sizeof(programs[0]));
	tcase_add_loop_test(tcase, lots, 0, sizeof(programs) / sizeof(programs[0]));
	tcase_add_loop_test(tcase, whole_states, 0, sizeof(programs) / sizeof(programs[0]));
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
