// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packed leaves of the store for runs: columns, and how they are made (run_leaf.h).
 */
#include "run_leaf.h"

void sim_run_packed_read(const struct leaf *leaf, unsigned int at, struct sim_run *run)
{
	const unsigned char *width = leaf->node.width, *column = leaf->bytes + leaf->node.room * width[START];

	if (leaf->node.form == TILED) {
		tile_read(leaf, at, run);
		return;
	}
	run->start = packed_start(leaf, at);
	run->last = run->start + leaf->base[REACH] + column_load(column, width[REACH], at);
	column += leaf->node.room * width[REACH];
	run->value = leaf->base[VALUE] + column_load(column, width[VALUE], at);
	column += leaf->node.room * width[VALUE];
	run->attr = leaf->base[ATTR] + column_load(column, width[ATTR], at);
}

/* Entries of a column, each into the same field of one run after the other. */
static void column_list(const unsigned char *column, unsigned int width, unsigned long base, unsigned long *field,
			unsigned int nr)
{
	unsigned int i;

	/* The width is looked at once, not for each entry. */
	switch (width) {
	case 0:
		for (i = 0; i < nr; i++)
			field[i * RUN_LONGS] = base;
		break;
	case 2:
		for (i = 0; i < nr; i++)
			field[i * RUN_LONGS] = base + column_load(column, 2, i);
		break;
	case 4:
		for (i = 0; i < nr; i++)
			field[i * RUN_LONGS] = base + column_load(column, 4, i);
		break;
	default:
		for (i = 0; i < nr; i++)
			field[i * RUN_LONGS] = base + column_load(column, 8, i);
	}
}

/* Tiles whose values are four bytes each, as most are: in one go. */
static void tiles_list(const struct leaf *leaf, unsigned int at, struct sim_run *runs, unsigned int nr)
{
	unsigned long reach = leaf->base[REACH], value = leaf->base[VALUE], attr = leaf->base[ATTR];
	unsigned long start = packed_start(leaf, at);

	for (unsigned int i = 0; i < nr; i++) {
		runs[i].start = start;
		runs[i].last = start + reach;
		runs[i].value = value + column_load(leaf->bytes, 4, at + i);
		runs[i].attr = attr;
		start += reach + 1;
	}
}

void sim_run_leaf_list(const struct leaf *leaf, unsigned int at, struct sim_run *runs, unsigned int nr)
{
	const unsigned char *column = leaf->bytes, *width = leaf->node.width;
	unsigned long *const field[] = { &runs->start, &runs->last, &runs->value, &runs->attr };

	if (leaf->node.form == OPEN) {
		memcpy(runs, &leaf->runs[at], nr * sizeof(*runs));
	} else if (leaf->node.form == TILED && width[VALUE] == 4) {
		tiles_list(leaf, at, runs, nr);
	} else if (leaf->node.form == TILED) {
		for (unsigned int i = 0; i < nr; i++)
			tile_read(leaf, at + i, &runs[i]);
	} else {
		for (int c = 0; c < COLUMNS; c++) {
			column_list(column + at * width[c], width[c], leaf->base[c], field[c], nr);
			column += leaf->node.room * width[c];
		}
		/* what the column has is the reach */
		for (unsigned int i = 0; i < nr; i++)
			runs[i].last += runs[i].start;
	}
}

/* What columns for some runs, in order, must be able to hold. */
struct survey {
	unsigned int nr;
	unsigned long least[COLUMNS], most[COLUMNS];
	unsigned long follow;		/* behind the last run */
	bool abut;			/* each run begins where the one before ends */
};

struct shape {
	unsigned int room;		/* at most LEAF_RUNS: open */
	unsigned char width[COLUMNS];
	unsigned long base[COLUMNS];
};

static const unsigned long distance_max[] = { [0] = 0, [2] = 0xffff, [4] = 0xffffffff, [8] = ~0ul };

static void run_fields(const struct sim_run *run, unsigned long field[COLUMNS])
{
	field[START] = run->start;
	field[REACH] = run->last - run->start;
	field[VALUE] = run->value;
	field[ATTR] = run->attr;
}

