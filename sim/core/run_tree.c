// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The store for runs: a B+-tree of disjoint runs, ordered by start.
 *
 * Runs lie in leaves of up to 31, which are linked in order; a leaf and an inner
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
 */
#include <sim/run_tree.h>
#include <sim/world.h>

#include <stdint.h>
#include <string.h>

#define LEAF_RUNS 31
#define LEAF_RUNS_MIN 3
#define NODE_BYTES 1024
#define RUN_LONGS (sizeof(struct sim_run) / sizeof(long))
#define INNER_CHILDREN 63
/* By the quarter rule neighbours have 16 children on the average at least: far more than memory can hold. */
#define LEVELS_MAX 16
#define LEVELS_UNKNOWN (~0u)

struct sim_run_node {
	unsigned short nr;	/* runs or children */
	unsigned short room;
	unsigned short level;	/* 0: a leaf */
};

struct leaf {
	struct sim_run_node node;
	struct leaf *prev, *next;
	struct sim_run runs[];
};

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
	return sizeof(struct leaf) + room * sizeof(struct sim_run);
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

/* The last of @nr entries that is <= @key, as the first is known to be; @stride in longs. No branch depends on data. */
static unsigned int last_not_above(const unsigned long *entry, size_t stride, unsigned int nr, unsigned long key)
{
	unsigned int base = 0;

	while (nr > 1) {
		unsigned int half = nr / 2;

		base += entry[(base + half) * stride] <= key ? half : 0;
		nr -= half;
	}
	return base;
}

/*
 * Asks for what a search of this node looks at first. A binary search waits for
 * one cache line after the other; asked for together, they come together.
 */
static void prefetch(const struct sim_run_node *node)
{
	const char *at = (const char *)node;

	__builtin_prefetch(at);
	for (unsigned int offset = 64; offset < NODE_BYTES; offset += 64)
		__builtin_prefetch(at + offset);
}

/* From the root down to the leaf of the cursor's key, on which the finger is laid. */
static void descend(struct sim_run_tree *tree, struct cursor *cursor)
{
	struct sim_run_node *node = tree->root;
	unsigned int levels = 0, level = node->level;
	unsigned long first = 0, last = ~0ul;

	while (level--) {
		struct inner *inner = inner_of(node);
		unsigned int index = last_not_above(inner->key, 1, node->nr, cursor->key);

		cursor->inner[levels] = inner;
		cursor->index[levels++] = index;
		if (index)
			first = inner->key[index];
		if (index + 1 < node->nr)
			last = inner->key[index + 1] - 1;
		node = inner->child[index];
		prefetch(node);
	}
	cursor->levels = levels;
	cursor->leaf = leaf_of(node);
	tree->finger = node;
	tree->finger_first = first;
	tree->finger_last = last;
}

/* The tree is not empty. It is not changed, save for its finger. */
static void seek(const struct sim_run_tree *tree, unsigned long key, struct cursor *cursor)
{
	struct leaf *leaf;

	cursor->key = key;
	if (tree->finger && key - tree->finger_first <= tree->finger_last - tree->finger_first) {
		cursor->leaf = leaf_of(tree->finger);
		cursor->levels = LEVELS_UNKNOWN;
	} else {
		descend((struct sim_run_tree *)tree, cursor);
	}
	leaf = cursor->leaf;
	cursor->pos = -1;
	if (leaf->runs[0].start <= key)
		cursor->pos = last_not_above(&leaf->runs[0].start, RUN_LONGS, leaf->node.nr, key);
}

/* Before the tree's shape, or a bound, changes: the cursor gets its inner nodes, and the finger is lifted. */
static void way_to(struct sim_run_tree *tree, struct cursor *cursor)
{
	if (cursor->levels == LEVELS_UNKNOWN)
		descend(tree, cursor);
	tree->finger = NULL;
}

/* The last run that starts at or before the key sought, or NULL. */
static struct sim_run *run_before(const struct cursor *cursor)
{
	struct leaf *leaf = cursor->leaf;

	if (cursor->pos >= 0)
		return &leaf->runs[cursor->pos];
	leaf = leaf->prev;
	return leaf ? &leaf->runs[leaf->node.nr - 1] : NULL;
}

/* The first run that starts behind the key sought, or NULL. */
static struct sim_run *run_after(const struct cursor *cursor)
{
	struct leaf *leaf = cursor->leaf;

