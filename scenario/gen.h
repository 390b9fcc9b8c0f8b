/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the generator share: the source of choices, the picture of what
 * there is, and the call under construction.
 */
#ifndef SCENARIO_GEN_PRIVATE_H
#define SCENARIO_GEN_PRIVATE_H

#include <string.h>
#include <scenario/gen.h>
#include <sim/rng.h>
#include "arena.h"
#include "parse.h"

#define GEN_PAGE 4096ul
#define GEN_TASKS_MAX 12u
#define GEN_THINGS_MAX 250u
#define GEN_MAPPINGS_MAX 64u
#define GEN_SPACES_MAX 32u	/* mms, and fd tables: bits of a mask */
#define GEN_FOCUS_MAX 3u
#define GEN_REST_MAX 3u
#define NO_THING (-1)

/* Seeded, or bytes that end. */
struct gen_choices {
	struct sim_rng rng;
	uint64_t buffer;	/* a drawn number, of which small choices take 16 bits each */
	unsigned int buffered;	/* of these, still there */
	const uint8_t *bytes;	/* NULL: seeded */
	size_t left;
};

struct gen_task {
	int slot;
	bool alive;
	unsigned int mm, table;		/* numbers of its memory and its fd table */
	unsigned int group;		/* threads share it */
	unsigned int uid;
	unsigned long limit_pages;
};

/* What a variable names: memory, a file, or an object. */
struct gen_thing {
	enum value_kind kind;		/* VALUE_NUMBER: memory */
	const struct op *maker;
	bool alive;
	unsigned int holders;		/* memory: mms; a file: tables; an object: of its file's */
	int file;			/* an object of an iommufd: that; else itself */
	int space;			/* whose mappings it sees; NO_THING: none */
	unsigned long bytes;		/* memory, memfd */
};

struct gen_mapping {
	int space;
	int base;			/* the variable that the IOVA is counted from; NO_THING: none */
	unsigned long iova, bytes;
};

/* Things, by slot. */
#define GEN_SET_WORDS ((GEN_THINGS_MAX + 63) / 64)
struct gen_set {
	uint64_t word[GEN_SET_WORDS];
};

struct gen_picture {
	unsigned int nr_tasks, nr_alive;
	unsigned int nr_things, nr_live_things;
	struct gen_set live;		/* of all kinds */
	struct gen_set live_of[VALUE_KINDS];
	unsigned int nr_mappings;
	unsigned int nr_mms, nr_tables, nr_groups;
	unsigned long next_iova;
	/* from here on whoever adds an entry sets all of it */
	struct gen_task task[GEN_TASKS_MAX];
	struct gen_mapping mapping[GEN_MAPPINGS_MAX];
	struct gen_thing thing[GEN_THINGS_MAX];
	struct gen_set in_mm[GEN_SPACES_MAX], in_table[GEN_SPACES_MAX];	/* what each holds, as holders of things say */
};

/* The call that is being drawn. */
struct gen_call {
	struct gen_task *task;
	const struct op *op;
	struct stmt *stmt;
	enum value_kind makes;		/* where it has a variable: what that is named for */
	int thing[OP_ARGS_MAX];		/* by argument: what a variable names */
	int memory;			/* drawn: the memory, or the mapping */
	int mapping;
	unsigned long iova;
	bool measured;			/* an address was drawn, that a length can follow */
	unsigned long remaining;	/* bytes behind it */
	unsigned long length, size;
	unsigned int uid;
	unsigned long limit_pages;
	struct gen_task *other;		/* a task as an argument */
	bool doubtful;			/* something was drawn to fail */
	const struct op *missing;	/* what has to come first, where the call cannot be drawn */
};

