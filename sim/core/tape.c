// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The choice tape: what was open in a run, as deviations from in_order.
 *
 * Each choice is a number: 0 is what the sequential order would do (for a draw:
 * the value 0), anything else a deviation. Only those are kept, each as two
 * Elias-gamma codes: 1 + the number of zeros before it, and its value. So a
 * schedule with three preemptions is a few bytes however long the run is, a
 * random one about a bit and a half a choice, and a tape still makes sense
 * after an edit to the code: where it does not fit, the run goes on in order.
 *
 * A gamma code of v >= 1 with n bits: n - 1 zeros, then v, highest bit first.
 */
#include "core.h"

#include <stdlib.h>
#include <string.h>

static void put_bits(struct sim_tape *tape, uint64_t bits, unsigned int nr)
{
	size_t word = tape->nr_bits / 64;
	unsigned int room = 64 - tape->nr_bits % 64;

	/* One more than is written: bits_at() reads it. */
	if (word + 2 >= tape->nr_words) {
		size_t nr_words = tape->nr_words ? tape->nr_words * 2 : 16;

		tape->words = realloc(tape->words, nr_words * sizeof(*tape->words));
		if (!tape->words)
			sim_die("the host is out of memory (the tape of choices)");
		memset(tape->words + tape->nr_words, 0, (nr_words - tape->nr_words) * sizeof(*tape->words));
		tape->nr_words = nr_words;
	}
	if (nr <= room) {
		tape->words[word] |= bits << (room - nr);
	} else {
		tape->words[word] |= bits >> (nr - room);
		tape->words[word + 1] |= bits << (64 - (nr - room));
	}
	tape->nr_bits += nr;
}

/* A code is the number itself, in as many bits as it has and zeros before it. */
static unsigned int code_bits(uint64_t value)
{
	return 1 + 2 * (63 ^ __builtin_clzll(value));
}

static void put_code(struct sim_tape *tape, uint64_t value)
{
	unsigned int nr = code_bits(value);

	if (nr > 64) {
		put_bits(tape, 0, nr - 64);
		nr = 64;
	}
	put_bits(tape, value, nr);
}

void sim_tape_append_deviation(struct sim_tape *tape, uint64_t value)
{
	uint64_t gap = (uint64_t)tape->zeros + 1;

	tape->zeros = 0;
	tape->nr_deviations++;
	if (likely((gap | value) < 1 << 16)) {
		unsigned int nr = code_bits(value);

		put_bits(tape, gap << nr | value, code_bits(gap) + nr);
		return;
	}
	put_code(tape, gap);
	put_code(tape, value);
}

/* The 64 bits from @bit on, which is at most nr_bits; zeros behind the end. */
static uint64_t bits_at(const struct sim_tape *tape, size_t bit)
{
	const uint64_t *word = &tape->words[bit / 64];
	unsigned int shift = bit % 64;

	return shift ? word[0] << shift | word[1] >> (64 - shift) : word[0];
}

bool sim_tape_get_code(const struct sim_tape *tape, size_t *bit, uint64_t *value)
{
	size_t left = tape->nr_bits - *bit;
	unsigned int zeros;
	uint64_t bits;

	if (!left)
		return false;
	bits = bits_at(tape, *bit);
	if (!bits)
		return false;
	zeros = __builtin_clzll(bits);
	if (left < 2 * (size_t)zeros + 1)
		return false;
	*value = bits_at(tape, *bit + zeros) >> (63 - zeros);
	*bit += 2 * (size_t)zeros + 1;
	return true;
}

static void reader_advance(struct sim_tape_reader *reader)
{
	uint64_t gap;

	reader->value = 0;
	if (!reader->left)
		return;
	reader->left--;
	if (!sim_tape_get_code(reader->tape, &reader->bit, &gap) ||
	    !sim_tape_get_code(reader->tape, &reader->bit, &reader->value)) {
		reader->value = 0;
		reader->left = 0;
		return;
	}
	reader->zeros = gap - 1;
}

void sim_tape_reader_init(struct sim_tape_reader *reader, const struct sim_tape *tape)
{
	*reader = (struct sim_tape_reader){ .tape = tape, .left = tape ? tape->nr_deviations : 0 };
	reader_advance(reader);
}

