/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_RWSEM_H
#define _LINUX_RWSEM_H

#include <linux/cleanup.h>
#include <linux/lockdep.h>

struct rw_semaphore {
	struct kapi_lock lock;
};

#define __RWSEM_INITIALIZER(lockname) { .lock = __KAPI_LOCK_INIT(#lockname, false) }
#define DECLARE_RWSEM(name) struct rw_semaphore name = __RWSEM_INITIALIZER(name)
#define __init_rwsem(l, name, key) kapi_lock_init(&(l)->lock, kapi_field(name), key, false)
#define init_rwsem(l) do {                                                                                             \
	static const struct lock_class_key __key;                                                                      \
	__init_rwsem(l, #l, &__key);                                                                                   \
} while (0)

static inline void down_read(struct rw_semaphore *l)
{
	kapi_lock_take(&l->lock, KAPI_LOCK_READ, 0);
}

static inline void down_read_nested(struct rw_semaphore *l, int subclass)
{
	kapi_lock_take(&l->lock, KAPI_LOCK_READ, subclass);
}

/* -EINTR when the fault site lock_kill fires. */
static inline int __must_check down_read_killable(struct rw_semaphore *l)
{
	return kapi_lock_take(&l->lock, KAPI_LOCK_READ | KAPI_LOCK_KILLABLE, 0);
}

#define down_read_interruptible(l) down_read_killable(l)

static inline int down_read_trylock(struct rw_semaphore *l)
{
	return !kapi_lock_take(&l->lock, KAPI_LOCK_READ | KAPI_LOCK_TRY, 0);
}

static inline void up_read(struct rw_semaphore *l)
{
	kapi_lock_drop(&l->lock, true);
}

static inline void down_write(struct rw_semaphore *l)
{
	kapi_lock_take(&l->lock, 0, 0);
}

static inline void down_write_nested(struct rw_semaphore *l, int subclass)
{
	kapi_lock_take(&l->lock, 0, subclass);
}

/* Several of one class, in any order, while the lock @nest is held, which makes the order safe. */
#define down_write_nest_lock(l, nest) do {                                                                             \
	lockdep_assert_held(nest);                                                                                     \
	kapi_lock_take(&(l)->lock, KAPI_LOCK_NESTED, 0);                                                               \
} while (0)

static inline int __must_check down_write_killable(struct rw_semaphore *l)
{
	return kapi_lock_take(&l->lock, KAPI_LOCK_KILLABLE, 0);
}

static inline int down_write_trylock(struct rw_semaphore *l)
{
	return !kapi_lock_take(&l->lock, KAPI_LOCK_TRY, 0);
}

static inline void up_write(struct rw_semaphore *l)
{
	kapi_lock_drop(&l->lock, false);
}

static inline void downgrade_write(struct rw_semaphore *l)
{
	kapi_lock_downgrade(&l->lock);
}

static inline int rwsem_is_locked(struct rw_semaphore *l)
{
	return kapi_lock_is_taken(&l->lock);
}

DEFINE_GUARD(rwsem_read, struct rw_semaphore *, down_read(_T), up_read(_T))
DEFINE_GUARD(rwsem_write, struct rw_semaphore *, down_write(_T), up_write(_T))

#endif
