// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The store for runs: a B+-tree of disjoint runs, ordered by start.
 *
 * Runs lie in leaves (run_leaf.h), which are linked in order; a leaf and an inner
 * node are 1 KiB each. An inner node's key[i], i >= 1, parts its children: every
 * start below child i is >= key[i], every one below child i - 1 is less. key[0]
 * is not used, so a leftmost child has no lower bound of its own. Keys are bounds
 * and need not be the start of any run: one may vanish without the keys above
 * being touched. Only a run that moves its start across a bound moves that too.
 *
 * Filling in ascending order leaves full nodes behind. A node that falls below a
 * quarter joins a neighbour under the same parent where both fit, so that a tree
 * that shrinks does not keep its height. The only leaf of a small tree grows from
 * 3 runs by doubling: most trees of a run never hold more than a few.
 *
 * A cursor is the way from the root to a position in a leaf. It is only good
 * until the next change, save where a function says otherwise. Most searches end
 * where the one before did, or close by: the tree's finger remembers that leaf
 * and its bounds, and the way to it is only looked up where the tree's shape is to
 * change. Whatever changes a leaf's bounds, or frees it, lifts the finger.
 *
 * Memory is sim_alloc()'s, which does not fail: no change stops half way.
 */
#include "run_leaf.h"
#include <sim/world.h>

#include <stdint.h>
#include <string.h>

#define NODE_BYTES 1024
#define INNER_CHILDREN 63
/* By the quarter rule neighbours have 16 children on the average at least: far more than memory can hold. */
#define LEVELS_MAX 16
#define LEVELS_UNKNOWN (~0u)

struct inner {
	struct sim_run_node node;
	unsigned long key[INNER_CHILDREN];
	struct sim_run_node *child[INNER_CHILDREN];
};

struct cursor {
	unsigned long key;		/* what was sought */
	struct leaf *leaf;
	int pos;			/* of the last run with start <= key; -1: none in this leaf */
	unsigned int levels;		/* inner nodes above the leaf; LEVELS_UNKNOWN: not looked up, see way_to() */
	struct inner *inner[LEVELS_MAX];	/* from the root down */
	unsigned int index[LEVELS_MAX];
};

static struct leaf *leaf_of(struct sim_run_node *node)
{
	return (struct leaf *)node;
}

static struct inner *inner_of(struct sim_run_node *node)
{
	return (struct inner *)node;
}

static size_t leaf_bytes(unsigned int room)
{
	return offsetof(struct leaf, runs[room]);
}

static struct leaf *leaf_create(unsigned int room)
{
	struct leaf *leaf = sim_alloc(leaf_bytes(room));

	leaf->node = (struct sim_run_node){ .room = room };
	leaf->prev = NULL;
	leaf->next = NULL;
	return leaf;
}

static struct inner *inner_create(unsigned int level)
{
	struct inner *inner = sim_alloc(sizeof(*inner));

	inner->node = (struct sim_run_node){ .room = INNER_CHILDREN, .level = level };
	return inner;
}

static unsigned long value_at(const struct sim_run_tree *tree, const struct sim_run *run, unsigned long key)
{
	return tree->kind == SIM_RUN_LINEAR ? run->value + (key - run->start) : run->value;
}

/* Would @right, which begins where @left ends, be one run with it? */
static bool continues(const struct sim_run_tree *tree, const struct sim_run *left, const struct sim_run *right)
{
	return left->attr == right->attr && value_at(tree, left, right->start) == right->value;
}

static void cut_before(const struct sim_run_tree *tree, struct sim_run *run, unsigned long start)
{
	run->value = value_at(tree, run, start);
	run->start = start;
}

/*
 * Searching
 */

/* Of a window of keys [@first, @last] in @nr equal parts, the one that holds @key; 0 for the very largest windows. */
static inline unsigned int part_of(unsigned long first, unsigned long last, unsigned int nr, unsigned long key)
{
	return last - first < ~0ul / NODE_BYTES ? (key - first) * nr / (last - first + 1) : 0;
}

#define STEPS_MAX 4

/*
 * In large trees runs are mostly as long as one another, and the child is where it would then be, or close by. At
 * the ends of the tree the window says nothing: there it is that between the node's own first and last key.
 */
