/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data races: accesses to one place by two actors, at least one of them a write and
 * at least one of them plain, that no synchronisation orders.
 *
 * The compiler tells of each access of kernel files (-fsanitize=thread calls
 * __tsan_read8() and its kin: race_entry.c has them, in place of the compiler's
 * library), and sim/kapi of what orders accesses: locks, atomics that are no
 * relaxed ones, RCU, wake-ups, queued work. What is found does not depend on which
 * of the two came first: as long as both happen in a run, and nothing orders them.
 *
 * A marked access (READ_ONCE(), WRITE_ONCE(), atomics) races with a plain one only,
 * as for the kernel's KCSAN. Marked accesses order nothing by themselves.
 *
 * Kernel files call these under SIM_RACES only, the build option PINSIM_RACES.
 */
#ifndef SIM_RACE_H
#define SIM_RACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sim/threads.h>

#ifndef SIM_RACES
#define SIM_RACES 0
#endif

/* Has this build instrumented kernel files? Without, the world's `races` finds nothing by itself. */
bool sim_races_built(void);

enum sim_race_flags {
	SIM_RACE_WRITE = 1,
	SIM_RACE_MARKED = 2,
};
/* The running actor accesses [@at, @at + @bytes); @pc: where in the program, for the report. */
void sim_race_access(const void *at, size_t bytes, unsigned int flags, const void *pc);

/* What the running actor does from now on comes behind all that was released at @sync; by readers only where @all. */
void sim_race_acquire(const void *sync, bool all);
/* What it did so far comes before whatever acquires @sync; as a reader (@shared) only before those that acquire all. */
void sim_race_release(const void *sync, bool shared);
/* It read @sync and acquired nothing: what was released there comes only before what it will free. */
void sim_race_saw(const void *sync);
/* [@at, @at + @bytes) is freed: from now on every access is a use after free. */
void sim_race_freed(const void *at, size_t bytes, const void *pc);
/* Between these (nests) the running actor's accesses are nobody's business: data_race(), the model's own checks. */
void sim_race_off(void);
void sim_race_on(void);

#if SIM_RACES
/* A full barrier on @sync: a read-modify-write that returns a value. */
#define sim_race_order(sync) do { sim_race_acquire(sync, true); sim_race_release(sync, false); } while (0)
#else
/* The order that the compiler's calls are compared with; nothing in builds that have none. */
#define sim_race_acquire(sync, all) ((void)0)
#define sim_race_release(sync, shared) ((void)0)
#define sim_race_saw(sync) ((void)0)
#define sim_race_order(sync) ((void)0)
#define sim_race_freed(at, bytes, pc) ((void)0)
#define sim_race_off() ((void)0)
#define sim_race_on() ((void)0)
#endif
/* A statement of the simulator's own bookkeeping inside kernel code: lists of what there is, for invariants. */
#if SIM_THREADS
#define sim_race_unseen(statement) do { sim_inside_begin(); statement; sim_inside_end(); } while (0)
#else
#define sim_race_unseen(statement) do { sim_race_off(); statement; sim_race_on(); } while (0)
#endif

#endif
