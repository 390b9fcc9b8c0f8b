// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In-kernel accesses to iopt_pages (iommufd/pages.c, second half): pages that a
 * driver pinned through an access are held in pinned_pfns, whether a domain maps
 * them as well or not; so taking the domain away never has to find memory.
 *
 * An index is in pinned_pfns exactly as long as a node of access_itree covers it.
 * Reading and writing without pinning goes through the user's mapping, or pins
 * for the moment, which nobody is charged for.
 */
#include <linux/sched/mm.h>
#include <sim/fault.h>

#include "batch.h"

static void iopt_pages_unpin_xarray(struct pfn_batch *batch, struct iopt_pages *pages, unsigned long start_index,
				    unsigned long last_index)
{
	while (start_index <= last_index) {
		unsigned long nr;

		batch_from_xarray(batch, &pages->pinned_pfns, start_index, last_index);
		nr = batch->total_pfns;
		if (!nr)
			return;
		sim_run_clear(&pages->pinned_pfns, start_index, start_index + nr - 1);
		batch_unpin(batch, pages, 0, nr);
		start_index += nr;
		batch_clear(batch);
	}
}

/* Takes [@start_index, @last_index] out, which is off access_itree: unpins what no domain maps. */
static void iopt_pages_unfill_xarray(struct iopt_pages *pages, unsigned long start_index, unsigned long last_index)
{
	struct page_run backup[BATCH_BACKUP_SLOTS];
	struct pfn_batch batch;
	struct iopt_span span;
	bool inited = false;

	lockdep_assert_held(&pages->mutex);

	iopt_for_each_span(&span, &pages->access_itree, &pages->domains_itree, start_index, last_index) {
		if (span.used == 2)
			sim_run_clear(&pages->pinned_pfns, span.first, span.last);
		if (span.used)
			continue;
		if (!inited)
			batch_init_backup(&batch, last_index - start_index + 1, backup);
		inited = true;
		iopt_pages_unpin_xarray(&batch, pages, span.first, span.last);
	}
	if (inited)
		batch_destroy(&batch);
	iopt_pages_update_unpinned(pages);
}

/* One allocation stands for those of a span's tree nodes. */
static int iopt_pages_grow_xarray(struct iopt_pages *pages, unsigned long first, unsigned long last)
{
	if (sim_fault(SIM_FAULT_ALLOC))
		return -ENOMEM;
	WARN_ON(sim_run_covered(&pages->pinned_pfns, first, last));
	return 0;
}

/* Copies what domains hold. */
static int iopt_pages_fill_from_domain(struct iopt_pages *pages, unsigned long first, unsigned long last)
{
	unsigned long index, nr, frame;
	int rc;

	rc = iopt_pages_grow_xarray(pages, first, last);
	if (rc)
		return rc;
	for (index = first; index <= last; index += nr) {
		struct iopt_area *area = iopt_pages_find_domain_area(pages, index);

		if (WARN_ON(!area))
			return -EINVAL;
		nr = iopt_domain_frames(area->storage_domain, area, index, min(iopt_area_last_index(area), last),
					&frame);
		if (!nr)
			return -EINVAL;
		sim_run_set(&pages->pinned_pfns, index, index + nr - 1, frame, 0);
	}
	return 0;
}

static void iopt_pages_store_user(struct iopt_pages *pages, const struct pfn_reader_user *user)
{
	unsigned long index, nr, frame;

	for (index = user->upages_start; index < user->upages_end; index += nr) {
		nr = pfn_reader_user_run(user, index, &frame);
		sim_run_set(&pages->pinned_pfns, index, index + nr - 1, frame, 0);
	}
}

static void iopt_pages_err_unpin(struct iopt_pages *pages, unsigned long first, unsigned long last)
{
	struct sim_run run;

	while (first <= last && sim_run_clip(&pages->pinned_pfns, first, last, &run)) {
		iopt_pages_unpin_run(pages, run.value, run.last - run.start + 1);
		first = run.last + 1;
	}
}

/* Pins what nobody holds, all of it before any is published. */
static int iopt_pages_fill_from_mm(struct iopt_pages *pages, struct pfn_reader_user *user, unsigned long first,
				   unsigned long last)
{
	unsigned long index = first;
	int rc = 0;

	while (!rc && index <= last) {
		rc = pfn_reader_user_pin(user, pages, index, last);
		if (!rc) {
			iopt_pages_store_user(pages, user);
			index = user->upages_end;
		}
	}
	if (!rc && sim_fault(SIM_FAULT_ALLOC))
		rc = -ENOMEM;
	if (rc && index > first) {
		iopt_pages_err_unpin(pages, first, index - 1);
		sim_run_clear(&pages->pinned_pfns, first, index - 1);
	}
	return rc;
}

