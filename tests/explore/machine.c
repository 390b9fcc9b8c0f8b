// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs a program's operations by the kernel API's own. The state is static: each world
 * sets it up again, as a region of its own.
 */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <sim/snapshot.h>
#include "programs.h"

/* In an order in which programs that use little of it use its beginning. */
static struct {
	const struct program *program;
	struct mutex *box;
	/* each task as far as it may still matter, at the step that it is about to do */
	union task_state {
		struct {
			unsigned char op;	/* 1 + its index; 0: done */
			unsigned char failed;
			unsigned char owns;	/* bits by lock */
			signed char value;
		};
		unsigned int all;
	} tasks[TASKS_MAX];
	atomic_long_t words[WORDS_MAX];
	struct mutex locks[LOCKS_MAX];
	struct rw_semaphore sems[LOCKS_MAX];
	struct completion completions[LOCKS_MAX];
} shared;

/* How much of it @program uses. */
static unsigned long used_bytes(const struct program *program)
{
	unsigned long bytes = offsetof(typeof(shared), locks), end;

	for (unsigned int i = 0; i < TASKS_MAX * OPS_MAX; i++) {
		const struct op *op = &program->ops[i / OPS_MAX][i % OPS_MAX];

		if (op->operation == OP_WAIT || op->operation == OP_COMPLETE)
			end = offsetof(typeof(shared), completions[op->object + 1]);
		else if (op->operation >= OP_READ_LOCK && op->operation <= OP_WRITE_UNLOCK)
			end = offsetof(typeof(shared), sems[op->object + 1]);
		else if ((op->operation >= OP_LOCK && op->operation <= OP_TRYLOCK) || op->operation == OP_IS_LOCKED)
			end = offsetof(typeof(shared), locks[op->object + 1]);
		else
			continue;
		bytes = end > bytes ? end : bytes;
	}
	return bytes;
}

void machine_setup(const struct program *program)
{
	memset(&shared, 0, sizeof(shared));
	sim_region_add(&shared, used_bytes(program));
	shared.program = program;
	for (unsigned int i = 0; i < LOCKS_MAX; i++) {
		mutex_init(&shared.locks[i]);
		init_rwsem(&shared.sems[i]);
		init_completion(&shared.completions[i]);
	}
	if (!program->boxed)
		return;
	shared.box = kzalloc(sizeof(*shared.box), GFP_KERNEL);
	mutex_init(shared.box);
}

/* By itself, so that what a wait needs is not on everybody's stack. */
static noinline void more_step(const struct op *op, bool *failed)
{
	switch (op->operation) {
	case OP_IS_LOCKED:
		*failed = mutex_is_locked(&shared.locks[op->object]);
		break;
	case OP_WAIT:
		wait_for_completion(&shared.completions[op->object]);
		break;
	case OP_COMPLETE:
		complete(&shared.completions[op->object]);
		break;
	case OP_BOX_LOCK:
		mutex_lock(shared.box);
		break;
	case OP_BOX_UNLOCK:
		mutex_unlock(shared.box);
		break;
	case OP_BOX_FREE:
		kfree(shared.box);
		break;
	default:
		break;
	}
}

/* Of an operation that is a step. */
static void step(const struct op *op, unsigned int number, long *value, bool *failed)
{
	atomic_long_t *word = &shared.words[op->object];

	switch (op->operation) {
	case OP_LOAD:
		*value = atomic_long_read(word);
		break;
	case OP_STORE:
		atomic_long_set(word, op->value);
		break;
	case OP_ADD:
		*value = atomic_long_add_return(op->value, word);
		break;
	case OP_CAS:
		*failed = !atomic_long_try_cmpxchg(word, value, *value + op->value);
		break;
	case OP_SWAP:
		*value = atomic_long_xchg(word, op->value);
		break;
	case OP_LOCK:
		mutex_lock(&shared.locks[op->object]);
		shared.tasks[number].owns |= 1 << op->object;
		break;
	case OP_UNLOCK:
		mutex_unlock(&shared.locks[op->object]);
		shared.tasks[number].owns &= ~(1 << op->object);
		break;
	case OP_TRYLOCK:
		*failed = !mutex_trylock(&shared.locks[op->object]);
		break;
	case OP_READ_LOCK:
		down_read(&shared.sems[op->object]);
		break;
	case OP_READ_UNLOCK:
		up_read(&shared.sems[op->object]);
		break;
	case OP_WRITE_LOCK:
		down_write(&shared.sems[op->object]);
		break;
	case OP_WRITE_UNLOCK:
		up_write(&shared.sems[op->object]);
		break;
	case OP_PEEK:
		*value = READ_ONCE(word->counter);
		break;
	case OP_POKE:
		WRITE_ONCE(word->counter, op->value);
		break;
	default:
		more_step(op, failed);
		break;
	}
}

