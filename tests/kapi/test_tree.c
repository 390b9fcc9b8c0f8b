// SPDX-License-Identifier: GPL-2.0-or-later
/* Red-black trees, interval trees and span iteration, against arrays. */
#include <linux/interval_tree.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include "kt.h"

#define NR 64
#define SPACE 300

struct number {
	struct rb_node rb;
	unsigned int key;
	bool in;
};

/* Black nodes on each way down, or an error: red below red, a wrong parent, ways of different length. */
static int black_height(struct rb_node *node, struct rb_node *parent)
{
	int left, right;

	if (!node)
		return 0;
	kt_check(node->rb_parent == parent && !(node->rb_red && parent && parent->rb_red));
	left = black_height(node->rb_left, node);
	right = black_height(node->rb_right, node);
	kt_check(left == right);
	return left + !node->rb_red;
}

static bool before(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct number, rb)->key < rb_entry(b, struct number, rb)->key;
}

static int compare(const void *key, const struct rb_node *node)
{
	return (int)*(const unsigned int *)key - (int)rb_entry(node, struct number, rb)->key;
}

static void check_tree(struct rb_root *root, struct number *numbers)
{
	struct number *pos, *next;
	unsigned int in = 0, forward = 0, backward = 0, post = 0, last = 0;

	black_height(root->rb_node, NULL);
	kt_check(!root->rb_node || !root->rb_node->rb_red);
	for (unsigned int i = 0; i < NR; i++)
		in += numbers[i].in;
	for (struct rb_node *node = rb_first(root); node; node = rb_next(node), forward++) {
		kt_check(rb_entry(node, struct number, rb)->key >= last);
		last = rb_entry(node, struct number, rb)->key;
	}
	for (struct rb_node *node = rb_last(root); node; node = rb_prev(node))
		backward++;
	rbtree_postorder_for_each_entry_safe(pos, next, root, rb) {
		post++;
		kt_check(!next || rb_parent(&pos->rb) == &next->rb || rb_parent(&pos->rb));
	}
	kt_check(forward == in && backward == in && post == in && RB_EMPTY_ROOT(root) == !in);
}

/* Situation: numbers come, go and are replaced at random. Expectation: balanced, sorted, complete in each direction. */
static void rb_random(void)
{
	struct number numbers[NR] = { 0 }, twin;
	struct rb_root root = RB_ROOT;

	for (int step = 0; step < 400; step++) {
		struct number *number = &numbers[kt_random(NR)];

		if (!number->in) {
			number->key = kt_random(40);
			rb_add(&number->rb, &root, before);
		} else if (kt_random(4)) {
			kt_check(rb_find(&number->key, &root, compare));
			rb_erase(&number->rb, &root);
			RB_CLEAR_NODE(&number->rb);
			kt_check(RB_EMPTY_NODE(&number->rb));
		} else {
			/* out and back in place */
			twin.key = number->key;
			rb_replace_node(&number->rb, &twin.rb, &root);
			check_tree(&root, numbers);
			rb_replace_node(&twin.rb, &number->rb, &root);
			number->in = !number->in;
		}
		number->in = !number->in;
		check_tree(&root, numbers);
	}
}

static struct interval_tree_node nodes[NR];
static bool node_in[NR];

static bool covers(unsigned int i, unsigned long start, unsigned long last)
{
	return node_in[i] && nodes[i].start <= last && nodes[i].last >= start;
}

static bool covered(unsigned long at)
{
	for (unsigned int i = 0; i < NR; i++)
		if (covers(i, at, at))
			return true;
	return false;
}

/* Every node that overlaps, once, in order of start. */
static void check_window(struct rb_root_cached *root, unsigned long start, unsigned long last)
{
	struct interval_tree_node *node;
	unsigned int want = 0, got = 0;
	unsigned long previous = 0;

	for (unsigned int i = 0; i < NR; i++)
		want += covers(i, start, last);
	for (node = interval_tree_iter_first(root, start, last); node;
	     node = interval_tree_iter_next(node, start, last)) {
		kt_check(covers(node - nodes, start, last) && node->start >= previous);
		previous = node->start;
		got++;
	}
	kt_check(got == want);
}

static void check_span(const struct interval_tree_span_iter *span, unsigned long *at, int *before_was)
{
	kt_check(span->is_hole != *before_was);
	*before_was = span->is_hole;
	kt_check((span->is_hole ? span->start_hole : span->start_used) == *at);
	kt_check(span->last_hole >= *at && span->last_hole <= span->last_index);
	for (; *at <= span->last_used; ++*at)
		kt_check(covered(*at) == !span->is_hole);
}

