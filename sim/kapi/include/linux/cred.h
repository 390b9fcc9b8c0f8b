/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Credentials: copied on change, shared otherwise. current_user() follows the real uid. */
#ifndef _LINUX_CRED_H
#define _LINUX_CRED_H

#include <linux/capability.h>
#include <linux/refcount.h>
#include <linux/sched/user.h>
#include <linux/types.h>

struct user_namespace;
struct ucounts;

struct cred {
	refcount_t usage;
	kuid_t uid, euid, suid;
	unsigned int cap_permitted;	/* MM_CAP_* of mm_model/machine.h */
	unsigned int cap_effective;
	struct user_struct *user;	/* of the real uid */
	struct user_namespace *user_ns;
	struct ucounts *ucounts;
	unsigned long counted;		/* in which round user_refs counted it */
};

/* A copy of current's, refs 1, to be changed and committed; NULL when the allocation fails. */
struct cred *prepare_creds(void);
/* Makes @new (whose reference it takes) current's. */
int commit_creds(struct cred *new);
const struct cred *get_cred(const struct cred *cred);
void put_cred(const struct cred *cred);

const struct cred *current_cred(void);
struct user_struct *current_user(void);
#define current_uid() (current_cred()->uid)
#define current_euid() (current_cred()->euid)

#endif
