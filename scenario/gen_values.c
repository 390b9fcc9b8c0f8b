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

/* --- pieces of the tree ---------------------------------------------------------- */

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

/* VAR, VAR + N. */
static struct sum *variable_sum(struct gen *gen, int thing, unsigned long offset)
{
	struct sum *sum = word_sum(gen, gen->picture.thing[thing].name, gen->picture.thing[thing].slot);

	if (offset) {
		struct sum *more = number_sum(gen, offset);

		sum->terms->next = more->terms;
		sum->last = more->terms;
	}
	return sum;
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

static struct pin_value *pair_value(enum pin_value_kind kind, struct sum *first, struct sum *second)
{
	struct pin_value *value = sum_value(first);

	value->kind = kind;
	value->second = second;
	return value;
}

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

static struct sum *draw_memory(struct gen *gen)
{
	struct gen_call *call = &gen->call;
	const struct gen_thing *memory;
	unsigned long offset;
	int thing;

	if (gen_once_in(gen, 64)) {
		note_address(gen, GEN_PAGE);
		return number_sum(gen, absurd(gen));
	}
	thing = gen_pick_thing(gen, call->task, KIND(NUMBER));
	if (thing < 0) {
		call->missing = maker_of(gen, KIND(NUMBER));
		return NULL;
	}
	memory = &gen->picture.thing[thing];
	call->memory = thing;
	offset = draw_offset(gen, memory->bytes);
	note_address(gen, offset < memory->bytes ? memory->bytes - offset : GEN_PAGE);
	return variable_sum(gen, thing, offset);
}

/* Behind what was mapped last, but for boundaries and overlaps. */
static struct sum *draw_free(struct gen *gen)
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
	return number_sum(gen, call->iova);
}

static struct sum *draw_mapped(struct gen *gen, const struct op_arg *arg)
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
			return number_sum(gen, absurd(gen));
		}
		call->missing = mapper_of(gen, call->op->args[arg->space].kinds);
		return NULL;
	}
	mapping = &gen->picture.mapping[index];
	/* a part: cuts, holes, and refusals where a mapping is whole */
	offset = gen_once_in(gen, 6) ? draw_offset(gen, mapping->bytes) : 0;
	call->mapping = index;
	note_address(gen, offset < mapping->bytes ? mapping->bytes - offset : GEN_PAGE);
	if (mapping->base >= 0)
		return variable_sum(gen, mapping->base, offset);
	return number_sum(gen, mapping->iova + offset);
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

static struct sum *draw_number(struct gen *gen, const struct op_arg *arg)
{
	struct gen_call *call = &gen->call;
	unsigned long bytes, offset;

	switch (arg->draw) {
	case DRAW_BELOW:
	case DRAW_SERVED:
		return number_sum(gen, draw_below(gen, arg));
	case DRAW_POWER:
		call->size = GEN_PAGE * draw_power(gen, arg);
		return number_sum(gen, call->size / GEN_PAGE);
	case DRAW_SIZE:
		call->size = draw_size(gen);
		return number_sum(gen, call->size);
	case DRAW_MEMORY:
		return draw_memory(gen);
	case DRAW_OFFSET:
		bytes = file_bytes(gen);
		offset = draw_offset(gen, bytes);
		note_address(gen, offset < bytes ? bytes - offset : GEN_PAGE);
		return number_sum(gen, offset);
	case DRAW_FREE:
		return draw_free(gen);
	case DRAW_MAPPED:
		return draw_mapped(gen, arg);
	case DRAW_LENGTH:
		call->length = draw_length(gen, call->remaining);
		/* a few pages at a time, mostly */
		if (arg->most && call->length > arg->most * GEN_PAGE && gen_below(gen, 8))
			call->length = GEN_PAGE * (1 + gen_below(gen, arg->most));
		return number_sum(gen, call->length);
	case DRAW_UID:
		call->uid = draw_uid(gen);
		return number_sum(gen, call->uid);
	}
	return NULL;
}

