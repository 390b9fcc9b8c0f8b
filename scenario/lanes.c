// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The recording of lanes: from a run's events and the records of its trace to rows.
 *
 * Rows are made as things happen, for names and holders are only known then. What
 * turns out not to be worth a row is dropped behind the run: locks that one task
 * alone uses, and a call's begin and end, which become one row where nothing
 * stands between them.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sim/fault.h>
#include "arena.h"
#include "lanes.h"
#include "report.h"

static int lane_of(struct lanes *lanes, unsigned int actor)
{
	const char *name;
	size_t i, at;

	if (actor == ~0u)
		return -1;
	for (i = 0; i < lanes->nr_lanes; i++)
		if (lanes->lanes[i].actor == actor)
			return (int)i;
	name = sim_actor_name_at(actor);
	lanes->lanes = xrealloc(lanes->lanes, (lanes->nr_lanes + 1) * sizeof(*lanes->lanes));
	at = lanes->nr_lanes++;
	lanes->lanes[at] = (struct lane){ .actor = actor, .name = xstrdup(name ? name : "?") };
	return (int)at;
}

static struct lane_object *object_of(struct lanes *lanes, unsigned long object)
{
	struct lane_object *entry;
	const char *name;
	size_t i, same = 0, length = 0;
	char *text = NULL;

	for (i = 0; i < lanes->nr_objects; i++)
		if (lanes->objects[i].object == object)
			return &lanes->objects[i];
	name = sim_object_name_get(object);
	if (!name)
		name = "an object";
	for (i = 0; i < lanes->nr_objects; i++) {
		size_t bytes = strlen(name);

		if (!strncmp(lanes->objects[i].name, name, bytes) &&
		    (!lanes->objects[i].name[bytes] || lanes->objects[i].name[bytes] == '#'))
			same++;
	}
	append_text(&text, &length, name);
	if (same)
		append_format(&text, &length, "#%zu", same + 1);
	lanes->objects = xrealloc(lanes->objects, (lanes->nr_objects + 1) * sizeof(*lanes->objects));
	entry = &lanes->objects[lanes->nr_objects++];
	*entry = (struct lane_object){ .object = object, .name = text, .user = -1 };
	return entry;
}

static struct lane_event *add(struct lanes *lanes, enum lane_what what, int lane, char *text)
{
	struct lane_event *event;

	if (!(lanes->nr_events & (lanes->nr_events - 1)))
		lanes->events = xrealloc(lanes->events,
					 (lanes->nr_events ? lanes->nr_events * 2 : 1) * sizeof(*lanes->events));
	event = &lanes->events[lanes->nr_events++];
	*event = (struct lane_event){
		.what = what,
		.lane = lane,
		.block = lanes->in_block,
		.record = lanes->nr_records,
		.text = text,
	};
	return event;
}

/*
 * Locks
 */

static void hold(struct lanes *lanes, int lane, unsigned long object, bool read)
{
	lanes->holds = xrealloc(lanes->holds, (lanes->nr_holds + 1) * sizeof(*lanes->holds));
	lanes->holds[lanes->nr_holds++] = (struct lane_hold){ .object = object, .lane = lane, .read = read };
}

static struct lane_hold *held_by(struct lanes *lanes, int lane, unsigned long object)
{
	size_t i;

	for (i = 0; i < lanes->nr_holds; i++)
		if (lanes->holds[i].object == object && lanes->holds[i].lane == lane)
			return &lanes->holds[i];
	return NULL;
}

/* Whom a lane that comes for the lock now has to wait for; -1: nobody. */
static int in_the_way(const struct lanes *lanes, int lane, unsigned long object, bool read)
{
	size_t i;

	for (i = 0; i < lanes->nr_holds; i++) {
		const struct lane_hold *held = &lanes->holds[i];

		if (held->object == object && held->lane != lane && !(read && held->read))
			return held->lane;
	}
	return -1;
}

