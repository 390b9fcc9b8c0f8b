// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Actors, fibers and the scheduler: the order of things, what a strategy is
 * asked, what stuck and endless worlds say, and that the same choices give the
 * same run.
 */
#include "suite.h"

#include <pthread.h>
#include <string.h>
#include <sim/rng.h>
#include <sim/sched.h>
#include <sim/trace.h>
#include <sim/verdict.h>

const char suite_name[] = "core_sched";

/* What happened, a letter each; reset by world_new(). */
static __thread char log_text[256];
static __thread struct sim_actor *actors[4];

static struct sim_world *world_new(const struct sim_strategy *strategy, unsigned long seed)
{
	log_text[0] = '\0';
	return world_with(strategy, seed);
}

static void note(const char *letter)
{
	strcat(log_text, letter);
}

/* Notes its letter three times, with a point behind each. */
static void three(void *letter)
{
	for (int i = 0; i < 3; i++) {
		note(letter);
		sim_point(SIM_POINT_YIELD, i, 0);
	}
}

static void once(void *letter)
{
	note(letter);
}

static void submit_new(const char *name, void (*body)(void *arg))
{
	sim_actor_submit(sim_actor_create(name, NULL), body, (void *)name);
}

/* Bodies of an actor run in the order of their submission; it is idle before and after, and knows itself inside. */
static void self_check(void *cookie)
{
	ck_assert_ptr_eq(sim_actor_cookie(sim_self()), cookie);
	ck_assert_str_eq(sim_actor_name(sim_self()), "qemu");
	ck_assert(!sim_actor_idle(sim_self()));
	note("s");
}

START_TEST(bodies_in_order)
{
	struct sim_world *world = world_new(&sim_strategy_in_order, 0);
	char name[] = "qemu";
	struct sim_actor *actor = sim_actor_create(name, world);

	name[0] = 'x';
	ck_assert_ptr_null(sim_self());
	ck_assert(sim_actor_idle(actor));
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	sim_actor_submit(actor, once, "a");
	sim_actor_submit(actor, self_check, world);
	sim_actor_submit(actor, once, "b");
	ck_assert(!sim_actor_idle(actor));
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	ck_assert(sim_actor_idle(actor));
	sim_actor_submit(actor, once, "c");
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	ck_assert_str_eq(log_text, "asbc");
	ck_assert_ptr_null(sim_self());
	sim_world_destroy(world);
}
END_TEST

/* In order: who runs goes on while it can, then the oldest. */
START_TEST(sequential_order)
{
	struct sim_world *world = world_new(&sim_strategy_in_order, 0);

	submit_new("a", three);
	submit_new("b", three);
	submit_new("c", three);
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	ck_assert_str_eq(log_text, "aaabbbccc");
	sim_world_destroy(world);
}
END_TEST

/* The same calls with twice as many points within. */
static void three_slowly(void *letter)
{
	for (int i = 0; i < 3; i++) {
		sim_point(SIM_POINT_YIELD, i, 0);
		note(letter);
		sim_point(SIM_POINT_YIELD, i, 0);
	}
}

static void calls_order(void (*body)(void *arg), unsigned long seed, char *log)
{
	struct sim_world *world = world_new(&sim_strategy_calls, seed);

	actors[0] = sim_actor_create("a", NULL);
	actors[1] = sim_actor_create("b", NULL);
	for (int i = 0; i < 2; i++) {
		sim_actor_submit(actors[0], body, "a");
		sim_actor_submit(actors[1], body, "b");
	}
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	strcpy(log, log_text);
	sim_world_destroy(world);
}

