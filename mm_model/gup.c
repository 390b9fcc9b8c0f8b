// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GUP (mm/gup.c), in runs: pinning a task's pages, populating, pinning a file's
 * pages, and what type1 does with pages that have no struct page.
 *
 * A call is one batch. pin_user_runs_fast() walks the page table without a lock
 * and takes what is present and good; from the first page that is not, the slow path
 * takes mmap_lock for read, checks the VMA, faults, and pins. A fault on the way
 * ends the batch: what is pinned stays pinned and is returned, and only a batch
 * whose first page fails returns the error. FOLL_PIN on the mm is remembered for
 * good (MMF_HAS_PINNED), because fork decides by it.
 *
 * Whether a reader must have a page of its own before he pins it (gup_must_unshare)
 * depends on the version: mm_rules()->ro_unshare.
 *
 * The fault site gup counts in pages of one batch. If it hits behind the first page,
 * the batch ends short there and the next one that begins at that page, within the
 * same system call, fails: a bad page does not get better by asking again.
 */
#include "internal.h"

/* Must a reader who pins have a page of his own first? @vma NULL: the lockless walk, which knows only pages. */
static bool gup_must_unshare(const struct vm_area_struct *vma, unsigned int flags, bool anon, bool exclusive)
{
	if ((flags & (FOLL_WRITE | FOLL_PIN)) != FOLL_PIN || mm_rules()->ro_unshare == G_NONE)
		return false;
	if (anon)
		return !exclusive;
	if (mm_rules()->ro_unshare != G_COW || !(flags & FOLL_LONGTERM))
		return false;
	return !vma || is_cow_mapping(vma->vm_flags);
}

/*
 * How many of the @nr pages from @index on are present, in one piece, and good to
 * be pinned with @flags. *@frame: the first. *@unshare: none, for want of an own page.
 */
static unsigned long follow_pages(struct mm_struct *mm, const struct vm_area_struct *vma, unsigned long index,
				  unsigned long nr, unsigned int flags, unsigned long *frame, bool *unshare)
{
	unsigned long need = flags & FOLL_WRITE ? PTE_WRITE : PTE_READ;
	struct frame_run page;
	struct sim_run run;

	*unshare = false;
	if (!sim_run_clip(&mm->page_table, index, index + nr - 1, &run) || run.start != index)
		return 0;
	if (!(run.attr & need) && !(vma && flags & FOLL_FORCE))
		return 0;
	*frame = run.value;
	nr = run.last - run.start + 1;
	if (frame_in_device(run.value))
		return 0;
	if (frame_is_zero(run.value)) {
		/* pte_special(): not for the lockless walk */
		*unshare = vma && gup_must_unshare(vma, flags, false, false);
		return vma && !*unshare && !(flags & FOLL_WRITE) ? nr : 0;
	}
	if (!frame_state(run.value, nr, &page))
		return 0;
	if (!vma && (page.flags & FRAME_DRIVER))
		return 0;
	/* a forced write needs no writable entry, but a page of the task's own (can_follow_write_pte) */
	if ((flags & FOLL_WRITE) && !(run.attr & PTE_WRITE) &&
	    (page.flags & (FRAME_ANON | FRAME_EXCLUSIVE)) != (FRAME_ANON | FRAME_EXCLUSIVE))
		return 0;
	*unshare = gup_must_unshare(vma, flags, page.flags & FRAME_ANON, page.flags & FRAME_EXCLUSIVE);
	return *unshare ? 0 : page.nr;
}

/* Pins present pages from @index on until something is in the way. */
static unsigned long pin_present(struct mm_struct *mm, const struct vm_area_struct *vma, unsigned long index,
				 unsigned long nr, unsigned int flags, struct page_runs *runs, bool *full,
				 bool *unshare)
{
	unsigned long done = 0, frame, got;

	sim_touch(&mm->page_table, false);
	*full = false;
	while (done < nr) {
		got = follow_pages(mm, vma, index + done, nr - done, flags, &frame, unshare);
		if (!got)
			break;
		if (runs && !page_runs_room(runs, frame)) {
			*full = true;
			break;
		}
		if (runs) {
			frames_pin(frame, got);
			page_runs_add(runs, frame, got);
		}
		done += got;
	}
	return done;
}

