/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Barriers order the compiler only: actors are fibers of one thread. */
#ifndef _ASM_BARRIER_H
#define _ASM_BARRIER_H

#include <linux/compiler.h>
#include <sim/race.h>

#define mb() barrier()
#define rmb() barrier()
#define wmb() barrier()
#define smp_mb() barrier()
#define smp_rmb() barrier()
#define smp_wmb() barrier()
#define smp_mb__before_atomic() barrier()
#define smp_mb__after_atomic() barrier()
#define smp_store_mb(var, value) WRITE_ONCE(var, value)
#define smp_load_acquire(p) ({ typeof(*(p)) __la = READ_ONCE(*(p)); sim_race_acquire(p, true); __la; })
#define smp_store_release(p, value) do { sim_race_release(p, false); WRITE_ONCE(*(p), value); } while (0)

#endif
