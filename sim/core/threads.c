// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Actors as pthreads: see <sim/threads.h>. sched.c keeps the actors, their bodies and
 * who is ready or blocked; here is what takes the place of switching.
 *
 * The mutex is `inside`. Whoever holds it is world->current, so that the simulator's
 * code finds its own actor there as it does with fibers. The thread that made the world
 * holds it all the time but in sim_run(), where it waits until nobody can go on. A
 * thread lives from the first body that its actor is given until it has no more.
 *
 * ThreadSanitizer is not told of `inside`, which would order all that runs: what orders
 * is what the kernel's own means do, and that sim/kapi says (sim_race_acquire() and its
 * kin). Helgrind and drd are not told of that, and see the mutex.
 */
#include "core.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <urcu/urcu-bp.h>

#define BARE SIM_BARE

#if SIM_TSAN
void AnnotateIgnoreSyncBegin(const char *file, int line);
void AnnotateIgnoreSyncEnd(const char *file, int line);
#define UNSEEN(call) (AnnotateIgnoreSyncBegin(__FILE__, __LINE__), (call), AnnotateIgnoreSyncEnd(__FILE__, __LINE__))
#else
#define UNSEEN(call) (call)
#endif

/* One world at a time runs threads: they are the process's. */
static struct {
	pthread_mutex_t inside;
	pthread_cond_t quiet;		/* nobody can go on */
	struct sim_world *world;
	unsigned int alive;		/* threads */
} engine = { .inside = PTHREAD_MUTEX_INITIALIZER, .quiet = PTHREAD_COND_INITIALIZER };

struct sim_thread {
	pthread_cond_t wake;
	bool alive;
};

__thread struct sim_actor *sim_thread_actor;
static __thread unsigned int depth;
static __thread uint64_t chance;

/* What uninstrumented code does by memcpy() and the like is the simulator's business. */
static BARE void simulator_begins(void)
{
	sim_race_off();
}

static BARE void simulator_ends(void)
{
	sim_race_on();
}

static BARE void enter(void)
{
	UNSEEN(pthread_mutex_lock(&engine.inside));
	simulator_begins();
	engine.world->current = sim_thread_actor;
}

static BARE void leave(void)
{
	simulator_ends();
	UNSEEN(pthread_mutex_unlock(&engine.inside));
}

BARE void sim_inside_begin(void)
{
	if (sim_thread_actor && !depth++)
		enter();
}

BARE void sim_inside_end(void)
{
	if (sim_thread_actor && !--depth)
		leave();
}

BARE unsigned int sim_outside_begin(void)
{
	unsigned int before = depth;

	if (sim_thread_actor) {
		depth = 0;
		leave();
	}
	return before;
}

BARE void sim_outside_end(unsigned int before)
{
	if (sim_thread_actor) {
		enter();
		depth = before;
	}
}

/* The compiler's. */
BARE void __cyg_profile_func_enter(void *function, void *from);
BARE void __cyg_profile_func_enter(void *function, void *from)
{
	sim_inside_begin();
}

BARE void __cyg_profile_func_exit(void *function, void *from);
BARE void __cyg_profile_func_exit(void *function, void *from)
{
	sim_inside_end();
}

BARE void sim_breathe(void)
{
	static const struct timespec moment = { .tv_nsec = 1000 };

	chance = chance * 6364136223846793005ull + 1442695040888963407ull;
	if (chance >> 59 == 0)
		nanosleep(&moment, NULL);
	else if (chance >> 62 == 0)
		sched_yield();
}

BARE void sim_threads_point(void)
{
	unsigned int before;

	if (!sim_thread_actor)
		return;
	if (!depth) {
		sim_breathe();
		return;
	}
	before = sim_outside_begin();
	sim_breathe();
	sim_outside_end(before);
}

/* Of the actors that are neither idle nor blocked. */
static BARE void one_less(struct sim_world *world)
{
	if (!world->nr_ready)
		UNSEEN(pthread_cond_signal(&engine.quiet));
}

