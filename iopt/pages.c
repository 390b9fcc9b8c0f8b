// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * iopt_pages: an array of pages, and how their frames get from where they are
 * held to where they are wanted (iommufd/pages.c).
 *
 * Frames are held in up to three places: in pinned_pfns for in-kernel accesses,
 * in the storage domain of an area, and at the origin, the memory that was
 * mapped. A page is pinned when it is first taken from the origin, and unpinned
 * when neither access_itree nor domains_itree covers its index any more. A reader
 * walks a range of indexes batch by batch and takes each from the first place
 * that has it.
 *
 * Nothing that takes away may fail for want of memory: unmapping a domain reads
 * the frames back from the domain itself. And unmap goes before unpin, always; a
 * domain can only be cut where physical contiguity ends, so what is unmapped
 * beyond the pages to be unpinned is carried on in the batch.
 *
 * "last" is inclusive, "end" exclusive; all in page indexes.
 */
#include <linux/sched/mm.h>
#include <sim/verdict.h>

#include "batch.h"

struct pfn_reader {
	struct iopt_pages *pages;
	unsigned long last_index;		/* of what is to be read */
	unsigned long batch_start_index;	/* of what the batch holds */
	unsigned long batch_end_index;
	struct pfn_batch batch;
	struct pfn_reader_user user;
	struct iopt_span span;
};

struct iopt_area *iopt_pages_find_domain_area(struct iopt_pages *pages, unsigned long index)
{
	struct interval_tree_node *node = interval_tree_iter_first(&pages->domains_itree, index, index);
	struct iopt_area *area = node ? container_of(node, struct iopt_area, pages_node) : NULL;

	if (area && area->stale) {
		sim_violate(VIOLATION_USE_AFTER_FREE, "a frame is asked of an area that was freed when it was split");
		return NULL;
	}
	return area;
}

/* Unpins those pages of the batch that nobody else holds. */
static void pfn_reader_unpin(struct pfn_reader *pfns)
{
	unsigned long start = pfns->batch_start_index;
	struct iopt_pages *pages = pfns->pages;
	struct iopt_span span;

	lockdep_assert_held(&pages->mutex);

	iopt_for_each_span(&span, &pages->access_itree, &pages->domains_itree, start, pfns->batch_end_index - 1)
		if (!span.used)
			batch_unpin(&pfns->batch, pages, span.first - start, span.last - span.first + 1);
}

/* Adds to the batch from the place that holds the span. */
static int pfn_reader_fill_span(struct pfn_reader *pfns)
{
	unsigned long index = pfns->batch_end_index;
	struct iopt_span *span = &pfns->span;
	struct iopt_area *area;
	unsigned long frame, nr;
	int rc;

	switch (span->used) {
	case 1:
		batch_from_xarray(&pfns->batch, &pfns->pages->pinned_pfns, index, span->last);
		return 0;
	case 2:
		area = iopt_pages_find_domain_area(pfns->pages, index);
		if (WARN_ON(!area))
			return -EINVAL;
		batch_from_domain(&pfns->batch, area->storage_domain, area, index,
				  min(iopt_area_last_index(area), span->last));
		return 0;
	default:
		break;
	}

	if (index >= pfns->user.upages_end) {
		rc = pfn_reader_user_pin(&pfns->user, pfns->pages, index, span->last);
		if (rc)
			return rc;
	}
	for (; index < pfns->user.upages_end; index += nr) {
		nr = pfn_reader_user_run(&pfns->user, index, &frame);
		if (batch_add_run(&pfns->batch, frame, nr) < nr)
			break;
	}
	return 0;
}

static bool pfn_reader_done(const struct pfn_reader *pfns)
{
	return pfns->batch_start_index > pfns->last_index;
}

/* The next batch: as many pages as have room. Pages that were pinned but have none wait in user. */
static int pfn_reader_next(struct pfn_reader *pfns)
{
	unsigned long before;
	int rc;

	batch_clear(&pfns->batch);
	pfns->batch_start_index = pfns->batch_end_index;
	while (pfns->batch_end_index <= pfns->last_index) {
		before = pfns->batch.total_pfns;
		rc = pfn_reader_fill_span(pfns);
		if (rc)
			return rc;
		if (WARN_ON(!pfns->batch.total_pfns))
			return -EINVAL;
		pfns->batch_end_index = pfns->batch_start_index + pfns->batch.total_pfns;
		if (pfns->batch_end_index > pfns->span.last)
			iopt_span_step(&pfns->span);
		if (pfns->batch.total_pfns == before)
			break;
	}
	return 0;
}

