/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfio as the scenario layer calls it: containers (type1 by version, or served by
 * iommufd), mdevs, and the device's character device. One table a backend: the
 * model's is subsys/vfio.c, the kernel's own files stand behind iopt/upstream.
 *
 * Calls run on the calling task's actor; fds are the caller's. Bytes throughout.
 * Every call: EBADF where the caller has no such fd, ENOTTY on a file of another
 * kind, ENOMEM where an allocation fails.
 */
#ifndef IOPT_VFIO_CALLS_H
#define IOPT_VFIO_CALLS_H

#include <stdbool.h>

#define VFIO_READ 1u
#define VFIO_WRITE 2u

struct vfio_open {
	unsigned int version;	/* 1 or 2 */
	int iommufd;		/* the fd of /dev/iommu used as a container, or -1 */
	bool compat;		/* /dev/vfio/vfio served by iommufd */
	bool device;		/* with one device in its group attached */
};

/* The IOMMU that a device is behind, where it is not as the others. Both ends are inclusive. */
struct vfio_iommu_options {
	unsigned long aperture_start;	/* 0 and 0: as the others */
	unsigned long aperture_last;
	unsigned long pgsize;		/* least IO page in bytes, a power of two; 0: as the others */
	unsigned long reserved_start;	/* one reserved range more; 0 and 0: none */
	unsigned long reserved_last;
	unsigned long msi;		/* where software maps what interrupts are written to; 0: the IOMMU does */
};

/* What VFIO_IOMMU_GET_INFO says, one number a question; windows by index. */
enum vfio_info {
	VFIO_INFO_PGSIZES,	/* the IO page sizes, a bit each */
	VFIO_INFO_AVAIL,	/* how many mappings more the container takes */
	VFIO_INFO_WINDOWS,	/* how many windows of IOVAs there are, or 0 where nothing is said */
	VFIO_INFO_START,	/* where one begins */
	VFIO_INFO_LAST,		/* and ends, inclusive */
	VFIO_INFO_LOG_PGSIZES,	/* bytes of a bit in the log of dirty pages, a bit each */
	VFIO_INFO_LOG_BYTES,	/* the largest bitmap that it fills */
	VFIO_INFO_DOMAINS,	/* how many page tables its devices are behind, each asked for by its group */
};

struct vfio_calls {
	/*
	 * The container's fd. close() of it closes device and group too, never the
	 * iommufd. ENODEV for another version (EINVAL where iommufd serves), EBADFD
	 * where iommufd is another file.
	 */
	long (*open)(const struct vfio_open *args);
	/*
	 * One more group with a device into the container, and VFIO_SET_IOMMU with
	 * the first (container.c:vfio_ioctl_set_iommu). EBUSY while an address is
	 * invalid (from 6.3), EINVAL where a mapping lies in a reserved range, else
	 * what pinning what is mapped gives. Detach takes the one attached last out,
	 * EINVAL where there is none.
	 */
	long (*attach)(int fd);
	/*
	 * The same with a device behind another IOMMU: where no domain of the container
	 * takes it, it gets one of its own. EINVAL where a mapping lies outside of its
	 * aperture or in its reserved range. NULL: all IOMMUs of this backend are alike.
	 */
	long (*attach_other)(int fd, const struct vfio_iommu_options *options);
	long (*detach)(int fd);
	/*
	 * VFIO_IOMMU_MAP_DMA. EINVAL without a group (ENODEV where iommufd serves);
	 * type1's other errnos: vfio_type1_map(), iommufd's: iopt_map_user_pages().
	 */
	long (*map)(int fd, unsigned long iova, unsigned long va, unsigned long len, unsigned int prot);
	/* VFIO_IOMMU_UNMAP_DMA, @all with that flag. Returns 0 and the bytes in *@unmapped; vfio_type1_unmap(). */
	long (*unmap)(int fd, unsigned long iova, unsigned long len, bool all, unsigned long *unmapped);
	/* The same two with VFIO_DMA_UNMAP_FLAG_VADDR and VFIO_DMA_MAP_FLAG_VADDR. EINVAL where iommufd serves. */
	long (*unmap_vaddr)(int fd, unsigned long iova, unsigned long len, bool all, unsigned long *unmapped);
	long (*map_vaddr)(int fd, unsigned long iova, unsigned long va, unsigned long len);
	/*
	 * VFIO_IOMMU_DIRTY_PAGES, START and STOP, and GET_BITMAP, or with @unmap
	 * VFIO_IOMMU_UNMAP_DMA with VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP: in *@dirty the
	 * bytes of the range that are dirty. EINVAL where nothing is logged or a mapping
	 * lies across an end of the range, EACCES on version 1. NULL: there is no log.
	 */
	long (*dirty_log)(int fd, bool on);
	long (*dirty)(int fd, unsigned long iova, unsigned long len, bool unmap, unsigned long *dirty);
	/*
	 * VFIO_IOMMU_GET_INFO, and VFIO_CHECK_EXTENSION by the number that <linux/vfio.h>
	 * gives it: EINVAL for a window that is not there. NULL: nobody asks on this backend.
	 */
	long (*info)(int fd, enum vfio_info what, unsigned long window, unsigned long *value);
	long (*extension)(int fd, unsigned long extension);
	/* vfio_main.c:vfio_dma_rw(): the mdev's driver reads or writes what is mapped, without pins. NULL as above. */
	long (*mdev_rw)(int mdev_fd, unsigned long iova, unsigned long len, bool write);
	/* An emulated (mdev) device in the container: its own fd; close() gives its pins back and takes it out. */
	long (*mdev_attach)(int fd);
	/* For reading and writing: vfio_mdev.c:vfio_pin_pages(), or an access's pin where iommufd serves. */
	long (*mdev_pin)(int mdev_fd, unsigned long iova, unsigned long len);
	/* EINVAL where the device does not hold the range. */
	long (*mdev_unpin)(int mdev_fd, unsigned long iova, unsigned long len);
	/*
	 * A vfio device bound to an iommufd: the device's fd, and in *@id its object
	 * there (iommufd_calls.attach). EBADFD on a file that is no iommufd.
	 */
	long (*cdev_open)(int iommufd, unsigned int *id);

	/* Observables, -ENOENT where there is nothing. */
	long (*charged)(int fd);				/* pages */
	long (*device_pfn)(int fd, unsigned long iova);		/* a container's first or a cdev; -1 unmapped */
	unsigned long (*state)(void);				/* as iommufd_calls.state, of every type1 */
};

#endif
