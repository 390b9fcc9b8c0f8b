// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Emulated devices (mdevs): no IOMMU behind them; their driver pins single pages
 * through type1 and gives them back when it is told of an unmap.
 *
 * The page list of a dma counts by IOVA: pinned twice, a page is charged once.
 * Charged it is only while no domain pins the dma as a whole.
 *
 * The driver here does what a well-behaved one does: it remembers what it pinned
 * (under iommu->lock, so that an unmap can never come between a pin and the note
 * of it), lets go of a range in dma_unmap(), and of all when it is closed.
 */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <iopt/vfio_notes.h>
#include "vfio_private.h"

#define VFIO_PIN_PAGES_MAX_ENTRIES (PAGE_SIZE / sizeof(unsigned long))

static struct vfio_pfn *to_vpfn(struct rb_node *node)
{
	return rb_entry_safe(node, struct vfio_pfn, node);
}

/* The page with the lowest IOVA >= @iova. */
static struct vfio_pfn *first_vpfn(struct vfio_dma *dma, unsigned long iova)
{
	struct rb_node *node = dma->pfn_list.rb_node;
	struct vfio_pfn *found = NULL;

	while (node) {
		struct vfio_pfn *vpfn = to_vpfn(node);

		if (vpfn->iova < iova) {
			node = node->rb_right;
		} else {
			found = vpfn;
			node = node->rb_left;
		}
	}
	return found;
}

static struct vfio_pfn *find_vpfn(struct vfio_dma *dma, unsigned long iova)
{
	struct vfio_pfn *vpfn = first_vpfn(dma, iova);

	return vpfn && vpfn->iova == iova ? vpfn : NULL;
}

/* How many of the @npage pages from @iova on do mdevs hold? */
unsigned long vfio_count_vpfns(struct vfio_dma *dma, unsigned long iova, unsigned long npage)
{
	struct vfio_pfn *vpfn = first_vpfn(dma, iova);
	unsigned long nr = 0;

	for (; vpfn && vpfn->iova - iova < npage << PAGE_SHIFT; vpfn = to_vpfn(rb_next(&vpfn->node)))
		nr++;
	return nr;
}

static int add_vpfn(struct vfio_dma *dma, unsigned long iova, unsigned long frame)
{
	struct rb_node **link = &dma->pfn_list.rb_node, *parent = NULL;
	struct vfio_pfn *vpfn = kzalloc(sizeof(*vpfn), GFP_KERNEL);

	if (!vpfn)
		return -ENOMEM;
	vpfn->iova = iova;
	vpfn->frame = frame;
	vpfn->ref_count = 1;
	while (*link) {
		parent = *link;
		link = iova < to_vpfn(parent)->iova ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&vpfn->node, parent, link);
	rb_insert_color(&vpfn->node, &dma->pfn_list);
	return 0;
}

static void unpin_page_external(struct vfio_dma *dma, unsigned long iova, bool do_accounting)
{
	struct vfio_pfn *vpfn = find_vpfn(dma, iova);
	int unlocked;

	if (!vpfn || --vpfn->ref_count)
		return;
	unlocked = vfio_put_frame(dma, vpfn->frame);
	rb_erase(&vpfn->node, &dma->pfn_list);
	kfree(vpfn);
	if (do_accounting)
		vfio_lock_acct(dma, -unlocked, true);
}

/* One page of vfio_pin_pages(). iommu->lock held. */
static int pin_one(struct vfio_iommu *iommu, unsigned long iova, bool do_accounting)
{
	struct vfio_dma *dma = vfio_find_dma(iommu, iova, PAGE_SIZE);
	int prot = IOMMU_READ | IOMMU_WRITE;
	struct vfio_pfn *vpfn;
	unsigned long frame;
	int ret;

	if (!dma)
		return -EINVAL;
	if ((dma->prot & prot) != prot)
		return -EPERM;
	vpfn = find_vpfn(dma, iova);
	if (vpfn) {
		vpfn->ref_count++;
		return 0;
	}
	ret = vfio_pin_page_external(dma, dma->vaddr + (iova - dma->iova), &frame, do_accounting);
	if (ret)
		return ret;
	/* device memory is not charged, and nothing is to be put */
	if (type1_rules()->mdev_pages_only && frame_reserved(frame, NULL) && !frame_is_zero(frame))
		return -EINVAL;
	ret = add_vpfn(dma, iova, frame);
	if (ret && !type1_rules()->mdev_add_pfn_leak && vfio_put_frame(dma, frame) && do_accounting)
		vfio_lock_acct(dma, -1, true);
	return ret;
}

