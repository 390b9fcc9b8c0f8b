// SPDX-License-Identifier: GPL-2.0-or-later
/* Simplifying, the shrinker's second phase: see shrink.c. */
#include <string.h>
#include "shrinker.h"

static void change_number(struct change *change, unsigned long *number)
{
	const unsigned long page = 4096, n = *number;
	const unsigned long simpler[] = { 0, 1, page, 16 * page, n & -page, n / 2 & -page };
	unsigned int i, j;

	for (i = 0; i < sizeof(simpler) / sizeof(simpler[0]); i++) {
		for (j = 0; j < i && simpler[j] != simpler[i]; j++)
			;
		/* 1 is no simpler than a page */
		if (simpler[i] < n && j == i && (simpler[i] != 1 || n < page) && chosen(change))
			*number = simpler[i];
	}
}

static void change_sum(struct change *change, struct sum *sum)
{
	struct term *term;

	if (sum->terms->next && chosen(change))
		sum->terms->next = NULL;
	for (term = sum->terms; term; term = term->next)
		if (term->is_number)
			change_number(change, &term->number);
}

static void change_value(struct change *change, struct pin_value *value)
{
	struct sum *sum;

	if (value->kind == PIN_PAIR && chosen(change))
		value->kind = PIN_SUM;
	for (sum = value->first; sum; sum = value->kind == PIN_LIST ? sum->next : NULL)
		change_sum(change, sum);
	if (value->second && value->kind != PIN_SUM && value->kind != PIN_LIST)
		change_sum(change, value->second);
}

/* Any argument may be one too many: if it is not, the text does not parse. */
static void change_args(struct change *change, struct pin_arg **link)
{
	struct pin_value *value;

	while (*link) {
		if (((*link)->key || (*link)->next) && chosen(change)) {
			*link = (*link)->next;
			return;
		}
		for (value = (*link)->values; value; value = value->next)
			change_value(change, value);
		link = &(*link)->next;
	}
}

/* Of the capabilities of a task one less; one in the place of all. */
static void change_caps(struct change *change, struct pin_arg *arg)
{
	static const char *const each[] = { "ipc_lock", "sys_resource", "setuid" };
	struct pin_value **link;
	struct path *path;
	unsigned int i;

	for (; arg && strcmp(arg->key, "caps"); arg = arg->next)
		;
	if (!arg)
		return;
	for (link = &arg->values; *link && arg->values->next; link = &(*link)->next)
		if (chosen(change)) {
			*link = (*link)->next;
			return;
		}
	path = arg->values->first->terms->path;
	for (i = 0; i < sizeof(each) / sizeof(each[0]) && !strcmp(path->name, "all"); i++)
		if (chosen(change))
			path->name = each[i];
}

static void change_stmts(struct change *change, struct stmt *stmt)
{
	for (; stmt && !change->made; stmt = stmt->next)
		switch (stmt->kind) {
		case STMT_TASK:
			change_args(change, &stmt->task.args);
			change_caps(change, stmt->task.args);
			break;
		case STMT_SET:
			change_args(change, &stmt->settings);
			break;
		case STMT_STEP:
			if (stmt->step.variable_name && chosen(change))
				stmt->step.variable_name = NULL;
			change_args(change, &stmt->step.args);
			break;
		case STMT_REPEAT:
			change_number(change, &stmt->block.count);
			/* fall through */
		case STMT_PARALLEL:
			/* what is included is printed without a block around it */
			if (chosen(change))
				stmt->kind = STMT_INCLUDE;
			change_stmts(change, stmt->block.body);
			break;
		default:
			break;
		}
}

/*
 * Task @from's lines become @to's, and nothing makes @from any more. @exec: where @from
 * exits, @to, which may have to live on, parts with its mm by an exec.
 */
static void merge_tasks(struct shrinker *shrinker, int from, int to, bool exec)
{
	unsigned int i;

	for (i = 0; i < shrinker->nr_units; i++) {
		struct stmt *stmt = shrinker->unit[i].stmt;

		if ((stmt->kind == STMT_TASK && stmt->task.slot == from) ||
		    (stmt->kind == STMT_STEP && stmt->step.made_task == from))
			shrinker->unit[i].left_out = true;
		else if (stmt->kind == STMT_STEP && stmt->step.task == from) {
			stmt->step.task_name = shrinker->best->task_names[to];
			if (exec && stmt->step.op->random.effect == EFFECT_EXIT)
				stmt->step.op_name = "exec";
		}
	}
}

