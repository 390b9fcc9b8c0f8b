// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A drawn call spelled out: from its operands the tree that the parser and checker would
 * have made of its text. For who prints or shrinks it; a run reads the operands.
 */
#include <string.h>
#include <mm_model/machine.h>
#include "gen.h"

const struct op_word gen_caps[] = {
	{ "ipc_lock", MM_CAP_IPC_LOCK },
	{ "sys_resource", MM_CAP_SYS_RESOURCE },
	{ "setuid", MM_CAP_SETUID },
	{ "all", MM_CAP_EVERY },
};

static const char *const kind_names[VALUE_KINDS] = {
	[VALUE_NUMBER] = "m",	 [VALUE_IOMMUFD] = "fd",    [VALUE_CONTAINER] = "c", [VALUE_CDEV] = "cdev",
	[VALUE_MDEV] = "mdev",	 [VALUE_ACCESS] = "acc",    [VALUE_MEMFD] = "file",  [VALUE_SECRETMEM] = "secret",
	[VALUE_RING] = "ring",	 [VALUE_PERF] = "perf",	    [VALUE_XSK] = "xsk",     [VALUE_VDPA] = "vdpa",
	[VALUE_MR] = "mr",	 [VALUE_BPF] = "bpf",	    [VALUE_IOAS] = "ioas",   [VALUE_DEVICE] = "dev",
	[VALUE_SEGMENT] = "seg", [VALUE_ZEROCOPY] = "zc",   [VALUE_SEV] = "sev",
	[VALUE_PINNER] = "pinner", [VALUE_PROPOSED] = "thing",
};

/* The kind's word and the slot: unique, and cheaper than printf. */
static const char *thing_name(struct gen *gen, enum value_kind kind, unsigned int slot)
{
	const char *word = kind_names[kind];
	size_t length = strlen(word);
	char *name = arena_alloc(gen->arena, length + 4), *at = name + length;

	memcpy(name, word, length);
	if (slot >= 100)
		*at++ = (char)('0' + slot / 100);
	if (slot >= 10)
		*at++ = (char)('0' + slot / 10 % 10);
	*at = (char)('0' + slot % 10);
	return name;
}

/*
 * What an argument of one number or name is made of, in one piece; a number's ends before the path. Of what stands
 * beside it in a pair or a list, only the sum is used.
 */
struct piece {
	struct pin_value value;
	struct sum sum;
	struct term term;
	struct pin_arg arg;
	struct path path;
};

static struct piece *piece_of_sum(struct sum *sum)
{
	return (struct piece *)((char *)sum - offsetof(struct piece, sum));
}

static struct piece *piece_of_value(struct pin_value *value)
{
	return (struct piece *)((char *)value - offsetof(struct piece, value));
}

static struct piece *new_piece(struct gen *gen, size_t bytes)
{
	struct piece *piece = arena_alloc(gen->arena, bytes);

	piece->term.pos.source = gen->source;
	piece->term.variable = NO_THING;
	piece->sum.pos.source = gen->source;
	piece->sum.terms = &piece->term;
	piece->sum.last = &piece->term;
	piece->value.pos.source = gen->source;
	piece->arg.pos.source = gen->source;
	return piece;
}

static struct sum *number_sum(struct gen *gen, unsigned long number)
{
	struct piece *piece = new_piece(gen, offsetof(struct piece, path));

	piece->term.is_number = true;
	piece->term.number = number;
	return &piece->sum;
}

static struct sum *word_sum(struct gen *gen, const char *word, int slot)
{
	struct piece *piece = new_piece(gen, sizeof(*piece));

	piece->term.variable = slot;
	piece->term.path = &piece->path;
	piece->path.name = word;
	return &piece->sum;
}

/* Of this sum, which stands first. */
static struct pin_value *sum_value(struct sum *sum)
{
	struct pin_value *value = &piece_of_sum(sum)->value;