static int check_vma_flags(const struct vm_area_struct *vma, unsigned int flags)
{
	if (vma->vm_flags & (VM_IO | VM_PFNMAP))
		return -EFAULT;
	if (vma->vm_ops && !vma->vm_ops->fault_run && !is_vm_hugetlb_page(vma))
		return -EFAULT;
	if (vma->vm_ops && vma->vm_ops->secret)
		return -EFAULT;
	/* writable_file_mapping_allowed() */
	if (vma->vm_ops && vma->vm_ops->dirty_tracked && (vma->vm_flags & VM_SHARED) && (flags & FOLL_WRITE) &&
	    (flags & FOLL_LONGTERM))
		return -EFAULT;
	if (flags & FOLL_WRITE) {
		if (vma->vm_flags & VM_WRITE)
			return 0;
		if (!(flags & FOLL_FORCE) || is_vm_hugetlb_page(vma) || !is_cow_mapping(vma->vm_flags))
			return -EFAULT;
	} else if (!(vma->vm_flags & VM_READ)) {
		if (!(flags & FOLL_FORCE) || !(vma->vm_flags & VM_MAYREAD))
			return -EFAULT;
	}
	return 0;
}

static long fault_errno(int fault)
{
	return fault == VM_FAULT_OOM ? -ENOMEM : -EFAULT;
}

/* The part of __get_user_pages() within one VMA. Returns pages, or -errno if the first one fails. */
static long get_vma_pages(struct vm_area_struct *vma, unsigned long index, unsigned long nr, unsigned int flags,
			  struct page_runs *runs, bool *full)
{
	unsigned int fault = flags & FOLL_WRITE ? FAULT_WRITE : 0;
	unsigned long done = 0, good;
	bool unshare;
	int err;

	for (;;) {
		done += pin_present(vma->vm_mm, vma, index + done, nr - done, flags, runs, full, &unshare);
		if (done == nr || *full)
			return done;
		if (fatal_signal_pending(current))
			return done ? done : -EINTR;
		cond_resched();
		err = mm_fault_range(vma, index + done, index + nr - 1, unshare ? FAULT_UNSHARE : fault, &good);
		if (err && !good)
			return done ? done : fault_errno(err);
	}
}

/*
 * __get_user_pages() with mmap_lock held for read (or write). @runs NULL: only
 * fault in. Returns the pages, short where it fails behind the first one.
 */
static long __get_user_pages(struct mm_struct *mm, unsigned long start, unsigned long nr, unsigned int flags,
			     struct page_runs *runs)
{
	unsigned long index = start >> PAGE_SHIFT, done = 0;
	bool full = false;
	long got;

	while (done < nr && !full) {
		unsigned long addr = (index + done) << PAGE_SHIFT, want;
		struct vm_area_struct *vma = vma_lookup(mm, addr);

		got = vma ? check_vma_flags(vma, flags) : -EFAULT;
		if (got)
			return done ? done : got;
		want = min(nr - done, (vma->vm_end - addr) >> PAGE_SHIFT);
		got = get_vma_pages(vma, index + done, want, flags, runs, &full);
		if (got < 0)
			return done ? done : got;
		done += got;
		if (got < want)
			break;
	}
	return done;
}

/* The injected fault of this batch: how many of @nr pages may go well; -EFAULT if not even the first. */
static long gup_fault_pages(struct mm_struct *mm, unsigned long start, unsigned long nr)
{
	struct task_struct *task = current;
	unsigned long good;

	if (task->gup_poison.mm == mm && task->gup_poison.addr == start) {
		task->gup_poison.mm = NULL;
		return -EFAULT;
	}
	good = sim_fault_pages(SIM_FAULT_GUP, nr);
	if (good == nr)
		return nr;
	if (!good)
		return -EFAULT;
	task->gup_poison.mm = mm;
	task->gup_poison.addr = start + (good << PAGE_SHIFT);
	return good;
}

