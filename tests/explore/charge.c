// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The charge program, on the kernel API as a scenario's kernel code is. Its state
 * is static: each world sets it up again, as a region of its own.
 */
#include <linux/atomic.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <sim/verdict.h>
#include <sim/snapshot.h>
#include "programs.h"

static struct {
	atomic_long_t charged;
	spinlock_t lock;
	long pinned;
	long limit;
} shared;

static void setup(unsigned int tasks)
{
	memset(&shared, 0, sizeof(shared));
	sim_region_add(&shared, sizeof(shared));
	spin_lock_init(&shared.lock);
	shared.limit = tasks - 1;
}

static bool charge(void)
{
	long old = atomic_long_read(&shared.charged);

	do {
		if (old >= shared.limit)
			return false;
	} while (!atomic_long_try_cmpxchg(&shared.charged, &old, old + 1));
	return true;
}

static void pin_and_unpin(void)
{
	spin_lock(&shared.lock);
	shared.pinned++;
	spin_unlock(&shared.lock);
	spin_lock(&shared.lock);
	shared.pinned--;
	spin_unlock(&shared.lock);
	atomic_long_sub(1, &shared.charged);
}

static void task(void *number)
{
	if (charge())
		pin_and_unpin();
}

/* Check, then add. */
static void broken_task(void *number)
{
	if (atomic_long_read(&shared.charged) >= shared.limit)
		return;
	if (atomic_long_add_return(1, &shared.charged) > shared.limit)
		sim_violate(VIOLATION_OVER_LIMIT, "over %ld", shared.limit);
	pin_and_unpin();
}

const struct program charge_program = { "charge", 3, .setup = setup, .task = task };
const struct program broken_charge_program = { "broken charge", 3, .setup = setup, .task = broken_task };