static inline unsigned int child_of(const struct inner *inner, unsigned long first, unsigned long last,
				    unsigned long key)
{
	unsigned int nr = inner->node.nr, at;

	if ((first && last != ~0ul) || nr < 3)
		at = part_of(first, last, nr, key);
	else if (key < inner->key[1])
		return 0;
	else if (key >= inner->key[nr - 1])
		return nr - 1;
	else
		at = 1 + part_of(inner->key[1], inner->key[nr - 1] - 1, nr - 2, key);
	for (unsigned int steps = 0; steps < STEPS_MAX; steps++) {
		if (at && key < inner->key[at])
			at--;
		else if (at + 1 < nr && key >= inner->key[at + 1])
			at++;
		else
			return at;
	}
	return last_not_above(inner->key, 1, nr, key);
}

/*
 * Asks for the head of a leaf, and for what @key is told by if its runs are tiled: what
 * is read one after the other comes together. A search is short, so that a processor
 * that looks ahead has asked for the next one's leaf before this one's is there.
 */
static inline void prefetch(const struct leaf *leaf, unsigned long first, unsigned long last, unsigned long key)
{
	__builtin_prefetch(leaf);
	__builtin_prefetch(&leaf->base[ATTR]);
	/* runs of one key each need not fill their leaf */
	if (last - first < PACKED_RUNS_MAX)
		__builtin_prefetch(&leaf->bytes[(key - first) * (PACKED_BYTES / PACKED_RUNS_MAX)]);
	else
		__builtin_prefetch(&leaf->bytes[part_of(first, last, PACKED_BYTES, key)]);
}

/* From the root down to the leaf of @key, on which the finger is laid. */
static inline struct leaf *descend(struct sim_run_tree *tree, unsigned long key, struct cursor *way)
{
	struct sim_run_node *node = tree->root;
	unsigned int levels = 0, level = node->level;
	unsigned long first = 0, last = ~0ul;

	while (level--) {
		struct inner *inner = inner_of(node);
		unsigned int index = child_of(inner, first, last, key);

		if (way) {
			way->inner[levels] = inner;
			way->index[levels++] = index;
		}
		if (index)
			first = inner->key[index];
		if (index + 1 < inner->node.nr)
			last = inner->key[index + 1] - 1;
		node = inner->child[index];
	}
	if (way)
		way->levels = levels;
	else
		prefetch(leaf_of(node), first, last, key);
	tree->finger = node;
	tree->finger_first = first;
	tree->finger_last = last;
	return leaf_of(node);
}

/* The tree is not empty. It is not changed, save for its finger. */
static inline struct leaf *leaf_at(const struct sim_run_tree *tree, unsigned long key)
{
	if (tree->finger && key - tree->finger_first <= tree->finger_last - tree->finger_first)
		return leaf_of(tree->finger);
	return descend((struct sim_run_tree *)tree, key, NULL);
}

/* leaf_pos() in the leaf that leaf_at() has found: if its runs are even, @key lies as far in as between its bounds. */
static inline int pos_at(const struct sim_run_tree *tree, const struct leaf *leaf, unsigned long key)
{
	unsigned int guess = 0;

	if (leaf->node.form >= PACKED)
		guess = part_of(tree->finger_first, tree->finger_last, leaf->node.nr, key);
	return leaf_pos(leaf, guess, key);
}

/* As leaf_at(); the way is not looked up, as few changes need it. */
static void seek(const struct sim_run_tree *tree, unsigned long key, struct cursor *cursor)
{
	cursor->key = key;
	cursor->leaf = leaf_at(tree, key);
	cursor->levels = LEVELS_UNKNOWN;
	cursor->pos = pos_at(tree, cursor->leaf, key);
}

/* Before the tree's shape, or a bound, changes: the cursor gets its inner nodes, and the finger is lifted. */
static void way_to(struct sim_run_tree *tree, struct cursor *cursor)
{
	if (cursor->levels == LEVELS_UNKNOWN)
		descend(tree, cursor->key, cursor);
	tree->finger = NULL;
}

/* The run at @pos, or, where that is -1, the one before the leaf's. */
static inline bool run_before(const struct leaf *leaf, int pos, struct sim_run *run)
{
	if (pos < 0) {
		leaf = leaf->prev;
		if (!leaf)
			return false;
		pos = leaf->node.nr - 1;
	}
	leaf_read(leaf, pos, run);
	return true;
}

/* The run that follows @pos, if need be the first of the next leaf. */
static inline bool run_after(const struct leaf *leaf, int pos, struct sim_run *run)
{
	if (++pos == leaf->node.nr) {
		leaf = leaf->next;
		if (!leaf)
			return false;
		pos = 0;
	}
	leaf_read(leaf, pos, run);
	return true;
}