/* --- arguments ------------------------------------------------------------------------ */

static struct pin_value *draw_variable(struct gen *gen, unsigned int index)
{
	struct gen_call *call = &gen->call;
	const struct op_arg *arg = &call->op->args[index];
	unsigned int kinds = arg->likely && gen_below(gen, 16) ? arg->likely : arg->kinds;
	const char *maker = arg->made_by && gen_below(gen, 32) ? arg->made_by : NULL;
	int thing = maker ? gen_pick_made_by(gen, call->task, kinds, maker) : gen_pick_thing(gen, call->task, kinds);

	if (thing < 0) {
		call->missing = maker ? op_that_is_on(gen, maker) : maker_of(gen, kinds);
		return NULL;
	}
	call->thing[index] = thing;
	return gen_word_value(gen, gen->picture.thing[thing].name, gen->picture.thing[thing].slot);
}

static struct pin_value *draw_task(struct gen *gen)
{
	struct gen_picture *picture = &gen->picture;
	struct gen_task *task = &picture->task[gen_below(gen, picture->nr_tasks)];

	if (!task->alive)
		return NULL;
	gen->call.other = task;
	return gen_word_value(gen, task->name, task->slot);
}

/* Numbers are given again as they are: tests, limits and uids have no gaps between mm and fd tables. */
static struct pin_value *draw_new_task(struct gen *gen)
{
	const struct gen_picture *picture = &gen->picture;
	unsigned int slot = picture->nr_tasks;

	if (slot == GEN_TASKS_MAX || picture->nr_mms == GEN_SPACES_MAX || picture->nr_tables == GEN_SPACES_MAX)
		return NULL;
	gen->call.stmt->step.made_task = (int)slot;
	return gen_word_value(gen, gen->program->task_names[slot], (int)slot);
}

static struct pin_value *draw_word(struct gen *gen, unsigned int index)
{
	const struct op_arg *arg = &gen->call.op->args[index];
	const struct step *before = gen->in_block ? gen->before : NULL;
	unsigned int nr = 0;

	/* who does the same at the same time does it in the same way */
	if (before && before->op == gen->call.op && before->bound[index] && gen_below(gen, 4))
		return gen_word_value(gen, before->bound[index]->first->terms->path->name, NO_THING);

	while (arg->words[nr].word)
		nr++;
	return gen_word_value(gen, arg->words[gen_below(gen, nr)].word, NO_THING);
}

static struct pin_value *draw_limit(struct gen *gen)
{
	struct gen_call *call = &gen->call;
	unsigned long start = gen->config.limit_pages[gen_below(gen, gen->config.nr_tasks)];
	unsigned long pages = gen_once_in(gen, 4) ? gen_below(gen, 64) : start;
	struct sum *soft, *hard;

	call->limit_pages = pages;
	soft = number_sum(gen, pages == ~0ul ? ~0ul : pages * GEN_PAGE);
	if (!gen_once_in(gen, 4))
		return sum_value(soft);
	hard = number_sum(gen, pages == ~0ul ? ~0ul : (pages + gen_below(gen, 3)) * GEN_PAGE);
	return pair_value(PIN_PAIR, soft, hard);
}

static struct pin_value *draw_caps(struct gen *gen)
{
	static const char *const words[] = { "ipc_lock", "sys_resource", "setuid", "all" };
	struct pin_value *value = &new_piece(gen, sizeof(struct piece))->value;
	struct node_list list = { NULL, NULL };
	unsigned int i;

	value->kind = PIN_LIST;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (gen_once_in(gen, 4))
			node_append(&list, word_sum(gen, words[i], NO_THING));
	value->first = list.head;
	return value;
}

static struct pin_value *draw_range(struct gen *gen)
{
	unsigned long first = gen_once_in(gen, 2) ? 0 : GEN_PAGE * gen_below(gen, 8192);
	unsigned long last = gen_once_in(gen, 3) ? first + GEN_PAGE * (1 + gen_below(gen, 4096)) - 1 : (4ul << 30) - 1;

