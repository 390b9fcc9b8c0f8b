/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RCU, modelled: a grace period waits for every reader that was inside its
 * section when it began. Readers must not sleep. Callbacks run on the actor
 * "rcu", in atomic context, once their grace period has passed (sim/kapi/rcu.c).
 */
#ifndef __LINUX_RCUPDATE_H
#define __LINUX_RCUPDATE_H

#include <linux/compiler.h>
#include <linux/types.h>

void rcu_read_lock(void);
void rcu_read_unlock(void);
bool rcu_read_lock_held(void);
/* Waits for the readers of now. Sleeps; inside a reader it is VIOLATION_DEADLOCK. */
void synchronize_rcu(void);
#define synchronize_rcu_expedited() synchronize_rcu()
void call_rcu(struct rcu_head *head, rcu_callback_t func);
/* Waits until every callback queued so far has run. */
void rcu_barrier(void);

#define rcu_dereference(p) READ_ONCE(p)
#define rcu_dereference_raw(p) READ_ONCE(p)
#define rcu_dereference_check(p, c) READ_ONCE(p)
#define rcu_dereference_protected(p, c) (p)
#define rcu_access_pointer(p) READ_ONCE(p)
#define rcu_assign_pointer(p, v) WRITE_ONCE(p, v)
#define rcu_replace_pointer(p, v, c) ({ typeof(p) __old = (p); rcu_assign_pointer(p, v); __old; })
#define RCU_INIT_POINTER(p, v) WRITE_ONCE(p, v)
#define init_rcu_head(head) ((void)(head))
#define RCU_LOCKDEP_WARN(c, s) do { } while (0)

#endif