static void survey_run(struct survey *survey, const struct sim_run *run)
{
	unsigned long field[COLUMNS];

	run_fields(run, field);
	for (int c = 0; c < COLUMNS; c++) {
		if (!survey->nr || field[c] < survey->least[c])
			survey->least[c] = field[c];
		if (!survey->nr || field[c] > survey->most[c])
			survey->most[c] = field[c];
	}
	survey->abut = !survey->nr || (survey->abut && run->start == survey->follow);
	survey->follow = run->last + 1;
	survey->nr++;
}

static void survey_runs(struct survey *survey, const struct leaf *leaf, unsigned int from, unsigned int end)
{
	struct sim_run run;

	for (; from < end; from++) {
		leaf_read(leaf, from, &run);
		survey_run(survey, &run);
	}
}

/* A base from which the runs are in the middle of what distances may be. It never wraps: distances have keys' order. */
static unsigned long centred(unsigned long least, unsigned long span, unsigned long distances)
{
	unsigned long slack = (distances - span) / 2, base = slack < least ? least - slack : 0;

	return base < ~distances ? base : ~distances;
}

/* The narrowest columns for them. */
static void settle(const struct survey *survey, struct shape *shape)
{
	bool tiled = survey->nr > 1 && survey->abut && survey->least[REACH] == survey->most[REACH] &&
		     survey->least[ATTR] == survey->most[ATTR];
	unsigned int bytes = 0;

	for (int c = 0; c < COLUMNS; c++) {
		unsigned long span = survey->most[c] - survey->least[c];
		unsigned int width = span > distance_max[4] ? 8 : span > distance_max[2] ? 4 : 2;

		if (c == START ? tiled : !span)
			width = 0;
		else if (c == VALUE && tiled && width == 2)
			width = 4;	/* room for more runs than PACKED_RUNS_MAX is of no use */
		shape->width[c] = width;
		shape->base[c] = width ? centred(survey->least[c], span, distance_max[width]) : survey->least[c];
		bytes += width;
	}
	/* In fours, so that columns of two bytes leave the next ones aligned. */
	shape->room = bytes > PACKED_BYTES / PACKED_RUNS_MAX ? PACKED_BYTES / bytes & ~3u : PACKED_RUNS_MAX;
	if (shape->room < LEAF_RUNS)
		shape->room = LEAF_RUNS;
}

static void column_store(unsigned char *column, unsigned int width, unsigned int at, unsigned long distance)
{
	unsigned short two = distance;
	unsigned int four = distance;

	if (width == 2)
		memcpy(column + at * 2, &two, 2);
	else if (width == 4)
		memcpy(column + at * 4, &four, 4);
	else if (width == 8)
		memcpy(column + at * 8, &distance, 8);
}

/* The run fits the columns, and its start what is tiled. */
static void packed_write(struct leaf *leaf, unsigned int at, const struct sim_run *run)
{
	unsigned char *column = leaf->bytes;
	unsigned long field[COLUMNS];

	run_fields(run, field);
	for (int c = 0; c < COLUMNS; c++) {
		column_store(column, leaf->node.width[c], at, field[c] - leaf->base[c]);
		column += leaf->node.room * leaf->node.width[c];
	}
}

/* Entries from @from on to @to on, @nr of them, in each column. */
static void packed_shift(struct leaf *leaf, unsigned int from, unsigned int to, unsigned int nr)
{
	unsigned char *column = leaf->bytes;

	for (int c = 0; c < COLUMNS; c++) {
		unsigned int width = leaf->node.width[c];

		if (width)
			memmove(column + to * width, column + from * width, nr * width);
		column += leaf->node.room * width;
	}
}

/* Would the columns but for START hold @run? */
static bool packed_holds(const struct leaf *leaf, const struct sim_run *run)
{
	unsigned long field[COLUMNS];

	run_fields(run, field);
	for (int c = REACH; c < COLUMNS; c++) {
		if (field[c] - leaf->base[c] > distance_max[leaf->node.width[c]])
			return false;
	}
	return true;
}

static bool start_holds(const struct leaf *leaf, unsigned long start)
{
	return start - leaf->base[START] <= distance_max[leaf->node.width[START]];
}

