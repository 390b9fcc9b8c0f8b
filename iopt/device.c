// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Devices: bound to a context by their driver, attached to an address space by
 * their user (iommufd/device.c).
 *
 * All devices of an IOMMU group use one domain; iommufd_group is what the context
 * knows of it. The group's lock covers which domain that is and who is attached;
 * ioas::mutex is held around the search for a domain, so that two devices that
 * come at once do not make one each.
 */
#include "io_pagetable.h"

static void iommufd_group_release(struct kref *kref)
{
	struct iommufd_group *igroup = container_of(kref, struct iommufd_group, ref);

	WARN_ON(igroup->hwpt || !list_empty(&igroup->device_list));
	xa_cmpxchg(&igroup->ictx->groups, iommu_group_id(igroup->group), igroup, NULL, GFP_KERNEL);
	iommu_group_put(igroup->group);
	mutex_destroy(&igroup->lock);
	kfree(igroup);
}

static void iommufd_put_group(struct iommufd_group *igroup)
{
	kref_put(&igroup->ref, iommufd_group_release);
}

static struct iommufd_group *iommufd_group_alloc(struct iommufd_ctx *ictx, struct iommu_group *group)
{
	struct iommufd_group *igroup = kzalloc(sizeof(*igroup), GFP_KERNEL);

	if (!igroup)
		return NULL;
	kref_init(&igroup->ref);
	mutex_init(&igroup->lock);
	INIT_LIST_HEAD(&igroup->device_list);
	igroup->group = group;
	igroup->ictx = ictx;
	return igroup;
}

/* Finds the group's entry or makes it; one that is on its way out is replaced. */
static struct iommufd_group *iommufd_get_group(struct iommufd_ctx *ictx, struct device *dev)
{
	struct iommu_group *group = iommu_group_get(dev);
	struct iommufd_group *igroup, *new, *seen = NULL;

	if (!group)
		return ERR_PTR(-ENODEV);
	xa_lock(&ictx->groups);
	igroup = xa_load(&ictx->groups, iommu_group_id(group));
	if (igroup && kref_get_unless_zero(&igroup->ref)) {
		xa_unlock(&ictx->groups);
		iommu_group_put(group);
		return igroup;
	}
	xa_unlock(&ictx->groups);

	new = iommufd_group_alloc(ictx, group);
	if (!new) {
		iommu_group_put(group);
		return ERR_PTR(-ENOMEM);
	}
	xa_lock(&ictx->groups);
	for (;;) {
		igroup = __xa_cmpxchg(&ictx->groups, iommu_group_id(group), seen, new, GFP_KERNEL);
		if (xa_is_err(igroup)) {
			igroup = ERR_PTR(xa_err(igroup));
			break;
		}
		if (igroup == seen) {
			igroup = new;
			break;
		}
		if (igroup && kref_get_unless_zero(&igroup->ref))
			break;
		seen = igroup;
	}
	xa_unlock(&ictx->groups);
	if (igroup != new)
		iommufd_put_group(new);
	return igroup;
}

void iommufd_device_destroy(struct iommufd_object *obj)
{
	struct iommufd_device *idev = container_of(obj, struct iommufd_device, obj);

	iommu_device_release_dma_owner(idev->dev);
	iommufd_put_group(idev->igroup);
	mutex_destroy(&idev->driver_lock);
	if (idev->holds_ctx)
		iommufd_ctx_put(idev->ictx);
}

struct iommufd_device *__iommufd_device_bind(struct iommufd_ctx *ictx, struct device *dev, bool holds_ctx, u32 *id)
{
	struct iommufd_device *idev = NULL;
	struct iommufd_group *igroup;
	int rc;

	igroup = iommufd_get_group(ictx, dev);
	if (IS_ERR(igroup))
		return ERR_CAST(igroup);
	rc = iommu_device_claim_dma_owner(dev, ictx);
	if (rc)
		goto err_group;
	idev = iommufd_object_alloc(ictx, idev, IOMMUFD_OBJ_DEVICE);
	if (IS_ERR(idev)) {
		rc = PTR_ERR(idev);
		goto err_owner;
	}
	idev->ictx = ictx;
	idev->dev = dev;
	idev->igroup = igroup;
	idev->holds_ctx = holds_ctx;
	mutex_init(&idev->driver_lock);
	if (holds_ctx)
		iommufd_ctx_get(ictx);
	/* the driver is a user until it unbinds */
	refcount_inc(&idev->obj.users);
	iommufd_object_finalize(ictx, &idev->obj);
	*id = idev->obj.id;
	return idev;

err_owner:
	iommu_device_release_dma_owner(dev);
err_group:
	iommufd_put_group(igroup);
	return ERR_PTR(rc);
}

