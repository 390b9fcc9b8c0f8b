// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The arguments of a random call: what each entry of the table asks for, drawn so
 * that the call mostly makes sense, and now and then stands on a boundary: nothing,
 * a page more than there is, the limit and a page beside it, a byte off, the end of
 * the address space.
 */
#include <string.h>
#include <mm_model/machine.h>
#include "gen.h"

/* --- numbers ------------------------------------------------------------------------ */

/*
 * Which of @ways a number is drawn, the odd ones first. Odd numbers fail most calls, and what is not made cannot be
 * used; so most programs have few of them, and get further.
 */
static unsigned long draw_way(struct gen *gen, unsigned int ways, unsigned int odd)
{
	unsigned long way = gen_below(gen, ways);

	return way < odd && !gen->config.wild && gen_below(gen, 8) ? ways : way;
}

/* Something that cannot be right. */
static unsigned long absurd(struct gen *gen)
{
	static const unsigned long numbers[] = {
		0, 1, GEN_PAGE - 1, 1ul << 31, 1ul << 32, 1ul << 47, (1ul << 47) - GEN_PAGE, 1ul << 63, -GEN_PAGE, ~0ul,
	};

	gen->call.doubtful = true;
	return numbers[gen_below(gen, sizeof(numbers) / sizeof(numbers[0]))];
}

/* The caller's limit and what lies beside it, where that is no more than a machine could have. */
static unsigned long about_limit(struct gen *gen)
{
	unsigned long pages = gen->call.task->limit_pages;

	if (!pages || pages > 1ul << 20)
		return GEN_PAGE * (1 + gen_below(gen, 8));
	return GEN_PAGE * (pages - 1 + gen_below(gen, 3));
}

/* Fits by itself, and not beside another such. 0: there is no such length. */
static unsigned long one_of_two(struct gen *gen, unsigned long remaining)
{
	unsigned long pages = gen->call.task->limit_pages, half = pages / 2 + 1;

	if (!pages || pages > remaining / GEN_PAGE)
		return 0;
	return GEN_PAGE * (half + gen_below(gen, pages - half + 1));
}

static unsigned long draw_size(struct gen *gen)
{
	/* 2^31 pages, and a page beside */
	if (gen->config.vast && gen_once_in(gen, 4))
		return (8ul << 40) + GEN_PAGE * gen_below(gen, 3) - GEN_PAGE;
	switch (draw_way(gen, 16, 1)) {
	case 0:
		return gen_once_in(gen, 3) ? absurd(gen) : GEN_PAGE * gen_below(gen, 3) + 1 + gen_below(gen, 4095);
	case 1:
	case 2:
		return about_limit(gen);
	case 3:
		return (2ul << 20) * (1 + gen_below(gen, 3));
	case 4:
		if (gen_once_in(gen, 4))
			return (64ul << 20) * (1 + gen_below(gen, 4));
		return GEN_PAGE * (511 + gen_below(gen, 3));
	case 5:
	case 6:
	case 7:
		return GEN_PAGE * (17 + gen_below(gen, 240));
	default:
		return GEN_PAGE * (1 + gen_below(gen, 16));
	}
}

/* @remaining: the bytes from the address on. */
static unsigned long draw_length(struct gen *gen, unsigned long remaining)
{
	unsigned long pages = remaining / GEN_PAGE, race = gen->in_block ? one_of_two(gen, remaining) : 0;

	if (race && gen_once_in(gen, 2))
		return race;
	switch (draw_way(gen, 32, 4)) {
	case 0:
		gen->call.doubtful = true;
		return remaining + GEN_PAGE;
	case 1:
		return absurd(gen);
	case 2:
		return about_limit(gen);
	case 3:
		return remaining > 1 ? 1 + gen_below(gen, remaining) : 1;
	case 4:
	case 5:
	case 6:
	case 7:
		return pages > 1 ? GEN_PAGE * (1 + gen_below(gen, pages)) : remaining;
	default:
		return remaining;
	}
}

/* An offset into something of @bytes; mostly none, so that lengths fit. */
static unsigned long draw_offset(struct gen *gen, unsigned long bytes)
{
	unsigned long pages = bytes / GEN_PAGE;

	switch (draw_way(gen, 16, 2)) {
	case 0:
		gen->call.doubtful = true;
		return gen_once_in(gen, 2) ? bytes : bytes + GEN_PAGE;
	case 1:
		return bytes > 1 ? gen_below(gen, bytes) : 0;
	case 2:
	case 3:
	case 4:
		return pages > 1 ? GEN_PAGE * gen_below(gen, pages) : 0;
	default:
		return 0;
	}
}

