// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sleeping: wait queues, completions, the clock, and running the machine until
 * nothing helps (<linux/wait.h>, <sim/kapi.h>).
 *
 * A waiter's entry is on its own stack and on the queue from prepare_to_wait()
 * until it is woken or finish_wait(). While it sleeps, a second structure on the
 * same stack is on the world's list of sleepers: from there timeouts expire and a
 * stuck machine is probed. As in the kernel an exclusive waiter queues at the tail
 * and the others at the head, and a wake-up of one wakes all that are not exclusive.
 */
#include <linux/bug.h>
#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/wait.h>
#include <sim/fault.h>
#include <sim/race.h>
#include <sim/trace.h>
#include "internal.h"

#define NO_DEADLINE (~0UL)

void kapi_waitqueue_init(wait_queue_head_t *wq, const char *name)
{
	*wq = (wait_queue_head_t){ .id = sim_object_id(), .name = name };
	INIT_LIST_HEAD(&wq->head);
	sim_object_name_kept(wq->id, name);
}

/* A queue that its definition initialised; it must not outlive the world (no static ones). */
static void use_queue(wait_queue_head_t *wq)
{
	if (unlikely(!wq->id))
		kapi_waitqueue_init(wq, wq->name ? kapi_field(wq->name) : "wait queue");
}

static void prepare(wait_queue_head_t *wq, wait_queue_entry_t *wait, unsigned int flags)
{
	use_queue(wq);
	/* As the spinlock of the queue orders in the kernel; what follows looks at the condition. */
	sim_race_order(wq);
	wait->actor = sim_self();
	wait->woken = false;
	if (!list_empty(&wait->entry))
		return;
	sim_record(SIM_POINT_QUEUE, wq->id, 1);
	sim_stacks_written();
	wait->flags = flags;
	if (flags & WQ_FLAG_EXCLUSIVE)
		list_add_tail(&wait->entry, &wq->head);
	else
		list_add(&wait->entry, &wq->head);
}

void prepare_to_wait(wait_queue_head_t *wq, wait_queue_entry_t *wait, int state)
{
	prepare(wq, wait, 0);
}

noinline void prepare_to_wait_exclusive(wait_queue_head_t *wq, wait_queue_entry_t *wait, int state)
{
	prepare(wq, wait, WQ_FLAG_EXCLUSIVE);
}

void finish_wait(wait_queue_head_t *wq, wait_queue_entry_t *wait)
{
	kapi_actor()->probed = false;
	if (list_empty(&wait->entry))
		return;
	sim_record(SIM_POINT_QUEUE, wq->id, 0);
	sim_stacks_written();
	list_del_init(&wait->entry);
}

/* A look without the queue's lock: a place where others may come before, as for an atomic. */
bool waitqueue_active(wait_queue_head_t *wq)
{
	use_queue(wq);
	sim_point_in(SIM_POINT_QUEUE, wq->id, wq, -1);
	return !list_empty(&wq->head);
}

/* As under the queue's lock. */
static void wake_now(wait_queue_head_t *wq, unsigned int nr)
{
	wait_queue_entry_t *wait, *next;

	sim_race_order(wq);
	list_for_each_entry_safe(wait, next, &wq->head, entry) {
		bool exclusive = wait->flags & WQ_FLAG_EXCLUSIVE;

		sim_stacks_written();
		list_del_init(&wait->entry);
		wait->woken = true;
		sim_wake(wait->actor);
		if (exclusive && nr && !--nr)
			break;
	}
}

void kapi_wake(wait_queue_head_t *wq, unsigned int nr)
{
	use_queue(wq);
	sim_point_in(SIM_POINT_WAKE, wq->id, wq, nr);
	wake_now(wq, nr);
}

/* Sleeps until *@woken or @deadline, or until it is probed. */
static bool sleep_until(const bool *woken, unsigned long deadline, unsigned long object, const char *why)
{
	struct kapi_sleeper sleeper = { .self = kapi_actor(), .deadline = deadline };

	if (!sleeper.self->actor) {
		sim_violate(VIOLATION_DEADLOCK, "a wait for %s outside any task can never end", why);
		kapi_bug(__FILE__, __LINE__, "nobody can sleep outside a task");
	}
	sleeper.self->probed = false;
	sim_stacks_written();
	list_add_tail(&sleeper.all, &kapi_state_write()->sleepers);
	while (!*woken && !sleeper.expired && !sleeper.self->probed)
		sim_block(object, why, NULL);
	sim_stacks_written();
	list_del(&sleeper.all);
	return !sleeper.expired;
}

static unsigned long deadline_of(long timeout)
{
	return timeout == MAX_SCHEDULE_TIMEOUT ? NO_DEADLINE : kapi_jiffies() + timeout;
}

long kapi_wait(wait_queue_head_t *wq, wait_queue_entry_t *wait, long timeout)
{
	unsigned long deadline = deadline_of(timeout);

	kapi_might_sleep(wq->name);
	sim_point_in(SIM_POINT_WAIT, wq->id, wq, 0);
	kapi_actor()->probed = false;
	if (!wait->woken && !sleep_until(&wait->woken, deadline, wq->id, wq->name)) {
		/* Time only passes while nobody can go on: what is found true now, nobody said. */
		kapi_actor()->probed = true;
		return 0;
	}
	if (deadline == NO_DEADLINE)
		return timeout;
	return max((long)(deadline - kapi_jiffies()), 0L);
}