/* Whole calls: nobody comes in between, each order shows, and the points within change none. */
START_TEST(whole_calls)
{
	bool a_first = false, b_first = false, alternating = false;
	char log[sizeof(log_text)], slow[sizeof(log_text)];

	for (unsigned long seed = 0; seed < 32; seed++) {
		calls_order(three, seed, log);
		calls_order(three_slowly, seed, slow);
		ck_assert_str_eq(log, slow);
		ck_assert_uint_eq(strlen(log), 12);
		for (int i = 0; i < 12; i++)
			ck_assert_int_eq(log[i], log[i / 3 * 3]);
		a_first |= !strcmp(log, "aaaaaabbbbbb");
		b_first |= !strcmp(log, "bbbbbbaaaaaa");
		alternating |= !strcmp(log, "aaabbbaaabbb");
	}
	ck_assert(a_first && b_first && alternating);
}
END_TEST

static unsigned long long random_hash(unsigned long seed)
{
	struct sim_world *world = world_new(NULL, seed);
	unsigned long long hash;

	submit_new("a", three);
	submit_new("b", three);
	submit_new("c", three);
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	ck_assert_uint_eq(sim_trace_length(), 3 * (3 + 2));
	hash = sim_trace_hash();
	sim_world_destroy(world);
	return hash;
}

/*
 * Random, 100 seeds: the same seed gives the same order and hash, two seeds have
 * the same hash if and only if they gave the same trace, and there are many.
 * A START or END may move without moving a letter, so one order of letters may
 * belong to several hashes, never the other way round.
 */
START_TEST(random_order)
{
	unsigned long long hash[100];
	char order[100][16];
	unsigned int different = 0;

	for (int seed = 0; seed < 100; seed++) {
		bool new = true;

		hash[seed] = random_hash(seed);
		strcpy(order[seed], log_text);
		ck_assert_uint_eq(random_hash(seed), hash[seed]);
		ck_assert_str_eq(log_text, order[seed]);
		for (int other = 0; other < seed; other++) {
			if (hash[other] == hash[seed]) {
				ck_assert_str_eq(order[other], order[seed]);
				new = false;
			}
		}
		different += new;
	}
	ck_assert_uint_gt(different, 90);
}
END_TEST

/*
 * The hash is part of the contract: the same on every machine and compiler, at
 * every level of optimisation and under every tool. These values were computed
 * once; a change of them is a change of every hash that anybody has noted down.
 */
START_TEST(hash_is_fixed)
{
	struct sim_world *world = world_new(NULL, 0);

	ck_assert_uint_eq(sim_trace_hash(), 0);
	sim_record(SIM_POINT_COUNTER, 3, -2);
	ck_assert_uint_eq(sim_trace_hash(), 0xb12cb3297b00ef3ull);
	sim_world_destroy(world);
	ck_assert_uint_eq(random_hash(42), 0xb8584121616504b8ull);
}
END_TEST

/* Any one field of a record changes the hash, and so does the order of two records. */
START_TEST(hash_covers_all)
{
	static const struct {
		unsigned int kind;
		unsigned long object;
		long result;
	} records[] = { { 3, 1, 0 }, { 4, 1, 0 }, { 3, 2, 0 }, { 3, 1, 1 }, { 3, 1, -1 }, { 3, 0, 0 }, { 3, 0, 1 } };
	enum { NR = sizeof(records) / sizeof(records[0]) };
	unsigned long long hash[NR * NR];

	for (int i = 0; i < NR * NR; i++) {
		struct sim_world *world = world_new(NULL, 0);

		sim_record(records[i / NR].kind, records[i / NR].object, records[i / NR].result);
		sim_record(records[i % NR].kind, records[i % NR].object, records[i % NR].result);
		hash[i] = sim_trace_hash();
		for (int other = 0; other < i; other++)
			ck_assert_uint_ne(hash[other], hash[i]);
		sim_world_destroy(world);
	}
}
END_TEST

/* A strategy that notes what it is asked, and says what a script says. */
static __thread struct {
	int current[16];
	unsigned int nr[16];
	struct sim_actor_view ready[16][4];
	unsigned int asked, drawn;
	const char *script;
} seen;

static void *seen_begin(unsigned long seed, const struct sim_tape *tape, void *context)
{
	memset(&seen, 0, sizeof(seen));
	return NULL;
}

