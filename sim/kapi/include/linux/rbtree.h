/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Balanced search trees by link and fix-up, as the kernel's users write them. */
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
struct rb_root_cached {
	struct rb_root rb_root;
};

#define RB_ROOT (struct rb_root){ NULL }
#define RB_ROOT_CACHED (struct rb_root_cached){ { NULL } }
#define rb_entry(ptr, type, member) container_of(ptr, type, member)
#define rb_entry_safe(ptr, type, member) ({ typeof(ptr) _p = (ptr); _p ? rb_entry(_p, type, member) : NULL; })
#define RB_EMPTY_ROOT(root) (!(root)->rb_node)
#define RB_EMPTY_NODE(node) ((node)->rb_parent == (node))
#define RB_CLEAR_NODE(node) ((node)->rb_parent = (node))

static inline void rb_link_node(struct rb_node *node, struct rb_node *parent, struct rb_node **link)
{
	*node = (struct rb_node){ .rb_parent = parent, .rb_red = true };
	*link = node;
}
/* @augment: called for each node whose subtree changed, from below; may be NULL. */
typedef void rb_augment_t(struct rb_node *node);
void kapi_rb_insert(struct rb_node *node, struct rb_root *root, rb_augment_t *augment);
void kapi_rb_erase(struct rb_node *node, struct rb_root *root, rb_augment_t *augment);
#define rb_insert_color(n, r) kapi_rb_insert(n, r, NULL)
#define rb_erase(n, r) kapi_rb_erase(n, r, NULL)
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);

#endif
