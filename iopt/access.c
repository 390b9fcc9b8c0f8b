// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-kernel users of an address space (iommufd/device.c, second half): a driver
 * that reads and writes the memory itself, and may pin it.
 *
 * A driver's unmap callback is called with no lock of ours held, when a range that
 * it has pinned is about to go; it must have let go when it returns. ioas_lock
 * covers which address space that is: ioas for new pins, ioas_unpin for giving
 * them back, which is still possible while the access is being moved away.
 */
#include "io_pagetable.h"

static int iommufd_access_change_ioas(struct iommufd_access *access, struct iommufd_ioas *new_ioas)
{
	struct iommufd_ioas *old_ioas = access->ioas;
	u32 old_list_id = access->iopt_access_list_id;
	int rc;

	lockdep_assert_held(&access->ioas_lock);

	/* somebody else is taking it away at this moment */
	if (old_ioas != access->ioas_unpin)
		return -EBUSY;
	if (new_ioas == old_ioas)
		return 0;

	access->ioas = NULL;
	rc = new_ioas ? iopt_add_access(&new_ioas->iopt, access) : 0;
	if (rc) {
		access->ioas = old_ioas;
		return rc;
	}
	if (new_ioas)
		refcount_inc(&new_ioas->obj.users);
	if (old_ioas) {
		mutex_unlock(&access->ioas_lock);
		access->ops->unmap(access->data, 0, ULONG_MAX);
		mutex_lock(&access->ioas_lock);
		iopt_remove_access(&old_ioas->iopt, access, old_list_id);
		refcount_dec(&old_ioas->obj.users);
	}
	access->ioas_unpin = new_ioas;
	access->ioas = new_ioas;
	return 0;
}

void iommufd_access_destroy_object(struct iommufd_object *obj)
{
	struct iommufd_access *access = container_of(obj, struct iommufd_access, obj);

	mutex_lock(&access->ioas_lock);
	if (access->ioas)
		WARN_ON(iommufd_access_change_ioas(access, NULL));
	mutex_unlock(&access->ioas_lock);
	mutex_destroy(&access->ioas_lock);
	iommufd_ctx_put(access->ictx);
}

struct iommufd_access *iommufd_access_create(struct iommufd_ctx *ictx, const struct iommufd_access_ops *ops, void *data,
					     u32 *id)
{
	struct iommufd_access *access = NULL;

	access = iommufd_object_alloc(ictx, access, IOMMUFD_OBJ_ACCESS);
	if (IS_ERR(access))
		return access;
	access->ops = ops;
	access->data = data;
	access->ictx = ictx;
	/* whole pages only, for who may pin them */
	access->iova_alignment = PAGE_SIZE;
	mutex_init(&access->ioas_lock);
	iommufd_ctx_get(ictx);
	/* the driver is a user until it destroys the access */
	refcount_inc(&access->obj.users);
	iommufd_object_finalize(ictx, &access->obj);
	*id = access->obj.id;
	return access;
}

void iommufd_access_destroy(struct iommufd_access *access)
{
	iommufd_object_destroy_user(access->ictx, &access->obj);
}

int iommufd_access_attach(struct iommufd_access *access, u32 ioas_id)
{
	struct iommufd_ioas *ioas;
	int rc;

	mutex_lock(&access->ioas_lock);
	ioas = iommufd_get_ioas(access->ictx, ioas_id);
	if (IS_ERR(ioas)) {
		rc = PTR_ERR(ioas);
	} else {
		rc = iommufd_access_change_ioas(access, ioas);
		iommufd_put_object(access->ictx, &ioas->obj);
	}
	mutex_unlock(&access->ioas_lock);
	return rc;
}

void iommufd_access_notify_unmap(struct io_pagetable *iopt, unsigned long iova, unsigned long length)
{
	struct iommufd_access *access;
	unsigned long index;

	xa_lock(&iopt->access_list);
	xa_for_each(&iopt->access_list, index, access) {
		if (!iommufd_lock_obj(&access->obj))
			continue;
		xa_unlock(&iopt->access_list);
		access->ops->unmap(access->data, iova, length);
		iommufd_put_object(access->ictx, &access->obj);
		xa_lock(&iopt->access_list);
	}
	xa_unlock(&iopt->access_list);
}

/* Gives back the pins of the areas from @iova up to @last_iova, area by area as they were taken. */
static bool iopt_remove_accesses(struct io_pagetable *iopt, unsigned long iova, unsigned long last_iova)
{
	struct iopt_area_contig_iter iter;
	struct iopt_area *area;

	iopt_for_each_contig_area(&iter, area, iopt, iova, last_iova)
		iopt_area_remove_access(area, iopt_area_iova_to_index(area, iter.cur_iova),
					iopt_area_iova_to_index(area, min(last_iova, iopt_area_last_iova(area))));
	return iopt_area_contig_done(&iter);
}

