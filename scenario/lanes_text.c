// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lanes as text, narrow enough for a mail: 78 columns, each task's rows below its
 * name. A line down a column says that the task is inside a call. Where the tasks
 * are too many for columns, each row names its own.
 */
#include <stdlib.h>
#include <string.h>
#include "arena.h"
#include "lanes.h"
#include "report.h"

#define WIDTH 78
#define NUMBER_WIDTH 5		/* "1234 " */
#define COLUMN_MIN 12
#define LANES_MAX 256

struct glyphs {
	const char *enter, *inside, *leave, *fatal, *rule;
};

static const struct glyphs drawn = { "┌", "│", "└", "✖", "─" };
static const struct glyphs plain = { ">", "|", "<", "!", "-" };

struct drawing {
	const struct lanes *lanes;
	const struct lanes_style *style;
	const struct glyphs *glyphs;
	FILE *out;
	unsigned int column;		/* width of one, with the space behind it; 0: no columns */
	bool inside[LANES_MAX];		/* by lane: in a call */
};

/* How many characters of @text go into @room: up to a space, or as many as fit where a word is longer. */
static size_t part_of(const char *text, size_t room)
{
	size_t length = strlen(text), at;

	if (length <= room)
		return length;
	for (at = room; at > room / 2; at--)
		if (text[at] == ' ')
			return at;
	for (at = room; at > room / 2; at--)
		if (strchr(",(/.", text[at - 1]))
			return at;
	return room;
}

static const char *colour_of(const struct drawing *drawing, const struct lane_event *event)
{
	if (!drawing->style->colour)
		return "";
	if (event->fatal)
		return "\033[31m";
	switch (event->what) {
	case LANE_COUNTER:
		return "\033[32m";
	case LANE_WAITS:
		return "\033[33m";
	default:
		return "";
	}
}

static const char *mark_of(const struct drawing *drawing, const struct lane_event *event, bool first)
{
	const struct glyphs *glyphs = drawing->glyphs;

	if (event->fatal && first)
		return glyphs->fatal;
	if (!first)
		return event->what == LANE_LEAVE || (event->what == LANE_CALL) ? " " : glyphs->inside;
	switch (event->what) {
	case LANE_ENTER:
		return glyphs->enter;
	case LANE_LEAVE:
		return glyphs->leave;
	case LANE_CALL:
		return " ";
	default:
		return drawing->inside[event->lane] ? glyphs->inside : " ";
	}
}

/* The columns of other lanes before or behind this one's cell: empty but for the calls that are under way. */
static void put_others(const struct drawing *drawing, size_t from, size_t to)
{
	size_t lane, last = to;

	if (to == drawing->lanes->nr_lanes)
		for (; last > from && !drawing->inside[last - 1]; last--)
			;
	for (lane = from; lane < last; lane++)
		fprintf(drawing->out, "%s%*s", drawing->inside[lane] ? drawing->glyphs->inside : " ",
			to == drawing->lanes->nr_lanes && lane + 1 == last ? 0 : (int)drawing->column - 1, "");
}

static bool anything_behind(const struct drawing *drawing, size_t lane)
{
	for (lane++; lane < drawing->lanes->nr_lanes; lane++)
		if (drawing->inside[lane])
			return true;
	return false;
}

static void put_cell(struct drawing *drawing, const struct lane_event *event, const char *text)
{
	size_t room = drawing->column - 3, length;
	const char *colour = colour_of(drawing, event);
	bool first = true, behind = anything_behind(drawing, (size_t)event->lane);

	do {
		length = part_of(text, room);
		if (!first)
			fprintf(drawing->out, "%*s", NUMBER_WIDTH, "");
		put_others(drawing, 0, (size_t)event->lane);
		fprintf(drawing->out, "%s%s %.*s%s", colour, mark_of(drawing, event, first), (int)length, text,
			*colour ? "\033[0m" : "");
		if (behind) {
			fprintf(drawing->out, "%*s", (int)(room - length) + 1, "");
			put_others(drawing, (size_t)event->lane + 1, drawing->lanes->nr_lanes);
		}
		fputc('\n', drawing->out);
		text += length;
		while (*text == ' ')
			text++;
		first = false;
	} while (*text);
}

