// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The run tree against an oracle that keeps one entry a key.
 *
 * The oracle covers a window of keys, which is laid at the bottom, in the middle
 * or at the very top of the key space. After each operation of a random sequence
 * (small window), or each few hundred (large window), every question that the
 * header offers is put to both. The tree's file itself is included, so that its
 * shape can be checked as well: bounds, links, and what the finger claims.
 */
#include <run_tree.c>

#include "suite.h"
#include <sim/rng.h>

const char suite_name[] = "core_run_tree";

struct key {
	bool there;
	unsigned long value, attr;
};

struct oracle {
	struct sim_run_tree tree;
	unsigned long base;	/* key of key[0] */
	unsigned int nr;
	struct key *key;
};

static void oracle_init(struct oracle *oracle, enum sim_run_kind kind, unsigned long base, unsigned int nr)
{
	sim_run_tree_init(&oracle->tree, kind);
	oracle->base = base;
	oracle->nr = nr;
	oracle->key = sim_zalloc(nr * sizeof(*oracle->key));
}

static void oracle_set(struct oracle *oracle, unsigned int first, unsigned int last, unsigned long value,
		       unsigned long attr)
{
	bool linear = oracle->tree.kind == SIM_RUN_LINEAR;

	for (unsigned int i = first; i <= last; i++)
		oracle->key[i] = (struct key){ true, value + (linear ? i - first : 0), attr };
	sim_run_set(&oracle->tree, oracle->base + first, oracle->base + last, value, attr);
}

static unsigned int oracle_covered(const struct oracle *oracle, unsigned int first, unsigned int last)
{
	unsigned int covered = 0;

	for (unsigned int i = first; i <= last; i++)
		covered += oracle->key[i].there;
	return covered;
}

static void oracle_clear(struct oracle *oracle, unsigned int first, unsigned int last)
{
	unsigned int covered = oracle_covered(oracle, first, last);

	memset(&oracle->key[first], 0, (last - first + 1) * sizeof(*oracle->key));
	must(sim_run_clear(&oracle->tree, oracle->base + first, oracle->base + last) == covered);
}

/* Is key @i + 1 in the same run as key @i? */
static bool goes_on(const struct oracle *oracle, unsigned int i)
{
	const struct key *key = &oracle->key[i];
	unsigned long step = oracle->tree.kind == SIM_RUN_LINEAR;

	return i + 1 < oracle->nr && key[0].there && key[1].there && key[1].attr == key[0].attr &&
	       key[1].value == key[0].value + step;
}

/* The run that starts at key @i, as the oracle knows it. */
static struct sim_run oracle_run(const struct oracle *oracle, unsigned int i)
{
	struct sim_run run = { oracle->base + i, 0, oracle->key[i].value, oracle->key[i].attr };

	while (goes_on(oracle, i))
		i++;
	run.last = oracle->base + i;
	return run;
}

static bool same_run(const struct sim_run *a, const struct sim_run *b)
{
	return a->start == b->start && a->last == b->last && a->value == b->value && a->attr == b->attr;
}

struct shape {
	const struct sim_run_tree *tree;
	struct leaf *leaf;	/* the last one seen */
	unsigned long behind;	/* the last run seen */
	size_t nr_runs;
};

static void check_leaf(struct shape *shape, struct leaf *leaf, unsigned long first, unsigned long last)
{
	must(leaf->node.nr >= 1 && leaf->node.nr <= leaf->node.room);
	must((leaf->node.form != OPEN) == (leaf->node.room > LEAF_RUNS));
	must(leaf->prev == shape->leaf && (!leaf->prev || leaf->prev->next == leaf));
	if (shape->tree->finger == &leaf->node)
		must(shape->tree->finger_first == first && shape->tree->finger_last == last);
	for (unsigned int i = 0; i < leaf->node.nr; i++) {
		struct sim_run run;

		leaf_read(leaf, i, &run);
		must(run.start >= first && run.start <= last && run.start <= run.last);
		must((!shape->nr_runs && !i) || shape->behind < run.start);
		must(leaf_pos(leaf, i, run.start) == i && leaf_pos(leaf, 0, run.last) == i);
		must(leaf_pos(leaf, leaf->node.nr - 1, run.start) == i);
		shape->behind = run.last;
	}
	shape->nr_runs += leaf->node.nr;
	shape->leaf = leaf;
}