	value->first = sum;
	return value;
}

struct pin_value *gen_number_value(struct gen *gen, unsigned long number)
{
	return sum_value(number_sum(gen, number));
}

struct pin_value *gen_word_value(struct gen *gen, const char *word, int slot)
{
	return sum_value(word_sum(gen, word, slot));
}

/* VAR, VAR + N, N. */
static struct sum *first_sum(struct gen *gen, const struct operand *operand)
{
	struct sum *sum, *more;

	if (operand->variable < 0)
		return number_sum(gen, operand->number);
	sum = word_sum(gen, gen->program->variable_names[operand->variable], operand->variable);
	if (operand->number) {
		more = number_sum(gen, operand->number);
		sum->terms->next = more->terms;
		sum->last = more->terms;
	}
	return sum;
}

static struct pin_value *pair_value(struct gen *gen, enum pin_value_kind kind, const struct operand *operand)
{
	struct pin_value *value = sum_value(first_sum(gen, operand));

	if (!operand->has_second)
		return value;
	value->kind = kind;
	if (kind == PIN_LIST)
		value->first->next = number_sum(gen, operand->second);
	else
		value->second = number_sum(gen, operand->second);
	return value;
}

static struct pin_value *caps_value(struct gen *gen, unsigned long words)
{
	struct pin_value *value = &new_piece(gen, sizeof(struct piece))->value;
	struct node_list list = { NULL, NULL };

	for (; words; words &= words - 1)
		node_append(&list, word_sum(gen, gen_caps[__builtin_ctzl(words)].word, NO_THING));
	value->kind = PIN_LIST;
	value->first = list.head;
	return value;
}

static struct pin_value *spelled(struct gen *gen, enum arg_type type, const struct operand *operand)
{
	switch (type) {
	case ARG_NUMBER:
	case ARG_FLAG:
	case ARG_VARIABLE:
		return sum_value(first_sum(gen, operand));
	case ARG_TASK:
		return gen_word_value(gen, gen->program->task_names[operand->variable], operand->variable);
	case ARG_NEW_TASK:
		return gen_word_value(gen, operand->word, gen->call.stmt->step.made_task);
	case ARG_WORD:
		return gen_word_value(gen, operand->word, NO_THING);
	case ARG_LIMIT:
		return pair_value(gen, PIN_PAIR, operand);
	case ARG_RANGE:
		return pair_value(gen, PIN_RANGE, operand);
	case ARG_IOVECS:
		return pair_value(gen, PIN_LIST, operand);
	case ARG_CAPS:
		break;
	}
	return caps_value(gen, operand->second);
}

/* @operand: one of gen->operand or gen->rest. */
static void append_arg(struct gen *gen, const struct op_arg *arg, struct operand *operand, struct node_list *args)
{
	struct pin_value *value = spelled(gen, arg->type, operand);
	struct pin_arg *given = &piece_of_value(value)->arg;

	operand->written = value;
	given->values = value;
	if (arg->flags & ARG_KEY)
		given->key = arg->name;
	node_append(args, given);
}

void gen_spell_call(struct gen *gen)
{
	struct step *step = &gen->call.stmt->step;
	struct node_list args = { NULL, NULL };
	unsigned int i, k;

	for (i = 0; i < step->nr_operands; i++) {
		const struct op_arg *arg = &step->op->args[i];

		for (k = 0; arg->flags & ARG_MANY && k < step->nr_rest; k++)
			append_arg(gen, arg, &gen->rest[k], &args);
		if (!(arg->flags & ARG_MANY) && gen->operand[i].given)
			append_arg(gen, arg, &gen->operand[i], &args);
	}
	step->args = args.head;
	step->op_pos.source = gen->source;
	if (step->variable < 0)
		return;
	step->variable_name = thing_name(gen, gen->call.makes, (unsigned int)step->variable);
	gen->program->variable_names[step->variable] = step->variable_name;
}
