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

	if (word + 1 >= tape->nr_words) {
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

static void put_code(struct sim_tape *tape, uint64_t value)
{
	unsigned int nr = 64 - __builtin_clzll(value);

	if (nr > 1)
		put_bits(tape, 0, nr - 1);
	put_bits(tape, value, nr);
}

void sim_tape_append(struct sim_tape *tape, uint64_t value)
{
	tape->nr_choices++;
	if (!value) {
		tape->zeros++;
		return;
	}
	put_code(tape, (uint64_t)tape->zeros + 1);
	put_code(tape, value);
	tape->zeros = 0;
	tape->nr_deviations++;
}

static unsigned int bit_at(const struct sim_tape *tape, size_t bit)
{
	return tape->words[bit / 64] >> (63 - bit % 64) & 1;
}

bool sim_tape_get_code(const struct sim_tape *tape, size_t *bit, uint64_t *value)
{
	size_t at = *bit;
	unsigned int zeros = 0;
	uint64_t v = 1;

	while (at < tape->nr_bits && !bit_at(tape, at)) {
		at++;
		if (++zeros > 63)
			return false;
	}
	if (at >= tape->nr_bits || tape->nr_bits - at - 1 < zeros)
		return false;
	at++;
	while (zeros--)
		v = v << 1 | bit_at(tape, at++);
	*bit = at;
	*value = v;
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
