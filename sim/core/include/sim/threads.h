/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The threads engine, for stress (the build option PINSIM_ENGINE=threads): each actor is a
 * pthread, and what runs at a time is the operating system's affair.
 *
 * Code is of one of two kinds. The simulated kernel (mm_model, accounting, iopt, subsys)
 * runs in parallel, with the synchronisation that it has by itself: its atomics are the
 * machine's, its read side sections liburcu's, its locks and wait queues monitors. The
 * simulator (sim/core, sim/kapi, the ledger and whatever else looks on, the machine's
 * memory, the scenario's runner) is one at a time, inside one mutex. The compiler has its
 * functions take that on the way in and let go of it on the way out
 * (-finstrument-functions), unless they are inside already.
 *
 * No schedule, token or trace hash comes of such a run, and nothing of it is repeated: it
 * says whether what happened is among what the fibers engine knows to be possible, and
 * gives ThreadSanitizer and helgrind something real to look at.
 */
#ifndef SIM_THREADS_H
#define SIM_THREADS_H

#include <stdbool.h>

#ifndef SIM_THREADS
#define SIM_THREADS 0
#endif

struct sim_actor;

#if SIM_THREADS
/* The calling thread's actor; NULL on the thread that made the world. */
extern __thread struct sim_actor *sim_thread_actor;

/* Into the simulator and out of it (nests); nothing on the thread that made the world. */
void sim_inside_begin(void);
void sim_inside_end(void);
/* The runner, which is inside, calls the simulated kernel; the return value is for sim_outside_end(). */
unsigned int sim_outside_begin(void);
void sim_outside_end(unsigned int depth);
/* A place where others may go first. */
void sim_breathe(void);

/* liburcu's, for sim/kapi/rcu.c. */
void sim_urcu_read_lock(void);
void sim_urcu_read_unlock(void);
void sim_urcu_synchronize(void);
#else
static inline unsigned int sim_outside_begin(void)
{
	return 0;
}

static inline void sim_outside_end(unsigned int depth)
{
}
#endif

#endif
