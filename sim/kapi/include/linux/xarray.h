/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The xarray: pointers and small values by index, with marks and a lock of its
 * own. The interface is the kernel's; behind it stands an ordered tree of runs
 * (sim/kapi/xarray.c), in which values that continue each other, and an entry of
 * many indices, cost as much as one.
 */
#ifndef _LINUX_XARRAY_H
#define _LINUX_XARRAY_H

#include <linux/bitmap.h>
#include <linux/bug.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct xa_run;

struct xarray {
	spinlock_t xa_lock;
	gfp_t xa_flags;
	/* of sim/kapi/xarray.c */
	struct rb_root xa_runs;
	struct xa_run *xa_last;		/* the run found last */
	unsigned long xa_version;	/* counts changes of the tree, for the walkers' cursors */
	unsigned long xa_taken;		/* no index from the first allocatable one up to here is free */
};

typedef unsigned int xa_mark_t;
#define XA_MARK_0 0u
#define XA_MARK_1 1u
#define XA_MARK_2 2u
#define XA_PRESENT 8u
#define XA_MARK_MAX XA_MARK_2
#define XA_FREE_MARK XA_MARK_0

struct xa_limit {
	u32 max;
	u32 min;
};
#define XA_LIMIT(_min, _max) ((struct xa_limit){ .min = _min, .max = _max })
#define xa_limit_32b XA_LIMIT(0, ~0U)
#define xa_limit_31b XA_LIMIT(0, 0x7fffffffU)
#define xa_limit_16b XA_LIMIT(0, 0xffffU)

#define XA_FLAGS_LOCK_IRQ 1u
#define XA_FLAGS_LOCK_BH 2u
#define XA_FLAGS_TRACK_FREE 4u
#define XA_FLAGS_ZERO_BUSY 8u
#define XA_FLAGS_ALLOC_WRAPPED 16u
#define XA_FLAGS_ACCOUNT 32u
#define XA_FLAGS_IDS 64u	/* of an IDA: our own */
#define XA_FLAGS_ALLOC XA_FLAGS_TRACK_FREE
#define XA_FLAGS_ALLOC1 (XA_FLAGS_TRACK_FREE | XA_FLAGS_ZERO_BUSY)

#define XARRAY_INIT(name, flags) { .xa_lock = __SPIN_LOCK_UNLOCKED((name).xa_lock), .xa_flags = (flags) }
#define DEFINE_XARRAY_FLAGS(name, flags) struct xarray name = XARRAY_INIT(name, flags)
#define DEFINE_XARRAY(name) DEFINE_XARRAY_FLAGS(name, 0)
#define DEFINE_XARRAY_ALLOC(name) DEFINE_XARRAY_FLAGS(name, XA_FLAGS_ALLOC)
#define DEFINE_XARRAY_ALLOC1(name) DEFINE_XARRAY_FLAGS(name, XA_FLAGS_ALLOC1)
/* A macro, so that each array's lock is of the class of its place. */
#define xa_init_flags(xa, flags) do {                                                                                  \
	struct xarray *__xa_init = (xa);                                                                               \
	*__xa_init = (struct xarray){ .xa_flags = (flags) };                                                           \
	spin_lock_init(&__xa_init->xa_lock);                                                                           \
} while (0)
#define xa_init(xa) xa_init_flags(xa, 0)

/*
 * Entries. A value has bit 0 set, a pointer has the two low bits clear, and what
 * has bit 1 set alone is internal: the zero entry (reserved), retry, errors.
 */
#define XA_VALUE_BIT 1UL
#define XA_INTERNAL_BITS 2UL
#define XA_TYPE_MASK 3UL
#define __XA_WORD(entry) ((unsigned long)(entry))

static inline bool xa_is_value(const void *entry)
{
	return __XA_WORD(entry) & XA_VALUE_BIT;
}

static inline bool xa_is_internal(const void *entry)
{
	return (__XA_WORD(entry) & XA_TYPE_MASK) == XA_INTERNAL_BITS;
}

/* The top bit of @value is lost. */
static inline void *xa_mk_value(unsigned long value)
{
	return (void *)(value << 1 | XA_VALUE_BIT);
}

#define xa_to_value(entry) (__XA_WORD(entry) >> 1)

static inline void *xa_mk_internal(unsigned long value)
{
	return (void *)(value << 2 | XA_INTERNAL_BITS);
}

#define xa_to_internal(entry) (__XA_WORD(entry) >> 2)
#define xa_tag_pointer(ptr, tag) ((void *)(__XA_WORD(ptr) | (tag)))
#define xa_untag_pointer(entry) ((void *)(__XA_WORD(entry) & ~XA_TYPE_MASK))
#define xa_pointer_tag(entry) ((unsigned int)(__XA_WORD(entry) & XA_TYPE_MASK))

#define XA_RETRY_ENTRY xa_mk_internal(256)
#define XA_ZERO_ENTRY xa_mk_internal(257)

static inline bool xa_is_zero(const void *entry)
{
	return unlikely(entry == XA_ZERO_ENTRY);
}

