/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page frames on their way between the places that hold them.
 *
 * The kernel's batch is an array of physically contiguous runs, as long as fits
 * 64 KiB; how much one holds decides where maps, unmaps and unpins are cut, and
 * so what another task can see in between. Here a batch holds runs of frames,
 * and slots counts the entries that the kernel's would have taken: a run of
 * frames takes one for each physically contiguous piece.
 */
#ifndef IOPT_BATCH_H
#define IOPT_BATCH_H

#include "io_pagetable.h"

#define BATCH_BACKUP_SLOTS 21	/* what fits the 256 bytes of stack that paths which cannot fail fall back on */

struct pfn_batch {
	struct page_runs runs;
	void *mem;				/* what the kernel has them in; NULL: on the stack */
	unsigned int slots;
	unsigned int max_slots;
	unsigned long total_pfns;
};

/* Room for @max_pages at most. -ENOMEM. */
int batch_init(struct pfn_batch *batch, unsigned long max_pages);
/* Cannot fail: falls back on @backup, of BATCH_BACKUP_SLOTS entries. */
void batch_init_backup(struct pfn_batch *batch, unsigned long max_pages, struct page_run *backup);
void batch_destroy(struct pfn_batch *batch);
void batch_clear(struct pfn_batch *batch);
/* Keeps the last @keep_pfns pages, which were unmapped but are not to be unpinned yet. */
void batch_clear_carry(struct pfn_batch *batch, unsigned long keep_pfns);
void batch_skip_carry(struct pfn_batch *batch, unsigned long skip_pfns);
/* Adds what has room; returns how many pages that is. */
unsigned long batch_add_run(struct pfn_batch *batch, unsigned long frame, unsigned long nr);
/* Reads frames back from @domain until @last_index or the batch is full. */
void batch_from_domain(struct pfn_batch *batch, struct iommu_domain *domain, const struct iopt_area *area,
		       unsigned long start_index, unsigned long last_index);
/* Goes on only as far as the last physical run does. */
void batch_from_domain_continue(struct pfn_batch *batch, struct iommu_domain *domain, const struct iopt_area *area,
				unsigned long start_index, unsigned long last_index);
void batch_from_xarray(struct pfn_batch *batch, const struct sim_run_tree *pinned_pfns, unsigned long start_index,
		       unsigned long last_index);
int batch_to_domain(struct pfn_batch *batch, struct iommu_domain *domain, const struct iopt_area *area,
		    unsigned long start_index);
/* Unpins @npages of the batch from its page @first on. */
void batch_unpin(struct pfn_batch *batch, struct iopt_pages *pages, unsigned long first, unsigned long npages);

/* IOVA of the page @index of @area; of the first page, where the area begins in it. */
unsigned long iopt_area_index_to_iova(const struct iopt_area *area, unsigned long index);
unsigned long iopt_area_index_to_iova_last(const struct iopt_area *area, unsigned long index);
/*
 * Next stretch of frames of [@index, @last_index] in @domain: how many pages follow
 * each other from *@frame on; 0 where @index is not mapped.
 */
unsigned long iopt_domain_frames(struct iommu_domain *domain, const struct iopt_area *area, unsigned long index,
				 unsigned long last_index, unsigned long *frame);

/*
 * The pinning end: what one call of GUP gave, as runs. locked: 1 means that the
 * mm is held and its mmap_lock read-locked, 0 that it is held, -1 neither.
 */
struct pfn_reader_user {
	struct page_runs upages;
	void *upages_mem;			/* what the kernel has them in */
	bool has_upages;
	unsigned long upages_want;		/* room to ask for, if more than the first call needs */
	unsigned long upages_max;		/* pages one call may pin */
	unsigned long upages_start;		/* indexes */
	unsigned long upages_end;
	unsigned int gup_flags;
	int locked;
};

void pfn_reader_user_init(struct pfn_reader_user *user, const struct iopt_pages *pages);
void pfn_reader_user_destroy(struct pfn_reader_user *user, struct iopt_pages *pages);
/* One call of GUP, for pages from @start_index on, noted in npinned. EFAULT without the mm; else GUP's errno. */
int pfn_reader_user_pin(struct pfn_reader_user *user, struct iopt_pages *pages, unsigned long start_index,
			unsigned long last_index);
/* Unpins what was pinned for indexes >= @index. */
void pfn_reader_user_unpin(struct pfn_reader_user *user, struct iopt_pages *pages, unsigned long index);
/* The run that holds @index; how many pages it goes on from there. */
unsigned long pfn_reader_user_run(const struct pfn_reader_user *user, unsigned long index, unsigned long *frame);

void iopt_pages_add_npinned(struct iopt_pages *pages, unsigned long npages);
/* Unpins one run, and takes it off npinned and the ledger. */
void iopt_pages_unpin_run(struct iopt_pages *pages, unsigned long frame, unsigned long npages);

/*
 * Scratch memory as the kernel takes it: no more than 64 KiB, less rather than
 * fail. @elm_bytes: what an entry takes in the kernel; *@nr: entries wanted, and
 * got, told as of @model_bytes each. Nothing lies behind what is returned. NULL: no memory.
 */
void *temp_kmalloc(unsigned long *nr, size_t elm_bytes, size_t model_bytes);

#endif
