/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports: what a sequence of runs looks like, as text, JSON lines, TAP or JUnit.
 *
 * A report is fed by the events of the runs and prints as they happen; text is
 * quiet about what went well, and shows what failed with the steps before it.
 */
#ifndef SCENARIO_REPORT_H
#define SCENARIO_REPORT_H

#include <stdio.h>
#include <scenario/runner.h>

enum report_format { REPORT_TEXT, REPORT_JSON, REPORT_TAP, REPORT_JUNIT };

struct report_options {
	enum report_format format;
	FILE *out;
	bool trace;	/* text: every step, with the counters beside it */
	bool colour;
	unsigned long seed;	/* said where a run with choices failed */
};

struct report_totals {
	unsigned int files;
	unsigned int runs;
	unsigned int pass;
	unsigned int fail;
	unsigned int na;
	unsigned int errors;
	unsigned int excluded;	/* runs that the file's `kernels` keeps out */
};

struct report;
struct report *report_create(const struct report_options *options);
/* Prints what comes at the end: the summary line, TAP's plan, JUnit's document. */
void report_finish(struct report *report, const struct report_totals *totals);
void report_free(struct report *report);

void report_file_begin(struct report *report, const struct program *program);
void report_file_end(struct report *report);
/* The events of the runs are for @report: options->events and ->arg. */
extern const struct run_events report_events;
/* Does the report need the counters of all tasks? */
bool report_wants_counters(const struct report *report);
void report_run_begin(struct report *report, const struct program *program, const struct kernel *kernel);
void report_run_end(struct report *report, const struct run_result *result);

/* How values are shown to people. @buf: at least 64 bytes. */
const char *wide_text(wide value, char *buf, size_t size);
/* Bytes as pages where they are: "64p", "-8p", "4095 bytes", "unlimited". */
const char *bytes_text(wide bytes, char *buf, size_t size);
/* What a call came to: "0", "0x7f…", "ENOMEM: why", "skipped: why". */
const char *outcome_text(const struct step_report *step, char *buf, size_t size);
/* What the kernel of an n/a run does not have: "change_process", "vfio_open(compat=)". */
const char *missing_text(const struct run_result *result, char *buf, size_t size);
/* The errno or signal of a result, "ENOMEM"; of an unknown one its number in @buf. */
const char *error_text(long ret, char *buf, size_t size);

#endif
