// SPDX-License-Identifier: GPL-2.0-or-later
/* Snapshots: what a world gets back, and that it goes on from there as it did the first time. */
#include "suite.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sim/rng.h>
#include <sim/sched.h>
#include <sim/snapshot.h>
#include <sim/trace.h>
#include <sim/verdict.h>

const char suite_name[] = "core_snapshot";

#define BLOCKS 48

struct block {
	unsigned char *at;
	size_t bytes;
	unsigned char fill;
};

static void check_blocks(const struct block *blocks)
{
	for (int i = 0; i < BLOCKS; i++) {
		for (size_t byte = 0; blocks[i].at && byte < blocks[i].bytes; byte++)
			must(blocks[i].at[byte] == blocks[i].fill);
	}
}

/* Takes, resizes and frees blocks of all classes, the host's own among them. */
static void churn(struct block *blocks, struct sim_rng *rng, int times)
{
	while (times--) {
		struct block *block = &blocks[sim_rng_below(rng, BLOCKS)];

		if (block->at && !sim_rng_below(rng, 3)) {
			sim_free(block->at);
			block->at = NULL;
			continue;
		}
		block->bytes = sim_rng_below(rng, (size_t)1 << sim_rng_below(rng, 17));
		block->at = sim_realloc(block->at, block->bytes);
		block->fill = sim_rng_next(rng);
		memset(block->at, block->fill, block->bytes);
	}
}

/* Of a world whose memory changes all the time, 4 snapshots are restored 200 times in any order, and retaken. */
START_TEST(memory)
{
	struct sim_world *world = sim_world_create(NULL);
	struct sim_snapshot *snapshots[4] = {};
	struct block blocks[BLOCKS] = {}, then[4][BLOCKS];
	struct sim_rng rng;

	sim_rng_init(&rng, 7);
	for (int round = 0; round < 200; round++) {
		unsigned int i = sim_rng_below(&rng, 4);

		churn(blocks, &rng, 40);
		check_blocks(blocks);
		if (!snapshots[i] || !sim_rng_below(&rng, 8)) {
			sim_snapshot_free(snapshots[i]);
			snapshots[i] = sim_snapshot_take();
			memcpy(then[i], blocks, sizeof(blocks));
			continue;
		}
		sim_snapshot_restore(snapshots[i]);
		memcpy(blocks, then[i], sizeof(blocks));
		check_blocks(blocks);
	}
	sim_snapshot_free(snapshots[2]);
	sim_world_destroy(world);
}
END_TEST

/* Names, object numbers, slots, reports, warnings, the step and armed faults all are as they were. */
START_TEST(world_state)
{
	struct sim_world *world = sim_world_create(NULL);
	struct sim_snapshot *snapshot;
	unsigned long object = sim_object_id();

	sim_object_name(object, "before");
	sim_warn_once("here:1", "once");
	sim_step_set(3);
	snapshot = sim_snapshot_take();

	sim_object_name(object, "after");
	sim_object_id();
	sim_slot_set(SIM_SLOT_MM, "m", NULL);
	ck_assert(!sim_warn_once("here:1", "once"));
	ck_assert(sim_warn_once("there:2", "once"));
	sim_step_set(4);
	sim_point(SIM_POINT_YIELD, 0, 0);
	sim_refusal_note("no");

	sim_snapshot_restore(snapshot);
	ck_assert_str_eq(sim_object_name_get(object), "before");
	ck_assert_uint_eq(sim_object_id(), object + 1);
	ck_assert_ptr_null(sim_slot(SIM_SLOT_MM));
	ck_assert_uint_eq(sim_reports(), 1);
	ck_assert_uint_eq(sim_warnings(), 1);
	ck_assert_uint_eq(sim_step(), 3);
	ck_assert_uint_eq(sim_trace_length(), 0);
	ck_assert_ptr_null(sim_refusal());
	ck_assert(sim_warn_once("there:2", "once"));
	sim_world_destroy(world);
}
END_TEST

static void yields(void *arg)
{
	unsigned long *count = arg;

	for (int i = 0; i < 20; i++) {
		*count += sim_draw(5);
		sim_point(SIM_POINT_YIELD, 0, *count);
	}
}

