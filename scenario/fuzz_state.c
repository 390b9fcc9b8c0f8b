// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * FOLDER/state: which programs were run and what was seen in them, so that the next
 * session goes on behind them and comes to what one without an end would have, however
 * often it was stopped, and by however many jobs. Another seed, or programs that are
 * drawn otherwise, begin anew.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"

static void state_line(const struct fuzz_options *options, char *line, size_t size)
{
	const struct gen_options *gen = &options->gen;
	size_t used, i;

	used = (size_t)snprintf(line, size, "seed %lu steps %u..%u faults %u parallel %d backends %s%s%s on",
				options->seed, gen->steps_min, gen->steps_max, gen->fault_percent, gen->parallel,
				options->backend[0]->name, options->backend[1] ? "," : "",
				options->backend[1] ? options->backend[1]->name : "");
	for (i = 0; i < gen->kernels->nr && used < size; i++)
		used += (size_t)snprintf(line + used, size - used, " %s", gen->kernels->kernels[i]->kernel.name);
}

static FILE *open_state(const struct fuzz_options *options, const char *mode)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/state", options->folder);
	return fopen(path, mode);
}

static void read_seen(FILE *file, struct fuzz_shared *shared)
{
	unsigned long hash;
	unsigned int times, at;

	while (fscanf(file, " seen %lx %u", &hash, &times) == 2) {
		for (at = 0; at < SIGNATURES && hash && times; at++) {
			unsigned int slot = (unsigned int)((hash + at) % SIGNATURES);

			if (shared->signature[slot].hash)
				continue;
			shared->signature[slot].hash = hash;
			shared->signature[slot].times = times;
			break;
		}
	}
}

unsigned long fuzz_first_program(const struct fuzz_options *options, struct fuzz_shared *shared)
{
	char line[4096], before[4096];
	unsigned long next = options->first;
	FILE *file = options->folder && !next ? open_state(options, "r") : NULL;

	if (!file)
		return next;
	state_line(options, line, sizeof(line));
	if (fgets(before, sizeof(before), file)) {
		before[strcspn(before, "\n")] = '\0';
		if (strcmp(before, line) || fscanf(file, "next %lu", &next) != 1)
			next = 0;
		else
			read_seen(file, shared);
	}
	fclose(file);
	return next;
}

void fuzz_keep_state(const struct fuzz *fuzz)
{
	const struct fuzz_options *options = fuzz->options;
	char line[4096];
	FILE *file = options->folder ? open_state(options, "w") : NULL;
	unsigned int i;

	if (!file)
		return;
	state_line(options, line, sizeof(line));
	fprintf(file, "%s\nnext %lu\n", line, fuzz->first + fuzz->through);
	for (i = 0; i < SIGNATURES; i++)
		if (fuzz->shared->signature[i].hash)
			fprintf(file, "seen %lx %u\n", (unsigned long)fuzz->shared->signature[i].hash,
				(unsigned int)fuzz->shared->signature[i].times);
	if (fclose(file))
		fprintf(stderr, "pinsim: cannot write '%s/state': %s\n", options->folder, strerror(errno));
}
