// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One limit for what is locked and what is pinned: whoever compares a counter of
 * a process with RLIMIT_MEMLOCK compares the sum of both.
 *
 * It undoes the split of 3.2, by which a process can lock its limit and pin it
 * once more. The series counted a page that is locked and pinned once, by marking
 * VMAs; with counters alone, what a subsystem has in both (iommufd in process
 * mode), or what is mlocked and mapped as well, is two pages of the limit. The
 * counts of users and of SysV segments stay apart.
 */
#include <accounting/charge.h>

static unsigned long locked_and_pinned(const struct mm_struct *mm, unsigned long counter)
{
	return mm->locked_vm + (unsigned long)mm->pinned_vm.counter;
}

const struct proposal vm_pinned = { .used = locked_and_pinned, .used_name = "locked_vm + pinned_vm" };
