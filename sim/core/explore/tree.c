// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A tree search as a strategy: it follows the path that is left of the last run,
 * goes on by its own choice, and hears of each step what it touched.
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

void *tree_grown(void *array, uint32_t *room, size_t need, size_t size)
{
	uint32_t more = *room ? *room : 64;

	if (need <= *room)
		return array;
	while (more < need)
		more *= 2;
	array = realloc(array, more * size);
	if (!array)
		sim_die("the host is out of memory (a search of %u steps)", more);
	*room = more;
	return array;
}

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
	tree->stride = stride;
}

/*
 * What a step touches
 */

/* Another run makes the same objects in the same order, but where the chunks come to lie is the host's affair. */
static uint64_t place_of(const void *at)
{
	uint64_t ordinal = 1;

	for (const struct sim_chunk *chunk = sim_this->arena.first; chunk; chunk = chunk->next, ordinal++) {
		uintptr_t offset = (uintptr_t)at - (uintptr_t)chunk;

		if (offset < SIM_CHUNK_BYTES)
			return (uint64_t)1 << 62 | ordinal << 20 | offset;
	}
	return (uintptr_t)at;
}

/* False where the access is no business of any other actor. */
static bool touch_of(const struct sim_access *access, struct touch *touch)
{
	*touch = (struct touch){ .key = access->object ? access->object << 1 | 1 : place_of(access->at) << 1 };
	if (!access->at && !access->object)
		return false;
	switch (access->kind) {
	case SIM_POINT_ATOMIC_READ:
	case SIM_POINT_PLAIN_READ:
	case SIM_POINT_RCU_READ_LOCK:
	case SIM_POINT_RCU_READ_UNLOCK:
		return true;
	case SIM_POINT_LOCK:
		touch->write = true;
		touch->waits = !access->result;
		return true;
	case SIM_POINT_LOCK_READ:
		touch->waits = !access->result;
		return true;
	case SIM_POINT_UNLOCK:
	case SIM_POINT_DOWNGRADE:
		touch->write = true;
		touch->release = true;
		return true;
	case SIM_POINT_UNLOCK_READ:
		touch->release = true;
		return true;
	case SIM_POINT_FREE:
		touch->bytes = access->at ? access->result : 0;
		touch->write = true;
		return touch->bytes;
	case SIM_POINT_ATOMIC_WRITE:
	case SIM_POINT_ATOMIC_RMW:
	case SIM_POINT_PLAIN_WRITE:
	case SIM_POINT_WAIT:
	case SIM_POINT_WAKE:
	case SIM_POINT_QUEUE:
	case SIM_POINT_RCU_SYNC:
	case SIM_POINT_GUP:
	case SIM_POINT_IOMMU_MAP:
	case SIM_POINT_IOMMU_UNMAP:
	case SIM_POINT_COUNTER:
		touch->write = true;
		return true;
	default:
		return false;
	}
}

static void add_touch(struct tree *tree, const struct touch *touch)
{
	struct node *node = &tree->nodes[tree->depth - 1];

	if (tree->depth < tree->replay)
		return;
	for (uint32_t i = node->first_touch; i < tree->nr_touches; i++) {
		struct touch *known = &tree->touches[i];

		if (known->key == touch->key && known->release == touch->release && known->bytes == touch->bytes) {
			known->write |= touch->write;
			known->waits &= touch->waits;
			return;
		}
	}
	tree->touches = tree_grown(tree->touches, &tree->room_touches, tree->nr_touches + 1, sizeof(*tree->touches));
	tree->touches[tree->nr_touches] = *touch;
	tree->touches[tree->nr_touches++].node = tree->depth - 1;
}

bool tree_frees(const struct tree *tree, const struct touch *freed, const struct touch *one)
{
	uint64_t number = one->key >> 1, place = number;

	if (one->key & 1)
		place = number < tree->room_locks ? tree->locks[number].place : 0;
	return place - (freed->key >> 1) < freed->bytes;
}

static bool conflict(const struct tree *tree, const struct touch *a, const struct touch *b)
{
	if (a->bytes || b->bytes)
		return tree_frees(tree, a, b) || tree_frees(tree, b, a);
	return a->key == b->key && (a->write || b->write);
}

