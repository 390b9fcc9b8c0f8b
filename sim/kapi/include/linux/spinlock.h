/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spinlocks. A holder may be switched away from (another CPU runs), but must not
 * sleep. Interrupts do not exist: the irq variants are the plain ones.
 */
#ifndef _LINUX_SPINLOCK_H
#define _LINUX_SPINLOCK_H

#include <linux/lockdep.h>

typedef struct spinlock {
	struct kapi_lock lock;
} spinlock_t;
typedef spinlock_t raw_spinlock_t;

#define __SPIN_LOCK_UNLOCKED(lockname) { .lock = __KAPI_LOCK_INIT(#lockname, true) }
#define DEFINE_SPINLOCK(x) spinlock_t x = __SPIN_LOCK_UNLOCKED(x)
#define spin_lock_init(l) do {                                                                                         \
	static const struct lock_class_key __key;                                                                      \
	kapi_lock_init(&(l)->lock, kapi_field(#l), &__key, true);                                                      \
} while (0)

static inline void spin_lock(spinlock_t *l)
{
	kapi_lock_take(&l->lock, 0, 0);
}

static inline void spin_lock_nested(spinlock_t *l, unsigned int subclass)
{
	kapi_lock_take(&l->lock, 0, subclass);
}

static inline int spin_trylock(spinlock_t *l)
{
	return !kapi_lock_take(&l->lock, KAPI_LOCK_TRY, 0);
}

static inline void spin_unlock(spinlock_t *l)
{
	kapi_lock_drop(&l->lock, false);
}

static inline int spin_is_locked(spinlock_t *l)
{
	return kapi_lock_is_taken(&l->lock);
}

#define spin_lock_irq(l) spin_lock(l)
#define spin_unlock_irq(l) spin_unlock(l)
#define spin_lock_bh(l) spin_lock(l)
#define spin_unlock_bh(l) spin_unlock(l)
#define spin_lock_irqsave(l, flags) do { (flags) = 0; spin_lock(l); } while (0)
#define spin_lock_irqsave_nested(l, flags, subclass) do { (flags) = 0; spin_lock_nested(l, subclass); } while (0)
#define spin_unlock_irqrestore(l, flags) do { (void)(flags); spin_unlock(l); } while (0)
#define assert_spin_locked(l) lockdep_assert_held(l)
#define raw_spin_lock_init(l) spin_lock_init(l)
#define raw_spin_lock(l) spin_lock(l)
#define raw_spin_unlock(l) spin_unlock(l)

#endif
