// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Steps and what they touch, for searches that ask which steps depend on each other.
 *
 * A step begins where an actor is picked. What the actor said ahead is the first
 * thing that it touches; what it says ahead of its next point belongs to its next
 * step. Where nobody is asked, because only one can go on, steps are told apart all
 * the same, so that the path is one of the same steps whoever was ready; such a
 * node is glued to the one before: nothing else could have been tried there. What
 * is done with preemption off is one step with what comes before.
 */
#include "explore.h"

#include <stdlib.h>
#include <string.h>

static void clocks_widen(struct tree *tree, unsigned int actors)
{
	uint32_t stride = tree->stride ? tree->stride : 4, nodes = tree->room;
	uint32_t *clocks;

	while (stride < actors)
		stride *= 2;
	clocks = calloc((size_t)nodes * stride + 1, sizeof(*clocks));
	if (!clocks)
		sim_die("the host is out of memory (a search of %u actors)", actors);
	for (uint32_t i = 0; tree->clocks && (i < tree->depth || i < tree->replay); i++)
		memcpy(clocks + (size_t)i * stride, tree_clock(tree, i), tree->stride * sizeof(*clocks));
	free(tree->clocks);
	tree->clocks = clocks;
	tree->room_clocks = nodes;
	tree->stride = stride;
}

/*
 * What a step touches
 */

/* Another run makes the same objects in the same order, but where the chunks come to lie is the host's affair. */
uint64_t steps_place(const void *at)
{
	uint64_t ordinal = 1;
	size_t in_block;

	for (const struct sim_chunk *chunk = sim_this->arena.first; chunk; chunk = chunk->next, ordinal++) {
		uintptr_t offset = (uintptr_t)at - (uintptr_t)chunk;

		if (offset < SIM_CHUNK_BYTES)
			return (uint64_t)1 << 62 | ordinal << 20 | offset;
	}
	ordinal = sim_arena_big_at(&sim_this->arena, at, &in_block);
	if (ordinal)
		return (uint64_t)1 << 61 | ordinal << 32 | in_block;
	return (uintptr_t)at;
}

/* Where a lock lies is the same in all runs, and stays known: earlier runs' touches name it by its number. */
static __attribute__((noinline)) void note_place(struct tree *tree, const struct sim_access *access)
{
	unsigned long object = access->object;
	uint32_t room = tree->room_places;

	if (object >= room) {
		tree->places = tree_grown(tree->places, &tree->room_places, object + 1, sizeof(*tree->places));
		memset(tree->places + room, 0, (tree->room_places - room) * sizeof(*tree->places));
	}
	tree->places[object] = steps_place(access->at);
}

static inline bool is_placed(const struct tree *tree, const struct sim_access *access)
{
	return !access->object || !access->at ||
	       (access->object < tree->room_places && tree->places[access->object]);
}

/* Where nothing is said, an access of the kind is no business of others. */
#define READS { .shared = true }
#define WRITES { .shared = true, .write = true }

static const struct effect effects[SIM_POINT_NR] = {
	[SIM_POINT_ATOMIC_READ] = READS,
	[SIM_POINT_PLAIN_READ] = READS,
	[SIM_POINT_RCU_READ_LOCK] = READS,
	[SIM_POINT_RCU_READ_UNLOCK] = READS,
	[SIM_POINT_LOCK] = { .shared = true, .write = true, .waits = true },
	[SIM_POINT_LOCK_READ] = { .shared = true, .waits = true },
	[SIM_POINT_UNLOCK] = { .shared = true, .write = true, .release = true },
	[SIM_POINT_DOWNGRADE] = { .shared = true, .write = true, .release = true },
	[SIM_POINT_UNLOCK_READ] = { .shared = true, .release = true },
	[SIM_POINT_FREE] = WRITES,
	[SIM_POINT_ATOMIC_WRITE] = WRITES,
	[SIM_POINT_ATOMIC_RMW] = WRITES,
	[SIM_POINT_PLAIN_WRITE] = WRITES,
	[SIM_POINT_WAIT] = WRITES,
	[SIM_POINT_WAKE] = WRITES,
	[SIM_POINT_QUEUE] = WRITES,
	[SIM_POINT_RCU_SYNC] = WRITES,
	[SIM_POINT_GUP] = WRITES,
	[SIM_POINT_IOMMU_MAP] = WRITES,
	[SIM_POINT_IOMMU_UNMAP] = WRITES,
	[SIM_POINT_COUNTER] = WRITES,
};

bool steps_is_shared(const struct sim_access *access)
{
	return effects[access->kind].shared && (access->at || access->object) &&
	       (access->kind != SIM_POINT_FREE || (access->at && access->result));
}

