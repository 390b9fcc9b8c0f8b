/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a piece of a scenario stands in its file, and what there is to say about it.
 *
 * Every node of a program carries a position, so that a message can show
 * FILE:LINE:COL, the line itself and a caret. Text is bytes with a length: a file
 * may hold anything.
 */
#ifndef SCENARIO_SOURCE_H
#define SCENARIO_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

/* One file as it was read; lives as long as the program that it is part of. */
struct pin_source {
	struct pin_source *next;
	const char *path;	/* as it was named: on the command line, or by the including file */
	const char *text;	/* NUL-terminated behind @bytes, for convenience only */
	size_t bytes;
};

/* @bytes long from @offset on, in line @line (from 1). */
struct pin_pos {
	const struct pin_source *source;
	unsigned int line;
	unsigned int offset;
	unsigned int bytes;
};

/* Column in characters, from 1. */
unsigned int pin_column(const struct pin_pos *pos);

/* The bytes of the UTF-8 character at @text, of which @left are there; 0: it is none. */
unsigned int utf8_sequence(const char *text, size_t left);

/* Messages about one program, as text ready to print; more than a handful are only counted. */
struct diagnostics {
	char *text;
	size_t length;
	unsigned int errors;
};

#define DIAGNOSTICS_MAX 20

void diagnostics_init(struct diagnostics *diag);
void diagnostics_free(struct diagnostics *diag);
/* "FILE:LINE:COL: what", the line and a caret. */
void diag_error(struct diagnostics *diag, const struct pin_pos *pos, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Where there is no line to show: "FILE: what". */
void diag_error_file(struct diagnostics *diag, const char *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * "did you mean": remembers the candidate nearest to @wanted. @best starts as
 * zeroes; best.text stays NULL where nothing is near enough to be worth naming.
 */
struct suggestion {
	const char *text;
	unsigned int distance;
};
void suggest(struct suggestion *best, const char *wanted, const char *candidate);
/* "; did you mean \"X\"?" into @buf, or an empty string. Returns @buf. */
const char *suggestion_text(const struct suggestion *best, char *buf, size_t size);

#endif
