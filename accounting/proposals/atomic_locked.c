// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mm->locked_vm as an atomic: who pins adds, compares the result with the limit
 * and takes it back if that was too much. No lock, so nothing to be interrupted
 * while it is waited for, and no wait behind a long page fault.
 *
 * One task alone sees no difference. But who is refused has been counted for a
 * moment, and who comes in that moment may be refused too, though there is room.
 * mlock still tests first and adds afterwards, under mmap_lock; that the two are
 * no one step for those who do not take the lock is left out here.
 */
#include <linux/bug.h>
#include <accounting/charge.h>

static int account_locked_vm_atomic(struct mm_struct *mm, unsigned long pages, bool inc, bool bypass_rlim,
				    const struct charge_by *by)
{
	unsigned long limit = memlock_limit_pages(by->limit_task ? by->limit_task : current), now;

	if (!inc) {
		WARN_ON_ONCE((long)charge_locked_vm_return(mm, -(long)pages, by) < 0);
		return 0;
	}
	now = charge_locked_vm_return(mm, pages, by);
	if (bypass_rlim || now <= limit)
		return 0;
	charge_locked_vm_return(mm, -(long)pages, by);
	charge_refused(BUCKET_LOCKED_VM, mm, now - pages, pages, limit, by);
	return -ENOMEM;
}

const struct proposal atomic_locked = { .account_locked_vm = account_locked_vm_atomic };
