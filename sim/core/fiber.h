/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fibers: a stack and the point at which it was left.
 *
 * A fiber runs sim/core's loop over bodies and outlives them: between worlds it
 * waits in the thread's cache, suspended inside that loop. One that was left in
 * the middle of a body can only be used again from the start (fiber_reset()).
 */
#ifndef SIM_FIBER_H
#define SIM_FIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_fiber;

/* A fiber that will enter @entry when first switched to; never returns NULL. @entry must not return. */
struct sim_fiber *sim_fiber_create(size_t stack_bytes, void (*entry)(void));
void sim_fiber_destroy(struct sim_fiber *fiber);
/* Forgets what it was doing. */
void sim_fiber_reset(struct sim_fiber *fiber, void (*entry)(void));
/* Stands for the stack that the OS gave this thread: something to switch back to. */
struct sim_fiber *sim_fiber_outside(void);
void sim_fiber_outside_free(struct sim_fiber *fiber);

/* Leaves @from, which is running, for @to; returns when somebody switches to @from again. */
void sim_fiber_switch(struct sim_fiber *from, struct sim_fiber *to);
/* First thing in an entry function: completes the switch for the sanitizers. */
void sim_fiber_arrived(struct sim_fiber *self);

/* The bytes below the stack that may not be touched. */
#define SIM_GUARD_BYTES 4096

/* Where its stack lies: [*@low, *@high). Not for the outside. */
void sim_fiber_stack(const struct sim_fiber *fiber, uintptr_t *low, uintptr_t *high);
size_t sim_fiber_stack_bytes(const struct sim_fiber *fiber);
/* For lists: whoever holds a fiber that does not run may chain it. */
struct sim_fiber **sim_fiber_next(struct sim_fiber *fiber);
void sim_fiber_chain(struct sim_fiber **list, struct sim_fiber *fiber);
/* The first, taken off the list; NULL where there is none. */
struct sim_fiber *sim_fiber_unchain(struct sim_fiber **list);

/*
 * For snapshots: all that says where a suspended fiber stands, the part of its stack
 * that is in use and its struct. Returns how many bytes lie at *@at.
 */
size_t sim_fiber_image(struct sim_fiber *fiber, unsigned char **at);
/* Not where a tool keeps more of it elsewhere. */
bool sim_fiber_can_be_copied(const struct sim_fiber *fiber);
/* False in every image. */
bool *sim_fiber_held(struct sim_fiber *fiber);

/* cache.c: stacks kept between runs. */
struct sim_fiber *sim_cache_fiber_get(size_t stack_bytes, void (*entry)(void));
/* The fiber waits in its entry's loop, or was reset. */
void sim_cache_fiber_put(struct sim_fiber *fiber);

#endif
