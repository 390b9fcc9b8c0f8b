// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The digest: what the rooms add runs through two multiply-and-fold lanes of 64 bits.
 *
 * Names are kept for the time of one digest: objects in a table of open
 * addressing, frames in a run tree whose value is the name and goes on with the
 * frame, so a run that is mentioned again costs one look.
 */
#include <sim/digest.h>
#include <sim/run_tree.h>

#include "core.h"

#include <string.h>

#define NAMES_MIN 64u

struct sim_digest {
	uint64_t lane[2];
	const void **object;		/* by hash; NULL: free */
	unsigned long *name;
	unsigned int room;		/* a power of two */
	unsigned int nr_objects;
	struct sim_run_tree frames;	/* frame -> name */
	unsigned long nr_frames;
	/* sim_digest_apart(): names up to here are those of the first part */
	unsigned long first_objects, first_frames;
	bool shared;
	bool unknown;
};

void sim_digest_register(void (*add)(struct sim_digest *digest))
{
	struct sim_rare *rare = sim_rare_write(sim_this);

	if (rare->nr_digests == SIM_DIGESTS_MAX)
		sim_die("more than %u rooms have a digest", SIM_DIGESTS_MAX);
	rare->digests[rare->nr_digests++] = add;
}

unsigned int sim_digests(void)
{
	return sim_this->rare.nr_digests;
}

static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

void sim_digest_add(struct sim_digest *digest, unsigned long value)
{
	digest->lane[0] = fold(digest->lane[0] ^ value, 0x9e3779b97f4a7c15) + 0x632be59bd9b4e019;
	digest->lane[1] = fold(digest->lane[1] + value, 0xd6e8feb86659fd93) ^ 0xe7037ed1a0b428db;
}

void sim_digest_text(struct sim_digest *digest, const char *text)
{
	size_t bytes = strlen(text);

	sim_digest_add(digest, bytes);
	for (size_t at = 0; at < bytes; at += sizeof(unsigned long)) {
		unsigned long word = 0;
		size_t left = bytes - at;

		memcpy(&word, text + at, left < sizeof(word) ? left : sizeof(word));
		sim_digest_add(digest, word);
	}
}

static unsigned int slot_of(const struct sim_digest *digest, const void *object)
{
	unsigned int slot = (unsigned int)fold((uintptr_t)object, 0x9e3779b97f4a7c15) & (digest->room - 1);

	while (digest->object[slot] && digest->object[slot] != object)
		slot = (slot + 1) & (digest->room - 1);
	return slot;
}

static void grow(struct sim_digest *digest)
{
	const void **object = digest->object;
	unsigned long *name = digest->name;
	unsigned int room = digest->room;

	digest->room = room ? room * 2 : NAMES_MIN;
	digest->object = sim_zalloc(digest->room * sizeof(*digest->object));
	digest->name = sim_zalloc(digest->room * sizeof(*digest->name));
	for (unsigned int i = 0; i < room; i++)
		if (object[i]) {
			unsigned int slot = slot_of(digest, object[i]);

			digest->object[slot] = object[i];
			digest->name[slot] = name[i];
		}
	sim_free(object);
	sim_free(name);
}

bool sim_digest_name(struct sim_digest *digest, const void *object)
{
	unsigned int slot;
	bool first;

	if (!object) {
		sim_digest_add(digest, 0);
		return false;
	}
	if (digest->nr_objects * 2 >= digest->room)
		grow(digest);
	slot = slot_of(digest, object);
	first = !digest->object[slot];
	if (first) {
		digest->object[slot] = object;
		digest->name[slot] = ++digest->nr_objects;
	}
	digest->shared |= digest->name[slot] <= digest->first_objects;
	sim_digest_add(digest, digest->name[slot]);
	return first;
}

bool sim_digest_known(const struct sim_digest *digest, const void *object)
{
	return digest->room && digest->object[slot_of(digest, object)];
}

void sim_digest_frames(struct sim_digest *digest, unsigned long frame, unsigned long nr)
{
	unsigned long last = frame + nr - 1;
	struct sim_run run;

	/* As pieces of names that go on: the last word of each says how far. */
	while (frame <= last) {
		if (!sim_run_clip(&digest->frames, frame, last, &run) || run.start != frame) {
			unsigned long end = sim_run_clip(&digest->frames, frame, last, &run) ? run.start - 1 : last;

			sim_run_set(&digest->frames, frame, end, digest->nr_frames + 1, 0);
			digest->nr_frames += end - frame + 1;
			continue;
		}
		digest->shared |= run.value <= digest->first_frames;
		sim_digest_add(digest, run.value);
		sim_digest_add(digest, run.last - run.start + 1);
		frame = run.last + 1;
	}
}

void sim_digest_unknown(struct sim_digest *digest)
{
	digest->unknown = true;
}

static void begin(struct sim_digest *digest)
{
	*digest = (struct sim_digest){ .lane = { 0x243f6a8885a308d3, 0x13198a2e03707344 } };
	sim_run_tree_init(&digest->frames, SIM_RUN_LINEAR);
}

static struct sim_digest_value end(struct sim_digest *digest)
{
	sim_run_tree_destroy(&digest->frames);
	sim_free(digest->object);
	sim_free(digest->name);
	return (struct sim_digest_value){
		.word = { digest->lane[0], digest->lane[1] }, .unknown = digest->unknown,
	};
}

struct sim_digest_value sim_digest_of(void (*add)(struct sim_digest *digest, void *arg), void *arg)
{
	struct sim_digest digest;

	begin(&digest);
	add(&digest, arg);
	return end(&digest);
}

bool sim_digest_apart(void (*add)(struct sim_digest *digest, void *arg), void *a, void *b)
{
	struct sim_digest digest;

	begin(&digest);
	add(&digest, a);
	digest.first_objects = digest.nr_objects;
	digest.first_frames = digest.nr_frames;
	add(&digest, b);
	return !end(&digest).unknown && !digest.shared;
}

struct sim_digest_value sim_digest(void (*first)(struct sim_digest *digest, void *arg), void *arg)
{
	struct sim_world *world = sim_this;
	struct sim_digest digest;

	begin(&digest);
	if (first)
		first(&digest, arg);
	for (unsigned int i = 0; i < world->rare.nr_digests; i++) {
		sim_digest_add(&digest, i);
		world->rare.digests[i](&digest);
	}
	return end(&digest);
}
