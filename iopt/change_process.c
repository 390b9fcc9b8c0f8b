// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IOAS_CHANGE_PROCESS (iommufd/ioas.c, from v6.13): the calling process takes over
 * all mappings of the context, and their charges, from whoever made them.
 *
 * All IOASes are locked against mapping, in the order of their ids. The new owner
 * is charged for everything at once, so that it all moves or nothing does; then
 * the old owners are given back theirs. A page array that several areas show is
 * counted once because it is noted as uncharged when it is first seen.
 *
 * Filling and emptying an area run without iova_rwsem: the locks here do not keep
 * those out.
 */
#include "change_process.h"

static void iommufd_release_all_iova_rwsem(struct iommufd_ctx *ictx, struct xarray *ioas_list)
{
	struct iommufd_ioas *ioas;
	unsigned long index;

	xa_for_each(ioas_list, index, ioas) {
		up_write(&ioas->iopt.iova_rwsem);
		refcount_dec(&ioas->obj.users);
	}
	up_write(&ictx->ioas_creation_lock);
	xa_destroy(ioas_list);
}

static int iommufd_take_all_iova_rwsem(struct iommufd_ctx *ictx, struct xarray *ioas_list)
{
	struct iommufd_object *obj;
	unsigned long index;
	int rc;

	down_write(&ictx->ioas_creation_lock);
	xa_lock(&ictx->objects);
	xa_for_each(&ictx->objects, index, obj) {
		struct iommufd_ioas *ioas;

		if (obj->type != IOMMUFD_OBJ_IOAS || !refcount_inc_not_zero(&obj->users))
			continue;
		xa_unlock(&ictx->objects);

		ioas = container_of(obj, struct iommufd_ioas, obj);
		down_write_nest_lock(&ioas->iopt.iova_rwsem, &ictx->ioas_creation_lock);
		rc = xa_err(xa_store(ioas_list, index, ioas, GFP_KERNEL));
		if (rc) {
			/* this one is not in the list yet, and the kernel forgets it */
			if (!iommufd_rules()->change_process_lock_leak) {
				up_write(&ioas->iopt.iova_rwsem);
				refcount_dec(&obj->users);
			}
			iommufd_release_all_iova_rwsem(ictx, ioas_list);
			return rc;
		}
		xa_lock(&ictx->objects);
	}
	xa_unlock(&ictx->objects);
	return 0;
}

/* Is somebody else charged than who would be now? */
static bool need_charge_update(const struct iopt_pages *pages)
{
	switch (pages->account_mode) {
	case IOPT_PAGES_ACCOUNT_MM:
		return pages->source_mm != current->mm;
	case IOPT_PAGES_ACCOUNT_USER:
		return pages->source_user != current_user() || pages->source_mm != current->mm;
	default:
		/* nobody's limit counts; but pinned_vm is the old mm's, and stays there in the kernel */
		return !iommufd_rules()->change_process_none_p2 && pages->source_mm != current->mm;
	}
}

/* What the caller is charged by, as if it were a page array of its own. */
static struct iopt_pages pages_of_current(struct iommufd_ctx *ictx)
{
	return (struct iopt_pages){
		.source_mm = current->mm,
		.source_task = current->group_leader,
		.source_user = current_user(),
		.ledger = ictx->ledger,
		.unchecked = ~0,	/* not to be looked at: it stands for the context */
	};
}

int iommufd_charge_current(struct iommufd_ctx *ictx, const size_t *npinned)
{
	struct iopt_pages tmp = pages_of_current(ictx);
	int mode, rc = 0;

	for (mode = 0; !rc && mode < IOPT_PAGES_ACCOUNT_MODES; mode++) {
		tmp.account_mode = mode;
		if (npinned[mode])
			rc = iopt_pages_update_pinned(&tmp, npinned[mode], true, NULL);
	}
	if (!rc)
		return 0;
	for (mode -= 2; mode >= 0; mode--) {
		tmp.account_mode = mode;
		if (npinned[mode])
			iopt_pages_update_pinned(&tmp, npinned[mode], false, NULL);
	}
	return rc;
}

