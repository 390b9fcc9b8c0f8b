/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dirty bits of a range of IOVAs in user memory. A NULL bitmap is a user that asks
 * for none. Guest memory has no content here: iova_bitmap.c keeps the bits in the
 * harness's memory, where the caller's bitmap is.
 */
#ifndef _IOVA_BITMAP_H_
#define _IOVA_BITMAP_H_

#include <linux/errno.h>
#include <linux/types.h>

struct iova_bitmap;

typedef int (*iova_bitmap_fn_t)(struct iova_bitmap *bitmap, unsigned long iova, size_t length, void *opaque);

struct iova_bitmap *iova_bitmap_alloc(unsigned long iova, size_t length, unsigned long page_size, u64 __user *data);
void iova_bitmap_free(struct iova_bitmap *bitmap);
int iova_bitmap_for_each(struct iova_bitmap *bitmap, void *opaque, iova_bitmap_fn_t fn);
void iova_bitmap_set(struct iova_bitmap *bitmap, unsigned long iova, size_t length);

#endif
