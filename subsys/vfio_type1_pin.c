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
#include <linux/bug.h>
#include <linux/capability.h>
#include <linux/cred.h>
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

const struct charge_scheme type1_locked_vm = {
	.rule = "vfio type1",
	.bucket = BUCKET_LOCKED_VM,
};

/* Charges @npage pages to @payer for @dma, uncharges where negative. -ENOMEM, -EINTR. */
static int payer_acct(struct vfio_dma *dma, const struct payer *payer, long npage)
{
	const struct charge_scheme *scheme = type1_scheme();
	const struct charge_by by = { .object = dma->ledger, .rule = scheme->rule, .limit_task = payer->task };
	int ret;

	if (scheme->charge)
		ret = scheme->charge(payer, npage, &by);
	else
		ret = charge_locked_vm_locking(payer->mm, npage < 0 ? -npage : npage, npage > 0, payer->cap, true, &by);
	if (ret)
		return ret;
	if (npage < 0)
		pins_uncharge(dma->ledger, -npage);
	else if (pins_charge(dma->ledger, npage))
		goto out_uncharge;
	return 0;

out_uncharge:
	if (scheme->charge)
		scheme->charge(payer, -npage, &by);
	else
		charge_locked_vm_locking(payer->mm, npage, false, payer->cap, false, &by);
	return -ENOMEM;
}

static void *payer_holder(const struct payer *payer)
{
	return type1_scheme()->bucket == BUCKET_USER_LOCKED_VM ? (void *)payer->user : (void *)payer->mm;
}

/* For the invariant that sums up the dmas of an mm. */
static void note_charged(const struct payer *payer, long npage)
{
	if (type1_scheme()->bucket == BUCKET_LOCKED_VM && !type1_by_task())
		vfio_dma_charged(payer->mm, npage);
}

/* Who pays for @dma now. Its mm is held with @hold; ESRCH where an mm pays and that is gone. */
static int dma_payer(struct vfio_dma *dma, bool hold, struct payer *payer)
{
	*payer = (struct payer){ .task = dma->task, .mm = dma->mm, .user = dma->user, .cap = dma->lock_cap };
	if (dma->user)
		return 0;
	if (type1_by_task())
		payer->mm = hold ? get_task_mm(dma->task) : dma->task->mm;
	else if (hold && !mmget_not_zero(dma->mm))
		payer->mm = NULL;
	return payer->mm ? 0 : -ESRCH;
}

static void dma_payer_put(const struct payer *payer)
{
	if (!payer->user)
		mmput(payer->mm);
}

/*
 * Charges @npage pages for @dma, uncharges where negative. @async: the owner may
 * be gone; else the caller knows that it stands. ESRCH where it is gone, EINTR on
 * a fatal signal: nothing changes then, for an uncharge too.
 */
int vfio_lock_acct(struct vfio_dma *dma, long npage, bool async)
{
	struct payer payer;
	int ret;

	vfio_dma_touched(dma);
	if (!npage)
		return 0;
	ret = dma_payer(dma, async, &payer);
	if (ret) {
		dma->uncharge_lost |= npage < 0;
		return ret;
	}
	ret = payer_acct(dma, &payer, npage);
	if (!ret) {
		dma->locked_vm += npage;
		note_charged(&payer, npage);
	} else if (npage < 0) {
		dma->uncharge_lost = true;
		ledger_dropped(dma->ledger, type1_scheme()->bucket, payer_holder(&payer), -npage);
	}
	if (async)
		dma_payer_put(&payer);
	return ret;
}

/* Is @to somebody else than who pays for @dma now? */
static bool payer_changes(struct vfio_dma *dma, const struct payer *to)
{
	if (dma->user)
		return dma->user != to->user;
	return (type1_by_task() ? dma->task->mm : dma->mm) != to->mm;
}

/*
 * MAP_DMA with the VADDR flag (V_OWNER): the caller becomes the one who pays. The
 * new owner is charged before the old one is uncharged, by the caller's limit and
 * capability; refused, nothing changes. An uncharge that fails is ignored.
 */
int vfio_change_dma_owner(struct vfio_dma *dma)
{
	struct payer to = { .task = current->group_leader, .mm = current->mm,
			    .user = dma->user ? current_user() : NULL };
	long npage = dma->locked_vm;
	struct payer from;
	int ret;

	if (!payer_changes(dma, &to))
		return 0;
	to.cap = capable(CAP_IPC_LOCK);
	ret = payer_acct(dma, &to, npage);
	if (ret)
		return ret;
	note_charged(&to, npage);

	if (!dma_payer(dma, true, &from)) {
		if (payer_acct(dma, &from, -npage))
			ledger_dropped(dma->ledger, type1_scheme()->bucket, payer_holder(&from), npage);
		dma_payer_put(&from);
	}
	from.mm = dma->mm;
	note_charged(&from, -npage);
	vfio_dma_set_owner(dma, &to);
	return 0;
}

void vfio_dma_set_owner(struct vfio_dma *dma, const struct payer *to)
{
	if (dma->mm) {
		mmgrab(to->mm);
		mmdrop(dma->mm);
		dma->mm = to->mm;
	}
	if (dma->user) {
		get_uid(to->user);
		free_uid(dma->user);
		dma->user = to->user;
	}
	get_task_struct(to->task);
	put_task_struct(dma->task);
	dma->task = to->task;
	dma->lock_cap = to->cap;
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
	batch->vector = kmalloc_unused(VFIO_BATCH_MAX_CAPACITY * sizeof(*batch->pages.run), GFP_KERNEL);
	if (!batch->vector)
		return;
	batch->capacity = VFIO_BATCH_MAX_CAPACITY;
	page_runs_init(&batch->pages, VFIO_BATCH_MAX_CAPACITY);
}

