// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Chunks that double up to 64 KiB, chained; an allocation larger than that gets a chunk
 * of its own. A chunk is zeroed ahead of what is handed out, a little at a time, so that
 * a small program does not pay for a large chunk.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "arena.h"

#define CHUNK_BYTES_MAX (64u * 1024)
#define ZERO_AHEAD_BYTES 1024u

struct arena_chunk {
	struct arena_chunk *next;
	_Alignas(16) unsigned char bytes[];
};

_Noreturn void out_of_memory(void)
{
	fputs("pinsim: out of memory\n", stderr);
	_exit(3);
}

void *xrealloc(void *ptr, size_t bytes)
{
	void *new = realloc(ptr, bytes ? bytes : 1);

	if (!new)
		out_of_memory();
	return new;
}

void *xzalloc(size_t bytes)
{
	void *new = calloc(1, bytes ? bytes : 1);

	if (!new)
		out_of_memory();
	return new;
}

char *xstrdup(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		out_of_memory();
	return copy;
}

char *xvasprintf(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		out_of_memory();
	return text;
}

char *xasprintf(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	return text;
}

FILE *text_begin(struct text_stream *stream)
{
	stream->out = open_memstream(&stream->text, &stream->bytes);
	if (!stream->out)
		out_of_memory();
	return stream->out;
}

char *text_end(struct text_stream *stream)
{
	/* without memory there may be no text, and no error but that */
	if (fclose(stream->out) || !stream->text)
		out_of_memory();
	return stream->text;
}

struct arena *arena_create(void)
{
	struct arena *arena = xzalloc(sizeof(*arena));

	arena->next_size = 2048;
	return arena;
}

void arena_destroy(struct arena *arena)
{
	struct arena_chunk *chunk;

	if (!arena)
		return;
	while ((chunk = arena->chunks)) {
		arena->chunks = chunk->next;
		free(chunk);
	}
	free(arena);
}

static void add_chunk(struct arena *arena, size_t bytes)
{
	size_t size = arena->next_size;
	struct arena_chunk *chunk;

	if (arena->next_size < CHUNK_BYTES_MAX)
		arena->next_size *= 2;
	if (size < bytes)
		size = bytes;
	chunk = xrealloc(NULL, sizeof(*chunk) + size);
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	arena->at = chunk->bytes;
	arena->zeroed = chunk->bytes;
	arena->end = chunk->bytes + size;
}

void *arena_alloc_ahead(struct arena *arena, size_t bytes)
{
	unsigned char *at;
	size_t ahead;

	if ((size_t)(arena->end - arena->at) < bytes)
		add_chunk(arena, bytes);
	at = arena->at;
	arena->at += bytes;
	ahead = (size_t)(arena->end - arena->at);
	if (ahead > ZERO_AHEAD_BYTES)
		ahead = ZERO_AHEAD_BYTES;
	memset(arena->zeroed, 0, (size_t)(arena->at + ahead - arena->zeroed));
	arena->zeroed = arena->at + ahead;
	return at;
}

char *arena_strndup(struct arena *arena, const char *text, size_t bytes)
{
	char *copy = arena_alloc(arena, bytes + 1);

	memcpy(copy, text, bytes);
	return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *copy;
	int bytes;

	va_start(args, format);
	bytes = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (bytes < 0)
		return arena_strndup(arena, "", 0);
	copy = arena_alloc(arena, (size_t)bytes + 1);
	va_start(args, format);
	vsnprintf(copy, (size_t)bytes + 1, format, args);
	va_end(args);
	return copy;
}
