/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line of an strace log as a tree.
 *
 *   mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000
 *
 * A value is a row of parts: PROT_READ and PROT_WRITE are two, {rlim_cur=1} is one
 * whose items are values with names. What stands between parts (| or <<, =>, "or") is
 * not kept: flags are looked for by their names.
 */
#ifndef IMPORT_STRACE_H
#define IMPORT_STRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <obstack.h>

enum strace_part_kind { PART_NUMBER, PART_WORD, PART_STRING, PART_LIST };

struct strace_value;

struct strace_part {
	struct strace_part *next;
	enum strace_part_kind kind;
	unsigned long number;		/* PART_NUMBER; a negative one as two's complement */
	const char *text;		/* PART_WORD, PART_STRING: its bytes, escapes resolved */
	size_t bytes;
	bool cut;			/* a string that strace ended with "..." */
	struct strace_value *items;	/* of PART_LIST, and of a word with parentheses */
};

struct strace_value {
	struct strace_value *next;
	const char *name;		/* NAME=...; NULL: none */
	struct strace_part *parts;
};

struct strace_call {
	long pid;			/* 0 where the log has none: one process */
	unsigned long line;
	const char *name;
	struct strace_value *args;
	bool returned;			/* false: `?`, or not over yet */
	long ret;
	const char *error;		/* "ENOMEM", or NULL */
};

/* What the lexer and the grammar share. */
struct strace_parse {
	struct obstack *memory;
	struct strace_call *call;
	unsigned int depth;		/* of open parentheses */
};

#define STRACE_DEPTH_MAX 64

/* One call, without the process id before it. False where the text is none. */
bool strace_parse_call(const char *text, size_t bytes, struct obstack *memory, struct strace_call *call);

/* The @index-th argument, the one named @name, and the item of that name in the first list of @value; NULL: none. */
const struct strace_value *strace_arg(const struct strace_call *call, unsigned int index);
const struct strace_value *strace_arg_named(const struct strace_call *call, const char *name);
const struct strace_value *strace_member(const struct strace_value *value, const char *name);
/* The items of the first list of @value. */
const struct strace_value *strace_items(const struct strace_value *value);
/* Does a word of @value read @word? */
bool strace_has(const struct strace_value *value, const char *word);
/* The number of @value; NULL is 0, and infinity all ones. False where it has none. */
bool strace_number(const struct strace_value *value, unsigned long *number);
const struct strace_part *strace_string(const struct strace_value *value);

/* Who is told what a log says, in its order. */
struct strace_listener {
	void (*call)(void *arg, const struct strace_call *call);
	/* a call that makes a process and has not returned yet: its child may already be heard of */
	void (*begun)(void *arg, const struct strace_call *call);
	void (*exited)(void *arg, long pid, unsigned long line);
	/* is it one that the listener wants the arguments of? */
	bool (*wanted)(void *arg, const char *name, size_t bytes);
	bool (*stop)(void *arg);
};

struct strace_counts {
	unsigned long lines;
	unsigned long calls;
	unsigned long unread;
};

/* Returns 0 or -EIO. Lines of more than STRACE_LINE_MAX bytes are not read. */
#define STRACE_LINE_MAX (1u << 20)
int strace_read(FILE *in, const struct strace_listener *listener, void *arg, struct strace_counts *counts);

#endif
