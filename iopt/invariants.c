// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The invariants of iommufd's own state: what must hold of every iopt_pages and
 * every area of the world. Counters against ledger and pins are accounting's.
 */
#include <linux/sched/mm.h>
#include <sim/invariant.h>
#include <sim/world.h>

#include "io_pagetable.h"

struct iopt_world *iopt_world(void)
{
	return sim_slot(SIM_SLOT_IOPT);
}

/* The invariants, as bits of iopt_pages::unchecked. */
enum {
	CHECK_NPINNED = 1,
	CHECK_XARRAY = 2,
	CHECK_COPY_FREE = 4,
	CHECK_MODE = 8,
	CHECK_ALL = 15,
};

void iopt_pages_changed(struct iopt_pages *pages)
{
	if (!pages->unchecked)
		list_add_tail(&pages->unchecked_item, &iopt_world()->unchecked);
	iopt_world()->any_unchecked = 1;
	pages->unchecked |= CHECK_ALL;
}

/* Has @check look at each page array that changed since it did so last. */
static void check_changed(unsigned int which, void (*check)(struct iopt_pages *pages))
{
	struct iopt_pages *pages, *next;

	if (sim_invariants_are_full())
		list_for_each_entry(pages, &iopt_world()->pages, world_item)
			check(pages);
	list_for_each_entry_safe(pages, next, &iopt_world()->unchecked, unchecked_item) {
		if (!(pages->unchecked & which))
			continue;
		check(pages);
		pages->unchecked &= ~which;
		if (!pages->unchecked)
			list_del_init(&pages->unchecked_item);
	}
	iopt_world()->any_unchecked = !list_empty(&iopt_world()->unchecked);
}

/* Pages covered by either tree; by the first alone if @itree2 is empty. */
static unsigned long itree_coverage(struct iopt_pages *pages, struct rb_root_cached *itree1,
				    struct rb_root_cached *itree2)
{
	unsigned long covered = 0;
	struct iopt_span span;

	iopt_for_each_span(&span, itree1, itree2, 0, pages->npages - 1)
		if (span.used)
			covered += span.last - span.first + 1;
	return covered;
}

/*
 * What was charged may differ from what is pinned once there is nobody to give
 * back to: process mode, and the mm that paid is dead. A change of process that
 * met that leaves the difference with a living one (change_process_mm_dead).
 */
static bool last_npinned_may_differ(const struct iopt_pages *pages)
{
	if (pages->account_mode != IOPT_PAGES_ACCOUNT_MM)
		return false;
	return atomic_read(&pages->source_mm->mm_users) == 0 || iommufd_rules()->change_process_mm_dead;
}

static void check_pages_npinned(struct iopt_pages *pages)
{
	unsigned long covered = itree_coverage(pages, &pages->access_itree, &pages->domains_itree);

	if (pages->npinned != covered)
		sim_violate(VIOLATION_NPINNED_COVERAGE, "npinned is %lu, accesses and domains hold %lu pages",
			    (unsigned long)pages->npinned, covered);
	if (pages->npinned > pages->npages)
		sim_violate(VIOLATION_NPINNED_COVERAGE, "npinned is %lu of %lu pages", (unsigned long)pages->npinned,
			    (unsigned long)pages->npages);
	if (pages->npinned != pages->last_npinned && !last_npinned_may_differ(pages))
		sim_violate(VIOLATION_NPINNED_COVERAGE, "%lu pages are pinned, %lu were charged for",
			    (unsigned long)pages->npinned, (unsigned long)pages->last_npinned);
}

static void check_npinned_coverage(void)
{
	check_changed(CHECK_NPINNED, check_pages_npinned);
}

static void check_pages_xarray(struct iopt_pages *pages)
{
	struct rb_root_cached nothing = RB_ROOT_CACHED;
	unsigned long stored = 0;
	struct iopt_span span;

	iopt_for_each_span(&span, &pages->access_itree, &nothing, 0, pages->npages - 1) {
		unsigned long nr;

		if (!span.used)
			continue;
		nr = sim_run_covered(&pages->pinned_pfns, span.first, span.last);
		stored += nr;
		if (nr != span.last - span.first + 1)
			sim_violate(VIOLATION_XARRAY_COVERAGE,
				    "accesses hold pages %lu to %lu, %lu of them are in pinned_pfns", span.first,
				    span.last, nr);
	}
	if (stored != pages->pinned_pfns.nr_keys)
		sim_violate(VIOLATION_XARRAY_COVERAGE, "pinned_pfns has %lu pages, accesses hold %lu of them",
			    pages->pinned_pfns.nr_keys, stored);
}

