/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_MUTEX_H
#define _LINUX_MUTEX_H

#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/lockdep.h>

struct mutex {
	struct kapi_lock lock;
};

#define __MUTEX_INITIALIZER(lockname) { .lock = __KAPI_LOCK_INIT(#lockname, false) }
#define DEFINE_MUTEX(name) struct mutex name = __MUTEX_INITIALIZER(name)
#define __mutex_init(l, name, key) kapi_lock_init(&(l)->lock, kapi_field(name), key, false)
#define mutex_init(l) do {                                                                                             \
	static const struct lock_class_key __key;                                                                      \
	__mutex_init(l, #l, &__key);                                                                                   \
} while (0)

static inline void mutex_lock(struct mutex *l)
{
	kapi_lock_take(&l->lock, 0, 0);
}

static inline void mutex_lock_nested(struct mutex *l, unsigned int subclass)
{
	kapi_lock_take(&l->lock, 0, subclass);
}

/* -EINTR when the fault site lock_kill fires: a fatal signal came while it waited. */
static inline int __must_check mutex_lock_killable(struct mutex *l)
{
	return kapi_lock_take(&l->lock, KAPI_LOCK_KILLABLE, 0);
}

static inline int __must_check mutex_lock_killable_nested(struct mutex *l, unsigned int subclass)
{
	return kapi_lock_take(&l->lock, KAPI_LOCK_KILLABLE, subclass);
}

static inline int __must_check mutex_lock_interruptible(struct mutex *l)
{
	return kapi_lock_take(&l->lock, KAPI_LOCK_KILLABLE, 0);
}

static inline int mutex_trylock(struct mutex *l)
{
	return !kapi_lock_take(&l->lock, KAPI_LOCK_TRY, 0);
}

static inline void mutex_unlock(struct mutex *l)
{
	kapi_lock_drop(&l->lock, false);
}

static inline bool mutex_is_locked(struct mutex *l)
{
	return kapi_lock_is_taken(&l->lock);
}

/* VIOLATION_LOCK_MISUSE where it is held. */
static inline void mutex_destroy(struct mutex *l)
{
	kapi_lock_destroy(&l->lock);
}

#define mutex_lock_nest_lock(l, nest) do {                                                                             \
	lockdep_assert_held(nest);                                                                                     \
	kapi_lock_take(&(l)->lock, KAPI_LOCK_NESTED, 0);                                                               \
} while (0)

/* Drops one; 1 with the mutex held if that was the last (kernel/locking/mutex.c). */
int atomic_dec_and_mutex_lock(atomic_t *cnt, struct mutex *lock);

DEFINE_GUARD(mutex, struct mutex *, mutex_lock(_T), mutex_unlock(_T))

#endif