/* The key that parts the cursor's leaf from the next one, to be changed; NULL for the last leaf. */
static unsigned long *next_bound(struct sim_run_tree *tree, struct cursor *cursor)
{
	unsigned int level;

	way_to(tree, cursor);
	level = cursor->levels;

	while (level--) {
		struct inner *inner = cursor->inner[level];
		unsigned int next = cursor->index[level] + 1;

		if (next < inner->node.nr)
			return &inner->key[next];
	}
	return NULL;
}

bool sim_run_prev(const struct sim_run_tree *tree, unsigned long key, struct sim_run *run)
{
	const struct leaf *leaf;

	if (!tree->root)
		return false;
	leaf = leaf_at(tree, key);
	return run_before(leaf, pos_at(tree, leaf, key), run);
}

bool sim_run_find(const struct sim_run_tree *tree, unsigned long key, struct sim_run *run)
{
	const struct leaf *leaf;

	if (!tree->root)
		return false;
	leaf = leaf_at(tree, key);
	return leaf_find_tile(leaf, key, run) ||
	       (run_before(leaf, pos_at(tree, leaf, key), run) && run->last >= key);
}

bool sim_run_next(const struct sim_run_tree *tree, unsigned long key, struct sim_run *run)
{
	const struct leaf *leaf;
	int pos;

	if (!tree->root)
		return false;
	leaf = leaf_at(tree, key);
	if (leaf_find_tile(leaf, key, run))
		return true;
	pos = pos_at(tree, leaf, key);
	return (run_before(leaf, pos, run) && run->last >= key) || run_after(leaf, pos, run);
}

unsigned int sim_run_list(const struct sim_run_tree *tree, unsigned long key, struct sim_run *runs, unsigned int nr)
{
	const struct leaf *leaf;
	unsigned int at, there;
	int pos;

	if (!tree->root)
		return 0;
	leaf = leaf_at(tree, key);
	pos = pos_at(tree, leaf, key);
	if (run_before(leaf, pos, runs) && runs->last >= key) {
		if (pos < 0)
			return 1;	/* the last of the leaf before */
		at = pos;
	} else if (pos + 1 < leaf->node.nr) {
		at = pos + 1;
	} else {
		leaf = leaf->next;
		at = 0;
		if (!leaf)
			return 0;
	}
	if (leaf->next)
		__builtin_prefetch(leaf->next);
	there = leaf->node.nr - at;
	if (nr > there)
		nr = there;
	sim_run_leaf_list(leaf, at, runs, nr);
	return nr;
}

bool sim_run_clip(const struct sim_run_tree *tree, unsigned long start, unsigned long last, struct sim_run *run)
{
	if (!sim_run_next(tree, start, run) || run->start > last)
		return false;
	if (run->start < start)
		cut_before(tree, run, start);
	if (run->last > last)
		run->last = last;
	return true;
}

unsigned long sim_run_covered(const struct sim_run_tree *tree, unsigned long start, unsigned long last)
{
	unsigned long covered = 0;
	struct cursor cursor;
	struct sim_run run;
	struct leaf *leaf;
	unsigned int pos;

	if (!tree->root)
		return 0;
	seek(tree, start, &cursor);
	if (cursor.pos < 0 && cursor.leaf->prev) {
		cursor.leaf = cursor.leaf->prev;
		cursor.pos = cursor.leaf->node.nr - 1;
	}
	pos = cursor.pos < 0 ? 0 : cursor.pos;
	for (leaf = cursor.leaf; leaf; leaf = leaf->next, pos = 0) {
		for (; pos < leaf->node.nr; pos++) {
			leaf_read(leaf, pos, &run);
			if (run.start > last)
				return covered;
			if (run.last < start)
				continue;
			covered += (run.last < last ? run.last : last) - (run.start > start ? run.start : start) + 1;
		}
	}
	return covered;
}

/*
 * Growing
 */

static void inner_put(struct inner *inner, unsigned int at, unsigned long key, struct sim_run_node *child)
{
	unsigned int behind = inner->node.nr - at;

	memmove(&inner->key[at + 1], &inner->key[at], behind * sizeof(inner->key[0]));
	memmove(&inner->child[at + 1], &inner->child[at], behind * sizeof(inner->child[0]));
	inner->key[at] = key;
	inner->child[at] = child;
	inner->node.nr++;
}

/* Moves the children from @cut on behind those of @to. */
static void inner_move(struct inner *from, unsigned int cut, struct inner *to)
{
	unsigned int nr = from->node.nr - cut;

	memcpy(&to->key[to->node.nr], &from->key[cut], nr * sizeof(to->key[0]));
	memcpy(&to->child[to->node.nr], &from->child[cut], nr * sizeof(to->child[0]));
	to->node.nr += nr;
	from->node.nr = cut;
}

