/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scenario in the making: a list of calls, of which only those are written in
 * the end that something pinned or locked depends on. Which mappings and objects are
 * used is known at the end of the log alone.
 */
#ifndef IMPORT_DRAFT_H
#define IMPORT_DRAFT_H

#include <stdio.h>
#include "process.h"

enum draft_arg_kind {
	ARG_NUMBER,
	ARG_TEXT,	/* @text, and + @number where that is not 0 */
	ARG_ADDRESS,	/* of @mapping + @number */
	ARG_BUFFER,	/* [address, @bytes] */
	ARG_LIMITS,	/* soft @number, hard @bytes */
	ARG_LENGTH,	/* of @object, as long as it ever was */
};

struct draft_arg {
	const char *key;
	enum draft_arg_kind kind;
	unsigned long number;
	unsigned long bytes;
	const char *text;
	struct mapping *mapping;
	struct object *object;
	struct draft_arg *next;
};

struct draft {
	struct draft *next, *previous;
	unsigned long line;		/* of the log */
	const char *task;
	const char *variable;		/* or: */
	struct mapping *makes;
	const char *op;
	struct draft_arg *args, **end;
	const char *error;
	const char *comment;
	struct mapping *needs;		/* written only if that is used */
	struct object *object;		/* likewise */
	bool if_exec;			/* written only if some process execs */
	bool is_mmap;
	bool is_exit;
};

struct draft_list {
	struct obstack memory;
	struct draft *first, *last;
	unsigned long nr;
	unsigned int nr_mappings;
	bool fixed;			/* a call spans mappings: they have to lie where they lay */
	bool execs;
};

void draft_list_init(struct draft_list *list);
void draft_list_free(struct draft_list *list);
/* Behind all others. @line, of the log, is where it comes from. */
struct draft *draft_add(struct draft_list *list, unsigned long line, const char *task, const char *op);
/* Behind all others again, where it is not. */
void draft_move_last(struct draft_list *list, struct draft *step);
void draft_number(struct draft_list *list, struct draft *step, const char *key, unsigned long number);
void draft_text(struct draft_list *list, struct draft *step, const char *key, const char *text);
struct draft_arg *draft_arg(struct draft_list *list, struct draft *step, const char *key, enum draft_arg_kind kind);
struct mapping *mapping_add(struct draft_list *list, unsigned long start, unsigned long bytes);
char *list_printf(struct draft_list *list, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes what is used, at most @steps_max calls and until @out is @bytes_max long; returns how many it wrote. */
unsigned long draft_list_print(struct draft_list *list, unsigned long steps_max, long bytes_max, FILE *out);
void print_size(unsigned long bytes, FILE *out);

#endif