static void on_lock(struct lanes *lanes, int lane, const struct sim_record *record)
{
	bool read = record->kind == SIM_POINT_LOCK_READ || record->kind == SIM_POINT_LOCKED_READ ||
		    record->kind == SIM_POINT_UNLOCK_READ;
	struct lane_object *object = object_of(lanes, record->object);
	struct lane_hold *held = held_by(lanes, lane, record->object);
	enum lane_what what = LANE_TAKES;
	struct lane_event *event;
	char *text = NULL, number[32];
	bool taken = false;
	int other;

	switch (record->kind) {
	case SIM_POINT_LOCK:
	case SIM_POINT_LOCK_READ:
		other = in_the_way(lanes, lane, record->object, read);
		if (other >= 0)
			text = xasprintf("waits for %s, %s has it", object->name, lanes->lanes[other].name);
		what = LANE_WAITS;
		break;
	case SIM_POINT_LOCKED:
	case SIM_POINT_LOCKED_READ:
		if (record->result) {
			text = xasprintf("%s: %s", object->name, error_text(record->result, number, sizeof(number)));
			break;
		}
		hold(lanes, lane, record->object, read);
		taken = true;
		text = xasprintf("%s %s", read ? "reads" : "takes", object->name);
		break;
	case SIM_POINT_DOWNGRADE:
		if (held)
			held->read = true;
		text = xasprintf("keeps %s as reader", object->name);
		break;
	default:
		if (held)
			*held = lanes->holds[--lanes->nr_holds];
		text = xasprintf("releases %s", object->name);
		what = LANE_RELEASES;
		break;
	}
	if (lanes->in_block && lane >= 0) {
		object->shared |= object->user >= 0 && object->user != lane;
		object->user = lane;
	}
	if (!text)
		return;
	event = add(lanes, what, lane, text);
	event->object = record->object;
	event->held = taken;
}

/*
 * Everything else
 */

static long last_value(const struct lanes *lanes, unsigned long object, bool *known)
{
	size_t i;

	for (i = lanes->nr_events; i--;)
		if (lanes->events[i].what == LANE_COUNTER && lanes->events[i].object == object) {
			*known = true;
			return lanes->events[i].value;
		}
	*known = false;
	return 0;
}

static void on_counter(struct lanes *lanes, int lane, const struct sim_record *record)
{
	const char *name = object_of(lanes, record->object)->name;
	struct lane_event *event;
	bool known;
	long before = last_value(lanes, record->object, &known);

	event = add(lanes, LANE_COUNTER, lane, known ? xasprintf("%s %ldp -> %ldp", name, before, record->result)
						     : xasprintf("%s -> %ldp", name, record->result));
	event->object = record->object;
	event->before = before;
	event->value = record->result;
}

static char *pages_text(const char *done, long result)
{
	char number[32];

	if (result < 0)
		return xasprintf("%s: %s", done, error_text(result, number, sizeof(number)));
	return xasprintf("%s %ldp", done, result);
}

void lanes_record(void *arg, const struct sim_record *record)
{
	struct lanes *lanes = arg;
	int lane = lane_of(lanes, record->actor);
	char *text = NULL;

	lanes->nr_records++;
	switch (record->kind) {
	case SIM_POINT_LOCK:
	case SIM_POINT_LOCK_READ:
	case SIM_POINT_LOCKED:
	case SIM_POINT_LOCKED_READ:
	case SIM_POINT_UNLOCK:
	case SIM_POINT_UNLOCK_READ:
	case SIM_POINT_DOWNGRADE:
		on_lock(lanes, lane, record);
		return;
	case SIM_POINT_COUNTER:
		on_counter(lanes, lane, record);
		return;
	case SIM_POINT_WAIT:
		text = record->object ? xasprintf("sleeps on %s", object_of(lanes, record->object)->name)
				      : xasprintf("lets time pass");
		break;
	case SIM_POINT_WAKE:
		text = xasprintf("wakes %s", object_of(lanes, record->object)->name);
		break;
	case SIM_POINT_RCU_SYNC:
		text = xasprintf("waits for the RCU readers");
		break;
	case SIM_POINT_GUP:
		text = pages_text("pins", record->result);
		break;
	case SIM_POINT_UNPIN:
		text = pages_text("unpins", record->result);
		break;
	case SIM_POINT_IOMMU_MAP:
		text = pages_text("maps for DMA", record->result);
		break;
	case SIM_POINT_IOMMU_UNMAP:
		text = pages_text("unmaps for DMA", record->result);
		break;
	case SIM_POINT_FAULT:
		text = xasprintf("injected fault: %s", sim_fault_site_name(record->object));
		break;
	default:
		return;
	}
	add(lanes, LANE_OTHER, lane, text);
}

static bool is_in_block(const struct program *program, const struct stmt *stmt)
{
	bool inside = false;
	unsigned int i;

	for (i = 0; i < program->nr_items; i++) {
		if (program->items[i].kind == ITEM_PARALLEL)
			inside = true;
		else if (program->items[i].kind == ITEM_PARALLEL_END)
			inside = false;
		else if (inside && program->items[i].stmt == stmt)
			return true;
	}
	return false;
}

static int own_lane(struct lanes *lanes)
{
	return lane_of(lanes, sim_actor_index(sim_self()));
}

void lanes_enter(struct lanes *lanes, const char *call)
{
	add(lanes, LANE_ENTER, own_lane(lanes), xstrdup(call));
}

