// SPDX-License-Identifier: GPL-2.0-or-later
/* Bytes that somebody else chose, as JSON. */
#include <stdlib.h>
#include "arena.h"
#include "json_text.h"

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
