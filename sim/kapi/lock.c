// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The engine behind spinlock, mutex and rwsem, and lockdep: see <linux/lockdep.h>.
 *
 * A lock knows its writer and how many readers it has; which actor reads is in
 * the held-lock stack of that actor, which is also what lockdep works on. An edge
 * A -> B is drawn between classes when B is taken while A is held; a path back
 * from B to A is an inversion, whether or not this run deadlocks. As in the kernel
 * a trylock draws no edge to what it takes, and what lies below the topmost lock
 * that was waited for is already ordered before that one.
 *
 * A lock taken again by its holder is reported as a deadlock at once; the holder
 * then waits for itself, and the run ends stuck.
 */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/poison.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <sim/fault.h>
#include <sim/race.h>
#include <sim/snapshot.h>
#include <sim/trace.h>
#include "internal.h"

/* What a word of freed memory reads as (slab.c). */
#define POISON_WORD (0x0101010101010101UL * POISON_FREE)

struct kapi_waiter {
	struct kapi_waiter *next;
	struct sim_actor *actor;
	bool read;
	bool granted;
};

struct kapi_edge {
	struct kapi_edge *next;
	struct kapi_class *to;
	const char *actor;		/* who drew it */
};

struct kapi_class {
	struct kapi_class *next;	/* in its bucket */
	const void *key;
	unsigned int subclass;
	unsigned int index;
	const char *name;
	struct kapi_edge *after;
	unsigned long *after_bits;	/* by index */
	unsigned int after_words;
	unsigned long visited;
	struct kapi_edge *via;		/* the edge that a search came by */
	struct kapi_class *from;
};

void kapi_lock_init(struct kapi_lock *lock, const char *name, const struct lock_class_key *key, bool spin)
{
	*lock = (struct kapi_lock){ .id = sim_object_id(), .name = name, .key = key, .spin = spin };
	sim_object_name_kept(lock->id, name);
}

void kapi_lock_set_class(struct kapi_lock *lock, const struct lock_class_key *key, const char *name)
{
	lock->key = key;
	lock->class = NULL;
	lock->name = name;
}

/* A lock that its definition initialised belongs to the world that uses it first, until that one ends. */
static void use_static(struct kapi_lock *lock)
{
	sim_region_add(lock, sizeof(*lock));
	lock->id = sim_object_id();
	lock->name = kapi_field(lock->name);
	sim_object_name_kept(lock->id, lock->name);
}

/* Zeroed memory that nobody made a lock of; the run goes on as if somebody had. DEBUG_MUTEXES and DEBUG_RWSEMS warn. */
static void lock_is_unmade(struct kapi_lock *lock)
{
	sim_violate(VIOLATION_LOCK_MISUSE, "%s uses a lock that was never initialised", kapi_self_name());
	kapi_lock_init(lock, "lock", NULL, false);
}

/* What the lock lay in is gone: it holds what the allocator leaves there, and nothing can go on from that. */
static void lock_is_freed(void)
{
	sim_violate(VIOLATION_USE_AFTER_FREE, "%s uses a lock in memory that was freed", kapi_self_name());
	sim_end_run();
	sim_actor_abandon();
}

/* Of a lock that is in use, behind a point where others came. */
static inline void lock_check_freed(const struct kapi_lock *lock)
{
	if (unlikely(lock->id == POISON_WORD))
		lock_is_freed();
}

/* Of a lock that is about to be used. */
static inline void lock_check(struct kapi_lock *lock)
{
	if (likely(lock->id - 1 < POISON_WORD - 1))
		return;
	if (lock->id == POISON_WORD)
		lock_is_freed();
	if (!lock->name)
		lock_is_unmade(lock);
	else
		use_static(lock);
}

static struct kapi_class *class_find(const struct kapi_state *state, const struct kapi_lock *lock,
				     unsigned int subclass)
{
	const void *key = lock->key ? (const void *)lock->key : lock;
	struct kapi_class **bucket = &state->classes->bucket[((unsigned long)key >> 4) % KAPI_CLASS_BUCKETS];
	struct kapi_class *class;

	for (class = *bucket; class; class = class->next)
		if (class->key == key && class->subclass == subclass)
			return class;
	class = sim_rare_zalloc(sizeof(*class));
	class->key = key;
	class->subclass = subclass;
	class->index = state->classes->nr++;
	class->name = lock->name;
	class->next = *bucket;
	*bucket = class;
	return class;
}

static struct kapi_class *class_of(const struct kapi_state *state, struct kapi_lock *lock, unsigned int subclass)
{
	if (subclass)
		return class_find(state, lock, subclass);
	if (!lock->class)
		lock->class = class_find(state, lock, 0);
	return lock->class;
}

