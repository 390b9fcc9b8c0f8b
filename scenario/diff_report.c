// SPDX-License-Identifier: GPL-2.0-or-later
/* What a diff over many files found, by cause. */
#include <stdlib.h>
#include <string.h>
#include <scenario/diff.h>
#include <scenario/json.h>
#include "arena.h"

void diff_report_add(struct diff_report *report, struct difference *difference)
{
	switch (difference->kind) {
	case DIFFER_NOT:
		report->same++;
		break;
	case DIFFER_EXCLUDED:
		report->excluded++;
		break;
	case DIFFER_ERROR:
		report->errors++;
		break;
	default:
		report->difference = xrealloc(report->difference, (report->nr + 1) * sizeof(*report->difference));
		report->difference[report->nr++] = *difference;
		return;
	}
	difference_free(difference);
}

void diff_report_free(struct diff_report *report)
{
	while (report->nr)
		difference_free(&report->difference[--report->nr]);
	free(report->difference);
}

/* The differences in groups of the same words; the causes that most scenarios show first. */
struct cause {
	const char *words;
	size_t first; /* of the differences that say so */
	size_t nr;
};

static int by_number(const void *a, const void *b)
{
	const struct cause *x = a, *y = b;

	if (x->nr != y->nr)
		return x->nr < y->nr ? 1 : -1;
	return x->first < y->first ? -1 : 1;
}

static struct cause *causes_of(const struct diff_report *report, size_t *nr)
{
	struct cause *causes = xzalloc((report->nr + 1) * sizeof(*causes));
	size_t i, j;

	*nr = 0;
	for (i = 0; i < report->nr; i++) {
		for (j = 0; j < *nr && strcmp(causes[j].words, report->difference[i].words); j++)
			;
		if (j == *nr)
			causes[(*nr)++] = (struct cause){.words = report->difference[i].words, .first = i};
		causes[j].nr++;
	}
	qsort(causes, *nr, sizeof(*causes), by_number);
	return causes;
}

static void print_row(FILE *out, const char *name, const char *a, const char *b, bool colour)
{
	bool differs = strcmp(a, b);

	fprintf(out, "    %s%c %-40.60s %-30s %s%s\n", differs && colour ? "\033[33m" : "", differs ? '*' : ' ', name,
		a, b, differs && colour ? "\033[0m" : "");
}

/* Long results stand below each other, not beside. */
static void print_results(FILE *out, const struct diff_options *options, const struct difference *difference,
			  bool colour)
{
	if (strlen(difference->result[0]) <= 30) {
		print_row(out, "result", difference->result[0], difference->result[1], colour);
		return;
	}
	for (int i = 0; i < 2; i++)
		fprintf(out, "    * result on %s: %s\n", options->kernel[i]->name, difference->result[i]);
}

static void print_in_full(FILE *out, const struct diff_options *options, const struct difference *difference,
			  bool colour)
{
	const char *none = "-";
	char text[2][32];

	fprintf(out, "  %s:%u: changed in %s\n", difference->path, difference->line,
		difference->changed ? difference->changed : "-");
	fprintf(out, "      %s\n      %-40s %-30s %s\n", difference->call ? difference->call : "at the end", "",
		options->kernel[0]->name, options->kernel[1]->name);
	if (difference->result[0] && difference->result[1])
		print_results(out, options, difference, colour);
	for (unsigned int i = 0; i < difference->nr_counters; i++) {
		const struct difference_counter *counter = &difference->counters[i];

		for (int j = 0; j < 2; j++)
			snprintf(text[j], sizeof(text[j]), "%ldp", counter->pages[j]);
		print_row(out, counter->name, text[0], text[1], colour);
	}
	if (difference->seen[0] && difference->seen[1])
		print_row(out, difference->kind == DIFFER_PAGES ? "pages.pinned" : "what the expect looks at",
			  difference->seen[0], difference->seen[1], colour);
	if (difference->violations[0] || difference->violations[1])
		print_row(out, "violations", difference->violations[0] ? difference->violations[0] : none,
			  difference->violations[1] ? difference->violations[1] : none, colour);
}

/* The errno without the reason, for a line. */
static void print_briefly(FILE *out, const struct difference *difference)
{
	const char *left = difference->seen[0] ? difference->seen[0] : difference->result[0];
	const char *right = difference->seen[1] ? difference->seen[1] : difference->result[1];

	fprintf(out, "  %s:%u: %s", difference->path, difference->line,
		difference->call ? difference->call : "at the end");
	if ((difference->kind == DIFFER_RESULT || difference->seen[0]) && left && right)
		fprintf(out, ": %.*s, then %.*s", (int)strcspn(left, ":"), left, (int)strcspn(right, ":"), right);
	fprintf(out, "; changed in %s\n", difference->changed ? difference->changed : "-");
}

