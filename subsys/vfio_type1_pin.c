// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * type1: how memory is pinned and charged.
 *
 * Mapping goes chunk by chunk. A chunk is a physically contiguous run of pages
 * that are all reserved or all not; it is what one iommu_map() gets. For each
 * chunk: GUP fills a batch, the batch is consumed as long as it continues the
 * chunk, each page is tested against the caller's own limit and mm on the way
 * (the pre-check), and at the end the chunk is charged at once, by the limit of
 * the task that the dma names and with the capability that it stored. What is
 * left of a batch goes to the next chunk.
 *
 * While no other actor can run and no fault is to come, nobody can tell one chunk
 * from many: then a run of frames is one chunk wherever it lies physically, as far
 * as the limit allows, and a guest costs as many steps as it has runs.
 *
 * By version (kernel_rules()->type1):
 *  - whose mm: T_TASK looks it up through dma->task each time, T_MM stores it;
 *  - granularity: P_ONE asks GUP for one page a time and ends a chunk well where
 *    it fails; P_BATCH asks for 512 and undoes the chunk; P_RUN is P_BATCH, but
 *    keeps a leftover of a single page and takes device frames in runs;
 *  - a reserved page (zero page, device frame) is mapped, never charged and never
 *    put. Where GUP hands out the zero page its pin leaks (Z_LEAK), or is given
 *    back at once (Z_DROP).
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <accounting/charge.h>
#include <sim/fault.h>
#include <sim/sched.h>
#include "vfio_private.h"

#define VFIO_BATCH_MAX_CAPACITY (PAGE_SIZE / sizeof(struct page *))

static int mm_lock_acct(struct task_struct *task, struct mm_struct *mm, bool lock_cap, long npage,
			struct ledger_object *ledger)
{
	const struct charge_by by = { .object = ledger, .rule = "vfio type1", .limit_task = task };
	int ret;

	ret = mmap_write_lock_killable(mm);
	if (ret)
		return ret;
	ret = charge_locked_vm(mm, npage < 0 ? -npage : npage, npage > 0, lock_cap, &by);
	mmap_write_unlock(mm);
	return ret;
}

/*
 * Charges @npage pages for @dma, uncharges where negative. @async: the owner may
 * be gone; else the caller knows that it stands. ESRCH where it is gone, EINTR on
 * a fatal signal: nothing changes then, for an uncharge too.
 */
int vfio_lock_acct(struct vfio_dma *dma, long npage, bool async)
{
	bool by_task = type1_rules()->charge == T_TASK;
	struct mm_struct *mm;
	int ret;

	vfio_dma_touched(dma);
	if (!npage)
		return 0;
	if (by_task)
		mm = async ? get_task_mm(dma->task) : dma->task->mm;
	else
		mm = async && !mmget_not_zero(dma->mm) ? NULL : dma->mm;
	if (!mm) {
		dma->uncharge_lost |= npage < 0;
		return -ESRCH;
	}

	ret = mm_lock_acct(dma->task, mm, dma->lock_cap, npage, dma->ledger);
	if (!ret && !by_task) {
		dma->locked_vm += npage;
		vfio_dma_charged(mm, npage);
	}
	if (ret && npage < 0) {
		dma->uncharge_lost = true;
		ledger_dropped(dma->ledger, BUCKET_LOCKED_VM, mm, -npage);
	}
	if (async)
		mmput(mm);
	return ret;
}

/*
 * MAP_DMA with the VADDR flag (V_OWNER): the caller becomes the one who pays. The
 * new mm is charged before the old one is uncharged, by the caller's limit and
 * capability; refused, nothing changes. An uncharge that fails is ignored.
 */
int vfio_change_dma_owner(struct vfio_dma *dma)
{
	struct task_struct *payer = current->group_leader;
	struct mm_struct *from = dma->mm, *to = current->mm;
	long npage = dma->locked_vm;
	bool cap;
	int ret;

	if (to == from)
		return 0;
	cap = capable(CAP_IPC_LOCK);
	ret = mm_lock_acct(payer, to, cap, npage, dma->ledger);
	if (ret)
		return ret;
	vfio_dma_charged(to, npage);

	if (mmget_not_zero(from)) {
		if (mm_lock_acct(dma->task, from, dma->lock_cap, -npage, dma->ledger))
			ledger_dropped(dma->ledger, BUCKET_LOCKED_VM, from, npage);
		mmput(from);
	}
	vfio_dma_charged(from, -npage);

	mmgrab(to);
	dma->mm = to;
	mmdrop(from);
	get_task_struct(payer);
	put_task_struct(dma->task);
	dma->task = payer;
	dma->lock_cap = cap;
	return 0;
}

