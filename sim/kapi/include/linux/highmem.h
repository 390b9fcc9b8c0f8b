/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addressing the content of pages. A page is a name (linux/mm_types.h): upstream's
 * glue says what lies behind it; the model itself never maps one.
 */
#ifndef _LINUX_HIGHMEM_H
#define _LINUX_HIGHMEM_H

#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/string.h>

void *kmap_local_page(struct page *page);
void kunmap_local(const void *addr);

static inline void memcpy_from_page(char *to, struct page *page, size_t offset, size_t len)
{
	void *from = kmap_local_page(page);

	memcpy(to, (char *)from + offset, len);
	kunmap_local(from);
}

static inline void memcpy_to_page(struct page *page, size_t offset, const char *from, size_t len)
{
	void *to = kmap_local_page(page);

	memcpy((char *)to + offset, from, len);
	kunmap_local(to);
}

#define kmap_local_folio(folio, offset) ((char *)kmap_local_page(folio_page(folio, (offset) >> PAGE_SHIFT)) +          \
					 offset_in_page(offset))

#endif
