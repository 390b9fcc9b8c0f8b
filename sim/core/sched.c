// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Actors and the scheduler.
 *
 * world->ready holds every actor that can go on, the running one included, in
 * order of creation, as the views that a strategy gets. A scheduling point of the
 * only ready actor is a hash update and two stores; with more, the strategy picks
 * and the running fiber switches straight to the other one. sim_run() is only
 * come back to when nobody can go on.
 *
 * An actor has a fiber only while a body of its is under way. A fiber whose body
 * has ended takes up the next picked actor's body itself if that has not begun,
 * so that sequential code runs on one warm stack without any switch. Fibers of
 * ended bodies wait on world->spare; those of abandoned ones, whose stacks other
 * code may still point into (wait queue entries), are kept until destroy.
 */
#include "core.h"
#include "fiber.h"

#include <string.h>

/*
 * ready[]
 */

static inline struct sim_actor *actor_of(const struct sim_actor_view *view)
{
	return (struct sim_actor *)((char *)view - offsetof(struct sim_actor, view));
}

static void ready_insert(struct sim_world *world, struct sim_actor *actor)
{
	unsigned int pos = world->nr_ready;

	while (pos && world->ready[pos - 1]->index > actor->view.index) {
		world->ready[pos] = world->ready[pos - 1];
		pos--;
	}
	world->ready[pos] = &actor->view;
	world->ready_bits |= actor->bit;
	if (world->nr_ready++ && pos <= world->current_pos)
		world->current_pos++;
}

static void make_ready(struct sim_world *world, struct sim_actor *actor)
{
	actor->state = ACTOR_READY;
	ready_insert(world, actor);
	if (SIM_THREADS) {
		sim_threads_ready(actor);
		return;
	}
	if (world->strategy->enabled)
		world->strategy->enabled(world->strategy_state, world->current->view.index, actor->view.index);
}

static inline void ready_remove(struct sim_world *world, const struct sim_actor *actor)
{
	unsigned int pos = world->current_pos, nr = --world->nr_ready;

	/* Most often it is the running one. */
	if (unlikely(pos > nr || world->ready[pos] != &actor->view))
		for (pos = 0; world->ready[pos] != &actor->view; pos++)
			;
	if (pos < world->current_pos)
		world->current_pos--;
	for (; pos < nr; pos++)
		world->ready[pos] = world->ready[pos + 1];
	world->ready_bits &= ~actor->bit;
}

/* @pick is nobody: the strategy has other plans. */
static __attribute__((noinline)) struct sim_actor *pick_nobody(struct sim_world *world, unsigned int pick, int current)
{
	if (pick == SIM_PICK_PAUSE) {
		world->paused = true;
		world->paused_pos = current;
	} else if (pick == SIM_PICK_STOP) {
		world->fatal = true;
	} else {
		sim_die("strategy %s picked %u of %u", world->strategy->name, pick, world->nr_ready);
	}
	return &world->outside;
}

static __attribute__((noinline)) struct sim_actor *choose_among(struct sim_world *world, int current)
{
	unsigned int pick;

	if (unlikely(world->closed))
		pick = pick_default(current);
	else
		pick = world->strategy->pick(world->strategy_state, world->ready, world->nr_ready, current);
	if (unlikely(pick >= world->nr_ready))
		return pick_nobody(world, pick, current);
	world->current_pos = pick;
	sim_tape_append(&world->tape, pick_to_choice(pick, pick_default(current)));
	return actor_of(world->ready[pick]);
}

/* Who goes on? @current: position of the running actor, -1 where it cannot. The outside where nobody may. */
static inline struct sim_actor *choose(struct sim_world *world, int current)
{
	if (!world->nr_ready || world->fatal || SIM_THREADS)
		return &world->outside;
	if (world->nr_ready > 1)
		return choose_among(world, current);
	world->current_pos = 0;
	return actor_of(world->ready[0]);
}

/*
 * Fibers and bodies
 */

static void fiber_main(void);

static struct sim_fiber *fiber_get(struct sim_world *world)
{
	struct sim_fiber *fiber = sim_fiber_unchain(&world->spare);

	return fiber ? fiber : sim_cache_fiber_get(world->stack_bytes, fiber_main);
}

static inline void make_current(struct sim_world *world, struct sim_actor *actor)
{
	world->current = actor;
	sim_actor_written(world, actor);
}

