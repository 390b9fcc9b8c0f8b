// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Running and printing the matrix.
 *
 * A terminal is narrow and kernels are many: where the table does not fit, it is
 * printed in parts of as many columns as fit, each with the rows' names.
 */
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include <scenario/matrix.h>
#include <scenario/report.h>
#include <sim/verdict.h>
#include "arena.h"

/* What a run's events leave for the cell: how the first step or expect that failed did. */
struct watch {
	char *text;
	char *why;
};

static void on_step(void *arg, const struct step_report *step)
{
	struct watch *watch = arg;
	char buf[256];

	if (!step->judged || step->held || watch->text)
		return;
	watch->text = xstrdup(step->ret < 0 ? error_text(step->ret, buf, sizeof(buf)) : "success");
	if (asprintf(&watch->why, "%s:%u: %s: %s: got %s, want %s", step->stmt->pos.source->path, step->stmt->pos.line,
		     step->stmt->step.task_name, step->stmt->step.text, outcome_text(step, buf, sizeof(buf)),
		     step->want) < 0)
		out_of_memory();
}

static void on_expect(void *arg, const struct expect_report *expect)
{
	struct watch *watch = arg;
	const char *got = "nothing";
	char buf[64];

	if (expect->held || !expect->applies || watch->text)
		return;
	if (expect->comparable && expect->stmt->expect.kind == EXPECT_COMPARE)
		got = expect->plain ? wide_text(expect->got, buf, sizeof(buf))
				    : bytes_text(expect->got, buf, sizeof(buf));
	watch->text = xstrdup("expect");
	if (asprintf(&watch->why, "%s:%u: expect %s: got %s", expect->stmt->pos.source->path, expect->stmt->pos.line,
		     expect->stmt->expect.text, got) < 0)
		out_of_memory();
}

static const struct run_events events = { on_step, on_expect };

void matrix_init(struct matrix *matrix, struct kernel_list *kernels, size_t nr_for_all)
{
	memset(matrix, 0, sizeof(*matrix));
	matrix->columns = *kernels;
	matrix->nr_for_all = nr_for_all;
}

/* The first violation, expected or not; of the expected ones rather the first that the file names. */
static const char *violation_of(const struct run_result *result, bool expected)
{
	const struct violation_report *first = NULL;
	size_t i;

	for (i = 0; i < result->nr_violations; i++) {
		const struct violation_report *report = &result->violations[i];

		if (report->expected == expected && (!first || (report->stated && !first->stated)))
			first = report;
	}
	return first ? sim_violation_name(first->violation) : NULL;
}

/* On a proposal only what speaks of it with a SET can fail. */
static void fill_failed(struct cell *cell, const struct run_result *result, const struct kernel *kernel,
			struct watch *watch)
{
	const char *violation = violation_of(result, false);
	bool differs = kernel->base && result->failures == result->unconditioned;

	cell->kind = differs ? CELL_DIFFERS : CELL_FAIL;
	if (watch->text) {
		cell->text = xstrdup(differs ? "differs" : watch->text);
		cell->why = watch->why;
		watch->why = NULL;
	} else {
		cell->text = xstrdup(violation ? violation : "fail");
		cell->why = xstrdup(result->nr_violations ? result->violations[0].text : "");
	}
}

static void fill_cell(struct cell *cell, const struct run_result *result, const struct kernel *kernel,
		      struct watch *watch)
{
	const char *bug = violation_of(result, true);

	switch (result->verdict) {
	case VERDICT_PASS:
		cell->kind = bug ? CELL_BUG : CELL_PASS;
		cell->text = xstrdup(bug ? bug : "pass");
		break;
	case VERDICT_NA:
		cell->kind = CELL_NA;
		cell->text = xstrdup("n/a");
		break;
	case VERDICT_ERROR:
		cell->kind = CELL_FAIL;
		cell->text = xstrdup("error");
		cell->why = xstrdup(result->error);
		break;
	case VERDICT_FAIL:
		fill_failed(cell, result, kernel, watch);
		break;
	}
}

