// SPDX-License-Identifier: GPL-2.0-or-later
/* pinsim shrink FILE */
#include <stdlib.h>
#include <sys/stat.h>
#include <scenario/failure.h>
#include <scenario/shrink.h>
#include "commands.h"

struct shrink_arguments {
	struct selection selection;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct shrink_arguments *args = state->input;
	struct stat is;

	switch (key) {
	case ARGP_KEY_INIT:
		args->selection.expected = "one .pin file";
		state->child_inputs[0] = &args->selection;
		state->child_inputs[1] = &args->selection;
		return 0;
	case ARGP_KEY_END:
		if (args->selection.nr_paths > 1)
			argp_error(state, "more than one file, expected one");
		if (args->selection.nr_paths && !stat(args->selection.paths[0], &is) && S_ISDIR(is.st_mode))
			argp_error(state, "%s is a folder, expected one .pin file", args->selection.paths[0]);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	NULL,
	parse_option,
	"FILE",
	"Prints a smaller scenario with the same failure: steps, tasks, arguments and values are left out or made "
	"simpler as long as the same fails on the first kernel on which FILE fails: the same violation, a call of the "
	"same operation with the same result, or the same expect. Of a file that fails nowhere but states a violation, "
	"that violation is kept."
	"\vExamples:\n"
	"  pinsim shrink long.pin > short.pin\n"
	"  pinsim shrink long.pin --kernel v6.2\n"
	"\n"
	"Exit status: 0 printed, 2 bad usage, a bad file, or one that does not fail.\n",
	selection_children,
	NULL,
	NULL,
};

struct question {
	struct run_options options;
	struct failure failure;
	bool stated;			/* it fails by nothing: the violation is one that the file states, and shows */
};

/*
 * What @program fails by, or else what it states and shows; @stated: that. @mistake: what it
 * says of a program that does not come to an end.
 */
static struct failure failure_in(const struct program *program, const struct run_options *options, bool *stated,
				 void (*mistake)(const char *text))
{
	struct failure failure;
	struct run_result result;
	size_t i;

	*stated = false;
	scenario_run(program, options, &result);
	failure_of(&result, &failure);
	if (mistake && result.verdict == VERDICT_ERROR && !interrupted)
		mistake(result.error);
	for (i = 0; i < result.nr_violations && result.verdict == VERDICT_PASS && !*stated; i++) {
		*stated = result.violations[i].stated;
		failure.violation = result.violations[i].violation;
	}
	run_result_free(&result);
	return failure;
}

/* Schedules of a smaller program in which the failure is looked for. */
#define SCHEDULES 12

static bool fails_alike(void *arg, const struct program *program)
{
	struct question *question = arg;
	struct run_options run = question->options;
	unsigned int i;

	if (!program_runs_on(program, run.kernel))
		return false;
	for (i = 0; i < (program->has_parallel ? SCHEDULES : 1); i++) {
		struct failure failure;
		bool stated;

		run.seed = i ? i - 1 : question->options.seed;
		failure = failure_in(program, &run, &stated, NULL);
		if (stated == question->stated && failure_same(&failure, &question->failure)) {
			question->options.seed = run.seed;
			return true;
		}
	}
	return false;
}

/* The first kernel on which the file fails; without one, on which what it states shows. */
static bool find_failure(const struct program *program, const struct kernel_list *list, struct question *question)
{
	struct question stated = *question;
	bool shows = false;
	size_t i;

	for (i = 0; i < list->nr && !interrupted; i++) {
		question->options.kernel = &list->kernels[i]->kernel;
		if (!program_runs_on(program, question->options.kernel) ||
		    !backend_runs(question->options.backend, question->options.kernel))
			continue;
		question->failure = failure_in(program, &question->options, &question->stated, tell_mistake);
		if (question->failure.kind != FAILURE_NONE)
			return true;
		if (question->stated && !shows) {
			stated = *question;
			shows = true;
		}
	}
	*question = stated;
	return shows;
}

struct session {
	const struct shrink_arguments *args;
	int status;
};

static void shrink_program(struct session *session, const struct program *program, const struct kernel_list *list)
{
	const struct selection *selection = &session->args->selection;
	struct question question = {
		.options = { .backend = selection->backend, .seed = selection->seed, .stop = &interrupted },
	};
	const struct shrink_options shrink_options = {
		.fails = fails_alike,
		.arg = &question,
		.witness = &question.options.seed,
		.stop = &interrupted,
	};
	struct shrink_result result;

	if (!find_failure(program, list, &question) || !shrink(program, &shrink_options, &result)) {
		fprintf(stderr, "pinsim: %s fails on no kernel asked for, expected one that does\n", program->path);
		session->status = EXIT_USAGE;
		return;
	}
	fputs(result.text, stdout);
	fprintf(stderr, "%s on %s: %u calls became %u, %lu candidates%s", program->path, question.options.kernel->name,
		result.steps_before, result.steps, result.tries, result.finished ? "" : ", interrupted");
	if (program->has_parallel)
		fprintf(stderr, ", shows with --seed %lu", question.options.seed);
	fputc('\n', stderr);
	free(result.text);
}

static bool shrink_file(void *arg, const struct scenario_file *file)
{
	struct session *session = arg;
	struct kernel_list own = { NULL, 0 }, *list = parse_kernels(session->args->selection.kernels);

	if (!file->program)
		return false;
	if (!list) {
		default_kernels(file->program, false, &own);
		list = &own;
	}
	shrink_program(session, file->program, list);
	kernel_list_free(list);
	return false;
}

int command_shrink(int argc, char **argv)
{
	struct shrink_arguments args = { .selection = SELECTION_INIT };
	struct session session = { .args = &args, .status = EXIT_HELD };

	parse_arguments(&argp, "shrink", argc, argv, &args);
	selection_no_other(&args.selection, "shrink");
	catch_interrupt();
	if (!selection_each(&args.selection, shrink_file, &session))
		session.status = EXIT_USAGE;
	return session.status;
}