static void mm_set_has_pinned(struct mm_struct *mm)
{
	if (!(READ_ONCE(mm->flags) & 1UL << MMF_HAS_PINNED))
		WRITE_ONCE(mm->flags, READ_ONCE(mm->flags) | 1UL << MMF_HAS_PINNED);
}

/* Ends a batch: one record, and another task may run before the caller goes on. */
static long gup_done(struct mm_struct *mm, long ret)
{
	sim_done(SIM_POINT_GUP, mm->mm_id, ret);
	return ret;
}

static int check_range(unsigned long start, unsigned long nr)
{
	unsigned long end = start + (nr << PAGE_SHIFT);

	if (nr > ~0UL >> PAGE_SHIFT || end < start)
		return -EOVERFLOW;
	return end > TASK_SIZE ? -EFAULT : 0;
}

long pin_user_runs_fast(unsigned long start, unsigned long nr_pages, unsigned int gup_flags, struct page_runs *runs)
{
	struct mm_struct *mm = current->mm;
	unsigned long done;
	bool full, unshare;
	long nr, got;
	int err;

	start &= PAGE_MASK;
	gup_flags |= FOLL_PIN;
	err = check_range(start, nr_pages);
	if (err)
		return err;
	if (!mm || !nr_pages)
		return mm ? 0 : -EFAULT;
	mm_set_has_pinned(mm);
	nr = gup_fault_pages(mm, start, nr_pages);
	if (nr < 0)
		return gup_done(mm, nr);
	done = pin_present(mm, NULL, start >> PAGE_SHIFT, nr, gup_flags, runs, &full, &unshare);
	if (done == nr || full)
		return gup_done(mm, done);

	if (mmap_read_lock_killable(mm))
		return gup_done(mm, done ? done : -EAGAIN);
	got = __get_user_pages(mm, start + (done << PAGE_SHIFT), nr - done, gup_flags, runs);
	mmap_read_unlock(mm);
	if (got > 0)
		done += got;
	return gup_done(mm, done ? done : got);
}

long pin_user_runs_remote(struct mm_struct *mm, unsigned long start, unsigned long nr_pages, unsigned int gup_flags,
			  struct page_runs *runs, int *locked)
{
	long nr;

	mmap_assert_locked(mm);
	start &= PAGE_MASK;
	if (!nr_pages)
		return 0;
	mm_set_has_pinned(mm);
	nr = gup_fault_pages(mm, start, nr_pages);
	if (nr > 0)
		nr = __get_user_pages(mm, start, nr, gup_flags | FOLL_PIN, runs);
	return gup_done(mm, nr);
}

/* Takes back what a batch appended to @runs, which had @nr runs and @pages pages in its last one before. */
static void unpin_appended(struct page_runs *runs, unsigned int nr, unsigned long pages)
{
	for (; runs->nr > nr; runs->nr--)
		frames_unpin(runs->run[runs->nr - 1].frame, runs->run[runs->nr - 1].nr);
	if (nr && runs->run[nr - 1].nr > pages) {
		frames_unpin(runs->run[nr - 1].frame + pages, runs->run[nr - 1].nr - pages);
		runs->run[nr - 1].nr = pages;
	}
}

/* All that fits in @runs or nothing: a page that fails undoes the batch. */
static long do_memfd_pin(struct file *memfd, unsigned long pgoff, unsigned long nr_pages, struct page_runs *runs)
{
	unsigned long good = sim_fault_pages(SIM_FAULT_GUP, nr_pages), done = 0, frame;
	unsigned long pages = runs->nr ? runs->run[runs->nr - 1].nr : 0;
	unsigned int nr = runs->nr;
	long got;

	while (done < nr_pages) {
		got = done < good ? memfd_get_run(memfd, pgoff + done, good - done, &frame) : -EFAULT;
		if (got <= 0) {
			unpin_appended(runs, nr, pages);
			/* past the end was refused before: the hugetlb pool is empty */
			return done < good ? -ENOMEM : got;
		}
		if (!page_runs_room(runs, frame))
			break;
		frames_pin(frame, got);
		page_runs_add(runs, frame, got);
		done += got;
	}
	return done;
}

