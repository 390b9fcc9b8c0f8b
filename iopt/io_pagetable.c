// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * io_pagetable: which IOVAs of an address space show which pages
 * (iommufd/io_pagetable.c).
 *
 * area_itree, allowed_itree and reserved_itree are under iova_rwsem, the domains
 * under domains_rwsem; who adds or removes a domain holds both for write. Filling
 * or emptying an area takes long and must not keep others from mapping elsewhere,
 * so it runs without iova_rwsem: the area then stands in area_itree with pages
 * NULL, its IOVAs taken, and everybody skips it or answers EBUSY. domains_rwsem
 * is held for read meanwhile, so that no domain comes or goes that would miss it.
 *
 * An unmap first has the in-kernel accesses of the area let go, with no lock
 * held, and begins again.
 */
#include <sim/verdict.h>

#include "io_pagetable.h"

/* Against everything: domains and accesses come and go, and every mapping with them. */
static void iopt_lock(struct io_pagetable *iopt)
{
	down_write(&iopt->domains_rwsem);
	down_write(&iopt->iova_rwsem);
}

static void iopt_unlock(struct io_pagetable *iopt)
{
	up_write(&iopt->iova_rwsem);
	up_write(&iopt->domains_rwsem);
}

static void iopt_assert_locked(struct io_pagetable *iopt)
{
	lockdep_assert_held_write(&iopt->domains_rwsem);
	lockdep_assert_held_write(&iopt->iova_rwsem);
}

struct iopt_area *iopt_area_first(struct io_pagetable *iopt, unsigned long start, unsigned long last)
{
	struct interval_tree_node *node = interval_tree_iter_first(&iopt->area_itree, start, last);

	return node ? container_of(node, struct iopt_area, node) : NULL;
}

struct iopt_area *iopt_area_after(struct iopt_area *area, unsigned long last)
{
	struct interval_tree_node *node = interval_tree_iter_next(&area->node, 0, last);

	return node ? container_of(node, struct iopt_area, node) : NULL;
}

struct iopt_area *iopt_area_contig_init(struct iopt_area_contig_iter *iter, struct io_pagetable *iopt,
					unsigned long iova, unsigned long last_iova)
{
	struct iopt_area *area = iopt_area_first(iopt, iova, iova);

	lockdep_assert_held(&iopt->iova_rwsem);

	iter->cur_iova = iova;
	iter->last_iova = last_iova;
	iter->area = area && area->pages ? area : NULL;
	return iter->area;
}

struct iopt_area *iopt_area_contig_next(struct iopt_area_contig_iter *iter)
{
	struct iopt_area *area;

	if (!iter->area || iopt_area_contig_done(iter))
		return NULL;
	iter->cur_iova = iopt_area_last_iova(iter->area) + 1;
	area = iopt_area_after(iter->area, iter->last_iova);
	if (!area || iopt_area_iova(area) != iter->cur_iova || !area->pages)
		area = NULL;
	iter->area = area;
	return area;
}

/* Moves *@start up to an address that is aligned as wanted; false where @length does not fit behind it. */
static bool iova_fits(unsigned long *start, unsigned long last, unsigned long length, unsigned long alignment,
		      unsigned long page_offset)
{
	unsigned long aligned;

	if (check_add_overflow(*start, alignment - 1, &aligned))
		return false;
	aligned = (aligned & ~(alignment - 1)) | page_offset;
	if (aligned >= last || last - aligned < length - 1)
		return false;
	*start = aligned;
	return true;
}

/* The first fitting place in [@start, @last] that is neither mapped nor reserved. */
static bool iova_find_hole(struct io_pagetable *iopt, unsigned long start, unsigned long last, unsigned long length,
			   unsigned long alignment, unsigned long page_offset, unsigned long *iova)
{
	struct iopt_span span;

	iopt_for_each_span(&span, &iopt->reserved_itree, &iopt->area_itree, start, last) {
		if (span.used || !iova_fits(&span.first, span.last, length, alignment, page_offset))
			continue;
		*iova = span.first;
		return true;
	}
	return false;
}

/*
 * Never 0. Keeps the alignment that the memory has, up to 2M and to the length,
 * so that large pages may be used.
 */
