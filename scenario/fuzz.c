// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The fuzzer: programs by number, each run and judged, failures shrunk and told.
 *
 * A failure has two signatures: a rough one of the program as it was drawn (which
 * violation, in which call), so that a common failure is not shrunk thousands of times,
 * and a fine one of the shrunk program (which violation, by which calls), which is what
 * is told apart.
 *
 * Jobs are processes that take every JOBS-th number; sums, and what they have found, are
 * in memory that they share. Which failures are shrunk depends on which came before, so
 * the process that made the jobs does that, in the order of the numbers: a failing
 * program's turn comes when all before it have been run. So what is told, and what a
 * folder remembers, is the same by any number of jobs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <scenario/compare.h>
#include <scenario/fuzz.h>
#include <scenario/print.h>
#include <scenario/shrink.h>
#include "arena.h"
#include "fuzz.h"

/* One program in so many is run twice; one in so many is looked at call by call. */
#define TWICE_EVERY 256
#define SAMPLE_EVERY 32
/* Scheduling points of one program: what takes more does not end. */
#define POINTS_MAX 5000000
/* So many failures of one rough signature are shrunk. */
#define ROUGH_TRIES 4

static double now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

unsigned long fuzz_program_seed(unsigned long seed, unsigned long number)
{
	unsigned long mixed = (seed + 1) * 0x9e3779b97f4a7c15ul ^ (number + 1) * 0xbf58476d1ce4e5b9ul;

	return mixed ^ mixed >> 29;
}

/* --- one program -------------------------------------------------------------------- */

static void count_step(void *arg, const struct step_report *step)
{
	struct fuzz_stats *stats = arg;

	stats->sampled_steps++;
	if (step->skip != STEP_RAN)
		return;
	stats->sampled_ran++;
	if (!step->returned || step->ret < 0)
		return;
	stats->sampled_succeeded++;
	stats->sampled_charging += step->stmt->step.op->random.charges;
}

static const struct run_events count_events = { .step = count_step };

static struct run_options options_of(const struct fuzz_check *check)
{
	return (struct run_options){
		.kernel = check->kernel,
		.backend = check->backend[0],
		.seed = check->seed,
		.points_max = POINTS_MAX,
		.stop = check->stop,
	};
}

/*
 * The run of a seed. Where the order is open every other seed means random choices,
 * and the rest priorities that change a few times, at points below a random bound.
 */
static void run_scheduled(const struct program *program, const struct run_options *options, struct run_result *result)
{
	struct sim_pct_context pct = {
		.depth = 2 + (unsigned int)(options->seed >> 1) % 4,
		.points = 16ul << (options->seed >> 3) % 6,
	};
	struct run_options run = *options;

	if (program->has_parallel && options->seed % 2) {
		run.strategy = &sim_strategy_pct;
		run.context = &pct;
	}
	scenario_run(program, &run, result);
}

static enum compared compare(const struct fuzz_check *check, const struct program *program, FILE *out)
{
	const struct compare_options options = {
		.kernel = check->kernel,
		.backend = { check->backend[0], check->backend[1] },
		.seed = check->seed,
		.out = out,
		.stop = check->stop,
	};

	return compare_backends(program, &options);
}

/*
 * The first violation that counts: nothing explains it, or that is no excuse. What is
 * explained is counted.
 */
static void judge(const struct fuzz_check *check, const struct program *program, const struct run_result *result,
		  struct fuzz_verdict *verdict)
{
	size_t i;
	int known;

	for (i = 0; i < result->nr_violations; i++) {
		known = explain(program, check->kernel, result, i);
		if (known >= 0 && check->stats)
			check->stats->explained[known]++;
		if ((known >= 0 && !check->known) || check->ignored & 1ul << result->violations[i].violation ||
		    (check->one_violation &&
		     (result->violations[i].violation != check->wanted || known != check->wanted_known)))
			continue;
		verdict->violation = result->violations[i].violation;
		verdict->step = result->violations[i].step;
		verdict->known = known;
		return;
	}
}

