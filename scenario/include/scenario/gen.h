/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random programs, made from the table of operations.
 *
 * A program is drawn in two parts. First the swarm: which kernel, operations, tasks,
 * uids, limits and capabilities it may use at all; a program that can do little
 * does that little often, and so gets further into it. Then its calls, with a picture of
 * what there would be by then if each call before had succeeded, so that most of
 * them do.
 *
 * Everything is drawn from one source of choices: a seed, or bytes (for fuzzers
 * that mutate bytes). The program is a pure function of source and options.
 */
#ifndef SCENARIO_GEN_H
#define SCENARIO_GEN_H

#include <stdint.h>
#include <stdio.h>
#include <scenario/op.h>
#include <scenario/program.h>

#define GEN_OPS_MAX 160
#define GEN_START_TASKS 4u
/* What is live beyond so many tasks, files, mappings and so on is ended more often. */
#define GEN_LIVE 20u
/* And of these, tasks. */
#define GEN_LIVE_TASKS 3u

struct gen_options {
	const struct kernel_list *kernels;	/* one of them for each program */
	unsigned int steps_min, steps_max;
	unsigned int fault_percent;	/* of programs that have faults; 0: none */
	bool shared_faults;		/* only at sites that every backend has: gup, iommu_map, lock_kill */
	bool no_vfio;			/* for a backend without it */
	bool parallel;			/* with a parallel block */
	bool only_run;			/* not spelled out: most programs are run once, and never seen */
};

/* What was drawn before the calls. */
struct gen_config {
	const struct kernel *kernel;
	const struct op *op[GEN_OPS_MAX];	/* those that are switched on */
	unsigned int nr_ops;
	unsigned int nr_tasks;
	unsigned int uid[GEN_START_TASKS];
	unsigned long limit_pages[GEN_START_TASKS];	/* ~0: unlimited */
	unsigned int caps[GEN_START_TASKS];		/* MM_CAP_* */
	unsigned long contig_pages;
	unsigned long perf_mlock_kb;	/* what the machine allows perf, by CPU */
	unsigned long dma_entry_limit;	/* mappings of a type1 container */
	unsigned int steps;
	unsigned int fault_odds;	/* a fault before one in so many calls; 0: none */
	bool served;			/* /dev/vfio/vfio is served by iommufd */
	bool vast;			/* memory of terabytes, and only what locks it */
	bool wild;			/* many sizes and addresses stand on a boundary, or make no sense */
	bool parallel;
};

/* What a program is like. */
struct gen_facts {
	struct gen_config config;
	unsigned int steps;
	unsigned int charging;		/* of them, calls that charge or pin where they succeed */
	unsigned long live;		/* sum over the steps: tasks, memory, files, objects and mappings */
	unsigned long tasks;		/* of these, tasks */
};

/* @facts: filled, unless NULL. The program is the caller's, for program_free(). */
struct program *gen_program(const struct gen_options *options, unsigned long seed, struct gen_facts *facts);
/* The same from bytes: each choice takes some, and behind the last one the program ends. */
struct program *gen_program_from_bytes(const struct gen_options *options, const uint8_t *bytes, size_t nr,
				       struct gen_facts *facts);
/* "v6.12, 3 tasks (uids 1000 1000 0), limits 64p unlimited 1p, 41 of 62 operations: mmap touch ..." */
void gen_config_print(const struct gen_config *config, FILE *out);

#endif
