// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A tree search as a strategy: it follows the path that is left of the last run and
 * goes on by its own choice. What the steps touch is looked at by some searches
 * alone (steps.c): the others hear of nothing, and ask the world who holds which lock.
 */
#include "explore.h"
#include <sim/snapshot.h>

#include <stdlib.h>

void *tree_grow(void *array, uint32_t *room, size_t need, size_t size)
{
	uint32_t more = *room ? *room : 64;

	while (more < need)
		more *= 2;
	array = realloc(array, more * size);
	if (!array)
		sim_die("the host is out of memory (a search of %u steps)", more);
	*room = more;
	return array;
}

/*
 * Nodes
 */

void tree_nodes_grow(struct tree *tree)
{
	tree->nodes = tree_grow(tree->nodes, &tree->room, tree->depth + 1, sizeof(*tree->nodes));
}

_Noreturn void tree_not_the_same(const struct tree *tree)
{
	sim_die("step %u of a schedule was another one when it was run again: the run is no function of its choices",
		tree->depth + 1);
}

/*
 * Lots: parts of the tree for several processes
 */

static bool next_lot(struct tree *tree)
{
	tree->skipped = tree->options.mine && !tree->options.mine(tree->options.split_arg, tree->nr_lots);
	tree->nr_lots++;
	return !tree->skipped;
}

/* @node is new. False: it is the first of a lot that another process runs. */
static inline bool enter_lot(struct tree *tree, const struct node *node)
{
	if (likely(!tree->options.split) || tree->lot_node || node->partings < tree->options.split)
		return true;
	tree->lot_node = tree->depth + 1;
	return next_lot(tree);
}

bool tree_skipped(struct tree *tree)
{
	/* A run that parts from others less often is a lot by itself. */
	if (tree->options.split && tree->running && !tree->lot_node && !tree->lot_asked) {
		tree->lot_asked = true;
		next_lot(tree);
	}
	return tree->skipped;
}

/*
 * What the scheduler tells and asks
 */

static void tree_record_steps(void *state, const struct sim_access *access)
{
	steps_record(state, access);
}

static void tree_record_ample(void *state, const struct sim_access *access)
{
	ample_record(state, access);
}

#define LOCKING (1ul << SIM_POINT_LOCK | 1ul << SIM_POINT_LOCK_READ)

/* What @view is about is looked at each time that somebody is picked, or not at all. */
static inline void note(struct tree *tree, const struct sim_actor_view *view)
{
	tree->noted &= ~(1ull << view->index);
	tree->noted |= (uint64_t)(tree->looked_at >> view->next_kind & 1) << view->index;
}

static __attribute__((noinline)) void note_ready(struct tree *tree)
{
	const struct sim_world *world = sim_this;

	for (uint64_t left = world->ready_bits; left; left &= left - 1)
		note(tree, &world->rare.actors[__builtin_ctzll(left)]->view);
}

static void tree_enabled(void *state, unsigned int by, unsigned int actor)
{
	struct tree *tree = state;

	if (!tree->open || actor >= SIM_SEARCH_ACTORS_MAX)
		return;
	note(tree, &sim_this->rare.actors[actor]->view);
	if (tree->ample)
		ample_woken(tree, actor);
	if (by < SIM_SEARCH_ACTORS_MAX) {
		tree->stepped |= 1ull << by;
		if (tree->touching)
			steps_enabled(tree, actor);
	} else {
		/* Time passed, as nobody could go on: everything lies before. */
		if (tree->touching)
			steps_end(tree);
		tree->window = tree->depth;
	}
}

static inline void window(struct tree *tree, bool open)
{
	tree->open = open;
	tree->window = tree->depth;
	tree->stepped = 0;
	sim_this->silent = open ? tree->options.silent : 0;
	if (open)
		note_ready(tree);
}

static void tree_window(void *state, bool open)
{
	window(state, open);
}

static void steps_window(void *state, bool open)
{
	steps_close(state);
	window(state, open);
}

static void ample_window(void *state, bool open)
{
	ample_step_over(state);
	if (open)
		ample_listen(state);
	window(state, open);
}

/* An actor that would wait for a lock is not picked, so that who gets it next stays open. @view is of one. */
static inline bool would_wait(const struct sim_world *world, const struct sim_actor_view *view)
{
	/* One that only tries goes on. */
	if (view->next_result || view->next_object >= world->room_holds)
		return false;
	/* A writer counts as all readers that there can be. */
	return world->holds[view->next_object] > (view->next_kind == SIM_POINT_LOCK ? 0 : ~0u - 1);
}