static char *text_of(const struct program *program)
{
	struct text_stream stream;

	program_print(program, NULL, text_begin(&stream));
	return text_end(&stream);
}

static struct program *parsed(const char *text)
{
	struct diagnostics diag;
	struct program *program;

	diagnostics_init(&diag);
	program = program_parse("random program", text, strlen(text), &diag);
	diagnostics_free(&diag);
	return program;
}

/* A second run, of what is parsed from the program's text: a pure function of the program. */
static bool same_again(const struct program *program, const struct run_options *options, unsigned long long hash)
{
	char *text = text_of(program);
	struct program *again = parsed(text);
	struct run_result result;
	bool same = false;

	free(text);
	if (again) {
		run_scheduled(again, options, &result);
		same = result.hash == hash;
		run_result_free(&result);
	}
	program_free(again);
	return same;
}

/* What is cut off in the middle says nothing. */
static bool is_cut_off(const struct fuzz_check *check)
{
	return check->stop && *check->stop;
}

struct fuzz_verdict fuzz_check(const struct fuzz_check *check, const struct program *program)
{
	struct fuzz_verdict verdict = { .kind = FUZZ_HOLDS, .violation = VIOLATION_NR, .known = -1 };
	struct run_options options = options_of(check);
	struct run_result result;

	if (check->count) {
		options.events = &count_events;
		options.arg = check->stats;
	}
	run_scheduled(program, &options, &result);
	options.events = NULL;
	judge(check, program, &result, &verdict);
	if (result.verdict == VERDICT_ERROR) {
		verdict.kind = is_cut_off(check) ? FUZZ_HOLDS : FUZZ_ERROR;
	} else if (verdict.violation != VIOLATION_NR) {
		verdict.kind = FUZZ_VIOLATION;
	} else if (check->twice && !same_again(program, &options, result.hash) && !is_cut_off(check)) {
		verdict.kind = FUZZ_OTHERWISE;
	}
	run_result_free(&result);
	if (verdict.kind == FUZZ_HOLDS && check->backend[1] &&
	    compare(check, program, check->nowhere) == COMPARED_DIFFERENT && !is_cut_off(check))
		verdict.kind = FUZZ_DIFFERS;
	return verdict;
}

/* --- shrinking and writing ------------------------------------------------------------- */

struct question {
	struct fuzz_check check;
	struct fuzz_verdict verdict;
	unsigned long seed;
};

#define SCHEDULES 20

/* In the same way: of a program with a parallel block, in some schedule. */
static bool fails_alike(void *arg, const struct program *program)
{
	struct question *question = arg;
	unsigned int i;

	for (i = 0; i < (program->has_parallel ? SCHEDULES : 1); i++) {
		struct fuzz_check check = question->check;
		struct fuzz_verdict verdict;

		check.seed = i ? i - 1 : question->seed;
		verdict = fuzz_check(&check, program);
		if (verdict.kind == question->verdict.kind && verdict.violation == question->verdict.violation) {
			question->seed = check.seed;
			return true;
		}
	}
	return false;
}

static unsigned long hash_text(unsigned long hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3ul;
	return (hash ^ 0xff) * 0x100000001b3ul;
}

static const char *kind_text(const struct fuzz_verdict *verdict)
{
	switch (verdict->kind) {
	case FUZZ_VIOLATION:
		return sim_violation_name(verdict->violation);
	case FUZZ_OTHERWISE:
		return "two runs that differ";
	case FUZZ_DIFFERS:
		return "backends that differ";
	case FUZZ_ERROR:
		return "a program that cannot be run";
	case FUZZ_HOLDS:
		break;
	}
	return "";
}

static const char *op_of_step(const struct program *program, unsigned long step)
{
	unsigned int i;

	for (i = 0; i < program->nr_items; i++)
		if (program->items[i].kind == ITEM_STEP && !--step)
			return program->items[i].stmt->step.op_name;
	return "the end";
}

static unsigned long rough_signature(const struct fuzz_verdict *verdict, const struct program *program)
{
	if (verdict->known >= 0)
		return hash_text(0, explanation_at((size_t)verdict->known)->name);
	return hash_text(hash_text(0xcbf29ce484222325ul, kind_text(verdict)), op_of_step(program, verdict->step));
}

