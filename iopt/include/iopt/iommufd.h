/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iommufd as the scenario layer calls it: /dev/iommu, its ioctls, the mock devices
 * and in-kernel accesses of its test driver, and the vfio container that it
 * serves. One table of calls a backend (the model here, the kernel's own files
 * in iopt/upstream), so that the same operation runs on either.
 *
 * Every call runs on the calling task's actor. Fds are the caller's; objects are
 * named by the id that the context gave them. Returns >= 0 or -errno.
 * Addresses, IOVAs and lengths in bytes.
 */
#ifndef IOPT_IOMMUFD_H
#define IOPT_IOMMUFD_H

#include <stdbool.h>

#define IOPT_READ 1u
#define IOPT_WRITE 2u

struct iommufd_range {
	unsigned long start;
	unsigned long last;	/* inclusive */
};

struct iommufd_map {
	unsigned int ioas_id;
	unsigned long va;	/* ioas_map */
	int memfd;		/* ioas_map_file: fd and offset */
	unsigned long off;
	unsigned long len;
	bool fixed;		/* iova is given */
	unsigned long iova;
	unsigned int prot;	/* IOPT_* */
};

struct iommufd_attach {
	unsigned int ioas_id;
	unsigned long aperture_start;	/* 0 and 0: the mock's own */
	unsigned long aperture_last;
	unsigned long pgsize;		/* 0: the mock's own */
};

struct iommufd_dirty {
	unsigned long iova;
	unsigned long len;
	unsigned long pgsize;	/* bytes of a bit */
	unsigned long bitmap;	/* in the caller's memory; what is written must lie in one page */
	bool keep;		/* IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR */
};

struct iommufd_calls {
	long (*open)(void);				/* the fd */
	long (*ioas_alloc)(int fd, unsigned int *id);
	/* A new mock device, attached: a domain made for the IOAS when it has none that fits. *@id: the device. */
	long (*attach_mock)(int fd, const struct iommufd_attach *args, unsigned int *id);
	/* A device bound before (vfio_cdev): by object id. */
	long (*attach)(int fd, unsigned int dev_id, unsigned int ioas_id);
	long (*detach)(int fd, unsigned int dev_id);
	long (*replace)(int fd, unsigned int dev_id, unsigned int ioas_id);
	long (*ioas_map)(int fd, const struct iommufd_map *args, unsigned long *iova);
	long (*ioas_map_file)(int fd, const struct iommufd_map *args, unsigned long *iova);
	/* Returns 0 and the bytes in *@unmapped. */
	long (*ioas_unmap)(int fd, unsigned int ioas_id, unsigned long iova, unsigned long len,
			   unsigned long *unmapped);
	long (*ioas_copy)(int fd, unsigned int dst_id, unsigned int src_id, unsigned long src_iova, unsigned long len,
			  bool fixed, unsigned long *iova, unsigned int prot);
	long (*ioas_allow_iovas)(int fd, unsigned int ioas_id, const struct iommufd_range *ranges, unsigned int nr);
	/* An fd of its own, as selftest.c gives one: close() ends it. *@id: the object in the context. */
	long (*access_create)(int fd, unsigned int ioas_id, unsigned int *id);
	long (*access_pin)(int access_fd, unsigned long iova, unsigned long len, bool write);
	long (*access_unpin)(int access_fd, unsigned long iova, unsigned long len);
	long (*access_rw)(int access_fd, unsigned long iova, unsigned long len, bool write);
	/* @set false: returns the value. */
	long (*option_rlimit_mode)(int fd, bool set, unsigned long value);
	long (*option_huge_pages)(int fd, unsigned int ioas_id, bool set, unsigned long value);
	long (*change_process)(int fd);
	long (*destroy)(int fd, unsigned int id);
	/*
	 * The log of dirty pages; NULL: this backend has none. dirty_domain():
	 * IOMMU_HWPT_ALLOC of a domain that can log, on the IOAS, with the mock device moved
	 * to it, which the other three are then about: ENOENT where it has none. dirty_log():
	 * IOMMU_HWPT_SET_DIRTY_TRACKING. dma_write(): the device writes to all of the range
	 * that is mapped; in *@bytes how much. dirty(): IOMMU_HWPT_GET_DIRTY_BITMAP, in
	 * *@bytes what the bitmap calls dirty.
	 */
	long (*dirty_domain)(int fd, unsigned int dev_id, unsigned int ioas_id);
	long (*dirty_log)(int fd, unsigned int dev_id, bool on);
	long (*dma_write)(int fd, unsigned int dev_id, unsigned long iova, unsigned long len, unsigned long *bytes);
	long (*dirty)(int fd, unsigned int dev_id, const struct iommufd_dirty *args, unsigned long *bytes);

	/* Observables. -ENOENT where the object is gone. */
	long (*npinned)(int fd, unsigned int ioas_id);		/* pages, summed over the IOAS's distinct iopt_pages */
	long (*charged)(int fd, unsigned int id);		/* id 0: the whole context */
	long (*device_pfn)(int fd, unsigned int dev_id, unsigned long iova);
	/*
	 * A hash of all that every context of the world holds, and of what all domains map,
	 * vfio's too (<iopt/state_hash.h>): two backends agree in it after each step. From
	 * outside of any actor, with no call under way.
	 */
	unsigned long (*state)(void);
};

extern const struct iommufd_calls iommufd_model;

/* Builds SIM_SLOT_IOPT, with the invariants of its state. After accounting_init() and mm_machine_init(). */
void iopt_init(void);

#endif
