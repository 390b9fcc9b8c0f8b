/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_RWSEM_H
#define _LINUX_RWSEM_H

#include <linux/lockdep.h>

struct rw_semaphore {
	struct kapi_lock lock;
};

#define init_rwsem(l)                                                        \
	do {                                                                 \
		static const struct lock_class_key __key;                    \
		kapi_lock_init(&(l)->lock, #l, &__key, false);               \
	} while (0)

static inline void down_read(struct rw_semaphore *l)
{
	kapi_lock_take(&l->lock, KAPI_READ, 0);
}
static inline int __must_check down_read_killable(struct rw_semaphore *l)
{
	return kapi_lock_take(&l->lock, KAPI_READ | KAPI_KILLABLE, 0);
}
static inline int down_read_trylock(struct rw_semaphore *l)
{
	return !kapi_lock_take(&l->lock, KAPI_READ | KAPI_TRY, 0);
}
static inline void up_read(struct rw_semaphore *l)
{
	kapi_lock_drop(&l->lock, true);
}
static inline void down_write(struct rw_semaphore *l)
{
	kapi_lock_take(&l->lock, 0, 0);
}
static inline void down_write_nested(struct rw_semaphore *l, unsigned int subclass)
{
	kapi_lock_take(&l->lock, 0, subclass);
}
/* The order among locks of this class is kept by the lock @nest, which must be held. */
#define down_write_nest_lock(l, nest)                                        \
	do {                                                                 \
		lockdep_assert_held(nest);                                   \
		kapi_lock_take(&(l)->lock, KAPI_NESTED, 0);                  \
	} while (0)
static inline int __must_check down_write_killable(struct rw_semaphore *l)
{
	return kapi_lock_take(&l->lock, KAPI_KILLABLE, 0);
}
static inline int down_write_trylock(struct rw_semaphore *l)
{
	return !kapi_lock_take(&l->lock, KAPI_TRY, 0);
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
	return l->lock.writer || l->lock.readers;
}

#endif