static void leaf_reset(struct leaf *leaf, const struct shape *shape)
{
	leaf->node.nr = 0;
	leaf->node.room = shape->room;
	leaf->node.form = shape->room <= LEAF_RUNS ? OPEN : shape->width[START] ? PACKED : TILED;
	if (leaf->node.form == OPEN)
		return;
	memcpy(leaf->node.width, shape->width, sizeof(shape->width));
	memcpy(leaf->base, shape->base, sizeof(shape->base));
}

static void leaf_push(struct leaf *leaf, const struct sim_run *run)
{
	if (leaf->node.form == OPEN)
		leaf->runs[leaf->node.nr] = *run;
	else
		packed_write(leaf, leaf->node.nr, run);
	leaf->node.nr++;
}

static void leaf_push_runs(struct leaf *leaf, const struct leaf *from, unsigned int at, unsigned int end)
{
	struct sim_run run;

	for (; at < end; at++) {
		leaf_read(from, at, &run);
		leaf_push(leaf, &run);
	}
}

/* The leaf in new columns, with @run, if any, in the place of the @gone ones from @at on. */
static bool repack(struct leaf *leaf, unsigned int at, unsigned int gone, const struct sim_run *run)
{
	unsigned int nr = leaf->node.nr, wanted = nr - gone + (run ? 1 : 0);
	struct survey survey = {};
	struct shape shape;
	struct leaf old;

	survey_runs(&survey, leaf, 0, at);
	if (run)
		survey_run(&survey, run);
	survey_runs(&survey, leaf, at + gone, nr);
	settle(&survey, &shape);
	/* A full leaf must gain by it, or the next run would have this done again. */
	if (shape.room < wanted + (wanted > leaf->node.room ? nr / 8 : 0))
		return false;
	memcpy(&old, leaf, sizeof(old));
	leaf_reset(leaf, &shape);
	leaf_push_runs(leaf, &old, 0, at);
	if (run)
		leaf_push(leaf, run);
	leaf_push_runs(leaf, &old, at + gone, nr);
	return true;
}

/* The last of @nr distances that is <= @distance, as the first is known to be. */
#define LAST_NOT_ABOVE(type)                                                                                          \
static unsigned int last_of_##type(const unsigned char *column, unsigned int nr, unsigned long distance)              \
{                                                                                                                     \
	const type *entry = (const type *)column;                                                                     \
	unsigned int base = 0;                                                                                        \
                                                                                                                      \
	while (nr > 1) {                                                                                              \
		unsigned int half = nr / 2;                                                                           \
                                                                                                                      \
		base += entry[base + half] <= distance ? half : 0;                                                     \
		nr -= half;                                                                                           \
	}                                                                                                             \
	return base;                                                                                                  \
}
typedef unsigned short __attribute__((may_alias)) two_bytes;
typedef unsigned int __attribute__((may_alias)) four_bytes;
typedef unsigned long __attribute__((may_alias)) eight_bytes;
LAST_NOT_ABOVE(two_bytes)
LAST_NOT_ABOVE(four_bytes)
LAST_NOT_ABOVE(eight_bytes)

int sim_run_packed_pos(const struct leaf *leaf, unsigned int guess, unsigned long key)
{
	unsigned int nr = leaf->node.nr;
	unsigned long distance;

	if (leaf->node.form == TILED) {
		if (key < leaf->base[START])
			return -1;
		distance = (key - leaf->base[START]) / (leaf->base[REACH] + 1);
		return distance < nr ? distance : nr - 1;
	}
	/* Runs of one length mostly lie close together, or evenly apart: then this is all. */
	if (packed_start(leaf, guess) <= key && (guess + 1 == nr || key < packed_start(leaf, guess + 1)))
		return guess;
	if (key < packed_start(leaf, 0))
		return -1;
	if (key >= packed_start(leaf, nr - 1))
		return nr - 1;
	distance = key - leaf->base[START];
	switch (leaf->node.width[START]) {
	case 2:
		return last_of_two_bytes(leaf->bytes, nr, distance);
	case 4:
		return last_of_four_bytes(leaf->bytes, nr, distance);
	default:
		return last_of_eight_bytes(leaf->bytes, nr, distance);
	}
}

