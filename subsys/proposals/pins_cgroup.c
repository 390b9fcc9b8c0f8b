// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A cgroup controller for pinned and locked memory: pins.max bounds what the tasks
 * of a group, and of those below it, have pinned or locked together.
 *
 * It stands beside RLIMIT_MEMLOCK, which comes first and which CAP_IPC_LOCK passes;
 * nobody passes the group. A charge goes up the tree, up to but without the root;
 * a level that it would take over its max counts an event and the call is ENOMEM.
 * What is charged remembers its group; a page pinned twice counts twice. type1
 * charges pinned_vm, as RDMA does. Who moves takes along what its mm shows as
 * locked_vm, whatever the limits; what objects have pinned stays where it is.
 * A group is an address space's. No locks: a charge is a step; to a search all are one.
 */
#include <linux/slab.h>
#include <accounting/charge.h>
#include <sim/verdict.h>
#include "../pinners_private.h"

struct pins_cgroup {
	struct pinner_object object;	/* its charge is pins.current */
	struct pins_cgroup *parent;	/* NULL: the root, which counts nothing */
	unsigned long max;		/* pages */
	unsigned long current_pages;
	unsigned long events;
	struct list_head shares;
};

/* What an object, or an mm's locked memory, has charged; an mm's also says where it belongs. */
struct share {
	struct list_head list;
	const void *owner;
	unsigned long pages;
};

static void cgroup_destroy(struct pinner_object *object)
{
	struct pins_cgroup *cg = container_of(object, struct pins_cgroup, object);
	struct share *share, *next;

	list_for_each_entry_safe(share, next, &cg->shares, list)
		kfree(share);
	kfree(cg);
}

static const struct pinner_ops cgroup_ops = { .destroy = cgroup_destroy };

/* The group where @owner has a share. */
static struct share *share_find(const void *owner, struct pins_cgroup **of)
{
	struct pinner_object *object;
	struct share *share;

	list_for_each_entry(object, &pinners_state()->objects, list) {
		if (object->ops != &cgroup_ops)
			continue;
		sim_touch(&pinners_state()->objects, true);
		*of = container_of(object, struct pins_cgroup, object);
		list_for_each_entry(share, &(*of)->shares, list)
			if (share->owner == owner)
				return share;
	}
	*of = NULL;
	return NULL;
}

static struct share *share_make(struct pins_cgroup *cg, const void *owner)
{
	struct share *share = kzalloc(sizeof(*share), GFP_KERNEL | __GFP_NOFAIL);

	share->owner = owner;
	list_add(&share->list, &cg->shares);
	return share;
}

static struct pins_cgroup *group_of(const struct mm_struct *mm)
{
	struct pins_cgroup *cg;

	share_find(mm, &cg);
	return cg;
}

static void count(struct pins_cgroup *cg, long pages)
{
	for (; cg; cg = cg->parent) {
		cg->current_pages += pages;
		ledger_elsewhere(cg->object.charged, pages);
	}
}

static bool fits(struct pins_cgroup *cg, unsigned long pages)
{
	for (; cg; cg = cg->parent) {
		if (cg->current_pages + pages <= cg->max)
			continue;
		cg->events++;
		sim_refusal_note("pins.current %lup + %lup > pins.max %lup", cg->current_pages, pages, cg->max);
		return false;
	}
	return true;
}

static int charge_pins_of(struct ledger_object *object, unsigned long pages)
{
	struct pins_cgroup *cg;
	struct share *share = share_find(object, &cg);

	if (!share)
		cg = group_of(current->mm);
	if (!fits(cg, pages))
		return -ENOMEM;
	if (cg && !share)
		share = share_make(cg, object);
	if (share)
		share->pages += pages;
	count(cg, pages);
	return 0;
}

/* @owner gives @pages back; who has none left has no share, an mm but while it lives. */
static void give_back(const void *owner, unsigned long pages)
{
	struct pins_cgroup *cg;
	struct share *share = share_find(owner, &cg);

	if (!share)
		return;
	pages = min(pages, share->pages);
	count(cg, -(long)pages);
	share->pages -= pages;
	if (share->pages)
		return;
	list_del(&share->list);
	kfree(share);
}

static void uncharge_pins_of(struct ledger_object *object, unsigned long pages)
{
	give_back(object, pages);
}