bool tree_independent(const struct tree *tree, const struct sleeper *a, const struct node *b)
{
	for (uint32_t i = 0; i < a->nr_touches; i++)
		for (uint32_t j = 0; j < b->nr_touches; j++)
			if (conflict(tree, &tree->touches[a->first_touch + i], &tree->touches[b->first_touch + j]))
				return false;
	return true;
}

void tree_add_sleeper(struct tree *tree, struct node *node, const struct sleeper *sleeper)
{
	struct sleeper copy = *sleeper;

	tree->sleepers = tree_grown(tree->sleepers, &tree->room_sleepers, tree->nr_sleepers + 1, sizeof(copy));
	tree->sleepers[tree->nr_sleepers++] = copy;
	node->nr_sleepers++;
}

/* Who slept above, and whose step does not depend on the one that was done, sleeps on. */
static void inherit_sleepers(struct tree *tree, struct node *node)
{
	const struct node *above = node - 1;

	node->first_sleeper = tree->nr_sleepers;
	if (tree->depth == tree->window)
		return;
	for (uint32_t i = 0; i < above->nr_sleepers; i++) {
		const struct sleeper *sleeper = &tree->sleepers[above->first_sleeper + i];

		if (sleeper->actor == above->actor || !tree_independent(tree, sleeper, above))
			continue;
		node->asleep |= 1ull << sleeper->actor;
		tree_add_sleeper(tree, node, sleeper);
	}
}

/*
 * Steps
 */

static void step_end(struct tree *tree)
{
	struct node *node;

	if (!tree->stepping)
		return;
	tree->stepping = false;
	if (tree->depth < tree->replay)
		return;
	node = &tree->nodes[tree->depth - 1];
	node->nr_touches = tree->nr_touches - node->first_touch;
	if (tree->ops->step_done)
		tree->ops->step_done(tree, tree->depth - 1);
}

/* Nodes are made in the order of the path. */
static struct node *node_new(struct tree *tree)
{
	struct node *node;
	uint32_t room = tree->room;

	tree->nodes = tree_grown(tree->nodes, &tree->room, tree->depth + 1, sizeof(*node));
	if (tree->room != room || !tree->clocks)
		clocks_widen(tree, tree->stride);
	node = &tree->nodes[tree->depth];
	*node = (struct node){ .current = NOBODY, .opens = tree->depth == tree->window };
	inherit_sleepers(tree, node);
	node->first_touch = tree->nr_touches;
	return node;
}

static struct lane *lane_of(struct tree *tree, unsigned int actor)
{
	while (tree->nr_lanes <= actor)
		tree->lanes[tree->nr_lanes++] = (struct lane){};
	return &tree->lanes[actor];
}

/* The step of nodes[depth] begins. */
static void step_begin(struct tree *tree)
{
	struct node *node = &tree->nodes[tree->depth];
	unsigned int actor = node->actor;
	const struct node *above = node - 1;
	struct lane *lane;

	if (actor >= tree->stride)
		clocks_widen(tree, actor + 1);
	lane = lane_of(tree, actor);
	node->before = lane->last_step;
	node->enabled_by = lane->enabled_by;
	node->preemptions = (tree->depth ? above->preemptions : 0) +
			    (node->current != NOBODY && node->current != actor);
	lane->enabled_by = 0;
	lane->last_step = ++tree->depth;
	tree->stepping = true;
	tree->unlocks = false;
	if (tree->has_ahead >> actor & 1) {
		tree->has_ahead &= ~(1ull << actor);
		add_touch(tree, &lane->ahead);
	}
}

static _Noreturn void not_the_same(const struct tree *tree)
{
	sim_die("step %u of a schedule was another one when it was run again: the run is no function of its choices",
		tree->depth + 1);
}

/* @actor goes on, and nobody was asked. @waits: as in struct node. */
static void step_glued(struct tree *tree, unsigned int actor, bool waits)
{
	step_end(tree);
	if (tree->depth < tree->replay) {
		if (tree->nodes[tree->depth].actor != actor)
			not_the_same(tree);
	} else {
		struct node *node = node_new(tree);

		node->glued = true;
		node->waits = waits;
		node->actor = actor;
		node->enabled = node->todo = 1ull << actor;
		/* It would repeat another run, and cannot be kept from it. */
		if (node->asleep >> actor & 1)
			tree->cut = true;
	}
	step_begin(tree);
}

