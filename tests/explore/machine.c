// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs a program's operations by the kernel API's own. The state is static: each run sets it up again. */
#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/string.h>
#include "programs.h"

static struct {
	const struct program *program;
	atomic_long_t words[WORDS_MAX];
	struct mutex locks[LOCKS_MAX];
	struct rw_semaphore sems[LOCKS_MAX];
} shared;

void machine_setup(const struct program *program)
{
	memset(&shared, 0, sizeof(shared));
	shared.program = program;
	for (unsigned int i = 0; i < LOCKS_MAX; i++) {
		mutex_init(&shared.locks[i]);
		init_rwsem(&shared.sems[i]);
	}
}

/* Of an operation that is a step. */
static void step(const struct op *op, long *value, bool *failed)
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
		break;
	case OP_UNLOCK:
		mutex_unlock(&shared.locks[op->object]);
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
	default:
		break;
	}
}

void machine_task(void *number)
{
	const struct op *op = program_ops(shared.program, (unsigned long)number);
	bool failed = false;
	long value = 0;

	for (; op->operation != OP_END; op++) {
		if (op->operation == OP_END_IF_AT_LEAST && value >= op->value)
			return;
		if (op->operation == OP_END_IF_FAILED && failed)
			return;
		if (op->operation == OP_BACK_IF_FAILED && failed)
			op -= op->value + 1;
		else
			step(op, &value, &failed);
	}
}
