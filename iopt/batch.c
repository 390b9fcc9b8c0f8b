// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Batches of page frames, and the domains and trees they are read from and
 * written to (iommufd/pages.c: pfn_batch). Nobody but the caller sees a batch.
 */
#include "batch.h"

#define TEMP_MEMORY_LIMIT 65536
#define BATCH_ELM_BYTES 12	/* a pfn and a 32-bit count */

void *temp_kmalloc(unsigned long *nr, size_t elm_bytes, size_t model_bytes)
{
	void *mem;

	*nr = min(*nr, TEMP_MEMORY_LIMIT / elm_bytes);
	mem = kmalloc_unused(*nr * model_bytes, GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY);
	if (mem)
		return mem;
	*nr = PAGE_SIZE / elm_bytes;
	return kmalloc_unused(*nr * model_bytes, GFP_KERNEL);
}

void batch_clear(struct pfn_batch *batch)
{
	batch->runs.nr = 0;
	batch->slots = 0;
	batch->total_pfns = 0;
}

int batch_init(struct pfn_batch *batch, unsigned long max_pages)
{
	unsigned long slots = max_pages;

	batch->mem = temp_kmalloc(&slots, BATCH_ELM_BYTES, sizeof(*batch->runs.run));
	if (!batch->mem)
		return -ENOMEM;
	page_runs_init(&batch->runs, slots);
	batch->max_slots = slots;
	batch_clear(batch);
	return 0;
}

void batch_init_backup(struct pfn_batch *batch, unsigned long max_pages, struct page_run *backup)
{
	unsigned long slots = max_pages;

	if (max_pages <= BATCH_BACKUP_SLOTS)
		batch->mem = NULL;
	else
		batch->mem = temp_kmalloc(&slots, BATCH_ELM_BYTES, sizeof(*batch->runs.run));
	if (!batch->mem)
		slots = BATCH_BACKUP_SLOTS;
	batch->runs = (struct page_runs){ .run = backup, .max = slots, .room = BATCH_BACKUP_SLOTS };
	batch->max_slots = slots;
	batch_clear(batch);
}

void batch_destroy(struct pfn_batch *batch)
{
	page_runs_free(&batch->runs);
	kfree(batch->mem);
}

void batch_clear_carry(struct pfn_batch *batch, unsigned long keep_pfns)
{
	const struct iommufd_rules *rules = iommufd_rules();
	struct page_run *tail;

	if (!keep_pfns || WARN_ON(!batch->runs.nr || batch->runs.run[batch->runs.nr - 1].nr < keep_pfns)) {
		batch_clear(batch);
		return;
	}
	tail = &batch->runs.run[batch->runs.nr - 1];
	/* 13a0d1ae7ee6: with one entry, its length was overwritten before the carry's place was worked out from it */
	if (!(rules->carry_order && batch->slots == 1))
		tail->frame += tail->nr - keep_pfns;
	batch->runs.run[0].frame = tail->frame;
	batch->runs.run[0].nr = keep_pfns;
	batch->total_pfns = keep_pfns;
	/* b7c822fa6b77: the end was set to 0, so that the next page overwrites the carry */
	batch->runs.nr = rules->carry_end_zero ? 0 : 1;
	batch->slots = batch->runs.nr;
}

void batch_skip_carry(struct pfn_batch *batch, unsigned long skip_pfns)
{
	if (!batch->total_pfns)
		return;
	skip_pfns = min(batch->total_pfns, skip_pfns);
	batch->runs.run[0].frame += skip_pfns;
	batch->runs.run[0].nr -= skip_pfns;
	batch->total_pfns -= skip_pfns;
}

/*
 * How many of the @nr frames from @frame on fit @slots physical runs, and how many
 * that takes. Physical runs are blocks of one size, but for a first one that
 * begins inside its block.
 */
static unsigned long frames_in_slots(unsigned long frame, unsigned long nr, unsigned int slots, unsigned int *used)
{
	unsigned long first = min(nr, frame_contig(frame));
	unsigned long block;

	*used = slots ? 1 : 0;
	if (!slots)
		return 0;
	if (first == nr || slots == 1)
		return first;
	block = frame_contig(frame + first);
	nr = min(nr, first + (slots - 1) * block);
	*used += DIV_ROUND_UP(nr - first, block);
	return nr;
}

unsigned long batch_add_run(struct pfn_batch *batch, unsigned long frame, unsigned long nr)
{
	struct page_run *tail = batch->runs.nr ? &batch->runs.run[batch->runs.nr - 1] : NULL;
	bool follows = tail && frame == tail->frame + tail->nr;
	unsigned long joined = 0, added;
	unsigned int used;

	/* goes on in the physical run that the last slot holds */
	if (follows && frame_contig(frame - 1) > 1)
		joined = min(nr, frame_contig(frame));
	added = joined;
	if (nr > joined) {
		added += frames_in_slots(frame + joined, nr - joined, batch->max_slots - batch->slots, &used);
		batch->slots += used;
	}
	if (added)
		page_runs_add(&batch->runs, frame, added);
	batch->total_pfns += added;
	return added;
}

