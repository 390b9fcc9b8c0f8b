// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * FPGA accelerators' DMA regions (drivers/fpga/dfl-afu-dma-region.c).
 *
 * locked_vm of current, by current's limit and capability, before the pin; given
 * back to locked_vm of current as well, whoever that is by then. A child that
 * unmaps takes it off its own counter, which wraps; a process that exits has no mm
 * any more when its files are closed, and gives nothing back.
 *
 * A region is what one IOVA stands for, so its pages must follow each other
 * physically (EINVAL).
 */
#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <accounting/charge.h>
#include "pinners_private.h"
#include "umem.h"

struct dfl_afu {
	struct ledger_object *charged;
	struct mutex lock;
	struct list_head regions;
	unsigned long next_iova;
};

struct afu_region {
	struct list_head list;
	unsigned long iova;
	unsigned long length;
	struct pinned_range pages;
};

static int afu_account(struct dfl_afu *afu, unsigned long npages, bool inc)
{
	const struct charge_by by = { .object = afu->charged, .rule = "DFL AFU" };

	if (!current->mm)
		return 0;
	return charge_locked_vm_locking(current->mm, npages, inc, capable(CAP_IPC_LOCK), false, &by);
}

static int afu_pin(struct dfl_afu *afu, struct afu_region *region, unsigned long va)
{
	unsigned long npages = region->length >> PAGE_SHIFT;
	long got;
	int ret;

	ret = afu_account(afu, npages, true);
	if (ret)
		return ret;
	got = pinned_range_add(&region->pages, va, npages, FOLL_WRITE, npages);
	if (got == (long)npages && pinned_range_contig_last(&region->pages, 0) == npages - 1)
		return 0;
	pinned_range_release(&region->pages, false);
	afu_account(afu, npages, false);
	if (got < 0)
		return got;
	return got == (long)npages ? -EINVAL : -EFAULT;
}

static void afu_region_free(struct dfl_afu *afu, struct afu_region *region)
{
	pinned_range_release(&region->pages, true);
	afu_account(afu, region->length >> PAGE_SHIFT, false);
	list_del(&region->list);
	kfree(region);
}

static int afu_release(struct inode *inode, struct file *file)
{
	struct dfl_afu *afu = file->private_data;
	struct afu_region *region, *next;

	list_for_each_entry_safe(region, next, &afu->regions, list)
		afu_region_free(afu, region);
	ledger_object_destroy(afu->charged);
	mutex_destroy(&afu->lock);
	kfree(afu);
	return 0;
}

const struct file_operations afu_fops = {
	.name = "dfl_afu",
	.release = afu_release,
};

long afu_open(void)
{
	struct dfl_afu *afu = kzalloc(sizeof(*afu), GFP_KERNEL);
	long fd;

	if (!afu)
		return -ENOMEM;
	mutex_init(&afu->lock);
	INIT_LIST_HEAD(&afu->regions);
	afu->next_iova = PAGE_SIZE;
	afu->charged = ledger_object_create("dfl_afu", NULL);
	fd = anon_inode_getfd("dfl-port", &afu_fops, afu, O_RDWR);
	if (fd < 0) {
		ledger_object_destroy(afu->charged);
		kfree(afu);
	}
	return fd;
}

static long afu_map_region(struct dfl_afu *afu, unsigned long va, unsigned long len)
{
	struct afu_region *region;
	int ret;

	if (!len || offset_in_page(va | len) || va + len < va)
		return -EINVAL;
	region = kzalloc(sizeof(*region), GFP_KERNEL);
	if (!region)
		return -ENOMEM;
	region->length = len;
	region->pages.object = afu->charged;
	ret = afu_pin(afu, region, va);
	if (ret) {
		kfree(region);
		return ret;
	}
	mutex_lock(&afu->lock);
	region->iova = afu->next_iova;
	afu->next_iova += len;
	list_add_tail(&region->list, &afu->regions);
	mutex_unlock(&afu->lock);
	return region->iova;
}

long afu_map(int fd, unsigned long va, unsigned long len)
{
	struct file *file = pinner_fget(fd, &afu_fops);
	long ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = afu_map_region(file->private_data, va, len);
	fput(file);
	return ret;
}

long afu_unmap(int fd, unsigned long iova)
{
	struct file *file = pinner_fget(fd, &afu_fops);
	struct afu_region *region, *next;
	struct dfl_afu *afu;
	long ret = -EINVAL;

	if (IS_ERR(file))
		return PTR_ERR(file);
	afu = file->private_data;
	mutex_lock(&afu->lock);
	list_for_each_entry_safe(region, next, &afu->regions, list) {
		if (region->iova != iova)
			continue;
		afu_region_free(afu, region);
		ret = 0;
	}
	mutex_unlock(&afu->lock);
	fput(file);
	return ret;
}
