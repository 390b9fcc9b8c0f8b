// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Partial-order reduction for the searches that know states: at some nodes one step
 * is all that has to be tried, as whatever the others do first leads to the same
 * behind it. (Such a set of steps is called persistent, or ample.)
 *
 * Which steps. Two steps depend on each other as steps.c has it. An actor that is
 * about to let go of a lock it holds touches that lock and nothing else; who else
 * would take the lock waits and is not picked, and readers do not depend on a reader
 * that leaves. So no step that others can do before it depends on it, with two
 * exceptions: a lock that is only tried (or looked at), which may fail before and not
 * behind, and memory that is freed with the lock in it. No step can depend on one
 * that touches nothing: a body's beginning, what follows something that is done.
 *
 * That is said of the step as it is, not as it looks: what it touches is heard while
 * it runs. Where it touches more, or draws, or waits, the run ends, the node is made
 * once more as one where everybody is tried, and such a step of that actor, at that
 * place in its sequence of steps, is not relied on again (broad[]: it may say so of
 * others too, which costs no more than their reduction).
 *
 * Exceptions are found as they happen. Locks have numbers, which no step changes.
 * When a lock is seen tried or freed in any run, it is open from then on, and if some
 * node relied on it the search forgets its states and begins again. So in the search
 * that comes to an end no lock that it relied on was tried or freed anywhere. That is
 * enough: were there a node where the one step, t, is not, then others could come
 * from there by a shortest sequence w to a step u that depends on t, a try or a free,
 * for nothing else can. None of w depends on t, so w and then u can follow t; behind
 * t the search goes along w, or along an order of it that cannot be told from it, or
 * there is a node below with a shorter such sequence; and at its end it sees u.
 *
 * Nobody is put off for ever: behind CHAIN_MAX such nodes comes one where everybody
 * is tried, so that there is one on every cycle of states. Only those are kept: a
 * node with one step leads to one state, which is as good as it. What the search
 * comes to is the same as without: each deadlock, each state in which all are done,
 * each violation that a step finds in what it touches. What looks at everything, as
 * invariants do behind each call, sees the middle of others' calls in fewer of their
 * states. Plain memory counts as it does for dpor: what one task reads of an object
 * while another frees it is ordered by nothing that is seen, so where nodes had one
 * step and something was freed, frees_open is set; and of what else decides the model
 * has to tell (sim_touch()), or a step that reads it passes for one that touches nothing.
 */
#include "explore.h"

#include <stdlib.h>
#include <string.h>

#define CHAIN_MAX 1000
#define BROAD_BITS (1u << 15)

/* What is known of the lock with a number. */
struct lock_known {
	uint64_t place;		/* the latest: where it lies */
	bool open;		/* somebody tries it, or it is freed */
	bool relied;		/* some node has one step as it is not */
};

/* Of a number all places: in another run it may be another lock's. */
struct lock_place {
	uint64_t place;
	unsigned long object;
};

struct ample {
	struct lock_known *locks;	/* by number */
	uint32_t room_locks;
	struct lock_place *places;
	uint32_t nr_places, room_places;
	bool reduced, freed;		/* some node was; something was */

	bool hearing;			/* everything: a node's only step is under way */
	bool stepping;			/* for the first time: */
	bool ahead;			/* it has said what its actor will touch next */
	bool unlocked;			/* it has done what it was known to do */
	unsigned int actor;
	enum sim_point kind;
	unsigned long object;
	uint32_t node;

	bool some_broad;
	unsigned char broad[BROAD_BITS / 8];
};

#define ALWAYS_HEARD (1ul << SIM_POINT_LOCK | 1ul << SIM_POINT_LOCK_READ | 1ul << SIM_POINT_FREE)

struct ample *ample_new(void)
{
	struct ample *ample = calloc(1, sizeof(*ample));

	if (!ample)
		sim_die("the host is out of memory (a search)");
	return ample;
}

void ample_free(struct ample *ample)
{
	if (!ample)
		return;
	free(ample->locks);
	free(ample->places);
	free(ample);
}

void ample_listen(struct tree *tree)
{
	tree->ample->hearing = tree->ample->stepping = false;
	sim_trace_hear(sim_this, ALWAYS_HEARD);
}

void ample_hear_step(struct tree *tree)
{
	tree->ample->hearing = true;
	sim_trace_hear(sim_this, ~0ul);
}

/* The run says nothing: it ends, and the search goes on at nodes[@node], which will be a new one. */
static void again_from(struct tree *tree, uint32_t node)
{
	tree->cut = true;
	if (!tree->anew || tree->anew > 1 + node)
		tree->anew = 1 + node;
	ample_listen(tree);
}

/* In broad[]: the step of @actor at nodes[@node], by which runs that come to the same place in its steps know it. */
static uint32_t bit_of(const struct tree *tree, uint32_t node, unsigned int actor, enum sim_point kind)
{
	uint64_t step = 0;

	for (uint32_t i = tree->window; i < node; i++)
		step += tree->nodes[i].actor == actor;
	step = step << 16 | actor << 8 | kind;
	return (step * 0x9e3779b97f4a7c15ull >> 32) % BROAD_BITS;
}

/* The node's step is not what it was taken for. */
static void is_broad(struct tree *tree)
{
	struct ample *ample = tree->ample;
	uint32_t bit = bit_of(tree, ample->node, ample->actor, ample->kind);

	ample->some_broad = true;
	ample->broad[bit / 8] |= 1 << bit % 8;
	again_from(tree, ample->node);
}

/*
 * Locks
 */

static struct lock_known *lock_of(struct ample *ample, unsigned long object)
{
	uint32_t room = ample->room_locks;

