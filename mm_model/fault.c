// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Page tables: faults, copy on write, unmapping, moving, and what fork copies
 * (mm/memory.c, mm/huge_memory.c, mm/hugetlb.c).
 *
 * mm->page_table maps page indexes to frames; an entry's attr says whether the task
 * may read (PTE_READ, off under PROT_NONE) and write without a fault (PTE_WRITE). A
 * page of a private mapping is the task's own (FRAME_ANON), shared with relatives
 * after a fork, or the file's or the zero page until somebody writes.
 *
 * A range is worked on in pieces: one piece is a gap, or a run of entries over
 * frames that are in the same state. Who may keep a page that he writes to, and what
 * fork shares, differ by version (mm_rules()): in short
 *
 *	FK_NO	keeps it where nobody else maps it, pinned or not; fork shares all
 *	FK_MM	keeps it where nobody else holds it at all; fork copies what may be pinned
 *	FK_EXCL	keeps what is exclusive, or what nobody else holds; fork copies what is
 *		exclusive and may be pinned
 *
 * All under mmap_lock (read suffices for faults) and page_table_lock. GUP walks without
 * the latter, and at first without either, so a search is told of each change.
 */
#include "internal.h"

struct fault {
	struct vm_area_struct *vma;
	struct mm_struct *mm;
	unsigned long vma_first, vma_last;	/* page indexes */
	unsigned long last;			/* of the range asked for */
	unsigned int flags;			/* FAULT_* */
	int err;				/* VM_FAULT_* */
};

static unsigned long vma_pgoff_of(const struct vm_area_struct *vma, unsigned long index)
{
	return vma->vm_pgoff + index - (vma->vm_start >> PAGE_SHIFT);
}

static void ptes_changed(const struct mm_struct *mm, unsigned long index, unsigned long nr)
{
	const struct mm_hooks *hooks = &machine()->config.hooks;

	if (hooks->ptes_changed)
		hooks->ptes_changed(mm, index, nr);
}

static void set_ptes(struct mm_struct *mm, unsigned long index, unsigned long nr, unsigned long frame,
		     unsigned long attr)
{
	sim_touch(&mm->page_table, true);
	sim_run_set(&mm->page_table, index, index + nr - 1, frame, attr);
	ptes_changed(mm, index, nr);
}

static void clear_ptes(struct mm_struct *mm, unsigned long first, unsigned long last)
{
	sim_touch(&mm->page_table, true);
	sim_run_clear(&mm->page_table, first, last);
	ptes_changed(mm, first, last - first + 1);
}

static void copy_pages(unsigned long from_frame, unsigned long to_frame, unsigned long nr)
{
	const struct mm_hooks *hooks = &machine()->config.hooks;

	if (hooks->pages_copied)
		hooks->pages_copied(from_frame, to_frame, nr);
}

static bool vma_is_thp(const struct vm_area_struct *vma)
{
	return (vma->vm_flags & VM_HUGEPAGE) && vma_is_anonymous(vma);
}

/* What a new page of one's own may be used for: a write fault makes it writable, an unshare does not. */
static unsigned long own_pte(const struct fault *f)
{
	return f->flags & FAULT_WRITE && f->vma->vm_flags & VM_WRITE ? PTE_READ | PTE_WRITE : PTE_READ;
}

/*
 * Up to @nr new hugetlb pages, as far as the first one's kind goes: from the mapping's
 * reservation where that is unused, else from what nobody was promised.
 */
static unsigned long alloc_own_hugetlb(struct fault *f, unsigned long index, unsigned long nr, unsigned long *frame)
{
	unsigned long at2m = vma_pgoff_of(f->vma, index) / HPAGE_PMD_NR, got, same;
	struct hugetlb_resv *resv = f->vma->hugetlb_resv;
	bool reserved = hugetlb_resv_has(resv, at2m, (nr + HPAGE_PMD_NR - 1) / HPAGE_PMD_NR, &same);

	got = hugetlb_alloc(same, reserved, 1, FRAME_ANON | FRAME_EXCLUSIVE | FRAME_HUGETLB, frame);
	if (!got)
		f->err = VM_FAULT_SIGBUS;
	else if (reserved)
		hugetlb_resv_consume(resv, at2m, got);
	return got * HPAGE_PMD_NR;
}

