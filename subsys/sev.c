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
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <accounting/charge.h>
#include <accounting/ledger.h>
#include <sim/verdict.h>
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
	struct pinner_object object;
	struct kvm_sev *kvm;
	struct pinned_range pages;
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
		/* whatever GUP's own error was */
		return -ENOMEM;
	}
	kvm->pages_locked = locked;
	ledger_elsewhere(region->object.charged, npages);
	return 0;
}

static void sev_unpin_memory(struct sev_region *region)
{
	mutex_lock(&region->kvm->lock);
	region->kvm->pages_locked -= region->pages.nr_pages;
	ledger_elsewhere(region->object.charged, -(long)region->pages.nr_pages);
	pinned_range_release(&region->pages, true);
	mutex_unlock(&region->kvm->lock);
}

static void sev_destroy(struct pinner_object *object)
{
	struct sev_region *region = container_of(object, struct sev_region, object);

	if (region->pages.nr_pages)
		sev_unpin_memory(region);
	kvm_sev_put(region->kvm);
	kfree(region);
}

const struct pinner_ops sev_ops = {
	.destroy = sev_destroy,
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
	pinner_object_init(&region->object, &sev_ops, "sev_region");
	region->pages.object = region->object.charged;
	mutex_lock(&region->kvm->lock);
	ret = sev_pin_memory(region, va, len);
	mutex_unlock(&region->kvm->lock);
	if (!ret)
		return region->object.id;
	pinner_object_destroy(&region->object);
	return ret;
}

/* The VM of @mm, or NULL. */
static struct kvm_sev *kvm_sev_of(const struct mm_struct *mm)
{
	struct kvm_sev *kvm;

	list_for_each_entry(kvm, &pinners_state()->sev_vms, list)
		if (kvm->mm == mm)
			return kvm;
	return NULL;
}

/*
 * sev_vm_move_enc_context_from() (from 5.16): the regions go over, and with them the
 * number, to a VM that has none. Nobody is asked whether it fits the new limit.
 */
long sev_move(const struct task_struct *from)
{
	struct kvm_sev *src = kvm_sev_of(from->mm), *dst;
	struct pinner_object *object;

	if (!from->mm || !src || src->mm == current->mm || kvm_sev_of(current->mm))
		return -EINVAL;
	dst = kvm_sev_get();
	if (!dst)
		return -ENOMEM;
	mutex_lock(&dst->lock);
	mutex_lock_nested(&src->lock, SINGLE_DEPTH_NESTING);
	list_for_each_entry(object, &pinners_state()->objects, list) {
		struct sev_region *region = container_of(object, struct sev_region, object);

		if (object->ops != &sev_ops || region->kvm != src)
			continue;
		region->kvm = dst;
		dst->nr_regions++;
		src->nr_regions--;
	}
	dst->pages_locked = src->pages_locked;
	src->pages_locked = 0;
	mutex_unlock(&src->lock);
	mutex_unlock(&dst->lock);
	/* what kvm_sev_get() counted for the call itself; a source without regions is gone */
	dst->nr_regions--;
	src->nr_regions++;
	kvm_sev_put(src);
	return 0;
}

long sev_unpin(unsigned int id)
{
	struct pinner_object *object = pinner_object_find(id, &sev_ops);

	if (!object)
		return -ENOENT;
	pinner_object_destroy(object);
	return 0;
}
