/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Actors and the scheduler: the whole contract between the simulated machine and
 * the strategies that drive it.
 *
 * An actor is a fiber with a queue of bodies to run: one for each task of the
 * scenario, and one for each kernel thread (deferred work). One actor runs at a
 * time; it runs until it reaches a scheduling point, blocks, or its body returns.
 * Every scheduling point is in sim/kapi and nowhere else. At each, the strategy
 * picks one of the actors that can run; where only one can, it is not asked.
 *
 *	sim_point()	"another actor may go first"	the strategy picks
 *	sim_done()	"that is done; who goes on?"	the strategy picks
 *	sim_block()	"I cannot go on"		until somebody's sim_wake()
 *	sim_draw()	"a value of mine is open"	the strategy draws
 *
 * The memory model is sequential consistency at the level of scheduling points.
 */
#ifndef SIM_SCHED_H
#define SIM_SCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <sim/world.h>

struct sim_actor;
struct sim_tape;

/* What happens at a point; part of the trace and its hash. Append only: tokens and hashes depend on the values. */
enum sim_point {
	SIM_POINT_NONE,		/* of a view: goes on with what it does by itself, behind a sim_done() */
	SIM_POINT_START,	/* an actor begins a body */
	SIM_POINT_END,		/* a body returned */
	SIM_POINT_ATOMIC_READ,
	SIM_POINT_ATOMIC_WRITE,
	SIM_POINT_ATOMIC_RMW,	/* a failed compare-and-exchange is a READ */
	SIM_POINT_LOCK,		/* about to take; object: the lock */
	SIM_POINT_LOCKED,	/* taken; result: 0, or the errno of a killable or try variant */
	SIM_POINT_UNLOCK,
	SIM_POINT_LOCK_READ,
	SIM_POINT_LOCKED_READ,
	SIM_POINT_UNLOCK_READ,
	SIM_POINT_DOWNGRADE,
	SIM_POINT_WAIT,		/* about to sleep on a wait queue or completion */
	SIM_POINT_WAKE,
	SIM_POINT_RCU_READ_LOCK,
	SIM_POINT_RCU_READ_UNLOCK,
	SIM_POINT_RCU_SYNC,
	SIM_POINT_ALLOC,	/* result: bytes */
	SIM_POINT_FREE,		/* result: 0; what sim_touch_freed() tells a search: bytes */
	SIM_POINT_GUP,		/* one batch of pages pinned or unpinned; result: pages or -errno */
	SIM_POINT_UNPIN,
	SIM_POINT_IOMMU_MAP,
	SIM_POINT_IOMMU_UNMAP,
	SIM_POINT_COUNTER,	/* a charge counter changed; object: the counter, result: new value in pages */
	SIM_POINT_USER_COPY,
	SIM_POINT_FAULT,	/* an injected fault was delivered */
	SIM_POINT_YIELD,	/* cond_resched() and the like */
	SIM_POINT_QUEUE,	/* joined or left a wait queue */
	SIM_POINT_PLAIN_READ,	/* with --preempt=access: an access of kernel code that is no atomic; result: bytes */
	SIM_POINT_PLAIN_WRITE,
	SIM_POINT_NR,
};

/* What a strategy may see of an actor. */
struct sim_actor_view {
	unsigned int index;		/* order of creation, from 0 */
	enum sim_point next_kind;	/* what it will do when picked */
	unsigned long next_object;
	const void *next_at;		/* an atomic's address: it has no number */
	long next_result;		/* of a lock: 1 where it is only tried */
};

/* One thing done at, or said ahead of, a scheduling point. */
struct sim_access {
	unsigned int actor;		/* index; ~0u: outside any actor */
	enum sim_point kind;
	unsigned long object;
	const void *at;			/* what has no number is told apart by it; of a lock or queue: where it is */
	long result;
	bool ahead;			/* said by sim_point(): it happens once this actor is picked again */
};

/* pick() may return this: nobody is picked any more, and sim_run() returns SIM_FATAL. */
#define SIM_PICK_STOP (~0u)
/* Or this: sim_run() comes back to the outside, calls paused(), and then asks once more. */
#define SIM_PICK_PAUSE (~1u)

/*
 * A strategy: three calls. State is the strategy's own; begin() gets the context
 * of struct sim_config and may return NULL.
 * pick(): @ready has @nr >= 2 entries in order of creation; @current indexes the
 * actor that was running, or is -1 where it cannot go on. Returns an index into
 * @ready. draw(): a value below @bound (bound >= 2: nothing
 * else is open). end() may be NULL.
 *
 * The others may be NULL. record() hears of everything that the trace hears of;
 * enabled(), from inside a run, that @actor can go on by what @by did; window(),
 * from outside, that the part of the run begins or ends whose order is open: a
 * strategy that has it is only asked between the two, and in_order decides elsewhere.
 * paused(), from outside, with every body suspended: a snapshot taken here and restored
 * later has sim_run() go on with this choice.
 */