static unsigned int seen_pick(void *state, const struct sim_actor_view *const *ready, unsigned int nr, int current)
{
	unsigned int at = seen.asked++;

	ck_assert_uint_lt(at, 16);
	seen.current[at] = current;
	seen.nr[at] = nr;
	for (unsigned int i = 0; i < nr; i++)
		seen.ready[at][i] = *ready[i];
	return seen.script[at] - '0';
}

static unsigned long seen_draw(void *state, unsigned long bound)
{
	seen.drawn++;
	return bound - 1;
}

static const struct sim_strategy strategy_seen = { "seen", "for tests", seen_begin, seen_pick, seen_draw, NULL };

static void one_point(void *letter)
{
	note(letter);
	sim_point(SIM_POINT_LOCK, 70 + *(char *)letter - 'a', 0);
	note(letter);
}

static void check_view(unsigned int asked, unsigned int at, unsigned int index, enum sim_point kind,
		       unsigned long object)
{
	ck_assert_uint_eq(seen.ready[asked][at].index, index);
	ck_assert_uint_eq(seen.ready[asked][at].next_kind, kind);
	ck_assert_uint_eq(seen.ready[asked][at].next_object, object);
}

/*
 * Three actors, one point each, picked b, c, then b again: the strategy sees the
 * ready ones in order of creation, where the running one is among them and what
 * each will do next; it is not asked when only one is left.
 */
START_TEST(what_a_strategy_sees)
{
	struct sim_world *world = world_new(&strategy_seen, 0);

	submit_new("a", one_point);
	submit_new("b", one_point);
	submit_new("c", one_point);
	seen.script = "12101";
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	/* b begins; at its point c; at that b, which ends; then a; at its point c, which ends; a is alone. */
	ck_assert_str_eq(log_text, "bcbaca");
	ck_assert_uint_eq(seen.asked, 5);
	ck_assert_int_eq(seen.current[0], -1);
	ck_assert_uint_eq(seen.nr[0], 3);
	for (int i = 0; i < 3; i++)
		check_view(0, i, i, SIM_POINT_START, 0);
	ck_assert_int_eq(seen.current[1], 1);
	check_view(1, 0, 0, SIM_POINT_START, 0);
	check_view(1, 1, 1, SIM_POINT_LOCK, 71);
	check_view(1, 2, 2, SIM_POINT_START, 0);
	ck_assert_int_eq(seen.current[2], 2);
	check_view(2, 1, 1, SIM_POINT_LOCK, 71);
	check_view(2, 2, 2, SIM_POINT_LOCK, 72);
	ck_assert_int_eq(seen.current[3], -1);
	ck_assert_uint_eq(seen.nr[3], 2);
	ck_assert_int_eq(seen.current[4], 0);
	check_view(4, 0, 0, SIM_POINT_LOCK, 70);
	check_view(4, 1, 2, SIM_POINT_LOCK, 72);
	sim_world_destroy(world);
}
END_TEST

/* A draw is below its bound and asked of the strategy; one without a choice is not. */
START_TEST(draws)
{
	struct sim_world *world = world_new(&strategy_seen, 0);

	ck_assert_uint_eq(sim_draw(10), 9);
	ck_assert_uint_eq(sim_draw(1), 0);
	ck_assert_uint_eq(sim_draw(0), 0);
	ck_assert_uint_eq(sim_draw(~0ul), ~0ul - 1);
	ck_assert_uint_eq(seen.drawn, 2);
	sim_world_destroy(world);
}
END_TEST

static void take_turn(void *letter)
{
	note(letter);
	sim_block(5, "turn", NULL);
	note(letter);
}

static void wake_all(void *letter)
{
	note(letter);
	for (int i = 0; i < 4; i++) {
		if (actors[i])
			sim_wake(actors[i]);
	}
	note(letter);
}