static int iopt_alloc_iova(struct io_pagetable *iopt, unsigned long *iova, unsigned long addr, unsigned long length)
{
	struct rb_root_cached nothing = RB_ROOT_CACHED;
	unsigned long offset = offset_in_page(addr);
	unsigned long alignment;
	struct iopt_span allowed;

	lockdep_assert_held(&iopt->iova_rwsem);

	if (length == 0 || length >= ULONG_MAX / 2)
		return -EOVERFLOW;
	alignment = roundup_pow_of_two(length);
	if (addr)
		alignment = min(alignment, addr & -addr);
	alignment = min(alignment, HPAGE_PMD_NR * PAGE_SIZE);
	if (alignment < iopt->iova_alignment)
		return -EINVAL;

	if (RB_EMPTY_ROOT(&iopt->allowed_itree.rb_root)) {
		unsigned long first = PAGE_SIZE, last = ULONG_MAX - PAGE_SIZE;

		if (iova_fits(&first, last, length, alignment, offset) &&
		    iova_find_hole(iopt, first, last, length, alignment, offset, iova))
			return 0;
		return -ENOSPC;
	}
	iopt_for_each_span(&allowed, &iopt->allowed_itree, &nothing, PAGE_SIZE, ULONG_MAX - PAGE_SIZE) {
		if (allowed.used && iova_fits(&allowed.first, allowed.last, length, alignment, offset) &&
		    iova_find_hole(iopt, allowed.first, allowed.last, length, alignment, offset, iova))
			return 0;
	}
	return -ENOSPC;
}

static int iopt_check_iova(struct io_pagetable *iopt, unsigned long iova, unsigned long length)
{
	unsigned long last;

	lockdep_assert_held(&iopt->iova_rwsem);

	if (iova & (iopt->iova_alignment - 1))
		return -EINVAL;
	if (check_add_overflow(iova, length - 1, &last))
		return -EOVERFLOW;
	if (interval_tree_iter_first(&iopt->reserved_itree, iova, last))
		return -EINVAL;
	if (iopt_area_first(iopt, iova, last))
		return -EEXIST;
	return 0;
}

/* Gives the area its IOVAs and its slice of the pages, from @start_byte on; it is not published yet. */
static int iopt_insert_area(struct io_pagetable *iopt, struct iopt_area *area, struct iopt_pages *pages,
			    unsigned long iova, unsigned long start_byte, unsigned long length, int iommu_prot)
{
	unsigned long last_byte;

	lockdep_assert_held_write(&iopt->iova_rwsem);

	if ((iommu_prot & IOMMU_WRITE) && !pages->writable)
		return -EPERM;
	area->iommu_prot = iommu_prot;
	area->page_offset = offset_in_page(start_byte);
	if (area->page_offset & (iopt->iova_alignment - 1))
		return -EINVAL;
	area->node.start = iova;
	if (check_add_overflow(iova, length - 1, &area->node.last) ||
	    check_add_overflow(start_byte, length - 1, &last_byte))
		return -EOVERFLOW;
	area->pages_node.start = start_byte / PAGE_SIZE;
	area->pages_node.last = last_byte / PAGE_SIZE;
	if (WARN_ON(area->pages_node.last >= pages->npages))
		return -EOVERFLOW;
	interval_tree_insert(&area->node, &iopt->area_itree);
	area->iopt = iopt;
	return 0;
}

static struct iopt_area *iopt_area_alloc(void)
{
	return kzalloc(sizeof(struct iopt_area), GFP_KERNEL_ACCOUNT);
}

/* What the memory's own address looks like, as a hint for the alignment. */
static unsigned long iopt_pages_list_addr(const struct iopt_pages_list *elm)
{
	if (elm->pages->type == IOPT_ADDRESS_FILE)
		return elm->pages->start + elm->start_byte;
	return elm->pages->uptr + elm->start_byte;
}

/* Takes the IOVAs: from here on the areas stand in the tree, without pages. */
static int iopt_alloc_area_pages(struct io_pagetable *iopt, struct list_head *pages_list, unsigned long length,
				 unsigned long *dst_iova, int iommu_prot, bool alloc_iova)
{
	struct iopt_pages_list *elm;
	unsigned long iova;
	int rc;

	/* nothing may fail for want of memory once the first area is in the tree */
	list_for_each_entry(elm, pages_list, next) {
		struct iopt_area *area = iopt_area_alloc();

		if (!area)
			return -ENOMEM;
		elm->area = area;
	}

	down_write(&iopt->iova_rwsem);
	if (!length || (length & (iopt->iova_alignment - 1))) {
		rc = -EINVAL;
	} else if (alloc_iova) {
		elm = list_first_entry(pages_list, struct iopt_pages_list, next);
		rc = iopt_alloc_iova(iopt, dst_iova, iopt_pages_list_addr(elm), length);
	} else {
		rc = iopt_check_iova(iopt, *dst_iova, length);
	}
	iova = *dst_iova;
	list_for_each_entry(elm, pages_list, next) {
		if (!rc)
			rc = iopt_insert_area(iopt, elm->area, elm->pages, iova, elm->start_byte, elm->length,
					      iommu_prot);
		iova += elm->length;
	}
	up_write(&iopt->iova_rwsem);
	return rc;
}

