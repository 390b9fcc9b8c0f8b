// SPDX-License-Identifier: GPL-2.0-or-later
/* The matrix for a mail or a page, and for machines. */
#include <stdlib.h>
#include <string.h>
#include <scenario/json.h>
#include "arena.h"
#include "matrix_view.h"

static void print_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("|*_`<>\\", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

void matrix_print_markdown(const struct matrix *matrix, const struct matrix_view *view, FILE *out)
{
	struct shown shown;

	shown_make(matrix, view, &shown);
	fputs("| scenario |", out);
	for (size_t column = 0; column < shown.nr_columns; column++)
		fprintf(out, " %s |", shown.columns[column]);
	fputs(" changed in |\n| --- |", out);
	for (size_t column = 0; column <= shown.nr_columns; column++)
		fputs(" --- |", out);
	for (size_t row = 0; row < shown.nr_rows; row++) {
		fputs("\n| ", out);
		print_escaped(out, shown.rows[row].title ? shown.rows[row].title : shown.rows[row].name);
		fputs(" |", out);
		for (size_t column = 0; column < shown.nr_columns; column++) {
			const struct shown_cell *cell = &shown.rows[row].cells[column];

			fputs(cell->kind == CELL_FAIL ? " **FAIL** " : " ", out);
			print_escaped(out, cell->text);
			fputs(" |", out);
		}
		fprintf(out, " %s |", shown.rows[row].changed);
	}
	fputs("\n\n", out);
	shown_free(&shown);
}

void matrix_print_json(const struct matrix *matrix, FILE *out)
{
	for (size_t row = 0; row < matrix->nr_rows; row++)
		for (size_t column = 0; column < matrix->columns.nr; column++) {
			const struct cell *cell = &matrix->rows[row].cells[column];

			json_line(out, json_pack("{s:i, s:o, s:o, s:s, s:s, s:o, s:o, s:o}", "schema", 1, "file",
						 json_text(matrix->rows[row].path), "title",
						 json_text(matrix->rows[row].title), "kernel",
						 matrix->columns.kernels[column]->name, "cell",
						 cell_kind_names[cell->kind], "what", json_text(cell->text), "since",
						 json_text_or_null(cell->since), "changed",
						 json_text_or_null(cell->change)));
		}
}
