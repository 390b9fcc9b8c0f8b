// SPDX-License-Identifier: GPL-2.0-or-later
/* pinsim sweep FILE...|DIR */
#include <stdlib.h>
#include <scenario/sweep.h>
#include "commands.h"

struct sweep_arguments {
	struct selection selection;
	unsigned long most;
	unsigned long dense;
};

enum { OPT_MOST = 256, OPT_EACH, OPT_DENSE };

static const struct argp_option options[] = {
	{ "most", OPT_MOST, "N", 0, "fail only the first N calls at each site (all)", 0 },
	{ "dense", OPT_DENSE, "N", 0, "fail each of the first N calls of a step at a site (32), then the one twice as "
	  "far, and so on", 0 },
	{ "each", OPT_EACH, NULL, 0, "fail every call of a step", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct sweep_arguments *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->selection;
		state->child_inputs[1] = &args->selection;
		return 0;
	case OPT_MOST:
		args->most = parse_within("--most", arg, 1, ~0ul);
		return 0;
	case OPT_EACH:
		args->dense = 0;
		return 0;
	case OPT_DENSE:
		args->dense = parse_number("--dense", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	options,
	parse_option,
	"FILE...|DIR",
	"Runs each scenario again and again with one more call failing: of each step the 1st, 2nd, ... allocation, "
	"pin, IOMMU map and killable lock, until none is left; once that call alone, and once all behind it too. "
	"After each fault every counter and pin must be as before the call that failed, where the kernel promises "
	"that, and at the end nothing may be left. What the file states, or the kernel is known for, is no failure."
	"\vExamples:\n"
	"  pinsim sweep my.pin --kernel v6.12\n"
	"  pinsim sweep scenarios/seeds --most 50\n"
	"\n"
	"Exit status: 0 all held, 1 something did not, 2 bad usage or a bad file.\n",
	selection_children,
	NULL,
	NULL,
};

struct session {
	const struct sweep_arguments *args;
	struct kernel_list *kernels;	/* of --kernel, or NULL */
	struct sweep_stats stats;
	unsigned long files, failed;
	bool bad_file;
};

static void show(void *arg, const struct sweep_failure *failure)
{
	progress_end();
	printf("FAIL  %s on %s, %s %lu of step %lu%s: %s", failure->program->path, failure->kernel->name,
	       sim_fault_site_name(failure->sweep.site), failure->sweep.nth, failure->sweep.step,
	       failure->sweep.persistent ? " and all behind" : "", sim_violation_name(failure->violation));
	if (failure->step > failure->program->nr_steps)
		printf(" at the end: %s\n", failure->text);
	else
		printf(" in step %lu: %s\n", failure->step, failure->text);
}

static void on_mistake(void *arg, const char *text)
{
	struct session *session = arg;

	if (interrupted)
		return;
	progress_end();
	tell_mistake(text);
	session->bad_file = true;
}

static bool sweep_file(void *arg, const struct scenario_file *file)
{
	struct session *session = arg;
	const struct selection *selection = &session->args->selection;
	struct kernel_list own = { NULL, 0 }, *list = session->kernels;
	struct sweep_options sweep_options = {
		.backend = selection->backend,
		.seed = selection->seed,
		.most = session->args->most,
		.dense = session->args->dense,
		.stop = &interrupted,
		.failure = show,
		.mistake = on_mistake,
		.arg = session,
	};
	bool good = true;
	size_t i;

	if (!file->program)
		return false;
	if (!list) {
		default_kernels(file->program, false, &own);
		list = &own;
	}
	progress(file->path, session->files++, selection->nr_files);
	for (i = 0; i < list->nr && !interrupted; i++) {
		sweep_options.kernel = &list->kernels[i]->kernel;
		if (program_runs_on(file->program, sweep_options.kernel) &&
		    backend_runs(selection->backend, sweep_options.kernel))
			good &= sweep(file->program, &sweep_options, &session->stats);
	}
	session->failed += !good;
	kernel_list_free(&own);
	return false;
}

static void print_stats(const struct session *session)
{
	const struct sweep_stats *stats = &session->stats;
	unsigned long calls = 0;
	int site;

	printf("%lu file%s, %lu run%s with a fault (", session->files, session->files == 1 ? "" : "s", stats->runs,
	       stats->runs == 1 ? "" : "s");
	for (site = 0; site < SIM_FAULT_NR; site++)
		printf("%s%lu %s", site ? ", " : "", stats->faults[site],
		       sim_fault_site_name((enum sim_fault_site)site));
	printf("): %lu failed in %lu file%s, %lu report%s explained\n", stats->failures, session->failed,
	       session->failed == 1 ? "" : "s", stats->explained, stats->explained == 1 ? "" : "s");
	for (site = 0; site < SIM_FAULT_NR; site++)
		calls += stats->calls[site];
	printf("%lu calls of %lu program%s, each file on each of its kernels; %lu faults in all\n", calls,
	       stats->programs, stats->programs == 1 ? "" : "s", stats->delivered);
	if (stats->cut)
		printf("%lu sweeps of a site were cut short by --most\n", stats->cut);
}

int command_sweep(int argc, char **argv)
{
	struct sweep_arguments args = { .selection = SELECTION_INIT, .dense = SWEEP_DENSE };
	struct session session = { .args = &args };
	const struct sweep_stats *stats = &session.stats;
	bool good;

	parse_arguments(&argp, "sweep", argc, argv, &args);
	selection_no_other(&args.selection, "sweep");
	session.kernels = parse_kernels(args.selection.kernels);
	catch_interrupt();
	good = selection_each(&args.selection, sweep_file, &session);
	progress_end();
	print_stats(&session);
	if (session.kernels)
		kernel_list_free(session.kernels);
	if (interrupted)
		return interrupted_status();
	if (!stats->programs && good && session.files && !session.bad_file)
		fputs(NOTHING_RAN, stderr);
	return !good || session.bad_file ? EXIT_USAGE : stats->failures ? EXIT_BROKE : EXIT_HELD;
}
