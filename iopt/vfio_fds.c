// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vfio's files, whichever backend stands behind them: the calls that make, find and
 * close them, and those that only lead to what a file stands for.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <iopt/vfio_fds.h>
#include <sim/digest.h>
#include <sim/sched.h>

static void fds_free(struct vfio_fds *fds)
{
	const struct vfio_backend *backend = fds->backend;
	struct vfio_fds_device *device, *next;

	backend->close(fds);
	list_for_each_entry_safe(device, next, &fds->devices, node)
		backend->detach(device);
	backend->put(fds);
	mutex_destroy(&fds->lock);
	kfree(fds);
}

static int fds_release(struct inode *inode, struct file *file)
{
	fds_free(file->private_data);
	return 0;
}

static void fds_digest(struct file *file, struct sim_digest *digest)
{
	const struct vfio_fds *fds = file->private_data;

	if (fds->backend->digest)
		fds->backend->digest(fds, digest);
	else
		sim_digest_unknown(digest);
}

static const struct file_operations vfio_fds_fops = {
	.name = "vfio",
	.digest = fds_digest,
	.release = fds_release,
};

static int mdev_release(struct inode *inode, struct file *file)
{
	struct vfio_fds_mdev *mdev = file->private_data;

	mdev->backend->mdev_free(mdev);
	return 0;
}

static const struct file_operations vfio_mdev_fops = {
	.name = "vfio_mdev",
	.release = mdev_release,
};

static int cdev_release(struct inode *inode, struct file *file)
{
	struct vfio_fds_cdev *cdev = file->private_data;

	cdev->backend->cdev_free(cdev);
	return 0;
}

static const struct file_operations vfio_cdev_fops = {
	.name = "vfio_cdev",
	.release = cdev_release,
};

/* The file of the caller's @fd, with a reference, if it is of that kind: EBADF, ENOTTY. */
static struct file *get_file_of(int fd, const struct file_operations *fops)
{
	struct file *file = fd < 0 ? NULL : fget(fd);

	if (!file)
		return ERR_PTR(-EBADF);
	if (file->f_op != fops) {
		fput(file);
		return ERR_PTR(-ENOTTY);
	}
	return file;
}

struct file *vfio_fds_get(int fd, struct vfio_fds **fds)
{
	struct file *file = get_file_of(fd, &vfio_fds_fops);

	if (IS_ERR(file))
		return file;
	*fds = file->private_data;
	if (!(*fds)->backend->reachable(*fds)) {
		fput(file);
		return ERR_PTR(-EBADF);
	}
	return file;
}

struct file *vfio_cdev_file(struct vfio_fds_cdev *cdev)
{
	return anon_inode_getfile("vfio_cdev", &vfio_cdev_fops, cdev, O_RDWR);
}

long vfio_fds_open(const struct vfio_backend *backend, const struct vfio_open *args)
{
	struct vfio_fds *fds = kzalloc(backend->bytes, GFP_KERNEL);
	long ret;

	if (!fds)
		return -ENOMEM;
	fds->backend = backend;
	mutex_init(&fds->lock);
	INIT_LIST_HEAD(&fds->devices);
	fds->version = args->version;
	ret = backend->open(fds, args);
	if (!ret && args->device)
		ret = backend->attach(fds, NULL);
	if (!ret)
		ret = anon_inode_getfd("vfio", &vfio_fds_fops, fds, 0);
	if (ret < 0)
		fds_free(fds);
	return ret;
}

long vfio_fds_attach_other(int fd, const struct vfio_iommu_options *options)
{
	struct vfio_fds *fds;
	struct file *file = vfio_fds_get(fd, &fds);
	long ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	mutex_lock(&fds->lock);
	ret = fds->backend->attach(fds, options);
	mutex_unlock(&fds->lock);
	fput(file);
	return ret;
}

long vfio_fds_attach(int fd)
{
	return vfio_fds_attach_other(fd, NULL);
}

