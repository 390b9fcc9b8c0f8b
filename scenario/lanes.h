/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a replay keeps for being drawn: lanes.c fills it, lanes_text.c and lanes_html.c draw it. */
#ifndef SCENARIO_LANES_INTERNAL_H
#define SCENARIO_LANES_INTERNAL_H

#include <scenario/lanes.h>

enum lane_what {
	LANE_ENTER,		/* a call begins */
	LANE_LEAVE,		/* and returns */
	LANE_CALL,		/* both, with nothing to be drawn between */
	LANE_WAITS,		/* for a lock */
	LANE_TAKES,
	LANE_RELEASES,
	LANE_COUNTER,
	LANE_OTHER,
	LANE_BROKEN,		/* a violation, an expectation that failed: across all lanes */
};

struct lane_event {
	enum lane_what what;
	int lane;		/* which column; -1: across all */
	bool block;		/* inside a parallel block */
	bool fatal;		/* a violation was found here */
	unsigned long record;	/* of the trace, so far */
	unsigned long object;	/* the lock or counter, else 0 */
	unsigned int line;	/* of the file; 0: none */
	long before, value;	/* LANE_COUNTER: pages */
	bool held;		/* LANE_TAKES: it has the lock now, and not an errno */
	char *text;
};

/* An actor that is drawn, in order of creation. */
struct lane {
	unsigned int actor;
	char *name;
};

struct lane_object {
	unsigned long object;
	char *name;		/* unlike any other's here */
	int user;		/* the lane that used it */
	bool shared;		/* more than one did */
};

struct lane_hold {
	unsigned long object;
	int lane;
	bool read;
};

struct lanes {
	const struct program *program;	/* NULL: the run was no program's */
	char *title;
	const struct kernel *kernel;
	struct run_result result;
	struct lane_event *events;
	size_t nr_events;
	struct lane *lanes;
	size_t nr_lanes;
	struct lane_object *objects;
	size_t nr_objects;
	struct lane_hold *holds;	/* while it is recorded */
	size_t nr_holds;
	unsigned long nr_records;
	bool in_block;			/* the call under way is one of a parallel block */
};

#endif