/* Fills in who can go on. Where all would wait, the first one is let do so: the machine will tell of it. */
static inline void look_around(const struct tree *tree, struct node *node, uint64_t enabled,
			       const struct sim_actor_view *const *ready, int current)
{
	node->enabled = enabled;
	if (unlikely(!enabled)) {
		node->enabled = 1ull << ready[0]->index;
		node->glued = true;
		node->waits = true;
	} else if (current >= 0 && enabled & tree->stepped & 1ull << ready[current]->index) {
		node->current = ready[current]->index;
	}
}

static unsigned int cut(struct tree *tree)
{
	tree->cut = true;
	return SIM_PICK_STOP;
}

/*
 * What pick() does is made three times, for a strategy each: of those that hear of nothing, which searches of @touching
 * and those with a reduction (@reduced) are not, it is nearly all that a step costs.
 */
#define FOR_EACH_STRATEGY static inline __attribute__((always_inline))

/* Makes nodes[depth]. Returns 0, or what the scheduler is to do before somebody goes on. */
FOR_EACH_STRATEGY unsigned int add_node(struct tree *tree, uint64_t enabled, uint64_t may_be_alone,
					const struct sim_actor_view *const *ready, int current, bool touching,
					bool reduced)
{
	unsigned int alone = NOBODY;
	struct node *node;

	if (reduced && !tree->arrived)
		alone = ample_actor(tree, enabled, may_be_alone, ready, current);
	if (alone == NOBODY && tree->ops->arrived && !tree->arrived)
		return SIM_PICK_PAUSE;
	tree->arrived = false;
	node = tree_node_new(tree, touching);
	look_around(tree, node, enabled, ready, current);
	if (!enter_lot(tree, node))
		return cut(tree);
	if (alone != NOBODY) {
		ample_take(tree, node, alone);
		return 0;
	}
	node->actor = tree->ops->choose(tree, node);
	if (node->actor == NOBODY)
		return cut(tree);
	if (!tree->ops->arrived && marks_want(tree, node, touching)) {
		tree->replay = tree->depth + 1;
		return SIM_PICK_PAUSE;
	}
	return 0;
}

/*
 * @actor's place in ready[]: so many are before it. No loop, whose end nobody could tell beforehand, and no
 * __builtin_popcountll(): x86-64 need not have the instruction, so that one is a call.
 */
static inline unsigned int position_of(const struct tree *tree, unsigned int actor)
{
	uint64_t ready = sim_this->ready_bits, below = ready & ((1ull << actor) - 1);

	if (unlikely(!(ready >> actor & 1)))
		tree_not_the_same(tree);
	below -= below >> 1 & 0x5555555555555555;
	below = (below & 0x3333333333333333) + (below >> 2 & 0x3333333333333333);
	return ((below + (below >> 4)) & 0x0f0f0f0f0f0f0f0f) * 0x0101010101010101 >> 56;
}

/* The choice at nodes[depth] is made. */
FOR_EACH_STRATEGY unsigned int follow(struct tree *tree, const struct sim_actor_view *const *ready, bool touching,
				      bool reduced)
{
	const struct node *node = &tree->nodes[tree->depth];
	unsigned int pos = position_of(tree, node->actor);

	if (reduced && node->chain)
		ample_hear_step(tree);
	tree_step_begin(tree, node->actor, ready[pos]->next_kind, touching);
	return pos;
}

FOR_EACH_STRATEGY unsigned int pick_anew(struct tree *tree, const struct sim_actor_view *const *ready,
					 unsigned int nr, int current, bool touching, bool reduced)
{
	const struct sim_world *world = sim_this;
	uint64_t enabled = world->ready_bits, alone = 0;

	if (unlikely(tree->cut))
		return SIM_PICK_STOP;
	if (unlikely(ready[nr - 1]->index >= SIM_SEARCH_ACTORS_MAX)) {
		tree->explored.unfit = "more than 64 actors";
		return cut(tree);
	}
	if (current >= 0)
		note(tree, ready[current]);
	for (uint64_t left = tree->noted & enabled; left; left &= left - 1) {
		const struct sim_actor_view *view = &world->rare.actors[__builtin_ctzll(left)]->view;

		if (tree->options.silent >> view->next_kind & 1)
			return position_of(tree, view->index);
		if (!(LOCKING >> view->next_kind & 1))
			alone |= left & -left;
		else
			enabled &= ~((uint64_t)would_wait(world, view) << view->index);
	}
	if (touching)
		steps_end(tree);
	if (reduced && !ample_step_over(tree))
		return SIM_PICK_STOP;
	if (tree->depth >= tree->replay) {
		unsigned int instead = add_node(tree, enabled, alone & enabled, ready, current, touching, reduced);

		if (unlikely(instead))
			return instead;
	}
	return follow(tree, ready, touching, reduced);
}