static void iopt_abort_area(struct iopt_area *area)
{
	struct io_pagetable *iopt = area->iopt;

	WARN_ON(area->pages);
	if (iopt) {
		down_write(&iopt->iova_rwsem);
		interval_tree_remove(&area->node, &iopt->area_itree);
		up_write(&iopt->iova_rwsem);
	}
	kfree(area);
}

/* What an element still has was not mapped. */
static void iopt_drop_elm(struct iopt_pages_list *elm)
{
	if (elm->area)
		iopt_abort_area(elm->area);
	if (elm->pages)
		iopt_put_pages(elm->pages);
}

void iopt_free_pages_list(struct list_head *pages_list)
{
	struct iopt_pages_list *elm, *next;

	list_for_each_entry_safe(elm, next, pages_list, next) {
		iopt_drop_elm(elm);
		list_del(&elm->next);
		kfree(elm);
	}
}

static int iopt_fill_domains_pages(struct list_head *pages_list)
{
	struct iopt_pages_list *elm, *done;
	int rc;

	list_for_each_entry(elm, pages_list, next) {
		rc = iopt_area_fill_domains(elm->area, elm->pages);
		if (!rc)
			continue;
		list_for_each_entry(done, pages_list, next) {
			if (done == elm)
				break;
			iopt_area_unfill_domains(done->area, done->pages);
		}
		return rc;
	}
	return 0;
}

int iopt_map_pages(struct io_pagetable *iopt, struct list_head *pages_list, unsigned long length,
		   unsigned long *dst_iova, int iommu_prot, bool alloc_iova)
{
	struct iopt_pages_list *elm;
	int rc;

	rc = iopt_alloc_area_pages(iopt, pages_list, length, dst_iova, iommu_prot, alloc_iova);
	if (rc)
		return rc;

	/* published before domains_rwsem is dropped, so that a domain that comes next is filled with it */
	down_read(&iopt->domains_rwsem);
	rc = iopt_fill_domains_pages(pages_list);
	if (!rc) {
		down_write(&iopt->iova_rwsem);
		list_for_each_entry(elm, pages_list, next) {
			elm->area->pages = elm->pages;
			elm->area = NULL;
			elm->pages = NULL;
		}
		up_write(&iopt->iova_rwsem);
	}
	up_read(&iopt->domains_rwsem);
	return rc;
}

static int iopt_map_new_pages(struct io_pagetable *iopt, struct iopt_pages *pages, unsigned long start_byte,
			      unsigned long length, unsigned long *iova, int iommu_prot, bool alloc_iova)
{
	struct iopt_pages_list elm = { .pages = pages, .start_byte = start_byte, .length = length };
	LIST_HEAD(pages_list);
	int rc;

	list_add(&elm.next, &pages_list);
	rc = iopt_map_pages(iopt, &pages_list, length, iova, iommu_prot, alloc_iova);
	iopt_drop_elm(&elm);
	return rc;
}

int iopt_map_user_pages(struct iommufd_ctx *ictx, struct io_pagetable *iopt, unsigned long *iova, unsigned long uptr,
			unsigned long length, int iommu_prot, bool alloc_iova)
{
	struct iopt_pages *pages = iopt_alloc_user_pages(ictx, uptr, length, iommu_prot & IOMMU_WRITE);

	if (IS_ERR(pages))
		return PTR_ERR(pages);
	return iopt_map_new_pages(iopt, pages, uptr - pages->uptr, length, iova, iommu_prot, alloc_iova);
}

int iopt_map_file_pages(struct iommufd_ctx *ictx, struct io_pagetable *iopt, unsigned long *iova, int fd,
			unsigned long start, unsigned long length, int iommu_prot, bool alloc_iova)
{
	struct iopt_pages *pages;
	struct file *file;

	file = fget(fd);
	if (!file)
		return -EBADF;
	pages = iopt_alloc_file_pages(ictx, file, start, length, iommu_prot & IOMMU_WRITE);
	fput(file);
	if (IS_ERR(pages))
		return PTR_ERR(pages);
	return iopt_map_new_pages(iopt, pages, start - pages->start, length, iova, iommu_prot, alloc_iova);
}

