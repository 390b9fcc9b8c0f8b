// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * usage: drive [--runs N] [--seed N] [FILE...]
 *
 * A target where no fuzzer is at hand: random bytes of random lengths, and damaged
 * copies of the files given. What is fed is a pure function of the seed and the
 * number, which a crash leaves on stderr.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sim/rng.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BYTES_MAX 4096u
#define SECONDS_MAX 20u

static uint8_t input[BYTES_MAX];

static size_t read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t size = file ? fread(input, 1, sizeof(input), file) : 0;

	if (file)
		fclose(file);
	return size;
}

static size_t make(struct sim_rng *rng, char **files, int nr_files)
{
	size_t size = 0, damage;

	if (nr_files && sim_rng_below(rng, 2))
		size = read_file(files[sim_rng_below(rng, (unsigned long long)nr_files)]);
	if (!size) {
		size = 1 + sim_rng_below(rng, sim_rng_below(rng, 4) ? 256 : BYTES_MAX);
		for (size_t i = 0; i < size; i++)
			input[i] = (uint8_t)sim_rng_next(rng);
	}
	for (damage = sim_rng_below(rng, 4); damage; damage--)
		input[sim_rng_below(rng, size)] = (uint8_t)sim_rng_next(rng);
	return size;
}

int main(int argc, char **argv)
{
	unsigned long runs = 1000, seed = 1;
	int i = 1;

	for (; i + 1 < argc && argv[i][0] == '-'; i += 2)
		*(strcmp(argv[i], "--seed") ? &runs : &seed) = strtoul(argv[i + 1], NULL, 10);
	for (unsigned long number = 0; number < runs; number++) {
		struct sim_rng rng;

		sim_rng_init(&rng, seed * 1000003 + number);
		alarm(SECONDS_MAX);
		LLVMFuzzerTestOneInput(input, make(&rng, argv + i, argc - i));
	}
	printf("%lu inputs, seed %lu\n", runs, seed);
	return 0;
}
