/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory management as subsystems call it. Implemented by mm_model, but for
 * account_locked_vm() and its kin, which accounting/ implements.
 */
#ifndef _LINUX_MM_H
#define _LINUX_MM_H

#include <asm/page.h>
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm_page.h>
#include <linux/mm_types.h>
#include <linux/sched.h>
#include <linux/slab.h>

#define HPAGE_PMD_NR 512UL
#define TASK_SIZE ((1UL << 47) - PAGE_SIZE)

#define PAGE_ALIGN(addr) (((addr) + PAGE_SIZE - 1) & PAGE_MASK)
#define PFN_UP(x) (((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define PFN_DOWN(x) ((x) >> PAGE_SHIFT)
#define offset_in_page(p) ((unsigned long)(p) & ~PAGE_MASK)

#define VM_READ 0x00000001UL
#define VM_WRITE 0x00000002UL
#define VM_EXEC 0x00000004UL
#define VM_SHARED 0x00000008UL
#define VM_MAYREAD 0x00000010UL
#define VM_MAYWRITE 0x00000020UL
#define VM_PFNMAP 0x00000400UL
#define VM_LOCKED 0x00002000UL
#define VM_IO 0x00004000UL
#define VM_MAYEXEC 0x00000040UL
#define VM_MAYSHARE 0x00000080UL
#define VM_DONTCOPY 0x00020000UL
#define VM_DONTEXPAND 0x00040000UL
#define VM_LOCKONFAULT 0x00080000UL
#define VM_ACCOUNT 0x00100000UL
#define VM_NORESERVE 0x00200000UL
#define VM_HUGETLB 0x00400000UL
#define VM_WIPEONFORK 0x02000000UL
#define VM_MIXEDMAP 0x10000000UL
#define VM_HUGEPAGE 0x20000000UL
#define VM_DROPPABLE 0x10000000000UL
#define VM_SPECIAL (VM_IO | VM_DONTEXPAND | VM_PFNMAP | VM_MIXEDMAP)
#define VM_LOCKED_MASK (VM_LOCKED | VM_LOCKONFAULT)
#define VM_ACCESS_FLAGS (VM_READ | VM_WRITE | VM_EXEC)
/* Kept over fork and exec of mm->def_flags: nothing that this model knows. */
#define VM_INIT_DEF_MASK 0UL

#define FOLL_WRITE (1 << 0)
#define FOLL_GET (1 << 1)
#define FOLL_FORCE (1 << 3)
#define FOLL_LONGTERM (1 << 8)
#define FOLL_PIN (1 << 19)

static inline void mmap_read_lock(struct mm_struct *mm)
{
	down_read(&mm->mmap_lock);
}

static inline void mmap_read_unlock(struct mm_struct *mm)
{
	up_read(&mm->mmap_lock);
}

static inline void mmap_write_lock(struct mm_struct *mm)
{
	down_write(&mm->mmap_lock);
	mm->map_writes++;
}

static inline int mmap_write_lock_killable(struct mm_struct *mm)
{
	int ret = down_write_killable(&mm->mmap_lock);

	if (!ret)
		mm->map_writes++;
	return ret;
}

static inline void mmap_write_unlock(struct mm_struct *mm)
{
	mm->map_writes++;
	up_write(&mm->mmap_lock);
}

static inline int mmap_read_lock_killable(struct mm_struct *mm)
{
	return down_read_killable(&mm->mmap_lock);
}

static inline void mmap_write_downgrade(struct mm_struct *mm)
{
	mm->map_writes++;
	downgrade_write(&mm->mmap_lock);
}

#define mmap_assert_locked(mm) lockdep_assert_held(&(mm)->mmap_lock)
#define mmap_assert_write_locked(mm) lockdep_assert_held_write(&(mm)->mmap_lock)

/* Frames, physical addresses, and what a frame is. */
phys_addr_t frame_to_phys(unsigned long frame);
unsigned long phys_to_frame(phys_addr_t phys);
/* Pages, this one included, up to the end of its physically contiguous run; >= 1. */
unsigned long frame_contig(unsigned long frame);
/* PageReserved or no struct page: the zero page on x86, device memory. Same for all of a run? *@same gets how far. */
bool frame_reserved(unsigned long frame, unsigned long *same);
bool frame_is_zero(unsigned long frame);
/* The folio a frame belongs to: its first frame in *@head, its size in pages returned (1 for a plain page). */
unsigned long frame_folio(unsigned long frame, unsigned long *head);
/* How many of @nr frames from @frame on are pages of their own, before the first that is part of a larger folio. */
unsigned long frame_small_pages(unsigned long frame, unsigned long nr);
/* A vector that grows as far as it is used, of @max runs at most: what the kernel has an array of pages for. */
void page_runs_init(struct page_runs *runs, unsigned int max);
/* Where it grew, what it grew into. */
void page_runs_free(struct page_runs *runs);
/* Appends what there is room for, as page_runs.max has it. */
void page_runs_add(struct page_runs *runs, unsigned long frame, unsigned long nr);
/*
 * GUP (mm/gup.c), in runs. Pins from @start up to @nr_pages pages or until @runs
 * is full, and appends to @runs. Returns the pages pinned (> 0, may be short), or
 * -errno if the first page fails (EFAULT, ENOMEM, EINTR, EAGAIN; EOVERFLOW for a
 * range that wraps). FOLL_PIN is implied. One call is one batch: the fault site gup
 * counts in its pages, and the page that it hits is EFAULT to whoever asks for it
 * first again within the same system call.
 */
