/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Areas and pages: what io_pagetable.c and pages.c share.
 *
 * iopt_pages is an array of pages that somebody mapped; whoever maps it makes it,
 * and it is what is pinned and charged. iopt_area is a piece of IOVA space that
 * shows a piece of one iopt_pages; IOAS_COPY and the splitting of an area make
 * more areas of the same iopt_pages, which costs nothing.
 */
#ifndef IOPT_IO_PAGETABLE_H
#define IOPT_IO_PAGETABLE_H

#include <linux/interval_tree.h>
#include <accounting/charge.h>
#include <sim/run_tree.h>

#include "iommufd_private.h"

/*
 * pages is NULL while the area is being filled (its IOVAs are taken, but nobody
 * else may look) and again while it is being emptied. storage_domain is where the
 * page frames can be read back; set, the area stands in pages->domains_itree.
 */
struct iopt_area {
	struct io_pagetable *iopt;
	struct interval_tree_node node;		/* IOVA; io_pagetable::area_itree */
	struct iopt_pages *pages;
	struct interval_tree_node pages_node;	/* page indexes; iopt_pages::domains_itree */
	unsigned int page_offset;		/* bytes into the first page */
	struct iommu_domain *storage_domain;
	int iommu_prot;
	bool prevent_access;			/* an unmap waits for the accesses: no new ones, for ever */
	bool unlisted;				/* quirk iommufd_split_stale_itree: not in domains_itree as it should */
	bool stale;				/* the same: freed in the kernel, and still in domains_itree */
	unsigned int num_accesses;
	struct list_head stale_item;		/* iopt_pages::stale_areas */
	struct list_head emptying_item;		/* iopt_world::emptying */
};

struct iopt_reserved {
	void *owner;				/* the domain or device that cannot translate it */
	struct interval_tree_node node;
};

struct iopt_allowed {
	struct interval_tree_node node;
};

enum {
	IOPT_PAGES_ACCOUNT_NONE,
	IOPT_PAGES_ACCOUNT_USER,
	IOPT_PAGES_ACCOUNT_MM,
	IOPT_PAGES_ACCOUNT_MODES,
};

enum iopt_address_type {
	IOPT_ADDRESS_USER,
	IOPT_ADDRESS_FILE,
};

/*
 * Where a page's frame is to be found, in this order: pinned_pfns if an access
 * holds the index, the storage domain of an area that does, else nowhere: it has
 * to be pinned. npinned counts the indexes that are pinned, last_npinned what was
 * charged for; they differ only while the mutex is held, save where an uncharge
 * found nobody to give back to.
 */
struct iopt_pages {
	struct kref kref;
	struct mutex mutex;			/* all below but what never changes */
	size_t npages;				/* the size of the array */
	size_t last_npinned;
	size_t npinned;
	struct mm_struct *source_mm;		/* mm_count reference */
	struct user_struct *source_user;
	struct task_struct *source_task;	/* group leader of who mapped: whose limit counts */
	enum iopt_address_type type;
	unsigned long uptr;			/* IOPT_ADDRESS_USER: page aligned */
	struct file *file;			/* IOPT_ADDRESS_FILE */
	unsigned long start;			/* offset in the file, page aligned */
	bool writable;
	bool device_memory;			/* neither pinned nor charged; npinned counts what is mapped */
	u8 account_mode;
	struct sim_run_tree pinned_pfns;	/* index -> frame, for accesses */
	struct rb_root_cached access_itree;
	struct rb_root_cached domains_itree;

	struct ledger_object *ledger;
	struct list_head world_item;		/* iopt_world::pages */
	struct list_head unchecked_item;	/* iopt_world::unchecked */
	u8 unchecked;				/* by which invariants */
	u8 made_account_mode;			/* as published; account_mode must stay so */
	size_t moving;				/* change_process: charged to the new owner for these pages */
	size_t charged_while_held;		/* pages charged for by a copy or attach that pinned nothing new */
	struct list_head stale_areas;
};

/* One range held by in-kernel accesses; users count the pins of exactly this range. */
struct iopt_pages_access {
	struct interval_tree_node node;
	unsigned int users;
};

static inline unsigned long iopt_area_index(const struct iopt_area *area)
{
	return area->pages_node.start;
}

