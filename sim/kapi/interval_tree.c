// SPDX-License-Identifier: GPL-2.0-or-later
/* Interval trees: a tree by start whose nodes know the highest last below them. */
#include <linux/interval_tree.h>

#define NODE(rb_ptr) rb_entry(rb_ptr, struct interval_tree_node, rb)

static void refresh(struct rb_node *rb)
{
	struct interval_tree_node *node = NODE(rb);

	node->__subtree_last = node->last;
	if (rb->rb_left && NODE(rb->rb_left)->__subtree_last > node->__subtree_last)
		node->__subtree_last = NODE(rb->rb_left)->__subtree_last;
	if (rb->rb_right && NODE(rb->rb_right)->__subtree_last > node->__subtree_last)
		node->__subtree_last = NODE(rb->rb_right)->__subtree_last;
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
	while (rb && NODE(rb)->__subtree_last >= start) {
		if (rb->rb_left && NODE(rb->rb_left)->__subtree_last >= start) {
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

struct interval_tree_node *interval_tree_iter_next(struct interval_tree_node *node, unsigned long start,
						   unsigned long last)
{
	struct rb_node *rb = &node->rb;

	while ((rb = rb_next(rb)) && NODE(rb)->start <= last)
		if (NODE(rb)->last >= start)
			return NODE(rb);
	return NULL;
}
