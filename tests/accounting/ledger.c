// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ledger against a naive one: arrays instead of trees and hashes, every sum
 * counted anew each time.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "world.h"

#define OBJECTS 9
#define HOLDERS 3
#define FRAMES 96
#define FIRST_FRAME 5000000ul
#define EXECS 500

static struct ledger_object *object[OBJECTS];
static int parent[OBJECTS];
static void *holder[HOLDERS];
static struct task_struct *task[2];
static long net[OBJECTS][HOLDERS][BUCKET_NR];
static unsigned int pins[OBJECTS][FRAMES];
static unsigned long long random_state;

static unsigned int draw(unsigned int bound)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned int)(random_state >> 33) % bound;
}

/* Objects 1 to 8 hang below 0, 4 to 6 below 1, 7 below 4. */
static void begin(unsigned long long seed)
{
	static const int tree[OBJECTS] = { -1, 0, 0, 0, 1, 1, 1, 4, 0 };

	random_state = seed;
	memset(net, 0, sizeof(net));
	memset(pins, 0, sizeof(pins));
	world_begin("v6.12", 0);
	task[0] = world_task("a", MM_UNLIMITED, 0);
	task[1] = world_task("b", MM_UNLIMITED, 0);
	holder[0] = acct_mm_of(task[0]);
	holder[1] = acct_mm_of(task[1]);
	holder[2] = acct_user_of(task[0]);
	memcpy(parent, tree, sizeof(parent));
	for (int i = 0; i < OBJECTS; i++)
		object[i] = ledger_object_create("vfio_dma", tree[i] < 0 ? NULL : object[tree[i]]);
}

static long naive_bucket(int h, enum ledger_bucket bucket)
{
	long sum = 0;

	for (int o = 0; o < OBJECTS; o++)
		sum += net[o][h][bucket] > 0 ? net[o][h][bucket] : 0;
	return sum;
}

static bool below(int o, int top)
{
	while (o >= 0 && o != top)
		o = parent[o];
	return o == top;
}

static long naive_charged(int top)
{
	long charged = 0;

	for (int o = 0; o < OBJECTS; o++) {
		long pinned = 0, locked = 0, user = 0;

		if (!below(o, top))
			continue;
		for (int h = 0; h < HOLDERS; h++) {
			pinned += net[o][h][BUCKET_PINNED_VM];
			locked += net[o][h][BUCKET_LOCKED_VM];
			user += net[o][h][BUCKET_USER_LOCKED_VM];
		}
		locked = locked > user ? locked : user;
		charged += locked ? locked : pinned;
	}
	return charged;
}

/*
 * 5,000 random charges, uncharges (some below zero) and moves: after each, the
 * sums of the touched holder and of some object are those of the naive ledger, and
 * each step below zero was reported.
 */
START_TEST(test_charges_like_the_naive_ledger)
{
	static const enum ledger_bucket mm_buckets[] = { BUCKET_LOCKED_VM, BUCKET_PINNED_VM };
	unsigned int below_zero = 0;

	begin(7);
	for (int i = 0; i < 5000; i++) {
		int o = (int)draw(OBJECTS), to = (int)draw(OBJECTS), h = (int)draw(HOLDERS), top = (int)draw(OBJECTS);
		enum ledger_bucket bucket = h == 2 ? BUCKET_USER_LOCKED_VM : mm_buckets[draw(2)];
		long held = net[o][h][bucket], pages = (long)draw(100) + 1;

		if (draw(10) == 0 && held > 0 && to != o) {
			ledger_move(object[o], object[to], bucket, holder[h], held);
			net[o][h][bucket] -= held;
			net[to][h][bucket] += held;
		} else {
			/* mostly balanced, now and then more than is held */
			if (held > 0 && draw(2))
				pages = draw(20) ? -1 - (long)draw((unsigned int)held) : -held - 1;
			ledger_enter(object[o], bucket, holder[h], pages);
			net[o][h][bucket] += pages;
			below_zero += pages < 0 && net[o][h][bucket] < 0;
		}
		ck_assert_int_eq(ledger_bucket_pages(bucket, holder[h]), naive_bucket(h, bucket));
		ck_assert_int_eq(ledger_charged(object[top]), naive_charged(top));
		ck_assert_uint_eq(sim_violations(VIOLATION_WRONG_BUCKET), below_zero);
	}
	ck_assert_uint_gt(below_zero, 5);
	world_end();
}
END_TEST

static bool carries(int o)
{
	for (int h = 0; h < HOLDERS; h++)
		for (int bucket = 0; bucket < BUCKET_NR; bucket++)
			if (net[o][h][bucket] > 0)
				return true;
	return false;
}

static unsigned long naive_unaccounted(void)
{
	unsigned long frames = 0;

	for (int f = 0; f < FRAMES; f++) {
		bool pinned = false, carried = false;

		for (int o = 0; o < OBJECTS; o++) {
			pinned |= pins[o][f] > 0;
			carried |= pins[o][f] > 0 && carries(o);
		}
		frames += pinned && !carried;
	}
	return frames;
}

static bool held(int o, unsigned int start, unsigned int nr)
{
	for (unsigned int f = start; f < start + nr; f++)
		if (!pins[o][f])
			return false;
	return true;
}

/*
 * 5,000 random pins and unpins of runs, the same frames many times over, by
 * objects that are charged or not: the pages that nobody pays for are those that
 * the naive ledger counts.
 */
