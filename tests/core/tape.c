// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The choice tape and its token: a run that is replayed from its token is the
 * same run, and no text whatever does more harm than being refused.
 */
#include "suite.h"

#include <errno.h>
#include <string.h>
#include <sim/rng.h>
#include <sim/sched.h>
#include <sim/trace.h>

const char suite_name[] = "core_tape";

static const struct sim_tape_id id = { .file_hash = 0x0123456789abcdefull, .kernel = "v6.12+type1_exec_underflow" };

static void draws_and_points(void *arg)
{
	for (int i = 0; i < 12; i++) {
		sim_point(SIM_POINT_LOCK, i, 0);
		if (i % 3 == 0)
			sim_record(SIM_POINT_COUNTER, 1, sim_draw(1ul << i * 5));
	}
}

/* Runs three actors with points and draws; returns the trace's hash, and the tape in *@tape. */
static unsigned long long run(const struct sim_config *config, struct sim_tape **tape)
{
	struct sim_world *world = sim_world_create(config);
	unsigned long long hash;

	for (int i = 0; i < 3; i++)
		sim_actor_submit(sim_actor_create("t", NULL), draws_and_points, NULL);
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	hash = sim_trace_hash();
	*tape = sim_tape_copy();
	sim_world_destroy(world);
	return hash;
}

/* Any seed's run, written as a token, read and replayed, has the same hash, and its tape the same token. */
START_TEST(round_trip)
{
	for (unsigned long seed = 0; seed < 200; seed++) {
		char token[SIM_TOKEN_CHARS_MAX + 4], again[SIM_TOKEN_CHARS_MAX + 4], kernel[128];
		struct sim_tape *tape, *decoded, *replayed;
		unsigned long long hash;

		hash = run(&(struct sim_config){ .seed = seed }, &tape);
		must(sim_tape_encode(tape, &id, token) == 0);
		must(!strncmp(token, "p1.", 3) && strlen(token) <= SIM_TOKEN_CHARS_MAX + 3);
		must(sim_tape_decode(token, id.file_hash, kernel, &decoded) == 0);
		must(!strcmp(kernel, id.kernel));
		must(sim_tape_choices(decoded) == sim_tape_choices(tape));
		must(run(&(struct sim_config){ .strategy = &sim_strategy_replay, .tape = decoded }, &replayed) == hash);
		must(sim_tape_encode(replayed, &id, again) == 0);
		must(!strcmp(token, again));
		sim_tape_free(tape);
		sim_tape_free(decoded);
		sim_tape_free(replayed);
	}
}
END_TEST

/* A world that is given a tape and no strategy replays it. */
START_TEST(tape_means_replay)
{
	struct sim_tape *tape, *replayed;
	unsigned long long hash = run(&(struct sim_config){ .seed = 5 }, &tape);

	ck_assert_uint_eq(run(&(struct sim_config){ .tape = tape }, &replayed), hash);
	sim_tape_free(tape);
	sim_tape_free(replayed);
}
END_TEST

/* No tape, and the tape of a run in order: replay is the run in order. */
START_TEST(nothing_is_in_order)
{
	struct sim_tape *in_order, *replayed;
	unsigned long long hash = run(&(struct sim_config){ .strategy = &sim_strategy_in_order }, &in_order);

	ck_assert_uint_eq(run(&(struct sim_config){ .strategy = &sim_strategy_replay }, &replayed), hash);
	sim_tape_free(replayed);
	ck_assert_uint_eq(run(&(struct sim_config){ .tape = in_order }, &replayed), hash);
	sim_tape_free(replayed);
	sim_tape_free(in_order);
}
END_TEST

/* Three preemptions in a run of 20,000 points: picks others than in_order's at three places. */
static void *thrice_begin(unsigned long seed, const struct sim_tape *tape, void *context)
{
	static __thread unsigned long asked;

	asked = 0;
	return &asked;
}

static unsigned int thrice_pick(void *state, const struct sim_actor_view *const *ready, unsigned int nr, int current)
{
	unsigned long asked = (*(unsigned long *)state)++;

	if (asked == 700 || asked == 5003 || asked == 9001)
		return (current + 1) % nr;
	return current < 0 ? 0 : current;
}

static const struct sim_strategy strategy_thrice = { "thrice", "for tests", thrice_begin, thrice_pick, NULL, NULL };

static void many_points(void *arg)
{
	for (int i = 0; i < 10000; i++)
		sim_point(SIM_POINT_YIELD, 0, 0);
}

static unsigned long long run_long(const struct sim_config *config, struct sim_tape **tape)
{
	struct sim_world *world = sim_world_create(config);
	unsigned long long hash;

	for (int i = 0; i < 2; i++)
		sim_actor_submit(sim_actor_create("t", NULL), many_points, NULL);
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	hash = sim_trace_hash();
	*tape = sim_tape_copy();
	sim_world_destroy(world);
	return hash;
}

