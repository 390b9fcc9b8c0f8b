// SPDX-License-Identifier: GPL-2.0-or-later
/* Looking things up in the tree of a call. */
#include <string.h>
#include "strace.h"

const struct strace_value *strace_arg(const struct strace_call *call, unsigned int index)
{
	const struct strace_value *value = call->args;

	while (value && index--)
		value = value->next;
	return value;
}

static const struct strace_value *named(const struct strace_value *value, const char *name)
{
	while (value && (!value->name || strcmp(value->name, name)))
		value = value->next;
	return value;
}

const struct strace_value *strace_arg_named(const struct strace_call *call, const char *name)
{
	return named(call->args, name);
}

const struct strace_value *strace_items(const struct strace_value *value)
{
	const struct strace_part *part;

	for (part = value ? value->parts : NULL; part; part = part->next)
		if (part->kind == PART_LIST)
			return part->items;
	return NULL;
}

const struct strace_value *strace_member(const struct strace_value *value, const char *name)
{
	return named(strace_items(value), name);
}

bool strace_has(const struct strace_value *value, const char *word)
{
	const struct strace_part *part;

	for (part = value ? value->parts : NULL; part; part = part->next)
		if (part->kind == PART_WORD && !strcmp(part->text, word))
			return true;
	return false;
}

bool strace_number(const struct strace_value *value, unsigned long *number)
{
	const struct strace_part *part;

	for (part = value ? value->parts : NULL; part; part = part->next) {
		if (part->kind == PART_NUMBER) {
			*number = part->number;
			return true;
		}
		if (part->kind == PART_WORD && !strcmp(part->text, "NULL")) {
			*number = 0;
			return true;
		}
		if (part->kind == PART_WORD && strstr(part->text, "INFINITY")) {
			*number = ~0ul;
			return true;
		}
	}
	return false;
}

const struct strace_part *strace_string(const struct strace_value *value)
{
	const struct strace_part *part;

	for (part = value ? value->parts : NULL; part; part = part->next)
		if (part->kind == PART_STRING)
			return part;
	return NULL;
}