/* References to all pages shown in the range, which must have no gap, by area. */
int iopt_get_pages(struct io_pagetable *iopt, unsigned long iova, unsigned long length, struct list_head *pages_list)
{
	struct iopt_area_contig_iter iter;
	struct iopt_pages_list *elm;
	struct iopt_area *area;
	unsigned long last;
	int rc = 0;

	if (!length)
		return -EINVAL;
	if (check_add_overflow(iova, length - 1, &last))
		return -EOVERFLOW;

	down_read(&iopt->iova_rwsem);
	iopt_for_each_contig_area(&iter, area, iopt, iova, last) {
		elm = kzalloc(sizeof(*elm), GFP_KERNEL_ACCOUNT);
		if (!elm) {
			rc = -ENOMEM;
			break;
		}
		elm->pages = area->pages;
		kref_get(&elm->pages->kref);
		elm->start_byte = iopt_area_start_byte(area, iter.cur_iova);
		elm->length = min(last, iopt_area_last_iova(area)) - iter.cur_iova + 1;
		list_add_tail(&elm->next, pages_list);
	}
	if (!rc && !iopt_area_contig_done(&iter))
		rc = -ENOENT;
	up_read(&iopt->iova_rwsem);
	if (rc)
		iopt_free_pages_list(pages_list);
	return rc;
}

/* Up to 6.3 the area was looked at again with no lock held, so it may be gone. */
static bool iopt_still_accessed(struct io_pagetable *iopt, const struct iopt_area *area, unsigned long iova)
{
	if (iopt_area_first(iopt, iova, iova) == area)
		return READ_ONCE(area->num_accesses);
	sim_violate(VIOLATION_USE_AFTER_FREE, "iopt_unmap_iova_range() looks at an area that was unmapped meanwhile");
	return false;
}

/* Has the accesses let go; all locks dropped. 0: look again. */
static int iopt_unmap_notify(struct io_pagetable *iopt, struct iopt_area *area, unsigned int *tries)
{
	unsigned long iova = iopt_area_iova(area), length = iopt_area_length(area);
	bool once = iommufd_rules()->unmap == N_WARN;

	area->prevent_access = true;
	up_write(&iopt->iova_rwsem);
	up_read(&iopt->domains_rwsem);

	iommufd_access_notify_unmap(iopt, iova, length);
	++*tries;
	if (WARN_ON(once ? iopt_still_accessed(iopt, area, iova) : *tries > 100))
		return -EDEADLOCK;
	return 0;
}

/* Empties and frees an area that nobody else may look at any more. */
static void iopt_discard_area(struct iopt_area *area, struct iopt_pages *pages)
{
	iopt_area_unfill_domains(area, pages);
	sim_race_unseen(list_del(&area->emptying_item));
	iopt_abort_area(area);
	iopt_put_pages(pages);
}

/*
 * Area after area, each with the locks dropped while it is emptied. What was
 * unmapped before an error stays unmapped, and is counted in *@unmapped.
 */
static int iopt_unmap_iova_range(struct io_pagetable *iopt, unsigned long start, unsigned long last,
				 unsigned long *unmapped)
{
	enum iommufd_unmap rule = iommufd_rules()->unmap;
	unsigned long bytes = 0;
	struct iopt_pages *pages;
	struct iopt_area *area;
	unsigned int tries = 0;
	int rc = 0;

again:
	down_read(&iopt->domains_rwsem);
	down_write(&iopt->iova_rwsem);
	while ((area = iopt_area_first(iopt, start, last))) {
		unsigned long area_first = iopt_area_iova(area);
		unsigned long area_last = iopt_area_last_iova(area);

		if (!area->pages) {
			rc = -EBUSY;
			goto out_unlock;
		}
		if (area_first < start || area_last > last) {
			rc = -ENOENT;
			goto out_unlock;
		}
		if (area_first != start)
			tries = 0;
		if (area->num_accesses) {
			start = area_first;
			rc = iopt_unmap_notify(iopt, area, &tries);
			if (rc)
				goto out;
			goto again;
		}

		bytes += iopt_area_length(area);
		pages = area->pages;
		area->pages = NULL;
		sim_race_unseen(list_add(&area->emptying_item, &iopt_world()->emptying));
		up_write(&iopt->iova_rwsem);
		iopt_discard_area(area, pages);
		down_write(&iopt->iova_rwsem);
		/* so that what is mapped meanwhile behind the cursor is left alone */
		if (rule == N_EMPTY_ADV) {
			if (area_last >= last)
				break;
			start = area_last + 1;
		}
	}
	if (!bytes && (rule == N_WARN || rule == N_RETRY))
		rc = -ENOENT;

out_unlock:
	up_write(&iopt->iova_rwsem);
	up_read(&iopt->domains_rwsem);
out:
	*unmapped = bytes;
	return rc;
}

