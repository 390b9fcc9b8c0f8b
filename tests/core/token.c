// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The token's decoder behind the checksum. Mutations of a token hardly ever get
 * past that, so here the decoder itself is included, and fed bytes of any kind
 * under a checksum that is right.
 */
#include <token.c>

#include "suite.h"
#include <sim/rng.h>

const char suite_name[] = "core_token";

static void seal(struct bytes *bytes, char *token)
{
	put_number(bytes, checksum(bytes->at, bytes->nr), CHECK_BYTES);
	must(!bytes->full);
	memcpy(token, PREFIX, PREFIX_CHARS);
	to_text(bytes, token + PREFIX_CHARS);
}

/* Seals and decodes; a tape that comes out can be read to its end. */
static int decode_bytes(struct bytes *bytes)
{
	char token[SIM_TOKEN_CHARS_MAX + 4], kernel[128];
	struct sim_tape_reader reader;
	struct sim_tape *tape;
	int ret;

	seal(bytes, token);
	ret = sim_tape_decode(token, 0, kernel, &tape);
	must(ret == 0 || ret == -EINVAL || ret == -ESTALE);
	must((ret == 0) == (tape != NULL));
	if (ret)
		return ret;
	sim_tape_reader_init(&reader, tape);
	for (size_t i = 0; i < 5000 && i < tape->nr_choices; i++)
		sim_tape_read(&reader);
	sim_tape_free(tape);
	return ret;
}

/* A head that is right, up to where the numbers of choices and deviations follow. */
static struct bytes head(void)
{
	struct bytes bytes = { .nr = 0 };

	put_byte(&bytes, FORMAT);
	put_byte(&bytes, 1);
	put_byte(&bytes, 'k');
	put_number(&bytes, 0, 8);
	return bytes;
}

/* 10,000 random byte strings behind a right head, and as many from an earlier byte on; some get through. */
START_TEST(random_bytes)
{
	unsigned int good = 0, bad = 0;
	struct sim_rng rng;

	sim_rng_init(&rng, 3);
	for (int i = 0; i < 20000; i++) {
		struct bytes bytes = head();
		unsigned int nr = sim_rng_below(&rng, 1 << sim_rng_below(&rng, 12));

		if (i & 1) {
			bytes.nr = sim_rng_below(&rng, bytes.nr);
		} else {
			put_varint(&bytes, sim_rng_next(&rng) >> sim_rng_below(&rng, 64));
			put_varint(&bytes, sim_rng_below(&rng, 4));
			nr = i % 4 ? nr : sim_rng_below(&rng, 4);
		}
		while (nr-- && bytes.nr < TOKEN_BYTES_MAX - CHECK_BYTES)
			put_byte(&bytes, sim_rng_next(&rng) >> sim_rng_below(&rng, 9));
		if (decode_bytes(&bytes) == 0)
			good++;
		else
			bad++;
	}
	ck_assert_uint_gt(good, 50);
	ck_assert_uint_gt(bad, 5000);
}
END_TEST

static struct bytes numbers(uint64_t choices, uint64_t deviations)
{
	struct bytes bytes = head();

	put_varint(&bytes, choices);
	put_varint(&bytes, deviations);
	return bytes;
}

/* Numbers that promise more than the bits hold, or less, or that no run has. */
START_TEST(wrong_numbers)
{
	struct bytes bytes = numbers(0, 0);

	ck_assert_int_eq(decode_bytes(&bytes), 0);
	bytes = numbers(1000000, 0);
	ck_assert_int_eq(decode_bytes(&bytes), 0);
	bytes = numbers(1, 1);
	ck_assert_int_eq(decode_bytes(&bytes), -EINVAL);
	bytes = numbers(~0ull, 0);
	ck_assert_int_eq(decode_bytes(&bytes), -EINVAL);
	bytes = numbers(1ull << 63, 0);
	ck_assert_int_eq(decode_bytes(&bytes), -EINVAL);
	bytes = numbers(5, ~0ull);
	ck_assert_int_eq(decode_bytes(&bytes), -EINVAL);

	/* Bits 1 and 1: no zeros, then the value 1; so one choice. */
	bytes = numbers(1, 1);
	put_byte(&bytes, 0xc0);
	ck_assert_int_eq(decode_bytes(&bytes), 0);
	bytes = numbers(0, 1);
	put_byte(&bytes, 0xc0);
	ck_assert_int_eq(decode_bytes(&bytes), -EINVAL);
	bytes = numbers(9, 2);
	put_byte(&bytes, 0xc0);
	ck_assert_int_eq(decode_bytes(&bytes), -EINVAL);
	/* What follows the last code is less than a byte, and zero. */
	bytes = numbers(1, 1);
	put_byte(&bytes, 0xc1);
	ck_assert_int_eq(decode_bytes(&bytes), -EINVAL);
	bytes = numbers(1, 1);
	put_byte(&bytes, 0xc0);
	put_byte(&bytes, 0);
	ck_assert_int_eq(decode_bytes(&bytes), -EINVAL);
	/* A longer spelling of a number is not one. */
	bytes = head();
	put_byte(&bytes, 0x80);
	put_byte(&bytes, 0);
	put_byte(&bytes, 0);
	ck_assert_int_eq(decode_bytes(&bytes), -EINVAL);
	/* Zeros without an end. */
	bytes = numbers(1, 1);
	for (int i = 0; i < 500; i++)
		put_byte(&bytes, 0);
	ck_assert_int_eq(decode_bytes(&bytes), -EINVAL);
}
END_TEST

/* The kernel's name is printable; the format is the one there is. */
START_TEST(wrong_head)
{
	for (int c = 0; c < 256; c++) {
		struct bytes bytes = numbers(0, 0);

		bytes.at[2] = c;
		must(decode_bytes(&bytes) == (c >= ' ' && c <= '~' ? 0 : -EINVAL));
		bytes = numbers(0, 0);
		bytes.at[0] = c;
		must(decode_bytes(&bytes) == (c == FORMAT ? 0 : -EINVAL));
		/* The hash of another file. */
		bytes = numbers(0, 0);
		bytes.at[3] = c;
		must(decode_bytes(&bytes) == (c ? -ESTALE : 0));
	}
}
END_TEST

/* The largest values a choice can have make the round through the bits. */
START_TEST(extreme_values)
{
	static const uint64_t values[] = { 1, 2, 3, 0x7fffffff, 1ull << 32, ~0ull >> 1, ~0ull - 1, ~0ull };
	enum { NR = sizeof(values) / sizeof(values[0]) };
	struct sim_tape tape = {};
	struct sim_tape_reader reader;

	for (int i = 0; i < NR; i++) {
		for (int zeros = 0; zeros < i * 100; zeros++)
			sim_tape_append(&tape, 0);
		sim_tape_append(&tape, values[i]);
	}
	sim_tape_append(&tape, 0);
	sim_tape_reader_init(&reader, &tape);
	for (int i = 0; i < NR; i++) {
		for (int zeros = 0; zeros < i * 100; zeros++)
			must(sim_tape_read(&reader) == 0);
		ck_assert_uint_eq(sim_tape_read(&reader), values[i]);
	}
	for (int i = 0; i < 10; i++)
		ck_assert_uint_eq(sim_tape_read(&reader), 0);
	free(tape.words);
}
END_TEST

void suite_fill(TCase *tcase)
{
	tcase_add_test(tcase, random_bytes);
	tcase_add_test(tcase, wrong_numbers);
	tcase_add_test(tcase, wrong_head);
	tcase_add_test(tcase, extreme_values);
}
