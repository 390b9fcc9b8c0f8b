// SPDX-License-Identifier: GPL-2.0-or-later
/* The registry of invariants: a list in order of registering, since a run has a few dozen. */
#include "core.h"

void sim_invariant_register(const struct sim_invariant *invariant)
{
	struct sim_world *world = sim_this;

	if (world->nr_invariants == world->room_invariants) {
		world->room_invariants = world->room_invariants ? world->room_invariants * 2 : 32;
		world->invariants = sim_realloc(world->invariants,
						world->room_invariants * sizeof(*world->invariants));
	}
	world->invariants[world->nr_invariants++] = invariant;
}

void sim_invariants_check(enum sim_when when)
{
	const struct sim_world *world = sim_this;

	for (size_t i = 0; i < world->nr_invariants; i++) {
		if (world->invariants[i]->when <= when)
			world->invariants[i]->check();
	}
}

size_t sim_invariants(void)
{
	return sim_this->nr_invariants;
}

const struct sim_invariant *sim_invariant(size_t index)
{
	return index < sim_this->nr_invariants ? sim_this->invariants[index] : NULL;
}
