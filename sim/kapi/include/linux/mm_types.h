/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The address space and its memory. The structures are mm_model's.
 *
 * A page is named by its frame number. Pages are kept as runs of frames: page
 * tables map page indexes to frames, page states hang on frames. Frames that
 * follow each other are physically contiguous only up to the end of a contiguous
 * block (`set contig=`): frame_to_phys() says where a frame lies, and
 * frame_contig() how far the physical run goes on.
 */
#ifndef _LINUX_MM_TYPES_H
#define _LINUX_MM_TYPES_H

#include <linux/types.h>
#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <sim/run_tree.h>

struct file;
struct mm_record;
struct task_struct;
struct vm_area_struct;

typedef unsigned long vm_flags_t;

/* An opaque handle for code that needs struct page: pfn_to_page() makes it, nothing lies behind it. */
struct page;
struct folio;

/* @nr pages from @frame on; one entry of what GUP returns. */
struct page_run {
	unsigned long frame;
	unsigned long nr;
};

/* A vector of runs that a caller provides and GUP appends to (merging a run that continues the last). */
struct page_runs {
	struct page_run *run;
	unsigned int nr;
	unsigned int max;
	unsigned int room;		/* of run, which grows up to max; 0: for all of them, and it stays as it is */
	bool grown;			/* run is world memory */
};

/*
 * mm_users: tasks (and short-term mmget()s) that use the address space; at zero
 * it is torn down. mm_count: references to the struct; mm_users together hold one.
 */
struct mm_struct {
	atomic_t mm_users;
	atomic_t mm_count;
	struct rw_semaphore mmap_lock;
	spinlock_t page_table_lock;
	struct rb_root mm_rb;			/* VMAs by address; mmap_lock */
	int map_count;
	unsigned long map_writes;		/* moves with every hold of mmap_lock for write: VMAs may be others */
	unsigned long total_vm;			/* pages; mmap_lock */
	unsigned long locked_vm;		/* pages, wraps; mmap_lock held for write */
	atomic64_t pinned_vm;			/* pages, signed */
	unsigned long def_flags;		/* VM_LOCKED | VM_LOCKONFAULT after MCL_FUTURE */
	unsigned long flags;			/* MMF_HAS_PINNED */
	struct sim_run_tree page_table;		/* page index -> frame; attr: PTE_* (mm_model/internal.h) */
	struct frame_cursor {
		unsigned long next;		/* page index behind the last page faulted in; ~0: none */
		unsigned long frame;		/* the frame behind it */
	} fault;
	int tasks;				/* living ones, as the check of mm_refs counted last */
	struct list_head mmlist;		/* all mms of the world, in order of making */
	struct mm_record *record;		/* what observers read; outlives this */
	unsigned long mm_id;			/* object ids for the trace: of the mm and its counters */
	unsigned long locked_vm_id;
	unsigned long pinned_vm_id;
};

#define MMF_HAS_PINNED 0			/* bit: sticky, set by the first FOLL_PIN */

struct hugetlb_resv;

struct vm_area_struct {
	unsigned long vm_start;			/* bytes */
	unsigned long vm_end;			/* exclusive */
	struct mm_struct *vm_mm;
	vm_flags_t vm_flags;
	unsigned long vm_pgoff;			/* pages */
	struct file *vm_file;			/* referenced, or NULL */
	const struct vm_operations_struct *vm_ops;
	void *vm_private_data;
	unsigned long anon_vma;			/* which anon_vma (a number from 1), 0: none yet; decides merging */
	unsigned int anon_vma_links;		/* length of the kernel's anon_vma_chain */
	struct hugetlb_resv *hugetlb_resv;	/* private hugetlb: the reservation, while this VMA owns it */
	bool hugetlb_unmapped;			/* its owner took pages back: what is missing here is lost */
	struct rb_node vm_rb;
	struct vm_area_struct *vm_detached;	/* the next one, between munmap's two halves */
};

/* open: the VMA was duplicated (fork, split); close: it goes away. fault_run: see below. */
struct vm_operations_struct {
	void (*open)(struct vm_area_struct *vma);
	void (*close)(struct vm_area_struct *vma);
	/* memfd_secret: GUP refuses it, and mlock has nothing to do (vma_is_secretmem). */
	bool secret;
	/* The file is told of writes (page_mkwrite): no long-term pin for writing of a shared mapping. */
	bool dirty_tracked;
	/* May it be parted at @addr? 0, or -EINVAL. Absent: it may. */
	int (*may_split)(struct vm_area_struct *vma, unsigned long addr);
	/*
	 * The frames behind @nr pages of the file from page @pgoff on. Returns how
	 * many stand there in one run from *@frame on (1..@nr), -EFAULT (SIGBUS)
	 * or -ENOMEM. mmap_lock held for read or write. Must not sleep.
	 */
	long (*fault_run)(struct vm_area_struct *vma, unsigned long pgoff, unsigned long nr, unsigned long *frame);
};

#endif