struct outcome {
	unsigned long long hash;
	unsigned long count;
	size_t choices;
	char token[SIM_TOKEN_CHARS_MAX + 4];
};

static void outcome_of(struct outcome *outcome, unsigned long count)
{
	struct sim_tape *tape = sim_tape_copy();
	struct sim_tape_id id = { .kernel = "v" };

	*outcome = (struct outcome){ .hash = sim_trace_hash(), .count = count, .choices = sim_tape_choices(tape) };
	ck_assert_int_eq(sim_tape_encode(tape, &id, outcome->token), 0);
	sim_tape_free(tape);
}

static void submit_three(struct sim_actor **actors, unsigned long *count)
{
	for (int i = 0; i < 3; i++)
		sim_actor_submit(actors[i], yields, count);
}

/*
 * Three actors yield and draw; then they do so again. The second half begun again
 * from a snapshot, with the seed set anew each time, is the second half of a run that
 * was never interrupted: hash, tape and values.
 */
START_TEST(goes_on_the_same)
{
	static struct outcome want[8], got;
	struct sim_actor *actors[3];
	unsigned long *count;

	for (int turn = 0; turn < 2; turn++) {
		struct sim_world *world = world_with(&sim_strategy_random, 1);
		struct sim_snapshot *snapshot;

		count = sim_zalloc(sizeof(*count));
		for (int i = 0; i < 3; i++)
			actors[i] = sim_actor_create("actor", NULL);
		submit_three(actors, count);
		ck_assert_int_eq(sim_run(), SIM_QUIET);
		snapshot = sim_snapshot_take();
		for (int seed = 0; seed < 8; seed++) {
			if (turn)
				sim_snapshot_restore(snapshot);
			sim_strategy_set(&sim_strategy_random, seed, NULL, NULL);
			submit_three(actors, count);
			ck_assert_int_eq(sim_run(), SIM_QUIET);
			outcome_of(turn ? &got : &want[seed], *count);
			if (!turn) {
				/* Without restoring: a world of its own for each seed. */
				sim_world_destroy(world);
				world = world_with(&sim_strategy_random, 1);
				count = sim_zalloc(sizeof(*count));
				for (int i = 0; i < 3; i++)
					actors[i] = sim_actor_create("actor", NULL);
				submit_three(actors, count);
				ck_assert_int_eq(sim_run(), SIM_QUIET);
				continue;
			}
			ck_assert_uint_eq(got.hash, want[seed].hash);
			ck_assert_uint_eq(got.count, want[seed].count);
			ck_assert_uint_eq(got.choices, want[seed].choices);
			ck_assert_str_eq(got.token, want[seed].token);
		}
		sim_world_destroy(world);
	}
}
END_TEST

struct deep {
	unsigned long object;
	unsigned long sum;
	unsigned int depth;
};

/* Frames that hold values, and one in whose middle the actor sleeps. */
static __attribute__((noinline)) unsigned long descend(struct deep *deep, unsigned int depth)
{
	volatile unsigned long local[16];
	unsigned long sum = 0;

	for (int i = 0; i < 16; i++)
		local[i] = depth * 16 + i;
	if (depth)
		sum = descend(deep, depth - 1);
	else
		sim_block(deep->object, "nothing", NULL);
	for (int i = 0; i < 16; i++)
		sum += local[i];
	return sum;
}

static void sleeps(void *arg)
{
	struct deep *deep = arg;

	deep->sum += descend(deep, deep->depth);
	sim_point(SIM_POINT_YIELD, 0, deep->sum);
}

static void scribbles(void *arg)
{
	volatile unsigned char junk[8192];

	for (size_t i = 0; i < sizeof(junk); i++)
		junk[i] = 0xa5;
	sim_point(SIM_POINT_YIELD, 0, 0);
}

static void abandons(void *arg)
{
	sim_actor_abandon();
}

/*
 * Two actors sleep in the depth of a recursion, a third was abandoned. They are woken,
 * finish, and their stacks are used by others; put back, they finish as before.
 */
