// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages with a position, and "did you mean".
 *
 * What is shown of a file may be any bytes: a line is clipped to a window around
 * the caret, and what is no text, or a terminal could act on, is shown as '?'.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <scenario/source.h>
#include "arena.h"

#define WINDOW_CHARS 100

static bool continues_character(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

static size_t line_start(const struct pin_pos *pos)
{
	size_t start = pos->offset;

	if (start > pos->source->bytes)
		start = pos->source->bytes;
	while (start && pos->source->text[start - 1] != '\n')
		start--;
	return start;
}

unsigned int pin_column(const struct pin_pos *pos)
{
	unsigned int column = 1;
	size_t at;

	for (at = line_start(pos); at < pos->offset && at < pos->source->bytes; at++)
		if (!continues_character((unsigned char)pos->source->text[at]))
			column++;
	return column;
}

unsigned int utf8_sequence(const char *bytes_of, size_t left)
{
	const unsigned char *text = (const unsigned char *)bytes_of;
	static const unsigned int least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned int bytes = text[0] < 0x80	  ? 1
			     : text[0] >> 5 == 6  ? 2
			     : text[0] >> 4 == 14 ? 3
			     : text[0] >> 3 == 30 ? 4
						  : 0;
	unsigned int code, i;

	if (bytes <= 1)
		return bytes;
	if (bytes > left)
		return 0;
	code = text[0] & (0x7fu >> bytes);
	for (i = 1; i < bytes; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3fu);
	}
	return code < least[bytes] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : bytes;
}

void diagnostics_init(struct diagnostics *diag)
{
	memset(diag, 0, sizeof(*diag));
}

void diagnostics_free(struct diagnostics *diag)
{
	free(diag->text);
	memset(diag, 0, sizeof(*diag));
}

static void append(struct diagnostics *diag, const char *text, size_t bytes)
{
	diag->text = xrealloc(diag->text, diag->length + bytes + 1);
	memcpy(diag->text + diag->length, text, bytes);
	diag->length += bytes;
	diag->text[diag->length] = '\0';
}

static void __attribute__((format(printf, 2, 0))) append_format(struct diagnostics *diag, const char *format,
								va_list args)
{
	char *text = xvasprintf(format, args);

	append(diag, text, strlen(text));
	free(text);
}

/* One more; false where so many were said that the rest is only counted. */
static bool begin(struct diagnostics *diag)
{
	return diag->errors++ < DIAGNOSTICS_MAX;
}

static void append_plain(struct diagnostics *diag, const char *text, size_t from, size_t to)
{
	while (from < to) {
		unsigned int bytes = utf8_sequence(text + from, to - from);
		unsigned char byte = (unsigned char)text[from];

		if (!bytes || (byte < ' ' && byte != '\t') || byte == 0x7f)
			append(diag, "?", 1);
		else
			append(diag, text + from, bytes);
		from += bytes ? bytes : 1;
	}
}

/* The line, and under it the caret; a long line is clipped on both sides. */
static void append_line(struct diagnostics *diag, const struct pin_pos *pos)
{
	const char *text = pos->source->text;
	size_t start = line_start(pos), end = pos->offset, at;
	unsigned int marks = 0;
	char number[32];
	int width;

	if (end < start)
		end = start;
	while (end < pos->source->bytes && text[end] != '\n')
		end++;
	if (pos->offset - start > WINDOW_CHARS)
		start = pos->offset - WINDOW_CHARS;
	while (start < pos->offset && continues_character((unsigned char)text[start]))
		start++;
	if (end - start > 2 * WINDOW_CHARS)
		end = start + 2 * WINDOW_CHARS;
	while (end > pos->offset && end < pos->source->bytes && continues_character((unsigned char)text[end]))
		end--;
	width = snprintf(number, sizeof(number), "%5u", pos->line);
	append(diag, number, (size_t)width);
	append(diag, " | ", 3);
	append_plain(diag, text, start, end);
	append(diag, "\n", 1);
	append(diag, "                ", (size_t)width);
	append(diag, " | ", 3);
	for (at = start; at < pos->offset && at < end; at++)
		if (text[at] == '\t')
			append(diag, "\t", 1);
		else if (!continues_character((unsigned char)text[at]))
			append(diag, " ", 1);
	append(diag, "^", 1);
	for (at = (size_t)pos->offset + 1; at < (size_t)pos->offset + pos->bytes && at < end && marks < WINDOW_CHARS;
	     at++)
		if (!continues_character((unsigned char)text[at])) {
			append(diag, "~", 1);
			marks++;
		}
	append(diag, "\n", 1);
}

void diag_error(struct diagnostics *diag, const struct pin_pos *pos, const char *format, ...)
{
	char place[64];
	va_list args;
	int bytes;

	if (!begin(diag))
		return;
	append(diag, pos->source->path, strlen(pos->source->path));
	bytes = snprintf(place, sizeof(place), ":%u:%u: ", pos->line, pin_column(pos));
	append(diag, place, (size_t)bytes);
	va_start(args, format);
	append_format(diag, format, args);
	va_end(args);
	append(diag, "\n", 1);
	append_line(diag, pos);
}

void diag_error_file(struct diagnostics *diag, const char *path, const char *format, ...)
{
	va_list args;

	if (!begin(diag))
		return;
	append(diag, path, strlen(path));
	append(diag, ": ", 2);
	va_start(args, format);
	append_format(diag, format, args);
	va_end(args);
	append(diag, "\n", 1);
}

#define WORD_MAX 48

/* Edits (insert, delete, replace, swap of neighbours) from @a to @b; both at most WORD_MAX long. */
static unsigned int edits(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned int rows[3][WORD_MAX + 1];
	unsigned int *before = rows[0], *last = rows[1], *now = rows[2], *spare;
	size_t i, j;

	for (j = 0; j <= b_len; j++)
		last[j] = (unsigned int)j;
	for (i = 1; i <= a_len; i++) {
		now[0] = (unsigned int)i;
		for (j = 1; j <= b_len; j++) {
			unsigned int best = last[j - 1] + (a[i - 1] != b[j - 1]);

			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
		spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[b_len];
}

void suggest(struct suggestion *best, const char *wanted, const char *candidate)
{
	size_t wanted_len = strlen(wanted), len = strlen(candidate);
	size_t shorter = wanted_len < len ? wanted_len : len;
	unsigned int distance;

	if (wanted_len > WORD_MAX || len > WORD_MAX)
		return;
	distance = edits(wanted, wanted_len, candidate, len);
	/* A word that begins the other one is near whatever is missing at its end. */
	if (shorter >= 4 && !strncmp(wanted, candidate, shorter) && distance > 2)
		distance = 2;
	if (distance > 2 || distance >= len || (best->text && best->distance <= distance))
		return;
	best->text = candidate;
	best->distance = distance;
}

const char *suggestion_text(const struct suggestion *best, char *buf, size_t size)
{
	if (best->text)
		snprintf(buf, size, "; did you mean \"%s\"?", best->text);
	else
		buf[0] = '\0';
	return buf;
}