/* Gives back @nr pages from @frame on; returns how many were not reserved. */
static unsigned long put_frames(struct vfio_dma *dma, unsigned long frame, unsigned long nr)
{
	unsigned long put = 0;

	while (nr) {
		unsigned long same;
		bool rsvd = frame_reserved(frame, &same);
		struct page_run run = { .frame = frame, .nr = min(nr, same) };

		if (!rsvd) {
			unpin_user_runs(&run, 1, dma->prot & IOMMU_WRITE);
			ledger_pins(dma->ledger, run.frame, run.nr, false);
			put += run.nr;
		}
		frame += run.nr;
		nr -= run.nr;
	}
	return put;
}

int vfio_put_frame(struct vfio_dma *dma, unsigned long frame)
{
	return put_frames(dma, frame, 1);
}

/* No memory for a vector is no failure: it goes on page by page. */
void vfio_batch_init(struct vfio_batch *batch)
{
	*batch = (struct vfio_batch){ .capacity = 1, .pages = { .run = batch->fallback, .max = 1 } };
	if (type1_rules()->pin == P_ONE)
		return;
	batch->pages.run = kmalloc_array(VFIO_BATCH_MAX_CAPACITY, sizeof(*batch->pages.run), GFP_KERNEL);
	if (batch->pages.run)
		batch->pages.max = batch->capacity = VFIO_BATCH_MAX_CAPACITY;
	else
		batch->pages.run = batch->fallback;
}

void vfio_batch_fini(struct vfio_batch *batch)
{
	if (batch->pages.run != batch->fallback)
		kfree(batch->pages.run);
}

static void batch_empty(struct vfio_batch *batch)
{
	batch->pages.nr = 0;
	batch->size = 0;
	batch->next = 0;
}

void vfio_batch_unpin(struct vfio_batch *batch, struct vfio_dma *dma)
{
	unsigned int i;

	for (i = batch->next; batch->size && i < batch->pages.nr; i++)
		put_frames(dma, batch->pages.run[i].frame, batch->pages.run[i].nr);
	batch_empty(batch);
}

/* What was pinned is entered in the ledger, but for reserved pages, which type1 does not hold. */
static void batch_pinned(struct vfio_batch *batch, struct vfio_dma *dma)
{
	unsigned int i;

	for (i = 0; i < batch->pages.nr; i++) {
		struct page_run *run = &batch->pages.run[i];
		unsigned long at, same;

		for (at = 0; at < run->nr; at += same) {
			bool rsvd = frame_reserved(run->frame + at, &same);

			same = min(same, run->nr - at);
			if (!rsvd) {
				ledger_pins(dma->ledger, run->frame + at, same, true);
			} else if (type1_rules()->zero == Z_DROP && frame_is_zero(run->frame + at)) {
				struct page_run zero = { .frame = run->frame + at, .nr = same };

				unpin_user_runs(&zero, 1, false);
			}
		}
	}
}

/* GUP found no page: perhaps it is device memory. mmap_lock held for read. */
static long follow_device_frames(struct mm_struct *mm, unsigned long vaddr, unsigned long npage, bool write,
				 struct vfio_batch *batch, long gup_error)
{
	struct page_run run;
	unsigned long same;
	int ret;

	do {
		struct vm_area_struct *vma = vma_lookup(mm, vaddr);

		if (!vma || !(vma->vm_flags & VM_PFNMAP))
			return gup_error;
		ret = follow_pfnmap_run(mm, vaddr, npage, write, &run);
	} while (ret == -EAGAIN);
	if (ret)
		return ret;
	if (!frame_reserved(run.frame, &same))
		return -EFAULT;
	run.nr = min(run.nr, same);
	batch->pages.run[0] = run;
	batch->pages.nr = 1;
	batch->size = run.nr;
	batch->pfnmap = true;
	return run.nr;
}

static bool unobserved(void)
{
	return sim_alone() && !sim_fault_pending(sim_self());
}

