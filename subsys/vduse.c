// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VDUSE's user memory (drivers/vdpa/vdpa_user/vduse_dev.c: vduse_dev_reg_umem;
 * from 6.0): the bounce buffer of a device that a daemon serves.
 *
 * Charged to pinned_vm of the caller, whose mm is stored: that is who is given
 * back. As with vhost-vdpa the test is a plain look before anything is pinned, and
 * CAP_IPC_LOCK is no way round it; unlike there a short pin is an error of its own
 * and the charge is one, after the pin.
 *
 * Locks: mem_lock of the device, inside it the caller's mmap_lock for reading.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <accounting/charge.h>
#include "pinners_private.h"
#include "umem.h"

struct vduse_dev {
	struct ledger_object *charged;
	struct mutex mem_lock;
	struct mm_struct *mm;		/* NULL: no memory registered */
	struct pinned_range pages;
};

static struct charge_by vduse_by(const struct vduse_dev *dev)
{
	return (struct charge_by){ .object = dev->charged, .rule = "VDUSE" };
}

static int vduse_reg_locked(struct vduse_dev *dev, unsigned long va, unsigned long npages)
{
	unsigned long limit = memlock_limit_pages(current), used;
	struct charge_by by = vduse_by(dev);
	struct mm_struct *mm = current->mm;
	long got;

	if (dev->mm)
		return -EEXIST;
	mmap_read_lock(mm);
	used = atomic64_read(&mm->pinned_vm);
	mmap_read_unlock(mm);
	if (npages + charge_used(mm, used) > limit) {
		charge_refused(BUCKET_PINNED_VM, mm, used, npages, limit, &by);
		return -ENOMEM;
	}
	got = pinned_range_add(&dev->pages, va, npages, FOLL_LONGTERM | FOLL_WRITE, npages);
	if (got != (long)npages) {
		pinned_range_release(&dev->pages, false);
		return got < 0 ? got : -ENOMEM;
	}
	if (pins_charge(dev->charged, npages)) {
		pinned_range_release(&dev->pages, false);
		return -ENOMEM;
	}
	charge_pinned_vm(mm, npages, &by);
	mmgrab(mm);
	dev->mm = mm;
	return 0;
}

static int vduse_dereg_locked(struct vduse_dev *dev)
{
	struct charge_by by = vduse_by(dev);
	unsigned long npages = dev->pages.nr_pages;

	if (!dev->mm)
		return -ENOENT;
	pinned_range_release(&dev->pages, true);
	pins_uncharge(dev->charged, npages);
	uncharge_pinned_vm(dev->mm, npages, &by);
	mmdrop(dev->mm);
	dev->mm = NULL;
	return 0;
}

static int vduse_release(struct inode *inode, struct file *file)
{
	struct vduse_dev *dev = file->private_data;

	vduse_dereg_locked(dev);
	ledger_object_destroy(dev->charged);
	mutex_destroy(&dev->mem_lock);
	kfree(dev);
	return 0;
}

const struct file_operations vduse_fops = {
	.name = "vduse",
	.release = vduse_release,
};

long vduse_open(void)
{
	struct vduse_dev *dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	long fd;

	if (!dev)
		return -ENOMEM;
	mutex_init(&dev->mem_lock);
	dev->charged = ledger_object_create("vduse", NULL);
	dev->pages.object = dev->charged;
	fd = anon_inode_getfd("vduse", &vduse_fops, dev, O_RDWR);
	if (fd < 0) {
		ledger_object_destroy(dev->charged);
		kfree(dev);
	}
	return fd;
}

long vduse_reg_umem(int fd, unsigned long va, unsigned long len)
{
	struct file *file = pinner_fget(fd, &vduse_fops);
	struct vduse_dev *dev;
	long ret = -EINVAL;

	if (IS_ERR(file))
		return PTR_ERR(file);
	dev = file->private_data;
	/* the size is that of the bounce buffer: here what the call says */
	if (len && !offset_in_page(va | len) && va + len > va) {
		mutex_lock(&dev->mem_lock);
		ret = vduse_reg_locked(dev, va, len >> PAGE_SHIFT);
		mutex_unlock(&dev->mem_lock);
	}
	fput(file);
	return ret;
}

long vduse_dereg_umem(int fd)
{
	struct file *file = pinner_fget(fd, &vduse_fops);
	struct vduse_dev *dev;
	long ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	dev = file->private_data;
	mutex_lock(&dev->mem_lock);
	ret = vduse_dereg_locked(dev);
	mutex_unlock(&dev->mem_lock);
	fput(file);
	return ret;
}
