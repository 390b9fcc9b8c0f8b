/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pinsim explore: what its files share. */
#ifndef CMD_EXPLORE_H
#define CMD_EXPLORE_H

#include <scenario/explore.h>
#include "commands.h"

struct explore_arguments {
	struct selection selection;
	struct explore_options options;
	const char *html, *out;		/* of the first failure alone */
	unsigned int jobs;
	bool ascii, json, outcomes, no_reduce;
};

/* What one search came to. */
struct explored_file {
	const struct program *program;
	const struct explore_options *options;
	const struct explore_report *report;
	const struct explore_small *small;	/* the same failure in fewer calls, or NULL */
};

/*
 * explore_report.c: on stdout. --out and --html are written by the call for which
 * @first. EXIT_HELD, or write_file()'s status where one could not be.
 */
int explore_print(const struct explore_arguments *args, const struct explored_file *explored, bool first);

#endif
