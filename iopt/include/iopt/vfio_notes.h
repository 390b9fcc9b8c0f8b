/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the driver of an emulated vfio device (mdev) remembers of what it pinned: in a
 * container of type1's how often each page, in one that iommufd serves the ranges as
 * they were pinned. Both backends have this driver; the caller holds its lock.
 */
#ifndef IOPT_VFIO_NOTES_H
#define IOPT_VFIO_NOTES_H

#include <linux/list.h>
#include <sim/run_tree.h>

/* One more (@by 1) or one less (@by -1) of the @npage pages from page @first on. @pins: page of IOVA -> how often. */
void vfio_note_pages(struct sim_run_tree *pins, unsigned long first, unsigned long npage, int by);

/* Bytes, whole pages. Allocated and freed by the caller. */
struct vfio_noted_range {
	struct list_head node;
	unsigned long iova;
	unsigned long len;
};

/* Takes off @ranges the first that overlaps [@iova, @last], or the first that is just this one. NULL: there is none. */
struct vfio_noted_range *vfio_take_overlapping(struct list_head *ranges, unsigned long iova, unsigned long last);
struct vfio_noted_range *vfio_take_range(struct list_head *ranges, unsigned long iova, unsigned long len);

#endif