long memfd_pin_runs(struct file *memfd, unsigned long pgoff, unsigned long nr_pages, struct page_runs *runs)
{
	long ret;

	if (!memfd || !nr_pages || pgoff + nr_pages < pgoff || !file_is_memfd(memfd) ||
	    pgoff + nr_pages > memfd_pages(memfd))
		return -EINVAL;
	ret = do_memfd_pin(memfd, pgoff, nr_pages, runs);
	sim_done(SIM_POINT_GUP, memfd->f_object, ret);
	return ret;
}

void unpin_user_runs(const struct page_run *runs, unsigned int nr_runs, bool make_dirty)
{
	unsigned long pages = 0;
	unsigned int i;

	for (i = 0; i < nr_runs; i++) {
		frames_unpin(runs[i].frame, runs[i].nr);
		pages += runs[i].nr;
	}
	sim_done(SIM_POINT_UNPIN, 0, pages);
}

int follow_pfnmap_run(struct mm_struct *mm, unsigned long va, unsigned long nr_pages, bool write, struct page_run *run)
{
	unsigned long index = va >> PAGE_SHIFT;
	struct vm_area_struct *vma;
	struct sim_run found;

	mmap_assert_locked(mm);
	vma = vma_lookup(mm, va);
	if (!vma || !(vma->vm_flags & VM_PFNMAP))
		return -EFAULT;
	nr_pages = min(nr_pages, (vma->vm_end - (va & PAGE_MASK)) >> PAGE_SHIFT);
	if (!sim_run_clip(&mm->page_table, index, index + nr_pages - 1, &found) || found.start != index)
		return -EFAULT;
	if (write && !(found.attr & PTE_WRITE))
		return -EFAULT;
	*run = (struct page_run){ .frame = found.value, .nr = found.last - found.start + 1 };
	return 0;
}

/*
 * Faults in what VM_LOCKED promises, with mmap_lock held: private writable memory
 * as if written, everything accessible whatever its protection; memory without any
 * access fails with EFAULT. Returns the pages.
 */
long populate_vma_page_range(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	unsigned long nr = (end - start) >> PAGE_SHIFT;
	unsigned int flags = 0;

	if (vma->vm_flags & VM_LOCKONFAULT)
		return nr;
	if ((vma->vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)
		flags |= FOLL_WRITE;
	if (vma->vm_flags & VM_ACCESS_FLAGS)
		flags |= FOLL_FORCE;
	return __get_user_pages(vma->vm_mm, start, nr, flags, NULL);
}

/* [start, +len) of current, VMA by VMA; mmap_lock is taken here. Returns 0 or the first errno, unless ignored. */
int __mm_populate(unsigned long start, unsigned long len, bool ignore_errors)
{
	struct mm_struct *mm = current->mm;
	unsigned long nstart = start, end = start + len, nend;
	struct vm_area_struct *vma;
	long ret = 0;

	mmap_read_lock(mm);
	for (vma = find_vma_intersection(mm, start, end); vma && nstart < end; nstart = nend) {
		if (nstart >= vma->vm_end)
			vma = find_vma_intersection(mm, vma->vm_end, end);
		if (!vma)
			break;
		nend = min(end, vma->vm_end);
		if (vma->vm_flags & (VM_IO | VM_PFNMAP))
			continue;
		nstart = max(nstart, vma->vm_start);
		ret = populate_vma_page_range(vma, nstart, nend);
		if (ret < 0) {
			if (!ignore_errors)
				break;
			ret = 0;
			continue;
		}
		nend = nstart + (ret << PAGE_SHIFT);
		ret = 0;
	}
	mmap_read_unlock(mm);
	return ret;
}
