// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Detours, the shrinker's last phase: see shrink.c. A program from which nothing can be
 * left out may be one step from a smaller one all the same. So each change that leaves
 * the number of calls, and with which it still fails, is made, calls are left out and
 * merged behind it, and it stays only if they have become fewer:
 *
 * - a call earlier, with what makes what it names;
 * - a container that iommufd serves in the place of an IOAS: the iommufd, the IOAS and
 *   its first device are one call then (on_container of the table of operations).
 *
 * Orders are as many as the square of the calls, and behind each comes as much again, so
 * this is for small programs: the other phases have made it one by then.
 */
#include <stdlib.h>
#include <string.h>
#include "arena.h"
#include "shrinker.h"

#define CALLS_MAX 12u

static bool is_step(const struct unit *unit)
{
	return unit->stmt->kind == STMT_STEP;
}

/* --- a call earlier ------------------------------------------------------------------- */

static bool sum_names(const struct sum *sum, int variable)
{
	const struct term *term;

	for (; sum; sum = sum->next)
		for (term = sum->terms; term; term = term->next)
			if (!term->is_number && term->variable == variable)
				return true;
	return false;
}

static bool step_names(const struct step *step, int variable)
{
	const struct pin_value *value;
	const struct pin_arg *arg;

	for (arg = step->args; arg; arg = arg->next)
		for (value = arg->values; value; value = value->next)
			if (sum_names(value->first, variable) ||
			    (value->kind != PIN_LIST && sum_names(value->second, variable)))
				return true;
	return false;
}

/* Does @step need what @maker makes? */
static bool needs(const struct step *step, const struct step *maker)
{
	return (maker->made_task >= 0 && step->task == maker->made_task) ||
	       (maker->variable >= 0 && step_names(step, maker->variable));
}

/* The link of a list that holds @stmt; NULL: it is in none from @link on. */
static struct stmt **link_of(struct stmt **link, const struct stmt *stmt)
{
	struct stmt **inside;

	for (; *link; link = &(*link)->next) {
		if (*link == stmt)
			return link;
		if ((*link)->kind != STMT_PARALLEL && (*link)->kind != STMT_REPEAT && (*link)->kind != STMT_INCLUDE)
			continue;
		inside = link_of(&(*link)->block.body, stmt);
		if (inside)
			return inside;
	}
	return NULL;
}

/* @unit goes before @to, which is before it in the same list, and so do those in between whose makings it needs. */
static void move(struct shrinker *shrinker, unsigned int unit, unsigned int to)
{
	struct stmt *stmt = shrinker->unit[unit].stmt, **from, **link;
	unsigned int i;

	for (i = to; i < unit; i++)
		if (is_step(&shrinker->unit[i]) && needs(&stmt->step, &shrinker->unit[i].stmt->step))
			move(shrinker, i, to);
	from = link_of(&shrinker->best->stmts, stmt);
	link = link_of(&shrinker->best->stmts, shrinker->unit[to].stmt);
	if (from == link)
		return;
	*from = stmt->next;
	stmt->next = *link;
	*link = stmt;
}

static void change_order(struct shrinker *shrinker, struct change *change)
{
	unsigned int unit, to;

	for (unit = 0; unit < shrinker->nr_units; unit++)
		for (to = 0; to < unit && is_step(&shrinker->unit[unit]); to++) {
			const struct stmt *before = shrinker->unit[to].stmt;

			if (before->kind != STMT_STEP && before->kind != STMT_PARALLEL)
				continue;
			if (chosen(change)) {
				move(shrinker, unit, to);
				return;
			}
		}
}

/* --- a container in the place of an IOAS ---------------------------------------------------- */

/* While calls are taken over: what is now the container's, and numbers in the place of variables. */
struct takeover {
	struct shrinker *shrinker;
	unsigned long iova;	/* where what is mapped anywhere goes */
	bool *taken;		/* by variable: the container, and what was made of it */
	bool *is_address;	/* by variable: what a map returned, which a container's does not */
};

static struct pin_arg *number_arg(struct arena *arena, const char *key, unsigned long number)
{
	struct pin_arg *arg = arena_alloc(arena, sizeof(*arg));
	struct pin_value *value = arena_alloc(arena, sizeof(*value));
	struct term *term = arena_alloc(arena, sizeof(*term));

	*term = (struct term){ .is_number = true, .number = number, .variable = -1 };
	value->kind = PIN_SUM;
	value->first = arena_alloc(arena, sizeof(*value->first));
	value->first->terms = value->first->last = term;
	*arg = (struct pin_arg){ .key = key, .values = value };
	return arg;
}

static const struct op_arg *arg_of(const struct op *op, const char *key)
{
	const struct op_arg *arg;

	for (arg = op->args; arg->name; arg++)
		if (!strcmp(arg->name, key))
			return arg;
	return NULL;
}

/* The arguments that @op has not go, and an IOVA that it must be told comes. */
static void take_over_args(struct takeover *takeover, struct step *step, const struct op *op)
{
	struct arena *arena = takeover->shrinker->best->arena;
	const struct op_arg *iova = arg_of(op, "iova");
	struct pin_arg **link = &step->args;
	bool has_iova = false;

	while (*link) {
		if ((*link)->key && !arg_of(op, (*link)->key)) {
			*link = (*link)->next;
			continue;
		}
		has_iova |= (*link)->key && !strcmp((*link)->key, "iova");
		link = &(*link)->next;
	}
	if (iova && !(iova->flags & ARG_OPTIONAL) && !has_iova)
		*link = number_arg(arena, "iova", takeover->iova);
}

