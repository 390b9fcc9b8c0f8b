// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ledger's entries for what the kernel's own files charge. They work on the
 * counters directly; include/linux/{atomic,mm}.h lead those operations here. The
 * entry stands beside the change, where no other task can come between.
 */
#include <linux/mm.h>
#include <linux/sched/user.h>
#include <accounting/charge.h>
#include "machine.h"

#undef __account_locked_vm
#undef atomic_long_try_cmpxchg
#undef atomic_long_sub
#undef atomic64_add

bool upstream_user_try_cmpxchg(atomic_long_t *locked_vm, unsigned long *old, unsigned long new)
{
	struct user_struct *user = container_of(locked_vm, struct user_struct, locked_vm);
	long before = (long)*old;
	bool hit = atomic_long_try_cmpxchg(locked_vm, (long *)old, (long)new);

	if (hit)
		ledger_enter(upstream_ledger(), BUCKET_USER_LOCKED_VM, user, (long)new - before);
	return hit;
}

void upstream_user_sub(unsigned long pages, atomic_long_t *locked_vm)
{
	struct user_struct *user = container_of(locked_vm, struct user_struct, locked_vm);

	atomic_long_sub((long)pages, locked_vm);
	ledger_enter(upstream_ledger(), BUCKET_USER_LOCKED_VM, user, -(long)pages);
}

void upstream_pinned_vm_add(long pages, atomic64_t *pinned_vm)
{
	struct mm_struct *mm = container_of(pinned_vm, struct mm_struct, pinned_vm);

	atomic64_add(pages, pinned_vm);
	ledger_enter(upstream_ledger(), BUCKET_PINNED_VM, mm, pages);
}

int upstream_account_locked_vm(struct mm_struct *mm, unsigned long pages, bool inc, struct task_struct *task,
			       bool bypass_rlim)
{
	const struct charge_by by = {
		.object = upstream_ledger(),
		.rule = "iommufd, process mode",
		.limit_task = task,
	};

	return charge_locked_vm(mm, pages, inc, bypass_rlim, &by);
}
