/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfio as the scenario layer calls it: containers (type1 by version, or served by
 * iommufd), mdevs, and the device's character device. One table a backend.
 *
 * Calls run on the calling task's actor; fds are the caller's. Bytes throughout.
 */
#ifndef SUBSYS_VFIO_H
#define SUBSYS_VFIO_H

#include <stdbool.h>

#define VFIO_READ 1u
#define VFIO_WRITE 2u

struct vfio_open {
	unsigned int version;	/* 1 or 2 */
	int iommufd;		/* the fd of /dev/iommu used as a container, or -1 */
	bool compat;		/* /dev/vfio/vfio served by iommufd */
	bool device;		/* with one device in its group attached */
};

struct vfio_calls {
	/* The container's fd. close() of it closes device and group too, never the iommufd. */
	long (*open)(const struct vfio_open *args);
	/* One more group with a device into the container; detach takes the one attached last out. */
	long (*attach)(int fd);
	long (*detach)(int fd);
	long (*map)(int fd, unsigned long iova, unsigned long va, unsigned long len, unsigned int prot);
	/* Returns 0 and the bytes in *@unmapped. */
	long (*unmap)(int fd, unsigned long iova, unsigned long len, bool all, unsigned long *unmapped);
	long (*unmap_vaddr)(int fd, unsigned long iova, unsigned long len, bool all, unsigned long *unmapped);
	long (*map_vaddr)(int fd, unsigned long iova, unsigned long va, unsigned long len);
	/* An emulated (mdev) device in the container: its own fd; close() takes it out. */
	long (*mdev_attach)(int fd);
	long (*mdev_pin)(int mdev_fd, unsigned long iova, unsigned long len);
	long (*mdev_unpin)(int mdev_fd, unsigned long iova, unsigned long len);
	/* VFIO_CHANGE_DMA_OWNER of the 2022 proposal; -ENOTTY on released kernels. */
	long (*change_dma_owner)(int fd);
	/* A vfio device bound to an iommufd: the device's fd, and in *@id its object there (iommufd_calls.attach). */
	long (*cdev_open)(int iommufd, unsigned int *id);

	/* Observables, -ENOENT where there is nothing. */
	long (*charged)(int fd);				/* pages */
	long (*device_pfn)(int fd, unsigned long iova);		/* of a container's or a cdev's device */
};

extern const struct vfio_calls vfio_model;

#endif