/* Up to @nr new pages for the task alone, from @index on. Returns how many; 0: f->err says why. */
static unsigned long alloc_own(struct fault *f, unsigned long index, unsigned long nr, unsigned long *frame)
{
	unsigned long got;

	anon_vma_prepare(f->vma);
	if (is_vm_hugetlb_page(f->vma))
		return alloc_own_hugetlb(f, index, nr, frame);
	got = frames_alloc(&f->mm->fault, index, nr, 1, FRAME_ANON | FRAME_EXCLUSIVE, frame);
	if (!got)
		f->err = VM_FAULT_OOM;
	return got;
}

/* The aligned 2M pages around and behind @index that the VMA covers and nothing is mapped in; 0: not even its own. */
static unsigned long huge_room(const struct fault *f, unsigned long index, unsigned long *first)
{
	unsigned long lo = f->vma_first, hi = f->vma_last, end;
	struct sim_run run;

	if (sim_run_prev(&f->mm->page_table, index, &run))
		lo = max(lo, run.last + 1);
	if (sim_run_next(&f->mm->page_table, index, &run))
		hi = min(hi, run.start - 1);
	*first = index & ~(HPAGE_PMD_NR - 1);
	end = min((f->last | (HPAGE_PMD_NR - 1)) + 1, (hi + 1) & ~(HPAGE_PMD_NR - 1));
	return *first >= lo && end > *first ? (end - *first) / HPAGE_PMD_NR : 0;
}

/* Maps 2M folios where they fit around @index. Returns how many pages from @index on are good now; 0: none fits. */
static unsigned long fault_thp(struct fault *f, unsigned long index)
{
	unsigned long first, nr2m = huge_room(f, index, &first), frame;

	if (!nr2m)
		return 0;
	if (!(f->flags & FAULT_WRITE)) {
		set_ptes(f->mm, first, nr2m * HPAGE_PMD_NR, frame_of_zero(first), PTE_READ);
		return first + nr2m * HPAGE_PMD_NR - index;
	}
	nr2m = folios_alloc(nr2m, 1, FRAME_ANON | FRAME_EXCLUSIVE, &frame);
	if (!nr2m)
		return 0;
	anon_vma_prepare(f->vma);
	set_ptes(f->mm, first, nr2m * HPAGE_PMD_NR, frame, own_pte(f));
	return first + nr2m * HPAGE_PMD_NR - index;
}

static unsigned long fault_anon(struct fault *f, unsigned long index, unsigned long nr)
{
	unsigned long frame, got;

	if (vma_is_thp(f->vma)) {
		got = fault_thp(f, index);
		if (got)
			return got;
		/* small pages up to where the next 2M page may begin */
		nr = min(nr, (index | (HPAGE_PMD_NR - 1)) + 1 - index);
	}
	if (!(f->flags & FAULT_WRITE)) {
		set_ptes(f->mm, index, nr, frame_of_zero(index), PTE_READ);
		return nr;
	}
	got = alloc_own(f, index, nr, &frame);
	if (got)
		set_ptes(f->mm, index, got, frame, own_pte(f));
	return got;
}

/*
 * Missing 2M pages of private hugetlb memory: the file's where it has them, to be read
 * only, else pages of one's own, which the file never sees (hugetlb_no_page).
 */
static unsigned long fault_hugetlb_private(struct fault *f, unsigned long first, unsigned long nr)
{
	struct vm_area_struct *vma = f->vma;
	unsigned long frame, cached = 0;
	long got;

	sim_touch(&vma->hugetlb_unmapped, false);
	if (vma->hugetlb_unmapped) {
		f->err = VM_FAULT_SIGBUS;
		return 0;
	}
	if (vma->vm_file) {
		got = memfd_cached_run(vma->vm_file, vma_pgoff_of(vma, first), nr, &frame);
		if (!got) {
			f->err = VM_FAULT_SIGBUS;
			return 0;
		}
		nr = got < 0 ? -got : got;
		if (got > 0 && !(f->flags & FAULT_WRITE)) {
			frames_adjust(frame, nr, 1, 0, 0, 0);
			set_ptes(f->mm, first, nr, frame, PTE_READ);
			return nr;
		}
		if (got > 0)
			cached = frame;
	}
	got = alloc_own(f, first, nr, &frame);
	if (got && cached)
		copy_pages(cached, frame, min(got, (long)nr));
	if (got)
		set_ptes(f->mm, first, got, frame, own_pte(f));
	return got;
}

/*
 * A missing page of a file: the file's own page, which a write to a private
 * mapping replaces at once by a copy (do_read_fault, do_cow_fault, do_shared_fault).
 */
