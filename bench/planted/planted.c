// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench_planted [RUNS [BUG]]	how many schedules each strategy needs for each planted bug
 * bench_planted tokens		what the portfolio finds, as tokens, a line a bug
 * bench_planted replay		the same lines on standard input, run again: by another build, or under a tool
 *
 * The table has a line a bug: how often uniformly random schedules show it, and the
 * number of the schedule in which each strategy came by it first. Found means: the
 * violation is the one that the bug is, and the run, replayed from its token, has the
 * same hash and the same violation. Exit 1 where the portfolio misses one, or a
 * replay differs.
 *
 * Bugs in kernel code are scenarios of bench/planted/scenarios, for a build whose
 * kernel files were patched (PINSIM_PLANTED).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <scenario/kernel_set.h>
#include <scenario/program.h>
#include <scenario/runner.h>
#include <sim/explore.h>
#include <sim/kapi.h>
#include <sim/race.h>
#include <sim/trace.h>
#include <sim/verdict.h>
#include <sim/world.h>
#include "planted.h"
#include "upstream.h"

#define SCHEDULES_MAX 10000
/* What works on freed memory may go round in it for ever. */
#define POINTS_MAX 20000

struct bug {
	const char *name, *what, *where;
	enum sim_violation violation;
	unsigned int points;
	bool races;
	const struct planted_program *own;	/* or */
	const struct planted_edit *edit;
	struct program *program;
};

/* What one run came to. */
struct outcome {
	bool shown;
	bool cut;
	unsigned long long hash;
	char *token;
};

static const struct sim_search_kind *const kinds[] = {
	&sim_search_random, &sim_search_pct, &sim_search_bounded, &sim_search_dpor, &sim_search_portfolio,
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))
#define PORTFOLIO (KINDS - 1)

static const struct kernel *planted_kernel;

static struct outcome run_own(const struct bug *bug, const struct sim_config *how)
{
	struct sim_config config = *how;
	struct sim_tape_id id = { .file_hash = (unsigned long)(bug->own - planted_programs), .kernel = "planted" };
	struct outcome outcome = { .token = malloc(SIM_TOKEN_CHARS_MAX + 4) };
	struct sim_world *world;
	struct sim_tape *tape;
	char report[2048];

	config.races = bug->races;
	config.points_max = POINTS_MAX;
	world = sim_world_create(&config);
	if (!world || !outcome.token)
		abort();
	bug->own->setup();
	sim_window(true);
	if (kapi_run() == SIM_STUCK) {
		sim_stuck_report(report, sizeof(report));
		sim_violate(sim_stuck_on_holder() ? VIOLATION_DEADLOCK : VIOLATION_LOST_WAKEUP, "%s", report);
	} else {
		/* what was written after it was freed */
		kapi_leak_check();
	}
	sim_window(false);
	outcome.shown = sim_violations(bug->violation) > 0;
	outcome.hash = sim_trace_hash();
	tape = sim_tape_copy();
	if (sim_tape_encode(tape, &id, outcome.token))
		outcome.token[0] = '\0';
	sim_tape_free(tape);
	sim_world_destroy(world);
	return outcome;
}

static struct outcome run_scenario(const struct bug *bug, const struct sim_config *how)
{
	struct run_options options = {
		.kernel = planted_kernel,
		.backend = backend_by_name("upstream"),
		.strategy = how->strategy,
		.seed = how->seed,
		.tape = how->tape,
		.context = how->context,
		.races = bug->races,
		.points_max = POINTS_MAX,
	};
	struct outcome outcome = { .shown = false };
	struct run_result result;

	planted_select(bug->edit->number);
	scenario_run(bug->program, &options, &result);
	for (size_t i = 0; i < result.nr_violations; i++)
		outcome.shown |= result.violations[i].violation == bug->violation;
	if (bug->violation == VIOLATION_NR)
		outcome.shown = result.failure == FAILURE_EXPECT;
	outcome.hash = result.hash;
	outcome.token = strdup(result.token ? result.token : "");
	run_result_free(&result);
	planted_select(0);
	return outcome;
}

