// SPDX-License-Identifier: GPL-2.0-or-later
/* The verdict: results against what was stated, and violations against what was expected of them. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sim/verdict.h>
#include "run.h"

void count_failure(struct run *run, enum failure_kind kind, const struct stmt *stmt, bool conditioned)
{
	struct run_result *result = &run->result;

	if (!result->failures++) {
		result->failure = kind;
		result->failed = stmt;
	}
	if (!conditioned)
		result->unconditioned++;
}

static bool result_holds(struct run *run, const struct result *result, const struct step_state *state)
{
	unsigned long want;

	switch (result->kind) {
	case RESULT_ANY:
		return true;
	case RESULT_FAIL:
		return state->ret < 0;
	case RESULT_ERRNO:
		if (result->errnum >= RESULT_SIGNAL(0))
			return state->ret == MM_KILLED(result->errnum - RESULT_SIGNAL(0));
		return state->ret == -result->errnum;
	case RESULT_VALUE:
		return state->ret >= 0 && eval_number(run, result->value, &want) && state->value.number == want;
	}
	return false;
}

/* The case that counts on this kernel; NULL: the call must succeed. */
static const struct result_case *case_of(const struct run *run, const struct step *step)
{
	const struct result_case *result_case;

	for (result_case = step->cases; result_case; result_case = result_case->next)
		if (kernel_set_holds(result_case->set, run->options->kernel))
			return result_case;
	return NULL;
}

bool step_states_refusal(const struct run *run, const struct step *step)
{
	static const int errnos[] = { ENOMEM, EPERM, EAGAIN, ENOBUFS, RESULT_SIGNAL(SIGBUS), RESULT_SIGNAL(SIGSEGV) };
	const struct result_case *result_case = case_of(run, step);
	const struct result *result = result_case ? result_case->results : NULL;

	for (; result; result = result->next) {
		bool refused = false;

		for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++)
			refused |= result->kind == RESULT_ERRNO && result->errnum == errnos[i];
		if (!refused)
			return false;
	}
	return result_case;
}

/* What was stated, in the file's own words. */
static const char *stated(const struct result_case *result_case, char *buf, size_t size)
{
	const struct result *result;
	size_t used = 0;

	if (!result_case)
		return "success";
	buf[0] = '\0';
	for (result = result_case->results; result && used < size; result = result->next) {
		const struct pin_pos *pos = &result->value->pos;

		used += (size_t)snprintf(buf + used, size - used, "%s%.*s", used ? "/" : "", (int)pos->bytes,
					 pos->source->text + pos->offset);
	}
	return buf;
}

struct step_report step_report_of(const struct step_state *state)
{
	return (struct step_report){
		.index = state->index,
		.stmt = state->stmt,
		.skip = state->skip,
		.ret = state->ret,
		.returned = state->returned,
		.value = state->value,
		.refusal = state->refusal,
	};
}

void judge_step(struct run *run, struct step_state *state)
{
	const struct step *step = &state->stmt->step;
	const struct result_case *result_case = case_of(run, step);
	bool told = run->options->events && run->options->events->step;
	struct step_report report;
	const struct result *result;
	char want[256];

	/* most random calls, of which nothing is stated and nobody is told */
	if (!told && result_case && result_case->results->kind == RESULT_ANY) {
		run->result.steps++;
		run->result.steps_run += state->returned;
		return;
	}
	report = step_report_of(state);
	for (result = result_case ? result_case->results : NULL; result; result = result->next)
		report.may_fail |= result->kind != RESULT_VALUE;
	run->result.steps++;
	if (state->returned)
		run->result.steps_run++;
	report.judged = state->returned && is_judged(run);
	if (report.judged) {
		report.held = !result_case && state->ret >= 0;
		for (result = result_case ? result_case->results : NULL; result && !report.held; result = result->next)
			report.held = result_holds(run, result, state);
		if (!report.held) {
			report.want = stated(result_case, want, sizeof(want));
			if (!run->result.failures)
				run->result.failed_ret = state->ret;
			count_failure(run, FAILURE_STEP, state->stmt, result_case && result_case->set);
		}
	}
	if (!told)
		return;
	if (run->options->counters && !state->tasks)
		state->tasks = take_counters(run, &state->nr_tasks);
	report.tasks = state->tasks;
	report.nr_tasks = state->nr_tasks;
	run->options->events->step(run->options->arg, &report);
}

struct expected {
	bool wanted[VIOLATION_NR];
	bool any;
};

static void collect_expected(const struct run *run, struct expected *expected)
{
	const struct program *program = run->program;
	unsigned int i;
	int violation;

	for (i = 0; i < program->nr_items; i++) {
		const struct stmt *stmt = program->items[i].stmt;

		if (program->items[i].kind != ITEM_EXPECT || stmt->expect.kind != EXPECT_VIOLATION ||
		    !kernel_set_holds(stmt->expect.set, run->options->kernel))
			continue;
		expected->any |= stmt->expect.any;
		for (violation = 0; violation < VIOLATION_NR; violation++)
			expected->wanted[violation] |= stmt->expect.wanted[violation];
	}
}