START_TEST(suspended_bodies)
{
	struct sim_world *world = sim_world_create(NULL);
	struct sim_actor *actors[3];
	struct deep *deep = sim_zalloc(2 * sizeof(*deep));
	struct sim_snapshot *snapshot;
	unsigned long long hash = 0;

	for (int i = 0; i < 3; i++)
		actors[i] = sim_actor_create("sleeper", NULL);
	for (int i = 0; i < 2; i++) {
		deep[i] = (struct deep){ .object = sim_object_id(), .depth = 10 + 20 * i };
		sim_actor_submit(actors[i], sleeps, &deep[i]);
	}
	sim_actor_submit(actors[2], abandons, NULL);
	ck_assert_int_eq(sim_run(), SIM_STUCK);
	snapshot = sim_snapshot_take();
	/* Only a tool that keeps frames elsewhere may decline. */
	if (!snapshot) {
		sim_world_destroy(world);
		return;
	}
	for (int round = 0; round < 6; round++) {
		sim_strategy_set(&sim_strategy_random, 5, NULL, NULL);
		for (int i = 0; i < 2; i++)
			sim_wake(actors[round % 2 ? 1 - i : i]);
		ck_assert_int_eq(sim_run(), SIM_QUIET);
		ck_assert_uint_eq(deep[0].sum, (16 * 11) * (16 * 11 - 1) / 2);
		ck_assert_uint_eq(deep[1].sum, (16 * 31) * (16 * 31 - 1) / 2);
		if (!round)
			hash = sim_trace_hash();
		ck_assert_uint_eq(sim_trace_hash(), hash);
		for (int i = 0; i < 3; i++)
			sim_actor_submit(actors[i], scribbles, NULL);
		ck_assert_int_eq(sim_run(), SIM_QUIET);
		/* Left in the middle of a body once more, by other actors than then. */
		sim_actor_submit(actors[2], sleeps, &deep[0]);
		sim_actor_submit(actors[0], abandons, NULL);
		ck_assert_int_eq(sim_run(), SIM_STUCK);
		sim_snapshot_restore(snapshot);
		ck_assert_uint_eq(deep[0].sum, 0);
	}
	sim_world_destroy(world);
}
END_TEST

/* A quiet world goes back from one in which bodies sleep and were abandoned; their stacks are used again. */
START_TEST(back_from_bodies_under_way)
{
	struct sim_world *world = sim_world_create(NULL);
	struct sim_actor *a = sim_actor_create("a", NULL), *b = sim_actor_create("b", NULL);
	struct deep *deep = sim_zalloc(sizeof(*deep));
	struct sim_snapshot *snapshot;

	deep->object = sim_object_id();
	deep->depth = 3;
	snapshot = sim_snapshot_take();
	for (int round = 0; round < 100; round++) {
		sim_actor_submit(a, sleeps, deep);
		sim_actor_submit(b, abandons, NULL);
		ck_assert_int_eq(sim_run(), SIM_STUCK);
		sim_snapshot_restore(snapshot);
		ck_assert(sim_actor_idle(a));
	}
	sim_actor_submit(a, scribbles, NULL);
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	sim_world_destroy(world);
}
END_TEST

/* A region comes and goes with snapshots; before it was named, and after the world, it holds what it held. */
START_TEST(regions)
{
	struct sim_world *world = sim_world_create(NULL);
	int a = 1, b = 10;
	struct sim_snapshot *none, *first, *both;

	none = sim_snapshot_take();
	sim_region_add(&a, sizeof(a));
	a = 2;
	first = sim_snapshot_take();
	a = 3;
	sim_region_add(&b, sizeof(b));
	b = 11;
	both = sim_snapshot_take();
	a = 4;
	b = 12;

	sim_snapshot_restore(first);
	ck_assert_int_eq(a, 2);
	ck_assert_int_eq(b, 10);
	sim_snapshot_restore(both);
	ck_assert_int_eq(a, 3);
	ck_assert_int_eq(b, 11);
	sim_snapshot_restore(none);
	ck_assert_int_eq(a, 1);
	ck_assert_int_eq(b, 10);
	sim_snapshot_restore(both);
	sim_snapshot_free(none);
	ck_assert_uint_ge(sim_snapshot_bytes(both), sizeof(a) + sizeof(b));
	sim_world_destroy(world);
	ck_assert_int_eq(a, 1);
	ck_assert_int_eq(b, 10);
}
END_TEST

