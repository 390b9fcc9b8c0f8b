// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The mock driver (iommufd/selftest.c): devices that exist only to be attached,
 * and accesses that pin and copy on request.
 *
 * A mock device is made, bound and attached in one, and named by one object;
 * destroying that detaches it. An access lives behind an fd of its own, which
 * keeps the context open. It remembers each range that it pinned (an item), so
 * that it can let go of those that an unmap asks for.
 */
#include <linux/anon_inodes.h>

#include "io_pagetable.h"

#define ACCESS_BYTES_MAX (16UL << 20)	/* of one pin or copy */

struct selftest_access {
	struct iommufd_access *access;
	struct mutex lock;			/* items; held over pinning, so that an unmap does not miss one */
	struct list_head items;
};

struct selftest_access_item {
	struct list_head items_elm;
	unsigned long iova;
	unsigned long length;
};

void iommufd_selftest_destroy(struct iommufd_object *obj)
{
	struct selftest_obj *sobj = container_of(obj, struct selftest_obj, obj);

	iommufd_device_detach(sobj->idev);
	iommufd_device_unbind(sobj->idev);
	kapi_device_destroy(sobj->mock_dev);
}

int iommufd_test_mock_domain(struct iommufd_ctx *ictx, const struct iommufd_attach *args, u32 *id)
{
	const struct kapi_iommu_options options = {
		.kind = KAPI_IOMMU_MOCK,
		.aperture_start = args->aperture_start,
		.aperture_last = args->aperture_last,
		.pgsize = args->pgsize,
	};
	struct selftest_obj *sobj = NULL;
	u32 pt_id = args->ioas_id;
	u32 idev_id;
	int rc;

	sobj = iommufd_object_alloc(ictx, sobj, IOMMUFD_OBJ_SELFTEST);
	if (IS_ERR(sobj))
		return PTR_ERR(sobj);
	sobj->mock_dev = kapi_device_create(&options);
	if (!sobj->mock_dev) {
		rc = -ENOMEM;
		goto err_sobj;
	}
	sobj->idev = __iommufd_device_bind(ictx, sobj->mock_dev, false, &idev_id);
	if (IS_ERR(sobj->idev)) {
		rc = PTR_ERR(sobj->idev);
		goto err_dev;
	}
	rc = iommufd_device_attach(sobj->idev, &pt_id);
	if (rc)
		goto err_unbind;
	*id = sobj->obj.id;
	iommufd_object_finalize(ictx, &sobj->obj);
	return 0;

err_unbind:
	iommufd_device_unbind(sobj->idev);
err_dev:
	kapi_device_destroy(sobj->mock_dev);
err_sobj:
	iommufd_object_abort(ictx, &sobj->obj);
	return rc;
}

static void selftest_item_drop(struct selftest_access *staccess, struct selftest_access_item *item)
{
	list_del(&item->items_elm);
	iommufd_access_unpin_pages(staccess->access, item->iova, item->length);
}

static void iommufd_test_access_unmap(void *data, unsigned long iova, unsigned long length)
{
	unsigned long iova_last = iova + length - 1;
	struct selftest_access *staccess = data;
	struct selftest_access_item *item, *next;

	mutex_lock(&staccess->lock);
	list_for_each_entry_safe(item, next, &staccess->items, items_elm) {
		if (iova > item->iova + item->length - 1 || iova_last < item->iova)
			continue;
		selftest_item_drop(staccess, item);
		kfree(item);
	}
	mutex_unlock(&staccess->lock);
}

static const struct iommufd_access_ops selftest_access_ops = {
	.unmap = iommufd_test_access_unmap,
};

static int iommufd_test_staccess_release(struct inode *inode, struct file *file)
{
	struct selftest_access *staccess = file->private_data;
	struct iommufd_access *access = staccess->access;

	if (access) {
		iommufd_test_access_unmap(staccess, 0, ULONG_MAX);
		iommufd_access_destroy(access);
	}
	mutex_destroy(&staccess->lock);
	kfree(staccess);
	return 0;
}

static const struct file_operations iommufd_test_staccess_fops = {
	.name = "iommufd_test_staccess",
	.release = iommufd_test_staccess_release,
};