/* Ends the thread, which is inside. */
static BARE _Noreturn void thread_end(struct sim_actor *actor)
{
	struct sim_world *world = engine.world;

	sim_race_release(world, false);
	actor->rare->thread->alive = false;
	engine.alive--;
	one_less(world);
	if (!engine.alive)
		UNSEEN(pthread_cond_signal(&engine.quiet));
	depth = 0;
	leave();
	sim_thread_actor = NULL;
	pthread_exit(NULL);
}

static BARE void *thread_main(void *arg)
{
	struct sim_actor *actor = arg;

	sim_this = engine.world;
	sim_thread_actor = actor;
	depth = 1;
	enter();
	chance = (uint64_t)clock() ^ (uintptr_t)&arg ^ (uint64_t)actor->view.index << 40;
	while (actor->first && !engine.world->fatal)
		sim_sched_body(actor);
	thread_end(actor);
}

BARE void sim_threads_ready(struct sim_actor *actor)
{
	struct sim_thread *self = actor->rare->thread;
	pthread_attr_t attr;
	pthread_t thread;

	if (!self) {
		self = sim_zalloc(sizeof(*self));
		pthread_cond_init(&self->wake, NULL);
		sim_rare_write(engine.world);
		actor->rare->thread = self;
	}
	if (self->alive) {
		UNSEEN(pthread_cond_signal(&self->wake));
		return;
	}
	self->alive = true;
	engine.alive++;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attr, thread_main, actor))
		sim_die("no thread for %s", actor->rare->name);
	pthread_attr_destroy(&attr);
}

BARE void sim_threads_sleep(struct sim_world *world, struct sim_actor *actor)
{
	sim_race_release(world, false);
	one_less(world);
	simulator_ends();
	while (actor->state == ACTOR_BLOCKED && !world->fatal)
		UNSEEN(pthread_cond_wait(&actor->rare->thread->wake, &engine.inside));
	simulator_begins();
	world->current = actor;
	if (world->fatal)
		thread_end(actor);
	sim_race_acquire(actor, false);
}

BARE void sim_threads_abandon(struct sim_actor *actor)
{
	thread_end(actor);
}

static BARE void wait_quiet(struct sim_world *world, bool gone)
{
	while (gone ? engine.alive : world->nr_ready)
		UNSEEN(pthread_cond_wait(&engine.quiet, &engine.inside));
	world->current = &world->outside;
	sim_race_acquire(world, false);
}

BARE void sim_threads_run(struct sim_world *world)
{
	wait_quiet(world, false);
}

BARE void sim_threads_begin(struct sim_world *world)
{
	if (engine.world)
		sim_die("the threads engine runs one world at a time");
	UNSEEN(pthread_mutex_lock(&engine.inside));
	engine.world = world;
	sim_race_init(world);
}

BARE void sim_threads_end(struct sim_world *world)
{
	world->fatal = true;
	for (unsigned int i = 0; i < world->rare.nr_actors; i++)
		if (world->rare.actors[i]->rare->thread)
			UNSEEN(pthread_cond_broadcast(&world->rare.actors[i]->rare->thread->wake));
	wait_quiet(world, true);
	engine.world = NULL;
	UNSEEN(pthread_mutex_unlock(&engine.inside));
}

/* Uninstrumented, and fenced in ways that no tool sees: what it orders is said by sim/kapi/rcu.c. */

BARE void sim_urcu_read_lock(void)
{
	UNSEEN(urcu_bp_read_lock());
}

BARE void sim_urcu_read_unlock(void)
{
	UNSEEN(urcu_bp_read_unlock());
}

BARE void sim_urcu_synchronize(void)
{
	unsigned int before = sim_outside_begin();

	UNSEEN(urcu_bp_synchronize_rcu());
	sim_outside_end(before);
}
