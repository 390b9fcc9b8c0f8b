// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The invariants of type1's own state, checked when no call is under way. Both
 * speak of dma->locked_vm, which exists where the dma stores its mm (T_MM).
 */
#include <linux/list.h>
#include <linux/mm.h>
#include <mm_model/machine.h>
#include <sim/invariant.h>
#include <sim/verdict.h>
#include <sim/world.h>
#include "vfio_private.h"

/* What the dmas of one mm charge together; here as long as it is not zero. */
struct mm_sum {
	struct list_head node;
	struct mm_struct *mm;
	long pages;
};

void vfio_invariants_init(struct vfio_state *state)
{
	INIT_LIST_HEAD(&state->dirty_dmas);
	INIT_LIST_HEAD(&state->mm_sums);
	INIT_LIST_HEAD(&state->iommus);
}

void vfio_dma_touched(struct vfio_dma *dma)
{
	if (list_empty(&dma->dirty))
		list_add_tail(&dma->dirty, &vfio_state()->dirty_dmas);
	vfio_state()->any_dirty_dma = 1;
}

/* The mm charged last comes first: a lookup nearly always ends there. */
void vfio_dma_charged(struct mm_struct *mm, long npage)
{
	struct list_head *sums = &vfio_state()->mm_sums;
	struct mm_sum *sum;

	if (!npage)
		return;
	list_for_each_entry(sum, sums, node) {
		if (sum->mm == mm)
			goto found;
	}
	sum = sim_zalloc(sizeof(*sum));
	sum->mm = mm;
	list_add(&sum->node, sums);
found:
	sum->pages += npage;
	list_move(&sum->node, sums);
	if (!sum->pages) {
		list_del(&sum->node);
		sim_free(sum);
	}
}

void vfio_dma_gone(struct vfio_dma *dma)
{
	list_del(&dma->dirty);
	if (dma->mm && !type1_by_task() && type1_scheme()->bucket == BUCKET_LOCKED_VM)
		vfio_dma_charged(dma->mm, -dma->locked_vm);
}

static void check_dma_sum(void)
{
	struct mm_sum *sum;

	list_for_each_entry(sum, &vfio_state()->mm_sums, node) {
		if (mm_record_alive(sum->mm->record) && sum->pages > 0 && sum->pages > sum->mm->locked_vm)
			sim_violate(VIOLATION_DMA_SUM, "the dmas of an mm charge %ldp, its locked_vm is %ldp",
				    sum->pages, (long)sum->mm->locked_vm);
	}
}

static unsigned long mapped_pages(struct vfio_iommu *iommu, struct vfio_dma *dma)
{
	unsigned long at = dma->iova, last = dma->iova + dma->size - 1, nr = 0;
	struct sim_run run;

	while (at <= last && iommu_lookup_frames(iommu->domain, at, last, &run)) {
		unsigned long frame = PFN_DOWN(run.value), left = PFN_DOWN(run.last - run.start + 1), same;

		for (; left; frame += same, left -= same) {
			bool rsvd = frame_reserved(frame, &same);

			same = min(same, left);
			nr += rsvd ? 0 : same;
		}
		if (run.last == last)
			break;
		at = run.last + 1;
	}
	return nr;
}

static unsigned long held_pages(struct vfio_dma *dma)
{
	unsigned long nr = 0, same;
	struct rb_node *node;

	for (node = rb_first(&dma->pfn_list); node; node = rb_next(node))
		nr += !frame_reserved(rb_entry(node, struct vfio_pfn, node)->frame, &same);
	return nr;
}

/*
 * Mapping charges no page that an mdev holds already. What the mdev paid for is the
 * page that stood there then: it may be another than the one that is mapped, and
 * only one of the two may be reserved.
 */
static long held_beside(struct vfio_iommu *iommu, struct vfio_dma *dma)
{
	struct rb_node *node;
	unsigned long same;
	struct sim_run run;
	long nr = 0;

	for (node = rb_first(&dma->pfn_list); node; node = rb_next(node)) {
		struct vfio_pfn *vpfn = rb_entry(node, struct vfio_pfn, node);

		if (iommu_lookup_frames(iommu->domain, vpfn->iova, vpfn->iova, &run))
			nr += frame_reserved(PFN_DOWN(run.value), &same) - frame_reserved(vpfn->frame, &same);
	}
	return nr;
}

/* Excused where an uncharge came to nothing, by design: the owner is dead, or was killed while it waited. */
static void check_dma(struct vfio_dma *dma)
{
	struct vfio_iommu *iommu = dma->iommu;
	unsigned long pages;

	if (dma->uncharge_lost || type1_rules()->charge != T_MM)
		return;
	pages = iommu->domain ? mapped_pages(iommu, dma) + held_beside(iommu, dma) : held_pages(dma);
	if (dma->locked_vm != pages)
		sim_violate(VIOLATION_DMA_PAGES, "the dma at %#lx charges %ldp for %lup", dma->iova, dma->locked_vm,
			    pages);
}

static void check_dma_pages(void)
{
	struct vfio_dma *dma, *next;

	list_for_each_entry_safe(dma, next, &vfio_state()->dirty_dmas, dirty) {
		check_dma(dma);
		list_del_init(&dma->dirty);
	}
	vfio_state()->any_dirty_dma = 0;
}

static const struct sim_invariant dma_sum = {
	.violation = VIOLATION_DMA_SUM,
	.sentence = "the dmas of a living mm charge together no more than its locked_vm",
	.source = "facts I11; vfio_iommu_type1.c:vfio_lock_acct",
	.when = SIM_QUIESCENT,
	.check = check_dma_sum,
};

static const struct sim_invariant dma_pages = {
	.violation = VIOLATION_DMA_PAGES,
	.sentence = "a dma charges what its domain maps, or without one what mdevs hold, but no reserved page",
	.source = "facts I12; vfio_iommu_type1.c:vfio_pin_pages_remote",
	.when = SIM_QUIESCENT,
	.check = check_dma_pages,
};

void vfio_invariants_register(void)
{
	sim_invariant_register(&dma_sum);
	sim_invariant_register_if(&dma_pages, &vfio_state()->any_dirty_dma);
}
