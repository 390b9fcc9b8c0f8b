// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Containers and groups (drivers/vfio/container.c, group.c).
 *
 * A container gets its IOMMU (type1 is the only one) by VFIO_SET_IOMMU once a
 * group is in it, and loses it with the last group: then all mappings go. It lives
 * as long as its file or a group, which may be closed in any order.
 */
#include <linux/bug.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include "vfio_private.h"

struct vfio_container *vfio_container_create(void)
{
	struct vfio_container *container = kzalloc(sizeof(*container), GFP_KERNEL);

	if (!container)
		return NULL;
	INIT_LIST_HEAD(&container->group_list);
	init_rwsem(&container->group_lock);
	kref_init(&container->kref);
	return container;
}

static void container_release(struct kref *kref)
{
	kfree(container_of(kref, struct vfio_container, kref));
}

/* The file is closed: vfio_fops_release(). */
void vfio_container_close(struct vfio_container *container)
{
	struct vfio_iommu *iommu = vfio_type1_ioctl_begin(container);

	if (!IS_ERR(iommu)) {
		vfio_type1_container_closed(iommu);
		vfio_type1_ioctl_end(iommu);
	}
	kref_put(&container->kref, container_release);
}

/*
 * VFIO_SET_IOMMU. EINVAL without a group, or where it is set already; else what
 * attaching the groups gives.
 */
int vfio_container_set_iommu(struct vfio_container *container, unsigned int version)
{
	struct vfio_iommu *iommu;
	struct vfio_group *group;
	int ret = 0;

	down_write(&container->group_lock);
	if (list_empty(&container->group_list) || container->iommu) {
		up_write(&container->group_lock);
		return -EINVAL;
	}
	mutex_lock(&vfio_state()->iommu_drivers_lock);
	iommu = vfio_type1_open(version);
	if (IS_ERR(iommu)) {
		ret = PTR_ERR(iommu);
		goto out_unlock;
	}
	list_for_each_entry(group, &container->group_list, container_next) {
		ret = vfio_type1_attach_group(iommu, group);
		if (ret)
			break;
	}
	if (ret) {
		/* of those that are not in it, it knows nothing */
		list_for_each_entry(group, &container->group_list, container_next)
			vfio_type1_detach_group(iommu, group);
		vfio_type1_release(iommu);
	} else {
		sim_touch(&container->iommu, true);
		container->iommu = iommu;
	}
out_unlock:
	mutex_unlock(&vfio_state()->iommu_drivers_lock);
	up_write(&container->group_lock);
	return ret;
}

/* VFIO_GROUP_SET_CONTAINER. EPERM where another owner has the device. */
int vfio_container_attach_group(struct vfio_container *container, struct vfio_group *group)
{
	int ret = 0;

	down_write(&container->group_lock);
	if (group->iommu_group)
		ret = iommu_group_claim_dma_owner(group->iommu_group, group);
	if (!ret && container->iommu) {
		ret = vfio_type1_attach_group(container->iommu, group);
		if (ret && group->iommu_group)
			iommu_group_release_dma_owner(group->iommu_group);
	}
	if (!ret) {
		group->container = container;
		list_add(&group->container_next, &container->group_list);
		kref_get(&container->kref);
	}
	up_write(&container->group_lock);
	return ret;
}

/* VFIO_GROUP_UNSET_CONTAINER, or the group's file is closed. */
void vfio_group_detach_container(struct vfio_group *group)
{
	struct vfio_container *container = group->container;

	down_write(&container->group_lock);
	if (container->iommu)
		vfio_type1_detach_group(container->iommu, group);
	if (group->iommu_group)
		iommu_group_release_dma_owner(group->iommu_group);
	group->container = NULL;
	list_del(&group->container_next);
	if (container->iommu && list_empty(&container->group_list)) {
		vfio_type1_release(container->iommu);
		/* ioctls look at it without the lock */
		sim_touch(&container->iommu, true);
		container->iommu = NULL;
	}
	up_write(&container->group_lock);
	kref_put(&container->kref, container_release);
}
