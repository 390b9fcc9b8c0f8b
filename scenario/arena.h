/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that is freed en bloc: what a program is made of. */
#ifndef SCENARIO_ARENA_H
#define SCENARIO_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

struct arena;

struct arena *arena_create(void);
void arena_destroy(struct arena *arena);
/* Zeroed. Never fails: out of memory is exit status 3. */
void *arena_alloc(struct arena *arena, size_t bytes);
char *arena_strndup(struct arena *arena, const char *text, size_t bytes);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same manners for the rest of scenario/: no allocation of ours is ever answered by NULL. */
void *xrealloc(void *ptr, size_t bytes);
void *xzalloc(size_t bytes);
char *xstrdup(const char *text);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
_Noreturn void out_of_memory(void);

/* A stream into memory: what was printed to @out is text_end()'s, which the caller frees. */
struct text_stream {
	FILE *out;
	char *text;
	size_t bytes;
};

FILE *text_begin(struct text_stream *stream);
char *text_end(struct text_stream *stream);

#endif
