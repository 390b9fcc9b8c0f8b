// SPDX-License-Identifier: GPL-2.0-or-later
/* Distinct outcomes: see <scenario/outcomes.h>. A sorted array: there are few. */
#include <stdlib.h>
#include <string.h>
#include <scenario/outcomes.h>
#include <scenario/report.h>
#include "arena.h"

struct outcome {
	char *text;
	unsigned long runs;
};

/* What one call or expect of the run under way came to. */
struct part {
	unsigned int index;		/* of the step; of an expect: that of the step before it */
	char *text;
};

struct outcomes {
	struct outcome *outcome;
	size_t nr;
	struct part *part;
	size_t nr_parts;
	unsigned int last_index;
};

static void add_part(struct outcomes *outcomes, unsigned int index, unsigned int line, const char *text)
{
	size_t bytes = strlen(text) + 16;
	struct part part = { .index = index, .text = xrealloc(NULL, bytes) };
	size_t at = outcomes->nr_parts;

	snprintf(part.text, bytes, "%u:%s", line, text);
	outcomes->part = xrealloc(outcomes->part, (outcomes->nr_parts + 1) * sizeof(*outcomes->part));
	/* calls of a block are told in the order of their return */
	while (at && outcomes->part[at - 1].index > index) {
		outcomes->part[at] = outcomes->part[at - 1];
		at--;
	}
	outcomes->part[at] = part;
	outcomes->nr_parts++;
	if (index > outcomes->last_index)
		outcomes->last_index = index;
}

static void on_step(void *arg, const struct step_report *report)
{
	struct step_report plain = *report;
	char text[200];

	/* why a limit refused is words */
	plain.refusal = NULL;
	add_part(arg, report->index, report->stmt->pos.line, outcome_text(&plain, text, sizeof(text)));
}

static bool looks_back(const struct sum *sum)
{
	for (const struct term *term = sum ? sum->terms : NULL; term; term = term->next)
		if (!term->is_number && !strcmp(term->path->name, "peak"))
			return true;
	return false;
}

static void on_expect(void *arg, const struct expect_report *report)
{
	const struct expect *expect = &report->stmt->expect;
	struct outcomes *outcomes = arg;
	char text[64];

	/* A peak is sampled where the engine has a step. */
	if (expect->kind != EXPECT_COMPARE || !report->applies || !report->comparable || looks_back(expect->left) ||
	    looks_back(expect->right))
		return;
	add_part(outcomes, outcomes->last_index, report->stmt->pos.line, bytes_text(report->got, text, sizeof(text)));
}

static const struct run_events events = { .step = on_step, .expect = on_expect };

struct outcomes *outcomes_create(void)
{
	struct outcomes *outcomes = xrealloc(NULL, sizeof(*outcomes));

	*outcomes = (struct outcomes){ .nr = 0 };
	return outcomes;
}

static void forget_parts(struct outcomes *outcomes)
{
	for (size_t i = 0; i < outcomes->nr_parts; i++)
		free(outcomes->part[i].text);
	outcomes->nr_parts = 0;
	outcomes->last_index = 0;
}

void outcomes_free(struct outcomes *outcomes)
{
	if (!outcomes)
		return;
	forget_parts(outcomes);
	for (size_t i = 0; i < outcomes->nr; i++)
		free(outcomes->outcome[i].text);
	free(outcomes->outcome);
	free(outcomes->part);
	free(outcomes);
}

void outcomes_listen(struct outcomes *outcomes, struct run_options *options)
{
	options->events = &events;
	options->arg = outcomes;
}

/* One more run came to @text, which is taken. */
static void count(struct outcomes *outcomes, char *text)
{
	size_t at = outcomes->nr;

	while (at && strcmp(outcomes->outcome[at - 1].text, text) > 0)
		at--;
	if (at && !strcmp(outcomes->outcome[at - 1].text, text)) {
		outcomes->outcome[at - 1].runs++;
		free(text);
		return;
	}
	outcomes->outcome = xrealloc(outcomes->outcome, (outcomes->nr + 1) * sizeof(*outcomes->outcome));
	memmove(outcomes->outcome + at + 1, outcomes->outcome + at, (outcomes->nr - at) * sizeof(*outcomes->outcome));
	outcomes->outcome[at] = (struct outcome){ text, 1 };
	outcomes->nr++;
}

void outcomes_add(struct outcomes *outcomes, const struct run_result *result)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	for (size_t i = 0; result && i < result->nr_violations; i++) {
		const char *name = sim_violation_name(result->violations[i].violation);
		char *line = xrealloc(NULL, strlen(name) + 12);

		sprintf(line, "violation %s", name);
		count(outcomes, line);
	}
	if (result) {
		out = open_memstream(&text, &size);
		if (!out)
			out_of_memory();
		for (size_t i = 0; i < outcomes->nr_parts; i++)
			fprintf(out, "%s%s", i ? " " : "", outcomes->part[i].text);
		if (fclose(out))
			out_of_memory();
		count(outcomes, text);
	}
	forget_parts(outcomes);
}

const char *outcomes_at(struct outcomes *outcomes, size_t index, unsigned long *runs)
{
	if (index >= outcomes->nr)
		return NULL;
	*runs = outcomes->outcome[index].runs;
	return outcomes->outcome[index].text;
}