static unsigned long fault_file(struct fault *f, unsigned long index, unsigned long nr)
{
	struct vm_area_struct *vma = f->vma;
	bool private_write = (f->flags & FAULT_WRITE) && !(vma->vm_flags & VM_SHARED);
	unsigned long attr = PTE_READ, frame, copy;
	long got = -EFAULT;

	if (vma->vm_ops->fault_run)
		got = vma->vm_ops->fault_run(vma, vma_pgoff_of(vma, index), nr, &frame);
	if (got <= 0) {
		f->err = got == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
		return 0;
	}
	if (private_write) {
		got = alloc_own(f, index, got, &copy);
		if (got) {
			copy_pages(frame, copy, got);
			set_ptes(f->mm, index, got, copy, own_pte(f));
		}
		return got;
	}
	if ((vma->vm_flags & (VM_SHARED | VM_WRITE)) == (VM_SHARED | VM_WRITE))
		attr |= PTE_WRITE;
	frames_adjust(frame, got, 1, 0, 0, 0);
	set_ptes(f->mm, index, got, frame, attr);
	return got;
}

void remap_frames(struct vm_area_struct *vma, unsigned long addr, unsigned long frame, unsigned long nr)
{
	unsigned long attr = vma->vm_flags & VM_WRITE ? PTE_READ | PTE_WRITE : vma->vm_flags & VM_READ ? PTE_READ : 0;

	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND;
	frames_adjust(frame, nr, 1, 0, 0, 0);
	set_ptes(vma->vm_mm, addr >> PAGE_SHIFT, nr, frame, attr);
}

static unsigned long fault_missing(struct fault *f, unsigned long index, unsigned long nr)
{
	struct vm_area_struct *vma = f->vma;
	unsigned long before = 0, got;

	if (is_vm_hugetlb_page(vma)) {
		before = index & (HPAGE_PMD_NR - 1);
		nr = ((index + nr - 1) | (HPAGE_PMD_NR - 1)) + 1 - (index - before);
	}
	if (is_vm_hugetlb_page(vma) && !(vma->vm_flags & VM_SHARED))
		got = fault_hugetlb_private(f, index - before, nr);
	else if (!vma_is_anonymous(vma))
		got = fault_file(f, index - before, nr);
	else
		return fault_anon(f, index, nr);
	return got > before ? got - before : 0;
}

/* How many pages of the 2M folio of @frame, which stands at @index, does @mm map there? */
static unsigned long folio_mapped_here(const struct mm_struct *mm, unsigned long index, unsigned long frame)
{
	unsigned long before = frame & (HPAGE_PMD_NR - 1), at = index - before, last = at + HPAGE_PMD_NR - 1, pages = 0;
	struct sim_run run;

	while (at <= last && sim_run_clip(&mm->page_table, at, last, &run)) {
		if (run.value - run.start == frame - index)
			pages += run.last - run.start + 1;
		at = run.last + 1;
	}
	return pages;
}

/*
 * A 2M folio of a thp mapping belongs to whoever maps it alone and as a whole; since
 * 6.15 also to whoever maps all of it that is still mapped.
 */
static bool folio_alone(const struct fault *f, unsigned long index, unsigned long frame)
{
	unsigned long mapped = frame_folio_mapped_once(frame);

	return (mapped == HPAGE_PMD_NR || (mapped && mm_rules()->reuse_large_folio)) &&
	       mapped == folio_mapped_here(f->mm, index, frame);
}

/*
 * May the task go on with this page of its own when it writes (do_wp_page, hugetlb_wp)?
 * hugetlb asks for mappings alone.
 */
static bool wp_can_reuse(const struct fault *f, unsigned long index, const struct frame_run *page)
{
	enum mm_fork_pinned rule = mm_rules()->fork_pinned;

	if (!(page->flags & FRAME_ANON))
		return false;
	if (rule == FK_EXCL && (page->flags & FRAME_EXCLUSIVE))
		return true;
	frame_looks();
	if (page->maps != 1 || (page->flags & FRAME_CACHED))
		return false;
	if (rule == FK_NO || (page->flags & FRAME_HUGETLB))
		return true;
	return frame_in_huge(page->frame) ? folio_alone(f, index, page->frame) : !page->pins;
}

