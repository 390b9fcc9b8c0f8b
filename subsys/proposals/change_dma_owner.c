// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VFIO_CHANGE_DMA_OWNER: one call that moves all mappings of a container, and all
 * that is charged for them, from the process that made them to the caller.
 *
 * New addresses are staged first, one MAP_DMA with the VADDR flag a mapping; they
 * have no effect until the call. Either all mappings have one or none, where the
 * caller has the memory at the same addresses (a child of fork). Old and new
 * address must show the same shared memory. The caller is charged the sum before
 * anything of the owner's changes, so ENOMEM leaves everything as it was.
 *
 * An address that was staged cannot be taken back, and a limit that is too low
 * shows when the guest is stopped already.
 *
 * Locks: iommu->lock, then one mmap_lock at a time.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <accounting/charge.h>
#include "../vfio_private.h"

static struct vfio_dma *next_dma(struct vfio_iommu *iommu, struct vfio_dma *dma)
{
	return rb_entry_safe(dma ? rb_next(&dma->node) : rb_first(&iommu->dma_list), struct vfio_dma, node);
}

#define for_each_dma(dma, iommu) for (dma = next_dma(iommu, NULL); dma; dma = next_dma(iommu, dma))

static struct charge_by by_dma(const struct vfio_dma *dma, struct task_struct *task)
{
	return (struct charge_by){ .object = dma->ledger, .rule = "vfio type1, change of owner", .limit_task = task };
}

/* What stands at @va of @mm: the file and the offset in it; NULL where it is not shared memory. */
static struct file *shared_object(struct mm_struct *mm, unsigned long va, unsigned long size, unsigned long *offset)
{
	struct file *file = NULL;
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, va);
	if (vma && (vma->vm_flags & VM_SHARED) && va + size <= vma->vm_end) {
		file = vma->vm_file;
		*offset = (vma->vm_pgoff << PAGE_SHIFT) + va - vma->vm_start;
	}
	mmap_read_unlock(mm);
	return file;
}

static int check_dma(const struct vfio_dma *dma)
{
	unsigned long to = dma->vaddr_staged ? dma->vaddr_staged : dma->vaddr;
	unsigned long old_offset = 0, new_offset = 0;
	struct file *old, *new;

	old = shared_object(dma->mm, dma->vaddr, dma->size, &old_offset);
	new = shared_object(current->mm, to, dma->size, &new_offset);
	if (!old || !new || old != new || old_offset != new_offset)
		return -ENXIO;
	return 0;
}

/* The owner lives, all or no addresses are staged, and they show what the owner's do. */
static int check_all(struct vfio_iommu *iommu)
{
	unsigned long nr = 0, staged = 0;
	struct vfio_dma *dma;
	int ret = 0;

	for_each_dma(dma, iommu) {
		nr++;
		staged += dma->vaddr_staged != 0;
	}
	if (staged && staged != nr)
		return -EINVAL;
	for_each_dma(dma, iommu) {
		if (dma->mm == current->mm)
			continue;
		if (!mmget_not_zero(dma->mm))
			return -ESRCH;
		ret = check_dma(dma);
		mmput(dma->mm);
		if (ret)
			return ret;
	}
	return 0;
}

/* Charges current for the mappings of others, all or none. */
static int charge_all(struct vfio_iommu *iommu, bool cap)
{
	struct vfio_dma *dma, *undo;
	int ret = 0;

	if (mmap_write_lock_killable(current->mm))
		return -EINTR;
	for_each_dma(dma, iommu) {
		struct charge_by by = by_dma(dma, current->group_leader);

		if (dma->mm == current->mm || !dma->locked_vm)
			continue;
		ret = charge_locked_vm(current->mm, dma->locked_vm, true, cap, &by);
		if (ret)
			break;
	}
	for (undo = next_dma(iommu, NULL); ret && undo != dma; undo = next_dma(iommu, undo)) {
		struct charge_by by = by_dma(undo, current->group_leader);

		if (undo->mm != current->mm && undo->locked_vm)
			charge_locked_vm(current->mm, undo->locked_vm, false, cap, &by);
	}
	mmap_write_unlock(current->mm);
	return ret;
}

static void uncharge_owner(struct vfio_dma *dma)
{
	struct charge_by by = by_dma(dma, dma->task);

	if (!dma->locked_vm || !mmget_not_zero(dma->mm))
		return;
	charge_locked_vm_locking(dma->mm, dma->locked_vm, false, dma->lock_cap, false, &by);
	mmput(dma->mm);
}

static long change_owner(struct vfio_iommu *iommu)
{
	const struct payer to = {
		.task = current->group_leader,
		.mm = current->mm,
		.cap = capable(CAP_IPC_LOCK),
	};
	struct vfio_dma *dma;
	int ret;

	mutex_lock(&iommu->lock);
	ret = check_all(iommu);
	if (!ret)
		ret = charge_all(iommu, to.cap);
	for_each_dma(dma, iommu) {
		if (ret)
			break;
		if (dma->mm != to.mm) {
			vfio_dma_charged(to.mm, dma->locked_vm);
			uncharge_owner(dma);
			vfio_dma_charged(dma->mm, -dma->locked_vm);
			vfio_dma_set_owner(dma, &to);
		}
		if (dma->vaddr_staged)
			dma->vaddr = dma->vaddr_staged;
		dma->vaddr_staged = 0;
	}
	mutex_unlock(&iommu->lock);
	return ret;
}

static long run(const unsigned long *arg)
{
	return vfio_type1_call(arg[0], change_owner);
}

static const struct proposal_op ops[] = {
	{
		.name = "change_dma_owner",
		.what = "moves the mappings of the container, and their charges, to the caller",
		.source = "[PATCH V1 7/8] vfio: change dma owner, December 2022",
		.args = { { "container", PROPOSAL_ARG_CONTAINER } },
		.run = run,
	},
};

const struct proposal change_dma_owner = {
	.type1_stages_vaddr = true,
	.ops = ops,
	.nr_ops = ARRAY_SIZE(ops),
};
