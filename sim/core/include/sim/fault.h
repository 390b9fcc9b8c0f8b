/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fault sites: where the simulated kernel asks whether this time it fails.
 *
 * Two ways to arm: fail(SITE, K) at one named site, fail_nth(N) over all sites
 * that count (allocation, pin, IOMMU map), both by actor, both once.
 */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include <stdbool.h>
#include <sim/world.h>

enum sim_fault_site {
	SIM_FAULT_GUP,		/* counts in pages: fails at page K of the next pin */
	SIM_FAULT_IOMMU_MAP,	/* counts in pages */
	SIM_FAULT_ALLOC,	/* counts in calls */
	SIM_FAULT_LOCK_KILL,	/* counts in killable locks; not counted by fail_nth() */
	SIM_FAULT_NR,
};

/* Where an actor is named below, NULL is what runs outside any actor. */
struct sim_actor;

/* "gup", "iommu_map", "alloc", "lock_kill"; SIM_FAULT_NR where there is none. */
enum sim_fault_site sim_fault_site_by_name(const char *name);
const char *sim_fault_site_name(enum sim_fault_site site);

/* @count: from 1 for calls; for sites that count pages the index, from 0, of the page that fails. */
void sim_fault_arm(struct sim_actor *actor, enum sim_fault_site site, unsigned long count);
void sim_fault_arm_nth(struct sim_actor *actor, unsigned long nth);
/*
 * The same, counting what the kernel's own fail-nth counts: calls alone. Pins and
 * maps do not ask there; iommufd's test attribute does so for them (sim_fault_nth()).
 */
void sim_fault_arm_nth_call(struct sim_actor *actor, unsigned long nth);
/* Is anything armed and not yet delivered for this actor? */
bool sim_fault_pending(const struct sim_actor *actor);

/*
 * A sweep: the @nth call at @site (from 1; a batch of pages is one call) from now on, of
 * all actors that take part, fails, and with @persistent all behind it.
 */
void sim_fault_sweep(enum sim_fault_site site, unsigned long nth, bool persistent);
/* None fails any more that has not been reached; those behind one that has, if that was persistent, do. */
void sim_fault_sweep_end(void);
/* From now on calls are counted, in @count by site, as they would be if one were to fail. NULL: no more. */
void sim_fault_sweep_count(unsigned long *count);
/* The running actor takes part from now on. */
void sim_fault_sweep_join(void);
/* How many calls the sweep has failed. */
unsigned long sim_fault_swept(void);

/* Where something is armed for the running actor. */
bool sim_fault_armed(enum sim_fault_site site);
unsigned long sim_fault_pages_armed(enum sim_fault_site site, unsigned long nr);

/* Does this call fail? For sites that count calls. */
static inline bool sim_fault(enum sim_fault_site site)
{
	return __builtin_expect(sim_current_front()->faults, 0) && sim_fault_armed(site);
}
/* Does it, where only fail_nth() may ask for it? For what has no site of its own. */
bool sim_fault_nth(void);
/* How many calls from now fail_nth()'s comes; 0: none is armed, or it was delivered. */
unsigned long sim_fault_nth_left(const struct sim_actor *actor);

/*
 * How many of the next @nr pages may go well before the fault; @nr where none
 * hits. A return below @nr delivers the fault (it will not come again).
 * fail_nth() counts one batch as one.
 */
static inline unsigned long sim_fault_pages(enum sim_fault_site site, unsigned long nr)
{
	return __builtin_expect(sim_current_front()->faults, 0) ? sim_fault_pages_armed(site, nr) : nr;
}

#endif
