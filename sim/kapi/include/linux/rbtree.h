/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Balanced search trees by link and fix-up, as the kernel's users write them
 * (sim/kapi/rbtree.c). The caller's locks protect them.
 */
#ifndef _LINUX_RBTREE_H
#define _LINUX_RBTREE_H

#include <linux/container_of.h>
#include <linux/types.h>

struct rb_node {
	struct rb_node *rb_parent, *rb_right, *rb_left;
	bool rb_red;
};

struct rb_root {
	struct rb_node *rb_node;
};

/* The kernel caches the leftmost node here; this one finds it. */
struct rb_root_cached {
	struct rb_root rb_root;
};

#define RB_ROOT ((struct rb_root){ NULL })
#define RB_ROOT_CACHED ((struct rb_root_cached){ { NULL } })
#define rb_entry(ptr, type, member) container_of(ptr, type, member)
#define rb_entry_safe(ptr, type, member) ({ typeof(ptr) __rb = (ptr); __rb ? rb_entry(__rb, type, member) : NULL; })
#define rb_parent(node) ((node)->rb_parent)
#define RB_EMPTY_ROOT(root) (!READ_ONCE((root)->rb_node))
/* A node that is in no tree, if it was cleared. */
#define RB_EMPTY_NODE(node) ((node)->rb_parent == (node))
#define RB_CLEAR_NODE(node) ((node)->rb_parent = (node))

static inline void rb_link_node(struct rb_node *node, struct rb_node *parent, struct rb_node **link)
{
	*node = (struct rb_node){ .rb_parent = parent, .rb_red = true };
	*link = node;
}

/* Works out what a node says of its subtree; returns whether that changed, else those above are not asked. */
typedef bool rb_augment_t(struct rb_node *node);
void kapi_rb_insert(struct rb_node *node, struct rb_root *root, rb_augment_t *augment);
void kapi_rb_erase(struct rb_node *node, struct rb_root *root, rb_augment_t *augment);
#define rb_insert_color(node, root) kapi_rb_insert(node, root, NULL)
#define rb_erase(node, root) kapi_rb_erase(node, root, NULL)
#define rb_insert_color_cached(node, root, leftmost) kapi_rb_insert(node, &(root)->rb_root, NULL)
#define rb_erase_cached(node, root) kapi_rb_erase(node, &(root)->rb_root, NULL)
/* @node takes the place of @victim, without any comparison. */
void rb_replace_node(struct rb_node *victim, struct rb_node *node, struct rb_root *root);

struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);
#define rb_first_cached(root) rb_first(&(root)->rb_root)
/* Children before their parent, so that a walk may free what it leaves. */
struct rb_node *rb_first_postorder(const struct rb_root *root);
struct rb_node *rb_next_postorder(const struct rb_node *node);

#define rbtree_postorder_for_each_entry_safe(pos, n, root, field)                                                      \
	for ((pos) = rb_entry_safe(rb_first_postorder(root), typeof(*(pos)), field);                                   \
	     (pos) && ({ (n) = rb_entry_safe(rb_next_postorder(&(pos)->field), typeof(*(pos)), field); 1; });          \
	     (pos) = (n))

/* @less: is the first before the second? Equal nodes go behind those that are there. */
static inline void rb_add(struct rb_node *node, struct rb_root *root,
			  bool (*less)(struct rb_node *, const struct rb_node *))
{
	struct rb_node **link = &root->rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = less(node, parent) ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(node, parent, link);
	rb_insert_color(node, root);
}

/* @cmp: < 0 where the key is before the node. */
static inline struct rb_node *rb_find(const void *key, const struct rb_root *root,
				      int (*cmp)(const void *key, const struct rb_node *node))
{
	struct rb_node *node = root->rb_node;

	while (node) {
		int side = cmp(key, node);

		if (!side)
			break;
		node = side < 0 ? node->rb_left : node->rb_right;
	}
	return node;
}

#endif
