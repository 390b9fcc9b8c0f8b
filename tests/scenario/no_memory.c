// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Preloaded into the command: the allocation whose number FAIL_ALLOC says has no
 * memory. How many there were goes into the file that COUNT_ALLOC names.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t nr, size_t bytes);
void *__libc_realloc(void *ptr, size_t bytes);

static unsigned long count, failing;

static int fails(void)
{
	if (++count != failing)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t bytes)
{
	return fails() ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t nr, size_t bytes)
{
	return fails() ? NULL : __libc_calloc(nr, bytes);
}

void *realloc(void *ptr, size_t bytes)
{
	return fails() ? NULL : __libc_realloc(ptr, bytes);
}

__attribute__((constructor)) static void begin(void)
{
	const char *number = getenv("FAIL_ALLOC");

	count = 0;
	failing = number ? strtoul(number, NULL, 10) : 0;
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("COUNT_ALLOC");
	unsigned long all = count;
	FILE *file = path ? fopen(path, "w") : NULL;

	if (!file)
		return;
	fprintf(file, "%lu\n", all);
	fclose(file);
}
