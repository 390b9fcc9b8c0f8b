// SPDX-License-Identifier: GPL-2.0-or-later
/* Comparing backends: the records of two runs, step by step; a parallel block in several orders of its calls. */
#include <string.h>
#include <scenario/compare.h>
#include "record.h"

#define ALL_PARTS (RECORD_RESULT | RECORD_ADDRESS | RECORD_COUNTERS | RECORD_PAGES | RECORD_PINS | \
		   RECORD_STATE)

#define ORDERS 8	/* of a program with a parallel block, by as many seeds */

/* Will the caller's allocations fail from here on, or one of them? */
static bool fails_allocations(const struct step *step)
{
	return !strcmp(step->op->name, "fail_nth") ||
	       (!strcmp(step->op->name, "fail") && !strcmp(step->operand[0].word, "alloc"));
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
	if (a->refusal || b->refusal)
		print_row(out, "why", a->refusal ? a->refusal : "-", b->refusal ? b->refusal : "-");
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
	snprintf(left, sizeof(left), "%016lx", a->state);
	snprintf(right, sizeof(right), "%016lx", b->state);
	print_row(out, "hash of what is held and mapped", left, right);
}

static void print_head(const struct compare_options *options, const struct program *program, unsigned int index,
		       const struct stmt *stmt)
{
	fprintf(options->out, "DIFF  %s on %s, step %u", program->path, options->kernel->name, index);
	if (stmt)
		fprintf(options->out, ": %s: %s", stmt->step.task_name, stmt->step.text);
	fprintf(options->out, "\n    %-40s %-28s %s\n", "", options->backend[0]->name, options->backend[1]->name);
}

static bool same_refusal(const struct step_record *a, const struct step_record *b)
{
	return !a->refusal || !b->refusal ? a->refusal == b->refusal : !strcmp(a->refusal, b->refusal);
}

/* A difference, told. */
static enum compared differ(const struct program *program, const struct compare_options *options,
			    const struct step_record *x, const struct step_record *y, const char *left,
			    const char *right)
{
	print_head(options, program, x->index, x->stmt);
	print_difference(options->out, x, y);
	print_row(options->out, "violation", left ? left : "-", right ? right : "-");
	return COMPARED_DIFFERENT;
}

/* *@steps: how many were compared. */
static enum compared compare_records(const struct program *program, const struct compare_options *options,
				     const struct record *a, const struct record *b, unsigned int *steps)
{
	const char *left, *right;
	bool faults = false;
	unsigned int i, end;

	for (i = 0; i < a->nr && i < b->nr; i++) {
		const struct step_record *x = &a->step[i], *y = &b->step[i];

		*steps = i;
		if (x->skip == STEP_SKIP_ABSENT || y->skip == STEP_SKIP_ABSENT)
			return COMPARED_SAME;
		faults |= fails_allocations(&x->stmt->step);
		if (violations_of(&a->result, x->index, &left) == violations_of(&b->result, y->index, &right) &&
		    !step_records_differ(x, y, ALL_PARTS) && same_refusal(x, y))
			continue;
		return faults ? COMPARED_SAME : differ(program, options, x, y, left, right);
	}
	*steps = i;
	end = a->nr + 1;
	if (a->nr == b->nr &&
	    (violations_of(&a->result, end, &left) == violations_of(&b->result, end, &right) || faults))
		return COMPARED_SAME;
	print_head(options, program, end, NULL);
	print_row(options->out, "violation at the end", left ? left : "-", right ? right : "-");
	return COMPARED_DIFFERENT;
}

static enum compared compare_order(const struct program *program, const struct compare_options *options,
				   unsigned long seed, unsigned int *steps, unsigned int *of)
{
	struct record record[2];
	enum compared compared;

	for (unsigned int i = 0; i < 2; i++) {
		const struct run_options run = {
			.kernel = options->kernel,
			.backend = options->backend[i],
			.strategy = &sim_strategy_calls,
			.seed = seed,
			.counters = true,
			.stop = options->stop,
		};

		record_run(program, &run, true, &record[i]);
	}
	*of = record[0].nr;
	if (record[0].result.error || record[1].result.error)
		compared = COMPARED_ERROR;
	else
		compared = compare_records(program, options, &record[0], &record[1], steps);
	record_free(&record[0]);
	record_free(&record[1]);
	return compared;
}

enum compared compare_backends(const struct program *program, const struct compare_options *options)
{
	unsigned int orders = program->has_parallel ? ORDERS : 1, least = ~0u, steps = 0, of = 0;
	enum compared compared = COMPARED_SAME;

	for (unsigned int i = 0; i < orders && compared == COMPARED_SAME; i++) {
		compared = compare_order(program, options, options->seed + i, &steps, &of);
		if (steps < least)
			least = steps;
	}
	if (compared == COMPARED_SAME)
		fprintf(options->out, "same  %s on %s: %u of %u steps compared, %u order%s\n", program->path,
			options->kernel->name, least, of, orders, orders > 1 ? "s" : "");
	return compared;
}
