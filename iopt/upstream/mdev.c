// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An emulated device and its driver, above the kernel's container.c, type1 and
 * vfio/iommufd.c; vfio_pin_pages(), vfio_unpin_pages() and vfio_dma_rw() are as in vfio_main.c.
 *
 * The driver does what that of the model does (subsys/vfio_mdev.c): it remembers
 * what it pinned, lets go of a range in dma_unmap(), and of all when it is closed.
 * It is outside of iommu->lock, so a mutex of its own keeps pins and notes together.
 */
#include <linux/errno.h>
#include <linux/iommufd.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vfio.h>
#include <iopt/vfio_notes.h>
#include <mm_model/state.h>
#include <sim/world.h>
#include "machine.h"
#include "vfio.h"

static struct vfio_mdev *to_mdev(struct vfio_device *vdev)
{
	return container_of(vdev, struct vfio_mdev, vfio.vdev);
}

/* In calls of as many pages as type1 takes. */
static void unpin_noted(struct vfio_mdev *mdev, unsigned long first, unsigned long npage)
{
	unsigned long part;

	for (; npage; first += part, npage -= part) {
		part = min(npage, VFIO_PIN_PAGES_MAX_ENTRIES);
		vfio_device_container_unpin_pages(&mdev->vfio.vdev, first << PAGE_SHIFT, (int)part);
		vfio_note_pages(&mdev->pins, first, part, -1);
	}
}

/* @nested: within dma_unmap(), where the lock is another class as type1's is (type1.c). */
static void container_unmap(struct vfio_mdev *mdev, unsigned long first, unsigned long last, bool nested)
{
	struct sim_run run;
	bool held;

	do {
		mutex_lock_nested(&mdev->lock, nested ? SINGLE_DEPTH_NESTING : 0);
		held = sim_run_clip(&mdev->pins, first, last, &run);
		if (held)
			unpin_noted(mdev, run.start, run.last - run.start + 1);
		mutex_unlock(&mdev->lock);
	} while (held);
}

static struct vfio_noted_range *take_overlapping(struct vfio_mdev *mdev, unsigned long iova, unsigned long last)
{
	struct vfio_noted_range *range;

	mutex_lock(&mdev->lock);
	range = vfio_take_overlapping(&mdev->ranges, iova, last);
	mutex_unlock(&mdev->lock);
	return range;
}

static void access_unmap(struct vfio_mdev *mdev, unsigned long iova, unsigned long last)
{
	struct vfio_noted_range *range;

	while ((range = take_overlapping(mdev, iova, last))) {
		iommufd_access_unpin_pages(mdev->vfio.vdev.iommufd_access, range->iova, range->len);
		kfree(range);
	}
}

static void mdev_dma_unmap(struct vfio_device *vdev, u64 iova, u64 length)
{
	struct vfio_mdev *mdev = to_mdev(vdev);

	if (vdev->iommufd_access)
		access_unmap(mdev, iova, iova + length - 1);
	else
		container_unmap(mdev, PFN_DOWN(iova), PFN_DOWN(iova + length - 1), true);
}

static const struct vfio_device_ops mdev_ops = {
	.name = "mdev",
	.bind_iommufd = vfio_iommufd_emulated_bind,
	.unbind_iommufd = vfio_iommufd_emulated_unbind,
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,
	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
	.dma_unmap = mdev_dma_unmap,
};

struct vfio_mdev *upstream_mdev_create(void)
{
	struct vfio_mdev *mdev = kzalloc(sizeof(*mdev), GFP_KERNEL);
	struct iommu_group *group;

	if (!mdev)
		return ERR_PTR(-ENOMEM);
	group = upstream_fake_group_create();
	if (IS_ERR(group)) {
		kfree(mdev);
		return ERR_CAST(group);
	}
	upstream_vfio_init(&mdev->vfio, &mdev_ops, VFIO_EMULATED_IOMMU, NULL, group);
	mutex_init(&mdev->lock);
	sim_run_tree_init(&mdev->pins, SIM_RUN_CONSTANT);
	INIT_LIST_HEAD(&mdev->ranges);
	return mdev;
}

void upstream_mdev_destroy(struct vfio_mdev *mdev)
{
	sim_run_tree_destroy(&mdev->pins);
	mutex_destroy(&mdev->lock);
	upstream_vfio_fini(&mdev->vfio);
	kfree(mdev);
}

void upstream_mdev_open(struct vfio_mdev *mdev)
{
	vfio_device_container_register(&mdev->vfio.vdev);
}

int upstream_mdev_bind(struct vfio_mdev *mdev, struct iommufd_ctx *ictx)
{
	struct vfio_device *vdev = &mdev->vfio.vdev;
	u32 id;
	int ret;

	mutex_lock(&vdev->dev_set->lock);
	ret = vdev->ops->bind_iommufd(vdev, ictx, &id);
	if (!ret) {
		ret = vfio_iommufd_compat_attach_ioas(vdev, ictx);
		if (ret)
			vdev->ops->unbind_iommufd(vdev);
	}
	mutex_unlock(&vdev->dev_set->lock);
	return ret;
}

