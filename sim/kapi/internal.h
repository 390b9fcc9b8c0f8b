/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel API's state in a world: what no structure of the kernel's own can hold. */
#ifndef SIM_KAPI_INTERNAL_H
#define SIM_KAPI_INTERNAL_H

#include <sim/kapi.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <sim/sched.h>
#include <sim/verdict.h>
#include <sim/world.h>

#define KAPI_CLASS_BUCKETS 32
#define KAPI_LOG_BYTES 4096

struct kapi_class;
struct kapi_object;

/* A lock that an actor holds; in the order of taking. */
struct kapi_held {
	struct kapi_lock *lock;
	struct kapi_class *class;
	bool read;
	bool try;
};

/* One for each actor that ever came here, and one for code outside actors. */
struct kapi_actor {
	struct list_head all;		/* in order of first appearance */
	struct sim_actor *actor;	/* NULL: outside */
	struct kapi_held *held;		/* few[], until they are many */
	unsigned int nr_held, max_held;
	struct kapi_lock *waits;	/* the lock that it waits for, while it does */
	unsigned int atomic;		/* spinlocks held, and preempt_disable() */
	unsigned int rcu_nesting;
	unsigned int rcu_since;		/* rcu_epoch when it entered */
	bool probed;			/* woken without a reason, to look at its condition */
	struct kapi_held few[2];
};
_Static_assert(sizeof(struct kapi_actor) <= SIM_ACTOR_ROOM, "it lies with its actor");

/* An actor asleep in kapi_wait(), on its stack; in order of falling asleep. */
struct kapi_sleeper {
	struct list_head all;
	struct kapi_actor *self;
	unsigned long deadline;		/* jiffies; ~0ul: none */
	bool expired;
};

/* What lockdep knows, with its classes and their edges: in memory that is rarely written (sim_rare_zalloc()). */
struct kapi_classes {
	struct kapi_class *bucket[KAPI_CLASS_BUCKETS];
	unsigned int nr;
	unsigned long walk;
};

struct kapi_state {
	struct list_head actors;
	struct kapi_classes *classes;
	struct list_head objects;	/* allocated, in order */
	struct kapi_object *freed_first, **freed_last;	/* quarantine, oldest first */
	size_t freed_bytes, nr_freed, nr_objects, object_bytes;
	size_t nr_xa_runs;		/* of arrays, where the kernel has nodes allocated */
	struct list_head sleepers;
	unsigned long ticks;		/* the clock, in jiffies */
	unsigned long lost_wakeups;
	struct list_head work;
	struct work_struct *work_running;
	wait_queue_head_t work_done;
	struct sim_actor *kworker;
	unsigned long rcu_id;
	unsigned int rcu_epoch, rcu_waiters;
	wait_queue_head_t rcu_readers;	/* synchronize_rcu() */
	struct rcu_head *rcu_first, **rcu_last;
	unsigned long rcu_queued, rcu_called;
	wait_queue_head_t rcu_done;	/* rcu_barrier() */
	struct sim_actor *rcu_actor;
	bool rcu_active;
	char *log;			/* KAPI_LOG_BYTES, once there was a message */
	size_t log_bytes;
};

_Static_assert(sizeof(struct kapi_state) <= SIM_OUTSIDE_ROOM, "it lies in sim_outside_room()");

/* What the first call of each makes. */
struct kapi_state *kapi_state_make(void);
struct kapi_actor *kapi_actor_make(void);

static inline const struct kapi_state *kapi_state(void)
{
	const struct kapi_state *state = sim_slot(SIM_SLOT_KAPI);

	return likely(state) ? state : kapi_state_make();
}

/* To be written before the next point, behind which it has to be asked for anew. */
static inline struct kapi_state *kapi_state_write(void)
{
	sim_outside_written();
	return (struct kapi_state *)kapi_state();
}

/* The running actor's; outside's where none runs. */
static inline struct kapi_actor *kapi_actor(void)
{
	struct kapi_actor *actor = sim_current_front()->kapi;

	return likely(actor) ? actor : kapi_actor_make();
}

/* The machine is stuck: of each lock that is waited for names the holder that closes a cycle, if one does. */
void kapi_lock_tell_holders(void);
/* [@start, @start + @bytes) is freed: VIOLATION_LOCK_MISUSE for each lock in there that the running actor holds. */
void kapi_locks_freed_check(const void *start, unsigned long bytes);
/* "pages.c:612": no folder, so that it is the same wherever the tree lies. */
const char *kapi_basename(const char *path);
/* "a", "rcu", or "outside". */
const char *kapi_self_name(void);

#endif