/* A blocked actor waits for its wake-up, which does not switch; others are not affected by one. */
START_TEST(block_and_wake)
{
	struct sim_world *world = world_new(&sim_strategy_in_order, 0);

	actors[0] = sim_actor_create("a", NULL);
	actors[1] = sim_actor_create("b", NULL);
	actors[2] = sim_actor_create("c", NULL);
	sim_actor_submit(actors[0], take_turn, "a");
	sim_actor_submit(actors[1], take_turn, "b");
	sim_actor_submit(actors[2], wake_all, "c");
	sim_wake(actors[0]);
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	ck_assert_str_eq(log_text, "abccab");
	ck_assert(sim_actor_idle(actors[0]));
	sim_wake(actors[0]);
	ck_assert(sim_actor_idle(actors[0]));
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	sim_world_destroy(world);
}
END_TEST

/* Nobody wakes them: the world is stuck, but not broken; a wake-up from outside lets it go on. */
START_TEST(stuck_and_on)
{
	struct sim_world *world = world_new(&sim_strategy_in_order, 0);

	actors[0] = sim_actor_create("a", NULL);
	sim_actor_submit(actors[0], take_turn, "a");
	ck_assert_int_eq(sim_run(), SIM_STUCK);
	ck_assert_int_eq(sim_run(), SIM_STUCK);
	ck_assert(!sim_actor_idle(actors[0]));
	sim_wake(actors[0]);
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	ck_assert_str_eq(log_text, "aa");
	sim_world_destroy(world);
}
END_TEST

static void wait_for(void *holder)
{
	sim_block((unsigned long)sim_actor_cookie(sim_self()), "rwsem", *(struct sim_actor **)holder);
}

/*
 * a waits for b, b for c, c for b; d for e, which has nothing left to do. The
 * report names each with what it waits for, and the one cycle, once; it does not
 * write beyond its buffer, whatever that is, and says how long it would be.
 */
START_TEST(stuck_report)
{
	static const char text[] = "stuck: 4 actors wait and nobody can run\n"
				   "  a waits for rwsem, held by b\n"
				   "  b waits for rwsem (iova_rwsem), held by c\n"
				   "  c waits for rwsem, held by b\n"
				   "  d waits for rwsem, held by e, which has nothing left to do\n"
				   "cycle: b -> c -> b\n";
	struct sim_world *world = world_new(&sim_strategy_in_order, 0);
	struct sim_actor *a, *b, *c, *d, *e;
	char buf[sizeof(text) + 10];

	sim_object_id();
	sim_object_name(sim_object_id(), "iova_rwsem");
	a = sim_actor_create("a", NULL);
	b = sim_actor_create("b", (void *)2ul);
	c = sim_actor_create("c", NULL);
	d = sim_actor_create("d", NULL);
	e = sim_actor_create("e", NULL);
	sim_actor_submit(a, wait_for, &b);
	sim_actor_submit(b, wait_for, &c);
	sim_actor_submit(c, wait_for, &b);
	sim_actor_submit(d, wait_for, &e);
	ck_assert_int_eq(sim_run(), SIM_STUCK);
	ck_assert_int_eq(sim_stuck_report(buf, sizeof(buf)), sizeof(text) - 1);
	ck_assert_str_eq(buf, text);
	for (size_t size = 0; size < sizeof(buf); size++) {
		memset(buf, '#', sizeof(buf));
		ck_assert_int_eq(sim_stuck_report(buf, size), sizeof(text) - 1);
		if (size && size < sizeof(text))
			ck_assert_uint_eq(strlen(buf), size - 1);
		if (size < sizeof(text))
			ck_assert_int_eq(buf[size], '#');
	}
	sim_world_destroy(world);
}
END_TEST

static void forever(void *arg)
{
	for (;;)
		sim_point(SIM_POINT_YIELD, 0, 0);
}

/* An endless loop ends at the bound: one violation, a fatal outcome for good, the other actors left where they were. */
START_TEST(step_bound)
{
	struct sim_world *world;

	log_text[0] = '\0';
	world = sim_world_create(&(struct sim_config){ .strategy = &sim_strategy_in_order, .points_max = 1000 });
	submit_new("endless", forever);
	submit_new("b", once);
	ck_assert_int_eq(sim_run(), SIM_FATAL);
	ck_assert_uint_eq(sim_violations(VIOLATION_STEP_BOUND), 1);
	ck_assert_str_eq(sim_report(0)->text, "endless is still running after 1000 scheduling points");
	ck_assert_str_eq(log_text, "");
	ck_assert_int_eq(sim_run(), SIM_FATAL);
	ck_assert_str_eq(log_text, "");
	ck_assert_ptr_null(sim_self());
	sim_world_destroy(world);
}
END_TEST

