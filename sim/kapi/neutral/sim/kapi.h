/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the host side asks of the kernel API: running the machine with its clock,
 * deferred work, and the checks at the end. Neutral header.
 */
#ifndef SIM_KAPI_H
#define SIM_KAPI_H

#include <stdbool.h>
#include <stddef.h>
#include <sim/sched.h>

/*
 * sim_run(), with the machine's time: where nobody can go on, the earliest timeout
 * expires and the run goes on. Where nobody waits for time either, every sleeper
 * looks at its condition once more; one that finds it true missed its wake-up
 * (VIOLATION_LOST_WAKEUP) and goes on too. SIM_STUCK only when nothing helps.
 */
enum sim_outcome kapi_run(void);

/* Hands the deferred work to the actor of the kernel thread "kworker". False where there is none. To be run. */
bool kapi_settle(void);

/*
 * For the running actor, when a system call returns: VIOLATION_LOCK_HELD for each
 * lock that it still holds, an open RCU section or preemption left off.
 */
void kapi_locks_held_check(void);

/* At the end of a run: VIOLATION_LEAK and the quarantine (linux/slab.h). */
void kapi_leak_check(void);
/* Objects and bytes allocated now. */
size_t kapi_allocated_objects(void);
size_t kapi_allocated_bytes(void);

/* The last messages of printk() as one text, oldest first; "" where there are none. Valid until the next message. */
const char *kapi_log(void);

#endif
