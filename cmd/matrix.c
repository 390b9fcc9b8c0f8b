// SPDX-License-Identifier: GPL-2.0-or-later
/* pinsim matrix FILE...|DIR */
#include <stdlib.h>
#include <string.h>
#include <scenario/matrix.h>
#include "commands.h"

struct matrix_arguments {
	struct selection selection;
	const char *html;
	bool rows, all, markdown, json;
};

enum { OPT_ROWS = 256, OPT_ALL, OPT_MARKDOWN, OPT_JSON, OPT_HTML };

static const struct argp_option options[] = {
	{ "rows", OPT_ROWS, NULL, 0, "a row for each scenario; folders of many are one row otherwise", 0 },
	{ "all", OPT_ALL, NULL, 0, "and a column for each kernel; those that are equal all over are one otherwise", 0 },
	{ "html", OPT_HTML, "FILE", 0, "a page with all of it, to be filtered; the table is printed as ever", 0 },
	{ "markdown", OPT_MARKDOWN, NULL, 0, "a table for a mail or a page", 0 },
	{ "json", OPT_JSON, NULL, 0, "one JSON object a cell", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct matrix_arguments *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->selection;
		state->child_inputs[1] = &args->selection;
		break;
	case OPT_ROWS:
		args->rows = true;
		break;
	case OPT_ALL:
		args->all = true;
		break;
	case OPT_HTML:
		args->html = arg;
		break;
	case OPT_MARKDOWN:
		args->markdown = true;
		break;
	case OPT_JSON:
		args->json = true;
		break;
	case ARGP_KEY_END:
		if (args->markdown && args->json)
			argp_error(state, "--markdown and --json exclude each other");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	options,
	parse_option,
	"FILE...|DIR",
	"A row a scenario, a column a kernel or proposal. A cell is `pass`, the violation that the scenario expects "
	"there as a known bug, `n/a` where that kernel does not have a call, `-` where the file does not want to "
	"run, `differs` where a proposal does other than the releases, or else what failed. `changed in` names the "
	"releases in which results or counters became others than on the release before."
	"\vA folder of many scenarios is one row, with the worst that is in it; kernels that are equal all over are "
	"one column.\n\n"
	"Examples:\n"
	"  pinsim matrix scenarios/\n"
	"  pinsim matrix scenarios/seeds --rows --kernel v6.2..v6.12 --markdown\n"
	"  pinsim matrix scenarios/ --html matrix.html\n",
	selection_children,
	NULL,
	NULL,
};

/*
 * Without --kernel: all releases and proposals, and behind them what a file itself
 * names besides (v6.12+QUIRK). Returns how many are for every file.
 */
static size_t choose_columns(struct kernel_list *columns, struct program **programs, size_t nr)
{
	struct kernel_list named;
	size_t i, j, for_all;

	kernel_set_list(NULL, true, columns);
	for_all = columns->nr;
	for (i = 0; i < nr; i++) {
		if (!programs[i]->kernels)
			continue;
		default_kernels(programs[i], true, &named);
		for (j = 0; j < named.nr; j++)
			kernel_list_add(columns, named.kernels[j]->name);
		kernel_list_free(&named);
	}
	return for_all;
}

static void print(const struct matrix *matrix, const struct matrix_arguments *args)
{
	const struct matrix_view view = {
		.rows = args->rows || args->all,
		.columns = args->all,
		.width = terminal_width(stdout),
		.colour = use_colour(stdout),
	};

	if (args->json) {
		matrix_print_json(matrix, stdout);
		matrix_print_summary(matrix, stderr);
		return;
	}
	if (args->markdown)
		matrix_print_markdown(matrix, &view, stdout);
	else
		matrix_print(matrix, &view, stdout);
	matrix_print_summary(matrix, stdout);
}

static void write_page(const void *matrix, FILE *out)
{
	matrix_print_html(matrix, out);
}

struct programs {
	struct program **program;
	bool *named;
	size_t nr;
};

static bool keep(void *arg, const struct scenario_file *file)
{
	struct programs *programs = arg;

	if (!file->program)
		return false;
	programs->program = realloc(programs->program, (programs->nr + 1) * sizeof(*programs->program));
	programs->named = realloc(programs->named, (programs->nr + 1) * sizeof(*programs->named));
	if (!programs->program || !programs->named)
		exit_out_of_memory();
	programs->named[programs->nr] = file->named;
	programs->program[programs->nr++] = file->program;
	return true;
}

/* What only running it showed of the last row's file. */
static void tell_mistakes(const struct matrix *matrix)
{
	const struct matrix_row *row = &matrix->rows[matrix->nr_rows - 1];

	for (size_t i = 0; i < matrix->columns.nr; i++)
		if (row->cells[i].kind == CELL_ERROR) {
			progress_end();
			tell_mistake(row->cells[i].why);
		}
}

int command_matrix(int argc, char **argv)
{
	struct matrix_arguments args = { .selection = SELECTION_INIT };
	struct selection *selection = &args.selection;
	struct programs programs = { NULL, NULL, 0 };
	struct kernel_list columns, *asked;
	struct matrix matrix;
	size_t for_all, i;
	int status, written;
	bool good;

	parse_arguments(&argp, "matrix", argc, argv, &args);
	selection_no_other(selection, "matrix");
	asked = parse_kernels(selection->kernels);
	selection->unmodelled = true;
	catch_interrupt();
	good = selection_each(selection, keep, &programs);
	if (asked) {
		columns = *asked;
		for_all = columns.nr;
	} else {
		for_all = choose_columns(&columns, programs.program, programs.nr);
	}
	matrix_init(&matrix, &columns, for_all);
	for (i = 0; i < programs.nr && !interrupted; i++) {
		progress(programs.program[i]->path, i, programs.nr);
		matrix_add(&matrix, programs.program[i], programs.named[i], selection->backend, selection->seed,
			   &interrupted);
		tell_mistakes(&matrix);
	}
	good &= !matrix.counts[CELL_ERROR];
	progress_end();
	if (programs.nr)
		print(&matrix, &args);
	status = interrupted ? interrupted_status() : !good ? EXIT_USAGE : matrix.failed ? EXIT_BROKE : EXIT_HELD;
	written = args.html ? write_file("--html", args.html, write_page, &matrix) : EXIT_HELD;
	if (written)
		status = written;
	matrix_free(&matrix);
	for (i = 0; i < programs.nr; i++)
		program_free(programs.program[i]);
	free(programs.program);
	free(programs.named);
	return status;
}
