/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store for runs: an ordered map from key ranges to values in which nothing
 * costs a step or a byte per page where a run of pages will do.
 *
 * It carries page tables (page index -> frame), page states (frame -> state),
 * domains (IOVA -> frame address), pinned_pfns and files. A linear tree's value
 * advances with the key (value of key k in a run is value + (k - start)); a
 * constant tree's does not. Neighbours that continue each other (same attr, and
 * same or continuing value) are always one run. Bounds are inclusive: "last".
 *
 * It lives in its world's memory, so it is restored with it, and a change never fails. A run
 * takes 4 bytes where runs are equal and lie side by side, 12 as a rule and 32 at
 * most (docs/benchmarks.md has it beside other stores).
 */
#ifndef SIM_RUN_TREE_H
#define SIM_RUN_TREE_H

#include <stdbool.h>
#include <stddef.h>

enum sim_run_kind {
	SIM_RUN_CONSTANT,
	SIM_RUN_LINEAR,
};

struct sim_run {
	unsigned long start;
	unsigned long last;	/* inclusive */
	unsigned long value;	/* of start */
	unsigned long attr;
};

struct sim_run_node;
struct sim_run_tree {
	struct sim_run_node *root;
	enum sim_run_kind kind;
	size_t nr_runs;
	unsigned long nr_keys;	/* keys covered; wraps only if all 2^64 are */
	/* run_tree.c's: where the last search ended, and the keys that are sought there */
	struct sim_run_node *finger;
	unsigned long finger_first, finger_last;
};

void sim_run_tree_init(struct sim_run_tree *tree, enum sim_run_kind kind);
/* Empties it; the tree may be used again. */
void sim_run_tree_destroy(struct sim_run_tree *tree);

/* The run that holds @key, whole (not clipped). */
bool sim_run_find(const struct sim_run_tree *tree, unsigned long key, struct sim_run *run);
/* The first run with last >= @key, whole: iteration by key is safe against any change in between. */
bool sim_run_next(const struct sim_run_tree *tree, unsigned long key, struct sim_run *run);
/*
 * For going through many: the runs from the first with last >= @key on, whole and in order, as many as lie
 * together and at most @nr of them (nr >= 1). Returns how many; 0: there is none. The next call's @key is behind the
 * last of them. An array of some 16 runs makes it several times as fast as sim_run_next().
 */
unsigned int sim_run_list(const struct sim_run_tree *tree, unsigned long key, struct sim_run *runs, unsigned int nr);
/* The last run with start <= @key, whole. */
bool sim_run_prev(const struct sim_run_tree *tree, unsigned long key, struct sim_run *run);
/* Like next, but clipped to [@start, @last]; false where the window holds nothing. */
bool sim_run_clip(const struct sim_run_tree *tree, unsigned long start, unsigned long last, struct sim_run *run);
/* Sets [@start, @last], replacing what is there. */
void sim_run_set(struct sim_run_tree *tree, unsigned long start, unsigned long last, unsigned long value,
		 unsigned long attr);
/*
 * In a constant tree of counts with attr 0, where no run counts zero: adds one to
 * each key of [@start, @last], or takes one off. Returns false, and has then taken
 * nothing below zero, where a count was zero already.
 */
bool sim_run_count(struct sim_run_tree *tree, unsigned long start, unsigned long last, bool up);
/* Clears [@start, @last]; returns how many keys were covered. */
unsigned long sim_run_clear(struct sim_run_tree *tree, unsigned long start, unsigned long last);
/* Keys covered in [@start, @last]; visits the runs there. */
unsigned long sim_run_covered(const struct sim_run_tree *tree, unsigned long start, unsigned long last);

#endif
