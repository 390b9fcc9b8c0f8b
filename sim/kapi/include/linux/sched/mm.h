/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two lifetimes of an mm_struct: mm_users (address space) and mm_count (the struct). */
#ifndef _LINUX_SCHED_MM_H
#define _LINUX_SCHED_MM_H

#include <linux/mm_types.h>
#include <linux/sched.h>

static inline void mmgrab(struct mm_struct *mm)
{
	atomic_inc(&mm->mm_count);
}
void __mmdrop(struct mm_struct *mm);
static inline void mmdrop(struct mm_struct *mm)
{
	if (atomic_dec_and_test(&mm->mm_count))
		__mmdrop(mm);
}
static inline void mmget(struct mm_struct *mm)
{
	atomic_inc(&mm->mm_users);
}
static inline bool mmget_not_zero(struct mm_struct *mm)
{
	return atomic_inc_not_zero(&mm->mm_users);
}
/* At zero users: unmaps everything (exit_mmap), then drops the struct reference of the users. */
void mmput(struct mm_struct *mm);
/* task->mm with a reference, or NULL (exited, kernel thread). */
struct mm_struct *get_task_mm(struct task_struct *task);

#endif
