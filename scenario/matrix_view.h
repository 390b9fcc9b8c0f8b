/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a matrix is shown: rows of scenarios or of whole folders, columns of kernels that are equal all over. */
#ifndef SCENARIO_MATRIX_VIEW_H
#define SCENARIO_MATRIX_VIEW_H

#include <scenario/matrix.h>

struct shown_cell {
	enum cell_kind kind;
	char *text;
};

struct shown_row {
	char *name;		/* without the folders that all rows share */
	const char *title;	/* of a scenario; NULL: a folder */
	size_t nr;		/* scenarios in it */
	struct shown_cell *cells;
	char *changed;		/* releases in which a result changed, "v6.2 v6.3", or "" */
};

struct shown {
	struct shown_row *rows;
	size_t nr_rows;
	char **columns;		/* "v6.14..v7.0" */
	size_t nr_columns;
	size_t nr_folded;	/* scenarios that stand in a folder's row */
};

void shown_make(const struct matrix *matrix, const struct matrix_view *view, struct shown *shown);
void shown_free(struct shown *shown);

/* How the cells of rows from @first on are said in one: the worst kind, and how many of it. ->text is malloc'd. */
void sum_up(const struct matrix *matrix, size_t first, size_t nr, size_t column, struct shown_cell *cell);
/* Bytes of a path's folder without the last slash; 0 where it has none. */
size_t folder_bytes(const char *path);
/* Bytes of the folders that all rows' paths begin with. */
size_t shared_folder(const struct matrix *matrix);

extern const char *const cell_kind_names[CELL_KINDS];

#endif
