// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One run for each trace: dynamic partial order reduction with source sets and
 * sleep sets (Abdulla, Aronis, Jonsson and Sagonas, POPL 2014).
 *
 * Each step gets a vector clock: the latest step of each actor that it comes after.
 * Two steps of different actors are a race where they depend on each other, and
 * nothing but that orders them. For each race the other order must be run: at the
 * node of the earlier step somebody is tried who can begin what came between them
 * without it (a source set). Who was tried already sleeps until a step depends on
 * what it was seen to do: by the touches of the real step, so that a failed
 * compare-and-exchange is a read here too. Every trace is so run exactly once; a
 * run in which only sleepers are left is cut.
 *
 * Locks. An actor that would wait is not enabled, so what races is not the unlock
 * with the lock behind it, but the two times that the lock is taken.
 */
#include "explore.h"

#include <stdlib.h>
#include <string.h>

static uint32_t slot_of(const struct tree *tree, uint64_t key)
{
	const uint64_t *keys = tree->keys;
	uint32_t mask = tree->room_keys - 1, slot = (key * 0x9e3779b97f4a7c15ull >> 32) & mask;

	while (keys[slot] != key && keys[slot])
		slot = (slot + 1) & mask;
	return slot;
}

/* A larger table, in which only things stand that the path touches. */
static void keys_rebuild(struct tree *tree)
{
	uint32_t nr = 0;

	for (uint32_t i = 1; i < tree->nr_touches; i++)
		nr += tree->touches[i].linked && !tree->touches[i].deed.bytes && !tree->touches[i].prev;
	free(tree->keys);
	free(tree->heads);
	for (tree->room_keys = 64; tree->room_keys < 4 * (nr + 1); tree->room_keys *= 2)
		;
	tree->keys = calloc(tree->room_keys, sizeof(*tree->keys));
	tree->heads = calloc(tree->room_keys, sizeof(*tree->heads));
	if (!tree->keys || !tree->heads)
		sim_die("the host is out of memory (a search)");
	tree->nr_keys = nr;
	for (uint32_t i = 1; i < tree->nr_touches; i++) {
		uint32_t slot;

		if (!tree->touches[i].linked || tree->touches[i].deed.bytes)
			continue;
		slot = slot_of(tree, tree->touches[i].deed.key);
		tree->keys[slot] = tree->touches[i].deed.key;
		tree->heads[slot] = i;
		tree->touches[i].slot = slot;
	}
}

/* Where @key stands from now on, which is on no touch of the path yet. */
static __attribute__((noinline)) uint32_t add_key(struct tree *tree, uint64_t key)
{
	uint32_t slot;

	if (2 * (tree->nr_keys + 1) > tree->room_keys)
		keys_rebuild(tree);
	slot = slot_of(tree, key);
	tree->nr_keys += !tree->keys[slot];
	tree->keys[slot] = key;
	return slot;
}

/* @touch comes behind the others of its thing; @done: and later ones behind it. */
static inline void link_touch(struct tree *tree, uint32_t index, bool done)
{
	struct touch *touch = &tree->touches[index];
	uint32_t slot;

	if (unlikely(touch->deed.bytes)) {
		touch->prev = tree->last_freed;
		touch->linked = done;
		if (done)
			tree->last_freed = index;
		return;
	}
	slot = slot_of(tree, touch->deed.key);
	if (unlikely(tree->keys[slot] != touch->deed.key))
		slot = add_key(tree, touch->deed.key);
	touch->slot = slot;
	touch->prev = tree->heads[slot];
	touch->prev_write = tree->touches[touch->prev].deed.is.write ? touch->prev
								      : tree->touches[touch->prev].prev_write;
	touch->linked = done;
	if (done)
		tree->heads[slot] = index;
}

/*
 * A clock, four actors at a time: its length, @stride, is a multiple of that, and a
 * path is shorter than 2^31. What is done with them is made once for clocks of four, as
 * nearly all are, and once for any length (dpor_step_done()).
 */
typedef int32_t lanes_of_clock __attribute__((vector_size(16), aligned(4), may_alias));
#define FOR_EACH_LENGTH static inline __attribute__((always_inline))

