// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What orders, said to ThreadSanitizer: race.c's part in builds of the threads engine,
 * where the compiler's own library looks for races. Without it nobody asks.
 */
#include "core.h"

#undef sim_race_acquire
#undef sim_race_release
#undef sim_race_saw
#undef sim_race_freed
#undef sim_race_off
#undef sim_race_on

#if SIM_TSAN
void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);
void __tsan_acquire(void *at);
void __tsan_release(void *at);
void __tsan_write_range(const void *at, unsigned long bytes);
#else
#define AnnotateIgnoreReadsBegin(file, line) ((void)0)
#define AnnotateIgnoreReadsEnd(file, line) ((void)0)
#define AnnotateIgnoreWritesBegin(file, line) ((void)0)
#define AnnotateIgnoreWritesEnd(file, line) ((void)0)
#define __tsan_acquire(at) ((void)(at))
#define __tsan_release(at) ((void)(at))
#define __tsan_write_range(at, bytes) ((void)(at))
#endif

/* TSan's clock of a place is one; what readers release lies at the next byte. */
static SIM_BARE void *readers_of(const void *sync)
{
	return (char *)sync + 1;
}

bool sim_races_built(void)
{
	return false;
}

SIM_BARE void sim_race_acquire(const void *sync, bool all)
{
	__tsan_acquire((void *)sync);
	if (all)
		__tsan_acquire(readers_of(sync));
}

SIM_BARE void sim_race_release(const void *sync, bool shared)
{
	__tsan_release(shared ? readers_of(sync) : (void *)sync);
}

/* TSan knows no order of some accesses and not of others. What is freed is read first by the count's own atomic. */
SIM_BARE void sim_race_saw(const void *at)
{
	__tsan_acquire((void *)at);
}

SIM_BARE void sim_race_off(void)
{
	AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
	AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
}

SIM_BARE void sim_race_on(void)
{
	AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
	AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
}

/* Called by sim/kapi, whose own accesses are not looked at: this one is. */
SIM_BARE void sim_race_freed(const void *at, size_t bytes, const void *pc)
{
	if (sim_thread_actor)
		sim_race_on();
	__tsan_write_range(at, bytes);
	if (sim_thread_actor)
		sim_race_off();
}

void sim_race_access(const void *at, size_t bytes, unsigned int flags, const void *pc)
{
}

/* There is no state of a world's own: world->race says only that the scheduler is to tell. */
void sim_race_init(struct sim_world *world)
{
	world->race = (struct sim_race *)world;
}

void sim_race_submit(struct sim_world *world, const struct sim_actor *to)
{
	__tsan_release((void *)to);
}

void sim_race_begin(struct sim_world *world)
{
	__tsan_acquire(world->current);
}

void sim_race_wake(struct sim_world *world, const struct sim_actor *whom)
{
	__tsan_release((void *)whom);
}

void sim_race_quiet(struct sim_world *world)
{
	__tsan_acquire(world);
}

void sim_race_report(struct sim_world *world)
{
}

void sim_race_forget(struct sim_world *world, const void *at, size_t bytes)
{
}