struct gen {
	const struct gen_options *options;
	struct gen_choices choices;
	struct gen_config config;
	struct gen_call call;
	struct program *program;
	struct arena *arena;
	struct result_case *any;	/* -> _ */
	const struct pin_source *source;
	unsigned int nr_picks, nr_endings, nr_settings, nr_users;
	unsigned int succession;	/* so many calls are drawn of .user: who is there changed */
	uint8_t maker[VALUE_KINDS];	/* index of the first operation that makes one; NUMBER: memory from nothing */
	struct stmt *spare;		/* of a call that could not be drawn */
	unsigned int current;		/* the task that called last */
	bool in_block;			/* tasks take turns, and .focus is what they do */
	const struct gen_task *meeting;	/* in a block only those that share memory or files with it; NULL: anybody */
	const struct op *focus[GEN_FOCUS_MAX];
	unsigned int nr_focus;		/* 0: anything */
	const struct step *before;	/* the last call of the block */
	struct gen_facts *facts;
	struct gen_picture picture;
	struct operand operand[OP_ARGS_MAX];	/* of the call, up to its step's .nr_operands */
	struct operand rest[GEN_REST_MAX];
	uint8_t pick[1024];		/* indices of config.op, each as often as its weight */
	uint8_t ending[256];		/* of those, indices of what ends something */
	uint8_t setting[GEN_OPS_MAX];	/* indices of what sets something of what was just made */
	uint8_t user[GEN_OPS_MAX];	/* indices of what is done with what a variable names, each once */
};

/* Large arrays lie behind what has to be zero when a program is begun. */
#define GEN_ZEROED_BYTES (offsetof(struct gen, picture) + offsetof(struct gen_picture, task))

/* gen.c: gen_below() where it is not small and seeded; @bound >= 2. */
unsigned long gen_choose(struct gen *gen, unsigned long bound);
void gen_choices_refill(struct gen_choices *choices);

/* Up to here 16 bits scaled to the bound are even enough: none is more likely than another by one in 64. */
#define GEN_SMALL_BOUND 1024

/* A choice below @bound; 0 where the bytes are at their end. */
static inline unsigned long gen_below(struct gen *gen, unsigned long bound)
{
	struct gen_choices *choices = &gen->choices;
	uint64_t bits;

	if (bound < 2)
		return 0;
	if (bound > GEN_SMALL_BOUND || choices->bytes)
		return gen_choose(gen, bound);
	if (!choices->buffered)
		gen_choices_refill(choices);
	choices->buffered--;
	bits = choices->buffer;
	choices->buffer = bits >> 16;
	return (bits & 0xffff) * bound >> 16;
}

/* Of names that mostly differ in their first letter. */
static inline bool gen_same_name(const char *a, const char *b)
{
	return *a == *b && !strcmp(a, b);
}

/* VAR is then an address of memory. */
static inline bool op_makes_memory(const struct op *op)
{
	return op->random.effect == EFFECT_MEMORY || op->random.effect == EFFECT_MEMORY_MOVED;
}

/* True once in @odds. */
static inline bool gen_once_in(struct gen *gen, unsigned int odds)
{
	return !gen_below(gen, odds);
}

/* gen_picture.c */
void gen_picture_init(struct gen *gen);
/* What the call changes, taken as done. */
void gen_picture_apply(struct gen *gen);
/* One that lives, of these kinds, and that @task can name; NO_THING where there is none. */
int gen_pick_thing(struct gen *gen, const struct gen_task *task, unsigned int kinds);
/* The same of those that operation @maker made. */
int gen_pick_made_by(struct gen *gen, const struct gen_task *task, unsigned int kinds, const char *maker);
/* A mapping of that space, or -1. */
int gen_pick_mapping(struct gen *gen, int space);
unsigned int gen_live(const struct gen_picture *picture);

/* gen_values.c: the arguments of gen->call. False: it cannot be made now, see call.missing. */
bool gen_args(struct gen *gen);

/* gen_spell.c: what the parser would have made of the call's text. */
void gen_spell_call(struct gen *gen);
struct pin_value *gen_number_value(struct gen *gen, unsigned long number);
struct pin_value *gen_word_value(struct gen *gen, const char *word, int slot);
extern const struct op_word gen_caps[];
/* The names of single ones, which come first, and "all". */
#define GEN_SINGLE_CAPS 3u
#define GEN_CAPS 4u

#endif
