// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * World memory: size classes cut from chunks, freed en bloc with the world.
 *
 * Each block has 8 bytes in front that name its class. Freed blocks wait in their
 * class's list; chunks go back to the thread's cache when the world goes. What is
 * larger than the largest class is a block of the host's own, on a list. Under
 * Valgrind and the sanitizers every block is, so that they see overflows and stale use.
 */
#include "core.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
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
	uint64_t class;		/* CLASS_BIG, where a small block has its class */
	unsigned char payload[];
};

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
	arena->individual = SIM_ASAN || SIM_TSAN || sim_on_valgrind();
}

void sim_arena_destroy(struct sim_arena *arena)
{
	while (arena->bigs) {
		struct sim_big *big = arena->bigs;

		arena->bigs = big->next;
		free(big);
	}
	while (arena->chunks) {
		struct sim_chunk *chunk = arena->chunks;

		arena->chunks = chunk->next;
		sim_cache_chunk_put(chunk);
	}
}

static void big_link(struct sim_arena *arena, struct sim_big *big)
{
	big->next = arena->bigs;
	big->link = &arena->bigs;
	if (big->next)
		big->next->link = &big->next;
	arena->bigs = big;
}

static void big_unlink(struct sim_big *big)
{
	*big->link = big->next;
	if (big->next)
		big->next->link = big->link;
}

static _Noreturn void no_memory(size_t bytes)
{
	sim_die("the host is out of memory (%zu bytes asked for)", bytes);
}

static void *big_alloc(struct sim_arena *arena, size_t bytes)
{
	struct sim_big *big = NULL;

	if (bytes <= PTRDIFF_MAX - sizeof(*big))
		big = malloc(sizeof(*big) + bytes);
	if (!big)
		no_memory(bytes);
	big->bytes = bytes;
	big->class = CLASS_BIG;
	big_link(arena, big);
	return big->payload;
}

/* A block from the current chunk, or from a new one; the old one's rest is given up. */
static void *carve(struct sim_arena *arena, unsigned int class)
{
	size_t bytes = class_bytes(class);
	unsigned char *block;

	if ((size_t)(arena->end - arena->at) < bytes) {
		struct sim_chunk *chunk = sim_cache_chunk_get();

		if (!chunk)
			no_memory(SIM_CHUNK_BYTES);
		chunk->next = arena->chunks;
		arena->chunks = chunk;
		/* Payloads are aligned to 16, so heads lie 8 below that. */
		arena->at = chunk->bytes + STEP_BYTES - HEAD_BYTES;
		arena->end = (unsigned char *)chunk + SIM_CHUNK_BYTES;
	}
	block = arena->at;
	arena->at += bytes;
	*(uint64_t *)block = class;
	return block + HEAD_BYTES;
}

void *sim_alloc(size_t bytes)
{
	struct sim_arena *arena = &sim_this->arena;
	unsigned int class;
	void *ptr;

	if (unlikely(arena->individual || bytes > BLOCK_BYTES_MAX - HEAD_BYTES))
		return big_alloc(arena, bytes);
	class = class_of(bytes + HEAD_BYTES);
	ptr = arena->free[class];
	if (ptr) {
		arena->free[class] = *(void **)ptr;
		return ptr;
	}
	return carve(arena, class);
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
	if (class == CLASS_BIG) {
		struct sim_big *big = big_of(ptr);

		big_unlink(big);
		free(big);
		return;
	}
	*(void **)ptr = arena->free[class];
	arena->free[class] = ptr;
}

static void *big_realloc(struct sim_arena *arena, void *ptr, size_t bytes)
{
	struct sim_big *big = big_of(ptr);

	big_unlink(big);
	if (bytes > PTRDIFF_MAX - sizeof(*big))
		no_memory(bytes);
	big = realloc(big, sizeof(*big) + bytes);
	if (!big)
		no_memory(bytes);
	big->bytes = bytes;
	big_link(arena, big);
	return big->payload;
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
