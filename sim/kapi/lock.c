// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The engine behind spinlock, mutex and rwsem, and lockdep: see <linux/lockdep.h>.
 *
 * A lock knows its writer and how many readers it has; which actor reads is in
 * the held-lock list of that actor, which is also what lockdep works on. Classes
 * are the place of initialisation with a subclass; an edge A -> B is drawn when B
 * is taken while A is held, and a path back from B to A is an inversion, whether
 * or not this run deadlocks.
 */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <sim/fault.h>
#include <sim/verdict.h>
#include "internal.h"

#define SUBCLASSES 8

struct kapi_waiter {
	struct kapi_waiter *next;
	struct sim_actor *actor;
	bool read;
	bool granted;
};

struct kapi_held {
	struct kapi_held *next;
	struct kapi_lock *lock;
	struct kapi_class *class;
	bool read;
};

struct kapi_edge {
	struct kapi_edge *next;
	struct kapi_class *to;
};

struct kapi_class {
	struct kapi_class *next;
	const struct lock_class_key *key;
	unsigned int subclass;
	const char *name;
	struct kapi_edge *after;
	unsigned long visited;
};

void kapi_lock_init(struct kapi_lock *lock, const char *name, const struct lock_class_key *key, bool spin)
{
	/* "&iopt->iova_rwsem" is what the call site says; the field is what people know it by */
	for (const char *at = name; *at; at++)
		if (*at == '.' || *at == '>' || *at == '&')
			name = at + 1;
	*lock = (struct kapi_lock){ .id = sim_object_id(), .name = name, .key = key, .spin = spin };
	lock->last = &lock->first;
	sim_object_name(lock->id, name);
}

static struct kapi_class *class_of(struct kapi_state *state, const struct kapi_lock *lock, unsigned int subclass)
{
	struct kapi_class *class;

	for (class = state->classes; class; class = class->next)
		if (class->key == lock->key && class->subclass == subclass)
			return class;
	class = sim_zalloc(sizeof(*class));
	class->key = lock->key;
	class->subclass = subclass;
	class->name = lock->name;
	class->next = state->classes;
	state->classes = class;
	return class;
}

static bool reaches(struct kapi_state *state, struct kapi_class *from, const struct kapi_class *to)
{
	if (from == to)
		return true;
	if (from->visited == state->walk)
		return false;
	from->visited = state->walk;
	for (struct kapi_edge *edge = from->after; edge; edge = edge->next)
		if (reaches(state, edge->to, to))
			return true;
	return false;
}

static void order_edge(struct kapi_state *state, struct kapi_class *held, struct kapi_class *class)
{
	struct kapi_edge *edge;

	for (edge = held->after; edge; edge = edge->next)
		if (edge->to == class)
			return;
	state->walk++;
	if (reaches(state, class, held))
		sim_violate(VIOLATION_LOCK_ORDER, "%s is taken while %s is held; before it was the other way round",
			    class->name, held->name);
	edge = sim_alloc(sizeof(*edge));
	edge->to = class;
	edge->next = held->after;
	held->after = edge;
}

/* Before the lock is taken: against what the actor holds already. */
static void order_check(struct kapi_state *state, struct kapi_actor *self, struct kapi_lock *lock,
			struct kapi_class *class, unsigned int flags)
{
	for (struct kapi_held *held = self->held; held; held = held->next) {
		if (held->class != class) {
			if (!(flags & KAPI_TRY))
				order_edge(state, held->class, class);
		} else if (held->lock != lock && !(flags & (KAPI_NESTED | KAPI_TRY))) {
			sim_violate(VIOLATION_LOCK_ORDER, "two locks of the class %s are nested without an order",
				    class->name);
		}
	}
}

static struct kapi_held *held_find(struct kapi_actor *self, const struct kapi_lock *lock)
{
	for (struct kapi_held *held = self->held; held; held = held->next)
		if (held->lock == lock)
			return held;
	return NULL;
}

static void held_add(struct kapi_actor *self, struct kapi_lock *lock, struct kapi_class *class, bool read)
{
	struct kapi_held *held = sim_alloc(sizeof(*held));

	*held = (struct kapi_held){ .next = self->held, .lock = lock, .class = class, .read = read };
	self->held = held;
	if (lock->spin)
		self->atomic++;
}

static void held_remove(struct kapi_actor *self, struct kapi_held *held)
{
	struct kapi_held **link = &self->held;

	while (*link != held)
		link = &(*link)->next;
	*link = held->next;
	if (held->lock->spin)
		self->atomic--;
	sim_free(held);
}

static bool free_for(const struct kapi_lock *lock, bool read)
{
	return !lock->writer && (read || !lock->readers);
}

static void own(struct kapi_lock *lock, struct sim_actor *actor, bool read)
{
	if (read)
		lock->readers++;
	else
		lock->writer = actor;
}

/* Hands the lock to whoever stands at the head, and to the readers right behind a reader. */
static void hand_over(struct kapi_lock *lock)
{
	while (lock->first && free_for(lock, lock->first->read)) {
		struct kapi_waiter *waiter = lock->first;

		lock->first = waiter->next;
		if (!lock->first)
			lock->last = &lock->first;
		own(lock, waiter->actor, waiter->read);
		waiter->granted = true;
		sim_wake(waiter->actor);
	}
}