/* Bits by operation: from there on, is the register looked at before it is set? */
static unsigned int value_used(const struct op *ops)
{
	unsigned int nr = 0, all = 0, used = 0;

	while (ops[nr].operation != OP_END)
		nr++;
	while (nr--) {
		enum operation operation = ops[nr].operation;

		if (operation == OP_END_IF_AT_LEAST || operation == OP_CAS)
			used = 1;
		else if (operation == OP_LOAD || operation == OP_PEEK || operation == OP_ADD || operation == OP_SWAP)
			used = 0;
		all |= used << nr;
	}
	return all;
}

void machine_task(void *number)
{
	const struct op *ops = program_ops(shared.program, (unsigned long)number), *op = ops;
	union task_state *state = &shared.tasks[(unsigned long)number];
	unsigned int used = value_used(ops);
	bool failed = false;
	long value = 0;

	for (; op->operation != OP_END; op++) {
		state->op = 1 + op - ops;
		state->failed = failed;
		state->value = used >> (op - ops) & 1 ? value : 0;
		if (op->operation == OP_END_IF_AT_LEAST && value >= op->value)
			break;
		if (op->operation == OP_END_IF_FAILED && failed)
			break;
		if (op->operation == OP_BACK_IF_FAILED && failed)
			op -= op->value + 1;
		else
			step(op, (unsigned long)number, &value, &failed);
		if (op->operation == OP_CAS || op->operation == OP_TRYLOCK || op->operation == OP_IS_LOCKED)
			continue;
		failed = false;
	}
	*state = (union task_state){ .owns = state->owns };
}

/* A word that follows from one task's state, and from which no sum of others is likely to differ by little. */
static unsigned long spread(unsigned int state)
{
	unsigned long word = (state + 1) * 0x9e3779b97f4a7c15ul;

	word = (word ^ word >> 29) * 0xbf58476d1ce4e5b9ul;
	return word ^ word >> 32;
}

/*
 * Words and tasks. Whoever is who: in a sum it makes no difference, and two different
 * sets of tasks have the same with the probability of two equal hashes of 64 bits.
 */
unsigned long machine_state(unsigned char *buf, bool symmetric)
{
	unsigned int nr = shared.program->tasks;
	unsigned long words = 0, sum = 0;

	for (unsigned int word = 0; word < WORDS_MAX; word++)
		words |= (unsigned long)(unsigned char)shared.words[word].counter << 8 * word;
	memcpy(buf, &words, sizeof(words));
	if (!symmetric) {
		/* Whole words: behind the last task is one that never does anything. */
		memcpy(buf + sizeof(words), shared.tasks, (nr + 1) / 2 * sizeof(words));
		return sizeof(words) + (nr + 1) / 2 * sizeof(words);
	}
	for (unsigned int i = 0; i < nr; i++)
		sum += spread(shared.tasks[i].all);
	memcpy(buf + sizeof(words), &sum, sizeof(sum));
	return sizeof(words) + sizeof(sum);
}

/* Does task @i, which is at the same place as the earlier @j, do the same? */
static bool alike(unsigned int i, unsigned int j)
{
	for (; i > j; i--)
		if (shared.program->ops[i][0].operation != OP_END)
			return false;
	return true;
}

unsigned long long machine_distinct(unsigned long long enabled)
{
	unsigned long long distinct = 0, left, earlier;

	for (left = enabled; left; left &= left - 1) {
		unsigned int i = __builtin_ctzll(left), j = 0;

		for (earlier = distinct; earlier; earlier &= earlier - 1) {
			j = __builtin_ctzll(earlier);
			if (shared.tasks[i].all == shared.tasks[j].all && alike(i, j))
				break;
		}
		if (!earlier)
			distinct |= 1ull << i;
	}
	return distinct;
}