void lanes_leave(struct lanes *lanes, const char *outcome)
{
	add(lanes, LANE_LEAVE, own_lane(lanes), xasprintf("= %s", outcome));
}

/* The row just made is one of this line of the file. */
static void note_line(struct lanes *lanes, const struct step_report *step)
{
	lanes->events[lanes->nr_events - 1].line = step->stmt->pos.line;
}

static void on_enter(void *arg, const struct step_report *step)
{
	struct lanes *lanes = arg;

	lanes->in_block = is_in_block(lanes->program, step->stmt);
	lanes_enter(lanes, step->stmt->step.text);
	note_line(lanes, step);
}

static void on_leave(void *arg, const struct step_report *step)
{
	char buf[512];

	lanes_leave(arg, outcome_text(step, buf, sizeof(buf)));
	note_line(arg, step);
}

void lanes_block(struct lanes *lanes, bool open)
{
	lanes->in_block = open;
}

/* Takes @text. */
static void add_broken(struct lanes *lanes, char *text)
{
	size_t length = strlen(text);

	while (length && text[length - 1] == '\n')
		text[--length] = '\0';
	add(lanes, LANE_BROKEN, -1, text)->fatal = true;
}

void lanes_broken(struct lanes *lanes, const char *text)
{
	add_broken(lanes, xstrdup(text));
}

static void on_step(void *arg, const struct step_report *step)
{
	struct lanes *lanes = arg;

	/* The steps of a block are judged when it is over. */
	lanes->in_block = false;
	if (step->judged && !step->held)
		add_broken(arg, failed_step_text(step));
}

static void on_expect(void *arg, const struct expect_report *expect)
{
	if (!expect->held && expect->applies)
		add_broken(arg, failed_expect_text(expect));
}

/*
 * Behind the run
 */

static bool worth_a_row(struct lanes *lanes, const struct lane_event *event)
{
	switch (event->what) {
	case LANE_WAITS:
	case LANE_TAKES:
	case LANE_RELEASES:
		return event->block && event->lane >= 0 && object_of(lanes, event->object)->shared;
	case LANE_COUNTER:
	case LANE_OTHER:
		return event->block && event->lane >= 0;
	default:
		return true;
	}
}

static void drop_idle_rows(struct lanes *lanes)
{
	size_t i, kept = 0;

	for (i = 0; i < lanes->nr_events; i++) {
		struct lane_event *event = &lanes->events[i], *before = kept ? &lanes->events[kept - 1] : NULL;

		if (!worth_a_row(lanes, event)) {
			free(event->text);
			continue;
		}
		if (event->what == LANE_LEAVE && before && before->what == LANE_ENTER && before->lane == event->lane) {
			char *text = xasprintf("%s %s", before->text, event->text);

			free(before->text);
			free(event->text);
			before->text = text;
			before->what = LANE_CALL;
			continue;
		}
		lanes->events[kept++] = *event;
	}
	lanes->nr_events = kept;
}

static bool same_row(const struct lane_event *a, const struct lane_event *b)
{
	if (a->what != b->what || a->lane != b->lane || a->object != b->object)
		return false;
	if (a->what == LANE_COUNTER)
		return true;
	return (a->what == LANE_OTHER || a->what == LANE_TAKES || a->what == LANE_RELEASES) &&
	       !strcmp(a->text, b->text);
}

/* How often the @period rows at @at stand there, one time after the other. */
static size_t times_at(const struct lanes *lanes, size_t at, size_t period)
{
	size_t end = at + period;

	while (end < lanes->nr_events && same_row(&lanes->events[end - period], &lanes->events[end]))
		end++;
	return (end - at) / period;
}

/* What a loop does page by page is told once: @times rows become one. */
static void merge_row(struct lanes *lanes, struct lane_event *first, const struct lane_event *last, size_t times)
{
	char *text;

	if (first->what == LANE_COUNTER)
		text = xasprintf("%s %ldp -> %ldp, %zu times", object_of(lanes, first->object)->name, first->before,
			       last->value, times);
	else
		text = xasprintf("%s, %zu times", first->text, times);
	free(first->text);
	first->text = text;
	first->value = last->value;
	first->record = last->record;
}

#define LOOP_MIN 4	/* times */
#define PERIOD_MAX 6	/* rows */