/* Its token is short (at most 64 characters), however many choices there were. */
START_TEST(few_preemptions)
{
	const struct sim_tape_id short_id = { .file_hash = ~0ull, .kernel = "v6.12" };
	char token[SIM_TOKEN_CHARS_MAX + 4], kernel[128];
	struct sim_tape *tape, *decoded, *replayed;
	unsigned long long hash = run_long(&(struct sim_config){ .strategy = &strategy_thrice }, &tape);

	ck_assert_uint_gt(sim_tape_choices(tape), 9000);
	ck_assert_int_eq(sim_tape_encode(tape, &short_id, token), 0);
	ck_assert_uint_le(strlen(token), 64);
	ck_assert_int_eq(sim_tape_decode(token, ~0ull, kernel, &decoded), 0);
	ck_assert_uint_eq(run_long(&(struct sim_config){ .tape = decoded }, &replayed), hash);
	ck_assert_uint_eq(sim_tape_choices(replayed), sim_tape_choices(tape));
	sim_tape_free(tape);
	sim_tape_free(decoded);
	sim_tape_free(replayed);
}
END_TEST

/* A random schedule of 20,000 points is too long for any token, and says so; as a tape it replays all the same. */
START_TEST(too_long)
{
	char token[SIM_TOKEN_CHARS_MAX + 4];
	struct sim_tape *tape, *replayed;
	unsigned long long hash = run_long(&(struct sim_config){ .seed = 1 }, &tape);

	ck_assert_int_eq(sim_tape_encode(tape, &id, token), -E2BIG);
	ck_assert_uint_eq(run_long(&(struct sim_config){ .tape = tape }, &replayed), hash);
	sim_tape_free(tape);
	sim_tape_free(replayed);
}
END_TEST

/* A kernel's name is at most 127 characters. */
START_TEST(long_kernel)
{
	char token[SIM_TOKEN_CHARS_MAX + 4], name[129], kernel[128];
	struct sim_tape_id long_id = { .kernel = name };
	struct sim_tape *tape, *decoded;

	run(&(struct sim_config){ .seed = 1 }, &tape);
	memset(name, 'k', sizeof(name));
	name[128] = '\0';
	ck_assert_int_eq(sim_tape_encode(tape, &long_id, token), -E2BIG);
	name[127] = '\0';
	ck_assert_int_eq(sim_tape_encode(tape, &long_id, token), 0);
	ck_assert_int_eq(sim_tape_decode(token, 0, kernel, &decoded), 0);
	ck_assert_str_eq(kernel, name);
	sim_tape_free(tape);
	sim_tape_free(decoded);
}
END_TEST

static int decode(const char *token)
{
	struct sim_tape *tape;
	char kernel[128];
	int ret = sim_tape_decode(token, id.file_hash, kernel, &tape);

	if (!ret)
		sim_tape_free(tape);
	else
		must(tape == NULL);
	return ret;
}

