/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a program can come to: over many schedules, the distinct outcomes. An outcome is
 * one line of text: what each call and each observable of an expect came to, by the line of the
 * file. Violations are apart, a line each: which of them are seen on the way depends
 * on when somebody looks.
 */
#ifndef SCENARIO_OUTCOMES_H
#define SCENARIO_OUTCOMES_H

#include <scenario/runner.h>

struct outcomes;

struct outcomes *outcomes_create(void);
void outcomes_free(struct outcomes *outcomes);
/* Has runs of @options tell @outcomes, which stays the caller's. */
void outcomes_listen(struct outcomes *outcomes, struct run_options *options);
/* The run that was told of is over; NULL: it was cut short, and was none. */
void outcomes_add(struct outcomes *outcomes, const struct run_result *result);
/* In order of text; NULL behind the last. @runs: how many came to it. */
const char *outcomes_at(struct outcomes *outcomes, size_t index, unsigned long *runs);

#endif
