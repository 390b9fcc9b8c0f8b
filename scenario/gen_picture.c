// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The picture that a random program is drawn from: who lives, who holds which fd and
 * which memory, and what is mapped where. It takes each call for successful, but for
 * those that were drawn to fail; where it errs, a later call fails or is skipped, which
 * is no harm.
 */
#include <string.h>
#include "gen.h"

static unsigned int bit(unsigned int nr)
{
	return 1u << nr;
}

static void set_add(struct gen_set *set, unsigned int slot)
{
	set->word[slot / 64] |= 1ul << slot % 64;
}

static void set_remove(struct gen_set *set, unsigned int slot)
{
	set->word[slot / 64] &= ~(1ul << slot % 64);
}

/* The first slot of the set from @slot on; GEN_THINGS_MAX behind the last. */
static unsigned int set_next(const struct gen_set *set, unsigned int slot)
{
	unsigned int word = slot / 64;
	uint64_t bits;

	if (slot >= GEN_THINGS_MAX)
		return GEN_THINGS_MAX;
	bits = set->word[word] & ~0ul << slot % 64;
	while (!bits) {
		if (++word == GEN_SET_WORDS)
			return GEN_THINGS_MAX;
		bits = set->word[word];
	}
	return word * 64 + (unsigned int)__builtin_ctzl(bits);
}

#define for_each_in(slot, set) \
	for (slot = set_next(set, 0); slot < GEN_THINGS_MAX; slot = set_next(set, slot + 1))

static struct gen_set *held_by(struct gen_picture *picture, enum value_kind kind, unsigned int space)
{
	return kind == VALUE_NUMBER ? &picture->in_mm[space] : &picture->in_table[space];
}

/* An mm, for memory, or an fd table, for the rest. */
static unsigned int space_of(const struct gen_task *task, enum value_kind kind)
{
	return kind == VALUE_NUMBER ? task->mm : task->table;
}

static unsigned int new_space(struct gen_set *held, unsigned int *nr)
{
	held[*nr] = (struct gen_set){ { 0 } };
	return (*nr)++;
}

void gen_picture_init(struct gen *gen)
{
	struct gen_picture *picture = &gen->picture;
	unsigned int i;

	picture->next_iova = 16ul << 20;
	for (i = 0; i < gen->config.nr_tasks; i++)
		picture->task[i] = (struct gen_task){
			.slot = (int)i,
			.alive = true,
			.mm = new_space(picture->in_mm, &picture->nr_mms),
			.table = new_space(picture->in_table, &picture->nr_tables),
			.group = i,
			.uid = gen->config.uid[i],
			.limit_pages = gen->config.limit_pages[i],
		};
	picture->nr_tasks = picture->nr_alive = picture->nr_groups = i;
}

static void hold(struct gen_picture *picture, unsigned int slot, unsigned int space)
{
	struct gen_thing *thing = &picture->thing[slot];

	thing->holders |= bit(space);
	set_add(held_by(picture, thing->kind, space), slot);
}

/* What @task can name of what lives of these kinds, in order of slots. To @set word by word, as it is read again. */
static void nameable(const struct gen_picture *picture, const struct gen_task *task, unsigned int kinds,
		     struct gen_set *set)
{
	const uint64_t *in_mm = picture->in_mm[task->mm].word, *in_table = picture->in_table[task->table].word;
	unsigned int word, left;

	for (word = 0; word * 64 < picture->nr_things; word++) {
		uint64_t named = 0, objects = 0;

		for (left = kinds; left; left &= left - 1) {
			unsigned int kind = (unsigned int)__builtin_ctz(left);
			uint64_t live = picture->live_of[kind].word[word];

			if (kind >= VALUE_SEGMENT)
				named |= live;
			else if (kind >= VALUE_IOAS)
				objects |= live;
			else
				named |= live & (kind == VALUE_NUMBER ? in_mm : in_table)[word];
		}
		/* an object is named by who has its file */
		for (; objects; objects &= objects - 1) {
			unsigned int slot = word * 64 + (unsigned int)__builtin_ctzl(objects);

			if (picture->thing[picture->thing[slot].file].holders & bit(task->table))
				named |= objects & -objects;
		}
		set->word[word] = named;
	}
	for (; word < GEN_SET_WORDS; word++)
		set->word[word] = 0;
}

