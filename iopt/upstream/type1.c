// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's drivers/vfio/vfio_iommu_type1.c, as it is, with what must see its
 * static parts behind it. Some of its words are led elsewhere (type1_driver.c), and
 * what it charges and pins is entered in the ledger for its container (charge.h):
 *
 *	vfio_register_iommu_driver	its calls are noted: whose charges are these?
 *	mmap_write_lock_killable	an uncharge may come to nothing there
 *	mmdrop				a mapping lets go of its mm, and with a dead one of
 *					what stays charged there
 *	pr_warn				says that the limit refused, and nothing else does
 *	mutex_lock			a driver's unpin from within dma_unmap() nests
 *					(subsys/vfio_mdev.c says why)
 */
#include <linux/device.h>
#include <linux/highmem.h>
#include <linux/iommu.h>
#include <linux/kthread.h>
#include <linux/rbtree.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/vfio.h>
#include <drivers/vfio/vfio.h>
#include <iopt/upstream.h>
#include "charge.h"
#include "type1.h"

#define vfio_register_iommu_driver(ops) type1_register(ops)
#define __account_locked_vm(mm, nr, inc, task, bypass) \
	upstream_account_locked_vm(type1_ledger(), "vfio type1", mm, nr, inc, task, bypass)
#define pin_user_pages_remote(mm, start, nr, flags, list, locked) \
	upstream_pin_remote(type1_ledger(), mm, start, nr, flags, list, locked)
#define unpin_user_pages_dirty_lock(list, nr, dirty) upstream_unpin(type1_ledger(), list, nr, dirty)
#define mutex_lock(lock) type1_mutex_lock(lock)
/* npage: mm_lock_acct()'s argument, the only place that locks so. */
#define mmap_write_lock_killable(mm) type1_mmap_write_lock_killable(mm, npage)
/* dma: the mapping, where it goes and where it changes hands. */
#define mmdrop(mm) type1_mmdrop(mm, dma->locked_vm)
/* Where the pre-check warns, lock_acct is its variable: the pages that the chunk has to charge so far. */
static const long lock_acct = -1;
#undef pr_warn
#define pr_warn(format, ...) type1_warn(lock_acct, format, ##__VA_ARGS__)

#include <drivers/vfio/vfio_iommu_type1.c>

void upstream_dma_entry_limit(unsigned int limit)
{
	dma_entry_limit = limit;
}

void type1_for_each_held(const struct type1_dma *seen, void (*fn)(unsigned long pfn, void *arg), void *arg)
{
	struct vfio_dma *dma = seen->dma;
	struct rb_node *p;

	for (p = rb_first(&dma->pfn_list); p; p = rb_next(p))
		if (!is_invalid_reserved_pfn(rb_entry(p, struct vfio_pfn, node)->pfn))
			fn(rb_entry(p, struct vfio_pfn, node)->pfn, arg);
}

/* Device memory that mdevs hold is a frame by its number. */
#define state_held(vpfn) phys_to_frame(PFN_PHYS((vpfn)->pfn))
#define STATE_HASH_TYPE1
#include <iopt/state_hash.h>

unsigned long type1_state(void *iommu)
{
	return state_type1(iommu);
}

static void count_held(unsigned long pfn, void *arg)
{
	++*(unsigned long *)arg;
}

void type1_for_each_dma(void *iommu_data, void (*fn)(const struct type1_dma *dma, void *arg), void *arg)
{
	struct vfio_iommu *iommu = iommu_data;
	struct iommu_domain *domain = NULL;
	struct rb_node *n;

	if (!list_empty(&iommu->domain_list))
		domain = list_first_entry(&iommu->domain_list, struct vfio_domain, next)->domain;
	for (n = rb_first(&iommu->dma_list); n; n = rb_next(n)) {
		struct vfio_dma *dma = rb_entry(n, struct vfio_dma, node);
		struct type1_dma seen = {
			.mm = dma->mm,
			.iova = dma->iova,
			.size = dma->size,
			.locked_vm = dma->locked_vm,
			.domain = domain,
			.dma = dma,
		};

		type1_for_each_held(&seen, count_held, &seen.held);
		fn(&seen, arg);
	}
}