static unsigned long fine_signature(const struct fuzz_verdict *verdict, const struct program *program)
{
	unsigned long hash = hash_text(0xcbf29ce484222325ul, kind_text(verdict));
	unsigned int i;

	if (verdict->known >= 0)
		return hash_text(1, explanation_at((size_t)verdict->known)->name) | 1;
	for (i = 0; i < program->nr_items; i++)
		if (program->items[i].kind == ITEM_STEP)
			hash = hash_text(hash, program->items[i].stmt->step.op_name);
	return hash | 1;
}

/* What each call of the shrunk program came to is stated, so that the file says what it shows. */
struct annotation {
	struct program *program;
	unsigned int at;
};

static struct result_case *stated(struct arena *arena, const char *word)
{
	struct result_case *only = arena_alloc(arena, sizeof(*only));
	struct term *term = arena_alloc(arena, sizeof(*term));

	only->results = arena_alloc(arena, sizeof(*only->results));
	only->results->value = arena_alloc(arena, sizeof(*only->results->value));
	only->results->value->terms = term;
	term->path = arena_alloc(arena, sizeof(*term->path));
	term->path->name = word;
	return only;
}

static void annotate(void *arg, const struct step_report *report)
{
	struct annotation *annotation = arg;
	struct step *step = (struct step *)&report->stmt->step;
	const char *name = report->ret < 0 && report->ret > -4096 ? errno_name((int)-report->ret) : NULL;

	if (report->skip != STEP_RAN || !report->returned)
		return;
	/* stopping at a number would only repeat the value: that it succeeds is enough */
	step->cases = report->ret >= 0 ? NULL : stated(annotation->program->arena, name ? name : "fail");
}

static const struct run_events annotate_events = { .step = annotate };

static void print_head(const struct fuzz *fuzz, const struct fuzz_verdict *verdict, const struct question *question,
		       unsigned long number, FILE *out)
{
	const struct fuzz_options *options = fuzz->options;

	if (verdict->known >= 0)
		fprintf(out, "title \"%s\"\nref \"%s; ", explanation_at((size_t)verdict->known)->what,
			explanation_at((size_t)verdict->known)->source);
	else
		fprintf(out, "title \"%s\"\nref \"", kind_text(verdict));
	fprintf(out, "pinsim fuzz --seed %lu, program %lu%s", options->seed, number,
		options->gen.parallel ? " --parallel" : "");
	fprintf(out, "\"\nkernels %s\n\n", question->check.kernel->name);
}

/* All of them, each once: the file states what it shows, and so passes. */
static void print_violations(const struct run_result *result, FILE *out)
{
	unsigned long told = 0;
	size_t i;

	for (i = 0; i < result->nr_violations; i++) {
		unsigned long one = 1ul << result->violations[i].violation;

		if (!(told & one))
			fprintf(out, "%s%s", told ? ", " : "expect violation ",
				sim_violation_name(result->violations[i].violation));
		told |= one;
	}
	if (told)
		fputc('\n', out);
}

static char *annotated(const struct fuzz *fuzz, const struct fuzz_verdict *verdict, struct question *question,
		       struct program *program, unsigned long number)
{
	struct annotation annotation = { .program = program };
	struct run_options options = options_of(&question->check);
	struct run_result result;
	struct text_stream stream;
	FILE *out = text_begin(&stream);

	options.seed = question->seed;
	options.events = &annotate_events;
	options.arg = &annotation;
	run_scheduled(program, &options, &result);
	print_head(fuzz, verdict, question, number, out);
	program_print(program, NULL, out);
	print_violations(&result, out);
	run_result_free(&result);
	return text_end(&stream);
}

/* Where the two part, side by side. */
static void show_difference(const struct fuzz *fuzz, const struct fuzz_check *check, const char *text)
{
	struct program *program = parsed(text);

	if (program)
		compare(check, program, fuzz->difference);
	program_free(program);
}

