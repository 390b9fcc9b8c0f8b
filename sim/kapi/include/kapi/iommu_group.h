/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Groups of one device: who owns them, and which domain their device goes through
 * (iommu_group.c). The same text serves two cores, each compiled with its own
 * struct device and struct iommu_domain: that of sim/kapi below the model, and that
 * of iopt/upstream below the kernel's own files. What they know of their domains and
 * drivers they tell by iommu_core_*().
 *
 * A group lives as long as its device or a reference. group->mutex covers owner and
 * attached domain, and is innermost.
 */
#ifndef KAPI_IOMMU_GROUP_H
#define KAPI_IOMMU_GROUP_H

#include <linux/iommu.h>
#include <linux/kref.h>
#include <linux/mutex.h>

struct iommu_group {
	struct kref kref;
	struct mutex mutex;
	int id;
	struct device *dev;
	struct iommu_domain *domain;		/* NULL: the default, or the blocking one while owned */
	struct iommu_attach_handle *handle;
	void *owner;
	unsigned int owner_cnt;
};

/*
 * A group for @dev (NULL: for none, as vfio makes one for an emulated device), or NULL: -ENOMEM. Its number is
 * *@next_id, which counts on behind the allocation, where nobody comes in between.
 */
struct iommu_group *iommu_group_create(struct device *dev, int *next_id);
/* @dev goes, whose group has neither domain nor owner any more: a warning otherwise. */
void iommu_group_leave(struct device *dev);

/* What the kernel declares in drivers/iommu/iommu-priv.h. */
int iommu_attach_group_handle(struct iommu_domain *domain, struct iommu_group *group,
			      struct iommu_attach_handle *handle);
void iommu_detach_group_handle(struct iommu_domain *domain, struct iommu_group *group);
int iommu_replace_group_handle(struct iommu_group *group, struct iommu_domain *new_domain,
			       struct iommu_attach_handle *handle);
struct iommu_attach_handle *iommu_attach_handle_get(struct iommu_group *group, ioasid_t pasid, unsigned int type);

/* The core's: @dev comes into @domain. -EINVAL where the domain is for other devices, -ENOMEM. */
int iommu_core_attach(struct iommu_domain *domain, struct device *dev);
/* The core's: one group more (1) or less (-1) is in @domain, which may be gone. */
void iommu_core_count(struct iommu_domain *domain, int change);

#endif
