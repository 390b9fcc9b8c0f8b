// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Snapshots: see <sim/snapshot.h>.
 *
 * A snapshot holds the part of the struct that every step writes, an image of each actor
 * with its stack, which it may share with a snapshot below it, what is rarely written, by
 * its version, and the rest as pieces one behind the other, each some bytes and where they
 * belong. What keeps addresses good:
 *
 *	chunks		a world hands its chunks out in the order in which it got them,
 *			and gives none back before it ends: the first n of them are in use
 *	big blocks	one that a snapshot holds is not freed but retired (alloc.c), and
 *			comes back with the snapshot
 *	fibers		a world gives none back either; one that is not in the middle of
 *			a body is spare, whatever it was when the snapshot was taken
 *
 * The order of restoring: regions that are younger than the snapshot get their old
 * content first (their list is world memory), then fibers are sorted, for which the
 * actors of now are looked at, and then the bytes go home. Where no more has happened to
 * fibers than that bodies have ended, each actor's is found as the actor goes home.
 * Searches take one at each branching of a run and restore one for each schedule, so that
 * each of the some two hundred instructions besides the copying counts.
 */
#include "core.h"
#include "fiber.h"
#include <sim/snapshot.h>

#include <stdlib.h>
#include <string.h>

_Static_assert(offsetof(struct sim_chunk, bytes) == offsetof(struct sim_chunk, used) + sizeof(size_t),
	       "how far a chunk is used is held with its bytes");

#if SIM_ASAN
#include <sanitizer/asan_interface.h>
#endif
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#else
#define VALGRIND_MAKE_MEM_UNDEFINED(at, bytes) ((void)(at), (void)(bytes))
#define VALGRIND_MAKE_MEM_DEFINED(at, bytes) ((void)(at), (void)(bytes))
#endif

/* In a build for tests: of what is not copied, as nobody has said that it was written, is that so? */
#ifdef NDEBUG
#define CHECKS false
#else
#define CHECKS true
#endif

/* Some bytes and where they belong; what room_of() says follows. */
struct piece {
	void *at;
	size_t bytes;
	_Alignas(16) unsigned char held[];
};

/* What lies at an actor and on its stack. */
struct held_actor {
	struct sim_actor *actor;
	unsigned char *image;		/* ACTOR_BYTES, and then the stack */
	struct sim_fiber *fiber;	/* NULL: it has none */
	size_t stack_bytes;
};

/* Memory of a snapshot for an actor's image, which it may or may not hold. */
struct own_actor {
	unsigned char *image;
	size_t room;
};

/* A world keeps so many that were let go of, if they are no larger, for those that are taken next. */
#define SPARES_MAX 64u
#define SPARE_BYTES_MAX ((size_t)64 << 10)

/* Of struct sim_world: what is copied each time, the outside, and the two parts of what is rarely written. */
#define OFTEN_AT offsetof(struct sim_world, nr_ready)
#define OFTEN_BYTES (offsetof(struct sim_world, arena.lists) - OFTEN_AT)
#define FRONT_AT offsetof(struct sim_world, holds)
#define FRONT_BYTES (OFTEN_AT - FRONT_AT)
#define OUTSIDE_AT offsetof(struct sim_world, outside)
#define OUTSIDE_BYTES (offsetof(struct sim_world, outside_room) + SIM_OUTSIDE_ROOM - OUTSIDE_AT)
#define RARE_AT offsetof(struct sim_world, ready)
#define RARE_BYTES (sizeof(struct sim_world) - RARE_AT)

struct sim_snapshot {
	struct sim_snapshot *next, **link;	/* of the world's */
	struct sim_world *world;
	_Alignas(16) unsigned char often[OFTEN_BYTES];
	unsigned long rare_version;
	unsigned long newest_region;
	uint64_t rare_hash;			/* 0: not known */
	unsigned char front[FRONT_BYTES];
	unsigned char rare[RARE_BYTES];
	unsigned char *rare_memory;		/* its chunks' bytes, one behind the other */
	size_t rare_bytes, room_rare;
	unsigned long free_version;
	void *free[SIM_ARENA_CLASSES];
	unsigned long outside_version;
	_Alignas(16) unsigned char outside[OUTSIDE_BYTES];
	unsigned long fibers_version;
	struct sim_big **bigs;			/* in use at the time */
	size_t nr_bigs, room_bigs;
	struct sim_fiber **fibers;		/* of bodies under way, and abandoned: their stacks are held */
	size_t nr_fibers, room_fibers;
	uint64_t *tape_words;
	size_t nr_words, room_words;
	const struct sim_snapshot *below;	/* whose images those are that are not its own */
	uint64_t written;			/* who changed since that one */
	struct held_actor *held;		/* by index of actor */
	struct own_actor *own;
	unsigned int nr_actors, made_actors;
	unsigned char *image;			/* pieces, one behind the other */
	size_t image_bytes, room_image;
	size_t actor_bytes;			/* of those images that are its own */
};