void vfio_batch_fini(struct vfio_batch *batch)
{
	page_runs_free(&batch->pages);
	kfree(batch->vector);
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

bool vfio_unobserved(void)
{
	return sim_alone() && !sim_fault_pending(sim_self());
}

/*
 * How many pages to ask GUP for at once. Unobserved, all: which page gets which
 * frame does not depend on where a call ends (mm_model/page.c). Or, where the limit
 * lets only @fits through, the batches up to the one in which it refuses, as GUP
 * brings pages in that nobody gets then.
 */
static unsigned long gup_request(const struct vfio_batch *batch, unsigned long npage, unsigned long fits)
{
	if (!vfio_unobserved())
		return min(npage, batch->capacity);
	return fits >= npage ? npage : min(npage, (fits / batch->capacity + 1) * batch->capacity);
}

/* Fills the empty batch from @vaddr on; @fits: pages that the limit lets through. Pages, or -errno. */
static long vaddr_get_pfns(struct mm_struct *mm, unsigned long vaddr, unsigned long npage, struct vfio_dma *dma,
			   struct vfio_batch *batch, unsigned long fits)
{
	bool write = dma->prot & IOMMU_WRITE;
	long ret;

	batch_empty(batch);
	batch->fresh = true;
	batch->pfnmap = false;
	mmap_read_lock(mm);
	ret = pin_user_runs_remote(mm, vaddr, gup_request(batch, npage, fits),
				   FOLL_LONGTERM | (write ? FOLL_WRITE : 0), &batch->pages, NULL);
	if (ret > 0) {
		batch->size = ret;
		batch->stale = batch->pages.run[0].frame;
		batch_pinned(batch, dma);
	} else {
		if (type1_rules()->pin != P_RUN && (!vfio_unobserved() || type1_rules()->pfnmap_batch))
			npage = 1;
		ret = follow_device_frames(mm, vaddr, npage, write, batch, ret);
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
 * The counter that is charged, read without a lock; and what a test makes of it. A function for itself, so that this
 * read, which the charge behind it makes good, can be told from others (docs/data-races.md).
 */
static noinline unsigned long payer_counter(const struct payer *payer)
{
	switch (type1_scheme()->bucket) {
	case BUCKET_USER_LOCKED_VM:
		return READ_ONCE(payer->user->locked_vm.counter);
	case BUCKET_PINNED_VM:
		return READ_ONCE(payer->mm->pinned_vm.counter);
	default:
		return READ_ONCE(payer->mm->locked_vm);
	}
}

static unsigned long payer_used(const struct payer *payer)
{
	unsigned long counter = payer_counter(payer);

	return type1_scheme()->bucket == BUCKET_USER_LOCKED_VM ? counter : charge_used(payer->mm, counter);
}

/*
 * The pre-check, against the mm and limit of the caller: each further page must
 * fit beside what the mm shows now, read without a lock. ENOMEM.
 */
static int check_limit(struct vfio_dma *dma, struct vfio_chunk *chunk, unsigned long acct, unsigned long limit)
{
	const struct charge_scheme *scheme = type1_scheme();
	const struct charge_by by = { .object = dma->ledger, .rule = scheme->rule, .limit_task = current };
	const struct payer caller = { .mm = current->mm, .user = current_user() };
	unsigned long counter = payer_counter(&caller), used = payer_used(&caller) + chunk->lock_acct;
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
	charge_refused(scheme->bucket, payer_holder(&caller), counter, chunk->lock_acct + request, limit, &by);
	return -ENOMEM;
}

/* How many pages beside @acct both tests let through: the pre-check with the caller's @limit, and the charge. */
static unsigned long room(struct vfio_dma *dma, unsigned long acct, unsigned long limit)
{
	const struct payer caller = { .mm = current->mm, .user = current_user() };
	unsigned long fits = pages_that_fit(payer_used(&caller) + acct, limit);
	struct payer payer;

	if (dma->lock_cap)
		return ~0UL;
	if (!dma_payer(dma, false, &payer))
		fits = min(fits, pages_that_fit(payer_used(&payer) + acct, memlock_limit_pages(dma->task)));
	return fits;
}

/*
 * How far a chunk from @frame on may go: as far as it is physically contiguous;
 * unobserved, over all @nr pages that follow as frames and up to the border behind
 * them, or, if they do not all fit, to the last border within the limit that is near.
 */
static unsigned long chunk_extent(struct vfio_dma *dma, unsigned long frame, unsigned long nr, bool rsvd,
				  unsigned long limit)
{
	unsigned long contig = frame_contig(frame), border, fits, most, end;

	if (contig >= nr || !vfio_unobserved())
		return contig;
	border = nr - 1 + frame_contig(frame + nr - 1);
	fits = rsvd ? border : room(dma, 0, limit);
	if (fits >= border)
		return border;
	most = min(fits, nr);
	for (end = most; end > contig && most - end < HPAGE_PMD_NR; end--) {
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

/* 5.12-rc: what was left over was remembered as a page, and the array of pages still had an earlier one. */
static void batch_from_stale(struct vfio_batch *batch)
{
	BUG_ON(!batch->stale);
	batch->pages.run[0].frame = batch->stale;
	batch->pfnmap = false;
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
			ret = vaddr_get_pfns(mm, vaddr + done, npage - chunk.pinned, dma, batch,
					     room(dma, chunk.lock_acct, limit));
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
	if (batch->size && batch->fresh && batch->pfnmap && rules->pfnmap_batch)
		batch_from_stale(batch);
	else if (batch->size && batch->fresh && (batch->pfnmap || (batch->size == 1 && rules->pin != P_RUN)))
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
	bool by_task = type1_by_task();
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

	ret = vaddr_get_pfns(mm, vaddr, 1, dma, &batch, 1);
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
