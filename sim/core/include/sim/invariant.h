/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registry of invariants: each room brings those of its own state, and
 * whoever sees the whole run (scenario/) has them checked.
 */
#ifndef SIM_INVARIANT_H
#define SIM_INVARIANT_H

#include <stdbool.h>
#include <stddef.h>
#include <sim/verdict.h>
#include <sim/world.h>

enum sim_when {
	SIM_STEP,	/* after every step, also inside a parallel block */
	SIM_QUIESCENT,	/* when no call is under way */
	SIM_END,	/* after teardown */
};

struct sim_invariant {
	enum sim_violation violation;	/* its name is the invariant's name */
	const char *sentence;		/* one sentence, for `pinsim list invariants` */
	const char *source;		/* facts' number, file:function, commit or mail */
	enum sim_when when;
	/* Calls sim_violate() for each break it finds. NULL: breaks are reported where they happen, at the event. */
	void (*check)(void);
};

/*
 * As sim_invariant_register(), for a check that has nothing to look at while *@changed is zero: it is not called
 * then. @changed lies in world memory and is the room's own, to be set and cleared.
 */
void sim_invariant_register_if(const struct sim_invariant *invariant, const unsigned long *changed);

/* @invariant: static. Registered for this world. */
void sim_invariant_register(const struct sim_invariant *invariant);
/*
 * In this world nothing is taken for unchanged: every check is called, and looks at all there is. For tests, to which
 * both ways must come to the same.
 */
void sim_invariants_in_full(void);
static inline bool sim_invariants_are_full(void)
{
	return ((struct sim_world_front *)sim_this)->checked_in_full;
}
/* STEP checks the STEP ones, QUIESCENT those and its own, END all. */
void sim_invariants_check(enum sim_when when);
size_t sim_invariants(void);
const struct sim_invariant *sim_invariant(size_t index);

#endif
