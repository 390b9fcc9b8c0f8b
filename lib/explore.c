// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests under every schedule: setup, the run whose order is open, check, the end; again and
 * again as a search says (sim/explore.h).
 *
 * Setup is run once, in order, and the world behind it kept as a snapshot: there each schedule
 * begins, and so does the tape of its choices. A drawing needs the names that setup gave, and runs it again.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sim/explore.h>
#include <sim/sched.h>
#include <sim/snapshot.h>
#include <sim/trace.h>
#include <sim/verdict.h>
#include "lib.h"

/* Schedules between two looks at the clock, and those that shortening may take. */
#define LOOK_EVERY 64
#define SHORTEN_RUNS_MAX 1000

/* What tells a failure from another: the first thing that was wrong. */
struct failure {
	bool failed;
	enum sim_violation violation;	/* VIOLATION_NR: the test said so */
	const char *format;
};

struct testing {
	const struct pinsim_test *test;
	struct pinsim_result *result;
	struct pinsim_world *world;
	void *state;
	struct sim_snapshot *begun;	/* behind setup, or NULL */
	struct timespec since;
};

static char *text_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *text_of(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	return text;
}

static unsigned long long test_hash(const struct pinsim_test *test)
{
	unsigned long long hash = 0xcbf29ce484222325ull;

	for (const char *at = test->name; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 0x100000001b3ull;
	return hash;
}

static double seconds_since(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - since->tv_sec) + (double)(now.tv_nsec - since->tv_nsec) / 1e9;
}

/*
 * One run
 */

static void conclude(struct testing *testing, enum pinsim_verdict verdict, char *text)
{
	testing->result->verdict = verdict;
	free(testing->result->text);
	testing->result->text = text;
}

/* A new world behind setup. False: there is no verdict but why. */
static bool set_up(struct testing *testing, struct lanes *lanes)
{
	struct sim_config config = { .strategy = &sim_strategy_in_order };
	const struct pinsim_test *test = testing->test;
	struct lib_run *run;
	int err;

	pinsim_world_destroy(testing->world);
	testing->world = lib_world_create(test->kernel, &test->world, &config);
	if (!testing->world) {
		conclude(testing, PINSIM_ERROR, text_of("%s", pinsim_error()));
		return false;
	}
	testing->world->lanes = lanes;
	if (lanes)
		sim_trace_sink(lanes_record, lanes);
	run = lib_enter(testing->world);
	run->in_order = true;
	testing->state = sim_zalloc(test->state_bytes + 1);
	err = test->setup ? test->setup(testing->world, testing->state) : 0;
	run->in_order = false;
	sim_tape_begin();
	if (err)
		conclude(testing, PINSIM_ERROR, text_of("%s: setup() returned %d%s%s", test->name, err,
							run->failure ? ": " : "", run->failure ? run->failure : ""));
	else if (run->absent)
		conclude(testing, PINSIM_ABSENT, text_of("%s: %s does not have %s", test->name, test->kernel,
							 run->absent));
	return !err && !run->absent;
}

static bool is_allowed(const struct pinsim_test *test, enum sim_violation violation)
{
	for (const char *const *name = test->allowed; name && *name; name++)
		if (!strcmp(*name, sim_violation_name(violation)))
			return true;
	return false;
}

/* As in a scenario: an allowed one covers what else broke in its step. */
static bool is_covered(const struct pinsim_test *test, const struct sim_report *report)
{
	for (size_t i = 0; i < sim_reports(); i++)
		if (sim_report(i)->step == report->step && is_allowed(test, sim_report(i)->violation))
			return true;
	return false;
}

static struct failure first_failure(const struct testing *testing, const struct lib_run *run)
{
	for (size_t i = 0; i < sim_reports(); i++)
		if (!is_covered(testing->test, sim_report(i)))
			return (struct failure){ true, sim_report(i)->violation, NULL };
	return (struct failure){ run->failure != NULL, VIOLATION_NR, run->failure_format };
}

