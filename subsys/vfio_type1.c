// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * type1: MAP_DMA, UNMAP_DMA and the update of addresses.
 *
 * A vfio_dma is one mapping as the user made it. It is in the tree from the start
 * of MAP_DMA, with size 0, and grows by a chunk at a time: {pin chunk, charge
 * chunk, map chunk, size += chunk}. A failure removes what stands so far by the
 * ordinary way, so a refused map leaves no charge, though others may have seen
 * one. Without a domain (only mdevs in the container) nothing is pinned and the
 * dma just stands.
 *
 * Unmapping reads the frames back from the domain: type1 keeps no list of them.
 *
 * Differences by version are looked up where they matter: who may unmap
 * (X_GUARD), whether and how VADDR works (V_NONE, V_BLOCK, V_OWNER), and which
 * errno a wrapping range gets (O_INVAL, O_OVF).
 *
 * iommu->lock is held throughout an ioctl.
 */
#include <linux/bug.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <sim/verdict.h>
#include <subsys/vfio.h>
#include "vfio_private.h"

static struct vfio_dma *to_dma(struct rb_node *node)
{
	return rb_entry_safe(node, struct vfio_dma, node);
}

#define for_each_dma(dma, iommu) \
	for (dma = to_dma(rb_first(&(iommu)->dma_list)); dma; dma = to_dma(rb_next(&dma->node)))

/*
 * The two ways to compare a range with a dma. Up to 6.14 by exclusive ends, which
 * wrap to 0 for a range that ends with the address space: such a dma is never
 * found again. With O_OVF by the last byte.
 */
static bool range_below(unsigned long start, unsigned long size, const struct vfio_dma *dma)
{
	if (type1_rules()->overflow == O_INVAL)
		return start + size <= dma->iova;
	return start + size - 1 < dma->iova;
}

static bool above_dma(unsigned long start, const struct vfio_dma *dma)
{
	if (type1_rules()->overflow == O_INVAL)
		return start >= dma->iova + dma->size;
	return start > dma->iova + dma->size - 1;
}

/* A dma that overlaps the @size bytes from @start on. */
struct vfio_dma *vfio_find_dma(struct vfio_iommu *iommu, unsigned long start, unsigned long size)
{
	struct rb_node *node = iommu->dma_list.rb_node;

	while (node) {
		struct vfio_dma *dma = to_dma(node);

		if (range_below(start, size, dma))
			node = node->rb_left;
		else if (above_dma(start, dma))
			node = node->rb_right;
		else
			return dma;
	}
	return NULL;
}

/* The lowest dma that ends beyond @start. */
static struct vfio_dma *first_dma_from(struct vfio_iommu *iommu, unsigned long start)
{
	struct rb_node *node = iommu->dma_list.rb_node;
	struct vfio_dma *found = NULL;

	while (node) {
		struct vfio_dma *dma = to_dma(node);

		if (above_dma(start, dma)) {
			node = node->rb_right;
		} else {
			found = dma;
			node = node->rb_left;
		}
	}
	return found;
}

static void link_dma(struct vfio_iommu *iommu, struct vfio_dma *new)
{
	struct rb_node **link = &iommu->dma_list.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = new->iova < to_dma(parent)->iova ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&new->node, parent, link);
	rb_insert_color(&new->node, &iommu->dma_list);
}

/*
 * Takes [@iova, +@size) out of @domain and unpins it, skipping what is not mapped:
 * by what is physically contiguous, or unobserved run by run. Returns the pages that were not reserved.
 */
static long unmap_unpin_range(struct vfio_dma *dma, struct iommu_domain *domain, unsigned long iova,
			      unsigned long size, bool do_accounting)
{
	unsigned long last = iova + size - 1;
	long unlocked = 0;
	struct sim_run run;

	while (iommu_lookup_frames(domain, iova, last, &run)) {
		unsigned long frame = PFN_DOWN(run.value), npage = PFN_DOWN(run.last - run.start + 1);

		if (!vfio_unobserved())
			npage = min(npage, frame_contig(frame));
		if (WARN_ON(!iommu_unmap(domain, run.start, npage << PAGE_SHIFT)))
			break;
		unlocked += vfio_unpin_pages_remote(dma, run.start, frame, npage, do_accounting);
		iova = run.start + (npage << PAGE_SHIFT);
		if (iova - 1 == last)
			break;
	}
	return unlocked;
}

