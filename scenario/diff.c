// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finding what differs, and where on the way from one kernel to the other it
 * changed: the releases between the two run the program as well, and each is asked
 * the question that told the two apart.
 */
#include <stdlib.h>
#include <string.h>
#include <scenario/diff.h>
#include <scenario/report.h>
#include <sim/verdict.h>
#include "arena.h"
#include "diff.h"
#include "schedules.h"

/* How many schedules more decide where the first ones found that something differs. */
#define CONFIRM_FACTOR 32

static void run_kernel(const struct program *program, const struct diff_options *options, const struct kernel *kernel,
		       unsigned int nr, struct runs *runs)
{
	struct run_options run = {
		.kernel = kernel,
		.backend = options->backend,
		.seed = options->seed,
		.counters = true,
		.all_expects = true,
		.stop = options->stop,
	};
	struct schedules schedules;

	memset(runs, 0, sizeof(*runs));
	schedules_begin(&schedules, program, options->seed, nr);
	while (!runs->error && schedules_next(&schedules, &run)) {
		struct record record;

		record_run(program, &run, false, &record);
		if (schedules_cut(&schedules)) {
			record_free(&record);
			continue;
		}
		runs->error = record.result.error;
		runs->record = xrealloc(runs->record, (runs->nr + 1) * sizeof(*runs->record));
		runs->record[runs->nr++] = record;
	}
	schedules_end(&schedules);
	runs->all = schedules.all;
	runs->error |= !runs->nr;
}

/* What the last of @runs says where it came to no end; NULL where nothing ran. */
static char *mistake_of(const struct runs *runs)
{
	const char *text = runs->nr ? runs->record[runs->nr - 1].result.error : NULL;

	return text ? xstrdup(text) : NULL;
}

static void runs_free(struct runs *runs)
{
	for (unsigned int i = 0; i < runs->nr; i++)
		record_free(&runs->record[i]);
	free(runs->record);
}

/* Do two records answer the question differently? One that does not come so far does not. */
static bool answers_differ(const struct record *a, const struct record *b, const struct question *question)
{
	const struct step_record *x = step_at(a, question->step), *y = step_at(b, question->step);
	const struct expect_record *p, *q;
	const char *text;

	switch (question->kind) {
	case DIFFER_CALL:
	case DIFFER_RESULT:
		return x && y && step_records_differ(x, y, RECORD_RESULT);
	case DIFFER_COUNTER:
		return x && y && step_records_differ(x, y, RECORD_COUNTERS);
	case DIFFER_PAGES:
		return x && y && step_records_differ(x, y, RECORD_PAGES);
	case DIFFER_EXPECT:
		p = question->expect < a->nr_expects ? &a->expect[question->expect] : NULL;
		q = question->expect < b->nr_expects ? &b->expect[question->expect] : NULL;
		if (!p || !q || p->stmt != q->stmt || p->comparable != q->comparable || !p->comparable)
			return p && q && p->stmt == q->stmt && p->comparable != q->comparable;
		/* frames are names without a meaning of their own: what counts is whether they are the same */
		return is_frame(p->stmt) ? p->held != q->held : p->got != q->got;
	case DIFFER_VIOLATION:
		return violations_of(&a->result, question->step, &text) !=
		       violations_of(&b->result, question->step, &text);
	default:
		return false;
	}
}

/* A record of @a whose answer none of @b gives, or NULL. */
static const struct record *odd_one(const struct runs *a, const struct runs *b, const struct question *question)
{
	for (unsigned int i = 0; i < a->nr; i++) {
		bool given = false;

		for (unsigned int j = 0; j < b->nr && !given; j++)
			given = !answers_differ(&a->record[i], &b->record[j], question);
		if (!given)
			return &a->record[i];
	}
	return NULL;
}

/* Sets @pair to two records that show it. */
static bool runs_differ(const struct runs *a, const struct runs *b, const struct question *question,
			const struct record *pair[2])
{
	const struct record *odd = odd_one(a, b, question);

	pair[0] = odd ? odd : &a->record[0];
	pair[1] = &b->record[0];
	if (odd)
		return true;
	odd = odd_one(b, a, question);
	pair[1] = odd ? odd : &b->record[0];
	return odd != NULL;
}

/* Steps up to and with the first that one of the kernels does not have; all where both have all. */
static unsigned int common_steps(const struct record *a, const struct record *b, bool *absent)
{
	unsigned int i, nr = a->nr < b->nr ? a->nr : b->nr;

	*absent = false;
	for (i = 0; i < nr; i++)
		if (a->step[i].skip == STEP_SKIP_ABSENT || b->step[i].skip == STEP_SKIP_ABSENT) {
			*absent = true;
			return i + 1;
		}
	return nr;
}