/* Makes @next the current one; returns the fiber to switch to. */
static struct sim_fiber *take_over(struct sim_world *world, struct sim_actor *next)
{
	if (!next->fiber) {
		next->fiber = fiber_get(world);
		world->fibers.changed = true;
	}
	make_current(world, next);
	return next->fiber;
}

/* Its last act is the body's call, in place of its own, so that no frame of it lies below. */
static __attribute__((noinline)) void body_run(struct sim_world *world, struct sim_actor *actor)
{
	struct sim_body *body = actor->first;
	void (*run)(void *arg) = body->run;
	void *arg = body->arg;
	const bool by_actor = body->by_actor;

	actor->first = body->next;
	if (!actor->first)
		actor->tail = &actor->first;
	body->next = world->free_bodies;
	world->free_bodies = body;

	sim_trace_add(world, SIM_POINT_START, 0, 0);
	if (unlikely(by_actor))
		sim_touch(&actor->tail, true);
	if (unlikely(world->race))
		sim_race_begin(world);
	sim_registers_clear();
	run(arg);
}

/* What @actor will do once it is picked again. */
static inline void announce(struct sim_actor *actor, enum sim_point kind, unsigned long object, const void *at,
			    long result)
{
	actor->view.next_kind = kind;
	actor->view.next_object = object;
	actor->view.next_at = at;
	actor->view.next_result = result;
}

/* The current body is over, one way or the other; returns who is next. @result: 0, or -1 for an abandoned one. */
static __attribute__((noinline)) struct sim_actor *body_ended(struct sim_world *world, struct sim_actor *actor,
							       long result)
{
	sim_trace_add(world, SIM_POINT_END, 0, result);
	actor->fiber = NULL;
	world->fibers.changed = true;
	actor->nopreempt = 0;
	announce(actor, SIM_POINT_START, 0, NULL, 0);
	if (actor->first)
		return choose(world, world->current_pos);
	actor->state = ACTOR_IDLE;
	ready_remove(world, actor);
	return choose(world, -1);
}

void sim_sched_body(struct sim_actor *actor)
{
	struct sim_world *world = sim_this;

	body_run(world, actor);
	body_ended(world, actor, 0);
}

/* What a fiber does, for one world after the other. */
static void fiber_main(void)
{
	struct sim_fiber *self = sim_this->current->fiber;

	sim_fiber_arrived(self);
	for (;;) {
		struct sim_world *world = sim_this;
		struct sim_actor *actor = world->current, *next;

		sim_registers_clear();
		body_run(world, actor);
		next = body_ended(world, actor, 0);
		if (!next->fiber) {
			next->fiber = self;
			make_current(world, next);
			continue;
		}
		/* On the list while still in use: safe, as nobody takes a fiber before the switch is done. */
		sim_fiber_chain(&world->spare, self);
		sim_fiber_switch(self, take_over(world, next));
	}
}

void sim_sched_init(struct sim_world *world)
{
	world->kept.changed = true;
	world->outside.view.index = OUTSIDE_INDEX;
	world->outside.mixed = sim_trace_mixed(OUTSIDE_INDEX);
	world->outside.rare = &world->rare.outside;
	world->outside.rare->name = "outside";
	world->outside.fiber = sim_fiber_outside();
	world->current = &world->outside;
	if (SIM_THREADS)
		sim_threads_begin(world);
}

void sim_sched_fiber_reset(struct sim_fiber *fiber)
{
	sim_fiber_reset(fiber, fiber_main);
}

/* Spare fibers by address, so that it does not matter who was done first. */
static void sort_spare(struct sim_world *world)
{
	struct sim_fiber *fiber, *sorted = NULL;

	while ((fiber = sim_fiber_unchain(&world->spare)) != NULL) {
		struct sim_fiber **link = &sorted;

		while (*link && *link < fiber)
			link = sim_fiber_next(*link);
		sim_fiber_chain(link, fiber);
	}
	world->spare = sorted;
}

void sim_sched_tidy(struct sim_world *world)
{
	struct sim_fiber *fiber;

	world->fibers.changed = true;
	sort_spare(world);
	/* Nor who begins first. */
	for (unsigned int i = 0; i < world->nr_ready; i++) {
		struct sim_actor *actor = actor_of(world->ready[i]);

		if (actor->fiber)
			continue;
		actor->fiber = fiber_get(world);
		sim_actor_written(world, actor);
	}
	for (fiber = world->spare; fiber; fiber = *sim_fiber_next(fiber))
		sim_fiber_clear_dead(fiber);
	for (unsigned int i = 0; i < world->rare.nr_actors; i++) {
		if (!world->rare.actors[i]->fiber)
			continue;
		*sim_fiber_next(world->rare.actors[i]->fiber) = NULL;
		sim_fiber_clear_dead(world->rare.actors[i]->fiber);
	}
	memset(world->ready + world->nr_ready, 0, (world->rare.room_actors - world->nr_ready) * sizeof(*world->ready));
}

