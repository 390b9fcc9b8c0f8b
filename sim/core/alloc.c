// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * World memory: size classes cut from chunks, freed en bloc with the world.
 *
 * Each block has 8 bytes in front that name its class. Freed blocks wait in their
 * class's list; chunks go back to the thread's cache when the world goes. What is
 * larger than the largest class is a block of the host's own, on a list. Under
 * memcheck and the sanitizers every block is, so that they see overflows and stale use.
 */
#include "core.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#else
#define RUNNING_ON_VALGRIND 0
#define VALGRIND_MAKE_MEM_NOACCESS(at, bytes) ((void)(at), (void)(bytes))
#define VALGRIND_GET_VBITS(at, view, bytes) ((void)(at), (void)(view), 0)
#endif
#if SIM_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, bytes) ((void)(at), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(at, bytes) ((void)(at), (void)(bytes))
#endif

#define HEAD_BYTES 8
#define STEP_BYTES 16
#define LINEAR_CLASSES 32		/* up to 512 bytes in steps of 16 */
#define LINEAR_BYTES (LINEAR_CLASSES * STEP_BYTES)
#define BLOCK_BYTES_MAX (LINEAR_BYTES << 5)	/* then four classes an octave, for five octaves */
#define CLASS_BIG UINT64_MAX

_Static_assert(SIM_ARENA_CLASSES == LINEAR_CLASSES + 5 * 4, "class_of() and core.h must agree");
_Static_assert(BLOCK_BYTES_MAX < SIM_CHUNK_BYTES / 2, "a chunk must hold blocks of every class");

struct sim_big {
	struct sim_big *next;
	struct sim_big **link;	/* what points at this one */
	size_t bytes;
	size_t holders;		/* snapshots that need it at this address */
	bool retired;		/* freed, but held */
	bool wanted;		/* while a snapshot is restored: one of its */
	uint32_t number;	/* in order of allocation, from 1 */
	uint64_t class;		/* CLASS_BIG, where a small block has its class */
	unsigned char payload[];
};
_Static_assert(offsetof(struct sim_big, payload) % 16 == 0, "blocks are aligned to 16");

