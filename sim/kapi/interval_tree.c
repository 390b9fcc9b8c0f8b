// SPDX-License-Identifier: GPL-2.0-or-later
/* Interval trees: a tree by start whose nodes know the highest last below them. */
#include <linux/interval_tree.h>

#define NODE(rb_ptr) rb_entry(rb_ptr, struct interval_tree_node, rb)

static bool refresh(struct rb_node *rb)
{
	struct interval_tree_node *node = NODE(rb);
	unsigned long last = node->last;
	bool changed;

	if (rb->rb_left && NODE(rb->rb_left)->subtree_last > last)
		last = NODE(rb->rb_left)->subtree_last;
	if (rb->rb_right && NODE(rb->rb_right)->subtree_last > last)
		last = NODE(rb->rb_right)->subtree_last;
	changed = node->subtree_last != last;
	node->subtree_last = last;
	return changed;
}

void interval_tree_insert(struct interval_tree_node *node, struct rb_root_cached *root)
{
	struct rb_node **link = &root->rb_root.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = node->start < NODE(parent)->start ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&node->rb, parent, link);
	kapi_rb_insert(&node->rb, &root->rb_root, refresh);
}

void interval_tree_remove(struct interval_tree_node *node, struct rb_root_cached *root)
{
	kapi_rb_erase(&node->rb, &root->rb_root, refresh);
}

/* The first in order of start, below @rb, that overlaps. */
static struct interval_tree_node *first_below(struct rb_node *rb, unsigned long start, unsigned long last)
{
	while (rb && NODE(rb)->subtree_last >= start) {
		if (rb->rb_left && NODE(rb->rb_left)->subtree_last >= start) {
			rb = rb->rb_left;
			continue;
		}
		if (NODE(rb)->start > last)
			return NULL;
		if (NODE(rb)->last >= start)
			return NODE(rb);
		rb = rb->rb_right;
	}
	return NULL;
}

struct interval_tree_node *interval_tree_iter_first(struct rb_root_cached *root, unsigned long start,
						    unsigned long last)
{
	return first_below(root->rb_root.rb_node, start, last);
}

/* What follows in order: @node's right, then each ancestor that has @node to its left, and that one's right. */
struct interval_tree_node *interval_tree_iter_next(struct interval_tree_node *node, unsigned long start,
						   unsigned long last)
{
	struct rb_node *rb = &node->rb, *parent;
	struct interval_tree_node *found = first_below(rb->rb_right, start, last);

	for (; !found && (parent = rb->rb_parent); rb = parent) {
		if (rb == parent->rb_right)
			continue;
		if (NODE(parent)->start > last)
			return NULL;
		found = NODE(parent)->last >= start ? NODE(parent) : first_below(parent->rb_right, start, last);
	}
	return found;
}

/* The span that holds @index. */
static void span_at(struct interval_tree_span_iter *state, unsigned long index)
{
	struct interval_tree_node *node = interval_tree_iter_first(state->itree, index, state->last_index);

	if (!node || node->start > index) {
		state->is_hole = 1;
		state->start_hole = index;
		state->last_hole = node ? node->start - 1 : state->last_index;
		return;
	}
	state->is_hole = 0;
	state->start_used = index;
	do {
		state->last_used = node->last;
		if (node->last >= state->last_index) {
			state->last_used = state->last_index;
			return;
		}
		node = interval_tree_iter_first(state->itree, node->last + 1, node->last + 1);
	} while (node);
}

void interval_tree_span_iter_first(struct interval_tree_span_iter *state, struct rb_root_cached *itree,
				   unsigned long first_index, unsigned long last_index)
{
	state->itree = itree;
	state->first_index = first_index;
	state->last_index = last_index;
	span_at(state, first_index);
}

void interval_tree_span_iter_next(struct interval_tree_span_iter *state)
{
	if (state->is_hole == -1)
		return;
	if (state->last_used == state->last_index)
		state->is_hole = -1;
	else
		span_at(state, state->last_used + 1);
}

void interval_tree_span_iter_advance(struct interval_tree_span_iter *state, struct rb_root_cached *itree,
				     unsigned long new_index)
{
	if (state->is_hole == -1)
		return;
	state->itree = itree;
	state->first_index = new_index;
	if (new_index > state->last_index)
		state->is_hole = -1;
	else if (new_index >= state->start_used && new_index <= state->last_used)
		state->start_used = new_index;
	else
		span_at(state, new_index);
}