/* From behind setup to the end, as @config says. False: no run at all. */
static bool run_once(struct testing *testing, struct sim_config *config, struct lanes *lanes, struct failure *failure)
{
	struct lib_run *run;

	if (lanes || !testing->begun) {
		testing->begun = NULL;
		if (!set_up(testing, lanes))
			return false;
		testing->begun = lanes ? NULL : sim_snapshot_take();
	} else {
		sim_this = testing->world->sim;
		sim_snapshot_restore(testing->begun);
	}
	sim_strategy_set(config->strategy, config->seed, config->tape, config->context);
	run = lib_enter(testing->world);
	if (!pinsim_run(testing->world)) {
		if (testing->test->check)
			testing->test->check(testing->world, testing->state);
		pinsim_world_end(testing->world);
	}
	if (run->absent) {
		conclude(testing, PINSIM_ABSENT, text_of("%s: %s does not have %s", testing->test->name,
							 testing->test->kernel, run->absent));
		return false;
	}
	*failure = first_failure(testing, run);
	return true;
}

/* The same order once more. */
static bool replay(struct testing *testing, const struct sim_tape *tape, struct lanes *lanes, struct failure *failure)
{
	struct sim_config config = { .strategy = &sim_strategy_replay, .tape = tape };

	return run_once(testing, &config, lanes, failure);
}

/*
 * A schedule that failed
 */

static bool same_failure(const struct failure *a, const struct failure *b)
{
	return a->failed == b->failed && a->violation == b->violation && a->format == b->format;
}

struct wanted {
	struct testing *testing;
	const struct failure *failure;
};

static bool fails_alike(void *arg, const struct sim_tape *tape)
{
	const struct wanted *wanted = arg;
	struct failure failure;

	return replay(wanted->testing, tape, NULL, &failure) && same_failure(wanted->failure, &failure);
}

static void take_token(struct testing *testing, const struct sim_tape *tape)
{
	struct sim_tape_id id = { .file_hash = test_hash(testing->test), .kernel = testing->test->kernel };
	char token[SIM_TOKEN_CHARS_MAX + 4];

	if (!sim_tape_encode(tape, &id, token))
		testing->result->token = strdup(token);
}

static char *failure_text(const struct testing *testing, const struct lib_run *run, const struct failure *failure)
{
	if (failure->violation == VIOLATION_NR)
		return text_of("%s", run->failure);
	for (size_t i = 0; i < sim_reports(); i++)
		if (sim_report(i)->violation == failure->violation)
			return text_of("%s: %s", sim_violation_name(failure->violation), sim_report(i)->text);
	return NULL;
}

/* What lanes want to know of a run; it takes the strings. */
static struct run_result lanes_result_of(const struct testing *testing, const struct failure *failure)
{
	struct run_result result = {
		.failures = failure->failed,
		.nr_violations = sim_reports(),
		.token = testing->result->token ? strdup(testing->result->token) : NULL,
	};

	result.violations = calloc(result.nr_violations + 1, sizeof(*result.violations));
	for (size_t i = 0; i < result.nr_violations; i++) {
		const struct sim_report *report = sim_report(i);

		result.violations[i] = (struct violation_report){
			.violation = report->violation,
			.record = report->record,
			.actor = report->actor,
			.text = strdup(report->text ? report->text : ""),
		};
	}
	return result;
}

static void draw(struct testing *testing, const struct sim_tape *tape)
{
	struct sim_config config = { .strategy = &sim_strategy_replay, .tape = tape };
	struct kernel kernel = { .name = testing->test->kernel };
	struct lanes_style style = { .rows_max = 300 };
	struct lanes *lanes = lanes_begin(testing->test->name, &kernel);
	struct run_result result = { .failures = 0 };
	struct failure failure;
	size_t bytes;
	FILE *out;

	if (run_once(testing, &config, lanes, &failure))
		result = lanes_result_of(testing, &failure);
	sim_trace_sink(NULL, NULL);
	lanes_end(lanes, &result);
	out = open_memstream(&testing->result->lanes, &bytes);
	if (out) {
		lanes_text(lanes, &style, out);
		fclose(out);
	}
	lanes_free(lanes);
	testing->world->lanes = NULL;
}