START_TEST(test_pins_like_the_naive_ledger)
{
	begin(11);
	for (int i = 0; i < 5000; i++) {
		int o = (int)draw(OBJECTS);
		unsigned int start = draw(FRAMES), nr = 1 + draw(FRAMES - start);
		bool up = draw(2) || !held(o, start, nr);

		ledger_pins(object[o], FIRST_FRAME + start, nr, up);
		for (unsigned int f = start; f < start + nr; f++)
			pins[o][f] += up ? 1 : -1u;
		if (!draw(4)) {
			long pages = net[o][2][BUCKET_USER_LOCKED_VM] ? -5 : 5;

			ledger_enter(object[o], BUCKET_USER_LOCKED_VM, holder[2], pages);
			net[o][2][BUCKET_USER_LOCKED_VM] += pages;
		}
		if (!draw(8) && i % 16 == 0)
			for (int all = 0; all < OBJECTS; all++)
				while (pins[all][0]) {
					ledger_pins(object[all], FIRST_FRAME, 1, false);
					pins[all][0]--;
				}
		ck_assert_uint_eq(ledger_pages_unaccounted(), naive_unaccounted());
	}
	ck_assert_uint_eq(sim_violations(VIOLATION_PIN_COUNT), 0);
	world_end();
}
END_TEST

/* 2^28 pages are one run: pinned, counted and unpinned 5,000 times without a page-sized step. */
START_TEST(test_a_tebibyte_is_one_run)
{
	begin(1);
	for (int i = 0; i < 5000; i++) {
		ledger_pins(object[0], FIRST_FRAME, 1ul << 28, true);
		ck_assert_uint_eq(ledger_pages_unaccounted(), 1ul << 28);
		ledger_pins(object[0], FIRST_FRAME, 1ul << 28, false);
	}
	world_end();
}
END_TEST

/* More is unpinned than was pinned: told at once, by the object that did it. */
START_TEST(test_unpin_of_what_another_pinned)
{
	begin(1);
	ledger_pins(object[0], FIRST_FRAME, 10, true);
	ledger_pins(object[1], FIRST_FRAME, 10, true);
	ledger_pins(object[1], FIRST_FRAME + 5, 5, false);
	ck_assert_uint_eq(sim_violations(VIOLATION_PIN_COUNT), 0);
	ledger_pins(object[1], FIRST_FRAME + 4, 2, false);
	ck_assert_uint_eq(sim_violations(VIOLATION_PIN_COUNT), 1);
	world_end();
}
END_TEST

/*
 * Holders are freed and their memory used for other mms (the allocator keeps 256
 * freed objects back, so 500 execs are enough): a new one starts with nothing,
 * and what the object had charged to an old one is not held against it.
 */
START_TEST(test_holder_reuse)
{

	begin(1);
	ledger_enter(object[1], BUCKET_LOCKED_VM, holder[0], 50);
	ledger_enter(object[1], BUCKET_PINNED_VM, holder[0], 50);
	for (int i = 0; i < EXECS; i++) {
		world_exec(task[0]);
		ck_assert_int_eq(ledger_bucket_pages(BUCKET_LOCKED_VM, acct_mm_of(task[0])), 0);
		ledger_enter(object[2], BUCKET_LOCKED_VM, acct_mm_of(task[0]), 7);
		ck_assert_int_eq(ledger_bucket_pages(BUCKET_LOCKED_VM, acct_mm_of(task[0])), 7);
	}
	/* the charges of the dead are still the object's, until it goes */
	ck_assert_int_eq(ledger_charged(object[1]), 50);
	ck_assert_int_eq(ledger_charged(object[2]), 7 * EXECS);
	ledger_object_destroy(object[1]);
	ck_assert_uint_eq(sim_violations(VIOLATION_OBJECT_BALANCE), 0);
	/* of object 2 the last charge is to the living mm */
	ledger_object_destroy(object[2]);
	ck_assert_uint_eq(sim_violations(VIOLATION_OBJECT_BALANCE), 1);
	world_end();
}
END_TEST

/* Pins whose only payer is a dead mm count as nobody's; with a living user they do not. */
START_TEST(test_unaccounted_after_exec)
{
	begin(1);
	ledger_pins(object[0], FIRST_FRAME, 50, true);
	ledger_enter(object[0], BUCKET_LOCKED_VM, holder[0], 50);
	ck_assert_uint_eq(ledger_pages_unaccounted(), 0);
	world_exec(task[0]);
	ck_assert_uint_eq(ledger_pages_unaccounted(), 50);
	ledger_enter(object[0], BUCKET_USER_LOCKED_VM, holder[2], 50);
	ck_assert_uint_eq(ledger_pages_unaccounted(), 0);
	world_end();
}
END_TEST

/* A charge that is handed on changes no sum of its holder, only whose it is. */
START_TEST(test_move)
{
	begin(1);
	ledger_enter(object[0], BUCKET_USER_LOCKED_VM, holder[2], 60);
	ledger_move(object[0], object[3], BUCKET_USER_LOCKED_VM, holder[2], 60);
	ck_assert_int_eq(ledger_bucket_pages(BUCKET_USER_LOCKED_VM, holder[2]), 60);
	ck_assert_int_eq(ledger_charged(object[3]), 60);
	ck_assert_int_eq(ledger_charged(object[0]), 60);
	ledger_object_destroy(object[3]);
	ck_assert_uint_eq(sim_violations(VIOLATION_OBJECT_BALANCE), 1);
	ck_assert_int_eq(ledger_bucket_pages(BUCKET_USER_LOCKED_VM, holder[2]), 0);
	world_end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("accounting: ledger");
	TCase *tc = tcase_create("ledger");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_charges_like_the_naive_ledger);
	tcase_add_test(tc, test_pins_like_the_naive_ledger);
	tcase_add_test(tc, test_a_tebibyte_is_one_run);
	tcase_add_test(tc, test_unpin_of_what_another_pinned);
	tcase_add_test(tc, test_holder_reuse);
	tcase_add_test(tc, test_unaccounted_after_exec);
	tcase_add_test(tc, test_move);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
