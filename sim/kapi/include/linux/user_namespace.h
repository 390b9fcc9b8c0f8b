/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * User namespaces as far as capable() asks, and ucounts as far as SysV SHM_LOCK
 * is charged to them: one for each (namespace, uid), each charge also in the
 * namespaces above.
 */
#ifndef _LINUX_USER_NAMESPACE_H
#define _LINUX_USER_NAMESPACE_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct user_namespace {
	refcount_t count;
	struct user_namespace *parent;		/* referenced; NULL: the initial one */
	kuid_t owner;				/* the creator's effective uid */
	struct ucounts *ucounts;		/* of the creator, in the parent; referenced */
};

struct user_namespace *get_user_ns(struct user_namespace *ns);
/* The last reference frees it, and lets its parent go. */
void put_user_ns(struct user_namespace *ns);

enum rlimit_type {
	UCOUNT_RLIMIT_MEMLOCK,
	UCOUNT_RLIMIT_COUNTS,
};

struct ucounts {
	struct list_head node;
	refcount_t count;
	struct user_namespace *ns;		/* referenced */
	kuid_t uid;
	atomic_long_t rlimit[UCOUNT_RLIMIT_COUNTS];	/* pages */
};

/* Finds or makes it, with a reference; NULL when the allocation fails. */
struct ucounts *alloc_ucounts(struct user_namespace *ns, kuid_t uid);
struct ucounts *get_ucounts(struct ucounts *ucounts);
void put_ucounts(struct ucounts *ucounts);
/*
 * Adds @v in the leaf and in every namespace above. Returns the leaf's new value,
 * or LONG_MAX where one overflowed or the maximum of a namespace is exceeded
 * (kernel/ucount.c: the caller undoes).
 */
long inc_rlimit_ucounts(struct ucounts *ucounts, enum rlimit_type type, long v);
/* Returns true when the leaf is back at zero. */
bool dec_rlimit_ucounts(struct ucounts *ucounts, enum rlimit_type type, long v);

#endif
