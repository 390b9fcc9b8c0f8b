// SPDX-License-Identifier: GPL-2.0-or-later
/* Checking one call: its arguments against the operation table, its stated result, what it makes. */
#include <string.h>
#include "check.h"

#define NO_SLOT (-1)

bool check_limit(struct checker *check, const struct pin_value *value, unsigned long *cur, unsigned long *max)
{
	if (value->kind != PIN_SUM && value->kind != PIN_PAIR) {
		diag_error(check->diag, &value->pos, "not a limit, expected SIZE or SIZE:SIZE");
		return false;
	}
	if (!check_constant(check, value->first, "a limit", cur))
		return false;
	return value->kind == PIN_SUM || check_constant(check, value->second, "a limit", max);
}

bool check_caps_words(struct checker *check, const struct sum *words, unsigned int *caps)
{
	bool good = true;

	for (; words; words = words->next) {
		const char *word = sum_word(words);
		unsigned int cap = word ? cap_by_name(word) : 0;
		struct suggestion best = { .text = NULL };
		char did_you_mean[96];

		*caps |= cap;
		if (cap)
			continue;
		if (word) {
			suggest(&best, word, "ipc_lock");
			suggest(&best, word, "sys_resource");
			suggest(&best, word, "setuid");
		}
		diag_error(check->diag, &words->pos,
			   "not a capability, expected ipc_lock, sys_resource, setuid or all%s",
			   suggestion_text(&best, did_you_mean, sizeof(did_you_mean)));
		good = false;
	}
	return good;
}

static void check_word(struct checker *check, const struct op_arg *arg, const struct pin_value *value)
{
	const char *word = value->kind == PIN_SUM ? sum_word(value->first) : NULL;
	struct suggestion best = { .text = NULL };
	const struct op_word *known;
	char did_you_mean[96], list[256] = "";
	size_t used = 0;

	for (known = arg->words; known->word; known++) {
		if (word && !strcmp(known->word, word))
			return;
		if (word)
			suggest(&best, word, known->word);
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
					 known == arg->words ? "" : known[1].word ? ", " : " or ", known->word);
	}
	diag_error(check->diag, &value->pos, "not a value of \"%s\", expected %s%s", arg->name, list,
		   suggestion_text(&best, did_you_mean, sizeof(did_you_mean)));
}

static void check_variable_arg(struct checker *check, const struct op_arg *arg, struct pin_value *value)
{
	const char *word = value->kind == PIN_SUM ? sum_word(value->first) : NULL;
	char wanted[256], got[512];
	int slot;

	if (!word) {
		diag_error(check->diag, &value->pos, "not a variable, expected %s",
			   value_kinds_text(arg->kinds, wanted, sizeof(wanted)));
		return;
	}
	slot = check_variable(check, word, &value->pos);
	if (slot == NO_SLOT)
		return;
	value->first->terms->variable = slot;
	if (!(check->variable_facts[slot].kinds & arg->kinds))
		diag_error(check->diag, &value->pos, "\"%s\" is %s, expected %s", word,
			   value_kinds_text(check->variable_facts[slot].kinds, got, sizeof(got)),
			   value_kinds_text(arg->kinds, wanted, sizeof(wanted)));
}

static void check_range(struct checker *check, struct pin_value *value)
{
	if (value->kind != PIN_RANGE)
		diag_error(check->diag, &value->pos, "not a range, expected A..B");
	else if (check_address(check, value->first))
		check_address(check, value->second);
}

static void check_iovec(struct checker *check, struct pin_value *value)
{
	if (value->kind != PIN_LIST || !value->first || !value->first->next || value->first->next->next)
		diag_error(check->diag, &value->pos, "not a buffer, expected [VA, LEN]");
	else if (check_address(check, value->first))
		check_address(check, value->first->next);
}

