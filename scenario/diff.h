/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What diff.c, which finds a difference, and diff_words.c, which says it, share. */
#ifndef SCENARIO_DIFF_WORDS_H
#define SCENARIO_DIFF_WORDS_H

#include <scenario/diff.h>
#include "record.h"
#include "report.h"

/* One kernel's runs of the program: one, or one for each schedule. */
struct runs {
	struct record *record;
	unsigned int nr;
	bool all;		/* there is no other schedule */
	bool error;
};

/* What is asked of two records: their answers are the same or they are not. */
struct question {
	enum difference_kind kind;
	unsigned int step;
	unsigned int expect;	/* DIFFER_EXPECT: the how-manyth that was reported */
};

static inline const struct step_record *step_at(const struct record *record, unsigned int step)
{
	return step && step <= record->nr ? &record->step[step - 1] : NULL;
}

/* Does the expect look at a page frame? */
bool is_frame(const struct stmt *expect);
/* The sentence. malloc'd. */
char *difference_words(const struct question *question, const struct record *pair[2]);

#endif
