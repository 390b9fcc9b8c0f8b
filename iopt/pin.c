// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The end of iopt_pages where pages are pinned and unpinned (iommufd/pages.c:
 * pfn_reader_user): of the mm that mapped them, whoever runs, or of a file.
 *
 * Every page pinned is one of npinned and one in the ledger, in the same step.
 */
#include <linux/sched/mm.h>

#include "batch.h"

#define UPAGES_ELM_BYTES 8	/* a struct page pointer */

void iopt_pages_add_npinned(struct iopt_pages *pages, unsigned long npages)
{
	pages->npinned += npages;
	iopt_pages_changed(pages);
	WARN_ON(pages->npinned > pages->npages);
}

void iopt_pages_unpin_run(struct iopt_pages *pages, unsigned long frame, unsigned long npages)
{
	struct page_run run = { .frame = frame, .nr = npages };

	if (!pages->device_memory) {
		unpin_user_runs(&run, 1, pages->writable);
		ledger_pins(pages->ledger, frame, npages, false);
	}
	WARN_ON(pages->npinned < npages);
	pages->npinned -= npages;
	iopt_pages_changed(pages);
}

void pfn_reader_user_init(struct pfn_reader_user *user, const struct iopt_pages *pages)
{
	*user = (struct pfn_reader_user){
		.gup_flags = FOLL_LONGTERM | (pages->writable ? FOLL_WRITE : 0),
		.locked = -1,
	};
}

void pfn_reader_user_destroy(struct pfn_reader_user *user, struct iopt_pages *pages)
{
	if (user->locked > 0)
		mmap_read_unlock(pages->source_mm);
	if (user->locked >= 0 && pages->type == IOPT_ADDRESS_USER && pages->source_mm != current->mm)
		mmput(pages->source_mm);
	user->locked = -1;
	page_runs_free(&user->upages);
	kfree(user->upages_mem);
	user->upages_mem = NULL;
	user->has_upages = false;
}

/* Device memory is looked up, not pinned: one run a call, as far as it goes on. */
static long pfn_reader_user_follow(struct pfn_reader_user *user, struct iopt_pages *pages, unsigned long uptr,
				   unsigned long npages)
{
	long rc;

	if (user->locked != 1)
		mmap_read_lock(pages->source_mm);
	rc = proposal()->iommufd_device_frames(pages->source_mm, uptr, npages, pages->writable, user->upages.run);
	if (user->locked != 1)
		mmap_read_unlock(pages->source_mm);
	user->upages.nr = rc > 0 ? 1 : 0;
	return rc;
}

static long pfn_reader_user_gup(struct pfn_reader_user *user, struct iopt_pages *pages, unsigned long start_index,
				unsigned long npages)
{
	unsigned long uptr = pages->uptr + start_index * PAGE_SIZE;

	if (pages->type == IOPT_ADDRESS_FILE)
		return memfd_pin_runs(pages->file, (pages->start >> PAGE_SHIFT) + start_index, npages, &user->upages);
	if (pages->device_memory)
		return pfn_reader_user_follow(user, pages, uptr, npages);
	if (pages->source_mm == current->mm)
		return pin_user_runs_fast(uptr, npages, user->gup_flags, &user->upages);
	if (!user->locked) {
		mmap_read_lock(pages->source_mm);
		user->locked = 1;
	}
	return pin_user_runs_remote(pages->source_mm, uptr, npages, user->gup_flags, &user->upages, &user->locked);
}

int pfn_reader_user_pin(struct pfn_reader_user *user, struct iopt_pages *pages, unsigned long start_index,
			unsigned long last_index)
{
	unsigned long npages = last_index - start_index + 1;
	unsigned int i;
	long rc;

	if (!user->has_upages) {
		user->upages_max = max(npages, user->upages_want);
		user->upages_mem = temp_kmalloc(&user->upages_max, UPAGES_ELM_BYTES, sizeof(*user->upages.run));
		if (!user->upages_mem)
			return -ENOMEM;
		page_runs_init(&user->upages, user->upages_max);
		user->has_upages = true;
	}
	if (user->locked == -1) {
		/* a file's pages need no mm */
		if (pages->type == IOPT_ADDRESS_USER && pages->source_mm != current->mm &&
		    !mmget_not_zero(pages->source_mm))
			return -EFAULT;
		user->locked = 0;
	}

	user->upages.nr = 0;
	rc = pfn_reader_user_gup(user, pages, start_index, min(npages, user->upages_max));
	if (rc <= 0)
		return WARN_ON(!rc) ? -EFAULT : rc;
	for (i = 0; i < user->upages.nr && !pages->device_memory; i++)
		ledger_pins(pages->ledger, user->upages.run[i].frame, user->upages.run[i].nr, true);
	iopt_pages_add_npinned(pages, rc);
	user->upages_start = start_index;
	user->upages_end = start_index + rc;
	return 0;
}

unsigned long pfn_reader_user_run(const struct pfn_reader_user *user, unsigned long index, unsigned long *frame)
{
	unsigned long skip = index - user->upages_start;
	const struct page_run *run = user->upages.run;

	for (; skip >= run->nr; run++)
		skip -= run->nr;
	*frame = run->frame + skip;
	return run->nr - skip;
}

void pfn_reader_user_unpin(struct pfn_reader_user *user, struct iopt_pages *pages, unsigned long index)
{
	unsigned long frame, nr;

	for (; index < user->upages_end; index += nr) {
		nr = pfn_reader_user_run(user, index, &frame);
		iopt_pages_unpin_run(pages, frame, nr);
	}
}
