// SPDX-License-Identifier: GPL-2.0-or-later
/* Red-black trees with parent links; an augment callback keeps what a node says of its subtree. */
#include <linux/rbtree.h>

/* @node, of which something below it changed, and those above as long as what they say changes too. */
static void refresh_up(struct rb_node *node, rb_augment_t *augment)
{
	while (augment && node && augment(node))
		node = node->rb_parent;
}

/* @node, which is new in its place, so that what it said before means nothing. */
static void refresh_new(struct rb_node *node, rb_augment_t *augment)
{
	if (augment)
		augment(node);
	refresh_up(node->rb_parent, augment);
}

static void replace_child(struct rb_root *root, struct rb_node *parent, struct rb_node *old, struct rb_node *new)
{
	if (!parent)
		root->rb_node = new;
	else if (parent->rb_left == old)
		parent->rb_left = new;
	else
		parent->rb_right = new;
	if (new)
		new->rb_parent = parent;
}

/* @node's child on the other side than @left comes up in its place. */
static void rotate(struct rb_root *root, struct rb_node *node, bool left, rb_augment_t *augment)
{
	struct rb_node *up = left ? node->rb_right : node->rb_left;
	struct rb_node *inner = left ? up->rb_left : up->rb_right;

	replace_child(root, node->rb_parent, node, up);
	if (left) {
		node->rb_right = inner;
		up->rb_left = node;
	} else {
		node->rb_left = inner;
		up->rb_right = node;
	}
	if (inner)
		inner->rb_parent = node;
	node->rb_parent = up;
	if (augment) {
		augment(node);
		augment(up);
	}
}

void kapi_rb_insert(struct rb_node *node, struct rb_root *root, rb_augment_t *augment)
{
	refresh_new(node, augment);
	while (node->rb_parent && node->rb_parent->rb_red) {
		struct rb_node *parent = node->rb_parent, *grand = parent->rb_parent;
		bool left = parent == grand->rb_left;
		struct rb_node *uncle = left ? grand->rb_right : grand->rb_left;

		if (uncle && uncle->rb_red) {
			parent->rb_red = uncle->rb_red = false;
			grand->rb_red = true;
			node = grand;
			continue;
		}
		if (node == (left ? parent->rb_right : parent->rb_left)) {
			rotate(root, parent, left, augment);
			parent = node;
		}
		parent->rb_red = false;
		grand->rb_red = true;
		rotate(root, grand, !left, augment);
		break;
	}
	root->rb_node->rb_red = false;
}

/* @node (may be NULL) below @parent lacks one black on its path. */
static void erase_fixup(struct rb_root *root, struct rb_node *node, struct rb_node *parent, rb_augment_t *augment)
{
	while (parent && (!node || !node->rb_red)) {
		bool left = parent->rb_left == node;
		struct rb_node *sibling = left ? parent->rb_right : parent->rb_left;
		struct rb_node *near, *far;

		if (sibling->rb_red) {
			sibling->rb_red = false;
			parent->rb_red = true;
			rotate(root, parent, left, augment);
			sibling = left ? parent->rb_right : parent->rb_left;
		}
		near = left ? sibling->rb_left : sibling->rb_right;
		far = left ? sibling->rb_right : sibling->rb_left;
		if (!(near && near->rb_red) && !(far && far->rb_red)) {
			sibling->rb_red = true;
			node = parent;
			parent = node->rb_parent;
			continue;
		}
		if (!(far && far->rb_red)) {
			near->rb_red = false;
			sibling->rb_red = true;
			rotate(root, sibling, !left, augment);
			far = sibling;
			sibling = near;
		}
		sibling->rb_red = parent->rb_red;
		parent->rb_red = far->rb_red = false;
		rotate(root, parent, left, augment);
		return;
	}
	if (node)
		node->rb_red = false;
}

void kapi_rb_erase(struct rb_node *node, struct rb_root *root, rb_augment_t *augment)
{
	struct rb_node *child, *parent, *next = NULL;
	bool black;

	if (node->rb_left && node->rb_right) {
		next = node->rb_right;
		while (next->rb_left)
			next = next->rb_left;
		child = next->rb_right;
		parent = next->rb_parent;
		black = !next->rb_red;
		if (parent == node)
			parent = next;
		else
			replace_child(root, parent, next, child);
		replace_child(root, node->rb_parent, node, next);
		next->rb_red = node->rb_red;
		next->rb_left = node->rb_left;
		next->rb_left->rb_parent = next;
		if (parent != next) {
			next->rb_right = node->rb_right;
			next->rb_right->rb_parent = next;
		}
	} else {
		child = node->rb_left ? node->rb_left : node->rb_right;
		parent = node->rb_parent;
		black = !node->rb_red;
		replace_child(root, parent, node, child);
	}
	refresh_up(parent, augment);
	if (next)
		refresh_new(next, augment);
	if (black)
		erase_fixup(root, child, parent, augment);
}

static struct rb_node *outermost(struct rb_node *node, bool left)
{
	while (node && (left ? node->rb_left : node->rb_right))
		node = left ? node->rb_left : node->rb_right;
	return node;
}

static struct rb_node *step(const struct rb_node *node, bool forward)
{
	struct rb_node *down = forward ? node->rb_right : node->rb_left;

	if (down)
		return outermost(down, forward);
	while (node->rb_parent && node == (forward ? node->rb_parent->rb_right : node->rb_parent->rb_left))
		node = node->rb_parent;
	return node->rb_parent;
}

struct rb_node *rb_first(const struct rb_root *root)
{
	return outermost(root->rb_node, true);
}

struct rb_node *rb_last(const struct rb_root *root)
{
	return outermost(root->rb_node, false);
}

struct rb_node *rb_next(const struct rb_node *node)
{
	return step(node, true);
}

struct rb_node *rb_prev(const struct rb_node *node)
{
	return step(node, false);
}

void rb_replace_node(struct rb_node *victim, struct rb_node *node, struct rb_root *root)
{
	*node = *victim;
	replace_child(root, victim->rb_parent, victim, node);
	if (node->rb_left)
		node->rb_left->rb_parent = node;
	if (node->rb_right)
		node->rb_right->rb_parent = node;
}

static struct rb_node *deepest_first(struct rb_node *node)
{
	while (node && (node->rb_left || node->rb_right))
		node = node->rb_left ? node->rb_left : node->rb_right;
	return node;
}

struct rb_node *rb_first_postorder(const struct rb_root *root)
{
	return deepest_first(root->rb_node);
}

struct rb_node *rb_next_postorder(const struct rb_node *node)
{
	struct rb_node *parent = node ? node->rb_parent : NULL;

	return parent && node == parent->rb_left && parent->rb_right ? deepest_first(parent->rb_right) : parent;
}
