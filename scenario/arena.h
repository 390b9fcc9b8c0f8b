/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that is freed en bloc: what a program is made of. */
#ifndef SCENARIO_ARENA_H
#define SCENARIO_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

struct arena_chunk;

struct arena {
	unsigned char *at;		/* what comes next, of the newest chunk */
	unsigned char *zeroed;		/* up to here it is zero */
	unsigned char *end;
	struct arena_chunk *chunks;
	size_t next_size;
};

struct arena *arena_create(void);
void arena_destroy(struct arena *arena);
/* As arena_alloc(), where what is zero already does not do; @bytes: a multiple of 16. */
void *arena_alloc_ahead(struct arena *arena, size_t bytes);
/* Zeroed, and aligned to 16. Never fails: out of memory is exit status 3. */
static inline void *arena_alloc(struct arena *arena, size_t bytes)
{
	unsigned char *at = arena->at;

	bytes = (bytes + 15) & ~(size_t)15;
	if ((size_t)(arena->zeroed - at) < bytes)
		return arena_alloc_ahead(arena, bytes);
	arena->at = at + bytes;
	return at;
}
char *arena_strndup(struct arena *arena, const char *text, size_t bytes);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same manners for the rest of scenario/: no allocation of ours is ever answered by NULL. */
void *xrealloc(void *ptr, size_t bytes);
void *xzalloc(size_t bytes);
char *xstrdup(const char *text);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
_Noreturn void out_of_memory(void) __attribute__((cold));

/* A stream into memory: what was printed to @out is text_end()'s, which the caller frees. */
struct text_stream {
	FILE *out;
	char *text;
	size_t bytes;
};

FILE *text_begin(struct text_stream *stream);
char *text_end(struct text_stream *stream);

#endif