/* Replaces @nr entries from @index on, over @frame, by copies. Returns how many it could. */
static unsigned long wp_copy(struct fault *f, unsigned long index, unsigned long nr, unsigned long frame)
{
	unsigned long copy, got = alloc_own(f, index, nr, &copy);

	if (!got)
		return 0;
	copy_pages(frame, copy, got);
	frames_adjust(frame, got, -1, 0, 0, 0);
	set_ptes(f->mm, index, got, copy, own_pte(f));
	return got;
}

/* Unmaps the folio at @head from every mm but @mm, whose VMAs remember that. */
static void hugetlb_take_from_others(struct mm_struct *mm, unsigned long head)
{
	struct mm_struct *other;
	struct sim_run run;

	list_for_each_entry(other, &machine()->mms, mmlist) {
		unsigned long at = 0;

		while (other != mm && sim_run_next(&other->page_table, at, &run)) {
			unsigned long index = run.start + (head - run.value);

			at = run.last + 1;
			if (head < run.value || index > run.last)
				continue;
			clear_ptes(other, index, index + HPAGE_PMD_NR - 1);
			frames_adjust(head, HPAGE_PMD_NR, -1, 0, 0, 0);
			hugetlb_mark_unmapped(other, index << PAGE_SHIFT);
			break;
		}
	}
}

/* The zero page under a THP mapping is a huge one: writing to it makes a whole folio where it fits. */
static unsigned long wp_zero(struct fault *f, unsigned long index, const struct sim_run *run)
{
	unsigned long first = index & ~(HPAGE_PMD_NR - 1), frame;
	struct sim_run whole;

	if (vma_is_thp(f->vma) && sim_run_find(&f->mm->page_table, index, &whole) && whole.start <= first &&
	    whole.last >= first + HPAGE_PMD_NR - 1) {
		unsigned long end = min((f->last | (HPAGE_PMD_NR - 1)) + 1, (whole.last + 1) & ~(HPAGE_PMD_NR - 1));
		unsigned long nr2m = folios_alloc((end - first) / HPAGE_PMD_NR, 1, FRAME_ANON | FRAME_EXCLUSIVE,
						  &frame);

		if (nr2m) {
			anon_vma_prepare(f->vma);
			set_ptes(f->mm, first, nr2m * HPAGE_PMD_NR, frame, own_pte(f));
			return first + nr2m * HPAGE_PMD_NR - index;
		}
		return wp_copy(f, index, min(run->last, first + HPAGE_PMD_NR - 1) - index + 1, run->value);
	}
	return wp_copy(f, index, run->last - index + 1, run->value);
}

/*
 * A hugetlb page that is shared: a copy of the whole 2M. The process that made the
 * mapping takes its page away from the others rather than die of an empty pool
 * (unmap_ref_private): they get SIGBUS when they come back to it.
 */
static unsigned long wp_hugetlb(struct fault *f, unsigned long index, const struct frame_run *page)
{
	unsigned long first = index & ~(HPAGE_PMD_NR - 1), head = page->frame - (index - first), got;

	got = wp_copy(f, first, page->nr + (index - first), head);
	if (!got && f->vma->hugetlb_resv && (page->flags & FRAME_ANON)) {
		hugetlb_take_from_others(f->mm, head);
		f->err = 0;
		frames_adjust(head, HPAGE_PMD_NR, 0, 0, FRAME_EXCLUSIVE, 0);
		set_ptes(f->mm, first, HPAGE_PMD_NR, head, own_pte(f));
		got = HPAGE_PMD_NR;
	}
	return got ? first + got - index : 0;
}

/* A private mapping's entry that is not enough: keep the page, or get one of one's own. */
static unsigned long fault_wp(struct fault *f, unsigned long index, const struct sim_run *run)
{
	unsigned long nr = run->last - index + 1;
	struct frame_run page;

	if (frame_is_zero(run->value))
		return wp_zero(f, index, run);
	if (!frame_state(run->value, nr, &page)) {
		sim_violate(VIOLATION_USE_AFTER_FREE, "a page table entry leads to a page that was freed");
		return nr;
	}
	if (wp_can_reuse(f, index, &page)) {
		frames_adjust(page.frame, page.nr, 0, 0, FRAME_EXCLUSIVE, 0);
		set_ptes(f->mm, index, page.nr, page.frame, run->attr | own_pte(f));
		return page.nr;
	}
	if (page.flags & FRAME_HUGETLB)
		return wp_hugetlb(f, index, &page);
	return wp_copy(f, index, page.nr, page.frame);
}

