/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iommufd (v6.2): /dev/iommu, its ioctls, and the mock devices and in-kernel accesses
 * of the kernel's own test driver; as the running body's task calls it. Fds are the
 * caller's, objects are named by the id that the iommufd gave them. IOVAs, addresses
 * and lengths are bytes. Each returns >= 0 or -errno as Linux does, EBADF where the
 * caller has no such fd, ENOENT where there is no such object; -PINSIM_EABSENT on
 * kernels without it, -PINSIM_EMISUSE outside of a body. Where an id or IOVA is returned
 * by a pointer, that may be NULL.
 */
#ifndef PINSIM_IOMMUFD_H
#define PINSIM_IOMMUFD_H

#include <pinsim/base.h>

PINSIM_C_BEGIN

/* For the @prot of maps: what the device may do. */
enum pinsim_dma {
	PINSIM_DMA_READ = 1,
	PINSIM_DMA_WRITE = 2,
	PINSIM_DMA_RW = 3,
};

struct pinsim_iova_range {
	unsigned long first;
	unsigned long last;	/* inclusive */
};

/* Returns the fd. */
PINSIM_API long pinsim_iommufd_open(void);
/* An address space without devices: mapping into it costs nothing yet. *@ioas: its id. */
PINSIM_API long pinsim_ioas_alloc(int fd, unsigned int *ioas);
/*
 * A new mock device on @ioas, whose first domain pins and charges what is mapped: ENOMEM
 * over the limit. Its IOMMU's aperture is 16 MiB to 2 GiB - 1. *@device: its id.
 */
PINSIM_API long pinsim_attach_mock(int fd, unsigned int ioas, unsigned int *device);
/* The same with another aperture and IO page size, a power of two of at least 2048 bytes. */
PINSIM_API long pinsim_attach_mock_with(int fd, unsigned int ioas, struct pinsim_iova_range aperture,
					unsigned long page_bytes, unsigned int *device);
/* A device that there is (pinsim_vfio_cdev_open()). EBUSY. */
PINSIM_API long pinsim_attach(int fd, unsigned int device, unsigned int ioas);
PINSIM_API long pinsim_detach(int fd, unsigned int device);
/* Moves a device to another address space in one go (v6.6). */
PINSIM_API long pinsim_replace(int fd, unsigned int device, unsigned int ioas);

/*
 * Maps [@va, @va + @len). *@iova: where; returned, chosen by the kernel, where @fixed is false.
 * Returns 0. ENOMEM over the limit once there is a device, EEXIST where something is mapped,
 * EINVAL, EFAULT.
 */
PINSIM_API long pinsim_ioas_map(int fd, unsigned int ioas, unsigned long va, unsigned long len, unsigned int prot,
				bool fixed, unsigned long *iova);
/* The same of a memfd, from @off on (v6.14). */
PINSIM_API long pinsim_ioas_map_file(int fd, unsigned int ioas, int memfd, unsigned long off, unsigned long len,
				     unsigned int prot, bool fixed, unsigned long *iova);
/* Unmaps whole mappings. Returns the bytes. ENOENT. */
PINSIM_API long pinsim_ioas_unmap(int fd, unsigned int ioas, unsigned long iova, unsigned long len);
/* All of them. Returns the bytes; 0 where there are none, on some releases ENOENT. */
PINSIM_API long pinsim_ioas_unmap_all(int fd, unsigned int ioas);
/* Shares mapped pages with another address space, at no charge. *@iova as in pinsim_ioas_map(). */
PINSIM_API long pinsim_ioas_copy(int fd, unsigned int to, unsigned int from, unsigned long from_iova, unsigned long len,
				 unsigned int prot, bool fixed, unsigned long *iova);
/* Restricts what the allocator of IOVAs chooses. EADDRINUSE, EINVAL. */
PINSIM_API long pinsim_ioas_allow_iovas(int fd, unsigned int ioas, const struct pinsim_iova_range *ranges,
					unsigned int nr);

/* An in-kernel user that may pin. Returns its fd, which pinsim_close() ends; *@access: its id. */
PINSIM_API long pinsim_access_create(int fd, unsigned int ioas, unsigned int *access);
PINSIM_API long pinsim_access_pin(int access_fd, unsigned long iova, unsigned long len, bool write);
PINSIM_API long pinsim_access_unpin(int access_fd, unsigned long iova, unsigned long len);
/* Reads or writes a range; pins in passing, uncharged. */
PINSIM_API long pinsim_access_rw(int access_fd, unsigned long iova, unsigned long len, bool write);

/*
 * IOMMU_OPTION_RLIMIT_MODE, 0: the user is charged, 1: the process. EPERM without
 * CAP_SYS_RESOURCE, EBUSY once there are objects.
 */
PINSIM_API long pinsim_option_rlimit_mode(int fd, unsigned long value);
/* IOMMU_OPTION_HUGE_PAGES, 0: page by page. */
PINSIM_API long pinsim_option_huge_pages(int fd, unsigned int ioas, unsigned long value);
/* Moves the charges of file mappings to the caller (v6.14). */
PINSIM_API long pinsim_change_process(int fd);
/* An object that is not in use. EBUSY. */
PINSIM_API long pinsim_iommufd_destroy(int fd, unsigned int object);

PINSIM_C_END

#endif
