// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * exec (fs/exec.c): a new, empty mm in place of the old one.
 *
 * In order: the new mm and credentials are made; the other threads die, and a thread
 * that was not the leader takes the leader's place; files are unshared; the new mm
 * is installed; the old one is put, which ends it if nobody else uses it; only then
 * close-on-exec files are closed, so their release meets the new mm and a dead old
 * one; last the credentials change. Limits and the user stay.
 */
#include "internal.h"

/*
 * Ends the other threads and waits for them. Then current is its group's leader.
 * EAGAIN where another thread has begun the same or the process is dying.
 */
static int de_thread(void)
{
	struct signal_struct *signal = current->signal;
	struct task_struct *leader = current->group_leader;

	if (fatal_signal_pending(current) || signal->group_exec_task)
		return -EAGAIN;
	signal->group_exec_task = current;
	task_kill_others();
	wait_event(signal->wait_threads, signal_threads(signal) == 1);
	signal->group_exec_task = NULL;
	if (leader == current)
		return 0;
	swap(current->pid, leader->pid);
	current->group_leader = current;
	/* the leader was kept as a zombie for its process: now it is nobody */
	put_task_struct(leader);
	return 0;
}

/* For exec_counters. */
static void exec_check(const struct mm_struct *new)
{
	if (new->locked_vm || atomic64_read(&new->pinned_vm))
		machine()->seen.exec_breaks++;
}

/* Returns -EINTR, before anything was installed. */
static int exec_mmap(struct mm_struct *new)
{
	const struct mm_hooks *hooks = &machine()->config.hooks;
	struct mm_struct *old = current->mm;

	if (mmap_read_lock_killable(old))
		return -EINTR;
	task_lock(current);
	current->mm = new;
	current->active_mm = new;
	task_holds_changed();
	task_unlock(current);
	mmap_read_unlock(old);
	task_mm_record(current, new);
	if (hooks->exec)
		hooks->exec(current, old, new);
	if (!hooks->exec_charges)
		exec_check(new);
	mmput(old);
	return 0;
}

/* What fails behind de_thread() cannot be told to anybody: the process dies. */
static long exec_die(struct mm_struct *new, struct cred *cred)
{
	if (new)
		mmput(new);
	put_cred(cred);
	do_group_exit();
	return MM_KILLED(MM_SIGSEGV);
}

long sys_exec(void)
{
	struct cred *cred = prepare_exec_creds();
	struct mm_struct *new;

	if (!cred)
		return mm_syscall(-ENOMEM);
	new = mm_alloc();
	if (!new) {
		put_cred(cred);
		return mm_syscall(-ENOMEM);
	}
	if (de_thread()) {
		mmput(new);
		put_cred(cred);
		return mm_syscall(-EAGAIN);
	}
	if (unshare_files())
		return exec_die(new, cred);
	if (exec_mmap(new))
		return exec_die(new, cred);
	do_close_on_exec(current->files);
	commit_creds(cred);
	return mm_syscall(0);
}
