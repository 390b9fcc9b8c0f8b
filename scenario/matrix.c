// SPDX-License-Identifier: GPL-2.0-or-later
/* Running the matrix: what came of each scenario on each kernel, and where that changed. */
#include <stdlib.h>
#include <string.h>
#include <scenario/matrix.h>
#include <scenario/report.h>
#include <sim/verdict.h>
#include "arena.h"
#include "record.h"

/* What a run's events leave for the cell: how the first step or expect that failed did. */
struct watch {
	char *text;
	char *why;
};

static void on_step(void *arg, const struct step_report *step)
{
	struct watch *watch = arg;
	char buf[256];

	if (!step->judged || step->held || watch->text)
		return;
	watch->text = xstrdup(step->ret < 0 ? error_text(step->ret, buf, sizeof(buf)) : "success");
	watch->why = xasprintf("%s:%u: %s: %s: got %s, want %s", step->stmt->pos.source->path, step->stmt->pos.line,
			       step->stmt->step.task_name, step->stmt->step.text, outcome_text(step, buf, sizeof(buf)),
			       step->want);
}

static void on_expect(void *arg, const struct expect_report *expect)
{
	struct watch *watch = arg;
	const char *got = "nothing";
	char buf[64];

	if (expect->held || !expect->applies || watch->text)
		return;
	if (expect->comparable && expect->stmt->expect.kind == EXPECT_COMPARE)
		got = expect->plain ? wide_text(expect->got, buf, sizeof(buf))
				    : bytes_text(expect->got, buf, sizeof(buf));
	watch->text = xstrdup("expect");
	watch->why = xasprintf("%s:%u: expect %s: got %s", expect->stmt->pos.source->path, expect->stmt->pos.line,
			       expect->stmt->expect.text, got);
}

static const struct run_events events = {on_step, on_expect};

void matrix_init(struct matrix *matrix, struct kernel_list *kernels, size_t nr_for_all)
{
	memset(matrix, 0, sizeof(*matrix));
	matrix->columns = *kernels;
	matrix->nr_for_all = nr_for_all;
}

/* The first violation, expected or not; of the expected ones rather the first that the file names. */
static const char *violation_of(const struct run_result *result, bool expected)
{
	const struct violation_report *first = NULL;
	size_t i;

	for (i = 0; i < result->nr_violations; i++) {
		const struct violation_report *report = &result->violations[i];

		if (report->expected == expected && (!first || (report->stated && !first->stated)))
			first = report;
	}
	return first ? sim_violation_name(first->violation) : NULL;
}

/* On a proposal only what speaks of it with a SET can fail. */
static void fill_failed(struct cell *cell, const struct run_result *result, const struct kernel *kernel,
			struct watch *watch)
{
	const char *violation = violation_of(result, false);
	bool differs = kernel->base && result->failures == result->unconditioned;

	cell->kind = differs ? CELL_DIFFERS : CELL_FAIL;
	if (watch->text) {
		cell->text = xstrdup(differs ? "differs" : watch->text);
		cell->why = watch->why;
		watch->why = NULL;
	} else {
		cell->text = xstrdup(violation ? violation : "fail");
		cell->why = xstrdup(result->nr_violations ? result->violations[0].text : "");
	}
}

static void fill_cell(struct cell *cell, const struct run_result *result, const struct kernel *kernel,
		      struct watch *watch)
{
	const char *bug = violation_of(result, true);

	switch (result->verdict) {
	case VERDICT_PASS:
		cell->kind = bug ? CELL_BUG : CELL_PASS;
		cell->text = xstrdup(bug ? bug : "pass");
		break;
	case VERDICT_NA:
		cell->kind = CELL_NA;
		cell->text = xstrdup("n/a");
		break;
	case VERDICT_ERROR:
		cell->kind = CELL_ERROR;
		cell->text = xstrdup("error");
		cell->why = xstrdup(result->error);
		break;
	case VERDICT_FAIL:
		fill_failed(cell, result, kernel, watch);
		break;
	}
}

/* Does a `kernels` statement of the file name this very kernel, quirks and all? */
static bool names_kernel(const struct program *program, const struct kernel *kernel)
{
	const struct kernels_stmt *stmt;
	struct kernel_list list;
	bool named = false;
	size_t i;

	for (stmt = program->kernels; stmt && !named; stmt = stmt->next) {
		kernel_set_list(stmt->set, true, &list);
		for (i = 0; i < list.nr; i++)
			named |= !strcmp(list.kernels[i]->name, kernel->name);
		kernel_list_free(&list);
	}
	return named;
}

/* What a run left for its cell and for the cells that it is compared with. */
struct column_run {
	bool ran;
	struct record record;
};

