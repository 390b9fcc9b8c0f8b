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

static struct {
	const struct program *program;
	atomic_long_t words[WORDS_MAX];
	struct mutex locks[LOCKS_MAX];
	struct rw_semaphore sems[LOCKS_MAX];
	struct completion completions[LOCKS_MAX];
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
} shared;

void machine_setup(const struct program *program)
{
	memset(&shared, 0, sizeof(shared));
	sim_region_add(&shared, sizeof(shared));
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

static void more_step(const struct op *op, bool *failed)
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

/* From @op on: is the register looked at before it is set? */
static bool value_is_used(const struct op *op)
{
	for (; op->operation != OP_END; op++) {
		if (op->operation == OP_END_IF_AT_LEAST || op->operation == OP_CAS)
			return true;
		if (op->operation == OP_LOAD || op->operation == OP_PEEK || op->operation == OP_ADD ||
		    op->operation == OP_SWAP)
			return false;
	}
	return false;
}

void machine_task(void *number)
{
	const struct op *ops = program_ops(shared.program, (unsigned long)number), *op = ops;
	union task_state *state = &shared.tasks[(unsigned long)number];
	bool failed = false;
	long value = 0;

	for (; op->operation != OP_END; op++) {
		state->op = 1 + op - ops;
		state->failed = failed;
		state->value = value_is_used(op) ? value : 0;
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

/* Words and tasks. */
unsigned long machine_state(unsigned char *buf, bool symmetric)
{
	unsigned int nr = shared.program->tasks, j, tasks[TASKS_MAX];

	for (unsigned int i = 0; i < nr; i++) {
		for (j = i; symmetric && j && tasks[j - 1] > shared.tasks[i].all; j--)
			tasks[j] = tasks[j - 1];
		tasks[j] = shared.tasks[i].all;
	}
	for (unsigned int word = 0; word < WORDS_MAX; word++)
		buf[word] = shared.words[word].counter;
	memcpy(buf + WORDS_MAX, tasks, nr * sizeof(tasks[0]));
	return WORDS_MAX + nr * sizeof(tasks[0]);
}

unsigned long long machine_distinct(unsigned long long enabled)
{
	for (unsigned int i = 1; i < shared.program->tasks; i++)
		for (unsigned int j = 0; j < i && enabled >> i & 1; j++)
			if (enabled >> j & 1 && shared.tasks[i].all == shared.tasks[j].all &&
			    program_ops(shared.program, i) == program_ops(shared.program, j))
				enabled &= ~(1ull << i);
	return enabled;
}
