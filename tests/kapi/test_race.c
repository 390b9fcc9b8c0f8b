// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Data races in kernel code as the compiler tells of them: this file is instrumented,
 * and each case says which of the kernel's means orders two accesses, or does not.
 */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <sim/race.h>
#include "kt.h"

struct thing {
	long plain;
	struct mutex mutex;
	struct rw_semaphore sem;
	spinlock_t spin;
	atomic_t atomic;
	refcount_t refs;
	struct completion done;
	wait_queue_head_t wq;
	struct work_struct work;
	struct xarray xa;
	struct rcu_head rcu;
	struct thing *next;
};

static struct thing *thing_new(void)
{
	struct thing *thing = kzalloc(sizeof(*thing), GFP_KERNEL);

	mutex_init(&thing->mutex);
	init_rwsem(&thing->sem);
	spin_lock_init(&thing->spin);
	refcount_set(&thing->refs, 2);
	init_completion(&thing->done);
	init_waitqueue_head(&thing->wq);
	xa_init(&thing->xa);
	return thing;
}

/* Two bodies on one thing, under this seed; then the thing goes. */
static void both(void (*one)(void *), void (*other)(void *), unsigned long races)
{
	struct thing *thing = thing_new();

	kt_actor("one", one, thing);
	kt_actor("other", other, thing);
	kt_check(kapi_run() == SIM_QUIET);
	if (kapi_settle())
		kt_check(kapi_run() == SIM_QUIET);
	kt_expect(VIOLATION_DATA_RACE, races);
}

static void add_plainly(void *arg)
{
	struct thing *thing = arg;

	thing->plain++;
}

/* Situation: two increments. Expectation: each side is told, by function. */
static void plain(void)
{
	both(add_plainly, add_plainly, sim_violations(VIOLATION_DATA_RACE));
	kt_check(sim_violations(VIOLATION_DATA_RACE) >= 1);
	kt_check(kt_reported(VIOLATION_DATA_RACE, "add_plainly() test_race.c:"));
	kt_expect(VIOLATION_DATA_RACE, sim_violations(VIOLATION_DATA_RACE));
}

static void add_under_locks(void *arg)
{
	struct thing *thing = arg;

	mutex_lock(&thing->mutex);
	thing->plain++;
	mutex_unlock(&thing->mutex);
	down_write(&thing->sem);
	thing->next = thing;
	up_write(&thing->sem);
}

static void read_under_locks(void *arg)
{
	struct thing *thing = arg;

	down_read(&thing->sem);
	kt_check(!thing->next || thing->next == thing);
	up_read(&thing->sem);
	mutex_lock(&thing->mutex);
	kt_check(thing->plain <= 2);
	mutex_unlock(&thing->mutex);
}

/* Situation: a mutex, and an rwsem from both sides. Expectation: nothing. */
static void locked(void)
{
	both(add_under_locks, add_under_locks, 0);
	both(add_under_locks, read_under_locks, 0);
	both(read_under_locks, read_under_locks, 0);
}

static void write_marked(void *arg)
{
	struct thing *thing = arg;

	WRITE_ONCE(thing->plain, 1);
	atomic_inc(&thing->atomic);
}

static void read_marked(void *arg)
{
	struct thing *thing = arg;

	kt_check(READ_ONCE(thing->plain) <= 1);
	kt_check(atomic_read(&thing->atomic) <= 1);
	kt_check(data_race(thing->plain) <= 1);
}

static void read_plainly(void *arg)
{
	struct thing *thing = arg;

	kt_check(thing->plain <= 1);
}

/* Situation: marked accesses, and data_race(). Expectation: nothing; against a plain read one. */
static void marked(void)
{
	both(write_marked, read_marked, 0);
	both(write_marked, write_marked, 0);
	both(write_marked, read_plainly, 1);
}

static void use_and_put(void *arg)
{
	struct thing *thing = arg;

	kt_check(!READ_ONCE(thing->next));
	if (thing->plain)
		return;
	if (refcount_dec_and_test(&thing->refs)) {
		thing->plain = 1;
		kfree(thing);
	}
}

/* Situation: whoever drops the last reference writes and frees. Expectation: nothing, dropping one orders. */
static void references(void)
{
	both(use_and_put, use_and_put, 0);
}

static void count_without_order(void *arg)
{
	struct thing *thing = arg;

	thing->plain = 1;
	atomic_inc(&thing->atomic);
}

static void wait_for_count(void *arg)
{
	struct thing *thing = arg;

	while (!atomic_read(&thing->atomic))
		sim_point(SIM_POINT_YIELD, 0, 0);
	kt_check(thing->plain == 1);
}

/* Situation: a relaxed counter tells that something is there. Expectation: a race, though it always comes first. */
static void relaxed(void)
{
	both(count_without_order, wait_for_count, 1);
}