/* Was one that was expected reported in this step? Then it covers what else broke there. */
static bool step_is_covered(const struct expected *expected, unsigned long step)
{
	size_t i;

	for (i = 0; i < sim_reports(); i++)
		if (sim_report(i)->step == step && expected->wanted[sim_report(i)->violation])
			return true;
	return false;
}

static void copy_violations(struct run *run, const struct expected *expected)
{
	struct run_result *result = &run->result;
	size_t i, nr = sim_reports();
	unsigned long known_step = ~0ul;
	bool known = false;

	result->violations = nr ? xzalloc(nr * sizeof(*result->violations)) : NULL;
	result->nr_violations = nr;
	for (i = 0; i < nr; i++) {
		const struct sim_report *report = sim_report(i);
		bool covered = expected->any || expected->wanted[report->violation];

		if (!covered) {
			/* Reports come in order of steps: the answer of the last one mostly serves. */
			if (report->step != known_step)
				known = step_is_covered(expected, report->step);
			known_step = report->step;
			covered = known;
		}
		result->violations[i] = (struct violation_report){
			.violation = report->violation,
			.step = report->step,
			.expected = covered,
			.stated = expected->wanted[report->violation],
			.record = report->record,
			.actor = report->actor,
			.text = xstrdup(report->text ? report->text : ""),
		};
		if (covered)
			result->nr_expected++;
		else if (!run->na || report->step < run->na_step) {
			if (!result->failures)
				result->failed_violation = report->violation;
			count_failure(run, FAILURE_VIOLATION, NULL, false);
		}
	}
}

/* Each one named must show, but after a parallel block, where this schedule need not be the one. */
static void judge_named(struct run *run, const struct stmt *stmt, bool required)
{
	const struct expect *expect = &stmt->expect;
	struct expect_report report = {
		.stmt = stmt, .judged = true, .applies = true, .comparable = true, .plain = true, .seen = true,
	};
	int violation;

	if (expect->any)
		report.seen = sim_reports() > 0;
	for (violation = 0; violation < VIOLATION_NR; violation++)
		if (expect->wanted[violation] && !sim_violations(violation)) {
			report.seen = false;
			report.note = sim_violation_name(violation);
		}
	report.held = report.seen || !required;
	run->result.expects++;
	if (report.held)
		run->result.expects_held++;
	else
		count_failure(run, FAILURE_EXPECT, stmt, expect->set != NULL);
	if (run->options->events && run->options->events->expect)
		run->options->events->expect(run->options->arg, &report);
}

const struct stmt *program_open_statement(const struct program *program, unsigned int index)
{
	bool after_parallel = false;
	unsigned int i;

	for (i = 0; i < program->nr_items; i++) {
		const struct stmt *stmt = program->items[i].stmt;

		after_parallel |= program->items[i].kind == ITEM_PARALLEL_END;
		if (program->items[i].kind != ITEM_EXPECT ||
		    (!stmt->expect.sometimes && (stmt->expect.kind != EXPECT_VIOLATION || !after_parallel)))
			continue;
		if (!index--)
			return stmt;
	}
	return NULL;
}

void note_shown(struct run *run, const struct stmt *stmt)
{
	const struct stmt *open;
	unsigned int i;

	for (i = 0; i < OPEN_STATEMENTS_MAX && (open = program_open_statement(run->program, i)) != NULL; i++)
		if (open == stmt)
			run->result.shown |= 1ul << i;
}

static bool violations_show(const struct expect *expect)
{
	int violation;

	if (expect->any)
		return sim_reports() > 0;
	for (violation = 0; violation < VIOLATION_NR; violation++)
		if (expect->wanted[violation] && !sim_violations(violation))
			return false;
	return true;
}

void judge_violations(struct run *run)
{
	const struct program *program = run->program;
	struct expected expected = { .any = false };
	bool after_parallel = false;
	unsigned int i;

	collect_expected(run, &expected);
	copy_violations(run, &expected);
	run->result.warnings = sim_warnings();
	if (!is_judged(run))
		return;
	for (i = 0; i < program->nr_items; i++) {
		const struct stmt *stmt = program->items[i].stmt;

		if (program->items[i].kind == ITEM_PARALLEL_END)
			after_parallel = true;
		if (program->items[i].kind == ITEM_EXPECT && stmt->expect.kind == EXPECT_VIOLATION &&
		    violations_show(&stmt->expect))
			note_shown(run, stmt);
		if (program->items[i].kind == ITEM_EXPECT && stmt->expect.kind == EXPECT_VIOLATION &&
		    !stmt->expect.sometimes && kernel_set_holds(stmt->expect.set, run->options->kernel))
			judge_named(run, stmt, !after_parallel);
	}
}
