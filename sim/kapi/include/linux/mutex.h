/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_MUTEX_H
#define _LINUX_MUTEX_H

#include <linux/atomic.h>
#include <linux/lockdep.h>

struct mutex {
	struct kapi_lock lock;
};

#define mutex_init(l)                                                        \
	do {                                                                 \
		static const struct lock_class_key __key;                    \
		kapi_lock_init(&(l)->lock, #l, &__key, false);               \
	} while (0)

static inline void mutex_lock(struct mutex *l)
{
	kapi_lock_take(&l->lock, 0, 0);
}
static inline void mutex_lock_nested(struct mutex *l, unsigned int subclass)
{
	kapi_lock_take(&l->lock, 0, subclass);
}
static inline int __must_check mutex_lock_killable(struct mutex *l)
{
	return kapi_lock_take(&l->lock, KAPI_KILLABLE, 0);
}
static inline int __must_check mutex_lock_interruptible(struct mutex *l)
{
	return kapi_lock_take(&l->lock, KAPI_KILLABLE, 0);
}
static inline int mutex_trylock(struct mutex *l)
{
	return !kapi_lock_take(&l->lock, KAPI_TRY, 0);
}
static inline void mutex_unlock(struct mutex *l)
{
	kapi_lock_drop(&l->lock, false);
}
static inline bool mutex_is_locked(struct mutex *l)
{
	return l->lock.writer;
}
/* Destroying a held mutex is VIOLATION_LOCK_MISUSE. */
void mutex_destroy(struct mutex *l);
/* Drops one; true with the mutex held if that was the last. */
int atomic_dec_and_mutex_lock(atomic_t *cnt, struct mutex *l);

#endif
