// SPDX-License-Identifier: GPL-2.0-or-later
/* Groups (drivers/iommu/iommu.c) as far as iommufd and vfio call them: see kapi/iommu_group.h. */
#include <linux/bug.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <kapi/iommu_group.h>

struct iommu_group *iommu_group_create(struct device *dev, int *next_id)
{
	struct iommu_group *group = kzalloc(sizeof(*group), GFP_KERNEL);

	if (!group)
		return NULL;
	kref_init(&group->kref);
	mutex_init(&group->mutex);
	group->id = (*next_id)++;
	group->dev = dev;
	return group;
}

static void group_release(struct kref *kref)
{
	struct iommu_group *group = container_of(kref, struct iommu_group, kref);

	mutex_destroy(&group->mutex);
	kfree(group);
}

struct iommu_group *iommu_group_get(struct device *dev)
{
	struct iommu_group *group = dev->iommu_group;

	if (group)
		kref_get(&group->kref);
	return group;
}

void iommu_group_put(struct iommu_group *group)
{
	if (group)
		kref_put(&group->kref, group_release);
}

void iommu_group_leave(struct device *dev)
{
	struct iommu_group *group = dev->iommu_group;

	WARN_ON(group->domain || group->owner_cnt);
	dev->iommu_group = NULL;
	group->dev = NULL;
	iommu_group_put(group);
}

int iommu_group_id(struct iommu_group *group)
{
	return group->id;
}

int iommu_group_for_each_dev(struct iommu_group *group, void *data, int (*fn)(struct device *, void *))
{
	int ret;

	mutex_lock(&group->mutex);
	ret = group->dev ? fn(group->dev, data) : 0;
	mutex_unlock(&group->mutex);
	return ret;
}

bool iommu_group_has_isolated_msi(struct iommu_group *group)
{
	return true;
}

/* Reserved regions. */

void iommu_put_resv_regions(struct device *dev, struct list_head *list)
{
	struct iommu_resv_region *region, *next;

	list_for_each_entry_safe(region, next, list, list)
		kfree(region);
}

/* Copies the device's regions to @head, whose entries are the caller's to free. */
int iommu_get_group_resv_regions(struct iommu_group *group, struct list_head *head)
{
	struct iommu_resv_region *region, *copy;
	LIST_HEAD(regions);
	int ret = 0;

	mutex_lock(&group->mutex);
	iommu_get_resv_regions(group->dev, &regions);
	list_for_each_entry(region, &regions, list) {
		copy = kzalloc(sizeof(*copy), GFP_KERNEL);
		if (!copy) {
			ret = -ENOMEM;
			break;
		}
		copy->start = region->start;
		copy->length = region->length;
		copy->type = region->type;
		list_add_tail(&copy->list, head);
	}
	iommu_put_resv_regions(group->dev, &regions);
	mutex_unlock(&group->mutex);
	return ret;
}

/* Which domain the group's device goes through. group->mutex held. */

static void set_domain(struct iommu_group *group, struct iommu_domain *domain)
{
	if (group->domain)
		iommu_core_count(group->domain, -1);
	if (domain)
		iommu_core_count(domain, 1);
	group->domain = domain;
}

static int attach_domain(struct iommu_group *group, struct iommu_domain *domain)
{
	int ret = iommu_core_attach(domain, group->dev);

	if (!ret)
		set_domain(group, domain);
	return ret;
}

int iommu_attach_group(struct iommu_domain *domain, struct iommu_group *group)
{
	int ret;

	mutex_lock(&group->mutex);
	ret = group->domain ? -EBUSY : attach_domain(group, domain);
	mutex_unlock(&group->mutex);
	return ret;
}

void iommu_detach_group(struct iommu_domain *domain, struct iommu_group *group)
{
	mutex_lock(&group->mutex);
	set_domain(group, NULL);
	mutex_unlock(&group->mutex);
}

int iommu_attach_group_handle(struct iommu_domain *domain, struct iommu_group *group,
			      struct iommu_attach_handle *handle)
{
	int ret;

	if (handle)
		handle->domain = domain;
	mutex_lock(&group->mutex);
	ret = group->domain || group->handle ? -EBUSY : attach_domain(group, domain);
	if (!ret)
		group->handle = handle;
	mutex_unlock(&group->mutex);
	return ret;
}

void iommu_detach_group_handle(struct iommu_domain *domain, struct iommu_group *group)
{
	mutex_lock(&group->mutex);
	set_domain(group, NULL);
	group->handle = NULL;
	mutex_unlock(&group->mutex);
}

int iommu_replace_group_handle(struct iommu_group *group, struct iommu_domain *new_domain,
			       struct iommu_attach_handle *handle)
{
	int ret;

	if (!new_domain)
		return -EINVAL;
	mutex_lock(&group->mutex);
	if (handle)
		handle->domain = new_domain;
	ret = attach_domain(group, new_domain);
	if (!ret)
		group->handle = handle;
	mutex_unlock(&group->mutex);
	return ret;
}

struct iommu_attach_handle *iommu_attach_handle_get(struct iommu_group *group, ioasid_t pasid, unsigned int type)
{
	struct iommu_attach_handle *handle;

	mutex_lock(&group->mutex);
	handle = pasid == IOMMU_NO_PASID ? group->handle : NULL;
	if (!handle)
		handle = ERR_PTR(-ENOENT);
	else if (type && handle->domain->type != type)
		handle = ERR_PTR(-EBUSY);
	mutex_unlock(&group->mutex);
	return handle;
}

/* Ownership: who may put the group into which domain. group->mutex held. */

static int take_ownership(struct iommu_group *group, void *owner)
{
	if (group->domain)
		return -EBUSY;
	group->owner = owner;
	group->owner_cnt = 1;
	return 0;
}

static void drop_ownership(struct iommu_group *group)
{
	if (WARN_ON(!group->owner_cnt || !group->owner))
		return;
	group->owner_cnt = 0;
	group->owner = NULL;
	set_domain(group, NULL);
}

int iommu_group_claim_dma_owner(struct iommu_group *group, void *owner)
{
	int ret;

	mutex_lock(&group->mutex);
	ret = group->owner_cnt ? -EPERM : take_ownership(group, owner);
	mutex_unlock(&group->mutex);
	return ret;
}

void iommu_group_release_dma_owner(struct iommu_group *group)
{
	mutex_lock(&group->mutex);
	drop_ownership(group);
	mutex_unlock(&group->mutex);
}

int iommu_device_claim_dma_owner(struct device *dev, void *owner)
{
	struct iommu_group *group = dev->iommu_group;
	int ret = 0;

	if (!group)
		return -ENODEV;
	mutex_lock(&group->mutex);
	if (!group->owner_cnt)
		ret = take_ownership(group, owner);
	else if (group->owner != owner)
		ret = -EPERM;
	else
		group->owner_cnt++;
	mutex_unlock(&group->mutex);
	return ret;
}

void iommu_device_release_dma_owner(struct device *dev)
{
	struct iommu_group *group = dev->iommu_group;

	mutex_lock(&group->mutex);
	if (group->owner_cnt > 1)
		group->owner_cnt--;
	else
		drop_ownership(group);
	mutex_unlock(&group->mutex);
}
