/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Searches over schedules: the same run again and again, each time in another order.
 *
 *	struct sim_search *search = sim_search_create(&options);
 *
 *	while (sim_search_next(search, &config)) {
 *		a world with config.strategy, .seed and .context (or, on a snapshot,
 *		sim_strategy_set() with the three); sim_window(true); the part whose
 *		order is open; sim_window(false); the verdict
 *	}
 *	sim_search_explored(search, &explored);
 *
 * Where the world is kept from one run to the next, most runs need not begin at the
 * beginning: with options.resumes
 *
 *		if (!sim_search_resume(search)) {
 *			restore the snapshot of the beginning; sim_strategy_set(); sim_window(true);
 *		}
 *		sim_run(); sim_window(false); the verdict
 *
 * The run must be the same function of its choices each time. A search that cuts a
 * run short (it would only repeat another) has it end as SIM_FATAL without any
 * violation; sim_search_cut() tells, and that run has no verdict.
 *
 * What counts as a step: what an actor does from one scheduling point to the next.
 * Two steps depend on each other where both touch one atomic, lock, queue, counter,
 * domain or address space and one of them changes it; a compare-and-exchange that
 * fails only reads. Orders that differ only in steps that do not depend on each
 * other are one trace. Plain memory does not count: what it says holds for code
 * whose plain accesses are ordered by locks, which is the data race detector's part.
 * To free an object changes every lock, queue, atomic and marked word in it; whether
 * somebody else reads it plainly is not seen, so where a task could still be doing
 * so (sim_explored.frees_open) more than the traces should be run: options.beyond.
 *
 * An actor that would wait for a lock is not picked before the lock is free, so
 * that who comes first is open each time; only where nobody else can go on does it
 * come to the real wait, and to its report.
 */
#ifndef SIM_EXPLORE_H
#define SIM_EXPLORE_H

#include <stdbool.h>
#include <stddef.h>
#include <sim/world.h>

struct sim_search;

/* One way to search; those below. */
struct sim_search_kind {
	const char *name;
	const char *what;
	bool samples;	/* never comes to an end by itself */
};

/* Every interleaving. */
extern const struct sim_search_kind sim_search_naive;
/* One run for each trace: source sets and sleep sets, by what each step was seen to touch. */
extern const struct sim_search_kind sim_search_dpor;
/* Every interleaving with at most so many preemptions: none, then one, and so on up to options.bound. */
extern const struct sim_search_kind sim_search_bounded;
/*
 * Every state once. options.state says what a state is; a run ends, as SIM_FATAL, where it comes to a known one, and
 * what it reported up to there counts. Without it a state is every byte of the world and of its stacks, and a run that
 * comes to a known one is cut: verdicts must follow from the world's memory.
 */
extern const struct sim_search_kind sim_search_stateful;
/* Random order, uniform at each point; options.seed, then the next seed. */
extern const struct sim_search_kind sim_search_random;
/* Random priorities that change at options.depth - 1 random points (Burckhardt et al., ASPLOS 2010). */
extern const struct sim_search_kind sim_search_pct;
/* All of the above in turn, until one of them has seen everything. */
extern const struct sim_search_kind sim_search_portfolio;

/* By name, or by index from 0; NULL where there is none. */
const struct sim_search_kind *sim_search_kind_by_name(const char *name);
const struct sim_search_kind *sim_search_kind_at(unsigned int index);

#define SIM_SEARCH_ACTORS_MAX 64
#define SIM_SEARCH_PARTS 4	/* of the portfolio: dpor, bounded, random, pct */