/* @first, @last: between which all starts of the node lie. */
static void check_node(struct shape *shape, struct sim_run_node *node, unsigned long first, unsigned long last)
{
	struct inner *inner = inner_of(node);

	must(first <= last);
	if (!node->level) {
		check_leaf(shape, leaf_of(node), first, last);
		return;
	}
	must(node->nr >= 1 && node->nr <= INNER_CHILDREN);
	for (unsigned int i = 0; i < node->nr; i++) {
		must(inner->child[i]->level == node->level - 1);
		must(!i || (inner->key[i] >= first && inner->key[i] <= last));
		check_node(shape, inner->child[i], i ? inner->key[i] : first,
			   i + 1 < node->nr ? inner->key[i + 1] - 1 : last);
	}
}

static void check_shape(const struct sim_run_tree *tree)
{
	struct shape shape = { .tree = tree };

	if (tree->root) {
		check_node(&shape, tree->root, 0, ~0ul);
		must(shape.leaf->next == NULL);
	} else {
		must(tree->finger == NULL);
	}
	must(shape.nr_runs == tree->nr_runs);
}

/* Every run of the tree, by next() and by list(), is one of the oracle's, maximal, and in order; the counts agree. */
static void check_runs(const struct oracle *oracle)
{
	unsigned int nr_runs = 0, nr_listed = 0, listed = 0;
	struct sim_run run, list[7];

	check_shape(&oracle->tree);
	for (unsigned int i = 0; i < oracle->nr; i++) {
		struct sim_run want;

		if (!oracle->key[i].there)
			continue;
		want = oracle_run(oracle, i);
		must(sim_run_next(&oracle->tree, oracle->base + i, &run));
		must(same_run(&run, &want));
		if (listed == nr_listed) {
			nr_listed = sim_run_list(&oracle->tree, oracle->base + i, list, 7);
			must(nr_listed >= 1 && nr_listed <= 7);
			listed = 0;
		}
		must(same_run(&list[listed++], &want));
		i = want.last - oracle->base;
		nr_runs++;
	}
	must(listed == nr_listed);
	must(oracle->tree.nr_runs == nr_runs);
	must(oracle->tree.nr_keys == oracle_covered(oracle, 0, oracle->nr - 1));
}

/* What find, next and prev say of key @i. @before: start of the last run at or before it, or -1; @after likewise. */
static void check_key(const struct oracle *oracle, unsigned int i, int before, int after)
{
	unsigned long key = oracle->base + i;
	struct sim_run run, want;

	must(sim_run_find(&oracle->tree, key, &run) == oracle->key[i].there);
	if (oracle->key[i].there) {
		want = oracle_run(oracle, before);
		must(same_run(&run, &want));
	}
	must(sim_run_prev(&oracle->tree, key, &run) == (before >= 0));
	if (before >= 0) {
		want = oracle_run(oracle, before);
		must(same_run(&run, &want));
	}
	must(sim_run_list(&oracle->tree, key, &run, 1) == (after >= 0));
	if (after >= 0) {
		want = oracle_run(oracle, after);
		must(same_run(&run, &want));
	}
	must(sim_run_next(&oracle->tree, key, &run) == (after >= 0));
	if (after >= 0) {
		want = oracle_run(oracle, after);
		must(same_run(&run, &want));
	}
}