long vfio_fds_detach(int fd)
{
	struct vfio_fds *fds;
	struct file *file = vfio_fds_get(fd, &fds);
	long ret = -EINVAL;

	if (IS_ERR(file))
		return PTR_ERR(file);
	mutex_lock(&fds->lock);
	if (!list_empty(&fds->devices)) {
		fds->backend->detach(list_last_entry(&fds->devices, struct vfio_fds_device, node));
		ret = 0;
	}
	mutex_unlock(&fds->lock);
	fput(file);
	return ret;
}

long vfio_fds_mdev_attach(int fd)
{
	struct vfio_fds *fds;
	struct file *file = vfio_fds_get(fd, &fds);
	struct vfio_fds_mdev *mdev;
	long ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	mutex_lock(&fds->lock);
	mdev = fds->backend->mdev_create(fds);
	mutex_unlock(&fds->lock);
	fput(file);
	if (IS_ERR(mdev))
		return PTR_ERR(mdev);
	ret = anon_inode_getfd("vfio_mdev", &vfio_mdev_fops, mdev, 0);
	if (ret < 0)
		mdev->backend->mdev_free(mdev);
	return ret;
}

enum mdev_call {
	MDEV_PIN,
	MDEV_UNPIN,
	MDEV_READ,
	MDEV_WRITE,
};

static long mdev_call(int fd, unsigned long iova, unsigned long len, enum mdev_call call)
{
	struct file *file = get_file_of(fd, &vfio_mdev_fops);
	struct vfio_fds_mdev *mdev;
	long ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	mdev = file->private_data;
	ret = call == MDEV_PIN ? mdev->backend->mdev_pin(mdev, iova, len) :
	      call == MDEV_UNPIN ? mdev->backend->mdev_unpin(mdev, iova, len) :
	      mdev->backend->mdev_rw(mdev, iova, len, call == MDEV_WRITE);
	fput(file);
	return ret;
}

long vfio_fds_mdev_pin(int mdev_fd, unsigned long iova, unsigned long len)
{
	return mdev_call(mdev_fd, iova, len, MDEV_PIN);
}

long vfio_fds_mdev_unpin(int mdev_fd, unsigned long iova, unsigned long len)
{
	return mdev_call(mdev_fd, iova, len, MDEV_UNPIN);
}

long vfio_fds_mdev_rw(int mdev_fd, unsigned long iova, unsigned long len, bool write)
{
	return mdev_call(mdev_fd, iova, len, write ? MDEV_WRITE : MDEV_READ);
}

/* Observers: no place where another task may go first. */

long vfio_fds_charged(int fd)
{
	struct vfio_fds *fds;
	struct file *file;
	long ret = -ENOENT;

	sim_nopreempt_begin();
	file = get_file_of(fd, &vfio_fds_fops);
	if (!IS_ERR(file)) {
		fds = file->private_data;
		ret = fds->backend->charged(fds);
		fput(file);
	}
	sim_nopreempt_end();
	return ret;
}

/* Of a container its first device's. */
static long file_device_pfn(const struct file *file, unsigned long iova)
{
	struct vfio_fds_cdev *cdev = file->private_data;
	struct vfio_fds *fds = file->private_data;
	struct vfio_fds_device *first;

	if (file->f_op == &vfio_cdev_fops)
		return cdev->backend->device_pfn(cdev->dev, iova);
	if (file->f_op != &vfio_fds_fops || list_empty(&fds->devices))
		return -ENOENT;
	first = list_first_entry(&fds->devices, struct vfio_fds_device, node);
	return fds->backend->device_pfn(first->dev, iova);
}

long vfio_fds_device_pfn(int fd, unsigned long iova)
{
	struct file *file;
	long ret = -ENOENT;

	sim_nopreempt_begin();
	file = fget(fd);
	if (file) {
		ret = file_device_pfn(file, iova);
		fput(file);
	}
	sim_nopreempt_end();
	return ret;
}
