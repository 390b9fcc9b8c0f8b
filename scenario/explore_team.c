// SPDX-License-Identifier: GPL-2.0-or-later
/* Searches by several processes: see explore_team.h. */
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <sim/threads.h>
#include "arena.h"
#include "explore_team.h"

#define MEMBERS_MAX 256u
#define PARTS SIM_SEARCH_PARTS
#define DPOR 0			/* the part */
#define BLOCK 64ul
/* Behind so many lots all are one member's. */
#define LOTS_MAX (1ul << 18)
#define ROUNDS_MAX 4096u
/* Turns of dpor of which is kept whether they were cut: a bit each, of memory that is there once it is written. */
#define TURNS_KNOWN (1ul << 32)
#define LOT_SHIFT 40
#define NO_KEY (~0ul)

struct lot {
	_Atomic unsigned int taken;
	unsigned long turns, runs;
	double interleavings;
};

struct explore_member {
	struct explore_team *team;
	unsigned int index;
	const struct explore_options *options;
	sem_t decided;			/* the parent has said who tells */
	bool tells, event;
	unsigned int finished;		/* bit i: what it shares in is at its end; of a part: that one */
	unsigned long key;		/* of the turn under way, and of the event */
	unsigned long turns[PARTS];	/* parts: so far */
	unsigned int part;		/* whose turn it is */
	unsigned long block_end;
	unsigned long shown_at[OPEN_STATEMENTS_MAX];	/* 1 + the key that showed it first */
	unsigned long lot, lots;	/* 1 + the lot under way, 0: none; how many were begun by anybody */
	unsigned int round;
	double before;			/* interleavings of the lots before */
	struct sim_explored explored;	/* what it did */
};

enum scheme { TEAM_PARTS, TEAM_LOTS, TEAM_BLOCKS };

struct explore_team {
	enum scheme scheme;
	unsigned int nr;
	unsigned long runs_max, beyond;
	bool counts;			/* the search counts interleavings by itself */
	_Atomic unsigned long best;	/* the least key that ends the search; none behind it */
	_Atomic unsigned long next;	/* block */
	volatile sig_atomic_t stop;
	atomic_bool left;		/* somebody stopped before its end */
	_Atomic unsigned int arrived[ROUNDS_MAX];
	atomic_bool over_budget[ROUNDS_MAX];
	_Atomic unsigned long round_lots[ROUNDS_MAX];	/* where the round after it begins */
	sem_t done;			/* posted by each member that stopped */
	struct explore_report told;	/* for whoever tells: explored and failed_at */
	struct explore_member member[MEMBERS_MAX];
	struct lot lot[LOTS_MAX];
	unsigned char cut[TURNS_KNOWN / 8];
};

static bool is_portfolio(const struct explore_options *options)
{
	return !options->search.kind || options->search.kind == &sim_search_portfolio;
}

struct explore_team *explore_team_create(const struct explore_options *options, unsigned int jobs)
{
	const struct sim_search_kind *kind = options->search.kind;
	struct explore_team *team;
	enum scheme scheme;

	if (is_portfolio(options))
		scheme = TEAM_PARTS;
	else if (kind == &sim_search_random)
		scheme = TEAM_BLOCKS;
	else if (kind == &sim_search_dpor || kind == &sim_search_bounded || kind == &sim_search_naive)
		scheme = TEAM_LOTS;
	else
		return NULL;
	/* After so many turns: which ones those are is known of lots when all lots before are over. */
	if (SIM_THREADS || jobs < 2 || options->outcomes || (scheme == TEAM_LOTS && options->runs_max))
		return NULL;
	team = mmap(NULL, sizeof(*team), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (team == MAP_FAILED)
		out_of_memory();
	team->scheme = scheme;
	team->nr = jobs;
	if (team->nr > (scheme == TEAM_PARTS ? PARTS : MEMBERS_MAX))
		team->nr = scheme == TEAM_PARTS ? PARTS : MEMBERS_MAX;
	team->runs_max = options->runs_max ? options->runs_max : NO_KEY;
	team->beyond = options->races ? 0 : EXPLORE_RUNS_BEYOND;
	team->counts = kind == &sim_search_dpor;
	team->best = team->runs_max;
	sem_init(&team->done, 1, 0);
	for (unsigned int i = 0; i < team->nr; i++) {
		team->member[i].team = team;
		team->member[i].index = i;
		sem_init(&team->member[i].decided, 1, 0);
	}
	return team;
}

void explore_team_destroy(struct explore_team *team)
{
	if (team)
		munmap(team, sizeof(*team));
}

unsigned int explore_team_members(const struct explore_team *team)
{
	return team->nr;
}

/*
 * Lots
 */

static struct lot *lot_at(struct explore_team *team, unsigned long lot)
{
	return &team->lot[lot < LOTS_MAX ? lot : LOTS_MAX - 1];
}

static unsigned long lot_key(const struct explore_member *member)
{
	unsigned long lot = member->lot - 1;

	return (lot < LOTS_MAX ? lot : LOTS_MAX - 1) << LOT_SHIFT | lot_at(member->team, lot)->turns;
}

/* The lot under way is over, if there is one. */
static void lot_over(struct explore_member *member)
{
	if (member->lot && member->team->counts)
		lot_at(member->team, member->lot - 1)->interleavings += member->explored.interleavings - member->before;
	member->before = member->explored.interleavings;
	member->lot = 0;
}

static bool lot_is_mine(void *arg, unsigned long number)
{
	struct explore_member *member = arg;
	struct explore_team *team = member->team;
	unsigned int nobody = 0;

	lot_over(member);
	member->lots = number + 1;
	if (number >= LOTS_MAX - 1 ? member->index != 0 :
				     !atomic_compare_exchange_strong(&team->lot[number].taken, &nobody,
								     member->index + 1))
		return false;
	member->lot = number + 1;
	member->key = lot_key(member);
	return true;
}

static bool is_stopped(const struct explore_member *member)
{
	const struct explore_team *team = member->team;

	return team->stop || (member->options->stop && *member->options->stop);
}

static void breathe(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 200000 }, NULL);
}

