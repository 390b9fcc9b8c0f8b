// SPDX-License-Identifier: GPL-2.0-or-later
/* What the pinners share: see umem.h. The runs grow as GUP fills them; memory for them can fail to come. */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/slab.h>
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

long pinned_range_add(struct pinned_range *range, unsigned long start, unsigned long nr_pages,
		      unsigned int gup_flags, unsigned long batch_pages)
{
	unsigned long done = 0;

	while (done < nr_pages) {
		struct page_runs room;
		long got;
		int ret;

		if (range->nr_runs == range->max_runs) {
			ret = pinned_range_grow(range);
			if (ret)
				return done ? (long)done : ret;
		}
		room = (struct page_runs){
			.run = range->run + range->nr_runs,
			.max = range->max_runs - range->nr_runs,
		};
		got = pin_user_runs_fast(start + (done << PAGE_SHIFT), min(nr_pages - done, batch_pages), gup_flags,
					 &room);
		if (got <= 0)
			return done ? (long)done : got;
		for (unsigned int i = 0; i < room.nr; i++)
			ledger_pins(range->object, room.run[i].frame, room.run[i].nr, true);
		range->nr_runs += room.nr;
		range->nr_pages += got;
		done += got;
	}
	return done;
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
