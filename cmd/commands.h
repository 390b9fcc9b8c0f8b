/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands of pinsim. Each is one file with its own argp, and returns the exit
 * status: 0 all held, 1 something did not, 2 bad usage or a bad file, 3 pinsim
 * itself failed, 4 long work was stopped before its end and nothing was found so far,
 * 130 Ctrl-C.
 */
#ifndef CMD_COMMANDS_H
#define CMD_COMMANDS_H

#include <argp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <scenario/kernel_set.h>
#include <scenario/program.h>
#include <scenario/runner.h>

enum { EXIT_HELD = 0, EXIT_BROKE = 1, EXIT_USAGE = 2, EXIT_OURS = 3, EXIT_UNFINISHED = 4 };

struct command {
	const char *name;
	const char *what;
	int (*run)(int argc, char **argv);
};

extern const struct command commands[];	/* a NULL name ends them */

int command_run(int argc, char **argv);
int command_matrix(int argc, char **argv);
int command_diff(int argc, char **argv);
int command_limit(int argc, char **argv);
int command_explore(int argc, char **argv);
int command_fuzz(int argc, char **argv);
int command_search(int argc, char **argv);
int command_shrink(int argc, char **argv);
int command_sweep(int argc, char **argv);
int command_import(int argc, char **argv);
int command_list(int argc, char **argv);

/* select.c: which files, kernels and backend a command is asked for */

struct scenario_file {
	char *path;
	bool named;			/* on the command line itself, not found in a folder */
	struct program *program;	/* NULL: not a scenario; why was said */
};

struct selection {
	const char *kernels;		/* --kernel, or NULL; parse_kernels() */
	const struct backend *backend;
	const struct backend *other;	/* of `--backend A,B`, or NULL */
	unsigned long seed;
	bool races, preempt_access;	/* --races, --preempt=access */
	const char *expected;		/* where no file was given; NULL: files */
	bool unmodelled;		/* also files with operations that have no model */
	char **paths;
	size_t nr_paths;
	size_t nr_files;		/* found, once selection_each() is under way */
};
#define SELECTION_INIT { .backend = &backend_model }

/*
 * For `children` of a command's argp: --kernel; and files with --backend and
 * --seed. Their input is a struct selection.
 */
extern const struct argp kernels_argp;
extern const struct argp files_argp;
/* Both, for a command that takes kernels and files. */
extern const struct argp_child selection_children[];
/* And --races and --preempt. */
extern const struct argp_child selection_races_children[];
/* Exits with a message where two backends were given to a command that takes one. */
void selection_no_other(const struct selection *selection, const char *command);
/*
 * Each file, folders searched; until Ctrl-C. @each returns true where it keeps
 * the program. Returns whether all were scenarios; what is wrong with the others was said.
 */
#define NOTHING_RAN "pinsim: warning: nothing ran: no kernel asked for is one of the file's\n"
bool selection_each(struct selection *selection, bool (*each)(void *arg, const struct scenario_file *file), void *arg);

/* common.c */

_Noreturn void exit_out_of_memory(void);
/* argp_parse() with our exit status for bad usage; @name is the command's. */
void parse_arguments(const struct argp *argp, const char *name, int argc, char **argv, void *input);
/* A decimal or 0x number; exits with a message where it is none. */
unsigned long parse_number(const char *option, const char *text);
/* One from @least to @most, ~0ul: no end. */
unsigned long parse_within(const char *option, const char *text, unsigned long least, unsigned long most);
/* Above 0, also with a part behind a point. */
double parse_seconds(const char *option, const char *text);
/* The kernels that `--kernel SET` names; NULL where the option was not given. Exits with a message where it is bad. */
struct kernel_list *parse_kernels(const char *text);
/* The kernel of that full name ("v6.12+QUIRK") into *@list; exits with a message where there is none. */
const struct kernel *parse_kernel(const char *name, struct kernel_list *list);
/* The backend of that name; exits with a message where there is none, or where it is not built. */
const struct backend *parse_backend(const char *name);
/* "A" or "A,B"; *@other: B, or NULL. */
const struct backend *parse_backends(const char *names, const struct backend **other);
/* The folder @path is there and can be written into, made where it is not; exits with a message where it cannot. */
void make_folder(const char *option, const char *path);
/*
 * @write writes @what into the file @path. EXIT_HELD; EXIT_USAGE where there can be no such file, EXIT_OURS where not
 * all went into it: both were said, as @option's.
 */
int write_file(const char *option, const char *path, void (*write)(const void *what, FILE *out), const void *what);
/* For it: a string, as it is. */
void write_text(const void *text, FILE *out);
bool use_colour(FILE *out);
/* Columns of the terminal behind @out, 0 where there is none. */
unsigned int terminal_width(FILE *out);

/* Set by the first Ctrl-C; the second ends the process. */
extern volatile sig_atomic_t interrupted;
void catch_interrupt(void);
/* Says that what was told is not all, behind it; the exit status. */
int interrupted_status(void);

/* A mistake of a file that only a run shows (run_result.error): said once, not again for each kernel. */
void tell_mistake(const char *text);

/* A line on stderr that says how far long work is, with @all 0 just @what; nothing where stderr is no terminal. */
void progress(const char *what, unsigned long done, unsigned long all);
void progress_end(void);

#endif
