// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Small programs with one mistake each, written as kernel code is. All but
 * the mistake is right: the order in which it shows is what has to be found. What
 * surrounds it (work(), steps on a counter of one's own) is there so that chance
 * alone does not come by it.
 */
#include <linux/atomic.h>
#include <linux/bug.h>
#include <linux/completion.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <sim/kapi.h>
#include <sim/sched.h>
#include "planted.h"

#define NOISE 12
/* Of the one who would have to be early: by chance it hardly ever is. */
#define LATE (3 * NOISE)

struct object {
	refcount_t refs;
	unsigned long value;
	unsigned long *target;
	struct rcu_head rcu;
};

struct shared {
	struct mutex a, b, c;
	struct rw_semaphore sem;
	spinlock_t spin;
	atomic_t flag, turn, count;
	unsigned long plain;
	wait_queue_head_t wq;
	struct object *object;
};

static void work(unsigned int steps)
{
	atomic_t own = ATOMIC_INIT(0);

	while (steps--)
		atomic_inc(&own);
}

static struct object *object_new(void)
{
	struct object *object = kzalloc(sizeof(*object), GFP_KERNEL);

	refcount_set(&object->refs, 1);
	object->target = &object->value;
	return object;
}

static struct shared *shared_new(void)
{
	struct shared *shared = kzalloc(sizeof(*shared), GFP_KERNEL);

	mutex_init(&shared->a);
	mutex_init(&shared->b);
	mutex_init(&shared->c);
	init_rwsem(&shared->sem);
	spin_lock_init(&shared->spin);
	init_waitqueue_head(&shared->wq);
	shared->object = object_new();
	return shared;
}

static void start(const char *name, void (*body)(void *), struct shared *shared)
{
	sim_actor_submit(sim_actor_create(name, NULL), body, shared);
}

/* A counter that one path changes without the lock. */

static void count_locked(void *arg)
{
	struct shared *shared = arg;

	work(NOISE);
	mutex_lock(&shared->a);
	shared->plain++;
	mutex_unlock(&shared->a);
}

static void count_unlocked(void *arg)
{
	struct shared *shared = arg;

	work(NOISE);
	/* only where somebody else has begun: then, it was thought, nobody is left */
	if (atomic_read(&shared->flag))
		shared->plain++;
}

static void announce_and_count(void *arg)
{
	struct shared *shared = arg;

	atomic_set(&shared->flag, 1);
	count_locked(arg);
	atomic_set(&shared->flag, 0);
}

static void data_race_setup(void)
{
	struct shared *shared = shared_new();

	start("p", announce_and_count, shared);
	start("q", count_unlocked, shared);
}

/* Two locks, crosswise, where the second is only needed in a rare state. */

static void rare_then_cross(void *arg)
{
	struct shared *shared = arg;

	mutex_lock(&shared->a);
	work(NOISE);
	if (atomic_read(&shared->flag)) {
		mutex_lock(&shared->b);
		mutex_unlock(&shared->b);
	}
	mutex_unlock(&shared->a);
}

static void flag_and_cross(void *arg)
{
	struct shared *shared = arg;

	work(NOISE);
	atomic_set(&shared->flag, 1);
	atomic_set(&shared->flag, 0);
	work(NOISE);
	mutex_lock(&shared->b);
	mutex_lock(&shared->a);
	mutex_unlock(&shared->a);
	mutex_unlock(&shared->b);
}

static void deadlock_setup(void)
{
	struct shared *shared = shared_new();

	start("p", rare_then_cross, shared);
	start("q", flag_and_cross, shared);
}

/* Three locks in a ring. */

static void take_two(struct mutex *first, struct mutex *second, unsigned int before)
{
	work(before);
	mutex_lock(first);
	mutex_lock(second);
	mutex_unlock(second);
	mutex_unlock(first);
	work(NOISE);
}

static void ring_ab(void *arg)
{
	struct shared *shared = arg;

	take_two(&shared->a, &shared->b, 1);
}

static void ring_bc(void *arg)
{
	struct shared *shared = arg;

	take_two(&shared->b, &shared->c, NOISE);
}

static void ring_ca(void *arg)
{
	struct shared *shared = arg;

	take_two(&shared->c, &shared->a, 2 * NOISE);
}

static void ring_setup(void)
{
	struct shared *shared = shared_new();

	start("p", ring_ab, shared);
	start("q", ring_bc, shared);
	start("r", ring_ca, shared);
}

/* Two readers want to become writers. */

static void upgrade(struct shared *shared, unsigned int before)
{
	work(before);
	down_read(&shared->sem);
	/* Who is alone with the lock lets go of it; who sees another keeps it, so that nobody comes between. */
	if (atomic_inc_return(&shared->count) == 1) {
		work(1);
		if (atomic_read(&shared->count) == 1) {
			atomic_dec(&shared->count);
			up_read(&shared->sem);
			return;
		}
	}
	down_write(&shared->sem);
	up_write(&shared->sem);
}

static void upgrade_early(void *arg)
{
	upgrade(arg, 1);
}

static void upgrade_late(void *arg)
{
	upgrade(arg, 2 * NOISE);
}

static void upgrade_setup(void)
{
	struct shared *shared = shared_new();

	start("p", upgrade_early, shared);
	start("q", upgrade_late, shared);
}

/* Looks at the condition, and then gets ready to sleep. */

static void sleep_late(void *arg)
{
	struct shared *shared = arg;
	wait_queue_entry_t wait;

	work(NOISE);
	if (!atomic_read(&shared->flag)) {
		init_wait(&wait);
		/* somebody may set the flag and wake here */
		atomic_inc(&shared->count);
		prepare_to_wait(&shared->wq, &wait, TASK_UNINTERRUPTIBLE);
		kapi_wait(&shared->wq, &wait, MAX_SCHEDULE_TIMEOUT);
		if (atomic_read(&shared->flag))
			kapi_wait_done(&shared->wq);
		finish_wait(&shared->wq, &wait);
	}
}

static void set_and_wake(void *arg)
{
	struct shared *shared = arg;

	work(LATE);
	atomic_set(&shared->flag, 1);
	wake_up_all(&shared->wq);
	work(NOISE);
}

static void lost_wakeup_setup(void)
{
	struct shared *shared = shared_new();

	start("sleeper", sleep_late, shared);
	start("waker", set_and_wake, shared);
}

/* Wakes only where somebody is seen to wait, and looks for that before the flag is set. */

static void set_and_wake_if_seen(void *arg)
{
	struct shared *shared = arg;
	bool seen;

	work(NOISE);
	seen = waitqueue_active(&shared->wq);
	atomic_set(&shared->flag, 1);
	if (seen)
		wake_up_all(&shared->wq);
}

static void sleep_rightly(void *arg)
{
	struct shared *shared = arg;

	work(LATE);
	wait_event(shared->wq, atomic_read(&shared->flag));
}

static void unseen_sleeper_setup(void)
{
	struct shared *shared = shared_new();

	start("sleeper", sleep_rightly, shared);
	start("waker", set_and_wake_if_seen, shared);
}

/* Found under the lock, used behind it without a reference. */

static void find_and_use(void *arg)
{
	struct shared *shared = arg;
	struct object *object;

	work(NOISE);
	spin_lock(&shared->spin);
	object = shared->object;
	spin_unlock(&shared->spin);
	if (!object)
		return;
	atomic_inc(&shared->count);
	*object->target = 1;
	work(NOISE);
}

static void unlink_and_free(void *arg)
{
	struct shared *shared = arg;
	struct object *object;

	work(LATE);
	spin_lock(&shared->spin);
	object = shared->object;
	shared->object = NULL;
	spin_unlock(&shared->spin);
	kfree(object);
	work(NOISE);
}

static void use_after_free_setup(void)
{
	struct shared *shared = shared_new();

	start("user", find_and_use, shared);
	start("owner", unlink_and_free, shared);
}

/* Freed without a grace period. */

static void read_rcu(void *arg)
{
	struct shared *shared = arg;
	struct object *object;

	work(NOISE);
	rcu_read_lock();
	object = rcu_dereference(shared->object);
	if (object) {
		atomic_inc(&shared->count);
		*object->target = 1;
	}
	rcu_read_unlock();
}

static void replace_rcu(void *arg)
{
	struct shared *shared = arg;
	struct object *old = shared->object;

	work(LATE);
	rcu_assign_pointer(shared->object, NULL);
	/* an empty readers' counter means that nobody reads, it was thought */
	if (atomic_read(&shared->count))
		synchronize_rcu();
	kfree(old);
	work(NOISE);
}

static void no_grace_period_setup(void)
{
	struct shared *shared = shared_new();

	start("reader", read_rcu, shared);
	start("owner", replace_rcu, shared);
}

/* Two that close, and see each that it is the last. */

static void close_last(void *arg)
{
	struct shared *shared = arg;

	work(NOISE);
	atomic_dec(&shared->count);
	work(2);
	if (!atomic_read(&shared->count))
		kfree(shared->object);
	work(NOISE);
}

static void double_free_setup(void)
{
	struct shared *shared = shared_new();

	atomic_set(&shared->count, 2);
	start("p", close_last, shared);
	start("q", close_last, shared);
}

/* Looks, and looks again. */

static void check_and_reload(void *arg)
{
	struct shared *shared = arg;

	work(NOISE);
	if (rcu_access_pointer(shared->object))
		READ_ONCE(rcu_access_pointer(shared->object)->target)[0] = 1;
	work(NOISE);
}

static void clear_pointer(void *arg)
{
	struct shared *shared = arg;
	struct object *object = shared->object;

	work(LATE);
	rcu_assign_pointer(shared->object, NULL);
	work(2 * NOISE);
	rcu_assign_pointer(shared->object, object);
}

static void null_setup(void)
{
	struct shared *shared = shared_new();

	start("user", check_and_reload, shared);
	start("owner", clear_pointer, shared);
}

/* A reference from a pointer that is not held. */

static void get_late(void *arg)
{
	struct shared *shared = arg;
	struct object *object;

	work(LATE);
	rcu_read_lock();
	object = rcu_dereference(shared->object);
	if (object)
		refcount_inc(&object->refs);
	rcu_read_unlock();
	work(NOISE);
}

static void put_first(void *arg)
{
	struct shared *shared = arg;
	struct object *object = shared->object;

	work(1);
	if (refcount_dec_and_test(&object->refs)) {
		rcu_assign_pointer(shared->object, NULL);
		kfree_rcu(object, rcu);
	}
	work(NOISE);
}

static void refcount_setup(void)
{
	struct shared *shared = shared_new();

	start("user", get_late, shared);
	start("owner", put_first, shared);
}

/* A handshake that both sides believe to be over: four orders have to be met. */

static void ask(void *arg)
{
	struct shared *shared = arg;

	for (int round = 0; round < 3; round++) {
		work(5);
		if (atomic_read(&shared->turn) == 2 * round)
			atomic_set(&shared->turn, 2 * round + 1);
	}
	work(5);
	/* six turns in three rounds: the other must have answered each, and taken one back */
	if (atomic_read(&shared->turn) == 6)
		BUG();
}

static void answer(void *arg)
{
	struct shared *shared = arg;

	for (int round = 0; round < 3; round++) {
		work(5);
		if (atomic_read(&shared->turn) == 2 * round + 1)
			atomic_set(&shared->turn, 2 * round + 2);
	}
}

static void handshake_setup(void)
{
	struct shared *shared = shared_new();

	start("p", ask, shared);
	start("q", answer, shared);
}

/* A lock that is left held where the state changes while it is waited for. */

static void leave_held(void *arg)
{
	struct shared *shared = arg;

	work(NOISE);
	if (atomic_read(&shared->flag))
		return;
	mutex_lock(&shared->a);
	if (atomic_read(&shared->flag)) {
		/* the early return was copied from above */
		kapi_locks_held_check();
		return;
	}
	mutex_unlock(&shared->a);
}

static void flag_once(void *arg)
{
	struct shared *shared = arg;

	work(LATE);
	atomic_set(&shared->flag, 1);
	work(2 * NOISE);
}

static void lock_held_setup(void)
{
	struct shared *shared = shared_new();

	start("p", leave_held, shared);
	start("q", flag_once, shared);
}

/* A flag that was seen on, then off, then on again cannot have been so, it was thought. */

static void watch_flag(void *arg)
{
	struct shared *shared = arg;

	work(2);
	if (!atomic_read(&shared->flag))
		return;
	work(2);
	if (atomic_read(&shared->flag))
		return;
	work(2);
	BUG_ON(atomic_read(&shared->flag));
}

static void flicker(void *arg)
{
	struct shared *shared = arg;

	for (int round = 0; round < 2; round++) {
		work(NOISE);
		atomic_set(&shared->flag, 1);
		work(1);
		atomic_set(&shared->flag, 0);
	}
}

static void flicker_setup(void)
{
	struct shared *shared = shared_new();

	start("p", watch_flag, shared);
	start("q", flicker, shared);
}

/* A state that goes round three tasks, and is wrong where it comes round twice. */

static void move(struct shared *shared, int from, int to)
{
	work(4);
	atomic_cmpxchg(&shared->turn, from, to);
}

static void relay_first(void *arg)
{
	move(arg, 0, 1);
	move(arg, 3, 4);
}

static void relay_second(void *arg)
{
	struct shared *shared = arg;

	move(shared, 1, 2);
	move(shared, 4, 5);
	BUG_ON(atomic_read(&shared->turn) == 5);
}

static void relay_third(void *arg)
{
	work(NOISE);
	move(arg, 2, 3);
}

static void relay_setup(void)
{
	struct shared *shared = shared_new();

	start("p", relay_first, shared);
	start("q", relay_second, shared);
	start("r", relay_third, shared);
}

const struct planted_program planted_programs[] = {
	{ "race", "a counter that one path changes without the lock", VIOLATION_DATA_RACE, 1, true, data_race_setup },
	{ "crosswise", "two locks in two orders, one of them in a rare state", VIOLATION_DEADLOCK, 3, false,
	  deadlock_setup },
	{ "ring", "three locks in a ring", VIOLATION_DEADLOCK, 3, false, ring_setup },
	{ "upgrade", "two readers wait to become writers", VIOLATION_DEADLOCK, 2, false, upgrade_setup },
	{ "late sleeper", "the condition is looked at before the queue is joined", VIOLATION_LOST_WAKEUP, 1, false,
	  lost_wakeup_setup },
	{ "unseen sleeper", "who waits is looked at before the flag is set", VIOLATION_LOST_WAKEUP, 2, false,
	  unseen_sleeper_setup },
	{ "no reference", "found under the lock, used behind it", VIOLATION_USE_AFTER_FREE, 1, true,
	  use_after_free_setup },
	{ "no grace period", "freed where a counter of readers is zero", VIOLATION_USE_AFTER_FREE, 1, false,
	  no_grace_period_setup },
	{ "last close", "the last one is decided by a second look", VIOLATION_DOUBLE_FREE, 1, false,
	  double_free_setup },
	{ "reload", "a pointer is loaded again behind its check", VIOLATION_BUG, 1, false, null_setup },
	{ "late get", "a reference is taken where none may be left", VIOLATION_REFCOUNT, 1, false, refcount_setup },
	{ "handshake", "both sides believe that it is over", VIOLATION_BUG, 6, false, handshake_setup },
	{ "flicker", "a flag seen on, off and on again", VIOLATION_BUG, 3, false, flicker_setup },
	{ "relay", "a state that comes round three tasks twice", VIOLATION_BUG, 5, false, relay_setup },
	{ "early return", "a lock is left held where the state changed meanwhile", VIOLATION_LOCK_HELD, 1, false,
	  lock_held_setup },
};
const unsigned int planted_nr_programs = ARRAY_SIZE(planted_programs);
