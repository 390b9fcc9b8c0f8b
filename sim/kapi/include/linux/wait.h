/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wait queues and sleeping. A waiter is queued before it looks at its condition,
 * so a wake-up in between is not lost; wake-ups go in order of arrival.
 *
 * Time stands still while anybody can run: a timeout expires only when nobody
 * else can go on, the earliest first (kapi_run(), sim/kapi.h). What is then
 * asleep on a condition that has become true is VIOLATION_LOST_WAKEUP.
 */
#ifndef _LINUX_WAIT_H
#define _LINUX_WAIT_H

#include <linux/errno.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct sim_actor;
struct task_struct;

typedef struct wait_queue_head {
	unsigned long id;		/* 0: initialised statically, not used yet */
	const char *name;
	struct list_head head;		/* of wait_queue_entry.entry; next is NULL while id is 0 */
} wait_queue_head_t;

typedef struct wait_queue_entry {
	unsigned int flags;
	struct sim_actor *actor;
	bool woken;
	struct list_head entry;
} wait_queue_entry_t;

#define WQ_FLAG_EXCLUSIVE 0x01

#define TASK_RUNNING 0
#define TASK_INTERRUPTIBLE 1
#define TASK_UNINTERRUPTIBLE 2
#define TASK_KILLABLE (0x100 | TASK_UNINTERRUPTIBLE)
#define TASK_NORMAL (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)
#define MAX_SCHEDULE_TIMEOUT ((long)(~0UL >> 1))

#define __WAIT_QUEUE_HEAD_INITIALIZER(wqname) { .name = #wqname }
#define DECLARE_WAIT_QUEUE_HEAD(name) wait_queue_head_t name = __WAIT_QUEUE_HEAD_INITIALIZER(name)
#define DEFINE_WAIT(name) wait_queue_entry_t name = { .entry = LIST_HEAD_INIT((name).entry) }
#define init_waitqueue_head(wq) kapi_waitqueue_init(wq, kapi_field(#wq))
#define init_wait(wait) do { *(wait) = (wait_queue_entry_t){ 0 }; INIT_LIST_HEAD(&(wait)->entry); } while (0)

void kapi_waitqueue_init(wait_queue_head_t *wq, const char *name);
/* Wakes the first @nr waiters (0: all) and takes them off the queue. */
void kapi_wake(wait_queue_head_t *wq, unsigned int nr);
bool waitqueue_active(wait_queue_head_t *wq);
#define wq_has_sleeper(wq) waitqueue_active(wq)
#define wake_up(wq) kapi_wake(wq, 1)
#define wake_up_nr(wq, nr) kapi_wake(wq, nr)
#define wake_up_all(wq) kapi_wake(wq, 0)
#define wake_up_interruptible(wq) kapi_wake(wq, 1)
#define wake_up_interruptible_all(wq) kapi_wake(wq, 0)
#define wake_up_interruptible_poll(wq, mask) kapi_wake(wq, 1)
#define wake_up_poll(wq, mask) kapi_wake(wq, 1)

/* Queues @wait unless it is queued; the next schedule() sleeps until it is woken. */
void prepare_to_wait(wait_queue_head_t *wq, wait_queue_entry_t *wait, int state);
void prepare_to_wait_exclusive(wait_queue_head_t *wq, wait_queue_entry_t *wait, int state);
void finish_wait(wait_queue_head_t *wq, wait_queue_entry_t *wait);
/* Sleeps if @wait was not woken since it was prepared. Returns the jiffies left of @timeout, 0 when it expired. */
long kapi_wait(wait_queue_head_t *wq, wait_queue_entry_t *wait, long timeout);
/* The condition is true: if only the check of a stuck machine found that out, it is a lost wake-up. */
void kapi_wait_done(wait_queue_head_t *wq);
/* Sleeps for @timeout jiffies of the machine's own time. Returns 0. */
long schedule_timeout_uninterruptible(long timeout);
#define schedule_timeout(timeout) schedule_timeout_uninterruptible(timeout)
#define schedule_timeout_interruptible(timeout) schedule_timeout_uninterruptible(timeout)
void msleep(unsigned int msecs);
/* A killable sleep is interrupted: the fault site lock_kill fired. */
bool kapi_wait_killed(void);

/* The value is the time left (at least 1 when the condition is true), 0, or -EINTR. */
#define __kapi_wait_event(wq, condition, killable, timeout) ({                                                         \
	wait_queue_entry_t __wait;                                                                                     \
	long __left = (timeout);                                                                                       \
	bool __killable = (killable);                                                                                  \
	init_wait(&__wait);                                                                                            \
	for (;;) {                                                                                                     \
		prepare_to_wait(&(wq), &__wait, TASK_UNINTERRUPTIBLE);                                                 \
		if (condition) {                                                                                       \
			kapi_wait_done(&(wq));                                                                         \
			if (!__left)                                                                                   \
				__left = 1;                                                                            \
			break;                                                                                         \
		}                                                                                                      \
		if (!__left)                                                                                           \
			break;                                                                                         \
		if (__killable && kapi_wait_killed()) {                                                                \
			__left = -EINTR;                                                               \
			break;                                                                                         \
		}                                                                                                      \
		__left = kapi_wait(&(wq), &__wait, __left);                                                            \
	}                                                                                                              \
	finish_wait(&(wq), &__wait);                                                                                   \
	__left; })

static inline int __kapi_wait_errno(long left)
{
	return left < 0 ? (int)left : 0;
}

#define wait_event(wq, condition) do {                                                                                 \
	might_sleep_event();                                                                                           \
	if (!(condition))                                                                                              \
		__kapi_wait_event(wq, condition, false, MAX_SCHEDULE_TIMEOUT);                                         \
} while (0)
#define might_sleep_event() kapi_might_sleep("wait_event")
#define wait_event_timeout(wq, condition, timeout) __kapi_wait_event(wq, condition, false, timeout)
#define wait_event_killable(wq, condition)                                                                             \
	__kapi_wait_errno(__kapi_wait_event(wq, condition, true, MAX_SCHEDULE_TIMEOUT))
#define wait_event_interruptible(wq, condition) wait_event_killable(wq, condition)
#define wait_event_interruptible_timeout(wq, condition, timeout) __kapi_wait_event(wq, condition, true, timeout)
#define wait_event_killable_timeout(wq, condition, timeout) __kapi_wait_event(wq, condition, true, timeout)

#endif
