// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Emulated devices in a container that iommufd serves (drivers/vfio/iommufd.c,
 * the emulated ops): an access to the container's IOAS instead of a group in a
 * container. There pages are given back in the ranges in which they were pinned,
 * so the driver here notes those.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <iopt/vfio_compat.h>
#include <iopt/vfio_notes.h>
#include "vfio_private.h"

static struct vfio_noted_range *take_overlapping(struct vfio_mdev *mdev, unsigned long iova, unsigned long last)
{
	struct vfio_noted_range *pin;

	mutex_lock(&mdev->access_lock);
	pin = vfio_take_overlapping(&mdev->access_pins, iova, last);
	mutex_unlock(&mdev->access_lock);
	return pin;
}

static void access_unmap(void *data, unsigned long iova, unsigned long length)
{
	struct vfio_mdev *mdev = data;
	struct vfio_noted_range *pin;

	while ((pin = take_overlapping(mdev, iova, iova + length - 1))) {
		iommufd_access_unpin_pages(mdev->access, pin->iova, pin->len);
		kfree(pin);
	}
}

static const struct iommufd_access_ops access_ops = {
	.unmap = access_unmap,
};

int vfio_mdev_bind_iommufd(struct vfio_mdev *mdev, struct iommufd_ctx *ictx)
{
	struct iommufd_access *access;
	u32 id;
	int ret;

	mutex_init(&mdev->access_lock);
	INIT_LIST_HEAD(&mdev->access_pins);
	access = iommufd_access_create(ictx, &access_ops, mdev, &id);
	if (IS_ERR(access))
		return PTR_ERR(access);
	mdev->access = access;
	ret = iommufd_vfio_compat_ioas_get_id(ictx, &id);
	if (!ret)
		ret = iommufd_access_attach(access, id);
	if (ret)
		vfio_mdev_unbind_iommufd(mdev);
	return ret;
}

void vfio_mdev_unbind_iommufd(struct vfio_mdev *mdev)
{
	access_unmap(mdev, 0, ~0UL);
	iommufd_access_destroy(mdev->access);
	mdev->access = NULL;
	mutex_destroy(&mdev->access_lock);
}

/* @iova and @len in whole pages. */
long vfio_access_pin_pages(struct vfio_mdev *mdev, unsigned long iova, unsigned long len)
{
	struct vfio_noted_range *pin = kmalloc(sizeof(*pin), GFP_KERNEL);
	int ret;

	if (!pin)
		return -ENOMEM;
	pin->iova = iova;
	pin->len = len;
	ret = iommufd_access_pin_pages(mdev->access, iova, len, true);
	if (ret) {
		kfree(pin);
		return ret;
	}
	mutex_lock(&mdev->access_lock);
	list_add_tail(&pin->node, &mdev->access_pins);
	mutex_unlock(&mdev->access_lock);
	return 0;
}

/* EINVAL for anything but a range that was pinned. */
long vfio_access_unpin_pages(struct vfio_mdev *mdev, unsigned long iova, unsigned long len)
{
	struct vfio_noted_range *pin;

	mutex_lock(&mdev->access_lock);
	pin = vfio_take_range(&mdev->access_pins, iova, len);
	mutex_unlock(&mdev->access_lock);
	if (!pin)
		return -EINVAL;
	iommufd_access_unpin_pages(mdev->access, iova, len);
	kfree(pin);
	return 0;
}