int iopt_unmap_iova(struct io_pagetable *iopt, unsigned long iova, unsigned long length, unsigned long *unmapped)
{
	unsigned long last;

	*unmapped = 0;
	if (!length)
		return -EINVAL;
	if (check_add_overflow(iova, length - 1, &last))
		return -EOVERFLOW;
	return iopt_unmap_iova_range(iopt, iova, last, unmapped);
}

int iopt_unmap_all(struct io_pagetable *iopt, unsigned long *unmapped)
{
	int rc = iopt_unmap_iova_range(iopt, 0, ULONG_MAX, unmapped);

	return rc == -ENOENT ? 0 : rc;
}

/* Swaps @allowed_iova in, or leaves all as it was. The caller frees what is in @allowed_iova then. */
int iopt_set_allow_iova(struct io_pagetable *iopt, struct rb_root_cached *allowed_iova)
{
	struct interval_tree_node *node;
	int rc = 0;

	down_write(&iopt->iova_rwsem);
	for (node = interval_tree_iter_first(allowed_iova, 0, ULONG_MAX); node && !rc;
	     node = interval_tree_iter_next(node, 0, ULONG_MAX))
		if (interval_tree_iter_first(&iopt->reserved_itree, node->start, node->last))
			rc = -EADDRINUSE;
	if (!rc)
		swap(*allowed_iova, iopt->allowed_itree);
	up_write(&iopt->iova_rwsem);
	return rc;
}

int iopt_reserve_iova(struct io_pagetable *iopt, unsigned long start, unsigned long last, void *owner)
{
	struct iopt_reserved *reserved;

	lockdep_assert_held_write(&iopt->iova_rwsem);

	if (iopt_area_first(iopt, start, last) || interval_tree_iter_first(&iopt->allowed_itree, start, last))
		return -EADDRINUSE;
	reserved = kzalloc(sizeof(*reserved), GFP_KERNEL_ACCOUNT);
	if (!reserved)
		return -ENOMEM;
	reserved->owner = owner;
	reserved->node.start = start;
	reserved->node.last = last;
	interval_tree_insert(&reserved->node, &iopt->reserved_itree);
	return 0;
}

static void iopt_remove_reserved_locked(struct io_pagetable *iopt, void *owner)
{
	struct interval_tree_node *node, *next;

	lockdep_assert_held_write(&iopt->iova_rwsem);

	for (node = interval_tree_iter_first(&iopt->reserved_itree, 0, ULONG_MAX); node; node = next) {
		struct iopt_reserved *reserved = container_of(node, struct iopt_reserved, node);

		next = interval_tree_iter_next(node, 0, ULONG_MAX);
		if (reserved->owner != owner)
			continue;
		interval_tree_remove(node, &iopt->reserved_itree);
		kfree(reserved);
	}
}

void iopt_remove_reserved_iova(struct io_pagetable *iopt, void *owner)
{
	down_write(&iopt->iova_rwsem);
	iopt_remove_reserved_locked(iopt, owner);
	up_write(&iopt->iova_rwsem);
}

/* No mapping where @dev's DMA would not go through the IOMMU. */
int iopt_table_enforce_dev_resv_regions(struct io_pagetable *iopt, struct device *dev)
{
	struct iommu_resv_region *resv;
	LIST_HEAD(regions);
	int rc = 0;

	down_write(&iopt->iova_rwsem);
	iommu_get_resv_regions(dev, &regions);
	list_for_each_entry(resv, &regions, list) {
		rc = iopt_reserve_iova(iopt, resv->start, resv->start + resv->length - 1, dev);
		if (rc) {
			iopt_remove_reserved_locked(iopt, dev);
			break;
		}
	}
	iommu_put_resv_regions(dev, &regions);
	up_write(&iopt->iova_rwsem);
	return rc;
}

