// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * user_struct and ucounts (kernel/user.c, kernel/ucount.c).
 *
 * One user_struct for each uid while anybody holds a reference: creds, and every
 * object that charges it. The last reference takes the counts with it. ucounts are
 * the same for each (user namespace, uid), and a charge to one goes to the creators
 * of the namespaces above as well.
 */
#include "internal.h"

/* Called with uidhash_lock held. */
static struct user_struct *uid_hash_find(kuid_t uid)
{
	struct user_struct *user;

	list_for_each_entry(user, &machine()->users, node) {
		if (uid_eq(user->uid, uid)) {
			refcount_inc(&user->__count);
			return user;
		}
	}
	return NULL;
}

struct user_struct *alloc_uid(kuid_t uid)
{
	struct mm_machine *m = machine();
	struct user_struct *up, *new;
	char counter[40];

	spin_lock(&m->uidhash_lock);
	up = uid_hash_find(uid);
	spin_unlock(&m->uidhash_lock);
	if (up)
		return up;

	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return NULL;
	new->uid = uid;
	refcount_set(&new->__count, 1);
	new->locked_vm_id = sim_object_id();

	/* somebody may have made it in the meantime */
	spin_lock(&m->uidhash_lock);
	up = uid_hash_find(uid);
	if (!up) {
		snprintf(counter, sizeof(counter), "user(%u).locked_vm", uid.val);
		sim_object_name(new->locked_vm_id, counter);
		list_add_tail(&new->node, &m->users);
		up = new;
		new = NULL;
	}
	spin_unlock(&m->uidhash_lock);
	kfree(new);
	return up;
}

void free_uid(struct user_struct *user)
{
	struct mm_machine *m = machine();

	if (!user)
		return;
	if (!refcount_dec_and_lock(&user->__count, &m->uidhash_lock))
		return;
	list_del(&user->node);
	spin_unlock(&m->uidhash_lock);
	if (m->config.hooks.user_free)
		m->config.hooks.user_free(user);
	kfree(user);
}

/* Called with ucounts_lock held. */
static struct ucounts *find_ucounts(struct user_namespace *ns, kuid_t uid)
{
	struct ucounts *ucounts;

	list_for_each_entry(ucounts, &machine()->ucounts, node) {
		if (ucounts->ns == ns && uid_eq(ucounts->uid, uid)) {
			refcount_inc(&ucounts->count);
			return ucounts;
		}
	}
	return NULL;
}

struct ucounts *alloc_ucounts(struct user_namespace *ns, kuid_t uid)
{
	struct mm_machine *m = machine();
	struct ucounts *ucounts, *new;

	spin_lock(&m->ucounts_lock);
	ucounts = find_ucounts(ns, uid);
	spin_unlock(&m->ucounts_lock);
	if (ucounts)
		return ucounts;

	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return NULL;
	new->ns = ns;
	new->uid = uid;
	refcount_set(&new->count, 1);
	spin_lock(&m->ucounts_lock);
	ucounts = find_ucounts(ns, uid);
	if (!ucounts) {
		list_add_tail(&new->node, &m->ucounts);
		/* what is charged goes up through the namespaces, so they stand as long */
		get_user_ns(ns);
		ucounts = new;
		new = NULL;
	}
	spin_unlock(&m->ucounts_lock);
	kfree(new);
	return ucounts;
}

struct ucounts *get_ucounts(struct ucounts *ucounts)
{
	refcount_inc(&ucounts->count);
	return ucounts;
}

void put_ucounts(struct ucounts *ucounts)
{
	struct mm_machine *m = machine();

	if (!refcount_dec_and_lock(&ucounts->count, &m->ucounts_lock))
		return;
	list_del(&ucounts->node);
	spin_unlock(&m->ucounts_lock);
	put_user_ns(ucounts->ns);
	kfree(ucounts);
}

/* The one that pays for @ucounts' namespace, a level up; NULL above the initial one. */
static struct ucounts *ucounts_above(const struct ucounts *ucounts)
{
	return ucounts->ns->parent ? ucounts->ns->ucounts : NULL;
}

long inc_rlimit_ucounts(struct ucounts *ucounts, enum rlimit_type type, long v)
{
	struct ucounts *iter;
	long ret = 0;

	for (iter = ucounts; iter; iter = ucounts_above(iter)) {
		long new = atomic_long_add_return(v, &iter->rlimit[type]);

		if (new < 0)
			ret = LONG_MAX;
		else if (iter == ucounts)
			ret = new;
	}
	return ret;
}

bool dec_rlimit_ucounts(struct ucounts *ucounts, enum rlimit_type type, long v)
{
	struct ucounts *iter;
	long new = -1;

	for (iter = ucounts; iter; iter = ucounts_above(iter)) {
		long left = atomic_long_sub_return(v, &iter->rlimit[type]);

		WARN_ON_ONCE(left < 0);
		if (iter == ucounts)
			new = left;
	}
	return new == 0;
}
