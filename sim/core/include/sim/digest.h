/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The digest of a quiet world: equal digests say that no call can tell the two
 * worlds apart any more, however they came about.
 *
 * Each room registers a function that adds the whole of its own state on which a
 * later result may depend, in an order that does not depend on history. Addresses,
 * frame numbers and ids do, so they are not added but named: the first one that is
 * mentioned is 1, the next 2. Two worlds that differ only in such names then agree.
 * A room may say more than is needed (worlds are then kept apart that are alike),
 * never less.
 *
 * The world must be quiet: no call under way, nobody holds a lock.
 */
#ifndef SIM_DIGEST_H
#define SIM_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

struct sim_digest;

/* 128 bits: among a billion states two that agree by chance are not to be expected. */
struct sim_digest_value {
	unsigned long long word[2];
	bool unknown;		/* a room has state that no digest covers: equal to nothing, not even to itself */
};

/* @add: called for each digest of this world, in order of registering. */
void sim_digest_register(void (*add)(struct sim_digest *digest));

/* How many registered. */
unsigned int sim_digests(void);

/* A number that means the same in every history: a size, a counter, a flag. */
void sim_digest_add(struct sim_digest *digest, unsigned long value);
/* A text, such as a task's name. */
void sim_digest_text(struct sim_digest *digest, const char *text);
/* Something known by its address, or NULL. Returns true when it is mentioned for the first time. */
bool sim_digest_name(struct sim_digest *digest, const void *object);
/* Was it mentioned before? Adds nothing. */
bool sim_digest_known(const struct sim_digest *digest, const void *object);
/* @nr >= 1 frames from @frame on, each by a name of its own; costs what runs it is in, not what pages. */
void sim_digest_frames(struct sim_digest *digest, unsigned long frame, unsigned long nr);

/* There is state here that no digest covers. */
void sim_digest_unknown(struct sim_digest *digest);

/* Of this world, now. Outside any actor. @first: the caller's own state, ahead of all rooms; or NULL. */
struct sim_digest_value sim_digest(void (*first)(struct sim_digest *digest, void *arg), void *arg);

/*
 * Of nothing but what @add adds: a task with all that it can reach, say. Two worlds,
 * or one at two times, agree in that where the two values do.
 */
struct sim_digest_value sim_digest_of(void (*add)(struct sim_digest *digest, void *arg), void *arg);

/* Has what @add adds of @a nothing in common with what it adds of @b, and is all of it known? */
bool sim_digest_apart(void (*add)(struct sim_digest *digest, void *arg), void *a, void *b);

#endif
