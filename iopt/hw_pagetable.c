// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A domain as an object (iommufd/hw_pagetable.c). All here are automatic: made
 * when a device is attached to an IOAS that has none for it, shared by the devices
 * that come after, gone with the last of them.
 */
#include "io_pagetable.h"

void iommufd_hwpt_paging_destroy(struct iommufd_object *obj)
{
	struct iommufd_hwpt_paging *hwpt = container_of(obj, struct iommufd_hwpt_paging, obj);
	struct iommufd_ioas *ioas = hwpt->ioas;

	if (!list_empty(&hwpt->hwpt_item)) {
		mutex_lock(&ioas->mutex);
		list_del(&hwpt->hwpt_item);
		mutex_unlock(&ioas->mutex);
		iopt_table_remove_domain(&ioas->iopt, hwpt->domain);
	}
	if (hwpt->domain)
		iommu_domain_free(hwpt->domain);
	refcount_dec(&ioas->obj.users);
}

void iommufd_hwpt_paging_abort(struct iommufd_ctx *ictx, struct iommufd_hwpt_paging *hwpt)
{
	lockdep_assert_held(&hwpt->ioas->mutex);

	if (!list_empty(&hwpt->hwpt_item)) {
		list_del_init(&hwpt->hwpt_item);
		iopt_table_remove_domain(&hwpt->ioas->iopt, hwpt->domain);
	}
	iommufd_hwpt_paging_destroy(&hwpt->obj);
	iommufd_object_abort(ictx, &hwpt->obj);
}

struct iommufd_hwpt_paging *iommufd_hwpt_paging_alloc(struct iommufd_ctx *ictx, struct iommufd_ioas *ioas,
						      struct iommufd_device *idev, bool attach)
{
	struct iommufd_hwpt_paging *hwpt = NULL;
	int rc;

	lockdep_assert_held(&ioas->mutex);

	hwpt = iommufd_object_alloc(ictx, hwpt, IOMMUFD_OBJ_HWPT_PAGING);
	if (IS_ERR(hwpt))
		return hwpt;
	INIT_LIST_HEAD(&hwpt->hwpt_item);
	refcount_inc(&ioas->obj.users);
	hwpt->ioas = ioas;

	hwpt->domain = iommu_paging_domain_alloc(idev->dev);
	if (IS_ERR(hwpt->domain)) {
		rc = PTR_ERR(hwpt->domain);
		hwpt->domain = NULL;
		goto err_abort;
	}
	/* the device goes first: some drivers know what a domain can do only then */
	if (attach) {
		rc = iommufd_hw_pagetable_attach(hwpt, idev);
		if (rc)
			goto err_abort;
	}
	rc = iopt_table_add_domain(&ioas->iopt, hwpt->domain);
	if (rc)
		goto err_detach;
	list_add_tail(&hwpt->hwpt_item, &ioas->hwpt_list);
	return hwpt;

err_detach:
	if (attach)
		iommufd_hw_pagetable_detach(idev);
err_abort:
	iommufd_hwpt_paging_abort(ictx, hwpt);
	return ERR_PTR(rc);
}

void iommufd_hw_pagetable_put(struct iommufd_ctx *ictx, struct iommufd_hwpt_paging *hwpt)
{
	lockdep_assert_not_held(&hwpt->ioas->mutex);

	if (hwpt->auto_domain)
		iommufd_object_remove(ictx, &hwpt->obj, hwpt->obj.id, 0);
	else
		refcount_dec(&hwpt->obj.users);
}