static bool edge_known(const struct kapi_class *from, const struct kapi_class *to)
{
	unsigned int word = to->index / 64;

	return word < from->after_words && (from->after_bits[word] >> to->index % 64 & 1);
}

static void edge_add(struct kapi_class *from, struct kapi_class *to)
{
	struct kapi_edge *edge = sim_rare_zalloc(sizeof(*edge));
	unsigned int word = to->index / 64;

	*edge = (struct kapi_edge){ .next = from->after, .to = to, .actor = kapi_self_name() };
	from->after = edge;
	if (word >= from->after_words) {
		unsigned long *bits = sim_rare_zalloc((word + 1) * sizeof(unsigned long));

		if (from->after_words)
			memcpy(bits, from->after_bits, from->after_words * sizeof(unsigned long));
		from->after_bits = bits;
		from->after_words = word + 1;
	}
	from->after_bits[word] |= 1UL << to->index % 64;
}

/* Depth first; leaves the way in via and from. Classes are few and a path is short, so recursion is shallow. */
static bool reaches(const struct kapi_state *state, struct kapi_class *from, const struct kapi_class *to)
{
	if (from == to)
		return true;
	from->visited = state->classes->walk;
	for (struct kapi_edge *edge = from->after; edge; edge = edge->next) {
		if (edge->to->visited == state->classes->walk)
			continue;
		edge->to->via = edge;
		edge->to->from = from;
		if (reaches(state, edge->to, to))
			return true;
	}
	return false;
}

static const char *class_name(const struct kapi_class *class, char *buf, size_t size)
{
	if (!class->subclass)
		return class->name;
	snprintf(buf, size, "%s/%u", class->name, class->subclass);
	return buf;
}

/* @class is about to be taken under @held, but @class reaches @held: both chains in words. */
static void report_inversion(struct kapi_class *class, struct kapi_class *held)
{
	char chain[400], a[64], b[64];
	size_t used = 0;

	chain[0] = '\0';
	for (struct kapi_class *at = held; at != class && used < sizeof(chain); at = at->from) {
		int len = snprintf(chain + used, sizeof(chain) - used, "%s%s under %s (by %s)", used ? ", " : "",
				   class_name(at, a, sizeof(a)), class_name(at->from, b, sizeof(b)), at->via->actor);

		used += len;
	}
	sim_violate(VIOLATION_LOCK_ORDER, "%s takes %s under %s; but before, %s", kapi_self_name(),
		    class_name(class, a, sizeof(a)), class_name(held, b, sizeof(b)), chain);
}

/* Against what the actor holds already, before the lock is taken. */
static void order_check(const struct kapi_state *state, struct kapi_actor *self, struct kapi_lock *lock,
			struct kapi_class *class, unsigned int flags)
{
	char buf[64];

	if (flags & KAPI_LOCK_TRY)
		return;
	for (unsigned int i = self->nr_held; i--;) {
		struct kapi_held *held = &self->held[i];

		if (held->lock == lock)
			continue;
		if (held->class == class) {
			if (!(flags & KAPI_LOCK_NESTED))
				sim_violate(VIOLATION_LOCK_ORDER, "%s nests two locks of the class %s without an order",
					    kapi_self_name(), class_name(class, buf, sizeof(buf)));
		} else if (!edge_known(held->class, class)) {
			sim_rare_written();
			state->classes->walk++;
			if (reaches(state, class, held->class))
				report_inversion(class, held->class);
			edge_add(held->class, class);
		}
		if (!held->try)
			break;
	}
}

static inline struct kapi_held *top_held(const struct kapi_actor *self)
{
	return self->nr_held ? &self->held[self->nr_held - 1] : NULL;
}

static struct kapi_held *held_find(struct kapi_actor *self, const struct kapi_lock *lock)
{
	for (unsigned int i = self->nr_held; i--;)
		if (self->held[i].lock == lock)
			return &self->held[i];
	return NULL;
}

static noinline void held_grow(struct kapi_actor *self)
{
	struct kapi_held *few = self->held == self->few ? self->few : NULL;

	self->max_held *= 2;
	self->held = sim_realloc(few ? NULL : self->held, self->max_held * sizeof(*self->held));
	if (few)
		memcpy(self->held, few, sizeof(self->few));
}

static inline void held_add(struct kapi_actor *self, struct kapi_lock *lock, struct kapi_class *class, bool read,
			    bool try)
{
	struct kapi_held *held;

	if (unlikely(self->nr_held == self->max_held))
		held_grow(self);
	held = &self->held[self->nr_held++];
	held->lock = lock;
	held->class = class;
	held->read = read;
	held->try = try;
	self->atomic += lock->spin;
}