static void check_keys(const struct oracle *oracle)
{
	int before = -1, next;

	for (unsigned int i = 0; i < oracle->nr; i++) {
		if (oracle->key[i].there && (!i || !goes_on(oracle, i - 1)))
			before = i;
		next = i;
		if (oracle->key[i].there)
			next = before;
		while (next >= 0 && !oracle->key[next].there)
			next = next + 1 < (int)oracle->nr ? next + 1 : -1;
		check_key(oracle, i, before, next);
	}
}

/* A window: what clip and covered say of it. */
static void check_window(const struct oracle *oracle, unsigned int first, unsigned int last)
{
	unsigned long start = oracle->base + first;
	bool linear = oracle->tree.kind == SIM_RUN_LINEAR;
	unsigned int at = first;
	struct sim_run run;

	must(sim_run_covered(&oracle->tree, start, oracle->base + last) == oracle_covered(oracle, first, last));
	while (at <= last && !oracle->key[at].there)
		at++;
	must(sim_run_clip(&oracle->tree, start, oracle->base + last, &run) == (at <= last));
	if (at > last)
		return;
	must(run.start == oracle->base + at);
	must(run.value == oracle->key[at].value);
	must(run.last <= oracle->base + last);
	while (at < last && goes_on(oracle, at))
		at++;
	must(run.last == oracle->base + at);
	must(run.value + (linear ? run.last - run.start : 0) == oracle->key[at].value);
}

/* One random operation. Values are few, so that neighbours often continue each other. */
static void random_op(struct oracle *oracle, struct sim_rng *rng, unsigned int length_max)
{
	unsigned int first = sim_rng_below(rng, oracle->nr);
	unsigned int last = first + sim_rng_below(rng, length_max);
	bool linear = oracle->tree.kind == SIM_RUN_LINEAR;

	if (last >= oracle->nr)
		last = oracle->nr - 1;
	if (sim_rng_below(rng, 5) < 3) {
		unsigned long value = (linear ? first : 0) + sim_rng_below(rng, 2) * 1000;

		oracle_set(oracle, first, last, value, sim_rng_below(rng, 8) / 7);
	} else {
		oracle_clear(oracle, first, last);
	}
}

static const unsigned long bases[] = { 0, 1ul << 40, ~0ul - 199 };
#define NR_CASES 6

static enum sim_run_kind case_kind(int i)
{
	return i & 1 ? SIM_RUN_LINEAR : SIM_RUN_CONSTANT;
}

/* 200 keys at the bottom, in the middle and at the top of the key space: everything is asked after each operation. */
START_TEST(small_windows)
{
	struct sim_world *world = sim_world_create(NULL);
	struct oracle oracle;
	struct sim_rng rng;

	sim_rng_init(&rng, _i);
	oracle_init(&oracle, case_kind(_i), bases[_i / 2], 200);
	for (int op = 0; op < 1500; op++) {
		unsigned int first, last;

		random_op(&oracle, &rng, 1 + (op & 31));
		first = sim_rng_below(&rng, 200);
		last = first + sim_rng_below(&rng, 200 - first);
		check_window(&oracle, first, last);
		if (op % 8)
			continue;
		check_runs(&oracle);
		check_keys(&oracle);
	}
	sim_run_tree_destroy(&oracle.tree);
	ck_assert_uint_eq(oracle.tree.nr_runs, 0);
	ck_assert(!sim_run_next(&oracle.tree, 0, &(struct sim_run){}));
	sim_world_destroy(world);
}
END_TEST

/*
 * 20,000 keys and short runs, so that the tree has inner nodes: filled at random,
 * then thinned out by clears that grow until nothing is left, three times over.
 */
