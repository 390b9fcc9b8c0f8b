// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The shrinker. A candidate is the tree of the best program so far with something left
 * out or changed; it is printed, parsed again and asked about, and if it still fails
 * it is the best one. Four phases take turns until none helps:
 *
 * - leaving out: runs of statements, by halves down to single ones, each with what
 *   would no longer have its variable or task;
 * - simplifying: one change of one place in the tree, each of which makes the program
 *   smaller by a measure that only falls, so there is an end (shrink_simplify.c);
 * - leaving out calls that a fault counts through, with a smaller count;
 * - once none of these helps, detours: a change that leaves as many calls, behind which
 *   one can be left out that could not be before (shrink_detour.c).
 */
#include <stdlib.h>
#include <string.h>
#include <scenario/print.h>
#include "arena.h"
#include "shrinker.h"

/* --- candidates --------------------------------------------------------------------- */

static unsigned int add_units(struct shrinker *shrinker, struct stmt *stmt)
{
	unsigned int before = shrinker->nr_units, self;

	for (; stmt; stmt = stmt->next) {
		self = shrinker->nr_units++;
		shrinker->unit = xrealloc(shrinker->unit, shrinker->nr_units * sizeof(*shrinker->unit));
		shrinker->unit[self] = (struct unit){
			.stmt = stmt,
			.fixed = stmt->kind == STMT_TITLE || stmt->kind == STMT_REF || stmt->kind == STMT_KERNELS,
		};
		if (stmt->kind == STMT_PARALLEL || stmt->kind == STMT_REPEAT || stmt->kind == STMT_INCLUDE) {
			unsigned int inside = add_units(shrinker, stmt->block.body);

			shrinker->unit[self].inside = inside;
		}
	}
	return shrinker->nr_units - before;
}

static void take(struct shrinker *shrinker, struct program *program)
{
	program_free(shrinker->best);
	shrinker->best = program;
	shrinker->nr_units = 0;
	add_units(shrinker, program->stmts);
	shrinker->task_made = xrealloc(shrinker->task_made, program->nr_task_names + 1);
	shrinker->variable_made = xrealloc(shrinker->variable_made, program->nr_variables + 1);
}

static bool leave_out(void *arg, const struct stmt *stmt)
{
	struct shrinker *shrinker = arg;
	const struct unit *unit = &shrinker->unit[shrinker->at++];

	if (unit->left_out)
		shrinker->at += unit->inside;
	return unit->left_out;
}

static char *text_of(struct shrinker *shrinker)
{
	const struct print_choice choice = { leave_out, shrinker };
	struct text_stream stream;

	shrinker->at = 0;
	program_print(shrinker->best, &choice, text_begin(&stream));
	return text_end(&stream);
}

static struct program *parse(const struct shrinker *shrinker, const char *text)
{
	struct diagnostics diag;
	struct program *program;

	diagnostics_init(&diag);
	program = program_parse(shrinker->path, text, strlen(text), &diag);
	diagnostics_free(&diag);
	return program;
}

bool shrinker_may_go_on(const struct shrinker *shrinker)
{
	const struct shrink_options *options = shrinker->options;

	return !(options->stop && *options->stop) &&
	       (!options->tries_max || shrinker->result->tries < options->tries_max);
}

bool shrinker_candidate(struct shrinker *shrinker)
{
	char *text = text_of(shrinker);
	struct program *program = parse(shrinker, text);
	bool fails = false;

	if (program && !program->not_modelled) {
		shrinker->result->tries++;
		fails = shrinker->options->fails(shrinker->options->arg, program);
	}
	if (fails) {
		take(shrinker, program);
		free(shrinker->result->text);
		shrinker->result->text = text;
		return true;
	}
	program_free(program);
	free(text);
	return false;
}

void shrinker_restore(struct shrinker *shrinker)
{
	struct program *program = parse(shrinker, shrinker->result->text);

	if (program)
		take(shrinker, program);
}

/* --- leaving out ------------------------------------------------------------------------ */

static int slot_of(const char *const *names, unsigned int nr, const char *name)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (!strcmp(names[i], name))
			return (int)i;
	return -1;
}

