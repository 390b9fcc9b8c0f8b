/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two kernels, one program: what does the program see differently?
 *
 * First what its calls return; where that is the same all along, the counters
 * after each step, what the file's `expect` lines look at, the pages that are
 * pinned, and the invariants that break. Addresses are no result. Where one of the
 * kernels does not have a call, that is the difference, and nothing behind it is
 * compared.
 *
 * A program with a `parallel` block runs under all of its schedules on each kernel,
 * or as many as are asked for; a step differs where a result shows on one kernel in
 * some schedule, and on the other in none of them. Where these were not all, many more
 * are run before that is claimed.
 */
#ifndef SCENARIO_DIFF_H
#define SCENARIO_DIFF_H

#include <signal.h>
#include <stdio.h>
#include <scenario/runner.h>

enum difference_kind {
	DIFFER_NOT,
	DIFFER_EXCLUDED,	/* the file's `kernels` keeps one of the two out */
	DIFFER_ERROR,		/* a run could not be made, or was interrupted */
	DIFFER_CALL,		/* one of the kernels does not have the call */
	DIFFER_RESULT,
	DIFFER_COUNTER,
	DIFFER_EXPECT,		/* what an `expect` looks at */
	DIFFER_PAGES,
	DIFFER_VIOLATION,
};

struct difference_counter {
	char *name;		/* "qemu.locked_vm" */
	long pages[2];
};

struct difference {
	enum difference_kind kind;
	char *error;		/* DIFFER_ERROR: a message with its position, ready to print; NULL: nothing ran */
	char *path;
	char *title;
	unsigned int step;	/* from 1; behind the last: at the end of the run */
	unsigned int line;
	char *call;		/* "qemu: vfio_map(...)" */
	char *result[2];	/* of that call, with the reason of a refusal */
	char *seen[2];		/* what differs, where that is not the result */
	struct difference_counter *counters;	/* after that step */
	unsigned int nr_counters;
	char *violations[2];	/* of that step, their names, or NULL */
	char *changed;		/* where on the way from the one to the other it changed: "v6.3", "v6.12, v6.14" */
	char *words;		/* as a release note would say it; the same words: the same cause */
};

struct diff_options {
	const struct kernel *kernel[2];
	const struct backend *backend;
	unsigned long seed;		/* the first of the schedules' seeds */
	unsigned int schedules;		/* of programs with parallel blocks; at least 1 */
	const volatile sig_atomic_t *stop;
};

/* @difference: filled in every case; freed with difference_free(). */
void diff_program(const struct program *program, const struct diff_options *options, struct difference *difference);
void difference_free(struct difference *difference);

/* All of one command, in the order of the files. */
struct diff_report {
	const struct diff_options *options;
	struct difference *difference;
	size_t nr;
	size_t same, excluded, errors;
};
/* Takes over what @difference holds. */
void diff_report_add(struct diff_report *report, struct difference *difference);
void diff_report_free(struct diff_report *report);
/* By cause: the words, one scenario in full and the others in a line each; with @all each in full. */
void diff_report_print(const struct diff_report *report, FILE *out, bool all, bool colour);
/* An object a difference, then one a cause, then one of totals. */
void diff_report_print_json(const struct diff_report *report, FILE *out);

#endif
