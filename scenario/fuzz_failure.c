// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What becomes of a failing program: it is shrunk, told apart from what was told before,
 * and written as a file that states what it shows.
 *
 * A failure has two signatures: a rough one of the program as it was drawn (which
 * violation, in which call), so that a common failure is not shrunk thousands of times,
 * and a fine one of the shrunk program (which violation, by which calls), which is what
 * is told apart.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <scenario/print.h>
#include <scenario/shrink.h>
#include "arena.h"
#include "fuzz.h"

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

unsigned long fuzz_rough_signature(const struct fuzz_verdict *verdict, const struct program *program)
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
	struct run_options options = fuzz_run_options(&question->check);
	struct run_result result;
	struct text_stream stream;
	FILE *out = text_begin(&stream);

	options.seed = question->seed;
	options.events = &annotate_events;
	options.arg = &annotation;
	fuzz_run(program, &options, &result);
	print_head(fuzz, verdict, question, number, out);
	program_print(program, NULL, out);
	print_violations(&result, out);
	run_result_free(&result);
	return text_end(&stream);
}

/* Where the two part, side by side. */
static void show_difference(const struct fuzz *fuzz, const struct fuzz_check *check, const char *text)
{
	struct program *program = fuzz_parsed(text);

	if (program)
		fuzz_compare(check, program, fuzz->difference);
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

unsigned int fuzz_seen_before(struct fuzz_shared *shared, unsigned long signature)
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

/* Takes back the last fuzz_seen_before(). */
static void not_seen(struct fuzz_shared *shared, unsigned long signature)
{
	unsigned int at = (unsigned int)(signature % SIGNATURES), tries;

	for (tries = 0; tries < SIGNATURES; tries++, at = (at + 1) % SIGNATURES)
		if (shared->signature[at].hash == signature) {
			atomic_fetch_sub(&shared->signature[at].times, 1);
			return;
		}
}

bool fuzz_leaves_off(const struct fuzz *fuzz)
{
	return fuzz->options->stop && *fuzz->options->stop && fuzz->options->folder;
}

/* The schedule that shows it, of the file with @text: a token, malloc'd; NULL: none, or one of too many choices. */
static char *token_of(const struct question *question, const char *text)
{
	struct run_options options = fuzz_run_options(&question->check);
	struct program *program = fuzz_parsed(text);
	struct run_result result;
	char *token = NULL;

	if (program && program->has_parallel) {
		options.seed = question->seed;
		fuzz_run(program, &options, &result);
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

	if (fuzz_seen_before(fuzz->shared, signature))
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
	smaller = fuzz_parsed(result.text);
	free(result.text);
	return smaller;
}

bool fuzz_fail(struct fuzz *fuzz, const struct fuzz_check *check, struct fuzz_verdict verdict, unsigned long rough,
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
	if (fuzz_leaves_off(fuzz)) {
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
