/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_EXPLORE_HARNESS_H
#define TESTS_EXPLORE_HARNESS_H

#include <check.h>
#include <sim/explore.h>
#include <sim/sched.h>
#include "programs.h"

/* AddressSanitizer ends the program at an access to what was freed, which is its business. */
#if defined(__SANITIZE_ADDRESS__)
#define ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASAN 1
#endif
#endif
#ifndef ASAN
#define ASAN 0
#endif

/* Bits of sim_search_options.silent under which exactly the steps of a program count. */
#define ONLY_STEPS (1ul << SIM_POINT_START | 1ul << SIM_POINT_NONE)

/*
 * Searches @program with @tasks tasks until nothing is left or @runs_max runs are
 * done; each complete run is given to @judge (or NULL), while its world stands. Then
 * once more, with all runs in one world and most of them begun in the middle
 * (options.resumes), which must come to the same, the runs' hashes included.
 */
void explore(const struct program *program, unsigned int tasks, const struct sim_search_options *options,
	     unsigned long runs_max, void (*judge)(void *arg, enum sim_outcome outcome), void *arg,
	     struct sim_explored *explored);
/* Until nothing is left, and as @options say alone. */
void explore_once(const struct program *program, unsigned int tasks, const struct sim_search_options *options,
		  void (*judge)(void *arg, enum sim_outcome outcome), void *arg, struct sim_explored *explored);
/* Each world takes long here: a tool looks on, or nothing is optimised. */
bool harness_slow(void);
/* A judge: *@arg counts the runs that end stuck. */
void count_stuck(void *arg, enum sim_outcome outcome);

/* What runs can come to: the words, who has which lock, how far each task came, and how it ended. */
#define END_BYTES 64

struct ends {
	unsigned char (*states)[END_BYTES];	/* the caller's to free */
	unsigned int nr, room;
	unsigned long long reported;		/* bits by violation */
};

bool ends_know(const struct ends *ends, const unsigned char *state);
/* A judge: into the struct ends @arg. */
void ends_note(void *arg, enum sim_outcome outcome);

#endif
