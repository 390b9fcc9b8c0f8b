// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What iommufd adds to the digest of a world: each context with its objects in the
 * order of their ids, and from there the page tables, areas and pages.
 *
 * An automatic domain gets an id when a device is attached, so the order of ids is
 * part of the state: a program may name it, and so it is no mere history.
 */
#include <linux/interval_tree.h>
#include <mm_model/digest.h>
#include <sim/digest.h>

#include "io_pagetable.h"

static void itree_digest(struct sim_digest *digest, struct rb_root_cached *itree)
{
	struct interval_tree_node *node;

	for (node = interval_tree_iter_first(itree, 0, ULONG_MAX); node;
	     node = interval_tree_iter_next(node, 0, ULONG_MAX)) {
		sim_digest_add(digest, node->start);
		sim_digest_add(digest, node->last);
	}
	sim_digest_add(digest, 0);
}

static void pages_digest(struct sim_digest *digest, struct iopt_pages *pages)
{
	struct sim_run run;
	unsigned long at = 0;

	if (!sim_digest_name(digest, pages))
		return;
	sim_digest_add(digest, pages->npages);
	sim_digest_add(digest, pages->last_npinned);
	sim_digest_add(digest, pages->npinned);
	mm_digest_mm(digest, pages->source_mm);
	mm_digest_user(digest, pages->source_user);
	mm_digest_task(digest, pages->source_task);
	sim_digest_add(digest, pages->type);
	if (pages->type == IOPT_ADDRESS_FILE) {
		mm_digest_file(digest, pages->file);
		sim_digest_add(digest, pages->start);
	} else {
		sim_digest_add(digest, pages->uptr);
	}
	sim_digest_add(digest, pages->writable);
	sim_digest_add(digest, pages->account_mode | (unsigned long)pages->device_memory << 8);
	for (; sim_run_next(&pages->pinned_pfns, at, &run); at = run.last + 1) {
		sim_digest_add(digest, run.start);
		mm_digest_frames(digest, run.value, run.last - run.start + 1);
	}
	itree_digest(digest, &pages->access_itree);
	itree_digest(digest, &pages->domains_itree);
	ledger_digest(digest, pages->ledger);
	if (!list_empty(&pages->stale_areas))
		sim_digest_unknown(digest);
}

static void area_digest(struct sim_digest *digest, struct iopt_area *area)
{
	sim_digest_add(digest, area->node.start);
	sim_digest_add(digest, area->node.last);
	pages_digest(digest, area->pages);
	sim_digest_add(digest, area->pages_node.start);
	sim_digest_add(digest, area->pages_node.last);
	sim_digest_add(digest, area->page_offset);
	kapi_domain_digest(digest, area->storage_domain, mm_digest_frames);
	sim_digest_add(digest, (unsigned long)area->iommu_prot);
	sim_digest_add(digest, area->prevent_access | area->unlisted << 1 | area->stale << 2);
	sim_digest_add(digest, area->num_accesses);
}

static void ioas_digest(struct sim_digest *digest, struct iommufd_ioas *ioas)
{
	struct io_pagetable *iopt = &ioas->iopt;
	struct iopt_area *area;
	unsigned long index;
	void *entry;

	sim_digest_add(digest, iopt->iova_alignment);
	sim_digest_add(digest, iopt->disable_large_pages);
	itree_digest(digest, &iopt->reserved_itree);
	itree_digest(digest, &iopt->allowed_itree);
	xa_for_each(&iopt->domains, index, entry)
		kapi_domain_digest(digest, entry, mm_digest_frames);
	xa_for_each(&iopt->access_list, index, entry)
		sim_digest_name(digest, entry);
	iopt_for_each_area(area, iopt)
		area_digest(digest, area);
}

static void object_digest(struct sim_digest *digest, struct iommufd_object *obj)
{
	const struct iommufd_device *idev = container_of(obj, struct iommufd_device, obj);
	const struct iommufd_access *access = container_of(obj, struct iommufd_access, obj);
	const struct iommufd_hwpt_paging *hwpt = container_of(obj, struct iommufd_hwpt_paging, obj);

	if (!sim_digest_name(digest, obj))
		return;
	sim_digest_add(digest, obj->id);
	sim_digest_add(digest, obj->type);
	switch (obj->type) {
	case IOMMUFD_OBJ_IOAS:
		ioas_digest(digest, container_of(obj, struct iommufd_ioas, obj));
		break;
	case IOMMUFD_OBJ_HWPT_PAGING:
		kapi_domain_digest(digest, hwpt->domain, mm_digest_frames);
		sim_digest_name(digest, hwpt->ioas);
		sim_digest_add(digest, hwpt->auto_domain);
		break;
	case IOMMUFD_OBJ_DEVICE:
		sim_digest_name(digest, idev->dev);
		sim_digest_name(digest, idev->igroup->hwpt);
		sim_digest_add(digest, idev->igroup->hwpt && !list_empty(&idev->igroup->device_list));
		sim_digest_add(digest, idev->holds_ctx);
		break;
	case IOMMUFD_OBJ_ACCESS:
		/* what its driver notes beside is not covered */
		sim_digest_name(digest, access->ioas);
		sim_digest_unknown(digest);
		break;
	default:
		break;
	}
}

void iommufd_ctx_digest(struct sim_digest *digest, struct iommufd_ctx *ictx)
{
	unsigned long index;
	void *entry;

	if (!sim_digest_name(digest, ictx))
		return;
	sim_digest_add(digest, ictx->account_mode);
	sim_digest_name(digest, ictx->vfio_ioas);
	xa_for_each(&ictx->objects, index, entry)
		object_digest(digest, entry);
}