void iommufd_ledger_hand_over(struct iommufd_ctx *ictx, struct iopt_pages *pages)
{
	struct iopt_pages tmp = pages_of_current(ictx);
	long nr = pages->moving;

	if (pages->account_mode == IOPT_PAGES_ACCOUNT_USER) {
		ledger_enter(ictx->ledger, BUCKET_USER_LOCKED_VM, tmp.source_user, -nr);
		ledger_enter(pages->ledger, BUCKET_USER_LOCKED_VM, tmp.source_user, nr);
	} else if (pages->account_mode == IOPT_PAGES_ACCOUNT_MM) {
		ledger_enter(ictx->ledger, BUCKET_LOCKED_VM, tmp.source_mm, -nr);
		ledger_enter(pages->ledger, BUCKET_LOCKED_VM, tmp.source_mm, nr);
	}
	ledger_enter(ictx->ledger, BUCKET_PINNED_VM, tmp.source_mm, -nr);
	ledger_enter(pages->ledger, BUCKET_PINNED_VM, tmp.source_mm, nr);
}

static void change_mm(struct iopt_pages *pages)
{
	struct task_struct *old_task = pages->source_task;
	struct user_struct *old_user = pages->source_user;
	struct mm_struct *old_mm = pages->source_mm;

	pages->source_mm = current->mm;
	mmgrab(pages->source_mm);
	mmdrop(old_mm);
	pages->source_task = get_task_struct(current->group_leader);
	put_task_struct(old_task);
	pages->source_user = get_uid(current_user());
	free_uid(old_user);
}

/*
 * The charge has been taken; the old owner is given back its own. A dead mm has
 * nothing to be given back to, which the kernel takes for an error, and then
 * leaves the pages as if nothing had been charged for them.
 */
static int iommufd_change_owner(struct iommufd_ctx *ictx, struct iopt_pages *pages)
{
	int rc = 0;

	if (need_charge_update(pages)) {
		rc = iopt_pages_update_pinned(pages, pages->npinned, false, NULL);
		iommufd_ledger_hand_over(ictx, pages);
		if (rc && !iommufd_rules()->change_process_mm_dead) {
			pages->last_npinned = pages->npinned;
			rc = 0;
		}
		WARN_ON(rc);
	}
	pages->moving = 0;
	iopt_pages_changed(pages);
	change_mm(pages);
	return rc;
}

static int iommufd_change_all(struct iommufd_ctx *ictx, struct xarray *ioas_list)
{
	size_t all_npinned[IOPT_PAGES_ACCOUNT_MODES] = {};
	struct iommufd_ioas *ioas;
	struct iopt_area *area;
	unsigned long index;
	int rc, ret = 0;

	/* memory at a user address belongs to one process */
	for_each_ioas_area(ioas_list, index, ioas, area)
		if (area->pages && area->pages->type != IOPT_ADDRESS_FILE)
			return -EINVAL;

	for_each_ioas_area(ioas_list, index, ioas, area) {
		struct iopt_pages *pages = area->pages;

		if (pages && need_charge_update(pages)) {
			all_npinned[pages->account_mode] += pages->last_npinned;
			pages->moving += pages->last_npinned;
			pages->last_npinned = 0;
		}
	}

	rc = iommufd_charge_current(ictx, all_npinned);
	if (rc) {
		for_each_ioas_area(ioas_list, index, ioas, area) {
			if (!area->pages)
				continue;
			area->pages->last_npinned = area->pages->npinned;
			area->pages->moving = 0;
		}
		return rc;
	}
	for_each_ioas_area(ioas_list, index, ioas, area) {
		rc = area->pages ? iommufd_change_owner(ictx, area->pages) : 0;
		if (rc)
			ret = rc;
	}
	return ret;
}

int iommufd_ioas_change_process(struct iommufd_ctx *ictx)
{
	struct xarray ioas_list;
	int rc;

	if (!iommufd_rules()->change_process)
		return -ENOTTY;
	if (proposal()->change_process)
		return proposal()->change_process(ictx);
	xa_init(&ioas_list);
	rc = iommufd_take_all_iova_rwsem(ictx, &ioas_list);
	if (rc)
		return rc;
	rc = iommufd_change_all(ictx, &ioas_list);
	iommufd_release_all_iova_rwsem(ictx, &ioas_list);
	return rc;
}