FOR_EACH_LENGTH void join(const struct tree *tree, uint32_t *clock, uint32_t index, uint32_t stride)
{
	const lanes_of_clock *other = (const lanes_of_clock *)(tree->clocks + (size_t)index * stride);
	lanes_of_clock *joined = (lanes_of_clock *)clock, later;

	for (uint32_t i = 0; i < stride; i += 4, other++, joined++) {
		later = *other > *joined;
		*joined = (*other & later) | (*joined & ~later);
	}
}

static inline void race_add(struct tree *tree, const struct race *race)
{
	for (uint32_t i = 0; i < tree->nr_races; i++) {
		if (tree->races[i].node != race->node)
			continue;
		tree->races[i].reversible |= race->reversible;
		if (race->lock)
			tree->races[i].lock = race->lock;
		return;
	}
	tree->races = tree_grown(tree->races, &tree->room_races, tree->nr_races + 1, sizeof(*tree->races));
	tree->races[tree->nr_races++] = *race;
}

/* @other, of an earlier step, comes before @touch, whose step is over: a race where nothing else says so. */
FOR_EACH_LENGTH void comes_behind(struct tree *tree, const struct touch *touch, const struct touch *other,
				  const uint32_t *before, uint32_t *clock, uint32_t stride)
{
	/* The unlock that a lock had to come behind: not to be reversed, but what was locked before it is. */
	bool let_go = other->deed.is.release && touch->deed.is.waits;

	if (other->actor == touch->actor)
		return;
	join(tree, clock, other->node, stride);
	if (before[other->actor] <= other->node)
		race_add(tree, &(struct race){ other->node, !let_go, touch->deed.is.waits ? touch->deed.key : 0 });
}

/* What was done to what @touch frees. Not to be hurried along by lists: it is rare. */
static __attribute__((noinline)) void scan_freed(struct tree *tree, const struct touch *touch, const uint32_t *before,
						 uint32_t *clock)
{
	for (uint32_t i = tree->nr_touches; i-- > 1 && tree->touches[i].node >= tree->window;) {
		const struct touch *other = &tree->touches[i];

		if (other->linked && other != touch &&
		    (steps_free(tree, &touch->deed, &other->deed) || steps_free(tree, &other->deed, &touch->deed)))
			comes_behind(tree, touch, other, before, clock, tree->stride);
	}
}

/*
 * Goes back over the earlier touches of @touch's thing: joins what it comes after
 * into @clock, and notes the races. @before: the step's clock without its touches.
 */
FOR_EACH_LENGTH void scan(struct tree *tree, const struct touch *touch, const uint32_t *before, uint32_t *clock,
			  uint32_t stride)
{
	const bool writes = touch->deed.is.write;
	const struct touch *other;
	uint32_t i;

	for (i = tree->last_freed; unlikely(i) && tree->touches[i].node >= tree->window; i = tree->touches[i].prev)
		if (steps_free(tree, &tree->touches[i].deed, &touch->deed))
			comes_behind(tree, touch, &tree->touches[i], before, clock, stride);
	/* Who only reads goes from change to change: there may be thousands of readers between them. */
	for (i = writes ? touch->prev : touch->prev_write; i; i = writes ? other->prev : other->prev_write) {
		other = &tree->touches[i];
		if (other->node < tree->window)
			return;
		comes_behind(tree, touch, other, before, clock, stride);
		if (other->deed.is.write && !(other->deed.is.release && touch->deed.is.waits))
			return;
	}
}

/* Who can begin what lies between step @first and step @last, and @last itself, without @first. */
static uint64_t initials(const struct tree *tree, uint32_t first, uint32_t last)
{
	uint32_t begins[SIM_SEARCH_ACTORS_MAX];
	uint64_t seen = 0, able = 0;

	for (uint32_t i = first + 1; i <= last; i++) {
		unsigned int actor = tree->nodes[i].actor;
		bool free = true;

		if (seen >> actor & 1 || (i != last && tree_before(tree, first, i)))
			continue;
		for (uint64_t others = seen; others && free; others &= others - 1) {
			unsigned int other = __builtin_ctzll(others);

			free = tree_clock(tree, i)[other] <= begins[other];
		}
		seen |= 1ull << actor;
		begins[actor] = i;
		if (free)
			able |= 1ull << actor;
	}
	return able;
}

