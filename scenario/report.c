// SPDX-License-Identifier: GPL-2.0-or-later
/* What all formats share: the course of a report, and the words for what failed. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sim/verdict.h>
#include "arena.h"
#include "report.h"

void append_text(char **text, size_t *length, const char *more)
{
	size_t bytes = strlen(more);

	*text = xrealloc(*text, *length + bytes + 1);
	memcpy(*text + *length, more, bytes + 1);
	*length += bytes;
}

void append_format(char **text, size_t *length, const char *format, ...)
{
	va_list args;
	char *more;

	va_start(args, format);
	more = xvasprintf(format, args);
	va_end(args);
	append_text(text, length, more);
	free(more);
}

char *shell_word(const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./,:=@%";
	const char *before = path[0] == '-' ? "./" : "";
	char *word = NULL;
	size_t length = 0;

	if (path[0] && !path[strspn(path, plain)]) {
		append_format(&word, &length, "%s%s", before, path);
		return word;
	}
	append_format(&word, &length, "'%s", before);
	for (; *path; path++)
		append_format(&word, &length, *path == '\'' ? "'\\''" : "%c", *path);
	append_text(&word, &length, "'");
	return word;
}

char *plain_text(const char *text)
{
	char *copy = xstrdup(text), *at;

	for (at = copy; *at; at++)
		if ((unsigned char)*at < ' ' && *at != '\n' && *at != '\t')
			*at = '?';
	return copy;
}

void report_remember(struct report *report, const struct step_report *step)
{
	struct recent_step *recent = &report->recent[report->nr_recent++ % RECENT_STEPS];
	char buf[160];

	recent->index = step->index;
	recent->stmt = step->stmt;
	snprintf(recent->outcome, sizeof(recent->outcome), "%s", outcome_text(step, buf, sizeof(buf)));
}

static void append_place(char **text, size_t *length, const struct stmt *stmt)
{
	append_format(text, length, "%s:%u: ", stmt->pos.source->path, stmt->pos.line);
}

char *failed_step_text(const struct step_report *step)
{
	size_t length = 0;
	char *text = NULL, buf[256];

	append_place(&text, &length, step->stmt);
	append_format(&text, &length, "%s: %s\n    got %s, want %s\n", step->stmt->step.task_name,
		      step->stmt->step.text, outcome_text(step, buf, sizeof(buf)), step->want ? step->want : "success");
	return text;
}

static const char *observed_text(const struct expect_report *expect, wide value, char *buf, size_t size)
{
	return expect->plain ? wide_text(value, buf, size) : bytes_text(value, buf, size);
}

/* In front of what was wanted. */
static const char *const wanted[] = {
	[CMP_EQ] = "", [CMP_NE] = "!= ", [CMP_LT] = "< ", [CMP_LE] = "<= ", [CMP_GT] = "> ", [CMP_GE] = ">= ",
};

const char *missing_text(const struct run_result *result, char *buf, size_t size)
{
	if (result->missing && result->missing_key)
		snprintf(buf, size, "%s(%s=)", result->missing, result->missing_key);
	else
		snprintf(buf, size, "%s", result->missing ? result->missing : "such call");
	return buf;
}

char *failed_expect_text(const struct expect_report *expect)
{
	const struct stmt *stmt = expect->stmt;
	char *text = NULL, got[64], want[64];
	size_t length = 0;

	append_place(&text, &length, stmt);
	append_format(&text, &length, "expect %s\n", stmt->expect.text);
	if (stmt->expect.kind == EXPECT_VIOLATION)
		append_format(&text, &length, "    nothing broke%s%s by the end\n", expect->note ? " " : "",
			      expect->note ? expect->note : "");
	else if (!expect->comparable)
		append_format(&text, &length, "    %s\n", expect->note);
	else
		append_format(&text, &length, "    got %s, want %s%s\n",
			      observed_text(expect, expect->got, got, sizeof(got)),
			      wanted[stmt->expect.comparison],
			      observed_text(expect, expect->want, want, sizeof(want)));
	return text;
}

char *violations_text(const struct run_result *result)
{
	size_t length = 0, i;
	char *text = NULL;

	append_text(&text, &length, "");
	for (i = 0; i < result->nr_violations; i++) {
		const struct violation_report *violation = &result->violations[i];

		if (violation->expected)
			continue;
		if (violation->step > result->steps)
			append_format(&text, &length, "violation %s at the end: %s\n",
				      sim_violation_name(violation->violation), violation->text);
		else
			append_format(&text, &length, "violation %s in step %lu: %s\n",
				      sim_violation_name(violation->violation), violation->step, violation->text);
	}
	return text;
}

struct report *report_create(const struct report_options *options)
{
	static const struct report_format_ops *const formats[] = {
		[REPORT_TEXT] = &report_text,
		[REPORT_JSON] = &report_json,
		[REPORT_TAP] = &report_tap,
		[REPORT_JUNIT] = &report_junit,
	};
	struct report *report = xzalloc(sizeof(*report));

	report->options = *options;
	report->ops = formats[options->format];
	if (report->ops->begin)
		report->ops->begin(report);
	return report;
}

void report_finish(struct report *report, const struct report_totals *totals)
{
	if (report->ops->finish)
		report->ops->finish(report, totals);
	fflush(report->options.out);
}

void report_free(struct report *report)
{
	free(report->failures);
	free(report->passed);
	free(report->missing);
	free(report->document);
	free(report);
}

void report_file_begin(struct report *report, const struct program *program)
{
	free(report->passed);
	free(report->missing);
	report->passed = NULL;
	report->missing = NULL;
	report->nr_runs = 0;
	report->nr_failed = 0;
	report->program = program;
}

void report_file_end(struct report *report)
{
	if (report->ops->file_end)
		report->ops->file_end(report);
	report->program = NULL;
}

static void on_step(void *arg, const struct step_report *step)
{
	struct report *report = arg;

	if (report->ops->step)
		report->ops->step(report, step);
}

static void on_expect(void *arg, const struct expect_report *expect)
{
	struct report *report = arg;

	if (report->ops->expect)
		report->ops->expect(report, expect);
}

const struct run_events report_events = { on_step, on_expect };

bool report_wants_counters(const struct report *report)
{
	return report->options.format == REPORT_JSON || report->options.trace;
}

void report_run_begin(struct report *report, const struct program *program, const struct kernel *kernel)
{
	report->program = program;
	report->kernel = kernel;
	report->nr_recent = 0;
	report->shown = 0;
	report->headed = false;
	free(report->failures);
	report->failures = NULL;
	report->failures_len = 0;
	report->nr_runs++;
}

void report_run_end(struct report *report, const struct run_result *result)
{
	if (result->verdict == VERDICT_FAIL)
		report->nr_failed++;
	report->ops->run_end(report, result);
	fflush(report->options.out);
}
