/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the checker share: names with their slots, and how each kind of term is bound. */
#ifndef SCENARIO_CHECK_H
#define SCENARIO_CHECK_H

#include <scenario/op.h>
#include <scenario/program.h>
#include "parse.h"

/* Names to slots, in order of first appearance. */
struct name_table {
	const char **names;
	int *buckets;
	unsigned int nr;
	unsigned int nr_buckets;
};

int name_find(const struct name_table *table, const char *name);
int name_add(struct name_table *table, const char *name);
void name_table_free(struct name_table *table);

/* What is known of a variable or task before anything runs. */
struct name_facts {
	unsigned int kinds;	/* a variable: what it may hold at some time */
	bool made;		/* by a statement so far, or by one of the block that we are in */
};

struct checker {
	struct program *program;
	struct arena *arena;
	struct diagnostics *diag;
	struct name_table tasks;
	struct name_table variables;
	struct name_facts *task_facts;
	struct name_facts *variable_facts;
	const struct stmt *compat_open;		/* vfio_open(compat=1), and one of a plain container */
	const struct stmt *plain_open;
	unsigned int nr_expects;
	bool titled;
};

/* A plain word: one name without argument, dot or sign; else NULL. */
const char *sum_word(const struct sum *sum);
/* Binds a sum of numbers, `unlimited` and variables. */
bool check_address(struct checker *check, struct sum *sum);
/* A sum of numbers and `unlimited` only, as its value. */
bool check_constant(struct checker *check, struct sum *sum, const char *what, unsigned long *value);
/* The slot of a task or variable that is made somewhere; -1 with a message. */
int check_task(struct checker *check, const char *name, const struct pin_pos *pos);
int check_variable(struct checker *check, const char *name, const struct pin_pos *pos);

/* check_expect.c */
void check_expect(struct checker *check, struct stmt *stmt);
/* check_call.c */
void check_step(struct checker *check, struct stmt *stmt);
bool check_limit(struct checker *check, const struct pin_value *value, unsigned long *cur, unsigned long *max);
bool check_caps_words(struct checker *check, const struct sum *words, unsigned int *caps);

#endif
