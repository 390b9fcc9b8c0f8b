/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A team: processes that do one search together, and come to what one alone would.
 *
 * Each turn of the search (a schedule, cut short or not) has a key, its place in the
 * order in which one process would take them. Members take turns as they come to them,
 * and what ends the search, a failure or the end of a part, counts where its key is
 * the least. Nobody takes a turn behind the least key so far, and everybody goes on up
 * to it: so what the team tells does not depend on who was quick.
 *
 *	parts	the portfolio's parts, shared out: turn t of part p is t * 4 + p
 *	lots	dpor, bounded, naive: the subtrees below the first few places where runs
 *		part, to whoever comes to one first; key: the lot, and the turn within it
 *	blocks	random: so many seeds at a time; key: the seed
 *
 * What members share is memory that they had mapped before they parted; what is not
 * atomic in it has one writer, and is read when that one has stopped.
 */
#ifndef SCENARIO_EXPLORE_TEAM_H
#define SCENARIO_EXPLORE_TEAM_H

#include <sys/types.h>
#include <scenario/explore.h>

struct explore_team;

/* NULL: the search is one process's affair. */
struct explore_team *explore_team_create(const struct explore_options *options, unsigned int jobs);
void explore_team_destroy(struct explore_team *team);
unsigned int explore_team_members(const struct explore_team *team);

/* In the process of member @index: *@options are @all, changed for its share. Both stay as long as it runs. */
struct explore_member *explore_member_begin(struct explore_team *team, unsigned int index,
					    struct explore_options *options, const struct explore_options *all);
/* May there be a next turn? */
bool explore_member_may_go_on(struct explore_member *member);
/* The search has said what is next, and knows @explored. False: it is behind the end. */
bool explore_member_begins(struct explore_member *member, const struct sim_search *search,
			   const struct sim_explored *explored);
/* The seed of that turn, where @seed is that of the search's own. */
unsigned long explore_member_seed(const struct explore_member *member, unsigned long seed);
/* A turn was taken that is this member's; @shown: as in struct run_result, of one that was not cut. */
void explore_member_turn(struct explore_member *member, bool cut, unsigned long shown);
/* That turn ended the search. */
void explore_member_event(struct explore_member *member);
/* There are no more turns. */
void explore_member_finished(struct explore_member *member, const struct sim_explored *explored);
/* Done: waits for the others. True: this one is to tell, and @report counts what all did. */
bool explore_member_tells(struct explore_member *member, struct explore_report *report);

/* A member ended otherwise than by its own will, or could not be made. */
#define EXPLORE_MEMBER_DIED 3
/*
 * In the process that made them: until all have stopped. The exit status of the one that
 * tells; -1: nothing failed, *@report counts what they did, *@shown is what they saw.
 */
int explore_team_wait(struct explore_team *team, const struct explore_options *options, const pid_t *pids,
		      struct explore_report *report, unsigned long *shown);
/* Ends the first @nr of them. */
void explore_team_kill(const pid_t *pids, unsigned int nr);

#endif
