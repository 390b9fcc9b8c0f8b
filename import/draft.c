// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "draft.h"

static void *chunk_alloc(size_t bytes)
{
	return import_alloc(NULL, bytes);
}

#define obstack_chunk_alloc chunk_alloc
#define obstack_chunk_free free

static void *zalloc(struct draft_list *list, size_t bytes)
{
	return memset(obstack_alloc(&list->memory, bytes), 0, bytes);
}

void draft_list_init(struct draft_list *list)
{
	*list = (struct draft_list){ .nr = 0 };
	obstack_init(&list->memory);
}

void draft_list_free(struct draft_list *list)
{
	obstack_free(&list->memory, NULL);
}

static void append(struct draft_list *list, struct draft *step)
{
	step->next = NULL;
	step->previous = list->last;
	if (list->last)
		list->last->next = step;
	else
		list->first = step;
	list->last = step;
}

struct draft *draft_add(struct draft_list *list, unsigned long line, const char *task, const char *op)
{
	struct draft *step = zalloc(list, sizeof(*step));

	step->line = line;
	step->task = task;
	step->op = op;
	step->end = &step->args;
	append(list, step);
	list->nr++;
	return step;
}

void draft_move_last(struct draft_list *list, struct draft *step)
{
	if (list->last == step)
		return;
	step->next->previous = step->previous;
	if (step->previous)
		step->previous->next = step->next;
	else
		list->first = step->next;
	append(list, step);
}

struct draft_arg *draft_arg(struct draft_list *list, struct draft *step, const char *key, enum draft_arg_kind kind)
{
	struct draft_arg *arg = zalloc(list, sizeof(*arg));

	arg->key = key;
	arg->kind = kind;
	*step->end = arg;
	step->end = &arg->next;
	return arg;
}

void draft_number(struct draft_list *list, struct draft *step, const char *key, unsigned long number)
{
	draft_arg(list, step, key, ARG_NUMBER)->number = number;
}

void draft_text(struct draft_list *list, struct draft *step, const char *key, const char *text)
{
	draft_arg(list, step, key, ARG_TEXT)->text = text;
}

struct mapping *mapping_add(struct draft_list *list, unsigned long start, unsigned long bytes)
{
	struct mapping *mapping = zalloc(list, sizeof(*mapping));

	mapping->number = ++list->nr_mappings;
	mapping->start = start;
	mapping->bytes = bytes;
	return mapping;
}

char *list_printf(struct draft_list *list, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return obstack_copy0(&list->memory, text, (int)strlen(text));
}

void print_size(unsigned long bytes, FILE *out)
{
	static const char units[] = " KMGT";
	unsigned int unit = 0;
	unsigned long number = bytes;

	if (bytes == ~0ul) {
		fputs("unlimited", out);
		return;
	}
	while (number && !(number & 1023) && unit < 4) {
		number >>= 10;
		unit++;
	}
	if (unit && number < 1ul << 20)
		fprintf(out, "%lu%c", number, units[unit]);
	else
		fprintf(out, bytes < 1ul << 20 ? "%lu" : "0x%lx", bytes);
}

static void print_address(const struct mapping *mapping, unsigned long offset, FILE *out)
{
	fprintf(out, "m%u", mapping->number);
	if (offset) {
		fputs(" + ", out);
		print_size(offset, out);
	}
}

static void print_arg(const struct draft_arg *arg, FILE *out)
{
	if (arg->key)
		fprintf(out, "%s=", arg->key);
	switch (arg->kind) {
	case ARG_NUMBER:
		print_size(arg->number, out);
		break;
	case ARG_TEXT:
		fputs(arg->text, out);
		if (arg->number) {
			fputs(" + ", out);
			print_size(arg->number, out);
		}
		break;
	case ARG_ADDRESS:
		print_address(arg->mapping, arg->number, out);
		break;
	case ARG_BUFFER:
		fputc('[', out);
		if (arg->mapping)
			print_address(arg->mapping, arg->number, out);
		else
			print_size(arg->number, out);
		fputs(", ", out);
		print_size(arg->bytes, out);
		fputc(']', out);
		break;
	case ARG_LIMITS:
		print_size(arg->number, out);
		fputc(':', out);
		print_size(arg->bytes, out);
		break;
	case ARG_LENGTH:
		print_size(arg->object->bytes ? arg->object->bytes : IMPORT_PAGE, out);
		break;
	}
}

/* Where an mmap is to lie: where it lay, or at the place in the one that it replaced. */
static void print_at(const struct draft_list *list, const struct mapping *mapping, FILE *out)
{
	if (list->fixed) {
		fprintf(out, ", at=0x%lx", mapping->start);
	} else if (mapping->base) {
		fputs(", at=", out);
		print_address(mapping->base, mapping->base_offset, out);
	}
}

static void print_step(const struct draft_list *list, const struct draft *step, FILE *out)
{
	const struct draft_arg *arg;

	fprintf(out, "%s: ", step->task);
	if (step->makes)
		fprintf(out, "m%u = ", step->makes->number);
	else if (step->variable)
		fprintf(out, "%s = ", step->variable);
	fprintf(out, "%s(", step->op);
	for (arg = step->args; arg; arg = arg->next) {
		if (arg != step->args)
			fputs(", ", out);
		print_arg(arg, out);
	}
	if (step->is_mmap) {
		if (step->makes->thp)
			fputs(", kind=thp", out);
		print_at(list, step->makes, out);
	}
	fputc(')', out);
	if (step->error)
		fprintf(out, "\t-> %s", step->error);
	if (step->comment)
		fprintf(out, "\t# %s", step->comment);
	fputc('\n', out);
}

static bool is_written(const struct draft_list *list, const struct draft *step)
{
	return (!step->makes || step->makes->used || (step->needs && step->needs->used)) &&
	       (!step->needs || step->needs->used || (step->makes && step->makes->used)) &&
	       (!step->object || step->object->used) && (!step->if_exec || list->execs);
}

/* What a used mapping lies in or comes from is used, and so is the file that it shows. */
static void spread_use(struct draft_list *list)
{
	struct draft *step;

	for (step = list->last; step; step = step->previous) {
		struct draft_arg *arg;

		if (!step->makes || !step->makes->used)
			continue;
		if (step->makes->base)
			step->makes->base->used = true;
		if (step->needs)
			step->needs->used = true;
		if (step->is_mmap && step->makes->replaces_several)
			list->fixed = true;
		for (arg = step->args; arg; arg = arg->next)
			if (arg->object)
				arg->object->used = true;
	}
}

unsigned long draft_list_print(struct draft_list *list, unsigned long steps_max, long bytes_max, FILE *out)
{
	const struct draft *step, *last = NULL;
	unsigned long written = 0;

	spread_use(list);
	/* at the end all exit, as the teardown has them do */
	for (step = list->first; step; step = step->next)
		if (!step->is_exit && is_written(list, step))
			last = step;
	for (step = list->first; last && written < steps_max && ftell(out) < bytes_max; step = step->next) {
		if (is_written(list, step)) {
			print_step(list, step, out);
			written++;
		}
		if (step == last)
			break;
	}
	return written;
}
