// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vfio on POWER (drivers/vfio/vfio_iommu_spapr_tce.c, and
 * arch/powerpc/mm/book3s64/iommu_api.c for registered memory).
 *
 * A container belongs to the mm that used it first (EPERM for any other). It
 * charges that mm's locked_vm, by the limit and capability of current:
 *
 *	v1  the whole DMA window, when it is enabled; nothing at a map
 *	v2  memory when it is registered, page by page, before the pin; and the
 *	    tables themselves. A table is charged by what it may grow to and gives
 *	    back what was allocated for it, and nothing at all where its allocation
 *	    failed: what lies between stays charged.
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
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <accounting/charge.h>
#include <accounting/kernels.h>
#include "pinners_private.h"
#include "umem.h"

struct tce_container {
	struct ledger_object *charged;
	struct mutex lock;
	struct mm_struct *mm;		/* NULL: not used yet */
	bool enabled;
	unsigned long locked_pages;	/* v1's window */
	struct list_head prereg_list;
	void *table;			/* one DMA window; NULL: none */
	unsigned long table_pages;	/* allocated for it */
};

struct tce_prereg {
	struct list_head next;
	unsigned long ua;
	struct pinned_range pages;
};

/* account_locked_vm(container->mm, ...) */
static int tce_account(struct tce_container *container, unsigned long npages, bool inc)
{
	const struct charge_by by = { .object = container->charged, .rule = "SPAPR TCE" };

	if (!npages)
		return 0;
	return charge_locked_vm_locking(container->mm, npages, inc, capable(CAP_IPC_LOCK), false, &by);
}

static int tce_mm_set(struct tce_container *container)
{
	if (container->mm)
		return container->mm == current->mm ? 0 : -EPERM;
	container->mm = current->mm;
	mmgrab(container->mm);
	return 0;
}

static int tce_enable_locked(struct tce_container *container, unsigned long window)
{
	int ret;

	if (container->enabled)
		return -EBUSY;
	if (!window)
		return -EPERM;
	ret = tce_mm_set(container);
	if (!ret)
		ret = tce_account(container, window >> PAGE_SHIFT, true);
	if (ret)
		return ret;
	container->locked_pages = window >> PAGE_SHIFT;
	container->enabled = true;
	return 0;
}

static int tce_disable_locked(struct tce_container *container)
{
	if (container->enabled)
		tce_account(container, container->locked_pages, false);
	container->enabled = false;
	return 0;
}

static struct tce_prereg *tce_prereg_find(struct tce_container *container, unsigned long ua, unsigned long entries)
{
	struct tce_prereg *mem;

	list_for_each_entry(mem, &container->prereg_list, next)
		if (mem->ua < ua + (entries << PAGE_SHIFT) && ua < mem->ua + (mem->pages.nr_pages << PAGE_SHIFT))
			return mem;
	return NULL;
}

static void tce_prereg_free(struct tce_container *container, struct tce_prereg *mem)
{
	unsigned long entries = mem->pages.nr_pages;

	list_del(&mem->next);
	pinned_range_release(&mem->pages, true);
	tce_account(container, entries, false);
	kfree(mem);
}

/* mm_iommu_do_alloc: charges first; the pin is all or nothing. */
static int tce_register_locked(struct tce_container *container, unsigned long ua, unsigned long size)
{
	unsigned long entries = size >> PAGE_SHIFT;
	struct tce_prereg *mem;
	long got;
	int ret;

	if (!size || offset_in_page(ua | size) || ua + size < ua)
		return -EINVAL;
	ret = tce_mm_set(container);
	if (ret)
		return ret;
	mem = tce_prereg_find(container, ua, entries);
	if (mem)
		return mem->ua == ua && mem->pages.nr_pages == entries ? -EBUSY : -EINVAL;
	ret = tce_account(container, entries, true);
	if (ret)
		return ret;
	mem = kzalloc(sizeof(*mem), GFP_KERNEL);
	if (!mem) {
		tce_account(container, entries, false);
		return -ENOMEM;
	}
	mem->ua = ua;
	mem->pages.object = container->charged;
	got = pinned_range_add(&mem->pages, ua, entries, FOLL_WRITE | FOLL_LONGTERM, entries);
	list_add_tail(&mem->next, &container->prereg_list);
	if (got == (long)entries)
		return 0;
	pinned_range_release(&mem->pages, false);
	tce_account(container, entries, false);
	tce_prereg_free(container, mem);
	return got < 0 ? got : -EFAULT;
}