/* Puts @child, whose lower bound is @key, behind the child that @cursor goes through, from the lowest inner node up. */
static void child_insert(struct sim_run_tree *tree, struct cursor *cursor, unsigned long key,
			 struct sim_run_node *child)
{
	unsigned int level = cursor->levels;
	struct inner *root;

	while (level--) {
		struct inner *left = cursor->inner[level], *right;
		unsigned int at = cursor->index[level] + 1, cut;

		if (left->node.nr < INNER_CHILDREN) {
			inner_put(left, at, key, child);
			return;
		}
		right = inner_create(left->node.level);
		/* At the end, where ascending keys come in, the left one stays full. */
		cut = at == left->node.nr ? at : left->node.nr / 2;
		inner_move(left, cut, right);
		if (at > cut || !right->node.nr)
			inner_put(right, at - cut, key, child);
		else
			inner_put(left, at, key, child);
		key = right->key[0];
		child = &right->node;
	}
	root = inner_create(tree->root->level + 1);
	inner_put(root, 0, 0, tree->root);
	inner_put(root, 1, key, child);
	tree->root = &root->node;
}

/* The runs of the cursor's leaf from @cut on become a leaf behind it. Nothing but @tree is good afterwards. */
static struct leaf *leaf_split(struct sim_run_tree *tree, struct cursor *cursor, unsigned int cut, unsigned long bound)
{
	struct leaf *left = cursor->leaf, *right = leaf_create(LEAF_RUNS);

	way_to(tree, cursor);
	right->prev = left;
	right->next = left->next;
	left->next = right;
	if (right->next)
		right->next->prev = right;
	sim_run_leaf_move(left, cut, right);
	child_insert(tree, cursor, bound, &right->node);
	return right;
}

/* Makes way for @run, which the cursor's full leaf does not take. Returns whether it has been put. */
static bool leaf_make_room(struct sim_run_tree *tree, struct cursor *cursor, const struct sim_run *run)
{
	struct leaf *leaf = cursor->leaf;
	unsigned int nr = leaf->node.nr, at = cursor->pos + 1;

	/* Keys that come in ascending or descending order leave full leaves behind. */
	if (at == nr && !leaf->next)
		return leaf_put(leaf_split(tree, cursor, nr, run->start), 0, run);
	if (at == 0 && !leaf->prev) {
		leaf_split(tree, cursor, 0, leaf_start(leaf, 0));
		return leaf_put(leaf, 0, run);
	}
	leaf_split(tree, cursor, nr / 2, leaf_start(leaf, nr / 2));
	return false;
}

/* @run starts behind the cursor's position and before the run that follows; the cursor's key is its start. */
static void run_insert(struct sim_run_tree *tree, struct cursor *cursor, const struct sim_run *run)
{
	struct leaf *leaf = cursor->leaf;

	tree->nr_runs++;
	if (leaf->node.nr == leaf->node.room && leaf->node.room < LEAF_RUNS) {
		/* 3, 7, 15, 31: with the heads, the sizes of sim_alloc()'s classes. */
		tree->finger = NULL;
		leaf = sim_realloc(leaf, leaf_bytes(leaf->node.room * 2 + 1));
		leaf->node.room = leaf->node.room * 2 + 1;
		tree->root = &leaf->node;
		cursor->leaf = leaf;
	}
	while (!leaf_put(cursor->leaf, cursor->pos + 1, run)) {
		if (leaf_make_room(tree, cursor, run))
			return;
		seek(tree, run->start, cursor);
	}
}

/* The run that starts at @old becomes @run, which has the same place in the order, and lies in the same bounds. */
static void run_change(struct sim_run_tree *tree, unsigned long old, const struct sim_run *run)
{
	struct cursor cursor;

	for (;;) {
		unsigned long bound;
		int half;

		seek(tree, old, &cursor);
		if (leaf_change(cursor.leaf, cursor.pos, run))
			return;
		half = cursor.leaf->node.nr / 2;
		bound = leaf_start(cursor.leaf, half);
		leaf_split(tree, &cursor, half, half == cursor.pos && run->start < bound ? run->start : bound);
	}
}

/* The same, of a run that is mostly at @at of the cursor's leaf. */
static void run_change_at(struct sim_run_tree *tree, struct cursor *cursor, int at, unsigned long old,
			  const struct sim_run *run)
{
	if (at < 0 || at >= cursor->leaf->node.nr || !leaf_change(cursor->leaf, at, run))
		run_change(tree, old, run);
}