/* With @do_accounting uncharges once for all; else returns the pages unpinned for the caller to settle. */
static long unmap_unpin(struct vfio_iommu *iommu, struct vfio_dma *dma, bool do_accounting)
{
	long unlocked;

	if (!dma->size || !iommu->domain)
		return 0;
	unlocked = unmap_unpin_range(dma, iommu->domain, dma->iova, dma->size, false);
	dma->iommu_mapped = false;
	if (!do_accounting)
		return unlocked;
	vfio_lock_acct(dma, -unlocked, true);
	return 0;
}

static void remove_dma(struct vfio_iommu *iommu, struct vfio_dma *dma)
{
	WARN_ON(!RB_EMPTY_ROOT(&dma->pfn_list));
	unmap_unpin(iommu, dma, true);
	rb_erase(&dma->node, &iommu->dma_list);
	vfio_dma_gone(dma);
	ledger_object_destroy(dma->ledger);
	put_task_struct(dma->task);
	if (dma->mm)
		mmdrop(dma->mm);
	if (dma->user)
		free_uid(dma->user);
	if (dma->vaddr_invalid) {
		iommu->vaddr_invalid_count--;
		iommu->vaddr_wakes++;
		wake_up_all(&iommu->vaddr_wait);
	}
	kfree(dma);
	iommu->dma_avail++;
}

void vfio_unmap_unpin_all(struct vfio_iommu *iommu)
{
	struct rb_node *node;

	while ((node = rb_first(&iommu->dma_list)))
		remove_dma(iommu, to_dma(node));
}

/* The last domain goes while mdevs stay: from now on only what they hold is charged. */
void vfio_unmap_unpin_reaccount(struct vfio_iommu *iommu)
{
	struct vfio_dma *dma;

	for_each_dma(dma, iommu) {
		long unlocked = unmap_unpin(iommu, dma, false);
		long locked = 0;
		struct rb_node *node;
		unsigned long same;

		for (node = rb_first(&dma->pfn_list); node; node = rb_next(node))
			locked += !frame_reserved(rb_entry(node, struct vfio_pfn, node)->frame, &same);
		vfio_lock_acct(dma, locked - unlocked, true);
	}
}

static int map_chunk(struct iommu_domain *domain, struct vfio_dma *dma, unsigned long iova, unsigned long frame,
		     unsigned long npage)
{
	return iommu_map_frames(domain, iova, frame << PAGE_SHIFT, npage << PAGE_SHIFT, dma->prot | IOMMU_CACHE,
				GFP_KERNEL);
}

/*
 * Pins, charges and maps the next chunk of @dma at byte @at of it, up to @size
 * bytes. Returns the bytes done, or -errno with nothing of the chunk left.
 */
static long pin_map_chunk(struct iommu_domain *domain, struct vfio_dma *dma, unsigned long at, unsigned long size,
			  unsigned long limit, struct vfio_batch *batch)
{
	unsigned long frame;
	long npage;
	int ret;

	npage = vfio_pin_pages_remote(dma, dma->vaddr + at, size >> PAGE_SHIFT, &frame, limit, batch);
	if (npage < 0)
		return npage;
	ret = map_chunk(domain, dma, dma->iova + at, frame, npage);
	if (ret) {
		vfio_unpin_pages_remote(dma, dma->iova + at, frame, npage, true);
		vfio_batch_unpin(batch, dma);
		return ret;
	}
	return npage << PAGE_SHIFT;
}

static int pin_map_dma(struct vfio_iommu *iommu, struct vfio_dma *dma, unsigned long size)
{
	unsigned long limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	struct vfio_batch batch;
	long done = 0;

	vfio_batch_init(&batch);
	while (dma->size < size) {
		done = pin_map_chunk(iommu->domain, dma, dma->size, size - dma->size, limit, &batch);
		if (done < 0)
			break;
		dma->size += done;
	}
	vfio_batch_fini(&batch);
	dma->iommu_mapped = true;
	if (done < 0) {
		remove_dma(iommu, dma);
		return done;
	}
	return 0;
}