/* Everybody is at the end of this round, or it is the last one for another reason. */
static bool round_over(void *arg, bool over_budget)
{
	struct explore_member *member = arg;
	struct explore_team *team = member->team;
	unsigned int round = member->round++;

	lot_over(member);
	if (round >= ROUNDS_MAX)
		return true;
	if (over_budget)
		team->over_budget[round] = true;
	team->round_lots[round] = member->lots;
	team->arrived[round]++;
	while (team->arrived[round] < team->nr && !is_stopped(member) && !team->left)
		breathe();
	/* Where somebody did not come nothing is at its end. */
	return team->over_budget[round] || team->arrived[round] < team->nr;
}

/*
 * A member
 */

static unsigned int parts_of(const struct explore_team *team, unsigned int index)
{
	unsigned int parts = 0;

	/* The first with the last: what a turn of dpor costs grows, and one of pct does not. */
	for (unsigned int part = 0; part < PARTS; part++)
		if ((part < team->nr ? part : PARTS - 1 - part) == index)
			parts |= 1u << part;
	return parts;
}

struct explore_member *explore_member_begin(struct explore_team *team, unsigned int index,
					    struct explore_options *options, const struct explore_options *all)
{
	struct explore_member *member = &team->member[index];
	unsigned int others;

	member->options = all;
	*options = *all;
	options->member = member;
	options->progress = NULL;
	/* Which turns those are this says by their keys. */
	options->runs_max = 0;
	switch (team->scheme) {
	case TEAM_PARTS:
		options->search.parts = parts_of(team, index);
		others = (unsigned int)__builtin_popcount(options->search.parts) - 1;
		options->search.beyond = team->beyond / (PARTS - 1) * others;
		break;
	case TEAM_LOTS:
		options->search.mine = lot_is_mine;
		options->search.round = round_over;
		options->search.split_arg = member;
		break;
	case TEAM_BLOCKS:
		break;
	}
	return member;
}

bool explore_member_may_go_on(struct explore_member *member)
{
	struct explore_team *team = member->team;

	if (is_stopped(member))
		return false;
	if (team->scheme == TEAM_BLOCKS) {
		if (++member->key >= member->block_end) {
			member->key = team->next++ * BLOCK;
			member->block_end = member->key + BLOCK;
		}
		return member->key < team->best;
	}
	return team->scheme != TEAM_LOTS || !member->lot || lot_key(member) < team->best;
}

bool explore_member_begins(struct explore_member *member, const struct sim_search *search,
			   const struct sim_explored *explored)
{
	struct explore_team *team = member->team;

	member->explored = *explored;
	if (team->scheme != TEAM_PARTS)
		return true;
	member->part = sim_search_part(search);
	member->key = member->turns[member->part] * PARTS + member->part;
	return member->key < team->best;
}

unsigned long explore_member_seed(const struct explore_member *member, unsigned long seed)
{
	return member->team->scheme == TEAM_BLOCKS ? member->options->search.seed + member->key : seed;
}

void explore_member_turn(struct explore_member *member, bool cut, unsigned long shown)
{
	struct explore_team *team = member->team;
	unsigned long *turns = &member->turns[member->part];
	struct lot *lot;

	if (team->scheme == TEAM_LOTS) {
		lot = lot_at(team, member->lot - 1);
		member->key = lot_key(member);
		lot->turns++;
		lot->runs += !cut;
	} else if (cut && *turns < TURNS_KNOWN) {
		team->cut[*turns / 8] |= 1u << *turns % 8;
	}
	++*turns;
	for (unsigned int i = 0; shown; i++, shown >>= 1)
		if ((shown & 1) && !member->shown_at[i])
			member->shown_at[i] = member->key + 1;
}