/*
 * Shrinking
 */

static void child_remove(struct inner *inner, unsigned int at)
{
	unsigned int behind = --inner->node.nr - at;

	memmove(&inner->key[at], &inner->key[at + 1], behind * sizeof(inner->key[0]));
	memmove(&inner->child[at], &inner->child[at + 1], behind * sizeof(inner->child[0]));
}

static void leaf_unlink(struct leaf *leaf)
{
	if (leaf->prev)
		leaf->prev->next = leaf->next;
	if (leaf->next)
		leaf->next->prev = leaf->prev;
}

static void node_free(struct sim_run_node *node)
{
	if (!node->level)
		leaf_unlink(leaf_of(node));
	sim_free(node);
}

/* Joins children @at and @at + 1, where both exist and leave a quarter of room. */
static bool children_join(struct inner *parent, unsigned int at)
{
	struct sim_run_node *left, *right;

	if (at + 1 >= parent->node.nr)
		return false;
	left = parent->child[at];
	right = parent->child[at + 1];
	if (!left->level) {
		if (!sim_run_leaf_join(leaf_of(left), leaf_of(right)))
			return false;
	} else {
		unsigned int seam = left->nr;

		if (left->nr + right->nr > left->room - left->room / 4)
			return false;
		inner_move(inner_of(right), 0, inner_of(left));
		inner_of(left)->key[seam] = parent->key[at + 1];
	}
	node_free(right);
	child_remove(parent, at + 1);
	return true;
}

/* What became of the root: an empty one goes, and so does one with a single child. */
static inline void root_shrink(struct sim_run_tree *tree)
{
	struct sim_run_node *node = tree->root;

	if (!node->nr) {
		tree->finger = NULL;
		tree->root = NULL;
		node_free(node);
		return;
	}
	while (node->level && node->nr == 1) {
		tree->root = inner_of(node)->child[0];
		sim_free(node);
		node = tree->root;
	}
}

/*
 * The cursor's leaf has lost @taken runs: tidies the way up. The cursor is spent. Who is emptied run by run, next
 * to neighbours that are full, asks them when it falls to a quarter and whenever it has halved since.
 */
static void shrink(struct sim_run_tree *tree, struct cursor *cursor, unsigned int taken)
{
	struct sim_run_node *node = &cursor->leaf->node;
	unsigned int level;

	if (node->nr > node->room / 4 || (taken == 1 && node->nr & (node->nr - 1) && node->nr != node->room / 4))
		return;
	if (node == tree->root) {
		root_shrink(tree);
		return;
	}
	way_to(tree, cursor);
	level = cursor->levels;
	while (level--) {
		struct inner *parent = cursor->inner[level];
		unsigned int index = cursor->index[level];

		if (!node->nr) {
			node_free(node);
			child_remove(parent, index);
		} else if (node->nr > node->room / 4) {
			return;
		} else if (!children_join(parent, index) && !(index && children_join(parent, index - 1))) {
			return;
		}
		node = &parent->node;
	}
	root_shrink(tree);
}

/* Removes @nr runs from position @at of the cursor's leaf. The cursor is spent. */
static void runs_remove(struct sim_run_tree *tree, struct cursor *cursor, unsigned int at, unsigned int nr)
{
	if (!nr)
		return;
	tree->nr_runs -= nr;
	while (!leaf_remove(cursor->leaf, at, nr)) {
		unsigned long start = leaf_start(cursor->leaf, at);
		unsigned int half = cursor->leaf->node.nr / 2;
		/* What would lie in both halves is rather put at the end of one, from where it can always be taken. */
		unsigned int cut = at + nr <= half || at >= half ? half : at + nr;

		leaf_split(tree, cursor, cut, leaf_start(cursor->leaf, cut));
		seek(tree, start, cursor);
		at = cursor->pos;
	}
	shrink(tree, cursor, nr);
}

/*
 * What the header offers
 */

void sim_run_tree_init(struct sim_run_tree *tree, enum sim_run_kind kind)
{
	*tree = (struct sim_run_tree){ .kind = kind };
}

static void node_destroy(struct sim_run_node *node)
{
	if (node->level) {
		for (unsigned int i = 0; i < node->nr; i++)
			node_destroy(inner_of(node)->child[i]);
	}
	sim_free(node);
}

void sim_run_tree_destroy(struct sim_run_tree *tree)
{
	if (tree->root)
		node_destroy(tree->root);
	sim_run_tree_init(tree, tree->kind);
}