/*
 * What the scheduler tells
 */

static struct lock_state *lock_of(struct tree *tree, unsigned long object)
{
	struct lock_state *lock;

	if (object >= tree->room_locks) {
		unsigned long room = tree->room_locks ? tree->room_locks : 64;

		while (room <= object)
			room *= 2;
		tree->locks = realloc(tree->locks, room * sizeof(*tree->locks));
		if (!tree->locks)
			sim_die("the host is out of memory (a search)");
		memset(tree->locks + tree->room_locks, 0, (room - tree->room_locks) * sizeof(*tree->locks));
		tree->room_locks = room;
	}
	lock = &tree->locks[object];
	if (lock->begun != tree->begun)
		*lock = (struct lock_state){ .begun = tree->begun };
	return lock;
}

/* The touches of earlier runs mean the same place by the same number. */
static void note_place(struct tree *tree, const struct sim_access *access)
{
	struct lock_state *lock = lock_of(tree, access->object);

	if (!lock->place)
		lock->place = place_of(access->at);
}

static void note_lock(struct tree *tree, const struct sim_access *access)
{
	struct lock_state *lock = lock_of(tree, access->object);

	tree->changes = tree_grown(tree->changes, &tree->room_changes, tree->nr_changes + 1, sizeof(*tree->changes));
	tree->changes[tree->nr_changes++] = (struct lock_change){ access->object, *lock };
	switch (access->kind) {
	case SIM_POINT_LOCKED:
		lock->written |= !access->result;
		break;
	case SIM_POINT_LOCKED_READ:
		lock->readers += !access->result;
		break;
	case SIM_POINT_UNLOCK:
		lock->written = false;
		break;
	case SIM_POINT_UNLOCK_READ:
		lock->readers -= !!lock->readers;
		break;
	case SIM_POINT_DOWNGRADE:
		lock->written = false;
		lock->readers++;
		break;
	default:
		break;
	}
}

static bool is_lock(enum sim_point kind)
{
	return kind >= SIM_POINT_LOCK && kind <= SIM_POINT_DOWNGRADE;
}

static bool is_unlock(enum sim_point kind)
{
	return kind == SIM_POINT_UNLOCK || kind == SIM_POINT_UNLOCK_READ;
}

static void tree_record(void *state, const struct sim_access *access)
{
	struct tree *tree = state;
	unsigned int actor = access->actor;
	struct touch touch;
	bool shared, goes_on;

	if (is_lock(access->kind))
		note_lock(tree, access);
	if (!tree->open || actor >= SIM_SEARCH_ACTORS_MAX)
		return;
	goes_on = sim_this->current->nopreempt && tree->stepping && tree->nodes[tree->depth - 1].actor == actor;
	/* It went on past a point: nobody else was ready, or was to be let in. */
	if (tree->has_ahead >> actor & 1) {
		if (goes_on)
			add_touch(tree, &tree->lanes[actor].ahead);
		else
			step_glued(tree, actor, false);
		tree->has_ahead &= ~(1ull << actor);
	}
	shared = touch_of(access, &touch);
	if (access->object && access->at)
		note_place(tree, access);
	if (access->ahead) {
		tree->has_ahead |= (uint64_t)shared << actor;
		lane_of(tree, actor)->ahead = touch;
		return;
	}
	if (!shared)
		return;
	if (!tree->stepping || tree->nodes[tree->depth - 1].actor != actor ||
	    (is_unlock(access->kind) && !tree->unlocks && !goes_on))
		step_glued(tree, actor, false);
	tree->unlocks = false;
	add_touch(tree, &touch);
}

static void tree_enabled(void *state, unsigned int by, unsigned int actor)
{
	struct tree *tree = state;

	if (!tree->open || actor >= SIM_SEARCH_ACTORS_MAX)
		return;
	if (by < SIM_SEARCH_ACTORS_MAX) {
		lane_of(tree, actor)->enabled_by = tree->depth;
	} else {
		/* Time passed, as nobody could go on: everything lies before. */
		step_end(tree);
		tree->window = tree->depth;
	}
}