/* A region and what it held when it was named. In memory that is rarely written, newest first. */
struct sim_region {
	struct sim_region *next;
	unsigned long number;		/* from 1, never used again in this world */
	void *at;
	size_t bytes;
	unsigned char before[];
};

static size_t aligned(size_t bytes)
{
	return (bytes + 15) & ~(size_t)15;
}

/* @array with room for @need elements of @size; what it held is kept. */
static void *with_room(void *array, size_t *room, size_t need, size_t size)
{
	if (likely(need <= *room))
		return array;
	*room = need + need / 2;
	array = realloc(array, *room * size);
	if (!array)
		sim_die("the host is out of memory (a snapshot of %zu bytes)", *room * size);
	return array;
}

typedef uint64_t __attribute__((vector_size(16), aligned(8), may_alias)) unit_t;

/*
 * In line, where the size is known: a constant, and a multiple of 8. The barrier keeps the
 * compiler from making a memcpy() of it.
 */
static inline __attribute__((always_inline)) void copy(void *to, const void *from, size_t bytes)
{
	const unit_t *src = from;
	unit_t *dst = to;

#pragma GCC unroll 64
	for (size_t i = 0; i < bytes / sizeof(unit_t); i++) {
		dst[i] = src[i];
		__asm__ volatile("" ::: "memory");
	}
	if (bytes % sizeof(unit_t))
		memcpy(dst + bytes / sizeof(unit_t), src + bytes / sizeof(unit_t), 8);
}

/*
 * Bytes with what the tools know of them. ASan's knowledge is a byte for eight of
 * memory and is copied beside them; what is closed to instrumented code is no
 * business of this copy. memcheck's goes with the bytes, but a stack that has
 * shrunk since is closed to writes (@tools: somebody has to be told).
 */

#if SIM_ASAN
static size_t view_bytes(size_t bytes)
{
	return bytes / 8 + 2;
}

static unsigned char *view_of(const void *at)
{
	size_t scale, offset;

	__asan_get_shadow_mapping(&scale, &offset);
	return (unsigned char *)(((uintptr_t)at >> scale) + offset);
}

__attribute__((no_sanitize("address"), noinline)) static void copy_bytes(void *to, const void *from, size_t bytes)
{
	volatile unsigned char *dst = to;
	const unsigned char *src = from;

	while (bytes--)
		*dst++ = *src++;
}

/* How much of the tool's view lies over [@at, @at + @bytes). */
static size_t view_span(const void *at, size_t bytes)
{
	return bytes ? view_of((const unsigned char *)at + bytes - 1) - view_of(at) + 1 : 0;
}

static void copy_out(unsigned char *to, const void *at, size_t bytes)
{
	copy_bytes(to, at, bytes);
	copy_bytes(to + aligned(bytes), view_of(at), view_span(at, bytes));
}

static void copy_home(void *at, const unsigned char *from, size_t bytes, bool tools)
{
	copy_bytes(at, from, bytes);
	copy_bytes(view_of(at), from + aligned(bytes), view_span(at, bytes));
}
#else
static size_t view_bytes(size_t bytes)
{
	return 0;
}

static void copy_out(unsigned char *to, const void *at, size_t bytes)
{
	memcpy(to, at, bytes);
}

static void copy_home(void *at, const unsigned char *from, size_t bytes, bool tools)
{
	if (unlikely(tools))
		VALGRIND_MAKE_MEM_UNDEFINED(at, bytes);
	memcpy(at, from, bytes);
}
#endif

/* Of one piece in the image. */
static size_t room_of(size_t bytes)
{
	return aligned(bytes) + aligned(view_bytes(bytes));
}

/*
 * Regions
 */

void sim_region_add(void *at, size_t bytes)
{
	struct sim_rare *rare = sim_rare_write(sim_this);
	struct sim_region *region = sim_rare_grow(NULL, 0, sizeof(*region) + bytes);

	region->at = at;
	region->bytes = bytes;
	region->number = ++sim_this->last_region;
	memcpy(region->before, at, bytes);
	region->next = rare->regions;
	rare->regions = region;
}

/*
 * The newest first, so that where regions overlap the oldest content is what stays.
 * Stops at the region numbered @until; where it is not among them (it is of a later
 * time, or of another branch) all go back, and the snapshot brings its own.
 */
