// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The matrix for terminals. A terminal is narrow and kernels are many: where the
 * table does not fit, what is long in a cell becomes a number that stands once
 * below the table; and where it still does not fit, it is printed in parts of as many
 * columns as do, each with the rows' names.
 */
#include <stdlib.h>
#include <string.h>
#include "arena.h"
#include "matrix_view.h"

struct notes {
	const char **texts;
	unsigned int nr;
};

#define CELL_BYTES_MAX 7

/* What is shown of a cell; NULL notes: all. */
static const char *cell_text(const struct notes *notes, const struct shown_cell *cell, char buf[16])
{
	unsigned int i;

	if (!notes || strlen(cell->text) <= CELL_BYTES_MAX || cell->kind == CELL_DIFFERS)
		return cell->text;
	for (i = 0; i < notes->nr && strcmp(notes->texts[i], cell->text); i++)
		;
	snprintf(buf, 16, "[%u]", i + 1);
	return buf;
}

static void make_notes(const struct shown *shown, struct notes *notes)
{
	size_t row, column;
	unsigned int i;

	memset(notes, 0, sizeof(*notes));
	for (row = 0; row < shown->nr_rows; row++)
		for (column = 0; column < shown->nr_columns; column++) {
			const struct shown_cell *cell = &shown->rows[row].cells[column];

			for (i = 0; i < notes->nr && strcmp(notes->texts[i], cell->text); i++)
				;
			if (i < notes->nr || strlen(cell->text) <= CELL_BYTES_MAX || cell->kind == CELL_DIFFERS)
				continue;
			notes->texts = xrealloc(notes->texts, (notes->nr + 1) * sizeof(*notes->texts));
			notes->texts[notes->nr++] = cell->text;
		}
}

/* One printing of the table. */
struct layout {
	const struct shown *shown;
	const struct notes *notes;
	unsigned int *widths; /* by column */
	unsigned int names; /* of the first column */
	unsigned int width; /* of the terminal, or 0 */
	bool changes; /* with the column of releases in which something changed */
	unsigned int changed; /* its width */
	bool colour;
};

static void measure(struct layout *layout)
{
	char buf[16];

	for (size_t i = 0; i < layout->shown->nr_columns; i++) {
		layout->widths[i] = (unsigned int)strlen(layout->shown->columns[i]);
		for (size_t row = 0; row < layout->shown->nr_rows; row++) {
			const char *text = cell_text(layout->notes, &layout->shown->rows[row].cells[i], buf);

			if (strlen(text) > layout->widths[i])
				layout->widths[i] = (unsigned int)strlen(text);
		}
	}
}

/* As many columns from @first on as fit; at least one. */
static size_t columns_that_fit(const struct layout *layout, size_t first)
{
	unsigned int used = layout->names + (layout->changes ? layout->changed + 2 : 0);
	size_t column;

	for (column = first; column < layout->shown->nr_columns; column++) {
		used += 2 + layout->widths[column];
		if (layout->width && used > layout->width && column > first)
			break;
	}
	return column;
}

static void print_cell(FILE *out, enum cell_kind kind, const char *text, unsigned int width, bool colour)
{
	static const char *const codes[CELL_KINDS] = {
		[CELL_EXCLUDED] = "\033[2m",	 [CELL_PASS] = "\033[32m", [CELL_BUG] = "\033[33m",
		[CELL_FAIL] = "\033[31m",	 [CELL_NA] = "\033[2m",	   [CELL_DIFFERS] = "\033[36m",
		[CELL_NOT_MODELLED] = "\033[2m", [CELL_ERROR] = "\033[31m",
	};

	if (colour)
		fprintf(out, "  %s%-*s\033[0m", codes[kind], (int)width, text);
	else
		fprintf(out, "  %-*s", (int)width, text);
}

static void print_part(const struct layout *layout, FILE *out, size_t first, size_t last)
{
	const struct shown *shown = layout->shown;
	char buf[16];

	fprintf(out, "%s%-*s", first ? "\n" : "", (int)layout->names, "scenario");
	for (size_t column = first; column < last; column++)
		fprintf(out, "  %-*s", (int)layout->widths[column], shown->columns[column]);
	fprintf(out, "%s\n", layout->changes ? "  changed in" : "");
	for (size_t row = 0; row < shown->nr_rows; row++) {
		fprintf(out, "%-*s", (int)layout->names, shown->rows[row].name);
		for (size_t column = first; column < last; column++) {
			const struct shown_cell *cell = &shown->rows[row].cells[column];

			print_cell(out, cell->kind, cell_text(layout->notes, cell, buf), layout->widths[column],
				   layout->colour);
		}
		if (layout->changes && *shown->rows[row].changed)
			fprintf(out, "  %s", shown->rows[row].changed);
		fputc('\n', out);
	}
}