static int tce_unregister_locked(struct tce_container *container, unsigned long ua, unsigned long size)
{
	struct tce_prereg *mem = tce_prereg_find(container, ua, size >> PAGE_SHIFT);

	if (!mem || mem->ua != ua || mem->pages.nr_pages != size >> PAGE_SHIFT)
		return -ENOENT;
	tce_prereg_free(container, mem);
	return 0;
}

/* Levels below the first are allocated when they are used. */
static int tce_create_locked(struct tce_container *container, unsigned long size, unsigned long levels)
{
	unsigned long pages = size >> PAGE_SHIFT;
	int ret;

	if (!pages || !levels || levels > pages)
		return -EINVAL;
	ret = tce_mm_set(container);
	if (ret)
		return ret;
	if (container->table)
		return -ENOSPC;
	ret = tce_account(container, pages, true);
	if (ret)
		return ret;
	container->table = kzalloc(1, GFP_KERNEL);
	if (!container->table) {
		/* a failure leaves the charge */
		if (!kernel_rules()->other.spapr_table_leak)
			tce_account(container, pages, false);
		return -ENOMEM;
	}
	container->table_pages = kernel_rules()->other.spapr_table_leak ? pages / levels : pages;
	return 0;
}

static int tce_remove_locked(struct tce_container *container)
{
	if (!container->table)
		return -EINVAL;
	kfree(container->table);
	container->table = NULL;
	return tce_account(container, container->table_pages, false);
}

static int tce_release(struct inode *inode, struct file *file)
{
	struct tce_container *container = file->private_data;
	struct tce_prereg *mem, *next;

	if (container->table)
		tce_remove_locked(container);
	list_for_each_entry_safe(mem, next, &container->prereg_list, next)
		tce_prereg_free(container, mem);
	tce_disable_locked(container);
	if (container->mm)
		mmdrop(container->mm);
	ledger_object_destroy(container->charged);
	mutex_destroy(&container->lock);
	kfree(container);
	return 0;
}

const struct file_operations tce_fops = {
	.name = "spapr_tce",
	.release = tce_release,
};

long tce_open(void)
{
	struct tce_container *container = kzalloc(sizeof(*container), GFP_KERNEL);
	long fd;

	if (!container)
		return -ENOMEM;
	mutex_init(&container->lock);
	INIT_LIST_HEAD(&container->prereg_list);
	container->charged = ledger_object_create("spapr_tce", NULL);
	fd = anon_inode_getfd("vfio-spapr-tce", &tce_fops, container, O_RDWR);
	if (fd < 0) {
		ledger_object_destroy(container->charged);
		kfree(container);
	}
	return fd;
}

long tce_call(int fd, enum tce_call call, unsigned long a, unsigned long b)
{
	struct file *file = pinner_fget(fd, &tce_fops);
	struct tce_container *container;
	long ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	container = file->private_data;
	mutex_lock(&container->lock);
	switch (call) {
	case TCE_ENABLE:
		ret = tce_enable_locked(container, a);
		break;
	case TCE_DISABLE:
		ret = tce_disable_locked(container);
		break;
	case TCE_REGISTER:
		ret = tce_register_locked(container, a, b);
		break;
	case TCE_UNREGISTER:
		ret = tce_unregister_locked(container, a, b);
		break;
	case TCE_CREATE:
		ret = tce_create_locked(container, a, b);
		break;
	default:
		ret = tce_remove_locked(container);
		break;
	}
	mutex_unlock(&container->lock);
	fput(file);
	return ret;
}
