/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Snapshots: a world as it stands, to come back to as often as wanted.
 *
 * A snapshot holds every byte that a run has changed or may change: the world's
 * memory (what is in use of it), the struct sim_world itself (hash, tape, reports,
 * counters, registries, slots), the stacks of bodies under way, and the regions
 * that layers named by sim_region_add(). Coming back copies those bytes to where
 * they were, at the same addresses, so pointers stay good; nothing is allocated.
 *
 *	prefix of the run
 *	snapshot = sim_snapshot_take();
 *	for each schedule {
 *		sim_snapshot_restore(snapshot);
 *		sim_strategy_set(strategy, seed, tape, context);
 *		the rest of the run
 *	}
 *	sim_snapshot_free(snapshot);
 *
 * A run that goes on from a snapshot cannot be told from one that came there by
 * itself: same hash, same tape, same object numbers, same addresses even. Several
 * snapshots of one world may stand at a time and are restored in any order.
 *
 * Bytes are not copied where the world knows that they are the same. It knows so of
 * what sim_rare_zalloc() gave, which is written behind sim_rare_written() alone; of
 * sim_outside_room(), behind sim_outside_written(); and of an actor's stack and
 * sim_actor_room(), which that actor writes while it runs. Whoever else writes there, as
 * to a wait queue's entry, says so: sim_stacks_written(). Builds without NDEBUG look
 * whether that is so at each snapshot that is taken or restored.
 *
 * Not part of a snapshot: the strategy with its state, which goes on as it is (or
 * is replaced by sim_strategy_set()), and what a layer keeps elsewhere (the C
 * library's heap, files) without having named it.
 *
 * Both calls are made outside any actor. Actors may be suspended in the middle of a
 * body then. Under Valgrind and ASan the same is done block by block, with what
 * those tools know about each byte; ThreadSanitizer's own view of a suspended body
 * cannot be copied, nor can ASan's frames on the heap (detect_stack_use_after_return).
 */
#ifndef SIM_SNAPSHOT_H
#define SIM_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>

struct sim_snapshot;
struct sim_strategy;
struct sim_tape;

/*
 * Of sim_this, outside any actor. NULL where a body is under way whose stack
 * cannot be copied (see above): the caller executes again instead. Lives until
 * sim_snapshot_free(), at the latest until the world is destroyed.
 */
struct sim_snapshot *sim_snapshot_take(void);
/*
 * The same into the memory of @snapshot, of the same world and not wanted any more; NULL: as above. For who takes
 * many. Where it returns NULL @snapshot is gone.
 * @below: NULL, or a snapshot that is neither retaken nor freed as long as this one is wanted: what has not changed
 * since is not copied.
 */
struct sim_snapshot *sim_snapshot_retake(struct sim_snapshot *snapshot, const struct sim_snapshot *below);
/* Puts sim_this, whose snapshot this is, back to it. Outside any actor; from any later or earlier state. */
void sim_snapshot_restore(struct sim_snapshot *snapshot);
void sim_snapshot_free(struct sim_snapshot *snapshot);
/*
 * 64 bits of all that decides how a run goes on from there: the held bytes and where
 * they lie, without how the run came there (its hash, its tape, how long it is). Of two
 * snapshots of one world, taken where sim_run() was paused, that agree, the same
 * choices lead to the same. A different digest says little: unlike bytes may mean the same.
 */
unsigned long long sim_snapshot_digest(struct sim_snapshot *snapshot);
/*
 * Takes away what no step can see and digests would differ by: the content of free
 * memory and its order, what ended calls left on stacks. Outside any actor.
 */
void sim_snapshot_tidy(void);
/* What taking it has copied. */
size_t sim_snapshot_bytes(const struct sim_snapshot *snapshot);

/*
 * [@at, @at + @bytes) lies outside the world's memory (a static variable of kernel
 * code, a structure of the runner on the host's stack or heap) but belongs to this
 * world from now on: snapshots carry it. When the world ends, or is put back to
 * before this call, the region gets back the content that it has now. It must stay
 * valid until the world is destroyed. Regions may overlap.
 */
void sim_region_add(void *at, size_t bytes);
/*
 * Puts all regions of sim_this back as the world's end would, so that another world may
 * run on this thread. The next thing that this one sees must be sim_snapshot_restore().
 */
void sim_regions_leave(void);

/* Ends the world's strategy and begins @strategy in its place; as in struct sim_config, but never NULL. */
void sim_strategy_set(const struct sim_strategy *strategy, unsigned long seed, const struct sim_tape *tape,
		      void *context);

#endif