/* In line: the library has a table for processors without an instruction for it. */
static unsigned int nr_bits(uint64_t bits)
{
	bits -= bits >> 1 & 0x5555555555555555ul;
	bits = (bits & 0x3333333333333333ul) + (bits >> 2 & 0x3333333333333333ul);
	return (unsigned int)(((bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0ful) * 0x0101010101010101ul >> 56);
}

/* The last slot; NO_THING of an empty set. */
static int set_last(const struct gen_set *set)
{
	unsigned int word = GEN_SET_WORDS;

	while (word--)
		if (set->word[word])
			return (int)(word * 64 + 63 - (unsigned int)__builtin_clzl(set->word[word]));
	return NO_THING;
}

/* One of a set that is not empty. */
static int pick_slot(struct gen *gen, const struct gen_set *set)
{
	unsigned int size[GEN_SET_WORDS], all = 0, word;
	unsigned long nth;
	uint64_t bits;

	for (word = 0; word < GEN_SET_WORDS; word++)
		all += size[word] = set->word[word] ? nr_bits(set->word[word]) : 0;
	nth = gen_below(gen, all);
	for (word = 0; nth >= size[word]; word++)
		nth -= size[word];
	for (bits = set->word[word]; nth; nth--)
		bits &= bits - 1;
	return (int)(word * 64 + (unsigned int)__builtin_ctzl(bits));
}

static void of_kinds(const struct gen_picture *picture, unsigned int kinds, struct gen_set *set)
{
	unsigned int i;

	*set = (struct gen_set){ { 0 } };
	for (i = 0; i < picture->nr_things; i++)
		if (kinds & bit(picture->thing[i].kind))
			set_add(set, i);
}

int gen_pick_thing(struct gen *gen, const struct gen_task *task, unsigned int kinds)
{
	const struct gen_picture *picture = &gen->picture;
	/* now and then what is closed, or another task's: EBADF, ENOENT, EFAULT */
	bool whichever = gen_once_in(gen, 64);
	struct gen_set set;
	int latest;

	if (whichever)
		of_kinds(picture, kinds, &set);
	else
		nameable(picture, task, kinds, &set);
	latest = set_last(&set);
	if (latest < 0)
		return NO_THING;
	gen->call.doubtful |= whichever;
	/* half of the time the latest: programs go on with what they have just made */
	return gen_once_in(gen, 2) ? latest : pick_slot(gen, &set);
}

int gen_pick_made_by(struct gen *gen, const struct gen_task *task, unsigned int kinds, const char *maker)
{
	const struct gen_picture *picture = &gen->picture;
	struct gen_set set;
	unsigned int i;

	nameable(picture, task, kinds, &set);
	for_each_in(i, &set)
		if (!gen_same_name(picture->thing[i].maker->name, maker))
			set_remove(&set, i);
	return set_last(&set) < 0 ? NO_THING : pick_slot(gen, &set);
}

int gen_pick_mapping(struct gen *gen, int space)
{
	const struct gen_picture *picture = &gen->picture;
	uint8_t candidate[GEN_MAPPINGS_MAX];
	unsigned int nr = 0, i;

	for (i = 0; i < picture->nr_mappings; i++)
		if (picture->mapping[i].space == space)
			candidate[nr++] = (uint8_t)i;
	return nr ? candidate[gen_below(gen, nr)] : -1;
}

unsigned int gen_live(const struct gen_picture *picture)
{
	return picture->nr_alive + picture->nr_live_things + picture->nr_mappings;
}

/* --- what calls change ------------------------------------------------------- */

static void end_thing(struct gen_picture *picture, int index)
{
	struct gen_thing *thing;
	unsigned int i, kept = 0, kind;

	if (index < 0 || !picture->thing[index].alive)
		return;
	thing = &picture->thing[index];
	thing->alive = false;
	set_remove(&picture->live, (unsigned int)index);
	set_remove(&picture->live_of[thing->kind], (unsigned int)index);
	picture->nr_live_things--;
	if (thing->space == index) {
		for (i = 0; i < picture->nr_mappings; i++)
			if (picture->mapping[i].space != index)
				picture->mapping[kept++] = picture->mapping[i];
		picture->nr_mappings = kept;
	}
	if (thing->kind >= VALUE_IOAS)
		return;
	/* what is no file of its own is of one */
	for (kind = VALUE_IOAS; kind < VALUE_SEGMENT; kind++)
		for_each_in(i, &picture->live_of[kind])
			if (picture->thing[i].file == index)
				end_thing(picture, (int)i);
}

static bool is_live(const struct gen_picture *picture, unsigned int slot)
{
	return picture->live.word[slot / 64] >> slot % 64 & 1;
}

static void let_go(struct gen_picture *picture, unsigned int slot, unsigned int space)
{
	struct gen_thing *thing = &picture->thing[slot];

	thing->holders &= ~bit(space);
	set_remove(held_by(picture, thing->kind, space), slot);
	if (!thing->holders)
		end_thing(picture, (int)slot);
}

static void drop_holder(struct gen_picture *picture, struct gen_set *held, unsigned int space)
{
	unsigned int i;

	for_each_in(i, held)
		if (is_live(picture, i))
			let_go(picture, i, space);
}

static void copy_holder(struct gen_picture *picture, struct gen_set *held, unsigned int from, unsigned int to)
{
	unsigned int i;

	for_each_in(i, &held[from])
		if (is_live(picture, i))
			hold(picture, i, to);
}

static bool shared(const struct gen_picture *picture, const struct gen_task *task, bool memory)
{
	unsigned int i;

	for (i = 0; i < picture->nr_tasks; i++) {
		const struct gen_task *other = &picture->task[i];

		if (other != task && other->alive && (memory ? other->mm == task->mm : other->table == task->table))
			return true;
	}
	return false;
}

static void leave(struct gen_picture *picture, struct gen_task *task)
{
	if (!shared(picture, task, true))
		drop_holder(picture, &picture->in_mm[task->mm], task->mm);
	if (!shared(picture, task, false))
		drop_holder(picture, &picture->in_table[task->table], task->table);
}

static void end_task(struct gen_picture *picture, struct gen_task *task)
{
	task->alive = false;
	picture->nr_alive--;
	leave(picture, task);
}

static void exec(struct gen_picture *picture, struct gen_task *task)
{
	unsigned int i, table = task->table;
	bool table_shared;

	for (i = 0; i < picture->nr_tasks; i++)
		if (&picture->task[i] != task && picture->task[i].alive && picture->task[i].group == task->group)
			end_task(picture, &picture->task[i]);
	if (!shared(picture, task, true))
		drop_holder(picture, &picture->in_mm[task->mm], task->mm);
	task->mm = new_space(picture->in_mm, &picture->nr_mms);
	table_shared = shared(picture, task, false);
	if (!table_shared)
		return;
	task->table = new_space(picture->in_table, &picture->nr_tables);
	copy_holder(picture, picture->in_table, table, task->table);
}

static void new_task(struct gen *gen, bool copies)
{
	struct gen_picture *picture = &gen->picture;
	struct gen_task *parent = gen->call.task, *child = &picture->task[picture->nr_tasks];

	*child = *parent;
	child->slot = (int)picture->nr_tasks++;
	picture->nr_alive++;
	if (copies) {
		child->mm = new_space(picture->in_mm, &picture->nr_mms);
		child->table = new_space(picture->in_table, &picture->nr_tables);
		copy_holder(picture, picture->in_mm, parent->mm, child->mm);
		copy_holder(picture, picture->in_table, parent->table, child->table);
	}
	/* a thread's exec ends the others; a process that only shares the memory has a group of its own */
	if (copies || !strcmp(gen->call.op->name, "clone_vm"))
		child->group = picture->nr_groups++;
}

static void add_mapping(struct gen *gen, int space, int base)
{
	struct gen_picture *picture = &gen->picture;

	if (space < 0 || picture->nr_mappings == GEN_MAPPINGS_MAX)
		return;
	picture->mapping[picture->nr_mappings++] = (struct gen_mapping){
		.space = space,
		.base = base,
		.iova = base >= 0 ? 0 : gen->call.iova,
		.bytes = gen->call.length,
	};
	if (base < 0 && gen->call.iova == picture->next_iova)
		picture->next_iova += (gen->call.length + GEN_PAGE - 1) & -GEN_PAGE;
}

static void remove_mappings(struct gen_picture *picture, int space, int only)
{
	unsigned int i, kept = 0;

	for (i = 0; i < picture->nr_mappings; i++)
		if (only >= 0 ? (int)i != only : picture->mapping[i].space != space)
			picture->mapping[kept++] = picture->mapping[i];
	picture->nr_mappings = kept;
}

static int file_of(const struct gen_call *call, enum value_kind kind, int self)
{
	bool of_iommufd = kind == VALUE_IOAS || kind == VALUE_DEVICE;

	return of_iommufd && call->thing[0] >= 0 ? call->thing[0] : self;
}

/* What VAR names from now on. */
static void add_thing(struct gen *gen, enum value_kind kind)
{
	struct gen_picture *picture = &gen->picture;
	const struct gen_call *call = &gen->call;
	int self = (int)picture->nr_things, file = file_of(call, kind, self);
	bool is_space = kind == VALUE_IOAS || kind == VALUE_CONTAINER || kind == VALUE_VDPA ||
			kind == VALUE_PINNER;

	/* an IOAS is of a file, a device of the IOAS's file */
	if (file != self)
		file = picture->thing[file].file;
	picture->thing[self] = (struct gen_thing){
		.kind = kind,
		.maker = call->op,
		.alive = true,
		.file = file,
		.space = is_space ? self : call->thing[0] >= 0 ? picture->thing[call->thing[0]].space : NO_THING,
		.bytes = call->size,
	};
	picture->nr_things++;
	picture->nr_live_things++;
	set_add(&picture->live, (unsigned int)self);
	set_add(&picture->live_of[kind], (unsigned int)self);
	hold(picture, (unsigned int)self, space_of(call->task, kind));
}

static void made(struct gen *gen)
{
	const struct gen_call *call = &gen->call;
	unsigned int makes = call->op->makes;
	int self = (int)gen->picture.nr_things;

	if (call->stmt->step.variable < 0)
		return;
	/* a number that is no memory: an IOVA, bytes, an option's value */
	if (makes == KIND(NUMBER) && !op_makes_memory(call->op)) {
		add_thing(gen, VALUE_NUMBER);
		end_thing(&gen->picture, self);
		return;
	}
	/* attach(dev=D) names the device again, whichever kind it is */
	add_thing(gen, (enum value_kind)__builtin_ctz(makes & KIND(DEVICE) ? KIND(DEVICE) : makes));
}

/* What lies before a hole can still be named, what lies behind it is forgotten. */
static void unmap_memory(struct gen *gen)
{
	struct gen_picture *picture = &gen->picture;
	const struct gen_call *call = &gen->call;
	struct gen_thing *memory;

	if (call->memory < 0)
		return;
	memory = &picture->thing[call->memory];
	if (call->remaining < memory->bytes) {
		memory->bytes -= call->remaining;
		return;
	}
	let_go(picture, (unsigned int)call->memory, call->task->mm);
}

void gen_picture_apply(struct gen *gen)
{
	struct gen_picture *picture = &gen->picture;
	struct gen_call *call = &gen->call;
	int first = call->thing[0], space = first >= 0 ? picture->thing[first].space : NO_THING;
	int variable = call->stmt->step.variable;

	made(gen);
	switch (call->op->random.effect) {
	case EFFECT_NONE:
	case EFFECT_HOLD:
	case EFFECT_MEMORY:
		break;
	case EFFECT_MEMORY_GONE:
	case EFFECT_MEMORY_MOVED:
		unmap_memory(gen);
		break;
	case EFFECT_MAP:
		add_mapping(gen, space, call->iova == ~0ul ? variable : NO_THING);
		break;
	case EFFECT_UNMAP:
		if (call->mapping >= 0 && call->length >= picture->mapping[call->mapping].bytes)
			remove_mappings(picture, space, call->mapping);
		break;
	case EFFECT_UNMAP_ALL:
		remove_mappings(picture, space, -1);
		break;
	case EFFECT_END:
		end_thing(picture, first);
		break;
	case EFFECT_CLOSE:
		if (first >= 0)
			let_go(picture, (unsigned int)first, call->task->table);
		break;
	case EFFECT_COPY_TASK:
	case EFFECT_SHARE_TASK:
		new_task(gen, call->op->random.effect == EFFECT_COPY_TASK);
		break;
	case EFFECT_EXEC:
		exec(picture, call->task);
		break;
	case EFFECT_EXIT:
		end_task(picture, call->task);
		break;
	case EFFECT_UID:
		call->task->uid = call->uid;
		break;
	case EFFECT_LIMIT:
		call->task->limit_pages = call->limit_pages;
		break;
	case EFFECT_SEND:
		if (call->other && call->thing[1] >= 0)
			hold(picture, (unsigned int)call->thing[1], call->other->table);
		break;
	}
}
