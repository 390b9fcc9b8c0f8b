/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef __LINUX_COMPLETION_H
#define __LINUX_COMPLETION_H

#include <linux/wait.h>

struct completion {
	unsigned int done;
	wait_queue_head_t wait;
};

#define DECLARE_COMPLETION_ONSTACK(work) struct completion work = { .wait = __WAIT_QUEUE_HEAD_INITIALIZER(work) }
#define DECLARE_COMPLETION(work) DECLARE_COMPLETION_ONSTACK(work)
#define init_completion(x) do { (x)->done = 0; kapi_waitqueue_init(&(x)->wait, kapi_field(#x)); } while (0)

static inline void reinit_completion(struct completion *x)
{
	x->done = 0;
}

void complete(struct completion *x);
void complete_all(struct completion *x);
void wait_for_completion(struct completion *x);
/* Jiffies left, 0 when the time is up. */
unsigned long wait_for_completion_timeout(struct completion *x, unsigned long timeout);
/* 0 or -EINTR. */
int wait_for_completion_killable(struct completion *x);
int wait_for_completion_interruptible(struct completion *x);
bool try_wait_for_completion(struct completion *x);
bool completion_done(struct completion *x);

#endif
