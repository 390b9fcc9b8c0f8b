// SPDX-License-Identifier: GPL-2.0-or-later
/* Exploring: see <scenario/explore.h>. */
#include <scenario/explore.h>
#include <scenario/session.h>
#include <sim/sched.h>
#include <sim/trace.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>
#include "explore_team.h"
#include "run.h"

/* Runs between two looks at the clock. */
#define LOOK_EVERY 64
/* How many places where runs part lie above a lot: 32 lots of two tasks, 243 of three. */
#define SPLIT 5
/* Runs that shrinking may take. */
#define SHRINK_RUNS_MAX 1000

struct exploring {
	const struct program *program;
	const struct explore_options *options;
	struct explore_report *report;
	struct scenario_session *session;
	struct run_options run;
	struct failure failure;		/* that it was found by */
	unsigned long shown;		/* bit i: program_open_statement(i) was shown */
	struct timespec begun;
};

static double seconds_since(const struct timespec *begun)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - begun->tv_sec) + (double)(now.tv_nsec - begun->tv_nsec) / 1e9;
}

/*
 * Shrinking
 */

static void replay(struct exploring *exploring, const struct sim_tape *tape, struct run_result *result)
{
	exploring->run.strategy = &sim_strategy_replay;
	exploring->run.tape = tape;
	exploring->run.context = NULL;
	scenario_session_run(exploring->session, result);
	exploring->run.tape = NULL;
}

static bool fails_alike(void *arg, const struct sim_tape *tape)
{
	struct exploring *exploring = arg;
	struct failure failure;
	struct run_result result;

	replay(exploring, tape, &result);
	failure_of(&result, &failure);
	run_result_free(&result);
	return failure_same(&exploring->failure, &failure);
}

static void shrink(struct exploring *exploring)
{
	struct explore_report *report = exploring->report;
	size_t nr = sim_tape_deviations(report->tape);

	sim_tape_shorten(&report->tape, SHRINK_RUNS_MAX, fails_alike, exploring);
	if (sim_tape_deviations(report->tape) == nr)
		return;
	run_result_free(&report->result);
	replay(exploring, report->tape, &report->result);
}

/*
 * Running
 */

static void failed(struct exploring *exploring, struct run_result *result, unsigned long at)
{
	struct explore_report *report = exploring->report;

	report->end = EXPLORE_FAILS;
	report->failed_at = at;
	report->result = *result;
	report->tape = sim_tape_copy();
	report->deviations = sim_tape_deviations(report->tape);
	if (!exploring->options->as_found)
		shrink(exploring);
}

/* Does the same schedule come to the same once more? */
static bool same_twice(struct exploring *exploring, const struct run_result *first)
{
	struct sim_tape *tape = sim_tape_copy();
	struct run_result second;
	bool same;

	replay(exploring, tape, &second);
	same = second.hash == first->hash && second.verdict == first->verdict;
	sim_tape_free(tape);
	run_result_free(&second);
	return same;
}

/* What one schedule came to; true where there is no more to be done. Takes @result. */
static bool judge(struct exploring *exploring, struct run_result *result, unsigned long at)
{
	struct explore_report *report = exploring->report;

	exploring->shown |= result->shown;
	if (exploring->options->outcomes) {
		outcomes_add(exploring->options->outcomes, result);
		if (result->verdict == VERDICT_FAIL) {
			run_result_free(result);
			return false;
		}
	}
	switch (result->verdict) {
	case VERDICT_FAIL:
		failure_of(result, &exploring->failure);
		if (exploring->options->wanted && !failure_same(&exploring->failure, exploring->options->wanted))
			break;
		failed(exploring, result, at);
		return true;
	case VERDICT_ERROR:
		report->end = EXPLORE_ERROR;
		report->result = *result;
		return true;
	case VERDICT_NA:
		report->end = EXPLORE_NA;
		report->result = *result;
		return true;
	case VERDICT_PASS:
		break;
	}
	if (exploring->options->twice && !same_twice(exploring, result)) {
		report->end = EXPLORE_DIFFERS;
		report->failed_at = at;
		report->result = *result;
		return true;
	}
	run_result_free(result);
	return false;
}