static int iopt_pages_fill_xarray(struct iopt_pages *pages, unsigned long start_index, unsigned long last_index)
{
	unsigned long xa_end = start_index;
	struct pfn_reader_user user;
	struct iopt_span span;
	int rc = 0;

	lockdep_assert_held(&pages->mutex);

	pfn_reader_user_init(&user, pages);
	user.upages_want = last_index - start_index + 1;
	iopt_for_each_span(&span, &pages->access_itree, &pages->domains_itree, start_index, last_index) {
		if (span.used == 1)
			continue;
		if (span.used == 2)
			rc = iopt_pages_fill_from_domain(pages, span.first, span.last);
		else
			rc = iopt_pages_fill_from_mm(pages, &user, span.first, span.last);
		if (rc)
			break;
		xa_end = span.last + 1;
	}
	if (!rc)
		rc = pfn_reader_user_update_pinned(&user, pages);
	if (rc && xa_end != start_index)
		iopt_pages_unfill_xarray(pages, start_index, xa_end - 1);
	pfn_reader_user_destroy(&user, pages);
	return rc;
}

static struct iopt_pages_access *iopt_pages_get_exact_access(struct iopt_pages *pages, unsigned long first,
							     unsigned long last)
{
	struct interval_tree_node *node = interval_tree_iter_first(&pages->access_itree, first, last);

	lockdep_assert_held(&pages->mutex);

	while (node && (node->start != first || node->last != last))
		node = interval_tree_iter_next(node, first, last);
	return node ? container_of(node, struct iopt_pages_access, node) : NULL;
}

int iopt_area_add_access(struct iopt_area *area, unsigned long start_index, unsigned long last_index, bool write)
{
	struct iopt_pages *pages = area->pages;
	struct iopt_pages_access *access;
	int rc = 0;

	if (write && !pages->writable)
		return -EPERM;

	mutex_lock(&pages->mutex);
	access = iopt_pages_get_exact_access(pages, start_index, last_index);
	if (access) {
		access->users++;
		area->num_accesses++;
		goto out_unlock;
	}

	access = kzalloc(sizeof(*access), GFP_KERNEL_ACCOUNT);
	if (!access) {
		rc = -ENOMEM;
		goto out_unlock;
	}
	rc = iopt_pages_fill_xarray(pages, start_index, last_index);
	if (rc) {
		kfree(access);
		goto out_unlock;
	}
	access->users = 1;
	access->node.start = start_index;
	access->node.last = last_index;
	interval_tree_insert(&access->node, &pages->access_itree);
	iopt_pages_changed(pages);
	area->num_accesses++;
out_unlock:
	mutex_unlock(&pages->mutex);
	return rc;
}

void iopt_area_remove_access(struct iopt_area *area, unsigned long start_index, unsigned long last_index)
{
	struct iopt_pages *pages = area->pages;
	struct iopt_pages_access *access;

	mutex_lock(&pages->mutex);
	access = iopt_pages_get_exact_access(pages, start_index, last_index);
	if (!WARN_ON(!access)) {
		WARN_ON(!area->num_accesses || !access->users);
		area->num_accesses--;
		if (!--access->users) {
			interval_tree_remove(&access->node, &pages->access_itree);
			iopt_pages_changed(pages);
			iopt_pages_unfill_xarray(pages, start_index, last_index);
			kfree(access);
		}
	}
	mutex_unlock(&pages->mutex);
}

/* Page after page from the best place, as a domain would get it; pins last as long as the copying. */
static int iopt_pages_rw_slow(struct iopt_pages *pages, unsigned long start_index, unsigned long last_index)
{
	int rc;

	mutex_lock(&pages->mutex);
	rc = iopt_pages_touch(pages, start_index, last_index);
	mutex_unlock(&pages->mutex);
	return rc;
}

/* One page of a living mm: pinned for the moment, whatever is held already. */
static int iopt_pages_rw_page(struct iopt_pages *pages, unsigned long index, bool write)
{
	struct mm_struct *mm = pages->source_mm;
	struct page_run run;
	struct page_runs runs = { .run = &run, .max = 1 };
	int locked = 1;
	long rc;

	if (!mmget_not_zero(mm))
		return iopt_pages_rw_slow(pages, index, index);

	mmap_read_lock(mm);
	rc = pin_user_runs_remote(mm, pages->uptr + index * PAGE_SIZE, 1, write ? FOLL_WRITE : 0, &runs, &locked);
	if (locked)
		mmap_read_unlock(mm);
	if (rc == 1) {
		unpin_user_runs(&run, 1, write);
		rc = 0;
	} else if (WARN_ON(rc >= 0)) {
		rc = -EINVAL;
	}
	mmput(mm);
	return rc;
}

int iopt_pages_rw_access(struct iopt_pages *pages, unsigned long start_byte, unsigned long length, bool write)
{
	unsigned long last_index = (start_byte + length - 1) / PAGE_SIZE;
	unsigned long start_index = start_byte / PAGE_SIZE;
	unsigned long uptr = pages->uptr + start_byte;

	if (write && !pages->writable)
		return -EPERM;
	if (pages->type == IOPT_ADDRESS_FILE)
		return iopt_pages_rw_slow(pages, start_index, last_index);
	if (current->mm != pages->source_mm) {
		if (start_index == last_index)
			return iopt_pages_rw_page(pages, start_index, write);
		return iopt_pages_rw_slow(pages, start_index, last_index);
	}
	return (write ? fault_in_writeable(uptr, length) : fault_in_readable(uptr, length)) ? -EFAULT : 0;
}
