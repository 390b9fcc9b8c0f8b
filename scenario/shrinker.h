/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The shrinker at work, and its parts: shrink.c leaves out, shrink_simplify.c changes, shrink_detour.c goes round. */
#ifndef SCENARIO_SHRINKER_H
#define SCENARIO_SHRINKER_H

#include <scenario/op.h>
#include <scenario/shrink.h>

/* A statement in the order of the tree; what is inside it follows it. */
struct unit {
	struct stmt *stmt;
	unsigned int inside;	/* units of its block */
	bool fixed;		/* title, ref and kernels are no part of the failure */
	bool left_out;
};

struct shrinker {
	const struct shrink_options *options;
	struct shrink_result *result;
	const char *path;
	struct program *best;
	struct unit *unit;
	unsigned int nr_units;
	bool *task_made, *variable_made;	/* by slot, in closing over what depends */
	unsigned int at;			/* the unit that the printer asks about next */
};

/* Counts the changes that are possible, and makes the one that is asked for. */
struct change {
	unsigned int wanted;
	unsigned int at;
	bool made;
};

/* Is the change that is possible here the one? */
static inline bool chosen(struct change *change)
{
	if (change->at++ != change->wanted)
		return false;
	change->made = true;
	return true;
}

bool shrinker_may_go_on(const struct shrinker *shrinker);
/* The tree as it stands, less what is left out: does it still fail? Then it is the best one. */
bool shrinker_candidate(struct shrinker *shrinker);
/* The tree was changed and the change did not serve: from the text of the best one again. */
void shrinker_restore(struct shrinker *shrinker);
/* Leaves out also what uses a task or variable that nothing before it makes any more. */
void shrinker_close_over(struct shrinker *shrinker);
/* @nr units from @first on, and what uses what they make. */
bool shrinker_without(struct shrinker *shrinker, unsigned int first, unsigned int nr);
/* Tasks, and variables of one kind, that can be one. Returns whether some could. */
bool shrinker_merge(struct shrinker *shrinker);

/* The phases; each returns whether it made the program smaller. */
bool shrinker_simplify(struct shrinker *shrinker);
bool shrinker_detour(struct shrinker *shrinker);

#endif
