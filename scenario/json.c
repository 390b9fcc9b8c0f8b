// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <scenario/json.h>
#include "arena.h"

static void *allocate(size_t bytes)
{
	return xrealloc(NULL, bytes);
}

void json_memory_or_exit(void)
{
	json_set_alloc_funcs(allocate, free);
}

json_t *json_text(const char *bytes)
{
	json_t *string = json_string(bytes);
	char *copy, *at;

	if (string)
		return string;
	copy = xstrdup(bytes);
	for (at = copy; *at; at++)
		if (*at & 0x80)
			*at = '?';
	string = json_string(copy);
	free(copy);
	return string;
}

json_t *json_text_or_null(const char *bytes)
{
	return bytes ? json_text(bytes) : json_null();
}

void json_line(FILE *out, json_t *object)
{
	json_dumpf(object, out, JSON_COMPACT);
	fputc('\n', out);
	json_decref(object);
}