static bool free_for(const struct kapi_lock *lock, bool read)
{
	return !lock->writer && !lock->outside && (read || !lock->readers);
}

static inline void tell_holds(const struct kapi_lock *lock)
{
	sim_lock_holds(lock->id, lock->readers, lock->writer || lock->outside);
}

static inline void own(struct kapi_lock *lock, struct sim_actor *actor, bool read)
{
	if (read)
		lock->readers++;
	else if (actor)
		lock->writer = actor;
	else
		lock->outside = true;
	tell_holds(lock);
}

/* Not any more, by one reader or its writer. */
static void disown(struct kapi_lock *lock, bool read)
{
	if (read) {
		lock->readers--;
	} else {
		lock->writer = NULL;
		lock->outside = false;
	}
	tell_holds(lock);
}

/* Hands the lock to whoever stands at the head, and to the readers right behind a reader. */
static void hand_over(struct kapi_lock *lock)
{
	while (lock->first && free_for(lock, lock->first->read)) {
		struct kapi_waiter *waiter = lock->first;

		sim_stacks_written();
		lock->first = waiter->next;
		if (!lock->first)
			lock->last = NULL;
		own(lock, waiter->actor, waiter->read);
		waiter->granted = true;
		sim_wake(waiter->actor);
	}
}

/* Who keeps the lock, for the report of a stuck machine: the writer, or the reader that came here first. */
static struct sim_actor *holder_of(const struct kapi_state *state, const struct kapi_lock *lock)
{
	struct kapi_actor *actor;

	if (lock->writer)
		return lock->writer;
	list_for_each_entry(actor, &state->actors, all)
		if (held_find(actor, lock))
			return actor->actor;
	return NULL;
}

static void wait_for(const struct kapi_state *state, struct kapi_lock *lock, bool read)
{
	struct kapi_waiter waiter = { .actor = sim_self(), .read = read };

	if (!waiter.actor) {
		sim_violate(VIOLATION_DEADLOCK, "%s is taken outside any task while it is held", lock->name);
		kapi_bug(__FILE__, __LINE__, "nobody can wait outside a task");
	}
	sim_stacks_written();
	if (lock->last)
		lock->last->next = &waiter;
	else
		lock->first = &waiter;
	lock->last = &waiter;
	kapi_actor()->waits = lock;
	while (!waiter.granted)
		sim_block(lock->id, lock->name, holder_of(state, lock));
	kapi_actor()->waits = NULL;
}

/* The holder of when it began to wait may have let go since, and a lock may have several readers. */
static void tell_holders(const struct kapi_state *state, struct kapi_actor *waiter)
{
	struct kapi_actor *actor;
	struct sim_actor *holder = waiter->waits->writer;

	list_for_each_entry(actor, &state->actors, all) {
		if (!actor->actor || actor->actor == holder || !held_find(actor, waiter->waits))
			continue;
		if (sim_wait_holder_set(waiter->actor, actor->actor))
			return;
		if (!holder)
			holder = actor->actor;
	}
	sim_wait_holder_set(waiter->actor, holder);
}

void kapi_lock_tell_holders(void)
{
	const struct kapi_state *state = kapi_state();
	struct kapi_actor *actor;

	list_for_each_entry(actor, &state->actors, all)
		if (actor->waits)
			tell_holders(state, actor);
}

/* May it be taken here, by somebody who holds others or is in a section that must not sleep? */
static noinline void take_check(struct kapi_actor *self, struct kapi_lock *lock, struct kapi_class *class,
				unsigned int flags)
{
	if (!lock->spin && !(flags & KAPI_LOCK_TRY) && (self->atomic || self->rcu_nesting))
		kapi_might_sleep(lock->name);
	order_check(kapi_state(), self, lock, class, flags);
	if (!(flags & KAPI_LOCK_TRY) && held_find(self, lock))
		sim_violate(VIOLATION_DEADLOCK, "%s takes %s, which it holds already", kapi_self_name(), lock->name);
}