/* Undoes a replay: dmas from @dma downwards. Those it pinned itself (not mapped before) are unpinned too. */
static void replay_unwind(struct vfio_dma *dma, struct iommu_domain *domain)
{
	for (; dma; dma = to_dma(rb_prev(&dma->node)))
		unmap_unpin_range(dma, domain, dma->iova, dma->size, true);
}

/*
 * The first domain of a container: all dmas (made while only mdevs were there)
 * are pinned and mapped now. By whoever attaches: pages come from the caller's mm
 * and are pre-checked against its limit, yet charged to the dma's owner.
 */
int vfio_iommu_replay(struct vfio_iommu *iommu, struct iommu_domain *domain)
{
	unsigned long limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	struct vfio_batch batch;
	struct vfio_dma *dma;
	int ret;

	ret = vfio_wait_all_valid(iommu);
	if (ret < 0)
		return ret;

	vfio_batch_init(&batch);
	for_each_dma(dma, iommu) {
		/* one up to the end of the address space ends at 0 (O_INVAL), and is passed over */
		bool nothing = type1_rules()->overflow == O_INVAL && !(dma->iova + dma->size);
		unsigned long at = nothing ? dma->size : 0;

		while (at < dma->size) {
			long done = pin_map_chunk(domain, dma, at, dma->size - at, limit, &batch);

			if (done < 0) {
				replay_unwind(dma, domain);
				vfio_batch_fini(&batch);
				return done;
			}
			at += done;
		}
	}
	vfio_batch_fini(&batch);
	for_each_dma(dma, iommu)
		dma->iommu_mapped = true;
	return 0;
}

/* Is [@start, @last] inside one window? An empty list has no limits. */
static bool iova_valid(struct vfio_iommu *iommu, unsigned long start, unsigned long last)
{
	struct vfio_iova *window;

	list_for_each_entry(window, &iommu->iova_list, list) {
		if (start >= window->start && last <= window->last)
			return true;
	}
	return list_empty(&iommu->iova_list);
}

static struct vfio_dma *dma_create(struct vfio_iommu *iommu, unsigned long iova, unsigned long vaddr, int prot)
{
	struct vfio_dma *dma = kzalloc(sizeof(*dma), GFP_KERNEL);

	if (!dma)
		return NULL;
	iommu->dma_avail--;
	dma->iova = iova;
	dma->vaddr = vaddr;
	dma->prot = prot;
	/* The leader: a vCPU thread that maps may be gone when it is time to uncharge. */
	dma->task = get_task_struct(type1_rules()->task_is_thread ? current : current->group_leader);
	dma->lock_cap = capable(CAP_IPC_LOCK);
	if (type1_rules()->charge == T_MM) {
		dma->mm = current->mm;
		mmgrab(dma->mm);
	}
	if (type1_scheme()->bucket == BUCKET_USER_LOCKED_VM)
		dma->user = get_uid(current_user());
	dma->pfn_list = RB_ROOT;
	dma->iommu = iommu;
	INIT_LIST_HEAD(&dma->dirty);
	dma->ledger = ledger_object_create("vfio_dma", iommu->ledger);
	link_dma(iommu, dma);
	return dma;
}

/* MAP_DMA with the VADDR flag: @dma is what overlaps the range, or NULL. */
static int map_vaddr(struct vfio_iommu *iommu, struct vfio_dma *dma, unsigned long iova, unsigned long vaddr,
		     unsigned long size)
{
	int ret;

	if (!dma)
		return -ENOENT;
	if (proposal()->type1_stages_vaddr) {
		if (dma->iova != iova || dma->size != size)
			return -EINVAL;
		dma->vaddr_staged = vaddr;
		return 0;
	}
	if (!dma->vaddr_invalid || dma->iova != iova || dma->size != size)
		return -EINVAL;
	/* Before there was a stored mm, there was nothing to move. */
	if (type1_rules()->vaddr == V_OWNER && dma->mm) {
		ret = vfio_change_dma_owner(dma);
		if (ret)
			return ret;
	}
	dma->vaddr = vaddr;
	dma->vaddr_invalid = false;
	iommu->vaddr_invalid_count--;
	iommu->vaddr_wakes++;
	wake_up_all(&iommu->vaddr_wait);
	return 0;
}

