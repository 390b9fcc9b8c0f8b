// SPDX-License-Identifier: GPL-2.0-or-later
/* TAP 13 and JUnit: one test a run. Both keep what failed until the run ends, and then tell it with the verdict. */
#include <stdlib.h>
#include <string.h>
#include "arena.h"
#include "report.h"

static void keep(struct report *report, char *text)
{
	append_text(&report->failures, &report->failures_len, text);
	free(text);
}

static void on_step(struct report *report, const struct step_report *step)
{
	if (step->judged && !step->held)
		keep(report, failed_step_text(step));
}

static void on_expect(struct report *report, const struct expect_report *expect)
{
	if (!expect->held && expect->applies)
		keep(report, failed_expect_text(expect));
}

static void tap_begin(struct report *report)
{
	fputs("TAP version 13\n", report->options.out);
}

/* A description may hold neither '#' nor a line end: they would be read as something else. */
static void put_description(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(*text == '#' || (unsigned char)*text < ' ' ? '?' : *text, out);
}

static void tap_run_end(struct report *report, const struct run_result *result)
{
	FILE *out = report->options.out;
	const char *line, *end;
	char missing[64];

	if (result->verdict == VERDICT_ERROR)
		return;
	if (result->verdict == VERDICT_FAIL)
		keep(report, violations_text(result));
	fprintf(out, "%sok %u - ", result->verdict == VERDICT_FAIL ? "not " : "", ++report->tests);
	put_description(out, report->program->path);
	fprintf(out, " %s", report->kernel->name);
	if (result->verdict == VERDICT_NA)
		fprintf(out, " # SKIP n/a: no %s", missing_text(result, missing, sizeof(missing)));
	fputc('\n', out);
	for (line = report->failures; line && *line; line = *end ? end + 1 : end) {
		end = strchrnul(line, '\n');
		fprintf(out, "# %.*s\n", (int)(end - line), line);
	}
}

static void tap_finish(struct report *report, const struct report_totals *totals)
{
	fprintf(report->options.out, "1..%u\n", report->tests);
}

const struct report_format_ops report_tap = {
	.begin = tap_begin,
	.step = on_step,
	.expect = on_expect,
	.run_end = tap_run_end,
	.finish = tap_finish,
};

static void append_escaped(char **text, size_t *length, const char *more)
{
	for (; *more; more++) {
		unsigned int bytes = utf8_sequence(more, strlen(more));

		switch (*more) {
		case '&':
			append_text(text, length, "&amp;");
			break;
		case '<':
			append_text(text, length, "&lt;");
			break;
		case '>':
			append_text(text, length, "&gt;");
			break;
		case '"':
			append_text(text, length, "&quot;");
			break;
		default:
			if (!bytes || ((unsigned char)*more < ' ' && *more != '\n' && *more != '\t')) {
				append_text(text, length, "?");
			} else {
				append_format(text, length, "%.*s", (int)bytes, more);
				more += bytes - 1;
			}
		}
	}
}

static void junit_run_end(struct report *report, const struct run_result *result)
{
	char **doc = &report->document;
	size_t *len = &report->document_len;
	char missing[64];

	if (result->verdict == VERDICT_ERROR)
		return;
	report->tests++;
	append_text(doc, len, "  <testcase classname=\"");
	append_escaped(doc, len, report->program->path);
	append_text(doc, len, "\" name=\"");
	append_escaped(doc, len, report->kernel->name);
	append_text(doc, len, "\">");
	if (result->verdict == VERDICT_NA) {
		report->junit_skipped++;
		append_format(doc, len, "<skipped message=\"n/a: no %s\"/>",
			      missing_text(result, missing, sizeof(missing)));
	} else if (result->verdict == VERDICT_FAIL) {
		report->junit_failures++;
		keep(report, violations_text(result));
		append_format(doc, len, "<failure message=\"%u failures\">", result->failures);
		append_escaped(doc, len, report->failures);
		append_text(doc, len, "</failure>");
	}
	append_text(doc, len, "</testcase>\n");
}

static void junit_finish(struct report *report, const struct report_totals *totals)
{
	fprintf(report->options.out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuite name=\"pinsim\" tests=\"%u\" failures=\"%u\" errors=\"%u\" "
		"skipped=\"%u\">\n%s</testsuite>\n",
		report->tests, report->junit_failures, totals->errors, report->junit_skipped,
		report->document ? report->document : "");
}

const struct report_format_ops report_junit = {
	.step = on_step,
	.expect = on_expect,
	.run_end = junit_run_end,
	.finish = junit_finish,
};
