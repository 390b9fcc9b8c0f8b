// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One limit for what is locked and what is pinned: whoever compares a counter of
 * a process with RLIMIT_MEMLOCK compares the sum of both.
 *
 * It undoes the split of 3.2, by which a process can lock its limit and pin it
 * once more. What one subsystem has in both, iommufd in process mode, is left in
 * pinned_vm alone. The series also counted once what is mlocked and pinned, by
 * marking VMAs; with counters alone that is two pages of the limit. The counts of
 * users and of SysV segments stay apart.
 */
#include <accounting/charge.h>

static unsigned long locked_and_pinned(const struct mm_struct *mm, unsigned long counter)
{
	return mm->locked_vm + (unsigned long)mm->pinned_vm.counter;
}

/* What the caller counts in pinned_vm is only tested here. */
static int account_once(struct mm_struct *mm, unsigned long pages, bool inc, bool bypass_rlim,
			const struct charge_by *by)
{
	unsigned long limit = memlock_limit_pages(by->limit_task ? by->limit_task : current);
	unsigned long used = locked_and_pinned(mm, 0);

	if (!by->in_pinned_vm)
		return 1;
	if (!inc || bypass_rlim || used + pages <= limit)
		return 0;
	charge_refused(BUCKET_PINNED_VM, mm, used, pages, limit, by);
	return -ENOMEM;
}

const struct proposal vm_pinned = {
	.used = locked_and_pinned,
	.used_name = "locked_vm + pinned_vm",
	.account_locked_vm = account_once,
};