static char *write_failure(const struct fuzz *fuzz, const struct fuzz_verdict *verdict, unsigned long signature,
			   const char *text)
{
	char *path = NULL, name[96];
	FILE *out;

	if (!fuzz->options->folder)
		return NULL;
	if (verdict->known >= 0)
		snprintf(name, sizeof(name), "%s", explanation_at((size_t)verdict->known)->name);
	else
		snprintf(name, sizeof(name), "%s-%08lx",
			 verdict->kind == FUZZ_VIOLATION ? kind_text(verdict) : "differs", signature >> 32);
	path = xasprintf("%s/%s.pin", fuzz->options->folder, name);
	out = fopen(path, "w");
	if (out) {
		fputs(text, out);
		if (!fclose(out))
			return path;
	}
	fprintf(stderr, "pinsim: cannot write '%s': %s\n", path, strerror(errno));
	free(path);
	return NULL;
}

/* Enters a signature; returns how often it was there before. */
static unsigned int seen_before(struct fuzz_shared *shared, unsigned long signature)
{
	unsigned int at = (unsigned int)(signature % SIGNATURES), tries;
	unsigned long empty;

	for (tries = 0; tries < SIGNATURES; tries++, at = (at + 1) % SIGNATURES) {
		empty = 0;
		if (atomic_compare_exchange_strong(&shared->signature[at].hash, &empty, signature) ||
		    empty == signature)
			return atomic_fetch_add(&shared->signature[at].times, 1);
	}
	return ~0u;
}

/* Takes back the last seen_before(). */
static void not_seen(struct fuzz_shared *shared, unsigned long signature)
{
	unsigned int at = (unsigned int)(signature % SIGNATURES), tries;

	for (tries = 0; tries < SIGNATURES; tries++, at = (at + 1) % SIGNATURES)
		if (shared->signature[at].hash == signature) {
			atomic_fetch_sub(&shared->signature[at].times, 1);
			return;
		}
}

/* Was the session told to stop, and does the folder remember where? */
static bool leaves_off(const struct fuzz *fuzz)
{
	return fuzz->options->stop && *fuzz->options->stop && fuzz->options->folder;
}

/* The schedule that shows it, of the file with @text: a token, malloc'd; NULL: none, or one of too many choices. */
static char *token_of(const struct question *question, const char *text)
{
	struct run_options options = options_of(&question->check);
	struct program *program = parsed(text);
	struct run_result result;
	char *token = NULL;

	if (program && program->has_parallel) {
		options.seed = question->seed;
		run_scheduled(program, &options, &result);
		token = result.token;
		result.token = NULL;
		run_result_free(&result);
	}
	program_free(program);
	return token;
}

static void tell(struct fuzz *fuzz, const struct fuzz_verdict *verdict, struct question *question,
		 struct program *shrunk, unsigned long number)
{
	unsigned long signature = fine_signature(verdict, shrunk);
	struct fuzz_failure failure = { .what = kind_text(verdict), .program = number, .calls = shrunk->nr_steps };
	char *text, *path, *token;

	if (seen_before(fuzz->shared, signature))
		return;
	failure.number = atomic_fetch_add(&fuzz->shared->failures, 1) + 1;
	if (failure.number > FUZZ_FAILURES_MAX)
		return;
	text = annotated(fuzz, verdict, question, shrunk, number);
	path = write_failure(fuzz, verdict, signature, text);
	token = token_of(question, text);
	failure.kernel = question->check.kernel->name;
	failure.token = token;
	failure.text = text;
	failure.path = path;
	if (verdict->kind == FUZZ_DIFFERS)
		show_difference(fuzz, &question->check, text);
	if (fuzz->events && fuzz->events->failure)
		fuzz->events->failure(fuzz->arg, &failure);
	free(token);
	free(text);
	free(path);
}

static struct program *shrunk_program(const struct fuzz *fuzz, struct question *question, const struct program *program)
{
	const struct shrink_options options = {
		.fails = fails_alike,
		.arg = question,
		.witness = &question->seed,
		.tries_max = fuzz->options->shrink ? 3000 : 1,
		.stop = fuzz->options->stop,
	};
	struct shrink_result result;
	struct program *smaller;

