/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct page over mm_model's runs of frames. A page is its physical frame number
 * times the size of the structure: an address to calculate with, behind which
 * nothing lies. iopt/upstream/page.c turns the kernel's calls by page into those
 * by run.
 */
#ifndef _UPSTREAM_MM_H
#define _UPSTREAM_MM_H

#include_next <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/mutex.h>

struct page {
	unsigned char handle[64];
};

#define UPSTREAM_PAGE_BASE 0xffffea0000000000UL

static inline struct page *pfn_to_page(unsigned long pfn)
{
	return (struct page *)(UPSTREAM_PAGE_BASE + pfn * sizeof(struct page));
}

static inline unsigned long page_to_pfn(const struct page *page)
{
	return ((unsigned long)page - UPSTREAM_PAGE_BASE) / sizeof(struct page);
}

#define PHYS_PFN(x) ((unsigned long)((x) >> PAGE_SHIFT))
#define PFN_PHYS(x) ((phys_addr_t)(x) << PAGE_SHIFT)
#define HPAGE_SIZE (PAGE_SIZE * HPAGE_PMD_NR)
#define GUP_PIN_COUNTING_BIAS 1024U

int pin_user_pages_fast(unsigned long start, int nr_pages, unsigned int gup_flags, struct page **pages);
long pin_user_pages_remote(struct mm_struct *mm, unsigned long start, unsigned long nr_pages, unsigned int gup_flags,
			   struct page **pages, int *locked);
/* A reference that is no pin: given back by put_page(). */
int get_user_pages_fast(unsigned long start, int nr_pages, unsigned int gup_flags, struct page **pages);
void put_page(struct page *page);
int page_ref_count(const struct page *page);
bool PageCompound(const struct page *page);
void unpin_user_page(struct page *page);
void unpin_user_pages(struct page **pages, unsigned long npages);
/* Pages that follow each other physically. */
void unpin_user_page_range_dirty_lock(struct page *page, unsigned long npages, bool make_dirty);
int set_page_dirty_lock(struct page *page);

/* As the kernel's, with its entry in the ledger (iopt/upstream/charge.c). */
int upstream_account_locked_vm(struct mm_struct *mm, unsigned long pages, bool inc, struct task_struct *task,
			       bool bypass_rlim);
#define __account_locked_vm upstream_account_locked_vm

#endif