static void check_task_arg(struct checker *check, struct pin_value *value)
{
	const char *word = value->kind == PIN_SUM ? sum_word(value->first) : NULL;

	if (!word)
		diag_error(check->diag, &value->pos, "not a task, expected the name of one");
	else
		/* The slot of a task in the place of a variable's: the argument's type says which it is. */
		value->first->terms->variable = check_task(check, word, &value->pos);
}

static void check_new_task(struct checker *check, const struct step *step, struct pin_value *value)
{
	const char *word = value->kind == PIN_SUM ? sum_word(value->first) : NULL;

	if (!word)
		diag_error(check->diag, &value->pos, "not a name, expected one for the new task");
	else if (!strcmp(word, step->task_name))
		diag_error(check->diag, &value->pos, "\"%s\" is the caller, expected another name for the new task",
			   word);
}

static void check_value(struct checker *check, const struct step *step, const struct op_arg *arg,
			struct pin_value *value)
{
	unsigned long number = 0, second;
	unsigned int caps = 0;

	switch (arg->type) {
	case ARG_NUMBER:
		if (value->kind != PIN_SUM)
			diag_error(check->diag, &value->pos,
				   "not a number, expected sizes and variables, parted by + and -");
		else
			check_address(check, value->first);
		break;
	case ARG_FLAG:
		if (value->kind != PIN_SUM)
			diag_error(check->diag, &value->pos, "not a flag, expected 0 or 1");
		else if (check_constant(check, value->first, "a flag", &number) && number > 1)
			diag_error(check->diag, &value->pos, "not a flag, expected 0 or 1");
		break;
	case ARG_VARIABLE:
		check_variable_arg(check, arg, value);
		break;
	case ARG_TASK:
		check_task_arg(check, value);
		break;
	case ARG_NEW_TASK:
		check_new_task(check, step, value);
		break;
	case ARG_WORD:
		check_word(check, arg, value);
		break;
	case ARG_LIMIT:
		check_limit(check, value, &number, &second);
		break;
	case ARG_CAPS:
		if (value->kind != PIN_LIST)
			diag_error(check->diag, &value->pos, "not a list, expected [CAP, ...], where [] drops all");
		else
			check_caps_words(check, value->first, &caps);
		break;
	case ARG_RANGE:
		check_range(check, value);
		break;
	case ARG_IOVECS:
		check_iovec(check, value);
		break;
	}
}

static void bad_arg(struct checker *check, const struct step *step, const struct pin_pos *pos, const char *what,
		    const char *name)
{
	struct suggestion best = { .text = NULL };
	char usage[512], did_you_mean[96];
	unsigned int i;

	for (i = 0; name && step->op->args[i].name; i++) {
		if (!strcmp(name, step->op->args[i].name)) {
			/* the name is right, it is missing or there twice */
			best.text = NULL;
			break;
		}
		suggest(&best, name, step->op->args[i].name);
	}
	diag_error(check->diag, pos, "%s%s%s%s, expected %s%s", what, name ? " \"" : "", name ? name : "",
		   name ? "\"" : "", op_usage(step->op, usage, sizeof(usage)),
		   suggestion_text(&best, did_you_mean, sizeof(did_you_mean)));
}

/* The index of the operation's argument that @arg gives; -1 with a message. @position counts those without a key. */
static int arg_index(struct checker *check, const struct step *step, const struct pin_arg *arg, unsigned int *position)
{
	const struct op_arg *known = step->op->args;
	unsigned int i;

	if (!arg->key) {
		if (known[*position].name && !(known[*position].flags & ARG_KEY))
			return (int)((known[*position].flags & ARG_MANY) ? *position : (*position)++);
		bad_arg(check, step, &arg->pos, "one argument too many", NULL);
		return -1;
	}
	for (i = 0; known[i].name; i++)
		if (!strcmp(known[i].name, arg->key))
			return (int)i;
	bad_arg(check, step, &arg->pos, "no argument", arg->key);
	return -1;
}