static bool exits(const struct shrinker *shrinker, int task)
{
	unsigned int i;

	for (i = 0; i < shrinker->nr_units; i++) {
		const struct stmt *stmt = shrinker->unit[i].stmt;

		if (stmt->kind == STMT_STEP && stmt->step.task == task && stmt->step.op->random.effect == EFFECT_EXIT)
			return true;
	}
	return false;
}

/* The program as it was changed is the best from now on, or it is as it was. */
static bool try_changed(struct shrinker *shrinker)
{
	if (shrinker_candidate(shrinker))
		return true;
	shrinker_restore(shrinker);
	return false;
}

static unsigned int tasks(const struct shrinker *shrinker)
{
	return shrinker->best->nr_task_names;
}

static bool try_tasks(struct shrinker *shrinker, int from, int to)
{
	merge_tasks(shrinker, from, to, false);
	if (try_changed(shrinker))
		return true;
	if (!exits(shrinker, from))
		return false;
	merge_tasks(shrinker, from, to, true);
	return try_changed(shrinker);
}

static void rename_sum(struct sum *sum, int from, const char *to)
{
	struct term *term;

	for (; sum; sum = sum->next)
		for (term = sum->terms; term; term = term->next)
			if (!term->is_number && term->variable == from)
				term->path->name = to;
}

/* What makes variable @from is left out, and who uses it uses @to. */
static void merge_variables(struct shrinker *shrinker, int from, int to)
{
	const char *name = shrinker->best->variable_names[to];
	struct pin_value *value;
	struct pin_arg *arg;
	unsigned int i;

	for (i = 0; i < shrinker->nr_units; i++) {
		struct stmt *stmt = shrinker->unit[i].stmt;

		if (stmt->kind != STMT_STEP)
			continue;
		if (stmt->step.variable == from)
			shrinker->unit[i].left_out = true;
		for (arg = stmt->step.args; arg; arg = arg->next)
			for (value = arg->values; value; value = value->next) {
				rename_sum(value->first, from, name);
				if (value->kind != PIN_LIST)
					rename_sum(value->second, from, name);
			}
	}
}

/* What @slot may hold, by the first that makes it; 0: nothing does. */
static unsigned int made_kinds(const struct shrinker *shrinker, int slot)
{
	unsigned int i;

	for (i = 0; i < shrinker->nr_units; i++) {
		const struct stmt *stmt = shrinker->unit[i].stmt;

		if (stmt->kind == STMT_STEP && stmt->step.variable == slot)
			return stmt->step.op->makes;
	}
	return 0;
}

static unsigned int variables(const struct shrinker *shrinker)
{
	return shrinker->best->nr_variables;
}

static bool try_variables(struct shrinker *shrinker, int from, int to)
{
	if (!(made_kinds(shrinker, from) & made_kinds(shrinker, to)))
		return false;
	merge_variables(shrinker, from, to);
	return try_changed(shrinker);
}

/* Each that is left, the last first, into each before it. */
static bool merge_each(struct shrinker *shrinker, unsigned int (*nr)(const struct shrinker *shrinker),
		       bool (*try)(struct shrinker *shrinker, int from, int to))
{
	bool smaller = false;
	int from, to;

	for (from = (int)nr(shrinker) - 1; from > 0; from--)
		for (to = 0; to < from && from < (int)nr(shrinker) && shrinker_may_go_on(shrinker); to++)
			smaller |= try(shrinker, from, to);
	return smaller;
}

bool shrinker_merge(struct shrinker *shrinker)
{
	bool smaller = merge_each(shrinker, tasks, try_tasks);

	smaller |= merge_each(shrinker, variables, try_variables);
	return smaller;
}

bool shrinker_simplify(struct shrinker *shrinker)
{
	struct change change = { .wanted = 0 };
	bool smaller = shrinker_merge(shrinker);

	while (shrinker_may_go_on(shrinker)) {
		change.at = 0;
		change.made = false;
		change_stmts(&change, shrinker->best->stmts);
		if (!change.made)
			break;
		/* the same place again, for what it can become then */
		if (try_changed(shrinker))
			smaller = true;
		else
			change.wanted++;
	}
	return smaller;
}