struct iommufd_device *iommufd_device_bind(struct iommufd_ctx *ictx, struct device *dev, u32 *id)
{
	return __iommufd_device_bind(ictx, dev, true, id);
}

void iommufd_device_unbind(struct iommufd_device *idev)
{
	iommufd_object_destroy_user(idev->ictx, &idev->obj);
}

void iommufd_device_set_file(struct iommufd_device *idev, struct file *file)
{
	idev->file = file;
}

bool iommufd_device_is_attached(struct iommufd_device *idev)
{
	const struct list_head *item;

	for (item = idev->igroup->device_list.next; item != &idev->igroup->device_list; item = item->next)
		if (item == &idev->group_item)
			return true;
	return false;
}

/* The group goes to the domain with its first device; each device brings its reserved IOVAs. */
int iommufd_hw_pagetable_attach(struct iommufd_hwpt_paging *hwpt, struct iommufd_device *idev)
{
	struct io_pagetable *iopt = &hwpt->ioas->iopt;
	struct iommufd_group *igroup = idev->igroup;
	int rc;

	mutex_lock(&igroup->lock);
	if (igroup->hwpt && igroup->hwpt != hwpt) {
		rc = -EINVAL;
		goto out_unlock;
	}
	rc = iopt_table_enforce_dev_resv_regions(iopt, idev->dev);
	if (rc)
		goto out_unlock;
	if (list_empty(&igroup->device_list)) {
		rc = iommu_attach_group(hwpt->domain, igroup->group);
		if (rc) {
			iopt_remove_reserved_iova(iopt, idev->dev);
			goto out_unlock;
		}
		igroup->hwpt = hwpt;
	}
	refcount_inc(&hwpt->obj.users);
	list_add_tail(&idev->group_item, &igroup->device_list);
out_unlock:
	mutex_unlock(&igroup->lock);
	return rc;
}

/* Returns the hwpt, whose reference is now the caller's to put. */
struct iommufd_hwpt_paging *iommufd_hw_pagetable_detach(struct iommufd_device *idev)
{
	struct iommufd_group *igroup = idev->igroup;
	struct iommufd_hwpt_paging *hwpt = igroup->hwpt;

	mutex_lock(&igroup->lock);
	list_del(&idev->group_item);
	if (list_empty(&igroup->device_list)) {
		iommu_detach_group(hwpt->domain, igroup->group);
		igroup->hwpt = NULL;
	}
	iopt_remove_reserved_iova(&hwpt->ioas->iopt, idev->dev);
	mutex_unlock(&igroup->lock);
	return hwpt;
}

/* How a device gets to a domain. The hwpt to be put afterwards, NULL for none, or ERR_PTR. */
typedef struct iommufd_hwpt_paging *(*attach_fn)(struct iommufd_device *idev, struct iommufd_hwpt_paging *hwpt);

static struct iommufd_hwpt_paging *iommufd_device_do_attach(struct iommufd_device *idev,
							    struct iommufd_hwpt_paging *hwpt)
{
	return ERR_PTR(iommufd_hw_pagetable_attach(hwpt, idev));
}

/* The reserved IOVAs of all devices of the group, in the address space that they come to. */
static int iommufd_group_do_replace_reserved_iova(struct iommufd_group *igroup, struct iommufd_ioas *ioas)
{
	struct iommufd_device *cur, *undo;
	int rc;

	list_for_each_entry(cur, &igroup->device_list, group_item) {
		rc = iopt_table_enforce_dev_resv_regions(&ioas->iopt, cur->dev);
		if (!rc)
			continue;
		list_for_each_entry(undo, &igroup->device_list, group_item)
			iopt_remove_reserved_iova(&ioas->iopt, undo->dev);
		return rc;
	}
	return 0;
}

static void iommufd_group_remove_reserved_iova(struct iommufd_group *igroup, struct iommufd_ioas *ioas)
{
	struct iommufd_device *cur;

	list_for_each_entry(cur, &igroup->device_list, group_item)
		iopt_remove_reserved_iova(&ioas->iopt, cur->dev);
}

static struct iommufd_hwpt_paging *iommufd_device_do_replace(struct iommufd_device *idev,
							     struct iommufd_hwpt_paging *hwpt)
{
	struct iommufd_group *igroup = idev->igroup;
	struct iommufd_hwpt_paging *old;
	struct iommufd_device *cur;
	unsigned int devices = 0;
	bool moves;
	int rc = 0;

	mutex_lock(&igroup->lock);
	old = igroup->hwpt;
	if (!old || !iommufd_device_is_attached(idev)) {
		rc = -EINVAL;
		goto out_unlock;
	}
	if (old == hwpt) {
		old = NULL;
		goto out_unlock;
	}
	moves = old->ioas != hwpt->ioas;
	if (moves) {
		rc = iommufd_group_do_replace_reserved_iova(igroup, hwpt->ioas);
		if (rc)
			goto out_unlock;
	}
	rc = iommu_replace_group_handle(igroup->group, hwpt->domain, NULL);
	if (rc) {
		iommufd_group_remove_reserved_iova(igroup, hwpt->ioas);
		goto out_unlock;
	}
	if (moves)
		iommufd_group_remove_reserved_iova(igroup, old->ioas);
	igroup->hwpt = hwpt;

