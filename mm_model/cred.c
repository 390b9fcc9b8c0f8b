// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Credentials, capabilities, user namespaces, and the limits of a process
 * (kernel/cred.c, kernel/sys.c, security/commoncap.c).
 *
 * A cred is shared until somebody changes his: prepare_creds() copies,
 * commit_creds() installs. cred->user belongs to the real uid. capable() asks the
 * initial user namespace, so whoever has left that one has no capability that
 * counts here, whatever he may do inside.
 */
#include "internal.h"

#define INVALID_UID_NUMBER (~0u)

const struct cred *current_cred(void)
{
	return current->cred;
}

struct user_struct *current_user(void)
{
	return current->cred->user;
}

const struct cred *get_cred(const struct cred *cred)
{
	refcount_inc(&((struct cred *)cred)->usage);
	return cred;
}

struct user_namespace *get_user_ns(struct user_namespace *ns)
{
	refcount_inc(&ns->count);
	return ns;
}

void put_user_ns(struct user_namespace *ns)
{
	while (ns && refcount_dec_and_test(&ns->count)) {
		struct user_namespace *parent = ns->parent;

		put_ucounts(ns->ucounts);
		kfree(ns);
		ns = parent;
	}
}

void put_cred(const struct cred *cred)
{
	struct cred *old = (struct cred *)cred;

	if (!refcount_dec_and_test(&old->usage))
		return;
	put_ucounts(old->ucounts);
	free_uid(old->user);
	put_user_ns(old->user_ns);
	kfree(old);
}

/* Empty, with one reference; NULL when the allocation fails. */
struct cred *cred_alloc(void)
{
	struct cred *cred = kzalloc(sizeof(*cred), GFP_KERNEL);

	if (cred)
		refcount_set(&cred->usage, 1);
	return cred;
}

struct cred *prepare_creds(void)
{
	const struct cred *old = current_cred();
	struct cred *new = cred_alloc();

	if (!new)
		return NULL;
	*new = *old;
	refcount_set(&new->usage, 1);
	get_uid(new->user);
	get_user_ns(new->user_ns);
	get_ucounts(new->ucounts);
	return new;
}

int commit_creds(struct cred *new)
{
	const struct cred *old = current->cred;

	/* prlimit() of others looks at it */
	sim_touch(&current->cred, true);
	current->cred = new;
	task_holds_changed();
	put_cred(old);
	return 0;
}

static unsigned int cap_bit(int cap)
{
	switch (cap) {
	case CAP_IPC_LOCK:
		return MM_CAP_IPC_LOCK;
	case CAP_SYS_RESOURCE:
		return MM_CAP_SYS_RESOURCE;
	case CAP_SETUID:
		return MM_CAP_SETUID;
	default:
		return MM_CAP_ALL;
	}
}

/* From @ns upwards: one's own namespace decides by the effective set, a child of it by who made it. */
bool ns_capable(struct user_namespace *ns, int cap)
{
	const struct cred *cred = current_cred();

	for (; ns; ns = ns->parent) {
		if (ns == cred->user_ns)
			return cred->cap_effective & cap_bit(cap);
		if (ns->parent == cred->user_ns && uid_eq(ns->owner, cred->euid))
			return true;
	}
	return false;
}

bool capable(int cap)
{
	return ns_capable(&machine()->init_user_ns, cap);
}

static bool is_root(const struct cred *cred, kuid_t uid)
{
	return cred->user_ns == &machine()->init_user_ns && kuid_number(uid) == 0;
}

static bool any_root(const struct cred *cred)
{
	return is_root(cred, cred->uid) || is_root(cred, cred->euid) || is_root(cred, cred->suid);
}

/* A file without capabilities: root by its uid gets all, everybody else none (cap_bprm_creds_from_file). */
struct cred *prepare_exec_creds(void)
{
	struct cred *new = prepare_creds();

	if (!new)
		return NULL;
	new->suid = new->euid;
	new->cap_permitted = is_root(new, new->euid) || is_root(new, new->uid) ? MM_CAP_EVERY : 0;
	new->cap_effective = is_root(new, new->euid) ? new->cap_permitted : 0;
	return new;
}

/* What changing uids does to capabilities (cap_emulate_setxuid). */
static void cap_emulate_setxuid(struct cred *new, const struct cred *old, bool keepcaps)
{
	if (any_root(old) && !any_root(new)) {
		if (!keepcaps)
			new->cap_permitted = 0;
		new->cap_effective = 0;
	}
	if (is_root(old, old->euid) && !is_root(new, new->euid))
		new->cap_effective = 0;
	if (!is_root(old, old->euid) && is_root(new, new->euid))
		new->cap_effective = new->cap_permitted;
}

/* The task's uid changed: charges of its future go to another user, and another ucounts. */
static int set_user(struct cred *new)
{
	struct user_struct *user = alloc_uid(new->uid);
	struct ucounts *ucounts;

	if (!user)
		return -EAGAIN;
	ucounts = alloc_ucounts(new->user_ns, new->uid);
	if (!ucounts) {
		free_uid(user);
		return -EAGAIN;
	}
	free_uid(new->user);
	put_ucounts(new->ucounts);
	new->user = user;
	new->ucounts = ucounts;
	return 0;
}

/* A child namespace maps no uid unless somebody writes its map: none is valid there. */
static bool uid_mapped(const struct cred *cred, unsigned int uid)
{
	return cred->user_ns == &machine()->init_user_ns && uid != INVALID_UID_NUMBER;
}