/* Is the @step-th in a parallel block? Its counters hold what others had charged by then, which is no result. */
static bool in_block(const struct program *program, unsigned int step)
{
	unsigned int steps = 0;
	bool inside = false;

	for (unsigned int i = 0; i < program->nr_items && steps < step; i++) {
		if (program->items[i].kind == ITEM_PARALLEL || program->items[i].kind == ITEM_PARALLEL_END)
			inside = program->items[i].kind == ITEM_PARALLEL;
		steps += program->items[i].kind == ITEM_STEP;
	}
	return inside && steps == step;
}

/* The first step whose answers to questions of @kind differ, among the first @nr. */
static bool first_of_kind(const struct program *program, const struct runs *a, const struct runs *b,
			  enum difference_kind kind, unsigned int nr, struct question *question,
			  const struct record *pair[2])
{
	for (unsigned int step = 1; step <= nr; step++) {
		*question = (struct question){.kind = kind, .step = step};
		if ((kind == DIFFER_COUNTER || kind == DIFFER_PAGES) && program->has_parallel &&
		    in_block(program, step))
			continue;
		if (runs_differ(a, b, question, pair))
			return true;
	}
	return false;
}

static bool first_expect(const struct runs *a, const struct runs *b, unsigned int nr, struct question *question,
			 const struct record *pair[2])
{
	const struct record *first = &a->record[0];

	for (unsigned int i = 0; i < first->nr_expects; i++) {
		*question = (struct question){
			.kind = DIFFER_EXPECT,
			.step = first->expect[i].after,
			.expect = i,
		};
		if (question->step <= nr && runs_differ(a, b, question, pair))
			return true;
	}
	return false;
}

static bool first_difference(const struct program *program, const struct runs *a, const struct runs *b,
			     struct question *question, const struct record *pair[2])
{
	bool absent;
	unsigned int nr = common_steps(&a->record[0], &b->record[0], &absent);

	if (first_of_kind(program, a, b, DIFFER_RESULT, nr, question, pair)) {
		if (absent && question->step == nr)
			question->kind = DIFFER_CALL;
		return true;
	}
	nr -= absent;
	return first_of_kind(program, a, b, DIFFER_COUNTER, nr, question, pair) ||
	       first_expect(a, b, nr, question, pair) ||
	       first_of_kind(program, a, b, DIFFER_PAGES, nr, question, pair) ||
	       first_of_kind(program, a, b, DIFFER_VIOLATION, absent ? nr : nr + 1, question, pair);
}

/*
 * The releases on the way from @a to @b: what lies between their releases, a
 * proposal's base and a quirk's kernel with it, then @b itself.
 */
static void way_between(const struct kernel *a, const struct kernel *b, struct kernel_list *way)
{
	bool up = a->release <= b->release;
	int low = up ? a->release : b->release, high = up ? b->release : a->release;

	memset(way, 0, sizeof(*way));
	for (size_t i = 0; i < kernels(); i++) {
		const struct kernel *kernel = kernel_at(up ? i : kernels() - 1 - i);

		if (!kernel->base && kernel->release >= low && kernel->release <= high &&
		    strcmp(kernel->name, a->name) && strcmp(kernel->name, b->name))
			kernel_list_add(way, kernel->name);
	}
	kernel_list_add(way, b->name);
}

/* The kernels at which the answer changes, on the way from the first to the second. */
static char *changed_in(const struct program *program, const struct diff_options *options, unsigned int schedules,
			const struct question *question)
{
	struct runs before, now;
	const struct record *pair[2];
	struct kernel_list way;
	char *names = NULL;
	size_t length = 0;

	way_between(options->kernel[0], options->kernel[1], &way);
	run_kernel(program, options, options->kernel[0], schedules, &before);
	for (size_t i = 0; i < way.nr; i++) {
		const struct kernel *kernel = &way.kernels[i]->kernel;

		if (!program_runs_on(program, kernel) || !backend_runs(options->backend, kernel))
			continue;
		run_kernel(program, options, kernel, schedules, &now);
		if (runs_differ(&before, &now, question, pair))
			append_format(&names, &length, "%s%s", length ? ", " : "", kernel->name);
		runs_free(&before);
		before = now;
	}
	runs_free(&before);
	kernel_list_free(&way);
	return names;
}

static void add_counter(struct difference *difference, const char *task, const char *counter, long a, long b)
{
	struct difference_counter *row;

	difference->counters =
		xrealloc(difference->counters, (difference->nr_counters + 1) * sizeof(*difference->counters));
	row = &difference->counters[difference->nr_counters++];
	row->name = xasprintf("%s.%s", task, counter);
	row->pages[0] = a;
	row->pages[1] = b;
}

