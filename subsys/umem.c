// SPDX-License-Identifier: GPL-2.0-or-later
/* What the pinners share: see umem.h. The runs grow as GUP fills them; memory for them can fail to come. */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "umem.h"

#define RUNS_FIRST 8

static int pinned_range_grow(struct pinned_range *range)
{
	unsigned int max = range->max_runs ? range->max_runs * 2 : RUNS_FIRST;
	struct page_run *run = krealloc(range->run, max * sizeof(*run), GFP_KERNEL);

	if (!run)
		return -ENOMEM;
	range->run = run;
	range->max_runs = max;
	return 0;
}

/* Enters what has been pinned since there were @nr_runs runs, the last of them @last_pages long: it may have grown. */
static void pinned_range_enter(const struct pinned_range *range, unsigned int nr_runs, unsigned long last_pages)
{
	for (unsigned int i = nr_runs ? nr_runs - 1 : 0; i < range->nr_runs; i++) {
		unsigned long old = nr_runs && i == nr_runs - 1 ? last_pages : 0;

		ledger_pins(range->object, range->run[i].frame + old, range->run[i].nr - old, true);
	}
}

long pinned_range_add(struct pinned_range *range, unsigned long start, unsigned long nr_pages,
		      unsigned int gup_flags, unsigned long batch_pages)
{
	unsigned long done = 0;

	while (done < nr_pages) {
		unsigned long batch = min(nr_pages - done, batch_pages - done % batch_pages);
		unsigned int nr_runs = range->nr_runs;
		unsigned long last_pages = nr_runs ? range->run[nr_runs - 1].nr : 0;
		struct page_runs runs;
		long got;
		int ret;

		if (nr_runs == range->max_runs) {
			ret = pinned_range_grow(range);
			if (ret)
				return done % batch_pages ? (long)done : ret;
		}
		/* behind what is there, so that a run goes on over batches */
		runs = (struct page_runs){ .run = range->run, .nr = nr_runs, .max = range->max_runs };
		got = pin_user_runs_fast(start + (done << PAGE_SHIFT), batch, gup_flags, &runs);
		if (got <= 0)
			return done % batch_pages ? (long)done : got;
		range->nr_runs = runs.nr;
		pinned_range_enter(range, nr_runs, last_pages);
		range->nr_pages += got;
		done += got;
	}
	return done;
}

/* The run that holds the @at-th page; *@offset within it. */
static unsigned int run_of(const struct pinned_range *range, unsigned long at, unsigned long *offset)
{
	unsigned int i = 0;

	while (at >= range->run[i].nr)
		at -= range->run[i++].nr;
	*offset = at;
	return i;
}

void pinned_range_split(struct pinned_range *range, unsigned long at, struct pinned_range *tail)
{
	unsigned long offset;
	unsigned int i = run_of(range, at, &offset);

	*tail = (struct pinned_range){
		.nr_runs = range->nr_runs - i,
		.max_runs = range->nr_runs - i,
		.nr_pages = range->nr_pages - at,
		.object = range->object,
	};
	tail->run = kmalloc_array(tail->nr_runs, sizeof(*tail->run), GFP_KERNEL | __GFP_NOFAIL);
	memcpy(tail->run, range->run + i, tail->nr_runs * sizeof(*tail->run));
	tail->run[0].frame += offset;
	tail->run[0].nr -= offset;
	range->nr_runs = i;
	if (offset)
		range->run[range->nr_runs++].nr = offset;
	range->nr_pages = at;
}

/* Does run @i + 1 go on physically where run @i ends? */
static bool run_goes_on(const struct pinned_range *range, unsigned int i)
{
	unsigned long last = range->run[i].frame + range->run[i].nr - 1;

	return i + 1 < range->nr_runs && range->run[i + 1].frame == last + 1 && frame_contig(last) > 1;
}

unsigned long pinned_range_contig_first(const struct pinned_range *range, unsigned long at)
{
	unsigned long low, high, offset;
	unsigned int i = run_of(range, at, &offset);

	for (;;) {
		/* the pages that reach @offset without a break are the last of those before it */
		low = 0;
		high = offset;
		while (low < high) {
			unsigned long middle = low + (high - low) / 2;

			if (frame_contig(range->run[i].frame + middle) > offset - middle)
				high = middle;
			else
				low = middle + 1;
		}
		at -= offset - low;
		if (low || !i || !run_goes_on(range, i - 1))
			return at;
		i--;
		at--;
		offset = range->run[i].nr - 1;
	}
}

unsigned long pinned_range_contig_last(const struct pinned_range *range, unsigned long at)
{
	unsigned long offset, contig;
	unsigned int i = run_of(range, at, &offset);

	for (;;) {
		contig = frame_contig(range->run[i].frame + offset);
		if (contig < range->run[i].nr - offset)
			return at + contig - 1;
		at += range->run[i].nr - offset - 1;
		if (!run_goes_on(range, i))
			return at;
		i++;
		at++;
		offset = 0;
	}
}

void pinned_range_release(struct pinned_range *range, bool make_dirty)
{
	for (unsigned int i = 0; i < range->nr_runs; i++)
		ledger_pins(range->object, range->run[i].frame, range->run[i].nr, false);
	unpin_user_runs(range->run, range->nr_runs, make_dirty);
	kfree(range->run);
	range->run = NULL;
	range->nr_runs = range->max_runs = 0;
	range->nr_pages = 0;
}