START_TEST(large_windows)
{
	struct sim_world *world = sim_world_create(NULL);
	unsigned long base = _i / 2 == 2 ? ~0ul - 19999 : bases[_i / 2];
	struct oracle oracle;
	struct sim_rng rng;

	sim_rng_init(&rng, 100 + _i);
	oracle_init(&oracle, case_kind(_i), base, 20000);
	for (int round = 0; round < 3; round++) {
		for (int op = 0; op < 20000; op++) {
			random_op(&oracle, &rng, 2);
			if (!(op % 64))
				check_shape(&oracle.tree);
		}
		check_runs(&oracle);
		for (unsigned int length = 1; oracle.tree.nr_runs; length += 1 + length / 8) {
			unsigned int first = sim_rng_below(&rng, 20000);
			unsigned int last = first + length < 20000 ? first + length : 19999;

			if (length > 20000)
				first = 0;
			oracle_clear(&oracle, first, last);
			if (!(length & 7))
				random_op(&oracle, &rng, 40);
			check_window(&oracle, first, last);
			check_runs(&oracle);
		}
	}
	ck_assert_ptr_null(oracle.tree.root);
	sim_world_destroy(world);
}
END_TEST

/* A stretch of equal runs, one behind the other, of which none continues the one before. */
static void set_tiles(struct oracle *oracle, struct sim_rng *rng)
{
	unsigned int length = 1 + sim_rng_below(rng, 4), nr = 1 + sim_rng_below(rng, 400);
	unsigned int first = sim_rng_below(rng, oracle->nr);

	for (; nr-- && first + length <= oracle->nr; first += length)
		oracle_set(oracle, first, first + length - 1, 7 + 3ul * first, 0);
}

/* One run that does not fit what lies about it: its value or attr is far away, or it is long. */
static void set_stranger(struct oracle *oracle, struct sim_rng *rng)
{
	unsigned int rows = sim_rng_below(rng, 12), length = 1 + rows * sim_rng_below(rng, 12);
	unsigned int first = sim_rng_below(rng, oracle->nr);
	unsigned int last = first + length - 1 < oracle->nr ? first + length - 1 : oracle->nr - 1;
	unsigned long far = 1ul << (8 + sim_rng_below(rng, 55));
	unsigned long value = sim_rng_below(rng, 2) ? far : -far;

	oracle_set(oracle, first, last, value, sim_rng_below(rng, 4) ? 0 : far);
}

static const struct leaf *first_leaf(const struct sim_run_tree *tree)
{
	struct sim_run_node *node = tree->root;

	while (node && node->level)
		node = inner_of(node)->child[0];
	return leaf_of(node);
}

static unsigned int nr_leaves(const struct sim_run_tree *tree, enum form form)
{
	unsigned int nr = 0;

	for (const struct leaf *leaf = first_leaf(tree); leaf; leaf = leaf->next)
		nr += leaf->node.form == form;
	return nr;
}

/*
 * 6,000 keys in which leaves are tiled, packed and open by turns: stretches of equal
 * runs, holes of one key in them, runs of one key between, and strangers that no column is
 * wide enough for. Each form of leaf comes to be, and all is as in the array throughout.
 */
START_TEST(forms)
{
	unsigned long base = _i / 2 == 2 ? ~0ul - 5999 : bases[_i / 2];
	struct sim_world *world = sim_world_create(NULL);
	unsigned int seen[TORN + 1] = {};
	struct oracle oracle;
	struct sim_rng rng;

	sim_rng_init(&rng, 200 + _i);
	oracle_init(&oracle, case_kind(_i), base, 6000);
	for (int step = 0; step < 1500; step++) {
		unsigned int first = sim_rng_below(&rng, 6000), last = first + sim_rng_below(&rng, 6000 - first);

		switch (sim_rng_below(&rng, 16)) {
		case 0:
			set_tiles(&oracle, &rng);
			break;
		case 1:
			set_stranger(&oracle, &rng);
			break;
		case 2:
			random_op(&oracle, &rng, 30);
			break;
		case 3:
			if (!sim_rng_below(&rng, 16))
				oracle_clear(&oracle, first, last);
			break;
		default:
			if (step & 64)
				oracle_clear(&oracle, first, first);
			else
				oracle_set(&oracle, first, first, sim_rng_next(&rng) >> 34, 0);
		}
		check_shape(&oracle.tree);
		check_window(&oracle, first, last);
		for (enum form form = OPEN; form <= TORN; form++)
			seen[form] += nr_leaves(&oracle.tree, form);
		if (step % 50)
			continue;
		check_runs(&oracle);
		check_keys(&oracle);
	}
	for (enum form form = OPEN; form <= TORN; form++)
		ck_assert_uint_gt(seen[form], 0);
	sim_world_destroy(world);
}
END_TEST

