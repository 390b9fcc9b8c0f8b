/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deferred work: runs on a kernel thread's actor, and only when the run asks for it (settle, teardown). */
#ifndef _LINUX_WORKQUEUE_H
#define _LINUX_WORKQUEUE_H

#include <linux/list.h>

struct work_struct;
typedef void (*work_func_t)(struct work_struct *work);

struct work_struct {
	struct list_head entry;
	work_func_t func;
	bool pending;
};

struct workqueue_struct;
#define system_wq ((struct workqueue_struct *)0)
#define system_unbound_wq system_wq

static inline void kapi_work_init(struct work_struct *work, work_func_t func)
{
	INIT_LIST_HEAD(&work->entry);
	work->func = func;
	work->pending = false;
}
#define INIT_WORK(w, f) kapi_work_init(w, f)

/* False where it is queued already. */
bool queue_work(struct workqueue_struct *wq, struct work_struct *work);
static inline bool schedule_work(struct work_struct *work)
{
	return queue_work(system_wq, work);
}
/* Runs everything that is queued, on the calling actor, until nothing is left. */
void flush_workqueue(struct workqueue_struct *wq);
/* Is anything queued? */
bool kapi_work_pending(void);

#endif
