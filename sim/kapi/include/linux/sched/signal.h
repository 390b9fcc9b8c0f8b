/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_SCHED_SIGNAL_H
#define _LINUX_SCHED_SIGNAL_H

#include <linux/sched.h>

/* A fatal signal is pending for the task (an armed lock_kill counts while it sleeps). */
int fatal_signal_pending(struct task_struct *task);

#endif
