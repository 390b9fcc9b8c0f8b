// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Recording a run. Frames are handed out in the order of first use, so the same
 * steps give the same frames, and the pins of all of them are one hash.
 */
#include <stdlib.h>
#include <string.h>
#include <mm_model/state.h>
#include <scenario/report.h>
#include "arena.h"
#include "record.h"

static unsigned long long hash_word(unsigned long long hash, unsigned long word)
{
	for (unsigned int i = 0; i < 8; i++, word >>= 8)
		hash = (hash ^ (word & 0xff)) * 0x100000001b3ULL;
	return hash;
}

static unsigned long long hash_pins(void)
{
	unsigned long long hash = 0xcbf29ce484222325ULL;
	struct mm_pin_run run;
	unsigned long frame;

	/* pages one by one, as runs may be cut differently; the zero page is the last */
	for (frame = 0; mm_pin_state(frame, ~0UL, &run); frame = run.frame + run.nr) {
		for (unsigned long i = 0; i < run.nr; i++)
			hash = hash_word(hash_word(hash, run.frame + i), run.pins);
		if (run.frame + run.nr <= frame)
			break;
	}
	return hash;
}

/* Where a call stands that is reported in another order than the text's: by its index. */
static struct step_record *place(struct record *record, unsigned int index)
{
	unsigned int at = record->nr;

	record->step = xrealloc(record->step, (record->nr + 1) * sizeof(*record->step));
	while (at && record->step[at - 1].index > index) {
		record->step[at] = record->step[at - 1];
		at--;
	}
	record->nr++;
	return &record->step[at];
}

/* What a recording needs besides the record itself. */
struct recorder {
	struct record *record;
	bool counters, pins;
	const struct backend *backend;
	const struct run_events *events;	/* of somebody who looks on as well, or NULL */
	void *arg;
};

static unsigned long backend_state(const struct backend *backend)
{
	return (backend->iommufd->state ? backend->iommufd->state() : 0) +
	       (backend->vfio && backend->vfio->state ? backend->vfio->state() : 0);
}

static void record_step(void *arg, const struct step_report *report)
{
	const struct recorder *recorder = arg;
	struct step_record *step = place(recorder->record, report->index);
	struct step_report plain = *report;
	char text[200];

	if (recorder->events && recorder->events->step)
		recorder->events->step(recorder->arg, report);
	*step = (struct step_record){
		.index = report->index,
		.stmt = report->stmt,
		.skip = report->skip,
		.returned = report->returned,
		.ret = report->ret,
		.value = report->value,
		.refusal = report->refusal ? xstrdup(report->refusal) : NULL,
		.nr_tasks = report->nr_tasks,
		.stated_errno = report->may_fail,
	};
	if (recorder->counters)
		step->pages_pinned = mm_pages_pinned();
	if (recorder->pins) {
		step->pins = hash_pins();
		step->state = backend_state(recorder->backend);
	}
	/* only one of two backends may know in words why a limit refused */
	plain.refusal = NULL;
	snprintf(step->outcome, sizeof(step->outcome), "%s", outcome_text(&plain, text, sizeof(text)));
	if (!report->nr_tasks)
		return;
	step->tasks = xrealloc(NULL, report->nr_tasks * sizeof(*step->tasks));
	memcpy(step->tasks, report->tasks, report->nr_tasks * sizeof(*step->tasks));
}

static void record_expect(void *arg, const struct expect_report *report)
{
	const struct recorder *recorder = arg;
	struct record *record = recorder->record;

	if (recorder->events && recorder->events->expect)
		recorder->events->expect(recorder->arg, report);
	if (report->stmt->expect.kind != EXPECT_COMPARE)
		return;
	record->expect = xrealloc(record->expect, (record->nr_expects + 1) * sizeof(*record->expect));
	record->expect[record->nr_expects++] = (struct expect_record){
		.stmt = report->stmt,
		.after = record->nr,
		.comparable = report->applies && report->comparable,
		.plain = report->plain,
		.held = report->held,
		.got = report->got,
	};
}

static const struct run_events record_events = { .step = record_step, .expect = record_expect };

void record_run(const struct program *program, const struct run_options *options, bool pins, struct record *record)
{
	struct recorder recorder = {
		.record = record,
		.counters = options->counters,
		.pins = pins,
		.backend = options->backend,
		.events = options->events,
		.arg = options->arg,
	};
	struct run_options ours = *options;

	memset(record, 0, sizeof(*record));
	ours.events = &record_events;
	ours.arg = &recorder;
	scenario_run(program, &ours, &record->result);
}

void record_free(struct record *record)
{
	for (unsigned int i = 0; i < record->nr; i++) {
		free(record->step[i].tasks);
		free(record->step[i].refusal);
	}
	free(record->step);
	free(record->expect);
	run_result_free(&record->result);
}

static bool same_counters(const struct step_record *a, const struct step_record *b)
{
	if (a->nr_tasks != b->nr_tasks)
		return false;
	for (unsigned int i = 0; i < a->nr_tasks; i++)
		if (a->tasks[i].alive != b->tasks[i].alive || a->tasks[i].locked_vm != b->tasks[i].locked_vm ||
		    a->tasks[i].pinned_vm != b->tasks[i].pinned_vm ||
		    a->tasks[i].user_locked_vm != b->tasks[i].user_locked_vm)
			return false;
	return true;
}

static bool same_result(const struct step_record *a, const struct step_record *b, bool addresses)
{
	if (a->skip != b->skip || a->returned != b->returned || a->ret != b->ret)
		return false;
	if (a->stmt->step.op->returns_address && !addresses)
		return true;
	return !strcmp(a->outcome, b->outcome);
}

bool step_records_differ(const struct step_record *a, const struct step_record *b, unsigned int parts)
{
	if (a->index != b->index)
		return true;
	return ((parts & RECORD_RESULT) && !same_result(a, b, parts & RECORD_ADDRESS)) ||
	       ((parts & RECORD_COUNTERS) && !same_counters(a, b)) ||
	       ((parts & RECORD_PAGES) && a->pages_pinned != b->pages_pinned) ||
	       ((parts & RECORD_PINS) && a->pins != b->pins) || ((parts & RECORD_STATE) && a->state != b->state);
}

unsigned long violations_of(const struct run_result *result, unsigned int step, const char **text)
{
	unsigned long mask = 0;

	*text = NULL;
	for (size_t i = 0; i < result->nr_violations; i++) {
		if (result->violations[i].step != step)
			continue;
		mask |= 1UL << result->violations[i].violation;
		*text = result->violations[i].text;
	}
	return mask;
}

const struct task_counters *counters_of(const struct step_record *step, const char *name)
{
	for (unsigned int i = 0; i < step->nr_tasks; i++)
		if (!strcmp(step->tasks[i].name, name))
			return &step->tasks[i];
	return NULL;
}
