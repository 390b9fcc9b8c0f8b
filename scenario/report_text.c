// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Text for people. A file that passes is one line; a run that fails shows the
 * steps before each failure, and how to see it again. With --trace every step is
 * shown, with each task's counters beside it.
 */
#include <stdlib.h>
#include <string.h>
#include "arena.h"
#include "report.h"

enum colour { RED, GREEN, YELLOW, DIM, PLAIN };

static void put(struct report *report, enum colour colour, const char *text)
{
	static const char *const codes[] = { "\033[31m", "\033[32m", "\033[33m", "\033[2m" };
	char *plain = plain_text(text);

	if (report->options.colour && colour != PLAIN)
		fprintf(report->options.out, "%s%s\033[0m", codes[colour], plain);
	else
		fputs(plain, report->options.out);
	free(plain);
}

static void head(struct report *report)
{
	char line[512];

	if (report->headed)
		return;
	report->headed = true;
	if (report->options.trace) {
		snprintf(line, sizeof(line), "%s on %s\n", report->program->path, report->kernel->name);
		put(report, PLAIN, line);
		put(report, DIM, "  step  call                                               result; then of each task "
				 "locked_vm/pinned_vm/user_locked_vm in pages\n");
	} else {
		put(report, RED, "FAIL");
		snprintf(line, sizeof(line), "  %s on %s\n", report->program->path, report->kernel->name);
		put(report, PLAIN, line);
	}
}

static void put_step(struct report *report, unsigned int index, const struct stmt *stmt, const char *outcome)
{
	char call[256], line[640];

	snprintf(call, sizeof(call), "%s: %s", stmt->step.task_name, stmt->step.text);
	snprintf(line, sizeof(line), "%6u  %-50s %s", index, call, outcome);
	put(report, PLAIN, line);
	report->shown = index;
}

static void put_counters(struct report *report, const struct step_report *step)
{
	char text[128];
	unsigned int i;

	for (i = 0; i < step->nr_tasks; i++) {
		const struct task_counters *task = &step->tasks[i];

		snprintf(text, sizeof(text), "  %.40s%s %ld/%ld/%ld", task->name, task->alive ? "" : " (dead)",
			 task->locked_vm, task->pinned_vm, task->user_locked_vm);
		put(report, DIM, text);
	}
}

/* The steps that led here, but for those that were shown before. */
static void put_recent(struct report *report)
{
	unsigned int first = report->nr_recent > RECENT_STEPS ? report->nr_recent - RECENT_STEPS : 0, i;

	for (i = first; i < report->nr_recent; i++) {
		const struct recent_step *recent = &report->recent[i % RECENT_STEPS];

		if (recent->index <= report->shown)
			continue;
		put_step(report, recent->index, recent->stmt, recent->outcome);
		put(report, PLAIN, "\n");
	}
}

static void put_indented(struct report *report, enum colour colour, const char *text)
{
	const char *end;
	char *line;

	for (; *text; text = *end ? end + 1 : end) {
		end = strchrnul(text, '\n');
		line = strndup(text, (size_t)(end - text));
		if (!line)
			out_of_memory();
		put(report, PLAIN, "  ");
		put(report, colour, line);
		put(report, PLAIN, "\n");
		free(line);
	}
}

static void on_step(struct report *report, const struct step_report *step)
{
	bool failed = step->judged && !step->held;
	char buf[512], *text;

	if (report->options.trace) {
		head(report);
		put_step(report, step->index, step->stmt, outcome_text(step, buf, sizeof(buf)));
		put_counters(report, step);
		put(report, PLAIN, "\n");
	} else {
		report_remember(report, step);
	}
	if (!failed)
		return;
	head(report);
	put_recent(report);
	text = failed_step_text(step);
	put_indented(report, RED, text);
	free(text);
}

static void on_expect(struct report *report, const struct expect_report *expect)
{
	char *text;

	if (expect->held || !expect->applies)
		return;
	head(report);
	put_recent(report);
	text = failed_expect_text(expect);
	put_indented(report, RED, text);
	free(text);
}

static void add_name(char **names, const char *name)
{
	size_t length = *names ? strlen(*names) : 0;

	append_format(names, &length, "%s%s", length ? " " : "", name);
}

static void put_again(struct report *report, const struct run_result *result)
{
	char line[SIM_TOKEN_CHARS_MAX + 128];

	if (!result->choices)
		return;
	if (result->token)
		snprintf(line, sizeof(line), "  this schedule again: --schedule %s\n", result->token);
	else
		snprintf(line, sizeof(line), "  this schedule again: --kernel %s --seed %lu (too long for a token)\n",
			 report->kernel->name, report->options.seed);
	put(report, PLAIN, line);
}

static void run_end(struct report *report, const struct run_result *result)
{
	char *text = violations_text(result), line[512];

	switch (result->verdict) {
	case VERDICT_PASS:
		add_name(&report->passed, report->kernel->name);
		break;
	case VERDICT_NA:
		add_name(&report->missing, report->kernel->name);
		break;
	case VERDICT_FAIL:
		head(report);
		if (*text) {
			put_recent(report);
			put_indented(report, RED, text);
		}
		put_again(report, result);
		break;
	case VERDICT_ERROR:
		break;
	}
	free(text);
	if (!report->options.trace || result->verdict == VERDICT_ERROR)
		return;
	snprintf(line, sizeof(line), "  %s: %u expects held of %u, %zu violations%s, %lu warnings, trace %016llx\n",
		 result->verdict == VERDICT_PASS ? "pass"
		 : result->verdict == VERDICT_NA ? "n/a"
						 : "FAIL",
		 result->expects_held, result->expects, result->nr_violations,
		 result->nr_expected && result->nr_expected == result->nr_violations ? ", all expected" : "",
		 result->warnings, result->hash);
	put(report, result->verdict == VERDICT_FAIL ? RED : GREEN, line);
}

static void file_end(struct report *report)
{
	char *line = NULL;
	size_t length = 0;

	if (report->passed) {
		put(report, GREEN, "pass");
		append_format(&line, &length, "  %s on %s", report->program->path, report->passed);
	}
	if (report->missing) {
		if (!report->passed)
			put(report, YELLOW, "n/a ");
		append_format(&line, &length, "%s%s on %s", report->passed ? "; n/a" : "  ",
			      report->passed ? "" : report->program->path, report->missing);
	}
	if (line) {
		append_text(&line, &length, "\n");
		put(report, PLAIN, line);
	}
	free(line);
}

static void finish(struct report *report, const struct report_totals *totals)
{
	char line[256];

	snprintf(line, sizeof(line), "%u file%s, %u run%s: %u pass, %u fail, %u n/a\n", totals->files,
		 totals->files == 1 ? "" : "s", totals->runs, totals->runs == 1 ? "" : "s", totals->pass, totals->fail,
		 totals->na);
	put(report, totals->fail ? RED : PLAIN, line);
}

const struct report_format_ops report_text = {
	.file_end = file_end,
	.step = on_step,
	.expect = on_expect,
	.run_end = run_end,
	.finish = finish,
};