/* What is no token: -EINVAL; what is too long for one: -E2BIG; another file's: -ESTALE, and it tells the kernel. */
START_TEST(refused)
{
	static char huge[100000];
	char token[SIM_TOKEN_CHARS_MAX + 4], kernel[128], cut[SIM_TOKEN_CHARS_MAX + 4];
	struct sim_tape *tape, *decoded;
	size_t length;

	ck_assert_int_eq(decode(""), -EINVAL);
	ck_assert_int_eq(decode("p"), -EINVAL);
	ck_assert_int_eq(decode("p1."), -EINVAL);
	ck_assert_int_eq(decode("p2.AAAA"), -EINVAL);
	ck_assert_int_eq(decode("p1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), -EINVAL);
	ck_assert_int_eq(decode("p1.\xff\xfe"), -EINVAL);
	memset(huge, 'A', sizeof(huge) - 1);
	ck_assert_int_eq(decode(huge), -EINVAL);
	memcpy(huge, "p1.", 3);
	ck_assert_int_eq(decode(huge), -E2BIG);
	huge[3 + SIM_TOKEN_CHARS_MAX + 1] = '\0';
	ck_assert_int_eq(decode(huge), -E2BIG);
	huge[3 + SIM_TOKEN_CHARS_MAX] = '\0';
	ck_assert_int_eq(decode(huge), -EINVAL);

	run(&(struct sim_config){ .seed = 2 }, &tape);
	ck_assert_int_eq(sim_tape_encode(tape, &id, token), 0);
	sim_tape_free(tape);
	ck_assert_int_eq(decode(token), 0);
	ck_assert_int_eq(sim_tape_decode(token, id.file_hash + 1, kernel, &decoded), -ESTALE);
	ck_assert_ptr_null(decoded);
	ck_assert_str_eq(kernel, id.kernel);
	/* Cut short anywhere, and with anything behind it. */
	length = strlen(token);
	for (size_t at = 0; at < length; at++) {
		memcpy(cut, token, at);
		cut[at] = '\0';
		must(decode(cut) == -EINVAL);
	}
	for (int c = 1; c < 256; c++) {
		memcpy(cut, token, length);
		cut[length] = c;
		cut[length + 1] = '\0';
		must(decode(cut) == -EINVAL);
	}
}
END_TEST

/* Any single character changed is noticed. */
START_TEST(one_change)
{
	char token[SIM_TOKEN_CHARS_MAX + 4];
	struct sim_tape *tape;

	run(&(struct sim_config){ .seed = 2 }, &tape);
	must(sim_tape_encode(tape, &id, token) == 0);
	sim_tape_free(tape);
	for (size_t at = 0; token[at]; at++) {
		char right = token[at];

		for (int c = 1; c < 128; c++) {
			token[at] = c;
			must((decode(token) == 0) == (c == right));
		}
		token[at] = right;
	}
}
END_TEST

/* 10,000 tokens with several changes at random: refused, or a tape that can be run. */
START_TEST(random_mutations)
{
	struct sim_rng rng;

	sim_rng_init(&rng, 77);
	for (int i = 0; i < 10000; i++) {
		char token[SIM_TOKEN_CHARS_MAX + 8];
		struct sim_tape *tape, *decoded;
		char kernel[128];
		size_t length;

		run(&(struct sim_config){ .seed = i / 100 }, &tape);
		must(sim_tape_encode(tape, &id, token) == 0);
		sim_tape_free(tape);
		length = strlen(token);
		for (unsigned int changes = 1 + sim_rng_below(&rng, 8); changes; changes--) {
			size_t at = sim_rng_below(&rng, length);

			if (sim_rng_below(&rng, 4))
				token[at] = 1 + sim_rng_below(&rng, 255);
			else
				memmove(token + at, token + at + 1, length - at);
			length = strlen(token);
		}
		switch (sim_tape_decode(token, id.file_hash, kernel, &decoded)) {
		case 0:
			run(&(struct sim_config){ .tape = decoded }, &tape);
			sim_tape_free(tape);
			sim_tape_free(decoded);
			break;
		case -EINVAL:
		case -ESTALE:
			must(decoded == NULL);
			break;
		default:
			ck_abort_msg("an errno that no token of this length may have");
		}
	}
}
END_TEST

static void fewer_points(void *arg)
{
	for (int i = 0; i < 5; i++) {
		sim_point(SIM_POINT_LOCK, i, 0);
		sim_record(SIM_POINT_COUNTER, 1, sim_draw(3));
	}
}

/* The program has changed under the tape: fewer actors, smaller bounds. Replay goes on, the same way each time. */
START_TEST(another_program)
{
	struct sim_tape *tape;

	for (unsigned long seed = 0; seed < 50; seed++) {
		unsigned long long hash[2];

		run(&(struct sim_config){ .seed = seed }, &tape);
		for (int i = 0; i < 2; i++) {
			struct sim_world *world = sim_world_create(&(struct sim_config){ .tape = tape });

			sim_actor_submit(sim_actor_create("a", NULL), fewer_points, NULL);
			sim_actor_submit(sim_actor_create("b", NULL), fewer_points, NULL);
			must(sim_run() == SIM_QUIET);
			hash[i] = sim_trace_hash();
			sim_world_destroy(world);
		}
		must(hash[0] == hash[1]);
		sim_tape_free(tape);
	}
}
END_TEST

/* Without its deviations a tape is the sequential order; without the first n it has n fewer, and all its choices. */
START_TEST(without)
{
	struct sim_tape *tape, *shorter, *in_order;
	unsigned long long sequential, hash;
	size_t nr;

	run(&(struct sim_config){ .seed = 7 }, &tape);
	nr = sim_tape_deviations(tape);
	ck_assert_uint_gt(nr, 3);
	for (size_t first = 0; first < nr; first++) {
		shorter = sim_tape_without(tape, first, 2);
		ck_assert_uint_eq(sim_tape_deviations(shorter), first + 2 <= nr ? nr - 2 : nr - 1);
		ck_assert_uint_eq(sim_tape_choices(shorter), sim_tape_choices(tape));
		sim_tape_free(shorter);
	}
	shorter = sim_tape_without(tape, 0, nr);
	sim_tape_free(tape);
	hash = run(&(struct sim_config){ .tape = shorter }, &tape);
	sequential = run(&(struct sim_config){ .strategy = &sim_strategy_in_order }, &in_order);
	ck_assert(hash == sequential);
	sim_tape_free(tape);
	sim_tape_free(shorter);
	sim_tape_free(in_order);
}
END_TEST

void suite_fill(TCase *tcase)
{
	tcase_add_test(tcase, without);
	tcase_add_test(tcase, round_trip);
	tcase_add_test(tcase, tape_means_replay);
	tcase_add_test(tcase, nothing_is_in_order);
	tcase_add_test(tcase, few_preemptions);
	tcase_add_test(tcase, too_long);
	tcase_add_test(tcase, long_kernel);
	tcase_add_test(tcase, refused);
	tcase_add_test(tcase, one_change);
	tcase_add_test(tcase, random_mutations);
	tcase_add_test(tcase, another_program);
}
