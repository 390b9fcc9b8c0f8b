// SPDX-License-Identifier: GPL-2.0-or-later
/* The areas, and what can be asked of the table as a whole. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <scenario/runner.h>
#include "ops.h"

const struct op_area *const op_areas[] = {
	&ops_process, &ops_memory, &ops_iommufd, &ops_vfio, &ops_io_uring, &ops_others, &ops_pinners, &ops_fault,
	&ops_proposals,
};
const size_t op_areas_nr = sizeof(op_areas) / sizeof(op_areas[0]);

const struct op *op_by_name(const char *name)
{
	size_t area, i;

	for (area = 0; area < op_areas_nr; area++)
		for (i = 0; i < op_areas[area]->nr; i++)
			if (!strcmp(op_areas[area]->ops[i].name, name))
				return &op_areas[area]->ops[i];
	return NULL;
}

static const char *const kind_texts[VALUE_KINDS] = {
	[VALUE_NUMBER] = "a number or address",
	[VALUE_IOMMUFD] = "an iommufd",
	[VALUE_CONTAINER] = "a vfio container",
	[VALUE_CDEV] = "a vfio device",
	[VALUE_MDEV] = "an mdev",
	[VALUE_ACCESS] = "an access",
	[VALUE_MEMFD] = "a memfd",
	[VALUE_SECRETMEM] = "a secretmem fd",
	[VALUE_RING] = "a ring",
	[VALUE_PERF] = "a perf event",
	[VALUE_XSK] = "an xsk",
	[VALUE_VDPA] = "a vdpa device",
	[VALUE_MR] = "a memory region",
	[VALUE_BPF] = "a bpf map",
	[VALUE_PINNER] = "another pinner's fd",
	[VALUE_IOAS] = "an IOAS",
	[VALUE_DEVICE] = "a device",
	[VALUE_SEGMENT] = "a SysV segment",
	[VALUE_ZEROCOPY] = "a zerocopy send",
	[VALUE_SEV] = "an SEV region",
	[VALUE_PROPOSED] = "an object of a proposal",
};

const char *value_kinds_text(unsigned int kinds, char *buf, size_t size)
{
	size_t used = 0;
	unsigned int kind;

	if ((kinds & KINDS_FD) == KINDS_FD)
		return "an fd";
	buf[0] = '\0';
	for (kind = 0; kind < VALUE_KINDS && used < size; kind++)
		if (kinds & (1u << kind) && kind_texts[kind])
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? " or " : "", kind_texts[kind]);
	return buf;
}

struct text {
	char *buf;
	size_t size;
	size_t used;
};

static void add(struct text *text, const char *more)
{
	size_t length = strlen(more);

	if (text->used + length >= text->size)
		return;
	memcpy(text->buf + text->used, more, length + 1);
	text->used += length;
}

static void add_value(struct text *text, const struct op_arg *arg)
{
	const struct op_word *word;

	switch (arg->type) {
	case ARG_FLAG:
		add(text, arg->holds ? "0" : "1");
		break;
	case ARG_LIMIT:
		add(text, "SIZE[:SIZE]");
		break;
	case ARG_RANGE:
		add(text, "A..B");
		break;
	case ARG_WORD:
		for (word = arg->words; word->word; word++) {
			if (word != arg->words)
				add(text, "|");
			add(text, word->word);
		}
		break;
	default:
		break;
	}
}

char *op_usage(const struct op *op, char *buf, size_t size)
{
	struct text text = { buf, size, 0 };
	const struct op_arg *arg;

	buf[0] = '\0';
	add(&text, op->name);
	add(&text, "(");
	for (arg = op->args; arg->name; arg++) {
		if (arg != op->args)
			add(&text, ", ");
		if (arg->flags & ARG_OPTIONAL)
			add(&text, "[");
		if (arg->flags & ARG_KEY) {
			add(&text, arg->name);
			add(&text, "=");
			add_value(&text, arg);
		} else if (arg->type == ARG_RANGE) {
			add(&text, "A..B");
		} else {
			char upper[32];
			size_t i;

			for (i = 0; arg->name[i] && i + 1 < sizeof(upper); i++)
				upper[i] = (char)toupper((unsigned char)arg->name[i]);
			upper[i] = '\0';
			add(&text, arg->type == ARG_IOVECS ? "[VA, LEN]"
				   : arg->type == ARG_CAPS ? "[CAP, ...]"
							   : upper);
		}
		if (arg->flags & ARG_MANY)
			add(&text, ", ...");
		if (arg->flags & ARG_OPTIONAL)
			add(&text, "]");
	}
	add(&text, ")");
	return buf;
}

const struct kernel *op_since(const struct op *op)
{
	size_t i;

	for (i = 0; i < kernels(); i++)
		if (!kernel_at(i)->base && op_exists(op, &kernel_at(i)->rules))
			return kernel_at(i);
	return NULL;
}

bool op_exists(const struct op *op, const struct kernel_rules *rules)
{
	if (op->of)
		return op->of == rules->proposal;
	return !op->exists || op->exists(rules);
}

const char *step_missing_key(const struct step *step, const struct kernel_rules *rules)
{
	const struct op_arg *arg;

	for (arg = step->op->args; arg->name; arg++)
		if (arg->exists && !arg->exists(rules) && step_operand(step, (unsigned int)(arg - step->op->args)))
			return arg->name;
	return NULL;
}

bool step_exists(const struct step *step, const struct kernel_rules *rules)
{
	return op_exists(step->op, rules) && !step_missing_key(step, rules);
}

bool op_is_vfio(const struct op *op)
{
	return op >= ops_vfio.ops && op < ops_vfio.ops + ops_vfio.nr;
}

bool op_served(const struct op *op, const struct backend *backend)
{
	if (op_is_vfio(op) && !backend->vfio)
		return false;
	return !op->served || op->served(backend);
}

unsigned int cap_by_name(const char *name)
{
	static const struct op_word words[] = {
		{ "ipc_lock", MM_CAP_IPC_LOCK },
		{ "sys_resource", MM_CAP_SYS_RESOURCE },
		{ "setuid", MM_CAP_SETUID },
		{ "all", MM_CAP_EVERY },
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i].word, name))
			return (unsigned int)words[i].value;
	return 0;
}
