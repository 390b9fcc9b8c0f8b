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
#include <sim/sched.h>

struct files_struct;
struct mm_struct;
struct mm_record;
struct task_struct;

/* Shared by the threads of a process; a copy at fork; kept over exec. */
struct signal_struct {
	refcount_t sigcnt;
	int nr_threads;
	struct list_head thread_head;
	struct rlimit rlim[RLIM_NLIMITS];
};

struct task_struct {
	refcount_t usage;
	pid_t pid;				/* order of making, from 1: never the host's */
	char comm[64];				/* the scenario's name for it */
	bool exited;
	struct mm_struct *mm;			/* NULL once exit_mm() has run */
	struct mm_struct *active_mm;
	struct files_struct *files;
	struct signal_struct *signal;
	struct task_struct *group_leader;
	struct list_head thread_node;
	const struct cred *cred;
	struct sim_actor *actor;
	struct list_head tasks;			/* all tasks of the world, in order of making */
	const struct mm_record **mms;		/* the mms it has had, for observers */
	unsigned int nr_mms;
};

struct task_struct *get_current(void);
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