/* Every schedule held; did one show each thing that some must? */
static void judge_all(const struct program *program, const struct explore_options *options, unsigned long shown,
		      struct explore_report *report)
{
	const struct stmt *stmt;
	unsigned int i;

	report->end = EXPLORE_HOLDS;
	for (i = 0; i < OPEN_STATEMENTS_MAX && (stmt = program_open_statement(program, i)) != NULL; i++)
		if (!(shown >> i & 1) && kernel_set_holds(stmt->expect.set, options->kernel)) {
			report->end = EXPLORE_FAILS;
			report->never = stmt;
			return;
		}
}

static bool may_go_on(struct exploring *exploring, const struct sim_search *search, unsigned long runs)
{
	const struct explore_options *options = exploring->options;
	struct sim_explored explored;

	if ((options->stop && *options->stop) || (options->runs_max && runs >= options->runs_max))
		return false;
	if (options->member && !explore_member_may_go_on(options->member))
		return false;
	if (runs % LOOK_EVERY)
		return true;
	if (options->seconds_max > 0 && seconds_since(&exploring->begun) >= options->seconds_max)
		return false;
	if (options->progress) {
		sim_search_explored(search, &explored);
		options->progress(options->arg, &explored);
	}
	return true;
}

/* The search knows of nothing more. */
static void all_run(struct exploring *exploring, const struct sim_search *search)
{
	struct explore_report *report = exploring->report;

	sim_search_explored(search, &report->explored);
	if (exploring->options->member)
		explore_member_finished(exploring->options->member, &report->explored);
	else if (report->explored.finished)
		judge_all(exploring->program, exploring->options, exploring->shown, report);
}

/* Is the next turn, which the search has named, to be taken? Decides the order of a search that draws it. */
static bool begins(struct exploring *exploring, const struct sim_search *search, const struct sim_config *config)
{
	struct explore_member *member = exploring->options->member;
	struct sim_explored explored;

	exploring->run.strategy = config->strategy;
	exploring->run.seed = config->seed;
	exploring->run.context = config->context;
	if (!member)
		return true;
	sim_search_explored(search, &explored);
	exploring->run.seed = explore_member_seed(member, config->seed);
	return explore_member_begins(member, search, &explored);
}

/* The turn is over; false where it is another process's. */
static bool is_ours(const struct exploring *exploring, struct sim_search *search, const struct run_result *result)
{
	struct explore_member *member = exploring->options->member;
	bool cut;

	if (!member)
		return true;
	if (sim_search_skipped(search))
		return false;
	cut = sim_search_cut(search);
	explore_member_turn(member, cut, cut ? 0 : result->shown);
	return true;
}

static void run_all(struct exploring *exploring, struct sim_search *search)
{
	struct sim_config config = { .seed = 0 };
	unsigned long runs = 0;

	exploring->report->end = EXPLORE_UNFINISHED;
	while (may_go_on(exploring, search, runs)) {
		struct run_result result;

		if (!sim_search_next(search, &config)) {
			all_run(exploring, search);
			return;
		}
		if (!begins(exploring, search, &config))
			return;
		if (SIM_THREADS)
			scenario_run(exploring->program, &exploring->run, &result);
		else
			scenario_session_search(exploring->session, search, &result);
		if (!is_ours(exploring, search, &result)) {
			run_result_free(&result);
			continue;
		}
		runs++;
		if (sim_search_cut(search)) {
			if (exploring->options->outcomes)
				outcomes_add(exploring->options->outcomes, NULL);
			run_result_free(&result);
		} else if (judge(exploring, &result, runs)) {
			if (exploring->options->member)
				explore_member_event(exploring->options->member);
			return;
		}
	}
}