	if (cursor->pos + 1 < leaf->node.nr)
		return &leaf->runs[cursor->pos + 1];
	leaf = leaf->next;
	return leaf ? &leaf->runs[0] : NULL;
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

bool sim_run_find(const struct sim_run_tree *tree, unsigned long key, struct sim_run *run)
{
	const struct sim_run *found;
	struct cursor cursor;

	if (!tree->root)
		return false;
	seek(tree, key, &cursor);
	found = run_before(&cursor);
	if (!found || found->last < key)
		return false;
	*run = *found;
	return true;
}

bool sim_run_next(const struct sim_run_tree *tree, unsigned long key, struct sim_run *run)
{
	const struct sim_run *found;
	struct cursor cursor;

	if (!tree->root)
		return false;
	seek(tree, key, &cursor);
	found = run_before(&cursor);
	if (!found || found->last < key)
		found = run_after(&cursor);
	if (!found)
		return false;
	*run = *found;
	return true;
}

bool sim_run_prev(const struct sim_run_tree *tree, unsigned long key, struct sim_run *run)
{
	const struct sim_run *found;
	struct cursor cursor;

	if (!tree->root)
		return false;
	seek(tree, key, &cursor);
	found = run_before(&cursor);
	if (!found)
		return false;
	*run = *found;
	return true;
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
			const struct sim_run *run = &leaf->runs[pos];

			if (run->start > last)
				return covered;
			if (run->last < start)
				continue;
			covered += (run->last < last ? run->last : last) -
				   (run->start > start ? run->start : start) + 1;
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

static void leaf_move(struct leaf *from, unsigned int cut, struct leaf *to)
{
	unsigned int nr = from->node.nr - cut;

	memcpy(&to->runs[to->node.nr], &from->runs[cut], nr * sizeof(to->runs[0]));
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

static void leaf_put(struct leaf *leaf, unsigned int at, const struct sim_run *run)
{
	memmove(&leaf->runs[at + 1], &leaf->runs[at], (leaf->node.nr - at) * sizeof(leaf->runs[0]));
	leaf->runs[at] = *run;
	leaf->node.nr++;
}

/* Splits the cursor's full leaf and puts @run where it belongs. */
static void leaf_split(struct sim_run_tree *tree, struct cursor *cursor, const struct sim_run *run)
{
	struct leaf *left = cursor->leaf, *right = leaf_create(LEAF_RUNS);
	unsigned int at = cursor->pos + 1, cut = left->node.nr / 2;

	way_to(tree, cursor);
	/* Keys that come in ascending or descending order leave full leaves behind. */
	if (at == left->node.nr && !left->next)
		cut = at;
	else if (at == 0 && !left->prev)
		cut = 0;
	right->prev = left;
	right->next = left->next;
	left->next = right;
	if (right->next)
		right->next->prev = right;
	leaf_move(left, cut, right);
	if (at > cut || !right->node.nr)
		leaf_put(right, at - cut, run);
	else
		leaf_put(left, at, run);
	child_insert(tree, cursor, right->runs[0].start, &right->node);
}

/* @run starts behind the cursor's position and before the run that follows. */
static void run_insert(struct sim_run_tree *tree, struct cursor *cursor, const struct sim_run *run)
{
	struct leaf *leaf = cursor->leaf;

	tree->nr_runs++;
	if (leaf->node.nr < leaf->node.room) {
		leaf_put(leaf, cursor->pos + 1, run);
		return;
	}
	if (leaf->node.room == LEAF_RUNS) {
		leaf_split(tree, cursor, run);
		return;
	}
	/* 3, 7, 15, 31: with the heads, the sizes of sim_alloc()'s classes. */
	tree->finger = NULL;
	leaf = sim_realloc(leaf, leaf_bytes(leaf->node.room * 2 + 1));
	leaf->node.room = leaf->node.room * 2 + 1;
	tree->root = &leaf->node;
	leaf_put(leaf, cursor->pos + 1, run);
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
	if (left->nr + right->nr > left->room - left->room / 4)
		return false;
	if (left->level) {
		unsigned int seam = left->nr;

		inner_move(inner_of(right), 0, inner_of(left));
		inner_of(left)->key[seam] = parent->key[at + 1];
	} else {
		leaf_move(leaf_of(right), 0, leaf_of(left));
	}
	node_free(right);
	child_remove(parent, at + 1);
	return true;
}

/* The cursor's leaf has lost runs: tidies the way up. The cursor is spent. */
static void shrink(struct sim_run_tree *tree, struct cursor *cursor)
{
	struct sim_run_node *node = &cursor->leaf->node;
	unsigned int level;

	if (node->nr > node->room / 4)
		return;
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
	if (!node->nr) {
		node_free(node);
		tree->root = NULL;
		return;
	}
	while (tree->root->level && tree->root->nr == 1) {
		node = tree->root;
		tree->root = inner_of(node)->child[0];
		sim_free(node);
	}
}

/* Removes @nr runs from position @at of the cursor's leaf. The cursor is spent. */
static void runs_remove(struct sim_run_tree *tree, struct cursor *cursor, unsigned int at, unsigned int nr)
{
	struct leaf *leaf = cursor->leaf;

	if (!nr)
		return;
	leaf->node.nr -= nr;
	memmove(&leaf->runs[at], &leaf->runs[at + nr], (leaf->node.nr - at) * sizeof(leaf->runs[0]));
	tree->nr_runs -= nr;
	shrink(tree, cursor);
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
	struct sim_run *run, tail;
	struct cursor cursor;

	seek(tree, start, &cursor);
	run = run_before(&cursor);
	if (!run || run->start == start || run->last < start)
		return 0;
	tail = *run;
	run->last = start - 1;
	if (tail.last <= last)
		return tail.last - start + 1;
	cut_before(tree, &tail, last + 1);
	seek(tree, tail.start, &cursor);
	run_insert(tree, &cursor, &tail);
	return last - start + 1;
}

/* Clears the runs of one leaf that start in [@start, @last]. Returns the keys freed; *@more: look at the next leaf. */
static unsigned long clear_in_leaf(struct sim_run_tree *tree, unsigned long start, unsigned long last, bool *more)
{
	unsigned long cleared = 0;
	unsigned int at, end;
	struct cursor cursor;
	unsigned long *bound;
	struct leaf *leaf;

	seek(tree, start, &cursor);
	leaf = cursor.leaf;
	at = cursor.pos < 0 || leaf->runs[cursor.pos].start < start ? cursor.pos + 1 : cursor.pos;
	for (end = at; end < leaf->node.nr && leaf->runs[end].last <= last; end++)
		cleared += leaf->runs[end].last - leaf->runs[end].start + 1;
	*more = end == leaf->node.nr;
	if (!*more && leaf->runs[end].start <= last) {
		cleared += last - leaf->runs[end].start + 1;
		cut_before(tree, &leaf->runs[end], last + 1);
		/* The leaf's last run may have moved past a bound that lay low; what follows starts behind its end. */
		bound = end + 1 == leaf->node.nr ? next_bound(tree, &cursor) : NULL;
		if (bound && *bound <= last + 1)
			*bound = last + 2;
	}
	runs_remove(tree, &cursor, at, end - at);
	return cleared;
}

/* The cursor's run where it is exactly [@start, @last], as what was set mostly is when it is changed. */
static struct sim_run *exactly(const struct cursor *cursor, unsigned long start, unsigned long last)
{
	struct sim_run *run = cursor->pos < 0 ? NULL : &cursor->leaf->runs[cursor->pos];

	return run && run->start == start && run->last == last ? run : NULL;
}

/* Nothing in the tree overlaps @run; @cursor stands where it belongs. */
static void put_and_merge(struct sim_run_tree *tree, struct cursor *cursor, const struct sim_run *run)
{
	struct sim_run *before = run_before(cursor), *after = run_after(cursor);

	if (before && (before->last != run->start - 1 || !continues(tree, before, run)))
		before = NULL;
	if (after && (after->start != run->last + 1 || !continues(tree, run, after)))
		after = NULL;
	if (before && after) {
		unsigned long gone = after->start;

		before->last = after->last;
		seek(tree, gone, cursor);
		runs_remove(tree, cursor, cursor->pos, 1);
	} else if (before) {
		before->last = run->last;
	} else if (after) {
		if (cursor->pos + 1 == cursor->leaf->node.nr) {
			unsigned long *bound = next_bound(tree, cursor);

			if (*bound > run->start)
				*bound = run->start;
		}
		after->start = run->start;
		after->value = run->value;
	} else {
		run_insert(tree, cursor, run);
	}
}

/* Is [@start, @last] of the tree free? Leaves the cursor at @start. */
static bool seek_gap(const struct sim_run_tree *tree, unsigned long start, unsigned long last, struct cursor *cursor)
{
	const struct sim_run *run;

	seek(tree, start, cursor);
	run = run_before(cursor);
	if (run && run->last >= start)
		return false;
	run = run_after(cursor);
	return !run || run->start > last;
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
		shrink(tree, cursor);
	return true;
}

/* The run at the cursor that covers [@start, @last], where its leaf can be changed in place. */
static struct sim_run *covering(const struct cursor *cursor, unsigned long start, unsigned long last)
{
	const struct leaf *leaf = cursor->leaf;
	struct sim_run *old = cursor->pos < 0 ? NULL : &cursor->leaf->runs[cursor->pos];

	if (!old || old->last < last || (cursor->pos + 1 == leaf->node.nr && leaf->next))
		return NULL;
	return old;
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
	cleared = cut_off_left(tree, start, last);
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

void sim_run_set(struct sim_run_tree *tree, unsigned long start, unsigned long last, unsigned long value,
		 unsigned long attr)
{
	struct sim_run run = { .start = start, .last = last, .value = value, .attr = attr };
	struct cursor cursor;

	if (tree->root && !seek_gap(tree, start, last, &cursor)) {
		const struct sim_run *before = run_before(&cursor);

		if (before && before->last >= last && continues(tree, before, &run))
			return;
		if (set_in_leaf(tree, &cursor, &run))
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
		const struct sim_run *run;

		seek(tree, start, &cursor);
		run = exactly(&cursor, start, last);
		if (run && run->value == 1) {
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