	if (!shrink(program, &options, &result))
		return NULL;
	smaller = parsed(result.text);
	free(result.text);
	return smaller;
}

/* Shrinks and tells what @rough says of nothing that was seen before. Returns false where that was cut off. */
static bool fail(struct fuzz *fuzz, const struct fuzz_check *check, struct fuzz_verdict verdict, unsigned long rough,
		 const struct program *program, unsigned long number)
{
	struct question question = { .check = *check, .verdict = verdict, .seed = check->seed };
	struct program *shrunk;

	question.check.count = false;
	question.check.stats = NULL;
	question.check.twice = verdict.kind == FUZZ_OTHERWISE;
	question.check.one_violation = verdict.kind == FUZZ_VIOLATION;
	question.check.wanted = verdict.violation;
	question.check.wanted_known = verdict.known;
	if (verdict.kind != FUZZ_DIFFERS)
		question.check.backend[1] = NULL;
	shrunk = shrunk_program(fuzz, &question, program);
	/* nor is what has been made smaller by then the failure that the next session comes to */
	if (leaves_off(fuzz)) {
		not_seen(fuzz->shared, rough);
		program_free(shrunk);
		return false;
	}
	if (!shrunk) {
		/* text and tree must be one program, and a run a pure function */
		fprintf(stderr, "pinsim: program %lu: %s does not show again from its text\n", number,
			kind_text(&verdict));
		atomic_fetch_add(&fuzz->shared->failures, 1);
		return true;
	}
	tell(fuzz, &verdict, &question, shrunk, number);
	program_free(shrunk);
	return true;
}

/*
 * FOLDER/state: which programs were run and what was seen in them, so that the next
 * session goes on behind them and comes to what one without an end would have, however
 * often it was stopped, and by however many jobs. Another seed, or programs that are
 * drawn otherwise, begin anew.
 */
static void state_line(const struct fuzz_options *options, char *line, size_t size)
{
	const struct gen_options *gen = &options->gen;
	size_t used, i;

	used = (size_t)snprintf(line, size, "seed %lu steps %u..%u faults %u parallel %d backends %s%s%s on",
				options->seed, gen->steps_min, gen->steps_max, gen->fault_percent, gen->parallel,
				options->backend[0]->name, options->backend[1] ? "," : "",
				options->backend[1] ? options->backend[1]->name : "");
	for (i = 0; i < gen->kernels->nr && used < size; i++)
		used += (size_t)snprintf(line + used, size - used, " %s", gen->kernels->kernels[i]->kernel.name);
}

static FILE *open_state(const struct fuzz_options *options, const char *mode)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/state", options->folder);
	return fopen(path, mode);
}

static void read_seen(FILE *file, struct fuzz_shared *shared)
{
	unsigned long hash;
	unsigned int times, at;

	while (fscanf(file, " seen %lx %u", &hash, &times) == 2) {
		for (at = 0; at < SIGNATURES && hash && times; at++) {
			unsigned int slot = (unsigned int)((hash + at) % SIGNATURES);

			if (shared->signature[slot].hash)
				continue;
			shared->signature[slot].hash = hash;
			shared->signature[slot].times = times;
			break;
		}
	}
}

/* The first program that no session in the folder has run. */
static unsigned long first_program(const struct fuzz_options *options, struct fuzz_shared *shared)
{
	char line[4096], before[4096];
	unsigned long next = options->first;
	FILE *file = options->folder && !next ? open_state(options, "r") : NULL;

	if (!file)
		return next;
	state_line(options, line, sizeof(line));
	if (fgets(before, sizeof(before), file)) {
		before[strcspn(before, "\n")] = '\0';
		if (strcmp(before, line) || fscanf(file, "next %lu", &next) != 1)
			next = 0;
		else
			read_seen(file, shared);
	}
	fclose(file);
	return next;
}

