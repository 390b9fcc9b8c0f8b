// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * type1: groups, the domain behind them, and the windows of IOVAs that result.
 *
 * The first group of a real device brings a domain, on which all dmas are
 * replayed. Further groups join it and change no count. When the last real group
 * leaves, all dmas go, or, while mdevs stay, are unpinned and only what the mdevs
 * hold remains charged. With the last group of all the whole vfio_iommu goes.
 *
 * The windows are the intersection of the apertures less all reserved regions;
 * they are computed anew at each change, in a list of their own that replaces the
 * old one at the end.
 *
 * While an address is invalid (VADDR update), attaching is refused (V_OWNER:
 * EBUSY) or sleeps until it is valid again (V_BLOCK).
 */
#include <linux/bug.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <sim/verdict.h>
#include "pinners_private.h"
#include "vfio_private.h"

#define VFIO_WAITED 1

/*
 * V_BLOCK: sleeps until some address became valid or went away. iommu->lock is
 * dropped meanwhile. -EFAULT on a fatal signal or when the container was closed.
 */
int vfio_wait(struct vfio_iommu *iommu)
{
	unsigned long seen = iommu->vaddr_wakes;
	int ret;

	mutex_unlock(&iommu->lock);
	ret = wait_event_killable(iommu->vaddr_wait, READ_ONCE(iommu->vaddr_wakes) != seen);
	mutex_lock(&iommu->lock);
	return ret || !iommu->container_open ? -EFAULT : VFIO_WAITED;
}

int vfio_wait_all_valid(struct vfio_iommu *iommu)
{
	int ret = 0;

	while (iommu->vaddr_invalid_count && ret >= 0)
		ret = vfio_wait(iommu);
	return ret;
}

void vfio_type1_container_closed(struct vfio_iommu *iommu)
{
	if (type1_rules()->vaddr != V_BLOCK)
		return;
	mutex_lock(&iommu->lock);
	iommu->container_open = false;
	iommu->vaddr_wakes++;
	mutex_unlock(&iommu->lock);
	wake_up_all(&iommu->vaddr_wait);
}

static int window_add(struct list_head *before, unsigned long start, unsigned long last)
{
	struct vfio_iova *window = kmalloc(sizeof(*window), GFP_KERNEL);

	if (!window)
		return -ENOMEM;
	window->start = start;
	window->last = last;
	list_add_tail(&window->list, before);
	return 0;
}

static void windows_free(struct list_head *windows)
{
	struct vfio_iova *window, *next;

	list_for_each_entry_safe(window, next, windows, list) {
		list_del(&window->list);
		kfree(window);
	}
}

static int windows_exclude(struct list_head *windows, unsigned long start, unsigned long last)
{
	struct vfio_iova *window, *next;
	int ret = 0;

	list_for_each_entry_safe(window, next, windows, list) {
		if (window->last < start || window->start > last)
			continue;
		if (window->start < start)
			ret = window_add(&window->list, window->start, start - 1);
		if (!ret && window->last > last)
			ret = window_add(&window->list, last + 1, window->last);
		if (ret)
			return ret;
		list_del(&window->list);
		kfree(window);
	}
	return list_empty(windows) ? -EINVAL : 0;
}

static void regions_free(struct list_head *regions)
{
	struct iommu_resv_region *region, *next;

	list_for_each_entry_safe(region, next, regions, list) {
		list_del(&region->list);
		kfree(region);
	}
}

/* Takes the reserved regions of @group out of @windows. EINVAL where a dma lies in one. */
static int windows_reserve(struct vfio_iommu *iommu, struct list_head *windows, struct vfio_group *group)
{
	struct iommu_resv_region *region;
	LIST_HEAD(regions);
	int ret;

	ret = iommu_get_group_resv_regions(group->iommu_group, &regions);
	list_for_each_entry(region, &regions, list) {
		if (!ret && vfio_find_dma(iommu, region->start, region->length))
			ret = -EINVAL;
		if (!ret)
			ret = windows_exclude(windows, region->start, region->start + region->length - 1);
	}
	regions_free(&regions);
	return ret;
}

/* The windows of @domain with the groups in the container and, if given, @new. On an error @windows is empty. */
static int windows_build(struct vfio_iommu *iommu, struct iommu_domain *domain, struct vfio_group *new,
			 struct list_head *windows)
{
	struct vfio_iommu_group *entry;
	int ret;

