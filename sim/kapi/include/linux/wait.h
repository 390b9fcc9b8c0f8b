/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_WAIT_H
#define _LINUX_WAIT_H

#include <linux/spinlock.h>

struct kapi_wait_entry;

typedef struct wait_queue_head {
	unsigned long id;
	const char *name;
	struct kapi_wait_entry *first;
} wait_queue_head_t;

void kapi_waitqueue_init(wait_queue_head_t *wq, const char *name);
#define init_waitqueue_head(wq) kapi_waitqueue_init(wq, #wq)
/* Sleeps once; 0, or -EINTR for a killable sleep that a fatal signal ended. */
int kapi_wait_once(wait_queue_head_t *wq, bool killable);
void kapi_wake(wait_queue_head_t *wq, bool all);
#define wake_up(wq) kapi_wake(wq, false)
#define wake_up_all(wq) kapi_wake(wq, true)
#define wake_up_interruptible(wq) kapi_wake(wq, false)
#define wake_up_interruptible_all(wq) kapi_wake(wq, true)
#define waitqueue_active(wq) ((wq)->first)
#define wait_event(wq, cond) do { while (!(cond)) kapi_wait_once(&(wq), false); } while (0)
#define wait_event_killable(wq, cond)                                        \
	({                                                                   \
		int _ret = 0;                                                \
		while (!_ret && !(cond))                                     \
			_ret = kapi_wait_once(&(wq), true);                  \
		_ret;                                                        \
	})

#endif
