// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An enumerator that is as simple as can be: a recursion over "which task next",
 * on plain arrays copied at each level. It shares nothing with the explorer.
 *
 * A trace is told from another by its dependent pairs in their order. Two
 * interleavings of one trace have the same layers (Foata's normal form): a step lies
 * one layer above the highest step before it that it depends on. So each
 * interleaving is written as its sorted (layer, task, what it did), and the distinct
 * ones are counted.
 */
#include "brute.h"

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 64

#define ACCESSES_MAX 4

/* A step, and what it accesses: things by thing(), and whether it changes them. */
struct done {
	unsigned char layer, task, operation, nr;
	unsigned char thing[ACCESSES_MAX], write[ACCESSES_MAX];
};

struct state {
	long words[WORDS_MAX];
	int owner[LOCKS_MAX];		/* 1 + task */
	int writer[LOCKS_MAX], readers[LOCKS_MAX];
	unsigned int at[TASKS_MAX];
	long value[TASKS_MAX];
	int failed[TASKS_MAX];
	unsigned int nr;
	struct done done[STEPS_MAX];
};

struct seen {
	uint64_t *hashes;
	size_t room, nr;
};

/* What is no step is gone past. Returns NULL at the task's end. */
static const struct op *next_step(const struct program *program, struct state *state, unsigned int task)
{
	for (;;) {
		const struct op *op = &program_ops(program, task)[state->at[task]];

		switch (op->operation) {
		case OP_END:
			return NULL;
		case OP_END_IF_AT_LEAST:
			if (state->value[task] >= op->value)
				return NULL;
			state->at[task]++;
			break;
		case OP_END_IF_FAILED:
			if (state->failed[task])
				return NULL;
			state->at[task]++;
			break;
		case OP_BACK_IF_FAILED:
			if (state->failed[task])
				state->at[task] -= op->value;
			else
				state->at[task]++;
			break;
		default:
			return op;
		}
	}
}

static int can(const struct state *state, const struct op *op)
{
	switch (op->operation) {
	case OP_LOCK:
		return !state->owner[op->object];
	case OP_READ_LOCK:
		return !state->writer[op->object];
	case OP_WRITE_LOCK:
		return !state->writer[op->object] && !state->readers[op->object];
	default:
		return 1;
	}
}

/* Does it; returns whether it counts as a change. */
static int apply(struct state *state, unsigned int task, const struct op *op)
{
	long *word = &state->words[op->object];
	long *value = &state->value[task];
	long old;

	switch (op->operation) {
	case OP_LOAD:
		*value = *word;
		return 0;
	case OP_STORE:
		*word = op->value;
		return 1;
	case OP_ADD:
		*value = *word += op->value;
		return 1;
	case OP_CAS:
		state->failed[task] = *word != *value;
		if (state->failed[task]) {
			*value = *word;
			return 0;
		}
		*word += op->value;
		return 1;
	case OP_PEEK:
		*value = *word;
		return 0;
	case OP_POKE:
		*word = op->value;
		return 1;
	case OP_SWAP:
		old = *word;
		*word = op->value;
		*value = old;
		return 1;
	case OP_LOCK:
		state->owner[op->object] = task + 1;
		return 1;
	case OP_TRYLOCK:
		state->failed[task] = state->owner[op->object] != 0;
		if (!state->failed[task])
			state->owner[op->object] = task + 1;
		return 1;
	case OP_UNLOCK:
		state->owner[op->object] = 0;
		return 1;
	case OP_READ_LOCK:
		state->readers[op->object]++;
		return 0;
	case OP_READ_UNLOCK:
		state->readers[op->object]--;
		return 0;
	case OP_WRITE_LOCK:
		state->writer[op->object] = 1;
		return 1;
	case OP_WRITE_UNLOCK:
		state->writer[op->object] = 0;
		return 1;
	default:
		abort();
	}
}

/* Words, locks and readers' locks are three sorts of things. */
static unsigned int thing(const struct op *op)
{
	unsigned int sort = 0;

	if (op->operation >= OP_LOCK && op->operation < OP_PEEK)
		sort = op->operation < OP_READ_LOCK ? 1 : 2;

	return sort * 16 + op->object;
}

static int depend(const struct done *a, const struct done *b)
{
	if (a->task == b->task)
		return 1;
	for (unsigned int i = 0; i < a->nr; i++)
		for (unsigned int j = 0; j < b->nr; j++)
			if (a->thing[i] == b->thing[j] && (a->write[i] || b->write[j]))
				return 1;
	return 0;
}

/* Does the step at @op and the plain accesses behind it. */
static void do_step(struct state *state, unsigned int task, const struct op *op)
{
	struct done *done = &state->done[state->nr];

	*done = (struct done){ .layer = 1, .task = task, .operation = op->operation };
	do {
		ck_assert_uint_lt(done->nr, ACCESSES_MAX);
		done->thing[done->nr] = thing(op);
		done->write[done->nr++] = apply(state, task, op);
		state->at[task]++;
		op++;
	} while (op->operation == OP_PEEK || op->operation == OP_POKE);
	for (unsigned int i = 0; i < state->nr; i++)
		if (state->done[i].layer >= done->layer && depend(&state->done[i], done))
			done->layer = state->done[i].layer + 1;
	state->nr++;
}

static int by_layer(const void *a, const void *b)
{
	const struct done *x = a, *y = b;

	return x->layer != y->layer ? x->layer - y->layer : x->task - y->task;
}

static int insert(struct seen *seen, uint64_t hash)
{
	size_t slot;

	if (2 * (seen->nr + 1) > seen->room) {
		struct seen more = { .room = seen->room ? seen->room * 2 : 1024 };

		more.hashes = calloc(more.room, sizeof(*more.hashes));
		for (size_t i = 0; i < seen->room; i++)
			if (seen->hashes[i])
				insert(&more, seen->hashes[i]);
		free(seen->hashes);
		*seen = more;
	}
	for (slot = hash % seen->room; seen->hashes[slot]; slot = (slot + 1) % seen->room)
		if (seen->hashes[slot] == hash)
			return 0;
	seen->hashes[slot] = hash;
	seen->nr++;
	return 1;
}

static void finished(const struct state *state, struct seen *seen)
{
	struct done sorted[STEPS_MAX];
	uint64_t hash = 1469598103934665603ull;

	memcpy(sorted, state->done, state->nr * sizeof(*sorted));
	qsort(sorted, state->nr, sizeof(*sorted), by_layer);
	for (unsigned int i = 0; i < state->nr; i++) {
		const unsigned char *fields = (const unsigned char *)&sorted[i];

		for (unsigned int j = 0; j < sizeof(sorted[i]); j++)
			hash = (hash ^ (fields[j] + 1)) * 1099511628211ull;
		hash ^= hash >> 29;
	}
	insert(seen, hash | 1ull << 63);
}

static void enumerate(const struct program *program, const struct state *state, struct brute *brute, struct seen *seen)
{
	int waiting = 0, went = 0;

	for (unsigned int task = 0; task < program->tasks; task++) {
		struct state next = *state;
		const struct op *op = next_step(program, &next, task);

		if (!op)
			continue;
		if (!can(&next, op)) {
			waiting = 1;
			continue;
		}
		went = 1;
		ck_assert_uint_lt(next.nr, STEPS_MAX);
		do_step(&next, task, op);
		enumerate(program, &next, brute, seen);
	}
	if (went)
		return;
	brute->interleavings++;
	brute->deadlocks += waiting;
	finished(state, seen);
}

void brute_force(const struct program *program, struct brute *brute)
{
	struct state start = { .nr = 0 };
	struct seen seen = { .nr = 0 };

	*brute = (struct brute){ .interleavings = 0 };
	enumerate(program, &start, brute, &seen);
	brute->traces = seen.nr;
	free(seen.hashes);
}
