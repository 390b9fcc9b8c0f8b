/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trace of a run, its hash, and the choice tape.
 *
 * The hash covers every record: (actor index, kind, object id, result). It holds
 * no address, pid or time, so it is the same on every machine, compiler and
 * under every tool. The tape holds only what was open: the picks, draws and
 * injected faults; it prints as a token and is what a reproduction carries.
 */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sim/sched.h>

struct sim_record {
	unsigned int actor;		/* index; ~0u: outside any actor */
	unsigned int kind;		/* enum sim_point */
	unsigned long object;
	long result;
};

/* 64-bit hash of all records so far. */
unsigned long long sim_trace_hash(void);
unsigned long sim_trace_length(void);
/*
 * From now on every record is passed to @sink as well (reports); NULL ends it. It hears of a record before the strategy
 * does: what it touches itself (sim_touch()) belongs to the step that the record ends, and not to the one it announces.
 */
void sim_trace_sink(void (*sink)(void *arg, const struct sim_record *record), void *arg);
/* Name an object for reports ("iova_rwsem", "user(1000).locked_vm"); copied. */
void sim_object_name(unsigned long object, const char *name);
/* The same for a text that stands as long as the world, as most do: not copied. */
void sim_object_name_kept(unsigned long object, const char *name);
const char *sim_object_name_get(unsigned long object);
const char *sim_point_name(enum sim_point kind);

/* The longest token: "p1." and this many characters of [A-Za-z0-9_-]. */
#define SIM_TOKEN_CHARS_MAX 4096

/*
 * A tape belongs to one file and kernel: both are part of the token and a token
 * is refused (-ESTALE) for any other. A tape that does not fit the token's length
 * has no token (sim_tape_encode returns -E2BIG).
 */
struct sim_tape_id {
	unsigned long long file_hash;
	const char *kernel;		/* "v6.12+type1_exec_underflow", up to 127 characters */
};
/* How many choices were made in this world so far. */
size_t sim_choices(void);
/* What was chosen so far, by in_order, is no part of the tape: a replay of it begins here, behind the same prefix. */
void sim_tape_begin(void);
/* The choices made in this world so far; owned by the caller, freed with sim_tape_free(). */
struct sim_tape *sim_tape_copy(void);
void sim_tape_free(struct sim_tape *tape);
size_t sim_tape_choices(const struct sim_tape *tape);
/* Of the choices, those that the sequential order would not make. */
size_t sim_tape_deviations(const struct sim_tape *tape);
/*
 * A copy in which @nr deviations, from the @first on (from 0), are what the
 * sequential order would do: for shrinking. Owned by the caller.
 */
struct sim_tape *sim_tape_without(const struct sim_tape *tape, size_t first, size_t nr);
/*
 * Makes *@tape, whose run fails, as short as leaving out deviations makes it: halves, quarters, ... and at the end
 * single ones. @fails runs a tape in the current world and says whether it fails by the same; it is asked at most
 * @runs_max times. From outside a run; *@tape is freed where a shorter one takes its place.
 */
void sim_tape_shorten(struct sim_tape **tape, unsigned int runs_max,
		      bool (*fails)(void *arg, const struct sim_tape *tape), void *arg);
/* @token: room for SIM_TOKEN_CHARS_MAX + 4. Returns 0 or -E2BIG. */
int sim_tape_encode(const struct sim_tape *tape, const struct sim_tape_id *id, char *token);
/*
 * Any byte string is an answer: 0 and *@tape, -EINVAL (not a token), -E2BIG, or
 * -ESTALE (another file). @kernel_buf, of 128 bytes, gets the token's kernel.
 */
int sim_tape_decode(const char *token, unsigned long long file_hash, char *kernel_buf, struct sim_tape **tape);

#endif