static void numbers_for(const struct takeover *takeover, struct sum *sum)
{
	struct term *term;

	for (; sum; sum = sum->next)
		for (term = sum->terms; term; term = term->next)
			if (!term->is_number && term->variable >= 0 && takeover->is_address[term->variable]) {
				term->is_number = true;
				term->number = takeover->iova;
			}
}

static void numbers_for_addresses(const struct takeover *takeover, struct step *step)
{
	struct pin_value *value;
	struct pin_arg *arg;

	for (arg = step->args; arg; arg = arg->next)
		for (value = arg->values; value; value = value->next) {
			numbers_for(takeover, value->first);
			if (value->kind != PIN_LIST)
				numbers_for(takeover, value->second);
		}
}

/* Does the first argument name something taken? */
static bool is_taken(const struct takeover *takeover, const struct step *step)
{
	const struct term *term = step->args ? step->args->values->first->terms : NULL;

	return term && !term->is_number && term->variable >= 0 && takeover->taken[term->variable];
}

/* @unit's call, if it is one of what was taken: its counterpart, or it is left out where there is none. */
static void take_over(struct takeover *takeover, struct unit *unit)
{
	struct step *step = &unit->stmt->step;
	const struct op *op;

	numbers_for_addresses(takeover, step);
	if (!is_taken(takeover, step))
		return;
	op = step->op->on_container ? op_by_name(step->op->on_container) : NULL;
	if (!op) {
		unit->left_out = true;
		return;
	}
	take_over_args(takeover, step, op);
	step->op_name = op->name;
	if (step->variable < 0)
		return;
	if (op->makes) {
		takeover->taken[step->variable] = true;
	} else {
		takeover->is_address[step->variable] = true;
		step->variable_name = NULL;
	}
}

/* What @ioas names, which unit @maker makes, is a container. */
static void serve_by_container(struct shrinker *shrinker, unsigned int maker, unsigned long iova)
{
	struct takeover takeover = { .shrinker = shrinker, .iova = iova };
	struct step *step = &shrinker->unit[maker].stmt->step;
	unsigned int i;

	takeover.taken = xzalloc(shrinker->best->nr_variables);
	takeover.is_address = xzalloc(shrinker->best->nr_variables);
	takeover.taken[step->variable] = true;
	step->op_name = step->op->on_container;
	step->args = number_arg(shrinker->best->arena, "compat", 1);
	for (i = maker + 1; i < shrinker->nr_units; i++)
		if (is_step(&shrinker->unit[i]))
			take_over(&takeover, &shrinker->unit[i]);
	shrinker_close_over(shrinker);
	free(takeover.taken);
	free(takeover.is_address);
}

/* What is mapped anywhere: a page from the start, or where a mock device's aperture begins. */
static void change_server(struct shrinker *shrinker, struct change *change)
{
	static const unsigned long iova[] = { 4096, 16ul << 20 };
	unsigned int unit, i;

	for (unit = 0; unit < shrinker->nr_units; unit++) {
		const struct step *step = &shrinker->unit[unit].stmt->step;

		if (!is_step(&shrinker->unit[unit]) || step->variable < 0 || !step->op->on_container ||
		    !(step->op->makes & KIND(IOAS)))
			continue;
		for (i = 0; i < sizeof(iova) / sizeof(iova[0]); i++)
			if (chosen(change)) {
				serve_by_container(shrinker, unit, iova[i]);
				return;
			}
	}
}

/* --- all of them -------------------------------------------------------------------------------- */

static bool leave_out_one(struct shrinker *shrinker)
{
	unsigned int unit;

	for (unit = shrinker->nr_units; unit-- > 0 && shrinker_may_go_on(shrinker);)
		if (shrinker_without(shrinker, unit, 1))
			return true;
	return false;
}

static bool is_smaller(const struct shrinker *shrinker, unsigned int calls)
{
	return shrinker->best->nr_steps < calls;
}

/* The best program was changed, and still fails: can less of it be left now? Else it is again what it was. */
static bool serves(struct shrinker *shrinker, char *before, unsigned long witness, unsigned int calls)
{
	if (is_smaller(shrinker, calls) || leave_out_one(shrinker) ||
	    (shrinker_merge(shrinker) && is_smaller(shrinker, calls))) {
		free(before);
		return true;
	}
	free(shrinker->result->text);
	shrinker->result->text = before;
	if (shrinker->options->witness)
		*shrinker->options->witness = witness;
	shrinker_restore(shrinker);
	return false;
}

bool shrinker_detour(struct shrinker *shrinker)
{
	const unsigned int calls = shrinker->best->nr_steps;
	struct change change = { .wanted = 0 };
	unsigned long witness;
	char *before;

	if (calls > CALLS_MAX)
		return false;
	for (; shrinker_may_go_on(shrinker); change.wanted++) {
		witness = shrinker->options->witness ? *shrinker->options->witness : 0;
		change.at = 0;
		change.made = false;
		change_server(shrinker, &change);
		if (!change.made)
			change_order(shrinker, &change);
		if (!change.made)
			return false;
		before = xstrdup(shrinker->result->text);
		if (shrinker_candidate(shrinker)) {
			if (serves(shrinker, before, witness, calls))
				return true;
			continue;
		}
		free(before);
		shrinker_restore(shrinker);
	}
	return false;
}