static inline unsigned long iopt_area_last_index(const struct iopt_area *area)
{
	return area->pages_node.last;
}

static inline unsigned long iopt_area_iova(const struct iopt_area *area)
{
	return area->node.start;
}

static inline unsigned long iopt_area_last_iova(const struct iopt_area *area)
{
	return area->node.last;
}

static inline unsigned long iopt_area_length(const struct iopt_area *area)
{
	return area->node.last - area->node.start + 1;
}

/* How many bytes into the pages @iova lies. */
static inline unsigned long iopt_area_start_byte(const struct iopt_area *area, unsigned long iova)
{
	return iopt_area_index(area) * PAGE_SIZE + area->page_offset + (iova - iopt_area_iova(area));
}

static inline unsigned long iopt_area_iova_to_index(const struct iopt_area *area, unsigned long iova)
{
	return iopt_area_start_byte(area, iova) >> PAGE_SHIFT;
}

/* The first area (allowed, reserved range) that touches [@start, @last]; iova_rwsem held. */
struct iopt_area *iopt_area_first(struct io_pagetable *iopt, unsigned long start, unsigned long last);
struct iopt_area *iopt_area_after(struct iopt_area *area, unsigned long last);
#define iopt_for_each_area(area, iopt) \
	for (area = iopt_area_first(iopt, 0, ULONG_MAX); area; area = iopt_area_after(area, ULONG_MAX))

/*
 * The areas of [@iova, @last_iova] as long as they follow each other without a
 * gap; stops at one that is under construction. contig_done() then says whether
 * it got to the end.
 */
struct iopt_area_contig_iter {
	unsigned long cur_iova;
	unsigned long last_iova;
	struct iopt_area *area;
};
struct iopt_area *iopt_area_contig_init(struct iopt_area_contig_iter *iter, struct io_pagetable *iopt,
					unsigned long iova, unsigned long last_iova);
struct iopt_area *iopt_area_contig_next(struct iopt_area_contig_iter *iter);
static inline bool iopt_area_contig_done(const struct iopt_area_contig_iter *iter)
{
	return iter->area && iter->last_iova <= iopt_area_last_iova(iter->area);
}
#define iopt_for_each_contig_area(iter, area, iopt, iova, last_iova) \
	for (area = iopt_area_contig_init(iter, iopt, iova, last_iova); area; area = iopt_area_contig_next(iter))

/* io_pagetable.c */
struct iopt_pages_list {
	struct list_head next;
	struct iopt_pages *pages;
	unsigned long start_byte;
	unsigned long length;
	struct iopt_area *area;
};
void iopt_init_table(struct io_pagetable *iopt);
void iopt_destroy_table(struct io_pagetable *iopt);
/*
 * Maps @length bytes at user address @uptr. @iova: the address to use, or where
 * @alloc_iova the one chosen. Nothing locked. Order of steps and errnos:
 * io_pagetable.c:iopt_map_pages.
 */
int iopt_map_user_pages(struct iommufd_ctx *ictx, struct io_pagetable *iopt, unsigned long *iova, unsigned long uptr,
			unsigned long length, int iommu_prot, bool alloc_iova);
int iopt_map_file_pages(struct iommufd_ctx *ictx, struct io_pagetable *iopt, unsigned long *iova, int fd,
			unsigned long start, unsigned long length, int iommu_prot, bool alloc_iova);
int iopt_map_pages(struct io_pagetable *iopt, struct list_head *pages_list, unsigned long length,
		   unsigned long *dst_iova, int iommu_prot, bool alloc_iova);
int iopt_get_pages(struct io_pagetable *iopt, unsigned long iova, unsigned long length, struct list_head *pages_list);
void iopt_free_pages_list(struct list_head *pages_list);
int iopt_unmap_iova(struct io_pagetable *iopt, unsigned long iova, unsigned long length, unsigned long *unmapped);
int iopt_unmap_all(struct io_pagetable *iopt, unsigned long *unmapped);
int iopt_set_allow_iova(struct io_pagetable *iopt, struct rb_root_cached *allowed_iova);
int iopt_reserve_iova(struct io_pagetable *iopt, unsigned long start, unsigned long last, void *owner);
void iopt_remove_reserved_iova(struct io_pagetable *iopt, void *owner);
int iopt_table_enforce_dev_resv_regions(struct io_pagetable *iopt, struct device *dev);
int iopt_table_add_domain(struct io_pagetable *iopt, struct iommu_domain *domain);
void iopt_table_remove_domain(struct io_pagetable *iopt, struct iommu_domain *domain);
int iopt_cut_iova(struct io_pagetable *iopt, const unsigned long *iovas, unsigned int num_iovas);
void iopt_enable_large_pages(struct io_pagetable *iopt);
int iopt_disable_large_pages(struct io_pagetable *iopt);
int iopt_add_access(struct io_pagetable *iopt, struct iommufd_access *access);
void iopt_remove_access(struct io_pagetable *iopt, struct iommufd_access *access, u32 iopt_access_list_id);