void sim_sched_destroy(struct sim_world *world)
{
	struct sim_fiber *fiber;

	if (SIM_THREADS)
		sim_threads_end(world);
	while ((fiber = sim_fiber_unchain(&world->spare)) != NULL)
		sim_cache_fiber_put(fiber);
	for (unsigned int i = 0; i < world->rare.nr_actors; i++) {
		if (world->rare.actors[i]->fiber)
			sim_fiber_chain(&world->abandoned, world->rare.actors[i]->fiber);
	}
	while ((fiber = sim_fiber_unchain(&world->abandoned)) != NULL) {
		sim_sched_fiber_reset(fiber);
		sim_cache_fiber_put(fiber);
	}
	sim_fiber_outside_free(world->outside.fiber);
}

/*
 * Actors
 */

struct sim_actor *sim_actor_create(const char *name, void *cookie)
{
	struct sim_world *world = sim_this;
	struct sim_rare *rare = sim_rare_write(world);
	struct sim_actor *actor = sim_actor_alloc(world);

	if (rare->nr_actors == rare->room_actors) {
		unsigned int room = rare->room_actors ? rare->room_actors * 2 : 4;

		rare->actors = sim_rare_grow(rare->actors, rare->room_actors * sizeof(*rare->actors),
					     room * sizeof(*rare->actors));
		world->ready = sim_realloc(world->ready, room * sizeof(*world->ready));
		rare->room_actors = room;
	}
	actor->view.index = rare->nr_actors;
	actor->mixed = sim_trace_mixed(actor->view.index);
	actor->bit = rare->nr_actors < SIM_ACTOR_BITS ? 1ull << rare->nr_actors : 0;
	sim_actor_written(world, actor);
	actor->rare = sim_rare_zalloc(sizeof(*actor->rare));
	actor->rare->name = strcpy(sim_rare_grow(NULL, 0, strlen(name) + 1), name);
	actor->self = actor;
	actor->cookie = cookie;
	actor->tail = &actor->first;
	rare->actors[rare->nr_actors++] = actor;
	return actor;
}

void *sim_actor_room(void)
{
	struct sim_actor *actor = (struct sim_actor *)sim_current_front();

	return actor->self ? actor + 1 : NULL;
}

void *sim_outside_room(void)
{
	return sim_this->outside_room;
}

void sim_outside_written(void)
{
	sim_this->kept.changed = true;
}

void sim_stacks_written(void)
{
	sim_this->written = ~0ull;
	sim_outside_written();
}

void sim_stack_written(const struct sim_actor *actor)
{
	sim_actor_written(sim_this, actor);
}

const char *sim_actor_name(const struct sim_actor *actor)
{
	return actor->rare->name;
}

unsigned int sim_actor_index(const struct sim_actor *actor)
{
	return actor ? actor->view.index : OUTSIDE_INDEX;
}

const char *sim_actor_name_at(unsigned int index)
{
	const struct sim_world *world = sim_this;

	if (index == OUTSIDE_INDEX)
		return world->outside.rare->name;
	return index < world->rare.nr_actors ? world->rare.actors[index]->rare->name : NULL;
}

void sim_actor_submit(struct sim_actor *actor, void (*body)(void *arg), void *arg)
{
	struct sim_world *world = sim_this;
	struct sim_body *entry = world->free_bodies;

	if (entry)
		world->free_bodies = entry->next;
	else
		entry = sim_alloc(sizeof(*entry));
	*entry = (struct sim_body){ .run = body, .arg = arg, .by_actor = world->current != &world->outside };
	if (entry->by_actor)
		sim_touch(&actor->tail, true);
	sim_actor_written(world, actor);
	*actor->tail = entry;
	actor->tail = &entry->next;
	if (unlikely(world->race))
		sim_race_submit(world, actor);
	if (actor->state == ACTOR_IDLE) {
		announce(actor, SIM_POINT_START, 0, NULL, 0);
		make_ready(world, actor);
	}
}

