/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run leaves to be compared: a record for each step and each expect, with
 * no world behind it. Backends, kernels and the columns of the matrix are all
 * compared by these.
 */
#ifndef SCENARIO_RECORD_H
#define SCENARIO_RECORD_H

#include <scenario/runner.h>

struct step_record {
	unsigned int index;		/* from 1 */
	const struct stmt *stmt;
	enum step_skip skip;
	bool returned;
	long ret;
	struct value value;
	char outcome[200];		/* outcome_text() without the refusal */
	char *refusal;			/* or NULL */
	struct task_counters *tasks;	/* with options->counters */
	unsigned int nr_tasks;
	unsigned long pages_pinned;	/* with options->counters */
	unsigned long long pins;	/* hash of every page's, which takes a step a page; where asked for */
	unsigned long state;		/* and of what the backend holds (iommufd_calls.state) */
	bool stated_errno;		/* the file lets it fail on this kernel */
};

struct expect_record {
	const struct stmt *stmt;
	unsigned int after;		/* steps that had been reported */
	bool comparable, plain, held;
	wide got;
};

struct record {
	struct step_record *step;	/* in order of index */
	unsigned int nr;
	struct expect_record *expect;
	unsigned int nr_expects;
	struct run_result result;
};

/*
 * Runs @program and records it, beside @options' own events. @pins: with the pins
 * of every page. Freed with record_free() in every case.
 */
void record_run(const struct program *program, const struct run_options *options, bool pins, struct record *record);
void record_free(struct record *record);

/* What two records are compared for. */
enum record_part {
	RECORD_RESULT = 1,	/* what the call returned */
	RECORD_ADDRESS = 2,	/* addresses count as results too */
	RECORD_COUNTERS = 4,
	RECORD_PAGES = 8,	/* how many pages have a pin */
	RECORD_PINS = 16,	/* the pins of every page */
	RECORD_STATE = 32,	/* what iommufd and type1 hold, and every domain maps */
};

/* Does the same step of two records differ in any of @parts? */
bool step_records_differ(const struct step_record *a, const struct step_record *b, unsigned int parts);
/* The violations of one step as a mask; the last one's text in *@text, NULL where there is none. */
unsigned long violations_of(const struct run_result *result, unsigned int step, const char **text);
/* The counters of task @name after the step, or NULL. */
const struct task_counters *counters_of(const struct step_record *step, const char *name);

#endif