static void regions_undo(struct sim_world *world, unsigned long until)
{
	for (struct sim_region *region = world->rare.regions; region && region->number != until; region = region->next)
		memcpy(region->at, region->before, region->bytes);
}

void sim_regions_leave(void)
{
	regions_undo(sim_this, 0);
}

/*
 * Taking
 */

static inline void add_piece(struct sim_snapshot *snapshot, void *at, size_t bytes)
{
	size_t end = snapshot->image_bytes + sizeof(struct piece) + room_of(bytes);
	struct piece *piece;

	snapshot->image = with_room(snapshot->image, &snapshot->room_image, end, 1);
	piece = (struct piece *)(snapshot->image + snapshot->image_bytes);
	piece->at = at;
	piece->bytes = bytes;
	copy_out(piece->held, at, bytes);
	snapshot->image_bytes = end;
}

static void add_fiber(struct sim_snapshot *snapshot, struct sim_fiber *fiber)
{
	unsigned char *at;
	size_t bytes = sim_fiber_image(fiber, &at);

	snapshot->fibers = with_room(snapshot->fibers, &snapshot->room_fibers, snapshot->nr_fibers + 1,
				     sizeof(struct sim_fiber *));
	snapshot->fibers[snapshot->nr_fibers++] = fiber;
	add_piece(snapshot, at, bytes);
}

static bool can_take(const struct sim_world *world)
{
	struct sim_fiber *fiber;

	if (!SIM_ASAN && !SIM_TSAN)
		return true;
	for (unsigned int i = 0; i < world->rare.nr_actors; i++) {
		if (world->rare.actors[i]->fiber && !sim_fiber_can_be_copied(world->rare.actors[i]->fiber))
			return false;
	}
	for (fiber = world->abandoned; fiber; fiber = *sim_fiber_next(fiber)) {
		if (!sim_fiber_can_be_copied(fiber))
			return false;
	}
	return true;
}

static void add_bigs(struct sim_snapshot *snapshot, struct sim_arena *arena)
{
	unsigned char *at;
	size_t bytes;

	snapshot->nr_bigs = sim_arena_count_bigs(arena);
	snapshot->bigs = with_room(snapshot->bigs, &snapshot->room_bigs, snapshot->nr_bigs, sizeof(struct sim_big *));
	sim_arena_hold_bigs(arena, snapshot->bigs);
	for (size_t i = 0; i < snapshot->nr_bigs; i++) {
		bytes = sim_big_payload(snapshot->bigs[i], &at);
		add_piece(snapshot, at, bytes);
	}
}

static void add_pieces(struct sim_snapshot *snapshot, struct sim_world *world)
{
	const struct sim_arena *arena = &world->arena;
	struct sim_fiber *fiber;

	for (struct sim_region *region = world->rare.regions; region; region = region->next)
		add_piece(snapshot, region->at, region->bytes);
	for (struct sim_chunk *chunk = arena->first; chunk; chunk = chunk == arena->last ? NULL : chunk->next)
		add_piece(snapshot, &chunk->used, sizeof(chunk->used) + sim_arena_chunk_used(arena, chunk));
	if (arena->bigs)
		add_bigs(snapshot, &world->arena);
	if (!sim_arena_has_no_actors(arena))
		for (unsigned int i = 0; i < world->rare.nr_actors; i++)
			if (world->rare.actors[i]->fiber)
				add_fiber(snapshot, world->rare.actors[i]->fiber);
	for (fiber = world->abandoned; fiber; fiber = *sim_fiber_next(fiber))
		add_fiber(snapshot, fiber);
}

/*
 * Actors. world->base is the snapshot that was taken or restored last, and world->written
 * says who may have changed since; each says who had since the one below it.
 */

#define ACTOR_BYTES (sizeof(struct sim_actor) + SIM_ACTOR_ROOM)
#define EVERYBODY (~0ull)

static __attribute__((noinline)) void make_room(struct sim_snapshot *snapshot, unsigned int nr)
{
	size_t room = snapshot->made_actors;

	snapshot->own = with_room(snapshot->own, &room, nr, sizeof(*snapshot->own));
	memset(snapshot->own + snapshot->made_actors, 0, (room - snapshot->made_actors) * sizeof(*snapshot->own));
	snapshot->made_actors = room;
	snapshot->held = realloc(snapshot->held, room * sizeof(*snapshot->held));
	if (!snapshot->held)
		sim_die("the host is out of memory (a snapshot of %u actors)", nr);
}

