// SPDX-License-Identifier: GPL-2.0-or-later
/* pinsim matrix FILE...|DIR */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <scenario/matrix.h>
#include "commands.h"

struct matrix_arguments {
	char **paths;
	int nr_paths;
	const char *kernels;
	const struct backend *backend;
	unsigned long seed;
	bool markdown, json;
};

enum { OPT_KERNEL = 'k', OPT_BACKEND = 256, OPT_SEED, OPT_MARKDOWN, OPT_JSON };

static const struct argp_option options[] = {
	{ "kernel", OPT_KERNEL, "SET", 0, "these columns only", 0 },
	{ "backend", OPT_BACKEND, "NAME", 0, "model (the default), upstream or live", 0 },
	{ "seed", OPT_SEED, "N", 0, "decides the order in parallel blocks (0)", 0 },
	{ "markdown", OPT_MARKDOWN, NULL, 0, "a table for a mail or a page", 0 },
	{ "json", OPT_JSON, NULL, 0, "one JSON object a cell", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct matrix_arguments *args = state->input;

	switch (key) {
	case OPT_KERNEL:
		args->kernels = arg;
		break;
	case OPT_BACKEND:
		args->backend = parse_backend(arg);
		break;
	case OPT_SEED:
		args->seed = parse_number("--seed", arg);
		break;
	case OPT_MARKDOWN:
		args->markdown = true;
		break;
	case OPT_JSON:
		args->json = true;
		break;
	case ARGP_KEY_ARGS:
		args->paths = state->argv + state->next;
		args->nr_paths = state->argc - state->next;
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no file, expected .pin files or a folder of them");
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
	"there as a "
	"known bug, `n/a` where that kernel does not have a call, `-` where the file does not want to run, `differs` "
	"where a "
	"proposal does other than the releases, or else what failed."
	"\vExamples:\n"
	"  pinsim matrix scenarios/\n"
	"  pinsim matrix scenarios/seeds --kernel v6.2..v6.12 --markdown\n",
	NULL,
	NULL,
	NULL,
};

/* Paths of scenarios, sorted within each folder. */
struct paths {
	char **path;
	size_t nr;
};

static void add_path(struct paths *paths, const char *path)
{
	paths->path = realloc(paths->path, (paths->nr + 1) * sizeof(*paths->path));
	if (!paths->path || !(paths->path[paths->nr++] = strdup(path))) {
		fputs("pinsim: out of memory\n", stderr);
		exit(EXIT_OURS);
	}
}

#define FOLDER_DEPTH_MAX 32

/* All *.pin below a folder, without following links out of it or in circles. */
static bool add_folder(struct paths *paths, const char *folder, unsigned int depth)
{
	struct dirent **entries;
	size_t length = strlen(folder);
	int nr = scandir(folder, &entries, NULL, alphasort), i;
	bool good = true;

	if (nr < 0) {
		fprintf(stderr, "pinsim: cannot read the folder '%s': %s\n", folder, strerror(errno));
		return false;
	}
	for (i = 0; i < nr; i++) {
		const char *name = entries[i]->d_name, *dot = strrchr(name, '.');
		struct stat st;
		char *path;

		if (name[0] != '.' &&
		    asprintf(&path, "%s%s%s", folder, length && folder[length - 1] == '/' ? "" : "/", name) > 0) {
			if (lstat(path, &st))
				;
			else if (S_ISDIR(st.st_mode) && depth < FOLDER_DEPTH_MAX)
				good &= add_folder(paths, path, depth + 1);
			else if (S_ISREG(st.st_mode) && dot && !strcmp(dot, ".pin"))
				add_path(paths, path);
			free(path);
		}
		free(entries[i]);
	}
	free(entries);
	return good;
}

static bool collect(struct paths *paths, const struct matrix_arguments *args)
{
	bool good = true;
	struct stat st;
	int i;

	for (i = 0; i < args->nr_paths; i++)
		if (!stat(args->paths[i], &st) && S_ISDIR(st.st_mode))
			good &= add_folder(paths, args->paths[i], 0);
		else
			add_path(paths, args->paths[i]);
	return good;
}

/* The files that are scenarios; what is wrong with the others is said. */
static struct program **load(const struct paths *paths, size_t *nr)
{
	struct program **programs = calloc(paths->nr + 1, sizeof(*programs));
	size_t i;

	*nr = 0;
	for (i = 0; i < paths->nr && programs; i++) {
		struct diagnostics diag;
		struct program *program;

		diagnostics_init(&diag);
		program = program_load(paths->path[i], &diag);
		if (program)
			programs[(*nr)++] = program;
		else
			fputs(diag.text, stderr);
		diagnostics_free(&diag);
	}
	return programs;
}

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
	if (args->json) {
		matrix_print_json(matrix, stdout);
		matrix_print_summary(matrix, stderr);
		return;
	}
	if (args->markdown)
		matrix_print_markdown(matrix, stdout);
	else
		matrix_print(matrix, stdout, terminal_width(stdout), use_colour(stdout));
	matrix_print_summary(matrix, stdout);
}

int command_matrix(int argc, char **argv)
{
	struct matrix_arguments args = { .backend = &backend_model };
	struct kernel_list columns, *asked;
	struct paths paths = { NULL, 0 };
	struct program **programs;
	struct matrix matrix;
	size_t nr, for_all, i;
	bool good;
	int status;

	parse_arguments(&argp, "matrix", argc, argv, &args);
	asked = parse_kernels(args.kernels);
	good = collect(&paths, &args);
	programs = load(&paths, &nr);
	if (asked) {
		columns = *asked;
		for_all = columns.nr;
	} else {
		for_all = choose_columns(&columns, programs, nr);
	}
	good &= nr == paths.nr;
	matrix_init(&matrix, &columns, for_all);
	catch_interrupt();
	for (i = 0; i < nr && !interrupted; i++) {
		progress(programs[i]->path, i, nr);
		matrix_add(&matrix, programs[i], args.backend, args.seed, &interrupted);
	}
	progress_end();
	if (!nr)
		fputs("pinsim: warning: no scenario there, nothing ran\n", stderr);
	else
		print(&matrix, &args);
	status = interrupted ? 128 + SIGINT : !good ? EXIT_USAGE : matrix.failed ? EXIT_BROKE : EXIT_HELD;
	matrix_free(&matrix);
	for (i = 0; i < nr; i++)
		program_free(programs[i]);
	free(programs);
	for (i = 0; i < paths.nr; i++)
		free(paths.path[i]);
	free(paths.path);
	return status;
}
