// SPDX-License-Identifier: GPL-2.0-or-later
/* The world: its slots, its memory, its names; verdicts, refusals, invariants. None of these needs an actor. */
#include "suite.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sim/invariant.h>
#include <sim/rng.h>
#include <sim/sched.h>
#include <sim/trace.h>
#include <sim/verdict.h>

const char suite_name[] = "core_world";

/* A world is this thread's from its creation; destroying another one does not change which. */
START_TEST(this_world)
{
	struct sim_world *a, *b;

	a = sim_world_create(NULL);
	ck_assert_ptr_eq(sim_this, a);
	b = sim_world_create(NULL);
	ck_assert_ptr_eq(sim_this, b);
	sim_world_destroy(a);
	ck_assert_ptr_eq(sim_this, b);
	sim_world_destroy(b);
	ck_assert_ptr_null(sim_this);
	sim_world_destroy(NULL);
}
END_TEST

static char fini_order[8];

static void fini(void *state)
{
	/* The world is still there for its layers. */
	sim_free(sim_alloc(10));
	strcat(fini_order, state);
}

/* Slots are empty, hold what they were given, and end in the reverse order of their setting. */
START_TEST(slots)
{
	struct sim_world *world = sim_world_create(NULL);

	ck_assert_ptr_null(sim_slot(SIM_SLOT_MM));
	sim_slot_set(SIM_SLOT_MM, "m", fini);
	sim_slot_set(SIM_SLOT_KAPI, "k", fini);
	sim_slot_set(SIM_SLOT_IOPT, "i", NULL);
	sim_slot_set(SIM_SLOT_SCENARIO, "s", fini);
	ck_assert_str_eq(sim_slot(SIM_SLOT_KAPI), "k");
	ck_assert_ptr_null(sim_slot(SIM_SLOT_SUBSYS));
	sim_world_destroy(world);
	ck_assert_str_eq(fini_order, "skm");
}
END_TEST

/* Setting a slot twice is a broken layer: the process ends, with status 3. */
START_TEST(slot_twice)
{
	sim_world_create(NULL);
	sim_slot_set(SIM_SLOT_MM, "m", NULL);
	sim_slot_set(SIM_SLOT_MM, "m", NULL);
}
END_TEST

START_TEST(slot_nothing)
{
	sim_world_create(NULL);
	sim_slot_set(SIM_SLOT_MM, NULL, NULL);
}
END_TEST

START_TEST(name_of_nothing)
{
	sim_world_create(NULL);
	sim_object_name(1, "no such object");
}
END_TEST

struct block {
	unsigned char *at;
	size_t bytes;
	unsigned char fill;
};

static void check_block(const struct block *block)
{
	size_t same = 0;

	ck_assert_uint_eq((uintptr_t)block->at % 16, 0);
	while (same < block->bytes && block->at[same] == block->fill)
		same++;
	ck_assert_uint_eq(same, block->bytes);
}

static void new_block(struct block *block, struct sim_rng *rng)
{
	/* All sizes of classes are met, and the host's blocks behind them. */
	block->bytes = sim_rng_below(rng, (size_t)1 << sim_rng_below(rng, 17));
	block->fill = sim_rng_next(rng);
	block->at = sim_alloc(block->bytes);
	memset(block->at, block->fill, block->bytes);
}

static void resize_block(struct block *block, struct sim_rng *rng)
{
	size_t bytes = sim_rng_below(rng, (size_t)1 << sim_rng_below(rng, 17));

	block->at = sim_realloc(block->at, bytes);
	if (bytes < block->bytes)
		block->bytes = bytes;
	check_block(block);
	block->bytes = bytes;
	memset(block->at, block->fill, bytes);
}

/* 64 blocks of random sizes, taken, resized and freed in random order, never overlap; the rest goes with the world. */
START_TEST(memory)
{
	struct sim_world *world = sim_world_create(NULL);
	struct block blocks[64] = {};
	struct sim_rng rng;

	sim_rng_init(&rng, 1);
	for (int i = 0; i < 5000; i++) {
		struct block *block = &blocks[sim_rng_below(&rng, 64)];

		if (!block->at) {
			new_block(block, &rng);
		} else if (sim_rng_below(&rng, 3)) {
			resize_block(block, &rng);
		} else {
			check_block(block);
			sim_free(block->at);
			block->at = NULL;
		}
	}
	for (int i = 0; i < 64; i++) {
		if (blocks[i].at)
			check_block(&blocks[i]);
	}
	sim_world_destroy(world);
}
END_TEST

