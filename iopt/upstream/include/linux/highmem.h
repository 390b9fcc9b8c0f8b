/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_HIGHMEM_H
#define _LINUX_HIGHMEM_H

#include <linux/bitmap.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

/* Guest memory has no content: all pages read as the same one of scratch. */
void *kmap_local_page(struct page *page);
#define kunmap_local(addr) ((void)(addr))

#endif
