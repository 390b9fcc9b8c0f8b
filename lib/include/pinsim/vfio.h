/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfio: containers by type1 or served by iommufd, devices, emulated devices (mdevs); as
 * the running body's task calls it. Fds are the caller's. IOVAs, addresses and
 * lengths are bytes. Each returns >= 0 or -errno as Linux does, EBADF where the
 * caller has no such fd, ENOTTY on a file of another kind; -PINSIM_EABSENT where the
 * kernel has not got it, -PINSIM_EMISUSE outside of a body.
 */
#ifndef PINSIM_VFIO_H
#define PINSIM_VFIO_H

#include <pinsim/base.h>
#include <pinsim/iommufd.h>

PINSIM_C_BEGIN

/* A member that is 0 is its default. */
struct pinsim_vfio {
	unsigned int version;	/* of type1: 1, or 2 (the default) */
	bool on_iommufd;	/* the iommufd @iommufd is used as a container (v6.2) */
	int iommufd;
	bool compat;		/* /dev/vfio/vfio is served by iommufd (v6.2) */
	bool without_device;	/* else one group with a device is attached */
};

/* Returns the container's fd, whose close closes group and device too. @how: NULL for all defaults. */
PINSIM_API long pinsim_vfio_open(const struct pinsim_vfio *how);
/* One more group with a device: pins and charges what is mapped. ENOMEM, EBUSY, EINVAL. */
PINSIM_API long pinsim_vfio_attach(int container);
/* The last one out of it. EINVAL where there is none. */
PINSIM_API long pinsim_vfio_detach(int container);
/* A vfio device bound to an iommufd (v6.6). Returns its fd; *@device: its id, for pinsim_attach(). */
PINSIM_API long pinsim_vfio_cdev_open(int iommufd, unsigned int *device);

/*
 * VFIO_IOMMU_MAP_DMA: pins, charges and maps. @prot: of enum pinsim_dma. ENOMEM over the
 * limit, EEXIST, EINVAL, EFAULT.
 */
PINSIM_API long pinsim_vfio_map(int container, unsigned long iova, unsigned long va, unsigned long len,
				unsigned int prot);
/* VFIO_IOMMU_UNMAP_DMA. Returns the bytes. EINVAL where a mapping would be cut (version 2). */
PINSIM_API long pinsim_vfio_unmap(int container, unsigned long iova, unsigned long len);
/* With the flag ALL (v5.15). */
PINSIM_API long pinsim_vfio_unmap_all(int container);
/* With the flag VADDR (v5.15): forgets the addresses and keeps the mapping. Returns the bytes. */
PINSIM_API long pinsim_vfio_unmap_vaddr(int container, unsigned long iova, unsigned long len);
PINSIM_API long pinsim_vfio_unmap_vaddr_all(int container);
/* MAP with the flag VADDR (v5.15): a new address for a mapping, and a new owner where the caller is another. */
PINSIM_API long pinsim_vfio_map_vaddr(int container, unsigned long iova, unsigned long va, unsigned long len);

/* An emulated device in the container, which pins what it uses. Returns its fd. */
PINSIM_API long pinsim_mdev_attach(int container);
PINSIM_API long pinsim_mdev_pin(int mdev, unsigned long iova, unsigned long len);
PINSIM_API long pinsim_mdev_unpin(int mdev, unsigned long iova, unsigned long len);

PINSIM_C_END

#endif