/*
 * What a page costs, as bench/store.c measures it: pages of memory in runs of 512, 16
 * and 1 page take no more nodes than four bytes a run fill, in whatever order
 * of magnitude their frames lie. Taking every other one out lets no leaf stay that could join.
 */
START_TEST(density)
{
	static const unsigned long run_pages[] = { 512, 16, 1 };
	const unsigned long nr = 24000, pages = run_pages[_i];
	struct sim_world *world = sim_world_create(NULL);
	struct sim_run_tree tree;
	unsigned int leaves;

	sim_run_tree_init(&tree, SIM_RUN_LINEAR);
	for (unsigned long i = 0; i < nr; i++)
		sim_run_set(&tree, i * pages, (i + 1) * pages - 1, 1ul << 40 | 2 * i * pages, 0);
	ck_assert_uint_eq(tree.nr_runs, nr);
	ck_assert_uint_eq(nr_leaves(&tree, TILED), nr / PACKED_RUNS_MAX);
	ck_assert_uint_eq(nr_leaves(&tree, PACKED) + nr_leaves(&tree, OPEN), 0);
	for (unsigned long i = 0; i < nr; i += 2)
		ck_assert_uint_eq(sim_run_clear(&tree, i * pages, (i + 1) * pages - 1), pages);
	check_shape(&tree);
	leaves = nr_leaves(&tree, TILED) + nr_leaves(&tree, PACKED) + nr_leaves(&tree, OPEN);
	ck_assert_uint_le(leaves, 3 * nr / PACKED_RUNS_MAX);
	sim_world_destroy(world);
}
END_TEST

/*
 * Single pages that come in no order: leaves lie in columns while there are holes, and
 * are tiled once the last one is closed. Where a page goes and comes back they do not change to and fro.
 */
START_TEST(closed_gaps)
{
	const unsigned long nr = 4096;
	struct sim_world *world = sim_world_create(NULL);
	struct sim_run_tree tree;
	struct sim_run run;
	unsigned long at;

	sim_run_tree_init(&tree, SIM_RUN_LINEAR);
	for (unsigned long i = 0; i < nr; i++) {
		if (i == nr - 1)
			ck_assert_uint_ge(nr_leaves(&tree, PACKED), 1);
		at = i * 0x9e3779b1 % nr;
		sim_run_set(&tree, at, at, 2 * at, 0);
	}
	ck_assert_uint_eq(nr_leaves(&tree, PACKED) + nr_leaves(&tree, OPEN), 0);
	at = first_leaf(&tree)->node.nr / 2;
	for (int twice = 0; twice < 2; twice++) {
		sim_run_clear(&tree, at, at);
		ck_assert_uint_eq(nr_leaves(&tree, TORN), 1);
		sim_run_set(&tree, at, at, 2 * at, 0);
		ck_assert_uint_eq(nr_leaves(&tree, TORN), 1);
	}
	check_shape(&tree);
	for (unsigned long i = 0; i < nr; i++)
		ck_assert(sim_run_find(&tree, i, &run) && run.start == i && run.last == i && run.value == 2 * i);
	sim_world_destroy(world);
}
END_TEST