/* Ends the run that covers @start - 1 and @start there; what it held behind @last becomes a run of its own. */
static unsigned long cut_off_left(struct sim_run_tree *tree, unsigned long start, unsigned long last)
{
	struct sim_run run, tail;
	struct cursor cursor;

	seek(tree, start, &cursor);
	if (!run_before(cursor.leaf, cursor.pos, &run) || run.start == start || run.last < start)
		return 0;
	tail = run;
	run.last = start - 1;
	run_change_at(tree, &cursor, cursor.pos, run.start, &run);
	if (tail.last <= last)
		return tail.last - start + 1;
	cut_before(tree, &tail, last + 1);
	seek(tree, tail.start, &cursor);
	run_insert(tree, &cursor, &tail);
	return last - start + 1;
}

/* Makes the run that covers @last and @last + 1 begin behind @last. It begins among the keys that are cleared. */
static unsigned long cut_off_right(struct sim_run_tree *tree, unsigned long last)
{
	unsigned long *bound, old;
	struct cursor cursor;
	struct sim_run run;

	seek(tree, last, &cursor);
	if (!run_before(cursor.leaf, cursor.pos, &run) || run.last <= last)
		return 0;
	old = run.start;
	seek(tree, old, &cursor);
	cut_before(tree, &run, last + 1);
	/* The leaf's last run may move past a bound that lies low; what follows starts behind its end. */
	bound = cursor.pos + 1 == cursor.leaf->node.nr ? next_bound(tree, &cursor) : NULL;
	if (bound && *bound <= last + 1)
		*bound = last + 2;
	run_change_at(tree, &cursor, cursor.pos, old, &run);
	return last - old + 1;
}

/* Clears the runs of one leaf that lie in [@start, @last]. Returns the keys freed; *@more: look at the next leaf. */
static unsigned long clear_in_leaf(struct sim_run_tree *tree, unsigned long start, unsigned long last, bool *more)
{
	unsigned long cleared = 0;
	unsigned int at, end;
	struct cursor cursor;
	struct sim_run run;
	struct leaf *leaf;

	seek(tree, start, &cursor);
	leaf = cursor.leaf;
	at = cursor.pos < 0 || leaf_start(leaf, cursor.pos) < start ? cursor.pos + 1 : cursor.pos;
	for (end = at; end < leaf->node.nr; end++) {
		leaf_read(leaf, end, &run);
		if (run.last > last)
			break;
		cleared += run.last - run.start + 1;
	}
	*more = end == leaf->node.nr;
	runs_remove(tree, &cursor, at, end - at);
	return cleared;
}

/* Is the cursor's run exactly [@start, @last], as what was set mostly is when it is changed? */
static bool exactly(const struct cursor *cursor, unsigned long start, unsigned long last, struct sim_run *run)
{
	if (cursor->pos < 0)
		return false;
	leaf_read(cursor->leaf, cursor->pos, run);
	return run->start == start && run->last == last;
}

/* Nothing in the tree overlaps @run; @cursor stands where it belongs. */
static void put_and_merge(struct sim_run_tree *tree, struct cursor *cursor, const struct sim_run *run)
{
	struct sim_run before, after;
	bool joins_before = run_before(cursor->leaf, cursor->pos, &before) && before.last == run->start - 1 &&
			    continues(tree, &before, run);
	bool joins_after = run_after(cursor->leaf, cursor->pos, &after) && after.start == run->last + 1 &&
			   continues(tree, run, &after);

	if (joins_before && joins_after) {
		unsigned long gone = after.start;

		seek(tree, gone, cursor);
		runs_remove(tree, cursor, cursor->pos, 1);
		before.last = after.last;
		run_change(tree, before.start, &before);
	} else if (joins_before) {
		before.last = run->last;
		run_change_at(tree, cursor, cursor->pos, before.start, &before);
	} else if (joins_after) {
		unsigned long old = after.start;

		if (cursor->pos + 1 == cursor->leaf->node.nr) {
			unsigned long *bound = next_bound(tree, cursor);

			if (*bound > run->start)
				*bound = run->start;
		}
		after.start = run->start;
		after.value = run->value;
		run_change_at(tree, cursor, cursor->pos + 1, old, &after);
	} else {
		run_insert(tree, cursor, run);
	}
}

/* Is [@start, @last] of the tree free? Leaves the cursor at @start. */
static bool seek_gap(const struct sim_run_tree *tree, unsigned long start, unsigned long last, struct cursor *cursor)
{
	struct sim_run run;

	seek(tree, start, cursor);
	if (run_before(cursor->leaf, cursor->pos, &run) && run.last >= start)
		return false;
	return !run_after(cursor->leaf, cursor->pos, &run) || run.start > last;
}