/* Are the names of an expect or a result there still? */
static bool sum_stands(const struct shrinker *shrinker, const struct sum *sum)
{
	const struct program *program = shrinker->best;
	const struct term *term;
	const struct path *path;
	int slot;

	for (term = sum ? sum->terms : NULL; term; term = term->next)
		for (path = term->is_number ? NULL : term->path; path; path = path->next) {
			slot = slot_of(program->variable_names, program->nr_variables, path->name);
			if (slot >= 0 && !shrinker->variable_made[slot])
				return false;
			slot = slot_of(program->task_names, program->nr_task_names, path->name);
			if (slot >= 0 && !shrinker->task_made[slot])
				return false;
			if (!sum_stands(shrinker, path->argument))
				return false;
		}
	return true;
}

static bool terms_stand(const bool *made, const struct sum *sum)
{
	const struct term *term;

	for (; sum; sum = sum->next)
		for (term = sum->terms; term; term = term->next)
			if (!term->is_number && term->variable >= 0 && !made[term->variable])
				return false;
	return true;
}

static bool value_stands(const bool *made, const struct pin_value *value)
{
	return terms_stand(made, value->first) && (value->kind == PIN_LIST || terms_stand(made, value->second));
}

static bool step_stands(const struct shrinker *shrinker, const struct step *step)
{
	unsigned int i;

	if (!shrinker->task_made[step->task])
		return false;
	for (i = 0; step->op->args[i].name; i++) {
		enum arg_type type = step->op->args[i].type;
		const bool *made = type == ARG_TASK ? shrinker->task_made : shrinker->variable_made;

		if (type == ARG_NEW_TASK || type == ARG_WORD || type == ARG_CAPS ||
		    step->op->args[i].flags & ARG_MANY || !step_operand(step, i))
			continue;
		if (!value_stands(made, step->operand[i].written))
			return false;
	}
	for (i = 0; i < step->nr_rest; i++)
		if (!value_stands(shrinker->variable_made, step->rest[i].written))
			return false;
	return true;
}

static bool stands(const struct shrinker *shrinker, const struct stmt *stmt)
{
	if (stmt->kind == STMT_STEP)
		return step_stands(shrinker, &stmt->step);
	if (stmt->kind == STMT_EXPECT && stmt->expect.kind == EXPECT_COMPARE)
		return sum_stands(shrinker, stmt->expect.left) && sum_stands(shrinker, stmt->expect.right);
	return true;
}

static void note_made(struct shrinker *shrinker, const struct unit *unit)
{
	const struct stmt *stmt = unit->stmt;

	if (unit->left_out)
		return;
	if (stmt->kind == STMT_TASK)
		shrinker->task_made[stmt->task.slot] = true;
	if (stmt->kind == STMT_STEP && stmt->step.made_task >= 0)
		shrinker->task_made[stmt->step.made_task] = true;
	if (stmt->kind == STMT_STEP && stmt->step.variable >= 0)
		shrinker->variable_made[stmt->step.variable] = true;
}

void shrinker_close_over(struct shrinker *shrinker)
{
	unsigned int i, j, changes;

	do {
		changes = 0;
		memset(shrinker->task_made, 0, shrinker->best->nr_task_names);
		memset(shrinker->variable_made, 0, shrinker->best->nr_variables);
		for (i = 0; i < shrinker->nr_units; i++)
			if (shrinker->unit[i].stmt->kind == STMT_TASK)
				note_made(shrinker, &shrinker->unit[i]);
		for (i = 0; i < shrinker->nr_units; i++) {
			struct unit *unit = &shrinker->unit[i];

			for (j = 0; j < unit->inside; j++) {
				unit[1 + j].left_out |= unit->left_out;
				note_made(shrinker, &unit[1 + j]);
			}
			if (!unit->left_out && !stands(shrinker, unit->stmt)) {
				unit->left_out = true;
				changes++;
			}
			note_made(shrinker, unit);
		}
	} while (changes);
}

