// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who pays for pinned pages (iommufd/pages.c: do_update_pinned).
 *
 * The mode is fixed when the pages are mapped: none (the mapper had
 * CAP_IPC_LOCK), user (user->locked_vm) or process (mm->locked_vm). mm->pinned_vm
 * moves in every mode and is never compared. It is charged once, after everything
 * was pinned and mapped, against the mapper's user, mm and limit, whoever runs.
 */
#include <linux/sched/mm.h>

#include "batch.h"

static struct charge_by pages_charge_by(const struct iopt_pages *pages)
{
	return (struct charge_by){
		.object = pages->ledger,
		.rule = pages->account_mode == IOPT_PAGES_ACCOUNT_MM ? "iommufd, process mode" : "iommufd, user mode",
		.limit_task = pages->source_task,
		.in_pinned_vm = true,
	};
}

/*
 * A reader that pins from another mm holds it, and may hold its mmap_lock, which
 * has to be taken for write here; it takes it again for its next call of GUP.
 * Without such a reader the mm may be dead.
 */
static int update_mm_locked_vm(struct iopt_pages *pages, size_t npages, bool inc, struct pfn_reader_user *user,
			       const struct charge_by *by)
{
	struct mm_struct *mm = pages->source_mm;
	bool do_put = false;
	int rc;

	if (user && user->locked) {
		mmap_read_unlock(mm);
		user->locked = 0;
	} else if (!(user && user->has_upages) && mm != current->mm) {
		if (!mmget_not_zero(mm))
			return -EINVAL;
		do_put = true;
	}
	rc = charge_locked_vm_locking(mm, npages, inc, false, false, by);
	if (do_put)
		mmput(mm);
	return rc;
}

/* Takes back what the mode has just charged, which a second limit then refused. */
static void uncharge_mode(struct iopt_pages *pages, size_t npages, struct pfn_reader_user *user,
			  const struct charge_by *by)
{
	if (pages->account_mode == IOPT_PAGES_ACCOUNT_USER)
		uncharge_user_locked_vm_checked(pages->source_user, npages, by);
	else if (pages->account_mode == IOPT_PAGES_ACCOUNT_MM)
		update_mm_locked_vm(pages, npages, false, user, by);
}

int iopt_pages_update_pinned(struct iopt_pages *pages, size_t npages, bool inc, struct pfn_reader_user *user)
{
	struct charge_by by = pages_charge_by(pages);
	int rc = 0;

	if (pages->device_memory && !(proposal()->iommufd_device_charged && proposal()->iommufd_device_charged())) {
		pages->last_npinned = pages->npinned;
		return 0;
	}

	switch (pages->account_mode) {
	case IOPT_PAGES_ACCOUNT_USER:
		if (inc)
			rc = charge_user_locked_vm(pages->source_user, npages, &by);
		else
			uncharge_user_locked_vm_checked(pages->source_user, npages, &by);
		break;
	case IOPT_PAGES_ACCOUNT_MM:
		rc = update_mm_locked_vm(pages, npages, inc, user, &by);
		break;
	default:
		break;
	}
	iopt_pages_changed(pages);
	if (rc)
		return rc;
	if (!inc) {
		pins_uncharge(pages->ledger, npages);
	} else if (pins_charge(pages->ledger, npages)) {
		uncharge_mode(pages, npages, user, &by);
		return -ENOMEM;
	}

	pages->last_npinned = pages->npinned;
	if (inc)
		charge_pinned_vm(pages->source_mm, npages, &by);
	else
		uncharge_pinned_vm(pages->source_mm, npages, &by);
	return 0;
}

void iopt_pages_update_unpinned(struct iopt_pages *pages)
{
	if (WARN_ON(pages->npinned > pages->last_npinned))
		return;
	/* nothing can be done where the mm that paid is gone */
	if (pages->npinned < pages->last_npinned)
		iopt_pages_update_pinned(pages, pages->last_npinned - pages->npinned, false, NULL);
}

int pfn_reader_user_update_pinned(struct pfn_reader_user *user, struct iopt_pages *pages)
{
	lockdep_assert_held(&pages->mutex);

	if (pages->npinned == pages->last_npinned)
		return 0;
	if (pages->npinned < pages->last_npinned)
		return iopt_pages_update_pinned(pages, pages->last_npinned - pages->npinned, false, user);
	return iopt_pages_update_pinned(pages, pages->npinned - pages->last_npinned, true, user);
}
