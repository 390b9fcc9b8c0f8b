/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fds that a process has of vfio, for both backends: what stands behind them is the
 * model's (subsys/vfio.c) or the kernel's own (iopt/upstream/vfio.c). Kernel world.
 *
 * A container variable of a scenario is one file that stands for container, groups and
 * devices. They are shared, inherited and closed together; the last close lets go of
 * them in the order in which exit closes fds: container, then each group with its device.
 * The container is either type1's, or a context of iommufd in the same role: /dev/iommu
 * itself (the caller must then still have that fd), or /dev/vfio/vfio where iommufd
 * serves it. An mdev and a device's character device (cdev) have a file each.
 *
 * A backend puts the structures below at the head of its own.
 */
#ifndef IOPT_VFIO_FDS_H
#define IOPT_VFIO_FDS_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <iopt/vfio_calls.h>

struct device;
struct file;
struct sim_digest;
struct vfio_backend;

/* A container variable. */
struct vfio_fds {
	const struct vfio_backend *backend;
	struct mutex lock;			/* devices */
	unsigned int version;			/* of VFIO_SET_IOMMU: 1 or 2 */
	struct list_head devices;		/* struct vfio_fds_device, in order of attaching */
};

/* A device with its group, in a container variable. */
struct vfio_fds_device {
	struct list_head node;
	struct device *dev;
};

struct vfio_fds_mdev {
	const struct vfio_backend *backend;
};

struct vfio_fds_cdev {
	const struct vfio_backend *backend;
	struct device *dev;
};

/* Errors are negative errnos. What makes something leaves nothing behind when it fails. */
struct vfio_backend {
	size_t bytes;				/* of a container variable */
	/* What is behind the container's fd; vfio_fds_open() frees what a failed one has made by then. */
	long (*open)(struct vfio_fds *fds, const struct vfio_open *args);
	/* May the caller call on it? Of /dev/iommu used as a container it needs that very fd. */
	bool (*reachable)(const struct vfio_fds *fds);
	/* The container's fd is closed; then, behind all devices, what else was open. */
	void (*close)(struct vfio_fds *fds);
	void (*put)(struct vfio_fds *fds);
	/* One more device, the last on the list; @own as in vfio_calls.attach_other. Locked, or not shared yet. */
	long (*attach)(struct vfio_fds *fds, const struct vfio_iommu_options *own);
	/* It leaves list and container, and is freed. */
	void (*detach)(struct vfio_fds_device *device);
	/* An emulated device in the container, or ERR_PTR. fds->lock held. */
	struct vfio_fds_mdev *(*mdev_create)(struct vfio_fds *fds);
	void (*mdev_free)(struct vfio_fds_mdev *mdev);
	long (*mdev_pin)(struct vfio_fds_mdev *mdev, unsigned long iova, unsigned long len);
	long (*mdev_unpin)(struct vfio_fds_mdev *mdev, unsigned long iova, unsigned long len);
	/* NULL: nobody asks for it */
	long (*mdev_rw)(struct vfio_fds_mdev *mdev, unsigned long iova, unsigned long len, bool write);
	void (*cdev_free)(struct vfio_fds_cdev *cdev);
	/* Observers. */
	long (*charged)(const struct vfio_fds *fds);
	long (*device_pfn)(struct device *dev, unsigned long iova);
	/* What is behind the file (sim/digest.h). NULL: no digest covers it. */
	void (*digest)(const struct vfio_fds *fds, struct sim_digest *digest);
};

/* The container behind the caller's @fd: its file with a reference, or ERR_PTR(-EBADF), ERR_PTR(-ENOTTY). */
struct file *vfio_fds_get(int fd, struct vfio_fds **fds);
/* The file of a cdev, not yet installed, or ERR_PTR(-ENOMEM). The cdev's free is its release. */
struct file *vfio_cdev_file(struct vfio_fds_cdev *cdev);

/* As in struct vfio_calls. */
long vfio_fds_open(const struct vfio_backend *backend, const struct vfio_open *args);
long vfio_fds_attach(int fd);
long vfio_fds_attach_other(int fd, const struct vfio_iommu_options *options);
long vfio_fds_detach(int fd);
long vfio_fds_mdev_attach(int fd);
long vfio_fds_mdev_pin(int mdev_fd, unsigned long iova, unsigned long len);
long vfio_fds_mdev_unpin(int mdev_fd, unsigned long iova, unsigned long len);
long vfio_fds_mdev_rw(int mdev_fd, unsigned long iova, unsigned long len, bool write);
long vfio_fds_charged(int fd);
long vfio_fds_device_pfn(int fd, unsigned long iova);

#endif