	if (unlikely(object >= room)) {
		ample->locks = tree_grown(ample->locks, &ample->room_locks, object + 1, sizeof(*ample->locks));
		memset(ample->locks + room, 0, (ample->room_locks - room) * sizeof(*ample->locks));
	}
	return &ample->locks[object];
}

static void note_place(struct ample *ample, const struct sim_access *access)
{
	struct lock_known *lock = lock_of(ample, access->object);
	uint64_t place = steps_place(access->at);

	if (likely(lock->place == place))
		return;
	lock->place = place;
	for (uint32_t i = 0; i < ample->nr_places; i++)
		if (ample->places[i].object == access->object && ample->places[i].place == place)
			return;
	ample->places = tree_grown(ample->places, &ample->room_places, ample->nr_places + 1, sizeof(*ample->places));
	ample->places[ample->nr_places++] = (struct lock_place){ place, access->object };
}

/* Everything that was learnt by relying on it is void. */
static void open_lock(struct tree *tree, unsigned long object)
{
	struct ample *ample = tree->ample;

	lock_of(ample, object)->open = true;
	if (!ample->locks[object].relied)
		return;
	for (uint32_t i = 0; i < ample->room_locks; i++)
		ample->locks[i].relied = false;
	states_forget(tree);
	again_from(tree, 0);
}

static void note_freed(struct tree *tree, const struct sim_access *access)
{
	struct ample *ample = tree->ample;
	uint64_t place = steps_place(access->at);

	ample->freed = true;
	tree->explored.frees_open = ample->reduced;
	for (uint32_t i = 0; i < ample->nr_places; i++)
		if (ample->places[i].place - place < (uint64_t)access->result)
			open_lock(tree, ample->places[i].object);
}

/*
 * The step under way
 */

static void look_at(struct tree *tree, const struct sim_access *access)
{
	struct ample *ample = tree->ample;
	bool shared = steps_is_shared(access);

	/* It went on past what it had said, or had somebody else do something. */
	if (ample->ahead || access->actor != ample->actor) {
		is_broad(tree);
		return;
	}
	if (access->kind == SIM_POINT_END && !sim_this->current->first)
		ample_listen(tree);
	if (!shared)
		return;
	if (access->ahead)
		ample->ahead = true;
	else if (access->kind == ample->kind && access->object == ample->object && !ample->unlocked)
		ample->unlocked = true;
	else
		is_broad(tree);
}

void ample_record(struct tree *tree, const struct sim_access *access)
{
	if (!tree->open)
		return;
	if (access->kind == SIM_POINT_LOCK || access->kind == SIM_POINT_LOCK_READ) {
		note_place(tree->ample, access);
		if (unlikely(access->result))
			open_lock(tree, access->object);
	} else if (access->kind == SIM_POINT_FREE && access->at && access->result) {
		note_freed(tree, access);
	}
	if (tree->ample->stepping)
		look_at(tree, access);
}

void ample_disturbed(struct tree *tree)
{
	if (tree->ample->stepping)
		is_broad(tree);
}

void ample_woken(struct tree *tree, unsigned int actor)
{
	if (actor == tree->ample->actor)
		ample_disturbed(tree);
}

bool ample_step_over(struct tree *tree)
{
	struct ample *ample = tree->ample;

	if (!ample->hearing)
		return true;
	if (ample->stepping && sim_this->rare.actors[ample->actor]->state == ACTOR_BLOCKED)
		is_broad(tree);
	else
		ample_listen(tree);
	return !tree->cut;
}

/*
 * Nodes
 */

/* Can nobody's step depend on this one, as far as is known? */
static bool stands_alone(const struct tree *tree, const struct sim_actor_view *view)
{
	struct ample *ample = tree->ample;
	uint32_t bit;

	if (AMPLE_UNLOCKS >> view->next_kind & 1 && lock_of(ample, view->next_object)->open)
		return false;
	if (likely(!ample->some_broad))
		return true;
	bit = bit_of(tree, tree->depth, view->index, view->next_kind);
	return !(ample->broad[bit / 8] >> bit % 8 & 1);
}

static unsigned int step_begins(struct tree *tree, const struct sim_actor_view *view)
{
	struct ample *ample = tree->ample;

	ample->stepping = true;
	ample->ahead = ample->unlocked = false;
	ample->actor = view->index;
	ample->kind = view->next_kind;
	ample->object = view->next_object;
	ample->node = tree->depth;
	ample->reduced = true;
	tree->explored.frees_open = ample->freed;
	if (AMPLE_UNLOCKS >> view->next_kind & 1)
		lock_of(ample, view->next_object)->relied = true;
	return view->index;
}

unsigned int ample_actor(struct tree *tree, uint64_t enabled, uint64_t candidates,
			 const struct sim_actor_view *const *ready, int current)
{
	if (!enabled || (tree->depth > tree->window && tree->nodes[tree->depth - 1].chain == CHAIN_MAX))
		return NOBODY;
	if (!(enabled & (enabled - 1)))
		return __builtin_ctzll(enabled);
	if (likely(!candidates))
		return NOBODY;
	if (current >= 0 && candidates >> ready[current]->index & 1 && stands_alone(tree, ready[current]))
		return step_begins(tree, ready[current]);
	for (unsigned int i = 0; candidates; i++) {
		if (!(candidates >> ready[i]->index & 1))
			continue;
		if (stands_alone(tree, ready[i]))
			return step_begins(tree, ready[i]);
		candidates &= ~(1ull << ready[i]->index);
	}
	return NOBODY;
}

void ample_take(struct tree *tree, struct node *node, unsigned int actor)
{
	node->actor = actor;
	node->todo = 1ull << actor;
	node->chain = 1 + (tree->depth > tree->window ? node[-1].chain : 0);
}
