/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seeded generator of strategies and fuzzers: xoshiro256** seeded by
 * splitmix64. Its numbers depend on the seed alone, on every machine.
 */
#ifndef SIM_RNG_H
#define SIM_RNG_H

struct sim_rng {
	unsigned long long state[4];
};

/* Any seed will do, 0 included. */
void sim_rng_init(struct sim_rng *rng, unsigned long long seed);
unsigned long long sim_rng_next(struct sim_rng *rng);
/* Uniform in [0, @bound), without bias; @bound >= 1. */
unsigned long long sim_rng_below(struct sim_rng *rng, unsigned long long bound);

#endif
