// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The vfio container that iommufd serves (iommufd/vfio_compat.c): one IOAS of the
 * context, made when the first group comes, on which the container's calls work.
 *
 * The old type1 (v1) may unmap in the middle of what was mapped; for that large
 * pages are switched off, and the area is cut before the unmap.
 */
#include "io_pagetable.h"

static struct iommufd_ioas *get_compat_ioas(struct iommufd_ctx *ictx)
{
	struct iommufd_ioas *ioas;

	xa_lock(&ictx->objects);
	ioas = ictx->vfio_ioas;
	if (!ioas || !iommufd_lock_obj(&ioas->obj))
		ioas = ERR_PTR(-ENODEV);
	xa_unlock(&ictx->objects);
	return ioas;
}

int iommufd_vfio_compat_ioas_get_id(struct iommufd_ctx *ictx, u32 *out_ioas_id)
{
	struct iommufd_ioas *ioas = get_compat_ioas(ictx);

	if (!IS_ERR(ioas)) {
		*out_ioas_id = ioas->obj.id;
		iommufd_put_object(ictx, &ioas->obj);
	}
	return PTR_ERR_OR_ZERO(ioas);
}

int iommufd_vfio_compat_ioas_create(struct iommufd_ctx *ictx)
{
	struct iommufd_ioas *ioas = iommufd_ioas_alloc(ictx);

	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	xa_lock(&ictx->objects);
	if (ictx->vfio_ioas && iommufd_lock_obj(&ictx->vfio_ioas->obj)) {
		iommufd_put_object(ictx, &ictx->vfio_ioas->obj);
		xa_unlock(&ictx->objects);
		iommufd_object_abort(ictx, &ioas->obj);
		return 0;
	}
	ictx->vfio_ioas = ioas;
	xa_unlock(&ictx->objects);
	/* change_process does not keep this one out: the kernel takes no creation lock here */
	iommufd_object_finalize(ictx, &ioas->obj);
	return 0;
}

int iommufd_vfio_set_iommu(struct iommufd_ctx *ictx, unsigned int version)
{
	struct iommufd_ioas *ioas;
	int rc = 0;

	if (version != 1 && version != 2)
		return -EINVAL;
	/* made by the first group: without one there is none */
	ioas = get_compat_ioas(ictx);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	if (version == 1)
		rc = iopt_disable_large_pages(&ioas->iopt);
	iommufd_put_object(ictx, &ioas->obj);
	return rc;
}

int iommufd_vfio_map_dma(struct iommufd_ctx *ictx, u64 iova, u64 vaddr, u64 size, bool read, bool write)
{
	struct iommufd_ioas *ioas = get_compat_ioas(ictx);
	unsigned long dst_iova = iova;
	int prot = IOMMU_CACHE;
	int rc;

	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	if (read)
		prot |= IOMMU_READ;
	if (write)
		prot |= IOMMU_WRITE;
	rc = iopt_map_user_pages(ictx, &ioas->iopt, &dst_iova, vaddr, size, prot, false);
	iommufd_put_object(ictx, &ioas->obj);
	return rc;
}

static int iommufd_vfio_unmap_range(struct iommufd_ioas *ioas, unsigned long iova, unsigned long size,
				    unsigned long *unmapped)
{
	unsigned long cuts[] = { iova + size - 1, iova - 1 };
	int rc;

	if (READ_ONCE(ioas->iopt.disable_large_pages)) {
		rc = iopt_cut_iova(&ioas->iopt, cuts, iova ? 2 : 1);
		if (rc)
			return rc;
	}
	return iopt_unmap_iova(&ioas->iopt, iova, size, unmapped);
}

int iommufd_vfio_unmap_dma(struct iommufd_ctx *ictx, u64 iova, u64 size, bool all, u64 *unmapped)
{
	struct iommufd_ioas *ioas = get_compat_ioas(ictx);
	unsigned long bytes = 0;
	int rc;

	*unmapped = 0;
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	if (!all)
		rc = iommufd_vfio_unmap_range(ioas, iova, size, &bytes);
	else if (iova || size)
		rc = -EINVAL;
	else
		rc = iopt_unmap_all(&ioas->iopt, &bytes);
	*unmapped = bytes;
	iommufd_put_object(ictx, &ioas->obj);
	return rc;
}
