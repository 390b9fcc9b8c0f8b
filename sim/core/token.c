// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The token: a tape as text that fits on a command line.
 *
 * "p1." and base64url without padding of these bytes:
 *
 *	1	format of what follows (1)
 *	1	length of the kernel's name, then the name
 *	8	hash of the file, lowest byte first
 *	1-9	number of choices, then of deviations, as varints
 *	n	the tape's bits, highest first, the last byte filled with zeros
 *	4	checksum of all of the above
 *
 * Decoding is total: a token is at most 4,096 characters, so at most 3,072 bytes
 * are looked at, and nothing is believed before the checksum holds; even then
 * every count is checked against the bits that are there.
 */
#include "core.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "p1."
#define PREFIX_CHARS 3
#define FORMAT 1
#define KERNEL_CHARS_MAX 127
#define TOKEN_BYTES_MAX (SIM_TOKEN_CHARS_MAX / 4 * 3)
#define CHECK_BYTES 4
/* The choices of a run fit into its points and draws; this only keeps sums from wrapping. */
#define CHOICES_MAX ((uint64_t)1 << 62)

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct bytes {
	unsigned char at[TOKEN_BYTES_MAX];
	size_t nr;
	size_t read;
	bool full;	/* a write did not fit, or a read found the end */
};

static void put_byte(struct bytes *bytes, unsigned char byte)
{
	if (bytes->nr == TOKEN_BYTES_MAX)
		bytes->full = true;
	else
		bytes->at[bytes->nr++] = byte;
}

static void put_number(struct bytes *bytes, uint64_t number, unsigned int nr)
{
	while (nr--) {
		put_byte(bytes, number & 0xff);
		number >>= 8;
	}
}

static void put_varint(struct bytes *bytes, uint64_t number)
{
	while (number >= 0x80) {
		put_byte(bytes, number | 0x80);
		number >>= 7;
	}
	put_byte(bytes, number);
}

static unsigned char get_byte(struct bytes *bytes)
{
	if (bytes->read == bytes->nr) {
		bytes->full = true;
		return 0;
	}
	return bytes->at[bytes->read++];
}

static uint64_t get_number(struct bytes *bytes, unsigned int nr)
{
	uint64_t number = 0;

	for (unsigned int i = 0; i < nr; i++)
		number |= (uint64_t)get_byte(bytes) << (8 * i);
	return number;
}

/* Numbers of 2^63 and more, and longer spellings of smaller ones, are refused. */
static uint64_t get_varint(struct bytes *bytes)
{
	uint64_t number = 0;

	for (unsigned int shift = 0; shift < 63; shift += 7) {
		unsigned char byte = get_byte(bytes);

		number |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			if (!byte && shift)
				bytes->full = true;
			return number;
		}
	}
	bytes->full = true;
	return 0;
}

/* FNV-1a, its halves folded. */
static uint32_t checksum(const unsigned char *at, size_t nr)
{
	uint64_t sum = 0xcbf29ce484222325ull;

	while (nr--)
		sum = (sum ^ *at++) * 0x100000001b3ull;
	return sum ^ sum >> 32;
}


static void to_text(const struct bytes *bytes, char *token)
{
	unsigned int held = 0, nr_held = 0;

	for (size_t i = 0; i < bytes->nr; i++) {
		held = held << 8 | bytes->at[i];
		nr_held += 8;
		while (nr_held >= 6) {
			nr_held -= 6;
			*token++ = alphabet[held >> nr_held & 63];
		}
	}
	if (nr_held)
		*token++ = alphabet[held << (6 - nr_held) & 63];
	*token = '\0';
}

static int char_value(char c)
{
	const char *at = c ? strchr(alphabet, c) : NULL;

	return at ? at - alphabet : -1;
}

/* The one spelling that to_text() would give, and no other. */
static bool from_text(const char *text, size_t nr_chars, struct bytes *bytes)
{
	unsigned int held = 0, nr_held = 0;

	for (size_t i = 0; i < nr_chars; i++) {
		int value = char_value(text[i]);

		if (value < 0)
			return false;
		held = held << 6 | value;
		nr_held += 6;
		if (nr_held >= 8) {
			nr_held -= 8;
			put_byte(bytes, held >> nr_held & 0xff);
		}
	}
	return !bytes->full && nr_held < 6 && !(held & ((1u << nr_held) - 1));
}

