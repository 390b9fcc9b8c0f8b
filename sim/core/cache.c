// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an OS thread keeps between runs: stacks, arena chunks, and the program's
 * debug information once it was read.
 *
 * The exception to "no mutable static". A small run takes a few microseconds,
 * and mapping, guarding and faulting in two stacks takes longer than that. What
 * lies here carries no state of any run: a chunk is raw memory that is handed out
 * uninitialised either way, a fiber waits for a body, and which of them a world
 * gets shows nowhere (addresses never reach a trace). It is per thread, so no
 * lock is needed, and bounded; a thread that ends gives it back.
 */
#include "core.h"
#include "fiber.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#define CHUNKS_MAX 32
#define FIBERS_MAX 64

struct thread_cache {
	struct sim_chunk *chunks;
	struct sim_fiber *fibers;
	unsigned int nr_chunks;
	unsigned int nr_fibers;
	void *handler_stack;
	void *symbols;
	bool known_to_key;
};

static __thread struct thread_cache cache;
static pthread_key_t key;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;

static void cache_drop(void *arg)
{
	struct thread_cache *mine = arg;
	stack_t none = { .ss_flags = SS_DISABLE };

	while (mine->chunks) {
		struct sim_chunk *chunk = mine->chunks;

		mine->chunks = chunk->next;
		free(chunk);
	}
	while (mine->fibers) {
		struct sim_fiber *fiber = mine->fibers;

		mine->fibers = *sim_fiber_next(fiber);
		sim_fiber_destroy(fiber);
	}
	if (mine->symbols)
		sim_symbols_free(mine->symbols);
	if (mine->handler_stack) {
		sigaltstack(&none, NULL);
		free(mine->handler_stack);
	}
	*mine = (struct thread_cache){};
}

static void key_create(void)
{
	if (pthread_key_create(&key, cache_drop))
		sim_die("no thread key for the cache of stacks");
}

static void cache_register(void)
{
	if (cache.known_to_key)
		return;
	pthread_once(&key_once, key_create);
	if (pthread_setspecific(key, &cache))
		sim_die("no memory for a thread key");
	cache.known_to_key = true;
}

struct sim_chunk *sim_cache_chunk_get(void)
{
	struct sim_chunk *chunk = cache.chunks;

	if (chunk) {
		cache.chunks = chunk->next;
		cache.nr_chunks--;
		return chunk;
	}
	return malloc(SIM_CHUNK_BYTES);
}

void sim_cache_chunk_put(struct sim_chunk *chunk)
{
	if (cache.nr_chunks >= CHUNKS_MAX) {
		free(chunk);
		return;
	}
	cache_register();
	chunk->next = cache.chunks;
	cache.chunks = chunk;
	cache.nr_chunks++;
}

struct sim_fiber *sim_cache_fiber_get(size_t stack_bytes, void (*entry)(void))
{
	struct sim_fiber **link = &cache.fibers;

	while (*link) {
		struct sim_fiber *fiber = *link;

		if (sim_fiber_stack_bytes(fiber) == stack_bytes) {
			*link = *sim_fiber_next(fiber);
			cache.nr_fibers--;
			return fiber;
		}
		link = sim_fiber_next(fiber);
	}
	return sim_fiber_create(stack_bytes, entry);
}

void sim_cache_fiber_put(struct sim_fiber *fiber)
{
	if (cache.nr_fibers >= FIBERS_MAX) {
		/* Never the caller's own stack: see retire() in sched.c. */
		sim_fiber_destroy(fiber);
		return;
	}
	cache_register();
	*sim_fiber_next(fiber) = cache.fibers;
	cache.fibers = fiber;
	cache.nr_fibers++;
}

void *sim_cache_handler_stack(size_t bytes)
{
	if (!cache.handler_stack) {
		cache_register();
		cache.handler_stack = malloc(bytes);
		if (!cache.handler_stack)
			sim_die("no memory for the stack of signal handlers");
	}
	return cache.handler_stack;
}

void *sim_cache_symbols(void)
{
	return cache.symbols;
}

void sim_cache_symbols_keep(void *symbols)
{
	cache_register();
	cache.symbols = symbols;
}