/* The lock is the actor's behind this, or it was killed (-EINTR), or it is another's and nobody waits (-EBUSY). */
static inline int take_among_others(struct kapi_lock *lock, unsigned int flags)
{
	bool read = flags & KAPI_LOCK_READ;
	enum sim_point taken = read ? SIM_POINT_LOCKED_READ : SIM_POINT_LOCKED;

	sim_point_in(read ? SIM_POINT_LOCK_READ : SIM_POINT_LOCK, lock->id, lock, !!(flags & KAPI_LOCK_TRY));
	lock_check_freed(lock);
	if ((flags & KAPI_LOCK_KILLABLE) && sim_fault(SIM_FAULT_LOCK_KILL)) {
		sim_record(taken, lock->id, -EINTR);
		return -EINTR;
	}
	if (free_for(lock, read) && !lock->first) {
		own(lock, sim_self(), read);
	} else if (flags & KAPI_LOCK_TRY) {
		sim_record(taken, lock->id, -EBUSY);
		return -EBUSY;
	} else {
		wait_for(kapi_state(), lock, read);
	}
	sim_record(taken, lock->id, 0);
	return 0;
}

static noinline int take_checked(struct kapi_actor *self, struct kapi_lock *lock, unsigned int flags,
				 unsigned int subclass)
{
	struct kapi_class *class;
	int err;

	lock_check(lock);
	class = class_of(kapi_state(), lock, subclass);
	if (self->nr_held | self->atomic | self->rcu_nesting)
		take_check(self, lock, class, flags);
	err = take_among_others(lock, flags);
	if (err)
		return err;
	sim_race_acquire(lock, !(flags & KAPI_LOCK_READ));
	held_add(self, lock, class, flags & KAPI_LOCK_READ, flags & KAPI_LOCK_TRY);
	return 0;
}

/* Nobody has it or waits for it, as is nearly always so. Freed memory does not look like that. */
static inline bool is_idle(const struct kapi_lock *lock)
{
	return !((unsigned long)lock->writer | (unsigned long)lock->first | lock->readers | lock->outside);
}

/* Would take_check() of an idle lock find nothing that it does not know? */
static inline bool is_known_order(const struct kapi_actor *self, const struct kapi_lock *lock)
{
	const struct kapi_held *top = top_held(self);

	if ((self->atomic | self->rcu_nesting) && !lock->spin)
		return false;
	return !top || (!top->try && top->class != lock->class && edge_known(top->class, lock->class));
}

/* A lock of a known class that is free for an actor which is alone, and unwatched: both records are one step. */
int kapi_lock_take(struct kapi_lock *lock, unsigned int flags, unsigned int subclass)
{
	struct kapi_actor *self = kapi_actor();
	bool read = flags & KAPI_LOCK_READ;

	if (unlikely(!lock->class || subclass || !is_idle(lock) || !is_known_order(self, lock) ||
		     (flags & ~(KAPI_LOCK_READ | KAPI_LOCK_KILLABLE)) || sim_current_front()->faults ||
		     !sim_point_both(read ? SIM_POINT_LOCK_READ : SIM_POINT_LOCK,
				     read ? SIM_POINT_LOCKED_READ : SIM_POINT_LOCKED, lock->id, lock)))
		return take_checked(self, lock, flags, subclass);
	own(lock, sim_self(), read);
	sim_race_acquire(lock, !read);
	held_add(self, lock, lock->class, read, false);
	return 0;
}

void kapi_lock_might(struct kapi_lock *lock)
{
	const struct kapi_state *state = kapi_state();

	lock_check(lock);
	if (!lock->spin)
		kapi_might_sleep(lock->name);
	order_check(state, kapi_actor(), lock, class_of(state, lock, 0), 0);
}

/* Is it what the actor took last, that way? Not what the memory of a freed one says. */
static inline bool is_last_held(const struct kapi_actor *self, const struct kapi_lock *lock, bool read)
{
	const struct kapi_held *top = top_held(self);

	return top && top->lock == lock && top->read == read && lock->id != POISON_WORD;
}

/* As if the lock had been taken last. False where it is not held that way. */
static noinline bool make_last(struct kapi_actor *self, const struct kapi_lock *lock, bool read)
{
	struct kapi_held *held = held_find(self, lock), *top = top_held(self), last;

	lock_check_freed(lock);
	if (!held || held->read != read) {
		sim_violate(VIOLATION_LOCK_MISUSE, "%s releases %s, which it does not hold%s", kapi_self_name(),
			    lock->name, held ? " that way" : "");
		return false;
	}
	last = *held;
	memmove(held, held + 1, (char *)top - (char *)held);
	*top = last;
	return true;
}

/* The last that was taken. */
static inline void let_go(struct kapi_actor *self, struct kapi_lock *lock, bool read)
{
	sim_race_release(lock, read);
	self->nr_held--;
	self->atomic -= lock->spin;
	disown(lock, read);
}

