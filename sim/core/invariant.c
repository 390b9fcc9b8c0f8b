// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The registry of invariants, in order of registering, and for each kind of round the
 * checks that it makes: a round comes after every step, and asks nobody in vain.
 */
#include "core.h"

static const unsigned long always = 1;

static void round_add(struct sim_round *round, void (*check)(void), const unsigned long *changed)
{
	if (round->nr == round->room) {
		unsigned int room = round->room ? round->room * 2 : 32;

		round->checks = sim_rare_grow(round->checks, round->room * sizeof(*round->checks),
					      room * sizeof(*round->checks));
		round->room = room;
	}
	round->checks[round->nr++] = (struct sim_check){ check, changed, 0 };
	for (unsigned int at = round->nr; at-- && round->checks[at].changed == changed;)
		round->checks[at].alike++;
}

void sim_invariant_register_if(const struct sim_invariant *invariant, const unsigned long *changed)
{
	struct sim_rare *rare = sim_rare_write(sim_this);

	if (rare->nr_invariants == rare->room_invariants) {
		unsigned long room = rare->room_invariants ? rare->room_invariants * 2 : 32;

		rare->invariants = sim_rare_grow(rare->invariants, rare->room_invariants * sizeof(*rare->invariants),
						 room * sizeof(*rare->invariants));
		rare->room_invariants = room;
	}
	rare->invariants[rare->nr_invariants++] = invariant;
	if (!invariant->check)
		return;
	for (unsigned int when = invariant->when; when < SIM_ROUNDS; when++)
		round_add(&rare->rounds[when], invariant->check, changed);
}

void sim_invariant_register(const struct sim_invariant *invariant)
{
	sim_invariant_register_if(invariant, &always);
}

void sim_invariants_in_full(void)
{
	sim_this->checked_in_full = true;
}

void sim_invariants_check(enum sim_when when)
{
	const struct sim_round *round = &sim_this->rare.rounds[when];
	const struct sim_check *check = round->checks, *end = check + round->nr;
	bool full = sim_this->checked_in_full;

	sim_race_off();
	while (check < end) {
		if (*check->changed || full)
			(check++)->check();
		else
			check += check->alike;
	}
	sim_race_on();
}

size_t sim_invariants(void)
{
	return sim_this->rare.nr_invariants;
}

const struct sim_invariant *sim_invariant(size_t index)
{
	return index < sim_this->rare.nr_invariants ? sim_this->rare.invariants[index] : NULL;
}