bool sim_actor_idle(const struct sim_actor *actor)
{
	return actor->state == ACTOR_IDLE;
}

void sim_call_set(unsigned int step)
{
	sim_self_written(sim_this);
	sim_this->current->call = step;
}

/*
 * Running
 */

void sim_window(bool open)
{
	struct sim_world *world = sim_this;

	if (!world->strategy->window)
		return;
	world->closed = !open;
	world->strategy->window(world->strategy_state, open);
}

enum sim_outcome sim_run(void)
{
	struct sim_world *world = sim_this;
	struct sim_actor *next;
	int current;

	if (world->current != &world->outside)
		sim_die("sim_run() inside an actor");
	if (SIM_THREADS)
		sim_threads_run(world);
	do {
		current = world->paused ? world->paused_pos : -1;
		world->paused = false;
		next = choose(world, current);
		if (next != &world->outside) {
			struct sim_fiber *fiber = take_over(world, next);

			sim_registers_clear();
			sim_fiber_switch(world->outside.fiber, fiber);
		}
		if (world->paused)
			world->strategy->paused(world->strategy_state);
	} while (world->paused);
	if (unlikely(world->race)) {
		sim_race_quiet(world);
		sim_race_report(world);
	}
	sim_reports_resolve(world);
	if (world->fatal)
		return SIM_FATAL;
	return world->nr_blocked ? SIM_STUCK : SIM_QUIET;
}

static void points_spent(struct sim_world *world)
{
	sim_violate(VIOLATION_STEP_BOUND, "%s is still running after %lu scheduling points",
		    world->current->rare->name, world->points_max);
	world->fatal = true;
	sim_actor_abandon();
}

/* The running actor has come to a point, and another may go first. */
static inline void give_way(struct sim_world *world, struct sim_actor *current)
{
	struct sim_actor *next;

	if (unlikely(world->points++ >= world->points_max))
		points_spent(world);
	if (SIM_THREADS) {
		sim_threads_point();
		return;
	}
	if (likely(world->nr_ready == 1) || current->nopreempt)
		return;
	if (unlikely(world->silent >> current->view.next_kind & 1)) {
		sim_tape_append(&world->tape, 0);
		return;
	}
	next = choose(world, world->current_pos);
	if (next != current)
		sim_fiber_switch(current->fiber, take_over(world, next));
}

/* What a point is beyond its record, where somebody watches or another may go first. */
static __attribute__((noinline)) void point_rest(struct sim_world *world, enum sim_point kind, unsigned long object,
						 const void *at, long result, bool ahead)
{
	if (unlikely(world->watched >> kind & 1))
		sim_trace_tell(world, kind, object, at, result, ahead);
	if (world->current == &world->outside)
		world->kept.changed = true;
	else
		give_way(world, world->current);
}

/* At a point nobody is asked, as nobody else can go on or the strategy keeps who runs; and nobody looks on. */
static inline bool is_unasked(const struct sim_world *world)
{
	return likely((world->nr_ready == 1 || (!SIM_THREADS && world->silent == ~0ul)) && world->current->self &&
		      world->points < world->points_unwatched);
}

/* What give_way() does there. */
static inline void keep_way(struct sim_world *world)
{
	world->points++;
	if (world->nr_ready > 1 && !world->current->nopreempt)
		sim_tape_append(&world->tape, 0);
}

/*
 * A point at which nobody is asked, as most are outside of parallel blocks, is a
 * few stores; the rest is elsewhere, so that no register is saved for it here.
 */
static inline void point(enum sim_point kind, unsigned long object, const void *at, long result, bool ahead)
{
	struct sim_world *world = sim_this;
	struct sim_actor *current = world->current;

	sim_trace_mix(world, kind, object, result);
	if (ahead)
		announce(current, kind, object, at, result);
	else
		announce(current, SIM_POINT_NONE, 0, NULL, 0);
	if (is_unasked(world))
		keep_way(world);
	else
		point_rest(world, kind, object, at, result, ahead);
}

void sim_point(enum sim_point kind, unsigned long object, long result)
{
	point(kind, object, NULL, result, true);
}

/* Lockless code comes here and to sim_touch() without being inside: see threads.c. */
SIM_BARE void sim_point_at(enum sim_point kind, const void *at, long result)
{
	if (SIM_THREADS)
		sim_threads_point();
	else
		point(kind, 0, at, result, true);
}