/* The whole key space as one run, holes punched into its ends, and put together again. */
START_TEST(whole_space)
{
	struct sim_world *world = sim_world_create(NULL);
	struct sim_run_tree tree;
	struct sim_run run;

	sim_run_tree_init(&tree, SIM_RUN_LINEAR);
	sim_run_set(&tree, 0, ~0ul, 5, 1);
	ck_assert_uint_eq(tree.nr_runs, 1);
	ck_assert_uint_eq(tree.nr_keys, 0);	/* 2^64 */
	ck_assert(sim_run_find(&tree, ~0ul, &run));
	ck_assert_uint_eq(run.start, 0);
	ck_assert_uint_eq(sim_run_covered(&tree, 1, ~0ul), ~0ul);
	ck_assert_uint_eq(sim_run_clear(&tree, 0, 0), 1);
	ck_assert_uint_eq(sim_run_clear(&tree, ~0ul, ~0ul), 1);
	ck_assert_uint_eq(sim_run_clear(&tree, 1ul << 63, 1ul << 63), 1);
	ck_assert_uint_eq(tree.nr_keys, ~0ul - 2);
	ck_assert_uint_eq(tree.nr_runs, 2);
	ck_assert(!sim_run_find(&tree, 0, &run));
	ck_assert(!sim_run_prev(&tree, 0, &run));
	ck_assert(!sim_run_next(&tree, ~0ul, &run));
	ck_assert(sim_run_prev(&tree, ~0ul, &run));
	ck_assert_uint_eq(run.start, (1ul << 63) + 1);
	ck_assert_uint_eq(run.last, ~0ul - 1);
	ck_assert_uint_eq(run.value, 5 + (1ul << 63) + 1);
	sim_run_set(&tree, ~0ul, ~0ul, 4, 1);	/* 5 + (2^64 - 1), wrapped */
	sim_run_set(&tree, 1ul << 63, 1ul << 63, 5 + (1ul << 63), 1);
	sim_run_set(&tree, 0, 0, 5, 1);
	ck_assert_uint_eq(tree.nr_runs, 1);
	ck_assert_uint_eq(sim_run_clear(&tree, 0, ~0ul), 0);	/* 2^64 */
	ck_assert_uint_eq(tree.nr_runs, 0);
	ck_assert_uint_eq(tree.nr_keys, 0);
	sim_world_destroy(world);
}
END_TEST

/* Neighbours join only where value and attr both go on; setting what is there changes nothing. */
START_TEST(neighbours)
{
	struct sim_world *world = sim_world_create(NULL);
	struct sim_run_tree tree;
	struct sim_run run;

	sim_run_tree_init(&tree, SIM_RUN_LINEAR);
	sim_run_set(&tree, 10, 19, 100, 0);
	sim_run_set(&tree, 30, 39, 120, 0);
	sim_run_set(&tree, 20, 24, 110, 0);	/* joins the left */
	ck_assert_uint_eq(tree.nr_runs, 2);
	sim_run_set(&tree, 25, 29, 115, 0);	/* joins both */
	ck_assert_uint_eq(tree.nr_runs, 1);
	sim_run_set(&tree, 40, 49, 131, 0);	/* another value */
	sim_run_set(&tree, 0, 9, 90, 1);	/* another attr */
	ck_assert_uint_eq(tree.nr_runs, 3);
	sim_run_set(&tree, 12, 15, 102, 0);	/* as it is */
	ck_assert_uint_eq(tree.nr_runs, 3);
	ck_assert(sim_run_clip(&tree, 12, 15, &run));
	ck_assert_uint_eq(run.start, 12);
	ck_assert_uint_eq(run.last, 15);
	ck_assert_uint_eq(run.value, 102);
	ck_assert(sim_run_find(&tree, 15, &run));
	ck_assert_uint_eq(run.start, 10);
	ck_assert_uint_eq(run.last, 39);
	ck_assert_uint_eq(tree.nr_keys, 50);
	sim_world_destroy(world);
}
END_TEST