/* Who may be otherwise now than @snapshot holds. */
static inline uint64_t written_since(const struct sim_world *world, const struct sim_snapshot *snapshot)
{
	uint64_t written = world->written;

	for (const struct sim_snapshot *at = world->base; at != snapshot; at = at->below) {
		if (!at)
			return EVERYBODY;
		written |= at->written;
	}
	return written;
}

static inline uint64_t first_bits(unsigned int nr)
{
	return nr < SIM_ACTOR_BITS ? (1ull << nr) - 1 : EVERYBODY;
}

static inline bool is_written(uint64_t written, unsigned int i)
{
	return i >= SIM_ACTOR_BITS || written >> i & 1;
}

/* Has somebody written and not said so? */
static __attribute__((no_sanitize("address"))) void check_unwritten(const struct sim_actor *actor,
								   const struct held_actor *held)
{
	const unsigned char *image = held->image, *at = (const unsigned char *)actor;
	const unsigned char *stack = (const unsigned char *)held->fiber - held->stack_bytes;
	size_t i;

	for (i = 0; i < ACTOR_BYTES && at[i] == image[i]; i++)
		;
	if (i < ACTOR_BYTES)
		sim_die("the state of actor %s was written without a word (byte %zu)", actor->rare->name, i);
	for (i = 0; i < held->stack_bytes && stack[i] == image[ACTOR_BYTES + i]; i++)
		;
	if (i < held->stack_bytes)
		sim_die("the stack of actor %s was written without a word (byte %zu of %zu)", actor->rare->name,
			i, held->stack_bytes);
}

static void check_all_unwritten(const struct sim_snapshot *snapshot, struct sim_world *world, uint64_t written)
{
	for (unsigned int i = 0; i < snapshot->nr_actors && i < SIM_ACTOR_BITS; i++)
		if (!(written >> i & 1))
			check_unwritten(world->rare.actors[i], &snapshot->held[i]);
}

static inline void take_actor(struct sim_snapshot *snapshot, unsigned int i, struct sim_actor *actor)
{
	struct own_actor *own = &snapshot->own[i];
	struct held_actor *held = &snapshot->held[i];

	held->actor = actor;
	held->fiber = actor->fiber;
	held->stack_bytes = held->fiber ? sim_fiber_stack_used(held->fiber) : 0;
	own->image = with_room(own->image, &own->room, ACTOR_BYTES + held->stack_bytes, 1);
	held->image = own->image;
	copy(held->image, actor, ACTOR_BYTES);
	snapshot->actor_bytes += ACTOR_BYTES + held->stack_bytes;
	if (held->fiber)
		memcpy(held->image + ACTOR_BYTES, (unsigned char *)held->fiber - held->stack_bytes, held->stack_bytes);
}

/* @below: what it holds need not be copied again; or NULL. */
static inline void take_actors(struct sim_snapshot *snapshot, struct sim_world *world,
			       const struct sim_snapshot *below)
{
	uint64_t written = below ? written_since(world, below) : EVERYBODY;
	unsigned int nr = world->rare.nr_actors;

	if (unlikely(nr > snapshot->made_actors))
		make_room(snapshot, nr);
	if (below)
		memcpy(snapshot->held, below->held,
		       (below->nr_actors < nr ? below->nr_actors : nr) * sizeof(*below->held));
	snapshot->nr_actors = nr;
	snapshot->below = below;
	snapshot->written = written;
	if (CHECKS)
		check_all_unwritten(snapshot, world, written);
	for (uint64_t left = written & first_bits(nr); left; left &= left - 1)
		take_actor(snapshot, __builtin_ctzll(left), world->rare.actors[__builtin_ctzll(left)]);
	for (unsigned int i = SIM_ACTOR_BITS; i < nr; i++)
		take_actor(snapshot, i, world->rare.actors[i]);
}

/*
 * The outside
 */

static void check_outside(const struct sim_snapshot *snapshot, const struct sim_world *world)
{
	if (memcmp(snapshot->outside, (const unsigned char *)world + OUTSIDE_AT, OUTSIDE_BYTES))
		sim_die("the state outside of actors was written without a word");
}

static inline void take_outside(struct sim_snapshot *snapshot, struct sim_world *world)
{
	if (snapshot->outside_version != sim_version_number(&world->kept)) {
		snapshot->outside_version = world->kept.number;
		memcpy(snapshot->outside, (unsigned char *)world + OUTSIDE_AT, OUTSIDE_BYTES);
	} else if (CHECKS) {
		check_outside(snapshot, world);
	}
}

static inline void outside_home(const struct sim_snapshot *snapshot, struct sim_world *world)
{
	if (world->kept.changed || world->kept.number != snapshot->outside_version) {
		world->kept.number = snapshot->outside_version;
		world->kept.changed = false;
		memcpy((unsigned char *)world + OUTSIDE_AT, snapshot->outside, OUTSIDE_BYTES);
	} else if (CHECKS) {
		check_outside(snapshot, world);
	}
}

