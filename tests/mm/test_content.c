// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Content, as the hooks allow to give memory one: what a task stores it loads again,
 * and nobody else does, over fork, copy on write, pins, protection and loss.
 *
 * Each frame has a byte here, each task a TLB. An access that the TLB does not have
 * touches the page and loads what the page table then says; mm_hooks.ptes_changed
 * drops entries, mm_hooks.pages_copied copies bytes. Expectations are a plain array a
 * task, copied at fork. Every few steps each entry of each TLB must still be what
 * the task's page table says: a change that is not told shows there.
 */
#include <string.h>
#include <sim/rng.h>
#include "harness.h"

#define TASKS 4
#define PAGES_MAX 1024
#define STEPS 1000
#define FRAMES 65536

struct view {
	struct task_struct *task;	/* NULL: is yet to come */
	const struct mm_struct *mm;
	unsigned char expected[PAGES_MAX];
	unsigned int prot[PAGES_MAX];	/* MM_PROT_*, 0: not mapped */
	struct {
		bool valid, write;
		long frame;
	} tlb[PAGES_MAX];
};

static struct {
	unsigned long va, nr;
	enum mm_mmap_kind kind;
	struct view view[TASKS];
	unsigned char small[FRAMES], huge[FRAMES];
	struct sim_rng rng;
	unsigned long copies, drops;
} content;

/* Frames are numbered on within their zones (mm_model/page.c). */
static unsigned char *byte_of(unsigned long frame)
{
	unsigned char *zone = kernel_frame_folio(frame, NULL) > 1 ? content.huge : content.small;

	return zone + frame % FRAMES;
}

static void ptes_changed(const struct mm_struct *mm, unsigned long index, unsigned long nr)
{
	struct view *view = content.view;
	unsigned long i, first = content.va / P;

	while (view < content.view + TASKS && view->mm != mm)
		view++;
	/* an mm that fork is making has no view yet */
	for (i = 0; view < content.view + TASKS && i < content.nr; i++)
		if (first + i >= index && first + i - index < nr && view->tlb[i].valid) {
			view->tlb[i].valid = false;
			content.drops++;
		}
}

static void pages_copied(unsigned long from, unsigned long to, unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr; i++)
		*byte_of(to + i) = mm_frame_is_zero(from + i) ? 0 : *byte_of(from + i);
	content.copies++;
}

static void last_mm(struct mm_struct *mm, unsigned long mlocked_pages, void *arg)
{
	*(const struct mm_struct **)arg = mm;
}

/* @task is new, and so is its mm. */
static void view_begin(struct view *view, struct task_struct *task)
{
	view->task = task;
	mm_for_each_mm(last_mm, &view->mm);
}

static unsigned long below(unsigned long bound)
{
	return sim_rng_below(&content.rng, bound);
}

/* The byte behind page @i, through the TLB; NULL where it is the zero page's. */
static unsigned char *reach(struct view *view, unsigned long i, bool write)
{
	unsigned long va = content.va + i * P;

	if (!view->tlb[i].valid || (write && !view->tlb[i].write)) {
		ck_assert_int_eq(ON(view->task, touch, va, P, write), 0);
		view->tlb[i].write = mm_task_frame(view->task, va, true) >= 0;
		view->tlb[i].frame = mm_task_frame(view->task, va, false);
		view->tlb[i].valid = true;
		ck_assert_int_ge(view->tlb[i].frame, 0);
	}
	ck_assert(!write || view->tlb[i].write);
	return mm_frame_is_zero(view->tlb[i].frame) ? NULL : byte_of(view->tlb[i].frame);
}

static void load(struct view *view, unsigned long i)
{
	const unsigned char *byte = reach(view, i, false);

	ck_assert_uint_eq(byte ? *byte : 0, view->expected[i]);
}

static void store(struct view *view, unsigned long i)
{
	unsigned char value = 1 + below(255);

	*reach(view, i, true) = value;
	view->expected[i] = value;
}

static void set(struct view *view, unsigned long i, unsigned long nr, unsigned int prot, bool forget)
{
	for (; nr--; i++) {
		if (view->prot[i] || !forget)
			view->prot[i] = prot;
		if (forget)
			view->expected[i] = 0;
	}
}

