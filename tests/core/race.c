// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Data races: which pairs of accesses are told, and which are ordered by what. The
 * accesses are said here, as the compiler's calls say them in a build made for it.
 */
#include "suite.h"

#include <string.h>
#include <sim/race.h>
#include <sim/sched.h>
#include <sim/trace.h>
#include <sim/verdict.h>

#undef sim_race_acquire
#undef sim_race_release
#undef sim_race_order
#undef sim_race_freed
#undef sim_race_off
#undef sim_race_on

const char suite_name[] = "core_race";

/* What two actors do; each letter is one thing done, with points between so that any order is met. */
struct script {
	const char *a, *b;
	bool races;		/* in every schedule */
	bool sometimes;		/* only in some: what orders came the other way round */
};

static long place[2], lock, flag;
static struct sim_actor *sleeper;

static void read_places(void)
{
	sim_race_access(place, sizeof(place), 0, read_places);
}

static void one(char what)
{
	switch (what) {
	case 'r':
		sim_race_access(&place[0], 8, 0, (void *)1);
		break;
	case 'w':
		sim_race_access(&place[0], 8, SIM_RACE_WRITE, (void *)2);
		break;
	case 'R':
		sim_race_access(&place[0], 8, SIM_RACE_MARKED, (void *)3);
		break;
	case 'W':
		sim_race_access(&place[0], 8, SIM_RACE_WRITE | SIM_RACE_MARKED, (void *)4);
		break;
	case 'h':	/* the other half of the word */
		sim_race_access((char *)place + 4, 4, SIM_RACE_WRITE, (void *)5);
		break;
	case 'l':	/* its lower half */
		sim_race_access(place, 4, SIM_RACE_WRITE, (void *)6);
		break;
	case 'x':	/* across both words */
		read_places();
		break;
	case 'n':
		sim_race_access(&place[1], 8, SIM_RACE_WRITE, (void *)7);
		break;
	case '(':
		sim_race_acquire(&lock, true);
		break;
	case ')':
		sim_race_release(&lock, false);
		break;
	case '[':
		sim_race_acquire(&lock, false);
		break;
	case ']':
		sim_race_release(&lock, true);
		break;
	case '-':
		sim_race_off();
		break;
	case '+':
		sim_race_on();
		break;
	case 's':
		sleeper = sim_self();
		sim_block(0, "the other", NULL);
		break;
	case 'k':
		while (!sleeper)
			sim_point(SIM_POINT_YIELD, 0, 0);
		sim_wake(sleeper);
		break;
	case '.':
		sim_point(SIM_POINT_YIELD, 0, 0);
		break;
	}
}

static void body(void *arg)
{
	for (const char *at = arg; *at; at++)
		one(*at);
}

static unsigned long races_of(const char *a, const char *b, unsigned long seed)
{
	struct sim_config config = { .strategy = &sim_strategy_random, .seed = seed, .races = true };
	struct sim_world *world = sim_world_create(&config);
	unsigned long nr;

	ck_assert_ptr_nonnull(world);
	sleeper = NULL;
	sim_actor_submit(sim_actor_create("a", NULL), body, (void *)a);
	sim_actor_submit(sim_actor_create("b", NULL), body, (void *)b);
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	nr = sim_violations(VIOLATION_DATA_RACE);
	sim_world_destroy(world);
	return nr;
}