void kapi_wait_done(wait_queue_head_t *wq)
{
	struct kapi_actor *self = kapi_actor();

	if (likely(!self->probed))
		return;
	self->probed = false;
	kapi_state_write()->lost_wakeups++;
	sim_violate(VIOLATION_LOST_WAKEUP, "%s sleeps on %s, but what it waits for is true", kapi_self_name(),
		    wq->name);
}

bool kapi_wait_killed(void)
{
	return sim_fault(SIM_FAULT_LOCK_KILL);
}

long schedule_timeout_uninterruptible(long timeout)
{
	unsigned long deadline = deadline_of(timeout);
	bool never = false;

	kapi_might_sleep("schedule_timeout");
	sim_point(SIM_POINT_WAIT, 0, timeout);
	while (sleep_until(&never, deadline, 0, "time to pass"))
		;
	return 0;
}

void msleep(unsigned int msecs)
{
	schedule_timeout_uninterruptible(msecs_to_jiffies(msecs) + 1);
}

unsigned long kapi_jiffies(void)
{
	return kapi_state()->ticks;
}

/*
 * Completions. done counts what was completed and not yet waited for; complete_all()
 * leaves it at its maximum for good.
 */

/* What is counted and who is woken is one step: behind the count @x may be gone, as the waiter whose stack it is on. */
static void complete_nr(struct completion *x, bool all)
{
	use_queue(&x->wait);
	sim_point_in(SIM_POINT_WAKE, x->wait.id, &x->wait, !all);
	sim_race_release(&x->wait, false);
	sim_stacks_written();
	x->done = all || x->done == UINT_MAX ? UINT_MAX : x->done + 1;
	wake_now(&x->wait, !all);
}

void complete(struct completion *x)
{
	complete_nr(x, false);
}

void complete_all(struct completion *x)
{
	complete_nr(x, true);
}

bool try_wait_for_completion(struct completion *x)
{
	if (!x->done)
		return false;
	sim_race_acquire(&x->wait, true);
	sim_stacks_written();
	if (x->done != UINT_MAX)
		x->done--;
	return true;
}

bool completion_done(struct completion *x)
{
	if (x->done)
		sim_race_acquire(&x->wait, true);
	return x->done;
}

/* Waiters are exclusive: one complete() lets one of them go. */
static long wait_for(struct completion *x, bool killable, long timeout)
{
	wait_queue_entry_t wait;
	long left = timeout;

	use_queue(&x->wait);
	kapi_might_sleep(x->wait.name);
	init_wait(&wait);
	for (;;) {
		prepare_to_wait_exclusive(&x->wait, &wait, TASK_UNINTERRUPTIBLE);
		if (try_wait_for_completion(x)) {
			kapi_wait_done(&x->wait);
			left = max(left, 1L);
			break;
		}
		if (!left)
			break;
		if (killable && kapi_wait_killed()) {
			left = -EINTR;
			break;
		}
		left = kapi_wait(&x->wait, &wait, left);
	}
	finish_wait(&x->wait, &wait);
	return left;
}

void wait_for_completion(struct completion *x)
{
	wait_for(x, false, MAX_SCHEDULE_TIMEOUT);
}

unsigned long wait_for_completion_timeout(struct completion *x, unsigned long timeout)
{
	return wait_for(x, false, timeout);
}

int wait_for_completion_killable(struct completion *x)
{
	return min(wait_for(x, true, MAX_SCHEDULE_TIMEOUT), 0L);
}

int wait_for_completion_interruptible(struct completion *x)
{
	return wait_for_completion_killable(x);
}

/* The clock moves to the earliest deadline; who waits for it wakes. */
static bool expire_earliest(const struct kapi_state *state)
{
	struct kapi_sleeper *sleeper, *earliest = NULL;

	list_for_each_entry(sleeper, &state->sleepers, all)
		if (sleeper->deadline != NO_DEADLINE && (!earliest || sleeper->deadline < earliest->deadline))
			earliest = sleeper;
	if (!earliest)
		return false;
	kapi_state_write()->ticks = max(state->ticks, earliest->deadline);
	sim_stacks_written();
	earliest->expired = true;
	sim_wake(earliest->self->actor);
	return true;
}

/* Has every sleeper look at its condition. True where one found it true. */
static bool probe_sleepers(const struct kapi_state *state)
{
	unsigned long before = state->lost_wakeups;
	struct kapi_sleeper *sleeper;

	if (list_empty(&state->sleepers))
		return false;
	sim_stacks_written();
	list_for_each_entry(sleeper, &state->sleepers, all) {
		sleeper->self->probed = true;
		sim_wake(sleeper->self->actor);
	}
	return sim_run() != SIM_FATAL && state->lost_wakeups != before;
}

enum sim_outcome kapi_run(void)
{
	const struct kapi_state *state = kapi_state();
	enum sim_outcome outcome = sim_run();

	while (outcome == SIM_STUCK && (expire_earliest(state) || probe_sleepers(state)))
		outcome = sim_run();
	if (outcome == SIM_STUCK)
		kapi_lock_tell_holders();
	return outcome;
}