void iommufd_access_unpin_pages(struct iommufd_access *access, unsigned long iova, unsigned long length)
{
	struct io_pagetable *iopt;
	unsigned long last_iova;

	if (WARN_ON(!length) || WARN_ON(check_add_overflow(iova, length - 1, &last_iova)))
		return;

	mutex_lock(&access->ioas_lock);
	if (!WARN_ON(!access->ioas_unpin)) {
		iopt = &access->ioas_unpin->iopt;
		down_read(&iopt->iova_rwsem);
		WARN_ON(!iopt_remove_accesses(iopt, iova, last_iova));
		up_read(&iopt->iova_rwsem);
	}
	mutex_unlock(&access->ioas_lock);
}

/* Do the pieces of the range, one an area, fall on page borders of the memory? */
static bool iopt_area_contig_is_aligned(const struct iopt_area_contig_iter *iter)
{
	const struct iopt_area *area = iter->area;

	if (offset_in_page(iopt_area_start_byte(area, iter->cur_iova)))
		return false;
	return iopt_area_contig_done(iter) ||
	       !offset_in_page(iopt_area_start_byte(area, iopt_area_last_iova(area)) + 1);
}

static bool check_area_prot(const struct iopt_area *area, bool write)
{
	return area->iommu_prot & (write ? IOMMU_WRITE : IOMMU_READ);
}

/* Looks the range up for pinning or copying. EINVAL, EOVERFLOW; ENOENT once the access has no address space. */
static int iommufd_access_begin(struct iommufd_access *access, unsigned long iova, unsigned long length,
				unsigned long *last_iova)
{
	if (!length)
		return -EINVAL;
	if (check_add_overflow(iova, length - 1, last_iova))
		return -EOVERFLOW;
	mutex_lock(&access->ioas_lock);
	if (access->ioas) {
		down_read(&access->ioas->iopt.iova_rwsem);
		return 0;
	}
	mutex_unlock(&access->ioas_lock);
	return -ENOENT;
}

static void iommufd_access_end(struct iommufd_access *access)
{
	up_read(&access->ioas->iopt.iova_rwsem);
	mutex_unlock(&access->ioas_lock);
}

int iommufd_access_pin_pages(struct iommufd_access *access, unsigned long iova, unsigned long length, bool write)
{
	struct iopt_area_contig_iter iter;
	struct io_pagetable *iopt;
	struct iopt_area *area;
	unsigned long last_iova;
	int rc;

	rc = iommufd_access_begin(access, iova, length, &last_iova);
	if (rc)
		return rc;
	iopt = &access->ioas->iopt;
	iopt_for_each_contig_area(&iter, area, iopt, iova, last_iova) {
		unsigned long last = min(last_iova, iopt_area_last_iova(area));

		if (area->prevent_access || !iopt_area_contig_is_aligned(&iter))
			rc = -EINVAL;
		else if (!check_area_prot(area, write))
			rc = -EPERM;
		else
			rc = iopt_area_add_access(area, iopt_area_iova_to_index(area, iter.cur_iova),
						  iopt_area_iova_to_index(area, last), write);
		if (rc)
			break;
	}
	if (!rc && !iopt_area_contig_done(&iter))
		rc = -ENOENT;
	if (rc && iova < iter.cur_iova)
		iopt_remove_accesses(iopt, iova, iter.cur_iova - 1);
	iommufd_access_end(access);
	return rc;
}

int iommufd_access_rw(struct iommufd_access *access, unsigned long iova, unsigned long length, bool write)
{
	struct iopt_area_contig_iter iter;
	struct iopt_area *area;
	unsigned long last_iova;
	int rc;

	rc = iommufd_access_begin(access, iova, length, &last_iova);
	if (rc)
		return rc;
	iopt_for_each_contig_area(&iter, area, &access->ioas->iopt, iova, last_iova) {
		unsigned long last = min(last_iova, iopt_area_last_iova(area));

		if (area->prevent_access)
			rc = -EINVAL;
		else if (!check_area_prot(area, write))
			rc = -EPERM;
		else
			rc = iopt_pages_rw_access(area->pages, iopt_area_start_byte(area, iter.cur_iova),
						  last - iter.cur_iova + 1, write);
		if (rc)
			break;
	}
	if (!rc && !iopt_area_contig_done(&iter))
		rc = -ENOENT;
	iommufd_access_end(access);
	return rc;
}