static void bounded(void *arg)
{
	for (int i = 0; i < 500; i++)
		sim_point(SIM_POINT_YIELD, 0, 0);
}

/* Exactly as many points as allowed are allowed; points outside actors are not counted. */
START_TEST(step_bound_exact)
{
	struct sim_world *world = sim_world_create(&(struct sim_config){ .points_max = 1000 });

	submit_new("a", bounded);
	submit_new("b", bounded);
	for (int i = 0; i < 5000; i++)
		sim_point(SIM_POINT_YIELD, 0, 0);
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	ck_assert_uint_eq(sim_violations(VIOLATION_STEP_BOUND), 0);
	submit_new("c", bounded);
	ck_assert_int_eq(sim_run(), SIM_FATAL);
	sim_world_destroy(world);
}
END_TEST

static __thread volatile int *left_behind;

static void abandon_deep(int depth)
{
	volatile int on_stack = depth;

	if (depth) {
		abandon_deep(depth - 1);
		note("!");
	} else if (sim_self()) {
		left_behind = &on_stack;
		sim_nopreempt_begin();
		sim_actor_abandon();
	}
}

static void abandoned(void *letter)
{
	note(letter);
	abandon_deep(20);
}

/*
 * An abandoned body never comes back; the actor's next body and the other actors
 * run on, with preemption as ever; what lies on its stack can be read until the
 * end of the world.
 */
START_TEST(abandon)
{
	struct sim_world *world = world_new(&sim_strategy_in_order, 0);
	struct sim_actor *actor = sim_actor_create("a", NULL);

	sim_actor_submit(actor, abandoned, "a");
	sim_actor_submit(actor, three, "n");
	submit_new("b", three);
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	ck_assert_str_eq(log_text, "annnbbb");
	ck_assert(sim_actor_idle(actor));
	ck_assert_int_eq(*left_behind, 0);
	sim_world_destroy(world);
}
END_TEST

/* A thousand abandoned bodies over many worlds: their stacks come back and are fit for use. */
START_TEST(abandon_many)
{
	for (int round = 0; round < 50; round++) {
		struct sim_world *world = world_new(NULL, round);
		struct sim_actor *actor = sim_actor_create("a", NULL);

		for (int i = 0; i < 20; i++)
			sim_actor_submit(actor, abandoned, "");
		submit_new("b", three);
		ck_assert_int_eq(sim_run(), SIM_QUIET);
		ck_assert_str_eq(log_text, "bbb");
		sim_world_destroy(world);
	}
}
END_TEST

START_TEST(abandon_outside)
{
	world_new(NULL, 0);
	sim_actor_abandon();
}
END_TEST

static void unpreempted(void *letter)
{
	sim_nopreempt_begin();
	sim_nopreempt_begin();
	three(letter);
	sim_nopreempt_end();
	three(letter);
	sim_nopreempt_end();
	sim_point(SIM_POINT_YIELD, 0, 0);
	note("-");
}

/* Between begin and end, which nest, nobody else runs; afterwards others do. */
START_TEST(nopreempt)
{
	struct sim_world *world = world_new(&strategy_seen, 0);

	submit_new("a", unpreempted);
	submit_new("b", three);
	/* a begins; at the point behind its section b runs; then b is kept while it can go on */
	seen.script = "01111";
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	ck_assert_str_eq(log_text, "aaaaaabbb-");
	ck_assert_uint_eq(seen.asked, 5);
	sim_world_destroy(world);
}
END_TEST

