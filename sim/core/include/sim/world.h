/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct sim_world: one simulated machine and everything that belongs to a run.
 *
 * A run is a pure function of (scenario, kernel, seed or schedule). All mutable
 * state hangs off one world; the only mutable object with static storage is the
 * pointer sim_this, which says which world this OS thread is running. Worlds
 * never touch each other and are freed en bloc.
 *
 * The headers <sim/...> are neutral: host files and kernel files (those that see
 * only sim/kapi/include) may both include them, so they use compiler types only.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <sim/threads.h>

struct sim_world;
struct sim_strategy;

/* The state of each layer; a layer sets its slot once, when the world is built. */
enum sim_slot {
	SIM_SLOT_KAPI,
	SIM_SLOT_IOMMU,
	SIM_SLOT_MM,
	SIM_SLOT_ACCOUNTING,
	SIM_SLOT_IOPT,
	SIM_SLOT_UPSTREAM,
	SIM_SLOT_SUBSYS,
	SIM_SLOT_PINNERS,
	SIM_SLOT_SCENARIO,
	SIM_SLOT_NR,
};

struct sim_config {
	/* decides who runs at each scheduling point; NULL: sim_strategy_replay with a tape, else sim_strategy_random */
	const struct sim_strategy *strategy;
	unsigned long seed;
	/* handed to the strategy's begin(); a search keeps there what it knows from the schedules before */
	void *context;
	/* a replay's choices, as sim_tape_decode() gave them, to be kept until destroy; NULL otherwise */
	const struct sim_tape *tape;
	/* scheduling points one run may take before `step_bound` is violated; 0: 50 million */
	unsigned long points_max;
	/* look for data races (sim/race.h); for more than the stated ones the build has to be made for it */
	bool races;
	/* with races: plain accesses of kernel files are scheduling points too */
	bool preempt_access;
	/* stack of one fiber; 0: 64 KiB, more under Valgrind and the sanitizers */
	size_t stack_bytes;
};

/*
 * The start of every world and of every actor: what code reads at each step, and in
 * line. Written by sim/core alone, but for kapi, which is sim/kapi's own.
 */
#define SIM_WORLD_FRONT                                                                                               \
	struct sim_actor *current;	/* never NULL: outside of any actor a stand-in */                             \
	unsigned long heard;		/* bit KIND: the strategy's record() wants to know */                         \
	/* written once: see struct sim_rare */                                                                       \
	unsigned int *holds;		/* by number of a lock: sim_lock_holds(); NULL: no search asks */             \
	unsigned long room_holds;                                                                                     \
	void *slots[SIM_SLOT_NR];                                                                                     \
	/* written at each step, as what follows */                                                                   \
	_Alignas(16) unsigned int nr_ready;	/* actors that can go on, the running one among them */               \
	bool checked_in_full		/* <sim/invariant.h> */
#define SIM_ACTOR_FRONT                                                                                               \
	struct sim_actor *self;		/* NULL: the stand-in for outside */                                          \
	void *cookie;                                                                                                 \
	void *kapi;                                                                                                   \
	unsigned int nopreempt;                                                                                       \
	unsigned int faults		/* armed ones: see sim/fault.h */
struct sim_world_front {
	SIM_WORLD_FRONT;
} __attribute__((may_alias));
struct sim_actor_front {
	SIM_ACTOR_FRONT;
} __attribute__((may_alias));

/* The world that this OS thread runs; set by sim_world_create(), cleared by destroy. A world stays on its thread. */
extern __thread struct sim_world *sim_this;

/* @config: NULL for all defaults. Returns the new world, now also sim_this; NULL when the host is out of memory. */
struct sim_world *sim_world_create(const struct sim_config *config);
/* Frees every actor, stack and byte of the world, whatever state it is in. */
void sim_world_destroy(struct sim_world *world);

static inline struct sim_actor_front *sim_current_front(void)
{
#if SIM_THREADS
	if (sim_thread_actor)
		return (struct sim_actor_front *)sim_thread_actor;
#endif
	return (struct sim_actor_front *)((struct sim_world_front *)sim_this)->current;
}

/* The layer's state, or NULL while it is not set. Cheap: an array access. */
static inline void *sim_slot(enum sim_slot slot)
{
	return ((struct sim_world_front *)sim_this)->slots[slot];
}
/* @state: taken as is. @fini: called with it at destroy, in reverse order of setting; may be NULL. */
void sim_slot_set(enum sim_slot slot, void *state, void (*fini)(void *state));

/*
 * World memory: freed with the world at the latest, so run state needs no
 * teardown of its own. Not for what the simulated kernel allocates: that is
 * kmalloc's (sim/kapi), which counts leaks. sim_alloc() does not return when the
 * host is out of memory (the run ends with a message and exit status 3).
 */
void *sim_alloc(size_t bytes);
void *sim_zalloc(size_t bytes);
void *sim_realloc(void *ptr, size_t bytes);
void sim_free(void *ptr);
char *sim_strdup(const char *text);

/*
 * World memory that a run hardly ever writes: snapshots copy it where it was written since. Zeroed, and never freed.
 * Whoever writes to it later says so before.
 */
void *sim_rare_zalloc(size_t bytes);
void sim_rare_written(void);

/* A fresh small number, from 1, for naming an object in traces: never an address. */
unsigned long sim_object_id(void);

#endif