static void note_address(struct gen *gen, unsigned long remaining)
{
	struct gen_call *call = &gen->call;

	if (!call->measured || remaining < call->remaining)
		call->remaining = remaining;
	call->measured = true;
}

/* The first operation that makes memory, or what @kinds can name. */
static const struct op *maker_of(const struct gen *gen, unsigned int kinds)
{
	unsigned int first = gen->config.nr_ops;

	if (kinds & KIND(NUMBER))
		kinds = KIND(NUMBER);
	for (; kinds; kinds &= kinds - 1)
		if (gen->maker[__builtin_ctz(kinds)] < first)
			first = gen->maker[__builtin_ctz(kinds)];
	return first < gen->config.nr_ops ? gen->config.op[first] : NULL;
}

static const struct op *op_that_is_on(const struct gen *gen, const char *name)
{
	unsigned int i;

	for (i = 0; i < gen->config.nr_ops; i++)
		if (gen_same_name(gen->config.op[i]->name, name))
			return gen->config.op[i];
	return NULL;
}

/* What maps into the address space of @kinds. */
static const struct op *mapper_of(const struct gen *gen, unsigned int kinds)
{
	unsigned int i;

	if (kinds & KIND(ACCESS))
		kinds |= KIND(IOAS);
	if (kinds & KIND(MDEV))
		kinds |= KIND(CONTAINER);
	for (i = 0; i < gen->config.nr_ops; i++)
		if (gen->config.op[i]->random.effect == EFFECT_MAP && gen->config.op[i]->args[0].kinds & kinds)
			return gen->config.op[i];
	return NULL;
}

static bool draw_memory(struct gen *gen, struct operand *to)
{
	struct gen_call *call = &gen->call;
	const struct gen_thing *memory;
	unsigned long offset;
	int thing;

	if (gen_once_in(gen, 64)) {
		note_address(gen, GEN_PAGE);
		to->number = absurd(gen);
		return true;
	}
	thing = gen_pick_thing(gen, call->task, KIND(NUMBER));
	if (thing < 0) {
		call->missing = maker_of(gen, KIND(NUMBER));
		return false;
	}
	memory = &gen->picture.thing[thing];
	call->memory = thing;
	offset = draw_offset(gen, memory->bytes);
	note_address(gen, offset < memory->bytes ? memory->bytes - offset : GEN_PAGE);
	to->variable = thing;
	to->number = offset;
	return true;
}

/* Behind what was mapped last, but for boundaries and overlaps. */
static unsigned long draw_free(struct gen *gen)
{
	struct gen_call *call = &gen->call;
	const struct gen_picture *picture = &gen->picture;

	call->iova = picture->next_iova;
	switch (draw_way(gen, 32, 4)) {
	case 0:
		call->iova = absurd(gen);
		break;
	case 1:
		call->iova = 0xfee00000ul - GEN_PAGE + GEN_PAGE * gen_below(gen, 3);
		break;
	case 2:
		if (picture->nr_mappings && picture->mapping[picture->nr_mappings - 1].base < 0)
			call->iova = picture->mapping[picture->nr_mappings - 1].iova + GEN_PAGE * gen_below(gen, 3);
		break;
	case 3:
		call->iova += gen_once_in(gen, 2) ? 1 + gen_below(gen, 4095) : GEN_PAGE * gen_below(gen, 1024);
		break;
	}
	return call->iova;
}

static bool draw_mapped(struct gen *gen, const struct op_arg *arg, struct operand *to)
{
	struct gen_call *call = &gen->call;
	int holder = call->thing[arg->space], index;
	int space = holder >= 0 ? gen->picture.thing[holder].space : NO_THING;
	const struct gen_mapping *mapping;
	unsigned long offset;

	index = space >= 0 ? gen_pick_mapping(gen, space) : -1;
	if (index < 0) {
		if (gen_once_in(gen, 16)) {
			note_address(gen, GEN_PAGE);
			to->number = absurd(gen);
			return true;
		}
		call->missing = mapper_of(gen, call->op->args[arg->space].kinds);
		return false;
	}
	mapping = &gen->picture.mapping[index];
	/* a part: cuts, holes, and refusals where a mapping is whole */
	offset = gen_once_in(gen, 6) ? draw_offset(gen, mapping->bytes) : 0;
	call->mapping = index;
	note_address(gen, offset < mapping->bytes ? mapping->bytes - offset : GEN_PAGE);
	to->variable = mapping->base;
	to->number = mapping->base >= 0 ? offset : mapping->iova + offset;
	return true;
}

static unsigned long draw_power(struct gen *gen, const struct op_arg *arg)
{
	unsigned long number = 1ul << (arg->least + gen_below(gen, arg->most - arg->least + 1u));

	if (!arg->least && gen_once_in(gen, 16)) {
		gen->call.doubtful = true;
		number += gen_below(gen, 3) - 1;
	}
	return number;
}

