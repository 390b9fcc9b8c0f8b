/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vfio container that iommufd serves (drivers/iommu/iommufd/vfio_compat.c),
 * and how a vfio device binds to iommufd (cdev). Called by subsys/vfio.c, which
 * owns groups, devices and fds; kernel world.
 */
#ifndef IOPT_VFIO_COMPAT_H
#define IOPT_VFIO_COMPAT_H

#include <linux/types.h>

struct device;
struct file;
struct iommufd_ctx;
struct iommufd_device;

/* The context behind an iommufd file with a reference, or ERR_PTR(-EBADFD). */
struct iommufd_ctx *iommufd_ctx_from_file(struct file *file);
void iommufd_ctx_put(struct iommufd_ctx *ictx);
/* The observable `charged` of the whole context, in pages. */
long iommufd_ctx_charged(const struct iommufd_ctx *ictx);
/* A context of its own for /dev/vfio/vfio served by iommufd: process mode from the start (main.c:iommufd_fops_open). */
long iommufd_open_as_vfio(void);

/* VFIO_SET_IOMMU on the container: @version 1 or 2. EINVAL, ENODEV without a compat IOAS. */
int iommufd_vfio_set_iommu(struct iommufd_ctx *ictx, unsigned int version);
int iommufd_vfio_map_dma(struct iommufd_ctx *ictx, u64 iova, u64 vaddr, u64 size, bool read, bool write);
/* *@unmapped: bytes. */
int iommufd_vfio_unmap_dma(struct iommufd_ctx *ictx, u64 iova, u64 size, bool all, u64 *unmapped);
/* Makes the compat IOAS where there is none and returns its id (vfio_compat.c:iommufd_vfio_compat_ioas_create). */
int iommufd_vfio_compat_ioas_create(struct iommufd_ctx *ictx);
int iommufd_vfio_compat_ioas_get_id(struct iommufd_ctx *ictx, u32 *out_ioas_id);

/* Device binding (device.c). */
struct iommufd_device *iommufd_device_bind(struct iommufd_ctx *ictx, struct device *dev, u32 *id);
void iommufd_device_unbind(struct iommufd_device *idev);
/*
 * The file by which the driver gives the device to its user: a call on the device
 * (iommufd_calls.attach and its kin) holds it, so that the driver's release comes
 * after the call. No reference is taken here; the file must outlive the binding.
 */
void iommufd_device_set_file(struct iommufd_device *idev, struct file *file);
/* @pt_id in: an IOAS or hwpt; out: the hwpt in use. */
int iommufd_device_attach(struct iommufd_device *idev, u32 *pt_id);
int iommufd_device_replace(struct iommufd_device *idev, u32 *pt_id);
void iommufd_device_detach(struct iommufd_device *idev);
/* Whether detach is due, which must go before unbind (a cdev that is closed while attached). */
bool iommufd_device_is_attached(struct iommufd_device *idev);

/* An emulated device's use of an IOAS (access.c); the access holds a reference on the context. */
struct iommufd_access;
struct iommufd_access_ops {
	/* Let go of every page pinned in [@iova, +@length). May sleep. */
	void (*unmap)(void *data, unsigned long iova, unsigned long length);
};
struct iommufd_access *iommufd_access_create(struct iommufd_ctx *ictx, const struct iommufd_access_ops *ops, void *data,
					     u32 *id);
void iommufd_access_destroy(struct iommufd_access *access);
int iommufd_access_attach(struct iommufd_access *access, u32 ioas_id);
int iommufd_access_pin_pages(struct iommufd_access *access, unsigned long iova, unsigned long length, bool write);
/* A range as it was pinned. */
void iommufd_access_unpin_pages(struct iommufd_access *access, unsigned long iova, unsigned long length);

#endif
