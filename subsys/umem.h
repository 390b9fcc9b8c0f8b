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
 * call of GUP, and appends them. Returns the pages pinned by this call, which
 * may be short when a later batch fails; -errno when nothing was pinned.
 */
long pinned_range_add(struct pinned_range *range, unsigned long start, unsigned long nr_pages,
		      unsigned int gup_flags, unsigned long batch_pages);
/* Unpins everything and frees the runs. Does nothing on an empty range. */
void pinned_range_release(struct pinned_range *range, bool make_dirty);

#endif