static long do_setuid(unsigned int uid, bool keepcaps)
{
	const struct cred *old = current_cred();
	kuid_t kuid = KUIDT_INIT(uid);
	struct cred *new;
	long err = 0;

	if (!uid_mapped(old, uid))
		return -EINVAL;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (ns_capable(old->user_ns, CAP_SETUID)) {
		new->suid = new->uid = kuid;
		if (!uid_eq(kuid, old->uid))
			err = set_user(new);
	} else if (!uid_eq(kuid, old->uid) && !uid_eq(kuid, new->suid)) {
		err = -EPERM;
	}
	if (err) {
		put_cred(new);
		return err;
	}
	new->euid = kuid;
	cap_emulate_setxuid(new, old, keepcaps);
	return commit_creds(new);
}

long sys_setuid(unsigned int uid, bool keepcaps)
{
	return mm_syscall(do_setuid(uid, keepcaps));
}

/* seteuid() is setresuid(-1, N, -1). */
static long do_seteuid(unsigned int uid)
{
	const struct cred *old = current_cred();
	kuid_t kuid = KUIDT_INIT(uid);
	struct cred *new;

	if (!uid_mapped(old, uid))
		return -EINVAL;
	if (!uid_eq(kuid, old->uid) && !uid_eq(kuid, old->euid) && !uid_eq(kuid, old->suid) &&
	    !ns_capable(old->user_ns, CAP_SETUID))
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	new->euid = kuid;
	cap_emulate_setxuid(new, old, false);
	return commit_creds(new);
}

long sys_seteuid(unsigned int uid)
{
	return mm_syscall(do_seteuid(uid));
}

/* EINVAL while the process has other threads; then all capabilities, in the new namespace only. */
static long do_unshare_user(void)
{
	struct user_namespace *ns;
	struct ucounts *ucounts;
	struct cred *new;

	if (signal_threads(current->signal) > 1)
		return -EINVAL;
	new = prepare_creds();
	ns = kzalloc(sizeof(*ns), GFP_KERNEL);
	if (ns)
		refcount_set(&ns->count, 1);
	ucounts = new && ns ? alloc_ucounts(ns, new->uid) : NULL;
	if (!ucounts) {
		kfree(ns);
		if (new)
			put_cred(new);
		return -ENOMEM;
	}
	ns->parent = new->user_ns;
	ns->owner = new->euid;
	ns->ucounts = new->ucounts;
	new->user_ns = ns;
	new->ucounts = ucounts;
	new->cap_permitted = new->cap_effective = MM_CAP_EVERY;
	return commit_creds(new);
}

long sys_unshare_user(void)
{
	return mm_syscall(do_unshare_user());
}

static long do_capset(unsigned int caps)
{
	struct cred *new = prepare_creds();

	if (!new)
		return -ENOMEM;
	/* "all" takes back whatever there is to take back */
	if (caps == MM_CAP_EVERY)
		caps = new->cap_permitted;
	if (caps & ~new->cap_permitted) {
		put_cred(new);
		return -EPERM;
	}
	new->cap_effective = caps;
	return commit_creds(new);
}

long sys_capset(unsigned int caps)
{
	return mm_syscall(do_capset(caps));
}

/* May current change another process's limits? EPERM unless all its uids are his, or CAP_SYS_RESOURCE there. */
static int check_prlimit_permission(const struct task_struct *task)
{
	const struct cred *cred = current_cred(), *tcred = task->cred;

	if (task == current)
		return 0;
	sim_touch(&task->cred, false);
	if (uid_eq(cred->uid, tcred->euid) && uid_eq(cred->uid, tcred->suid) && uid_eq(cred->uid, tcred->uid))
		return 0;
	return ns_capable(tcred->user_ns, CAP_SYS_RESOURCE) ? 0 : -EPERM;
}

static long do_prlimit(struct task_struct *task, struct rlimit new, bool set_max)
{
	struct rlimit *rlim = &task->signal->rlim[RLIMIT_MEMLOCK];
	long err = 0;

	/* The program asked for the limits before, and the lock is taken for the change alone. */
	if (!set_max) {
		sim_touch(&rlim->rlim_cur, false);
		new.rlim_max = rlim->rlim_max;
	}
	if (new.rlim_cur > new.rlim_max)
		return -EINVAL;
	task_lock(task->group_leader);
	/* rlimit() takes no lock. */
	sim_touch(&rlim->rlim_cur, true);
	if (new.rlim_max > rlim->rlim_max && !capable(CAP_SYS_RESOURCE))
		err = -EPERM;
	else
		*rlim = new;
	task_unlock(task->group_leader);
	return err;
}

/* Found by its pid, and held: whose last reference goes meanwhile was not found, as under RCU. */
static bool get_task_if_there(struct task_struct *task)
{
	bool there;

	if (!refcount_inc_not_zero(&task->usage))
		return false;
	/* a leader stays as a zombie while its process has threads */
	sim_race_unseen(there = !task->exited || (task == task->group_leader && task->signal->nr_threads));
	if (there)
		return true;
	put_task_struct(task);
	return false;
}

long sys_prlimit(struct task_struct *task, unsigned long cur_bytes, unsigned long max_bytes, bool set_max)
{
	struct rlimit new = { .rlim_cur = cur_bytes, .rlim_max = max_bytes };
	long err;

	if (!get_task_if_there(task))
		return mm_syscall(-ESRCH);
	err = check_prlimit_permission(task);
	if (!err)
		err = do_prlimit(task, new, set_max);
	put_task_struct(task);
	return mm_syscall(err);
}
