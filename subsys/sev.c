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
#include <linux/atomic.h>
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
	struct list_head list;		/* pinners_state()->sev_vms, under its sev_lock */
	struct mutex lock;
	struct mm_struct *mm;		/* grabbed; only compared */
	unsigned int users;		/* sev_lock; regions, and calls under way: the last one frees it */
	atomic_t migration_in_progress;
	struct list_head regions;	/* lock; with none it is no guest yet, or no more */
	unsigned long pages_locked;	/* lock */
};

struct sev_region {
	struct pinner_object object;
	struct kvm_sev *kvm;		/* changes under the lock of both, and sev_lock */
	struct list_head list;		/* kvm->regions, once it is pinned */
	struct pinned_range pages;
};

static void kvm_sev_free(struct kvm_sev *kvm)
{
	mmdrop(kvm->mm);
	mutex_destroy(&kvm->lock);
	kfree(kvm);
}

/* The VM of @mm, or NULL. Under sev_lock. */
static struct kvm_sev *kvm_sev_of(const struct mm_struct *mm)
{
	struct kvm_sev *kvm;

	list_for_each_entry(kvm, &pinners_state()->sev_vms, list)
		if (kvm->mm == mm)
			return kvm;
	return NULL;
}

/* The same, with a user more. */
static struct kvm_sev *kvm_sev_find(const struct mm_struct *mm)
{
	spinlock_t *lock = &pinners_state()->sev_lock;
	struct kvm_sev *kvm;

	spin_lock(lock);
	kvm = kvm_sev_of(mm);
	if (kvm)
		kvm->users++;
	spin_unlock(lock);
	return kvm;
}

/* The VM of current's address space, made where there is none; with a user more. */
static struct kvm_sev *kvm_sev_get(void)
{
	struct pinners_state *state = pinners_state();
	struct kvm_sev *kvm = kvm_sev_find(current->mm), *made;

	if (kvm)
		return kvm;
	made = kzalloc(sizeof(*made), GFP_KERNEL);
	if (!made)
		return NULL;
	mutex_init(&made->lock);
	INIT_LIST_HEAD(&made->regions);
	made->mm = current->mm;
	mmgrab(made->mm);
	spin_lock(&state->sev_lock);
	kvm = kvm_sev_of(made->mm);
	if (!kvm) {
		kvm = made;
		list_add_tail(&kvm->list, &state->sev_vms);
	}
	kvm->users++;
	spin_unlock(&state->sev_lock);
	if (kvm != made)
		kvm_sev_free(made);
	return kvm;
}

static void kvm_sev_put(struct kvm_sev *kvm)
{
	spinlock_t *lock = &pinners_state()->sev_lock;
	bool last;

	spin_lock(lock);
	last = !--kvm->users;
	if (last)
		list_del(&kvm->list);
	spin_unlock(lock);
	if (last)
		kvm_sev_free(kvm);
}

/* The region's VM, with a user more. */
static struct kvm_sev *region_kvm(struct sev_region *region)
{
	spinlock_t *lock = &pinners_state()->sev_lock;
	struct kvm_sev *kvm;

	spin_lock(lock);
	kvm = region->kvm;
	kvm->users++;
	spin_unlock(lock);
	return kvm;
}

/* The region's VM, locked. While this waits for it the region may go over to another. */
static struct kvm_sev *region_lock(struct sev_region *region)
{
	struct kvm_sev *kvm, *now;

	for (;;) {
		kvm = region_kvm(region);
		mutex_lock(&kvm->lock);
		now = region_kvm(region);
		kvm_sev_put(now);
		/* the region keeps it */
		if (now == kvm)
			break;
		mutex_unlock(&kvm->lock);
		kvm_sev_put(kvm);
	}
	kvm_sev_put(kvm);
	return kvm;
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
	list_add_tail(&region->list, &kvm->regions);
	ledger_elsewhere(region->object.charged, npages);
	return 0;
}

static void sev_unpin_memory(struct sev_region *region)
{
	struct kvm_sev *kvm = region_lock(region);

	list_del(&region->list);
	kvm->pages_locked -= region->pages.nr_pages;
	ledger_elsewhere(region->object.charged, -(long)region->pages.nr_pages);
	pinned_range_release(&region->pages, true);
	mutex_unlock(&kvm->lock);
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

/* Both marked as migrating and locked. EBUSY where another call does that to one of them, EINTR. */
static int sev_lock_two_vms(struct kvm_sev *dst, struct kvm_sev *src)
{
	int ret = -EBUSY;

	if (atomic_cmpxchg(&dst->migration_in_progress, 0, 1))
		return ret;
	if (atomic_cmpxchg(&src->migration_in_progress, 0, 1))
		goto out_dst;
	ret = mutex_lock_killable(&dst->lock);
	if (ret)
		goto out_src;
	ret = mutex_lock_killable_nested(&src->lock, SINGLE_DEPTH_NESTING);
	if (!ret)
		return 0;
	mutex_unlock(&dst->lock);
out_src:
	atomic_set(&src->migration_in_progress, 0);
out_dst:
	atomic_set(&dst->migration_in_progress, 0);
	return ret;
}

static void sev_unlock_two_vms(struct kvm_sev *dst, struct kvm_sev *src)
{
	mutex_unlock(&dst->lock);
	mutex_unlock(&src->lock);
	atomic_set(&dst->migration_in_progress, 0);
	atomic_set(&src->migration_in_progress, 0);
}

static void sev_migrate_from(struct kvm_sev *dst, struct kvm_sev *src)
{
	spinlock_t *lock = &pinners_state()->sev_lock;
	struct sev_region *region;

	spin_lock(lock);
	list_for_each_entry(region, &src->regions, list) {
		region->kvm = dst;
		dst->users++;
		src->users--;
	}
	spin_unlock(lock);
	list_splice_init(&src->regions, &dst->regions);
	dst->pages_locked = src->pages_locked;
	src->pages_locked = 0;
}

/*
 * sev_vm_move_enc_context_from() (from 5.16): the regions go over, and with them the
 * number, to a VM that has none. Nobody is asked whether it fits the new limit.
 */
long sev_move(const struct task_struct *from)
{
	struct kvm_sev *src, *dst;
	int ret = -ENOMEM;

	src = from->mm && from->mm != current->mm ? kvm_sev_find(from->mm) : NULL;
	if (!src)
		return -EINVAL;
	dst = kvm_sev_get();
	if (!dst)
		goto out_src;
	ret = sev_lock_two_vms(dst, src);
	if (ret)
		goto out_dst;
	if (!list_empty(&dst->regions) || list_empty(&src->regions))
		ret = -EINVAL;
	else
		sev_migrate_from(dst, src);
	sev_unlock_two_vms(dst, src);
out_dst:
	kvm_sev_put(dst);
out_src:
	kvm_sev_put(src);
	return ret;
}

long sev_unpin(unsigned int id)
{
	struct pinner_object *object = pinner_object_find(id, &sev_ops);

	if (!object)
		return -ENOENT;
	pinner_object_destroy(object);
	return 0;
}