/* The run that is over failed, in the order that its world's tape has. */
static void failed(struct testing *testing, struct failure failure)
{
	struct sim_tape *tape = sim_tape_copy();
	size_t nr;

	sim_tape_shorten(&tape, SHORTEN_RUNS_MAX, fails_alike, &(struct wanted){ testing, &failure });
	if (!replay(testing, tape, NULL, &failure) || !failure.failed) {
		conclude(testing, PINSIM_ERROR,
			 text_of("%s on %s: the same order was another run the second time: its bodies change what is "
				 "neither in the state nor in the world's memory",
				 testing->test->name, testing->test->kernel));
		sim_tape_free(tape);
		return;
	}
	testing->result->failure = failure_text(testing, lib_enter(testing->world), &failure);
	nr = sim_tape_deviations(tape);
	conclude(testing, PINSIM_FAILS,
		 text_of("%s on %s fails, with %zu switch%s out of order: %s", testing->test->name,
			 testing->test->kernel, nr, nr == 1 ? "" : "es", testing->result->failure));
	take_token(testing, tape);
	draw(testing, tape);
	sim_tape_free(tape);
}

/*
 * All of them
 */

static bool may_go_on(const struct testing *testing, const struct pinsim_explore_options *options, unsigned long runs)
{
	if (options->runs_max && runs >= options->runs_max)
		return false;
	return runs % LOOK_EVERY || options->seconds_max <= 0 || seconds_since(&testing->since) < options->seconds_max;
}

static void tell_explored(struct testing *testing, const struct sim_explored *explored)
{
	struct pinsim_result *result = testing->result;

	result->runs = explored->runs;
	result->finished = explored->finished;
	result->interleavings = explored->interleavings;
	result->traces = explored->traces;
	if (result->text)
		return;
	if (!explored->finished)
		conclude(testing, PINSIM_UNFINISHED, text_of("%s on %s: no failure in %lu runs, not all were seen%s%s",
							     testing->test->name, testing->test->kernel,
							     explored->runs, explored->unfit ? ": " : "",
							     explored->unfit ? explored->unfit : ""));
	else
		conclude(testing, PINSIM_HOLDS, text_of("%s on %s holds in all %.12g interleavings (%lu runs)",
							testing->test->name, testing->test->kernel,
							explored->interleavings, explored->runs));
}

static void explore_all(struct testing *testing, struct sim_search *search,
			const struct pinsim_explore_options *options)
{
	struct sim_config config = { .seed = 0 };
	unsigned long runs = 0;

	while (may_go_on(testing, options, runs) && sim_search_next(search, &config)) {
		struct failure failure;

		if (!run_once(testing, &config, NULL, &failure))
			return;
		runs++;
		if (sim_search_cut(search) || !failure.failed)
			continue;
		failed(testing, failure);
		return;
	}
}

static struct testing testing_begin(const struct pinsim_test *test)
{
	struct testing testing = { .test = test, .result = calloc(1, sizeof(struct pinsim_result)) };

	clock_gettime(CLOCK_MONOTONIC, &testing.since);
	return testing;
}

static struct pinsim_result *testing_end(struct testing *testing)
{
	pinsim_world_destroy(testing->world);
	testing->result->seconds = seconds_since(&testing->since);
	return testing->result;
}

/* Says what is missing; true where something is. */
static bool is_no_test(struct testing *testing)
{
	const struct pinsim_test *test = testing->test;

	if (!test)
		conclude(testing, PINSIM_ERROR, text_of("NULL, expected a test"));
	else if (lib_in_body())
		conclude(testing, PINSIM_ERROR, text_of("a test in a body, expected it outside of bodies"));
	else if (!test->name || !test->setup)
		conclude(testing, PINSIM_ERROR, text_of("a test without %s, expected one",
							test->name ? "setup()" : "a name"));
	return testing->result->text;
}