/*
 * Unpins what only the reader has, on the way out of an error, so that undoing
 * the rest finds the counts as it expects them.
 */
static void pfn_reader_release_pins(struct pfn_reader *pfns)
{
	struct pfn_reader_user *user = &pfns->user;
	unsigned long end = pfns->batch_end_index;

	if (user->upages_end > end) {
		pfn_reader_user_unpin(user, pfns->pages, end);
		user->upages_end = end;
	}
	if (pfns->batch_start_index < end)
		pfn_reader_unpin(pfns);
	pfns->batch_start_index = end;
}

static void pfn_reader_destroy(struct pfn_reader *pfns)
{
	struct iopt_pages *pages = pfns->pages;

	pfn_reader_release_pins(pfns);
	pfn_reader_user_destroy(&pfns->user, pages);
	batch_destroy(&pfns->batch);
	WARN_ON(pages->last_npinned != pages->npinned);
}

static int pfn_reader_first(struct pfn_reader *pfns, struct iopt_pages *pages, unsigned long start_index,
			    unsigned long last_index)
{
	int rc;

	lockdep_assert_held(&pages->mutex);

	pfns->pages = pages;
	pfns->last_index = last_index;
	pfns->batch_start_index = start_index;
	pfns->batch_end_index = start_index;
	pfn_reader_user_init(&pfns->user, pages);
	rc = batch_init(&pfns->batch, last_index - start_index + 1);
	if (rc)
		return rc;
	iopt_span_init(&pfns->span, &pages->access_itree, &pages->domains_itree, start_index, last_index);
	iopt_span_step(&pfns->span);
	rc = pfn_reader_next(pfns);
	if (rc)
		pfn_reader_destroy(pfns);
	return rc;
}

static struct iopt_pages *iopt_alloc_pages(struct iommufd_ctx *ictx, unsigned long start_byte, unsigned long length,
					   bool writable)
{
	struct iopt_pages *pages = kzalloc(sizeof(*pages), GFP_KERNEL_ACCOUNT);

	if (!pages)
		return ERR_PTR(-ENOMEM);
	kref_init(&pages->kref);
	mutex_init(&pages->mutex);
	sim_run_tree_init(&pages->pinned_pfns, SIM_RUN_LINEAR);
	pages->access_itree = RB_ROOT_CACHED;
	pages->domains_itree = RB_ROOT_CACHED;
	INIT_LIST_HEAD(&pages->stale_areas);
	pages->npages = (start_byte + length - 1) / PAGE_SIZE + 1;
	pages->writable = writable;

	/* who pays, for as long as the pages live */
	pages->source_mm = current->mm;
	mmgrab(pages->source_mm);
	pages->source_task = get_task_struct(current->group_leader);
	pages->source_user = get_uid(current_user());
	/* a capable mapper is not charged, in whatever mode the context is */
	if (capable(CAP_IPC_LOCK))
		pages->account_mode = IOPT_PAGES_ACCOUNT_NONE;
	else if (ictx->account_mode == IOPT_PAGES_ACCOUNT_MM)
		pages->account_mode = IOPT_PAGES_ACCOUNT_MM;
	else
		pages->account_mode = IOPT_PAGES_ACCOUNT_USER;
	pages->made_account_mode = pages->account_mode;
	pages->ledger = ledger_object_create("iopt_pages", ictx->ledger);
	sim_race_unseen(list_add_tail(&pages->world_item, &iopt_world()->pages));
	INIT_LIST_HEAD(&pages->unchecked_item);
	iopt_pages_changed(pages);
	return pages;
}

struct iopt_pages *iopt_alloc_user_pages(struct iommufd_ctx *ictx, unsigned long uptr, unsigned long length,
					 bool writable)
{
	const struct iommufd_rules *rules = iommufd_rules();
	struct iopt_pages *pages;
	unsigned long end;
	/* e4395701330f; MAP_FILE then put this test before the one of the length */
	bool wraps = !rules->uptr_wrap && check_add_overflow(uptr, length, &end);

	if (rules->map_file && wraps)
		return ERR_PTR(-EOVERFLOW);
	if (length > SIZE_MAX - PAGE_SIZE || length == 0)
		return ERR_PTR(-EINVAL);
	if (wraps)
		return ERR_PTR(-EOVERFLOW);

	pages = iopt_alloc_pages(ictx, offset_in_page(uptr), length, writable);
	if (!IS_ERR(pages)) {
		pages->type = IOPT_ADDRESS_USER;
		pages->uptr = uptr & PAGE_MASK;
		pages->device_memory = proposal()->iommufd_device_memory &&
				       proposal()->iommufd_device_memory(current->mm, uptr);
	}
	return pages;
}

