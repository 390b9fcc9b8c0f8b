/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel API's state in a world: what no structure of the kernel's own can hold. */
#ifndef SIM_KAPI_INTERNAL_H
#define SIM_KAPI_INTERNAL_H

#include <linux/list.h>
#include <linux/types.h>
#include <sim/sched.h>
#include <sim/verdict.h>
#include <sim/world.h>

struct kapi_held;
struct kapi_class;
struct kapi_object;

/* One for each actor that ever took a lock, and one for code outside actors. */
struct kapi_actor {
	struct kapi_actor *next;
	const struct sim_actor *actor;
	struct kapi_held *held;
	unsigned int atomic;		/* spinlocks held */
};

struct kapi_state {
	struct kapi_actor *actors;
	struct kapi_actor *last_actor;	/* the one asked for last */
	struct kapi_class *classes;
	unsigned long walk;
	struct kapi_object *objects;	/* allocated */
	struct kapi_object *freed_first, **freed_last;	/* quarantine, oldest first */
	unsigned long freed;
	struct list_head work;
	bool work_running;
};

struct kapi_state *kapi_state(void);
struct kapi_actor *kapi_actor(void);

#endif