static void keep_state(const struct fuzz *fuzz)
{
	const struct fuzz_options *options = fuzz->options;
	char line[4096];
	FILE *file = options->folder ? open_state(options, "w") : NULL;
	unsigned int i;

	if (!file)
		return;
	state_line(options, line, sizeof(line));
	fprintf(file, "%s\nnext %lu\n", line, fuzz->first + fuzz->through);
	for (i = 0; i < SIGNATURES; i++)
		if (fuzz->shared->signature[i].hash)
			fprintf(file, "seen %lx %u\n", (unsigned long)fuzz->shared->signature[i].hash,
				(unsigned int)fuzz->shared->signature[i].times);
	if (fclose(file))
		fprintf(stderr, "pinsim: cannot write '%s/state': %s\n", options->folder, strerror(errno));
}

/* --- many programs ------------------------------------------------------------------------- */

static struct fuzz_check check_of(const struct fuzz *fuzz, const struct gen_facts *facts, unsigned long number)
{
	const struct fuzz_options *options = fuzz->options;

	return (struct fuzz_check){
		.kernel = facts->config.kernel,
		.backend = { options->backend[0], options->backend[1] },
		.seed = fuzz_program_seed(options->seed, number),
		.twice = number % TWICE_EVERY == 0,
		.count = number % SAMPLE_EVERY == 0,
		.stats = fuzz->stats,
		.known = options->known,
		.ignored = options->ignored,
		.nowhere = fuzz->nowhere,
		.stop = options->stop,
	};
}

static void add_program(struct fuzz_stats *stats, const struct gen_facts *facts, const struct fuzz_check *check)
{
	stats->programs++;
	stats->steps += facts->steps;
	stats->live += facts->live;
	stats->tasks += facts->tasks;
	stats->twice += check->twice;
	stats->compared += check->backend[1] != NULL;
}

/* Is a failure with that signature one too many to be shrunk? Counts it. */
static bool is_common(struct fuzz *fuzz, unsigned long rough)
{
	return seen_before(fuzz->shared, rough) >= ROUGH_TRIES;
}

static bool over(const struct fuzz *fuzz)
{
	const struct fuzz_options *options = fuzz->options;

	return (options->stop && *options->stop) ||
	       (options->failures && atomic_load(&fuzz->shared->failures) >= options->failures) ||
	       (options->seconds && now(CLOCK_MONOTONIC) - fuzz->start >= options->seconds);
}

/* The failing program @index waits for its turn. Returns false where there was no room for it until all was over. */
static bool hand_over(struct fuzz *fuzz, struct fuzz_job *job, unsigned long index, unsigned long rough)
{
	const struct timespec pause = { 0, 10 * 1000 * 1000 };
	unsigned long found = atomic_load(&job->found);

	while (found - atomic_load(&job->told) == FOUND_MAX) {
		if (over(fuzz))
			return false;
		nanosleep(&pause, NULL);
	}
	job->failing[found % FOUND_MAX].program = index;
	job->failing[found % FOUND_MAX].rough = rough;
	atomic_store(&job->found, found + 1);
	return true;
}

/* The @index-th program. @job: what finds it tells nobody itself; NULL: it does. False: it was cut off. */
static bool one(struct fuzz *fuzz, struct fuzz_job *job, unsigned long index)
{
	unsigned long number = fuzz->first + index, rough;
	unsigned long seed = fuzz_program_seed(fuzz->options->seed, number);
	struct gen_facts facts;
	struct program *program = gen_program(&fuzz->options->gen, seed, &facts);
	struct fuzz_check check = check_of(fuzz, &facts, number);
	struct fuzz_verdict verdict = fuzz_check(&check, program);
	/* it may have been cut off: the next session runs it again */
	bool done = !leaves_off(fuzz);

	if (done && verdict.kind != FUZZ_HOLDS) {
		rough = rough_signature(&verdict, program) & ~1ul;
		if (job)
			done = hand_over(fuzz, job, index, rough);
		else
			done = is_common(fuzz, rough) || fail(fuzz, &check, verdict, rough, program, number);
		fuzz->stats->failing += done;
	}
	if (done)
		add_program(fuzz->stats, &facts, &check);
	program_free(program);
	return done;
}