static struct outcome run(const struct bug *bug, const struct sim_config *how)
{
	return bug->own ? run_own(bug, how) : run_scenario(bug, how);
}

/* What only a build with races tells: another can compare the hash. */
static bool can_tell(const struct bug *bug)
{
	return !bug->races || sim_races_built();
}

/* Once more, from the token. */
static bool replays(const struct bug *bug, const struct outcome *found)
{
	struct sim_tape *tape = NULL;
	unsigned long long file = bug->own ? (unsigned long)(bug->own - planted_programs) : bug->program->hash;
	struct sim_config config = { .strategy = &sim_strategy_replay };
	struct outcome again;
	char kernel[128];
	bool same;

	if (!found->token[0] || sim_tape_decode(found->token, file, kernel, &tape))
		return false;
	config.tape = tape;
	again = run(bug, &config);
	same = (again.shown || !can_tell(bug)) && again.hash == found->hash;
	free(again.token);
	sim_tape_free(tape);
	return same;
}

/* The schedule in which @kind shows it first; 0: none of the first SCHEDULES_MAX. @first: what it came to, or NULL. */
static unsigned long first_found(const struct bug *bug, const struct sim_search_kind *kind, bool *replayed,
				 struct outcome *first)
{
	struct sim_search_options options = { .kind = kind };
	struct sim_search *search = sim_search_create(&options);
	struct sim_config config = { .seed = 0 };
	unsigned long runs = 0, found = 0;

	while (!found && runs < SCHEDULES_MAX && sim_search_next(search, &config)) {
		struct outcome outcome = run(bug, &config);

		if (!sim_search_cut(search)) {
			runs++;
			if (outcome.shown) {
				found = runs;
				*replayed = replays(bug, &outcome);
				if (first) {
					*first = outcome;
					outcome.token = NULL;
				}
			}
		}
		free(outcome.token);
	}
	sim_search_destroy(search);
	return found;
}

static unsigned long random_hits(const struct bug *bug, unsigned long runs)
{
	struct sim_config config = { .strategy = &sim_strategy_random };
	unsigned long hits = 0;

	for (config.seed = 1; config.seed <= runs; config.seed++) {
		struct outcome outcome = run(bug, &config);

		hits += outcome.shown;
		free(outcome.token);
	}
	return hits;
}

/* A line of the table. True where the portfolio found it, and what was found replays. */
static bool row(const struct bug *bug, unsigned long random_runs)
{
	bool replayed = true, all_replayed = true;
	unsigned long portfolio = 0;

	printf("| %s | %s | %s | %u | %.2f %% |", bug->name, bug->where,
	       bug->violation == VIOLATION_NR ? "expectation" : sim_violation_name(bug->violation), bug->points,
	       100.0 * (double)random_hits(bug, random_runs) / (double)random_runs);
	for (unsigned int i = 0; i < KINDS; i++) {
		unsigned long found = first_found(bug, kinds[i], &replayed, NULL);

		all_replayed &= !found || replayed;
		if (found)
			printf(" %lu |", found);
		else
			printf(" - |");
		fflush(stdout);
		if (i == PORTFOLIO)
			portfolio = found;
	}
	printf(" %s |\n", all_replayed ? "same hash" : "DIFFERS");
	return portfolio && all_replayed;
}

/* A line of tokens: name, hash, token. */
static bool tell_token(const struct bug *bug)
{
	struct outcome found = { .token = NULL };
	bool replayed = false;

	if (first_found(bug, &sim_search_portfolio, &replayed, &found) && replayed)
		printf("%s\t%016llx\t%s\n", bug->name, found.hash, found.token);
	fflush(stdout);
	free(found.token);
	return replayed;
}

