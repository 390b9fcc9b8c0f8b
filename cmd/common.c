// SPDX-License-Identifier: GPL-2.0-or-later
/* What the commands share: arguments, terminals, Ctrl-C, progress. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "commands.h"

volatile sig_atomic_t interrupted;

void exit_out_of_memory(void)
{
	fputs("pinsim: out of memory\n", stderr);
	exit(EXIT_OURS);
}

/* argp names the program by argv[0], which has to be "pinsim run" while a command's arguments are parsed. */
void parse_arguments(const struct argp *argp, const char *name, int argc, char **argv, void *input)
{
	static char full[64];

	snprintf(full, sizeof(full), "pinsim %s", name);
	argv[0] = full;
	program_invocation_name = full;
	program_invocation_short_name = full;
	argp_err_exit_status = EXIT_USAGE;
	/* what is wrong with them argp says, and exits; what it returns is that it lacks memory */
	if (argp_parse(argp, argc, argv, 0, NULL, input))
		exit_out_of_memory();
}

static _Noreturn void no_number(const char *option, const char *text, const char *expected)
{
	fprintf(stderr, "pinsim: %s: '%s' is not a number, expected %s\n", option, text, expected);
	exit(EXIT_USAGE);
}

unsigned long parse_number(const char *option, const char *text)
{
	bool hex = text[0] == '0' && (text[1] | 0x20) == 'x';
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, hex ? 16 : 10);
	if (errno || *end || !isdigit((unsigned char)*text))
		no_number(option, text, "one of at most 64 bits");
	return value;
}

unsigned long parse_within(const char *option, const char *text, unsigned long least, unsigned long most)
{
	unsigned long value = parse_number(option, text);

	if (value >= least && value <= most)
		return value;
	if (most == ~0ul)
		fprintf(stderr, "pinsim: %s: %s, expected %lu or more\n", option, text, least);
	else
		fprintf(stderr, "pinsim: %s: %s, expected %lu to %lu\n", option, text, least, most);
	exit(EXIT_USAGE);
}

double parse_seconds(const char *option, const char *text)
{
	double value;
	char *end;

	value = strtod(text, &end);
	if (*end || !isdigit((unsigned char)*text) || !(value > 0 && value < 1e9))
		no_number(option, text, "seconds above 0, as 60 or 0.5");
	return value;
}

struct kernel_list *parse_kernels(const char *text)
{
	static struct kernel_list list;
	struct diagnostics diag;
	struct parsed_set *set;

	if (!text)
		return NULL;
	diagnostics_init(&diag);
	set = kernel_set_parse("--kernel", text, &diag);
	if (!set) {
		fputs(diag.text, stderr);
		exit(EXIT_USAGE);
	}
	kernel_set_list(parsed_set(set), false, &list);
	parsed_set_free(set);
	diagnostics_free(&diag);
	if (!list.nr) {
		fprintf(stderr,
			"pinsim: --kernel %s names no kernel: nothing listed lies in it, or the quirk does not apply\n",
			text);
		exit(EXIT_USAGE);
	}
	return &list;
}

const struct kernel *parse_kernel(const char *name, struct kernel_list *list)
{
	int err = kernel_list_add(list, name);
	struct suggestion best = { NULL, 0 };
	char buf[160];

	if (!err)
		return &list->kernels[list->nr - 1]->kernel;
	for (size_t i = 0; i < kernels(); i++)
		suggest(&best, name, kernel_at(i)->name);
	if (err == -ENOENT)
		fprintf(stderr, "pinsim: no kernel '%s', expected one of `pinsim list kernels` or `list proposals`%s\n",
			name, suggestion_text(&best, buf, sizeof(buf)));
	else
		fprintf(stderr, "pinsim: '%s': %s, expected one of `pinsim list bugs`\n", name,
			err == -ESRCH ? "no such quirk" : "that quirk does not apply to that kernel");
	exit(EXIT_USAGE);
}

const struct backend *parse_backend(const char *name)
{
	const struct backend *backend = backend_by_name(name);

	if (backend)
		return backend;
	if (!strcmp(name, "upstream") || !strcmp(name, "live"))
		fprintf(stderr, "pinsim: the backend '%s' is not built into this pinsim, expected model\n", name);
	else
		fprintf(stderr, "pinsim: no backend '%s', expected model, upstream or live\n", name);
	exit(EXIT_USAGE);
}

const struct backend *parse_backends(const char *names, const struct backend **other)
{
	const char *comma = strchr(names, ',');
	const struct backend *backend;
	char *first;

	*other = NULL;
	if (!comma)
		return parse_backend(names);
	first = strndup(names, (size_t)(comma - names));
	if (!first)
		exit_out_of_memory();
	backend = parse_backend(first);
	free(first);
	*other = parse_backend(comma + 1);
	return backend;
}

int interrupted_status(void)
{
	fflush(stdout);
	fputs("pinsim: interrupted: this is of what had run by then\n", stderr);
	return 128 + SIGINT;
}

void make_folder(const char *option, const char *path)
{
	struct stat st;

	if (mkdir(path, 0777) && errno != EEXIST)
		goto bad;
	if (stat(path, &st))
		goto bad;
	errno = ENOTDIR;
	if (S_ISDIR(st.st_mode) && !access(path, W_OK | X_OK))
		return;
bad:
	fprintf(stderr, "pinsim: %s: cannot write into '%s': %s\n", option, path, strerror(errno));
	exit(EXIT_USAGE);
}

void write_text(const void *text, FILE *out)
{
	fputs(text, out);
}

int write_file(const char *option, const char *path, void (*write)(const void *what, FILE *out), const void *what)
{
	FILE *out = fopen(path, "w");
	int status = out ? EXIT_HELD : EXIT_USAGE;

	if (out) {
		write(what, out);
		if (ferror(out) | fclose(out))
			status = EXIT_OURS;
	}
	if (status != EXIT_HELD)
		fprintf(stderr, "pinsim: %s: cannot write '%s': %s\n", option, path, strerror(errno));
	return status;
}

bool use_colour(FILE *out)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(out)) && !(no_colour && *no_colour) && term && strcmp(term, "dumb");
}

unsigned int terminal_width(FILE *out)
{
	struct winsize size;

	if (!isatty(fileno(out)) || ioctl(fileno(out), TIOCGWINSZ, &size) || size.ws_col < 40)
		return 0;
	return size.ws_col;
}

static void on_interrupt(int signal)
{
	interrupted = 1;
}

void catch_interrupt(void)
{
	struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND };

	sigaction(SIGINT, &action, NULL);
}

void tell_mistake(const char *text)
{
	static char *last;

	if (last && !strcmp(last, text))
		return;
	free(last);
	last = strdup(text);
	if (!last)
		exit_out_of_memory();
	fflush(stdout);
	fputs(text, stderr);
}

static bool progress_shown;

void progress(const char *what, unsigned long done, unsigned long all)
{
	static struct timespec last;
	struct timespec now;

	if (!isatty(STDERR_FILENO) || all == 1)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!last.tv_sec)
		last = now;
	if ((now.tv_sec - last.tv_sec) * 10 + (now.tv_nsec - last.tv_nsec) / 100000000 < 3)
		return;
	last = now;
	progress_shown = true;
	if (all)
		fprintf(stderr, "\r\033[K%lu of %lu: %.60s", done, all, what);
	else
		fprintf(stderr, "\r\033[K%.75s", what);
}

void progress_end(void)
{
	if (progress_shown)
		fputs("\r\033[K", stderr);
	progress_shown = false;
}
