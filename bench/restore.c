// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What beginning a run again costs one who has a process for it: fork() with 16 MiB in
 * use, two pages written in the child, and wait(). bench/run sets it beside a schedule of ours.
 */
#include "bench.h"

#include <sys/wait.h>
#include <unistd.h>

#define BYTES (16ul << 20)

static void *prepare(const struct bench_row *row)
{
	char *memory = malloc(BYTES);

	memset(memory, 1, BYTES);
	return memory;
}

/* CPU time of the parent: what the child takes comes on top. */
static double forks(void *memory, unsigned long nr)
{
	for (unsigned long i = 0; i < nr; i++) {
		pid_t child = fork();
		int status;

		if (!child) {
			((volatile char *)memory)[0] = 2;
			((volatile char *)memory)[BYTES / 2] = 2;
			_exit(0);
		}
		waitpid(child, &status, 0);
	}
	return nr;
}

int main(int argc, char **argv)
{
	static const struct bench_row rows[] = {
		{ .name = "fork, two pages written, wait", .unit = "forks/s", .goal = "-", .prepare = prepare,
		  .work = forks, .done = free },
	};

	return bench_main(rows, 1, argc, argv);
}