static struct file *iommufd_test_alloc_access(void)
{
	struct selftest_access *staccess = kzalloc(sizeof(*staccess), GFP_KERNEL_ACCOUNT);
	struct file *file;

	if (!staccess)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&staccess->items);
	mutex_init(&staccess->lock);
	file = anon_inode_getfile("[iommufd_test_staccess]", &iommufd_test_staccess_fops, staccess, O_RDWR);
	if (IS_ERR(file))
		kfree(staccess);
	return file;
}

long iommufd_test_create_access(struct iommufd_ctx *ictx, u32 ioas_id, u32 *id)
{
	struct selftest_access *staccess;
	struct iommufd_access *access;
	struct file *file;
	int fd;
	int rc;

	file = iommufd_test_alloc_access();
	if (IS_ERR(file))
		return PTR_ERR(file);
	staccess = file->private_data;
	fd = get_unused_fd_flags(0);
	if (fd < 0) {
		rc = -ENOMEM;
		goto err_file;
	}
	access = iommufd_access_create(ictx, &selftest_access_ops, staccess, id);
	if (IS_ERR(access)) {
		rc = PTR_ERR(access);
		goto err_fd;
	}
	rc = iommufd_access_attach(access, ioas_id);
	if (rc)
		goto err_access;
	staccess->access = access;
	fd_install(fd, file);
	return fd;

err_access:
	iommufd_access_destroy(access);
err_fd:
	put_unused_fd(fd);
err_file:
	fput(file);
	return rc;
}

/* The access behind the fd, with a reference to its file in *@file; EBADFD for any other. */
static struct selftest_access *iommufd_access_get(int fd, struct file **file)
{
	*file = fget(fd);
	if (!*file)
		return ERR_PTR(-EBADFD);
	if ((*file)->f_op != &iommufd_test_staccess_fops) {
		fput(*file);
		return ERR_PTR(-EBADFD);
	}
	return (*file)->private_data;
}

static int staccess_pin(struct selftest_access *staccess, unsigned long iova, unsigned long length, bool write)
{
	struct selftest_access_item *item;
	int rc;

	rc = iommufd_access_pin_pages(staccess->access, iova, length, write);
	if (rc)
		return rc;
	item = kzalloc(sizeof(*item), GFP_KERNEL_ACCOUNT);
	if (!item) {
		iommufd_access_unpin_pages(staccess->access, iova, length);
		return -ENOMEM;
	}
	item->iova = iova;
	item->length = length;
	list_add_tail(&item->items_elm, &staccess->items);
	return 0;
}

long iommufd_test_access_pin(int access_fd, unsigned long iova, unsigned long length, bool write)
{
	struct selftest_access *staccess;
	struct file *file;
	int rc;

	if (length > ACCESS_BYTES_MAX)
		return -ENOMEM;
	staccess = iommufd_access_get(access_fd, &file);
	if (IS_ERR(staccess))
		return PTR_ERR(staccess);
	mutex_lock(&staccess->lock);
	rc = staccess_pin(staccess, iova, length, write);
	mutex_unlock(&staccess->lock);
	fput(file);
	return rc;
}

/* The oldest pin of exactly this range. */
long iommufd_test_access_unpin(int access_fd, unsigned long iova, unsigned long length)
{
	struct selftest_access_item *item, *found = NULL;
	struct selftest_access *staccess;
	struct file *file;

	staccess = iommufd_access_get(access_fd, &file);
	if (IS_ERR(staccess))
		return PTR_ERR(staccess);
	mutex_lock(&staccess->lock);
	list_for_each_entry(item, &staccess->items, items_elm) {
		if (item->iova != iova || item->length != length)
			continue;
		found = item;
		selftest_item_drop(staccess, item);
		break;
	}
	mutex_unlock(&staccess->lock);
	kfree(found);
	fput(file);
	return found ? 0 : -ENOENT;
}

long iommufd_test_access_rw(int access_fd, unsigned long iova, unsigned long length, bool write)
{
	struct selftest_access *staccess;
	struct file *file;
	int rc;

	if (length > ACCESS_BYTES_MAX)
		return -ENOMEM;
	staccess = iommufd_access_get(access_fd, &file);
	if (IS_ERR(staccess))
		return PTR_ERR(staccess);
	rc = iommufd_access_rw(staccess->access, iova, length, write);
	fput(file);
	return rc;
}