void iopt_init_table(struct io_pagetable *iopt)
{
	/* any byte may be mapped anywhere, as long as no domain or access asks for more */
	iopt->iova_alignment = 1;
	iopt->reserved_itree = RB_ROOT_CACHED;
	iopt->allowed_itree = RB_ROOT_CACHED;
	iopt->area_itree = RB_ROOT_CACHED;
	xa_init_flags(&iopt->access_list, XA_FLAGS_ALLOC);
	xa_init_flags(&iopt->domains, XA_FLAGS_ACCOUNT);
	init_rwsem(&iopt->domains_rwsem);
	init_rwsem(&iopt->iova_rwsem);
}

void iopt_destroy_table(struct io_pagetable *iopt)
{
	struct interval_tree_node *node;

	while ((node = interval_tree_iter_first(&iopt->allowed_itree, 0, ULONG_MAX))) {
		interval_tree_remove(node, &iopt->allowed_itree);
		kfree(container_of(node, struct iopt_allowed, node));
	}
	WARN_ON(!RB_EMPTY_ROOT(&iopt->reserved_itree.rb_root));
	WARN_ON(!RB_EMPTY_ROOT(&iopt->area_itree.rb_root));
	WARN_ON(!xa_empty(&iopt->domains));
	WARN_ON(!xa_empty(&iopt->access_list));
	xa_destroy(&iopt->domains);
	xa_destroy(&iopt->access_list);
}

/*
 * @domain is off the list. While others remain, they hold the frames, and it is
 * only unmapped; the last one has its pages unpinned, but for what accesses hold.
 */
static void iopt_unfill_domain(struct io_pagetable *iopt, struct iommu_domain *domain)
{
	struct iommu_domain *heir = iopt->next_domain_id ? xa_load(&iopt->domains, 0) : NULL;
	struct iopt_area *area;

	iopt_assert_locked(iopt);

	iopt_for_each_area(area, iopt) {
		struct iopt_pages *pages = area->pages;

		if (!pages)
			continue;
		mutex_lock(&pages->mutex);
		if (heir) {
			WARN_ON(!area->storage_domain);
			if (area->storage_domain == domain)
				area->storage_domain = heir;
		} else {
			iopt_area_unlist_domain(area, pages);
			WARN_ON(area->storage_domain != domain);
			area->storage_domain = NULL;
			iopt_area_unfill_domain(area, pages, domain);
		}
		mutex_unlock(&pages->mutex);
		if (heir)
			iopt_area_unmap_domain(area, domain);
	}
}

/* Takes out again what iopt_fill_domain() put in before @end. */
static void iopt_undo_fill_domain(struct io_pagetable *iopt, struct iommu_domain *domain, struct iopt_area *end)
{
	struct iopt_area *area;

	iopt_for_each_area(area, iopt) {
		struct iopt_pages *pages = area->pages;

		if (area == end)
			break;
		if (!pages)
			continue;
		mutex_lock(&pages->mutex);
		if (iopt->next_domain_id == 0) {
			iopt_area_unlist_domain(area, pages);
			area->storage_domain = NULL;
		}
		iopt_area_unfill_domain(area, pages, domain);
		mutex_unlock(&pages->mutex);
	}
}

static int iopt_fill_domain(struct io_pagetable *iopt, struct iommu_domain *domain)
{
	struct iopt_pages *pages;
	struct iopt_area *area;
	int rc;

	iopt_assert_locked(iopt);

	iopt_for_each_area(area, iopt) {
		pages = area->pages;
		if (!pages)
			continue;
		mutex_lock(&pages->mutex);
		rc = iopt_area_fill_domain(area, domain);
		if (!rc && !area->storage_domain) {
			WARN_ON(iopt->next_domain_id != 0);
			area->storage_domain = domain;
			iopt_area_list_domain(area, pages);
		}
		mutex_unlock(&pages->mutex);
		if (rc) {
			iopt_undo_fill_domain(iopt, domain, area);
			return rc;
		}
	}
	return 0;
}

static unsigned long iommu_domain_alignment(const struct iommu_domain *domain)
{
	return domain->pgsize_bitmap & -domain->pgsize_bitmap;
}

/* Does everything mapped keep to a coarser alignment? */
static int iopt_check_iova_alignment(struct io_pagetable *iopt, unsigned long alignment)
{
	unsigned long mask = alignment - 1;
	struct iopt_area *area;

	iopt_for_each_area(area, iopt)
		if ((iopt_area_iova(area) | iopt_area_length(area) | area->page_offset) & mask)
			return -EADDRINUSE;
	return 0;
}