static void print_table(struct layout *layout, FILE *out)
{
	struct notes notes = {NULL, 0};
	size_t first, last, nr = layout->shown->nr_columns;

	measure(layout);
	make_notes(layout->shown, &notes);
	if (columns_that_fit(layout, 0) < nr) {
		layout->notes = &notes;
		measure(layout);
	}
	if (columns_that_fit(layout, 0) < nr) {
		layout->changes = false;
		measure(layout);
	}
	for (first = 0; first < nr; first = last) {
		last = columns_that_fit(layout, first);
		print_part(layout, out, first, last);
	}
	for (unsigned int i = 0; layout->notes && i < notes.nr; i++)
		fprintf(out, "%s[%u] %s\n", i ? "" : "\n", i + 1, notes.texts[i]);
	free(notes.texts);
}

/* The columns that are for the files that name them: a line for each file and kernel, not a column for one cell. */
static void print_own(const struct matrix *matrix, FILE *out, bool colour)
{
	size_t skip = shared_folder(matrix), row, column;
	unsigned int width = 0, names = 0;
	bool any = false;

	for (column = matrix->nr_for_all; column < matrix->columns.nr; column++)
		for (row = 0; row < matrix->nr_rows; row++) {
			if (matrix->rows[row].cells[column].kind == CELL_EXCLUDED)
				continue;
			if (strlen(matrix->columns.kernels[column]->name) > width)
				width = (unsigned int)strlen(matrix->columns.kernels[column]->name);
			if (strlen(matrix->rows[row].path + skip) > names)
				names = (unsigned int)strlen(matrix->rows[row].path + skip);
		}
	for (row = 0; row < matrix->nr_rows; row++)
		for (column = matrix->nr_for_all; column < matrix->columns.nr; column++) {
			const struct cell *cell = &matrix->rows[row].cells[column];

			if (cell->kind == CELL_EXCLUDED)
				continue;
			fprintf(out, "%s%-*s  %-*s", any ? "" : "\nwith a bug put back, or taken away\n", (int)names,
				matrix->rows[row].path + skip, (int)width, matrix->columns.kernels[column]->name);
			print_cell(out, cell->kind, cell->text, 0, colour);
			fputc('\n', out);
			any = true;
		}
}

static void print_failures(const struct matrix *matrix, FILE *out)
{
	for (size_t row = 0; row < matrix->nr_rows; row++)
		for (size_t column = 0; column < matrix->columns.nr; column++)
			if (matrix->rows[row].cells[column].kind == CELL_FAIL)
				fprintf(out, "FAIL %s on %s\n     %s\n", matrix->rows[row].path,
					matrix->columns.kernels[column]->name, matrix->rows[row].cells[column].why);
}

void matrix_print(const struct matrix *matrix, const struct matrix_view *view, FILE *out)
{
	struct shown shown;
	struct layout layout = {
		.shown = &shown,
		.names = 8,
		.width = view->width,
		.colour = view->colour,
		.changed = 10,
	};

	shown_make(matrix, view, &shown);
	layout.widths = xzalloc((shown.nr_columns + 1) * sizeof(*layout.widths));
	for (size_t row = 0; row < shown.nr_rows; row++) {
		if (strlen(shown.rows[row].name) > layout.names)
			layout.names = (unsigned int)strlen(shown.rows[row].name);
		if (strlen(shown.rows[row].changed) > layout.changed)
			layout.changed = (unsigned int)strlen(shown.rows[row].changed);
		layout.changes |= *shown.rows[row].changed;
	}
	print_table(&layout, out);
	/* folders say how it stands, and one looks closer at a few */
	if (!shown.nr_folded)
		print_own(matrix, out, view->colour);
	print_failures(matrix, out);
	if (shown.nr_folded)
		fprintf(out, "\n%zu scenarios stand in a folder's row: --rows shows each, --all each kernel as well\n",
			shown.nr_folded);
	free(layout.widths);
	shown_free(&shown);
}
