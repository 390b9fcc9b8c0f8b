// SPDX-License-Identifier: GPL-2.0-or-later
/* pinsim diff A B FILE...|DIR */
#include <stdlib.h>
#include <scenario/diff.h>
#include "commands.h"

struct diff_arguments {
	struct selection selection;
	const char *kernel[2];
	unsigned long schedules;
	bool all, json;
};

enum { OPT_SCHEDULES = 256, OPT_ALL, OPT_JSON };

static const struct argp_option options[] = {
	{ "all", OPT_ALL, NULL, 0, "every scenario in full, not the first of each cause", 0 },
	{ "schedules", OPT_SCHEDULES, "N", 0, "at most, of files with parallel blocks (256)", 0 },
	{ "json", OPT_JSON, NULL, 0, "one JSON object a line", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct diff_arguments *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		args->selection.expected = "two kernels and then files: `pinsim diff v6.2 v6.3 scenarios/`";
		state->child_inputs[0] = &args->selection;
		break;
	case OPT_ALL:
		args->all = true;
		break;
	case OPT_SCHEDULES:
		args->schedules = parse_within("--schedules", arg, 1, 1000000);
		break;
	case OPT_JSON:
		args->json = true;
		break;
	case ARGP_KEY_ARG:
		if (state->arg_num >= 2)
			return ARGP_ERR_UNKNOWN;
		args->kernel[state->arg_num] = arg;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_child children[] = {
	{ &files_argp, 0, NULL, 0 },
	{ NULL, 0, NULL, 0 },
};

static const struct argp argp = {
	options,
	parse_option,
	"A B FILE...|DIR",
	"What a program sees differently on B than on A: the first step of each scenario whose result differs, with "
	"the counters beside each other, and the release in which it changed. Scenarios that show the same change are "
	"one entry, in the words of a release note. A and B are kernels, proposals, or kernels with a bug put back. "
	"Exits with 1 if anything differs."
	"\vExamples:\n"
	"  pinsim diff v6.2 v6.3 scenarios/\n"
	"  pinsim diff v6.12 v6.12+type1_exec_underflow scenarios/seeds\n"
	"  pinsim diff v5.15 v6.12 my.pin --json\n",
	children,
	NULL,
	NULL,
};

static bool add(void *arg, const struct scenario_file *file)
{
	struct diff_report *report = arg;
	struct difference difference;

	if (!file->program)
		return false;
	diff_program(file->program, report->options, &difference);
	if (difference.kind == DIFFER_ERROR && interrupted) {
		difference_free(&difference);
		return false;
	}
	if (difference.error) {
		progress_end();
		tell_mistake(difference.error);
	}
	diff_report_add(report, &difference);
	return false;
}

int command_diff(int argc, char **argv)
{
	struct diff_arguments args = { .selection = SELECTION_INIT, .schedules = 256 };
	struct kernel_list list[2] = { { NULL, 0 }, { NULL, 0 } };
	struct diff_options diff = { .stop = &interrupted };
	struct diff_report report = { .options = &diff };
	bool good;
	int status;

	parse_arguments(&argp, "diff", argc, argv, &args);
	selection_no_other(&args.selection, "diff");
	for (int i = 0; i < 2; i++)
		diff.kernel[i] = parse_kernel(args.kernel[i], &list[i]);
	diff.backend = args.selection.backend;
	diff.seed = args.selection.seed;
	diff.schedules = (unsigned int)args.schedules;
	catch_interrupt();
	good = selection_each(&args.selection, add, &report);
	if (args.json)
		diff_report_print_json(&report, stdout);
	else
		diff_report_print(&report, stdout, args.all, use_colour(stdout));
	good &= !report.errors;
	status = interrupted ? interrupted_status() : !good ? EXIT_USAGE : report.nr ? EXIT_BROKE : EXIT_HELD;
	diff_report_free(&report);
	for (int i = 0; i < 2; i++)
		kernel_list_free(&list[i]);
	return status;
}