static void fill_counters(struct difference *difference, const struct step_record *a, const struct step_record *b)
{
	for (unsigned int i = 0; i < a->nr_tasks && i < b->nr_tasks; i++) {
		const struct task_counters *x = &a->tasks[i], *y = counters_of(b, x->name);

		if (!y)
			continue;
		add_counter(difference, x->name, "locked_vm", x->locked_vm, y->locked_vm);
		add_counter(difference, x->name, "pinned_vm", x->pinned_vm, y->pinned_vm);
		add_counter(difference, x->name, "user_locked_vm", x->user_locked_vm, y->user_locked_vm);
	}
}

/* "locked_vm_negative, warning", or NULL. */
static char *violation_names(const struct record *record, unsigned int step)
{
	unsigned long mask;
	char *names = NULL;
	const char *text;
	size_t length = 0;

	mask = violations_of(&record->result, step, &text);
	for (int i = 0; i < VIOLATION_NR; i++)
		if (mask & 1UL << i)
			append_format(&names, &length, "%s%s", length ? ", " : "", sim_violation_name(i));
	return names;
}

static char *expect_seen(const struct expect_record *expect)
{
	char buf[64];

	if (!expect->comparable)
		return xstrdup("nothing");
	if (is_frame(expect->stmt))
		return xstrdup(expect->held ? "holds" : "does not hold");
	return xstrdup(expect->plain ? wide_text(expect->got, buf, sizeof(buf))
				     : bytes_text(expect->got, buf, sizeof(buf)));
}

static char *outcome_of(const struct step_record *step)
{
	return step->refusal ? xasprintf("%s: %s", step->outcome, step->refusal) : xstrdup(step->outcome);
}

static void fill(struct difference *difference, const struct question *question, const struct record *pair[2])
{
	const struct step_record *step[2];
	const struct stmt *stmt;

	difference->kind = question->kind;
	difference->step = question->step;
	for (int i = 0; i < 2; i++) {
		step[i] = step_at(pair[i], question->step);
		difference->result[i] = step[i] ? outcome_of(step[i]) : NULL;
		difference->violations[i] = violation_names(pair[i], question->step);
		if (question->kind == DIFFER_EXPECT)
			difference->seen[i] = expect_seen(&pair[i]->expect[question->expect]);
		else if (question->kind == DIFFER_PAGES)
			difference->seen[i] = xasprintf("%lup", step[i]->pages_pinned);
	}
	if (step[0] && step[1])
		fill_counters(difference, step[0], step[1]);
	stmt = step[0] ? step[0]->stmt : NULL;
	if (stmt)
		difference->call = xasprintf("%s: %s", stmt->step.task_name, stmt->step.text);
	if (question->kind == DIFFER_EXPECT)
		stmt = pair[0]->expect[question->expect].stmt;
	difference->line = stmt ? stmt->pos.line : 0;
	difference->words = difference_words(question, pair);
}

/* Returns whether the answers of @schedules on each of the two settle it: they do not differ, or nobody has more. */
static bool compare_runs(const struct program *program, const struct diff_options *options, unsigned int schedules,
			 bool settle, struct difference *difference)
{
	const struct record *pair[2];
	struct question question;
	struct runs runs[2];
	bool settled = true;

	for (int i = 0; i < 2; i++)
		run_kernel(program, options, options->kernel[i], schedules, &runs[i]);
	if (runs[0].error || runs[1].error) {
		difference->kind = DIFFER_ERROR;
		difference->error = mistake_of(&runs[!runs[0].error]);
	} else if (first_difference(program, &runs[0], &runs[1], &question, pair)) {
		settled = settle || (runs[0].all && runs[1].all);
		if (settled) {
			fill(difference, &question, pair);
			difference->changed = changed_in(program, options, schedules, &question);
		}
	}
	runs_free(&runs[0]);
	runs_free(&runs[1]);
	return settled;
}

void diff_program(const struct program *program, const struct diff_options *options, struct difference *difference)
{
	memset(difference, 0, sizeof(*difference));
	difference->path = xstrdup(program->path);
	difference->title = xstrdup(program->title);
	for (int i = 0; i < 2; i++)
		if (!program_runs_on(program, options->kernel[i]))
			difference->kind = DIFFER_EXCLUDED;
	if (difference->kind)
		return;
	if (!compare_runs(program, options, options->schedules, false, difference))
		compare_runs(program, options, options->schedules * CONFIRM_FACTOR, true, difference);
}

void difference_free(struct difference *difference)
{
	for (unsigned int i = 0; i < difference->nr_counters; i++)
		free(difference->counters[i].name);
	free(difference->counters);
	for (int i = 0; i < 2; i++) {
		free(difference->result[i]);
		free(difference->seen[i]);
		free(difference->violations[i]);
	}
	free(difference->error);
	free(difference->path);
	free(difference->title);
	free(difference->call);
	free(difference->changed);
	free(difference->words);
	memset(difference, 0, sizeof(*difference));
}