/* What process @number of all does. @job: for those who work for another; NULL: the only one. */
static void work(struct fuzz *fuzz, struct fuzz_job *job, unsigned int number)
{
	const struct fuzz_options *options = fuzz->options;
	double told = now(CLOCK_MONOTONIC), started = now(CLOCK_PROCESS_CPUTIME_ID), time;
	unsigned long i;

	fuzz->stats = &fuzz->shared->stats[number];
	for (i = number; (!options->runs || i < options->runs) && !over(fuzz); i += options->jobs) {
		if (!one(fuzz, job, i))
			break;
		if (job) {
			atomic_store(&job->next, i + options->jobs);
			continue;
		}
		fuzz->through = i + 1;
		/* looking at the clock costs as much as a small program */
		if (i % 64)
			continue;
		time = now(CLOCK_MONOTONIC);
		if (time - told < 1 || !fuzz->events || !fuzz->events->progress)
			continue;
		told = time;
		fuzz->stats->seconds = time - fuzz->start;
		fuzz->stats->failures = atomic_load(&fuzz->shared->failures);
		fuzz->events->progress(fuzz->arg, fuzz->stats);
	}
	fuzz->stats->cpu_seconds = now(CLOCK_PROCESS_CPUTIME_ID) - started;
}

static void add_up(const struct fuzz *fuzz, struct fuzz_stats *sum)
{
	unsigned int job, i;

	memset(sum, 0, sizeof(*sum));
	for (job = 0; job < fuzz->options->jobs; job++) {
		const struct fuzz_stats *stats = &fuzz->shared->stats[job];

		sum->programs += stats->programs;
		sum->steps += stats->steps;
		sum->live += stats->live;
		sum->tasks += stats->tasks;
		sum->sampled_steps += stats->sampled_steps;
		sum->sampled_ran += stats->sampled_ran;
		sum->sampled_succeeded += stats->sampled_succeeded;
		sum->sampled_charging += stats->sampled_charging;
		sum->twice += stats->twice;
		sum->compared += stats->compared;
		sum->failing += stats->failing;
		sum->cpu_seconds += stats->cpu_seconds;
		for (i = 0; i < EXPLANATIONS_MAX; i++)
			sum->explained[i] += stats->explained[i];
	}
	sum->failures = atomic_load(&fuzz->shared->failures);
	sum->seconds = now(CLOCK_MONOTONIC) - fuzz->start;
}

/* A child that dies of what it simulates has found something too. */
static void note_death(struct fuzz *fuzz, int status)
{
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return;
	fprintf(stderr, "pinsim: a job died (status %x), which no program may bring about\n", (unsigned int)status);
	atomic_fetch_add(&fuzz->shared->failures, 1);
}

/* How far all jobs have come. */
static unsigned long all_run(const struct fuzz *fuzz)
{
	unsigned long least = ~0ul, next;
	unsigned int job;

	for (job = 0; job < fuzz->options->jobs; job++) {
		next = atomic_load(&fuzz->shared->job[job].next);
		if (next < least)
			least = next;
	}
	return least;
}

/* The job whose failing program is the first that waits, below the @end-th; NULL: none does. */
static struct fuzz_job *first_found(struct fuzz *fuzz, unsigned long end)
{
	struct fuzz_job *first = NULL;
	unsigned int i;

	for (i = 0; i < fuzz->options->jobs; i++) {
		struct fuzz_job *job = &fuzz->shared->job[i];
		unsigned long told = atomic_load(&job->told), program;

		if (told == atomic_load(&job->found))
			continue;
		program = job->failing[told % FOUND_MAX].program;
		if (program < end) {
			end = program;
			first = job;
		}
	}
	return first;
}

/* Runs the failing program @index once more, shrinks it and tells. False: cut off. */
static bool tell_again(struct fuzz *fuzz, unsigned long index, unsigned long rough)
{
	unsigned long number = fuzz->first + index, seed = fuzz_program_seed(fuzz->options->seed, number);
	struct gen_facts facts;
	struct program *program;
	struct fuzz_check check;
	bool done;

	if (is_common(fuzz, rough))
		return true;
	program = gen_program(&fuzz->options->gen, seed, &facts);
	check = check_of(fuzz, &facts, number);
	check.count = false;
	check.stats = NULL;
	done = fail(fuzz, &check, fuzz_check(&check, program), rough, program, number);
	program_free(program);
	return done;
}