struct pinsim_result *pinsim_explore(const struct pinsim_test *test, const struct pinsim_explore_options *options)
{
	static const struct pinsim_explore_options defaults;
	struct testing testing = testing_begin(test);
	struct sim_search_options search_options = { .count = true };
	struct sim_explored explored;
	struct sim_search *search;

	options = options ? options : &defaults;
	if (is_no_test(&testing))
		return testing_end(&testing);
	if (options->strategy) {
		search_options.kind = sim_search_kind_by_name(options->strategy);
		if (!search_options.kind) {
			conclude(&testing, PINSIM_ERROR,
				 text_of("no strategy \"%s\", expected portfolio, dpor, bounded, pct, random or naive",
					 options->strategy));
			return testing_end(&testing);
		}
	}
	search_options.seed = options->seed;
	search_options.bound = options->preemptions_max;
	search_options.bounded = options->preemptions_max != 0;
	search = sim_search_create(&search_options);
	explore_all(&testing, search, options);
	sim_search_explored(search, &explored);
	tell_explored(&testing, &explored);
	/* The world's strategy still knows the search. */
	pinsim_world_destroy(testing.world);
	testing.world = NULL;
	sim_search_destroy(search);
	return testing_end(&testing);
}

/* What one run came to, drawn. */
static void tell_one(struct testing *testing, const struct failure *failure)
{
	struct sim_tape *tape = sim_tape_copy();

	testing->result->runs = 1;
	if (failure->failed)
		testing->result->failure = failure_text(testing, lib_enter(testing->world), failure);
	conclude(testing, failure->failed ? PINSIM_FAILS : PINSIM_HOLDS,
		 text_of("%s on %s %s%s", testing->test->name, testing->test->kernel,
			 failure->failed ? "fails: " : "holds in this order",
			 failure->failed ? testing->result->failure : ""));
	take_token(testing, tape);
	draw(testing, tape);
	sim_tape_free(tape);
}

static struct sim_tape *token_tape(struct testing *testing, const char *token)
{
	struct sim_tape *tape = NULL;
	char kernel[128];
	int err = sim_tape_decode(token ? token : "", test_hash(testing->test), kernel, &tape);

	if (!err && !strcmp(kernel, testing->test->kernel ? testing->test->kernel : ""))
		return tape;
	if (err == -ESTALE)
		conclude(testing, PINSIM_ERROR, text_of("this token is of another test than \"%s\"",
							testing->test->name));
	else if (err)
		conclude(testing, PINSIM_ERROR, text_of("not a token, expected p1. and what a failed run gave"));
	else
		conclude(testing, PINSIM_ERROR, text_of("this token is of %s, expected the test to be on that kernel",
							kernel));
	sim_tape_free(tape);
	return NULL;
}

struct pinsim_result *pinsim_replay(const struct pinsim_test *test, const char *token)
{
	struct testing testing = testing_begin(test);
	struct sim_tape *tape = is_no_test(&testing) ? NULL : token_tape(&testing, token);
	struct failure failure;

	if (!tape)
		return testing_end(&testing);
	if (replay(&testing, tape, NULL, &failure))
		tell_one(&testing, &failure);
	sim_tape_free(tape);
	return testing_end(&testing);
}

struct pinsim_result *pinsim_sample(const struct pinsim_test *test, unsigned long seed)
{
	struct sim_config config = { .strategy = &sim_strategy_random, .seed = seed };
	struct testing testing = testing_begin(test);
	struct failure failure;

	if (!is_no_test(&testing) && run_once(&testing, &config, NULL, &failure))
		tell_one(&testing, &failure);
	return testing_end(&testing);
}

void pinsim_result_free(struct pinsim_result *result)
{
	if (!result)
		return;
	free(result->text);
	free(result->failure);
	free(result->token);
	free(result->lanes);
	free(result);
}
