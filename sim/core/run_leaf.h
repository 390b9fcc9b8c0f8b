/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leaves of the store for runs (run_tree.c): up to 240 runs in order, in 1 KiB.
 *
 * An open leaf has its runs as they are, 32 bytes each and 31 at most; a small tree has
 * nothing else. A packed one has four columns: where runs start, how far they
 * reach (last - start), values, attrs. A column is a base and for each run its distance from
 * there in 2, 4 or 8 bytes, or in none where all are the same. Runs of one
 * length and attr that lie one behind the other, the leaf then is "tiled", need no
 * starts either: 4 bytes a run are left, whether a run is of one page or of 512, and
 * the run of a key is found by a division.
 *
 * What does not fit a leaf's columns has them made anew, as narrow as its runs
 * allow. That visits each run, so it is done only when a leaf is full, where something
 * does not fit, and where two join; a base lies so that values may go on to both
 * sides.
 *
 * Every function leaves the leaf as it was where it returns false.
 */
#ifndef SIM_CORE_RUN_LEAF_H
#define SIM_CORE_RUN_LEAF_H

#include <sim/run_tree.h>

#include <string.h>

#define LEAF_RUNS 31		/* of an open leaf */
#define LEAF_RUNS_MIN 3
#define PACKED_BYTES 960
#define PACKED_RUNS_MAX 240	/* four bytes each */
#define RUN_LONGS (sizeof(struct sim_run) / sizeof(long))

enum column {
	START,
	REACH,
	VALUE,
	ATTR,
	COLUMNS,
};

enum form {
	OPEN,
	TILED,		/* packed, and of one column: START, REACH and ATTR have none */
	PACKED,
	TORN,		/* packed, and was tiled until a tile was taken out: it is not tiled again before it is full */
};

struct sim_run_node {
	unsigned char nr;		/* runs or children */
	unsigned char room;
	unsigned char level;		/* 0: a leaf */
	unsigned char form;		/* of a leaf: enum form */
	unsigned char width[COLUMNS];	/* of columns, in bytes a run */
};

struct leaf {
	struct sim_run_node node;
	struct leaf *prev, *next;
	union {
		struct sim_run runs[LEAF_RUNS];		/* an open leaf; a small one has less room */
		struct {
			unsigned long base[COLUMNS];
			unsigned char bytes[PACKED_BYTES];	/* one column after the other, @room entries each */
		};
	};
};

static inline unsigned long column_load(const unsigned char *column, unsigned int width, unsigned int at)
{
	unsigned short two;
	unsigned int four;
	unsigned long eight;

	switch (width) {
	case 0:
		return 0;
	case 2:
		memcpy(&two, column + at * 2, 2);
		return two;
	case 4:
		memcpy(&four, column + at * 4, 4);
		return four;
	default:
		memcpy(&eight, column + at * 8, 8);
		return eight;
	}
}

static inline unsigned long packed_start(const struct leaf *leaf, unsigned int at)
{
	if (leaf->node.form == TILED)
		return leaf->base[START] + at * (leaf->base[REACH] + 1);
	return leaf->base[START] + column_load(leaf->bytes, leaf->node.width[START], at);
}

static inline void tile_read(const struct leaf *leaf, unsigned int at, struct sim_run *run)
{
	run->start = leaf->base[START] + at * (leaf->base[REACH] + 1);
	run->last = run->start + leaf->base[REACH];
	run->value = leaf->base[VALUE] + column_load(leaf->bytes, leaf->node.width[VALUE], at);
	run->attr = leaf->base[ATTR];
}

/* As leaf_read(), of a packed leaf. */
void sim_run_packed_read(const struct leaf *leaf, unsigned int at, struct sim_run *run);

/* The run at position @at. */
static inline void leaf_read(const struct leaf *leaf, unsigned int at, struct sim_run *run)
{
	if (__builtin_expect(leaf->node.form == OPEN, 1))
		*run = leaf->runs[at];
	else
		sim_run_packed_read(leaf, at, run);
}

static inline unsigned long leaf_start(const struct leaf *leaf, unsigned int at)
{
	return __builtin_expect(leaf->node.form == OPEN, 1) ? leaf->runs[at].start : packed_start(leaf, at);
}

