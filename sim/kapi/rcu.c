// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * RCU: a reader is an actor with a nesting count and the epoch in which it entered;
 * a grace period is a new epoch and the wait until nobody is left of an older one.
 * There is no grace-period thread: who waits looks at the readers itself, and
 * the last exit of a reader wakes it.
 *
 * Callbacks queue in the order of call_rcu(). The actor "rcu", made with the first
 * one, takes what is queued, waits for one grace period and runs them.
 */
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <sim/race.h>
#include <sim/trace.h>
#include "internal.h"

static struct kapi_state *rcu_state(void)
{
	struct kapi_state *state = kapi_state_write();

	if (unlikely(!state->rcu_id)) {
		state->rcu_id = sim_object_id();
		sim_object_name_kept(state->rcu_id, "rcu");
		kapi_waitqueue_init(&state->rcu_readers, "rcu readers");
		kapi_waitqueue_init(&state->rcu_done, "rcu callbacks");
	}
	return state;
}

void rcu_read_lock(void)
{
	struct kapi_state *state = rcu_state();
	struct kapi_actor *self;

	sim_point(SIM_POINT_RCU_READ_LOCK, state->rcu_id, 0);
	self = kapi_actor();
#if SIM_THREADS
	sim_urcu_read_lock();
#endif
	/* Behind what was done before the grace periods that have begun; they wait for older readers only. */
	if (!self->rcu_nesting++) {
		self->rcu_since = state->rcu_epoch;
		sim_race_acquire(&state->rcu_epoch, true);
	}
}

void rcu_read_unlock(void)
{
	struct kapi_state *state = rcu_state();
	struct kapi_actor *self = kapi_actor();

	if (!self->rcu_nesting) {
		sim_violate(VIOLATION_LOCK_MISUSE, "%s leaves an RCU read side section that it is not in",
			    kapi_self_name());
		return;
	}
	sim_race_release(&state->rcu_readers, false);
	self->rcu_nesting--;
#if SIM_THREADS
	sim_urcu_read_unlock();
#endif
	sim_done(SIM_POINT_RCU_READ_UNLOCK, state->rcu_id, 0);
	if (!self->rcu_nesting && state->rcu_waiters)
		kapi_wake(&state->rcu_readers, 0);
}

bool rcu_read_lock_held(void)
{
	return kapi_actor()->rcu_nesting;
}

#if !SIM_THREADS
static bool readers_before(struct kapi_state *state, unsigned int epoch)
{
	struct kapi_actor *actor;

	list_for_each_entry(actor, &state->actors, all)
		if (actor->rcu_nesting && actor->rcu_since < epoch)
			return true;
	return false;
}
#endif

/* Until the readers of now are gone. Among threads those are liburcu's, and so is the wait. */
static void wait_for_readers(struct kapi_state *state)
{
#if SIM_THREADS
	sim_urcu_synchronize();
#else
	unsigned int epoch;

	sim_outside_written();
	epoch = ++state->rcu_epoch;
	state->rcu_waiters++;
	wait_event(state->rcu_readers, !readers_before(state, epoch));
	sim_outside_written();
	state->rcu_waiters--;
#endif
}

void synchronize_rcu(void)
{
	struct kapi_state *state = rcu_state();

	if (kapi_actor()->rcu_nesting)
		sim_violate(VIOLATION_DEADLOCK, "%s waits for a grace period inside an RCU read side section",
			    kapi_self_name());
	else
		kapi_might_sleep("synchronize_rcu");
	sim_point(SIM_POINT_RCU_SYNC, state->rcu_id, 0);
	sim_race_release(&state->rcu_epoch, false);
	wait_for_readers(state);
	sim_race_acquire(&state->rcu_readers, true);
}

/* A small number in place of a function is where the head lies in an object that is to be freed. */
#define KFREE_OFFSET_MAX 4096UL

static void invoke(struct rcu_head *head)
{
	unsigned long func = (unsigned long)head->func;

	if (func < KFREE_OFFSET_MAX)
		kfree((char *)head - func);
	else
		head->func(head);
}

static void rcu_body(void *arg)
{
	struct kapi_state *state = arg;

	while (sim_touch(&state->rcu_queued, true), state->rcu_first) {
		struct rcu_head *batch = state->rcu_first;

		sim_race_acquire(&state->rcu_queued, true);
		sim_outside_written();
		state->rcu_first = NULL;
		state->rcu_last = &state->rcu_first;
		synchronize_rcu();
		while (batch) {
			struct rcu_head *next = batch->next;

			preempt_disable();
			invoke(batch);
			preempt_enable();
			kapi_locks_held_check();
			batch = next;
			sim_touch(&state->rcu_called, true);
			sim_outside_written();
			state->rcu_called++;
		}
		kapi_wake(&state->rcu_done, 0);
	}
	sim_outside_written();
	state->rcu_active = false;
}

void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	struct kapi_state *state = rcu_state();

	sim_race_release(&state->rcu_queued, false);
	/* Whose comes first in a batch makes no difference: to a search it is who is in it that counts. */
	sim_touch(&state->rcu_queued, false);
	head->func = func;
	head->next = NULL;
	*state->rcu_last = head;
	state->rcu_last = &head->next;
	state->rcu_queued++;
	if (state->rcu_active)
		return;
	if (!state->rcu_actor)
		state->rcu_actor = sim_actor_create("rcu", NULL);
	state->rcu_active = true;
	sim_actor_submit(state->rcu_actor, rcu_body, state);
}

void kapi_kfree_rcu(struct rcu_head *head, void *ptr)
{
	call_rcu(head, (rcu_callback_t)(unsigned long)((char *)head - (char *)ptr));
}

static bool callbacks_ran(struct kapi_state *state, unsigned long nr)
{
	sim_touch(&state->rcu_called, false);
	return state->rcu_called >= nr;
}

void rcu_barrier(void)
{
	struct kapi_state *state = rcu_state();
	unsigned long queued = state->rcu_queued;

	sim_touch(&state->rcu_queued, true);
	wait_event(state->rcu_done, callbacks_ran(state, queued));
}