struct iopt_pages *iopt_alloc_file_pages(struct iommufd_ctx *ictx, struct file *file, unsigned long start,
					 unsigned long length, bool writable)
{
	struct iopt_pages *pages;
	unsigned long last;

	if (length && check_add_overflow(start, length - 1, &last))
		return ERR_PTR(-EOVERFLOW);
	if (length > SIZE_MAX - PAGE_SIZE || length == 0)
		return ERR_PTR(-EINVAL);

	pages = iopt_alloc_pages(ictx, offset_in_page(start), length, writable);
	if (!IS_ERR(pages)) {
		pages->type = IOPT_ADDRESS_FILE;
		pages->start = start & PAGE_MASK;
		pages->file = get_file(file);
	}
	return pages;
}

static void iopt_release_pages(struct kref *kref)
{
	struct iopt_pages *pages = container_of(kref, struct iopt_pages, kref);
	struct iopt_area *area;

	while ((area = list_first_entry_or_null(&pages->stale_areas, struct iopt_area, stale_item))) {
		interval_tree_remove(&area->pages_node, &pages->domains_itree);
		list_del(&area->stale_item);
		kfree(area);
	}
	WARN_ON(!RB_EMPTY_ROOT(&pages->access_itree.rb_root));
	WARN_ON(!RB_EMPTY_ROOT(&pages->domains_itree.rb_root));
	WARN_ON(pages->npinned);
	WARN_ON(pages->pinned_pfns.nr_keys);
	sim_run_tree_destroy(&pages->pinned_pfns);
	sim_race_unseen(list_del(&pages->world_item));
	sim_race_unseen(list_del(&pages->unchecked_item));
	ledger_object_destroy(pages->ledger);
	mmdrop(pages->source_mm);
	mutex_destroy(&pages->mutex);
	put_task_struct(pages->source_task);
	free_uid(pages->source_user);
	if (pages->type == IOPT_ADDRESS_FILE)
		fput(pages->file);
	kfree(pages);
}

void iopt_put_pages(struct iopt_pages *pages)
{
	kref_put(&pages->kref, iopt_release_pages);
}

void iopt_area_list_domain(struct iopt_area *area, struct iopt_pages *pages)
{
	interval_tree_insert(&area->pages_node, &pages->domains_itree);
	iopt_pages_changed(pages);
}

void iopt_area_unlist_domain(struct iopt_area *area, struct iopt_pages *pages)
{
	if (area->unlisted)
		sim_violate(VIOLATION_USE_AFTER_FREE, "a split area is not in domains_itree, but the freed one is");
	else
		interval_tree_remove(&area->pages_node, &pages->domains_itree);
	iopt_pages_changed(pages);
}

static void iopt_area_unmap_domain_range(struct iopt_area *area, struct iommu_domain *domain,
					 unsigned long start_index, unsigned long last_index)
{
	unsigned long iova = iopt_area_index_to_iova(area, start_index);
	size_t bytes = iopt_area_index_to_iova_last(area, last_index) - iova + 1;

	WARN_ON(iommu_unmap(domain, iova, bytes) != bytes);
}

void iopt_area_unmap_domain(struct iopt_area *area, struct iommu_domain *domain)
{
	iopt_area_unmap_domain_range(area, domain, iopt_area_index(area), iopt_area_last_index(area));
}

/*
 * Unmaps and unpins [@start_index, @last_index], in batches. Unmaps on to where
 * the physical run ends, at most @real_last_index; *@unmapped_end is how far that is.
 */