static unsigned long fault_present(struct fault *f, unsigned long index, const struct sim_run *run)
{
	unsigned long nr = run->last - index + 1;
	struct frame_run page;

	if (frame_in_device(run->value))
		return nr;
	if (f->flags & FAULT_WRITE) {
		if (run->attr & PTE_WRITE)
			return nr;
		if (f->vma->vm_flags & VM_SHARED) {
			set_ptes(f->mm, index, nr, run->value, PTE_READ | PTE_WRITE);
			return nr;
		}
		return fault_wp(f, index, run);
	}
	if (!(f->flags & FAULT_UNSHARE) || (f->vma->vm_flags & VM_SHARED))
		return nr;
	if (!frame_is_zero(run->value) && frame_state(run->value, nr, &page) && (page.flags & FRAME_ANON) &&
	    (page.flags & FRAME_EXCLUSIVE))
		return page.nr;
	return fault_wp(f, index, run);
}

int mm_fault_range(struct vm_area_struct *vma, unsigned long first, unsigned long last, unsigned int flags,
		   unsigned long *done)
{
	/* a hugetlb page has one entry: what happens to a part of it happens to it all */
	unsigned long whole = is_vm_hugetlb_page(vma) ? HPAGE_PMD_NR - 1 : 0;
	struct fault f = {
		.vma = vma, .mm = vma->vm_mm, .last = last | whole, .flags = flags,
		.vma_first = vma->vm_start >> PAGE_SHIFT, .vma_last = (vma->vm_end >> PAGE_SHIFT) - 1,
	};
	unsigned long index = first & ~whole;
	struct sim_run run;

	mmap_assert_locked(f.mm);
	spin_lock(&f.mm->page_table_lock);
	while (index <= f.last && !f.err) {
		if (!sim_run_clip(&f.mm->page_table, index, f.last, &run))
			run.start = f.last + 1;
		if (run.start > index)
			index += fault_missing(&f, index, run.start - index);
		else
			index += fault_present(&f, index, &run);
	}
	spin_unlock(&f.mm->page_table_lock);
	*done = index > first ? min(index, last + 1) - first : 0;
	return f.err;
}

/* Drops the entries of [start, end) with the references they hold. */
void zap_page_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	unsigned long first = start >> PAGE_SHIFT, last = (end >> PAGE_SHIFT) - 1, at = first;
	struct sim_run run;

	spin_lock(&mm->page_table_lock);
	while (at <= last && sim_run_clip(&mm->page_table, at, last, &run)) {
		frames_adjust(run.value, run.last - run.start + 1, -1, 0, 0, 0);
		at = run.last + 1;
	}
	clear_ptes(mm, first, last);
	spin_unlock(&mm->page_table_lock);
}

/* After mprotect(): no entry allows more than the VMA does. What a write needs, its fault gives back. */
void change_protection(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	unsigned long at = start >> PAGE_SHIFT, last = (end >> PAGE_SHIFT) - 1;
	bool access = vma->vm_flags & VM_ACCESS_FLAGS;
	struct mm_struct *mm = vma->vm_mm;
	struct sim_run run;

	spin_lock(&mm->page_table_lock);
	while (at <= last && sim_run_clip(&mm->page_table, at, last, &run)) {
		unsigned long attr = access ? PTE_READ : 0;

		if (vma->vm_flags & VM_WRITE)
			attr |= run.attr & PTE_WRITE;
		if (attr != run.attr)
			set_ptes(mm, run.start, run.last - run.start + 1, run.value, attr);
		at = run.last + 1;
	}
	spin_unlock(&mm->page_table_lock);
}

/* Moves the entries of [old, +len) to @new, where nothing is mapped. */
void move_page_tables(struct mm_struct *mm, unsigned long old, unsigned long new, unsigned long len)
{
	unsigned long at = old >> PAGE_SHIFT, last = ((old + len) >> PAGE_SHIFT) - 1;
	unsigned long shift = (new >> PAGE_SHIFT) - at;
	struct sim_run run;

	spin_lock(&mm->page_table_lock);
	while (at <= last && sim_run_clip(&mm->page_table, at, last, &run)) {
		unsigned long frame = run.value;

		clear_ptes(mm, run.start, run.last);
		if (frame_is_zero(frame))
			frame += shift;
		set_ptes(mm, run.start + shift, run.last - run.start + 1, frame, run.attr);
		at = run.last + 1;
	}
	spin_unlock(&mm->page_table_lock);
}