void upstream_mdev_close(struct vfio_mdev *mdev)
{
	struct vfio_device *vdev = &mdev->vfio.vdev;

	if (vdev->iommufd_access) {
		access_unmap(mdev, 0, ~0UL);
		mutex_lock(&vdev->dev_set->lock);
		vdev->ops->unbind_iommufd(vdev);
		mutex_unlock(&vdev->dev_set->lock);
		return;
	}
	container_unmap(mdev, 0, PFN_DOWN(~0UL), false);
	vfio_device_container_unregister(vdev);
	upstream_vfio_leave(&mdev->vfio);
}

/* The driver looks at what it got: @got pages that are pinned or reserved, behind an error none. */
static void check_pages(struct page **pages, unsigned long nr, long got)
{
	struct mm_pin_run pins;
	unsigned long i, frame;

	for (i = 0; i < nr; i++) {
		if (WARN_ON(!pages[i] == (got > 0)) || !pages[i])
			continue;
		frame = phys_to_frame(PFN_PHYS(page_to_pfn(pages[i])));
		WARN_ON(!frame_reserved(frame, NULL) && (!mm_pin_state(frame, frame, &pins) || pins.frame > frame));
	}
}

static long container_pin(struct vfio_mdev *mdev, unsigned long iova, unsigned long npage)
{
	unsigned long nr = min(npage, VFIO_PIN_PAGES_MAX_ENTRIES);
	struct page **pages = sim_zalloc(nr * sizeof(*pages));
	long ret;

	mutex_lock(&mdev->lock);
	ret = vfio_device_container_pin_pages(&mdev->vfio.vdev, iova, (int)min(npage, (unsigned long)INT_MAX),
					      IOMMU_READ | IOMMU_WRITE, pages);
	check_pages(pages, nr, ret);
	if (ret > 0)
		vfio_note_pages(&mdev->pins, PFN_DOWN(iova), npage, 1);
	mutex_unlock(&mdev->lock);
	sim_free(pages);
	return ret < 0 ? ret : 0;
}

static long access_pin(struct vfio_mdev *mdev, unsigned long iova, unsigned long len)
{
	struct vfio_noted_range *range = kmalloc(sizeof(*range), GFP_KERNEL);
	struct page **pages;
	int ret;

	if (!range)
		return -ENOMEM;
	*range = (struct vfio_noted_range){ .iova = iova, .len = len };
	pages = sim_alloc((len >> PAGE_SHIFT) * sizeof(*pages));
	ret = iommufd_access_pin_pages(mdev->vfio.vdev.iommufd_access, iova, len, pages, IOMMUFD_ACCESS_RW_WRITE);
	sim_free(pages);
	if (ret) {
		kfree(range);
		return ret;
	}
	mutex_lock(&mdev->lock);
	list_add_tail(&range->node, &mdev->ranges);
	mutex_unlock(&mdev->lock);
	return 0;
}

long upstream_mdev_pin(struct vfio_mdev *mdev, unsigned long iova, unsigned long len)
{
	unsigned long npage = PFN_UP(offset_in_page(iova) + len);

	if (!len || !npage)
		return -EINVAL;
	iova &= PAGE_MASK;
	if (!mdev->vfio.vdev.iommufd_access)
		return container_pin(mdev, iova, npage);
	/* the driver has a vector of that size */
	return npage > VFIO_PIN_PAGES_MAX_ENTRIES ? -E2BIG : access_pin(mdev, iova, npage << PAGE_SHIFT);
}

static long container_unpin(struct vfio_mdev *mdev, unsigned long first, unsigned long npage)
{
	long ret = -EINVAL;

	mutex_lock(&mdev->lock);
	if (sim_run_covered(&mdev->pins, first, first + npage - 1) == npage) {
		unpin_noted(mdev, first, npage);
		ret = 0;
	}
	mutex_unlock(&mdev->lock);
	return ret;
}

static long access_unpin(struct vfio_mdev *mdev, unsigned long iova, unsigned long len)
{
	struct vfio_noted_range *range;

	mutex_lock(&mdev->lock);
	range = vfio_take_range(&mdev->ranges, iova, len);
	mutex_unlock(&mdev->lock);
	if (!range)
		return -EINVAL;
	iommufd_access_unpin_pages(mdev->vfio.vdev.iommufd_access, iova, len);
	kfree(range);
	return 0;
}

long upstream_mdev_unpin(struct vfio_mdev *mdev, unsigned long iova, unsigned long len)
{
	unsigned long npage = PFN_UP(offset_in_page(iova) + len);

	if (!len || !npage)
		return -EINVAL;
	if (mdev->vfio.vdev.iommufd_access)
		return access_unpin(mdev, iova & PAGE_MASK, npage << PAGE_SHIFT);
	return container_unpin(mdev, PFN_DOWN(iova), npage);
}

#define RW_BYTES_MAX (16UL << 20)	/* what a driver has a buffer for */

long upstream_mdev_rw(struct vfio_mdev *mdev, unsigned long iova, unsigned long len, bool write)
{
	struct vfio_device *vdev = &mdev->vfio.vdev;
	void *bytes;
	long ret;

	if (!len || len > RW_BYTES_MAX)
		return -EINVAL;
	bytes = sim_zalloc(len);
	ret = vdev->iommufd_access ?
		      iommufd_access_rw(vdev->iommufd_access, iova, bytes, len, write ? IOMMUFD_ACCESS_RW_WRITE : 0) :
		      vfio_device_container_dma_rw(vdev, iova, bytes, len, write);
	sim_free(bytes);
	return ret;
}