/*
 * What is rarely written
 */

/* The bytes of @chunk up to @pool's end, the count of those in use among them. */
static size_t pool_bytes(const struct sim_pool *pool, const struct sim_chunk *chunk)
{
	return sizeof(chunk->used) + (chunk == pool->last ? (size_t)(pool->at - chunk->bytes) : chunk->used);
}

/* The chunks that @pool has in use, of @world. */
#define for_each_chunk(chunk, world, pool)                                                                            \
	for (struct sim_chunk *chunk = (pool)->last ? (world)->rare_chunks : NULL; chunk;                             \
	     chunk = chunk == (pool)->last ? NULL : chunk->next)

static __attribute__((noinline)) void take_rare(struct sim_snapshot *snapshot, struct sim_world *world)
{
	const struct sim_pool *pool = &world->rare.pool;
	unsigned char *to;

	memcpy(snapshot->front, (unsigned char *)world + FRONT_AT, FRONT_BYTES);
	memcpy(snapshot->rare, (unsigned char *)world + RARE_AT, RARE_BYTES);
	snapshot->rare_version = world->rare_version;
	snapshot->newest_region = world->rare.regions ? world->rare.regions->number : 0;
	snapshot->rare_bytes = 0;
	snapshot->rare_hash = 0;
	for_each_chunk(chunk, world, pool)
		snapshot->rare_bytes += pool_bytes(pool, chunk);
	to = snapshot->rare_memory = with_room(snapshot->rare_memory, &snapshot->room_rare, snapshot->rare_bytes, 1);
	for_each_chunk(chunk, world, pool)
		to = mempcpy(to, &chunk->used, pool_bytes(pool, chunk));
}

static __attribute__((noinline)) void rare_home(const struct sim_snapshot *snapshot, struct sim_world *world)
{
	const unsigned char *from = snapshot->rare_memory;
	const struct sim_pool *pool = &world->rare.pool;
	size_t bytes;

	memcpy((unsigned char *)world + FRONT_AT, snapshot->front, FRONT_BYTES);
	memcpy((unsigned char *)world + RARE_AT, snapshot->rare, RARE_BYTES);
	world->rare_version = snapshot->rare_version;
	sim_trace_hear(world, world->heard);
	for_each_chunk(chunk, world, pool) {
		bytes = chunk == pool->last ? pool_bytes(pool, chunk) : sizeof(chunk->used) + *(const size_t *)from;
		memcpy(&chunk->used, from, bytes);
		from += bytes;
	}
}

static __attribute__((noinline)) void check_rare(const struct sim_snapshot *snapshot, const struct sim_world *world)
{
	const unsigned char *held = snapshot->rare_memory;
	const struct sim_pool *pool = &world->rare.pool;
	bool same = !memcmp(snapshot->front, (unsigned char *)world + FRONT_AT, FRONT_BYTES) &&
		    !memcmp(snapshot->rare, (unsigned char *)world + RARE_AT, RARE_BYTES);

	for_each_chunk(chunk, world, pool) {
		same = same && !memcmp(&chunk->used, held, pool_bytes(pool, chunk));
		held += pool_bytes(pool, chunk);
	}
	if (!same)
		sim_die("what is rarely written was written without a word");
}

/* Is it the same now? */
static inline bool has_rare(const struct sim_snapshot *snapshot, const struct sim_world *world)
{
	if (unlikely(snapshot->rare_version != world->rare_version))
		return false;
	if (CHECKS)
		check_rare(snapshot, world);
	return true;
}

/* One that was let go of has the room that another will need, and much of what does not change. */
static struct sim_snapshot *snapshot_new(struct sim_world *world)
{
	struct sim_snapshot *snapshot = world->spare_snapshots;

	if (snapshot) {
		world->spare_snapshots = snapshot->next;
		world->nr_spare_snapshots--;
	} else {
		snapshot = calloc(1, sizeof(*snapshot));
	}
	if (!snapshot)
		sim_die("the host is out of memory (a snapshot)");
	snapshot->world = world;
	snapshot->next = world->snapshots;
	snapshot->link = &world->snapshots;
	if (snapshot->next)
		snapshot->next->link = &snapshot->next;
	world->snapshots = snapshot;
	return snapshot;
}

struct sim_snapshot *sim_snapshot_retake(struct sim_snapshot *snapshot, const struct sim_snapshot *below)
{
	struct sim_world *world = sim_this;