static noinline void drop_among_others(struct kapi_actor *self, struct kapi_lock *lock, bool read)
{
	if (unlikely(!is_last_held(self, lock, read)) && !make_last(self, lock, read))
		return;
	/* While it is still held: a trylock of another's may fail here. */
	sim_pause(read ? SIM_POINT_UNLOCK_READ : SIM_POINT_UNLOCK, lock->id);
	lock_check_freed(lock);
	let_go(self, lock, read);
	if (unlikely(lock->first))
		hand_over(lock);
	sim_done(read ? SIM_POINT_UNLOCK_READ : SIM_POINT_UNLOCK, lock->id, 0);
}

void kapi_lock_drop(struct kapi_lock *lock, bool read)
{
	struct kapi_actor *self = kapi_actor();

	if (unlikely(!sim_alone() || !is_last_held(self, lock, read) || lock->first)) {
		drop_among_others(self, lock, read);
		return;
	}
	let_go(self, lock, read);
	sim_done(read ? SIM_POINT_UNLOCK_READ : SIM_POINT_UNLOCK, lock->id, 0);
}

void kapi_lock_downgrade(struct kapi_lock *lock)
{
	struct kapi_held *held = held_find(kapi_actor(), lock);

	if (!held || held->read) {
		sim_violate(VIOLATION_LOCK_MISUSE, "%s downgrades %s, which it does not hold for writing",
			    kapi_self_name(), lock->name);
		return;
	}
	sim_race_release(lock, false);
	held->read = true;
	disown(lock, false);
	own(lock, NULL, true);
	hand_over(lock);
	sim_done(SIM_POINT_DOWNGRADE, lock->id, 0);
}

bool kapi_lock_held(const struct kapi_lock *lock, bool write)
{
	struct kapi_held *held = held_find(kapi_actor(), lock);

	return held && !(write && held->read);
}

bool kapi_lock_is_taken(const struct kapi_lock *lock)
{
	if (likely(lock->id != POISON_WORD))
		sim_touch_lock(lock->id, lock);
	return !free_for(lock, false);
}

void kapi_lock_destroy(struct kapi_lock *lock)
{
	if (kapi_lock_is_taken(lock))
		sim_violate(VIOLATION_LOCK_MISUSE, "%s is destroyed while it is held", lock->name);
}

void kapi_locks_held_check(void)
{
	struct kapi_actor *self = kapi_actor();
	unsigned int spins = 0;

	for (unsigned int i = 0; i < self->nr_held; i++) {
		sim_violate(VIOLATION_LOCK_HELD, "%s returns with %s held", kapi_self_name(),
			    self->held[i].lock->name);
		spins += self->held[i].lock->spin;
	}
	if (self->rcu_nesting)
		sim_violate(VIOLATION_LOCK_HELD, "%s returns inside an RCU read side section", kapi_self_name());
	if (self->atomic > spins)
		sim_violate(VIOLATION_LOCK_HELD, "%s returns with preemption off", kapi_self_name());
}

void kapi_locks_freed_check(const void *start, unsigned long bytes)
{
	struct kapi_actor *self = kapi_actor();

	for (unsigned int i = 0; i < self->nr_held; i++)
		if ((unsigned long)self->held[i].lock - (unsigned long)start < bytes)
			sim_violate(VIOLATION_LOCK_MISUSE, "%s frees %s while it holds it", kapi_self_name(),
				    self->held[i].lock->name);
}

void preempt_disable(void)
{
	kapi_actor()->atomic++;
}

void preempt_enable(void)
{
	if (!kapi_actor()->atomic)
		sim_violate(VIOLATION_LOCK_MISUSE, "%s turns preemption on, which is on", kapi_self_name());
	else
		kapi_actor()->atomic--;
}

bool kapi_in_atomic(void)
{
	return kapi_actor()->atomic || kapi_actor()->rcu_nesting;
}

void kapi_might_sleep(const char *what)
{
	struct kapi_actor *self = kapi_actor();
	const char *why = "preemption is off";

	if (likely(!self->atomic && !self->rcu_nesting))
		return;
	if (self->rcu_nesting)
		why = "it is inside an RCU read side section";
	for (unsigned int i = 0; i < self->nr_held; i++)
		if (self->held[i].lock->spin)
			why = self->held[i].lock->name;
	sim_violate(VIOLATION_SLEEP_IN_ATOMIC, "%s: %s may sleep, but: %s", kapi_self_name(), what, why);
}

int atomic_dec_and_mutex_lock(atomic_t *cnt, struct mutex *lock)
{
	if (atomic_add_unless(cnt, -1, 1))
		return 0;
	mutex_lock(lock);
	if (atomic_dec_and_test(cnt))
		return 1;
	mutex_unlock(lock);
	return 0;
}