	if (domain)
		ret = window_add(windows, domain->geometry.aperture_start, domain->geometry.aperture_end);
	else
		ret = window_add(windows, 0, ~0UL);
	list_for_each_entry(entry, &iommu->group_list, next) {
		if (!ret)
			ret = windows_reserve(iommu, windows, entry->group);
	}
	if (!ret && new)
		ret = windows_reserve(iommu, windows, new);
	if (ret)
		windows_free(windows);
	return ret;
}

static void windows_replace(struct vfio_iommu *iommu, struct list_head *windows)
{
	windows_free(&iommu->iova_list);
	list_splice_init(windows, &iommu->iova_list);
}

static struct vfio_iommu_group *find_group(struct list_head *list, struct vfio_group *group)
{
	struct vfio_iommu_group *entry;

	list_for_each_entry(entry, list, next) {
		if (entry->group == group)
			return entry;
	}
	return NULL;
}

/*
 * A group of a real device, which brings @domain. It goes in there first, as the
 * kernel does it to learn what the device can; then it moves over to the domain of
 * the container, if there is one. Returns 0, or -errno with the group in no domain.
 */
static int attach_domain(struct vfio_iommu *iommu, struct vfio_group *group, struct iommu_domain *domain)
{
	LIST_HEAD(windows);
	int ret;

	ret = iommu_attach_group(domain, group->iommu_group);
	if (ret)
		return ret;
	ret = windows_build(iommu, domain, group, &windows);
	if (ret)
		goto out_detach;
	if (iommu->domain) {
		iommu_detach_group(domain, group->iommu_group);
		ret = iommu_attach_group(iommu->domain, group->iommu_group);
		if (ret)
			goto out_free;
		iommu_domain_free(domain);
	} else {
		ret = vfio_iommu_replay(iommu, domain);
		if (ret)
			goto out_detach;
		iommu->domain = domain;
	}
	windows_replace(iommu, &windows);
	return 0;

out_detach:
	iommu_detach_group(domain, group->iommu_group);
out_free:
	windows_free(&windows);
	return ret;
}

static int attach_locked(struct vfio_iommu *iommu, struct vfio_group *group)
{
	struct vfio_iommu_group *entry;
	struct iommu_domain *domain;
	int ret;

	if (type1_rules()->vaddr == V_OWNER && iommu->vaddr_invalid_count)
		return -EBUSY;
	if (find_group(&iommu->group_list, group) || find_group(&iommu->emulated_iommu_groups, group))
		return -EINVAL;
	entry = kzalloc(sizeof(*entry), GFP_KERNEL);
	if (!entry)
		return -ENOMEM;
	entry->group = group;
	if (!group->iommu_group) {
		list_add(&entry->next, &iommu->emulated_iommu_groups);
		return 0;
	}
	domain = iommu_paging_domain_alloc(group->dev);
	if (IS_ERR(domain)) {
		kfree(entry);
		return PTR_ERR(domain);
	}
	ret = attach_domain(iommu, group, domain);
	if (ret) {
		iommu_domain_free(domain);
		kfree(entry);
		return ret;
	}
	list_add(&entry->next, &iommu->group_list);
	return 0;
}

int vfio_type1_attach_group(struct vfio_iommu *iommu, struct vfio_group *group)
{
	int ret;

	mutex_lock(&iommu->lock);
	ret = attach_locked(iommu, group);
	mutex_unlock(&iommu->lock);
	return ret;
}

static void detach_emulated(struct vfio_iommu *iommu, struct vfio_iommu_group *entry)
{
	list_del(&entry->next);
	kfree(entry);
	if (list_empty(&iommu->emulated_iommu_groups) && !iommu->domain) {
		WARN_ON(!list_empty(&iommu->device_list));
		vfio_unmap_unpin_all(iommu);
	}
}

static void detach_real(struct vfio_iommu *iommu, struct vfio_iommu_group *entry)
{
	LIST_HEAD(windows);

	iommu_detach_group(iommu->domain, entry->group->iommu_group);
	list_del(&entry->next);
	kfree(entry);
	if (list_empty(&iommu->group_list)) {
		if (list_empty(&iommu->emulated_iommu_groups)) {
			WARN_ON(!list_empty(&iommu->device_list));
			vfio_unmap_unpin_all(iommu);
		} else {
			vfio_unmap_unpin_reaccount(iommu);
		}
		iommu_domain_free(iommu->domain);
		iommu->domain = NULL;
	}
	/* Where that fails the old windows stay. */
	if (!windows_build(iommu, iommu->domain, NULL, &windows))
		windows_replace(iommu, &windows);
}