/* False where the access is no business of any other actor. */
static inline bool deed_of(const struct sim_access *access, struct deed *deed)
{
	struct effect is = effects[access->kind];

	if (!steps_is_shared(access))
		return false;
	if (is.waits && access->result)
		is.waits = false;
	deed->key = access->object ? access->object << 1 | 1 : steps_place(access->at) << 1;
	deed->bytes = unlikely(access->kind == SIM_POINT_FREE) ? access->result : 0;
	deed->is = is;
	return true;
}

static __attribute__((noinline)) void touches_grow(struct tree *tree)
{
	tree->touches = tree_grow(tree->touches, &tree->room_touches, tree->nr_touches + 1, sizeof(*tree->touches));
}

/* There always is room for one more: what is rare comes last here, and so no register is saved for it. */
static inline void add_touch(struct tree *tree, const struct deed *deed)
{
	struct node *node = &tree->nodes[tree->depth - 1];
	struct touch *touch;

	if (tree->depth < tree->replay)
		return;
	for (uint32_t i = node->first_touch; i < tree->nr_touches; i++) {
		struct deed *known = &tree->touches[i].deed;

		if (known->key == deed->key && known->is.release == deed->is.release && known->bytes == deed->bytes) {
			known->is.write |= deed->is.write;
			known->is.waits &= deed->is.waits;
			return;
		}
	}
	touch = &tree->touches[tree->nr_touches++];
	touch->deed = *deed;
	touch->node = tree->depth - 1;
	touch->actor = node->actor;
	touch->linked = false;
	if (unlikely(tree->nr_touches == tree->room_touches))
		touches_grow(tree);
}

bool steps_free(const struct tree *tree, const struct deed *freed, const struct deed *one)
{
	uint64_t number = one->key >> 1, place = number;

	if (one->key & 1)
		place = number < tree->room_places ? tree->places[number] : 0;
	return place - (freed->key >> 1) < freed->bytes;
}

static bool conflict(const struct tree *tree, const struct deed *a, const struct deed *b)
{
	if (unlikely(a->bytes | b->bytes))
		return steps_free(tree, a, b) || steps_free(tree, b, a);
	return a->key == b->key && (a->is.write || b->is.write);
}

static bool independent(const struct tree *tree, const struct sleeper *a, const struct node *b)
{
	for (uint32_t i = 0; i < a->nr_touches; i++)
		for (uint32_t j = 0; j < b->nr_touches; j++)
			if (conflict(tree, &tree->touches[a->first_touch + i].deed,
				     &tree->touches[b->first_touch + j].deed))
				return false;
	return true;
}

static void add_sleeper(struct tree *tree, struct node *node, const struct sleeper *sleeper)
{
	struct sleeper copy = *sleeper;

	tree->sleepers = tree_grown(tree->sleepers, &tree->room_sleepers, tree->nr_sleepers + 1, sizeof(copy));
	tree->sleepers[tree->nr_sleepers++] = copy;
	node->nr_sleepers++;
}

/* Who slept above, and whose step does not depend on the one that was done, sleeps on. */
static __attribute__((noinline)) void inherit_sleepers(struct tree *tree, struct node *node)
{
	const struct node *above = node - 1;

	for (uint32_t i = 0; i < above->nr_sleepers; i++) {
		const struct sleeper *sleeper = &tree->sleepers[above->first_sleeper + i];

		if (sleeper->actor == above->actor || !independent(tree, sleeper, above))
			continue;
		node->asleep |= 1ull << sleeper->actor;
		add_sleeper(tree, node, sleeper);
	}
}

/*
 * The path under way
 */

static bool is_unlock(enum sim_point kind)
{
	return kind == SIM_POINT_UNLOCK || kind == SIM_POINT_UNLOCK_READ;
}

static __attribute__((noinline)) void lanes_grow(struct tree *tree, unsigned int actor)
{
	while (tree->nr_lanes <= actor)
		tree->lanes[tree->nr_lanes++] = (struct lane){};
	if (actor >= tree->stride)
		clocks_widen(tree, actor + 1);
}

/* Who has a lane has a place in the clocks. */
static inline struct lane *lane_of(struct tree *tree, unsigned int actor)
{
	if (unlikely(tree->nr_lanes <= actor))
		lanes_grow(tree, actor);
	return &tree->lanes[actor];
}

void steps_end(struct tree *tree)
{
	struct node *node;

	if (!tree->stepping)
		return;
	tree->stepping = false;
	if (tree->depth < tree->replay)
		return;
	node = &tree->nodes[tree->depth - 1];
	node->nr_touches = tree->nr_touches - node->first_touch;
	tree->ops->step_done(tree, tree->depth - 1);
}