static void ask_alone(void *arg)
{
	note(sim_alone() ? "y" : "n");
	sim_point(SIM_POINT_YIELD, 0, 0);
	note(sim_alone() ? "y" : "n");
}

/* Alone is who finds nobody else able to run; a blocked one does not count, it has to be woken first. */
START_TEST(alone)
{
	struct sim_world *world = world_new(&sim_strategy_in_order, 0);

	actors[0] = sim_actor_create("a", NULL);
	sim_actor_submit(actors[0], take_turn, "a");
	submit_new("b", ask_alone);
	submit_new("c", ask_alone);
	ck_assert_int_eq(sim_run(), SIM_STUCK);
	ck_assert_str_eq(log_text, "annyy");
	sim_world_destroy(world);
}
END_TEST

/* A strategy that breaks its contract ends the process rather than the run's meaning. */
START_TEST(pick_out_of_range)
{
	world_new(&strategy_seen, 0);
	submit_new("a", once);
	submit_new("b", once);
	seen.script = "2";
	sim_run();
}
END_TEST

static unsigned long draw_bound(void *state, unsigned long bound)
{
	return bound;
}

START_TEST(draw_out_of_range)
{
	static const struct sim_strategy strategy = { "wrong", "for tests", seen_begin, seen_pick, draw_bound, NULL };

	world_new(&strategy, 0);
	sim_draw(2);
}
END_TEST

START_TEST(nopreempt_unbalanced)
{
	world_new(NULL, 0);
	sim_nopreempt_begin();
	sim_nopreempt_end();
	sim_nopreempt_end();
}
END_TEST

static void parent(void *letter)
{
	note(letter);
	submit_new("c", three);
	sim_actor_submit(sim_self(), once, "n");
	three(letter);
}

/* Actors and bodies made inside a run (a fork, deferred work) run in it. */
START_TEST(made_inside)
{
	struct sim_world *world = world_new(&sim_strategy_in_order, 0);

	submit_new("p", parent);
	submit_new("b", once);
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	ck_assert_str_eq(log_text, "ppppnbccc");
	sim_world_destroy(world);
}
END_TEST

static void run_inside(void *arg)
{
	sim_run();
}

START_TEST(run_in_actor)
{
	struct sim_world *world = world_new(NULL, 0);

	submit_new("a", run_inside);
	sim_run();
	sim_world_destroy(world);
}
END_TEST

START_TEST(block_outside)
{
	world_new(NULL, 0);
	sim_block(0, "mutex", NULL);
}
END_TEST

/* A stack holds 40 KiB of frames, whose contents and saved registers survive switches at every depth. */
static unsigned long deep(unsigned int depth, unsigned long salt, double factor)
{
	unsigned char frame[400];
	double scaled = factor * depth;
	unsigned long below = 0;

	memset(frame, depth ^ salt, sizeof(frame));
	if (depth)
		below = deep(depth - 1, salt, factor);
	sim_point(SIM_POINT_YIELD, depth, 0);
	for (unsigned int i = 0; i < sizeof(frame); i++) {
		if (frame[i] != (unsigned char)(depth ^ salt))
			ck_abort_msg("frame %u of %lu is damaged", depth, salt);
	}
	if (scaled != factor * depth)
		ck_abort_msg("a floating-point register is damaged");
	return below + depth;
}

static void deep_body(void *arg)
{
	unsigned long salt = *(unsigned long *)arg;

	must(deep(80, salt, 1.5 + salt) == 80 * 81 / 2);
	note(".");
}

START_TEST(deep_stacks)
{
	struct sim_world *world = world_new(NULL, 3);
	unsigned long salt[20];

	for (unsigned long i = 0; i < 20; i++) {
		salt[i] = i;
		sim_actor_submit(sim_actor_create("deep", NULL), deep_body, &salt[i]);
	}
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	ck_assert_uint_eq(strlen(log_text), 20);
	sim_world_destroy(world);
}
END_TEST

static void count_up(void *arg)
{
	unsigned long *counter = arg;

	for (int i = 0; i < 20; i++) {
		++*counter;
		sim_point(SIM_POINT_YIELD, 0, 0);
	}
}