/* @own: a column that is there for the files that name it. */
static void run_cell(struct cell *cell, const struct program *program, struct run_options *options, bool own,
		     struct column_run *run)
{
	struct watch watch = {NULL, NULL};

	if (!program_runs_on(program, options->kernel) || (own && !names_kernel(program, options->kernel))) {
		cell->kind = CELL_EXCLUDED;
		cell->text = xstrdup("-");
	} else if (program->not_modelled) {
		cell->kind = CELL_NOT_MODELLED;
		cell->text = xstrdup("no model");
	} else {
		options->arg = &watch;
		record_run(program, options, false, &run->record);
		/* what was cut off has shown nothing */
		if (options->stop && *options->stop && run->record.result.verdict == VERDICT_ERROR) {
			cell->text = xstrdup("-");
			record_free(&run->record);
		} else {
			run->ran = true;
			fill_cell(cell, &run->record.result, options->kernel, &watch);
		}
		free(watch.text);
		free(watch.why);
	}
}

static char *change_text(const struct step_record *step, const char *now, const char *before)
{
	return xasprintf("line %u: %s: %s: %s, was %s", step->stmt->pos.line, step->stmt->step.task_name,
			 step->stmt->step.text, now, before);
}

/* The first counter that differs behind the step: "locked_vm of a 0p", "10p". */
static char *counter_change(const struct step_record *before, const struct step_record *now)
{
	for (unsigned int i = 0; i < before->nr_tasks; i++) {
		const struct task_counters *a = &before->tasks[i], *b = counters_of(now, a->name);
		const struct {
			const char *name;
			long before, now;
		} counters[] = {
			{"locked_vm", a->locked_vm, b ? b->locked_vm : 0},
			{"pinned_vm", a->pinned_vm, b ? b->pinned_vm : 0},
			{"user_locked_vm", a->user_locked_vm, b ? b->user_locked_vm : 0},
		};

		for (size_t j = 0; j < sizeof(counters) / sizeof(counters[0]); j++) {
			char text[2][64];

			if (counters[j].before == counters[j].now)
				continue;
			snprintf(text[0], sizeof(text[0]), "%.20s.%s %ldp", a->name, counters[j].name, counters[j].now);
			snprintf(text[1], sizeof(text[1]), "%ldp", counters[j].before);
			return change_text(now, text[0], text[1]);
		}
	}
	return change_text(now, "other tasks live", "others");
}

/* Steps that both have: results first, as a program sees them, then counters, then what breaks. */
static char *first_change(const struct record *before, const struct record *now)
{
	unsigned int nr = before->nr < now->nr ? before->nr : now->nr, i;
	const char *text;

	for (i = 0; i < nr; i++) {
		const struct step_record *a = &before->step[i], *b = &now->step[i];
		bool missing[2] = {a->skip == STEP_SKIP_ABSENT, b->skip == STEP_SKIP_ABSENT};

		if (step_records_differ(a, b, RECORD_RESULT))
			return change_text(b, missing[1] ? "n/a" : b->outcome, missing[0] ? "n/a" : a->outcome);
		if (missing[0])
			break;
	}
	for (nr = i, i = 0; i < nr; i++)
		if (step_records_differ(&before->step[i], &now->step[i], RECORD_COUNTERS))
			return counter_change(&before->step[i], &now->step[i]);
	for (i = 0; i < nr; i++)
		if (violations_of(&before->result, i + 1, &text) != violations_of(&now->result, i + 1, &text))
			return change_text(&now->step[i], "breaks other invariants", "others");
	if (nr == now->nr &&
	    violations_of(&before->result, nr + 1, &text) != violations_of(&now->result, nr + 1, &text))
		return xstrdup("at the end: breaks other invariants");
	return NULL;
}

/* The column that @column is compared with: the release before, or a proposal's base; @column where there is none. */
static size_t column_before(const struct matrix *matrix, const struct column_run *runs, size_t column)
{
	const char *base = matrix->columns.kernels[column]->kernel.base;
	size_t before = column;

	while (before--) {
		const struct kernel *kernel = &matrix->columns.kernels[before]->kernel;

		if (runs[before].ran && (base ? !strcmp(kernel->name, base) : !kernel->base))
			return before;
	}
	return column;
}

