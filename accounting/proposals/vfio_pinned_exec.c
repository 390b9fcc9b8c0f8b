// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * type1 charges mm->pinned_vm, tests it there, and exec takes the counter along:
 * the charge is then the new mm's, which is also who gives it back.
 *
 * pinned_vm is no count of type1's own. What exec itself ends (a perf buffer, a
 * close-on-exec memory region or ring) is uncharged from the old mm after the
 * counter was copied, and stays in the new one for ever. And pages may be mlocked
 * up to the limit and mapped for DMA up to the limit, where both counted together.
 */
#include <accounting/charge.h>

static void carry_over(struct task_struct *task, struct mm_struct *old, struct mm_struct *new)
{
	atomic64_set(&new->pinned_vm, atomic64_read(&old->pinned_vm));
	ledger_carry("vfio_dma", BUCKET_PINNED_VM, old, new);
}

static const struct charge_scheme by_pinned_vm = {
	.rule = "vfio type1, in pinned_vm",
	.bucket = BUCKET_PINNED_VM,
	.follows_task = true,
	.charge = charge_pinned_vm_of,
};

const struct proposal vfio_pinned_exec = { .type1 = &by_pinned_vm, .exec = carry_over, .exec_charges = true };