/* NUMBER, or VARIABLE + NUMBER; false: it is more than that. */
static bool bind_sum(const struct sum *sum, unsigned long *number, int *variable)
{
	const struct term *term;

	*number = 0;
	*variable = NO_SLOT;
	for (term = sum->terms; term; term = term->next) {
		if (term->negative || (!term->is_number && *variable != NO_SLOT))
			return false;
		if (term->is_number)
			*number += term->number;
		else
			*variable = term->variable;
	}
	return true;
}

static void bind_numbers(struct operand *operand, const struct sum *first, const struct sum *second)
{
	int variable = NO_SLOT;

	operand->has_second = second != NULL;
	operand->is_sums = !bind_sum(first, &operand->number, &operand->variable) ||
			   (second && (!bind_sum(second, &operand->second, &variable) || variable != NO_SLOT));
}

/* What a run reads of a value in which nothing is wrong. */
static void bind_value(const struct op_arg *arg, const struct pin_value *value, struct operand *operand)
{
	const struct op_word *word = arg->words;
	const struct sum *cap;

	*operand = (struct operand){ .given = true, .variable = NO_SLOT, .written = value };
	switch (arg->type) {
	case ARG_NUMBER:
	case ARG_FLAG:
		bind_numbers(operand, value->first, NULL);
		break;
	case ARG_LIMIT:
	case ARG_RANGE:
		bind_numbers(operand, value->first, value->second);
		break;
	case ARG_IOVECS:
		bind_numbers(operand, value->first, value->first->next);
		break;
	case ARG_VARIABLE:
	case ARG_TASK:
		operand->variable = value->first->terms->variable;
		break;
	case ARG_NEW_TASK:
		operand->word = sum_word(value->first);
		break;
	case ARG_WORD:
		operand->word = sum_word(value->first);
		while (strcmp(word->word, operand->word))
			word++;
		operand->number = word->value;
		break;
	case ARG_CAPS:
		for (cap = value->first; cap; cap = cap->next)
			operand->number |= cap_by_name(sum_word(cap));
		break;
	}
}

static void bind_args(struct checker *check, struct step *step)
{
	struct operand *operand = arena_alloc(check->arena, OP_ARGS_MAX * sizeof(*operand)), *rest = NULL;
	unsigned int position = 0, nr = 0, i;
	struct pin_arg *arg;
	bool keyed = false;

	for (arg = step->args; arg; arg = arg->next)
		nr++;
	step->operand = operand;
	step->nr_operands = OP_ARGS_MAX;
	for (arg = step->args; arg; arg = arg->next) {
		unsigned int errors_before = check->diag->errors;
		int index;

		if (!arg->key && keyed) {
			bad_arg(check, step, &arg->pos, "an argument without a key behind one with a key", NULL);
			return;
		}
		keyed |= arg->key != NULL;
		index = arg_index(check, step, arg, &position);
		if (index < 0)
			return;
		if (operand[index].given && !(step->op->args[index].flags & ARG_MANY)) {
			bad_arg(check, step, &arg->pos, "a second argument", step->op->args[index].name);
			return;
		}
		operand[index].given = true;
		check_value(check, step, &step->op->args[index], arg->values);
		if (check->diag->errors != errors_before)
			continue;
		bind_value(&step->op->args[index], arg->values, &operand[index]);
		if (!(step->op->args[index].flags & ARG_MANY))
			continue;
		if (!rest)
			step->rest = rest = arena_alloc(check->arena, nr * sizeof(*rest));
		rest[step->nr_rest++] = operand[index];
	}
	for (i = 0; step->op->args[i].name; i++)
		if (!operand[i].given && !(step->op->args[i].flags & ARG_OPTIONAL)) {
			bad_arg(check, step, &step->op_pos, "missing argument", step->op->args[i].name);
			return;
		}
}

/* "ENOMEM" of `-ENOMEM`, as the kernel's source has it; else NULL. */
static const char *negated_errno(const struct sum *sum)
{
	const struct term *term = sum->terms;

	if (term->next || !term->negative || term->is_number || term->path->next || term->path->argument)
		return NULL;
	return errno_by_name(term->path->name) ? term->path->name : NULL;
}