/* V_BLOCK: sleeps until every address of the range is valid. EINVAL outside all dmas, EFAULT as vfio_wait(). */
static int wait_range_valid(struct vfio_iommu *iommu, unsigned long iova, unsigned long npage)
{
	unsigned long i = 0;

	while (iommu->vaddr_invalid_count && i < npage) {
		struct vfio_dma *dma = vfio_find_dma(iommu, iova + (i << PAGE_SHIFT), PAGE_SIZE);

		if (!dma)
			return -EINVAL;
		if (!dma->vaddr_invalid) {
			i++;
			continue;
		}
		if (vfio_wait(iommu) < 0)
			return -EFAULT;
		i = 0;
	}
	return 0;
}

static int pin_locked(struct vfio_iommu *iommu, unsigned long iova, unsigned long npage)
{
	unsigned long i, j;
	bool do_accounting;
	int ret;

	if (type1_rules()->vaddr == V_OWNER && WARN_ON_ONCE(iommu->vaddr_invalid_count))
		return -EBUSY;
	ret = wait_range_valid(iommu, iova, npage);
	if (ret)
		return ret;
	if (list_empty(&iommu->device_list))
		return -EINVAL;
	do_accounting = !iommu->domain;
	for (i = 0; i < npage; i++) {
		ret = pin_one(iommu, iova + (i << PAGE_SHIFT), do_accounting);
		if (ret)
			break;
	}
	for (j = 0; ret && j < i; j++) {
		struct vfio_dma *dma = vfio_find_dma(iommu, iova + (j << PAGE_SHIFT), PAGE_SIZE);

		unpin_page_external(dma, iova + (j << PAGE_SHIFT), do_accounting);
	}
	return ret;
}

/*
 * vfio_pin_pages() for reading and writing. EINVAL for no page, outside a dma, or
 * without a type1 container; E2BIG over 512 pages; EACCES on version 1; EPERM on a
 * read-only dma; ENODEV where the owner is gone; else what GUP and the charge give.
 */
long vfio_pin_pages(struct vfio_mdev *mdev, unsigned long iova, unsigned long len)
{
	unsigned long npage = PFN_UP(offset_in_page(iova) + len);
	struct vfio_iommu *iommu;
	int ret;

	if (!len || !npage)
		return -EINVAL;
	if (npage > VFIO_PIN_PAGES_MAX_ENTRIES)
		return -E2BIG;
	if (mdev->access)
		return vfio_access_pin_pages(mdev, iova & PAGE_MASK, npage << PAGE_SHIFT);
	iommu = mdev->group.container->iommu;
	if (!iommu->v2)
		return -EACCES;
	iova &= PAGE_MASK;
	if (type1_rules()->overflow == O_OVF && iova + (npage << PAGE_SHIFT) - 1 < iova)
		return -EOVERFLOW;
	mutex_lock(&iommu->lock);
	ret = pin_locked(iommu, iova, npage);
	if (!ret)
		vfio_note_pages(&mdev->pins, PFN_DOWN(iova), npage, 1);
	mutex_unlock(&iommu->lock);
	return ret;
}

/* vfio_unpin_pages(), and the driver's note of it. iommu->lock held. */
static void unpin_pages(struct vfio_mdev *mdev, unsigned long iova, unsigned long npage)
{
	struct vfio_iommu *iommu = mdev->group.container->iommu;
	bool do_accounting = !iommu->domain;
	unsigned long i;

	for (i = 0; i < npage; i++) {
		struct vfio_dma *dma = vfio_find_dma(iommu, iova + (i << PAGE_SHIFT), PAGE_SIZE);

		if (WARN_ON(!dma))
			return;
		unpin_page_external(dma, iova + (i << PAGE_SHIFT), do_accounting);
	}
	vfio_note_pages(&mdev->pins, PFN_DOWN(iova), npage, -1);
}

