// SPDX-License-Identifier: GPL-2.0-or-later
/* pinsim import TRACE */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <import/import.h>
#include "commands.h"

struct import_arguments {
	struct import_options options;
	const char *out;
	bool calls;
};

enum { KEY_UID = 256, KEY_MEMLOCK, KEY_CALLS };

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "Write the scenario there instead of to standard output", 0 },
	{ "uid", KEY_UID, "N", 0, "The user of the first process, where the log does not tell", 0 },
	{ "memlock", KEY_MEMLOCK, "BYTES", 0, "Its RLIMIT_MEMLOCK, where the log does not tell", 0 },
	{ "calls", KEY_CALLS, NULL, 0, "Print the system calls that strace is to trace, and do nothing else", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct import_arguments *args = state->input;

	switch (key) {
	case 'o':
		args->out = arg;
		return 0;
	case KEY_UID:
		args->options.uid = parse_number("--uid", arg);
		args->options.uid_given = true;
		return 0;
	case KEY_MEMLOCK:
		args->options.memlock_bytes = parse_number("--memlock", arg);
		args->options.memlock_given = true;
		return 0;
	case KEY_CALLS:
		args->calls = true;
		return 0;
	case ARGP_KEY_ARG:
		if (args->options.path)
			argp_error(state, "more than one log, expected one");
		args->options.path = arg;
		return 0;
	case ARGP_KEY_END:
		if (!args->options.path && !args->calls)
			argp_error(state, "no log, expected one that strace wrote, or -");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	options,
	parse_option,
	"TRACE",
	"Turns the log of a real program into a scenario: what it mapped, locked, pinned and registered, its "
	"processes, and what each call answered. TRACE is a log of strace; - is standard input."
	"\vTo make a log:\n"
	"  strace -f -s 4096 -e trace=$(pinsim import --calls) -o LOG PROGRAM\n"
	"\n"
	"strace does not show the arguments of VFIO's and iommufd's ioctls. For a\nprogram that uses them add\n"
	"  -E LD_PRELOAD=PATH/pinsim-ioctl-args.so\n"
	"which is built beside pinsim; it has the program show them to strace.\n"
	"\n"
	"Then:\n"
	"  pinsim import LOG -o program.pin\n"
	"  pinsim run program.pin --kernel v6.12 --trace\n"
	"  pinsim limit program.pin\n"
	"\n"
	"What could not be translated stands at the head of the scenario. docs/importing.md says more.\n"
	"\n"
	"Exit status: 0 a scenario was written, 2 bad usage or no log of strace's, 3 pinsim itself failed.\n",
	NULL,
	NULL,
	NULL,
};

static FILE *open_log(const char *path)
{
	FILE *in = strcmp(path, "-") ? fopen(path, "re") : stdin;
	struct stat st;

	if (!in) {
		fprintf(stderr, "pinsim: %s: %s\n", path, strerror(errno));
		exit(EXIT_USAGE);
	}
	if (!fstat(fileno(in), &st) && S_ISDIR(st.st_mode)) {
		fprintf(stderr, "pinsim: %s: %s\n", path, strerror(EISDIR));
		exit(EXIT_USAGE);
	}
	return in;
}

static void print_summary(const struct import_summary *summary, const char *path)
{
	fprintf(stderr, "%s: %lu lines, %lu calls, %lu steps written", path, summary->lines, summary->calls,
		summary->steps);
	if (summary->lost)
		fprintf(stderr, ", %lu not translated (see the head of the scenario)", summary->lost);
	if (summary->unread)
		fprintf(stderr, ", %lu lines not understood", summary->unread);
	fputs(interrupted ? ", interrupted\n" : "\n", stderr);
	if (summary->full)
		fprintf(stderr, "pinsim: warning: %s holds more than a scenario may: the rest is not there\n", path);
	if (!summary->memlock_known)
		fputs("pinsim: warning: the log does not tell RLIMIT_MEMLOCK: unlimited, unless --memlock says else\n",
		      stderr);
	if (!summary->uid_known)
		fputs("pinsim: warning: the log does not tell the user: give --uid\n", stderr);
}

/* What was written is a scenario: that is checked before it is given away. */
static int check_and_write(const char *text, size_t bytes, const char *out_path)
{
	struct diagnostics diag;
	struct program *program;
	FILE *out;

	diagnostics_init(&diag);
	program = program_parse("imported", text, bytes, &diag);
	if (!program) {
		fprintf(stderr, "pinsim: the scenario made of it is not one:\n%s", diag.text);
		diagnostics_free(&diag);
		return EXIT_OURS;
	}
	program_free(program);
	diagnostics_free(&diag);
	out = out_path ? fopen(out_path, "we") : stdout;
	if (!out || fwrite(text, 1, bytes, out) != bytes || (out_path ? fclose(out) : fflush(out))) {
		fprintf(stderr, "pinsim: %s: %s\n", out_path ? out_path : "standard output", strerror(errno));
		return out ? EXIT_OURS : EXIT_USAGE;
	}
	return EXIT_HELD;
}

int command_import(int argc, char **argv)
{
	struct import_arguments args = { .options = { .stop = &interrupted } };
	struct import_summary summary;
	char *text = NULL;
	size_t bytes = 0;
	FILE *in, *out;
	int ret;

	parse_arguments(&argp, "import", argc, argv, &args);
	if (args.calls) {
		import_print_calls(stdout);
		return EXIT_HELD;
	}
	catch_interrupt();
	in = open_log(args.options.path);
	out = open_memstream(&text, &bytes);
	if (!out)
		exit_out_of_memory();
	ret = import_strace(in, out, &args.options, &summary);
	if (fclose(out))
		exit_out_of_memory();
	if (in != stdin)
		fclose(in);
	if (ret) {
		fprintf(stderr, "pinsim: %s: %s\n", args.options.path,
			ret == -ENODATA ? "not a log of strace's, expected lines like `mlock(0x7f0000000000, 4096) = 0`"
					: strerror(-ret));
		free(text);
		return ret == -ENODATA ? EXIT_USAGE : EXIT_OURS;
	}
	print_summary(&summary, args.options.path);
	ret = check_and_write(text, bytes, args.out);
	free(text);
	return ret;
}