static void check_xarray_coverage(void)
{
	check_changed(CHECK_XARRAY, check_pages_xarray);
}

/*
 * Of areas being unmapped: one that is still being built has no pages either, and
 * is filled by whoever builds it, with the lock held.
 */
static void check_area_pages_null(void)
{
	struct iopt_area *area;

	list_for_each_entry(area, &iopt_world()->emptying, emptying_item)
		if (!area->pages && area->storage_domain && !rwsem_is_locked(&area->iopt->domains_rwsem))
			sim_violate(VIOLATION_AREA_PAGES_NULL,
				    "an area that a domain maps has no pages, and nobody holds domains_rwsem");
}

static void check_pages_copy_free(struct iopt_pages *pages)
{
	if (pages->charged_while_held)
		sim_violate(VIOLATION_COPY_FREE, "%lu pages were charged for by a copy or attach of pages held already",
			    (unsigned long)pages->charged_while_held);
	pages->charged_while_held = 0;
}

static void check_copy_free(void)
{
	check_changed(CHECK_COPY_FREE, check_pages_copy_free);
}

static void check_pages_mode(struct iopt_pages *pages)
{
	if (pages->account_mode != pages->made_account_mode)
		sim_violate(VIOLATION_MODE_IMMUTABLE, "account_mode was %u when the pages were made, and is %u",
			    pages->made_account_mode, pages->account_mode);
}

static void check_mode_immutable(void)
{
	check_changed(CHECK_MODE, check_pages_mode);
}

static void check_object_leak(void)
{
	struct iopt_pages *pages;
	struct iommufd_ctx *ictx;

	list_for_each_entry(ictx, &iopt_world()->contexts, world_item)
		sim_violate(VIOLATION_LEAK, "an iommufd is left");
	list_for_each_entry(pages, &iopt_world()->pages, world_item)
		sim_violate(VIOLATION_LEAK, "%lu pages that iommufd mapped are left", (unsigned long)pages->npages);
}

static const struct sim_invariant iopt_invariants[] = {
	{
		.violation = VIOLATION_NPINNED_COVERAGE,
		.sentence = "npinned of an iopt_pages is how many of its pages accesses and domains hold, and paid",
		.source = "facts I13; iommufd/pages.c",
		.when = SIM_QUIESCENT,
		.check = check_npinned_coverage,
	},
	{
		.violation = VIOLATION_XARRAY_COVERAGE,
		.sentence = "a page of an iopt_pages is stored in pinned_pfns exactly if an access holds it",
		.source = "facts I14; iommufd/pages.c",
		.when = SIM_QUIESCENT,
		.check = check_xarray_coverage,
	},
	{
		.violation = VIOLATION_AREA_PAGES_NULL,
		.sentence = "while a mapped area has no pages somebody holds domains_rwsem: no domain can miss it",
		.source = "facts I17; iommufd/io_pagetable.c:iopt_unmap_iova_range",
		.when = SIM_STEP,
		.check = check_area_pages_null,
	},
	{
		.violation = VIOLATION_COPY_FREE,
		.sentence = "a copy, a split or another domain charges nothing for pages that are pinned already",
		.source = "facts I22; iommufd/pages.c:iopt_area_fill_domains",
		.when = SIM_QUIESCENT,
		.check = check_copy_free,
	},
	{
		.violation = VIOLATION_MODE_IMMUTABLE,
		.sentence = "how an iopt_pages is charged never changes once it is mapped",
		.source = "facts I24; iommufd/pages.c:iopt_alloc_pages",
		.when = SIM_STEP,
		.check = check_mode_immutable,
	},
	{
		.violation = VIOLATION_LEAK,
		.sentence = "no iommufd and no mapping of one is left once every file is closed",
		.source = "iommufd/main.c:iommufd_fops_release",
		.when = SIM_END,
		.check = check_object_leak,
	},
};

void iopt_init(void)
{
	struct iopt_world *world = sim_zalloc(sizeof(*world));
	unsigned int i;

	INIT_LIST_HEAD(&world->contexts);
	INIT_LIST_HEAD(&world->pages);
	INIT_LIST_HEAD(&world->unchecked);
	INIT_LIST_HEAD(&world->emptying);
	sim_slot_set(SIM_SLOT_IOPT, world, NULL);
	for (i = 0; i < ARRAY_SIZE(iopt_invariants); i++) {
		const struct sim_invariant *invariant = &iopt_invariants[i];

		if (invariant->check == check_area_pages_null || invariant->check == check_object_leak)
			sim_invariant_register(invariant);
		else
			sim_invariant_register_if(invariant, &world->any_unchecked);
	}
}