static unsigned long draw_below(struct gen *gen, const struct op_arg *arg)
{
	if (gen_once_in(gen, 48))
		return absurd(gen);
	return arg->least + gen_below(gen, arg->most - arg->least + 1u);
}

static unsigned int draw_uid(struct gen *gen)
{
	unsigned int pick = (unsigned int)gen_below(gen, gen->config.nr_tasks + 1);

	return pick == gen->config.nr_tasks ? 0 : gen->config.uid[pick];
}

static unsigned long file_bytes(const struct gen *gen)
{
	const struct gen_call *call = &gen->call;
	unsigned int i;

	for (i = 0; call->op->args[i].name; i++)
		if (call->op->args[i].type == ARG_VARIABLE && call->thing[i] >= 0 &&
		    gen->picture.thing[call->thing[i]].bytes)
			return gen->picture.thing[call->thing[i]].bytes;
	return 0;
}

static bool draw_number(struct gen *gen, const struct op_arg *arg, struct operand *to)
{
	struct gen_call *call = &gen->call;
	unsigned long bytes;

	switch (arg->draw) {
	case DRAW_BELOW:
	case DRAW_SERVED:
		to->number = draw_below(gen, arg);
		break;
	case DRAW_POWER:
		to->number = draw_power(gen, arg);
		call->size = GEN_PAGE * to->number;
		break;
	case DRAW_SIZE:
		to->number = call->size = draw_size(gen);
		break;
	case DRAW_MEMORY:
		return draw_memory(gen, to);
	case DRAW_OFFSET:
		bytes = file_bytes(gen);
		to->number = draw_offset(gen, bytes);
		note_address(gen, to->number < bytes ? bytes - to->number : GEN_PAGE);
		break;
	case DRAW_FREE:
		to->number = draw_free(gen);
		break;
	case DRAW_MAPPED:
		return draw_mapped(gen, arg, to);
	case DRAW_LENGTH:
		call->length = draw_length(gen, call->remaining);
		/* a few pages at a time, mostly */
		if (arg->most && call->length > arg->most * GEN_PAGE && gen_below(gen, 8))
			call->length = GEN_PAGE * (1 + gen_below(gen, arg->most));
		to->number = call->length;
		break;
	case DRAW_UID:
		to->number = call->uid = draw_uid(gen);
		break;
	}
	return true;
}

/* --- arguments ------------------------------------------------------------------------ */

static bool draw_variable(struct gen *gen, unsigned int index, struct operand *to)
{
	struct gen_call *call = &gen->call;
	const struct op_arg *arg = &call->op->args[index];
	unsigned int kinds = arg->likely && gen_below(gen, 16) ? arg->likely : arg->kinds;
	const char *maker = arg->made_by && gen_below(gen, 32) ? arg->made_by : NULL;
	int thing = maker ? gen_pick_made_by(gen, call->task, kinds, maker) : gen_pick_thing(gen, call->task, kinds);

	if (thing < 0) {
		call->missing = maker ? op_that_is_on(gen, maker) : maker_of(gen, kinds);
		return false;
	}
	call->thing[index] = to->variable = thing;
	return true;
}

static bool draw_task(struct gen *gen, struct operand *to)
{
	struct gen_picture *picture = &gen->picture;
	struct gen_task *task = &picture->task[gen_below(gen, picture->nr_tasks)];

	if (!task->alive)
		return false;
	gen->call.other = task;
	to->variable = task->slot;
	return true;
}

/* Numbers are given again as they are: tests, limits and uids have no gaps between mm and fd tables. */
static bool draw_new_task(struct gen *gen, struct operand *to)
{
	const struct gen_picture *picture = &gen->picture;
	unsigned int slot = picture->nr_tasks;

	if (slot == GEN_TASKS_MAX || picture->nr_mms == GEN_SPACES_MAX || picture->nr_tables == GEN_SPACES_MAX)
		return false;
	gen->call.stmt->step.made_task = (int)slot;
	to->word = gen->program->task_names[slot];
	return true;
}

static void draw_word(struct gen *gen, unsigned int index, struct operand *to)
{
	const struct op_word *words = gen->call.op->args[index].words;
	const struct step *before = gen->in_block ? gen->before : NULL;
	unsigned int nr = 0, nth;

	/* who does the same at the same time does it in the same way */
	if (before && before->op == gen->call.op && step_operand(before, index) && gen_below(gen, 4)) {
		*to = before->operand[index];
		return;
	}
	while (words[nr].word)
		nr++;
	nth = (unsigned int)gen_below(gen, nr);
	to->word = words[nth].word;
	to->number = words[nth].value;
}