struct sim_strategy {
	const char *name;
	const char *what;
	void *(*begin)(unsigned long seed, const struct sim_tape *tape, void *context);
	unsigned int (*pick)(void *state, const struct sim_actor_view *const *ready, unsigned int nr, int current);
	unsigned long (*draw)(void *state, unsigned long bound);
	void (*end)(void *state);
	void (*record)(void *state, const struct sim_access *access);
	void (*enabled)(void *state, unsigned int by, unsigned int actor);
	void (*window)(void *state, bool open);
	void (*paused)(void *state);
	bool keeps;	/* who runs goes on while it can, so that pick() is only asked where it cannot */
};
/* Uniform choice at each point, from the seed. */
extern const struct sim_strategy sim_strategy_random;
/* The same between bodies only, and nobody is interrupted within one. */
extern const struct sim_strategy sim_strategy_calls;
/* Keeps the running actor while it can go on, then the lowest index: the sequential order. */
extern const struct sim_strategy sim_strategy_in_order;
/* Random priorities that change at @depth - 1 random points. Its context, which a run updates: */
struct sim_pct_context {
	unsigned int depth;
	unsigned long points;	/* the most picks that a run has had so far: the changes are drawn below it */
};
extern const struct sim_strategy sim_strategy_pct;
/* Follows a tape; where the tape ends or does not fit, as in_order. */
extern const struct sim_strategy sim_strategy_replay;

/* @name: copied. @cookie: the layer above's object (mm_model: the task_struct). Never fails. */
struct sim_actor *sim_actor_create(const char *name, void *cookie);
static inline void *sim_actor_cookie(const struct sim_actor *actor)
{
	return ((const struct sim_actor_front *)actor)->cookie;
}
const char *sim_actor_name(const struct sim_actor *actor);
/* The index that records carry; ~0u where @actor is NULL. */
unsigned int sim_actor_index(const struct sim_actor *actor);
/* By the index that records carry: "outside" for ~0u, NULL where there is none. */
const char *sim_actor_name_at(unsigned int index);
/* Queues @body(@arg) behind what the actor has still to do. From inside a run or outside. */
void sim_actor_submit(struct sim_actor *actor, void (*body)(void *arg), void *arg);
/* SIM_ACTOR_ROOM zeroed bytes of the running actor's own, for one layer. NULL outside of any: it has none. */
void *sim_actor_room(void);
#define SIM_ACTOR_ROOM 112
/*
 * SIM_OUTSIDE_ROOM bytes, zeroed in the beginning, that are nobody's own, for one layer. Snapshots copy them where this
 * was said since, by whoever writes there before the next point.
 */
void *sim_outside_room(void);
void sim_outside_written(void);
#define SIM_OUTSIDE_ROOM 352
/*
 * An actor has written where others' state lies: on a stack that is not its own, in another's sim_actor_room(), or in
 * sim_outside_room(). Snapshots copy that of those who ran, and of all where this was said.
 */
void sim_stacks_written(void);
/* The same, where that is @actor's alone. */
void sim_stack_written(const struct sim_actor *actor);
/* Nothing queued, not running, not blocked. */
bool sim_actor_idle(const struct sim_actor *actor);

enum sim_outcome {
	SIM_QUIET,	/* every actor idle */
	SIM_STUCK,	/* somebody is blocked and nobody can run: sim_stuck_report() says who waits for whom */
	SIM_FATAL,	/* BUG, step bound or memory error: the world is only good for reports and destroy */
};
/*
 * Tells the strategy that the part of the run begins, or ends, whose order is
 * open. From outside any actor. Without it everything is.
 */
void sim_window(bool open);
/* Runs the actors until none can go on. Called from outside any actor. */
enum sim_outcome sim_run(void);

/*
 * From now on a wild access, a division by zero or an invalid opcode inside an
 * actor is the violation `bug`, and the run ends as SIM_FATAL; outside actors they
 * stay deadly. The handlers are the process's, so this is for programs (cmd), not
 * for tests, which want the debugger's or the sanitizer's answer. Each OS thread
 * that runs worlds calls it once. x86-64 and aarch64; elsewhere it changes nothing.
 */
void sim_catch_oopses(void);

/* The running actor is in the scenario's step @step, 0: in none; for reports. Nothing outside of actors. */
void sim_call_set(unsigned int step);
/* The running actor; NULL outside of any. */
static inline struct sim_actor *sim_self(void)
{
	return sim_current_front()->self;
}
/* A scheduling point: records (actor, kind, object, result) and lets the strategy switch. Outside: only records. */
void sim_point(enum sim_point kind, unsigned long object, long result);
/* The same for what has no number: @at tells it from others, and shows in no trace and no hash. */
void sim_point_at(enum sim_point kind, const void *at, long result);
/* sim_point() for what has a number, and lies at @at: what is freed may hold it. */
void sim_point_in(enum sim_point kind, unsigned long object, const void *at, long result);
/*
 * sim_point_in() with the result 0 and a sim_record() of @second behind it, where that is one step: nobody else will be
 * let run and nobody looks on. Else nothing happens, and false is returned.
 */