bool shrinker_without(struct shrinker *shrinker, unsigned int first, unsigned int nr)
{
	unsigned int i, out = 0;

	for (i = 0; i < shrinker->nr_units; i++) {
		shrinker->unit[i].left_out = i >= first && i < first + nr && !shrinker->unit[i].fixed;
		out += shrinker->unit[i].left_out;
	}
	if (!out)
		return false;
	shrinker_close_over(shrinker);
	return shrinker_candidate(shrinker);
}

static bool leave_out_runs(struct shrinker *shrinker, unsigned int run)
{
	unsigned int end = shrinker->nr_units;
	bool smaller = false;

	/* from the end: what comes last depends on what comes first */
	while (end && shrinker_may_go_on(shrinker)) {
		unsigned int first = end > run ? end - run : 0;

		smaller |= shrinker_without(shrinker, first, end - first);
		end = first < shrinker->nr_units ? first : shrinker->nr_units;
	}
	return smaller;
}

static bool leave_out_all(struct shrinker *shrinker)
{
	unsigned int run;
	bool smaller = false;

	for (run = shrinker->nr_units / 2; run > 1; run /= 2)
		smaller |= leave_out_runs(shrinker, run);
	while (leave_out_runs(shrinker, 1))
		smaller = true;
	for (run = 0; run < shrinker->nr_units; run++)
		shrinker->unit[run].left_out = false;
	return smaller;
}

/* The N of fail_nth(N) and of fail(SITE, N), or NULL. */
static unsigned long *fault_number(const struct stmt *stmt)
{
	const struct pin_arg *arg;

	if (stmt->kind != STMT_STEP || (strcmp(stmt->step.op_name, "fail") && strcmp(stmt->step.op_name, "fail_nth")))
		return NULL;
	for (arg = stmt->step.args; arg && arg->next; arg = arg->next)
		;
	return arg && arg->values->first->terms->is_number ? &arg->values->first->terms->number : NULL;
}

/* Unit @index, which the count of the fault in unit @fault went through, and the count less what it had of it. */
static bool try_without_counted(struct shrinker *shrinker, unsigned int fault, unsigned int index)
{
	unsigned long *number = fault_number(shrinker->unit[fault].stmt), before = *number;

	while (*number > 1 && shrinker_may_go_on(shrinker)) {
		--*number;
		if (shrinker_without(shrinker, index, 1))
			return true;
	}
	*number = before;
	return false;
}

static bool leave_out_counted(struct shrinker *shrinker)
{
	unsigned int fault, i;
	bool smaller = false;

	for (fault = 0; fault < shrinker->nr_units; fault++) {
		if (!fault_number(shrinker->unit[fault].stmt))
			continue;
		/* what is left out makes room for what came behind it */
		for (i = fault + 1; i < shrinker->nr_units && shrinker_may_go_on(shrinker);)
			if (try_without_counted(shrinker, fault, i))
				smaller = true;
			else
				i++;
	}
	for (i = 0; i < shrinker->nr_units; i++)
		shrinker->unit[i].left_out = false;
	return smaller;
}

/* Everything that is tried in turn, once. */
static bool make_smaller(struct shrinker *shrinker)
{
	bool smaller = leave_out_all(shrinker);

	smaller |= shrinker_simplify(shrinker);
	smaller |= leave_out_counted(shrinker);
	return smaller;
}

bool shrink(const struct program *program, const struct shrink_options *options, struct shrink_result *result)
{
	struct shrinker shrinker = { .options = options, .result = result, .path = program->path };
	struct program *first;
	struct text_stream stream;
	char *text;

	memset(result, 0, sizeof(*result));
	program_print(program, NULL, text_begin(&stream));
	text = text_end(&stream);
	first = parse(&shrinker, text);
	if (!first || !options->fails(options->arg, first)) {
		program_free(first);
		free(text);
		return false;
	}
	result->text = text;
	result->steps_before = first->nr_steps;
	take(&shrinker, first);
	while (shrinker_may_go_on(&shrinker) && (make_smaller(&shrinker) || shrinker_detour(&shrinker)))
		;
	result->finished = shrinker_may_go_on(&shrinker);
	result->steps = shrinker.best->nr_steps;
	program_free(shrinker.best);
	free(shrinker.unit);
	free(shrinker.task_made);
	free(shrinker.variable_made);
	return true;
}
