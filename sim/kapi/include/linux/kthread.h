/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_KTHREAD_H
#define _LINUX_KTHREAD_H

#include <linux/sched.h>

/* The calling kernel thread works in @mm until kthread_unuse_mm(). */
void kthread_use_mm(struct mm_struct *mm);
void kthread_unuse_mm(struct mm_struct *mm);

#endif