_Noreturn void sim_die(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("pinsim: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	/* At exit the leak checker would look for pointers on the wrong stack, should this be a fiber's. */
	if (SIM_ASAN)
		_exit(3);
	exit(3);
}

bool sim_on_valgrind(void)
{
	return RUNNING_ON_VALGRIND;
}

/* Only memcheck answers this; what callgrind counts is what runs without it. */
bool sim_on_memcheck(void)
{
	unsigned char byte = 0, view = 0;

	return VALGRIND_GET_VBITS(&byte, &view, 1) == 1;
}

/* @bytes: with the head; at most BLOCK_BYTES_MAX. */
static unsigned int class_of(size_t bytes)
{
	unsigned int octave, quarter;

	if (bytes <= LINEAR_BYTES)
		return (bytes - 1) / STEP_BYTES;
	octave = 63 - __builtin_clzl(bytes - 1);	/* 9 for 513 to 1024 */
	quarter = ((bytes - 1) >> (octave - 2)) & 3;
	return LINEAR_CLASSES + (octave - 9) * 4 + quarter;
}

static size_t class_bytes(unsigned int class)
{
	unsigned int octave;

	if (class < LINEAR_CLASSES)
		return (size_t)(class + 1) * STEP_BYTES;
	octave = (class - LINEAR_CLASSES) / 4;
	return ((size_t)LINEAR_BYTES << octave) / 4 * (5 + (class - LINEAR_CLASSES) % 4);
}

static uint64_t *head_of(void *ptr)
{
	return (uint64_t *)((unsigned char *)ptr - HEAD_BYTES);
}

static struct sim_big *big_of(void *ptr)
{
	return (struct sim_big *)((unsigned char *)ptr - offsetof(struct sim_big, payload));
}

void sim_arena_init(struct sim_arena *arena)
{
	arena->individual = SIM_THREADS || SIM_ASAN || SIM_TSAN || sim_on_memcheck();
}

static void bigs_free(struct sim_big *big)
{
	while (big) {
		struct sim_big *next = big->next;

		free(big);
		big = next;
	}
}

void sim_chunks_put(struct sim_chunk *chunk)
{
	while (chunk) {
		struct sim_chunk *next = chunk->next;

		sim_cache_chunk_put(chunk);
		chunk = next;
	}
}

void sim_arena_destroy(struct sim_arena *arena)
{
	bigs_free(arena->bigs);
	bigs_free(arena->retired);
	sim_chunks_put(arena->first);
}

static void big_link(struct sim_big **list, struct sim_big *big)
{
	big->next = *list;
	big->link = list;
	if (big->next)
		big->next->link = &big->next;
	*list = big;
}

static void big_unlink(struct sim_big *big)
{
	*big->link = big->next;
	if (big->next)
		big->next->link = big->link;
}

/* Its address is needed as long as a snapshot holds it; nobody may touch it meanwhile. */
static void big_retire(struct sim_arena *arena, struct sim_big *big)
{
	big_unlink(big);
	big_link(&arena->retired, big);
	big->retired = true;
	VALGRIND_MAKE_MEM_NOACCESS(big->payload, big->bytes);
	ASAN_POISON_MEMORY_REGION(big->payload, big->bytes);
}

static __attribute__((noinline)) void big_free(struct sim_arena *arena, struct sim_big *big)
{
	if (big->holders) {
		big_retire(arena, big);
		return;
	}
	big_unlink(big);
	free(big);
}

static _Noreturn void no_memory(size_t bytes)
{
	sim_die("the host is out of memory (%zu bytes asked for)", bytes);
}

static __attribute__((noinline)) void *big_alloc(struct sim_arena *arena, size_t bytes)
{
	struct sim_big *big = NULL;

	if (bytes <= PTRDIFF_MAX - sizeof(*big))
		big = malloc(sizeof(*big) + bytes);
	if (!big)
		no_memory(bytes);
	*big = (struct sim_big){ .bytes = bytes, .number = ++arena->last_big, .class = CLASS_BIG };
	big_link(&arena->bigs, big);
	return big->payload;
}

/* At *@link: one that a restored snapshot gave back, or a new one. Of @last, the one before, @at is the end. */
static struct sim_chunk *next_chunk(struct sim_chunk **link, struct sim_chunk *last, const unsigned char *at)
{
	if (!*link) {
		*link = sim_cache_chunk_get();
		if (!*link)
			no_memory(SIM_CHUNK_BYTES);
		(*link)->next = NULL;
	}
	if (last)
		last->used = at - last->bytes;
	return *link;
}

static unsigned char *chunk_end(struct sim_chunk *chunk)
{
	return (unsigned char *)chunk + SIM_CHUNK_BYTES;
}

/* The old chunk's rest is given up. */
static void arena_widen(struct sim_arena *arena)
{
	arena->last = next_chunk(arena->last ? &arena->last->next : &arena->first, arena->last, arena->at);
	/* Payloads are aligned to 16, so heads lie 8 below that. */
	arena->at = arena->last->bytes + STEP_BYTES - HEAD_BYTES;
	arena->end = chunk_end(arena->last);
}

static inline void *carve(struct sim_arena *arena, unsigned int class, size_t bytes)
{
	unsigned char *block = arena->at;

	arena->at += bytes;
	*(uint64_t *)block = class;
	return block + HEAD_BYTES;
}

static __attribute__((noinline)) void *carve_wider(struct sim_arena *arena, unsigned int class)
{
	arena_widen(arena);
	return carve(arena, class, class_bytes(class));
}

size_t sim_arena_chunk_used(const struct sim_arena *arena, const struct sim_chunk *chunk)
{
	return chunk == arena->last ? (size_t)(arena->at - chunk->bytes) : chunk->used;
}

void *sim_alloc(size_t bytes)
{
	struct sim_arena *arena = &sim_this->arena;
	unsigned int class;
	size_t room;
	void *ptr;

	if (unlikely(arena->individual || bytes > BLOCK_BYTES_MAX - HEAD_BYTES))
		return big_alloc(arena, bytes);
	class = class_of(bytes + HEAD_BYTES);
	ptr = arena->free[class];
	if (ptr) {
		arena->lists.changed = true;
		arena->free[class] = *(void **)ptr;
		return ptr;
	}
	room = class_bytes(class);
	if (unlikely((size_t)(arena->end - arena->at) < room))
		return carve_wider(arena, class);
	return carve(arena, class, room);
}

/* In no class, and without a head: nobody frees it. */
static void *pool_carve(struct sim_pool *pool, struct sim_chunk **first, size_t bytes)
{
	void *block;

	bytes = (bytes + STEP_BYTES - 1) & ~(size_t)(STEP_BYTES - 1);
	if ((size_t)(pool->end - pool->at) < bytes) {
		pool->last = next_chunk(pool->last ? &pool->last->next : first, pool->last, pool->at);
		pool->at = pool->last->bytes;
		pool->end = chunk_end(pool->last);
	}
	block = pool->at;
	pool->at += bytes;
	return block;
}

void *sim_rare_grow(void *from, size_t had, size_t bytes)
{
	struct sim_world *world = sim_this;
	struct sim_rare *rare = sim_rare_write(world);
	void *block;

	/* What is large is written as it comes, and copied each time. */
	if (world->arena.individual || bytes > BLOCK_BYTES_MAX)
		block = sim_alloc(bytes);
	else
		block = pool_carve(&rare->pool, &world->rare_chunks, bytes);
	if (had) {
		memcpy(block, from, had);
		memset(from, 0, had);
	}
	return block;
}

struct sim_actor *sim_actor_alloc(struct sim_world *world)
{
	size_t bytes = sizeof(struct sim_actor) + SIM_ACTOR_ROOM;

	if (!sim_arena_has_no_actors(&world->arena))
		return sim_zalloc(bytes);
	return memset(pool_carve(&sim_rare_write(world)->actor_pool, &world->actor_chunks, bytes), 0, bytes);
}

void *sim_rare_zalloc(size_t bytes)
{
	return memset(sim_rare_grow(NULL, 0, bytes), 0, bytes);
}

void sim_rare_written(void)
{
	sim_rare_write(sim_this);
}

void *sim_zalloc(size_t bytes)
{
	return memset(sim_alloc(bytes), 0, bytes);
}

void sim_free(void *ptr)
{
	struct sim_arena *arena = &sim_this->arena;
	uint64_t class;

	if (!ptr)
		return;
	class = *head_of(ptr);
	if (SIM_RACES)
		sim_race_forget(sim_this, ptr, class == CLASS_BIG ? big_of(ptr)->bytes : class_bytes(class));
	if (class == CLASS_BIG) {
		big_free(arena, big_of(ptr));
		return;
	}
	*(void **)ptr = arena->free[class];
	arena->lists.changed = true;
	arena->free[class] = ptr;
}

static void *big_realloc(struct sim_arena *arena, void *ptr, size_t bytes)
{
	struct sim_big *big = big_of(ptr);

	if (SIM_RACES)
		sim_race_forget(sim_this, ptr, big->bytes);
	if (big->holders) {
		void *new = big_alloc(arena, bytes);

		memcpy(new, ptr, bytes < big->bytes ? bytes : big->bytes);
		big_retire(arena, big);
		return new;
	}
	big_unlink(big);
	if (bytes > PTRDIFF_MAX - sizeof(*big))
		no_memory(bytes);
	big = realloc(big, sizeof(*big) + bytes);
	if (!big)
		no_memory(bytes);
	big->bytes = bytes;
	big_link(&arena->bigs, big);
	return big->payload;
}

/*
 * For snapshots
 */

/* A list by address, its blocks zeroed but for their links. Lists are short; insertion will do. */
static void *tidy_list(void *list, size_t bytes)
{
	void *sorted = NULL;

	while (list) {
		void *block = list, **link = &sorted;

		list = *(void **)block;
		while (*link && *link < block)
			link = *link;
		memset(block, 0, bytes);
		*(void **)block = *link;
		*link = block;
	}
	return sorted;
}

void sim_arena_tidy(struct sim_arena *arena)
{
	arena->lists.changed = true;
	for (unsigned int class = 0; class < SIM_ARENA_CLASSES; class++)
		arena->free[class] = tidy_list(arena->free[class], class_bytes(class) - HEAD_BYTES);
}

uint64_t sim_arena_big_at(const struct sim_arena *arena, const void *at, size_t *offset)
{
	for (const struct sim_big *big = arena->bigs; big; big = big->next) {
		*offset = (uintptr_t)at - (uintptr_t)big->payload;
		if (*offset < big->bytes)
			return big->number;
	}
	return 0;
}

size_t sim_arena_count_bigs(const struct sim_arena *arena)
{
	size_t nr = 0;

	for (const struct sim_big *big = arena->bigs; big; big = big->next)
		nr++;
	return nr;
}

void sim_arena_hold_bigs(struct sim_arena *arena, struct sim_big **bigs)
{
	for (struct sim_big *big = arena->bigs; big; big = big->next) {
		big->holders++;
		*bigs++ = big;
	}
}

void sim_arena_bring_bigs(struct sim_arena *arena, struct sim_big **bigs, size_t nr)
{
	struct sim_big *big, *next;

	for (size_t i = 0; i < nr; i++)
		bigs[i]->wanted = true;
	for (big = arena->bigs; big; big = next) {
		next = big->next;
		if (!big->wanted)
			big_free(arena, big);
	}
	for (size_t i = 0; i < nr; i++) {
		big = bigs[i];
		big->wanted = false;
		if (!big->retired)
			continue;
		big->retired = false;
		ASAN_UNPOISON_MEMORY_REGION(big->payload, big->bytes);
		big_unlink(big);
		big_link(&arena->bigs, big);
	}
}

void sim_arena_drop_bigs(struct sim_arena *arena, struct sim_big **bigs, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (--bigs[i]->holders || !bigs[i]->retired)
			continue;
		ASAN_UNPOISON_MEMORY_REGION(bigs[i]->payload, bigs[i]->bytes);
		big_unlink(bigs[i]);
		free(bigs[i]);
	}
}

size_t sim_big_payload(struct sim_big *big, unsigned char **at)
{
	*at = big->payload;
	return big->bytes;
}

void *sim_realloc(void *ptr, size_t bytes)
{
	uint64_t class;
	size_t room;
	void *new;

	if (!ptr)
		return sim_alloc(bytes);
	class = *head_of(ptr);
	if (class == CLASS_BIG)
		return big_realloc(&sim_this->arena, ptr, bytes);
	room = class_bytes(class) - HEAD_BYTES;
	if (bytes <= room)
		return ptr;
	new = sim_alloc(bytes);
	memcpy(new, ptr, room);
	sim_free(ptr);
	return new;
}

char *sim_strdup(const char *text)
{
	size_t bytes = strlen(text) + 1;

	return memcpy(sim_alloc(bytes), text, bytes);
}
