// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's calls by page, over mm_model's by run of frames.
 *
 * A page is its physical frame number times the size of the kernel's structure: an
 * address to calculate with, behind which nothing lies.
 *
 * A call of the kernel is one call below, so that batches, faults and scheduling
 * points are those that the model's calls have. Pins are entered in the ledger.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <iopt/upstream.h>
#include <mm_model/state.h>
#include <sim/invariant.h>
#include <sim/verdict.h>
#include <sim/world.h>
#include "charge.h"
#include "machine.h"

#define PAGE_BASE 0xffffea0000000000UL
#define PAGE_STRUCT_BYTES 64

struct page *pfn_to_page(unsigned long pfn)
{
	return (struct page *)(PAGE_BASE + pfn * PAGE_STRUCT_BYTES);
}

unsigned long page_to_pfn(const struct page *page)
{
	return ((unsigned long)page - PAGE_BASE) / PAGE_STRUCT_BYTES;
}

static unsigned long page_to_frame(const struct page *page)
{
	return phys_to_frame(PFN_PHYS(page_to_pfn(page)));
}

/* Enters what GUP has pinned, and names the pages. Returns how many. */
static long fill_pages(struct ledger_object *object, const struct page_runs *runs, struct page **pages)
{
	unsigned long i, done = 0, contig;
	unsigned int r;

	for (r = 0; r < runs->nr; r++) {
		const struct page_run *run = &runs->run[r];

		ledger_pins(object, run->frame, run->nr, true);
		for (i = 0; i < run->nr; i += contig) {
			unsigned long pfn = PHYS_PFN(frame_to_phys(run->frame + i)), k;

			contig = min(frame_contig(run->frame + i), run->nr - i);
			for (k = 0; k < contig; k++)
				pages[done++] = pfn_to_page(pfn + k);
		}
	}
	return (long)done;
}

static void runs_init(struct page_runs *runs, unsigned long nr_pages)
{
	*runs = (struct page_runs){
		.run = sim_alloc(nr_pages * sizeof(*runs->run)),
		.max = (unsigned int)nr_pages,
	};
}

int upstream_pin_fast(struct ledger_object *object, unsigned long start, int nr_pages, unsigned int gup_flags,
		      struct page **pages)
{
	struct page_runs runs;
	long ret;

	runs_init(&runs, nr_pages);
	ret = pin_user_runs_fast(start, nr_pages, gup_flags | FOLL_PIN, &runs);
	if (ret > 0)
		ret = fill_pages(object, &runs, pages);
	sim_free(runs.run);
	return (int)ret;
}

long upstream_pin_remote(struct ledger_object *object, struct mm_struct *mm, unsigned long start,
			 unsigned long nr_pages, unsigned int gup_flags, struct page **pages, int *locked)
{
	struct page_runs runs;
	long ret;

	runs_init(&runs, nr_pages);
	ret = pin_user_runs_remote(mm, start, nr_pages, gup_flags | FOLL_PIN, &runs, locked);
	if (ret > 0)
		ret = fill_pages(object, &runs, pages);
	sim_free(runs.run);
	return ret;
}

static void unpin_runs(struct ledger_object *object, const struct page_runs *runs, bool make_dirty)
{
	unsigned int r;

	unpin_user_runs(runs->run, runs->nr, make_dirty);
	for (r = 0; r < runs->nr; r++)
		ledger_pins(object, runs->run[r].frame, runs->run[r].nr, false);
}

static void add_frames(struct page_runs *runs, unsigned long frame, unsigned long nr)
{
	struct page_run *last = runs->nr ? &runs->run[runs->nr - 1] : NULL;

	if (last && last->frame + last->nr == frame)
		last->nr += nr;
	else
		runs->run[runs->nr++] = (struct page_run){ .frame = frame, .nr = nr };
}

void upstream_unpin(struct ledger_object *object, struct page **pages, unsigned long npages, bool make_dirty)
{
	struct page_run one;
	struct page_runs runs = { .run = &one, .max = 1 };
	unsigned long i;

	if (!npages)
		return;
	if (npages > 1)
		runs_init(&runs, npages);
	for (i = 0; i < npages; i++)
		add_frames(&runs, page_to_frame(pages[i]), 1);
	unpin_runs(object, &runs, make_dirty);
	if (npages > 1)
		sim_free(runs.run);
}

