/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_REFCOUNT_H
#define _LINUX_REFCOUNT_H

#include <linux/atomic.h>
#include <linux/spinlock.h>

/* A reference count: use after zero and going below it are VIOLATION_REFCOUNT, and the count stays saturated. */
typedef struct {
	atomic_t refs;
} refcount_t;

#define REFCOUNT_INIT(n) { .refs = ATOMIC_INIT(n) }

void kapi_refcount_bad(refcount_t *r, const char *what);

static inline void refcount_set(refcount_t *r, int n)
{
	atomic_set(&r->refs, n);
}
static inline unsigned int refcount_read(const refcount_t *r)
{
	return atomic_read(&r->refs);
}
static inline bool refcount_inc_not_zero(refcount_t *r)
{
	return atomic_inc_not_zero(&r->refs);
}
static inline void refcount_add(int i, refcount_t *r)
{
	if (atomic_fetch_add(i, &r->refs) <= 0)
		kapi_refcount_bad(r, "addition on 0");
}
static inline void refcount_inc(refcount_t *r)
{
	refcount_add(1, r);
}
static inline bool refcount_sub_and_test(int i, refcount_t *r)
{
	int left = atomic_sub_return(i, &r->refs);

	if (left < 0)
		kapi_refcount_bad(r, "underflow");
	return !left;
}
static inline bool refcount_dec_and_test(refcount_t *r)
{
	return refcount_sub_and_test(1, r);
}
static inline void refcount_dec(refcount_t *r)
{
	if (refcount_sub_and_test(1, r))
		kapi_refcount_bad(r, "decrement hit 0");
}
static inline bool refcount_dec_if_one(refcount_t *r)
{
	int one = 1;

	return atomic_try_cmpxchg(&r->refs, &one, 0);
}

/* Drops one; true with the lock held if that was the last. */
bool refcount_dec_and_lock(refcount_t *r, spinlock_t *lock);

#endif