#define BRIEF_MAX 4

static void print_cause(const struct diff_report *report, const struct cause *cause, FILE *out, bool all, bool colour)
{
	size_t shown = 0;

	fprintf(out, "%s- %s%s", colour ? "\033[1m" : "", cause->words, colour ? "\033[0m" : "");
	if (cause->nr > 1)
		fprintf(out, " (%zu scenarios)", cause->nr);
	fputc('\n', out);
	for (size_t i = cause->first; i < report->nr; i++) {
		const struct difference *difference = &report->difference[i];

		if (strcmp(difference->words, cause->words))
			continue;
		if (all || !shown)
			print_in_full(out, report->options, difference, colour);
		else if (shown <= BRIEF_MAX)
			print_briefly(out, difference);
		shown++;
	}
	if (!all && shown > BRIEF_MAX + 1)
		fprintf(out, "  and %zu more, which --all shows\n", shown - BRIEF_MAX - 1);
}

void diff_report_print(const struct diff_report *report, FILE *out, bool all, bool colour)
{
	const struct diff_options *options = report->options;
	struct cause *causes;
	size_t nr, i;

	causes = causes_of(report, &nr);
	if (nr)
		fprintf(out, "From %s to %s:\n", options->kernel[0]->name, options->kernel[1]->name);
	for (i = 0; i < nr; i++)
		print_cause(report, &causes[i], out, all, colour);
	fprintf(out, "%s%zu scenario%s differ%s between %s and %s in %zu way%s, %zu do%s not", nr ? "\n" : "",
		report->nr, report->nr == 1 ? "" : "s", report->nr == 1 ? "s" : "", options->kernel[0]->name,
		options->kernel[1]->name, nr, nr == 1 ? "" : "s", report->same, report->same == 1 ? "es" : "");
	if (report->excluded)
		fprintf(out, ", %zu %s not for both", report->excluded, report->excluded == 1 ? "is" : "are");
	if (report->errors)
		fprintf(out, ", %zu could not be compared", report->errors);
	fputc('\n', out);
	free(causes);
}

static const char *const kind_names[] = {
	[DIFFER_CALL] = "call",	    [DIFFER_RESULT] = "result", [DIFFER_COUNTER] = "counter",
	[DIFFER_EXPECT] = "expect", [DIFFER_PAGES] = "pages",	[DIFFER_VIOLATION] = "violation",
};

static json_t *pair_of(char *const text[2])
{
	return json_pack("[o, o]", json_text_or_null(text[0]), json_text_or_null(text[1]));
}

static void put_difference(FILE *out, const struct diff_options *options, const struct difference *difference)
{
	json_t *counters = json_object();

	for (unsigned int i = 0; i < difference->nr_counters; i++)
		json_object_set_new(counters, difference->counters[i].name,
				    json_pack("[I, I]", (json_int_t)difference->counters[i].pages[0],
					      (json_int_t)difference->counters[i].pages[1]));
	json_line(out,
	    json_pack("{s:i, s:o, s:o, s:I, s:I, s:[s, s], s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "schema", 1,
		      "file", json_text(difference->path), "title", json_text(difference->title), "line",
		      (json_int_t)difference->line, "step", (json_int_t)difference->step, "kernels",
		      options->kernel[0]->name, options->kernel[1]->name, "differs", kind_names[difference->kind],
		      "call", json_text_or_null(difference->call), "result",
		      pair_of(difference->result), "counters", counters, "seen", pair_of(difference->seen),
		      "violations", pair_of(difference->violations), "changed",
		      json_text_or_null(difference->changed), "words", difference->words));
}

void diff_report_print_json(const struct diff_report *report, FILE *out)
{
	struct cause *causes;
	size_t nr, i;

	for (i = 0; i < report->nr; i++)
		put_difference(out, report->options, &report->difference[i]);
	causes = causes_of(report, &nr);
	for (i = 0; i < nr; i++)
		json_line(out, json_pack("{s:i, s:s, s:I}", "schema", 1, "cause", causes[i].words, "scenarios",
				   (json_int_t)causes[i].nr));
	json_line(out, json_pack("{s:i, s:I, s:I, s:I, s:I}", "schema", 1, "different", (json_int_t)report->nr, "same",
			   (json_int_t)report->same, "excluded", (json_int_t)report->excluded, "errors",
			   (json_int_t)report->errors));
	free(causes);
}