static inline bool xa_is_retry(const void *entry)
{
	return unlikely(entry == XA_RETRY_ENTRY);
}

static inline bool xa_is_advanced(const void *entry)
{
	return xa_is_internal(entry) && entry <= XA_RETRY_ENTRY;
}

static inline bool xa_is_err(const void *entry)
{
	return unlikely(xa_is_internal(entry) && entry >= xa_mk_internal(-MAX_ERRNO));
}

static inline int xa_err(void *entry)
{
	return xa_is_err(entry) ? (int)((long)entry >> 2) : 0;
}

bool xa_empty(const struct xarray *xa);
/* Does any entry carry @mark? */
bool xa_marked(const struct xarray *xa, xa_mark_t mark);

#define xa_trylock(xa) spin_trylock(&(xa)->xa_lock)
#define xa_lock(xa) spin_lock(&(xa)->xa_lock)
#define xa_unlock(xa) spin_unlock(&(xa)->xa_lock)
#define xa_lock_nested(xa, subclass) spin_lock_nested(&(xa)->xa_lock, subclass)
#define xa_lock_bh(xa) xa_lock(xa)
#define xa_unlock_bh(xa) xa_unlock(xa)
#define xa_lock_irq(xa) xa_lock(xa)
#define xa_unlock_irq(xa) xa_unlock(xa)
#define xa_lock_irqsave(xa, flags) spin_lock_irqsave(&(xa)->xa_lock, flags)
#define xa_unlock_irqrestore(xa, flags) spin_unlock_irqrestore(&(xa)->xa_lock, flags)

/*
 * The simple interface. Loads are RCU reads; the others take the xa_lock, but for
 * the __ forms, which run under it (and drop it to allocate where @gfp may sleep).
 * Errors come as entries: xa_err(). ENOMEM from an allocation, EINVAL for an entry
 * that the array cannot hold.
 */
void *xa_load(struct xarray *xa, unsigned long index);
void *xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
void *__xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
void *xa_erase(struct xarray *xa, unsigned long index);
void *__xa_erase(struct xarray *xa, unsigned long index);
void *xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp);
void *__xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp);
/* 0, or -EBUSY where there is an entry (a reserved one counts). */
int xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
int __xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
/* One entry for all of [@first, @last]; what it overlaps goes. */
void *xa_store_range(struct xarray *xa, unsigned long first, unsigned long last, void *entry, gfp_t gfp);
/* The lowest free index in @limit. 0, -EBUSY where there is none, -ENOMEM. */
int xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, gfp_t gfp);
int __xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, gfp_t gfp);
/* From *@next on, then from the start: 1 when it wrapped. */
int xa_alloc_cyclic(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, u32 *next, gfp_t gfp);
int __xa_alloc_cyclic(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, u32 *next, gfp_t gfp);
/* Drops all entries; not what they point at. */
void xa_destroy(struct xarray *xa);

/* The first entry at *@index or above (find_after: behind the entry at *@index) up to @max that has the mark. */
void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter);
void *xa_find_after(struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter);

bool xa_get_mark(struct xarray *xa, unsigned long index, xa_mark_t mark);
void xa_set_mark(struct xarray *xa, unsigned long index, xa_mark_t mark);
void xa_clear_mark(struct xarray *xa, unsigned long index, xa_mark_t mark);
void __xa_set_mark(struct xarray *xa, unsigned long index, xa_mark_t mark);
void __xa_clear_mark(struct xarray *xa, unsigned long index, xa_mark_t mark);

/* Room for an entry to come: loads read NULL, and a later store cannot fail. */
static inline __must_check int xa_reserve(struct xarray *xa, unsigned long index, gfp_t gfp)
{
	return xa_err(xa_cmpxchg(xa, index, NULL, XA_ZERO_ENTRY, gfp));
}

static inline void xa_release(struct xarray *xa, unsigned long index)
{
	xa_cmpxchg(xa, index, XA_ZERO_ENTRY, NULL, 0);
}

#define xa_for_each_range(xa, index, entry, start, last)                                                               \
	for ((index) = (start), (entry) = xa_find(xa, &(index), last, XA_PRESENT); (entry);                            \
	     (entry) = xa_find_after(xa, &(index), last, XA_PRESENT))
#define xa_for_each_start(xa, index, entry, start) xa_for_each_range(xa, index, entry, start, ~0UL)
#define xa_for_each(xa, index, entry) xa_for_each_start(xa, index, entry, 0)
#define xa_for_each_marked(xa, index, entry, filter)                                                                   \
	for ((index) = 0, (entry) = xa_find(xa, &(index), ~0UL, filter); (entry);                                      \
	     (entry) = xa_find_after(xa, &(index), ~0UL, filter))

/*
 * The walker's interface: a state with an index, moved by the xas_ calls, under
 * the xa_lock or (reading) RCU. xas_store() never sleeps: where it lacks memory it
 * leaves -ENOMEM in the state, and xas_nomem() tries again outside the lock.
 */
