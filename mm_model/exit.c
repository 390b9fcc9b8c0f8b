// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How tasks end (kernel/exit.c), and the end of every system call.
 *
 * A thread that exits lets go of its mm first, then of its files, so that what the
 * files release finds current->mm NULL and, if it was the last user, the mm dead. A
 * fatal signal ends the whole process: the thread that got it at once, the others when
 * they come to the end of their system call or, where they sit idle, by themselves.
 */
#include "internal.h"

static void exit_mm(void)
{
	struct mm_struct *mm = current->mm;

	if (!mm)
		return;
	mmap_read_lock(mm);
	task_lock(current);
	current->mm = NULL;
	task_holds_changed();
	mmap_read_unlock(mm);
	task_unlock(current);
	mmput(mm);
}

static void exit_files(void)
{
	struct files_struct *files = current->files;

	if (!files)
		return;
	task_lock(current);
	current->files = NULL;
	task_unlock(current);
	files_put(files);
}

/*
 * The thread leaves its group. Its own reference goes, but a leader's only with the
 * last thread: until then it is a zombie that the others' group_leader points to.
 */
static void exit_notify(struct task_struct *task)
{
	struct signal_struct *signal = task->signal;
	struct task_struct *leader = task->group_leader;
	bool last;

	/* whoever runs is there until it has gone: others may be the last while this one wakes */
	get_task_struct(task);
	/* one step, as under tasklist_lock: exactly one thread is the last */
	task_snapshot(task);
	sim_race_unseen(
		list_del_init(&task->thread_node);
		last = !--signal->nr_threads;
		task->exited = true;
		list_del(&task->tasks);
		list_add_tail(&task->tasks, &machine()->dead_tasks);
	);
	task_holds_changed();

	wake_up(&signal->wait_threads);
	if (last && leader != task)
		put_task_struct(leader);
	if (last || leader != task)
		put_task_struct(task);
	put_task_struct(task);
}

void do_exit(void)
{
	struct task_struct *task = current;

	task->flags |= PF_EXITING;
	exit_mm();
	exit_files();
	task_work_run();
	exit_notify(task);
}

static void exit_body(void *arg)
{
	struct task_struct *task = arg;

	if (!task->exited && !(task->flags & PF_EXITING))
		do_exit();
}

/* SIGKILL: the task dies at the end of its system call, or right away if it makes none. */
void task_kill(struct task_struct *task)
{
	bool alive;

	sim_touch(&task->sigkill, true);
	sim_race_unseen(
		alive = !task->sigkill && !task->exited;
		task->sigkill |= alive;
	);
	if (alive)
		sim_actor_submit(task->actor, exit_body, task);
}

void task_kill_others(void)
{
	struct task_struct *thread, *next;

	sim_race_unseen(
		list_for_each_entry_safe(thread, next, &current->signal->thread_head, thread_node)
			if (thread != current)
				task_kill(thread);
	);
}

/* A fatal signal for the process: current dies now, its other threads as soon as they can. */
void do_group_exit(void)
{
	sim_race_unseen(current->sigkill = true);
	task_kill_others();
	do_exit();
}

int fatal_signal_pending(struct task_struct *task)
{
	bool pending;

	task_kill_matters(task);
	sim_race_unseen(pending = task->sigkill);
	return pending;
}

long sys_exit(void)
{
	do_exit();
	return 0;
}

long mm_syscall(long ret)
{
	struct task_struct *task = mm_current();

	if (!task || (task->flags & PF_EXITING))
		return ret;
	task->gup_poison.mm = NULL;
	task_work_run();
	kapi_locks_held_check();
	if (!fatal_signal_pending(task))
		return ret;
	do_exit();
	return MM_KILLED(9);
}
