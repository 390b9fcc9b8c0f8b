/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ranges with inclusive ends, by overlap; in order of start (sim/kapi/interval_tree.c). */
#ifndef KAPI_LINUX_INTERVAL_TREE_H
#define KAPI_LINUX_INTERVAL_TREE_H

#include <linux/rbtree.h>

struct interval_tree_node {
	struct rb_node rb;
	unsigned long start;
	unsigned long last;
	unsigned long subtree_last;
};

void interval_tree_insert(struct interval_tree_node *node, struct rb_root_cached *root);
void interval_tree_remove(struct interval_tree_node *node, struct rb_root_cached *root);
/* The first in order that overlaps [@start, @last], and the one behind @node that does; NULL. */
struct interval_tree_node *interval_tree_iter_first(struct rb_root_cached *root, unsigned long start,
						    unsigned long last);
struct interval_tree_node *interval_tree_iter_next(struct interval_tree_node *node, unsigned long start,
						   unsigned long last);

/*
 * Walks [first_index, last_index] as spans that are covered by some node (used)
 * and such that are by none (holes), taking turns; nodes that overlap or touch
 * are one span. is_hole: 1, 0, or -1 at the end. The tree must not change meanwhile.
 */
struct interval_tree_span_iter {
	struct rb_root_cached *itree;
	int is_hole;
	unsigned long first_index, last_index;
	union {
		unsigned long start_used, start_hole;
	};
	union {
		unsigned long last_used, last_hole;	/* inclusive */
	};
};

void interval_tree_span_iter_first(struct interval_tree_span_iter *state, struct rb_root_cached *itree,
				   unsigned long first_index, unsigned long last_index);
void interval_tree_span_iter_next(struct interval_tree_span_iter *state);
/* Goes on at @new_index, which is not before the current span's start. */
void interval_tree_span_iter_advance(struct interval_tree_span_iter *state, struct rb_root_cached *itree,
				     unsigned long new_index);

static inline bool interval_tree_span_iter_done(struct interval_tree_span_iter *state)
{
	return state->is_hole == -1;
}

#define interval_tree_for_each_span(span, itree, first_index, last_index)                                              \
	for (interval_tree_span_iter_first(span, itree, first_index, last_index);                                      \
	     !interval_tree_span_iter_done(span); interval_tree_span_iter_next(span))

#endif
