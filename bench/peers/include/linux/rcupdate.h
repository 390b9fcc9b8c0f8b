/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RCU where one thread measures the kernel's stores: readers cost nothing, as without preemption, and nobody waits. */
#ifndef BENCH_LINUX_RCUPDATE_H
#define BENCH_LINUX_RCUPDATE_H

#include <linux/compiler.h>

struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};

#define rcu_read_lock() ((void)0)
#define rcu_read_unlock() ((void)0)
#define rcu_dereference(p) READ_ONCE(p)
#define rcu_dereference_raw(p) READ_ONCE(p)
#define rcu_dereference_check(p, cond) READ_ONCE(p)
#define rcu_dereference_protected(p, cond) READ_ONCE(p)
#define rcu_assign_pointer(p, v) __atomic_store_n(&(p), v, __ATOMIC_RELEASE)
#define RCU_INIT_POINTER(p, v) ((void)((p) = (v)))
#define call_rcu(head, func) (func)(head)

#endif