void vfio_type1_detach_group(struct vfio_iommu *iommu, struct vfio_group *group)
{
	struct vfio_iommu_group *entry;

	mutex_lock(&iommu->lock);
	entry = find_group(&iommu->emulated_iommu_groups, group);
	if (entry) {
		detach_emulated(iommu, entry);
	} else {
		entry = find_group(&iommu->group_list, group);
		if (entry)
			detach_real(iommu, entry);
	}
	mutex_unlock(&iommu->lock);
}

/* A parameter of the module, where there is a limit at all (492855939bdb). */
static unsigned int dma_entry_limit(void)
{
	const struct pinners_state *state = pinners_state();
	unsigned int most = type1_rules()->dma_entries_max;

	return state && state->settings.dma_entry_limit && most != ~0u ? state->settings.dma_entry_limit : most;
}

/* VFIO_SET_IOMMU: ENODEV for another version than 1 and 2 (no driver knows it), ENOMEM. */
struct vfio_iommu *vfio_type1_open(unsigned int version)
{
	struct vfio_iommu *iommu;

	if (version != 1 && version != 2)
		return ERR_PTR(-ENODEV);
	iommu = kzalloc(sizeof(*iommu), GFP_KERNEL);
	if (!iommu)
		return ERR_PTR(-ENOMEM);
	iommu->v2 = version == 2;
	mutex_init(&iommu->lock);
	mutex_init(&iommu->device_list_lock);
	INIT_LIST_HEAD(&iommu->group_list);
	INIT_LIST_HEAD(&iommu->emulated_iommu_groups);
	INIT_LIST_HEAD(&iommu->iova_list);
	INIT_LIST_HEAD(&iommu->device_list);
	iommu->dma_list = RB_ROOT;
	iommu->dma_avail = dma_entry_limit();
	init_waitqueue_head(&iommu->vaddr_wait);
	iommu->container_open = true;
	iommu->ledger = ledger_object_create("vfio_iommu", NULL);
	sim_race_unseen(list_add(&iommu->world_item, &vfio_state()->iommus));
	return iommu;
}

/* No place where another task may go first: an ioctl has begun before, or finds no IOMMU. */
static void iommu_free(struct vfio_iommu *iommu)
{
	ledger_object_destroy(iommu->ledger);
	sim_race_unseen(list_del(&iommu->world_item));
	mutex_destroy(&iommu->device_list_lock);
	mutex_destroy(&iommu->lock);
	kfree(iommu);
}

/*
 * No group is left, and so neither dmas nor a domain. With an ioctl under way that
 * is the kernel's use after free: it is told, and the memory goes once it is safe,
 * so that the run can go on.
 */
void vfio_type1_release(struct vfio_iommu *iommu)
{
	vfio_unmap_unpin_all(iommu);
	windows_free(&iommu->iova_list);
	/* For a search: ioctls may change places, but not with this. */
	sim_touch(&iommu->ioctls, true);
	if (!iommu->ioctls) {
		iommu_free(iommu);
		return;
	}
	sim_violate(VIOLATION_USE_AFTER_FREE, "the last group leaves a container while %u ioctls are under way on it",
		    iommu->ioctls);
	iommu->released = true;
}

struct vfio_iommu *vfio_type1_ioctl_begin(struct vfio_container *container)
{
	struct vfio_iommu *iommu = READ_ONCE(container->iommu);

	if (!iommu)
		return ERR_PTR(-EINVAL);
	sim_touch(&iommu->ioctls, false);
	sim_race_unseen(iommu->ioctls++);
	return iommu;
}

void vfio_type1_ioctl_end(struct vfio_iommu *iommu)
{
	bool left_over;

	sim_touch(&iommu->ioctls, false);
	sim_race_unseen(left_over = iommu->ioctls == 1 && iommu->released);
	if (left_over)
		vfio_unmap_unpin_all(iommu);
	sim_race_unseen(left_over = !--iommu->ioctls && iommu->released);
	if (left_over)
		iommu_free(iommu);
}
