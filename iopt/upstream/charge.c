// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ledger's entries for what the kernel's own files charge. They work on the
 * counters directly; pages.c and type1.c lead those operations here. The entry
 * stands beside the change, where no other task can come between.
 *
 * An iopt_pages has its object in the ledger by its address, from its first charge
 * or pin until it is freed.
 */
#include <linux/mm.h>
#include <linux/sched/user.h>
#include <accounting/charge.h>
#include <sim/run_tree.h>
#include "charge.h"
#include "machine.h"

struct ledger_object *upstream_pages_ledger(struct iopt_pages *pages)
{
	struct sim_run_tree *tree = &upstream()->pages_ledgers;
	unsigned long key = (unsigned long)pages;
	struct ledger_object *object;
	struct sim_run run;

	if (sim_run_find(tree, key, &run))
		return (struct ledger_object *)run.value;
	object = ledger_object_create("iopt_pages", upstream()->ledger);
	sim_run_set(tree, key, key, (unsigned long)object, 0);
	return object;
}

void upstream_pages_gone(struct iopt_pages *pages)
{
	struct sim_run_tree *tree = &upstream()->pages_ledgers;
	unsigned long key = (unsigned long)pages;
	struct sim_run run;

	if (!sim_run_find(tree, key, &run))
		return;
	ledger_object_destroy((struct ledger_object *)run.value);
	sim_run_clear(tree, key, key);
}

static struct user_struct *to_user(const atomic_long_t *locked_vm)
{
	return container_of(locked_vm, struct user_struct, locked_vm);
}

static struct charge_by user_mode(struct iopt_pages *pages, const struct task_struct *task)
{
	return (struct charge_by){
		.object = upstream_pages_ledger(pages),
		.rule = "iommufd, user mode",
		.limit_task = task,
	};
}

/* What the kernel finds next, with what it has read: its limit refuses. */
static void tell_refusal(struct iopt_pages *pages, const struct task_struct *task, const atomic_long_t *locked_vm,
			 unsigned long used, unsigned long npages)
{
	const struct charge_by by = user_mode(pages, task);
	unsigned long limit = memlock_limit_pages(task);

	if (used + npages > limit)
		charge_refused(BUCKET_USER_LOCKED_VM, to_user(locked_vm), used, npages, limit, &by);
}

/* Nothing can come between this and the entry to upstream_user_read(), which takes the note away. */
unsigned long upstream_user_limit(struct iopt_pages *pages, unsigned long npages, const struct task_struct *task,
				  unsigned int limit)
{
	upstream()->asking = (struct user_asking){ .task = task, .npages = npages };
	return task_rlimit(task, limit);
}

long upstream_user_read(struct iopt_pages *pages, const atomic_long_t *locked_vm)
{
	const struct user_asking asking = upstream()->asking;
	long used;

	upstream()->asking = (struct user_asking){ 0 };
	used = atomic_long_read(locked_vm);
	if (asking.task)
		tell_refusal(pages, asking.task, locked_vm, (unsigned long)used, asking.npages);
	return used;
}

bool upstream_user_try_cmpxchg(struct iopt_pages *pages, const struct task_struct *task, atomic_long_t *locked_vm,
			       unsigned long *old, unsigned long new, unsigned long npages)
{
	const struct charge_by by = user_mode(pages, task);
	long before = (long)*old;
	bool hit = atomic_long_try_cmpxchg(locked_vm, (long *)old, (long)new);

	if (hit)
		charge_noted(BUCKET_USER_LOCKED_VM, to_user(locked_vm), (long)new - before, &by);
	else
		tell_refusal(pages, task, locked_vm, *old, npages);
	return hit;
}

void upstream_user_sub(struct iopt_pages *pages, unsigned long npages, atomic_long_t *locked_vm)
{
	const struct charge_by by = { .object = upstream_pages_ledger(pages) };

	atomic_long_sub((long)npages, locked_vm);
	charge_noted(BUCKET_USER_LOCKED_VM, to_user(locked_vm), -(long)npages, &by);
}

void upstream_pinned_vm_add(struct iopt_pages *pages, long npages, atomic64_t *pinned_vm)
{
	const struct charge_by by = { .object = upstream_pages_ledger(pages) };

	atomic64_add(npages, pinned_vm);
	charge_noted(BUCKET_PINNED_VM, container_of(pinned_vm, struct mm_struct, pinned_vm), npages, &by);
}

int upstream_account_locked_vm(struct ledger_object *object, const char *rule, struct mm_struct *mm,
			       unsigned long pages, bool inc, struct task_struct *task, bool bypass_rlim)
{
	const struct charge_by by = { .object = object, .rule = rule, .limit_task = task };

	return charge_locked_vm(mm, pages, inc, bypass_rlim, &by);
}
