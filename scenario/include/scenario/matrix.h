/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The matrix: a row a scenario, a column a kernel or proposal, and in each cell
 * what came of it there.
 *
 * A proposal is no promise: where a statement that says nothing of kernels fails
 * on one, or an invariant breaks there, the cell shows that it differs, and
 * nothing fails.
 *
 * A scenario says itself what each kernel does, so "pass" may stand for different
 * things. Each cell therefore knows whether the results of the calls, the counters or
 * what breaks are others than in the column before it: of a release, the release
 * before; of a proposal, its base.
 */
#ifndef SCENARIO_MATRIX_H
#define SCENARIO_MATRIX_H

#include <stdio.h>
#include <scenario/runner.h>

enum cell_kind {
	CELL_EXCLUDED,		/* the file's `kernels` keeps this one out */
	CELL_PASS,
	CELL_BUG,		/* passed, and the violation that the file expects showed */
	CELL_FAIL,
	CELL_NA,
	CELL_DIFFERS,
	CELL_NOT_MODELLED,
	CELL_ERROR,		/* a mistake of the file that only a run shows: why */
	CELL_KINDS,
};

struct cell {
	enum cell_kind kind;
	char *text;		/* what is shown: "pass", "ENOMEM", "locked_vm_negative", ... */
	char *why;		/* CELL_FAIL: the first failure, for below the table; CELL_ERROR: the message */
	char *change;		/* "line 7: a: vfio_map(...): 0, was ENOMEM", or NULL: as in the column before */
	/* The kernel from which on it has been so, which need not be a column; NULL where nothing ran. */
	const char *since;
};

struct matrix_row {
	char *path;
	char *title;
	bool named;		/* on the command line itself: never folded away */
	struct cell *cells;	/* by column */
};

struct matrix {
	struct kernel_list columns;
	size_t nr_for_all;	/* columns from here on are for the files that name them */
	struct matrix_row *rows;
	size_t nr_rows;
	unsigned long counts[CELL_KINDS];
	bool failed;		/* a cell that must not fail does */
};

/* Columns first: all of @kernels, of which the first @nr_for_all are for every file. */
void matrix_init(struct matrix *matrix, struct kernel_list *kernels, size_t nr_for_all);
/* Runs @program on every column; @stop as in struct run_options. Returns false where it was stopped. */
bool matrix_add(struct matrix *matrix, const struct program *program, bool named, const struct backend *backend,
		unsigned long seed, const volatile sig_atomic_t *stop);
void matrix_free(struct matrix *matrix);

/* How much of it is shown. */
struct matrix_view {
	bool rows;		/* a row for each scenario, however many there are; else folders are folded */
	bool columns;		/* a column for each kernel; else those that are equal all over are one */
	unsigned int width;	/* of the terminal, or 0 for no bound */
	bool colour;
};

/* Kernels that are not for every file are listed below the table, and so are failures. */
void matrix_print(const struct matrix *matrix, const struct matrix_view *view, FILE *out);
void matrix_print_markdown(const struct matrix *matrix, const struct matrix_view *view, FILE *out);
/* One object a cell. */
void matrix_print_json(const struct matrix *matrix, FILE *out);
/* A page that needs nothing but itself: every row and column, to be filtered. */
void matrix_print_html(const struct matrix *matrix, FILE *out);
/* "31 scenarios on 10 kernels: 300 pass (12 of them show a known bug), 0 fail, 10 n/a" */
void matrix_print_summary(const struct matrix *matrix, FILE *out);

#endif
