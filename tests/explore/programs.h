/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small programs: tasks of a few operations on shared words and locks. charge.c
 * (in C, as the kernel has it) and machine.c (an interpreter on the kernel API) run
 * them under the scheduler; brute.c, which knows neither, enumerates them.
 *
 * Neutral: the first two are kernel files.
 */
#ifndef TESTS_EXPLORE_PROGRAMS_H
#define TESTS_EXPLORE_PROGRAMS_H

#include <stdbool.h>

#define TASKS_MAX 6
#define OPS_MAX 12
#define WORDS_MAX 4
#define LOCKS_MAX 3

/* Each task has one register, 0 at first, and knows whether its last compare-and-exchange or try failed. */
enum operation {
	OP_END,
	OP_LOAD,	/* register = word */
	OP_STORE,	/* word = value */
	OP_ADD,		/* register = word += value */
	OP_CAS,		/* word == register: word += value; else failed, and register = word */
	OP_SWAP,	/* word = value, register = what it was */
	OP_LOCK,
	OP_UNLOCK,
	OP_TRYLOCK,	/* or failed */
	OP_READ_LOCK,	/* of a readers' lock: another set than the above */
	OP_READ_UNLOCK,
	OP_WRITE_LOCK,
	OP_WRITE_UNLOCK,
	/* Plain accesses: part of the step before them. */
	OP_PEEK,	/* register = word */
	OP_POKE,	/* word = value */
	OP_IS_LOCKED,	/* failed, if it is */
	/* Not for brute.c, nor for machine_state(): */
	OP_WAIT,	/* until somebody completes it */
	OP_COMPLETE,
	OP_BOX_LOCK,	/* the lock in the box, which is memory */
	OP_BOX_UNLOCK,
	OP_BOX_FREE,	/* the box */
	/* These are no steps. */
	OP_END_IF_AT_LEAST,	/* register >= value */
	OP_END_IF_FAILED,
	OP_BACK_IF_FAILED,	/* value operations back */
};

struct op {
	enum operation operation;
	unsigned int object;
	long value;
};

struct program {
	const char *name;
	unsigned int tasks;
	struct op ops[TASKS_MAX][OPS_MAX];	/* task i's; where it has none, those of the one before */
	bool boxed;				/* there is a box */
	/* set where it is C instead */
	void (*setup)(unsigned int tasks);
	void (*task)(void *number);
};

/* The ops of task @number. */
static inline const struct op *program_ops(const struct program *program, unsigned int number)
{
	while (number && program->ops[number][0].operation == OP_END)
		number--;
	return program->ops[number];
}

/* charge.c: the charge of N tasks against a limit of N - 1. */
extern const struct program charge_program;
/* As it, but check and charge are apart: over the limit in some orders. */
extern const struct program broken_charge_program;

/* machine.c */
void machine_setup(const struct program *program);
void machine_task(void *number);
/* The state of the program that is set up, into @buf (of 64 bytes); returns its bytes. @symmetric: whoever is who. */
unsigned long machine_state(unsigned char *buf, bool symmetric);
/* Of the tasks @enabled (bits by number) those that no other one of a lower number is like. */
unsigned long long machine_distinct(unsigned long long enabled);

#endif