/* 500 actors, more than the thread's cache keeps stacks for, in two worlds one after the other: the same run. */
START_TEST(many_actors)
{
	unsigned long long hash[2];

	for (int round = 0; round < 2; round++) {
		struct sim_world *world = world_new(NULL, 9);
		unsigned long counter = 0;

		for (int i = 0; i < 500; i++)
			sim_actor_submit(sim_actor_create("t", NULL), count_up, &counter);
		ck_assert_int_eq(sim_run(), SIM_QUIET);
		ck_assert_uint_eq(counter, 500 * 20);
		hash[round] = sim_trace_hash();
		sim_world_destroy(world);
	}
	ck_assert_uint_eq(hash[0], hash[1]);
}
END_TEST

/* Worlds with stacks of different sizes, one after the other: each gets stacks of its own size. */
START_TEST(stack_sizes)
{
	static const size_t bytes[] = { 1, 256 << 10, 1 << 20, 256 << 10, 20000 };

	for (int i = 0; i < 5; i++) {
		struct sim_world *world = sim_world_create(&(struct sim_config){ .stack_bytes = bytes[i] });
		unsigned long counter = 0;

		for (int actor = 0; actor < 3; actor++)
			sim_actor_submit(sim_actor_create("t", NULL), count_up, &counter);
		ck_assert_int_eq(sim_run(), SIM_QUIET);
		ck_assert_uint_eq(counter, 60);
		sim_world_destroy(world);
	}
}
END_TEST

/* A world ends in any state: actors not begun, in the middle of a body, blocked. */
START_TEST(destroy_any_time)
{
	for (int points = 1; points < 40; points++) {
		struct sim_world *world = sim_world_create(&(struct sim_config){ .points_max = points });

		log_text[0] = '\0';
		submit_new("a", three);
		submit_new("b", take_turn);
		submit_new("c", forever);
		submit_new("d", forever);
		ck_assert_int_eq(sim_run(), SIM_FATAL);
		submit_new("e", once);
		sim_world_destroy(world);
	}
}
END_TEST

struct collected {
	struct sim_record record[16];
	unsigned int nr;
};

static void collect(void *arg, const struct sim_record *record)
{
	struct collected *collected = arg;

	ck_assert_uint_lt(collected->nr, 16);
	collected->record[collected->nr++] = *record;
}

static void two_records(void *arg)
{
	sim_point(SIM_POINT_LOCK, 4, 0);
	sim_record(SIM_POINT_LOCKED, 4, -4);
}

/* The sink sees every record from then on, those from outside as of actor ~0; watching changes no hash. */
START_TEST(sink)
{
	unsigned long long hash[2];

	for (int watched = 0; watched < 2; watched++) {
		struct sim_world *world = world_new(NULL, 0);
		struct collected all = {};

		sim_record(SIM_POINT_ALLOC, 1, 64);
		if (watched)
			sim_trace_sink(collect, &all);
		submit_new("a", two_records);
		sim_run();
		sim_trace_sink(NULL, NULL);
		sim_record(SIM_POINT_FREE, 1, 0);
		hash[watched] = sim_trace_hash();
		ck_assert_uint_eq(sim_trace_length(), 6);
		ck_assert_uint_eq(all.nr, watched ? 4 : 0);
		if (watched) {
			ck_assert_uint_eq(all.record[0].kind, SIM_POINT_START);
			ck_assert_uint_eq(all.record[1].kind, SIM_POINT_LOCK);
			ck_assert_uint_eq(all.record[2].kind, SIM_POINT_LOCKED);
			ck_assert_uint_eq(all.record[2].actor, 0);
			ck_assert_uint_eq(all.record[2].object, 4);
			ck_assert_int_eq(all.record[2].result, -4);
			ck_assert_uint_eq(all.record[3].kind, SIM_POINT_END);
		}
		sim_world_destroy(world);
	}
	ck_assert_uint_eq(hash[0], hash[1]);
}
END_TEST

