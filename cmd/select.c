// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the commands are asked to look at: files and folders, kernels, a backend, a
 * seed. One place for the options and for what they mean, as parsers that a
 * command hangs below its own.
 *
 * argp gives an argument to the command's own parser first: one that takes some for
 * itself (`diff A B FILE`) returns ARGP_ERR_UNKNOWN for the rest, which are files.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <sim/race.h>
#include "commands.h"
#include "version.h"

enum { OPT_KERNEL = 'k', OPT_BACKEND = 0x1000, OPT_SEED, OPT_RACES, OPT_PREEMPT };

static const struct argp_option kernel_options[] = {
	{ "kernel", OPT_KERNEL, "SET", 0,
	  "on these: v6.12, v6.2.., v5.15..v6.1, a proposal, v6.12+QUIRK, with commas, !not", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static const struct argp_option file_options[] = {
	{ "backend", OPT_BACKEND, "NAME", 0, "model (the default), upstream or live", 0 },
	{ "seed", OPT_SEED, "N", 0, "decides the order in parallel blocks (0)", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse_kernel_option(int key, char *arg, struct argp_state *state)
{
	struct selection *selection = state->input;

	if (key != OPT_KERNEL)
		return ARGP_ERR_UNKNOWN;
	selection->kernels = arg;
	return 0;
}

static error_t parse_file_option(int key, char *arg, struct argp_state *state)
{
	struct selection *selection = state->input;

	switch (key) {
	case OPT_BACKEND:
		selection->backend = parse_backends(arg, &selection->other);
		break;
	case OPT_SEED:
		selection->seed = parse_number("--seed", arg);
		break;
	case ARGP_KEY_ARG:
		selection->paths = realloc(selection->paths, (selection->nr_paths + 1) * sizeof(*selection->paths));
		if (!selection->paths)
			exit_out_of_memory();
		selection->paths[selection->nr_paths++] = arg;
		break;
	case ARGP_KEY_END:
		if (!selection->nr_paths)
			argp_error(state, "no file, expected %s",
				   selection->expected ? selection->expected : ".pin files or a folder of them");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp kernels_argp = { kernel_options, parse_kernel_option, NULL, NULL, NULL, NULL, NULL };
const struct argp files_argp = { file_options, parse_file_option, NULL, NULL, NULL, NULL, NULL };

static const struct argp_option races_options[] = {
	{ "races", OPT_RACES, NULL, 0,
	  "report data races in kernel code, too; a search has plain accesses decide which steps depend on each other "
	  "(a build made for it: docs/data-races.md)", 0 },
	{ "preempt", OPT_PREEMPT, "WHERE", 0,
	  "sync (the default): switch at locks, atomics and the like; access: at plain accesses too, with --races", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static void need_races(void)
{
	if (sim_races_built())
		return;
	fputs("pinsim: --races: this build does not see the kernel's accesses, expected one with PINSIM_RACES:\n"
	      "  cmake --preset race && cmake --build build-race && build-race/pinsim ...\n",
	      stderr);
	exit(EXIT_USAGE);
}

static error_t parse_races_option(int key, char *arg, struct argp_state *state)
{
	struct selection *selection = state->input;

	switch (key) {
	case OPT_RACES:
		need_races();
		selection->races = true;
		break;
	case OPT_PREEMPT:
		if (strcmp(arg, "access") && strcmp(arg, "sync")) {
			fprintf(stderr,
				"pinsim: --preempt: '%s' is no place to switch, expected sync or access\n", arg);
			exit(EXIT_USAGE);
		}
		selection->preempt_access = !strcmp(arg, "access");
		break;
	case ARGP_KEY_END:
		if (selection->preempt_access && !selection->races)
			argp_error(state, "--preempt=access knows of plain accesses by --races, expected both");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp races_argp = { races_options, parse_races_option, NULL, NULL, NULL, NULL, NULL };

const struct argp_child selection_races_children[] = {
	{ &kernels_argp, 0, NULL, 0 },
	{ &files_argp, 0, NULL, 0 },
	{ &races_argp, 0, NULL, 0 },
	{ NULL, 0, NULL, 0 },
};

const struct argp_child selection_children[] = {
	{ &kernels_argp, 0, NULL, 0 },
	{ &files_argp, 0, NULL, 0 },
	{ NULL, 0, NULL, 0 },
};

void selection_no_other(const struct selection *selection, const char *command)
{
	if (!selection->other)
		return;
	fprintf(stderr, "pinsim: --backend: two backends are for `pinsim run`, expected one for %s\n", command);
	exit(EXIT_USAGE);
}

/* Paths of scenarios, sorted within each folder. */
struct paths {
	struct scenario_file *file;
	size_t nr;
};

static void add_path(struct paths *paths, const char *path, bool named)
{
	paths->file = realloc(paths->file, (paths->nr + 1) * sizeof(*paths->file));
	if (!paths->file)
		exit_out_of_memory();
	paths->file[paths->nr] = (struct scenario_file){ .path = strdup(path), .named = named };
	if (!paths->file[paths->nr++].path)
		exit_out_of_memory();
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
				add_path(paths, path, false);
			free(path);
		}
		free(entries[i]);
	}
	free(entries);
	return good;
}

static struct program *load_program(const char *path)
{
	struct diagnostics diag;
	struct program *program;

	diagnostics_init(&diag);
	program = program_load(path, &diag);
	if (!program) {
		fflush(stdout);
		fputs(diag.text, stderr);
		if (diag.errors > DIAGNOSTICS_MAX)
			fprintf(stderr, "%s: %u more\n", path, diag.errors - DIAGNOSTICS_MAX);
	}
	diagnostics_free(&diag);
	return program;
}

static void refuse_unmodelled(struct scenario_file *file)
{
	const struct step *step = &file->program->not_modelled->step;
	struct diagnostics diag;

	diagnostics_init(&diag);
	diag_error(&diag, &step->op_pos, "\"%s\" is not modelled yet, expected an operation that is", step->op_name);
	fflush(stdout);
	fputs(diag.text, stderr);
	diagnostics_free(&diag);
	program_free(file->program);
	file->program = NULL;
}

/*
 * Where there is no such file here: the same below the data that was installed beside
 * the command, or that PINSIM_DATA names. So `pinsim matrix scenarios/` means the library of
 * scenarios from wherever it is called. NULL: not there either. Freed by the caller.
 */
static char *installed_path(const char *path)
{
	const char *data = getenv("PINSIM_DATA");
	char exe[4096], *found = NULL, *real, *slash;
	ssize_t length;

	if (*path == '/' || !access(path, F_OK))
		return NULL;
	length = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	exe[length > 0 ? length : 0] = '\0';
	slash = strrchr(exe, '/');
	if (data && *data) {
		if (asprintf(&found, "%s/%s", data, path) < 0)
			exit_out_of_memory();
	} else if (slash) {
		if (asprintf(&found, "%.*s/" PINSIM_DATA_FROM_BIN "/%s", (int)(slash - exe), exe, path) < 0)
			exit_out_of_memory();
	}
	real = found ? realpath(found, NULL) : NULL;
	free(found);
	return real;
}

static bool add_argument(struct paths *paths, const char *argument)
{
	char *installed = installed_path(argument);
	const char *path = installed ? installed : argument;
	bool good = true;
	struct stat st;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		good = add_folder(paths, path, 0);
	else
		add_path(paths, path, true);
	free(installed);
	return good;
}

bool selection_each(struct selection *selection, bool (*each)(void *arg, const struct scenario_file *file), void *arg)
{
	struct paths paths = { NULL, 0 };
	bool good = true;
	size_t i;

	for (i = 0; i < selection->nr_paths; i++)
		good &= add_argument(&paths, selection->paths[i]);
	selection->nr_files = paths.nr;
	for (i = 0; i < paths.nr; i++) {
		struct scenario_file *file = &paths.file[i];

		if (interrupted)
			break;
		progress(file->path, i, paths.nr);
		file->program = load_program(file->path);
		if (file->program && file->program->not_modelled && !selection->unmodelled)
			refuse_unmodelled(file);
		good &= file->program != NULL;
		if (each(arg, file))
			file->program = NULL;
		if (file->program)
			program_free(file->program);
	}
	progress_end();
	if (!paths.nr)
		fputs("pinsim: warning: no scenario there, nothing ran\n", stderr);
	for (i = 0; i < paths.nr; i++)
		free(paths.file[i].path);
	free(paths.file);
	free(selection->paths);
	selection->paths = NULL;
	return good;
}
