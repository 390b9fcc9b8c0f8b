// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The world's life: created empty, filled by the layers through their slots,
 * destroyed en bloc. Destroy works from any state: the slots' fini functions run
 * last set first, then stacks and memory go without asking what they held.
 */
#include "core.h"
#include <sim/snapshot.h>

#include <stdlib.h>
#include <string.h>

#define POINTS_MAX_DEFAULT 50000000ul
#define STACK_BYTES_DEFAULT ((size_t)64 << 10)
#define STACK_BYTES_TOOLS ((size_t)256 << 10)	/* Valgrind, and the sanitizers' larger frames */
#define STACK_BYTES_MIN ((size_t)16 << 10)

__thread struct sim_world *sim_this;

static size_t stack_bytes(const struct sim_config *config)
{
	size_t bytes = config->stack_bytes;

	if (!bytes)
		bytes = SIM_ASAN || SIM_TSAN || sim_on_valgrind() ? STACK_BYTES_TOOLS : STACK_BYTES_DEFAULT;
	return bytes < STACK_BYTES_MIN ? STACK_BYTES_MIN : bytes;
}

static void strategy_begin(struct sim_world *world, const struct sim_strategy *strategy, unsigned long seed,
			   const struct sim_tape *tape, void *context)
{
	world->strategy = strategy;
	sim_trace_watch(world);
	world->closed = strategy->window != NULL;
	world->silent = strategy->keeps ? ~0ul : 0;
	world->strategy_state = strategy->begin(seed, tape, context);
}

struct sim_world *sim_world_create(const struct sim_config *config)
{
	static const struct sim_config defaults;
	struct sim_world *world = calloc(1, sizeof(*world));
	const struct sim_strategy *strategy;

	if (!world)
		return NULL;
	if (!config)
		config = &defaults;
	sim_rare_write(world);
	world->points_max = config->points_max ? config->points_max : POINTS_MAX_DEFAULT;
	world->stack_bytes = stack_bytes(config);
	strategy = config->strategy;
	if (!strategy)
		strategy = config->tape ? &sim_strategy_replay : &sim_strategy_random;
	sim_arena_init(&world->arena);
	sim_sched_init(world);
	if (!world->outside.fiber) {
		free(world);
		return NULL;
	}
	sim_this = world;
	if (config->races)
		sim_race_init(world);
	world->preempt_access = config->races && config->preempt_access;
	strategy_begin(world, strategy, config->seed, config->tape, config->context);
	return world;
}

void sim_world_destroy(struct sim_world *world)
{
	struct sim_world *before = sim_this;
	struct sim_rare *rare;

	if (!world)
		return;
	sim_this = world;
	rare = sim_rare_write(world);
	while (rare->nr_slots) {
		enum sim_slot slot = rare->slot_order[--rare->nr_slots];

		if (rare->slot_fini[slot])
			rare->slot_fini[slot](world->slots[slot]);
		world->slots[slot] = NULL;
	}
	sim_snapshots_destroy(world);
	if (world->strategy->end)
		world->strategy->end(world->strategy_state);
	sim_sched_destroy(world);
	free(world->tape.words);
	sim_arena_destroy(&world->arena);
	sim_chunks_put(world->rare_chunks);
	sim_chunks_put(world->actor_chunks);
	free(world);
	sim_this = before == world ? NULL : before;
}

void sim_strategy_set(const struct sim_strategy *strategy, unsigned long seed, const struct sim_tape *tape,
		      void *context)
{
	struct sim_world *world = sim_this;

	if (world->strategy->end)
		world->strategy->end(world->strategy_state);
	strategy_begin(world, strategy, seed, tape, context);
}

void sim_strategy_put(const struct sim_strategy *strategy, void *state)
{
	struct sim_world *world = sim_this;

	if (world->strategy->end)
		world->strategy->end(world->strategy_state);
	world->strategy = strategy;
	world->strategy_state = state;
	sim_trace_watch(world);
}

void sim_slot_set(enum sim_slot slot, void *state, void (*fini)(void *state))
{
	struct sim_world *world = sim_this;
	struct sim_rare *rare;

	if (world->slots[slot])
		sim_die("slot %d is set twice", slot);
	if (!state)
		sim_die("slot %d is set to nothing", slot);
	rare = sim_rare_write(world);
	world->slots[slot] = state;
	rare->slot_fini[slot] = fini;
	rare->slot_order[rare->nr_slots++] = slot;
}

void sim_holds_keep(struct sim_world *world)
{
	unsigned long room = world->room_holds ? world->room_holds : 8;

	while (room <= world->last_object)
		room *= 2;
	if (room == world->room_holds)
		return;
	sim_rare_write(world);
	world->holds = sim_realloc(world->holds, room * sizeof(*world->holds));
	memset(world->holds + world->room_holds, 0, (room - world->room_holds) * sizeof(*world->holds));
	world->room_holds = room;
}

unsigned long sim_object_id(void)
{
	struct sim_world *world = sim_this;

	world->last_object++;
	if (unlikely(world->holds))
		sim_holds_keep(world);
	return world->last_object;
}