/* What of the IOVA space @domain cannot translate. */
static int iopt_reserve_outside_aperture(struct io_pagetable *iopt, struct iommu_domain *domain)
{
	const struct iommu_domain_geometry *geometry = &domain->geometry;
	int rc = 0;

	if (geometry->aperture_start != 0)
		rc = iopt_reserve_iova(iopt, 0, geometry->aperture_start - 1, domain);
	if (!rc && geometry->aperture_end != ULONG_MAX)
		rc = iopt_reserve_iova(iopt, geometry->aperture_end + 1, ULONG_MAX, domain);
	return rc;
}

int iopt_table_add_domain(struct io_pagetable *iopt, struct iommu_domain *domain)
{
	unsigned long alignment;
	int rc;

	iopt_lock(iopt);

	alignment = max(iommu_domain_alignment(domain), iopt->iova_alignment);
	if (alignment > PAGE_SIZE) {
		rc = -EINVAL;
		goto out_unlock;
	}
	if (alignment != iopt->iova_alignment) {
		rc = iopt_check_iova_alignment(iopt, alignment);
		if (rc)
			goto out_unlock;
	}
	rc = iopt_reserve_outside_aperture(iopt, domain);
	if (rc)
		goto err_reserved;
	rc = xa_reserve(&iopt->domains, iopt->next_domain_id, GFP_KERNEL);
	if (rc)
		goto err_reserved;
	rc = iopt_fill_domain(iopt, domain);
	if (rc)
		goto err_release;

	iopt->iova_alignment = alignment;
	xa_store(&iopt->domains, iopt->next_domain_id++, domain, GFP_KERNEL);
	goto out_unlock;

err_release:
	xa_release(&iopt->domains, iopt->next_domain_id);
err_reserved:
	iopt_remove_reserved_locked(iopt, domain);
out_unlock:
	iopt_unlock(iopt);
	return rc;
}

static int iopt_calculate_iova_alignment(struct io_pagetable *iopt)
{
	unsigned long alignment = iopt->disable_large_pages ? PAGE_SIZE : 1;
	struct iommufd_access *access;
	struct iommu_domain *domain;
	unsigned long index;
	int rc;

	iopt_assert_locked(iopt);

	xa_for_each(&iopt->domains, index, domain)
		alignment = max(alignment, iommu_domain_alignment(domain));
	xa_for_each(&iopt->access_list, index, access)
		alignment = max(alignment, access->iova_alignment);
	if (alignment > iopt->iova_alignment) {
		rc = iopt_check_iova_alignment(iopt, alignment);
		if (rc)
			return rc;
	}
	iopt->iova_alignment = alignment;
	return 0;
}

void iopt_table_remove_domain(struct io_pagetable *iopt, struct iommu_domain *domain)
{
	struct iommu_domain *iter, *tail;
	unsigned long index;

	iopt_lock(iopt);

	xa_for_each(&iopt->domains, index, iter)
		if (iter == domain)
			break;
	if (WARN_ON(iter != domain))
		goto out_unlock;

	/* the last one moves into the gap */
	tail = xa_erase(&iopt->domains, --iopt->next_domain_id);
	if (tail != domain)
		xa_store(&iopt->domains, index, tail, GFP_KERNEL);

	iopt_unfill_domain(iopt, domain);
	iopt_remove_reserved_locked(iopt, domain);
	WARN_ON(iopt_calculate_iova_alignment(iopt));
out_unlock:
	iopt_unlock(iopt);
}

/* Both halves hold what @area held; e7250ab7ca49 had forgotten domains_itree. */
static void iopt_area_split_domain(struct iopt_area *area, struct iopt_area *lhs, struct iopt_area *rhs)
{
	struct iopt_pages *pages = area->pages;

	lhs->storage_domain = area->storage_domain;
	rhs->storage_domain = area->storage_domain;
	if (!area->storage_domain) {
		kfree(area);
	} else if (iommufd_rules()->split_stale_itree) {
		lhs->unlisted = true;
		rhs->unlisted = true;
		area->stale = true;
		if (area->unlisted)
			kfree(area);
		else
			list_add(&area->stale_item, &pages->stale_areas);
	} else {
		iopt_area_unlist_domain(area, pages);
		iopt_area_list_domain(lhs, pages);
		iopt_area_list_domain(rhs, pages);
		kfree(area);
	}
}

