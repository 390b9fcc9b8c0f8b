/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A range of a task's memory that a driver keeps pinned: the part that all the
 * pinners share. It pins and lets go; who is charged, when, and what a short pin
 * means is each subsystem's own affair.
 */
#ifndef SUBSYS_UMEM_H
#define SUBSYS_UMEM_H

#include <linux/mm.h>
#include <accounting/ledger.h>

struct pinned_range {
	struct page_run *run;
	unsigned int nr_runs;
	unsigned int max_runs;
	unsigned long nr_pages;
	struct ledger_object *object;	/* the pins are entered for it */
};

/*
 * Pins up to @nr_pages pages at @start of current->mm, at most @batch_pages a
 * call of GUP, and appends them. Returns the pages pinned by this call, short
 * where a batch ends early; -errno when a batch, be it the first, fails at its
 * first page: what earlier ones pinned stays in @range.
 */
long pinned_range_add(struct pinned_range *range, unsigned long start, unsigned long nr_pages,
		      unsigned int gup_flags, unsigned long batch_pages);
/* The pages from the @at-th on, of at least one, move to @tail, which is made anew. */
void pinned_range_split(struct pinned_range *range, unsigned long at, struct pinned_range *tail);
/* The first and the last page of those around the @at-th that follow each other physically. */
unsigned long pinned_range_contig_first(const struct pinned_range *range, unsigned long at);
unsigned long pinned_range_contig_last(const struct pinned_range *range, unsigned long at);
/* Unpins everything and frees the runs. Does nothing on an empty range. */
void pinned_range_release(struct pinned_range *range, bool make_dirty);

#endif
