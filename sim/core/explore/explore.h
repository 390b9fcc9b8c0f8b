/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the searches share: the tree of choices, of which one path is kept.
 *
 * nodes[0 .. depth) is the schedule under way: node i is the choice of who does
 * step i, with what was known before it (who could go on, who sleeps) and what is
 * known behind it (what the step touched, and after which steps it comes). Between
 * runs the path is cut back to the deepest node with something left to try, and
 * the next run repeats the path up to there: from its beginning, or from a mark, the
 * world as it stood at some node of the path (marks.c).
 */
#ifndef SIM_CORE_EXPLORE_H
#define SIM_CORE_EXPLORE_H

#include "../core.h"
#include <sim/explore.h>

#include <string.h>

#define NOBODY 0xffff

/* What an access is to others. */
struct effect {
	bool shared;		/* something at all */
	bool write;
	bool release;		/* of a lock */
	bool waits;		/* takes a lock, and would wait for it */
};

/* What is done to one thing. */
struct deed {
	uint64_t key;		/* what */
	uint32_t bytes;		/* freed from there on; 0: nothing is, and it is that one thing */
	struct effect is;
};

/* One thing that a step touched. */
struct touch {
	struct deed deed;
	uint32_t node;		/* whose step */
	uint32_t prev;		/* the one before of the same thing, by index into touches[]; 0: none */
	uint32_t prev_write;	/* the last one before that changes it */
	uint32_t slot;		/* in keys[] and heads[], where it is linked */
	uint16_t actor;
	bool linked;		/* on its thing's list */
};

struct node {
	uint64_t enabled;	/* bits by actor: who could go on */
	uint64_t todo;		/* who is to be tried, or was */
	uint64_t done;		/* who was */
	uint64_t asleep;	/* whose step would only repeat another run */
	unsigned long drawn;	/* a draw: its value, and bound; 0: none */
	unsigned long draw_bound;
	uint32_t preemptions;	/* above it */
	uint16_t actor;
	uint16_t current;	/* who was running and could have gone on; NOBODY */
	uint16_t partings;	/* above it: nodes where somebody else could have gone on */
	uint16_t chain;		/* nodes with one step up to here, this one among them; 0: everybody is tried */
	bool glued;		/* nobody else could have been picked: part of the step before */
	bool waits;		/* comes to a real wait, as nobody else can go on: touches nothing */
	bool opens;		/* first of a window */
	/* What follows steps.c alone sets, and looks at. */
	uint32_t first_touch;	/* of the step: nr_touches */
	uint32_t nr_touches;
	uint32_t first_sleeper;	/* asleep before the step, and behind them those that were tried */
	uint32_t nr_sleepers;
	uint32_t before;	/* 1 + the actor's step before; 0: none */
	uint32_t enabled_by;	/* 1 + the step that let the actor go on; 0: none */
};

/* A step that was run from some node of the path, and what it touched there. */
struct sleeper {
	uint16_t actor;
	uint32_t first_touch;
	uint32_t nr_touches;
};

/* The step that is over depends on an earlier one of another actor. */
struct race {
	uint32_t node;		/* the earlier one */
	bool reversible;	/* it could have come first: not an unlock that it had to wait for */
	uint64_t lock;		/* the lock that both take, if that is why; else 0 */
};

/* An actor on the path under way. */
struct lane {
	uint32_t last_step;	/* 1 + index; 0: none in this window */
	uint32_t enabled_by;	/* 1 + the step that let it go on, since; 0: none */
	struct deed ahead;	/* what it will do first: where has_ahead says so */
};

/* A place on the path to go on from: the world, and what the tree knew of the run. */
struct mark {
	struct sim_snapshot *snapshot;
	size_t bytes;		/* of it: where every state is asked for */
	uint32_t node;		/* whose choice is open */
	uint32_t window;
	uint64_t has_ahead, stepped, noted;
	struct lane *lanes;	/* of actors below nr_lanes */
	uint32_t nr_lanes, room_lanes;
};

struct tree;

/* What tells one tree search from another. */
struct tree_ops {
	/* At a new node whose enabled is set: sets todo, returns the actor to go first, or NOBODY: to cut the run. */
	unsigned int (*choose)(struct tree *tree, struct node *node);
	/* The step of the last node is over. Or NULL. */
	void (*step_done)(struct tree *tree, uint32_t index);
	/*
	 * Or NULL. At each new node, from outside with every body suspended: false: to cut the run. The mark of the
	 * node was added.
	 */
	bool (*arrived)(struct tree *tree, const struct mark *mark);
	bool remembers;		/* a run that is cut has come to where another was: what it did before is news */
	/* The path has no node left to try: true to begin again from the root. Or NULL. */
	bool (*again)(struct tree *tree);
};

struct tree {
	const struct tree_ops *ops;
	const struct sim_strategy *strategy;
	struct sim_search_options options;
	unsigned long run;		/* number of the run under way, from 1 */
	bool running;			/* a run is under way or not yet judged */
	bool touching;			/* the search looks at what steps touch */
	bool cut;
	uint32_t anew;			/* 1 + the node to go on from, as what the run did is void; 0: none */
	bool draws;			/* some run has drawn a value */
	bool ended;			/* nothing is left to try */
	bool open;			/* in the window */
	bool stepping;			/* the last node's step is under way */
	bool unlocks;			/* the step begins with the unlock that the actor came to */