/*
 * Counts of 400 keys, in a window at the bottom and one at the top of the key space:
 * ranges are counted up and down at random, many of them the same ranges again and
 * some below zero; after each step all counts, runs and keys are as in an array.
 */
START_TEST(counts)
{
	const unsigned long base = _i ? ~0ul - 399 : 0;
	struct sim_world *world = sim_world_create(NULL);
	unsigned int count[400] = {}, first = 0, last = 0;
	struct sim_run_tree tree;
	struct sim_run run;
	struct sim_rng rng;

	sim_rng_init(&rng, 11);
	sim_run_tree_init(&tree, SIM_RUN_CONSTANT);
	for (int step = 0; step < 4000; step++) {
		bool up = sim_rng_below(&rng, 100) < (step / 500 % 2 ? 42 : 58), balanced = true;
		unsigned long keys = 0;

		if (sim_rng_below(&rng, 3)) {
			first = sim_rng_below(&rng, 400);
			last = first + sim_rng_below(&rng, 400 - first < 12 ? 400 - first : 12);
		}
		for (unsigned int i = first; i <= last; i++) {
			balanced &= up || count[i];
			count[i] += up ? 1 : count[i] ? -1 : 0;
		}
		must(sim_run_count(&tree, base + first, base + last, up) == balanced);
		for (unsigned int i = 0; i < 400; i++) {
			must(sim_run_find(&tree, base + i, &run) == (count[i] != 0));
			must(!count[i] || run.value == count[i]);
			keys += count[i] != 0;
		}
		must(tree.nr_keys == keys);
		check_shape(&tree);
	}
	sim_world_destroy(world);
}
END_TEST

/*
 * A 1 TiB guest on 2 MiB pages that lie apart: 524,288 runs of 512 pages. Filled
 * upward, downward and in no order; each one is found; then freed in stripes.
 */
START_TEST(one_tebibyte)
{
	const unsigned long nr = 524288;
	struct sim_world *world = sim_world_create(NULL);
	struct sim_run_tree tree;
	struct sim_run run;

	sim_run_tree_init(&tree, SIM_RUN_LINEAR);
	for (unsigned long i = 0; i < nr; i++) {
		unsigned long at = _i == 0 ? i : _i == 1 ? nr - 1 - i : i * 0x9e3779b1 % nr;

		sim_run_set(&tree, at * 512, at * 512 + 511, at * 1024, 0);
	}
	ck_assert_uint_eq(tree.nr_runs, nr);
	ck_assert_uint_eq(tree.nr_keys, nr * 512);
	for (unsigned long i = 0; i < nr; i++) {
		if (!sim_run_find(&tree, i * 512 + 77, &run) || run.start != i * 512 || run.value != i * 1024)
			ck_abort_msg("run %lu is lost", i);
	}
	check_shape(&tree);
	ck_assert_uint_eq(sim_run_covered(&tree, 0, ~0ul), nr * 512);
	for (unsigned long i = 0; i < nr; i += 2)
		sim_run_clear(&tree, i * 512, i * 512 + 511);
	ck_assert_uint_eq(tree.nr_runs, nr / 2);
	check_shape(&tree);
	ck_assert_uint_eq(sim_run_clear(&tree, 0, ~0ul), nr / 2 * 512);
	ck_assert_ptr_null(tree.root);
	sim_world_destroy(world);
}
END_TEST

void suite_fill(TCase *tcase)
{
	tcase_add_loop_test(tcase, small_windows, 0, NR_CASES);
	tcase_add_loop_test(tcase, large_windows, 0, NR_CASES);
	tcase_add_loop_test(tcase, forms, 0, NR_CASES);
	tcase_add_loop_test(tcase, density, 0, 3);
	tcase_add_test(tcase, closed_gaps);
	tcase_add_test(tcase, whole_space);
	tcase_add_test(tcase, neighbours);
	tcase_add_loop_test(tcase, counts, 0, 2);
	tcase_add_loop_test(tcase, one_tebibyte, 0, 3);
}
