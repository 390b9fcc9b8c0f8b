/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash of what iommufd and type1 hold, for comparing two backends after each
 * step: address spaces with their areas, pages with what is pinned of them and for
 * whom, type1's mappings with what mdevs hold. A difference shows at once there,
 * and in a counter or a result perhaps never.
 *
 * One text for both: the model's structures have the kernel's names. Whoever
 * includes it has declared them, and beforehand says how what differs is read:
 *
 *	state_pinned(pages)	the sum of state_pair(index, frame) over pinned_pfns
 *	state_held(vpfn)	the frame of a struct vfio_pfn
 *
 * Sums, so that the order in which equal things lie in a tree does not count.
 */
#ifndef IOPT_STATE_HASH_H
#define IOPT_STATE_HASH_H

static inline unsigned long state_add(unsigned long hash, unsigned long word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15UL;
	return hash ^ hash >> 29;
}

static inline unsigned long state_pair(unsigned long a, unsigned long b)
{
	return state_add(state_add(1, a), b);
}

#endif

#ifdef STATE_HASH_IOPT
static unsigned long state_itree(struct rb_root_cached *itree)
{
	struct interval_tree_node *node;
	unsigned long sum = 0;

	for (node = interval_tree_iter_first(itree, 0, ULONG_MAX); node;
	     node = interval_tree_iter_next(node, 0, ULONG_MAX))
		sum += state_pair(node->start, node->last);
	return sum;
}

static unsigned long state_accesses(struct iopt_pages *pages)
{
	struct interval_tree_node *node;
	unsigned long sum = 0;

	for (node = interval_tree_iter_first(&pages->access_itree, 0, ULONG_MAX); node;
	     node = interval_tree_iter_next(node, 0, ULONG_MAX))
		sum += state_add(state_pair(node->start, node->last),
				 container_of(node, struct iopt_pages_access, node)->users);
	return sum;
}

static unsigned long state_pages(struct iopt_pages *pages)
{
	unsigned long hash;

	hash = state_pair(pages->npages, pages->npinned);
	hash = state_add(hash, pages->last_npinned);
	hash = state_add(hash, (unsigned long)pages->uptr);
	hash = state_pair(hash, (unsigned long)pages->writable << 8 | pages->account_mode);
	hash = state_add(hash, state_itree(&pages->domains_itree));
	return state_pair(state_add(hash, state_accesses(pages)), state_pinned(pages));
}

static unsigned long state_iopt(struct io_pagetable *iopt)
{
	struct interval_tree_node *node;
	unsigned long hash, sum = 0;

	for (node = interval_tree_iter_first(&iopt->area_itree, 0, ULONG_MAX); node;
	     node = interval_tree_iter_next(node, 0, ULONG_MAX)) {
		struct iopt_area *area = container_of(node, struct iopt_area, node);

		hash = state_pair(node->start, node->last);
		hash = state_add(hash, area->page_offset);
		hash = state_add(hash, (unsigned long)area->iommu_prot & (IOMMU_READ | IOMMU_WRITE));
		hash = state_add(hash, area->num_accesses);
		hash = state_add(hash, area->prevent_access | (unsigned long)!!area->storage_domain << 1);
		if (area->pages) {
			hash = state_pair(hash, area->pages_node.start);
			hash = state_add(hash, area->pages_node.last);
			hash = state_pair(hash, state_pages(area->pages));
		}
		sum += hash;
	}
	hash = state_pair(sum, iopt->iova_alignment);
	hash = state_add(hash, iopt->disable_large_pages);
	hash = state_pair(hash, state_itree(&iopt->reserved_itree));
	return state_add(hash, state_itree(&iopt->allowed_itree));
}

static unsigned long state_context(struct iommufd_ctx *ictx)
{
	struct iommufd_object *obj;
	unsigned long index, sum = 0;

	xa_for_each(&ictx->objects, index, obj)
		if (obj->type == IOMMUFD_OBJ_IOAS)
			sum += state_iopt(&container_of(obj, struct iommufd_ioas, obj)->iopt);
	return state_pair(sum, ictx->account_mode);
}
#endif

#ifdef STATE_HASH_TYPE1
static unsigned long state_type1(struct vfio_iommu *iommu)
{
	unsigned long hash, held, sum = 0;
	struct rb_node *n, *p;

	for (n = rb_first(&iommu->dma_list); n; n = rb_next(n)) {
		struct vfio_dma *dma = rb_entry(n, struct vfio_dma, node);

		held = 0;
		for (p = rb_first(&dma->pfn_list); p; p = rb_next(p)) {
			struct vfio_pfn *vpfn = rb_entry(p, struct vfio_pfn, node);

			held += state_add(state_pair(vpfn->iova, state_held(vpfn)), vpfn->ref_count);
		}
		hash = state_pair(dma->iova, dma->size);
		hash = state_add(hash, dma->vaddr);
		hash = state_add(hash, (unsigned long)dma->prot & (IOMMU_READ | IOMMU_WRITE));
		hash = state_add(hash, dma->iommu_mapped | dma->lock_cap << 1 | dma->vaddr_invalid << 2);
		sum += state_pair(hash, held);
	}
	hash = state_pair(sum, iommu->dma_avail);
	return state_add(hash, iommu->vaddr_invalid_count | (unsigned long)iommu->v2 << 32);
}
#endif