/* The edges: nothing, zeroed memory that was dirty before, a copy of a string, and a size that no host has. */
START_TEST(memory_edges)
{
	struct sim_world *world = sim_world_create(NULL);
	unsigned char *dirty, *zeroed;

	ck_assert_ptr_nonnull(sim_alloc(0));
	sim_free(NULL);
	dirty = memset(sim_alloc(600), 0xff, 600);
	sim_free(dirty);
	zeroed = sim_zalloc(600);
	for (int i = 0; i < 600; i++)
		ck_assert_uint_eq(zeroed[i], 0);
	ck_assert_str_eq(sim_strdup("locked_vm"), "locked_vm");
	ck_assert_ptr_nonnull(sim_realloc(NULL, 1 << 20));
	sim_world_destroy(world);
}
END_TEST

START_TEST(memory_absurd)
{
	sim_world_create(NULL);
	sim_alloc(SIZE_MAX - 4);
}
END_TEST

/* Objects count from 1 in each world, and only named ones have names. */
START_TEST(objects)
{
	struct sim_world *world = sim_world_create(NULL);
	unsigned long first = sim_object_id(), last = 0;

	ck_assert_uint_eq(first, 1);
	for (int i = 0; i < 100; i++)
		last = sim_object_id();
	sim_object_name(last, "iova_rwsem");
	sim_object_name(first, "a");
	sim_object_name(first, "mm->mmap_lock");
	ck_assert_str_eq(sim_object_name_get(last), "iova_rwsem");
	ck_assert_str_eq(sim_object_name_get(first), "mm->mmap_lock");
	ck_assert_ptr_null(sim_object_name_get(first + 1));
	ck_assert_ptr_null(sim_object_name_get(~0ul));
	sim_world_destroy(world);

	world = sim_world_create(NULL);
	ck_assert_uint_eq(sim_object_id(), 1);
	ck_assert_ptr_null(sim_object_name_get(1));
	sim_world_destroy(world);
}
END_TEST

/* Every violation has a name of its own, and is found by it; every point has one. */
START_TEST(names)
{
	for (int i = 0; i < VIOLATION_NR; i++) {
		ck_assert_int_eq(sim_violation_by_name(sim_violation_name(i)), i);
		ck_assert_str_ne(sim_violation_name(i), "?");
	}
	ck_assert_int_eq(sim_violation_by_name("no_such"), VIOLATION_NR);
	ck_assert_int_eq(sim_violation_by_name(""), VIOLATION_NR);
	ck_assert_str_eq(sim_violation_name(VIOLATION_NR), "?");
	ck_assert_str_eq(sim_violation_name(VIOLATION_LOCKED_VM_NEGATIVE), "locked_vm_negative");
	for (int i = SIM_POINT_START; i <= SIM_POINT_YIELD; i++)
		ck_assert_str_ne(sim_point_name(i), "?");
	ck_assert_str_eq(sim_point_name(0), "?");
	ck_assert_str_eq(sim_point_name(SIM_POINT_NR), "?");
}
END_TEST

/* A report carries its step and sentence; after a thousand a world only counts. */
START_TEST(reports)
{
	struct sim_world *world = sim_world_create(NULL);

	ck_assert_uint_eq(sim_reports(), 0);
	ck_assert_ptr_null(sim_report(0));
	sim_step_set(7);
	for (int i = 0; i < 1500; i++)
		sim_violate(VIOLATION_LEAK, "object %d", i);
	ck_assert_uint_eq(sim_step(), 7);
	ck_assert_uint_eq(sim_violations(VIOLATION_LEAK), 1500);
	ck_assert_uint_eq(sim_violations(VIOLATION_BUG), 0);
	ck_assert_uint_eq(sim_reports(), 1000);
	ck_assert_str_eq(sim_report(999)->text, "object 999");
	ck_assert_int_eq(sim_report(999)->violation, VIOLATION_LEAK);
	ck_assert_uint_eq(sim_report(999)->step, 7);
	ck_assert_uint_eq(sim_report(999)->actor, ~0u);
	ck_assert_ptr_null(sim_report(1000));
	sim_world_destroy(world);
}
END_TEST

/* WARN_ON_ONCE counts once a site and a run, WARN_ON each time; both are the violation `warning`. */
START_TEST(warnings)
{
	struct sim_world *world = sim_world_create(NULL);
	char site[16];

	ck_assert(sim_warn_once("pages.c:612", "npinned"));
	ck_assert(!sim_warn_once("pages.c:612", "npinned"));
	/* Two sites are told apart by what they say, not by where the text lies. */
	snprintf(site, sizeof(site), "pages.c:%d", 612);
	ck_assert(!sim_warn_once(site, "npinned"));
	ck_assert(sim_warn_once("pages.c:613", ""));
	sim_warn("vfio.c:1", NULL);
	sim_warn("vfio.c:1", "again");
	ck_assert_uint_eq(sim_warnings(), 4);
	ck_assert_uint_eq(sim_violations(VIOLATION_WARNING), 4);
	ck_assert_str_eq(sim_report(0)->text, "pages.c:612: npinned");
	ck_assert_str_eq(sim_report(1)->text, "pages.c:613");
	sim_world_destroy(world);

	world = sim_world_create(NULL);
	ck_assert(sim_warn_once("pages.c:612", "npinned"));
	sim_world_destroy(world);
}
END_TEST

