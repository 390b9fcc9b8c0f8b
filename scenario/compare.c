// SPDX-License-Identifier: GPL-2.0-or-later
/* Comparing backends: the records of two runs, step by step, up to the first parallel block. */
#include <string.h>
#include <scenario/compare.h>
#include "record.h"

#define ALL_PARTS (RECORD_RESULT | RECORD_ADDRESS | RECORD_COUNTERS | RECORD_PAGES | RECORD_PINS)

/* Steps before the first parallel block. */
static unsigned int sequential_steps(const struct program *program)
{
	unsigned int steps = 0;

	for (unsigned int i = 0; i < program->nr_items && program->items[i].kind != ITEM_PARALLEL; i++)
		steps += program->items[i].kind == ITEM_STEP;
	return steps;
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
		    step_records_differ(x, y, ALL_PARTS)) {
			print_head(options, program, x->index, x->stmt);
			print_difference(options->out, x, y);
			print_row(options->out, "violation", left ? left : "-", right ? right : "-");
			return COMPARED_DIFFERENT;
		}
	}
	if (i == nr && !program->has_parallel &&
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
	struct record record[2];
	enum compared compared;

	for (unsigned int i = 0; i < 2; i++) {
		const struct run_options run = {
			.kernel = options->kernel,
			.backend = options->backend[i],
			.seed = options->seed,
			.counters = true,
			.stop = options->stop,
		};

		record_run(program, &run, true, &record[i]);
	}
	if (record[0].result.error || record[1].result.error)
		compared = COMPARED_ERROR;
	else
		compared = compare_records(program, options, &record[0], &record[1]);
	record_free(&record[0]);
	record_free(&record[1]);
	return compared;
}