/* Does fork give the child a copy of this page of a private mapping at once? */
static bool fork_copies(const struct mm_struct *src, const struct frame_run *page)
{
	if (!(page->flags & FRAME_ANON) || !(src->flags & (1UL << MMF_HAS_PINNED)))
		return false;
	if (mm_rules()->fork_pinned != FK_NO)
		frame_looks();
	switch (mm_rules()->fork_pinned) {
	case FK_NO:
		return false;
	case FK_MM:
		return frame_maybe_pinned(page);
	case FK_EXCL:
		return (page->flags & FRAME_EXCLUSIVE) && frame_maybe_pinned(page);
	}
	return false;
}

/* Copies the pages of [@index, +page->nr) for the child; the parent keeps its own, writable as they are. */
static int fork_copy_pages(struct vm_area_struct *dst, unsigned long index, const struct frame_run *page)
{
	unsigned long left = page->nr, flags = FRAME_ANON | FRAME_EXCLUSIVE, frame, got;
	unsigned long attr = dst->vm_flags & VM_WRITE ? PTE_READ | PTE_WRITE : PTE_READ;

	if (!(dst->vm_flags & VM_ACCESS_FLAGS))
		attr = 0;
	while (left) {
		if (page->flags & FRAME_HUGETLB)
			got = hugetlb_alloc(left / HPAGE_PMD_NR, false, 1, flags | FRAME_HUGETLB, &frame) *
			      HPAGE_PMD_NR;
		else
			got = frames_alloc(&dst->vm_mm->fault, index, left, 1, flags, &frame);
		if (!got)
			return -ENOMEM;
		copy_pages(page->frame + (page->nr - left), frame, got);
		set_ptes(dst->vm_mm, index, got, frame, attr);
		index += got;
		left -= got;
	}
	return 0;
}

/* A hugetlb page is copied as a whole where any part of it must be. */
static void hugetlb_round_piece(struct frame_run *page, unsigned long room)
{
	page->nr = min(room, (page->nr + HPAGE_PMD_NR - 1) & ~(HPAGE_PMD_NR - 1));
}

/* One run of the parent's entries: shared write-protected, or copied (copy_present_pte). */
static int copy_pte_run(struct vm_area_struct *dst, struct vm_area_struct *src, const struct sim_run *run)
{
	unsigned long index = run->start, frame = run->value, attr = run->attr;
	bool cow = is_cow_mapping(src->vm_flags);
	struct frame_run page;
	int err;

	if (frame_in_device(frame) || frame_is_zero(frame)) {
		set_ptes(dst->vm_mm, index, run->last - index + 1, frame, attr);
		return 0;
	}
	for (; index <= run->last; index += page.nr, frame += page.nr) {
		if (!frame_state(frame, run->last - index + 1, &page))
			return -EFAULT;
		if (fork_copies(src->vm_mm, &page)) {
			if (page.flags & FRAME_HUGETLB)
				hugetlb_round_piece(&page, run->last - index + 1);
			err = fork_copy_pages(dst, index, &page);
			if (err)
				return err;
			continue;
		}
		if (cow && (attr & PTE_WRITE))
			set_ptes(src->vm_mm, index, page.nr, frame, attr & ~PTE_WRITE);
		frames_adjust(frame, page.nr, 1, 0, 0, cow ? FRAME_EXCLUSIVE : 0);
		set_ptes(dst->vm_mm, index, page.nr, frame, cow ? attr & ~PTE_WRITE : attr);
	}
	return 0;
}

/*
 * What fork copies of @src's page table. Shared file memory without private pages
 * is left to the child's own faults (vma_needs_copy). -ENOMEM, with a part done.
 */
int copy_page_range(struct vm_area_struct *dst, struct vm_area_struct *src)
{
	unsigned long at = src->vm_start >> PAGE_SHIFT, last = (src->vm_end >> PAGE_SHIFT) - 1;
	struct mm_struct *mm = src->vm_mm;
	struct sim_run run;
	int err = 0;

	if (!(src->vm_flags & (VM_PFNMAP | VM_MIXEDMAP)) && !src->anon_vma)
		return 0;
	spin_lock(&dst->vm_mm->page_table_lock);
	spin_lock_nested(&mm->page_table_lock, SINGLE_DEPTH_NESTING);
	while (!err && at <= last && sim_run_clip(&mm->page_table, at, last, &run)) {
		err = copy_pte_run(dst, src, &run);
		at = run.last + 1;
	}
	spin_unlock(&mm->page_table_lock);
	spin_unlock(&dst->vm_mm->page_table_lock);
	return err;
}
