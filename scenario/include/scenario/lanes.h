/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A schedule drawn as lanes: one column a task, time going down.
 *
 * What is drawn is a replay: the program once more under the strategy and seed, or
 * the tape, of the run that is to be seen. Inside `parallel` every call entered
 * and left is a row, every lock that more than one task uses, as it is waited for,
 * taken and released, every counter as it changes, pins, sleeps and injected
 * faults; outside, where one call is under way at a time, the calls only. A
 * violation stands behind the row in which it was found.
 */
#ifndef SCENARIO_LANES_H
#define SCENARIO_LANES_H

#include <stdio.h>
#include <scenario/runner.h>

struct lanes;

/*
 * Runs @program as @options say; their ->events and ->arg are not used. Freed with
 * lanes_free(). Never NULL; the run may have ended as an error: lanes_result().
 */
struct lanes *lanes_replay(const struct program *program, const struct run_options *options);
const struct run_result *lanes_result(const struct lanes *lanes);
void lanes_free(struct lanes *lanes);

/*
 * The same for a run that is no program's (libpinsim): begun before it, told of what
 * happens, each record of the trace by lanes_record(lanes, record), and ended with what it
 * came to, which it takes. @title: copied. There is no lanes_html() of it.
 */
struct lanes *lanes_begin(const char *title, const struct kernel *kernel);
void lanes_record(void *lanes, const struct sim_record *record);
/* What follows is open to a schedule, or is not. */
void lanes_block(struct lanes *lanes, bool open);
/* On a task's actor: a call begins, and returns. */
void lanes_enter(struct lanes *lanes, const char *call);
void lanes_leave(struct lanes *lanes, const char *outcome);
/* Something does not hold: a row across all lanes. */
void lanes_broken(struct lanes *lanes, const char *text);
void lanes_end(struct lanes *lanes, const struct run_result *result);

struct lanes_style {
	bool ascii;		/* no line drawing characters */
	bool colour;
	unsigned int rows_max;	/* of a long schedule the last ones; 0: all */
};

/* At most 78 columns but for the token; ends with the token to replay it. */
void lanes_text(const struct lanes *lanes, const struct lanes_style *style, FILE *out);
/* The whole schedule as one page to step through, which needs nothing beside itself. */
void lanes_html(const struct lanes *lanes, FILE *out);

#endif