/*
 * Where what changes lies within one run, and its neighbours are in the same leaf, the
 * leaf changes in place: @nr_old runs from @at on become the @nr of @piece, of which the
 * first starts where they did, or further on. No bound is crossed: the leaf is the last, or
 * its last run is none of them.
 */
static bool splice(struct sim_run_tree *tree, struct cursor *cursor, unsigned int at, unsigned int nr_old,
		   const struct sim_run *piece, unsigned int nr)
{
	struct leaf *leaf = cursor->leaf;
	struct sim_run *to = &leaf->runs[at];

	if (leaf->node.nr - nr_old + nr > leaf->node.room)
		return false;
	if (nr != nr_old) {
		memmove(to + nr, to + nr_old, (leaf->node.nr - at - nr_old) * sizeof(*to));
		leaf->node.nr += nr - nr_old;
		tree->nr_runs += (long)nr - (long)nr_old;
	}
	for (unsigned int i = 0; i < nr; i++)
		to[i] = piece[i];
	if (nr < nr_old)
		shrink(tree, cursor, nr_old - nr);
	return true;
}

/* The run at the cursor that covers [@start, @last], where its leaf is open and can be changed in place. */
static struct sim_run *covering(const struct cursor *cursor, unsigned long start, unsigned long last)
{
	const struct leaf *leaf = cursor->leaf;
	struct sim_run *old;

	/* only an open leaf has runs to point at */
	if (leaf->node.form != OPEN || cursor->pos < 0 || (cursor->pos + 1 == leaf->node.nr && leaf->next))
		return NULL;
	old = &cursor->leaf->runs[cursor->pos];
	return old->last < last ? NULL : old;
}

/* A part of one run gets another value; what it then continues becomes one with it. */
static bool set_in_leaf(struct sim_run_tree *tree, struct cursor *cursor, const struct sim_run *run)
{
	const struct sim_run *old = covering(cursor, run->start, run->last), *before, *after;
	unsigned int at = cursor->pos, nr_old = 1, nr = 0;
	struct sim_run piece[3];

	if (!old || (!at && cursor->leaf->prev))
		return false;
	before = at ? old - 1 : NULL;
	after = at + 1 < cursor->leaf->node.nr ? old + 1 : NULL;
	if (old->start < run->start) {
		piece[nr] = *old;
		piece[nr++].last = run->start - 1;
		piece[nr++] = *run;
	} else if (before && before->last == run->start - 1 && continues(tree, before, run)) {
		piece[nr] = *before;
		piece[nr++].last = run->last;
		nr_old++;
		at--;
	} else {
		piece[nr++] = *run;
	}
	if (old->last > run->last) {
		piece[nr] = *old;
		cut_before(tree, &piece[nr++], run->last + 1);
	} else if (after && after->start == run->last + 1 && continues(tree, run, after)) {
		piece[nr - 1].last = after->last;
		nr_old++;
	}
	return splice(tree, cursor, at, nr_old, piece, nr);
}

static bool clear_in_run(struct sim_run_tree *tree, struct cursor *cursor, unsigned long start, unsigned long last)
{
	const struct sim_run *old = covering(cursor, start, last);
	struct sim_run piece[2];
	unsigned int nr = 0;

	if (!old)
		return false;
	if (old->start < start) {
		piece[nr] = *old;
		piece[nr++].last = start - 1;
	}
	if (old->last > last) {
		piece[nr] = *old;
		cut_before(tree, &piece[nr++], last + 1);
	}
	return splice(tree, cursor, cursor->pos, 1, piece, nr);
}

/* Gives one whole run of a packed leaf another value, where that joins it to neither neighbour. */
static bool set_in_packed(const struct sim_run_tree *tree, const struct cursor *cursor, const struct sim_run *run)
{
	struct sim_run before, after;

	/* At the ends of a leaf the neighbours are elsewhere. */
	if (cursor->leaf->node.form == OPEN || !exactly(cursor, run->start, run->last, &before) ||
	    (!cursor->pos && cursor->leaf->prev))
		return false;
	if (cursor->pos) {
		leaf_read(cursor->leaf, cursor->pos - 1, &before);
		if (before.last == run->start - 1 && continues(tree, &before, run))
			return false;
	}
	if (run_after(cursor->leaf, cursor->pos, &after) && after.start == run->last + 1 &&
	    continues(tree, run, &after))
		return false;
	return leaf_change(cursor->leaf, cursor->pos, run);
}