/* Spans take turns, begin where the last one ended, and say the truth about each index. */
static void check_spans(struct rb_root_cached *root, unsigned long start, unsigned long last)
{
	struct interval_tree_span_iter span;
	unsigned long at = start, skip;
	int before_was = -1;

	interval_tree_for_each_span(&span, root, start, last)
		check_span(&span, &at, &before_was);
	kt_check(at == last + 1);
	/* jumping ahead: the span that holds the new index, from there */
	interval_tree_span_iter_first(&span, root, start, last);
	for (at = start; !interval_tree_span_iter_done(&span); at = skip) {
		kt_check(span.start_hole == at && covered(at) == !span.is_hole);
		kt_check(span.last_hole == last || covered(span.last_hole + 1) == !!span.is_hole);
		skip = at + 1 + kt_random(40);
		interval_tree_span_iter_advance(&span, root, skip);
		kt_check(interval_tree_span_iter_done(&span) == (skip > last));
	}
}

/*
 * Situation: intervals come and go at random. Expectation: overlaps and spans in random windows are what an array
 * says.
 */
static void interval_random(void)
{
	struct rb_root_cached root = RB_ROOT_CACHED;

	memset(node_in, 0, sizeof(node_in));
	for (int step = 0; step < 300; step++) {
		unsigned int i = kt_random(kt_random(2) ? NR : 10);
		unsigned long start = kt_random(SPACE), last = start + kt_random(SPACE - start);

		if (node_in[i]) {
			interval_tree_remove(&nodes[i], &root);
		} else {
			nodes[i].start = kt_random(SPACE);
			nodes[i].last = nodes[i].start + kt_random(kt_random(3) ? 12 : 120);
			interval_tree_insert(&nodes[i], &root);
		}
		node_in[i] = !node_in[i];
		black_height(root.rb_root.rb_node, NULL);
		check_window(&root, start, last);
		check_spans(&root, start, last);
	}
}

/* Situation: intervals at both ends of all indices. Expectation: nothing wraps. */
static void interval_edges(void)
{
	struct interval_tree_node low = { .start = 0, .last = 9 }, high = { .start = ULONG_MAX - 4, .last = ULONG_MAX };
	struct rb_root_cached root = RB_ROOT_CACHED;
	struct interval_tree_span_iter span;

	interval_tree_span_iter_first(&span, &root, 0, ULONG_MAX);
	kt_check(span.is_hole == 1 && span.start_hole == 0 && span.last_hole == ULONG_MAX);
	interval_tree_span_iter_next(&span);
	kt_check(interval_tree_span_iter_done(&span));
	interval_tree_insert(&high, &root);
	interval_tree_insert(&low, &root);
	kt_check(interval_tree_iter_first(&root, ULONG_MAX, ULONG_MAX) == &high);
	kt_check(!interval_tree_iter_first(&root, 10, ULONG_MAX - 5) && !interval_tree_iter_next(&low, 0, 100));
	interval_tree_span_iter_first(&span, &root, 5, ULONG_MAX);
	kt_check(!span.is_hole && span.start_used == 5 && span.last_used == 9);
	interval_tree_span_iter_next(&span);
	kt_check(span.is_hole && span.start_hole == 10 && span.last_hole == ULONG_MAX - 5);
	interval_tree_span_iter_advance(&span, &root, ULONG_MAX - 1);
	kt_check(!span.is_hole && span.start_used == ULONG_MAX - 1 && span.last_used == ULONG_MAX);
	interval_tree_span_iter_next(&span);
	kt_check(interval_tree_span_iter_done(&span));
}

struct member {
	struct list_head node;
	char letter;
};

static bool spells(struct list_head *list, const char *word)
{
	struct member *member;

	list_for_each_entry(member, list, node)
		if (*word++ != member->letter)
			return false;
	return !*word;
}

/* Situation: each list operation once. Expectation: the order that its name says. */
static void lists(void)
{
	struct member m[4] = { { .letter = 'a' }, { .letter = 'b' }, { .letter = 'c' }, { .letter = 'd' } };
	struct member *pos, *next;
	LIST_HEAD(x);
	LIST_HEAD(y);

	kt_check(list_empty(&x) && !list_first_entry_or_null(&x, struct member, node));
	list_add_tail(&m[1].node, &x);
	list_add(&m[0].node, &x);
	list_add_tail(&m[2].node, &x);
	kt_check(spells(&x, "abc") && list_count_nodes(&x) == 3 && list_is_last(&m[2].node, &x));
	list_move(&m[2].node, &x);
	list_move_tail(&m[0].node, &x);
	kt_check(spells(&x, "cba"));
	list_add(&m[3].node, &y);
	kt_check(list_is_singular(&y));
	list_splice_init(&x, &y);
	kt_check(list_empty(&x) && spells(&y, "cbad"));
	list_for_each_entry_safe(pos, next, &y, node)
		if (pos->letter == 'b')
			list_del(&pos->node);
	kt_check(spells(&y, "cad") && m[1].node.next == LIST_POISON1);
	list_splice_tail_init(&y, &x);
	pos = list_last_entry(&x, struct member, node);
	kt_check(pos->letter == 'd' && list_prev_entry(pos, node)->letter == 'a');
}

const struct kt_case kt_cases[] = {
	{ "rb_random", rb_random, 15 },
	{ "interval_random", interval_random, 10 },
	{ "interval_edges", interval_edges },
	{ "lists", lists },
};
KT_SUITE("kapi_tree", kt_cases);