/* Replaces @area by two of the same pages; @iova becomes the last of the left one. */
static int iopt_area_split(struct iopt_area *area, unsigned long iova)
{
	unsigned long first = iopt_area_iova(area), last = iopt_area_last_iova(area);
	struct io_pagetable *iopt = area->iopt;
	unsigned long mask = iopt->iova_alignment - 1;
	struct iopt_pages *pages = area->pages;
	struct iopt_area *lhs, *rhs;
	int rc;

	lockdep_assert_held_write(&iopt->iova_rwsem);

	if (iova == first || iova == last)
		return 0;
	if (!pages || area->prevent_access)
		return -EBUSY;
	if (((iova + 1) | iopt_area_start_byte(area, iova + 1)) & mask)
		return -EINVAL;

	lhs = iopt_area_alloc();
	if (!lhs)
		return -ENOMEM;
	rhs = iopt_area_alloc();
	if (!rhs) {
		kfree(lhs);
		return -ENOMEM;
	}

	mutex_lock(&pages->mutex);
	/* an access cannot be split; nor what a domain may have mapped with large pages */
	rc = -EINVAL;
	if (area->num_accesses || (area->storage_domain && !iopt->disable_large_pages))
		goto err_unlock;

	interval_tree_remove(&area->node, &iopt->area_itree);
	rc = iopt_insert_area(iopt, lhs, pages, first, iopt_area_start_byte(area, first), iova - first + 1,
			      area->iommu_prot);
	if (WARN_ON(rc))
		goto err_insert;
	rc = iopt_insert_area(iopt, rhs, pages, iova + 1, iopt_area_start_byte(area, iova + 1), last - iova,
			      area->iommu_prot);
	if (WARN_ON(rc)) {
		interval_tree_remove(&lhs->node, &iopt->area_itree);
		goto err_insert;
	}
	lhs->pages = pages;
	rhs->pages = pages;
	kref_get(&pages->kref);
	iopt_area_split_domain(area, lhs, rhs);
	mutex_unlock(&pages->mutex);
	return 0;

err_insert:
	interval_tree_insert(&area->node, &iopt->area_itree);
err_unlock:
	mutex_unlock(&pages->mutex);
	kfree(lhs);
	kfree(rhs);
	return rc;
}

int iopt_cut_iova(struct io_pagetable *iopt, const unsigned long *iovas, unsigned int num_iovas)
{
	struct iopt_area *area;
	unsigned int i;
	int rc = 0;

	down_write(&iopt->iova_rwsem);
	for (i = 0; i < num_iovas && !rc; i++) {
		area = iopt_area_first(iopt, iovas[i], iovas[i]);
		if (area)
			rc = iopt_area_split(area, iovas[i]);
	}
	up_write(&iopt->iova_rwsem);
	return rc;
}

void iopt_enable_large_pages(struct io_pagetable *iopt)
{
	iopt_lock(iopt);
	WRITE_ONCE(iopt->disable_large_pages, false);
	WARN_ON(iopt_calculate_iova_alignment(iopt));
	iopt_unlock(iopt);
}

int iopt_disable_large_pages(struct io_pagetable *iopt)
{
	int rc = 0;

	iopt_lock(iopt);
	if (!iopt->disable_large_pages) {
		/* what is mapped in a domain may be in large pages already */
		if (!xa_empty(&iopt->domains) && !RB_EMPTY_ROOT(&iopt->area_itree.rb_root)) {
			rc = -EINVAL;
		} else {
			WRITE_ONCE(iopt->disable_large_pages, true);
			rc = iopt_calculate_iova_alignment(iopt);
			if (rc)
				WRITE_ONCE(iopt->disable_large_pages, false);
		}
	}
	iopt_unlock(iopt);
	return rc;
}

int iopt_add_access(struct io_pagetable *iopt, struct iommufd_access *access)
{
	u32 new_id;
	int rc;

	iopt_lock(iopt);
	rc = xa_alloc(&iopt->access_list, &new_id, access, xa_limit_16b, GFP_KERNEL_ACCOUNT);
	if (!rc) {
		rc = iopt_calculate_iova_alignment(iopt);
		if (rc)
			xa_erase(&iopt->access_list, new_id);
		else
			access->iopt_access_list_id = new_id;
	}
	iopt_unlock(iopt);
	return rc;
}

void iopt_remove_access(struct io_pagetable *iopt, struct iommufd_access *access, u32 iopt_access_list_id)
{
	iopt_lock(iopt);
	WARN_ON(xa_erase(&iopt->access_list, iopt_access_list_id) != access);
	WARN_ON(iopt_calculate_iova_alignment(iopt));
	iopt_unlock(iopt);
}
