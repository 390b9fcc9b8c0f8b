/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A session: many runs where each would build the same world.
 *
 * scenario_run() builds a machine, makes the program's tasks, runs, and throws all
 * of it away. A session keeps the built machine as a snapshot (sim/snapshot.h), and of a
 * program that is run again the state before its first parallel block, where
 * schedules part; a run then begins by copying some 100 KiB. What it comes to is what
 * scenario_run() comes to, to the last bit of the hash.
 *
 *	session = scenario_session_create();
 *	scenario_session_open(session, program, &options);
 *	for (options.seed = 1; options.seed <= 1000; options.seed++)
 *		scenario_session_run(session, &result);
 *	scenario_session_destroy(session);
 *
 * After a run its world still stands, as sim_this, until the session's next call:
 * sim_tape_copy(), the reports and the ledger answer for it. Other worlds may run
 * between two calls.
 */
#ifndef SCENARIO_SESSION_H
#define SCENARIO_SESSION_H

#include <scenario/runner.h>

struct scenario_session;
struct sim_search;

struct scenario_session *scenario_session_create(void);
void scenario_session_destroy(struct scenario_session *session);

/*
 * What is run from now on. @program and @options must stay until the next open or
 * the end. Another program on the same kernel, backend and world settings uses the same
 * machine. With events every run begins at the first step, so that each is told.
 */
void scenario_session_open(struct scenario_session *session, const struct program *program,
			   const struct run_options *options);
/*
 * One run of it, by the strategy, seed, tape and context that the options have now.
 * @result: filled in every case and freed with run_result_free(); it has a token only
 * if the run did not pass.
 */
void scenario_session_run(struct scenario_session *session, struct run_result *result);
/*
 * The same as the next run of @search (options.resumes), which says where it begins;
 * NULL: as above. Before the session's machine goes, or another program is opened:
 * sim_search_forget().
 */
void scenario_session_search(struct scenario_session *session, struct sim_search *search, struct run_result *result);

#endif