	uint64_t stepped;		/* bits by actor: has done a step in this window */
	struct node *nodes;
	uint32_t depth, room;
	uint32_t replay;		/* nodes that the run has to repeat, the last with a new choice */
	uint32_t window;		/* first node of this window */
	struct touch *touches;		/* [0] is none */
	uint32_t nr_touches, room_touches;
	struct sleeper *sleepers;
	uint32_t nr_sleepers, room_sleepers;
	uint32_t *clocks;		/* of each node: stride entries */
	uint32_t stride, room_clocks;

	uint64_t *keys;			/* open addressing: a thing, and its latest touch */
	uint32_t *heads;
	uint32_t room_keys, nr_keys;
	uint32_t last_freed;		/* the latest touch that frees; they are on no thing's list */

	struct race *races;		/* dpor: of the step that is over with earlier ones */
	uint32_t nr_races, room_races;

	uint64_t *places;		/* of locks and whatever else has a number, by it; 0: not known */
	uint32_t room_places;
	struct lane lanes[SIM_SEARCH_ACTORS_MAX];
	uint32_t nr_lanes;		/* behind those nothing is set */
	uint64_t has_ahead;

	struct mark *marks;		/* in the order of the path; behind nr_marks: memory to be used again */
	uint32_t nr_marks, made_marks, room_marks;
	size_t mark_bytes;		/* of all that were made */
	bool no_marks;			/* they do not pay, or cannot be had */

	bool arrived;			/* at nodes[depth], whose mark was added; it is not made yet */
	bool marked;			/* at nodes[depth], which is made and has a mark: only to be followed */
	uint64_t *states;		/* stateful: hashes, by open addressing */
	size_t room_states;
	struct ample *ample;		/* NULL: no reduction */
	unsigned long looked_at;	/* bit KIND: who is about to do this is no matter of course to pick() */
	uint64_t noted;			/* bits by actor: who is; of the running one only from when pick() is asked */

	uint32_t lot_node;		/* options.split: 1 + the node where the lot under way begins; 0: none yet */
	unsigned long nr_lots;
	bool lot_asked, skipped;	/* of the run that is over or under way */

	unsigned int budget;		/* bounded: preemptions of this round */
	bool over_budget;		/* something was left out for it */
	unsigned long runs_before;	/* of the rounds before */
	struct sim_explored explored;
};

/* tree.c */
extern const struct sim_strategy sim_strategy_tree, sim_strategy_steps, sim_strategy_ample;
void tree_init(struct tree *tree, const struct tree_ops *ops, const struct sim_search_options *options);
void tree_fini(struct tree *tree);
/* Ends the last run; false where nothing is left. */
bool tree_next(struct tree *tree);
/* The run that is over is another process's: options.mine. */
bool tree_skipped(struct tree *tree);
/* @array with room for @need. */
void *tree_grow(void *array, uint32_t *room, size_t need, size_t size);
static inline void *tree_grown(void *array, uint32_t *room, size_t need, size_t size)
{
	return likely(need <= *room) ? array : tree_grow(array, room, need, size);
}
/* Makes room for nodes[depth]. */
void tree_nodes_grow(struct tree *tree);
_Noreturn void tree_not_the_same(const struct tree *tree);

/* The running actor where it can go on, else the oldest of @mask. */
static inline unsigned int tree_prefer(const struct node *node, uint64_t mask)
{
	if (node->current != NOBODY && mask >> node->current & 1)
		return node->current;
	return __builtin_ctzll(mask);
}

static inline uint32_t *tree_clock(const struct tree *tree, uint32_t index)
{
	return tree->clocks + (size_t)index * tree->stride;
}

/* Does step @a come before step @b in every order of this trace? @a before @b on the path. */
static inline bool tree_before(const struct tree *tree, uint32_t a, uint32_t b)
{
	return tree_clock(tree, b)[tree->nodes[a].actor] > a;
}

/* Of the choices above @node, which is new. Kept by those who ask, and by draws. */
static inline uint32_t tree_preemptions(const struct tree *tree, const struct node *node)
{
	const struct node *above = node - 1;

	if (node == tree->nodes)
		return 0;
	return above->preemptions + (above->current != NOBODY && above->current != above->actor);
}

/* steps.c */

/* Is it any business of other actors? */
bool steps_is_shared(const struct sim_access *access);
/* The same in all runs of what is made in the same order, and of two things not the same. */
uint64_t steps_place(const void *at);

/* The rest only where tree->touching. */

/* @node is new; its step begins, by an actor that was about to do @kind; the step under way, if one is, is over. */
void steps_node(struct tree *tree, struct node *node);
void steps_begin(struct tree *tree, struct node *node, enum sim_point kind);
void steps_end(struct tree *tree);

