/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One engine behind spinlock, mutex and rwsem: who holds it, who waits, and what
 * lockdep knows of it. Waiters are served first come first served; readers that
 * stand together at the head go together, and nobody overtakes a waiting writer.
 */
#ifndef _LINUX_LOCKDEP_H
#define _LINUX_LOCKDEP_H

#include <linux/types.h>
#include <sim/sched.h>
#include <sim/trace.h>

struct lock_class_key {
	char unused;
};

struct kapi_waiter;

struct kapi_lock {
	unsigned long id;			/* 0: not seen yet */
	const char *name;
	const struct lock_class_key *key;
	struct sim_actor *writer;
	unsigned int readers;
	struct kapi_waiter *first, **last;
	bool spin;
};

enum kapi_lock_flags {
	KAPI_READ = 1,
	KAPI_KILLABLE = 2,
	KAPI_TRY = 4,
	KAPI_NESTED = 8,	/* the order within the class is the caller's own (nest_lock) */
};

void kapi_lock_init(struct kapi_lock *lock, const char *name, const struct lock_class_key *key, bool spin);
/* 0, -EINTR (KILLABLE), -EBUSY (TRY). */
int kapi_lock_take(struct kapi_lock *lock, unsigned int flags, unsigned int subclass);
void kapi_lock_drop(struct kapi_lock *lock, bool read);
void kapi_lock_downgrade(struct kapi_lock *lock);
/* By the running actor. @write: only as a writer counts. */
bool kapi_lock_held(const struct kapi_lock *lock, bool write);
void kapi_lock_assert_not(const struct kapi_lock *lock, const char *where);
void kapi_lock_assert(const struct kapi_lock *lock, bool write, const char *where);
/* VIOLATION_LOCK_HELD for each lock the running actor holds: called when a system call returns. */
void kapi_locks_held_check(void);
/* VIOLATION_SLEEP_IN_ATOMIC when the running actor holds a spinlock. */
void kapi_might_sleep(const char *where);

#define lockdep_assert_held(l) kapi_lock_assert(&(l)->lock, false, __func__)
#define lockdep_assert_held_write(l) kapi_lock_assert(&(l)->lock, true, __func__)
#define lockdep_assert_held_read(l) kapi_lock_assert(&(l)->lock, false, __func__)
#define lockdep_is_held(l) kapi_lock_held(&(l)->lock, false)
#define lockdep_assert_not_held(l) kapi_lock_assert_not(&(l)->lock, __func__)
#define SINGLE_DEPTH_NESTING 1
#define might_sleep() kapi_might_sleep(__func__)

static inline void cond_resched(void)
{
	kapi_might_sleep("cond_resched");
	sim_point(SIM_POINT_YIELD, 0, 0);
}

#endif
