/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The least RLIMIT_MEMLOCK of each process with which every call that states no
 * errno succeeds.
 *
 * A process has a limit of its own (a fork copies it, threads share it), and here
 * one number for all of the run: what the file says with memlock=, setrlimit and
 * prlimit is put aside. The least limit of one is looked for while the others have
 * as much as they like. That is no simplification: a limit does nothing but refuse,
 * so as long as nothing is refused a run is the same whatever the limits are, and
 * the least ones of all processes together refuse nothing either.
 *
 * Other processes' charges to a bucket that is shared (a user's) count, as they
 * do in the kernel: the answer of the second of two VMs holds both.
 *
 * Success need not be monotone in the limit: more room may let a call succeed that
 * the file lets fail, and what it takes is missing later. One call from one state
 * is monotone, though: all that it asks is whether something fits. So the limits
 * fall into intervals in which each call in turn succeeds or fails, whose ends are
 * found by bisection one call after the other, and the first interval from below in
 * which all required calls succeed starts with the answer. With parallel blocks
 * every schedule must succeed (sim/explore.h), and the bisection is over all of them:
 * exact where no call may fail, as nothing changes where nothing is refused.
 * Either way the answer was run, and so was one page less, which was refused.
 *
 * A file may show a limit by a call that it refuses (`-> ENOMEM`) and make the same
 * call again when the limit was raised. With one limit for all of the run the first
 * one then succeeds, and the second needs room beside it, or fails for good as what
 * it wants is taken. So where a file has such calls there is a second answer: what
 * is needed without them.
 */
#ifndef SCENARIO_LIMIT_H
#define SCENARIO_LIMIT_H

#include <signal.h>
#include <stdio.h>
#include <scenario/runner.h>

enum limit_answer {
	LIMIT_FOUND,
	LIMIT_NONE,		/* a call fails whatever the limit is */
	LIMIT_NA,		/* the kernel does not have a call */
	LIMIT_UNDECIDED,	/* too many steps */
	LIMIT_ERROR,		/* limit_kernel.error */
};

/* A step that the bucket grew by up to the one that needs the limit. */
struct limit_part {
	unsigned int line;
	char *call;
	long pages;
};

struct limit_task {
	const char *name;		/* the program's */
	enum limit_answer answer;
	unsigned long pages;		/* LIMIT_FOUND */
	bool all_schedules;		/* of parallel blocks all were run, and not only as many as asked for */
	bool left_out;			/* all of this is without the calls that the file lets a limit refuse */
	bool has_lean;			/* with them; and without them it is: */
	unsigned long lean_pages;
	unsigned int line;		/* of the call that needs it, or that always fails; 0: no call needs any */
	char *call;
	char *refusal;			/* with one page less: "ENOMEM: qemu.locked_vm ..." */
	char *bucket;			/* "qemu.locked_vm", or NULL where it was not said */
	struct limit_part *parts;
	unsigned int nr_parts;
	unsigned long moment_pages;	/* counted while the call is under way, and not behind it */
	/* what the task maps for devices, for libvirt's formula */
	unsigned long memory_bytes;	/* distinct */
	unsigned long mapped_bytes;	/* all maps together */
	unsigned int maps;
	unsigned int spaces;		/* containers and IOASes that it maps memory into */
	unsigned int vdpas;
};

struct limit_kernel {
	char *kernel;
	char *missing;			/* LIMIT_NA of all: the call */
	char *error;			/* a run came to no end, so not all answers are there: a message to print */
	struct limit_task *tasks;	/* by order of declaration or making */
	unsigned int nr_tasks;
};

struct limit_options {
	const struct kernel *kernel;
	const struct backend *backend;
	unsigned long seed;
	unsigned int schedules;		/* at most, of programs with parallel blocks; at least 1 */
	const volatile sig_atomic_t *stop;
};

/* @limit: filled in every case; freed with limit_kernel_free(). */
void limit_program(const struct program *program, const struct limit_options *options, struct limit_kernel *limit);
void limit_kernel_free(struct limit_kernel *limit);

/* libvirt: memory x factor + 1 GiB; 0 where it would set nothing, as nothing is mapped for a device. */
unsigned long limit_by_libvirt_bytes(const struct limit_task *task);

/* One file's answers, kernels with the same one folded. Returns whether every process has a limit everywhere. */
bool limit_print(FILE *out, const struct program *program, const struct limit_kernel *limits, size_t nr, bool colour);
/* An object a task and kernel. */
bool limit_print_json(FILE *out, const struct program *program, const struct limit_kernel *limits, size_t nr);

#endif
