// SPDX-License-Identifier: GPL-2.0-or-later
/* pinsim limit FILE... */
#include <stdlib.h>
#include <scenario/limit.h>
#include "commands.h"

struct limit_arguments {
	struct selection selection;
	unsigned long schedules;
	bool json;
	struct kernel_list *kernels;	/* of --kernel, or NULL */
	bool all_have_one;
	bool bad_file;
	size_t ran;			/* kernels, over all files */
};

enum { OPT_SCHEDULES = 256, OPT_JSON };

static const struct argp_option options[] = {
	{ "schedules", OPT_SCHEDULES, "N", 0, "at most, of files with parallel blocks (1000)", 0 },
	{ "json", OPT_JSON, NULL, 0, "one JSON object a task and kernel", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct limit_arguments *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->selection;
		state->child_inputs[1] = &args->selection;
		break;
	case OPT_SCHEDULES:
		args->schedules = parse_within("--schedules", arg, 1, 1000000);
		break;
	case OPT_JSON:
		args->json = true;
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
	"The least RLIMIT_MEMLOCK of each task, exact to the page, with which every call that states no errno "
	"succeeds; its memlock= and every setrlimit and prlimit are put aside, and the other tasks have as much "
	"as they like. For each kernel and proposal: which call needs it and what is counted up to there; beside it "
	"what libvirt would set, memory x factor + 1 GiB, the factor being the address spaces and vDPA devices that "
	"the task maps its memory into. Exits with 1 where no limit is enough."
	"\vExamples:\n"
	"  pinsim limit scenarios/field/kubevirt-viommu-2dev.pin\n"
	"  pinsim limit my-vm.pin --kernel v6.12,proposals\n",
	selection_children,
	NULL,
	NULL,
};

/* Returns whether @limit is to be told: a run that came to no end leaves no answer. */
static bool one_kernel(struct limit_arguments *args, const struct program *program, const struct kernel *kernel,
		       struct limit_kernel *limit)
{
	const struct limit_options options = {
		.kernel = kernel,
		.backend = args->selection.backend,
		.seed = args->selection.seed,
		.schedules = (unsigned int)args->schedules,
		.stop = &interrupted,
	};

	limit_program(program, &options, limit);
	args->ran++;
	if (!limit->error)
		return true;
	if (!interrupted) {
		progress_end();
		tell_mistake(limit->error);
		args->bad_file = true;
	}
	limit_kernel_free(limit);
	return false;
}

static bool one_file(void *arg, const struct scenario_file *file)
{
	struct limit_arguments *args = arg;
	struct kernel_list own = { NULL, 0 }, *list = args->kernels;
	struct limit_kernel *limits;
	size_t nr = 0;

	if (!file->program)
		return false;
	if (!list) {
		default_kernels(file->program, true, &own);
		list = &own;
	}
	limits = calloc(list->nr + 1, sizeof(*limits));
	if (!limits)
		exit_out_of_memory();
	for (size_t i = 0; i < list->nr && !interrupted; i++)
		if (program_runs_on(file->program, &list->kernels[i]->kernel) &&
		    backend_runs(args->selection.backend, &list->kernels[i]->kernel))
			nr += one_kernel(args, file->program, &list->kernels[i]->kernel, &limits[nr]);
	progress_end();
	if (nr && args->json)
		args->all_have_one &= limit_print_json(stdout, file->program, limits, nr);
	else if (nr)
		args->all_have_one &= limit_print(stdout, file->program, limits, nr, use_colour(stdout));
	while (nr)
		limit_kernel_free(&limits[--nr]);
	free(limits);
	kernel_list_free(&own);
	return false;
}

int command_limit(int argc, char **argv)
{
	struct limit_arguments args = { .selection = SELECTION_INIT, .schedules = 1000, .all_have_one = true };
	bool good;

	parse_arguments(&argp, "limit", argc, argv, &args);
	selection_no_other(&args.selection, "limit");
	args.kernels = parse_kernels(args.selection.kernels);
	catch_interrupt();
	good = selection_each(&args.selection, one_file, &args);
	if (args.kernels)
		kernel_list_free(args.kernels);
	if (!args.ran && good && args.selection.nr_files && !interrupted)
		fputs(NOTHING_RAN, stderr);
	good &= !args.bad_file;
	return interrupted ? interrupted_status() : !good ? EXIT_USAGE : !args.all_have_one ? EXIT_BROKE : EXIT_HELD;
}