/* Fills the empty batch from @vaddr on. Pages, or -errno. */
static long vaddr_get_pfns(struct mm_struct *mm, unsigned long vaddr, unsigned long npage, struct vfio_dma *dma,
			   struct vfio_batch *batch)
{
	unsigned long capacity = unobserved() ? npage : batch->capacity;
	bool write = dma->prot & IOMMU_WRITE;
	long ret;

	batch_empty(batch);
	batch->fresh = true;
	batch->pfnmap = false;
	mmap_read_lock(mm);
	ret = pin_user_runs_remote(mm, vaddr, min(npage, capacity), FOLL_LONGTERM | (write ? FOLL_WRITE : 0),
				   &batch->pages, NULL);
	if (ret > 0) {
		batch->size = ret;
		batch_pinned(batch, dma);
	} else {
		if (type1_rules()->pin == P_RUN)
			capacity = npage;
		else if (!unobserved())
			capacity = 1;
		ret = follow_device_frames(mm, vaddr, capacity, write, batch, ret);
	}
	mmap_read_unlock(mm);
	return ret;
}

struct vfio_chunk {
	unsigned long frame;
	unsigned long pinned;		/* pages */
	unsigned long contig;		/* pages from frame on that may be one chunk */
	bool rsvd;
	unsigned long lock_acct;	/* pages to charge */
};

/* How many pages more fit beside @used, as `used + 1 > limit` tells one by one. */
static unsigned long pages_that_fit(unsigned long used, unsigned long limit)
{
	return used + 1 > limit ? 0 : limit - used;
}

/*
 * The pre-check, against the mm and limit of the caller: each further page must
 * fit beside what the mm shows now, read without a lock. ENOMEM.
 */
static int check_limit(struct vfio_dma *dma, struct vfio_chunk *chunk, unsigned long acct, unsigned long limit)
{
	const struct charge_by by = { .object = dma->ledger, .rule = "vfio type1", .limit_task = current };
	unsigned long counter = READ_ONCE(current->mm->locked_vm), used = counter + chunk->lock_acct;
	unsigned long request = acct;

	if (!acct || dma->lock_cap)
		return 0;
	if (type1_rules()->pin == P_RUN) {
		if (used + acct <= limit)
			return 0;
	} else {
		request = pages_that_fit(used, limit) + 1;
		if (acct < request)
			return 0;
	}
	charge_refused(BUCKET_LOCKED_VM, current->mm, counter, chunk->lock_acct + request, limit, &by);
	return -ENOMEM;
}

/*
 * How far a chunk from @frame on may go: as far as it is physically contiguous;
 * unobserved, over all @nr pages that follow as frames, or, if they do not all
 * fit, to the last physical border within the limit that is near.
 */
static unsigned long chunk_extent(struct vfio_dma *dma, unsigned long frame, unsigned long nr, bool rsvd,
				  unsigned long limit)
{
	struct mm_struct *mm = type1_rules()->charge == T_TASK ? dma->task->mm : dma->mm;
	unsigned long contig = frame_contig(frame), fits, end;

	if (contig >= nr || !unobserved())
		return contig;
	if (rsvd || dma->lock_cap)
		return nr;
	fits = pages_that_fit(current->mm->locked_vm, limit);
	if (mm)
		fits = min(fits, pages_that_fit(mm->locked_vm, memlock_limit_pages(dma->task)));
	if (fits >= nr)
		return nr;
	for (end = fits; end > contig && fits - end < HPAGE_PMD_NR; end--) {
		if (frame_contig(frame + end - 1) == 1)
			return end;
	}
	return contig;
}

/* Moves what continues the chunk over from the batch. Pages, 0 where the chunk ends, -ENOMEM over the limit. */
static long chunk_take(struct vfio_chunk *chunk, struct vfio_batch *batch, struct vfio_dma *dma, unsigned long iova,
		       unsigned long limit)
{
	struct page_run *run = &batch->pages.run[batch->next];
	unsigned long nr, same, acct;
	bool rsvd;

	rsvd = frame_reserved(run->frame, &same);
	if (!chunk->pinned) {
		chunk->frame = run->frame;
		chunk->contig = chunk_extent(dma, run->frame, min(run->nr, same), rsvd, limit);
		chunk->rsvd = rsvd;
	} else if (run->frame != chunk->frame + chunk->pinned || chunk->pinned >= chunk->contig ||
		   rsvd != chunk->rsvd) {
		return 0;
	}
	nr = min(min(run->nr, same), chunk->contig - chunk->pinned);

	/* What an mdev holds is charged already. */
	acct = rsvd ? 0 : nr - vfio_count_vpfns(dma, iova, nr);
	if (check_limit(dma, chunk, acct, limit))
		return -ENOMEM;
	chunk->lock_acct += acct;
	chunk->pinned += nr;
	batch->fresh = false;
	batch->size -= nr;
	run->frame += nr;
	run->nr -= nr;
	if (!run->nr)
		batch->next++;
	return nr;
}

