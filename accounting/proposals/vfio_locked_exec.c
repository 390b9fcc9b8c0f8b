// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * type1 charges mm->locked_vm as before, and exec takes the counter along.
 *
 * locked_vm also counts what was mlocked. Those VMAs are gone with the old mm and
 * nothing takes their part out of the new one: a process that locks memory before
 * it execs has that much less of its limit, exec after exec.
 */
#include <accounting/charge.h>

static void carry_over(struct task_struct *task, struct mm_struct *old, struct mm_struct *new)
{
	mmap_write_lock(new);
	new->locked_vm = old->locked_vm;
	ledger_carry("vfio_dma", BUCKET_LOCKED_VM, old, new);
	mmap_write_unlock(new);
}

static const struct charge_scheme by_task = {
	.rule = "vfio type1",
	.bucket = BUCKET_LOCKED_VM,
	.follows_task = true,
};

const struct proposal vfio_locked_exec = { .type1 = &by_task, .exec = carry_over, .exec_charges = true };
