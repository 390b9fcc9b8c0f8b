// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames: the host's memory, what each frame is, and who holds it.
 *
 * The state of a frame is {page table entries, FOLL_PIN pins, FRAME_* flags}; a
 * run of frames in the same state is one entry of machine()->frames, so a guest of
 * 1 TiB touched, pinned and unpinned as a whole costs a handful of steps. A frame
 * stands while somebody maps or pins it or a file holds it.
 *
 * A frame's number says what it is and where it lies, so neither costs a byte:
 *
 *	small	plain pages. Physical blocks of contig_pages, aligned to their size,
 *		with a hole of the same size behind each: numbers go on over the
 *		holes, physical addresses do not. Those of files lie apart: which
 *		page gets which frame is then the same, whether a range of a private
 *		mapping, where each fault takes one of either, is asked for in one
 *		call or in many.
 *	huge	2M folios (hugetlb, thp), aligned and contiguous. A folio goes back as a
 *		whole, when nobody holds any page of it.
 *	device	a BAR: reserved, no state, never freed.
 *	zero	every number here is the one zero page: frame_of_zero(page index), so
 *		that a range of zero pages is a run like any other.
 *
 * Numbers are given out in ascending order and never again, which makes every use
 * of a page after its freeing show.
 *
 * Relatives share frames, each under its own mm's locks. For a search that is one
 * thing, machine()->frames: to pin, unpin, map or unmap what others hold are steps
 * that may change places, so they count as reads, and what looks whether anybody else
 * holds a page, or pins it (frame_looks()), as a write.
 */
#include "internal.h"

#define FRAME_SMALL_FIRST (1UL << 20)
#define FRAME_FILE_FIRST (1UL << 40)
#define FRAME_SMALL_LAST ((1UL << 44) - 1)
#define FRAME_HUGE_FIRST (1UL << 45)
#define FRAME_HUGE_LAST ((1UL << 46) - 1)
#define FRAME_DEVICE_FIRST (1UL << 46)
#define FRAME_DEVICE_LAST ((1UL << 47) - 1)
#define FRAME_ZERO_FIRST (1UL << 47)
#define FRAME_ZERO_LAST ((1UL << 48) - 1)
#define ZERO_PFN 1UL

/* One tree value: page table entries below, pins above. */
#define STATE_PINS_SHIFT 32
#define STATE_MAPS_MASK ((1UL << STATE_PINS_SHIFT) - 1)

void page_init(struct mm_machine *m)
{
	sim_run_tree_init(&m->frames, SIM_RUN_CONSTANT);
	m->small_next = FRAME_SMALL_FIRST;
	m->file_next = FRAME_FILE_FIRST;
	m->huge_next = FRAME_HUGE_FIRST;
	m->device_next = FRAME_DEVICE_FIRST;
}

bool frame_in_small(unsigned long frame)
{
	return frame >= FRAME_SMALL_FIRST && frame <= FRAME_SMALL_LAST;
}

bool frame_in_huge(unsigned long frame)
{
	return frame >= FRAME_HUGE_FIRST && frame <= FRAME_HUGE_LAST;
}

bool frame_in_device(unsigned long frame)
{
	return frame >= FRAME_DEVICE_FIRST && frame <= FRAME_DEVICE_LAST;
}

bool frame_is_zero(unsigned long frame)
{
	return frame >= FRAME_ZERO_FIRST && frame <= FRAME_ZERO_LAST;
}

unsigned long frame_of_zero(unsigned long index)
{
	return FRAME_ZERO_FIRST + index;
}

static unsigned long contig_pages(void)
{
	return machine()->config.contig_pages;
}

/* Small blocks lie at twice their size, the first one not at zero; other zones lie where their number says. */
phys_addr_t frame_to_phys(unsigned long frame)
{
	unsigned long contig = contig_pages(), rel;

	if (frame_is_zero(frame))
		return (phys_addr_t)ZERO_PFN << PAGE_SHIFT;
	if (!frame_in_small(frame))
		return (phys_addr_t)frame << PAGE_SHIFT;
	rel = frame - FRAME_SMALL_FIRST;
	return (phys_addr_t)(2 * contig * (1 + rel / contig) + rel % contig) << PAGE_SHIFT;
}

unsigned long phys_to_frame(phys_addr_t phys)
{
	unsigned long contig = contig_pages(), pfn = phys >> PAGE_SHIFT;

	if (pfn == ZERO_PFN)
		return FRAME_ZERO_FIRST;
	if (pfn >= FRAME_HUGE_FIRST || pfn < 2 * contig)
		return pfn;
	return FRAME_SMALL_FIRST + (pfn / (2 * contig) - 1) * contig + pfn % contig;
}