static void check_result(struct checker *check, struct result *result)
{
	const char *errno_of_minus = negated_errno(result->value);
	const char *word = sum_word(result->value);
	struct suggestion best = { .text = NULL };
	char did_you_mean[96];
	int errnum;

	if (errno_of_minus) {
		diag_error(check->diag, &result->value->pos, "an errno with a sign, expected %s", errno_of_minus);
		return;
	}
	if (!word || name_find(&check->variables, word) >= 0 || !strcmp(word, "unlimited")) {
		check_address(check, result->value);
		return;
	}
	result->kind = RESULT_ERRNO;
	result->errnum = errno_by_name(word);
	if (result->errnum)
		return;
	if (!strcmp(word, "fail")) {
		result->kind = RESULT_FAIL;
		return;
	}
	if (!strcmp(word, "_")) {
		result->kind = RESULT_ANY;
		return;
	}
	for (errnum = 1; errnum < 134; errnum++)
		if (errno_name(errnum))
			suggest(&best, word, errno_name(errnum));
	suggest(&best, word, "fail");
	diag_error(check->diag, &result->value->pos, "no result \"%s\", expected a value, an errno name, fail or _%s",
		   word, suggestion_text(&best, did_you_mean, sizeof(did_you_mean)));
}

static void unknown_op(struct checker *check, const struct step *step)
{
	struct suggestion best = { .text = NULL };
	char did_you_mean[96];
	size_t area, i;

	for (area = 0; area < op_areas_nr; area++)
		for (i = 0; i < op_areas[area]->nr; i++)
			suggest(&best, step->op_name, op_areas[area]->ops[i].name);
	diag_error(check->diag, &step->op_pos, "no operation \"%s\", expected one of `pinsim list ops`%s",
		   step->op_name, suggestion_text(&best, did_you_mean, sizeof(did_you_mean)));
}

/* What is remembered of all calls together: both ways to serve /dev/vfio/vfio cannot stand in one kernel. */
static void note_open(struct checker *check, const struct stmt *stmt)
{
	const struct step *step = &stmt->step;
	unsigned long compat = 0;
	int iommufd = -1, flag = -1, i;

	if (strcmp(step->op->name, "vfio_open"))
		return;
	for (i = 0; step->op->args[i].name; i++) {
		if (!strcmp(step->op->args[i].name, "iommufd"))
			iommufd = i;
		if (!strcmp(step->op->args[i].name, "compat"))
			flag = i;
	}
	if (step->operand[flag].given)
		compat = step->operand[flag].number;
	if (compat)
		check->compat_open = stmt;
	else if (!step->operand[iommufd].given)
		check->plain_open = stmt;
}

void check_step(struct checker *check, struct stmt *stmt)
{
	struct step *step = &stmt->step;
	unsigned int errors_before = check->diag->errors;
	struct result_case *result_case;
	struct result *result;
	const char *objection;

	step->task = check_task(check, step->task_name, &step->task_pos);
	if (step->variable_name && !strcmp(step->variable_name, "unlimited"))
		diag_error(check->diag, &step->variable_pos, "\"unlimited\" is a number, expected another name");
	if (!step->op) {
		unknown_op(check, step);
	} else {
		bind_args(check, step);
		if (check->diag->errors == errors_before && step->op->shape) {
			objection = step->op->shape(step);
			if (objection)
				diag_error(check->diag, &step->op_pos, "%s", objection);
		}
		if (check->diag->errors == errors_before)
			note_open(check, stmt);
	}
	for (result_case = step->cases; result_case; result_case = result_case->next) {
		kernel_set_check(result_case->set, check->diag);
		for (result = result_case->results; result; result = result->next)
			check_result(check, result);
	}
	if (step->made_task != NO_SLOT)
		check->task_facts[step->made_task].made = true;
	if (step->variable != NO_SLOT)
		check->variable_facts[step->variable].made = true;
}