	if (world->current != &world->outside)
		sim_die("a snapshot is taken inside an actor");
	if (!can_take(world)) {
		sim_snapshot_free(snapshot);
		return NULL;
	}
	if (!snapshot)
		snapshot = snapshot_new(world);
	else if (snapshot->nr_bigs)
		sim_arena_drop_bigs(&world->arena, snapshot->bigs, snapshot->nr_bigs);
	snapshot->nr_bigs = snapshot->nr_fibers = snapshot->image_bytes = snapshot->actor_bytes = 0;
	snapshot->fibers_version = sim_version_number(&world->fibers);
	if (snapshot->free_version != sim_version_number(&world->arena.lists)) {
		snapshot->free_version = world->arena.lists.number;
		copy(snapshot->free, world->arena.free, sizeof(snapshot->free));
	}
	take_outside(snapshot, world);
	copy(snapshot->often, (unsigned char *)world + OFTEN_AT, OFTEN_BYTES);
	add_pieces(snapshot, world);
	if (sim_arena_has_no_actors(&world->arena))
		take_actors(snapshot, world, below);
	world->base = snapshot;
	world->written = 0;
	if (!has_rare(snapshot, world))
		take_rare(snapshot, world);
	snapshot->nr_words = sim_tape_words(&world->tape);
	snapshot->tape_words = with_room(snapshot->tape_words, &snapshot->room_words, snapshot->nr_words,
					 sizeof(*snapshot->tape_words));
	sim_tape_words_copy(&world->tape, snapshot->tape_words);
	return snapshot;
}

struct sim_snapshot *sim_snapshot_take(void)
{
	return sim_snapshot_retake(NULL, NULL);
}

size_t sim_snapshot_bytes(const struct sim_snapshot *snapshot)
{
	return OFTEN_BYTES + OUTSIDE_BYTES + snapshot->image_bytes + snapshot->actor_bytes + FRONT_BYTES + RARE_BYTES +
	       snapshot->rare_bytes + sizeof(snapshot->free);
}

/*
 * The digest
 */

static inline uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0xd6e8feb86659fd93ull;
	return hash ^ hash >> 32;
}

/* @bytes: a multiple of 8. Two chains, as each waits for its multiplication. */
static uint64_t mix_bytes(uint64_t hash, const unsigned char *from, size_t bytes)
{
	uint64_t other = ~hash, word;

	for (; bytes >= 16; from += 16, bytes -= 16) {
		memcpy(&word, from, 8);
		hash = mix(hash, word);
		memcpy(&word, from + 8, 8);
		other = mix(other, word);
	}
	if (bytes) {
		memcpy(&word, from, 8);
		hash = mix(hash, word);
	}
	return mix(hash, other);
}

/* The world's struct, without what says how it came here, and which blocks are in use: the pieces that follow tell. */
static uint64_t mix_world(uint64_t hash, const struct sim_snapshot *snapshot)
{
	const unsigned char *at = snapshot->often + (offsetof(struct sim_world, arena) - OFTEN_AT);
	const struct sim_arena *then = (const struct sim_arena *)at;

	hash = mix_bytes(hash, snapshot->often, offsetof(struct sim_world, hash) - OFTEN_AT);
	hash = mix_bytes(hash, snapshot->outside, OUTSIDE_BYTES);
	hash = mix(mix(hash, (uintptr_t)then->at), (uintptr_t)then->last);
	return mix_bytes(hash, (const unsigned char *)snapshot->free, sizeof(snapshot->free));
}

/* Of what is rarely written, which is the same for most snapshots. */
static uint64_t rare_hash(struct sim_snapshot *snapshot)
{
	_Static_assert(FRONT_BYTES % 8 == 0 && RARE_BYTES % 8 == 0, "it is hashed by words");

	if (unlikely(!snapshot->rare_hash)) {
		snapshot->rare_hash = mix_bytes(1, snapshot->front, FRONT_BYTES);
		snapshot->rare_hash = mix_bytes(snapshot->rare_hash, snapshot->rare, RARE_BYTES);
		snapshot->rare_hash = mix_bytes(snapshot->rare_hash, snapshot->rare_memory, snapshot->rare_bytes);
	}
	return snapshot->rare_hash;
}