void sim_point_in(enum sim_point kind, unsigned long object, const void *at, long result)
{
	point(kind, object, at, result, true);
}

bool sim_point_both(enum sim_point kind, enum sim_point second, unsigned long object, const void *at)
{
	struct sim_world *world = sim_this;

	if (!is_unasked(world))
		return false;
	sim_trace_mix(world, kind, object, 0);
	/* One behind the other: for both at once registers would have to be saved. */
	__asm__("" : "+r"(object), "+m"(world->hash));
	sim_trace_mix(world, second, object, 0);
	announce(world->current, kind, object, at, 0);
	keep_way(world);
	return true;
}

void sim_done(enum sim_point kind, unsigned long object, long result)
{
	point(kind, object, NULL, result, false);
}

static __attribute__((noinline)) void pause_rest(struct sim_world *world)
{
	if (world->current != &world->outside)
		give_way(world, world->current);
}

void sim_pause_among(enum sim_point kind, unsigned long object)
{
	struct sim_world *world = sim_this;

	announce(world->current, kind, object, NULL, 0);
	if (is_unasked(world))
		keep_way(world);
	else
		pause_rest(world);
}

void sim_record(enum sim_point kind, unsigned long object, long result)
{
	sim_trace_add(sim_this, kind, object, result);
}

void sim_touch_told(enum sim_point kind, const void *at, long result)
{
	struct sim_world *world = sim_this;

	world->strategy->record(world->strategy_state, &(struct sim_access){
		.actor = world->current->view.index,
		.kind = kind,
		.at = at,
		.result = result,
	});
}

void sim_touch_lock_told(unsigned long object, const void *at)
{
	struct sim_world *world = sim_this;

	world->strategy->record(world->strategy_state, &(struct sim_access){
		.actor = world->current->view.index,
		.kind = SIM_POINT_LOCK_READ,
		.object = object,
		.at = at,
		.result = 1,
	});
}

SIM_BARE void sim_record_at(enum sim_point kind, const void *at, long result)
{
	if (SIM_THREADS)
		return;
	sim_trace_add_access(sim_this, kind, 0, at, result, false);
}

void sim_block(unsigned long object, const char *why, struct sim_actor *holder)
{
	struct sim_world *world = sim_this;
	struct sim_actor *current = world->current;

	if (current == &world->outside)
		sim_die("%s: would wait forever, outside any actor", why);
	current->wait_object = object;
	current->wait_why = why;
	current->wait_holder = holder;
	current->state = ACTOR_BLOCKED;
	world->nr_blocked++;
	ready_remove(world, current);
	if (SIM_THREADS)
		sim_threads_sleep(world, current);
	else
		sim_fiber_switch(current->fiber, take_over(world, choose(world, -1)));
}

void sim_wake(struct sim_actor *actor)
{
	struct sim_world *world = sim_this;

	if (actor->state != ACTOR_BLOCKED)
		return;
	world->nr_blocked--;
	sim_actor_written(world, actor);
	if (unlikely(world->race))
		sim_race_wake(world, actor);
	make_ready(world, actor);
}

_Noreturn void sim_actor_abandon(void)
{
	struct sim_world *world = sim_this;
	struct sim_actor *current = world->current, *next;
	struct sim_fiber *fiber = current->fiber;

	if (current == &world->outside)
		sim_die("the simulated kernel stopped outside any actor");
	next = body_ended(world, current, -1);
	if (SIM_THREADS)
		sim_threads_abandon(current);
	sim_fiber_chain(&world->abandoned, fiber);
	sim_fiber_switch(fiber, take_over(world, next));
	sim_die("an abandoned body was resumed");
}

unsigned long sim_draw(unsigned long bound)
{
	struct sim_world *world = sim_this;
	unsigned long value;

	if (bound <= 1)
		return 0;
	value = world->strategy->draw(world->strategy_state, bound);
	if (value >= bound)
		sim_die("strategy %s drew %lu below %lu", world->strategy->name, value, bound);
	sim_tape_append(&world->tape, value);
	return value;
}

void sim_nopreempt_begin(void)
{
	sim_self_written(sim_this);
	sim_this->current->nopreempt++;
}

void sim_nopreempt_end(void)
{
	struct sim_actor *current = sim_this->current;

	if (!current->nopreempt)
		sim_die("%s: sim_nopreempt_end() without a begin", current->rare->name);
	sim_self_written(sim_this);
	current->nopreempt--;
}