/*
 * Pins and charges the next chunk, of up to @npage pages, from @vaddr of the
 * caller's mm on. @limit: the caller's, in pages. Returns its pages, its first
 * frame in *@frame_base; or -errno, and nothing of it nor of the batch is left.
 */
long vfio_pin_pages_remote(struct vfio_dma *dma, unsigned long vaddr, long npage, unsigned long *frame_base,
			   unsigned long limit, struct vfio_batch *batch)
{
	unsigned long iova = vaddr - dma->vaddr + dma->iova;
	const struct type1_rules *rules = type1_rules();
	struct mm_struct *mm = current->mm;
	struct vfio_chunk chunk = {};
	long ret = 0;

	if (!mm)
		return -ENODEV;
	while (chunk.pinned < npage) {
		unsigned long done = chunk.pinned << PAGE_SHIFT;

		if (!batch->size) {
			ret = vaddr_get_pfns(mm, vaddr + done, npage - chunk.pinned, dma, batch);
			if (ret < 0 && !(rules->pin == P_ONE && chunk.pinned))
				goto unpin_out;
			if (ret < 0)
				break;
		}
		ret = chunk_take(&chunk, batch, dma, iova + done, limit);
		if (ret < 0)
			goto unpin_out;
		if (!ret)
			break;
	}
	ret = vfio_lock_acct(dma, chunk.lock_acct, false);

unpin_out:
	/*
	 * A batch of one that did not continue the chunk may be a device frame, for
	 * which there is no struct page to remember it by; up to 6.14 it is let go.
	 */
	if (batch->size && batch->fresh && (batch->pfnmap || (batch->size == 1 && rules->pin != P_RUN)))
		vfio_batch_unpin(batch, dma);
	if (ret < 0) {
		if (!chunk.rsvd)
			put_frames(dma, chunk.frame, chunk.pinned);
		vfio_batch_unpin(batch, dma);
		return ret;
	}
	*frame_base = chunk.frame;
	return chunk.pinned;
}

/*
 * Unpins a run that is mapped at @iova. Returns the pages that were not reserved;
 * those among them that are charged are uncharged with @do_accounting.
 */
long vfio_unpin_pages_remote(struct vfio_dma *dma, unsigned long iova, unsigned long frame, unsigned long npage,
			     bool do_accounting)
{
	unsigned long at, same, unlocked = 0, locked = 0;

	for (at = 0; at < npage; at += same) {
		unsigned long put;

		frame_reserved(frame + at, &same);
		same = min(same, npage - at);
		put = put_frames(dma, frame + at, same);
		unlocked += put;
		if (put)
			locked += vfio_count_vpfns(dma, iova + (at << PAGE_SHIFT), same);
	}
	if (do_accounting)
		vfio_lock_acct(dma, (long)(locked - unlocked), true);
	return unlocked;
}

/* One page for an mdev, from the owner's mm. ENODEV where that is gone. */
int vfio_pin_page_external(struct vfio_dma *dma, unsigned long vaddr, unsigned long *frame, bool do_accounting)
{
	bool by_task = type1_rules()->charge == T_TASK;
	struct vfio_batch batch = { .capacity = 1, .pages = { .run = batch.fallback, .max = 1 } };
	struct mm_struct *mm;
	unsigned long same;
	long ret;

	if (by_task)
		mm = get_task_mm(dma->task);
	else
		mm = mmget_not_zero(dma->mm) ? dma->mm : NULL;
	if (!mm)
		return -ENODEV;

	ret = vaddr_get_pfns(mm, vaddr, 1, dma, &batch);
	if (ret == 1) {
		*frame = batch.fallback[0].frame;
		ret = 0;
		if (do_accounting && !frame_reserved(*frame, &same)) {
			ret = vfio_lock_acct(dma, 1, by_task);
			if (ret)
				vfio_put_frame(dma, *frame);
		}
	}
	mmput(mm);
	return ret;
}