static void merge_loops(struct lanes *lanes)
{
	size_t at = 0, kept = 0;

	while (at < lanes->nr_events) {
		size_t period = 0, times = 0;

		while (times < LOOP_MIN && period < PERIOD_MAX)
			times = times_at(lanes, at, ++period);
		if (times < LOOP_MIN) {
			lanes->events[kept++] = lanes->events[at++];
			continue;
		}
		for (size_t i = 0; i < period; i++)
			merge_row(lanes, &lanes->events[at + i], &lanes->events[at + (times - 1) * period + i], times);
		for (size_t i = period; i < times * period; i++)
			free(lanes->events[at + i].text);
		for (size_t i = 0; i < period; i++)
			lanes->events[kept++] = lanes->events[at + i];
		at += times * period;
	}
	lanes->nr_events = kept;
}

/* Behind what the task had done when it was found, and before what comes next. */
static void add_violation(struct lanes *lanes, const struct violation_report *violation)
{
	size_t at = lanes->nr_events, marked;
	struct lane_event event = {
		.what = LANE_BROKEN,
		.lane = -1,
		.fatal = true,
		.block = true,
		.record = violation->record,
		.text = xasprintf("%s: %s", sim_violation_name(violation->violation), violation->text),
	};

	while (at && lanes->events[at - 1].record > violation->record)
		at--;
	for (marked = at; marked--;)
		if (lanes->events[marked].lane >= 0 &&
		    lanes->lanes[lanes->events[marked].lane].actor == violation->actor) {
			lanes->events[marked].fatal = true;
			break;
		}
	lanes->events = xrealloc(lanes->events, (lanes->nr_events + 1) * sizeof(*lanes->events));
	memmove(&lanes->events[at + 1], &lanes->events[at], (lanes->nr_events - at) * sizeof(*lanes->events));
	lanes->events[at] = event;
	lanes->nr_events++;
}

/* Lanes without a row are no columns; the others stand in order of creation. */
static void drop_idle_lanes(struct lanes *lanes)
{
	int *new_index = xzalloc((lanes->nr_lanes + 1) * sizeof(*new_index));
	struct lane *kept = xzalloc((lanes->nr_lanes + 1) * sizeof(*kept));
	size_t nr = 0, i;
	unsigned int actor = 0, seen = 0;

	for (i = 0; i < lanes->nr_events; i++)
		if (lanes->events[i].lane >= 0)
			new_index[lanes->events[i].lane] = 1;
	for (; seen < lanes->nr_lanes; actor++)
		for (i = 0; i < lanes->nr_lanes; i++) {
			if (lanes->lanes[i].actor != actor)
				continue;
			seen++;
			if (!new_index[i]) {
				free(lanes->lanes[i].name);
				continue;
			}
			new_index[i] = (int)nr;
			kept[nr++] = lanes->lanes[i];
		}
	for (i = 0; i < lanes->nr_events; i++)
		if (lanes->events[i].lane >= 0)
			lanes->events[i].lane = new_index[lanes->events[i].lane];
	free(lanes->lanes);
	free(new_index);
	lanes->lanes = kept;
	lanes->nr_lanes = nr;
}

struct lanes *lanes_begin(const char *title, const struct kernel *kernel)
{
	struct lanes *lanes = xzalloc(sizeof(*lanes));

	lanes->title = xstrdup(title);
	lanes->kernel = kernel;
	return lanes;
}

void lanes_end(struct lanes *lanes, const struct run_result *result)
{
	size_t i;

	lanes->result = *result;
	drop_idle_rows(lanes);
	merge_loops(lanes);
	for (i = 0; i < lanes->result.nr_violations; i++)
		add_violation(lanes, &lanes->result.violations[i]);
	drop_idle_lanes(lanes);
}

struct lanes *lanes_replay(const struct program *program, const struct run_options *options)
{
	static const struct run_events events = {
		.step = on_step,
		.expect = on_expect,
		.enter = on_enter,
		.leave = on_leave,
		.record = lanes_record,
	};
	struct lanes *lanes = lanes_begin(program->path, options->kernel);
	struct run_options replay = *options;
	struct run_result result;

	lanes->program = program;
	replay.events = &events;
	replay.arg = lanes;
	scenario_run(program, &replay, &result);
	lanes_end(lanes, &result);
	return lanes;
}

const struct run_result *lanes_result(const struct lanes *lanes)
{
	return &lanes->result;
}

void lanes_free(struct lanes *lanes)
{
	size_t i;

	for (i = 0; i < lanes->nr_events; i++)
		free(lanes->events[i].text);
	for (i = 0; i < lanes->nr_lanes; i++)
		free(lanes->lanes[i].name);
	for (i = 0; i < lanes->nr_objects; i++)
		free(lanes->objects[i].name);
	free(lanes->events);
	free(lanes->lanes);
	free(lanes->objects);
	free(lanes->holds);
	free(lanes->title);
	run_result_free(&lanes->result);
	free(lanes);
}
