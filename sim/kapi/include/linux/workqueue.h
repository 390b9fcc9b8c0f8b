/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deferred work. What is queued runs only when the run asks for it: on the actor
 * of the kernel thread "kworker" after kapi_settle() (sim/kapi.h), or on the
 * actor that flushes. Works run one at a time, in the order of queueing.
 */
#ifndef _LINUX_WORKQUEUE_H
#define _LINUX_WORKQUEUE_H

#include <linux/list.h>
#include <linux/types.h>

struct work_struct;
typedef void (*work_func_t)(struct work_struct *work);

struct work_struct {
	struct list_head entry;
	work_func_t func;
	bool pending;
	bool running;
};

/* Delays pass when the work is asked for: the model's time stands still while anybody can run. */
struct delayed_work {
	struct work_struct work;
};

struct workqueue_struct;
#define system_wq ((struct workqueue_struct *)0)
#define system_long_wq system_wq
#define system_unbound_wq system_wq
#define WQ_UNBOUND 2u
#define WQ_MEM_RECLAIM 8u

static inline void kapi_work_init(struct work_struct *work, work_func_t func)
{
	INIT_LIST_HEAD(&work->entry);
	work->func = func;
	work->pending = false;
	work->running = false;
}
#define INIT_WORK(w, f) kapi_work_init(w, f)
#define INIT_WORK_ONSTACK(w, f) kapi_work_init(w, f)
#define INIT_DELAYED_WORK(w, f) kapi_work_init(&(w)->work, f)

/* False where it is queued already. */
bool queue_work(struct workqueue_struct *wq, struct work_struct *work);
/* Takes it off the queue, or waits for it to end. True where it was queued. */
bool cancel_work_sync(struct work_struct *work);
/* Runs it here if it is queued, waits if it runs elsewhere. True where there was something to do. */
bool flush_work(struct work_struct *work);
/* Runs everything that is queued, on the calling actor, until nothing is left. */
void flush_workqueue(struct workqueue_struct *wq);
struct workqueue_struct *alloc_workqueue(const char *format, unsigned int flags, int max_active, ...);
void destroy_workqueue(struct workqueue_struct *wq);
/* Is anything queued? */
bool kapi_work_pending(void);

static inline bool schedule_work(struct work_struct *work)
{
	return queue_work(system_wq, work);
}
#define queue_delayed_work(wq, dwork, delay) queue_work(wq, &(dwork)->work)
#define schedule_delayed_work(dwork, delay) schedule_work(&(dwork)->work)
#define cancel_delayed_work_sync(dwork) cancel_work_sync(&(dwork)->work)
#define flush_scheduled_work() flush_workqueue(system_wq)

#endif