void steps_node(struct tree *tree, struct node *node)
{
	if (unlikely(tree->room_clocks != tree->room))
		clocks_widen(tree, tree->stride);
	node->first_sleeper = tree->nr_sleepers;
	node->nr_sleepers = 0;
	if (tree->depth != tree->window && node[-1].nr_sleepers)
		inherit_sleepers(tree, node);
	node->first_touch = tree->nr_touches;
	node->nr_touches = 0;
}

void steps_begin(struct tree *tree, struct node *node, enum sim_point kind)
{
	unsigned int actor = node->actor;
	struct lane *lane = lane_of(tree, actor);

	node->before = lane->last_step;
	node->enabled_by = lane->enabled_by;
	lane->enabled_by = 0;
	lane->last_step = tree->depth;
	tree->stepping = true;
	tree->unlocks = is_unlock(kind);
	if (tree->has_ahead >> actor & 1) {
		tree->has_ahead &= ~(1ull << actor);
		add_touch(tree, &lane->ahead);
	}
}

/* @actor goes on, and nobody was asked. @waits: as in struct node. */
static void step_glued(struct tree *tree, unsigned int actor, bool waits)
{
	steps_end(tree);
	if (tree->depth < tree->replay) {
		if (tree->nodes[tree->depth].actor != actor)
			tree_not_the_same(tree);
	} else {
		struct node *node = tree_node_new(tree, true);

		node->glued = true;
		node->waits = waits;
		node->actor = actor;
		node->enabled = node->todo = 1ull << actor;
		/* It would repeat another run, and cannot be kept from it. */
		if (node->asleep >> actor & 1)
			tree->cut = true;
	}
	tree_step_begin(tree, actor, SIM_POINT_NONE, true);
}

/* The step under way is @actor's, and it is one with what comes now: preemption is off. */
static inline bool goes_on(const struct tree *tree, unsigned int actor)
{
	return unlikely(sim_this->current->nopreempt) && tree->stepping && tree->nodes[tree->depth - 1].actor == actor;
}

/* It went on past a point: nobody else was ready. */
static inline void went_on(struct tree *tree, unsigned int actor)
{
	step_glued(tree, actor, false);
	tree->has_ahead &= ~(1ull << actor);
}

/* What steps_record() does where there is something to do. */
static __attribute__((noinline)) void record_shared(struct tree *tree, const struct sim_access *access)
{
	unsigned int actor = access->actor;
	struct deed deed;

	if (tree->has_ahead >> actor & 1)
		went_on(tree, actor);
	if (unlikely(!is_placed(tree, access)))
		note_place(tree, access);
	if (!deed_of(access, &deed))
		return;
	/* Where nobody is let in it is done at once, as a part of the step: a sleeper is known by all that it does. */
	if (access->ahead && !goes_on(tree, actor)) {
		tree->has_ahead |= 1ull << actor;
		lane_of(tree, actor)->ahead = deed;
		return;
	}
	if (!tree->stepping || tree->nodes[tree->depth - 1].actor != actor ||
	    (is_unlock(access->kind) && !tree->unlocks && !goes_on(tree, actor)))
		step_glued(tree, actor, false);
	tree->unlocks = false;
	add_touch(tree, &deed);
}

void steps_record(struct tree *tree, const struct sim_access *access)
{
	if (!tree->open || access->actor >= SIM_SEARCH_ACTORS_MAX)
		return;
	if (effects[access->kind].shared || tree->has_ahead >> access->actor & 1)
		record_shared(tree, access);
}

void steps_enabled(struct tree *tree, unsigned int actor)
{
	lane_of(tree, actor)->enabled_by = tree->depth;
}

void steps_close(struct tree *tree)
{
	/* Who still has something ahead came to a lock last, and waits for it now. */
	for (; tree->open && tree->has_ahead; tree->has_ahead &= tree->has_ahead - 1)
		step_glued(tree, __builtin_ctzll(tree->has_ahead), true);
	steps_end(tree);
	tree->has_ahead = 0;
	tree->nr_lanes = 0;
}

/*
 * Between runs
 */

void steps_undo(struct tree *tree, uint32_t first)
{
	struct touch *touch = tree->touches + tree->nr_touches, *end = tree->touches + first;

	while (touch-- != end) {
		if (!touch->linked)
			continue;
		touch->linked = false;
		if (unlikely(touch->deed.bytes))
			tree->last_freed = touch->prev;
		else
			tree->heads[touch->slot] = touch->prev;
	}
	tree->nr_touches = first;
}

void steps_put_to_sleep(struct tree *tree, struct node *node)
{
	tree->nr_sleepers = node->first_sleeper + node->nr_sleepers;
	/* A step that goes on by a draw is not known by what it touched with one value. */
	if (tree->draws)
		return;
	add_sleeper(tree, node, &(struct sleeper){ node->actor, node->first_touch, node->nr_touches });
	node->first_touch += node->nr_touches;
	tree->nr_touches = node->first_touch;
}