/* The last refusal of a call wins, and is cut rather than lost where it is long. */
START_TEST(refusals)
{
	struct sim_world *world = sim_world_create(NULL);

	ck_assert_ptr_null(sim_refusal());
	sim_refusal_note("first");
	sim_refusal_note("user(%d).locked_vm %lup + 1p > a's 64p", 1000, 64ul);
	ck_assert_str_eq(sim_refusal(), "user(1000).locked_vm 64p + 1p > a's 64p");
	sim_refusal_clear();
	ck_assert_ptr_null(sim_refusal());
	sim_refusal_note("%1000d", 1);
	ck_assert_uint_eq(strlen(sim_refusal()), 255);
	sim_world_destroy(world);
}
END_TEST

static void check_step(void)
{
	sim_violate(VIOLATION_RESIDUE, "step");
}

static void check_quiescent(void)
{
	sim_violate(VIOLATION_OVER_LIMIT, "quiescent");
}

static void check_end(void)
{
	sim_violate(VIOLATION_LEAK, "end");
}

/* STEP runs the STEP checks, QUIESCENT those as well, END all; a new world has none. */
START_TEST(invariants)
{
	static const struct sim_invariant list[] = {
		{ VIOLATION_RESIDUE, "s", "facts 1", SIM_STEP, check_step },
		{ VIOLATION_OVER_LIMIT, "s", "facts 2", SIM_QUIESCENT, check_quiescent },
		{ VIOLATION_LEAK, "s", "facts 3", SIM_END, check_end },
	};
	struct sim_world *world = sim_world_create(NULL);

	for (int i = 0; i < 3; i++)
		sim_invariant_register(&list[i]);
	ck_assert_uint_eq(sim_invariants(), 3);
	ck_assert_ptr_eq(sim_invariant(1), &list[1]);
	ck_assert_ptr_null(sim_invariant(3));
	sim_invariants_check(SIM_STEP);
	ck_assert_uint_eq(sim_reports(), 1);
	sim_invariants_check(SIM_QUIESCENT);
	ck_assert_uint_eq(sim_reports(), 3);
	sim_invariants_check(SIM_END);
	ck_assert_uint_eq(sim_reports(), 6);
	ck_assert_uint_eq(sim_violations(VIOLATION_RESIDUE), 3);
	ck_assert_uint_eq(sim_violations(VIOLATION_LEAK), 1);
	sim_world_destroy(world);

	world = sim_world_create(NULL);
	ck_assert_uint_eq(sim_invariants(), 0);
	sim_world_destroy(world);
}
END_TEST

/* The generator: a seed gives one stream on every machine; what is below a bound is, and reaches all of it. */
START_TEST(generator)
{
	static const unsigned long long bounds[] = { 1, 2, 3, 7, 1000, 1ull << 32, (1ull << 63) + 1, ~0ull };
	unsigned int seen[7] = {};
	struct sim_rng rng;

	sim_rng_init(&rng, 0);
	ck_assert_uint_eq(sim_rng_next(&rng), 0x99ec5f36cb75f2b4ull);
	for (unsigned int b = 0; b < sizeof(bounds) / sizeof(bounds[0]); b++) {
		for (int i = 0; i < 1000; i++)
			ck_assert_uint_lt(sim_rng_below(&rng, bounds[b]), bounds[b]);
	}
	for (int i = 0; i < 7000; i++)
		seen[sim_rng_below(&rng, 7)]++;
	for (int i = 0; i < 7; i++) {
		ck_assert_uint_gt(seen[i], 800);
		ck_assert_uint_lt(seen[i], 1200);
	}
}
END_TEST

void suite_fill(TCase *tcase)
{
	tcase_add_test(tcase, this_world);
	tcase_add_test(tcase, slots);
	tcase_add_exit_test(tcase, slot_twice, 3);
	tcase_add_exit_test(tcase, slot_nothing, 3);
	tcase_add_exit_test(tcase, name_of_nothing, 3);
	tcase_add_test(tcase, memory);
	tcase_add_test(tcase, memory_edges);
	tcase_add_exit_test(tcase, memory_absurd, 3);
	tcase_add_test(tcase, objects);
	tcase_add_test(tcase, names);
	tcase_add_test(tcase, reports);
	tcase_add_test(tcase, warnings);
	tcase_add_test(tcase, refusals);
	tcase_add_test(tcase, invariants);
	tcase_add_test(tcase, generator);
}
