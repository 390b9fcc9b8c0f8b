/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * user_struct: one for each kuid, as long as somebody holds a reference. The
 * counters live only as long as the struct, so every charger must hold one.
 */
#ifndef _LINUX_SCHED_USER_H
#define _LINUX_SCHED_USER_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/uidgid.h>
#include <linux/types.h>

struct user_struct {
	refcount_t __count;
	kuid_t uid;
	atomic_long_t locked_vm;	/* pages */
	atomic_long_t perf_mlock;	/* pages; only 6.12.117 has it */
	unsigned long locked_shm;	/* pages; up to 5.13 */
	unsigned long locked_vm_id;	/* object id of the counter, for the trace */
	int creds;			/* living ones that the last check of user_refs found */
	struct list_head node;		/* all that stand; uidhash_lock */
};

/* Finds or makes it (counters 0), with a reference. */
struct user_struct *alloc_uid(kuid_t uid);
static inline struct user_struct *get_uid(struct user_struct *user)
{
	refcount_inc(&user->__count);
	return user;
}
void free_uid(struct user_struct *user);

#endif
