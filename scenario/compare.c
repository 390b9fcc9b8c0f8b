// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Comparing backends: each run leaves a record for each step, and the records are
 * compared afterwards. Frames are handed out in the order of first use, so the
 * same steps give the same frames, and the pins of all of them are one hash.
 */
#include <stdlib.h>
#include <string.h>
#include <mm_model/state.h>
#include <scenario/compare.h>
#include "arena.h"
#include "report.h"

struct step_record {
	unsigned int index;
	const struct stmt *stmt;
	enum step_skip skip;
	long ret;
	char outcome[200];
	struct task_counters *tasks;
	unsigned int nr_tasks;
	unsigned long pages_pinned;
	unsigned long long pins;	/* hash of every page's */
};

struct record {
	struct step_record *step;
	unsigned int nr;
	struct run_result result;
};

static unsigned long long hash_word(unsigned long long hash, unsigned long word)
{
	for (unsigned int i = 0; i < 8; i++, word >>= 8)
		hash = (hash ^ (word & 0xff)) * 0x100000001b3ULL;
	return hash;
}

static unsigned long long hash_pins(void)
{
	unsigned long long hash = 0xcbf29ce484222325ULL;
	struct mm_pin_run run;
	unsigned long frame;

	/* pages one by one, as runs may be cut differently; the zero page is the last */
	for (frame = 0; mm_pin_state(frame, &run); frame = run.frame + run.nr) {
		for (unsigned long i = 0; i < run.nr; i++)
			hash = hash_word(hash_word(hash, run.frame + i), run.pins);
		if (run.frame + run.nr <= frame)
			break;
	}
	return hash;
}

static void record_step(void *arg, const struct step_report *report)
{
	struct record *record = arg;
	struct step_record *step;
	struct step_report plain = *report;
	char text[200];

	record->step = xrealloc(record->step, (record->nr + 1) * sizeof(*record->step));
	step = &record->step[record->nr++];
	*step = (struct step_record){
		.index = report->index,
		.stmt = report->stmt,
		.skip = report->skip,
		.ret = report->ret,
		.nr_tasks = report->nr_tasks,
		.pages_pinned = mm_pages_pinned(),
		.pins = hash_pins(),
	};
	/* only one of the two may know in words why a limit refused */
	plain.refusal = NULL;
	snprintf(step->outcome, sizeof(step->outcome), "%s", outcome_text(&plain, text, sizeof(text)));
	step->tasks = xrealloc(NULL, (report->nr_tasks + 1) * sizeof(*step->tasks));
	memcpy(step->tasks, report->tasks, report->nr_tasks * sizeof(*step->tasks));
}

static void record_expect(void *arg, const struct expect_report *report)
{
}

static const struct run_events record_events = { record_step, record_expect };

static void record_free(struct record *record)
{
	for (unsigned int i = 0; i < record->nr; i++)
		free(record->step[i].tasks);
	free(record->step);
	run_result_free(&record->result);
}

/* Steps before the first parallel block. */
static unsigned int sequential_steps(const struct program *program)
{
	unsigned int steps = 0;

	for (unsigned int i = 0; i < program->nr_items && program->items[i].kind != ITEM_PARALLEL; i++)
		steps += program->items[i].kind == ITEM_STEP;
	return steps;
}

static bool has_parallel(const struct program *program)
{
	for (unsigned int i = 0; i < program->nr_items; i++)
		if (program->items[i].kind == ITEM_PARALLEL)
			return true;
	return false;
}

static bool same_counters(const struct step_record *a, const struct step_record *b)
{
	if (a->nr_tasks != b->nr_tasks)
		return false;
	for (unsigned int i = 0; i < a->nr_tasks; i++)
		if (a->tasks[i].alive != b->tasks[i].alive || a->tasks[i].locked_vm != b->tasks[i].locked_vm ||
		    a->tasks[i].pinned_vm != b->tasks[i].pinned_vm ||
		    a->tasks[i].user_locked_vm != b->tasks[i].user_locked_vm)
			return false;
	return true;
}

static bool same_step(const struct step_record *a, const struct step_record *b)
{
	return a->index == b->index && a->skip == b->skip && a->ret == b->ret && !strcmp(a->outcome, b->outcome) &&
	       a->pages_pinned == b->pages_pinned && a->pins == b->pins && same_counters(a, b);
}

