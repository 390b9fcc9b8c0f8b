// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * iommufd_model: the model's table of calls. Each holds the file for its duration,
 * as a system call does; so a context that another task closes meanwhile goes when
 * the call returns.
 */
#include "io_pagetable.h"

static long iommufd_call_open(void)
{
	return iommufd_open(IOPT_PAGES_ACCOUNT_NONE);
}

static long iommufd_call_ioas_alloc(int fd, unsigned int *id)
{
	struct iommufd_ctx *ictx = iommufd_ctx_from_fd(fd);
	long rc;

	if (IS_ERR(ictx))
		return PTR_ERR(ictx);
	rc = iommufd_ioas_alloc_id(ictx, id);
	iommufd_ctx_put(ictx);
	return rc;
}

static long iommufd_call_attach_mock(int fd, const struct iommufd_attach *args, unsigned int *id)
{
	struct iommufd_ctx *ictx = iommufd_ctx_from_fd(fd);
	long rc;

	if (IS_ERR(ictx))
		return PTR_ERR(ictx);
	rc = iommufd_test_mock_domain(ictx, args, id);
	iommufd_ctx_put(ictx);
	return rc;
}

/*
 * The device that a driver gave to its user, with the driver's file held in place
 * of the object; NULL for anything else, as the device below a mock's object, and
 * for one whose file is being released.
 */
static struct iommufd_device *iommufd_get_users_device(struct iommufd_ctx *ictx, unsigned int dev_id)
{
	struct iommufd_object *obj = iommufd_get_object(ictx, dev_id, IOMMUFD_OBJ_DEVICE);
	struct iommufd_device *idev;

	if (IS_ERR(obj))
		return NULL;
	idev = container_of(obj, struct iommufd_device, obj);
	if (!idev->file || !atomic_long_inc_not_zero(&idev->file->f_count))
		idev = NULL;
	iommufd_put_object(ictx, obj);
	return idev;
}

/* VFIO_DEVICE_ATTACH_IOMMUFD_PT: moves a device that is attached (vfio/iommufd.c). */
static int iommufd_vfio_attach(struct iommufd_device *idev, unsigned int ioas_id)
{
	u32 pt_id = ioas_id;
	int rc;

	mutex_lock(&idev->driver_lock);
	if (iommufd_device_is_attached(idev))
		rc = iommufd_device_replace(idev, &pt_id);
	else
		rc = iommufd_device_attach(idev, &pt_id);
	mutex_unlock(&idev->driver_lock);
	return rc;
}

/* A mock device is attached as long as it stands; it can only be moved. */
static int iommufd_mock_replace(struct iommufd_ctx *ictx, unsigned int dev_id, unsigned int ioas_id)
{
	struct iommufd_object *obj = iommufd_get_object(ictx, dev_id, IOMMUFD_OBJ_SELFTEST);
	struct iommufd_device *idev;
	u32 pt_id = ioas_id;
	int rc;

	if (IS_ERR(obj))
		return PTR_ERR(obj);
	idev = container_of(obj, struct selftest_obj, obj)->idev;
	mutex_lock(&idev->driver_lock);
	rc = iommufd_device_replace(idev, &pt_id);
	mutex_unlock(&idev->driver_lock);
	iommufd_put_object(ictx, obj);
	return rc;
}

static long iommufd_call_attach(int fd, unsigned int dev_id, unsigned int ioas_id)
{
	struct iommufd_ctx *ictx = iommufd_ctx_from_fd(fd);
	struct iommufd_device *idev;
	struct file *file;
	long rc;

	if (IS_ERR(ictx))
		return PTR_ERR(ictx);
	idev = iommufd_get_users_device(ictx, dev_id);
	if (idev) {
		file = idev->file;
		rc = iommufd_vfio_attach(idev, ioas_id);
		fput(file);
	} else {
		rc = iommufd_mock_replace(ictx, dev_id, ioas_id);
	}
	iommufd_ctx_put(ictx);
	return rc;
}

/* A vfio device is detached by its driver; a mock by destroying what stands under its id. */
static long iommufd_detach_object(struct iommufd_ctx *ictx, unsigned int dev_id)
{
	struct iommufd_device *idev = iommufd_get_users_device(ictx, dev_id);
	struct file *file;

	if (!idev)
		return iommufd_object_remove(ictx, NULL, dev_id, 0);
	file = idev->file;
	mutex_lock(&idev->driver_lock);
	if (iommufd_device_is_attached(idev))
		iommufd_device_detach(idev);
	mutex_unlock(&idev->driver_lock);
	fput(file);
	return 0;
}

static long iommufd_call_detach(int fd, unsigned int dev_id)
{
	struct iommufd_ctx *ictx = iommufd_ctx_from_fd(fd);
	long rc;

	if (IS_ERR(ictx))
		return PTR_ERR(ictx);
	rc = iommufd_detach_object(ictx, dev_id);
	iommufd_ctx_put(ictx);
	return rc;
}

static long iommufd_call_ioas_map(int fd, const struct iommufd_map *args, unsigned long *iova)
{
	struct iommufd_ctx *ictx = iommufd_ctx_from_fd(fd);
	long rc;

	if (IS_ERR(ictx))
		return PTR_ERR(ictx);
	rc = iommufd_ioas_map(ictx, args, iova);
	iommufd_ctx_put(ictx);
	return rc;
}