/* nodes[depth]. Nodes are made in the order of the path. @touching: tree->touching. */
static inline struct node *tree_node_new(struct tree *tree, bool touching)
{
	struct node *node;

	if (unlikely(tree->depth == tree->room))
		tree_nodes_grow(tree);
	node = &tree->nodes[tree->depth];
	memset(node, 0, offsetof(struct node, first_touch));
	node->current = NOBODY;
	node->opens = tree->depth == tree->window;
	if (unlikely(tree->options.split) && tree->depth)
		node->partings = node[-1].partings + (!node[-1].glued && (node[-1].enabled & (node[-1].enabled - 1)));
	if (touching)
		steps_node(tree, node);
	return node;
}

/* The step of nodes[depth] begins, by @actor, which was about to do @kind. */
static inline void tree_step_begin(struct tree *tree, unsigned int actor, enum sim_point kind, bool touching)
{
	tree->depth++;
	tree->stepped |= 1ull << actor;
	if (touching)
		steps_begin(tree, &tree->nodes[tree->depth - 1], kind);
}

/* What struct sim_strategy's record(), enabled() and window() hear. */
void steps_record(struct tree *tree, const struct sim_access *access);
void steps_enabled(struct tree *tree, unsigned int actor);
void steps_close(struct tree *tree);
/* Is what @one is about in what @freed frees? */
bool steps_free(const struct tree *tree, const struct deed *freed, const struct deed *one);
/* Forgets touches from @first on. */
void steps_undo(struct tree *tree, uint32_t first);
/* But keeps what the step of @node, the last one, touched, as another actor is tried there. */
void steps_put_to_sleep(struct tree *tree, struct node *node);

/* marks.c */

/* To take a mark costs as much as so many steps. */
#define MARK_STEPS 2
/* On a path of so many steps marks lie one step further apart, on one of twice as many two: they must fit in memory. */
#define MARK_STEPS_THIN 256

/* At a new node: is it to be marked before its choice is made? */
static inline bool marks_want(const struct tree *tree, const struct node *node, bool touching)
{
	uint64_t others = touching ? node->enabled & ~node->asleep : node->todo;
	uint32_t steps;

	others &= others - 1;
	if (!others || tree->no_marks)
		return false;
	/* Without it each of the others would go over the steps since the last mark again. */
	if (!tree->nr_marks)
		return true;
	steps = tree->depth - tree->marks[tree->nr_marks - 1].node;
	return (others & (others - 1) ? 2 * steps : steps) >= MARK_STEPS + tree->depth / MARK_STEPS_THIN;
}

/* From outside, paused at nodes[depth]. NULL where it cannot be had, and no other will be. */
const struct mark *marks_add(struct tree *tree);
/* Puts world and tree to the deepest mark of the path that is left; false where there is none. */
bool marks_resume(struct tree *tree);
/* Gives back what they keep of the world, and all of it. */
void marks_forget(struct tree *tree);

/* ample.c: where tree->ample is set. */

#define AMPLE_UNLOCKS (1ul << SIM_POINT_UNLOCK | 1ul << SIM_POINT_UNLOCK_READ)
/* What a step may begin with that nobody's step depends on. */
#define AMPLE_KINDS (AMPLE_UNLOCKS | 1ul << SIM_POINT_START | 1ul << SIM_POINT_NONE | 1ul << SIM_POINT_ALLOC | \
		     1ul << SIM_POINT_USER_COPY | 1ul << SIM_POINT_YIELD)

struct ample *ample_new(void);
void ample_free(struct ample *ample);
/* A run begins or goes on, or a step is over: the world is to tell what is always heard, and no more. */
void ample_listen(struct tree *tree);
/* What record() hears. */
void ample_record(struct tree *tree, const struct sim_access *access);
/*
 * The step of a node with a chain begins. Told or not, what it does goes other ways below: so that its actor's stack is
 * the same in the end, which is a part of the state, it is told each time.
 */
void ample_hear_step(struct tree *tree);
/* Something happened that the step under way, if there is one, cannot have done by itself; @actor was woken. */
void ample_disturbed(struct tree *tree);
void ample_woken(struct tree *tree, unsigned int actor);
/* Somebody is about to be picked, or the run is over. False: it has to end. */
bool ample_step_over(struct tree *tree);
/*
 * At a new node, nodes[depth], with what pick() gets, who could go on, and who of those is about to do something of
 * AMPLE_KINDS: the actor whose step is the only one that has to be tried there, or NOBODY. That step begins then.
 */
unsigned int ample_actor(struct tree *tree, uint64_t enabled, uint64_t candidates,
			 const struct sim_actor_view *const *ready, int current);
/* Its choice is made. */
void ample_take(struct tree *tree, struct node *node, unsigned int actor);
/* stateful.c: no state is known any more. */
void states_forget(struct tree *tree);

/* dpor.c, naive.c, bounded.c, stateful.c */
extern const struct tree_ops dpor_ops, naive_ops, bounded_ops, stateful_ops, whole_ops;
/* count.c: the interleavings of the trace that the path is; 0 where they are too many to count. */
double tree_interleavings(const struct tree *tree);

#endif
