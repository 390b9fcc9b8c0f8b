// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fault sites. Each actor carries what is armed for it; a delivered fault is
 * recorded and disarmed, so code that is tried again goes well.
 */
#include "core.h"

#include <string.h>

#define NTH_BIT (1u << SIM_FAULT_NR)
#define NTH_CALLS_BIT (NTH_BIT << 1)	/* beside NTH_BIT: sites that count pages are passed over */
#define SWEEP_BIT (NTH_BIT << 2)

static const struct {
	const char *name;
	bool pages;	/* counts pages, not calls */
	bool nth;	/* counted by fail_nth() */
} sites[SIM_FAULT_NR] = {
	[SIM_FAULT_GUP] = { .name = "gup", .pages = true, .nth = true },
	[SIM_FAULT_IOMMU_MAP] = { .name = "iommu_map", .pages = true, .nth = true },
	[SIM_FAULT_ALLOC] = { .name = "alloc", .nth = true },
	[SIM_FAULT_LOCK_KILL] = { .name = "lock_kill" },
};

enum sim_fault_site sim_fault_site_by_name(const char *name)
{
	unsigned int site = 0;

	while (site < SIM_FAULT_NR && strcmp(sites[site].name, name))
		site++;
	return site;
}

const char *sim_fault_site_name(enum sim_fault_site site)
{
	return site < SIM_FAULT_NR ? sites[site].name : "?";
}

/* To be written. */
static struct sim_actor *or_outside(struct sim_actor *actor)
{
	if (!actor) {
		sim_outside_written();
		return &sim_this->outside;
	}
	sim_actor_written(sim_this, actor);
	return actor;
}

/* The counts of what is armed for @actor, to be written. */
static struct sim_actor_rare *counts_write(struct sim_actor *actor)
{
	sim_rare_write(sim_this);
	return actor->rare;
}

void sim_fault_arm(struct sim_actor *actor, enum sim_fault_site site, unsigned long count)
{
	actor = or_outside(actor);
	/* Calls count from 1 and pages from 0; kept is what goes well before the fault. */
	if (!sites[site].pages && !count--) {
		actor->faults &= ~(1u << site);
		return;
	}
	actor->faults |= 1u << site;
	counts_write(actor)->fault_left[site] = count;
}

void sim_fault_arm_nth(struct sim_actor *actor, unsigned long nth)
{
	actor = or_outside(actor);
	actor->faults &= ~(NTH_BIT | NTH_CALLS_BIT);
	if (nth) {
		actor->faults |= NTH_BIT;
		counts_write(actor)->fault_nth = nth - 1;
	}
}

void sim_fault_arm_nth_call(struct sim_actor *actor, unsigned long nth)
{
	sim_fault_arm_nth(actor, nth);
	if (nth)
		or_outside(actor)->faults |= NTH_CALLS_BIT;
}

/* Is there anything to come of it? */
static bool sweeping(const struct fault_sweep *sweep)
{
	return sweep->left || sweep->count || (sweep->delivered && sweep->persistent);
}

bool sim_fault_pending(const struct sim_actor *actor)
{
	unsigned int faults = (actor ? actor : &sim_this->outside)->faults;

	return faults & ~SWEEP_BIT || (faults && sweeping(&sim_this->rare.sweep));
}

static void deliver(struct sim_actor *actor, unsigned int bit, enum sim_fault_site site, unsigned long at)
{
	sim_self_written(sim_this);
	actor->faults &= ~(bit == NTH_BIT ? NTH_BIT | NTH_CALLS_BIT : bit);
	sim_record(SIM_POINT_FAULT, site, at);
}

void sim_fault_sweep(enum sim_fault_site site, unsigned long nth, bool persistent)
{
	sim_rare_write(sim_this)->sweep = (struct fault_sweep){ .site = site, .left = nth, .persistent = persistent };
}

void sim_fault_sweep_end(void)
{
	sim_rare_write(sim_this)->sweep.left = 0;
}

void sim_fault_sweep_count(unsigned long *count)
{
	sim_rare_write(sim_this)->sweep = (struct fault_sweep){ .count = count };
}

void sim_fault_sweep_join(void)
{
	sim_self_written(sim_this);
	sim_this->current->faults |= SWEEP_BIT;
}

unsigned long sim_fault_swept(void)
{
	return sim_this->rare.sweep.delivered;
}

/* Does the sweep's turn come with this call? */
static bool swept(enum sim_fault_site site)
{
	struct fault_sweep *sweep = &sim_rare_write(sim_this)->sweep;

	if (sweep->count)
		sweep->count[site]++;
	if (sweep->count || sweep->site != site || !sweeping(sweep))
		return false;
	if (sweep->left && --sweep->left)
		return false;
	sweep->delivered++;
	sim_record(SIM_POINT_FAULT, site, 0);
	return true;
}

/* One call or batch of @nr units at @site: how many go well. */
static unsigned long units_before_fault(struct sim_actor *actor, enum sim_fault_site site, unsigned long nr)
{
	unsigned int bit = 1u << site;

	if (actor->faults & SWEEP_BIT && swept(site))
		return 0;
	if (sites[site].nth && actor->faults & NTH_BIT && !(sites[site].pages && actor->faults & NTH_CALLS_BIT)) {
		if (!actor->rare->fault_nth) {
			deliver(actor, NTH_BIT, site, 0);
			return 0;
		}
		counts_write(actor)->fault_nth--;
	}
	if (actor->faults & bit) {
		unsigned long left = actor->rare->fault_left[site];

		if (left < nr) {
			deliver(actor, bit, site, left);
			return left;
		}
		counts_write(actor)->fault_left[site] -= nr;
	}
	return nr;
}

bool sim_fault_armed(enum sim_fault_site site)
{
	return units_before_fault(sim_this->current, site, 1) == 0;
}

bool sim_fault_nth(void)
{
	struct sim_actor *current = sim_this->current;

	if (likely(!(current->faults & NTH_BIT)))
		return false;
	if (counts_write(current)->fault_nth--)
		return false;
	deliver(current, NTH_BIT, SIM_FAULT_NR, 0);
	return true;
}

unsigned long sim_fault_nth_left(const struct sim_actor *actor)
{
	if (!actor)
		actor = &sim_this->outside;
	return actor->faults & NTH_BIT ? actor->rare->fault_nth + 1 : 0;
}

unsigned long sim_fault_pages_armed(enum sim_fault_site site, unsigned long nr)
{
	return nr ? units_before_fault(sim_this->current, site, nr) : 0;
}
