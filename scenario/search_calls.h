/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stage of a search: one program that holds every call that a search may make,
 * behind the lines that set the tasks up. A searched program is a choice of these
 * lines in some order.
 */
#ifndef SCENARIO_SEARCH_CALLS_H
#define SCENARIO_SEARCH_CALLS_H

#include <scenario/op.h>

struct stage_setting {
	bool forks;			/* task b is made by a's fork; else it stands from the start, if ->pair */
	bool pair;
	bool alike;			/* ... and then nothing but the name tells it from a */
	unsigned int uid_b;
	unsigned int limit_pages[2];	/* soft; the hard limit is STAGE_HARD_PAGES */
	bool wide;			/* also the probes that are marked as such */
	unsigned int calls_max;		/* its programs are enumerated up to so many calls; 0: as all */
};
#define STAGE_HARD_PAGES 2u

struct stage {
	struct stage_setting setting;
	struct program *program;
	unsigned int nr_setup;		/* the first items */
	unsigned int nr_calls;		/* the items behind them */
	struct stage_hint *hints;	/* of each call */
};

/* What spares a search calls that are like others. */
struct stage_hint {
	unsigned char object;		/* which of those opened it speaks of, from 1; 0: none */
	unsigned char place;		/* 1: @iova, 2: @iova_too, 0: none */
	unsigned short kind;		/* the same for the same call of either task; in the stage's order */
	bool own;			/* touches nothing but what its task can reach */
};

/* All settings of a search; *@nr: how many. */
const struct stage_setting *stage_settings(unsigned int *nr);
/* Never NULL: an internal mistake ends the process. Freed with stage_free(). */
struct stage *stage_create(const struct stage_setting *setting);
void stage_free(struct stage *stage);
static inline const struct stmt *stage_call(const struct stage *stage, unsigned int call)
{
	return stage->program->items[stage->nr_setup + call].stmt;
}

/*
 * The text of a .pin file: the tasks, the setup lines whose bit in @setup is set,
 * and the calls. @results: for each setup line and then each call what stands behind
 * `->`, or NULL for nothing; or NULL.
 */
char *stage_text(const struct stage *stage, const char *head, unsigned long setup, const unsigned short *calls,
		 unsigned int nr, char *const *results);

#endif
