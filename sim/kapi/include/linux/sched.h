/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tasks, thread groups, limits, users. The structures are mm_model's.
 */
#ifndef _LINUX_SCHED_H
#define _LINUX_SCHED_H

#include <linux/atomic.h>
#include <linux/cred.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/resource.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <sim/sched.h>

struct files_struct;
struct mm_struct;
struct mm_record;
struct task_struct;

/* Shared by the threads of a process; a copy at fork; kept over exec. */
struct signal_struct {
	refcount_t sigcnt;
	int nr_threads;				/* that have not exited */
	struct list_head thread_head;		/* task->thread_node of those, in order of making */
	wait_queue_head_t wait_threads;		/* de_thread() waits here until it is alone */
	struct task_struct *group_exec_task;	/* the thread that does so */
	struct rlimit rlim[RLIM_NLIMITS];	/* written under task_lock(group_leader), read locklessly */
};

struct task_struct {
	refcount_t usage;
	pid_t pid;				/* order of making, from 1: never the host's */
	char comm[64];				/* the scenario's name for it */
	bool exited;
	bool sigkill;				/* a fatal signal is pending: dies at the end of its system call */
	unsigned int flags;			/* PF_* */
	spinlock_t alloc_lock;			/* task_lock(): mm, files, limits of the group */
	struct mm_struct *mm;			/* NULL once exit_mm() has run */
	struct mm_struct *active_mm;
	struct files_struct *files;
	struct signal_struct *signal;
	struct task_struct *group_leader;
	struct list_head thread_node;
	const struct cred *cred;
	struct sim_actor *actor;
	struct list_head tasks;			/* all living tasks of the world in order of making, or all dead ones */
	struct list_head task_works;		/* struct callback_head; run at the end of the system call */
	struct gup_poison {			/* an injected fault that hit behind the first page of a batch */
		struct mm_struct *mm;		/* NULL: none; compared, never followed */
		unsigned long addr;
	} gup_poison;
	const struct mm_record **mms;		/* the mms it has had, for observers */
	unsigned int nr_mms;
	unsigned int uid_seen;			/* what observers read once it is gone */
	unsigned long memlock_seen;
	unsigned long memlock_max_seen;
};

#define PF_EXITING 0x00000004
#define PF_KTHREAD 0x00200000

/* Who runs where no task does: deferred work, and what lies outside of actors. */
struct task_struct *mm_current_kthread(void);
static inline struct task_struct *get_current(void)
{
	struct sim_actor *actor = sim_self();
	struct task_struct *task = actor ? sim_actor_cookie(actor) : NULL;

	return likely(task) ? task : mm_current_kthread();
}
#define current get_current()

static inline struct task_struct *get_task_struct(struct task_struct *task)
{
	refcount_inc(&task->usage);
	return task;
}
void __put_task_struct(struct task_struct *task);
static inline void put_task_struct(struct task_struct *task)
{
	if (refcount_dec_and_test(&task->usage))
		__put_task_struct(task);
}

static inline pid_t task_pid_nr(const struct task_struct *task)
{
	return task->pid;
}

static inline void task_lock(struct task_struct *task)
{
	spin_lock(&task->alloc_lock);
}
static inline void task_unlock(struct task_struct *task)
{
	spin_unlock(&task->alloc_lock);
}

/* Lockless, as the kernel reads it; bytes. Still readable through a reference after exit. */
static inline unsigned long task_rlimit(const struct task_struct *task, unsigned int limit)
{
	return READ_ONCE(task->signal->rlim[limit].rlim_cur);
}
static inline unsigned long rlimit(unsigned int limit)
{
	return task_rlimit(current, limit);
}

#endif
