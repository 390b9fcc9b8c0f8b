/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interval trees as kernel.h wants them, of the <linux/interval_tree.h> seen before; PREFIX(name) names them. */
#define RANGE_PAGES 16

void *calloc(unsigned long nr, unsigned long bytes);
void free(void *ptr);

struct PREFIX(intervals) {
	struct rb_root_cached root;
	struct interval_tree_node node[];
};

struct PREFIX(intervals) *PREFIX(intervals_create)(unsigned long nr)
{
	return calloc(1, sizeof(struct PREFIX(intervals)) + nr * sizeof(struct interval_tree_node));
}

void PREFIX(intervals_destroy)(struct PREFIX(intervals) *intervals)
{
	free(intervals);
}

void PREFIX(intervals_insert)(struct PREFIX(intervals) *intervals, unsigned long i)
{
	struct interval_tree_node *node = &intervals->node[i];

	node->start = i * RANGE_PAGES;
	node->last = node->start + RANGE_PAGES - 1;
	interval_tree_insert(node, &intervals->root);
}

bool PREFIX(intervals_stab)(struct PREFIX(intervals) *intervals, unsigned long key)
{
	return interval_tree_iter_first(&intervals->root, key, key);
}

void PREFIX(intervals_remove)(struct PREFIX(intervals) *intervals, unsigned long i)
{
	interval_tree_remove(&intervals->node[i], &intervals->root);
}