/* Tells of the failing programs, in their order, those below the @end-th. */
static void tell_in_order(struct fuzz *fuzz, unsigned long end)
{
	const struct fuzz_options *options = fuzz->options;
	struct fuzz_job *job;

	while ((job = first_found(fuzz, end))) {
		unsigned long told = atomic_load(&job->told), program = job->failing[told % FOUND_MAX].program;

		fuzz->through = program;
		/* with a folder the next session comes to it */
		if ((options->failures && atomic_load(&fuzz->shared->failures) >= options->failures) ||
		    (options->folder && over(fuzz)))
			return;
		if (!tell_again(fuzz, program, job->failing[told % FOUND_MAX].rough))
			return;
		atomic_store(&job->told, told + 1);
		fuzz->through = program + 1;
	}
	fuzz->through = end;
}

static int start_jobs(struct fuzz *fuzz, unsigned int *left)
{
	unsigned int job;
	int err = 0;

	for (job = 0; job < fuzz->options->jobs; job++)
		atomic_store(&fuzz->shared->job[job].next, job);
	for (job = 0; job < fuzz->options->jobs; job++) {
		pid_t child = fork();

		if (!child) {
			work(fuzz, &fuzz->shared->job[job], job);
			fflush(NULL);
			_exit(0);
		}
		if (child < 0)
			err = -errno;
		else
			++*left;
	}
	return err;
}

/* All jobs have ended. What waits behind a program that one has not run is told too where nobody comes to it again. */
static void tell_the_rest(struct fuzz *fuzz)
{
	unsigned long through;

	tell_in_order(fuzz, all_run(fuzz));
	through = fuzz->through;
	if (!fuzz->options->folder)
		tell_in_order(fuzz, ~0ul);
	fuzz->through = through;
}

static int work_in_children(struct fuzz *fuzz)
{
	const struct timespec pause = { 0, 20 * 1000 * 1000 };
	unsigned int left = 0, turn;
	struct fuzz_stats sum;
	int status, err = start_jobs(fuzz, &left);

	for (turn = 1; left; turn++) {
		pid_t child = waitpid(-1, &status, WNOHANG);

		if (child > 0) {
			left--;
			note_death(fuzz, status);
			continue;
		}
		tell_in_order(fuzz, all_run(fuzz));
		nanosleep(&pause, NULL);
		if (turn % 50 || !fuzz->events || !fuzz->events->progress)
			continue;
		add_up(fuzz, &sum);
		fuzz->events->progress(fuzz->arg, &sum);
	}
	tell_the_rest(fuzz);
	return err;
}

int fuzz(const struct fuzz_options *options, const struct fuzz_events *events, void *arg, struct fuzz_stats *stats)
{
	struct fuzz fuzz = { .options = options, .events = events, .arg = arg, .start = now(CLOCK_MONOTONIC) };
	int err = 0;

	memset(stats, 0, sizeof(*stats));
	if (options->folder && mkdir(options->folder, 0777) && errno != EEXIST)
		return -errno;
	fuzz.shared = mmap(NULL, sizeof(*fuzz.shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fuzz.shared == MAP_FAILED)
		return -ENOMEM;
	fuzz.first = first_program(options, fuzz.shared);
	fuzz.nowhere = fopen("/dev/null", "w");
	fuzz.difference = stdout;
	if (!fuzz.nowhere)
		err = -errno;
	else if (options->jobs > 1)
		err = work_in_children(&fuzz);
	else
		work(&fuzz, NULL, 0);
	add_up(&fuzz, stats);
	stats->first = fuzz.first;
	keep_state(&fuzz);
	if (fuzz.nowhere)
		fclose(fuzz.nowhere);
	munmap(fuzz.shared, sizeof(*fuzz.shared));
	return err;
}
