/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _UPSTREAM_MM_H
#define _UPSTREAM_MM_H

#include_next <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>

/* As the kernel's, with its entry in the ledger (iopt/upstream/charge.c). */
int upstream_account_locked_vm(struct mm_struct *mm, unsigned long pages, bool inc, struct task_struct *task,
			       bool bypass_rlim);
#define __account_locked_vm upstream_account_locked_vm

#endif