/* The violations of one step, in order of reporting, each once; the last one's text in *@text. */
static unsigned long violations_of(const struct run_result *result, unsigned int step, const char **text)
{
	unsigned long mask = 0;

	*text = NULL;
	for (size_t i = 0; i < result->nr_violations; i++) {
		if (result->violations[i].step != step)
			continue;
		mask |= 1UL << result->violations[i].violation;
		*text = result->violations[i].text;
	}
	return mask;
}

static void print_row(FILE *out, const char *name, const char *a, const char *b)
{
	fprintf(out, "  %c %-40.60s %-28s %s\n", strcmp(a, b) ? '*' : ' ', name, a, b);
}

static void print_counter(FILE *out, const char *task, const char *counter, long a, long b)
{
	char name[96], left[32], right[32];

	snprintf(name, sizeof(name), "%s.%s", task, counter);
	snprintf(left, sizeof(left), "%ldp", a);
	snprintf(right, sizeof(right), "%ldp", b);
	print_row(out, name, left, right);
}

static void print_difference(FILE *out, const struct step_record *a, const struct step_record *b)
{
	char left[40], right[40];

	print_row(out, "result", a->outcome, b->outcome);
	for (unsigned int i = 0; i < a->nr_tasks && i < b->nr_tasks; i++) {
		print_counter(out, a->tasks[i].name, "locked_vm", a->tasks[i].locked_vm, b->tasks[i].locked_vm);
		print_counter(out, a->tasks[i].name, "pinned_vm", a->tasks[i].pinned_vm, b->tasks[i].pinned_vm);
		print_counter(out, a->tasks[i].name, "user_locked_vm", a->tasks[i].user_locked_vm,
			      b->tasks[i].user_locked_vm);
	}
	snprintf(left, sizeof(left), "%lu", a->pages_pinned);
	snprintf(right, sizeof(right), "%lu", b->pages_pinned);
	print_row(out, "pages pinned", left, right);
	snprintf(left, sizeof(left), "%016llx", a->pins);
	snprintf(right, sizeof(right), "%016llx", b->pins);
	print_row(out, "hash of the pages' pins", left, right);
}

static void print_head(const struct compare_options *options, const struct program *program, unsigned int index,
		       const struct stmt *stmt)
{
	fprintf(options->out, "DIFF  %s on %s, step %u", program->path, options->kernel->name, index);
	if (stmt)
		fprintf(options->out, ": %s: %s", stmt->step.task_name, stmt->step.text);
	fprintf(options->out, "\n    %-40s %-28s %s\n", "", options->backend[0]->name, options->backend[1]->name);
}

static enum compared compare_records(const struct program *program, const struct compare_options *options,
				     const struct record *a, const struct record *b)
{
	unsigned int i, nr = sequential_steps(program);
	const char *left, *right;

	for (i = 0; i < nr && i < a->nr && i < b->nr; i++) {
		const struct step_record *x = &a->step[i], *y = &b->step[i];

		if (x->skip == STEP_SKIP_ABSENT || y->skip == STEP_SKIP_ABSENT)
			break;
		if (violations_of(&a->result, x->index, &left) != violations_of(&b->result, y->index, &right) ||
		    !same_step(x, y)) {
			print_head(options, program, x->index, x->stmt);
			print_difference(options->out, x, y);
			print_row(options->out, "violation", left ? left : "-", right ? right : "-");
			return COMPARED_DIFFERENT;
		}
	}
	if (i == nr && !has_parallel(program) &&
	    violations_of(&a->result, nr + 1, &left) != violations_of(&b->result, nr + 1, &right)) {
		print_head(options, program, nr + 1, NULL);
		print_row(options->out, "violation at the end", left ? left : "-", right ? right : "-");
		return COMPARED_DIFFERENT;
	}
	fprintf(options->out, "same  %s on %s: %u of %u steps compared\n", program->path, options->kernel->name, i,
		a->nr);
	return COMPARED_SAME;
}

enum compared compare_backends(const struct program *program, const struct compare_options *options)
{
	struct record record[2] = { 0 };
	enum compared compared;

	for (unsigned int i = 0; i < 2; i++) {
		const struct run_options run = {
			.kernel = options->kernel,
			.backend = options->backend[i],
			.seed = options->seed,
			.counters = true,
			.events = &record_events,
			.arg = &record[i],
			.stop = options->stop,
		};

		scenario_run(program, &run, &record[i].result);
	}
	if (record[0].result.error || record[1].result.error)
		compared = COMPARED_ERROR;
	else
		compared = compare_records(program, options, &record[0], &record[1]);
	record_free(&record[0]);
	record_free(&record[1]);
	return compared;
}