static void wait_for(struct kapi_lock *lock, struct sim_actor *actor, bool read)
{
	struct kapi_waiter waiter = { .actor = actor, .read = read };

	*lock->last = &waiter;
	lock->last = &waiter.next;
	while (!waiter.granted)
		sim_block(lock->id, lock->name, lock->writer);
}

int kapi_lock_take(struct kapi_lock *lock, unsigned int flags, unsigned int subclass)
{
	struct kapi_state *state = kapi_state();
	struct kapi_actor *self = kapi_actor();
	struct kapi_class *class = class_of(state, lock, subclass);
	bool read = flags & KAPI_READ;

	if (!lock->spin && !(flags & KAPI_TRY))
		kapi_might_sleep(lock->name);
	order_check(state, self, lock, class, flags);
	sim_point(read ? SIM_POINT_LOCK_READ : SIM_POINT_LOCK, lock->id, 0);
	if ((flags & KAPI_KILLABLE) && sim_fault(SIM_FAULT_LOCK_KILL)) {
		sim_record(read ? SIM_POINT_LOCKED_READ : SIM_POINT_LOCKED, lock->id, -EINTR);
		return -EINTR;
	}
	if (free_for(lock, read) && !lock->first) {
		own(lock, sim_self(), read);
	} else if (flags & KAPI_TRY) {
		sim_record(read ? SIM_POINT_LOCKED_READ : SIM_POINT_LOCKED, lock->id, -EBUSY);
		return -EBUSY;
	} else {
		if (held_find(self, lock) && (!read || lock->writer))
			sim_violate(VIOLATION_DEADLOCK, "%s takes %s, which it holds already",
				    sim_self() ? sim_actor_name(sim_self()) : "outside", lock->name);
		if (!sim_self())
			kapi_bug(__FILE__, __LINE__, "a held lock is taken outside any task");
		wait_for(lock, sim_self(), read);
	}
	sim_record(read ? SIM_POINT_LOCKED_READ : SIM_POINT_LOCKED, lock->id, 0);
	held_add(self, lock, class, read);
	return 0;
}

void kapi_lock_drop(struct kapi_lock *lock, bool read)
{
	struct kapi_actor *self = kapi_actor();
	struct kapi_held *held = held_find(self, lock);

	if (!held || held->read != read) {
		sim_violate(VIOLATION_LOCK_MISUSE, "%s is released by %s, which does not hold it", lock->name,
			    sim_self() ? sim_actor_name(sim_self()) : "nobody");
		return;
	}
	held_remove(self, held);
	if (read)
		lock->readers--;
	else
		lock->writer = NULL;
	hand_over(lock);
	sim_point(read ? SIM_POINT_UNLOCK_READ : SIM_POINT_UNLOCK, lock->id, 0);
}

void kapi_lock_downgrade(struct kapi_lock *lock)
{
	struct kapi_held *held = held_find(kapi_actor(), lock);

	if (!held || held->read) {
		sim_violate(VIOLATION_LOCK_MISUSE, "%s is downgraded by one that does not hold it for writing",
			    lock->name);
		return;
	}
	held->read = true;
	lock->writer = NULL;
	lock->readers = 1;
	hand_over(lock);
	sim_point(SIM_POINT_DOWNGRADE, lock->id, 0);
}

bool kapi_lock_held(const struct kapi_lock *lock, bool write)
{
	struct kapi_held *held = held_find(kapi_actor(), lock);

	return held && !(write && held->read);
}

void kapi_lock_assert(const struct kapi_lock *lock, bool write, const char *where)
{
	if (!kapi_lock_held(lock, write))
		kapi_warn(where, 0, lock->name ? lock->name : "a lock", true);
}

void kapi_locks_held_check(void)
{
	for (struct kapi_held *held = kapi_actor()->held; held; held = held->next)
		sim_violate(VIOLATION_LOCK_HELD, "a call returns with %s held", held->lock->name);
}

void kapi_might_sleep(const char *where)
{
	if (kapi_actor()->atomic)
		sim_violate(VIOLATION_SLEEP_IN_ATOMIC, "%s may sleep, but a spinlock is held", where);
}

void mutex_destroy(struct mutex *l)
{
	if (l->lock.writer)
		sim_violate(VIOLATION_LOCK_MISUSE, "%s is destroyed while it is held", l->lock.name);
}

int atomic_dec_and_mutex_lock(atomic_t *cnt, struct mutex *l)
{
	int old = atomic_read(cnt);

	while (old != 1)
		if (atomic_try_cmpxchg(cnt, &old, old - 1))
			return 0;
	mutex_lock(l);
	if (atomic_dec_and_test(cnt))
		return 1;
	mutex_unlock(l);
	return 0;
}

void kapi_lock_assert_not(const struct kapi_lock *lock, const char *where)
{
	if (kapi_lock_held(lock, false))
		kapi_warn(where, 0, lock->name ? lock->name : "a lock", true);
}

bool refcount_dec_and_lock(refcount_t *r, spinlock_t *lock)
{
	int old = atomic_read(&r->refs);

	while (old > 1)
		if (atomic_try_cmpxchg(&r->refs, &old, old - 1))
			return false;
	spin_lock(lock);
	if (refcount_dec_and_test(r))
		return true;
	spin_unlock(lock);
	return false;
}