	return pair_value(PIN_RANGE, number_sum(gen, first), number_sum(gen, last));
}

/* [VA, LEN]: each of its own, so what was drawn before stays as it is. */
static struct pin_value *draw_iovec(struct gen *gen)
{
	struct gen_call *call = &gen->call;
	struct pin_value *value;
	struct sum *va;

	call->measured = false;
	va = draw_memory(gen);
	if (!va)
		return NULL;
	value = sum_value(va);
	value->kind = PIN_LIST;
	va->next = number_sum(gen, draw_length(gen, call->remaining));
	call->measured = false;
	return value;
}

static struct pin_value *draw_value(struct gen *gen, unsigned int index)
{
	const struct op_arg *arg = &gen->call.op->args[index];
	struct sum *sum;

	switch (arg->type) {
	case ARG_NUMBER:
		sum = draw_number(gen, arg);
		return sum ? sum_value(sum) : NULL;
	case ARG_FLAG:
		return gen_number_value(gen, arg->draw == DRAW_SERVED || !gen_once_in(gen, 8));
	case ARG_VARIABLE:
		return draw_variable(gen, index);
	case ARG_TASK:
		return draw_task(gen);
	case ARG_NEW_TASK:
		return draw_new_task(gen);
	case ARG_WORD:
		return draw_word(gen, index);
	case ARG_LIMIT:
		return draw_limit(gen);
	case ARG_CAPS:
		return draw_caps(gen);
	case ARG_RANGE:
		return draw_range(gen);
	case ARG_IOVECS:
		return draw_iovec(gen);
	}
	return NULL;
}

static bool is_wanted(struct gen *gen, unsigned int index)
{
	const struct gen_call *call = &gen->call;
	const struct op_arg *arg = &call->op->args[index];

	if (arg->exists && !arg->exists(&gen->config.kernel->rules))
		return false;
	/* one kind of /dev/vfio/vfio in a program; an iommufd serves either way */
	if (arg->draw == DRAW_SERVED)
		return gen->config.served && !call->stmt->step.bound[index - 1];
	if (!(arg->flags & ARG_OPTIONAL))
		return true;
	if (arg->type == ARG_NUMBER && arg->draw == DRAW_LENGTH)
		return call->measured;
	return gen_once_in(gen, arg->odds ? arg->odds : 4);
}

static void append_arg(struct gen *gen, unsigned int index, struct pin_value *value)
{
	struct gen_call *call = &gen->call;
	struct step *step = &call->stmt->step;
	const struct op_arg *arg = &call->op->args[index];
	struct pin_arg *given = &piece_of_value(value)->arg;

	given->values = value;
	if (arg->flags & ARG_KEY)
		given->key = arg->name;
	node_append(&call->args, given);
	step->bound[index] = value;
	if (arg->flags & ARG_MANY) {
		node_append(&call->rest, value);
		step->nr_rest++;
	}
}

bool gen_args(struct gen *gen)
{
	struct gen_call *call = &gen->call;
	struct step *step = &call->stmt->step;
	unsigned int i, more;

	call->thing[0] = NO_THING;	/* of a call without arguments, too */
	for (i = 0; call->op->args[i].name; i++) {
		const struct op_arg *arg = &call->op->args[i];

		call->thing[i] = NO_THING;
		if (!is_wanted(gen, i))
			continue;
		more = arg->flags & ARG_MANY ? (unsigned int)gen_below(gen, 3) : 0;
		do {
			struct pin_value *value = draw_value(gen, i);

			if (value)
				append_arg(gen, i, value);
			else if (arg->flags & ARG_OPTIONAL)
				call->missing = NULL;
			else
				return false;
		} while (more--);
	}
	step->args = call->args.head;
	step->rest = call->rest.head;
	return !call->op->shape || !call->op->shape(step);
}
