// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IOAS_CHANGE_PROCESS as it was first drafted, to be tried and not to be merged:
 * all IOASes are locked, whoever pays otherwise than the caller would is counted,
 * the caller is charged for the sum, then page array by page array the old owner
 * is given back its charge and the caller takes its place. Unlike what was merged
 * it moves memory of any kind, at the address where the new process must have it.
 *
 * Its defects are switches (D1 to D9 of facts §5.3; the others cannot be told from
 * the merged code's, or are in its words): all are in, and each can be taken away.
 * What the draft gets right and the merged code does not: the charge is noted as
 * taken before the old owner is given back its own, so a dead one does no harm.
 */
#include <linux/bug.h>
#include <linux/sched/mm.h>
#include "../change_process.h"

enum {
	TYPE_INVERTED = 1 << 0,
	REFS_DESTROYED = 1 << 1,
	LOCK_LEAK = 1 << 2,
	GARBAGE_CHARGED = 1 << 3,
	SAME_USER_SKIPPED = 1 << 4,
	NONE_SKIPPED = 1 << 5,
	MM_PUT = 1 << 6,
	WRONG_NUMBER = 1 << 7,
	USER_MEMORY = 1 << 8,
	NULL_PAGES = 1 << 9,
};

/* What an array on the stack holds before anybody writes to it. */
#define STALE_PAGES 1

static bool has(unsigned int defect)
{
	return kernel_rules()->defects & defect;
}

static void release_all(struct iommufd_ctx *ictx, struct xarray *ioas_list)
{
	struct iommufd_ioas *ioas;
	unsigned long index;

	xa_for_each(ioas_list, index, ioas) {
		up_write(&ioas->iopt.iova_rwsem);
		if (has(REFS_DESTROYED))
			iommufd_object_destroy_user(ictx, &ioas->obj);
		else
			refcount_dec(&ioas->obj.users);
	}
	up_write(&ictx->ioas_creation_lock);
	xa_destroy(ioas_list);
}

static int take_all(struct iommufd_ctx *ictx, struct xarray *ioas_list)
{
	struct iommufd_object *obj;
	unsigned long index;
	int rc;

	down_write(&ictx->ioas_creation_lock);
	xa_lock(&ictx->objects);
	xa_for_each(&ictx->objects, index, obj) {
		struct iommufd_ioas *ioas = container_of(obj, struct iommufd_ioas, obj);

		if ((obj->type == IOMMUFD_OBJ_IOAS) == has(TYPE_INVERTED))
			continue;
		if (!refcount_inc_not_zero(&obj->users))
			continue;
		xa_unlock(&ictx->objects);
		/* a lock where another kind of object has something else */
		BUG_ON(obj->type != IOMMUFD_OBJ_IOAS);
		down_write_nest_lock(&ioas->iopt.iova_rwsem, &ictx->ioas_creation_lock);
		rc = xa_err(xa_store(ioas_list, index, ioas, GFP_KERNEL));
		if (rc) {
			if (!has(LOCK_LEAK)) {
				up_write(&ioas->iopt.iova_rwsem);
				refcount_dec(&obj->users);
			}
			release_all(ictx, ioas_list);
			return rc;
		}
		xa_lock(&ictx->objects);
	}
	xa_unlock(&ictx->objects);
	return 0;
}

/* Of two defects the draft says here that nothing is to be done, and then leaves the dead mm in place too. */
static bool need_charge_update(const struct iopt_pages *pages)
{
	bool other_mm = pages->source_mm != current->mm;

	switch (pages->account_mode) {
	case IOPT_PAGES_ACCOUNT_MM:
		return other_mm;
	case IOPT_PAGES_ACCOUNT_USER:
		return pages->source_user != current_user() || (other_mm && !has(SAME_USER_SKIPPED));
	default:
		return other_mm && !has(NONE_SKIPPED);
	}
}

/* What is being mapped or unmapped has no pages; the draft looks at them all the same. */
static struct iopt_pages *pages_of(const struct iopt_area *area)
{
	BUG_ON(!area->pages && has(NULL_PAGES));
	return area->pages;
}

static void change_mm(struct iommufd_ctx *ictx, struct iopt_pages *pages)
{
	struct task_struct *old_task = pages->source_task;
	struct user_struct *old_user = pages->source_user;
	struct mm_struct *old_mm = pages->source_mm;

	iopt_pages_update_pinned(pages, pages->npinned, false, NULL);
	iommufd_ledger_hand_over(ictx, pages);
	pages->moving = 0;

	pages->source_mm = current->mm;
	mmgrab(pages->source_mm);
	if (has(MM_PUT))
		mmput(old_mm);
	else
		mmdrop(old_mm);
	pages->source_task = get_task_struct(current->group_leader);
	put_task_struct(old_task);
	pages->source_user = get_uid(current_user());
	free_uid(old_user);
	iopt_pages_changed(pages);
}

static int change_all(struct iommufd_ctx *ictx, struct xarray *ioas_list)
{
	size_t stale = has(GARBAGE_CHARGED) ? STALE_PAGES : 0;
	size_t all_npinned[IOPT_PAGES_ACCOUNT_MODES] = { stale, stale, stale };
	struct iommufd_ioas *ioas;
	struct iopt_area *area;
	unsigned long index;
	int rc;

	for_each_ioas_area(ioas_list, index, ioas, area)
		if (!has(USER_MEMORY) && area->pages && area->pages->type != IOPT_ADDRESS_FILE)
			return -EINVAL;

	/* an array that was seen shows nothing charged when it is seen again */
	for_each_ioas_area(ioas_list, index, ioas, area) {
		struct iopt_pages *pages = pages_of(area);

		if (!pages || !need_charge_update(pages))
			continue;
		all_npinned[pages->account_mode] += pages->last_npinned;
		pages->moving += pages->last_npinned;
		pages->last_npinned = 0;
	}
	rc = iommufd_charge_current(ictx, all_npinned);
	for_each_ioas_area(ioas_list, index, ioas, area) {
		struct iopt_pages *pages = pages_of(area);

		if (!pages || !need_charge_update(pages))
			continue;
		pages->last_npinned = pages->npinned;
		if (!rc)
			change_mm(ictx, pages);
		else
			pages->moving = 0;
	}
	return rc;
}

static int change_process(struct iommufd_ctx *ictx)
{
	struct xarray ioas_list;
	int rc;

	/* the table's entry had the plain number, not the one that user space calls */
	if (has(WRONG_NUMBER))
		return -ENOTTY;
	xa_init(&ioas_list);
	rc = take_all(ictx, &ioas_list);
	if (rc)
		return rc;
	rc = change_all(ictx, &ioas_list);
	release_all(ictx, &ioas_list);
	return rc;
}

#define DEFECT(bits, id, text, seen)								\
	{ .name = id, .what = text, .source = "the draft of December 2022 (seed 001), facts §5.3",	\
	  .symptom = seen, .of = &change_process_2022, .defects = bits }

extern const struct proposal change_process_2022;
static const struct quirk defects[] = {
	DEFECT(~0u, "draft_defects", "all defects of the draft together", "change_process: ENOTTY"),
	DEFECT(TYPE_INVERTED, "draft_type_inverted", "D1: it passes over the IOASes, and takes everything else for one",
	       "IOASes alone: 0 and nothing moves; with a device or an access: a wild access (bug)"),
	DEFECT(REFS_DESTROYED, "draft_refs_destroyed", "D2: the reference on an IOAS is given back by destroying it",
	       "everything is unmapped, later calls on the IOAS are ENOENT; with a domain: a warning"),
	DEFECT(LOCK_LEAK, "draft_lock_leak", "D3: an allocation failure leaves the IOAS just taken locked; merged so",
	       "fail(alloc) in change_process: the next map of that IOAS hangs (lock_held, deadlock)"),
	DEFECT(GARBAGE_CHARGED, "draft_garbage_charged", "D4: the sums to be charged begin with what lay on the stack",
	       "the caller pays for pages that nobody pinned (residue), or ENOMEM"),
	DEFECT(SAME_USER_SKIPPED, "draft_same_user_skipped", "D5: user mode, same user: the dead mm stays the source",
	       "exec, change_process: 0; the next attach or pin is EFAULT"),
	DEFECT(NONE_SKIPPED, "draft_none_skipped", "D6: a capable mapper's memory keeps its dead mm",
	       "as draft_same_user_skipped with CAP_IPC_LOCK"),
	DEFECT(MM_PUT, "draft_mm_put", "D7: puts the address space where it held the structure only",
	       "a child calls: the parent's memory goes while it runs (mm_refs, use_after_free)"),
	DEFECT(WRONG_NUMBER, "draft_wrong_number", "D8: registered under a number that nobody calls",
	       "change_process: ENOTTY"),
	DEFECT(USER_MEMORY, "draft_user_memory", "D9: moves memory by address, whatever the new process has there",
	       "exec, other memory at that address, change_process: later pins are of other pages (DEV.pfn)"),
	DEFECT(NULL_PAGES, "draft_null_pages", "I17: it reads areas without pages, being mapped or unmapped",
	       "a map beside the call: a wild access (bug)"),
};

const struct proposal change_process_2022 = {
	.change_process = change_process,
	.quirks = defects,
	.nr_quirks = ARRAY_SIZE(defects),
};