static void fork_view(struct view *view)
{
	static const char names[TASKS][2] = { "a", "b", "c", "d" };
	unsigned int to = 1;

	while (to < TASKS && content.view[to].task)
		to++;
	if (to == TASKS)
		return;
	view_begin(&content.view[to], fork_task(view->task, names[to]));
	memcpy(content.view[to].expected, view->expected, sizeof(view->expected));
	memcpy(content.view[to].prot, view->prot, sizeof(view->prot));
}

static void map_again(struct view *view, unsigned long i, unsigned long nr)
{
	const struct mm_mmap_args args = {
		.len = nr * P, .kind = content.kind, .prot = RW, .fd = -1, .fixed = true, .addr = content.va + i * P,
	};

	if (ON(view->task, mmap, (unsigned long)&args) < 0)
		return;
	for (; nr--; i++) {
		view->prot[i] = RW;
		view->expected[i] = 0;
	}
}

static void step(struct pins *pins)
{
	struct view *view = &content.view[below(TASKS)];
	unsigned long i = below(content.nr), nr = 1 + below(content.nr - i), va = content.va + i * P;
	unsigned long what = below(24);

	if (!view->task)
		return;
	if (what < 8 && view->prot[i] & MM_PROT_WRITE)
		store(view, i);
	else if (what < 16 && view->prot[i])
		load(view, i);
	else if (what == 17 && ON(view->task, mprotect, va, nr * P, RO) == 0)
		set(view, i, nr, RO, false);
	else if (what == 18 && ON(view->task, mprotect, va, nr * P, RW) == 0)
		set(view, i, nr, RW, false);
	else if (what == 19 && content.kind != MM_HUGETLB && ON(view->task, dontneed, va, nr * P) == 0)
		memset(view->expected + i, 0, nr);
	else if (what == 20 && !below(4) && ON(view->task, munmap, va, nr * P) == 0) {
		set(view, i, nr, 0, true);
		map_again(view, i, nr);
	} else if (what == 21)
		fork_view(view);
	else if (what == 22 && view == content.view && !pins->nr)
		ON(view->task, pin, va, nr, PIN_LONGTERM | (below(2) ? PIN_WRITE : 0), (unsigned long)pins);
	else if (what == 23 && pins->nr)
		ON(content.view[0].task, unpin, (unsigned long)pins);
}

static void check_tlbs(void)
{
	unsigned int t, i;

	for (t = 0; t < TASKS; t++)
		for (i = 0; i < content.nr; i++) {
			const struct view *view = &content.view[t];

			if (view->tlb[i].valid)
				ck_assert_int_eq(mm_task_frame(view->task, content.va + i * P, view->tlb[i].write),
						 view->tlb[i].frame);
		}
}

/* Situation: see above. Expectation: bytes as in plain arrays, and no entry that outlives its page table's. */
START_TEST(as_plain_memory)
{
	static const struct {
		enum mm_mmap_kind kind;
		unsigned long pages;
	} row[] = { { MM_ANON, 16 }, { MM_THP, 1024 }, { MM_HUGETLB, 1024 }, { MM_ANON, 4 }, { MM_THP, 520 } };
	const struct mm_config config = {
		.hugepages = ~0ul,
		.hooks = { .ptes_changed = ptes_changed, .pages_copied = pages_copied },
	};
	struct pins pins = { .nr = 0 };
	unsigned int i;

	memset(&content, 0, sizeof(content));
	sim_rng_init(&content.rng, _i);
	world_up(_i % 2 ? &rules_v6_12 : &rules_v5_10, &config);
	content.kind = row[_i % 5].kind;
	content.nr = row[_i % 5].pages;
	view_begin(&content.view[0], task_new("a", 1000, FINI));
	content.va = map_kind(content.view[0].task, content.nr * P, content.kind, RW, -1);
	for (i = 0; i < content.nr; i++)
		content.view[0].prot[i] = RW;
	for (i = 0; i < STEPS; i++) {
		step(&pins);
		if (i % 8 == 0)
			check_tlbs();
	}
	ck_assert_uint_gt(content.copies, 0);
	ck_assert_uint_gt(content.drops, 0);
	if (pins.nr)
		ON(content.view[0].task, unpin, (unsigned long)&pins);
	world_down();
}
END_TEST

Suite *content_suite(void)
{
	Suite *suite = suite_create("content");
	TCase *tcase = tcase_create("content");

	tcase_add_loop_test(tcase, as_plain_memory, 0, 20);
	suite_add_tcase(suite, tcase);
	return suite;
}