/* The run of @key, where the leaf is tiled; what is found so is most of what there is in a large tree. */
static inline bool leaf_find_tile(const struct leaf *leaf, unsigned long key, struct sim_run *run)
{
	unsigned long at, reach;

	if (__builtin_expect(leaf->node.form != TILED, 1))
		return false;
	at = key - leaf->base[START];
	reach = leaf->base[REACH];
	if (reach)
		at /= reach + 1;
	if (at >= leaf->node.nr)
		return false;
	tile_read(leaf, at, run);
	return true;
}

/* Appends @run, which does not continue the last one, where it is the next tile of a tiled leaf with room. */
static inline bool leaf_append_tile(struct leaf *leaf, const struct sim_run *run)
{
	unsigned long distance = run->value - leaf->base[VALUE];
	unsigned int nr = leaf->node.nr, four = distance;

	if (leaf->node.form != TILED || nr == leaf->node.room || run->last - run->start != leaf->base[REACH] ||
	    run->start != packed_start(leaf, nr) || run->attr != leaf->base[ATTR] ||
	    leaf->node.width[VALUE] != 4 || distance != four)
		return false;
	memcpy(leaf->bytes + nr * 4, &four, 4);
	leaf->node.nr++;
	return true;
}

/* The @nr runs from position @at on, in order. */
void sim_run_leaf_list(const struct leaf *leaf, unsigned int at, struct sim_run *runs, unsigned int nr);

/* As leaf_pos(), of a packed leaf. */
int sim_run_packed_pos(const struct leaf *leaf, unsigned int guess, unsigned long key);
/* As leaf_put(), leaf_change() and leaf_remove(), of a leaf that is packed, or full. */
bool sim_run_packed_put(struct leaf *leaf, unsigned int at, const struct sim_run *run);
bool sim_run_packed_change(struct leaf *leaf, unsigned int at, const struct sim_run *run);
bool sim_run_packed_remove(struct leaf *leaf, unsigned int at, unsigned int nr);
/* Moves the runs from @cut on to @to, an empty one for LEAF_RUNS. */
void sim_run_leaf_move(struct leaf *from, unsigned int cut, struct leaf *to);
/* Appends all runs of @right. False: that would not leave a quarter of the room. */
bool sim_run_leaf_join(struct leaf *left, const struct leaf *right);

/* Puts @run before position @at. False: no room, or its columns would need more. */
static inline bool leaf_put(struct leaf *leaf, unsigned int at, const struct sim_run *run)
{
	if (__builtin_expect(leaf->node.form != OPEN || leaf->node.nr == leaf->node.room, 0))
		return sim_run_packed_put(leaf, at, run);
	memmove(&leaf->runs[at + 1], &leaf->runs[at], (leaf->node.nr - at) * sizeof(leaf->runs[0]));
	leaf->runs[at] = *run;
	leaf->node.nr++;
	return true;
}

/* Makes the run at @at to be @run, which has the same place in the order. False: the columns would need more room. */
static inline bool leaf_change(struct leaf *leaf, unsigned int at, const struct sim_run *run)
{
	if (__builtin_expect(leaf->node.form != OPEN, 0))
		return sim_run_packed_change(leaf, at, run);
	leaf->runs[at] = *run;
	return true;
}

/* Takes @nr runs out from @at on. False: there was no room to tell where the others are now. */
static inline bool leaf_remove(struct leaf *leaf, unsigned int at, unsigned int nr)
{
	if (__builtin_expect(leaf->node.form != OPEN, 0))
		return sim_run_packed_remove(leaf, at, nr);
	leaf->node.nr -= nr;
	memmove(&leaf->runs[at], &leaf->runs[at + nr], (leaf->node.nr - at) * sizeof(leaf->runs[0]));
	return true;
}

/* The last of @nr entries that is <= @key, as the first is known to be; @stride in longs. No branch depends on data. */
static inline unsigned int last_not_above(const unsigned long *entry, size_t stride, unsigned int nr,
					  unsigned long key)
{
	unsigned int base = 0;

	while (nr > 1) {
		unsigned int half = nr / 2;

		base += entry[(base + half) * stride] <= key ? half : 0;
		nr -= half;
	}
	return base;
}

/* Position of the last run that starts at or before @key; -1: none. @guess, below the leaf's nr: where it may be. */
static inline int leaf_pos(const struct leaf *leaf, unsigned int guess, unsigned long key)
{
	if (__builtin_expect(leaf->node.form != OPEN, 0))
		return sim_run_packed_pos(leaf, guess, key);
	if (leaf->runs[0].start > key)
		return -1;
	return last_not_above(&leaf->runs[0].start, RUN_LONGS, leaf->node.nr, key);
}

#endif
