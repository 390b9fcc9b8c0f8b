/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An array of pointers by index, with a lock of its own. */
#ifndef _LINUX_XARRAY_H
#define _LINUX_XARRAY_H

#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/spinlock.h>

struct kapi_xa_entry {
	unsigned long index;
	void *entry;
};
struct xarray {
	spinlock_t xa_lock;
	unsigned int xa_flags;
	struct kapi_xa_entry *slot;	/* by index */
	unsigned long nr, room;
};
struct xa_limit {
	u32 max;
	u32 min;
};

#define XA_FLAGS_ALLOC 1u
#define XA_FLAGS_ALLOC1 3u
#define XA_FLAGS_ACCOUNT 4u
#define XA_LIMIT(_min, _max) (struct xa_limit){ .min = _min, .max = _max }
#define xa_limit_32b XA_LIMIT(0, 0xffffffffU)
#define xa_limit_16b XA_LIMIT(0, 0xffffU)
#define xa_limit_31b XA_LIMIT(0, 0x7fffffffU)
/* Reserved: stored, but a load gives NULL. */
#define XA_ZERO_ENTRY ((void *)0x406UL)

#define xa_init_flags(xa, flags)                                             \
	do {                                                                 \
		*(xa) = (struct xarray){ .xa_flags = (flags) };              \
		spin_lock_init(&(xa)->xa_lock);                              \
	} while (0)
#define xa_init(xa) xa_init_flags(xa, 0)
#define xa_lock(xa) spin_lock(&(xa)->xa_lock)
#define xa_unlock(xa) spin_unlock(&(xa)->xa_lock)

static inline bool xa_is_err(const void *entry)
{
	return IS_ERR(entry);
}
static inline int xa_err(void *entry)
{
	return IS_ERR(entry) ? PTR_ERR(entry) : 0;
}
static inline bool xa_empty(const struct xarray *xa)
{
	return !xa->nr;
}
void *xa_load(struct xarray *xa, unsigned long index);
void *xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
void *xa_erase(struct xarray *xa, unsigned long index);
void *__xa_erase(struct xarray *xa, unsigned long index);
/* With the lock held. */
void *__xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp);
void *xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp);
int xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
int xa_reserve(struct xarray *xa, unsigned long index, gfp_t gfp);
void xa_release(struct xarray *xa, unsigned long index);
int xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, gfp_t gfp);
void xa_destroy(struct xarray *xa);
void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max, unsigned int filter);
void *xa_find_after(struct xarray *xa, unsigned long *index, unsigned long max, unsigned int filter);
#define XA_PRESENT 8u
#define xa_for_each(xa, index, entry)                                        \
	for (index = 0, entry = xa_find(xa, &index, ~0UL, XA_PRESENT); entry; \
	     entry = xa_find_after(xa, &index, ~0UL, XA_PRESENT))

#endif
