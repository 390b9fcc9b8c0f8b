/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_SPINLOCK_H
#define _LINUX_SPINLOCK_H

#include <linux/lockdep.h>

typedef struct spinlock {
	struct kapi_lock lock;
} spinlock_t;

#define spin_lock_init(l)                                                    \
	do {                                                                 \
		static const struct lock_class_key __key;                    \
		kapi_lock_init(&(l)->lock, #l, &__key, true);                \
	} while (0)

static inline void spin_lock(spinlock_t *l)
{
	kapi_lock_take(&l->lock, 0, 0);
}
static inline void spin_lock_nested(spinlock_t *l, unsigned int subclass)
{
	kapi_lock_take(&l->lock, 0, subclass);
}
static inline void spin_unlock(spinlock_t *l)
{
	kapi_lock_drop(&l->lock, false);
}
#define spin_lock_irqsave(l, flags) do { (void)(flags); spin_lock(l); } while (0)
#define spin_unlock_irqrestore(l, flags) do { (void)(flags); spin_unlock(l); } while (0)
#define spin_lock_irq(l) spin_lock(l)
#define spin_unlock_irq(l) spin_unlock(l)

#endif
