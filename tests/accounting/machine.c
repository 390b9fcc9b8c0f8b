// SPDX-License-Identifier: GPL-2.0-or-later
/* Kernel world. Each step is one call of a charging primitive, or of a mutant of it. */
#include <accounting/charge.h>
#include <accounting/ledger.h>
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/sched/user.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <kapi/iommu.h>
#include <sim/sched.h>
#include <sim/verdict.h>
#include "machine.h"

void *acct_mm_of(struct task_struct *task)
{
	return task->mm;
}

void *acct_user_of(struct task_struct *task)
{
	return task->cred->user;
}

void acct_leak_check(void)
{
	kapi_leak_check();
}

static long locked(struct acct_step *step, bool inc, const struct charge_by *by)
{
	long ret;

	mmap_write_lock(current->mm);
	ret = charge_locked_vm(current->mm, step->pages, inc, step->flag, by);
	mmap_write_unlock(current->mm);
	return ret;
}

/* Read, yield, write: what the compare-and-exchange loop is there to prevent. */
static long charge_user_racy(struct acct_step *step, const struct charge_by *by)
{
	struct user_struct *user = current_user();
	long used = atomic_long_read(&user->locked_vm);

	if (used + step->pages > memlock_limit_pages(current))
		return -ENOMEM;
	atomic_long_set(&user->locked_vm, used + (long)step->pages);
	ledger_enter(step->object, BUCKET_USER_LOCKED_VM, user, (long)step->pages);
	return 0;
}

static long pin(struct acct_step *step)
{
	struct page_run room[16];
	struct page_runs runs = { .run = room, .max = 16 };
	long ret = pin_user_runs_fast(step->va, step->pages, FOLL_WRITE | FOLL_LONGTERM, &runs);

	if (step->flag)
		for (unsigned int i = 0; i < runs.nr; i++)
			ledger_pins(step->object, runs.run[i].frame, runs.run[i].nr, true);
	return ret;
}

/* The pages are found by pinning them a second time. */
static long unpin(struct acct_step *step)
{
	struct page_run room[16];
	struct page_runs runs = { .run = room, .max = 16 };
	long ret = pin_user_runs_fast(step->va, step->pages, FOLL_WRITE | FOLL_LONGTERM, &runs);

	unpin_user_runs(room, runs.nr, false);
	if (step->flag)
		for (unsigned int i = 0; i < runs.nr; i++)
			ledger_pins(step->object, runs.run[i].frame, runs.run[i].nr, false);
	unpin_user_runs(room, runs.nr, false);
	return ret;
}

static long dma_map(struct acct_step *step)
{
	const struct kapi_iommu_options options = { .kind = KAPI_IOMMU_VFIO };
	struct page_run room[16];
	struct page_runs runs = { .run = room, .max = 16 };
	long ret = pin_user_runs_fast(step->va, step->pages, FOLL_WRITE | FOLL_LONGTERM, &runs);
	unsigned long iova = 0;

	step->domain = iommu_paging_domain_alloc(kapi_device_create(&options));
	for (unsigned int i = 0; i < runs.nr && ret > 0; i++) {
		if (iommu_map_frames(step->domain, iova, room[i].frame << PAGE_SHIFT, room[i].nr << PAGE_SHIFT,
				     IOMMU_READ | IOMMU_WRITE, GFP_KERNEL))
			ret = -ENOMEM;
		iova += room[i].nr << PAGE_SHIFT;
	}
	unpin_user_runs(room, runs.nr, false);
	return ret;
}

static long poke(struct acct_step *step)
{
	switch (step->kind) {
	case STEP_POKE_LOCKED:
		current->mm->locked_vm += step->pages;
		return 0;
	case STEP_POKE_PINNED:
		atomic64_add((long)step->pages, &current->mm->pinned_vm);
		return 0;
	default:
		atomic_long_add((long)step->pages, &current_user()->locked_vm);
		return 0;
	}
}

static long run(struct acct_step *step)
{
	const struct charge_by by = { .object = step->object, .rule = step->rule };

	switch (step->kind) {
	case STEP_CHARGE_LOCKED:
		return locked(step, true, &by);
	case STEP_UNCHARGE_LOCKED:
		return locked(step, false, &by);
	case STEP_ACCOUNT_LOCKED:
		return account_locked_vm(current->mm, step->pages, step->flag);
	case STEP_ACCOUNT_NO_MM:
		return account_locked_vm(NULL, step->pages, step->flag);
	case STEP_CHARGE_USER:
		return charge_user_locked_vm(current_user(), step->pages, &by);
	case STEP_UNCHARGE_USER:
		uncharge_user_locked_vm(current_user(), step->pages, &by);
		return 0;
	case STEP_UNCHARGE_USER_CHECKED:
		uncharge_user_locked_vm_checked(current_user(), step->pages, &by);
		return 0;
	case STEP_CHARGE_PINNED:
		charge_pinned_vm(current->mm, step->pages, &by);
		return 0;
	case STEP_UNCHARGE_PINNED:
		uncharge_pinned_vm(current->mm, step->pages, &by);
		return 0;
	case STEP_CHARGE_USER_RACY:
		return charge_user_racy(step, &by);
	case STEP_PIN:
		return pin(step);
	case STEP_UNPIN:
		return unpin(step);
	case STEP_DMA_MAP:
		return dma_map(step);
	case STEP_DMA_UNMAP:
		return iommu_unmap(step->domain, 0, step->pages << PAGE_SHIFT);
	case STEP_GET_USER:
		get_uid(current_user());
		return 0;
	default:
		return poke(step);
	}
}

void acct_step_run(void *arg)
{
	struct acct_step *step = arg;
	const char *refusal;

	sim_refusal_clear();
	step->ret = run(step);
	refusal = sim_refusal();
	strscpy(step->refusal, refusal ? refusal : "", sizeof(step->refusal));
}
