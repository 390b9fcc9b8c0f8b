// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tasks at once, under random schedules: threads, a process that shares the mm and a
 * forked child lock, unlock, map, unmap, pin, exec and exit. Whatever the order, the
 * counters agree with the VMAs, nobody waits for ever, and nothing is left behind.
 */
#include "harness.h"

#define TASKS 5
#define STEPS 40
#define WINDOW 32

struct racer {
	struct task_struct *task;
	unsigned long long rng;
	unsigned long base;
	struct pins pins;
};

static unsigned long draw(struct racer *racer, unsigned long bound)
{
	racer->rng ^= racer->rng << 13;
	racer->rng ^= racer->rng >> 7;
	racer->rng ^= racer->rng << 17;
	return racer->rng % bound;
}

static void race_mmap(const struct racer *racer, unsigned long va, unsigned long len, bool lock)
{
	const struct mm_mmap_args args = {
		.len = len, .prot = RW, .fd = -1, .fixed = true, .addr = va, .locked = lock,
	};

	sys_mmap(&args);
}

static void race_end(struct racer *racer, unsigned long what)
{
	struct task_struct *child;

	switch (what) {
	case 0:
		sys_exec();
		break;
	case 1:
		sys_exit();
		break;
	case 2:
		sys_fork("child", &child);
		break;
	case 3:
		/* may kill the process */
		sys_touch(racer->base, P, true);
		break;
	case 4:
		sys_thread("late", &child);
		break;
	}
}

static void race_step(void *arg)
{
	struct racer *racer = arg;
	unsigned long first = draw(racer, WINDOW), nr = 1 + draw(racer, WINDOW - first);
	unsigned long va = racer->base + first * P, what = draw(racer, 45);

	if (!mm_task_alive(racer->task))
		return;
	/* the ends are rarer than the rest */
	switch (what == 44 ? 11 : what % 11) {
	case 0:
	case 1:
		sys_mlock2(va, nr * P, draw(racer, 2));
		break;
	case 2:
		sys_munlock(va, nr * P);
		break;
	case 3:
	case 4:
		race_mmap(racer, va, nr * P, draw(racer, 2));
		break;
	case 5:
		sys_munmap(va, nr * P);
		break;
	case 6:
		sys_mprotect(va, nr * P, draw(racer, 2) ? RW : RO);
		break;
	case 7:
		sys_mlockall(true, draw(racer, 2), draw(racer, 2));
		break;
	case 8:
		sys_mremap(va, nr * P, (nr + draw(racer, 4)) * P, false);
		break;
	case 9:
	case 10:
		if (racer->pins.nr)
			kernel_unpin(&racer->pins);
		kernel_pin(va, nr, draw(racer, 2) ? PIN_WRITE : PIN_LONGTERM, &racer->pins);
		mm_syscall(0);
		break;
	case 11:
		race_end(racer, draw(racer, 5));
		break;
	}
}

static void unpin_body(void *arg)
{
	struct racer *racer = arg;

	if (racer->pins.nr)
		kernel_unpin(&racer->pins);
}

static void check_mm(struct mm_struct *mm, unsigned long mlocked, void *arg)
{
	ck_assert_int_eq(kernel_locked_vm(mm), mlocked);
}

static void run_to_quiet(void)
{
	char text[1024];

	if (sim_run() == SIM_QUIET)
		return;
	sim_stuck_report(text, sizeof(text));
	ck_abort_msg("%s", text);
}

static void race(unsigned long seed, const struct mm_rules *rules)
{
	const struct sim_config sim = { .strategy = &sim_strategy_random, .seed = seed };
	const struct mm_config config = { .rules = *rules, .hugepages = ~0ul, .pages = seed % 4 ? 0 : 60 };
	struct racer racers[TASKS] = { { .task = NULL } };
	unsigned int i, step;

	ck_assert(sim_world_create(&sim) != NULL);
	mm_machine_init(&config);
	racers[0].task = task_new("a", 1000, 24);
	ON(racers[0].task, thread, (unsigned long)"t", (unsigned long)&racers[1].task);
	ON(racers[0].task, clone_vm, (unsigned long)"v", (unsigned long)&racers[2].task);
	ON(racers[0].task, fork, (unsigned long)"f", (unsigned long)&racers[3].task);
	ON(racers[0].task, thread, (unsigned long)"u", (unsigned long)&racers[4].task);
	for (i = 0; i < TASKS; i++) {
		racers[i].rng = (seed + 1) * 0x9e3779b97f4a7c15ull + i;
		racers[i].base = 0x10000000;
		for (step = 0; step < STEPS; step++)
			sim_actor_submit(mm_task_actor(racers[i].task), race_step, &racers[i]);
	}
	run_to_quiet();
	sim_invariants_check(SIM_QUIESCENT);
	mm_for_each_mm(check_mm, NULL);
	for (i = 0; i < TASKS; i++) {
		sim_actor_submit(mm_task_actor(racers[i].task), unpin_body, &racers[i]);
		run_to_quiet();
	}
	world_down();
}

START_TEST(random_schedules)
{
	static const struct mm_rules *const rules[] = { &rules_v5_4, &rules_v5_10, &rules_v5_19, &rules_v6_12 };
	unsigned long seed;

	for (seed = 0; seed < 100; seed++)
		race(_i * 100 + seed, rules[_i]);
}
END_TEST

Suite *race_suite(void)
{
	Suite *suite = suite_create("race");
	TCase *tcase = tcase_create("race");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, random_schedules, 0, 4);
	suite_add_tcase(suite, tcase);
	return suite;
}
