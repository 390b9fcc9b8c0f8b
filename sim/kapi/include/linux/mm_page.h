/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct page by struct page: what the kernel's own files call where the model
 * works in runs (linux/mm.h). The types and arithmetic are here; the functions are
 * provided by whoever links those files, on top of the run interface.
 *
 * A page is opaque and named by its frame: page_to_pfn() gives the physical frame
 * number that a domain holds, and pages of one folio follow each other.
 */
#ifndef _LINUX_MM_PAGE_H
#define _LINUX_MM_PAGE_H

#include <asm/page.h>
#include <linux/gfp.h>
#include <linux/mm_types.h>

#define PMD_SHIFT 21
#define PMD_SIZE (1UL << PMD_SHIFT)
#define HPAGE_SHIFT PMD_SHIFT
#define HPAGE_SIZE (HPAGE_PMD_NR << PAGE_SHIFT)
#define HPAGE_PMD_SIZE HPAGE_SIZE
#define GUP_PIN_COUNTING_BIAS 1024
#define PHYS_PFN(x) ((unsigned long)((x) >> PAGE_SHIFT))
#define PFN_PHYS(x) ((phys_addr_t)(x) << PAGE_SHIFT)

struct page *pfn_to_page(unsigned long pfn);
unsigned long page_to_pfn(const struct page *page);
#define page_to_phys(page) PFN_PHYS(page_to_pfn(page))
int pfn_valid(unsigned long pfn);
int PageReserved(const struct page *page);
int PageCompound(const struct page *page);
struct page *compound_head(struct page *page);
struct folio *page_folio(struct page *page);
struct page *folio_page(struct folio *folio, unsigned long nr);
int page_ref_count(const struct page *page);
void put_page(struct page *page);
int set_page_dirty_lock(struct page *page);
struct page *alloc_pages(gfp_t gfp, unsigned int order);
void __free_pages(struct page *page, unsigned int order);
void *page_address(const struct page *page);
bool is_zero_pfn(unsigned long pfn);

/* mm/gup.c, page by page; pages pinned or -errno. */
int pin_user_pages_fast(unsigned long start, int nr_pages, unsigned int gup_flags, struct page **pages);
int get_user_pages_fast(unsigned long start, int nr_pages, unsigned int gup_flags, struct page **pages);
long pin_user_pages_remote(struct mm_struct *mm, unsigned long start, unsigned long nr_pages, unsigned int gup_flags,
			   struct page **pages, int *locked);
void unpin_user_page(struct page *page);
void unpin_user_pages(struct page **pages, unsigned long nr_pages);
void unpin_user_pages_dirty_lock(struct page **pages, unsigned long nr_pages, bool make_dirty);
void unpin_user_page_range_dirty_lock(struct page *page, unsigned long nr_pages, bool make_dirty);

#define FAULT_FLAG_WRITE 0x01u
#define FAULT_FLAG_REMOTE 0x80u
int fixup_user_fault(struct mm_struct *mm, unsigned long address, unsigned int fault_flags, bool *unlocked);
/* Addresses carry no tags. */
#define untagged_addr_remote(mm, addr) (addr)

/* A page table entry of a VM_PFNMAP area; valid until follow_pfnmap_end(). */
struct follow_pfnmap_args {
	struct vm_area_struct *vma;
	unsigned long address;
	/* results */
	unsigned long pfn;
	bool writable;
	bool special;
};
int follow_pfnmap_start(struct follow_pfnmap_args *args);
void follow_pfnmap_end(struct follow_pfnmap_args *args);

#endif
