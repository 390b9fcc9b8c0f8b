// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Folding. A library has hundreds of scenarios, most of which say nothing new beside
 * their neighbours: a folder is one row then, which shows the worst of what is in
 * it. Kernels that no row tells apart are one column.
 */
#include <stdlib.h>
#include <string.h>
#include "arena.h"
#include "matrix_view.h"
#include "report.h"

/* From so many scenarios on folders are folded. */
#define ROWS_MAX 50

const char *const cell_kind_names[CELL_KINDS] = {
	[CELL_EXCLUDED] = "excluded",
	[CELL_PASS] = "pass",
	[CELL_BUG] = "bug",
	[CELL_FAIL] = "fail",
	[CELL_NA] = "n/a",
	[CELL_DIFFERS] = "differs",
	[CELL_NOT_MODELLED] = "not modelled",
	[CELL_ERROR] = "error",
};

size_t shared_folder(const struct matrix *matrix)
{
	const char *first = matrix->nr_rows ? matrix->rows[0].path : "", *slash;
	size_t shared = strlen(first), i, j;

	for (i = 0; i < matrix->nr_rows; i++)
		for (j = 0; j < shared; j++)
			if (matrix->rows[i].path[j] != first[j]) {
				shared = j;
				break;
			}
	slash = memrchr(first, '/', shared);
	return slash ? (size_t)(slash + 1 - first) : 0;
}

/* Releases in which something changed, each once, in the columns' order. */
static char *changed_in(const struct matrix *matrix, const struct matrix_row *row)
{
	size_t length = 0, i;
	char *text = NULL;

	append_text(&text, &length, "");
	for (i = 0; i < matrix->nr_for_all; i++)
		if (row->cells[i].change && !matrix->columns.kernels[i]->kernel.base)
			append_format(&text, &length, "%s%s", length ? " " : "", row->cells[i].since);
	return text;
}

static struct shown_row *new_row(const struct matrix *matrix, struct shown *shown)
{
	struct shown_row *row;

	shown->rows = xrealloc(shown->rows, (shown->nr_rows + 1) * sizeof(*shown->rows));
	row = &shown->rows[shown->nr_rows++];
	memset(row, 0, sizeof(*row));
	row->cells = xzalloc((matrix->nr_for_all + 1) * sizeof(*row->cells));
	return row;
}

static void add_scenario(const struct matrix *matrix, struct shown *shown, const struct matrix_row *from, size_t skip)
{
	struct shown_row *row = new_row(matrix, shown);

	row->name = xstrdup(from->path + skip);
	row->title = from->title;
	row->nr = 1;
	row->changed = changed_in(matrix, from);
	for (size_t i = 0; i < matrix->nr_for_all; i++)
		row->cells[i] = (struct shown_cell){from->cells[i].kind, xstrdup(from->cells[i].text)};
}

void sum_up(const struct matrix *matrix, size_t first, size_t nr, size_t column, struct shown_cell *cell)
{
	static const struct {
		enum cell_kind kind;
		const char *one, *many;
	} words[] = {
		{CELL_FAIL, "1 FAIL", "%lu FAIL"},	  {CELL_ERROR, "1 error", "%lu errors"},
		{CELL_DIFFERS, "1 differs", "%lu differ"}, {CELL_BUG, "1 bug", "%lu bugs"},
		{CELL_PASS, "pass", "pass"},		  {CELL_NA, "n/a", "n/a"},
		{CELL_NOT_MODELLED, "no model", "no model"}, {CELL_EXCLUDED, "-", "-"},
	};
	unsigned long counts[CELL_KINDS] = {0};
	size_t i;

	for (i = 0; i < nr; i++)
		counts[matrix->rows[first + i].cells[column].kind]++;
	for (i = 0; !counts[words[i].kind]; i++)
		;
	cell->kind = words[i].kind;
	if (counts[cell->kind] == 1)
		cell->text = xstrdup(words[i].one);
	else
		cell->text = xasprintf(words[i].many, counts[cell->kind]);
}

static void add_folder(const struct matrix *matrix, struct shown *shown, size_t first, size_t nr, size_t skip)
{
	const char *path = matrix->rows[first].path + skip, *slash = strrchr(path, '/');
	struct shown_row *row = new_row(matrix, shown);

	row->name = xasprintf("%.*s (%zu)", slash ? (int)(slash + 1 - path) : 2, slash ? path : "./", nr);
	row->nr = nr;
	row->changed = xstrdup("");
	for (size_t i = 0; i < matrix->nr_for_all; i++)
		sum_up(matrix, first, nr, i, &row->cells[i]);
	shown->nr_folded += nr;
}

size_t folder_bytes(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) : 0;
}

static bool same_folder(const struct matrix_row *a, const struct matrix_row *b)
{
	size_t bytes = folder_bytes(a->path);

	return !b->named && bytes == folder_bytes(b->path) && !memcmp(a->path, b->path, bytes);
}

static bool same_column(const struct shown *shown, size_t a, size_t b)
{
	for (size_t i = 0; i < shown->nr_rows; i++)
		if (shown->rows[i].cells[a].kind != shown->rows[i].cells[b].kind ||
		    strcmp(shown->rows[i].cells[a].text, shown->rows[i].cells[b].text))
			return false;
	return true;
}

/* Keeps the first of each group of neighbours that are equal. */
static void fold_columns(const struct matrix *matrix, bool fold, struct shown *shown)
{
	const char **names = xzalloc((matrix->nr_for_all + 1) * sizeof(*names));
	size_t i, last, nr = matrix->nr_for_all;

	shown->columns = xzalloc((nr + 1) * sizeof(*shown->columns));
	for (i = 0; i < nr; i++)
		names[i] = matrix->columns.kernels[i]->name;
	for (i = 0; i < nr; i = last + 1) {
		bool base = matrix->columns.kernels[i]->kernel.base;

		for (last = i; fold && last + 1 < nr && same_column(shown, i, last + 1) &&
			       base == !!matrix->columns.kernels[last + 1]->kernel.base;
		     last++)
			;
		for (size_t row = 0; row < shown->nr_rows; row++) {
			struct shown_cell *cells = shown->rows[row].cells, kept = cells[i];

			cells[i] = cells[shown->nr_columns];
			cells[shown->nr_columns] = kept;
		}
		shown->columns[shown->nr_columns++] = kernel_names_folded(names + i, last + 1 - i);
	}
	free(names);
}

void shown_make(const struct matrix *matrix, const struct matrix_view *view, struct shown *shown)
{
	size_t skip = shared_folder(matrix), i, nr;
	bool fold = !view->rows && matrix->nr_rows > ROWS_MAX;

	memset(shown, 0, sizeof(*shown));
	for (i = 0; i < matrix->nr_rows; i += nr) {
		const struct matrix_row *row = &matrix->rows[i];

		for (nr = 1; fold && !row->named && i + nr < matrix->nr_rows && same_folder(row, row + nr); nr++)
			;
		if (nr == 1)
			add_scenario(matrix, shown, row, skip);
		else
			add_folder(matrix, shown, i, nr, skip);
	}
	fold_columns(matrix, !view->columns, shown);
}

void shown_free(struct shown *shown)
{
	for (size_t i = 0; i < shown->nr_rows; i++) {
		struct shown_row *row = &shown->rows[i];

		for (struct shown_cell *cell = row->cells; cell->text; cell++)
			free(cell->text);
		free(row->cells);
		free(row->name);
		free(row->changed);
	}
	for (size_t i = 0; i < shown->nr_columns; i++)
		free(shown->columns[i]);
	free(shown->columns);
	free(shown->rows);
}