unsigned long long sim_snapshot_digest(struct sim_snapshot *snapshot)
{
	uint64_t hash = mix_world(rare_hash(snapshot), snapshot);
	const struct piece *piece;

	for (size_t at = 0; at < snapshot->image_bytes; at += sizeof(*piece) + room_of(piece->bytes)) {
		piece = (const struct piece *)(snapshot->image + at);
		hash = mix(mix(hash, (uintptr_t)piece->at), piece->bytes);
		hash = mix_bytes(hash, piece->held, piece->bytes & ~(size_t)7);
		if (piece->bytes & 7) {
			uint64_t word = 0;

			memcpy(&word, piece->held + (piece->bytes & ~(size_t)7), piece->bytes & 7);
			hash = mix(hash, word);
		}
	}
	for (unsigned int i = 0; i < snapshot->nr_actors; i++) {
		const struct held_actor *held = &snapshot->held[i];

		hash = mix(mix(hash, (uintptr_t)held->fiber), held->stack_bytes);
		hash = mix_bytes(hash, held->image, ACTOR_BYTES + held->stack_bytes);
	}
	/* What was never written is nobody's to depend on. */
	VALGRIND_MAKE_MEM_DEFINED(&hash, sizeof(hash));
	return hash;
}

void sim_snapshot_tidy(void)
{
	sim_arena_tidy(&sim_this->arena);
	sim_sched_tidy(sim_this);
}

/*
 * Restoring
 */

/* The fibers on *@list that are held leave it. */
static void unchain_held(struct sim_fiber **list)
{
	while (*list)
		if (*sim_fiber_held(*list))
			*list = *sim_fiber_next(*list);
		else
			list = sim_fiber_next(*list);
}

static void make_spare(struct sim_world *world, struct sim_fiber *fiber)
{
	if (*sim_fiber_held(fiber))
		return;
	sim_sched_fiber_reset(fiber);
	sim_fiber_chain(&world->spare, fiber);
}

static void hold_fibers(const struct sim_snapshot *snapshot, uint64_t written, bool held)
{
	for (size_t i = 0; i < snapshot->nr_fibers; i++)
		*sim_fiber_held(snapshot->fibers[i]) = held;
	for (unsigned int i = 0; i < snapshot->nr_actors; i++)
		if (is_written(written, i) && snapshot->held[i].fiber)
			*sim_fiber_held(snapshot->held[i].fiber) = held;
}

/*
 * Every fiber of the world becomes spare but those that the snapshot holds; who has them comes back with the bytes.
 * Those whose actors have not @written since are where they were.
 */
static __attribute__((noinline)) void sort_fibers(const struct sim_snapshot *snapshot, struct sim_world *world,
						  uint64_t written)
{
	hold_fibers(snapshot, written, true);
	unchain_held(&world->spare);
	for (unsigned int i = 0; i < world->rare.nr_actors; i++)
		if (is_written(written, i) && world->rare.actors[i]->fiber)
			make_spare(world, world->rare.actors[i]->fiber);
	while (unlikely(world->abandoned))
		make_spare(world, sim_fiber_unchain(&world->abandoned));
	hold_fibers(snapshot, written, false);
}

/* There are the same actors and no fibers but theirs: one that is held and that nobody has is spare. */
static inline bool only_actors_have(const struct sim_snapshot *snapshot, const struct sim_world *world)
{
	return sim_arena_has_no_actors(&world->arena) && !((uintptr_t)world->abandoned | snapshot->nr_fibers) &&
	       world->rare_version == snapshot->rare_version;
}

/* @fiber, which its actor had before its body ended, is taken off the spare ones. False: it is not among them. */
static inline bool take_back(struct sim_world *world, struct sim_fiber *fiber)
{
	struct sim_fiber **link = &world->spare;

	for (; *link; link = sim_fiber_next(*link)) {
		if (*link != fiber)
			continue;
		*link = *sim_fiber_next(fiber);
		return true;
	}
	return false;
}

/* What is still to be said of fibers while actors go home. */
enum fibers {
	FIBERS_SORTED,
	FIBERS_OPEN,	/* bodies have ended, or more has happened */
};

static inline enum fibers actor_home(const struct sim_snapshot *snapshot, struct sim_world *world, uint64_t written,
				     unsigned int i, enum fibers fibers)
{
	const struct held_actor *held = &snapshot->held[i];
	struct sim_actor *actor = held->actor;

	if (actor->fiber != held->fiber && fibers == FIBERS_OPEN && (actor->fiber || !take_back(world, held->fiber))) {
		sort_fibers(snapshot, world, written);
		fibers = FIBERS_SORTED;
	}
	copy(actor, held->image, ACTOR_BYTES);
	if (held->fiber) {
		unsigned char *at = (unsigned char *)held->fiber - held->stack_bytes;

		memcpy(at, held->image + ACTOR_BYTES, held->stack_bytes);
		sim_fiber_leave_at(held->fiber, at);
	}
	return fibers;
}

