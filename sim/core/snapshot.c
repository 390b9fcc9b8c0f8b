// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Snapshots: see <sim/snapshot.h>.
 *
 * A snapshot holds the struct, an image of each actor with its stack, which it may share
 * with a snapshot below it, what is rarely written, by its version, and the rest as
 * pieces one behind the other, each some bytes and where they belong. What keeps
 * addresses good:
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
 * actors of now are looked at, and then the bytes go home. Searches take one at each
 * branching of a run and restore one for each schedule, so that a few hundred
 * instructions besides the copying count.
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

/* Some bytes and where they belong; what room_of() says follows. */
struct piece {
	void *at;
	size_t bytes;
	_Alignas(16) unsigned char held[];
};

/* What lies at an actor and on its stack. */
struct held_actor {
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

/* Of struct sim_world, what is copied each time. */
#define WORLD_BYTES (offsetof(struct sim_world, arena.lists))

struct sim_snapshot {
	struct sim_snapshot *next, **link;	/* of the world's */
	struct sim_world *world;
	unsigned char then[WORLD_BYTES];
	unsigned long newest_region;
	unsigned long rare_version;
	uint64_t rare_hash;			/* 0: not known */
	struct sim_rare rare;
	unsigned char *rare_memory;		/* its chunks' bytes, one behind the other */
	size_t rare_bytes, room_rare;
	unsigned long free_version;
	void *free[SIM_ARENA_CLASSES];
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
	size_t bytes;				/* that they hold */
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

/* By the C library's copy also where the size is known: what the compiler would put in its place is slow to start. */
static inline void copy(void *to, const void *from, size_t bytes)
{
	__asm__("" : "+r"(bytes));
	memcpy(to, from, bytes);
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

static unsigned long newest_region(const struct sim_world *world)
{
	return world->rare.regions ? world->rare.regions->number : 0;
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
	snapshot->bytes += bytes;
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
	return nr < SIM_ACTOR_BITS ? (1ull << nr) - 1 : ~0ull;
}

static inline uint64_t next_actor(uint64_t left, uint64_t i)
{
	if (left)
		return __builtin_ctzll(left);
	return i < SIM_ACTOR_BITS ? SIM_ACTOR_BITS : i + 1;
}

/* @i: each of @nr actors that @written names, and all that have no bit. */
#define for_each_written(i, written, nr)                                                                              \
	for (uint64_t left_ = (written) & first_bits(nr), i = next_actor(left_, 0); i < (nr);                         \
	     left_ &= left_ - 1, i = next_actor(left_, i))

/* In a build for tests: has somebody written and not said so? */
static __attribute__((no_sanitize("address"))) void check_unwritten(const struct sim_actor *actor,
								   const struct held_actor *held)
{
	const unsigned char *image = held->image, *at = (const unsigned char *)actor;
	const unsigned char *stack = (const unsigned char *)held->fiber - held->stack_bytes;
	size_t i;

	for (i = 0; i < ACTOR_BYTES && at[i] == image[i]; i++)
		;
	if (i < ACTOR_BYTES)
		sim_die("the state of actor %s was written without a word (byte %zu)", actor->name, i);
	for (i = 0; i < held->stack_bytes && stack[i] == image[ACTOR_BYTES + i]; i++)
		;
	if (i < held->stack_bytes)
		sim_die("the stack of actor %s was written without a word (byte %zu of %zu)", actor->name, i,
			held->stack_bytes);
}

static inline void check_all_unwritten(const struct sim_snapshot *snapshot, struct sim_world *world, uint64_t written)
{
#ifdef NDEBUG
	if (true)
		return;
#endif
	for (unsigned int i = 0; i < snapshot->nr_actors && i < SIM_ACTOR_BITS; i++)
		if (!(written >> i & 1))
			check_unwritten(world->rare.actors[i], &snapshot->held[i]);
}

static inline void take_actor(struct sim_snapshot *snapshot, unsigned int i, struct sim_actor *actor)
{
	struct own_actor *own = &snapshot->own[i];
	struct held_actor *held = &snapshot->held[i];

	held->fiber = actor->fiber;
	held->stack_bytes = held->fiber ? sim_fiber_stack_used(held->fiber) : 0;
	own->image = with_room(own->image, &own->room, ACTOR_BYTES + held->stack_bytes, 1);
	held->image = own->image;
	copy(held->image, actor, ACTOR_BYTES);
	snapshot->bytes += ACTOR_BYTES + held->stack_bytes;
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
	check_all_unwritten(snapshot, world, written);
	for_each_written(i, written, nr)
		take_actor(snapshot, i, world->rare.actors[i]);
}

static inline void actor_home(const struct held_actor *held, struct sim_actor *actor)
{
	copy(actor, held->image, ACTOR_BYTES);
	if (held->fiber) {
		unsigned char *at = (unsigned char *)held->fiber - held->stack_bytes;

		memcpy(at, held->image + ACTOR_BYTES, held->stack_bytes);
		sim_fiber_leave_at(held->fiber, at);
	}
}

static inline void actors_home(const struct sim_snapshot *snapshot, struct sim_world *world, uint64_t written)
{
	check_all_unwritten(snapshot, world, written);
	for_each_written(i, written, snapshot->nr_actors)
		actor_home(&snapshot->held[i], world->rare.actors[i]);
}

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

	snapshot->rare = world->rare;
	snapshot->rare_version = world->rare_version;
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

	world->rare = snapshot->rare;
	world->rare_version = snapshot->rare_version;
	for_each_chunk(chunk, world, pool) {
		bytes = chunk == pool->last ? pool_bytes(pool, chunk) : sizeof(chunk->used) + *(const size_t *)from;
		memcpy(&chunk->used, from, bytes);
		from += bytes;
	}
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
	snapshot->nr_bigs = snapshot->nr_fibers = snapshot->image_bytes = snapshot->bytes = 0;
	snapshot->newest_region = newest_region(world);
	snapshot->fibers_version = sim_version_number(&world->fibers);
	if (snapshot->free_version != sim_version_number(&world->arena.lists)) {
		snapshot->free_version = world->arena.lists.number;
		copy(snapshot->free, world->arena.free, sizeof(snapshot->free));
	}
	copy(snapshot->then, world, WORLD_BYTES);
	add_pieces(snapshot, world);
	if (sim_arena_has_no_actors(&world->arena))
		take_actors(snapshot, world, below);
	world->base = snapshot;
	world->written = 0;
	if (unlikely(snapshot->rare_version != world->rare_version))
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
	return snapshot->bytes + sizeof(snapshot->then) + sizeof(snapshot->rare) + snapshot->rare_bytes +
	       sizeof(snapshot->free);
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
	const struct sim_arena *then = (const struct sim_arena *)(snapshot->then + offsetof(struct sim_world, arena));

	hash = mix_bytes(hash, snapshot->then, offsetof(struct sim_world, hash));
	hash = mix(mix(hash, (uintptr_t)then->at), (uintptr_t)then->last);
	return mix_bytes(hash, (const unsigned char *)snapshot->free, sizeof(snapshot->free));
}

/* Of what is rarely written, which is the same for most snapshots. */
static uint64_t rare_hash(struct sim_snapshot *snapshot)
{
	_Static_assert(sizeof(snapshot->rare) % 8 == 0, "it is hashed by words");

	if (unlikely(!snapshot->rare_hash)) {
		snapshot->rare_hash = mix_bytes(1, (const unsigned char *)&snapshot->rare, sizeof(snapshot->rare));
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

static inline void hold_fibers(const struct sim_snapshot *snapshot, uint64_t written, bool held)
{
	for (size_t i = 0; i < snapshot->nr_fibers; i++)
		*sim_fiber_held(snapshot->fibers[i]) = held;
	for_each_written(i, written, snapshot->nr_actors)
		if (snapshot->held[i].fiber)
			*sim_fiber_held(snapshot->held[i].fiber) = held;
}

/* Whoever has a fiber has the one that the snapshot holds for it, and the others of those are spare: they leave. */
static inline bool only_ended(const struct sim_snapshot *snapshot, struct sim_world *world, uint64_t written)
{
	if (snapshot->nr_fibers || world->abandoned || world->rare.nr_actors != snapshot->nr_actors)
		return false;
	for_each_written(i, written, snapshot->nr_actors) {
		struct sim_fiber *now = world->rare.actors[i]->fiber, *then = snapshot->held[i].fiber;
		struct sim_fiber **link = &world->spare;

		if (now == then)
			continue;
		while (*link && *link != then)
			link = sim_fiber_next(*link);
		if (now || !*link)
			return false;
		*link = *sim_fiber_next(then);
	}
	return true;
}

/*
 * Every fiber of the world becomes spare but those that the snapshot holds; who has them comes back with the bytes.
 * Those whose actors have not @written since are where they were.
 */
static void sort_fibers(const struct sim_snapshot *snapshot, struct sim_world *world, uint64_t written)
{
	if (likely(only_ended(snapshot, world, written)))
		return;
	hold_fibers(snapshot, written, true);
	unchain_held(&world->spare);
	for_each_written(i, written, world->rare.nr_actors)
		if (world->rare.actors[i]->fiber)
			make_spare(world, world->rare.actors[i]->fiber);
	while (unlikely(world->abandoned))
		make_spare(world, sim_fiber_unchain(&world->abandoned));
	hold_fibers(snapshot, written, false);
}

/* What lies among what is copied, and the host has moved since. */
struct not_held {
	unsigned long heard;
	uint64_t *words;
	size_t nr_bits, nr_words;
};

/* @world holds the bytes of then. */
static inline void world_home(const struct sim_snapshot *snapshot, struct sim_world *world, const struct not_held *now)
{
	sim_trace_hear(world, now->heard);
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
	const struct not_held now = { world->heard, world->tape.words, world->tape.nr_bits, world->tape.nr_words };

	if (world != snapshot->world || world->current != &world->outside)
		sim_die("a snapshot is restored inside an actor, or into another world");
	if (newest_region(world) != snapshot->newest_region)
		regions_undo(world, snapshot->newest_region);
	if (world->fibers.changed || world->fibers.number != snapshot->fibers_version)
		sort_fibers(snapshot, world, written);
	if (world->arena.bigs || snapshot->nr_bigs)
		sim_arena_bring_bigs(&world->arena, snapshot->bigs, snapshot->nr_bigs);
	copy(world, snapshot->then, WORLD_BYTES);
	for (size_t at = 0; at < snapshot->image_bytes; at += sizeof(*piece) + room_of(piece->bytes)) {
		piece = (const struct piece *)(snapshot->image + at);
		copy_home(piece->at, piece->held, piece->bytes, tools);
	}
	if (unlikely(world->rare_version != snapshot->rare_version))
		rare_home(snapshot, world);
	if (sim_arena_has_no_actors(&world->arena))
		actors_home(snapshot, world, written);
	world->base = snapshot;
	world->written = 0;
	world_home(snapshot, world, &now);
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
