// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tasks and how they are made (kernel/fork.c).
 *
 * fork: a process with copies of everything. clone_vm: a process of its own that
 * shares mm and files. thread: shares mm, files, credentials and signal_struct. A
 * task_struct belongs to the world, so observers may read it for ever; its usage count
 * is the kernel's, and what it holds goes when the count falls to zero: for a task
 * that has exited and that nobody holds on to any more. A group leader that exits
 * first stays as a zombie until its process ends.
 */
#include "internal.h"

struct signal_struct *signal_alloc(void)
{
	struct signal_struct *signal = kzalloc(sizeof(*signal), GFP_KERNEL);

	if (!signal)
		return NULL;
	refcount_set(&signal->sigcnt, 1);
	INIT_LIST_HEAD(&signal->thread_head);
	init_waitqueue_head(&signal->wait_threads);
	return signal;
}

void signal_put(struct signal_struct *signal)
{
	if (refcount_dec_and_test(&signal->sigcnt))
		kfree(signal);
}

/* A bare task on an actor of its own: usage 1 for its running. */
struct task_struct *task_create(const char *name)
{
	struct mm_machine *m = machine();
	struct task_struct *task = sim_zalloc(sizeof(*task));

	refcount_set(&task->usage, 1);
	sim_race_unseen(task->pid = ++m->pid_last);
	strscpy(task->comm, name, sizeof(task->comm));
	spin_lock_init(&task->alloc_lock);
	INIT_LIST_HEAD(&task->task_works);
	INIT_LIST_HEAD(&task->thread_node);
	task->group_leader = task;
	task->actor = sim_actor_create(name, task);
	sim_race_unseen(list_add_tail(&task->tasks, &m->tasks));
	task_holds_changed();
	return task;
}

/* What never ran goes as if it had never been. */
static void task_discard(struct task_struct *task)
{
	sim_race_unseen(list_del(&task->tasks));
	task_holds_changed();
	task->exited = true;
}

void __put_task_struct(struct task_struct *task)
{
	task_snapshot(task);
	put_cred(task->cred);
	task->cred = NULL;
	task_holds_changed();
	signal_put(task->signal);
	task->signal = NULL;
}

static int copy_creds(struct task_struct *task, bool thread)
{
	struct cred *new;

	if (thread) {
		task->cred = get_cred(current_cred());
		task_holds_changed();
		return 0;
	}
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	task->cred = new;
	task_holds_changed();
	return 0;
}

static int copy_files(struct task_struct *task, bool share)
{
	task->files = share ? files_get(current->files) : files_dup(current->files);
	return task->files ? 0 : -ENOMEM;
}

static int copy_signal(struct task_struct *task, bool thread)
{
	struct signal_struct *old = current->signal;
	struct task_struct *leader = current->group_leader;

	if (thread) {
		refcount_inc(&old->sigcnt);
		task->signal = old;
		task->group_leader = leader;
		return 0;
	}
	task->signal = signal_alloc();
	if (!task->signal)
		return -ENOMEM;
	task_lock(leader);
	memcpy(task->signal->rlim, old->rlim, sizeof(old->rlim));
	task_unlock(leader);
	return 0;
}

static int copy_mm(struct task_struct *task, bool share)
{
	struct mm_struct *mm = current->mm;

	if (share) {
		mmget(mm);
	} else {
		mm = dup_mm(mm);
		if (IS_ERR(mm))
			return PTR_ERR(mm);
	}
	task->mm = mm;
	task->active_mm = mm;
	task_holds_changed();
	task_mm_record(task, mm);
	return 0;
}

static void signal_join(struct task_struct *task)
{
	sim_race_unseen(
		list_add_tail(&task->thread_node, &task->signal->thread_head);
		task->signal->nr_threads++;
	);
}

/* For fork_counters. */
static void fork_check(const struct task_struct *child)
{
	if (child->mm->locked_vm || atomic64_read(&child->mm->pinned_vm))
		machine()->seen.fork_breaks++;
}

static long copy_process(const char *name, bool share_vm, bool thread, struct task_struct **childp)
{
	const struct mm_hooks *hooks = &machine()->config.hooks;
	struct task_struct *task = task_create(name);
	int err;

	err = copy_creds(task, thread);
	if (err)
		goto bad_task;
	err = copy_files(task, share_vm);
	if (err)
		goto bad_cred;
	err = copy_signal(task, thread);
	if (err)
		goto bad_files;
	err = copy_mm(task, share_vm);
	if (err)
		goto bad_signal;
	/* who is being killed makes no thread that the killer has not seen */
	err = -EINTR;
	if (fatal_signal_pending(current))
		goto bad_mm;
	signal_join(task);
	if (!share_vm && hooks->fork)
		hooks->fork(current, task);
	if (!share_vm && !hooks->fork_charges)
		fork_check(task);
	*childp = task;
	return 0;

bad_mm:
	mmput(task->mm);
bad_signal:
	signal_put(task->signal);
bad_files:
	files_put(task->files);
bad_cred:
	put_cred(task->cred);
bad_task:
	task_discard(task);
	return err;
}

long sys_fork(const char *name, struct task_struct **child)
{
	return mm_syscall(copy_process(name, false, false, child));
}

long sys_clone_vm(const char *name, struct task_struct **child)
{
	return mm_syscall(copy_process(name, true, false, child));
}

long sys_thread(const char *name, struct task_struct **child)
{
	return mm_syscall(copy_process(name, true, true, child));
}

/* A process from nothing: machine setup, outside every actor. */
struct task_struct *mm_task_create(const char *name, unsigned int uid, unsigned long memlock_cur_bytes,
				   unsigned long memlock_max_bytes, unsigned int caps)
{
	struct task_struct *task = task_create(name);
	struct cred *cred = cred_alloc();
	int i;

	BUG_ON(!cred);
	cred->uid = cred->euid = cred->suid = KUIDT_INIT(uid);
	cred->cap_permitted = cred->cap_effective = caps;
	cred->user = alloc_uid(cred->uid);
	cred->user_ns = &machine()->init_user_ns;
	refcount_inc(&cred->user_ns->count);
	cred->ucounts = alloc_ucounts(cred->user_ns, cred->uid);
	task->cred = cred;
	task_holds_changed();
	task->files = files_alloc();
	task->signal = signal_alloc();
	task->mm = mm_alloc();
	BUG_ON(!cred->user || !cred->ucounts || !task->files || !task->signal || !task->mm);
	for (i = 0; i < RLIM_NLIMITS; i++)
		task->signal->rlim[i] = (struct rlimit){ RLIM_INFINITY, RLIM_INFINITY };
	task->signal->rlim[RLIMIT_MEMLOCK] = (struct rlimit){ memlock_cur_bytes, memlock_max_bytes };
	task->active_mm = task->mm;
	task_mm_record(task, task->mm);
	signal_join(task);
	return task;
}