static void tree_window(void *state, bool open)
{
	struct tree *tree = state;

	/* Who still has something ahead came to a lock last, and waits for it now. */
	for (; tree->open && tree->has_ahead; tree->has_ahead &= tree->has_ahead - 1)
		step_glued(tree, __builtin_ctzll(tree->has_ahead), true);
	step_end(tree);
	tree->open = open;
	tree->window = tree->depth;
	tree->has_ahead = 0;
	tree->nr_lanes = 0;
}

static bool would_wait(const struct tree *tree, const struct sim_actor_view *view)
{
	const struct lock_state *lock;

	if ((view->next_kind != SIM_POINT_LOCK && view->next_kind != SIM_POINT_LOCK_READ) || view->next_result ||
	    view->next_object >= tree->room_locks)
		return false;
	lock = &tree->locks[view->next_object];
	if (lock->begun != tree->begun)
		return false;
	return lock->written || (view->next_kind == SIM_POINT_LOCK && lock->readers);
}

static bool has_stepped(const struct tree *tree, unsigned int actor)
{
	return actor < tree->nr_lanes && tree->lanes[actor].last_step;
}

/* Fills in who can go on. Where all would wait, the first one is let do so: the machine will tell of it. */
static void look_around(const struct tree *tree, struct node *node, const struct sim_actor_view *ready, unsigned int nr,
			int current)
{
	for (unsigned int i = 0; i < nr; i++)
		if (!would_wait(tree, &ready[i]))
			node->enabled |= 1ull << ready[i].index;
	if (!node->enabled) {
		node->enabled = 1ull << ready[0].index;
		node->glued = true;
		node->waits = true;
	} else if (current >= 0 && node->enabled >> ready[current].index & 1 &&
		   has_stepped(tree, ready[current].index)) {
		node->current = ready[current].index;
	}
}

static unsigned int tree_pick(void *state, const struct sim_actor_view *ready, unsigned int nr, int current)
{
	struct tree *tree = state;
	struct node *node;
	unsigned int i;

	if (tree->cut)
		return SIM_PICK_STOP;
	if (ready[nr - 1].index >= SIM_SEARCH_ACTORS_MAX) {
		tree->explored.unfit = "more than 64 actors";
		tree->cut = true;
		return SIM_PICK_STOP;
	}
	for (i = 0; tree->options.silent && i < nr; i++)
		if (tree->options.silent >> ready[i].next_kind & 1)
			return i;
	step_end(tree);
	if (tree->depth >= tree->replay) {
		node = node_new(tree);
		look_around(tree, node, ready, nr, current);
		node->actor = tree->ops->choose(tree, node);
		if (node->actor == NOBODY) {
			tree->cut = true;
			return SIM_PICK_STOP;
		}
		if (marks_want(tree, node)) {
			tree->replay = tree->depth + 1;
			return SIM_PICK_PAUSE;
		}
	}
	node = &tree->nodes[tree->depth];
	for (i = 0; i < nr && ready[i].index != node->actor; i++)
		;
	if (i == nr)
		not_the_same(tree);
	step_begin(tree);
	tree->unlocks = is_unlock(ready[i].next_kind);
	return i;
}

/* A choice of the running actor's own: each value in turn. */
static unsigned long tree_draw(void *state, unsigned long bound)
{
	struct tree *tree = state;
	struct node *node;

	if (!tree->open || tree->cut || !tree->stepping)
		return 0;
	step_end(tree);
	tree->draws = true;
	if (tree->depth >= tree->replay) {
		node = node_new(tree);
		node->glued = true;
		node->actor = tree->nodes[tree->depth - 1].actor;
		node->enabled = node->todo = 1ull << node->actor;
		node->draw_bound = bound;
	}
	node = &tree->nodes[tree->depth];
	if (node->draw_bound != bound)
		not_the_same(tree);
	step_begin(tree);
	return node->drawn;
}

static void *tree_begin(unsigned long seed, const struct sim_tape *tape, void *context)
{
	struct tree *tree = context;

	tree->running = true;
	tree->run++;
	tree->begun++;
	tree->cut = false;
	tree->open = false;
	tree->stepping = false;
	tree->depth = 0;
	tree->window = 0;
	tree->nr_changes = 0;
	return tree;
}

