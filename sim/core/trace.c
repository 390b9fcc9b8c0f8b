// SPDX-License-Identifier: GPL-2.0-or-later
/* The trace: its hash (sim_trace_add() in core.h), the sink for reports, and the names that reports use. */
#include "core.h"

#include <string.h>

static const char *const point_names[] = {
	[SIM_POINT_START] = "start",
	[SIM_POINT_END] = "end",
	[SIM_POINT_ATOMIC_READ] = "atomic_read",
	[SIM_POINT_ATOMIC_WRITE] = "atomic_write",
	[SIM_POINT_ATOMIC_RMW] = "atomic_rmw",
	[SIM_POINT_LOCK] = "lock",
	[SIM_POINT_LOCKED] = "locked",
	[SIM_POINT_UNLOCK] = "unlock",
	[SIM_POINT_LOCK_READ] = "lock_read",
	[SIM_POINT_LOCKED_READ] = "locked_read",
	[SIM_POINT_UNLOCK_READ] = "unlock_read",
	[SIM_POINT_DOWNGRADE] = "downgrade",
	[SIM_POINT_WAIT] = "wait",
	[SIM_POINT_WAKE] = "wake",
	[SIM_POINT_RCU_READ_LOCK] = "rcu_read_lock",
	[SIM_POINT_RCU_READ_UNLOCK] = "rcu_read_unlock",
	[SIM_POINT_RCU_SYNC] = "rcu_sync",
	[SIM_POINT_ALLOC] = "alloc",
	[SIM_POINT_FREE] = "free",
	[SIM_POINT_GUP] = "gup",
	[SIM_POINT_UNPIN] = "unpin",
	[SIM_POINT_IOMMU_MAP] = "iommu_map",
	[SIM_POINT_IOMMU_UNMAP] = "iommu_unmap",
	[SIM_POINT_COUNTER] = "counter",
	[SIM_POINT_USER_COPY] = "user_copy",
	[SIM_POINT_FAULT] = "fault",
	[SIM_POINT_YIELD] = "yield",
	[SIM_POINT_PLAIN_READ] = "plain_read",
	[SIM_POINT_PLAIN_WRITE] = "plain_write",
	[SIM_POINT_QUEUE] = "queue",
};

const char *sim_point_name(enum sim_point kind)
{
	const char *name = NULL;

	if (kind < sizeof(point_names) / sizeof(point_names[0]))
		name = point_names[kind];
	return name ? name : "?";
}

/* The state is a running value; a last mix spreads the latest record over all bits. */
unsigned long long sim_trace_hash(void)
{
	uint64_t hash = sim_this->hash;

	hash = (hash ^ hash >> 31) * 0x7fb5d329728ea185ull;
	hash = (hash ^ hash >> 27) * 0x81dadef4bc2dd44dull;
	return hash ^ hash >> 33;
}

unsigned long sim_trace_length(void)
{
	return sim_this->nr_records;
}

void sim_trace_watch(struct sim_world *world)
{
	sim_trace_hear(world, world->strategy->record ? ~0ul : 0);
}

void sim_trace_sink(void (*sink)(void *arg, const struct sim_record *record), void *arg)
{
	sim_rare_write(sim_this);
	sim_this->sink = sink;
	sim_this->sink_arg = arg;
	sim_trace_watch(sim_this);
}

static __attribute__((noinline)) void tell_sink(struct sim_world *world, enum sim_point kind, unsigned long object,
						 long result)
{
	const struct sim_record record = { world->current->view.index, kind, object, result };

	world->sink(world->sink_arg, &record);
}

void sim_trace_tell(struct sim_world *world, enum sim_point kind, unsigned long object, const void *at, long result,
		    bool ahead)
{
	const struct sim_access access = { world->current->view.index, kind, object, at, result, ahead };

	if (unlikely(world->sink))
		tell_sink(world, kind, object, result);
	if (world->heard >> kind & 1)
		world->strategy->record(world->strategy_state, &access);
}

void sim_object_name_kept(unsigned long object, const char *name)
{
	struct sim_world *world = sim_this;
	struct sim_rare *rare;

	if (!object || object > world->last_object)
		sim_die("object %lu has no number from sim_object_id()", object);
	rare = sim_rare_write(world);
	if (object >= rare->room_names) {
		unsigned long room = rare->room_names ? rare->room_names : 8;

		while (room <= object)
			room *= 2;
		rare->names = sim_rare_grow(rare->names, rare->room_names * sizeof(*rare->names),
					    room * sizeof(*rare->names));
		memset(rare->names + rare->room_names, 0, (room - rare->room_names) * sizeof(*rare->names));
		rare->room_names = room;
	}
	rare->names[object] = name;
}

void sim_object_name(unsigned long object, const char *name)
{
	sim_object_name_kept(object, sim_strdup(name));
}

const char *sim_object_name_get(unsigned long object)
{
	const struct sim_world *world = sim_this;

	return object < world->rare.room_names ? world->rare.names[object] : NULL;
}