/* EINVAL where the driver does not hold all of the range. */
long vfio_unpin_pages(struct vfio_mdev *mdev, unsigned long iova, unsigned long len)
{
	unsigned long npage = PFN_UP(offset_in_page(iova) + len);
	unsigned long first = PFN_DOWN(iova);
	struct vfio_iommu *iommu;
	long ret = 0;

	if (!len || !npage)
		return -EINVAL;
	if (mdev->access)
		return vfio_access_unpin_pages(mdev, iova & PAGE_MASK, npage << PAGE_SHIFT);
	iommu = mdev->group.container->iommu;
	mutex_lock(&iommu->lock);
	if (sim_run_covered(&mdev->pins, first, first + npage - 1) != npage)
		ret = -EINVAL;
	else
		unpin_pages(mdev, iova & PAGE_MASK, npage);
	mutex_unlock(&iommu->lock);
	return ret;
}

/*
 * The driver's dma_unmap(): everything that it holds in the range, as often as it
 * holds it, in calls of up to 512 pages. The caller may have device_list_lock.
 */
static void dma_unmap(struct vfio_mdev *mdev, unsigned long first, unsigned long last)
{
	struct vfio_iommu *iommu = mdev->group.container->iommu;
	struct sim_run run;
	bool held;

	do {
		mutex_lock_nested(&iommu->lock, SINGLE_DEPTH_NESTING);
		held = sim_run_clip(&mdev->pins, first, last, &run);
		if (held)
			unpin_pages(mdev, run.start << PAGE_SHIFT,
				    min(run.last - run.start + 1, VFIO_PIN_PAGES_MAX_ENTRIES));
		mutex_unlock(&iommu->lock);
	} while (held);
}

/*
 * Tells every driver of the unmap of @dma; iommu->lock is dropped meanwhile, so
 * @dma may be gone after.
 *
 * From 6.0 (NT_LIST) device_list_lock is taken while iommu->lock is still held, and
 * the drivers' unpins take iommu->lock under it: another unmap, or a device that
 * comes or goes, that has iommu->lock and waits for device_list_lock meanwhile,
 * waits for ever. That is the kernel's; dma_unmap() takes the lock as another class
 * only so that it shows where it happens, and not at each unmap of pinned pages.
 */
void vfio_notify_dma_unmap(struct vfio_iommu *iommu, struct vfio_dma *dma)
{
	unsigned long first = PFN_DOWN(dma->iova), last = PFN_DOWN(dma->iova + dma->size - 1);
	struct vfio_mdev *mdev;

	if (list_empty(&iommu->device_list))
		return;
	if (type1_rules()->notify == NT_LIST)
		mutex_lock(&iommu->device_list_lock);
	mutex_unlock(&iommu->lock);
	if (type1_rules()->notify == NT_CHAIN)
		mutex_lock(&iommu->device_list_lock);
	list_for_each_entry(mdev, &iommu->device_list, iommu_entry)
		dma_unmap(mdev, first, last);
	mutex_unlock(&iommu->device_list_lock);
	mutex_lock(&iommu->lock);
}

/* Changing the list takes both locks where it is looked at under either. */
static void device_list_begin(struct vfio_iommu *iommu)
{
	if (type1_rules()->notify == NT_LIST)
		mutex_lock(&iommu->lock);
	mutex_lock(&iommu->device_list_lock);
}

static void device_list_end(struct vfio_iommu *iommu)
{
	mutex_unlock(&iommu->device_list_lock);
	if (type1_rules()->notify == NT_LIST)
		mutex_unlock(&iommu->lock);
}

void vfio_mdev_register(struct vfio_mdev *mdev)
{
	struct vfio_iommu *iommu = mdev->group.container->iommu;

	device_list_begin(iommu);
	list_add(&mdev->iommu_entry, &iommu->device_list);
	device_list_end(iommu);
}

void vfio_mdev_close(struct vfio_mdev *mdev)
{
	struct vfio_iommu *iommu = mdev->group.container->iommu;

	dma_unmap(mdev, 0, PFN_DOWN(~0UL));
	device_list_begin(iommu);
	list_del(&mdev->iommu_entry);
	device_list_end(iommu);
	sim_run_tree_destroy(&mdev->pins);
}