static void tree_paused(void *state)
{
	marks_add(state);
}

const struct sim_strategy sim_strategy_tree = {
	.name = "tree",
	.what = "follows a search's path",
	.begin = tree_begin,
	.pick = tree_pick,
	.draw = tree_draw,
	.record = tree_record,
	.enabled = tree_enabled,
	.window = tree_window,
	.paused = tree_paused,
};

/*
 * Between runs
 */

/* Takes the touches from @first on off the lists of their things. */
static void unlink_touches(struct tree *tree, uint32_t first)
{
	for (uint32_t i = tree->nr_touches; i-- > first;) {
		struct touch *touch = &tree->touches[i];
		uint32_t slot;

		if (!touch->linked)
			continue;
		touch->linked = false;
		if (touch->bytes) {
			tree->last_freed = touch->prev;
			continue;
		}
		slot = touch->key * 0x9e3779b97f4a7c15ull >> 32;
		while (tree->keys[slot & (tree->room_keys - 1)] != touch->key)
			slot++;
		tree->heads[slot & (tree->room_keys - 1)] = touch->prev;
	}
}

unsigned int tree_prefer(const struct node *node, uint64_t mask)
{
	if (node->current != NOBODY && mask >> node->current & 1)
		return node->current;
	return __builtin_ctzll(mask);
}

/* The next one to try at the deepest node; false where nothing is left there. */
static bool try_next(struct tree *tree)
{
	struct node *node = &tree->nodes[tree->depth - 1];
	uint64_t left;

	unlink_touches(tree, node->first_touch);
	tree->nr_touches = node->first_touch + node->nr_touches;
	if (node->drawn + 1 < node->draw_bound) {
		node->drawn++;
		tree->nr_touches = node->first_touch;
		return true;
	}
	node->done |= 1ull << node->actor;
	left = node->todo & ~node->done & ~node->asleep;
	if (!left || node->glued)
		return false;
	tree->nr_sleepers = node->first_sleeper + node->nr_sleepers;
	/* A step that goes on by a draw is not known by what it touched with one value. */
	if (tree->ops->step_done && !tree->draws) {
		tree_add_sleeper(tree, node, &(struct sleeper){ node->actor, node->first_touch, node->nr_touches });
		node->first_touch += node->nr_touches;
	}
	tree->nr_touches = node->first_touch;
	node->actor = tree_prefer(node, left);
	return true;
}

static void run_over(struct tree *tree)
{
	struct sim_explored *explored = &tree->explored;

	step_end(tree);
	tree->running = false;
	if (tree->cut && !tree->ops->remembers) {
		explored->cut++;
		return;
	}
	explored->runs++;
	if (tree->ops->step_done && tree->options.count)
		explored->interleavings += tree_interleavings(tree);
}

bool tree_next(struct tree *tree)
{
	if (!tree->run)
		return true;
	if (tree->running)
		run_over(tree);
	if (tree->explored.unfit || tree->ended)
		return false;
	for (; tree->depth; tree->depth--) {
		if (!try_next(tree))
			continue;
		tree->replay = tree->depth;
		return true;
	}
	tree->replay = 0;
	tree->nr_touches = 1;
	tree->nr_sleepers = 0;
	if (tree->ops->again && tree->ops->again(tree))
		return true;
	tree->ended = true;
	tree->explored.finished = !tree->over_budget;
	return false;
}

void tree_init(struct tree *tree, const struct tree_ops *ops, const struct sim_search_options *options)
{
	*tree = (struct tree){ .ops = ops, .options = *options, .nr_touches = 1 };
	tree->touches = tree_grown(NULL, &tree->room_touches, 1, sizeof(*tree->touches));
}

void tree_fini(struct tree *tree)
{
	free(tree->nodes);
	free(tree->touches);
	free(tree->sleepers);
	free(tree->clocks);
	free(tree->keys);
	free(tree->heads);
	free(tree->locks);
	free(tree->races);
	free(tree->changes);
	marks_forget(tree);
	free(tree->states);
}
