// SPDX-License-Identifier: GPL-2.0-or-later
/* pinsim explore */
#include <errno.h>
#include <limits.h>
#include <sim/threads.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "explore.h"

#define JOBS_MAX 256
#define DEPTH_MAX 16

enum {
	OPT_STRATEGY = 's',
	OPT_BOUND = 'b',
	OPT_DEPTH = 'd',
	OPT_JOBS = 'j',
	OPT_OUT = 'o',
	OPT_TIME = 256,
	OPT_RUNS,
	OPT_NO_REDUCE,
	OPT_TWICE,
	OPT_OUTCOMES,
	OPT_ASCII,
	OPT_HTML,
	OPT_JSON,
};

static const struct argp_option options[] = {
	{ "strategy", OPT_STRATEGY, "NAME", 0,
	  "portfolio (the default), dpor, stateful, bounded, pct, random or naive", 0 },
	{ "preempt-bound", OPT_BOUND, "K", 0, "bounded: stop behind the schedules with K preemptions", 0 },
	{ "depth", OPT_DEPTH, "D", 0, "pct: the ordering points that a bug needs (2 to 5 in turn)", 0 },
	{ "jobs", OPT_JOBS, "N", 0,
	  "so many processes: a kernel each, or all for one search where there is only one (1)", 0 },
	{ "time", OPT_TIME, "S", 0, "stop after S seconds, for each kernel", 0 },
	{ "runs", OPT_RUNS, "N", 0, "stop after N schedules, for each kernel", 0 },
	{ "no-reduce", OPT_NO_REDUCE, NULL, 0,
	  "stateful: try everybody in every state, without partial-order reduction", 0 },
	{ "twice", OPT_TWICE, NULL, 0, "run each schedule twice and compare the trace hashes", 0 },
	{ "outcomes", OPT_OUTCOMES, NULL, 0,
	  "no verdict but what the calls and the observables of each expect come to, in any schedule, a line each", 0 },
	{ "ascii", OPT_ASCII, NULL, 0, "lanes without line drawing characters", 0 },
	{ "out", OPT_OUT, "FILE", 0,
	  "write the first failure's smaller scenario into FILE, and draw and replay that one", 0 },
	{ "html", OPT_HTML, "OUT", 0, "write the first failing schedule as one page into the file OUT", 0 },
	{ "json", OPT_JSON, NULL, 0, "one JSON object for each kernel", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct explore_arguments *args = state->input;
	struct sim_search_options *search = &args->options.search;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->selection;
		state->child_inputs[1] = &args->selection;
		state->child_inputs[2] = &args->selection;
		break;
	case OPT_STRATEGY:
		search->kind = sim_search_kind_by_name(arg);
		if (!search->kind)
			argp_error(state,
				   "--strategy %s: expected portfolio, dpor, stateful, bounded, pct, random or naive",
				   arg);
		break;
	case OPT_BOUND:
		search->bound = (unsigned int)parse_within("--preempt-bound", arg, 0, UINT_MAX);
		search->bounded = true;
		break;
	case OPT_DEPTH:
		search->depth = (unsigned int)parse_within("--depth", arg, 1, DEPTH_MAX);
		break;
	case OPT_JOBS:
		args->jobs = (unsigned int)parse_within("--jobs", arg, 1, JOBS_MAX);
		break;
	case OPT_TIME:
		args->options.seconds_max = parse_seconds("--time", arg);
		break;
	case OPT_RUNS:
		args->options.runs_max = parse_within("--runs", arg, 1, ~0ul);
		break;
	case OPT_NO_REDUCE:
		args->no_reduce = true;
		break;
	case OPT_TWICE:
		args->options.twice = true;
		break;
	case OPT_OUTCOMES:
		args->outcomes = true;
		break;
	case OPT_ASCII:
		args->ascii = true;
		break;
	case OPT_OUT:
		args->out = arg;
		break;
	case OPT_HTML:
		args->html = arg;
		break;
	case OPT_JSON:
		args->json = true;
		break;
	case ARGP_KEY_END:
		if (search->bounded && !search->kind)
			search->kind = &sim_search_bounded;
		if (search->depth && !search->kind)
			search->kind = &sim_search_pct;
		if (search->bounded && search->kind != &sim_search_bounded)
			argp_error(state, "--preempt-bound is for --strategy bounded");
		if (search->depth && search->kind != &sim_search_pct)
			argp_error(state, "--depth is for --strategy pct");
		if (args->no_reduce && search->kind != &sim_search_stateful)
			argp_error(state, "--no-reduce is for --strategy stateful");
		search->reduce = search->kind == &sim_search_stateful && !args->no_reduce;
		if (args->outcomes && (args->json || args->html || args->out || args->options.twice))
			argp_error(state, "--outcomes lists what there can be, expected no --json, --html, --out or "
					  "--twice beside it");
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
	"Runs each file under every schedule of its `parallel` blocks, on each kernel, until one fails. A failing "
	"schedule is shrunk, drawn as lanes, and printed as a token for `pinsim run --schedule`. `expect` must hold "
	"in every schedule; of `expect sometimes`, and of `expect violation` behind a parallel block, some schedule "
	"must be found that shows it."
	"\v"
	"Strategies:\n"
	"  dpor       one schedule of all that differ only in the order of independent\n"
	"             steps: comes to an end, and then speaks for every interleaving\n"
	"  bounded    every schedule with 0 preemptions, then with 1, and so on\n"
	"  pct        random priorities that change at a few random points\n"
	"  random     at each point every task that can go on is equally likely\n"
	"  stateful   every state once: a schedule ends where memory and stacks are as\n"
	"             in one before; states where one step is enough are passed over\n"
	"  naive      every interleaving, one by one\n"
	"  portfolio  dpor, bounded, random and pct in turn; ends with the first that\n"
	"             has seen all\n"
	"\n"
	"Tasks take turns at scheduling points: atomics, locks, wait queues, allocation, pinning. Two steps depend "
	"on each other where they touch one of these objects and one changes it. Memory is sequentially consistent.\n"
	"\n"
	"Examples:\n"
	"  pinsim explore race.pin\n"
	"  pinsim explore race.pin --kernel v6.12 --strategy bounded --preempt-bound 2\n"
	"  pinsim explore race.pin --kernel v6.12 --time 60 --html race.html\n"
	"\n"
	"Exit status: 0 it holds in every schedule; 1 it fails in one; 2 bad usage or a bad file; 3 pinsim itself "
	"failed; 4 the search came to no end, and nothing failed so far.\n",
	selection_races_children,
	NULL,
	NULL,
};

struct exploration {
	const struct explore_arguments *args;
	struct kernel_list *kernels;	/* of --kernel, or NULL */
	const char *where, *kernel;	/* of the progress line */
	bool shown;			/* there is one */
	bool never;			/* the last one fails as no schedule shows something: none is drawn */
	bool written;			/* --out and --html: there was a failure */
	bool broke, unfinished, bad_file, differs;
	int unwritten;			/* the status of --out or --html, where one could not be written */
	bool held;			/* something, in every schedule */
	unsigned int ran;
	struct job *jobs;		/* in the order of the command line */
	unsigned int running;
};

static void on_progress(void *arg, const struct sim_explored *explored)
{
	struct exploration *exploration = arg;
	static struct timespec last;
	struct timespec now;

	if (!isatty(STDERR_FILENO))
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if ((now.tv_sec - last.tv_sec) * 10 + (now.tv_nsec - last.tv_nsec) / 100000000 < 3)
		return;
	last = now;
	exploration->shown = true;
	fprintf(stderr, "\r\033[K%s on %s: %lu schedules", exploration->where, exploration->kernel, explored->runs);
	if (explored->cut)
		fprintf(stderr, ", %lu cut short", explored->cut);
}

static void print_outcomes(const struct program *program, struct outcomes *outcomes, const struct kernel *kernel)
{
	const char *text;
	unsigned long runs;

	for (size_t i = 0; (text = outcomes_at(outcomes, i, &runs)) != NULL; i++)
		printf("%s on %s: %s\n", program->path, kernel->name, text);
}

/* Among ourselves: nothing was run, as the kernel has no such call. To others it is EXIT_HELD. */
#define STATUS_ABSENT 16

static int exploration_status(const struct exploration *exploration)
{
	if (exploration->differs)
		return EXIT_OURS;
	if (exploration->unwritten)
		return exploration->unwritten;
	if (exploration->broke)
		return EXIT_BROKE;
	if (exploration->bad_file)
		return EXIT_USAGE;
	return exploration->unfinished || interrupted ? EXIT_UNFINISHED : EXIT_HELD;
}

/* What a process came to counts as if it had been this one. */
static void count_status(struct exploration *exploration, int status)
{
	switch (status) {
	case EXIT_HELD:
		exploration->held = true;
		break;
	case STATUS_ABSENT:
		break;
	case EXIT_BROKE:
		exploration->broke = true;
		break;
	case EXIT_USAGE:
		exploration->bad_file = true;
		break;
	case EXIT_UNFINISHED:
		exploration->unfinished = true;
		break;
	default:
		exploration->differs = true;
		break;
	}
}

struct told {
	struct exploration *exploration;
	const struct program *program;
	const struct explore_options *options;
};

/* Says what a search came to, and frees it; the exit status of that alone. */
static int tell(void *arg, struct explore_report *report)
{
	const struct told *told = arg;
	const struct explore_arguments *args = told->exploration->args;
	const struct explore_options *options = told->options;
	struct exploration one = { .args = args };
	struct explore_small small = { .text = NULL };
	struct explored_file explored = { told->program, options, report, NULL };
	bool absent;

	/* What real threads have done once no search finds again. */
	if (report->end == EXPLORE_FAILS && report->failed_at && !SIM_THREADS &&
	    explore_shrink(told->program, options, report, args->out ? args->out : told->program->path, &small))
		explored.small = &small;
	if (told->exploration->shown)
		fputs("\r\033[K", stderr);
	told->exploration->shown = false;
	if (options->outcomes)
		print_outcomes(told->program, options->outcomes, options->kernel);
	else
		one.unwritten = explore_print(args, &explored, !told->exploration->written);
	fflush(stdout);
	told->exploration->never = report->never;
	one.broke = report->end == EXPLORE_FAILS && !options->outcomes;
	one.unfinished = report->end == EXPLORE_UNFINISHED;
	one.bad_file = report->end == EXPLORE_ERROR && !interrupted;
	one.differs = report->end == EXPLORE_DIFFERS;
	absent = report->end == EXPLORE_NA;
	explore_small_free(&small);
	explore_report_free(report);
	return absent ? STATUS_ABSENT : exploration_status(&one);
}

/* By @jobs processes. */
static int explore_one(struct exploration *exploration, const struct program *program, const struct kernel *kernel,
		       unsigned int jobs)
{
	const struct explore_arguments *args = exploration->args;
	struct explore_options options = args->options;
	struct told told = { exploration, program, &options };
	int status;

	options.kernel = kernel;
	options.backend = args->selection.backend;
	options.races = args->selection.races;
	options.preempt_access = args->selection.preempt_access;
	options.search.seed = args->selection.seed;
	options.stop = &interrupted;
	options.progress = on_progress;
	options.arg = exploration;
	options.outcomes = args->outcomes ? outcomes_create() : NULL;
	exploration->where = program->path;
	exploration->kernel = kernel->name;
	exploration->never = false;
	fflush(stdout);
	status = explore_together(program, &options, jobs, tell, &told);
	outcomes_free(options.outcomes);
	if (exploration->shown)
		fputs("\r\033[K", stderr);
	exploration->shown = false;
	exploration->ran++;
	exploration->written |= status == EXIT_BROKE && !exploration->never;
	return status;
}

/*
 * --jobs: a process for each (file, kernel), so many at a time. What one prints is
 * kept in a file without a name and told in the order of the command line.
 */
struct job {
	struct job *next;
	pid_t pid;
	FILE *out;
	bool over;
};

static void job_tell(struct job *job)
{
	char buf[4096];
	size_t nr;

	rewind(job->out);
	while ((nr = fread(buf, 1, sizeof(buf), job->out)) > 0)
		fwrite(buf, 1, nr, stdout);
	fflush(stdout);
	fclose(job->out);
	free(job);
}

/* Waits until at most @running processes are left; tells of those whose turn it is. */
static void jobs_wait(struct exploration *exploration, unsigned int running)
{
	while (exploration->running > running) {
		int status;
		pid_t pid = wait(&status);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			break;
		for (struct job *job = exploration->jobs; job; job = job->next)
			job->over |= job->pid == pid;
		exploration->running--;
		count_status(exploration, WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_OURS);
	}
	while (exploration->jobs && exploration->jobs->over) {
		struct job *job = exploration->jobs;

		exploration->jobs = job->next;
		job_tell(job);
	}
}

static void explore_in_job(struct exploration *exploration, const struct program *program, const struct kernel *kernel)
{
	struct job *job = calloc(1, sizeof(*job)), **last = &exploration->jobs;

	jobs_wait(exploration, exploration->args->jobs - 1);
	fflush(stdout);
	if (!job || !(job->out = tmpfile()))
		exit_out_of_memory();
	job->pid = fork();
	if (job->pid < 0) {
		fprintf(stderr, "pinsim: cannot fork: %s\n", strerror(errno));
		exit(EXIT_OURS);
	}
	if (!job->pid) {
		if (dup2(fileno(job->out), STDOUT_FILENO) < 0)
			_exit(EXIT_OURS);
		_exit(explore_one(exploration, program, kernel, 1));
	}
	exploration->running++;
	exploration->ran++;
	while (*last)
		last = &(*last)->next;
	*last = job;
}

/*
 * Where there is one search to be made, --jobs are for it; else each gets one. What is
 * written of the first failure has to know which one that is.
 */
static bool one_by_one(const struct exploration *exploration, const struct kernel_list *list)
{
	const struct explore_arguments *args = exploration->args;

	return args->jobs < 2 || args->out || args->html || (args->selection.nr_files == 1 && list->nr == 1);
}

static bool explore_file(void *arg, const struct scenario_file *file)
{
	struct exploration *exploration = arg;
	struct kernel_list own = { NULL, 0 }, *list = exploration->kernels;

	if (!file->program)
		return false;
	progress_end();
	if (!list) {
		default_kernels(file->program, false, &own);
		list = &own;
	}
	for (size_t i = 0; i < list->nr && !interrupted; i++) {
		const struct kernel *kernel = &list->kernels[i]->kernel;

		if (!program_runs_on(file->program, kernel) ||
		    !backend_runs(exploration->args->selection.backend, kernel))
			continue;
		if (one_by_one(exploration, list))
			count_status(exploration, explore_one(exploration, file->program, kernel,
							      exploration->args->jobs));
		else
			explore_in_job(exploration, file->program, kernel);
	}
	kernel_list_free(&own);
	return false;
}

int command_explore(int argc, char **argv)
{
	struct explore_arguments args = { .selection = SELECTION_INIT };
	struct exploration exploration = { .args = &args };
	bool good;

	parse_arguments(&argp, "explore", argc, argv, &args);
	selection_no_other(&args.selection, "explore");
	exploration.kernels = parse_kernels(args.selection.kernels);
	catch_interrupt();
	good = selection_each(&args.selection, explore_file, &exploration);
	jobs_wait(&exploration, 0);
	if (exploration.held && !args.selection.races && !args.json && !args.outcomes)
		puts("what holds, holds where no plain access races: --races looks for those (docs/data-races.md)");
	if (exploration.kernels)
		kernel_list_free(exploration.kernels);
	exploration.bad_file |= !good;
	if (!exploration.written && (args.html || args.out) && !args.json)
		fprintf(stderr, "pinsim: no schedule fails, so '%s' was not written\n",
			args.out ? args.out : args.html);
	if (!exploration.ran && good && args.selection.nr_files && !interrupted)
		fputs(NOTHING_RAN, stderr);
	if (interrupted)
		interrupted_status();
	return exploration_status(&exploration);
}
