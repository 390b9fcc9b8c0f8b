/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RCU, modelled: a grace period waits for every reader that was inside its
 * section when it began. Readers must not sleep. Callbacks run on the actor
 * "rcu", in atomic context, once their grace period has passed (sim/kapi/rcu.c).
 */
#ifndef __LINUX_RCUPDATE_H
#define __LINUX_RCUPDATE_H

#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/types.h>
#include <sim/race.h>
#include <sim/sched.h>

void rcu_read_lock(void);
void rcu_read_unlock(void);
bool rcu_read_lock_held(void);
/* Waits for the readers of now. Sleeps; inside a reader it is VIOLATION_DEADLOCK. */
void synchronize_rcu(void);
#define synchronize_rcu_expedited() synchronize_rcu()
void call_rcu(struct rcu_head *head, rcu_callback_t func);
/* Waits until every callback queued so far has run. */
void rcu_barrier(void);

#if SIM_THREADS
#define __rcu_load(p) __atomic_load_n(&(p), __ATOMIC_ACQUIRE)
#define __rcu_store(p, v) __atomic_store_n(&(p), v, __ATOMIC_RELEASE)
#else
#define __rcu_load(p) __READ_ONCE(p)
#define __rcu_store(p, v) __WRITE_ONCE(p, v)
#endif
/* A lockless access to a pointer that others change: a scheduling point. */
#define rcu_dereference_raw(p) ({                                                                                      \
	sim_point_at(SIM_POINT_ATOMIC_READ, &(p), 0);                                                                  \
	sim_race_acquire(&(p), true);                                                                                  \
	__rcu_load(p); })
#define rcu_access_pointer(p) rcu_dereference_raw(p)
#define rcu_assign_pointer(p, v) do {                                                                                  \
	sim_point_at(SIM_POINT_ATOMIC_WRITE, &(p), 0);                                                                 \
	sim_race_release(&(p), false);                                                                                 \
	__rcu_store(p, v);                                                                                             \
} while (0)
/* Warns outside of a reader, unless @c says what else protects the pointer. */
#define __rcu_protected(c, text) do {                                                                                  \
	if (unlikely(!(c)))                                                                                            \
		kapi_warn(__FILE__, __LINE__, text " is read without protection", true);                               \
} while (0)
#define rcu_dereference_check(p, c) ({ __rcu_protected((c) || rcu_read_lock_held(), #p); rcu_dereference_raw(p); })
#define rcu_dereference(p) rcu_dereference_check(p, false)
/* Under the updater's lock, which @c asserts. */
#define rcu_dereference_protected(p, c) ({ __rcu_protected(c, #p); (p); })
#define rcu_replace_pointer(p, v, c) ({                                                                                \
	typeof(p) __old = rcu_dereference_protected(p, c);                                                             \
	rcu_assign_pointer(p, v);                                                                                      \
	__old; })
/* Nobody can see it yet. */
#define RCU_INIT_POINTER(p, v) __WRITE_ONCE(p, v)
#define RCU_LOCKDEP_WARN(c, s) WARN_ON_ONCE(c)

#endif