void upstream_unpin_range(struct ledger_object *object, struct page *page, unsigned long npages, bool make_dirty)
{
	unsigned long i, frame, contig;
	struct page_runs runs;

	if (!npages)
		return;
	runs_init(&runs, npages);
	for (i = 0; i < npages; i += contig) {
		frame = phys_to_frame(PFN_PHYS(page_to_pfn(page) + i));
		contig = min(frame_contig(frame), npages - i);
		add_frames(&runs, frame, contig);
	}
	unpin_runs(object, &runs, make_dirty);
	sim_free(runs.run);
}

/* iova_bitmap.c pins the pages of a bitmap for a moment, which nobody pays for. */

int pin_user_pages_fast(unsigned long start, int nr_pages, unsigned int gup_flags, struct page **pages)
{
	return upstream_pin_fast(upstream()->ledger, start, nr_pages, gup_flags, pages);
}

void unpin_user_pages(struct page **pages, unsigned long npages)
{
	upstream_unpin(upstream()->ledger, pages, npages, false);
}

/* Dirty bits have no reader here. */
int set_page_dirty_lock(struct page *page)
{
	might_sleep();
	return 0;
}

/* The page as it is mapped, faulted in where it must be; its callers drop it before it could go. */
int get_user_pages_fast(unsigned long start, int nr_pages, unsigned int gup_flags, struct page **pages)
{
	int ret = pin_user_pages_fast(start, nr_pages, gup_flags, pages);

	if (ret > 0)
		unpin_user_pages(pages, ret);
	return ret;
}

void put_page(struct page *page)
{
}

/* As the kernel counts for a plain page: the mapping, the caller's, and 1024 a pin. */
int page_ref_count(const struct page *page)
{
	unsigned long frame = page_to_frame(page);
	struct mm_pin_run run;

	if (!mm_pin_state(frame, frame, &run) || run.frame > frame)
		return 2;
	return 2 + (int)(run.pins * GUP_PIN_COUNTING_BIAS);
}

int PageCompound(const struct page *page)
{
	unsigned long head;

	return frame_folio(page_to_frame(page), &head) > 1;
}

/* Device memory has no struct page; the zero page has one, and it is reserved. */
int pfn_valid(unsigned long pfn)
{
	unsigned long frame = phys_to_frame(PFN_PHYS(pfn));

	return !frame_reserved(frame, NULL) || frame_is_zero(frame);
}

int PageReserved(const struct page *page)
{
	return frame_reserved(page_to_frame(page), NULL);
}

/*
 * This machine's pages are those of its tasks: it has none to spare for the trial
 * by which type1 learns whether its IOMMU parts large pages, which then takes it
 * for one that does not, as it is.
 */
struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	return NULL;
}

void __free_pages(struct page *page, unsigned int order)
{
	WARN_ON(page);
}

/* What device memory a mapping has stands from mmap() on: no fault brings any. */
int fixup_user_fault(struct mm_struct *mm, unsigned long address, unsigned int fault_flags, bool *unlocked)
{
	return -EFAULT;
}

int follow_pfnmap_start(struct follow_pfnmap_args *args)
{
	struct page_run run;

	if (follow_pfnmap_run(args->vma->vm_mm, args->address, 1, false, &run))
		return -EINVAL;
	args->pfn = PHYS_PFN(frame_to_phys(run.frame));
	args->writable = !follow_pfnmap_run(args->vma->vm_mm, args->address, 1, true, &run);
	args->special = true;
	return 0;
}

void follow_pfnmap_end(struct follow_pfnmap_args *args)
{
}

void *upstream_scratch(void)
{
	struct upstream_machine *m = upstream();

	if (!m->scratch)
		m->scratch = sim_zalloc(PAGE_SIZE);
	return m->scratch;
}

void *kmap_local_page(struct page *page)
{
	struct upstream_machine *m = upstream();

	m->kmaps++;
	return m->user ? m->user->content(page_to_frame(page)) : upstream_scratch();
}

void kunmap_local(const void *addr)
{
	upstream()->kmaps--;
}

static void check_kmaps(void)
{
	struct upstream_machine *m = upstream();

	if (!m->kmaps)
		return;
	sim_violate(VIOLATION_WARNING, "%ld pages are still mapped by kmap_local_page() when the call is over",
		    (long)m->kmaps);
	m->kmaps = 0;
}

static const struct sim_invariant kmap_invariant = {
	.violation = VIOLATION_WARNING,
	.sentence = "no page is mapped for the kernel's own use when its call returns",
	.source = "include/linux/highmem-internal.h:kmap_assert_nomap",
	.when = SIM_QUIESCENT,
	.check = check_kmaps,
};

void upstream_page_invariants_register(void)
{
	sim_invariant_register_if(&kmap_invariant, &upstream()->kmaps);
}
