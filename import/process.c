// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "process.h"

void *import_alloc(void *ptr, size_t bytes)
{
	ptr = realloc(ptr, bytes);
	if (!ptr) {
		fputs("pinsim: out of memory\n", stderr);
		exit(3);
	}
	return ptr;
}

struct fd_table *fd_table_create(void)
{
	struct fd_table *files = import_alloc(NULL, sizeof(*files));

	*files = (struct fd_table){ .refs = 1 };
	return files;
}

struct fd_table *fd_table_copy(const struct fd_table *files)
{
	struct fd_table *copy = fd_table_create();

	if (files->nr) {
		copy->descriptors = import_alloc(NULL, files->nr * sizeof(*files->descriptors));
		memcpy(copy->descriptors, files->descriptors, files->nr * sizeof(*files->descriptors));
		copy->nr = files->nr;
	}
	return copy;
}

void fd_table_put(struct fd_table *files)
{
	if (--files->refs)
		return;
	free(files->descriptors);
	free(files);
}

static struct descriptor *find(const struct fd_table *files, int fd)
{
	size_t i;

	for (i = 0; i < files->nr; i++)
		if (files->descriptors[i].fd == fd)
			return &files->descriptors[i];
	return NULL;
}

struct object *fd_table_find(const struct fd_table *files, int fd)
{
	struct descriptor *descriptor = find(files, fd);

	return descriptor ? descriptor->object : NULL;
}

void fd_table_install(struct fd_table *files, int fd, struct object *object, bool cloexec)
{
	struct descriptor *descriptor = find(files, fd);

	if (!descriptor && files->nr == IMPORT_DESCRIPTORS_MAX)
		return;
	if (!descriptor) {
		files->descriptors = import_alloc(files->descriptors, (files->nr + 1) * sizeof(*descriptor));
		descriptor = &files->descriptors[files->nr++];
	}
	*descriptor = (struct descriptor){ .fd = fd, .object = object, .cloexec = cloexec };
}

struct object *fd_table_remove(struct fd_table *files, int fd)
{
	struct descriptor *descriptor = find(files, fd);
	struct object *object = descriptor ? descriptor->object : NULL;

	if (descriptor)
		*descriptor = files->descriptors[--files->nr];
	return object;
}

bool fd_table_have(const struct fd_table *files, const struct object *object)
{
	size_t i;

	for (i = 0; i < files->nr; i++)
		if (files->descriptors[i].object == object)
			return true;
	return false;
}

void fd_table_exec(struct fd_table *files)
{
	size_t i = 0;

	while (i < files->nr) {
		if (files->descriptors[i].cloexec)
			files->descriptors[i] = files->descriptors[--files->nr];
		else
			i++;
	}
}

struct space *space_create(void)
{
	struct space *space = import_alloc(NULL, sizeof(*space));

	*space = (struct space){ .refs = 1 };
	return space;
}

struct space *space_copy(const struct space *space)
{
	struct space *copy = space_create();

	copy->brk = space->brk;
	if (space->nr) {
		copy->pieces = import_alloc(NULL, space->nr * sizeof(*space->pieces));
		memcpy(copy->pieces, space->pieces, space->nr * sizeof(*space->pieces));
		copy->nr = space->nr;
	}
	return copy;
}

void space_put(struct space *space)
{
	if (--space->refs)
		return;
	free(space->pieces);
	free(space);
}

/* Index of the first piece that ends behind @va. */
static size_t first_behind(const struct space *space, unsigned long va)
{
	size_t low = 0, high = space->nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (space->pieces[middle].end <= va)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct piece *space_find(struct space *space, unsigned long va, struct piece **next)
{
	size_t i = first_behind(space, va);
	struct piece *piece = i < space->nr ? &space->pieces[i] : NULL;

	if (piece && piece->start <= va) {
		if (next)
			*next = i + 1 < space->nr ? piece + 1 : NULL;
		return piece;
	}
	if (next)
		*next = piece;
	return NULL;
}

/* Room for one more piece at @i. */
static struct piece *open_gap(struct space *space, size_t i)
{
	space->pieces = import_alloc(space->pieces, (space->nr + 1) * sizeof(*space->pieces));
	memmove(&space->pieces[i + 1], &space->pieces[i], (space->nr - i) * sizeof(*space->pieces));
	space->nr++;
	return &space->pieces[i];
}

void space_remove(struct space *space, unsigned long start, unsigned long end)
{
	size_t i = first_behind(space, start), last;

	if (start >= end || i == space->nr)
		return;
	if (space->pieces[i].start < start) {
		struct piece *piece = open_gap(space, i);	/* the two halves */

		piece[0] = piece[1];
		piece[0].end = start;
		piece[1].start = start;
		i++;
	}
	for (last = i; last < space->nr && space->pieces[last].end <= end; last++)
		;
	if (last < space->nr && space->pieces[last].start < end)
		space->pieces[last].start = end;
	memmove(&space->pieces[i], &space->pieces[last], (space->nr - last) * sizeof(*space->pieces));
	space->nr -= last - i;
}

void space_insert(struct space *space, unsigned long start, unsigned long end, struct mapping *mapping)
{
	space_remove(space, start, end);
	if (start >= end || space->nr >= IMPORT_PIECES_MAX)
		return;
	*open_gap(space, first_behind(space, start)) =
		(struct piece){ .start = start, .end = end, .mapping = mapping };
}