static void ends_at(struct explore_team *team, unsigned long key)
{
	unsigned long best = team->best;

	while (key < best && !atomic_compare_exchange_weak(&team->best, &best, key))
		;
}

void explore_member_event(struct explore_member *member)
{
	member->event = true;
	ends_at(member->team, member->key);
}

void explore_member_finished(struct explore_member *member, const struct sim_explored *explored)
{
	struct explore_team *team = member->team;
	unsigned long rounds;
	unsigned int part = 0;

	member->explored = *explored;
	if (team->scheme == TEAM_LOTS)
		lot_over(member);
	if (!explored->finished)
		return;
	if (team->scheme == TEAM_PARTS) {
		part = !strcmp(explored->by, sim_search_dpor.name) ? DPOR : DPOR + 1;
		rounds = member->turns[part];
		/* Where dpor goes on beyond its end the other parts do, a turn each in a round. */
		if (part == DPOR && explored->frees_open)
			rounds += team->beyond / (PARTS - 1);
		member->key = rounds * PARTS + part;
		ends_at(team, member->key);
	}
	member->finished = 1u << part;
}

static void wait_for(sem_t *sem)
{
	while (sem_wait(sem) && errno == EINTR)
		;
}

bool explore_member_tells(struct explore_member *member, struct explore_report *report)
{
	struct explore_team *team = member->team;

	member->explored = report->explored;
	if (!member->finished)
		team->left = true;
	sem_post(&team->done);
	wait_for(&member->decided);
	report->explored = team->told.explored;
	report->failed_at = report->failed_at ? team->told.failed_at : 0;
	return member->tells;
}

/*
 * What they came to
 */

/* The member whose event ended the search, or the end of whose part; NULL: neither. */
static const struct explore_member *decider(const struct explore_team *team)
{
	for (unsigned int i = 0; i < team->nr; i++) {
		const struct explore_member *member = &team->member[i];

		if (member->key == team->best && (member->event || (team->scheme == TEAM_PARTS && member->finished)))
			return member;
	}
	return NULL;
}

/* Turns of @part with keys below @end, of @turns that were taken. */
static unsigned long turns_below(unsigned int part, unsigned long end, unsigned long turns)
{
	unsigned long nr = end > part ? (end - part + PARTS - 1) / PARTS : 0;

	return nr < turns ? nr : turns;
}

static unsigned long nr_cut(const struct explore_team *team, unsigned long turns)
{
	unsigned long nr = 0;

	for (unsigned long i = 0; i < turns && i < TURNS_KNOWN; i++)
		nr += team->cut[i / 8] >> i % 8 & 1;
	return nr;
}

static void merge_parts(struct explore_team *team, const struct explore_member *decider, unsigned long end)
{
	struct sim_explored *told = &team->told.explored;
	unsigned long turns, all = 0, cut = 0;

	if (decider && !decider->event)
		*told = decider->explored;
	for (unsigned int i = 0; i < team->nr; i++) {
		const struct explore_member *member = &team->member[i];

		for (unsigned int part = 0; part < PARTS; part++) {
			turns = turns_below(part, end, member->turns[part]);
			all += turns;
			cut += part == DPOR && turns ? nr_cut(team, turns) : 0;
		}
		if (!decider && member->explored.bound_known) {
			told->bound_known = true;
			told->bound = member->explored.bound;
		}
	}
	told->runs = all - cut;
	told->cut = cut;
	team->told.failed_at = all;
}

static unsigned long nr_lots(const struct explore_team *team)
{
	unsigned long lots = 0;

	for (unsigned int i = 0; i < team->nr; i++)
		if (team->member[i].lots > lots)
			lots = team->member[i].lots;
	return lots < LOTS_MAX ? lots : LOTS_MAX;
}

/* Rounds that all members came to the end of. */
static unsigned int nr_rounds(const struct explore_team *team)
{
	unsigned int round = 0;

	while (round < ROUNDS_MAX && team->arrived[round] == team->nr)
		round++;
	return round;
}