/* Does a `kernels` statement of the file name this very kernel, quirks and all? */
static bool names_kernel(const struct program *program, const struct kernel *kernel)
{
	const struct kernels_stmt *stmt;
	struct kernel_list list;
	bool named = false;
	size_t i;

	for (stmt = program->kernels; stmt && !named; stmt = stmt->next) {
		kernel_set_list(stmt->set, true, &list);
		for (i = 0; i < list.nr; i++)
			named |= !strcmp(list.kernels[i]->name, kernel->name);
		kernel_list_free(&list);
	}
	return named;
}

/* @own: a column that is there for the files that name it. */
static void run_cell(struct cell *cell, const struct program *program, struct run_options *options, bool own)
{
	struct watch watch = { NULL, NULL };
	struct run_result result;

	if (!program_runs_on(program, options->kernel) || (own && !names_kernel(program, options->kernel))) {
		cell->kind = CELL_EXCLUDED;
		cell->text = xstrdup("-");
	} else if (program->not_modelled) {
		cell->kind = CELL_NOT_MODELLED;
		cell->text = xstrdup("no model");
	} else {
		options->arg = &watch;
		scenario_run(program, options, &result);
		fill_cell(cell, &result, options->kernel, &watch);
		run_result_free(&result);
		free(watch.text);
		free(watch.why);
	}
}

bool matrix_add(struct matrix *matrix, const struct program *program, const struct backend *backend, unsigned long seed,
		const volatile sig_atomic_t *stop)
{
	struct run_options options = { .backend = backend, .seed = seed, .events = &events, .stop = stop };
	struct matrix_row *row;
	size_t i;

	matrix->rows = xrealloc(matrix->rows, (matrix->nr_rows + 1) * sizeof(*matrix->rows));
	row = &matrix->rows[matrix->nr_rows++];
	row->path = xstrdup(program->path);
	row->title = xstrdup(program->title);
	row->cells = xzalloc((matrix->columns.nr + 1) * sizeof(*row->cells));
	for (i = 0; i < matrix->columns.nr; i++) {
		options.kernel = &matrix->columns.kernels[i]->kernel;
		if (stop && *stop) {
			row->cells[i].text = xstrdup("-");
			continue;
		}
		run_cell(&row->cells[i], program, &options, i >= matrix->nr_for_all);
		matrix->counts[row->cells[i].kind]++;
		matrix->failed |= row->cells[i].kind == CELL_FAIL;
	}
	return !stop || !*stop;
}

void matrix_free(struct matrix *matrix)
{
	size_t i;

	while (matrix->nr_rows) {
		struct matrix_row *row = &matrix->rows[--matrix->nr_rows];

		for (i = 0; i < matrix->columns.nr; i++) {
			free(row->cells[i].text);
			free(row->cells[i].why);
		}
		free(row->cells);
		free(row->path);
		free(row->title);
	}
	free(matrix->rows);
	kernel_list_free(&matrix->columns);
}

/*
 * Where a terminal is too narrow for the table, what is long in a cell becomes a
 * number, and stands once below the table.
 */
struct legend {
	const char **texts;
	unsigned int nr;
};

#define CELL_BYTES_MAX 7

/* What is shown of a cell; a NULL legend: all. */
static const char *shown(const struct legend *legend, const struct cell *cell, char buf[16])
{
	unsigned int i;

	if (!legend || strlen(cell->text) <= CELL_BYTES_MAX)
		return cell->text;
	for (i = 0; i < legend->nr && strcmp(legend->texts[i], cell->text); i++)
		;
	snprintf(buf, 16, "[%u]", i + 1);
	return buf;
}

static void make_legend(const struct matrix *matrix, struct legend *legend)
{
	size_t row, column;
	unsigned int i;

	memset(legend, 0, sizeof(*legend));
	for (row = 0; row < matrix->nr_rows; row++)
		for (column = 0; column < matrix->nr_for_all; column++) {
			const char *text = matrix->rows[row].cells[column].text;

			for (i = 0; i < legend->nr && strcmp(legend->texts[i], text); i++)
				;
			if (i < legend->nr || strlen(text) <= CELL_BYTES_MAX)
				continue;
			legend->texts = xrealloc(legend->texts, (legend->nr + 1) * sizeof(*legend->texts));
			legend->texts[legend->nr++] = text;
		}
}

