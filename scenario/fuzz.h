/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session of the fuzzer, and what its processes share. */
#ifndef SCENARIO_FUZZ_PRIVATE_H
#define SCENARIO_FUZZ_PRIVATE_H

#include <stdatomic.h>
#include <stdio.h>
#include <scenario/compare.h>
#include <scenario/fuzz.h>

#define SIGNATURES 8192u
/* Failing programs of one job that wait to be told. */
#define FOUND_MAX 4096u

/* What a job has come to: written by it, read by the process that made it. */
struct fuzz_job {
	/* Programs are counted from the first of all; those of its own before this one are run. */
	atomic_ulong next;
	atomic_ulong found, told;	/* failing ones */
	struct {
		unsigned long program;
		unsigned long rough;	/* signature */
	} failing[FOUND_MAX];		/* a ring */
};

struct fuzz_shared {
	struct fuzz_stats stats[FUZZ_JOBS_MAX];
	struct fuzz_job job[FUZZ_JOBS_MAX];
	atomic_uint failures;
	struct {
		_Atomic unsigned long hash;
		atomic_uint times;
	} signature[SIGNATURES];
};

struct fuzz {
	const struct fuzz_options *options;
	const struct fuzz_events *events;
	void *arg;
	struct fuzz_shared *shared;
	struct fuzz_stats *stats;	/* of this process */
	FILE *nowhere;			/* where comparing may write what nobody reads */
	FILE *difference;		/* and where it shows the first difference of a shrunk program */
	unsigned long first;		/* program */
	unsigned long through;		/* so many from it on are run, and told where they fail */
	double start;
};

/* How one program is to be judged. */
struct fuzz_check {
	const struct kernel *kernel;
	const struct backend *backend[2];
	unsigned long seed;		/* of the schedule: also which strategy draws it */
	bool twice, count;
	bool known;			/* what is explained is a failure too */
	unsigned long ignored;		/* bit by violation: none of these is one */
	bool one_violation;		/* only .wanted is looked for, and it need not be the first */
	enum sim_violation wanted;
	int wanted_known;		/* and what explains it; -1: nothing does */
	struct fuzz_stats *stats;	/* NULL: nothing is counted */
	FILE *nowhere;
	const volatile sig_atomic_t *stop;
};

enum fuzz_kind {
	FUZZ_HOLDS,
	FUZZ_VIOLATION,
	FUZZ_OTHERWISE,		/* a second run was another one */
	FUZZ_DIFFERS,		/* from the other backend */
	FUZZ_ERROR,		/* the program is no program: a bug of the generator */
};

struct fuzz_verdict {
	enum fuzz_kind kind;
	enum sim_violation violation;
	unsigned long step;
	int known;		/* the explanation, or -1 */
};

/* fuzz_check.c */
struct fuzz_verdict fuzz_check(const struct fuzz_check *check, const struct program *program);
struct run_options fuzz_run_options(const struct fuzz_check *check);
/*
 * The run of a seed. Where the order is open every other seed means random choices,
 * and the rest priorities that change a few times, at points below a random bound.
 */
void fuzz_run(const struct program *program, const struct run_options *options, struct run_result *result);
/* With the other backend; where the two part stands in @out. */
enum compared fuzz_compare(const struct fuzz_check *check, const struct program *program, FILE *out);
/* A random program from its text; NULL: it is none. */
struct program *fuzz_parsed(const char *text);

/* fuzz_failure.c */
unsigned long fuzz_rough_signature(const struct fuzz_verdict *verdict, const struct program *program);
/* Enters a signature; returns how often it was there before. */
unsigned int fuzz_seen_before(struct fuzz_shared *shared, unsigned long signature);
/* Was the session told to stop, and does the folder remember where? */
bool fuzz_leaves_off(const struct fuzz *fuzz);
/* Shrinks and tells what @rough says of nothing that was seen before. Returns false where that was cut off. */
bool fuzz_fail(struct fuzz *fuzz, const struct fuzz_check *check, struct fuzz_verdict verdict, unsigned long rough,
	       const struct program *program, unsigned long number);

/* fuzz_state.c */

/* The first program that no session in the folder has run. */
unsigned long fuzz_first_program(const struct fuzz_options *options, struct fuzz_shared *shared);
void fuzz_keep_state(const struct fuzz *fuzz);

#endif