	/* the devices' references move; one of the old hwpt's is left for the caller to put */
	list_for_each_entry(cur, &igroup->device_list, group_item)
		devices++;
	refcount_add(devices, &hwpt->obj.users);
	if (devices > 1)
		WARN_ON(refcount_sub_and_test(devices - 1, &old->obj.users));
out_unlock:
	mutex_unlock(&igroup->lock);
	return rc ? ERR_PTR(rc) : old;
}

/* Any domain of the IOAS that takes the device will do; the first one that does, else a new one. */
static struct iommufd_hwpt_paging *iommufd_device_auto_get_domain(struct iommufd_device *idev,
								  struct iommufd_ioas *ioas, u32 *pt_id,
								  attach_fn do_attach)
{
	bool immediate_attach = do_attach == iommufd_device_do_attach;
	struct iommufd_hwpt_paging *hwpt, *destroy_hwpt = NULL;

	mutex_lock(&ioas->mutex);
	list_for_each_entry(hwpt, &ioas->hwpt_list, hwpt_item) {
		if (!hwpt->auto_domain || !iommufd_lock_obj(&hwpt->obj))
			continue;
		destroy_hwpt = do_attach(idev, hwpt);
		if (!IS_ERR(destroy_hwpt))
			*pt_id = hwpt->obj.id;
		iommufd_put_object(idev->ictx, &hwpt->obj);
		/* EINVAL: this domain and this device do not go together */
		if (IS_ERR(destroy_hwpt) && PTR_ERR(destroy_hwpt) == -EINVAL)
			continue;
		goto out_unlock;
	}

	hwpt = iommufd_hwpt_paging_alloc(idev->ictx, ioas, idev, immediate_attach);
	if (IS_ERR(hwpt)) {
		destroy_hwpt = hwpt;
		goto out_unlock;
	}
	destroy_hwpt = immediate_attach ? NULL : do_attach(idev, hwpt);
	if (IS_ERR(destroy_hwpt)) {
		iommufd_hwpt_paging_abort(idev->ictx, hwpt);
		goto out_unlock;
	}
	hwpt->auto_domain = true;
	*pt_id = hwpt->obj.id;
	iommufd_object_finalize(idev->ictx, &hwpt->obj);
out_unlock:
	mutex_unlock(&ioas->mutex);
	return destroy_hwpt;
}

static int iommufd_device_change_pt(struct iommufd_device *idev, u32 *pt_id, attach_fn do_attach)
{
	struct iommufd_hwpt_paging *destroy_hwpt;
	struct iommufd_object *pt_obj;

	pt_obj = iommufd_get_object(idev->ictx, *pt_id, IOMMUFD_OBJ_ANY);
	if (IS_ERR(pt_obj))
		return PTR_ERR(pt_obj);
	if (pt_obj->type == IOMMUFD_OBJ_HWPT_PAGING)
		destroy_hwpt = do_attach(idev, container_of(pt_obj, struct iommufd_hwpt_paging, obj));
	else if (pt_obj->type == IOMMUFD_OBJ_IOAS)
		destroy_hwpt = iommufd_device_auto_get_domain(idev, container_of(pt_obj, struct iommufd_ioas, obj),
							      pt_id, do_attach);
	else
		destroy_hwpt = ERR_PTR(-EINVAL);
	iommufd_put_object(idev->ictx, pt_obj);
	if (IS_ERR(destroy_hwpt))
		return PTR_ERR(destroy_hwpt);
	/* with no lock held: this may empty and free a domain */
	if (destroy_hwpt)
		iommufd_hw_pagetable_put(idev->ictx, destroy_hwpt);
	return 0;
}

int iommufd_device_attach(struct iommufd_device *idev, u32 *pt_id)
{
	int rc = iommufd_device_change_pt(idev, pt_id, iommufd_device_do_attach);

	/* an attached device cannot be unbound */
	if (!rc)
		refcount_inc(&idev->obj.users);
	return rc;
}

int iommufd_device_replace(struct iommufd_device *idev, u32 *pt_id)
{
	return iommufd_device_change_pt(idev, pt_id, iommufd_device_do_replace);
}

void iommufd_device_detach(struct iommufd_device *idev)
{
	struct iommufd_hwpt_paging *hwpt = iommufd_hw_pagetable_detach(idev);

	iommufd_hw_pagetable_put(idev->ictx, hwpt);
	refcount_dec(&idev->obj.users);
}