uint64_t sim_tape_read(struct sim_tape_reader *reader)
{
	uint64_t value = reader->value;

	if (!value)
		return 0;
	if (reader->zeros) {
		reader->zeros--;
		return 0;
	}
	reader_advance(reader);
	return value;
}

size_t sim_tape_words(const struct sim_tape *tape)
{
	return (tape->nr_bits + 63) / 64;
}

void sim_tape_words_copy(const struct sim_tape *tape, uint64_t *words)
{
	for (size_t i = 0, nr = sim_tape_words(tape); i < nr; i++)
		words[i] = tape->words[i];
}

void sim_tape_cut(struct sim_tape *tape, size_t nr_bits, const uint64_t *words)
{
	size_t nr = sim_tape_words(tape), written = (nr_bits + 63) / 64, i = 0;

	for (; i < nr; i++)
		tape->words[i] = words[i];
	/* Bits are added by OR: behind the end there is nothing. */
	for (; i < written; i++)
		tape->words[i] = 0;
}

size_t sim_choices(void)
{
	return sim_this->tape.nr_choices;
}

void sim_tape_begin(void)
{
	struct sim_tape *tape = &sim_this->tape;

	if (tape->nr_deviations)
		sim_die("a tape that begins behind choices out of order");
	tape->nr_choices = 0;
	tape->zeros = 0;
}

struct sim_tape *sim_tape_copy(void)
{
	const struct sim_tape *tape = &sim_this->tape;
	struct sim_tape *copy = malloc(sizeof(*copy));

	if (!copy)
		sim_die("the host is out of memory (a tape)");
	*copy = *tape;
	if (!tape->words)
		return copy;
	copy->words = malloc(tape->nr_words * sizeof(*copy->words));
	if (!copy->words)
		sim_die("the host is out of memory (a tape)");
	memcpy(copy->words, tape->words, tape->nr_words * sizeof(*copy->words));
	return copy;
}

void sim_tape_free(struct sim_tape *tape)
{
	if (!tape)
		return;
	free(tape->words);
	free(tape);
}

size_t sim_tape_choices(const struct sim_tape *tape)
{
	return tape->nr_choices;
}

size_t sim_tape_deviations(const struct sim_tape *tape)
{
	return tape->nr_deviations;
}

struct sim_tape *sim_tape_without(const struct sim_tape *tape, size_t first, size_t nr)
{
	struct sim_tape *copy = calloc(1, sizeof(*copy));
	struct sim_tape_reader reader;

	if (!copy)
		sim_die("the host is out of memory (a tape)");
	sim_tape_reader_init(&reader, tape);
	for (size_t choice = 0, seen = 0; choice < tape->nr_choices; choice++) {
		uint64_t value = sim_tape_read(&reader);

		if (value && seen++ - first < nr)
			value = 0;
		sim_tape_append(copy, value);
	}
	return copy;
}

/* The run of @shorter in place of *@tape, where it fails with fewer deviations. Takes @shorter. */
static bool try_shorter(struct sim_tape **tape, struct sim_tape *shorter,
			bool (*fails)(void *arg, const struct sim_tape *tape), void *arg)
{
	struct sim_tape *made = NULL;
	bool better = fails(arg, shorter);

	sim_tape_free(shorter);
	if (better) {
		made = sim_tape_copy();
		better = sim_tape_deviations(made) < sim_tape_deviations(*tape);
	}
	sim_tape_free(better ? *tape : made);
	if (better)
		*tape = made;
	return better;
}

void sim_tape_shorten(struct sim_tape **tape, unsigned int runs_max,
		      bool (*fails)(void *arg, const struct sim_tape *tape), void *arg)
{
	size_t nr = sim_tape_deviations(*tape);
	unsigned int runs = 0;
	bool better = true;

	for (; nr && runs < runs_max; nr = better && nr == 1 ? 1 : nr / 2) {
		better = false;
		for (size_t at = 0; at < sim_tape_deviations(*tape) && runs++ < runs_max;)
			if (try_shorter(tape, sim_tape_without(*tape, at, nr), fails, arg))
				better = true;
			else
				at += nr;
	}
}