static void iopt_area_unpin_domain(struct pfn_batch *batch, struct iopt_area *area, struct iopt_pages *pages,
				   struct iommu_domain *domain, unsigned long start_index, unsigned long last_index,
				   unsigned long *unmapped_end, unsigned long real_last_index)
{
	while (start_index <= last_index) {
		unsigned long batch_last = last_index;

		if (*unmapped_end <= last_index) {
			unsigned long from = max(start_index, *unmapped_end);

			batch_from_domain(batch, domain, area, from, last_index);
			if (!batch->total_pfns)
				return;
			/* 727c28c1cef2: counted from where it reads, though the carry lies before that */
			batch_last = (iommufd_rules()->unpin_while_access ? from : start_index) + batch->total_pfns - 1;
		}

		/*
		 * The kernel looks ahead also where it has unmapped already, with a carry
		 * that spans several accesses: it finds nothing, which the mock WARNs of.
		 */
		if (batch_last == last_index && last_index != real_last_index)
			batch_from_domain_continue(batch, domain, area, last_index + 1, real_last_index);
		if (*unmapped_end <= batch_last) {
			iopt_area_unmap_domain_range(area, domain, *unmapped_end,
						     start_index + batch->total_pfns - 1);
			*unmapped_end = start_index + batch->total_pfns;
		}
		batch_unpin(batch, pages, 0, batch_last - start_index + 1);
		start_index = batch_last + 1;
		batch_clear_carry(batch, *unmapped_end - batch_last - 1);
	}
}

static void iopt_area_unfill_domain_until(struct iopt_area *area, struct iopt_pages *pages,
					  struct iommu_domain *domain, unsigned long last_index)
{
	unsigned long unmapped_end = iopt_area_index(area);
	struct page_run backup[BATCH_BACKUP_SLOTS];
	struct pfn_batch batch;
	struct iopt_span span;

	lockdep_assert_held(&pages->mutex);

	batch_init_backup(&batch, last_index + 1, backup);
	iopt_for_each_span(&span, &pages->domains_itree, &pages->access_itree, iopt_area_index(area), last_index) {
		if (span.used)
			batch_skip_carry(&batch, span.last - span.first + 1);
		else
			iopt_area_unpin_domain(&batch, area, pages, domain, span.first, span.last, &unmapped_end,
					       last_index);
	}
	/* what is left is held by others: unmapped only */
	if (unmapped_end <= last_index)
		iopt_area_unmap_domain_range(area, domain, unmapped_end, last_index);
	WARN_ON(batch.total_pfns);
	batch_destroy(&batch);
	iopt_pages_update_unpinned(pages);
}

/* Of an area whose filling failed: the part before @end_index. */
static void iopt_area_unfill_partial_domain(struct iopt_area *area, struct iopt_pages *pages,
					    struct iommu_domain *domain, unsigned long end_index)
{
	if (end_index > iopt_area_index(area))
		iopt_area_unfill_domain_until(area, pages, domain, end_index - 1);
}

/* The area must be off domains_itree, so that its own pages count as held by others only if they are. */
void iopt_area_unfill_domain(struct iopt_area *area, struct iopt_pages *pages, struct iommu_domain *domain)
{
	iopt_area_unfill_domain_until(area, pages, domain, iopt_area_last_index(area));
}

/*
 * Whether the area's pages are all pinned and charged already: then filling a
 * domain must cost nothing (invariant copy_free).
 */
static bool iopt_area_held(const struct iopt_area *area, struct iopt_pages *pages)
{
	struct iopt_span span;

	if (pages->npinned != pages->last_npinned)
		return false;
	iopt_for_each_span(&span, &pages->access_itree, &pages->domains_itree, iopt_area_index(area),
			   iopt_area_last_index(area))
		if (!span.used)
			return false;
	return true;
}

int iopt_area_fill_domain(struct iopt_area *area, struct iommu_domain *domain)
{
	struct iopt_pages *pages = area->pages;
	bool held = iopt_area_held(area, pages);
	size_t charged = pages->last_npinned;
	unsigned long done_end_index = iopt_area_index(area);
	struct pfn_reader pfns;
	int rc;

	rc = pfn_reader_first(&pfns, pages, iopt_area_index(area), iopt_area_last_index(area));
	if (rc)
		return rc;

	while (!pfn_reader_done(&pfns)) {
		done_end_index = pfns.batch_start_index;
		rc = batch_to_domain(&pfns.batch, domain, area, done_end_index);
		if (rc)
			goto err_unmap;
		done_end_index = pfns.batch_end_index;
		rc = pfn_reader_next(&pfns);
		if (rc)
			goto err_unmap;
	}
	rc = pfn_reader_user_update_pinned(&pfns.user, pages);
	if (rc)
		goto err_unmap;
	if (held)
		pages->charged_while_held += pages->last_npinned - charged;
	pfn_reader_destroy(&pfns);
	return 0;

err_unmap:
	pfn_reader_release_pins(&pfns);
	iopt_area_unfill_partial_domain(area, pages, domain, done_end_index);
	pfn_reader_destroy(&pfns);
	return rc;
}