#define PICK(name, touching, reduced)                                                                                \
	static __attribute__((noinline)) unsigned int name##_pick_anew(struct tree *tree,                            \
								       const struct sim_actor_view *const *ready,    \
								       unsigned int nr, int current)                 \
	{                                                                                                            \
		return pick_anew(tree, ready, nr, current, touching, reduced);                                       \
	}                                                                                                            \
	static unsigned int name##_pick(void *state, const struct sim_actor_view *const *ready, unsigned int nr,     \
					int current)                                                                 \
	{                                                                                                            \
		struct tree *tree = state;                                                                           \
														     \
		if (!tree->marked)                                                                                   \
			return name##_pick_anew(tree, ready, nr, current);                                           \
		tree->marked = false;                                                                                \
		return follow(tree, ready, touching, reduced);                                                       \
	}

PICK(tree, false, false)
PICK(steps, true, false)
PICK(ample, false, true)

/* A choice of the running actor's own: each value in turn. */
static unsigned long tree_draw(void *state, unsigned long bound)
{
	struct tree *tree = state;
	unsigned int actor = sim_this->current->view.index;
	struct node *node;

	if (!tree->open || tree->cut || actor >= SIM_SEARCH_ACTORS_MAX)
		return 0;
	if (tree->ample)
		ample_disturbed(tree);
	if (tree->cut)
		return 0;
	if (tree->touching) {
		if (!tree->stepping)
			return 0;
		steps_end(tree);
		actor = tree->nodes[tree->depth - 1].actor;
	}
	tree->draws = true;
	if (tree->depth >= tree->replay) {
		node = tree_node_new(tree, tree->touching);
		node->glued = true;
		node->actor = actor;
		node->enabled = node->todo = 1ull << actor;
		node->draw_bound = bound;
		node->preemptions = tree_preemptions(tree, node);
	}
	node = &tree->nodes[tree->depth];
	if (node->draw_bound != bound)
		tree_not_the_same(tree);
	tree_step_begin(tree, actor, SIM_POINT_NONE, tree->touching);
	return node->drawn;
}

static void *tree_begin(unsigned long seed, const struct sim_tape *tape, void *context)
{
	struct tree *tree = context;

	tree->running = true;
	tree->run++;
	tree->cut = false;
	tree->open = false;
	tree->arrived = false;
	tree->marked = false;
	tree->stepping = false;
	tree->depth = 0;
	tree->window = 0;
	sim_holds_keep(sim_this);
	return tree;
}

static void tree_paused(void *state)
{
	struct tree *tree = state;
	const struct mark *mark;

	if (tree->ops->arrived)
		sim_snapshot_tidy();
	mark = marks_add(tree);
	tree->marked = !tree->ops->arrived;
	if (tree->marked)
		return;
	tree->arrived = true;
	tree->cut = !mark || !tree->ops->arrived(tree, mark);
}

const struct sim_strategy sim_strategy_tree = {
	.name = "tree",
	.what = "follows a search's path",
	.begin = tree_begin,
	.pick = tree_pick,
	.draw = tree_draw,
	.enabled = tree_enabled,
	.window = tree_window,
	.paused = tree_paused,
};

const struct sim_strategy sim_strategy_steps = {
	.name = "steps",
	.what = "follows a search's path, and hears what each step touches",
	.begin = tree_begin,
	.pick = steps_pick,
	.draw = tree_draw,
	.record = tree_record_steps,
	.enabled = tree_enabled,
	.window = steps_window,
	.paused = tree_paused,
};

const struct sim_strategy sim_strategy_ample = {
	.name = "ample",
	.what = "follows a search's path, and hears what some steps touch",
	.begin = tree_begin,
	.pick = ample_pick,
	.draw = tree_draw,
	.record = tree_record_ample,
	.enabled = tree_enabled,
	.window = ample_window,
	.paused = tree_paused,
};

/*
 * Between runs
 */