static int map_locked(struct vfio_iommu *iommu, unsigned long iova, unsigned long vaddr, unsigned long size, int prot,
		      bool set_vaddr)
{
	bool wraps = iova + size - 1 < iova || vaddr + size - 1 < vaddr;
	struct vfio_dma *dma;

	if (!size || (size | iova | vaddr) & ~PAGE_MASK || wraps)
		return -EINVAL;
	dma = vfio_find_dma(iommu, iova, size);
	if (set_vaddr)
		return map_vaddr(iommu, dma, iova, vaddr, size);
	if (dma)
		return -EEXIST;
	if (!iommu->dma_avail) {
		sim_refusal_note("no more mappings than dma_entry_limit (vfio type1)");
		return -ENOSPC;
	}
	if (!iova_valid(iommu, iova, iova + size - 1))
		return -EINVAL;
	dma = dma_create(iommu, iova, vaddr, prot);
	if (!dma)
		return -ENOMEM;
	if (iommu->domain)
		return pin_map_dma(iommu, dma, size);
	dma->size = size;
	return 0;
}

/*
 * VFIO_IOMMU_MAP_DMA (vfio_iommu_type1.c:vfio_dma_do_map). @prot: VFIO_*, 0 with
 * @set_vaddr. EINVAL: flags, alignment, size 0, a wrap (EOVERFLOW with O_OVF), an
 * IOVA outside the windows; EEXIST; ENOSPC without dma_avail; else what pinning,
 * charging and mapping give. VADDR: ENOENT, EINVAL where it is not invalid or not
 * the same range, ENOMEM and EINTR of the charge.
 */
long vfio_type1_map(struct vfio_iommu *iommu, unsigned long iova, unsigned long va, unsigned long len,
		    unsigned int prot, bool set_vaddr)
{
	int iommu_prot = 0;
	int ret;

	if (set_vaddr && type1_rules()->vaddr == V_NONE)
		return -EINVAL;
	if (type1_rules()->overflow == O_OVF && len && (iova + len - 1 < iova || va + len - 1 < va))
		return -EOVERFLOW;
	if (!prot == !set_vaddr)
		return -EINVAL;
	if (prot & VFIO_WRITE)
		iommu_prot |= IOMMU_WRITE;
	if (prot & VFIO_READ)
		iommu_prot |= IOMMU_READ;

	mutex_lock(&iommu->lock);
	ret = map_locked(iommu, iova, va, len, iommu_prot, set_vaddr);
	mutex_unlock(&iommu->lock);
	return ret;
}

/* The range of an unmap: 0 and its last byte in *@last. */
static int unmap_range(unsigned long iova, unsigned long size, bool all, unsigned long *last)
{
	if (iova & ~PAGE_MASK)
		return -EINVAL;
	if (all) {
		*last = ~0UL;
		return iova || size ? -EINVAL : 0;
	}
	if (!size || size & ~PAGE_MASK)
		return -EINVAL;
	*last = iova + size - 1;
	if (*last < iova)
		return type1_rules()->overflow == O_OVF ? -EOVERFLOW : -EINVAL;
	return 0;
}

/* v2: no dma may lie across an end of the range. */
static bool range_bisects(struct vfio_iommu *iommu, unsigned long iova, unsigned long last)
{
	struct vfio_dma *dma;

	dma = vfio_find_dma(iommu, iova, 1);
	if (dma && dma->iova != iova)
		return true;
	dma = vfio_find_dma(iommu, last, 1);
	return dma && dma->iova + dma->size - 1 != last;
}

/*
 * UNMAP_DMA with the VADDR flag, one dma of the range. One that is invalid
 * already undoes what this call marked, from @first on.
 */
