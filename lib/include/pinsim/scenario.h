/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scenarios: .pin files, or their text in memory, run as `pinsim run` does
 * (docs/language.md).
 */
#ifndef PINSIM_SCENARIO_H
#define PINSIM_SCENARIO_H

#include <pinsim/base.h>
#include <pinsim/explore.h>

PINSIM_C_BEGIN

struct pinsim_scenario;	/* immutable; owned by who loaded it */

/*
 * Any bytes are an answer, in bounded time and memory: the scenario, to be freed by
 * pinsim_scenario_free(), or NULL, and pinsim_error() says FILE:LINE:COL and why.
 */
PINSIM_API struct pinsim_scenario *pinsim_scenario_load(const char *path);
/*
 * Of @bytes in memory, which may go behind the call. @name: stands for the path in
 * messages; `include` is relative to it.
 */
PINSIM_API struct pinsim_scenario *pinsim_scenario_parse(const char *name, const char *text, size_t bytes);
PINSIM_API void pinsim_scenario_free(struct pinsim_scenario *scenario);
/* Its title, or the path where it has none. */
PINSIM_API const char *pinsim_scenario_title(const struct pinsim_scenario *scenario);

enum pinsim_report_format {
	PINSIM_REPORT_TEXT,	/* what `pinsim run` prints */
	PINSIM_REPORT_JSON,	/* one object a line */
	PINSIM_REPORT_TAP,
	PINSIM_REPORT_JUNIT,
};

/* A member that is 0 means its default. */
struct pinsim_scenario_options {
	const char *kernels;	/* "v6.2..", "v6.12,v7.0" (those that the scenario is for, else all releases) */
	const char *backend;	/* "model" (the default), or "upstream" where this library was built with it */
	unsigned long seed;	/* decides the order in parallel blocks */
	enum pinsim_report_format format;
	bool trace;		/* as text: each step, with the counters beside it */
};

/* Members may be added at the end. */
struct pinsim_scenario_report {
	enum pinsim_verdict verdict;	/* HOLDS: no run failed; FAILS; ABSENT: every run lacked a call; ERROR */
	char *text;			/* the report; of an ERROR the message */
	unsigned int runs, pass, fail, absent;
};

/*
 * On each kernel. @options: NULL for all defaults. Never NULL; freed with
 * pinsim_scenario_report_free(). Not in a body.
 */
PINSIM_API struct pinsim_scenario_report *pinsim_scenario_run(const struct pinsim_scenario *scenario,
							      const struct pinsim_scenario_options *options);
PINSIM_API void pinsim_scenario_report_free(struct pinsim_scenario_report *report);

/* Its parallel blocks in every order, on one kernel ("v6.12"). As pinsim_explore(). */
PINSIM_API struct pinsim_result *pinsim_scenario_explore(const struct pinsim_scenario *scenario, const char *kernel,
							 const struct pinsim_explore_options *options);

PINSIM_C_END

#endif