unsigned long frame_contig(unsigned long frame)
{
	if (frame_is_zero(frame))
		return 1;
	if (frame_in_small(frame))
		return contig_pages() - (frame - FRAME_SMALL_FIRST) % contig_pages();
	return (frame_in_huge(frame) ? FRAME_HUGE_LAST : FRAME_DEVICE_LAST) - frame + 1;
}

bool frame_reserved(unsigned long frame, unsigned long *same)
{
	unsigned long last = frame_in_small(frame) ? FRAME_SMALL_LAST :
			     frame_in_huge(frame) ? FRAME_HUGE_LAST :
			     frame_in_device(frame) ? FRAME_DEVICE_LAST : FRAME_ZERO_LAST;

	if (same)
		*same = last - frame + 1;
	return frame_in_device(frame) || frame_is_zero(frame);
}

unsigned long frame_folio(unsigned long frame, unsigned long *head)
{
	bool huge = frame_in_huge(frame);

	if (head)
		*head = huge ? frame & ~(HPAGE_PMD_NR - 1) : frame;
	return huge ? HPAGE_PMD_NR : 1;
}

unsigned long frame_small_pages(unsigned long frame, unsigned long nr)
{
	if (frame_in_huge(frame))
		return 0;
	return frame < FRAME_HUGE_FIRST ? min(nr, FRAME_HUGE_FIRST - frame) : nr;
}

/*
 * Whether a 2M folio may be pinned is asked of the folio, so a run of the huge zone
 * lies within one folio or holds whole ones only.
 */
static unsigned long whole_folios(unsigned long frame, unsigned long nr)
{
	unsigned long before = frame & (HPAGE_PMD_NR - 1), after = (frame + nr) & (HPAGE_PMD_NR - 1);

	if (before)
		return min(nr, HPAGE_PMD_NR - before);
	return nr > after ? nr - after : nr;
}

bool frame_state(unsigned long frame, unsigned long nr, struct frame_run *out)
{
	struct sim_run run;

	if (!sim_run_clip(&machine()->frames, frame, frame + nr - 1, &run) || run.start != frame)
		return false;
	if (frame_in_huge(frame))
		run.last = frame + whole_folios(frame, run.last - run.start + 1) - 1;
	*out = (struct frame_run){
		.frame = frame, .nr = run.last - run.start + 1, .maps = run.value & STATE_MAPS_MASK,
		.pins = run.value >> STATE_PINS_SHIFT, .flags = run.attr,
	};
	return true;
}

static bool folio_any_pin(unsigned long frame)
{
	unsigned long first = frame & ~(HPAGE_PMD_NR - 1), last = first + HPAGE_PMD_NR - 1;
	struct sim_run run;

	while (first <= last && sim_run_clip(&machine()->frames, first, last, &run)) {
		if (run.value >> STATE_PINS_SHIFT)
			return true;
		first = run.last + 1;
	}
	return false;
}

unsigned long frame_folio_mapped_once(unsigned long frame)
{
	unsigned long first = frame & ~(HPAGE_PMD_NR - 1), last = first + HPAGE_PMD_NR - 1, pages = 0;
	struct sim_run run;

	while (first <= last && sim_run_clip(&machine()->frames, first, last, &run)) {
		if (run.value > 1)
			return 0;
		pages += run.value * (run.last - run.start + 1);
		first = run.last + 1;
	}
	return pages;
}

void frame_looks(void)
{
	sim_touch(&machine()->frames, true);
}

/* GUP_PIN_COUNTING_BIAS: one pin of a small page is 1024 references, and so are 1024 mappings. */
bool frame_maybe_pinned(const struct frame_run *run)
{
	if (frame_in_huge(run->frame))
		return run->pins || folio_any_pin(run->frame);
	return run->pins || run->maps + !!(run->flags & FRAME_CACHED) >= 1024;
}

/* For a search: who gets the host's last page depends on what others took and gave back. */
static void memory_matters(struct mm_machine *m)
{
	if (m->config.pages)
		sim_touch(&m->pages_used, true);
}

static void frames_free(unsigned long first, unsigned long last)
{
	struct mm_machine *m = machine();

	memory_matters(m);
	sim_run_clear(&m->frames, first, last);
	m->pages_used -= last - first + 1;
}

/*
 * Gives back the folios in and around [first, last] of the huge zone that nobody
 * holds any page of. Pages that nobody holds have lost their flags, so within a
 * folio they are one run: one that does not fill its folio has a holder behind it.
 */