static long iommufd_call_ioas_map_file(int fd, const struct iommufd_map *args, unsigned long *iova)
{
	struct iommufd_ctx *ictx = iommufd_ctx_from_fd(fd);
	long rc;

	if (IS_ERR(ictx))
		return PTR_ERR(ictx);
	rc = iommufd_ioas_map_file(ictx, args, iova);
	iommufd_ctx_put(ictx);
	return rc;
}

static long iommufd_call_ioas_unmap(int fd, unsigned int ioas_id, unsigned long iova, unsigned long len,
				    unsigned long *unmapped)
{
	struct iommufd_ctx *ictx = iommufd_ctx_from_fd(fd);
	long rc;

	if (IS_ERR(ictx))
		return PTR_ERR(ictx);
	rc = iommufd_ioas_unmap(ictx, ioas_id, iova, len, unmapped);
	iommufd_ctx_put(ictx);
	return rc;
}

static long iommufd_call_ioas_copy(int fd, unsigned int dst_id, unsigned int src_id, unsigned long src_iova,
				   unsigned long len, bool fixed, unsigned long *iova, unsigned int prot)
{
	struct iommufd_ctx *ictx = iommufd_ctx_from_fd(fd);
	long rc;

	if (IS_ERR(ictx))
		return PTR_ERR(ictx);
	rc = iommufd_ioas_copy(ictx, dst_id, src_id, src_iova, len, fixed, iova, prot);
	iommufd_ctx_put(ictx);
	return rc;
}

static long iommufd_call_ioas_allow_iovas(int fd, unsigned int ioas_id, const struct iommufd_range *ranges,
					  unsigned int nr)
{
	struct iommufd_ctx *ictx = iommufd_ctx_from_fd(fd);
	long rc;

	if (IS_ERR(ictx))
		return PTR_ERR(ictx);
	rc = iommufd_ioas_allow_iovas(ictx, ioas_id, ranges, nr);
	iommufd_ctx_put(ictx);
	return rc;
}

static long iommufd_call_access_create(int fd, unsigned int ioas_id, unsigned int *id)
{
	struct iommufd_ctx *ictx = iommufd_ctx_from_fd(fd);
	long rc;

	if (IS_ERR(ictx))
		return PTR_ERR(ictx);
	rc = iommufd_test_create_access(ictx, ioas_id, id);
	iommufd_ctx_put(ictx);
	return rc;
}

static long iommufd_call_option_rlimit_mode(int fd, bool set, unsigned long value)
{
	struct iommufd_ctx *ictx = iommufd_ctx_from_fd(fd);
	long rc;

	if (IS_ERR(ictx))
		return PTR_ERR(ictx);
	rc = iommufd_option_rlimit_mode(ictx, set, value);
	iommufd_ctx_put(ictx);
	return rc;
}

static long iommufd_call_option_huge_pages(int fd, unsigned int ioas_id, bool set, unsigned long value)
{
	struct iommufd_ctx *ictx = iommufd_ctx_from_fd(fd);
	long rc;

	if (IS_ERR(ictx))
		return PTR_ERR(ictx);
	rc = iommufd_ioas_option_huge_pages(ictx, ioas_id, set, value);
	iommufd_ctx_put(ictx);
	return rc;
}

static long iommufd_call_change_process(int fd)
{
	struct iommufd_ctx *ictx = iommufd_ctx_from_fd(fd);
	long rc;

	if (IS_ERR(ictx))
		return PTR_ERR(ictx);
	rc = iommufd_ioas_change_process(ictx);
	iommufd_ctx_put(ictx);
	return rc;
}

static long iommufd_call_destroy(int fd, unsigned int id)
{
	struct iommufd_ctx *ictx = iommufd_ctx_from_fd(fd);
	long rc;

	if (IS_ERR(ictx))
		return PTR_ERR(ictx);
	rc = iommufd_object_remove(ictx, NULL, id, 0);
	iommufd_ctx_put(ictx);
	return rc;
}

const struct iommufd_calls iommufd_model = {
	.open = iommufd_call_open,
	.ioas_alloc = iommufd_call_ioas_alloc,
	.attach_mock = iommufd_call_attach_mock,
	.attach = iommufd_call_attach,
	.detach = iommufd_call_detach,
	.replace = iommufd_call_attach,
	.ioas_map = iommufd_call_ioas_map,
	.ioas_map_file = iommufd_call_ioas_map_file,
	.ioas_unmap = iommufd_call_ioas_unmap,
	.ioas_copy = iommufd_call_ioas_copy,
	.ioas_allow_iovas = iommufd_call_ioas_allow_iovas,
	.access_create = iommufd_call_access_create,
	.access_pin = iommufd_test_access_pin,
	.access_unpin = iommufd_test_access_unpin,
	.access_rw = iommufd_test_access_rw,
	.option_rlimit_mode = iommufd_call_option_rlimit_mode,
	.option_huge_pages = iommufd_call_option_huge_pages,
	.change_process = iommufd_call_change_process,
	.destroy = iommufd_call_destroy,
	.npinned = iommufd_npinned,
	.charged = iommufd_charged,
	.device_pfn = iommufd_device_pfn,
	.state = iommufd_state,
};
