/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allocation: every object is known with its size and site; what is freed is poisoned and kept for a while. */
#ifndef _LINUX_SLAB_H
#define _LINUX_SLAB_H

#include <linux/gfp.h>
#include <linux/lockdep.h>
#include <linux/types.h>

void *kapi_kmalloc(size_t bytes, gfp_t flags, const char *site);
void *kapi_krealloc(const void *ptr, size_t bytes, gfp_t flags, const char *site);
void kfree(const void *ptr);
size_t ksize(const void *ptr);
/* VIOLATION_LEAK for what is still allocated, by site. */
void kapi_leak_check(void);

#define KAPI_SITE_(f, l) f ":" #l
#define KAPI_SITE__(f, l) KAPI_SITE_(f, l)
#define KAPI_SITE KAPI_SITE__(__FILE__, __LINE__)
#define kmalloc(n, f) kapi_kmalloc(n, f, KAPI_SITE)
#define kzalloc(n, f) kapi_kmalloc(n, (f) | __GFP_ZERO, KAPI_SITE)
#define kapi_array(c, n, f) ({ size_t _b; __builtin_mul_overflow((size_t)(c), (size_t)(n), &_b) ? NULL : kapi_kmalloc(_b, f, KAPI_SITE); })
#define kcalloc(c, n, f) kapi_array(c, n, (f) | __GFP_ZERO)
#define kmalloc_array(c, n, f) kapi_array(c, n, f)
#define kvcalloc(c, n, f) kapi_array(c, n, (f) | __GFP_ZERO)
#define kvmalloc_array(c, n, f) kapi_array(c, n, f)
#define kvmalloc(n, f) kmalloc(n, f)
#define kvzalloc(n, f) kzalloc(n, f)
#define krealloc(p, n, f) kapi_krealloc(p, n, f, KAPI_SITE)
#define kvfree(p) kfree(p)

#endif