/* Picks by a count; pauses once, and takes a snapshot there. */
struct pausing {
	unsigned int choices, paused_at;
	struct sim_snapshot *snapshot;
	unsigned long long digest;
};

static void *pausing_begin(unsigned long seed, const struct sim_tape *tape, void *context)
{
	return context;
}

static unsigned int pausing_pick(void *state, const struct sim_actor_view *const *ready, unsigned int nr, int current)
{
	struct pausing *pausing = state;

	if (pausing->choices == pausing->paused_at && !pausing->snapshot)
		return SIM_PICK_PAUSE;
	return pausing->choices++ * 5 / 3 % nr;
}

static unsigned long pausing_draw(void *state, unsigned long bound)
{
	return 0;
}

static void pausing_paused(void *state)
{
	struct pausing *pausing = state;

	pausing->snapshot = sim_snapshot_take();
	if (pausing->snapshot)
		pausing->digest = sim_snapshot_digest(pausing->snapshot);
}

static const struct sim_strategy pausing_strategy = {
	.name = "pausing",
	.begin = pausing_begin,
	.pick = pausing_pick,
	.draw = pausing_draw,
	.paused = pausing_paused,
};

/*
 * Paused at a choice, with two bodies in the middle of theirs and one not begun: the
 * run goes on from there to the same end as often as it is put back, and that is the
 * end of a run that never paused. A snapshot's digest is that of one taken again.
 */
START_TEST(paused_at_a_choice)
{
	struct pausing pausing = { .paused_at = ~0u };
	unsigned long long hash = 0;
	size_t choices = 0;

	for (int turn = 0; turn < 2; turn++) {
		struct sim_world *world = sim_world_create(&(struct sim_config){ .strategy = &pausing_strategy,
										 .context = &pausing });
		unsigned long *count = sim_zalloc(sizeof(*count));

		for (int i = 0; i < 3; i++)
			sim_actor_submit(sim_actor_create("a", NULL), yields, count);
		ck_assert_int_eq(sim_run(), SIM_QUIET);
		if (!turn) {
			hash = sim_trace_hash();
			choices = sim_choices();
			pausing = (struct pausing){ .paused_at = 7 };
		}
		ck_assert_uint_eq(sim_trace_hash(), hash);
		for (int round = 0; turn && pausing.snapshot && round < 5; round++) {
			unsigned long long digest;

			sim_snapshot_restore(pausing.snapshot);
			pausing.snapshot = sim_snapshot_retake(pausing.snapshot, NULL);
			digest = sim_snapshot_digest(pausing.snapshot);
			ck_assert_uint_eq(digest, pausing.digest);
			pausing.choices = 7;
			ck_assert_int_eq(sim_run(), SIM_QUIET);
			ck_assert_uint_eq(sim_trace_hash(), hash);
			ck_assert_uint_eq(sim_choices(), choices);
		}
		sim_world_destroy(world);
	}
}
END_TEST

static void takes(void *arg)
{
	sim_snapshot_take();
}

/* Inside an actor there is no taking: the contract is broken, and the process ends with status 3. */
START_TEST(taken_inside)
{
	sim_world_create(NULL);
	sim_actor_submit(sim_actor_create("a", NULL), takes, NULL);
	sim_run();
}
END_TEST

START_TEST(other_world)
{
	struct sim_snapshot *snapshot;

	sim_world_create(NULL);
	snapshot = sim_snapshot_take();
	sim_world_create(NULL);
	sim_snapshot_restore(snapshot);
}
END_TEST

void suite_fill(TCase *tcase)
{
	tcase_add_test(tcase, memory);
	tcase_add_test(tcase, world_state);
	tcase_add_test(tcase, goes_on_the_same);
	tcase_add_test(tcase, suspended_bodies);
	tcase_add_test(tcase, back_from_bodies_under_way);
	tcase_add_test(tcase, regions);
	tcase_add_test(tcase, paused_at_a_choice);
	tcase_add_exit_test(tcase, taken_inside, 3);
	tcase_add_exit_test(tcase, other_world, 3);
}