struct sim_search_options {
	const struct sim_search_kind *kind;	/* NULL: sim_search_portfolio */
	unsigned long seed;
	unsigned int bound;			/* preemptions; 0: until nothing more is open */
	bool bounded;				/* stop at @bound, also if it is 0 */
	unsigned int depth;			/* of PCT: ordering points that a bug needs; 0: 3 */
	/*
	 * Bit KIND: an actor that is about to do this is let do so at once, and that is no step. For
	 * programs whose steps are known: SIM_POINT_START and SIM_POINT_NONE lie behind and before them.
	 */
	unsigned long silent;
	/*
	 * Stateful: writes all that decides how the run goes on into @buf and returns its bytes, at most @size. Called
	 * at a scheduling point, on the running actor's stack.
	 */
	size_t (*state)(void *arg, unsigned char *buf, size_t size);
	/*
	 * Or NULL. Of the actors @enabled (bits by index), in the state that state() has just told: those to be tried.
	 * Of several that are alike, so that what one does the others would do in its place, one is enough.
	 */
	unsigned long long (*distinct)(void *arg, unsigned long long enabled);
	void *state_arg;
	/*
	 * Stateful: partial-order reduction. Where one step is all that has to be tried, as no step of others
	 * depends on it, it is, and that is no state. Deadlocks, final states and what steps report are the same.
	 */
	bool reduce;
	bool resumes;				/* one world for all runs; the caller asks sim_search_resume() */
	unsigned long beyond;			/* portfolio, where frees_open: so many more, by its other parts */
	bool count;				/* interleavings too, where the search does not run each */
	unsigned int parts;			/* portfolio: bit i: its i-th part, of SIM_SEARCH_PARTS; 0: all */
	/*
	 * Several processes do one search (dpor, bounded, naive), each the same way: all below the first @split places
	 * where runs part is one lot, and lots have numbers, from 0, that are the same in each process. mine() says
	 * whether this process runs it; the others pass over it. Every run belongs to one lot. At those places dpor
	 * tries everybody: a trace is still run once, but more runs are cut. round(): bounded has come to the end of a
	 * round; waits for the others, and returns whether any of them has left something out for the bound.
	 */
	unsigned int split;			/* 0: it is all one */
	bool (*mine)(void *arg, unsigned long lot);	/* NULL: all are */
	bool (*round)(void *arg, bool over_budget);	/* or NULL */
	void *split_arg;
};

/* Never NULL. */
struct sim_search *sim_search_create(const struct sim_search_options *options);
void sim_search_destroy(struct sim_search *search);
/* Of a portfolio: which part's the run under way is, from 0 as in options.parts. */
unsigned int sim_search_part(const struct sim_search *search);
/* The last run, if there was one, is over. True: *@config says how to run next. False: there is nothing left. */
bool sim_search_next(struct sim_search *search, struct sim_config *config);
/*
 * Behind a sim_search_next() that was true, in the world of all runs, outside any actor. True: it stands inside of
 * its window where the next run parts from earlier ones, and goes on by sim_run(). False: begin at the beginning.
 */
bool sim_search_resume(struct sim_search *search);
/* The world will be destroyed before the search: drops what is kept of it. */
void sim_search_forget(struct sim_search *search);
/* The run that is over was cut short: it says nothing. */
bool sim_search_cut(const struct sim_search *search);
/* With options.mine: the run that is over, which may be cut short or not, is another process's. */
bool sim_search_skipped(struct sim_search *search);

struct sim_explored {
	const char *by;			/* name of the kind: for a portfolio whichever came to an end */
	unsigned long runs;		/* complete ones */
	unsigned long cut;
	bool finished;			/* everything: all of what follows is exact */
	unsigned long traces;		/* dpor: distinct ones, one complete run each */
	unsigned long states;		/* stateful: with options.reduce those where more than one step is tried */
	bool reduced;			/* it was set */
	double interleavings;		/* 0: not counted. Exact below 2^53 */
	unsigned int bound;		/* every order with at most so many preemptions has been run... */
	bool bound_known;		/* ...where this is set */
	bool frees_open;		/* dpor, reduce: a step freed something that may not be ordered with others */
	const char *unfit;		/* why this search cannot go on with this program, or NULL */
};
void sim_search_explored(const struct sim_search *search, struct sim_explored *explored);

#endif
