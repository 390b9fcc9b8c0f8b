// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Marks: where the path branches the world is kept as it stands, so that the other
 * choices of that node begin there and not at the run's beginning.
 *
 * All that a run has changed lies in the world's memory and on its fibers' stacks, so
 * a mark is a snapshot (sim/snapshot.h) that is taken while every body is suspended:
 * the search has the scheduler pause at the choice. With it goes what the tree itself
 * knew of the run. Marks lie on the path as its nodes do, the last one deepest, and
 * their memory is used again for the next one at that depth of the stack.
 *
 * What a mark costs grows with the world, what it saves with the length of the path.
 * In a world of more than MARK_BYTES_MAX a run is repeated from its beginning. A search
 * that asks for every state of a path has them all, up to MARKS_BYTES_MAX together.
 */
#include "explore.h"
#include <sim/snapshot.h>

#include <stdlib.h>
#include <string.h>

#define MARK_BYTES_MAX ((size_t)64 << 10)
#define MARKS_BYTES_MAX ((size_t)1 << 30)

static struct mark *mark_next(struct tree *tree)
{
	if (tree->nr_marks == tree->made_marks) {
		tree->marks = tree_grown(tree->marks, &tree->room_marks, tree->made_marks + 1, sizeof(*tree->marks));
		tree->marks[tree->made_marks++] = (struct mark){};
	}
	return &tree->marks[tree->nr_marks];
}

/* False: it cannot be had, or is more than is to be kept. */
static bool mark_take(struct tree *tree, struct mark *mark)
{
	size_t bytes;

	mark->snapshot = sim_snapshot_retake(mark->snapshot, tree->nr_marks ? mark[-1].snapshot : NULL);
	if (!mark->snapshot) {
		if (tree->ops->arrived)
			tree->explored.unfit = "this build cannot look at the stacks of tasks";
		return false;
	}
	bytes = sim_snapshot_bytes(mark->snapshot);
	if (!tree->ops->arrived)
		return bytes <= MARK_BYTES_MAX;
	tree->mark_bytes += bytes - mark->bytes;
	mark->bytes = bytes;
	if (tree->mark_bytes <= MARKS_BYTES_MAX)
		return true;
	tree->explored.unfit = "the states of one run take more than a GiB";
	return false;
}

const struct mark *marks_add(struct tree *tree)
{
	struct mark *mark = mark_next(tree);

	if (!mark_take(tree, mark)) {
		tree->no_marks = true;
		return NULL;
	}
	tree->nr_marks++;
	mark->node = tree->depth;
	mark->window = tree->window;
	mark->has_ahead = tree->has_ahead;
	mark->stepped = tree->stepped;
	mark->noted = tree->noted;
	mark->nr_lanes = tree->nr_lanes;
	if (!tree->nr_lanes)
		return mark;
	mark->lanes = tree_grown(mark->lanes, &mark->room_lanes, tree->nr_lanes, sizeof(*mark->lanes));
	memcpy(mark->lanes, tree->lanes, tree->nr_lanes * sizeof(*mark->lanes));
	return mark;
}

bool marks_resume(struct tree *tree)
{
	const struct mark *mark;

	/* The last node of the path is the one with a new choice. */
	while (tree->nr_marks && tree->marks[tree->nr_marks - 1].node >= tree->replay)
		tree->nr_marks--;
	if (!tree->nr_marks)
		return false;
	mark = &tree->marks[tree->nr_marks - 1];
	sim_snapshot_restore(mark->snapshot);
	if (tree->ops->arrived)
		sim_snapshot_tidy();
	tree->depth = mark->node;
	tree->window = mark->window;
	tree->has_ahead = mark->has_ahead;
	tree->stepped = mark->stepped;
	tree->noted = mark->noted;
	tree->nr_lanes = mark->nr_lanes;
	if (mark->nr_lanes)
		memcpy(tree->lanes, mark->lanes, mark->nr_lanes * sizeof(*mark->lanes));
	tree->running = true;
	tree->run++;
	tree->cut = false;
	tree->stepping = false;
	tree->arrived = false;
	tree->marked = true;
	tree->open = true;
	return true;
}

void marks_forget(struct tree *tree)
{
	for (uint32_t i = 0; i < tree->made_marks; i++) {
		sim_snapshot_free(tree->marks[i].snapshot);
		free(tree->marks[i].lanes);
	}
	free(tree->marks);
	tree->marks = NULL;
	tree->nr_marks = tree->made_marks = tree->room_marks = 0;
	tree->mark_bytes = 0;
}
