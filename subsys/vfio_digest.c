// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What type1 adds to the digest of a world: the container's iommu with its dmas.
 * Groups and devices count by their number, since each is alike; mdevs and
 * containers with waiters have state that is not covered here.
 */
#include <linux/kernel.h>
#include <mm_model/digest.h>
#include <sim/digest.h>
#include "vfio_private.h"

static unsigned long list_length(const struct list_head *list)
{
	const struct list_head *node;
	unsigned long nr = 0;

	list_for_each(node, list)
		nr++;
	return nr;
}

static void dma_digest(struct sim_digest *digest, const struct vfio_dma *dma)
{
	sim_digest_add(digest, dma->iova);
	sim_digest_add(digest, dma->vaddr);
	sim_digest_add(digest, dma->size);
	sim_digest_add(digest, (unsigned long)dma->prot);
	sim_digest_add(digest, dma->iommu_mapped | dma->lock_cap << 1 | dma->vaddr_invalid << 2 |
			       dma->uncharge_lost << 3);
	mm_digest_task(digest, dma->task);
	mm_digest_mm(digest, dma->mm);
	mm_digest_user(digest, dma->user);
	sim_digest_add(digest, dma->vaddr_staged);
	sim_digest_add(digest, (unsigned long)dma->locked_vm);
	ledger_digest(digest, dma->ledger);
	if (!RB_EMPTY_ROOT(&dma->pfn_list))
		sim_digest_unknown(digest);
}

void vfio_iommu_digest(struct sim_digest *digest, const struct vfio_iommu *iommu)
{
	struct rb_node *node;

	if (!sim_digest_name(digest, iommu))
		return;
	sim_digest_add(digest, iommu->v2 | iommu->container_open << 1);
	kapi_domain_digest(digest, iommu->domain, mm_digest_frames);
	sim_digest_add(digest, list_length(&iommu->group_list));
	sim_digest_add(digest, iommu->dma_avail);
	sim_digest_add(digest, iommu->vaddr_invalid_count);
	ledger_digest(digest, iommu->ledger);
	for (node = rb_first(&iommu->dma_list); node; node = rb_next(node))
		dma_digest(digest, rb_entry(node, struct vfio_dma, node));
	if (!list_empty(&iommu->emulated_iommu_groups) || !list_empty(&iommu->device_list) || iommu->ioctls)
		sim_digest_unknown(digest);
}