int sim_tape_encode(const struct sim_tape *tape, const struct sim_tape_id *id, char *token)
{
	struct bytes bytes;
	size_t kernel_chars = strnlen(id->kernel, KERNEL_CHARS_MAX + 1);

	if (kernel_chars > KERNEL_CHARS_MAX)
		return -E2BIG;
	/* most tokens are short, and each run has one: the rest is not cleared */
	bytes.nr = 0;
	bytes.full = false;
	put_byte(&bytes, FORMAT);
	put_byte(&bytes, kernel_chars);
	for (size_t i = 0; i < kernel_chars; i++)
		put_byte(&bytes, id->kernel[i]);
	put_number(&bytes, id->file_hash, 8);
	put_varint(&bytes, tape->nr_choices);
	put_varint(&bytes, tape->nr_deviations);
	if ((tape->nr_bits + 7) / 8 > TOKEN_BYTES_MAX)
		return -E2BIG;
	for (size_t bit = 0; bit < tape->nr_bits; bit += 8)
		put_byte(&bytes, tape->words[bit / 64] >> (56 - bit % 64));
	put_number(&bytes, checksum(bytes.at, bytes.nr), CHECK_BYTES);
	if (bytes.full)
		return -E2BIG;
	_Static_assert(TOKEN_BYTES_MAX * 8 / 6 <= SIM_TOKEN_CHARS_MAX, "what fits in bytes fits in characters");
	memcpy(token, PREFIX, PREFIX_CHARS);
	to_text(&bytes, token + PREFIX_CHARS);
	return 0;
}

/* Do the bits hold exactly the deviations and choices that were promised? */
static bool tape_holds(const struct sim_tape *tape)
{
	uint64_t choices = 0, gap, value;
	size_t bit = 0;

	for (size_t i = 0; i < tape->nr_deviations; i++) {
		if (!sim_tape_get_code(tape, &bit, &gap) || !sim_tape_get_code(tape, &bit, &value))
			return false;
		if (gap > CHOICES_MAX || choices + gap > tape->nr_choices)
			return false;
		choices += gap;
	}
	if (tape->nr_bits - bit >= 8)
		return false;
	while (bit < tape->nr_bits) {
		if (tape->words[bit / 64] >> (63 - bit % 64) & 1)
			return false;
		bit++;
	}
	return true;
}

static struct sim_tape *tape_from(struct bytes *bytes)
{
	struct sim_tape *tape = calloc(1, sizeof(*tape));
	size_t nr_bytes;

	if (!tape)
		sim_die("the host is out of memory (a tape)");
	tape->nr_choices = get_varint(bytes);
	tape->nr_deviations = get_varint(bytes);
	nr_bytes = bytes->nr - bytes->read;
	/* A deviation takes two bits at least. */
	if (bytes->full || tape->nr_choices > CHOICES_MAX || tape->nr_deviations > nr_bytes * 4) {
		free(tape);
		return NULL;
	}
	tape->nr_bits = nr_bytes * 8;
	tape->nr_words = nr_bytes / 8 + 2;
	tape->words = calloc(tape->nr_words, sizeof(*tape->words));
	if (!tape->words)
		sim_die("the host is out of memory (a tape)");
	for (size_t i = 0; i < nr_bytes; i++)
		tape->words[i / 8] |= (uint64_t)get_byte(bytes) << (56 - i % 8 * 8);
	if (!tape_holds(tape)) {
		sim_tape_free(tape);
		return NULL;
	}
	return tape;
}

static bool get_kernel(struct bytes *bytes, char *kernel_buf)
{
	size_t nr = get_byte(bytes);

	if (nr > KERNEL_CHARS_MAX)
		return false;
	for (size_t i = 0; i < nr; i++) {
		unsigned char c = get_byte(bytes);

		if (c < ' ' || c > '~')
			return false;
		kernel_buf[i] = c;
	}
	kernel_buf[nr] = '\0';
	return !bytes->full;
}

int sim_tape_decode(const char *token, unsigned long long file_hash, char *kernel_buf, struct sim_tape **tape)
{
	struct bytes bytes = { .nr = 0 };
	unsigned long long file;
	size_t nr_chars;

	*kernel_buf = '\0';
	*tape = NULL;
	if (strncmp(token, PREFIX, PREFIX_CHARS))
		return -EINVAL;
	token += PREFIX_CHARS;
	nr_chars = strnlen(token, SIM_TOKEN_CHARS_MAX + 1);
	if (nr_chars > SIM_TOKEN_CHARS_MAX)
		return -E2BIG;
	if (!from_text(token, nr_chars, &bytes) || bytes.nr < CHECK_BYTES)
		return -EINVAL;
	bytes.nr -= CHECK_BYTES;
	bytes.read = bytes.nr;
	bytes.nr += CHECK_BYTES;
	if (get_number(&bytes, CHECK_BYTES) != checksum(bytes.at, bytes.nr - CHECK_BYTES))
		return -EINVAL;
	bytes.nr -= CHECK_BYTES;
	bytes.read = 0;

	if (get_byte(&bytes) != FORMAT || !get_kernel(&bytes, kernel_buf))
		return -EINVAL;
	file = get_number(&bytes, 8);
	*tape = tape_from(&bytes);
	if (!*tape)
		return -EINVAL;
	if (file == file_hash)
		return 0;
	sim_tape_free(*tape);
	*tape = NULL;
	return -ESTALE;
}
