/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that is freed en bloc: what a program is made of. */
#ifndef SCENARIO_ARENA_H
#define SCENARIO_ARENA_H

#include <stddef.h>

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
_Noreturn void out_of_memory(void);

#endif
