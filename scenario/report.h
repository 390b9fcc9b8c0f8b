/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The formats of a report: each file report_*.c is one. */
#ifndef SCENARIO_REPORT_FORMATS_H
#define SCENARIO_REPORT_FORMATS_H

#include <scenario/report.h>

struct report_format_ops {
	void (*begin)(struct report *report);
	void (*file_end)(struct report *report);
	void (*step)(struct report *report, const struct step_report *step);
	void (*expect)(struct report *report, const struct expect_report *expect);
	void (*run_end)(struct report *report, const struct run_result *result);
	void (*finish)(struct report *report, const struct report_totals *totals);
};

extern const struct report_format_ops report_text;
extern const struct report_format_ops report_json;
extern const struct report_format_ops report_tap;
extern const struct report_format_ops report_junit;

#define RECENT_STEPS 8

/* A step as it is remembered until something fails: its text only. */
struct recent_step {
	unsigned int index;
	const struct stmt *stmt;
	char outcome[160];
};

struct report {
	struct report_options options;
	const struct report_format_ops *ops;
	/* of the run under way */
	const struct program *program;
	const struct kernel *kernel;
	struct recent_step recent[RECENT_STEPS];
	unsigned int nr_recent;		/* all that there were */
	unsigned int shown;		/* index of the last step that was shown */
	bool headed;			/* the run's headline was printed */
	char *failures;			/* TAP, JUnit: what failed, as text */
	size_t failures_len;
	/* of the file under way */
	char *passed;			/* names of the kernels that it passed on */
	char *missing;			/* and of those where it is n/a */
	unsigned int nr_runs;
	unsigned int nr_failed;
	unsigned int tests;		/* TAP: numbers given; JUnit: cases */
	char *document;			/* JUnit: what was written so far */
	size_t document_len;
	unsigned int junit_failures;
	unsigned int junit_skipped;
};

void report_remember(struct report *report, const struct step_report *step);
/* What a failed step or expect is told as: lines that end in a line end, into a malloc'd string. */
char *failed_step_text(const struct step_report *step);
char *failed_expect_text(const struct expect_report *expect);
/* The violations that nobody expected, one to a line. */
char *violations_text(const struct run_result *result);
void append_text(char **text, size_t *length, const char *more);
void append_format(char **text, size_t *length, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A path as one word of a shell's command that is no option: as it is where it can be. malloc'd. */
char *shell_word(const char *path);
/* A string from the run without what a terminal could act on. */
char *plain_text(const char *text);

#endif
