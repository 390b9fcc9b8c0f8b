// SPDX-License-Identifier: GPL-2.0-or-later
/* xoshiro256** (Blackman and Vigna), its state filled by splitmix64 so that near seeds give far streams. */
#include <sim/rng.h>
#include <stdint.h>

static uint64_t rotate(uint64_t x, unsigned int by)
{
	return x << by | x >> (64 - by);
}

void sim_rng_init(struct sim_rng *rng, unsigned long long seed)
{
	for (unsigned int i = 0; i < 4; i++) {
		uint64_t z = seed += 0x9e3779b97f4a7c15ull;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
		z = (z ^ z >> 27) * 0x94d049bb133111ebull;
		rng->state[i] = z ^ z >> 31;
	}
}

unsigned long long sim_rng_next(struct sim_rng *rng)
{
	unsigned long long *s = rng->state;
	uint64_t result = rotate(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

unsigned long long sim_rng_below(struct sim_rng *rng, unsigned long long bound)
{
	uint64_t value, past;

	if (bound <= 1)
		return 0;
	if (bound <= UINT32_MAX) {
		/* 32 bits scaled up to the bound; low products that some values have too many of are rejected. */
		uint32_t small = bound;
		uint64_t product = (sim_rng_next(rng) >> 32) * small;

		/* no value is rejected at or above the bound: the division is rarely needed */
		if ((uint32_t)product < small) {
			uint32_t reject = -small % small;

			while ((uint32_t)product < reject)
				product = (sim_rng_next(rng) >> 32) * small;
		}
		return product >> 32;
	}
	/* The last, incomplete multiple of bound below 2^64 is rejected. */
	past = -bound % bound;
	do
		value = sim_rng_next(rng);
	while (value < past);
	return value % bound;
}
