/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_NOTIFIER_H
#define _LINUX_NOTIFIER_H

struct notifier_block {
	int (*notifier_call)(struct notifier_block *nb, unsigned long action, void *data);
	struct notifier_block *next;
	int priority;
};

struct blocking_notifier_head {
	struct notifier_block *head;
};

#define NOTIFY_DONE 0
#define NOTIFY_OK 1

#endif