static bool mlock_fits(const struct mm_struct *mm, unsigned long pages)
{
	return fits(group_of(mm), pages);
}

static void mlock_changed(struct mm_struct *mm, long pages)
{
	struct pins_cgroup *cg;
	struct share *share = share_find(mm, &cg);

	if (!share)
		return;
	share->pages += pages;
	count(cg, pages);
}

static void mm_gone(struct mm_struct *mm)
{
	give_back(mm, ~0UL);
}

static void inherit(struct task_struct *task, struct mm_struct *old, struct mm_struct *new)
{
	struct pins_cgroup *cg = group_of(old);

	if (cg && new)
		share_make(cg, new);
}

static int type1_charge(const struct payer *payer, long pages, const struct charge_by *by)
{
	struct payer tested = *payer;

	/* version 2: the flag of who is tested by a task's limit was that of who is not tested */
	tested.cap |= kernel_rules()->defects & 1;
	return charge_pinned_vm_of(&tested, pages, by);
}

static const struct charge_scheme by_pinned_vm = { "vfio type1, in pinned_vm", BUCKET_PINNED_VM, false, type1_charge };

static struct pins_cgroup *cgroup_get(unsigned long id)
{
	return container_of(pinner_object_find(id, &cgroup_ops), struct pins_cgroup, object);
}

/* @arg: pins.max in bytes, the parent; either may be left out. */
static long make(const unsigned long *arg)
{
	struct pins_cgroup *cg = kzalloc(sizeof(*cg), GFP_KERNEL);

	if (!cg)
		return -ENOMEM;
	pinner_object_init(&cg->object, &cgroup_ops, "pins_cgroup");
	INIT_LIST_HEAD(&cg->shares);
	cg->max = arg[0] >> PAGE_SHIFT;
	cg->parent = arg[1] == ~0UL ? NULL : cgroup_get(arg[1]);
	return cg->object.id;
}

static long move(const unsigned long *arg)
{
	struct task_struct *task = (struct task_struct *)arg[1];

	if (!task->mm)
		return -ESRCH;
	mm_gone(task->mm);
	share_make(cgroup_get(arg[0]), task->mm);
	mlock_changed(task->mm, task->mm->locked_vm);
	return 0;
}

static long set_max(const unsigned long *arg)
{
	cgroup_get(arg[0])->max = arg[1] >> PAGE_SHIFT;
	return 0;
}

static long events(const unsigned long *arg)
{
	return cgroup_get(arg[0])->events;
}

#define CGROUP { "cgroup", PROPOSAL_ARG_OBJECT }
#define FROM "RFC v2, mm: introduce a cgroup for pinned memory, February 2023"

static const struct proposal_op ops[] = {
	{ "cgroup_create", "a group for pins; max= is pins.max, parent= the group above it", FROM, true,
	  { { "max", PROPOSAL_ARG_NUMBER, true }, { "parent", PROPOSAL_ARG_OBJECT, true } }, make },
	{ "cgroup_attach", "moves a task, its mlocked memory with it, whatever the limits", FROM, false,
	  { CGROUP, { "task", PROPOSAL_ARG_TASK } }, move },
	{ "cgroup_max", "pins.max; what is above it stays", FROM, false,
	  { CGROUP, { "max", PROPOSAL_ARG_NUMBER } }, set_max },
	{ "cgroup_events", "how often the group said no", FROM, false, { CGROUP }, events },
};

extern const struct proposal pins_cgroup;
static const struct quirk defects[] = {
	{ .name = "pins_task_is_bypass", .what = "the flag for a task's limit is also that for no limit",
	  .source = FROM, .symptom = "type1 is not tested against the limit (over the limit without a capability)",
	  .of = &pins_cgroup, .defects = 1 },
};

const struct proposal pins_cgroup = {
	.type1 = &by_pinned_vm,
	.pins_charge = charge_pins_of, .pins_uncharge = uncharge_pins_of,
	.mlock_fits = mlock_fits, .mlock_changed = mlock_changed,
	.fork = inherit, .exec = inherit, .mm_gone = mm_gone,
	.ops = ops, .nr_ops = ARRAY_SIZE(ops), .quirks = defects, .nr_quirks = ARRAY_SIZE(defects),
};