/* The release in which the change came, where some between the two are no columns: they run the program too. */
static const char *release_of_change(const struct program *program, const struct backend *backend, unsigned long seed,
				     const struct kernel *before, const struct record *record,
				     const struct kernel *now)
{
	const struct kernel *found = now;

	for (size_t i = 0; i < kernels() && found == now && !now->base; i++) {
		const struct kernel *kernel = kernel_at(i);
		const struct run_options options = {
			.kernel = kernel, .backend = backend, .seed = seed, .counters = true,
		};
		struct record between;
		char *change;

		if (kernel->base || kernel->release <= before->release || kernel->release >= now->release ||
		    !program_runs_on(program, kernel) || !backend_runs(backend, kernel))
			continue;
		record_run(program, &options, false, &between);
		change = first_change(record, &between);
		if (change)
			found = kernel;
		free(change);
		record_free(&between);
	}
	return found->name;
}

/* A schedule is not the same on two kernels, so of programs with parallel blocks only the cells are compared. */
static void find_changes(const struct matrix *matrix, struct matrix_row *row, const struct column_run *runs,
			 const struct program *program, const struct run_options *options)
{
	for (size_t i = 0; i < matrix->nr_for_all; i++) {
		const struct kernel *kernel = &matrix->columns.kernels[i]->kernel;
		struct cell *cell = &row->cells[i], *other;
		size_t before;

		if (!runs[i].ran)
			continue;
		cell->since = kernel->name;
		before = column_before(matrix, runs, i);
		if (before == i)
			continue;
		other = &row->cells[before];
		if (!program->has_parallel)
			cell->change = first_change(&runs[before].record, &runs[i].record);
		else if (strcmp(cell->text, other->text))
			cell->change = xasprintf("%s, was %s", cell->text, other->text);
		if (!cell->change)
			cell->since = other->since;
		else if (!program->has_parallel)
			cell->since = release_of_change(program, options->backend, options->seed,
							&matrix->columns.kernels[before]->kernel,
							&runs[before].record, kernel);
	}
}

bool matrix_add(struct matrix *matrix, const struct program *program, bool named, const struct backend *backend,
		unsigned long seed, const volatile sig_atomic_t *stop)
{
	struct run_options options = {
		.backend = backend,
		.seed = seed,
		.counters = true,
		.events = &events,
		.stop = stop,
	};
	struct column_run *runs = xzalloc((matrix->columns.nr + 1) * sizeof(*runs));
	struct matrix_row *row;
	size_t i;

	matrix->rows = xrealloc(matrix->rows, (matrix->nr_rows + 1) * sizeof(*matrix->rows));
	row = &matrix->rows[matrix->nr_rows++];
	row->path = xstrdup(program->path);
	row->title = xstrdup(program->title);
	row->named = named;
	row->cells = xzalloc((matrix->columns.nr + 1) * sizeof(*row->cells));
	for (i = 0; i < matrix->columns.nr; i++) {
		options.kernel = &matrix->columns.kernels[i]->kernel;
		if (stop && *stop) {
			row->cells[i].text = xstrdup("-");
			continue;
		}
		run_cell(&row->cells[i], program, &options, i >= matrix->nr_for_all, &runs[i]);
		matrix->counts[row->cells[i].kind]++;
		matrix->failed |= row->cells[i].kind == CELL_FAIL;
	}
	find_changes(matrix, row, runs, program, &options);
	for (i = 0; i < matrix->columns.nr; i++)
		if (runs[i].ran)
			record_free(&runs[i].record);
	free(runs);
	return !stop || !*stop;
}

void matrix_free(struct matrix *matrix)
{
	size_t i;

	while (matrix->nr_rows) {
		struct matrix_row *row = &matrix->rows[--matrix->nr_rows];

		for (i = 0; i < matrix->columns.nr; i++) {
			free(row->cells[i].text);
			free(row->cells[i].why);
			free(row->cells[i].change);
		}
		free(row->cells);
		free(row->path);
		free(row->title);
	}
	free(matrix->rows);
	kernel_list_free(&matrix->columns);
}

void matrix_print_summary(const struct matrix *matrix, FILE *out)
{
	const unsigned long *counts = matrix->counts;

	fprintf(out, "%zu scenario%s on %zu kernel%s: %lu pass (%lu of them show a known bug), %lu fail, %lu n/a",
		matrix->nr_rows, matrix->nr_rows == 1 ? "" : "s", matrix->columns.nr,
		matrix->columns.nr == 1 ? "" : "s", counts[CELL_PASS] + counts[CELL_BUG], counts[CELL_BUG],
		counts[CELL_FAIL], counts[CELL_NA]);
	if (counts[CELL_DIFFERS])
		fprintf(out, ", %lu differ", counts[CELL_DIFFERS]);
	if (counts[CELL_ERROR])
		fprintf(out, ", %lu not run for a mistake in the file", counts[CELL_ERROR]);
	if (counts[CELL_NOT_MODELLED])
		fprintf(out, ", %lu not modelled yet", counts[CELL_NOT_MODELLED]);
	fputc('\n', out);
}