static void folios_release(unsigned long first, unsigned long last)
{
	struct mm_machine *m = machine();
	struct sim_run run;

	first &= ~(HPAGE_PMD_NR - 1);
	last |= HPAGE_PMD_NR - 1;
	while (first <= last && sim_run_clip(&m->frames, first, last, &run)) {
		unsigned long whole = (run.last + 1) & ~(HPAGE_PMD_NR - 1);

		if (run.start != first || run.value || (run.attr & FRAME_CACHED) || whole == first) {
			first = max(run.start & ~(HPAGE_PMD_NR - 1), first + HPAGE_PMD_NR);
			if (run.start < first && run.last >= first && (run.value || (run.attr & FRAME_CACHED)))
				first = (run.last | (HPAGE_PMD_NR - 1)) + 1;
			continue;
		}
		if (run.attr & FRAME_HUGETLB) {
			sim_run_clear(&m->frames, first, whole - 1);
			hugetlb_freed((whole - first) / HPAGE_PMD_NR);
		} else {
			frames_free(first, whole - 1);
		}
		first = whole;
	}
}

void frames_adjust(unsigned long frame, unsigned long nr, long maps, long pins, unsigned long set,
		   unsigned long clear)
{
	struct mm_machine *m = machine();
	unsigned long last = frame + nr - 1, at = frame;
	bool release = false;
	struct frame_run run;

	if (frame_in_device(frame) || frame_is_zero(frame))
		return;
	for (; at <= last; at += run.nr) {
		unsigned long flags;

		if (!frame_state(at, last - at + 1, &run)) {
			struct sim_run gap;

			sim_violate(VIOLATION_USE_AFTER_FREE, "a page is %s that was freed before",
				    pins ? "pinned or unpinned" : "mapped or unmapped");
			run.nr = (sim_run_clip(&m->frames, at, last, &gap) ? gap.start : last + 1) - at;
			continue;
		}
		if ((maps < 0 && run.maps < -maps) || (pins < 0 && run.pins < -pins)) {
			sim_violate(VIOLATION_REFCOUNT, "a page is %s more often than it was %s",
				    pins < 0 ? "unpinned" : "unmapped", pins < 0 ? "pinned" : "mapped");
			continue;
		}
		if (pins || run.maps > 1)
			sim_touch(&m->frames, false);
		if (!run.pins && pins)
			m->frames_pinned += run.nr;
		run.maps += maps;
		run.pins += pins;
		if (!run.pins && pins)
			m->frames_pinned -= run.nr;
		flags = (run.flags & ~clear) | set;
		if (!run.maps && !run.pins && !(flags & FRAME_CACHED)) {
			if (!frame_in_huge(at)) {
				frames_free(at, at + run.nr - 1);
				continue;
			}
			flags &= FRAME_HUGETLB;
			release = true;
		}
		sim_run_set(&m->frames, at, at + run.nr - 1, run.pins << STATE_PINS_SHIFT | run.maps, flags);
	}
	if (release)
		folios_release(frame, last);
}

static unsigned long memory_left(void)
{
	const struct mm_machine *m = machine();

	if (!m->config.pages)
		return ~0UL;
	return m->config.pages > m->pages_used ? m->config.pages - m->pages_used : 0;
}

unsigned long frames_alloc(struct frame_cursor *cursor, unsigned long index, unsigned long nr, unsigned long maps,
			   unsigned long flags, unsigned long *frame)
{
	struct mm_machine *m = machine();
	bool file = flags & FRAME_CACHED;
	unsigned long *next = file ? &m->file_next : &m->small_next;
	unsigned long last = file ? FRAME_SMALL_LAST : FRAME_FILE_FIRST - 1;
	unsigned long contig = contig_pages(), first = *next, rel = first - FRAME_SMALL_FIRST;

	memory_matters(m);
	nr = min(nr, memory_left());
	if (!cursor || cursor->next != index || cursor->frame != first)
		first += (contig - rel % contig) % contig;
	if (first > last)
		return 0;
	nr = min(nr, last - first + 1);
	if (!nr)
		return 0;
	*next = first + nr;
	m->pages_used += nr;
	sim_run_set(&m->frames, first, first + nr - 1, maps, flags);
	if (cursor)
		*cursor = (struct frame_cursor){ .next = index + nr, .frame = first + nr };
	*frame = first;
	return nr;
}

unsigned long folios_alloc(unsigned long nr2m, unsigned long maps, unsigned long flags, unsigned long *frame)
{
	struct mm_machine *m = machine();
	unsigned long first = m->huge_next, nr;

	if (!(flags & FRAME_HUGETLB)) {
		memory_matters(m);
		nr2m = min(nr2m, memory_left() / HPAGE_PMD_NR);
	}
	nr2m = min(nr2m, (FRAME_HUGE_LAST - first + 1) / HPAGE_PMD_NR);
	nr = nr2m * HPAGE_PMD_NR;
	if (!nr)
		return 0;
	m->huge_next += nr;
	if (!(flags & FRAME_HUGETLB))
		m->pages_used += nr;
	sim_run_set(&m->frames, first, first + nr - 1, maps, flags);
	*frame = first;
	return nr2m;
}

