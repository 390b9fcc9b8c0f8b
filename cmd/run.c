// SPDX-License-Identifier: GPL-2.0-or-later
/* pinsim run FILE... */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <scenario/compare.h>
#include <scenario/lanes.h>
#include <scenario/report.h>
#include "commands.h"

struct run_arguments {
	struct selection selection;	/* its .other: a backend to compare with */
	const char *token;
	const char *junit;
	const char *html;
	bool trace, json, tap, twice;
	bool lanes, ascii;
};

enum {
	OPT_SCHEDULE = 256,
	OPT_TRACE,
	OPT_JSON,
	OPT_TAP,
	OPT_JUNIT,
	OPT_TWICE,
	OPT_LANES,
	OPT_ASCII,
	OPT_HTML,
};

static const struct argp_option options[] = {
	{"schedule", OPT_SCHEDULE, "TOKEN", 0,
	 "the very order of a failed run; carries its kernel, refused with any other file", 0},
	{"lanes", OPT_LANES, NULL, 0, "draw the schedule of each run, one column a task", 0},
	{"ascii", OPT_ASCII, NULL, 0, "lanes without line drawing characters", 0},
	{"html", OPT_HTML, "OUT", 0, "the lanes as one page to step through, into the file OUT", 0},
	{"trace", OPT_TRACE, NULL, 0, "show each step with the counters beside it", 0},
	{"json", OPT_JSON, NULL, 0, "one JSON object a line", 0},
	{"tap", OPT_TAP, NULL, 0, "TAP", 0},
	{"junit", OPT_JUNIT, "OUT", 0, "text as ever, and JUnit's XML into the file OUT", 0},
	{"twice", OPT_TWICE, NULL, 0, "run everything twice and compare the trace hashes", 0},
	{NULL, 0, NULL, 0, NULL, 0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct run_arguments *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->selection;
		state->child_inputs[1] = &args->selection;
		state->child_inputs[2] = &args->selection;
		break;
	case OPT_SCHEDULE:
		args->token = arg;
		break;
	case OPT_TRACE:
		args->trace = true;
		break;
	case OPT_JSON:
		args->json = true;
		break;
	case OPT_TAP:
		args->tap = true;
		break;
	case OPT_JUNIT:
		args->junit = arg;
		break;
	case OPT_TWICE:
		args->twice = true;
		break;
	case OPT_LANES:
		args->lanes = true;
		break;
	case OPT_ASCII:
		args->ascii = true;
		break;
	case OPT_HTML:
		args->html = arg;
		break;
	case ARGP_KEY_END:
		if (args->selection.other && (args->json || args->tap || args->junit || args->token || args->twice ||
					      args->lanes || args->html))
			argp_error(state, "two backends are compared as text, expected no other report, "
					  "--schedule or --twice");
		if ((args->lanes || args->html) && (args->json || args->tap))
			argp_error(state, "lanes are drawn beside the report as text, expected no --json or --tap");
		if (args->json + args->tap + (args->junit != NULL) > 1)
			argp_error(state, "--json, --tap and --junit exclude each other");
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
	"Runs each file on each kernel: those that its `kernels` statement names, else all released ones."
	"\vExamples:\n"
	"  pinsim run exec.pin\n"
	"  pinsim run exec.pin --kernel v6.12 --trace\n"
	"  pinsim run scenarios/measured/*.pin --tap\n"
	"  pinsim run race.pin --seed 7\n"
	"  pinsim run race.pin --kernel v6.12 --seed 7 --lanes --html race.html\n",
	selection_races_children,
	NULL,
	NULL,
};

/* What all files of one command line have in common. */
struct session {
	const struct run_arguments *args;
	struct kernel_list *kernels;	/* of --kernel, or NULL */
	struct report *report;		/* what goes to stdout */
	struct report *junit;		/* and what goes to a file besides, or NULL */
	struct report_totals totals;
	unsigned int unwanted;		/* files that keep out every kernel asked for */
	char *unwanted_first;		/* the path of one */
	bool bad_file;
	int unwritten;			/* the status of --html, where it could not be written */
	bool bad_hash;
};

static void both_steps(void *arg, const struct step_report *step)
{
	struct session *session = arg;

	report_events.step(session->report, step);
	if (session->junit)
		report_events.step(session->junit, step);
}

static void both_expects(void *arg, const struct expect_report *expect)
{
	struct session *session = arg;

	report_events.expect(session->report, expect);
	if (session->junit)
		report_events.expect(session->junit, expect);
}

static const struct run_events events = { .step = both_steps, .expect = both_expects };

/* Rows that are drawn of a long schedule: its end; --html has all of them. */
#define ROWS_MAX 300

static void count(struct session *session, const struct run_result *result)
{
	struct report_totals *totals = &session->totals;

	totals->runs++;
	switch (result->verdict) {
	case VERDICT_PASS:
		totals->pass++;
		break;
	case VERDICT_FAIL:
		totals->fail++;
		break;
	case VERDICT_NA:
		totals->na++;
		break;
	case VERDICT_ERROR:
		totals->errors++;
		if (interrupted)
			break;
		session->bad_file = true;
		tell_mistake(result->error);
		break;
	}
}

/* Once more without a report: a run that is a pure function comes out the same. */
static void check_twice(struct session *session, const struct program *program, struct run_options options,
			const struct run_result *first)
{
	struct run_result second;

	options.events = NULL;
	options.counters = false;
	scenario_run(program, &options, &second);
	if (second.hash != first->hash || second.verdict != first->verdict) {
		session->bad_hash = true;
		fprintf(stderr, "pinsim: %s on %s: two runs differ: trace %016llx and %016llx\n", program->path,
			options.kernel->name, first->hash, second.hash);
	}
	run_result_free(&second);
}

/* --backend A,B: a line for the file, and the first difference. */
static void compare_one(struct session *session, const struct program *program, const struct kernel *kernel)
{
	const struct compare_options options = {
		.kernel = kernel,
		.backend = { session->args->selection.backend, session->args->selection.other },
		.seed = session->args->selection.seed,
		.out = stdout,
		.stop = &interrupted,
	};

	session->totals.runs++;
	switch (compare_backends(program, &options)) {
	case COMPARED_SAME:
		session->totals.pass++;
		break;
	case COMPARED_DIFFERENT:
		session->totals.fail++;
		break;
	case COMPARED_ERROR:
		session->totals.errors++;
		session->bad_file = true;
		break;
	}
}

static void write_page(const void *lanes, FILE *out)
{
	lanes_html(lanes, out);
}

/* The same run once more, drawn. */
static void draw(struct session *session, const struct program *program, const struct run_options *options)
{
	const struct run_arguments *args = session->args;
	struct lanes *lanes = lanes_replay(program, options);
	struct lanes_style style = { .ascii = args->ascii, .colour = use_colour(stdout), .rows_max = ROWS_MAX };
	int status;

	if (args->lanes)
		lanes_text(lanes, &style, stdout);
	if (args->html && (status = write_file("--html", args->html, write_page, lanes)) != EXIT_HELD)
		session->unwritten = status;
	lanes_free(lanes);
}

static void run_one(struct session *session, const struct program *program, const struct kernel *kernel,
		    const struct sim_tape *tape)
{
	struct run_options options = {
		.kernel = kernel,
		.backend = session->args->selection.backend,
		.seed = session->args->selection.seed,
		.tape = tape,
		.races = session->args->selection.races,
		.preempt_access = session->args->selection.preempt_access,
		.counters = report_wants_counters(session->report),
		.events = &events,
		.arg = session,
		.stop = &interrupted,
	};
	struct run_result result;

	report_run_begin(session->report, program, kernel);
	if (session->junit)
		report_run_begin(session->junit, program, kernel);
	scenario_run(program, &options, &result);
	count(session, &result);
	report_run_end(session->report, &result);
	if (session->junit)
		report_run_end(session->junit, &result);
	if (session->args->twice && !interrupted && result.verdict != VERDICT_ERROR)
		check_twice(session, program, options, &result);
	if ((session->args->lanes || session->args->html) && !interrupted && result.verdict != VERDICT_ERROR)
		draw(session, program, &options);
	run_result_free(&result);
}

static void run_kernels(struct session *session, const struct program *program)
{
	struct kernel_list own = { NULL, 0 }, *list = session->kernels;
	const struct selection *selection = &session->args->selection;
	unsigned int ran = 0;
	size_t i;

	if (!list) {
		default_kernels(program, false, &own);
		list = &own;
	}
	for (i = 0; i < list->nr && !interrupted; i++) {
		const struct kernel *kernel = &list->kernels[i]->kernel;

		if (!program_runs_on(program, kernel) || !backend_runs(selection->backend, kernel) ||
		    (selection->other && !backend_runs(selection->other, kernel))) {
			session->totals.excluded++;
			continue;
		}
		if (selection->other)
			compare_one(session, program, kernel);
		else
			run_one(session, program, kernel, NULL);
		ran++;
	}
	if (!ran && !interrupted && !session->unwanted++)
		session->unwanted_first = strdup(program->path);
	kernel_list_free(&own);
}

/* In one line: of a folder it may be a hundred. */
static void tell_unwanted(struct session *session)
{
	const char *first = session->unwanted_first ? session->unwanted_first : "a file";

	if (session->unwanted == 1)
		fprintf(stderr, "pinsim: %s: its `kernels` keeps out every kernel asked for, nothing ran\n", first);
	else if (session->unwanted)
		fprintf(stderr, "pinsim: %u files, %s and others: their `kernels` keeps out every kernel asked for, "
			"nothing ran of them\n", session->unwanted, first);
	free(session->unwanted_first);
}

/* --schedule: the kernel and the choices are the token's. */
static void run_token(struct session *session, const struct program *program)
{
	struct kernel_list list = { NULL, 0 };
	struct sim_tape *tape = NULL;
	char kernel[128];
	int err = sim_tape_decode(session->args->token, program->hash, kernel, &tape);

	if (!err)
		err = kernel_list_add(&list, kernel);
	if (err == -ESTALE)
		fprintf(stderr,
			"pinsim: --schedule: this token is of another file than %s, expected the very file of the "
			"run\n",
			program->path);
	else if (err == -E2BIG)
		fprintf(stderr,
			"pinsim: --schedule: a token that is too long, expected p1. and at most %d characters\n",
			SIM_TOKEN_CHARS_MAX);
	else if (err)
		fprintf(stderr,
			"pinsim: --schedule: not a token, expected p1. and what a failed run printed behind it\n");
	else if (!program_runs_on(program, &list.kernels[0]->kernel))
		fprintf(stderr, "pinsim: --schedule: %s does not run on the token's kernel %s\n", program->path,
			kernel);
	else
		run_one(session, program, &list.kernels[0]->kernel, tape);
	if (err)
		session->bad_file = true;
	if (tape)
		sim_tape_free(tape);
	kernel_list_free(&list);
}

static void run_program(struct session *session, const struct program *program)
{
	report_file_begin(session->report, program);
	if (session->junit)
		report_file_begin(session->junit, program);
	if (session->args->token)
		run_token(session, program);
	else
		run_kernels(session, program);
	progress_end();
	report_file_end(session->report);
	if (session->junit)
		report_file_end(session->junit);
}

static bool run_file(void *arg, const struct scenario_file *file)
{
	struct session *session = arg;

	session->totals.files++;
	if (file->program)
		run_program(session, file->program);
	return false;
}

static void open_reports(struct session *session, FILE **junit_out)
{
	const struct run_arguments *args = session->args;
	struct report_options options = {
		.format = args->json ? REPORT_JSON : args->tap ? REPORT_TAP : REPORT_TEXT,
		.out = stdout,
		.trace = args->trace,
		.colour = use_colour(stdout),
		.seed = args->selection.seed,
	};

	*junit_out = NULL;
	if (args->junit) {
		*junit_out = fopen(args->junit, "w");
		if (!*junit_out) {
			fprintf(stderr, "pinsim: --junit: cannot write '%s': %s\n", args->junit, strerror(errno));
			exit(EXIT_USAGE);
		}
	}
	session->report = report_create(&options);
	if (!*junit_out)
		return;
	options.format = REPORT_JUNIT;
	options.out = *junit_out;
	options.trace = false;
	session->junit = report_create(&options);
}

static int close_reports(struct session *session, FILE *junit_out)
{
	int status = EXIT_HELD;

	report_finish(session->report, &session->totals);
	report_free(session->report);
	if (!session->junit)
		return status;
	report_finish(session->junit, &session->totals);
	report_free(session->junit);
	if (ferror(junit_out))
		status = EXIT_OURS;
	if (fclose(junit_out))
		status = EXIT_OURS;
	if (status)
		fprintf(stderr, "pinsim: --junit: cannot write '%s'\n", session->args->junit);
	return status;
}

int command_run(int argc, char **argv)
{
	struct run_arguments args = { .selection = SELECTION_INIT };
	struct session session = { .args = &args };
	struct selection *selection = &args.selection;
	FILE *junit_out;
	bool named;
	int status;

	parse_arguments(&argp, "run", argc, argv, &args);
	named = selection->kernels;
	if (!named)
		selection->kernels = selection->backend->kernel;
	if (!selection->kernels && selection->other)
		selection->kernels = selection->other->kernel;
	session.kernels = parse_kernels(selection->kernels);
	if (args.token && named) {
		fprintf(stderr, "pinsim: --schedule carries its kernel, expected no --kernel beside it\n");
		free(selection->paths);
		return EXIT_USAGE;
	}
	open_reports(&session, &junit_out);
	catch_interrupt();
	session.bad_file |= !selection_each(selection, run_file, &session);
	tell_unwanted(&session);
	status = close_reports(&session, junit_out);
	if (session.kernels)
		kernel_list_free(session.kernels);
	if (interrupted)
		return interrupted_status();
	if (status || session.bad_hash)
		return EXIT_OURS;
	if (session.unwritten)
		return session.unwritten;
	if (session.bad_file)
		return EXIT_USAGE;
	if (session.totals.fail)
		return EXIT_BROKE;
	if (session.totals.files && !session.totals.pass)
		fputs("pinsim: warning: nothing ran: every run is n/a\n", stderr);
	return EXIT_HELD;
}