static unsigned int longest(const struct matrix *matrix, const struct legend *legend, size_t column)
{
	unsigned int width = (unsigned int)strlen(matrix->columns.kernels[column]->name);
	char buf[16];
	size_t i;

	for (i = 0; i < matrix->nr_rows; i++) {
		const char *text = shown(legend, &matrix->rows[i].cells[column], buf);

		if (strlen(text) > width)
			width = (unsigned int)strlen(text);
	}
	return width;
}

/* The rows' names without the folders that all of them share. */
static size_t shared_folder(const struct matrix *matrix)
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

static void print_cell(FILE *out, const struct legend *legend, const struct cell *cell, unsigned int width, bool colour)
{
	static const char *const codes[] = {
		[CELL_EXCLUDED] = "\033[2m", [CELL_PASS] = "\033[32m", [CELL_BUG] = "\033[33m",
		[CELL_FAIL] = "\033[31m",    [CELL_NA] = "\033[2m",    [CELL_DIFFERS] = "\033[36m",
		[CELL_NOT_MODELLED] = "\033[2m",
	};
	char buf[16];
	const char *text = shown(legend, cell, buf);

	if (colour)
		fprintf(out, "  %s%-*s\033[0m", codes[cell->kind], (int)width, text);
	else
		fprintf(out, "  %-*s", (int)width, text);
}

/* As many columns for every file from @first on as fit into @width behind @names; at least one. */
static size_t columns_that_fit(const struct matrix *matrix, const unsigned int *widths, size_t first,
			       unsigned int names, unsigned int width)
{
	unsigned int used = names;
	size_t column;

	for (column = first; column < matrix->nr_for_all; column++) {
		used += 2 + widths[column];
		if (width && used > width && column > first)
			break;
	}
	return column;
}

/* The columns that are for the files that name them: a line for each file and kernel, not a column for one cell. */
static void print_own(const struct matrix *matrix, FILE *out, size_t skip, unsigned int names, bool colour)
{
	unsigned int width = 0;
	bool any = false;
	size_t row, column;

	for (column = matrix->nr_for_all; column < matrix->columns.nr; column++)
		if (strlen(matrix->columns.kernels[column]->name) > width)
			width = (unsigned int)strlen(matrix->columns.kernels[column]->name);
	for (row = 0; row < matrix->nr_rows; row++)
		for (column = matrix->nr_for_all; column < matrix->columns.nr; column++) {
			if (matrix->rows[row].cells[column].kind == CELL_EXCLUDED)
				continue;
			fprintf(out, "%s%-*s  %-*s", any ? "" : "\nwith a bug put back\n", (int)names,
				matrix->rows[row].path + skip, (int)width, matrix->columns.kernels[column]->name);
			print_cell(out, NULL, &matrix->rows[row].cells[column], 0, colour);
			fputc('\n', out);
			any = true;
		}
}

static void print_failures(const struct matrix *matrix, FILE *out)
{
	size_t row, column;

	for (row = 0; row < matrix->nr_rows; row++)
		for (column = 0; column < matrix->columns.nr; column++)
			if (matrix->rows[row].cells[column].kind == CELL_FAIL)
				fprintf(out, "FAIL %s on %s\n     %s\n", matrix->rows[row].path,
					matrix->columns.kernels[column]->name, matrix->rows[row].cells[column].why);
}

