// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who could go on: which locks are held where the path stands. An actor that would
 * wait for one is not picked, so that who gets it next stays open. Kept from what
 * the machine records, with every change noted so that a mark can be gone back to.
 * Where a lock lies is the same in all runs, and stays known: earlier runs' touches
 * name it by its number.
 */
#include "explore.h"

#include <stdlib.h>
#include <string.h>

static struct lock_state *lock_of(struct tree *tree, unsigned long object)
{
	struct lock_state *lock;

	if (unlikely(object >= tree->room_locks)) {
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
		*lock = (struct lock_state){ .begun = tree->begun, .place = lock->place };
	return lock;
}

void locks_note_place(struct tree *tree, unsigned long object, uint64_t place)
{
	struct lock_state *lock = lock_of(tree, object);

	if (!lock->place)
		lock->place = place;
}

void locks_note(struct tree *tree, const struct sim_access *access)
{
	struct lock_state *lock = lock_of(tree, access->object);

	if (unlikely(tree->nr_changes == tree->room_changes))
		tree->changes = tree_grown(tree->changes, &tree->room_changes, tree->nr_changes + 1,
					   sizeof(*tree->changes));
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

void locks_undo(struct tree *tree, uint32_t nr_changes)
{
	struct lock_state *lock;
	uint64_t place;

	while (tree->nr_changes > nr_changes) {
		const struct lock_change *change = &tree->changes[--tree->nr_changes];

		lock = &tree->locks[change->object];
		place = lock->place;
		*lock = change->before;
		lock->place = place;
	}
}

bool locks_hold(const struct tree *tree, const struct sim_actor_view *view)
{
	const struct lock_state *lock;

	if (view->next_result || view->next_object >= tree->room_locks)
		return false;
	lock = &tree->locks[view->next_object];
	if (lock->begun != tree->begun)
		return false;
	return lock->written || (view->next_kind == SIM_POINT_LOCK && lock->readers);
}