unsigned long sim_run_clear(struct sim_run_tree *tree, unsigned long start, unsigned long last)
{
	unsigned long cleared = 0;
	struct cursor cursor;
	struct sim_run run;
	bool more = true;

	if (!tree->root)
		return 0;
	seek(tree, start, &cursor);
	if (clear_in_run(tree, &cursor, start, last)) {
		tree->nr_keys -= last - start + 1;
		return last - start + 1;
	}
	if (exactly(&cursor, start, last, &run)) {
		runs_remove(tree, &cursor, cursor.pos, 1);
		tree->nr_keys -= last - start + 1;
		return last - start + 1;
	}
	cleared = cut_off_left(tree, start, last);
	cleared += cut_off_right(tree, last);
	while (more && sim_run_next(tree, start, &run) && run.start <= last)
		cleared += clear_in_leaf(tree, run.start, last, &more);
	tree->nr_keys -= cleared;
	return cleared;
}

static void root_create(struct sim_run_tree *tree, const struct sim_run *run)
{
	tree->root = &leaf_create(LEAF_RUNS_MIN)->node;
	leaf_put(leaf_of(tree->root), 0, run);
	tree->nr_runs++;
}

/* What filling in order mostly is, once the tree is large: the next of equal runs, at the very end. */
static bool append_tile(struct sim_run_tree *tree, const struct sim_run *run)
{
	struct leaf *leaf = leaf_of(tree->finger);
	struct sim_run before;

	if (!leaf || leaf->node.form != TILED || leaf->next)
		return false;
	leaf_read(leaf, leaf->node.nr - 1, &before);
	if (continues(tree, &before, run) || !leaf_append_tile(leaf, run))
		return false;
	tree->nr_runs++;
	tree->nr_keys += run->last - run->start + 1;
	return true;
}

void sim_run_set(struct sim_run_tree *tree, unsigned long start, unsigned long last, unsigned long value,
		 unsigned long attr)
{
	struct sim_run run = { .start = start, .last = last, .value = value, .attr = attr };
	struct cursor cursor;

	if (append_tile(tree, &run))
		return;
	if (tree->root && !seek_gap(tree, start, last, &cursor)) {
		struct sim_run before;

		if (run_before(cursor.leaf, cursor.pos, &before) && before.last >= last &&
		    continues(tree, &before, &run))
			return;
		if (set_in_leaf(tree, &cursor, &run) || set_in_packed(tree, &cursor, &run))
			return;
		sim_run_clear(tree, start, last);
		if (tree->root)
			seek(tree, start, &cursor);
	}
	tree->nr_keys += last - start + 1;
	if (tree->root) {
		put_and_merge(tree, &cursor, &run);
		return;
	}
	root_create(tree, &run);
}

/* One piece of [@at, @last], which is not empty: whole, a gap or a run's. Returns its last key. */
static unsigned long count_piece(struct sim_run_tree *tree, unsigned long at, unsigned long last, bool up,
				 bool *balanced)
{
	struct sim_run run;

	if (!sim_run_clip(tree, at, last, &run)) {
		run.start = last + 1;
		run.last = last;
	}
	if (run.start != at) {
		if (up)
			sim_run_set(tree, at, run.start - 1, 1, 0);
		else
			*balanced = false;
		return run.start - 1;
	}
	if (up)
		sim_run_set(tree, at, run.last, run.value + 1, 0);
	else if (run.value > 1)
		sim_run_set(tree, at, run.last, run.value - 1, 0);
	else
		sim_run_clear(tree, at, run.last);
	return run.last;
}

bool sim_run_count(struct sim_run_tree *tree, unsigned long start, unsigned long last, bool up)
{
	const struct sim_run one = { .start = start, .last = last, .value = 1 };
	bool balanced = true;
	struct cursor cursor;

	/* What most are: the first count of a gap, and the last one of what was counted so. */
	if (!tree->root && up) {
		tree->nr_keys += last - start + 1;
		root_create(tree, &one);
		return true;
	}
	if (tree->root && up && seek_gap(tree, start, last, &cursor)) {
		tree->nr_keys += last - start + 1;
		put_and_merge(tree, &cursor, &one);
		return true;
	}
	if (tree->root && !up) {
		struct sim_run run;

		seek(tree, start, &cursor);
		if (exactly(&cursor, start, last, &run) && run.value == 1) {
			runs_remove(tree, &cursor, cursor.pos, 1);
			tree->nr_keys -= last - start + 1;
			return true;
		}
	}
	for (unsigned long at = start, end;; at = end + 1) {
		end = count_piece(tree, at, last, up, &balanced);
		if (end == last)
			return balanced;
	}
}
