/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One engine behind spinlock, mutex and rwsem: who holds it, who waits, and what
 * lockdep knows of it (sim/kapi/lock.c).
 *
 * Waiters are served in order of arrival: readers that stand together at the head
 * go together, nobody overtakes a waiting writer, and a released lock is handed to
 * the one at the head. Whoever could have come first in the kernel can do so here
 * too, by arriving first: there is a scheduling point before each attempt.
 *
 * Lock classes are lockdep's: the place of initialisation (or an explicit key)
 * with a subclass.
 */
#ifndef _LINUX_LOCKDEP_H
#define _LINUX_LOCKDEP_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <sim/sched.h>

struct lock_class_key {
	char unused;
};

struct kapi_class;
struct kapi_waiter;

struct kapi_lock {
	unsigned long id;			/* object id for the trace; 0: initialised statically, not used yet */
	const char *name;
	const struct lock_class_key *key;	/* NULL: the lock itself (statically initialised) */
	struct kapi_class *class;		/* of subclass 0, once looked up */
	struct sim_actor *writer;
	unsigned int readers;
	bool spin;
	bool outside;				/* the writer is no actor: code outside any */
	struct kapi_waiter *first, *last;
};
#define lockdep_map kapi_lock

#define __KAPI_LOCK_INIT(lockname, is_spin) { .name = lockname, .spin = is_spin }

enum kapi_lock_flags {
	KAPI_LOCK_READ = 1,
	KAPI_LOCK_KILLABLE = 2,
	KAPI_LOCK_TRY = 4,
	KAPI_LOCK_NESTED = 8,	/* the order within the class is kept by a nest lock */
};

#define SINGLE_DEPTH_NESTING 1
#define MAX_LOCKDEP_SUBCLASSES 8

/* "&iopt->iova_rwsem" is what the call site says; the field is what people know it by. The compiler's work. */
static inline __attribute__((always_inline)) const char *kapi_field(const char *name)
{
	const char *dot = __builtin_strrchr(name, '.'), *arrow = __builtin_strrchr(name, '>');
	const char *before = dot > arrow ? dot : arrow;

	if (!before)
		before = __builtin_strrchr(name, '&');
	return before ? before + 1 : name;
}

/* @name: static text. */
void kapi_lock_init(struct kapi_lock *lock, const char *name, const struct lock_class_key *key, bool spin);
void kapi_lock_set_class(struct kapi_lock *lock, const struct lock_class_key *key, const char *name);
/* 0; -EINTR: KILLABLE, and the fault site lock_kill fired; -EBUSY: TRY, and it is taken. */
int kapi_lock_take(struct kapi_lock *lock, unsigned int flags, unsigned int subclass);
/* VIOLATION_LOCK_MISUSE, and nothing done, where the running actor does not hold it that way. */
void kapi_lock_drop(struct kapi_lock *lock, bool read);
void kapi_lock_downgrade(struct kapi_lock *lock);
/* It could be taken here: checks that, and the order, as if it were. */
void kapi_lock_might(struct kapi_lock *lock);
/* By the running actor, for writing where @write. */
bool kapi_lock_held(const struct kapi_lock *lock, bool write);
/* By anybody. */
bool kapi_lock_is_taken(const struct kapi_lock *lock);
/* VIOLATION_LOCK_MISUSE where it is held: memory with a held lock goes away. */
void kapi_lock_destroy(struct kapi_lock *lock);

/* VIOLATION_LOCK_HELD for each lock that the running actor holds, RCU included: when a system call returns. */
void kapi_locks_held_check(void);

/* Preemption off and on: no sleeping between, as with a spinlock. */
void preempt_disable(void);
void preempt_enable(void);
bool kapi_in_atomic(void);
#define in_atomic() kapi_in_atomic()
void kapi_might_sleep(const char *what);

#define __lockdep_assert(cond, l) do {                                                                                 \
	if (unlikely(!(cond)))                                                                                         \
		kapi_warn(__FILE__, __LINE__, "lockdep: " #l, true);                                                   \
} while (0)
void kapi_warn(const char *file, int line, const char *text, bool once);

#define lockdep_assert_held(l) __lockdep_assert(kapi_lock_held(&(l)->lock, false), l)
#define lockdep_assert_held_write(l) __lockdep_assert(kapi_lock_held(&(l)->lock, true), l)
#define lockdep_assert_held_read(l)                                                                                    \
	__lockdep_assert(kapi_lock_held(&(l)->lock, false) && !kapi_lock_held(&(l)->lock, true), l)
#define lockdep_assert_held_once(l) lockdep_assert_held(l)
#define lockdep_assert_not_held(l) __lockdep_assert(!kapi_lock_held(&(l)->lock, false), l)
#define lockdep_is_held(l) kapi_lock_held(&(l)->lock, false)
#define lockdep_set_class(l, key) kapi_lock_set_class(&(l)->lock, key, kapi_field(#key))
#define lockdep_set_class_and_name(l, key, name) kapi_lock_set_class(&(l)->lock, key, kapi_field(name))
#define lockdep_register_key(key) ((void)(key))
#define lockdep_unregister_key(key) ((void)(key))
#define might_lock(l) kapi_lock_might(&(l)->lock)

#endif
