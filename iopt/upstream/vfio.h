/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices as the kernel's vfio knows them: a real one behind its IOMMU, or an
 * emulated one (mdev), each alone in its group. What vfio's group.c and vfio_main.c
 * do to them is here and in vfio.c, mdev.c; container.c, iommufd.c and type1 are
 * the kernel's own.
 */
#ifndef UPSTREAM_VFIO_H
#define UPSTREAM_VFIO_H

#include <drivers/vfio/vfio.h>
#include <iopt/vfio_fds.h>
#include <sim/run_tree.h>

struct upstream_vfio {
	struct vfio_group group;
	struct vfio_device vdev;
	struct vfio_device_set dev_set;
};

struct vfio_mdev {
	struct vfio_fds_mdev fds;
	struct upstream_vfio vfio;
	struct mutex lock;			/* the driver's: what it holds, below */
	struct sim_run_tree pins;		/* in a container of type1's: IOVA page -> how often */
	struct list_head ranges;		/* in one that iommufd serves: struct vfio_noted_range */
};

/* vfio.c */
/* @iommu_group: the device's, with a reference that the structure takes over. */
void upstream_vfio_init(struct upstream_vfio *vfio, const struct vfio_device_ops *ops, enum vfio_group_type type,
			struct device *dev, struct iommu_group *iommu_group);
/* Not in a container any more. */
void upstream_vfio_fini(struct upstream_vfio *vfio);
/* VFIO_GROUP_SET_CONTAINER's counterpart. */
void upstream_vfio_leave(struct upstream_vfio *vfio);

/* mdev.c */
/* An emulated device outside of any container, ERR_PTR(-ENOMEM). */
struct vfio_mdev *upstream_mdev_create(void);
void upstream_mdev_destroy(struct vfio_mdev *mdev);
/* It is opened: in the container where its group is, or as a user of the context. */
void upstream_mdev_open(struct vfio_mdev *mdev);
int upstream_mdev_bind(struct vfio_mdev *mdev, struct iommufd_ctx *ictx);
/* Its last fd is closed: what it holds goes, then the device leaves where it was. */
void upstream_mdev_close(struct vfio_mdev *mdev);
long upstream_mdev_pin(struct vfio_mdev *mdev, unsigned long iova, unsigned long len);
long upstream_mdev_unpin(struct vfio_mdev *mdev, unsigned long iova, unsigned long len);
long upstream_mdev_rw(struct vfio_mdev *mdev, unsigned long iova, unsigned long len, bool write);

#endif