static void store_release(void *arg)
{
	struct thing *thing = arg;

	thing->plain = 1;
	smp_store_release(&thing->next, thing);
}

static void load_acquire(void *arg)
{
	struct thing *thing = arg;

	if (smp_load_acquire(&thing->next))
		kt_check(thing->plain == 1);
}

static void complete_it(void *arg)
{
	struct thing *thing = arg;

	thing->plain = 1;
	complete(&thing->done);
}

static void await_it(void *arg)
{
	struct thing *thing = arg;

	wait_for_completion(&thing->done);
	kt_check(thing->plain == 1);
}

static void do_work(struct work_struct *work)
{
	container_of(work, struct thing, work)->plain++;
}

static void queue_it(void *arg)
{
	struct thing *thing = arg;

	INIT_WORK(&thing->work, do_work);
	thing->plain = 1;
	schedule_work(&thing->work);
	flush_work(&thing->work);
	kt_check(thing->plain == 2);
}

static void nothing(void *arg)
{
}

static void publish(void *arg)
{
	struct thing *thing = arg, *made = thing_new();

	made->plain = 7;
	kt_check(!xa_err(xa_store(&thing->xa, 3, made, GFP_KERNEL)));
}

static void find_published(void *arg)
{
	struct thing *thing = arg, *found = xa_load(&thing->xa, 3);

	kt_check(!found || found->plain == 7);
}

/* Situation: release and acquire, a completion, work, an xarray's entry. Expectation: nothing. */
static void handed_over(void)
{
	both(store_release, load_acquire, 0);
	both(complete_it, await_it, 0);
	both(queue_it, nothing, 0);
	both(publish, find_published, 0);
}

static void replace_and_wait(void *arg)
{
	struct thing *thing = arg, *old = thing->next;

	rcu_assign_pointer(thing->next, NULL);
	synchronize_rcu();
	old->plain = 2;
	kfree(old);
}

static void read_under_rcu(void *arg)
{
	struct thing *thing = arg, *next;

	rcu_read_lock();
	next = rcu_dereference(thing->next);
	if (next)
		kt_check(next->plain == 1);
	rcu_read_unlock();
}

static void replace_at_once(void *arg)
{
	struct thing *thing = arg, *old = thing->next;

	rcu_assign_pointer(thing->next, NULL);
	old->plain = 1;
}

static void with_next(void (*one)(void *), unsigned long races)
{
	struct thing *thing = thing_new();

	thing->next = thing_new();
	thing->next->plain = 1;
	kt_actor("reader", read_under_rcu, thing);
	kt_actor("writer", one, thing);
	kt_check(kapi_run() == SIM_QUIET);
	kt_check(sim_violations(VIOLATION_DATA_RACE) <= races);
	kt_expect(VIOLATION_DATA_RACE, sim_violations(VIOLATION_DATA_RACE));
}

/* Situation: a reader under RCU. Expectation: a writer that waits for a grace period is behind it, another is not. */
static void grace_period(void)
{
	with_next(replace_and_wait, 0);
	with_next(replace_at_once, 1);
}

static void free_it(void *arg)
{
	struct thing **slot = arg, *thing = *slot;

	kfree(thing);
	WRITE_ONCE(*slot, NULL);
}

static void look_at_freed(void *arg)
{
	struct thing **slot = arg, *thing;

	thing = READ_ONCE(*slot);
	sim_point(SIM_POINT_YIELD, 0, 0);
	if (thing)
		kt_check(data_race(thing->plain) + 1);
	if (thing)
		thing->plain |= 0;
}

/* Situation: an object is used by who found it before it was freed. Expectation: told as that, with both sides. */
static void freed(void)
{
	struct thing **slot = kzalloc(sizeof(*slot), GFP_KERNEL);
	unsigned long found;

	*slot = thing_new();
	kt_actor("user", look_at_freed, slot);
	kt_actor("owner", free_it, slot);
	kt_check(kapi_run() == SIM_QUIET);
	found = sim_violations(VIOLATION_USE_AFTER_FREE);
	if (found) {
		kt_check(kt_reported(VIOLATION_USE_AFTER_FREE, "look_at_freed() test_race.c:"));
		kt_check(kt_reported(VIOLATION_USE_AFTER_FREE, "freed them in free_it() test_race.c:"));
	}
	kt_expect(VIOLATION_USE_AFTER_FREE, found);
	kt_expect(VIOLATION_DATA_RACE, sim_violations(VIOLATION_DATA_RACE));
}

const struct kt_case kt_cases[] = {
	{ "plain", plain, 20 },
	{ "locked", locked, 20 },
	{ "marked", marked, 20 },
	{ "references", references, 20 },
	{ "relaxed", relaxed, 20 },
	{ "handed_over", handed_over, 20 },
	{ "grace_period", grace_period, 40 },
	{ "freed", freed, 40 },
};
KT_SUITE("race", kt_cases);