struct xa_state {
	struct xarray *xa;
	unsigned long xa_index;
	unsigned int xa_order;		/* the entry to be stored covers 2^xa_order indices */
	int xa_error;			/* -errno */
	enum {
		XAS_KEEP_RESTART,	/* nothing was looked up yet */
		XAS_KEEP_WALK,		/* xa_index was visited */
		XAS_KEEP_BOUNDS,	/* walked off the end */
	} xa_where;
	struct xa_run *xa_cursor;	/* the run at xa_index if xa_version is the array's */
	unsigned long xa_version;
	unsigned long xa_conflict;	/* where xas_find_conflict() goes on */
};

#define __XA_STATE(array, index, order) { .xa = (array), .xa_index = (index), .xa_order = (order) }
#define XA_STATE(name, array, index) struct xa_state name = __XA_STATE(array, index, 0)
#define XA_STATE_ORDER(name, array, index, order)                                                                      \
	struct xa_state name = __XA_STATE(array, ((index) >> (order)) << (order), order)

#define xas_trylock(xas) xa_trylock((xas)->xa)
#define xas_lock(xas) xa_lock((xas)->xa)
#define xas_unlock(xas) xa_unlock((xas)->xa)
#define xas_lock_bh(xas) xas_lock(xas)
#define xas_unlock_bh(xas) xas_unlock(xas)
#define xas_lock_irq(xas) xas_lock(xas)
#define xas_unlock_irq(xas) xas_unlock(xas)
#define xas_lock_irqsave(xas, flags) xa_lock_irqsave((xas)->xa, flags)
#define xas_unlock_irqrestore(xas, flags) xa_unlock_irqrestore((xas)->xa, flags)
#define xas_marked(xas, mark) xa_marked((xas)->xa, mark)

static inline int xas_error(const struct xa_state *xas)
{
	return xas->xa_error;
}

static inline void xas_set_err(struct xa_state *xas, long err)
{
	xas->xa_error = (int)err;
}

static inline bool xas_invalid(const struct xa_state *xas)
{
	return xas->xa_error || xas->xa_where != XAS_KEEP_WALK;
}

static inline bool xas_valid(const struct xa_state *xas)
{
	return !xas_invalid(xas);
}

static inline bool xas_is_node(const struct xa_state *xas)
{
	return xas_valid(xas);
}

static inline void xas_reset(struct xa_state *xas)
{
	xas->xa_error = 0;
	xas->xa_where = XAS_KEEP_RESTART;
}

/* An entry that stands for "look again" or is reserved: true, and the walk goes on from here. */
static inline bool xas_retry(struct xa_state *xas, const void *entry)
{
	if (xa_is_retry(entry))
		xas_reset(xas);
	return xa_is_retry(entry) || xa_is_zero(entry);
}

static inline void xas_set(struct xa_state *xas, unsigned long index)
{
	xas->xa_index = index;
	xas->xa_where = XAS_KEEP_RESTART;
	xas->xa_error = 0;
}

static inline void xas_set_order(struct xa_state *xas, unsigned long index, unsigned int order)
{
	xas_set(xas, order < 64 ? (index >> order) << order : 0);
	xas->xa_order = order;
}

void *xas_load(struct xa_state *xas);
void *xas_store(struct xa_state *xas, void *entry);
/* The first entry at or behind the state's index up to @max; NULL. Behind the first call: the next one. */
void *xas_find(struct xa_state *xas, unsigned long max);
void *xas_find_marked(struct xa_state *xas, unsigned long max, xa_mark_t mark);
/* An entry in the range that the state would store to; call until NULL. */
void *xas_find_conflict(struct xa_state *xas);
/* One index on or back, and what is there. */
void *xas_next(struct xa_state *xas);
void *xas_prev(struct xa_state *xas);
bool xas_get_mark(const struct xa_state *xas, xa_mark_t mark);
void xas_set_mark(const struct xa_state *xas, xa_mark_t mark);
void xas_clear_mark(const struct xa_state *xas, xa_mark_t mark);
void xas_init_marks(const struct xa_state *xas);
/* Memory for the store that failed: true, try again. Not under the lock. */
bool xas_nomem(struct xa_state *xas, gfp_t gfp);
void xas_destroy(struct xa_state *xas);
/* Lets go of the lock between two steps of a walk, which then goes on behind the entry visited last. */
void xas_pause(struct xa_state *xas);

static inline void *xas_reload(struct xa_state *xas)
{
	return xas_load(xas);
}

static inline void *xas_next_entry(struct xa_state *xas, unsigned long max)
{
	return xas_find(xas, max);
}

#define xas_for_each(xas, entry, max)                                                                                  \
	for ((entry) = xas_find(xas, max); (entry); (entry) = xas_next_entry(xas, max))
#define xas_for_each_marked(xas, entry, max, mark)                                                                     \
	for ((entry) = xas_find_marked(xas, max, mark); (entry); (entry) = xas_find_marked(xas, max, mark))
#define xas_for_each_conflict(xas, entry) while (((entry) = xas_find_conflict(xas)))

#endif
