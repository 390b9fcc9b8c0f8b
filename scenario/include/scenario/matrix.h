/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The matrix: a row a scenario, a column a kernel or proposal, and in each cell
 * what came of it there.
 *
 * A proposal is no promise: where a statement that says nothing of kernels fails
 * on one, or an invariant breaks there, the cell shows that it differs, and
 * nothing fails.
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
};

struct cell {
	enum cell_kind kind;
	char *text;		/* what is shown: "pass", "ENOMEM", "locked_vm_negative", ... */
	char *why;		/* CELL_FAIL: the first failure, for below the table */
};

struct matrix_row {
	char *path;
	char *title;
	struct cell *cells;	/* by column */
};

struct matrix {
	struct kernel_list columns;
	size_t nr_for_all;	/* columns from here on are for the files that name them */
	struct matrix_row *rows;
	size_t nr_rows;
	unsigned long counts[CELL_NOT_MODELLED + 1];
	bool failed;		/* a cell that must not fail does */
};

/* Columns first: all of @kernels, of which the first @nr_for_all are for every file. */
void matrix_init(struct matrix *matrix, struct kernel_list *kernels, size_t nr_for_all);
/* Runs @program on every column; @stop as in struct run_options. Returns false where it was stopped. */
bool matrix_add(struct matrix *matrix, const struct program *program, const struct backend *backend, unsigned long seed,
		const volatile sig_atomic_t *stop);
void matrix_free(struct matrix *matrix);

/*
 * @width: columns of the terminal, or 0 for no bound. Kernels that are not for every
 * file are listed below the table.
 */
void matrix_print(const struct matrix *matrix, FILE *out, unsigned int width, bool colour);
void matrix_print_markdown(const struct matrix *matrix, FILE *out);
/* One object a cell: file, title, kernel, cell, what. */
void matrix_print_json(const struct matrix *matrix, FILE *out);
/* "31 scenarios on 10 kernels: 300 pass (12 of them show a known bug), 0 fail, 10 n/a" */
void matrix_print_summary(const struct matrix *matrix, FILE *out);

#endif