static void refuse(void *letter)
{
	ck_assert_ptr_null(sim_refusal());
	sim_refusal_note("%s's", (char *)letter);
	sim_point(SIM_POINT_YIELD, 0, 0);
	ck_assert_str_eq(sim_refusal(), *(char *)letter == 'a' ? "a's" : "b's");
	sim_violate(VIOLATION_RESIDUE, "%s", (char *)letter);
}

/* A refusal is the actor's own, and a report says whose it is. */
START_TEST(refusal_by_actor)
{
	struct sim_world *world = world_new(&strategy_seen, 0);

	submit_new("a", refuse);
	submit_new("b", refuse);
	seen.script = "011";
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	ck_assert_ptr_null(sim_refusal());
	ck_assert_uint_eq(sim_report(0)->actor, 1);
	ck_assert_uint_eq(sim_report(1)->actor, 0);
	sim_world_destroy(world);
}
END_TEST

static void bug_and_on(void *letter)
{
	sim_violate(VIOLATION_BUG, "BUG at pages.c:1");
	sim_actor_abandon();
}

/* After a BUG the world is only good for reports: nobody runs any more. */
START_TEST(bug_is_fatal)
{
	struct sim_world *world = world_new(&sim_strategy_in_order, 0);

	submit_new("a", bug_and_on);
	submit_new("b", once);
	ck_assert_int_eq(sim_run(), SIM_FATAL);
	ck_assert_str_eq(log_text, "");
	ck_assert_int_eq(sim_run(), SIM_FATAL);
	sim_world_destroy(world);
}
END_TEST

static void *thread_hashes(void *arg)
{
	unsigned long long *hash = arg;

	for (int i = 0; i < 20; i++)
		hash[i] = random_hash(i);
	return NULL;
}

/* Worlds of several OS threads do not touch each other, and a thread that ends takes its stacks along. */
START_TEST(threads)
{
	unsigned long long hash[4][20];
	pthread_t thread[4];

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, thread_hashes, hash[i]), 0);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
	for (int i = 0; i < 20; i++) {
		ck_assert_uint_eq(hash[0][i], random_hash(i));
		ck_assert_uint_eq(hash[3][i], hash[0][i]);
	}
}
END_TEST

void suite_fill(TCase *tcase)
{
	tcase_add_test(tcase, bodies_in_order);
	tcase_add_test(tcase, sequential_order);
	tcase_add_test(tcase, whole_calls);
	tcase_add_test(tcase, random_order);
	tcase_add_test(tcase, hash_is_fixed);
	tcase_add_test(tcase, hash_covers_all);
	tcase_add_test(tcase, what_a_strategy_sees);
	tcase_add_test(tcase, draws);
	tcase_add_test(tcase, block_and_wake);
	tcase_add_test(tcase, stuck_and_on);
	tcase_add_test(tcase, stuck_report);
	tcase_add_test(tcase, step_bound);
	tcase_add_test(tcase, step_bound_exact);
	tcase_add_test(tcase, abandon);
	tcase_add_test(tcase, abandon_many);
	tcase_add_exit_test(tcase, abandon_outside, 3);
	tcase_add_test(tcase, nopreempt);
	tcase_add_test(tcase, alone);
	tcase_add_exit_test(tcase, pick_out_of_range, 3);
	tcase_add_exit_test(tcase, draw_out_of_range, 3);
	tcase_add_exit_test(tcase, nopreempt_unbalanced, 3);
	tcase_add_test(tcase, stack_sizes);
	tcase_add_test(tcase, made_inside);
	tcase_add_exit_test(tcase, run_in_actor, 3);
	tcase_add_exit_test(tcase, block_outside, 3);
	tcase_add_test(tcase, deep_stacks);
	tcase_add_test(tcase, many_actors);
	tcase_add_test(tcase, destroy_any_time);
	tcase_add_test(tcase, sink);
	tcase_add_test(tcase, refusal_by_actor);
	tcase_add_test(tcase, bug_is_fatal);
	tcase_add_test(tcase, threads);
}
