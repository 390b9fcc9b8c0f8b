// SPDX-License-Identifier: GPL-2.0-or-later
/* The notes of an mdev's driver: see iopt/vfio_notes.h. */
#include <iopt/vfio_notes.h>

void vfio_note_pages(struct sim_run_tree *pins, unsigned long first, unsigned long npage, int by)
{
	unsigned long at = first, last = first + npage - 1;
	struct sim_run run;

	while (at <= last) {
		unsigned long held = 0, end = last;

		if (sim_run_clip(pins, at, last, &run)) {
			if (run.start == at)
				held = run.value;
			end = run.start == at ? run.last : run.start - 1;
		}
		if (held + by)
			sim_run_set(pins, at, end, held + by, 0);
		else
			sim_run_clear(pins, at, end);
		at = end + 1;
	}
}

struct vfio_noted_range *vfio_take_overlapping(struct list_head *ranges, unsigned long iova, unsigned long last)
{
	struct vfio_noted_range *range;

	list_for_each_entry(range, ranges, node) {
		if (range->iova > last || range->iova + range->len - 1 < iova)
			continue;
		list_del(&range->node);
		return range;
	}
	return NULL;
}

struct vfio_noted_range *vfio_take_range(struct list_head *ranges, unsigned long iova, unsigned long len)
{
	struct vfio_noted_range *range;

	list_for_each_entry(range, ranges, node) {
		if (range->iova != iova || range->len != len)
			continue;
		list_del(&range->node);
		return range;
	}
	return NULL;
}