void explore(const struct program *program, const struct explore_options *options, struct explore_report *report)
{
	struct exploring exploring = {
		.program = program,
		.options = options,
		.report = report,
		.run = { .kernel = options->kernel, .backend = options->backend, .races = options->races,
			 .preempt_access = options->preempt_access },
	};
	struct sim_search_options search_options = options->search;
	struct sim_search *search;

	memset(report, 0, sizeof(*report));
	clock_gettime(CLOCK_MONOTONIC, &exploring.begun);
	search_options.count = true;
	/* Who listens wants each run from its beginning. */
	search_options.resumes = !options->outcomes;
	if (!options->member)
		search_options.beyond = options->races ? 0 : EXPLORE_RUNS_BEYOND;
	/* Alone too, as it decides in which order dpor comes to its traces. */
	if (search_options.kind != &sim_search_portfolio && search_options.kind)
		search_options.split = SPLIT;
	/* What the operating system does is no search: each run is one of its schedules. */
	if (SIM_THREADS)
		search_options.kind = &sim_search_random;
	if (options->outcomes)
		outcomes_listen(options->outcomes, &exploring.run);
	search = sim_search_create(&search_options);
	exploring.session = scenario_session_create();
	if (!SIM_THREADS)
		scenario_session_open(exploring.session, program, &exploring.run);
	run_all(&exploring, search);
	sim_search_explored(search, &report->explored);
	/* The world's strategy still knows the search. */
	sim_search_forget(search);
	scenario_session_destroy(exploring.session);
	sim_search_destroy(search);
	report->seconds = seconds_since(&exploring.begun);
}

/* The process of a member; @tell where it is the one that has something to tell. */
static _Noreturn void be_member(struct explore_team *team, unsigned int index, const struct program *program,
				const struct explore_options *all,
				int (*tell)(void *arg, struct explore_report *report), void *arg)
{
	struct explore_options options;
	struct explore_report report;
	int status = 0;

	/* Not to be left behind by a parent that is killed. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	options.member = explore_member_begin(team, index, &options, all);
	explore(program, &options, &report);
	if (explore_member_tells(options.member, &report)) {
		options.member = NULL;
		status = tell(arg, &report);
		fflush(stdout);
	}
	_exit(status);
}

int explore_together(const struct program *program, const struct explore_options *options, unsigned int jobs,
		     int (*tell)(void *arg, struct explore_report *report), void *arg)
{
	struct explore_team *team = explore_team_create(options, jobs);
	unsigned int nr = team ? explore_team_members(team) : 0;
	struct explore_report report = { .end = EXPLORE_UNFINISHED };
	struct timespec begun;
	unsigned long shown;
	pid_t *pids;
	int status;

	if (!team) {
		explore(program, options, &report);
		return tell(arg, &report);
	}
	clock_gettime(CLOCK_MONOTONIC, &begun);
	pids = xzalloc(nr * sizeof(*pids));
	for (unsigned int i = 0; i < nr; i++) {
		pids[i] = fork();
		if (!pids[i])
			be_member(team, i, program, options, tell, arg);
		if (pids[i] < 0) {
			fprintf(stderr, "pinsim: cannot fork: %s\n", strerror(errno));
			explore_team_kill(pids, i);
			exit(EXPLORE_MEMBER_DIED);
		}
	}
	status = explore_team_wait(team, options, pids, &report, &shown);
	report.seconds = seconds_since(&begun);
	report.end = EXPLORE_UNFINISHED;
	if (status < 0) {
		if (report.explored.finished)
			judge_all(program, options, shown, &report);
		report.failed_at = 0;
		status = tell(arg, &report);
	}
	free(pids);
	explore_team_destroy(team);
	return status;
}

void explore_report_free(struct explore_report *report)
{
	sim_tape_free(report->tape);
	run_result_free(&report->result);
	memset(report, 0, sizeof(*report));
}
