// SPDX-License-Identifier: GPL-2.0-or-later
/* pinsim fuzz */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <scenario/fuzz.h>
#include <scenario/print.h>
#include "commands.h"

struct fuzz_arguments {
	struct fuzz_options options;
	const char *kernels;
	const char *config_of;		/* --show N */
	bool quiet;
	bool faults_given;
};

enum {
	OPT_KERNEL = 'k',
	OPT_JOBS = 'j',
	OPT_BACKEND = 256,
	OPT_SEED,
	OPT_TIME,
	OPT_RUNS,
	OPT_FAILURES,
	OPT_FIRST,
	OPT_OUT,
	OPT_PARALLEL,
	OPT_FAULTS,
	OPT_STEPS,
	OPT_NO_SHRINK,
	OPT_SHOW,
	OPT_KNOWN,
	OPT_IGNORE,
};

static const struct argp_option options[] = {
	{ "kernel", OPT_KERNEL, "SET", 0, "programs for these (all releases), each for one of them", 0 },
	{ "backend", OPT_BACKEND, "NAME[,NAME]", 0,
	  "model (the default) or upstream; model,upstream: compare them step by step", 0 },
	{ "seed", OPT_SEED, "N", 0, "which programs (0): program 7 of a seed is the same everywhere", 0 },
	{ "time", OPT_TIME, "S", 0, "stop after S seconds", 0 },
	{ "runs", OPT_RUNS, "N", 0, "stop after N programs; without --time or --runs at Ctrl-C", 0 },
	{ "failures", OPT_FAILURES, "N", 0, "stop after N distinct failures", 0 },
	{ "first", OPT_FIRST, "N", 0, "begin at program N (0, or where the folder of --out left off)", 0 },
	{ "jobs", OPT_JOBS, "N", 0, "so many processes (1)", 0 },
	{ "out", OPT_OUT, "DIR", 0, "write failures there, and go on from where the last session there ended", 0 },
	{ "parallel", OPT_PARALLEL, NULL, 0, "each program has a parallel block, in a random schedule", 0 },
	{ "faults", OPT_FAULTS, "PERCENT", 0, "of the programs have faults: fail() and fail_nth() (20)", 0 },
	{ "steps", OPT_STEPS, "MIN..MAX", 0, "calls of a program (10..100)", 0 },
	{ "no-shrink", OPT_NO_SHRINK, NULL, 0, "write failures as they were drawn", 0 },
	{ "known", OPT_KNOWN, NULL, 0, "tell also what a kernel is known for, as failures", 0 },
	{ "ignore", OPT_IGNORE, "NAME[,NAME]", 0,
	  "violations that are no failure here: to look behind a frequent one", 0 },
	{ "show", OPT_SHOW, "N", 0, "print program N and what it was drawn from, and run nothing", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static void parse_steps(struct argp_state *state, const char *text, struct gen_options *gen)
{
	char *end;
	unsigned long min = strtoul(text, &end, 10), max = min;

	if (!strncmp(end, "..", 2))
		max = strtoul(end + 2, &end, 10);
	if (*end || !min || max < min || max > 2000)
		argp_error(state, "--steps %s: expected MIN..MAX, from 1 to 2000", text);
	gen->steps_min = (unsigned int)min;
	gen->steps_max = (unsigned int)max;
}

static unsigned long parse_violations(struct argp_state *state, const char *text)
{
	unsigned long violations = 0;
	enum sim_violation violation;
	char name[64];
	size_t length;

	for (;; text += length + 1) {
		length = strcspn(text, ",");
		snprintf(name, sizeof(name), "%.*s", (int)length, text);
		violation = sim_violation_by_name(name);
		if (violation == VIOLATION_NR)
			argp_error(state, "--ignore: '%s' is no violation, expected a name of `pinsim list invariants`",
				   name);
		violations |= 1ul << violation;
		if (!text[length])
			return violations;
	}
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct fuzz_arguments *args = state->input;
	struct fuzz_options *fuzz = &args->options;

	switch (key) {
	case OPT_KERNEL:
		args->kernels = arg;
		break;
	case OPT_BACKEND:
		fuzz->backend[0] = parse_backends(arg, &fuzz->backend[1]);
		break;
	case OPT_SEED:
		fuzz->seed = parse_number("--seed", arg);
		break;
	case OPT_TIME:
		fuzz->seconds = parse_seconds("--time", arg);
		break;
	case OPT_RUNS:
		fuzz->runs = parse_within("--runs", arg, 1, ~0ul);
		break;
	case OPT_FAILURES:
		fuzz->failures = (unsigned int)parse_within("--failures", arg, 1, FUZZ_FAILURES_MAX);
		break;
	case OPT_FIRST:
		fuzz->first = parse_number("--first", arg);
		break;
	case OPT_JOBS:
		fuzz->jobs = (unsigned int)parse_within("--jobs", arg, 1, FUZZ_JOBS_MAX);
		break;
	case OPT_OUT:
		fuzz->folder = arg;
		break;
	case OPT_PARALLEL:
		fuzz->gen.parallel = true;
		break;
	case OPT_FAULTS:
		fuzz->gen.fault_percent = (unsigned int)parse_within("--faults", arg, 0, 100);
		break;
	case OPT_STEPS:
		parse_steps(state, arg, &fuzz->gen);
		break;
	case OPT_NO_SHRINK:
		fuzz->shrink = false;
		break;
	case OPT_KNOWN:
		fuzz->known = true;
		break;
	case OPT_IGNORE:
		fuzz->ignored = parse_violations(state, arg);
		break;
	case OPT_SHOW:
		args->config_of = arg;
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected '%s': fuzz makes its own programs (pinsim shrink FILE for yours)", arg);
		break;
	case ARGP_KEY_END:
		if (fuzz->gen.parallel && fuzz->backend[1])
			argp_error(state, "--parallel with two backends: their scheduling points differ, expected one");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	options,
	parse_option,
	"",
	"Runs random programs and looks for what must not be: a broken invariant, a counter that differs from the "
	"ledger, a warning, a memory error, a deadlock, a run that is another one the second time, or a step in which "
	"two backends differ. Each program may use its own random part of the operations, kernels, users, limits and "
	"capabilities. A failure is shrunk to a .pin file that says what it violates and passes while it does; "
	"failures that violate the same by the same calls are told once. What a kernel is known for is counted, "
	"and is no failure."
	"\vExamples:\n"
	"  pinsim fuzz --time 60                     all releases, for a minute\n"
	"  pinsim fuzz --runs 100000 --kernel v6.12 --jobs 4\n"
	"  pinsim fuzz --backend model,upstream --runs 100000 --faults 50\n"
	"  pinsim fuzz --parallel --time 600 --out found\n"
	"  pinsim fuzz --seed 3 --show 17            program 17 of seed 3, and its swarm\n"
	"\n"
	"Exit status: 0 nothing was found, 1 something was, 2 bad usage, 3 pinsim itself failed.\n",
	NULL,
	NULL,
	NULL,
};

static unsigned long percent(unsigned long part, unsigned long whole)
{
	return (100 * part + whole / 2) / whole;
}

static void show_failure(void *arg, const struct fuzz_failure *failure)
{
	progress_end();
	printf("FAIL  %s: program %lu, %u call%s%s%s\n", failure->what, failure->program, failure->calls,
	       failure->calls == 1 ? "" : "s", failure->path ? ", " : "", failure->path ? failure->path : "");
	if (failure->token)
		printf("      on %s: pinsim run %s --schedule %s\n", failure->kernel,
		       failure->path ? failure->path : "FILE", failure->token);
	if (!failure->path)
		printf("%s\n", failure->text);
	fflush(stdout);
}

static void show_progress(void *arg, const struct fuzz_stats *stats)
{
	char line[160];

	snprintf(line, sizeof(line), "%.0f s, %lu programs, %.0f/s, %u failure%s", stats->seconds, stats->programs,
		 (double)stats->programs / stats->seconds, stats->failures, stats->failures == 1 ? "" : "s");
	progress(line, 0, 0);
}

static const struct fuzz_events events = { show_failure, show_progress };

static void print_stats(const struct fuzz_options *options, const struct fuzz_stats *stats)
{
	double cpu = stats->cpu_seconds > 0 ? stats->cpu_seconds : 1e-9;
	size_t unseen = 0, i;

	printf("%lu program%s (seed %lu, from %lu), %lu calls, %.1f s: %.0f programs/s and %.0f calls/s per core\n",
	       stats->programs, stats->programs == 1 ? "" : "s", options->seed, stats->first, stats->steps,
	       stats->seconds,
	       (double)stats->programs / cpu, (double)stats->steps / cpu);
	if (stats->sampled_steps)	/* not each program is looked at so closely */
		printf("%lu %% of the calls succeed, %lu %% charge or pin, ",
		       percent(stats->sampled_succeeded, stats->sampled_steps),
		       percent(stats->sampled_charging, stats->sampled_steps));
	printf("%.1f objects live on average, %.1f of them tasks\n",
	       stats->steps ? (double)stats->live / (double)stats->steps : 0,
	       stats->steps ? (double)stats->tasks / (double)stats->steps : 0);
	printf("%lu of them run twice, for the same trace", stats->twice);
	if (stats->compared)
		printf("; %lu compared with the other backend", stats->compared);
	putchar('\n');
	for (i = 0; i < explanations(); i++)
		if (stats->explained[i])
			printf("%8lu explained: %s: %s\n", stats->explained[i], explanation_at(i)->name,
			       explanation_at(i)->what);
		else
			unseen++;
	if (stats->failing)
		printf("%lu program%s failed, %u distinct failure%s\n", stats->failing,
		       stats->failing == 1 ? "" : "s", stats->failures, stats->failures == 1 ? "" : "s");
	else
		puts(unseen < explanations() ? "nothing found but what is explained" : "nothing found");
}

static void show_program(const struct fuzz_arguments *args)
{
	unsigned long number = parse_number("--show", args->config_of);
	unsigned long seed = fuzz_program_seed(args->options.seed, number);
	struct gen_facts facts;
	struct program *program = gen_program(&args->options.gen, seed, &facts);

	fputs("# ", stdout);
	gen_config_print(&facts.config, stdout);
	printf("kernels %s\n", facts.config.kernel->name);
	program_print(program, NULL, stdout);
	program_free(program);
}

/* Only those that every backend is. */
static void choose_kernels(const struct fuzz_options *fuzz, const char *asked, struct kernel_list *list)
{
	struct kernel_list *parsed = parse_kernels(asked);
	size_t i, kept = 0;

	if (parsed)
		*list = *parsed;
	else
		kernel_set_list(NULL, false, list);
	for (i = 0; i < list->nr; i++)
		if (backend_runs(fuzz->backend[0], &list->kernels[i]->kernel) &&
		    (!fuzz->backend[1] || backend_runs(fuzz->backend[1], &list->kernels[i]->kernel)))
			list->kernels[kept++] = list->kernels[i];
		else
			free(list->kernels[i]);
	list->nr = kept;
	if (kept)
		return;
	fprintf(stderr, "pinsim: --kernel %s: none of them is the backend's\n", asked);
	exit(EXIT_USAGE);
}

int command_fuzz(int argc, char **argv)
{
	struct fuzz_arguments args = {
		.options = {
			.gen = { .steps_min = 10, .steps_max = 100, .fault_percent = 20 },
			.backend = { &backend_model },
			.jobs = 1,
			.shrink = true,
			.stop = &interrupted,
		},
	};
	struct fuzz_options *fuzz_options = &args.options;
	struct kernel_list kernels = { NULL, 0 };
	struct fuzz_stats stats;
	int err;

	parse_arguments(&argp, "fuzz", argc, argv, &args);
	choose_kernels(fuzz_options, args.kernels, &kernels);
	fuzz_options->gen.kernels = &kernels;
	fuzz_options->gen.shared_faults = fuzz_options->backend[1] != NULL;
	fuzz_options->gen.no_vfio = !fuzz_options->backend[0]->vfio ||
				    (fuzz_options->backend[1] && !fuzz_options->backend[1]->vfio);
	if (args.config_of) {
		show_program(&args);
		kernel_list_free(&kernels);
		return EXIT_HELD;
	}
	if (fuzz_options->folder)
		make_folder("--out", fuzz_options->folder);
	catch_interrupt();
	err = fuzz(fuzz_options, &events, NULL, &stats);
	progress_end();
	kernel_list_free(&kernels);
	if (err) {
		fprintf(stderr, "pinsim: fuzz: %s\n", strerror(-err));
		return err == -ENOMEM ? EXIT_OURS : EXIT_USAGE;
	}
	print_stats(fuzz_options, &stats);
	return stats.failures ? EXIT_BROKE : EXIT_HELD;
}
