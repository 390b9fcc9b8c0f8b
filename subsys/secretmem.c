// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * memfd_secret (mm/secretmem.c).
 *
 * 6.12.117 (SM_USER): each page is charged at the fault that makes it, to the
 * user who made the file, against the limit of whoever faults and without a way
 * round it for CAP_IPC_LOCK; over the limit the fault is a SIGBUS. The pages
 * belong to the file and are given back with it.
 *
 * Every other release (SM_VMA1): the mapping is VM_LOCKED and mm->locked_vm
 * carries its length from mmap to munmap, whatever is touched; EAGAIN over the
 * limit.
 *
 * GUP refuses secret memory in all of them.
 */
#include <linux/anon_inodes.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <accounting/charge.h>
#include <accounting/kernels.h>
#include <sim/run_tree.h>
#include "pinners_private.h"

struct secretmem {
	unsigned long pages;		/* the file's size */
	struct sim_run_tree cache;	/* page offset -> frame */
	struct user_struct *user;
	unsigned long nr_pages_accounted;
	struct ledger_object *charged;
};

static struct charge_by secretmem_by(struct secretmem *sm)
{
	return (struct charge_by){ .object = sm->charged, .rule = "memfd_secret" };
}

static bool charges_faults(void)
{
	return kernel_rules()->mm.secretmem == SM_USER;
}

/* One page a fault, as the kernel: another task sees each of them charged. */
static long secretmem_fault_run(struct vm_area_struct *vma, unsigned long pgoff, unsigned long nr, unsigned long *frame)
{
	struct secretmem *sm = vma->vm_file->private_data;
	struct charge_by by = secretmem_by(sm);
	struct sim_run run;

	if (pgoff >= sm->pages)
		return -EFAULT;
	if (sim_run_find(&sm->cache, pgoff, &run)) {
		*frame = run.value + (pgoff - run.start);
		return min(nr, run.last - pgoff + 1);
	}
	if (charges_faults()) {
		if (charge_user_locked_vm(sm->user, 1, &by))
			return -EFAULT;
		sm->nr_pages_accounted++;
	}
	if (!file_pages_alloc(1, frame)) {
		if (charges_faults()) {
			uncharge_user_locked_vm(sm->user, 1, &by);
			sm->nr_pages_accounted--;
		}
		return -ENOMEM;
	}
	sim_run_set(&sm->cache, pgoff, pgoff, *frame, 0);
	return 1;
}

static const struct vm_operations_struct secretmem_vm_ops = {
	.fault_run = secretmem_fault_run,
	.secret = true,
};

static int secretmem_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (!charges_faults()) {
		if (!mlock_future_ok(vma->vm_mm, vma->vm_flags | VM_LOCKED, vma->vm_end - vma->vm_start, "secretmem"))
			return -EAGAIN;
		vma->vm_flags |= VM_LOCKED;
	}
	vma->vm_ops = &secretmem_vm_ops;
	return 0;
}

static int secretmem_release(struct inode *inode, struct file *file)
{
	struct secretmem *sm = file->private_data;
	struct charge_by by = secretmem_by(sm);
	struct sim_run run;

	while (sim_run_next(&sm->cache, 0, &run)) {
		file_pages_free(run.value, run.last - run.start + 1);
		sim_run_clear(&sm->cache, run.start, run.last);
	}
	if (sm->nr_pages_accounted)
		uncharge_user_locked_vm(sm->user, sm->nr_pages_accounted, &by);
	free_uid(sm->user);
	ledger_object_destroy(sm->charged);
	kfree(sm);
	return 0;
}

const struct file_operations secretmem_fops = {
	.name = "secretmem",
	.release = secretmem_release,
	.mmap = secretmem_mmap,
};

struct ledger_object *secretmem_ledger(const struct file *file)
{
	const struct secretmem *sm = file->private_data;

	return sm->charged;
}

long secretmem_open(unsigned long len)
{
	struct secretmem *sm = kzalloc(sizeof(*sm), GFP_KERNEL);
	long fd;

	if (!sm)
		return -ENOMEM;
	sm->pages = PFN_UP(len);
	sim_run_tree_init(&sm->cache, SIM_RUN_LINEAR);
	sm->user = get_uid(current_user());
	sm->charged = ledger_object_create("secretmem", NULL);
	fd = anon_inode_getfd("[secretmem]", &secretmem_fops, sm, O_RDWR);
	if (fd >= 0)
		return fd;
	free_uid(sm->user);
	ledger_object_destroy(sm->charged);
	kfree(sm);
	return fd;
}