unsigned long iopt_area_index_to_iova(const struct iopt_area *area, unsigned long index)
{
	if (index == iopt_area_index(area))
		return iopt_area_iova(area);
	return iopt_area_iova(area) - area->page_offset + (index - iopt_area_index(area)) * PAGE_SIZE;
}

unsigned long iopt_area_index_to_iova_last(const struct iopt_area *area, unsigned long index)
{
	if (index == iopt_area_last_index(area))
		return iopt_area_last_iova(area);
	return iopt_area_index_to_iova(area, index + 1) - 1;
}

unsigned long iopt_domain_frames(struct iommu_domain *domain, const struct iopt_area *area, unsigned long index,
				 unsigned long last_index, unsigned long *frame)
{
	unsigned long iova = iopt_area_index_to_iova(area, index);
	unsigned long offset = index == iopt_area_index(area) ? area->page_offset : 0;
	struct sim_run run;

	if (!iommu_lookup_frames(domain, iova, iopt_area_index_to_iova_last(area, last_index), &run) ||
	    run.start != iova) {
		/* the mock says that nothing is mapped there, hardware translates to 0 */
		iommu_iova_to_phys(domain, iova);
		return 0;
	}
	*frame = run.value >> PAGE_SHIFT;
	return (offset + (run.last - run.start)) / PAGE_SIZE + 1;
}

void batch_from_domain(struct pfn_batch *batch, struct iommu_domain *domain, const struct iopt_area *area,
		       unsigned long start_index, unsigned long last_index)
{
	while (start_index <= last_index) {
		unsigned long frame;
		unsigned long nr = iopt_domain_frames(domain, area, start_index, last_index, &frame);
		unsigned long added = nr ? batch_add_run(batch, frame, nr) : 0;

		start_index += added;
		if (!nr || added < nr)
			return;
	}
}

void batch_from_domain_continue(struct pfn_batch *batch, struct iommu_domain *domain, const struct iopt_area *area,
				unsigned long start_index, unsigned long last_index)
{
	unsigned int max_slots = batch->max_slots;

	batch->max_slots = batch->slots;
	batch_from_domain(batch, domain, area, start_index, last_index);
	batch->max_slots = max_slots;
}

void batch_from_xarray(struct pfn_batch *batch, const struct sim_run_tree *pinned_pfns, unsigned long start_index,
		       unsigned long last_index)
{
	struct sim_run run;

	while (start_index <= last_index) {
		unsigned long nr, added;

		if (WARN_ON(!sim_run_clip(pinned_pfns, start_index, last_index, &run) || run.start != start_index))
			return;
		nr = run.last - run.start + 1;
		added = batch_add_run(batch, run.value, nr);
		start_index += added;
		if (added < nr)
			return;
	}
}

static void iommu_unmap_nofail(struct iommu_domain *domain, unsigned long iova, size_t bytes)
{
	WARN_ON(iommu_unmap(domain, iova, bytes) != bytes);
}

int batch_to_domain(struct pfn_batch *batch, struct iommu_domain *domain, const struct iopt_area *area,
		    unsigned long start_index)
{
	unsigned long start_iova = iopt_area_index_to_iova(area, start_index);
	unsigned long offset = start_index == iopt_area_index(area) ? area->page_offset : 0;
	unsigned long left = iopt_area_last_iova(area) - start_iova + 1;
	unsigned long iova = start_iova;
	int prot = area->iommu_prot;
	unsigned int i;

	/* so that any page can be unmapped alone later (VFIO_TYPE1_IOMMU) */
	if (area->iopt->disable_large_pages)
		prot |= KAPI_IOMMU_BY_PAGE;
	for (i = 0; i < batch->runs.nr; i++) {
		unsigned long bytes = min(left, batch->runs.run[i].nr * PAGE_SIZE - offset);
		int rc = iommu_map_frames(domain, iova, (batch->runs.run[i].frame << PAGE_SHIFT) + offset, bytes, prot,
					  GFP_KERNEL_ACCOUNT);

		if (rc) {
			if (iova != start_iova)
				iommu_unmap_nofail(domain, start_iova, iova - start_iova);
			return rc;
		}
		iova += bytes;
		left -= bytes;
		offset = 0;
	}
	return 0;
}

void batch_unpin(struct pfn_batch *batch, struct iopt_pages *pages, unsigned long first, unsigned long npages)
{
	unsigned int i;

	for (i = 0; npages; i++) {
		unsigned long nr;

		if (WARN_ON(i >= max(batch->runs.nr, 1u)))
			return;
		/* empty, where a carry was skipped whole */
		if (first >= batch->runs.run[i].nr) {
			first -= batch->runs.run[i].nr;
			continue;
		}
		nr = min(npages, batch->runs.run[i].nr - first);
		iopt_pages_unpin_run(pages, batch->runs.run[i].frame + first, nr);
		npages -= nr;
		first = 0;
	}
}