/* Is something left to try at @node? The next value of a draw is set; of actors, who they are is in *@left. */
static inline bool has_next(struct node *node, uint64_t *left)
{
	if (unlikely(node->drawn + 1 < node->draw_bound)) {
		node->drawn++;
		*left = 0;
		return true;
	}
	node->done |= 1ull << node->actor;
	*left = node->todo & ~(node->done | node->asleep);
	return *left && !node->glued;
}

/*
 * Cuts the path back to the deepest node with something left to try, and begins with it; false where none has.
 * @touching: tree->touching.
 */
static inline __attribute__((always_inline)) bool cut_back(struct tree *tree, bool touching)
{
	uint32_t depth = tree->depth;
	struct node *node;
	uint64_t left;

	do {
		if (!depth) {
			tree->depth = 0;
			return false;
		}
		node = &tree->nodes[--depth];
	} while (!has_next(node, &left));
	tree->depth = tree->replay = depth + 1;
	if (unlikely(tree->replay < tree->lot_node))
		tree->lot_node = 0;
	if (touching)
		steps_undo(tree, node->first_touch);
	if (unlikely(!left))
		return true;
	if (touching)
		steps_put_to_sleep(tree, node);
	node->actor = tree_prefer(node, left);
	return true;
}

static __attribute__((noinline)) bool cut_back_steps(struct tree *tree)
{
	return cut_back(tree, true);
}

/* 0: one trace's are not known, and so is no sum. */
static void count_in(struct tree *tree, double interleavings)
{
	tree->options.count = interleavings > 0;
	tree->explored.interleavings = tree->options.count ? tree->explored.interleavings + interleavings : 0;
}

/* Of a search that looks at what steps touch, or one by several processes; false: it is another's. */
static __attribute__((noinline)) bool run_over_rest(struct tree *tree)
{
	if (tree->touching)
		steps_end(tree);
	if (tree_skipped(tree)) {
		tree->lot_asked = tree->skipped = false;
		return false;
	}
	tree->lot_asked = false;
	if (tree->touching && tree->options.count && !tree->cut)
		count_in(tree, tree_interleavings(tree));
	return true;
}

static inline void run_over(struct tree *tree)
{
	bool mine = !(tree->touching || tree->options.split) || run_over_rest(tree);

	tree->running = false;
	if (!mine)
		return;
	if (tree->cut && (!tree->ops->remembers || tree->anew))
		tree->explored.cut++;
	else
		tree->explored.runs++;
}

/* The path has no node left to try. */
static __attribute__((noinline)) bool next_from_root(struct tree *tree)
{
	tree->replay = 0;
	tree->lot_node = 0;
	if (tree->touching)
		steps_undo(tree, 1);
	tree->nr_sleepers = 0;
	if (tree->ops->again && tree->ops->again(tree))
		return true;
	tree->ended = true;
	tree->explored.finished = !tree->over_budget;
	return false;
}

bool tree_next(struct tree *tree)
{
	if (unlikely(!tree->run))
		return true;
	if (likely(tree->running))
		run_over(tree);
	if (unlikely(tree->explored.unfit || tree->ended))
		return false;
	if (unlikely(tree->anew)) {
		tree->depth = tree->anew;
		tree->replay = --tree->depth;
		tree->anew = 0;
		return true;
	}
	return likely(tree->touching ? cut_back_steps(tree) : cut_back(tree, false)) || next_from_root(tree);
}

void tree_init(struct tree *tree, const struct tree_ops *ops, const struct sim_search_options *options)
{
	*tree = (struct tree){ .ops = ops, .options = *options, .nr_touches = 1, .touching = ops->step_done != NULL,
			       .no_marks = !options->resumes };
	tree->touches = tree_grown(NULL, &tree->room_touches, 1, sizeof(*tree->touches));
	tree->touches[0] = (struct touch){};
	tree->looked_at = options->silent | LOCKING;
	tree->strategy = tree->touching ? &sim_strategy_steps : &sim_strategy_tree;
	if (options->reduce && !tree->touching) {
		tree->looked_at |= AMPLE_KINDS;
		tree->ample = ample_new();
		tree->strategy = &sim_strategy_ample;
	}
}

void tree_fini(struct tree *tree)
{
	free(tree->nodes);
	free(tree->touches);
	free(tree->sleepers);
	free(tree->clocks);
	free(tree->keys);
	free(tree->heads);
	free(tree->places);
	free(tree->races);
	marks_forget(tree);
	free(tree->states);
	ample_free(tree->ample);
}