static void merge_lots(struct explore_team *team, const struct explore_member *decider, bool finished)
{
	struct sim_explored *told = &team->told.explored;
	unsigned int rounds = nr_rounds(team);
	unsigned long lots = nr_lots(team), turns = 0, first = rounds > 1 ? team->round_lots[rounds - 2] : 0;

	told->finished = finished;
	for (unsigned int i = 0; i < team->nr; i++) {
		told->frees_open |= team->member[i].explored.frees_open;
		if (team->member[i].explored.unfit)
			told->unfit = team->member[i].explored.unfit;
	}
	if (decider && (team->best >> LOT_SHIFT) + 1 < lots)
		lots = (team->best >> LOT_SHIFT) + 1;
	for (unsigned long i = 0; i < lots; i++) {
		const struct lot *lot = &team->lot[i];

		turns += lot->turns;
		told->runs += lot->runs;
		told->interleavings += team->counts ? lot->interleavings : i >= first ? (double)lot->runs : 0;
	}
	for (unsigned int i = 0; i < team->nr; i++)
		if (team->counts && team->member[i].explored.runs && !team->member[i].explored.interleavings)
			told->interleavings = 0;
	told->cut = turns - told->runs;
	if (team->counts)
		told->traces = told->runs;
	told->bound_known = rounds;
	told->bound = rounds ? rounds - 1 : 0;
	team->told.failed_at = turns;
}

static void merge_blocks(struct explore_team *team, const struct explore_member *decider)
{
	unsigned long turns = 0;

	for (unsigned int i = 0; i < team->nr; i++)
		turns += team->member[i].turns[0];
	if (decider)
		turns = team->best + 1;
	else if (turns > team->runs_max)
		turns = team->runs_max;
	team->told.explored.runs = team->told.failed_at = turns;
}

static unsigned long shown_below(const struct explore_team *team, unsigned long end)
{
	unsigned long shown = 0;

	for (unsigned int i = 0; i < team->nr; i++)
		for (unsigned int bit = 0; bit < OPEN_STATEMENTS_MAX; bit++) {
			unsigned long at = team->member[i].shown_at[bit];

			if (at && at - 1 < end)
				shown |= 1ul << bit;
		}
	return shown;
}

/* Everybody stopped; returns who tells, or NULL: nothing failed. */
static struct explore_member *decide(struct explore_team *team, unsigned long *shown)
{
	const struct explore_member *by = decider(team);
	unsigned long end = team->best;
	bool finished = by && !by->event;

	if (by && by->event)
		end++;
	if (team->scheme == TEAM_LOTS && !by) {
		finished = true;
		for (unsigned int i = 0; i < team->nr; i++)
			finished &= team->member[i].finished;
	}
	*shown = shown_below(team, end);
	switch (team->scheme) {
	case TEAM_PARTS:
		merge_parts(team, by, end);
		break;
	case TEAM_LOTS:
		merge_lots(team, by, finished);
		break;
	case TEAM_BLOCKS:
		merge_blocks(team, by);
		break;
	}
	return by && by->event ? &team->member[by->index] : NULL;
}

/*
 * The process that made them
 */

static void show_progress(const struct explore_team *team, const struct explore_options *options)
{
	struct sim_explored explored = { .runs = 0 };

	for (unsigned int i = 0; i < team->nr; i++)
		for (unsigned int part = 0; part < PARTS; part++)
			explored.runs += team->member[i].turns[part];
	if (options->progress)
		options->progress(options->arg, &explored);
}

/* A member ended without a word, as where the host is out of memory: it has said why. */
static bool one_died(const struct explore_team *team, const pid_t *pids)
{
	siginfo_t info;

	for (unsigned int i = 0; i < team->nr; i++) {
		info.si_pid = 0;
		if (!waitid(P_PID, (id_t)pids[i], &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid)
			return true;
	}
	return false;
}

static int reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return EXPLORE_MEMBER_DIED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXPLORE_MEMBER_DIED;
}

void explore_team_kill(const pid_t *pids, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		kill(pids[i], SIGKILL);
	for (unsigned int i = 0; i < nr; i++)
		reap(pids[i]);
}

int explore_team_wait(struct explore_team *team, const struct explore_options *options, const pid_t *pids,
		      struct explore_report *report, unsigned long *shown)
{
	struct explore_member *teller;
	unsigned int stopped = 0;
	struct timespec until;
	int status = -1, each;

	while (stopped < team->nr) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 50000000;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		if (!sem_timedwait(&team->done, &until)) {
			stopped++;
			continue;
		}
		if (options->stop && *options->stop)
			team->stop = 1;
		if (one_died(team, pids)) {
			explore_team_kill(pids, team->nr);
			return EXPLORE_MEMBER_DIED;
		}
		show_progress(team, options);
	}
	teller = decide(team, shown);
	*report = team->told;
	if (teller)
		teller->tells = true;
	for (unsigned int i = 0; i < team->nr; i++)
		sem_post(&team->member[i].decided);
	for (unsigned int i = 0; i < team->nr; i++) {
		each = reap(pids[i]);
		if (teller == &team->member[i])
			status = each;
	}
	return status;
}
