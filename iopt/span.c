// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two interval trees walked as one: each step gives the longest span over which
 * it does not change whether the first tree, or else the second, covers the
 * index. The first tree is asked first, so where both cover it is the first's.
 */
#include "io_pagetable.h"

/* Does @itree cover @index, and if so up to where without a gap? */
static bool span_covered(struct rb_root_cached *itree, unsigned long index, unsigned long end, unsigned long *last)
{
	struct interval_tree_node *node = interval_tree_iter_first(itree, index, index);

	if (!node)
		return false;
	/* the tree is in order of first indexes: what goes on from here comes after */
	for (; node; node = interval_tree_iter_next(node, *last + 1, *last + 1)) {
		*last = node->last;
		if (*last >= end) {
			*last = end;
			break;
		}
	}
	return true;
}

/* The last index before @itree's next node after @index, which it does not cover. */
static unsigned long span_before_next(struct rb_root_cached *itree, unsigned long index, unsigned long end)
{
	struct interval_tree_node *node = interval_tree_iter_first(itree, index, end);

	return node ? node->start - 1 : end;
}

void iopt_span_init(struct iopt_span *span, struct rb_root_cached *itree1, struct rb_root_cached *itree2,
		    unsigned long first, unsigned long last)
{
	span->itree[0] = itree1;
	span->itree[1] = itree2;
	span->next = first;
	span->end = last;
	span->done = first > last;
}

bool iopt_span_step(struct iopt_span *span)
{
	unsigned long bound;

	if (span->done)
		return false;
	span->first = span->next;
	if (span_covered(span->itree[0], span->first, span->end, &span->last)) {
		span->used = 1;
	} else {
		bound = span_before_next(span->itree[0], span->first, span->end);
		if (span_covered(span->itree[1], span->first, bound, &span->last)) {
			span->used = 2;
		} else {
			span->used = 0;
			span->last = span_before_next(span->itree[1], span->first, bound);
		}
	}
	if (span->last == span->end)
		span->done = true;
	else
		span->next = span->last + 1;
	return true;
}