/* Each script under 30 schedules. */
START_TEST(pairs)
{
	static const struct script scripts[] = {
		{ "w", "w", true, false },		/* two writes */
		{ ".w.", ".r.", true, false },		/* however far apart in time */
		{ "r", "r", false, false },		/* reads never */
		{ "W", "W", false, false },		/* marked ones neither */
		{ "W", "R", false, false },
		{ "W", "r", true, false },		/* but against a plain one */
		{ "R", "w", true, false },
		{ "l", "h", false, false },		/* other bytes of the same word */
		{ "w", "h", true, false },
		{ "n", "w", false, false },
		{ "x", "n", true, false },		/* an access that reaches into the next word */
		{ "(w)", "(w)", false, false },		/* a lock, as it can be with nothing between */
		{ "(w).", ".w", true, false },		/* that only one of them takes */
		{ "w).", ".(r", false, true },		/* one direction: ordered where the release came first */
		{ "[r]", "[r]", false, false },		/* readers */
		{ "[w]", "[w]", true, false },		/* who write: nothing orders readers among themselves */
		{ "[r]", "(w)", false, false },		/* readers and a writer are, both ways */
		{ "-w+", "w", false, false },		/* what is nobody's business */
		{ "-w+w", "w", true, false },
		{ "ws", "k", false, false },
		{ "sw", "wk", false, false },		/* the waker's past comes before the woken one's future */
		{ "wsr", "kw", true, false },		/* not the other way round */
	};
	const struct script *script = &scripts[_i];
	unsigned long with = 0, seed;

	for (seed = 0; seed < 30; seed++)
		with += races_of(script->a, script->b, seed) > 0;
	if (script->sometimes)
		ck_assert_msg(with > 0 && with < 30, "%s | %s: in %lu of 30", script->a, script->b, with);
	else
		ck_assert_msg(with == (script->races ? 30 : 0), "%s | %s: in %lu of 30", script->a, script->b, with);
}
END_TEST
#define SCRIPTS 22

/* A pair of places is told once a run, with both sides; another pair again. */
START_TEST(told_once)
{
	ck_assert_uint_eq(races_of("wwww", "wwww", 1), 1);
	ck_assert_uint_eq(races_of("wr", "w", 1), 2);
}
END_TEST

static void submits(void *arg)
{
	one('w');
	sim_actor_submit(arg, body, "w");
	one('.');
	one(')');
}

/* What a body does comes behind what its submitter did, and what comes behind sim_run() behind everything. */
START_TEST(births)
{
	struct sim_config config = { .strategy = &sim_strategy_random, .races = true };
	struct sim_world *world = sim_world_create(&config);
	struct sim_actor *a = sim_actor_create("a", NULL), *b = sim_actor_create("b", NULL);

	sim_actor_submit(a, submits, b);
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	sim_actor_submit(a, body, "w");
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	sim_actor_submit(b, body, "w");
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	ck_assert_uint_eq(sim_violations(VIOLATION_DATA_RACE), 0);
	sim_world_destroy(world);
}
END_TEST

static void frees(void *arg)
{
	sim_race_freed(place, 8, (void *)8);
	sim_race_release(&flag, false);
}

static void reads_freed(void *arg)
{
	sim_race_acquire(&flag, true);
	one('r');
}

/* An access to what was freed is that, ordered or not, and no race besides. */
START_TEST(freed)
{
	struct sim_config config = { .strategy = &sim_strategy_in_order, .races = true };
	struct sim_world *world = sim_world_create(&config);

	sim_actor_submit(sim_actor_create("a", NULL), frees, NULL);
	sim_actor_submit(sim_actor_create("b", NULL), reads_freed, NULL);
	sim_call_set(3);
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	ck_assert_uint_eq(sim_violations(VIOLATION_USE_AFTER_FREE), 1);
	ck_assert_uint_eq(sim_violations(VIOLATION_DATA_RACE), 0);
	ck_assert(!strncmp(sim_report(0)->text, "b reads 8 bytes in ", 19));
	ck_assert_ptr_nonnull(strstr(sim_report(0)->text, "; a freed them in "));
	ck_assert_uint_eq(sim_report(0)->actor, 1);
	sim_world_destroy(world);
}
END_TEST

/* Plain accesses are places to switch only where that is asked for, and marked ones never by themselves. */
START_TEST(preempt_access)
{
	unsigned long length[2];

	for (int on = 0; on < 2; on++) {
		struct sim_config config = { .strategy = &sim_strategy_random, .races = true, .preempt_access = on };
		struct sim_world *world = sim_world_create(&config);

		sim_actor_submit(sim_actor_create("a", NULL), body, "wrWR");
		sim_actor_submit(sim_actor_create("b", NULL), body, "n");
		ck_assert_int_eq(sim_run(), SIM_QUIET);
		length[on] = sim_trace_length();
		sim_world_destroy(world);
	}
	ck_assert_uint_eq(length[1], length[0] + 3);
}
END_TEST

void suite_fill(TCase *tcase)
{
	tcase_add_loop_test(tcase, pairs, 0, SCRIPTS);
	tcase_add_test(tcase, told_once);
	tcase_add_test(tcase, births);
	tcase_add_test(tcase, freed);
	tcase_add_test(tcase, preempt_access);
}
