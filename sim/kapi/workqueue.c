// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Deferred work (<linux/workqueue.h>): one list in the order of queueing, worked
 * off by whoever flushes, or by the kernel thread "kworker" once the run settles.
 * One work runs at a time; a second worker waits for the one that is running.
 */
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <sim/race.h>
#include "internal.h"

struct workqueue_struct {
	char unused;
};

static struct kapi_state *work_state(void)
{
	struct kapi_state *state = kapi_state_write();

	if (unlikely(!state->work_done.id))
		kapi_waitqueue_init(&state->work_done, "deferred work");
	return state;
}

bool queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	sim_touch(&kapi_state()->work, false);
	if (work->pending)
		return false;
	sim_race_release(&kapi_state()->work, false);
	sim_touch(&kapi_state()->work, true);
	sim_stacks_written();
	work->pending = true;
	list_add_tail(&work->entry, &kapi_state_write()->work);
	return true;
}

bool kapi_work_pending(void)
{
	sim_touch(&kapi_state()->work, false);
	return !list_empty(&kapi_state()->work);
}

/* None is under way, or not @work, if it is given. */
static bool work_is_over(struct kapi_state *state, const struct work_struct *work)
{
	sim_touch(&state->work_running, false);
	return !state->work_running || (work && state->work_running != work);
}

/* @work may be freed by its function: it is not looked at afterwards. */
static void run_work(struct kapi_state *state, struct work_struct *work)
{
	sim_race_acquire(&state->work, true);
	sim_touch(&state->work, true);
	sim_stacks_written();
	list_del_init(&work->entry);
	work->pending = false;
	sim_touch(&state->work_running, true);
	state->work_running = work;
	work->func(work);
	kapi_locks_held_check();
	sim_touch(&state->work_running, true);
	sim_outside_written();
	state->work_running = NULL;
	sim_race_release(&state->work_done, false);
	kapi_wake(&state->work_done, 0);
}

void flush_workqueue(struct workqueue_struct *wq)
{
	struct kapi_state *state = work_state();

	for (;;) {
		wait_event(state->work_done, work_is_over(state, NULL));
		sim_race_acquire(&state->work_done, true);
		sim_touch(&state->work, false);
		if (list_empty(&state->work))
			return;
		run_work(state, list_first_entry(&state->work, struct work_struct, entry));
	}
}

bool flush_work(struct work_struct *work)
{
	struct kapi_state *state = work_state();
	bool busy = work->pending || state->work_running == work;

	sim_touch(&state->work, true);
	wait_event(state->work_done, work_is_over(state, NULL));
	sim_race_acquire(&state->work_done, true);
	if (work->pending)
		run_work(state, work);
	return busy;
}

bool cancel_work_sync(struct work_struct *work)
{
	struct kapi_state *state = work_state();
	bool pending = work->pending;

	sim_touch(&state->work, true);
	if (pending) {
		sim_stacks_written();
		list_del_init(&work->entry);
		work->pending = false;
	}
	wait_event(state->work_done, work_is_over(state, work));
	sim_race_acquire(&state->work_done, true);
	return pending;
}

struct workqueue_struct *alloc_workqueue(const char *format, unsigned int flags, int max_active, ...)
{
	return kzalloc(sizeof(struct workqueue_struct), GFP_KERNEL);
}

void destroy_workqueue(struct workqueue_struct *wq)
{
	flush_workqueue(wq);
	kfree(wq);
}

static void kworker_body(void *arg)
{
	flush_workqueue(system_wq);
}

bool kapi_settle(void)
{
	struct kapi_state *state = work_state();

	if (!kapi_work_pending())
		return false;
	if (!state->kworker)
		state->kworker = sim_actor_create("kworker", NULL);
	sim_actor_submit(state->kworker, kworker_body, NULL);
	return true;
}