bool sim_point_both(enum sim_point kind, enum sim_point second, unsigned long object, const void *at);
/* A scheduling point behind what was done, which it records. What this actor does next it has not said. */
void sim_done(enum sim_point kind, unsigned long object, long result);
/* A scheduling point ahead of what is recorded once it is done. */
void sim_pause_among(enum sim_point kind, unsigned long object);
static inline void sim_pause(enum sim_point kind, unsigned long object)
{
	if (__builtin_expect(((struct sim_world_front *)sim_this)->nr_ready > 1, 0))
		sim_pause_among(kind, object);
}
/* Records without being a place to switch (what happened as a consequence of a point). */
void sim_record(enum sim_point kind, unsigned long object, long result);
void sim_record_at(enum sim_point kind, const void *at, long result);
/* Does the strategy want to know of this kind? */
static inline bool sim_is_heard(enum sim_point kind)
{
	return __builtin_expect(sim_this && ((struct sim_world_front *)sim_this)->heard >> kind & 1, 0);
}
/*
 * The lock with the number @object is held from now on: by a writer, or by @readers, or by nobody. For a search, which
 * lets nobody go on who would only wait for it.
 */
static inline void sim_lock_holds(unsigned long object, unsigned int readers, bool writer)
{
	struct sim_world_front *world = (struct sim_world_front *)sim_this;

	if (__builtin_expect(object < world->room_holds, 0))
		world->holds[object] = writer ? ~0u : readers;
}
void sim_touch_told(enum sim_point kind, const void *at, long result);
/*
 * The running actor reads, or changes, what others may look at without a lock and
 * without a point: for a search, which has to know that the order matters. No trace
 * has it. @at: as in sim_point_at().
 */
static inline void sim_touch(const void *at, bool write)
{
	enum sim_point kind = write ? SIM_POINT_PLAIN_WRITE : SIM_POINT_PLAIN_READ;

	if (sim_is_heard(kind))
		sim_touch_told(kind, at, 0);
}
void sim_touch_lock_told(unsigned long object, const void *at);
/* It looks whether the lock with the number @object, which lies at @at, is held: as one who tries it for reading. */
static inline void sim_touch_lock(unsigned long object, const void *at)
{
	if (sim_is_heard(SIM_POINT_LOCK_READ))
		sim_touch_lock_told(object, at);
}
/* The same of memory that is freed: a change of everything in [@at, @at + @bytes). */
static inline void sim_touch_freed(const void *at, size_t bytes)
{
	if (sim_is_heard(SIM_POINT_FREE))
		sim_touch_told(SIM_POINT_FREE, at, (long)bytes);
}
/* Sleeps until sim_wake(). @why: static text for reports ("rwsem iova_rwsem"). @holder: who is waited for, or NULL. */
void sim_block(unsigned long object, const char *why, struct sim_actor *holder);
/* Makes @actor able to run; does not switch. No effect on one that is not blocked. */
void sim_wake(struct sim_actor *actor);
/*
 * No other actor can go on now, and none will before this one wakes it: what it
 * does in many steps it may do in one, for nobody can tell.
 */
static inline bool sim_alone(void)
{
	return !SIM_THREADS && ((struct sim_world_front *)sim_this)->nr_ready <= 1;
}
/* Ends the running actor's body for good, without unwinding (BUG, fatal signal of the simulated kernel). */
_Noreturn void sim_actor_abandon(void);
/* An open choice below @bound, from the strategy and on the tape. */
unsigned long sim_draw(unsigned long bound);
/* Scheduling is off between these (nests): for code that the kernel runs with preemption off. */
void sim_nopreempt_begin(void);
void sim_nopreempt_end(void);

/* Writes the wait-for graph of a stuck world as text; returns the bytes written, as snprintf does. */
int sim_stuck_report(char *buf, size_t size);
/*
 * Does a blocked actor of a stuck world wait for somebody: a lock that another
 * keeps, or will never let go of? That is a deadlock. Where all of them only sleep,
 * nobody is left who could wake them: a lost wake-up.
 */
bool sim_stuck_on_holder(void);
/*
 * Of a lock that several keep, sim_block() named one. @actor, which is blocked, waits
 * for @holder too: from now on that is the one told. Returns whether this closes a cycle.
 */
bool sim_wait_holder_set(struct sim_actor *actor, struct sim_actor *holder);

#endif