/* The bug of that number: the small programs, then those in the kernel's files. @bug->program is the caller's. */
static bool bug_at(unsigned int number, struct bug *bug)
{
	const struct planted_program *own = &planted_programs[number];
	const struct planted_edit *edit = &planted_edits[number - planted_nr_programs];
	struct diagnostics diag;
	char path[512];

	if (number < planted_nr_programs) {
		*bug = (struct bug){ .name = own->name, .where = own->what, .violation = own->violation,
				     .points = own->points, .races = own->races, .own = own };
		return true;
	}
	*bug = (struct bug){ .name = edit->name, .where = edit->what, .violation = edit->violation,
			     .points = edit->points, .races = edit->races, .edit = edit };
	snprintf(path, sizeof(path), "%s/scenarios/%s.pin", PLANTED_FOLDER, edit->scenario);
	diagnostics_init(&diag);
	bug->program = program_load(path, &diag);
	if (!bug->program)
		fputs(diag.text, stderr);
	diagnostics_free(&diag);
	return bug->program;
}

static unsigned int nr_bugs(void)
{
	return planted_nr_programs + planted_nr_edits;
}

/* Each bug that this build can tell, or that one: how many it could not serve. */
static unsigned int each(const char *only, unsigned long random_runs, bool tokens)
{
	unsigned int missed = 0;

	for (unsigned int i = 0; i < nr_bugs(); i++) {
		struct bug bug;

		if (!bug_at(i, &bug))
			missed++;
		else if (can_tell(&bug) && (!only || !strcmp(only, bug.name)))
			missed += tokens ? !tell_token(&bug) : !row(&bug, random_runs);
		program_free(bug.program);
	}
	return missed;
}

static bool replay_line(char *line)
{
	char *hash = strchr(line, '\t'), *token = hash ? strchr(hash + 1, '\t') : NULL;
	struct outcome found;

	if (!token)
		return false;
	*hash++ = *token++ = '\0';
	token[strcspn(token, "\n")] = '\0';
	found = (struct outcome){ .hash = strtoull(hash, NULL, 16), .token = token };
	for (unsigned int i = 0; i < nr_bugs(); i++) {
		struct bug bug;
		bool same = false, is = bug_at(i, &bug) && !strcmp(bug.name, line);

		if (is)
			same = replays(&bug, &found);
		program_free(bug.program);
		if (is)
			return same;
	}
	return false;
}

/* Standard input, a token a line. Returns how many were another run. */
static unsigned int replay_all(void)
{
	unsigned int differ = 0, lines = 0;
	char *line = NULL;
	size_t size = 0;

	for (; getline(&line, &size, stdin) > 0; lines++) {
		bool same = replay_line(line);

		if (!same)
			printf("%s: DIFFERS\n", line);
		differ += !same;
	}
	free(line);
	printf("%u tokens, %u differ\n", lines, differ);
	return lines ? differ : 1;
}

int main(int argc, char **argv)
{
	bool tokens = argc > 1 && !strcmp(argv[1], "tokens"), again = argc > 1 && !strcmp(argv[1], "replay");
	unsigned long random_runs = argc > 1 ? strtoul(argv[1], NULL, 0) : SCHEDULES_MAX;
	const char *only = argc > 2 ? argv[2] : NULL;
	struct kernel_list list = { NULL, 0 };
	unsigned int missed;

	sim_catch_oopses();
	if ((!random_runs && !tokens && !again) || kernel_list_add(&list, "v6.12"))
		return 2;
	planted_kernel = &list.kernels[0]->kernel;
	if (!tokens && !again)
		printf("| bug | the mistake | is | orders | random shows it in | random | pct | bounded | dpor | "
		       "portfolio | replayed |\n"
		       "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
	missed = again ? replay_all() : each(only, random_runs, tokens);
	kernel_list_free(&list);
	if (missed)
		fprintf(stderr, "bench_planted: %u not found by the portfolio, or not replayed\n", missed);
	return missed ? 1 : 0;
}