static inline void actors_home(const struct sim_snapshot *snapshot, struct sim_world *world, uint64_t written,
			       enum fibers fibers)
{
	if (CHECKS)
		check_all_unwritten(snapshot, world, written);
	for (uint64_t left = written & first_bits(snapshot->nr_actors); left; left &= left - 1)
		fibers = actor_home(snapshot, world, written, __builtin_ctzll(left), fibers);
	for (unsigned int i = SIM_ACTOR_BITS; i < snapshot->nr_actors; i++)
		fibers = actor_home(snapshot, world, written, i, fibers);
}

/* The tape's memory is no part of what is held. */
struct tape_now {
	uint64_t *words;
	size_t nr_bits, nr_words;
};

/* @world holds the bytes of then. */
static inline void world_home(const struct sim_snapshot *snapshot, struct sim_world *world, const struct tape_now *now)
{
	world->tape.words = now->words;
	world->tape.nr_words = now->nr_words;
	sim_tape_cut(&world->tape, now->nr_bits, snapshot->tape_words);
	world->fibers.number = snapshot->fibers_version;
	world->fibers.changed = false;
	if (world->arena.lists.changed || world->arena.lists.number != snapshot->free_version) {
		world->arena.lists.number = snapshot->free_version;
		world->arena.lists.changed = false;
		copy(world->arena.free, snapshot->free, sizeof(snapshot->free));
	}
}

void sim_snapshot_restore(struct sim_snapshot *snapshot)
{
	struct sim_world *world = sim_this;
	const bool tools = world->arena.individual;
	const struct piece *piece;
	const uint64_t written = written_since(world, snapshot);
	const struct tape_now tape = { world->tape.words, world->tape.nr_bits, world->tape.nr_words };
	enum fibers fibers = FIBERS_SORTED;

	if (world != snapshot->world || world->current != &world->outside)
		sim_die("a snapshot is restored inside an actor, or into another world");
	if (unlikely(world->rare_version != snapshot->rare_version))
		regions_undo(world, snapshot->newest_region);
	if (world->fibers.changed || world->fibers.number != snapshot->fibers_version) {
		if (likely(only_actors_have(snapshot, world)))
			fibers = FIBERS_OPEN;
		else
			sort_fibers(snapshot, world, written);
	}
	if (world->arena.bigs || snapshot->nr_bigs)
		sim_arena_bring_bigs(&world->arena, snapshot->bigs, snapshot->nr_bigs);
	outside_home(snapshot, world);
	copy((unsigned char *)world + OFTEN_AT, snapshot->often, OFTEN_BYTES);
	for (size_t at = 0; at < snapshot->image_bytes; at += sizeof(*piece) + room_of(piece->bytes)) {
		piece = (const struct piece *)(snapshot->image + at);
		copy_home(piece->at, piece->held, piece->bytes, tools);
	}
	if (!has_rare(snapshot, world))
		rare_home(snapshot, world);
	if (sim_arena_has_no_actors(&world->arena))
		actors_home(snapshot, world, written, fibers);
	world->base = snapshot;
	world->written = 0;
	world_home(snapshot, world, &tape);
}

static void snapshot_destroy(struct sim_snapshot *snapshot)
{
	free(snapshot->bigs);
	free(snapshot->fibers);
	free(snapshot->tape_words);
	for (unsigned int i = 0; i < snapshot->made_actors; i++)
		free(snapshot->own[i].image);
	free(snapshot->own);
	free(snapshot->held);
	free(snapshot->rare_memory);
	free(snapshot->image);
	free(snapshot);
}

void sim_snapshot_free(struct sim_snapshot *snapshot)
{
	struct sim_world *world;

	if (!snapshot)
		return;
	world = snapshot->world;
	world->base = NULL;
	*snapshot->link = snapshot->next;
	if (snapshot->next)
		snapshot->next->link = snapshot->link;
	sim_arena_drop_bigs(&world->arena, snapshot->bigs, snapshot->nr_bigs);
	snapshot->nr_bigs = 0;
	if (world->nr_spare_snapshots == SPARES_MAX || snapshot->room_image > SPARE_BYTES_MAX) {
		snapshot_destroy(snapshot);
		return;
	}
	snapshot->next = world->spare_snapshots;
	world->spare_snapshots = snapshot;
	world->nr_spare_snapshots++;
}

void sim_snapshots_destroy(struct sim_world *world)
{
	regions_undo(world, 0);
	while (world->snapshots)
		sim_snapshot_free(world->snapshots);
	while (world->spare_snapshots) {
		struct sim_snapshot *snapshot = world->spare_snapshots;

		world->spare_snapshots = snapshot->next;
		snapshot_destroy(snapshot);
	}
}