/* current->mm, no lock held (takes mmap_lock itself only for what is not present). */
long pin_user_runs_fast(unsigned long start, unsigned long nr_pages, unsigned int gup_flags, struct page_runs *runs);
/* @mm with mmap_lock held for read; *@locked is cleared if it had to be dropped. */
long pin_user_runs_remote(struct mm_struct *mm, unsigned long start, unsigned long nr_pages, unsigned int gup_flags,
			  struct page_runs *runs, int *locked);
/*
 * memfd_pin_folios (mm/gup.c): pages of a memfd, shmem or hugetlb file by page
 * offset, all that fit in @runs; EINVAL for another file or past its end. Allocates
 * what is missing; ENOMEM with nothing pinned where it cannot. Takes no lock.
 */
long memfd_pin_runs(struct file *memfd, unsigned long pgoff, unsigned long nr_pages, struct page_runs *runs);
/* Gives pins back, in any pieces. A page that nobody else holds is freed. No lock needed. */
void unpin_user_runs(const struct page_run *runs, unsigned int nr_runs, bool make_dirty);

/*
 * Memory that a file hands out by its fault_run: up to @nr new pages in one run
 * from *@frame on; how many, 0 when there is no memory. The file holds them until
 * it gives them back; mappings keep theirs.
 */
unsigned long file_pages_alloc(unsigned long nr, unsigned long *frame);
void file_pages_free(unsigned long frame, unsigned long nr);

/*
 * A driver's ->mmap puts @nr frames from @frame on at @addr of @vma, which becomes device memory to
 * whoever asks: no GUP, no growing. mmap_lock held for write; nothing is mapped there yet.
 * mm/memory.c:remap_pfn_range.
 */
void remap_frames(struct vm_area_struct *vma, unsigned long addr, unsigned long frame, unsigned long nr);

/*
 * The pfn behind a VM_PFNMAP address (follow_fault_pfn of type1): 0 and the frame
 * run in *@run (clipped to @nr_pages), -EFAULT, or -EAGAIN after fixing a fault.
 * mmap_lock held for read.
 */
int follow_pfnmap_run(struct mm_struct *mm, unsigned long va, unsigned long nr_pages, bool write, struct page_run *run);

static inline unsigned long vma_pages(const struct vm_area_struct *vma)
{
	return (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
}

/* A private mapping that may be written, now or after mprotect(). */
static inline bool is_cow_mapping(vm_flags_t flags)
{
	return (flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE;
}

/*
 * The kernel's own loads or stores at current's addresses, as copy_from_user() and copy_to_user()
 * make them: faults in what is missing. 0, or what could not be reached (all of @size then). No lock held.
 */
size_t fault_in_readable(unsigned long uaddr, size_t size);
size_t fault_in_writeable(unsigned long uaddr, size_t size);

/*
 * mm/mmap.c: would @bytes more of VM_LOCKED memory fit the limit of current? True without VM_LOCKED in @flags.
 * @why: static text, who asks, for the words of the refusal. mmap_lock held.
 */
bool mlock_future_ok(struct mm_struct *mm, vm_flags_t flags, unsigned long bytes, const char *why);

/* The first VMA that ends above @addr, or NULL. mmap_lock held. */
struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr);
/* The VMA that holds @addr, or NULL. mmap_lock held. */
struct vm_area_struct *vma_lookup(struct mm_struct *mm, unsigned long addr);

/* rlimit(RLIMIT_MEMLOCK) != 0 or CAP_IPC_LOCK (mm/mlock.c). */
bool can_do_mlock(void);
/*
 * mmap(2) of a kernel's file by current (mm/util.c:vm_mmap_pgoff): takes mmap_lock
 * (killable: EINTR), calls ->mmap(), populates what is locked. @pgoff in pages,
 * @prot and @flags as <linux/mman.h>. Returns the address or -errno.
 */
unsigned long vm_mmap_pgoff(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
			    unsigned long flags, unsigned long pgoff);

/* mm/util.c; see accounting/charge.h for what they check and report. */
int __account_locked_vm(struct mm_struct *mm, unsigned long pages, bool inc, struct task_struct *task,
			bool bypass_rlim);
int account_locked_vm(struct mm_struct *mm, unsigned long pages, bool inc);

#endif