static int invalidate_vaddr(struct vfio_iommu *iommu, struct vfio_dma *dma, struct vfio_dma *first)
{
	if (!dma->vaddr_invalid) {
		dma->vaddr_invalid = true;
		iommu->vaddr_invalid_count++;
		return 0;
	}
	for (; first != dma; first = to_dma(rb_next(&first->node))) {
		first->vaddr_invalid = false;
		iommu->vaddr_invalid_count--;
	}
	return -EINVAL;
}

/* By its exclusive end (O_INVAL) a range up to the end of the address space ends at 0, before every dma. */
static bool beyond(const struct vfio_dma *dma, unsigned long last, bool all)
{
	if (type1_rules()->overflow == O_INVAL && !all)
		return dma->iova >= last + 1;
	return dma->iova > last;
}

/*
 * Unmaps or invalidates the dmas of [@iova, @last]. A dma that mdevs hold pages
 * of is first announced to them, for which the lock is dropped: -EAGAIN, the
 * caller starts over.
 */
static int unmap_dmas(struct vfio_iommu *iommu, unsigned long iova, unsigned long last, bool all, bool vaddr,
		      unsigned long *unmapped, struct vfio_dma **announced)
{
	struct vfio_dma *dma = first_dma_from(iommu, iova), *first = dma, *next;

	for (; dma && !beyond(dma, last, all); dma = next) {
		next = to_dma(rb_next(&dma->node));
		if (!iommu->v2 && iova > dma->iova)
			break;
		/* Only who shares the mapper's mm may unmap; anybody else is told that nothing was there. */
		if (type1_rules()->unmap == X_GUARD && dma->task->mm != current->mm)
			break;
		if (vaddr) {
			if (invalidate_vaddr(iommu, dma, first)) {
				*unmapped = 0;
				return -EINVAL;
			}
			*unmapped += dma->size;
			continue;
		}
		if (!RB_EMPTY_ROOT(&dma->pfn_list)) {
			*announced = dma;
			vfio_notify_dma_unmap(iommu, dma);
			return -EAGAIN;
		}
		*unmapped += dma->size;
		remove_dma(iommu, dma);
	}
	return 0;
}

static int unmap_locked(struct vfio_iommu *iommu, unsigned long iova, unsigned long size, bool all, bool vaddr,
			unsigned long *unmapped)
{
	struct vfio_dma *announced = NULL, *before;
	unsigned long last;
	int ret, retries = 0;

	/* Drivers of emulated devices cannot live without addresses. */
	if (vaddr && type1_rules()->vaddr == V_OWNER && !list_empty(&iommu->emulated_iommu_groups))
		return -EBUSY;
	ret = unmap_range(iova, size, all, &last);
	if (ret)
		return ret;
	do {
		/* Found in a second round (somebody mapped while the lock was dropped), it is no error any more. */
		if (iommu->v2 && !all && range_bisects(iommu, iova, last))
			return announced ? 0 : -EINVAL;
		before = announced;
		ret = unmap_dmas(iommu, iova, last, all, vaddr, unmapped, &announced);
		retries = announced == before ? retries + 1 : 0;
		BUG_ON(ret == -EAGAIN && retries > 10);
	} while (ret == -EAGAIN);
	return ret;
}

/*
 * VFIO_IOMMU_UNMAP_DMA (vfio_iommu_type1.c:vfio_dma_do_unmap). v2: EINVAL where an
 * end of the range lies inside a dma. v1: a dma is unmapped whole if the range
 * covers its start, and the walk ends, with success, at one that it does not.
 * Nothing there: 0, and 0 bytes. EBUSY: VADDR with an mdev in the container.
 */
long vfio_type1_unmap(struct vfio_iommu *iommu, unsigned long iova, unsigned long len, bool all, bool vaddr,
		      unsigned long *unmapped)
{
	int ret;

	*unmapped = 0;
	if ((vaddr || all) && type1_rules()->vaddr == V_NONE)
		return -EINVAL;
	/* addresses are replaced, never taken away */
	if (vaddr && proposal()->type1_stages_vaddr)
		return -EINVAL;
	mutex_lock(&iommu->lock);
	ret = unmap_locked(iommu, iova, len, all, vaddr, unmapped);
	mutex_unlock(&iommu->lock);
	return ret;
}
