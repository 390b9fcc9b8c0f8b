// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * KVM SEV (arch/x86/kvm/svm/sev.c: sev_pin_memory).
 *
 * Counted by VM, in a number of its own that no other pinner sees, and tested
 * against the limit of current. Memory registered twice counts twice. The number
 * is set only once all pages are pinned; a short pin fails the call.
 *
 * A process has one VM, made with its first region and gone with its last; an
 * address space and its VM are the same thing here.
 *
 * Locks: kvm->lock, inside it the mmap_lock that GUP takes.
 */
#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <accounting/charge.h>
#include <sim/verdict.h>
#include <subsys/pinners.h>
#include "pinners_private.h"
#include "umem.h"

struct kvm_sev {
	struct list_head list;		/* pinners_state()->sev_vms */
	struct mutex lock;
	struct mm_struct *mm;		/* grabbed; only compared */
	unsigned int nr_regions;
	unsigned long pages_locked;	/* lock */
};

struct sev_region {
	struct kvm_sev *kvm;
	struct pinned_range pages;
	struct ledger_object *object;
};

/* The VM of current's address space; made where there is none. */
static struct kvm_sev *kvm_sev_get(void)
{
	struct kvm_sev *kvm;

	list_for_each_entry(kvm, &pinners_state()->sev_vms, list)
		if (kvm->mm == current->mm)
			goto found;
	kvm = kzalloc(sizeof(*kvm), GFP_KERNEL);
	if (!kvm)
		return NULL;
	mutex_init(&kvm->lock);
	kvm->mm = current->mm;
	mmgrab(kvm->mm);
	list_add_tail(&kvm->list, &pinners_state()->sev_vms);
found:
	kvm->nr_regions++;
	return kvm;
}

static void kvm_sev_put(struct kvm_sev *kvm)
{
	if (--kvm->nr_regions)
		return;
	list_del(&kvm->list);
	mmdrop(kvm->mm);
	mutex_destroy(&kvm->lock);
	kfree(kvm);
}

static int sev_pin_memory(struct sev_region *region, unsigned long va, unsigned long len)
{
	struct kvm_sev *kvm = region->kvm;
	unsigned long npages = PFN_DOWN(va + len - 1) - PFN_DOWN(va) + 1;
	unsigned long limit = memlock_limit_pages(current);
	unsigned long locked = kvm->pages_locked + npages;
	long got;

	lockdep_assert_held(&kvm->lock);
	if (locked > limit && !capable(CAP_IPC_LOCK)) {
		sim_refusal_note("kvm.pages_locked %lup + %lup > %s's %lup (KVM SEV)", kvm->pages_locked, npages,
				 current->comm, limit);
		return -ENOMEM;
	}
	got = pinned_range_add(&region->pages, va & PAGE_MASK, npages, FOLL_WRITE | FOLL_LONGTERM, npages);
	if (got != (long)npages) {
		pinned_range_release(&region->pages, false);
		return got < 0 ? got : -ENOMEM;
	}
	kvm->pages_locked = locked;
	return 0;
}

static void sev_unpin_memory(struct sev_region *region)
{
	mutex_lock(&region->kvm->lock);
	region->kvm->pages_locked -= region->pages.nr_pages;
	pinned_range_release(&region->pages, true);
	mutex_unlock(&region->kvm->lock);
}

static void sev_region_free(struct sev_region *region)
{
	kvm_sev_put(region->kvm);
	ledger_object_destroy(region->object);
	kfree(region);
}

static int sev_release(struct inode *inode, struct file *file)
{
	sev_unpin_memory(file->private_data);
	sev_region_free(file->private_data);
	return 0;
}

const struct file_operations sev_fops = {
	.name = "sev_region",
	.release = sev_release,
};

long sev_pin(unsigned long va, unsigned long len)
{
	struct sev_region *region;
	long ret;

	if (!len || va + len < va)
		return -EINVAL;
	region = kzalloc(sizeof(*region), GFP_KERNEL);
	if (!region)
		return -ENOMEM;
	region->kvm = kvm_sev_get();
	if (!region->kvm) {
		kfree(region);
		return -ENOMEM;
	}
	region->object = ledger_object_create("sev_region", NULL);
	region->pages.object = region->object;
	mutex_lock(&region->kvm->lock);
	ret = sev_pin_memory(region, va, len);
	mutex_unlock(&region->kvm->lock);
	if (ret)
		goto out;
	ret = anon_inode_getfd("[sev]", &sev_fops, region, O_RDWR);
	if (ret >= 0)
		return ret;
	sev_unpin_memory(region);
out:
	sev_region_free(region);
	return ret;
}

long sev_unpin(int fd)
{
	struct file *file = fget(fd);

	if (!file)
		return -EBADF;
	if (file->f_op != &sev_fops) {
		fput(file);
		return -EINVAL;
	}
	sev_unpin_memory(file->private_data);
	fput(file);
	return 0;
}