/* Each BAR begins on 2M and is followed by a hole. */
unsigned long device_frames_alloc(unsigned long nr)
{
	struct mm_machine *m = machine();
	unsigned long first = m->device_next;

	m->device_next = ((first + nr) | (HPAGE_PMD_NR - 1)) + 1 + HPAGE_PMD_NR;
	return first;
}

/*
 * The zero page: GZ_REF and GZ_PIN count what is pinned and take back what is
 * unpinned, GZ_NONE leaves it alone.
 */
static bool zero_page_counts(void)
{
	return mm_rules()->zero_page_pin != GZ_NONE;
}

void frames_pin(unsigned long frame, unsigned long nr)
{
	if (frame_is_zero(frame)) {
		if (zero_page_counts())
			machine()->zero_pins += nr;
		return;
	}
	frames_adjust(frame, nr, 0, 1, 0, 0);
}

void frames_unpin(unsigned long frame, unsigned long nr)
{
	struct mm_machine *m = machine();

	if (frame_is_zero(frame)) {
		if (!zero_page_counts())
			return;
		if (m->zero_pins < nr)
			sim_violate(VIOLATION_REFCOUNT, "the zero page is unpinned more often than it was pinned");
		m->zero_pins -= min(nr, m->zero_pins);
		return;
	}
	frames_adjust(frame, nr, 0, -1, 0, 0);
}

/* Does a run that begins at @frame still fit: by growing the last one, or in a free slot? */
bool page_runs_room(const struct page_runs *runs, unsigned long frame)
{
	const struct page_run *last = runs->nr ? &runs->run[runs->nr - 1] : NULL;

	return runs->nr < runs->max || (last && last->frame + last->nr == frame);
}

/* Most of what is pinned at once is one run or two. */
#define PAGE_RUNS_FEW 8u

void page_runs_init(struct page_runs *runs, unsigned int max)
{
	unsigned int room = min(max, PAGE_RUNS_FEW);

	*runs = (struct page_runs){ .run = sim_alloc(room * sizeof(*runs->run)), .max = max, .room = room,
				    .grown = true };
}

void page_runs_free(struct page_runs *runs)
{
	if (runs->grown)
		sim_free(runs->run);
	runs->run = NULL;
	runs->grown = false;
}

static noinline void page_runs_grow(struct page_runs *runs)
{
	unsigned int room = min(2 * runs->room, runs->max);
	struct page_run *run = sim_alloc(room * sizeof(*run));

	memcpy(run, runs->run, runs->nr * sizeof(*run));
	page_runs_free(runs);
	runs->run = run;
	runs->room = room;
	runs->grown = true;
}

void page_runs_add(struct page_runs *runs, unsigned long frame, unsigned long nr)
{
	struct page_run *last = runs->nr ? &runs->run[runs->nr - 1] : NULL;

	if (last && last->frame + last->nr == frame) {
		last->nr += nr;
		return;
	}
	if (runs->room && runs->nr == runs->room)
		page_runs_grow(runs);
	runs->run[runs->nr++] = (struct page_run){ .frame = frame, .nr = nr };
}

unsigned long mm_frames_pinned(void)
{
	return machine()->frames_pinned;
}

bool mm_pin_state(unsigned long frame, unsigned long last, struct mm_pin_run *out)
{
	const struct mm_machine *m = machine();
	struct sim_run run;

	while (sim_run_next(&m->frames, frame, &run) && run.start <= last) {
		if (run.value >> STATE_PINS_SHIFT) {
			unsigned long first = max(run.start, frame);

			*out = (struct mm_pin_run){ first, run.last - first + 1, run.value >> STATE_PINS_SHIFT };
			return true;
		}
		if (run.last >= last)
			break;
		frame = run.last + 1;
	}
	if (!m->zero_pins || frame > FRAME_ZERO_FIRST || last < FRAME_ZERO_FIRST)
		return false;
	*out = (struct mm_pin_run){ FRAME_ZERO_FIRST, 1, m->zero_pins };
	return true;
}

unsigned long file_pages_alloc(unsigned long nr, unsigned long *frame)
{
	return frames_alloc(NULL, 0, nr, 0, FRAME_CACHED | FRAME_DRIVER, frame);
}

void file_pages_free(unsigned long frame, unsigned long nr)
{
	frames_adjust(frame, nr, 0, 0, 0, FRAME_CACHED);
}