/*
 * Undoes a part-filled area. Domains before @failed have all of the last batch,
 * up to @first_end; the others end before it, at @all_end. The area does not
 * stand in domains_itree yet: the last domain does the unpinning for all.
 */
static void iopt_area_undo_fill(struct iopt_area *area, struct iopt_pages *pages, unsigned long failed,
				unsigned long first_end, unsigned long all_end)
{
	struct iommu_domain *domain;
	unsigned long id;

	xa_for_each(&area->iopt->domains, id, domain) {
		unsigned long end = id < failed ? first_end : all_end;

		if (id == area->iopt->next_domain_id - 1)
			iopt_area_unfill_partial_domain(area, pages, domain, end);
		else if (end != iopt_area_index(area))
			iopt_area_unmap_domain_range(area, domain, iopt_area_index(area), end - 1);
	}
}

/* Every batch into every domain, before the next batch is read. */
static int iopt_area_fill_locked(struct iopt_area *area, struct iopt_pages *pages)
{
	unsigned long first_end = iopt_area_index(area), all_end = first_end, id = 0;
	struct iommu_domain *domain;
	struct pfn_reader pfns;
	int rc;

	rc = pfn_reader_first(&pfns, pages, iopt_area_index(area), iopt_area_last_index(area));
	if (rc)
		return rc;

	while (!pfn_reader_done(&pfns)) {
		first_end = pfns.batch_end_index;
		all_end = pfns.batch_start_index;
		xa_for_each(&area->iopt->domains, id, domain) {
			rc = batch_to_domain(&pfns.batch, domain, area, pfns.batch_start_index);
			if (rc)
				goto err_unmap;
		}
		all_end = first_end;
		rc = pfn_reader_next(&pfns);
		if (rc)
			goto err_unmap;
	}
	rc = pfn_reader_user_update_pinned(&pfns.user, pages);
	if (rc)
		goto err_unmap;
	area->storage_domain = xa_load(&area->iopt->domains, 0);
	iopt_area_list_domain(area, pages);
	pfn_reader_destroy(&pfns);
	return 0;

err_unmap:
	pfn_reader_release_pins(&pfns);
	iopt_area_undo_fill(area, pages, id, first_end, all_end);
	pfn_reader_destroy(&pfns);
	return rc;
}

int iopt_area_fill_domains(struct iopt_area *area, struct iopt_pages *pages)
{
	size_t charged;
	bool held;
	int rc;

	lockdep_assert_held(&area->iopt->domains_rwsem);

	if (xa_empty(&area->iopt->domains))
		return 0;
	mutex_lock(&pages->mutex);
	held = iopt_area_held(area, pages);
	charged = pages->last_npinned;
	rc = iopt_area_fill_locked(area, pages);
	if (!rc && held)
		pages->charged_while_held += pages->last_npinned - charged;
	mutex_unlock(&pages->mutex);
	return rc;
}

void iopt_area_unfill_domains(struct iopt_area *area, struct iopt_pages *pages)
{
	struct iommu_domain *domain;
	unsigned long id;

	lockdep_assert_held(&area->iopt->domains_rwsem);

	mutex_lock(&pages->mutex);
	if (area->storage_domain) {
		xa_for_each(&area->iopt->domains, id, domain)
			if (domain != area->storage_domain)
				iopt_area_unmap_domain(area, domain);
		iopt_area_unlist_domain(area, pages);
		iopt_area_unfill_domain(area, pages, area->storage_domain);
		area->storage_domain = NULL;
	}
	mutex_unlock(&pages->mutex);
}

/* Reads each page once, as an access that copies data does; what it had to pin is unpinned batch by batch. */
int iopt_pages_touch(struct iopt_pages *pages, unsigned long start_index, unsigned long last_index)
{
	struct pfn_reader pfns;
	int rc;

	rc = pfn_reader_first(&pfns, pages, start_index, last_index);
	if (rc)
		return rc;
	while (!rc && !pfn_reader_done(&pfns)) {
		pfn_reader_unpin(&pfns);
		rc = pfn_reader_next(&pfns);
	}
	pfn_reader_destroy(&pfns);
	return rc;
}