static void draw_limit(struct gen *gen, struct operand *to)
{
	struct gen_call *call = &gen->call;
	unsigned long start = gen->config.limit_pages[gen_below(gen, gen->config.nr_tasks)];
	unsigned long pages = gen_once_in(gen, 4) ? gen_below(gen, 64) : start;

	call->limit_pages = pages;
	to->number = pages == ~0ul ? ~0ul : pages * GEN_PAGE;
	to->has_second = gen_once_in(gen, 4);
	if (to->has_second)
		to->second = pages == ~0ul ? ~0ul : (pages + gen_below(gen, 3)) * GEN_PAGE;
}

/* Which words they are is kept beside what they come to. */
static void draw_caps(struct gen *gen, struct operand *to)
{
	unsigned int i;

	for (i = 0; i < GEN_CAPS; i++)
		if (gen_once_in(gen, 4)) {
			to->number |= gen_caps[i].value;
			to->second |= 1ul << i;
		}
}

static void draw_range(struct gen *gen, struct operand *to)
{
	to->number = gen_once_in(gen, 2) ? 0 : GEN_PAGE * gen_below(gen, 8192);
	to->has_second = true;
	to->second = gen_once_in(gen, 3) ? to->number + GEN_PAGE * (1 + gen_below(gen, 4096)) - 1 : (4ul << 30) - 1;
}

/* [VA, LEN]: each of its own, so what was drawn before stays as it is. */
static bool draw_iovec(struct gen *gen, struct operand *to)
{
	struct gen_call *call = &gen->call;

	call->measured = false;
	if (!draw_memory(gen, to))
		return false;
	to->has_second = true;
	to->second = draw_length(gen, call->remaining);
	call->measured = false;
	return true;
}

static bool draw_value(struct gen *gen, unsigned int index, struct operand *to)
{
	const struct op_arg *arg = &gen->call.op->args[index];

	*to = (struct operand){ .given = true, .variable = NO_THING };
	switch (arg->type) {
	case ARG_NUMBER:
		return draw_number(gen, arg, to);
	case ARG_FLAG:
		to->number = arg->draw == DRAW_SERVED || !gen_once_in(gen, 8);
		return true;
	case ARG_VARIABLE:
		return draw_variable(gen, index, to);
	case ARG_TASK:
		return draw_task(gen, to);
	case ARG_NEW_TASK:
		return draw_new_task(gen, to);
	case ARG_WORD:
		draw_word(gen, index, to);
		return true;
	case ARG_LIMIT:
		draw_limit(gen, to);
		return true;
	case ARG_CAPS:
		draw_caps(gen, to);
		return true;
	case ARG_RANGE:
		draw_range(gen, to);
		return true;
	case ARG_IOVECS:
		return draw_iovec(gen, to);
	}
	return false;
}

static bool is_wanted(struct gen *gen, unsigned int index)
{
	const struct gen_call *call = &gen->call;
	const struct op_arg *arg = &call->op->args[index];

	if (arg->exists && !arg->exists(&gen->config.kernel->rules))
		return false;
	/* one kind of /dev/vfio/vfio in a program; an iommufd serves either way */
	if (arg->draw == DRAW_SERVED)
		return gen->config.served && !gen->operand[index - 1].given;
	if (!(arg->flags & ARG_OPTIONAL))
		return true;
	if (arg->type == ARG_NUMBER && arg->draw == DRAW_LENGTH)
		return call->measured;
	return gen_once_in(gen, arg->odds ? arg->odds : 4);
}

bool gen_args(struct gen *gen)
{
	struct gen_call *call = &gen->call;
	struct step *step = &call->stmt->step;
	unsigned int i, more;

	call->thing[0] = NO_THING;	/* of a call without arguments, too */
	for (i = 0; call->op->args[i].name; i++) {
		const struct op_arg *arg = &call->op->args[i];
		struct operand drawn;

		call->thing[i] = NO_THING;
		gen->operand[i].given = false;
		if (!is_wanted(gen, i))
			continue;
		more = arg->flags & ARG_MANY ? (unsigned int)gen_below(gen, GEN_REST_MAX) : 0;
		do {
			if (draw_value(gen, i, &drawn)) {
				gen->operand[i] = drawn;
				step->nr_operands = i + 1;
				if (arg->flags & ARG_MANY)
					gen->rest[step->nr_rest++] = drawn;
			} else if (arg->flags & ARG_OPTIONAL) {
				call->missing = NULL;
			} else {
				return false;
			}
		} while (more--);
	}
	return !call->op->shape || !call->op->shape(step);
}
