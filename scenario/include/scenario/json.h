/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON, one object a line.
 *
 * A report that lacks a member because memory was short would still look like one,
 * so JSON's memory dies as all of ours does (scenario/arena.h), and nobody below
 * looks at what json_pack() and its like return.
 */
#ifndef SCENARIO_JSON_H
#define SCENARIO_JSON_H

#include <jansson.h>
#include <stdio.h>

/* For the whole process, before the first object: out of memory is exit status 3. */
void json_memory_or_exit(void);

/* A string of @bytes: a path may be anything, JSON is UTF-8, so what is neither is shown as '?'. */
json_t *json_text(const char *bytes);
/* As json_text(); null for NULL. */
json_t *json_text_or_null(const char *bytes);
/* Prints @object as a line and gives it back. What cannot be written, ferror(@out) knows. */
void json_line(FILE *out, json_t *object);

#endif