static void reverse(struct tree *tree, uint32_t first, uint32_t last)
{
	uint64_t able;
	struct node *node;

	while (tree->nodes[first].glued && first > tree->window)
		first--;
	node = &tree->nodes[first];
	if (node->glued)
		return;
	able = initials(tree, first, last);
	if (able & (node->todo | node->asleep))
		return;
	able &= node->enabled;
	if (!able)
		node->todo |= node->enabled;
	else if (able >> tree->nodes[last].actor & 1)
		node->todo |= 1ull << tree->nodes[last].actor;
	else
		node->todo |= able & -able;
}

/*
 * Nothing but the two themselves puts @race's step before the one that is over. Of a
 * lock that was let go in between only another time that it was held counts: what
 * was done under it comes before for the lock's sake.
 */
static bool immediate(const struct tree *tree, const struct race *race)
{
	for (uint32_t i = 0; i < tree->nr_races; i++) {
		const struct race *other = &tree->races[i];

		if (race->lock && (other->lock != race->lock || !other->reversible))
			continue;
		if (other->node > race->node && tree_before(tree, race->node, other->node))
			return false;
	}
	return race->reversible;
}

/* Is a step that frees ordered with all that others did so far? And this one with all that others freed? */
static void note_frees(struct tree *tree, uint32_t index)
{
	const struct node *node = &tree->nodes[index];
	const uint32_t *clock = tree_clock(tree, index);
	bool frees = false;
	uint32_t i;

	for (i = tree->last_freed; i && tree->touches[i].node >= tree->window; i = tree->touches[i].prev) {
		frees |= tree->touches[i].node == index;
		if (tree->touches[i].node != index && !tree_before(tree, tree->touches[i].node, index))
			tree->explored.frees_open = true;
	}
	for (i = 0; frees && i < tree->nr_lanes; i++)
		if (i != node->actor && tree->lanes[i].last_step > clock[i])
			tree->explored.frees_open = true;
}

FOR_EACH_LENGTH void step_done(struct tree *tree, uint32_t index, uint32_t stride)
{
	const struct node *node = &tree->nodes[index];
	const uint32_t end = node->first_touch + node->nr_touches;
	uint32_t before[SIM_SEARCH_ACTORS_MAX], *clock = tree->clocks + (size_t)index * stride;

	tree->nr_races = 0;
	if (unlikely(!tree->room_keys))
		keys_rebuild(tree);
	if (node->before)
		memcpy(clock, tree->clocks + (size_t)(node->before - 1) * stride, stride * sizeof(*clock));
	else
		memset(clock, 0, stride * sizeof(*clock));
	if (node->enabled_by)
		join(tree, clock, node->enabled_by - 1, stride);
	memcpy(before, clock, stride * sizeof(*clock));
	for (uint32_t i = node->first_touch; i < end; i++) {
		const struct touch *touch = &tree->touches[i];

		link_touch(tree, i, !node->waits);
		if (unlikely(touch->deed.bytes))
			scan_freed(tree, touch, before, clock);
		else
			scan(tree, touch, before, clock, stride);
	}
	clock[node->actor] = index + 1;
	if (unlikely(tree->last_freed) && !tree->explored.frees_open)
		note_frees(tree, index);
	for (uint32_t i = 0; i < tree->nr_races; i++)
		if (immediate(tree, &tree->races[i]))
			reverse(tree, tree->races[i].node, index);
}

static void dpor_step_done(struct tree *tree, uint32_t index)
{
	if (likely(tree->stride == 4))
		step_done(tree, index, 4);
	else
		step_done(tree, index, tree->stride);
}

static unsigned int dpor_choose(struct tree *tree, struct node *node)
{
	uint64_t able = node->enabled & ~node->asleep;
	unsigned int actor;

	if (!able)
		return NOBODY;
	actor = tree_prefer(node, able);
	/* Who comes to a race below may be another process, which cannot have it reversed here. */
	node->todo = node->partings < tree->options.split && !node->glued ? node->enabled : 1ull << actor;
	return actor;
}

static bool dpor_again(struct tree *tree)
{
	tree->explored.traces = tree->explored.runs;
	return false;
}

const struct tree_ops dpor_ops = {
	.choose = dpor_choose,
	.step_done = dpor_step_done,
	.again = dpor_again,
};