void matrix_print(const struct matrix *matrix, FILE *out, unsigned int width, bool colour)
{
	size_t skip = shared_folder(matrix), first, last, column, row;
	struct legend numbers, *legend = NULL;
	unsigned int names = 8, i, *widths = xzalloc((matrix->nr_for_all + 1) * sizeof(*widths));

	for (row = 0; row < matrix->nr_rows; row++)
		if (strlen(matrix->rows[row].path + skip) > names)
			names = (unsigned int)strlen(matrix->rows[row].path + skip);
	make_legend(matrix, &numbers);
	for (column = 0; column < matrix->nr_for_all; column++)
		widths[column] = longest(matrix, NULL, column);
	if (columns_that_fit(matrix, widths, 0, names, width) < matrix->nr_for_all)
		legend = &numbers;
	for (column = 0; legend && column < matrix->nr_for_all; column++)
		widths[column] = longest(matrix, legend, column);
	for (first = 0; first < matrix->nr_for_all; first = last) {
		last = columns_that_fit(matrix, widths, first, names, width);
		fprintf(out, "%s%-*s", first ? "\n" : "", (int)names, "scenario");
		for (column = first; column < last; column++)
			fprintf(out, "  %-*s", (int)widths[column], matrix->columns.kernels[column]->name);
		fputc('\n', out);
		for (row = 0; row < matrix->nr_rows; row++) {
			fprintf(out, "%-*s", (int)names, matrix->rows[row].path + skip);
			for (column = first; column < last; column++)
				print_cell(out, legend, &matrix->rows[row].cells[column], widths[column], colour);
			fputc('\n', out);
		}
	}
	for (i = 0; legend && i < legend->nr; i++)
		fprintf(out, "%s[%u] %s\n", i ? "" : "\n", i + 1, legend->texts[i]);
	free(numbers.texts);
	free(widths);
	print_own(matrix, out, skip, names, colour);
	print_failures(matrix, out);
}

static void print_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("|*_`<>\\", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

void matrix_print_markdown(const struct matrix *matrix, FILE *out)
{
	size_t column, row;

	fputs("| scenario |", out);
	for (column = 0; column < matrix->columns.nr; column++)
		fprintf(out, " %s |", matrix->columns.kernels[column]->name);
	fputs("\n| --- |", out);
	for (column = 0; column < matrix->columns.nr; column++)
		fputs(" --- |", out);
	for (row = 0; row < matrix->nr_rows; row++) {
		fputs("\n| ", out);
		print_escaped(out, matrix->rows[row].title);
		fputs(" |", out);
		for (column = 0; column < matrix->columns.nr; column++) {
			const struct cell *cell = &matrix->rows[row].cells[column];

			fputs(cell->kind == CELL_FAIL ? " **FAIL** " : " ", out);
			print_escaped(out, cell->text);
			fputs(" |", out);
		}
	}
	fputs("\n\n", out);
}

void matrix_print_json(const struct matrix *matrix, FILE *out)
{
	static const char *const kinds[] = {
		[CELL_EXCLUDED] = "excluded", [CELL_PASS] = "pass",	  [CELL_BUG] = "bug", [CELL_FAIL] = "fail",
		[CELL_NA] = "n/a",	      [CELL_DIFFERS] = "differs", [CELL_NOT_MODELLED] = "not modelled",
	};
	size_t column, row;

	for (row = 0; row < matrix->nr_rows; row++)
		for (column = 0; column < matrix->columns.nr; column++) {
			const struct cell *cell = &matrix->rows[row].cells[column];
			json_t *object = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s}", "schema", 1, "file",
						   matrix->rows[row].path, "title", matrix->rows[row].title, "kernel",
						   matrix->columns.kernels[column]->name, "cell", kinds[cell->kind],
						   "what", cell->text);

			if (!object)
				continue;
			json_dumpf(object, out, JSON_COMPACT);
			fputc('\n', out);
			json_decref(object);
		}
}

void matrix_print_summary(const struct matrix *matrix, FILE *out)
{
	const unsigned long *counts = matrix->counts;

	fprintf(out, "%zu scenario%s on %zu kernel%s: %lu pass (%lu of them show a known bug), %lu fail, %lu n/a",
		matrix->nr_rows, matrix->nr_rows == 1 ? "" : "s", matrix->columns.nr,
		matrix->columns.nr == 1 ? "" : "s", counts[CELL_PASS] + counts[CELL_BUG], counts[CELL_BUG],
		counts[CELL_FAIL], counts[CELL_NA]);
	if (counts[CELL_DIFFERS])
		fprintf(out, ", %lu differ", counts[CELL_DIFFERS]);
	if (counts[CELL_NOT_MODELLED])
		fprintf(out, ", %lu not modelled yet", counts[CELL_NOT_MODELLED]);
	fputc('\n', out);
}