/* Does a run at @start go on with the tiles, before position @at? */
static bool tile_fits(const struct leaf *leaf, unsigned int at, unsigned long start)
{
	unsigned int nr = leaf->node.nr;

	return (at == nr && start == packed_start(leaf, nr)) ||
	       (!at && start + leaf->base[REACH] + 1 == leaf->base[START]);
}

/* Has the last gap between runs of one length just been closed? */
static bool tiles(const struct leaf *leaf)
{
	unsigned int last = leaf->node.nr - 1;

	return leaf->node.form == PACKED && !leaf->node.width[REACH] && !leaf->node.width[ATTR] && last >= LEAF_RUNS &&
	       packed_start(leaf, last) - packed_start(leaf, 0) == last * (leaf->base[REACH] + 1);
}

bool sim_run_packed_put(struct leaf *leaf, unsigned int at, const struct sim_run *run)
{
	unsigned int behind = leaf->node.nr - at;

	if (leaf->node.nr == leaf->node.room)
		return repack(leaf, at, 0, run);
	if (!packed_holds(leaf, run))
		return repack(leaf, at, 0, run);
	if (leaf->node.form != TILED) {
		if (!start_holds(leaf, run->start))
			return repack(leaf, at, 0, run);
	} else if (!tile_fits(leaf, at, run->start)) {
		return repack(leaf, at, 0, run);
	} else if (!at) {
		leaf->base[START] = run->start;
	}
	if (behind)
		packed_shift(leaf, at, at + 1, behind);
	packed_write(leaf, at, run);
	leaf->node.nr++;
	if (tiles(leaf))
		repack(leaf, 0, 0, NULL);
	return true;
}

bool sim_run_packed_change(struct leaf *leaf, unsigned int at, const struct sim_run *run)
{
	if (!packed_holds(leaf, run) ||
	    !(leaf->node.form == TILED ? packed_start(leaf, at) == run->start : start_holds(leaf, run->start)))
		return repack(leaf, at, 1, run);
	packed_write(leaf, at, run);
	return true;
}

bool sim_run_packed_remove(struct leaf *leaf, unsigned int at, unsigned int nr)
{
	unsigned int behind = leaf->node.nr - at - nr;

	if (leaf->node.form == TILED && at && behind) {
		if (!repack(leaf, at, nr, NULL))
			return false;
		if (leaf->node.form == PACKED)
			leaf->node.form = TORN;
		return true;
	}
	if (leaf->node.form == TILED && !at)
		leaf->base[START] += nr * (leaf->base[REACH] + 1);
	if (behind)
		packed_shift(leaf, at + nr, at, behind);
	leaf->node.nr -= nr;
	return true;
}

void sim_run_leaf_move(struct leaf *from, unsigned int cut, struct leaf *to)
{
	struct survey survey = {};
	struct shape shape = { .room = LEAF_RUNS };

	if (from->node.nr - cut > LEAF_RUNS) {
		survey_runs(&survey, from, cut, from->node.nr);
		settle(&survey, &shape);
	}
	leaf_reset(to, &shape);
	leaf_push_runs(to, from, cut, from->node.nr);
	from->node.nr = cut;
}

bool sim_run_leaf_join(struct leaf *left, const struct leaf *right)
{
	unsigned int nr = left->node.nr + right->node.nr;
	struct shape shape = { .room = LEAF_RUNS };
	struct survey survey = {};
	struct leaf old;

	if (nr > PACKED_RUNS_MAX - PACKED_RUNS_MAX / 4)
		return false;
	if (nr > LEAF_RUNS - LEAF_RUNS / 4) {
		survey_runs(&survey, left, 0, left->node.nr);
		survey_runs(&survey, right, 0, right->node.nr);
		settle(&survey, &shape);
		if (nr > shape.room - shape.room / 4)
			return false;
	}
	memcpy(&old, left, sizeof(old));
	leaf_reset(left, &shape);
	leaf_push_runs(left, &old, 0, old.node.nr);
	leaf_push_runs(left, right, 0, right->node.nr);
	return true;
}