/* span.c: walks two interval trees at once. */
struct iopt_span {
	struct rb_root_cached *itree[2];
	unsigned long next;			/* where the next span begins */
	unsigned long end;			/* last index of the walk */
	bool done;
	/* the span: [first, last]; used: 0 by no tree, 1 by the first, 2 by the second alone */
	unsigned long first;
	unsigned long last;
	int used;
};
void iopt_span_init(struct iopt_span *span, struct rb_root_cached *itree1, struct rb_root_cached *itree2,
		    unsigned long first, unsigned long last);
/* Sets span->first, last and used; false at the end. */
bool iopt_span_step(struct iopt_span *span);
#define iopt_for_each_span(span, itree1, itree2, first, last) \
	for (iopt_span_init(span, itree1, itree2, first, last); iopt_span_step(span); )

/* pages.c; all but the first with pages->mutex held unless said otherwise */
struct iopt_pages *iopt_alloc_user_pages(struct iommufd_ctx *ictx, unsigned long uptr, unsigned long length,
					 bool writable);
struct iopt_pages *iopt_alloc_file_pages(struct iommufd_ctx *ictx, struct file *file, unsigned long start,
					 unsigned long length, bool writable);
void iopt_put_pages(struct iopt_pages *pages);
int iopt_area_fill_domains(struct iopt_area *area, struct iopt_pages *pages);	/* takes the mutex */
void iopt_area_unfill_domains(struct iopt_area *area, struct iopt_pages *pages);	/* takes the mutex */
int iopt_area_fill_domain(struct iopt_area *area, struct iommu_domain *domain);
void iopt_area_unfill_domain(struct iopt_area *area, struct iopt_pages *pages, struct iommu_domain *domain);
void iopt_area_unmap_domain(struct iopt_area *area, struct iommu_domain *domain);
void iopt_area_list_domain(struct iopt_area *area, struct iopt_pages *pages);
void iopt_area_unlist_domain(struct iopt_area *area, struct iopt_pages *pages);
/* An area whose storage domain has the page, or NULL. */
struct iopt_area *iopt_pages_find_domain_area(struct iopt_pages *pages, unsigned long index);
int iopt_pages_touch(struct iopt_pages *pages, unsigned long start_index, unsigned long last_index);

/* xarray.c: in-kernel accesses */
int iopt_area_add_access(struct iopt_area *area, unsigned long start_index, unsigned long last_index, bool write);
void iopt_area_remove_access(struct iopt_area *area, unsigned long start_index, unsigned long last_index);
/* Copies between the pages and a kernel buffer. No lock held but iova_rwsem. */
int iopt_pages_rw_access(struct iopt_pages *pages, unsigned long start_byte, unsigned long length, bool write);

/* invariants.c: what the invariants are about has changed, so that a check costs what changed and not what there is. */
void iopt_pages_changed(struct iopt_pages *pages);

/* account.c */
struct pfn_reader_user;
/*
 * Charges (or gives back) @npages for @pages by their mode, and notes npinned as
 * charged. ENOMEM over the limit; EINVAL in process mode when the mm is dead.
 * pages->mutex held, or the pages otherwise out of reach.
 */
int iopt_pages_update_pinned(struct iopt_pages *pages, size_t npages, bool inc, struct pfn_reader_user *user);
/* Gives back what was charged above npinned. */
void iopt_pages_update_unpinned(struct iopt_pages *pages);
/* Charges or gives back the difference, after the pages were read. */
int pfn_reader_user_update_pinned(struct pfn_reader_user *user, struct iopt_pages *pages);

#endif