/* A paragraph of its own across all lanes. */
static void put_broken(struct drawing *drawing, const char *text)
{
	const char *colour = drawing->style->colour ? "\033[31m" : "";
	bool first = true;
	size_t length;

	while (*text) {
		const char *end = strchrnul(text, '\n');
		char *line = strndup(text, (size_t)(end - text)), *at = line;

		if (!line)
			out_of_memory();
		do {
			length = part_of(at, WIDTH - NUMBER_WIDTH - 2);
			fprintf(drawing->out, "%s%*s%s %.*s%s\n", colour, first ? 0 : NUMBER_WIDTH, "",
				first ? drawing->glyphs->fatal : " ", (int)length, at, *colour ? "\033[0m" : "");
			at += length;
			while (*at == ' ')
				at++;
			first = false;
		} while (*at);
		free(line);
		text = *end ? end + 1 : end;
	}
}

static void put_row(struct drawing *drawing, const struct lane_event *event, size_t number)
{
	char *text = plain_text(event->text), *named = NULL;
	size_t length = 0;

	fprintf(drawing->out, "%4zu ", number);
	if (event->what == LANE_BROKEN) {
		put_broken(drawing, text);
	} else if (drawing->column) {
		if (event->what == LANE_LEAVE)
			drawing->inside[event->lane] = false;
		put_cell(drawing, event, text);
		if (event->what == LANE_ENTER)
			drawing->inside[event->lane] = true;
	} else {
		append_format(&named, &length, "%s: %s", drawing->lanes->lanes[event->lane].name, text);
		length = part_of(named, WIDTH - NUMBER_WIDTH - 2);
		fprintf(drawing->out, "%s %.*s\n", event->fatal ? drawing->glyphs->fatal : " ", (int)length, named);
		free(named);
	}
	free(text);
}

static void put_rule(const struct drawing *drawing, const char *title)
{
	size_t used = strlen(title) + 4;

	fprintf(drawing->out, "%s%s %s ", drawing->glyphs->rule, drawing->glyphs->rule, title);
	for (; used < WIDTH; used++)
		fputs(drawing->glyphs->rule, drawing->out);
	fputc('\n', drawing->out);
}

static void put_names(const struct drawing *drawing)
{
	size_t lane, nr = drawing->lanes->nr_lanes;

	if (!drawing->column)
		return;
	fprintf(drawing->out, "%*s", NUMBER_WIDTH, "");
	for (lane = 0; lane < nr; lane++)
		fprintf(drawing->out, "  %-*.*s", lane + 1 < nr ? (int)drawing->column - 2 : 0,
			(int)drawing->column - 3, drawing->lanes->lanes[lane].name);
	fputc('\n', drawing->out);
}

static void put_again(const struct drawing *drawing)
{
	const struct run_result *result = &drawing->lanes->result;
	const struct lanes *lanes = drawing->lanes;
	char *path;

	put_rule(drawing, result->failures ? "this run failed" : "this run held");
	if (!result->token) {
		fputs("the schedule is too long for a token\n", drawing->out);
	} else if (!lanes->program) {
		fprintf(drawing->out, "again, by pinsim_replay(): %s\n", result->token);
	} else {
		path = shell_word(lanes->program->path);
		fprintf(drawing->out, "again: pinsim run %s \\\n  --lanes --schedule %s\n", path, result->token);
		free(path);
	}
}

void lanes_text(const struct lanes *lanes, const struct lanes_style *style, FILE *out)
{
	struct drawing drawing = {
		.lanes = lanes,
		.style = style,
		.glyphs = style->ascii ? &plain : &drawn,
		.out = out,
	};
	size_t first = 0, i;
	char *title = NULL;
	bool block = false;

	if (lanes->nr_lanes && (WIDTH - NUMBER_WIDTH) / lanes->nr_lanes >= COLUMN_MIN)
		drawing.column = (unsigned int)((WIDTH - NUMBER_WIDTH) / lanes->nr_lanes);
	if (style->rows_max && lanes->nr_events > style->rows_max)
		first = lanes->nr_events - style->rows_max;
	i = 0;
	append_format(&title, &i, "%s on %s", lanes->title, lanes->kernel->name);
	put_rule(&drawing, title);
	free(title);
	put_names(&drawing);
	for (i = 0; i < lanes->nr_events; i++) {
		const struct lane_event *event = &lanes->events[i];

		if (i < first) {
			if (event->lane >= 0 && event->what == LANE_ENTER)
				drawing.inside[event->lane] = true;
			else if (event->lane >= 0 && event->what == LANE_LEAVE)
				drawing.inside[event->lane] = false;
			if (i + 1 == first)
				fprintf(out, "%*s(%zu rows before)\n", NUMBER_WIDTH, "", first);
			continue;
		}
		if (event->what != LANE_BROKEN && event->block != block) {
			put_rule(&drawing, event->block ? "parallel" : "in order");
			block = event->block;
		}
		put_row(&drawing, event, i + 1);
	}
	put_again(&drawing);
}
