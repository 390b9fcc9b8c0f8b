// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The charging primitives: what they test, what they change, what they say when
 * they refuse, and how they behave below zero.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <sim/sched.h>
#include "world.h"

static struct task_struct *a;
static struct ledger_object *object;

static void begin(unsigned long limit_pages)
{
	world_begin("v6.12", 0);
	a = world_task("a", limit_pages, 0);
	object = ledger_object_create("vfio_dma", NULL);
}

static long locked_vm(void)
{
	return mm_record_locked_vm(mm_task_mm(a, 0));
}

static long pinned_vm(void)
{
	return mm_record_pinned_vm(mm_task_mm(a, 0));
}

/* L=64: 60 fit, 8 more do not, 4 more do; the refusal changes nothing and says why. */
START_TEST(test_locked_vm_limit)
{
	struct acct_step step = { .kind = STEP_CHARGE_LOCKED, .pages = 8, .rule = "vfio type1" };

	begin(64);
	step.object = object;
	ck_assert_int_eq(world_do(a, STEP_CHARGE_LOCKED, object, 60), 0);
	ck_assert_int_eq(world_step(a, &step), -ENOMEM);
	ck_assert_str_eq(step.refusal, "a.locked_vm 60p + 8p > a's 64p (vfio type1)");
	ck_assert_int_eq(locked_vm(), 60);
	ck_assert_int_eq(ledger_charged(object), 60);
	step.pages = 4;
	ck_assert_int_eq(world_step(a, &step), 0);
	ck_assert_str_eq(step.refusal, "");
	ck_assert_int_eq(locked_vm(), 64);
	ck_assert_int_eq(world_do(a, STEP_UNCHARGE_LOCKED, object, 64), 0);
	ck_assert_int_eq(locked_vm(), 0);
	ck_assert_uint_eq(sim_reports(), 0);
	world_end();
}
END_TEST

/* With the bypass a charge passes any limit, and the counter counts it all the same. */
START_TEST(test_locked_vm_bypass)
{
	struct acct_step step = { .kind = STEP_CHARGE_LOCKED, .pages = 100, .rule = "vfio type1", .flag = true };

	begin(10);
	step.object = object;
	ck_assert_int_eq(world_step(a, &step), 0);
	ck_assert_int_eq(locked_vm(), 100);
	ck_assert_int_eq(world_do(a, STEP_CHARGE_LOCKED, object, 1), -ENOMEM);
	ck_assert_uint_eq(sim_violations(VIOLATION_OVER_LIMIT), 0);
	world_end();
}
END_TEST

/*
 * 50 pages too many given back: the count wraps, warns once for the run, and is
 * then over every limit, RLIM_INFINITY too.
 */
START_TEST(test_locked_vm_wraps)
{
	struct acct_step step = { .kind = STEP_CHARGE_LOCKED, .pages = 1, .rule = "vfio type1" };

	begin(MM_UNLIMITED);
	step.object = object;
	world_do(a, STEP_UNCHARGE_LOCKED, object, 50);
	ck_assert_int_eq(locked_vm(), -50);
	ck_assert_uint_eq(sim_warnings(), 1);
	world_do(a, STEP_UNCHARGE_LOCKED, object, 1);
	ck_assert_int_eq(locked_vm(), -51);
	ck_assert_int_eq(world_step(a, &step), -ENOMEM);
	ck_assert_str_eq(step.refusal, "a.locked_vm -51p (wrapped) + 1p > a's unlimited (vfio type1)");
	/* up to zero the sum wraps back into the limit */
	ck_assert_int_eq(world_do(a, STEP_CHARGE_LOCKED, object, 51), 0);
	ck_assert_int_eq(locked_vm(), 0);
	world_end();
}
END_TEST

/* The user's bucket: the limit is current's, the words are the language page's. */
START_TEST(test_user_limit)
{
	struct acct_step step = { .kind = STEP_CHARGE_USER, .pages = 1, .rule = "iommufd, user mode" };

	begin(64);
	step.object = object;
	ck_assert_int_eq(world_do(a, STEP_CHARGE_USER, object, 64), 0);
	ck_assert_int_eq(world_step(a, &step), -ENOMEM);
	ck_assert_str_eq(step.refusal, "user(1000).locked_vm 64p + 1p > a's 64p (iommufd, user mode)");
	ck_assert_int_eq(mm_user_locked_vm(1000), 64);
	world_do(a, STEP_UNCHARGE_USER_CHECKED, object, 64);
	ck_assert_int_eq(mm_user_locked_vm(1000), 0);
	ck_assert_uint_eq(sim_reports(), 0);
	world_end();
}
END_TEST

/* io_uring's uncharge goes below zero in silence; iommufd's refuses, and warns each time. */
START_TEST(test_user_below_zero)
{
	begin(64);
	world_do(a, STEP_CHARGE_USER, object, 10);
	world_do(a, STEP_UNCHARGE_USER_CHECKED, object, 11);
	world_do(a, STEP_UNCHARGE_USER_CHECKED, object, 12);
	ck_assert_int_eq(mm_user_locked_vm(1000), 10);
	ck_assert_uint_eq(sim_warnings(), 2);
	world_do(a, STEP_UNCHARGE_USER, object, 11);
	ck_assert_int_eq(mm_user_locked_vm(1000), -1);
	ck_assert_uint_eq(sim_warnings(), 2);
	ck_assert_int_eq(world_do(a, STEP_CHARGE_USER, object, 2), 0);
	ck_assert_int_eq(mm_user_locked_vm(1000), 1);
	world_end();
}
END_TEST

/* A sum that is negative as a number is over every limit. */
START_TEST(test_user_negative_refuses)
{
	struct acct_step step = { .kind = STEP_CHARGE_USER, .pages = 1, .rule = "io_uring" };

	begin(MM_UNLIMITED);
	step.object = object;
	world_do(a, STEP_UNCHARGE_USER, object, 5);
	ck_assert_int_eq(world_step(a, &step), -ENOMEM);
	ck_assert_str_eq(step.refusal, "user(1000).locked_vm -5p (wrapped) + 1p > a's unlimited (io_uring)");
	world_end();
}
END_TEST

/* pinned_vm is never tested, and signed. */
START_TEST(test_pinned_vm)
{
	begin(0);
	ck_assert_int_eq(world_do(a, STEP_CHARGE_PINNED, object, 1000), 0);
	ck_assert_int_eq(pinned_vm(), 1000);
	world_do(a, STEP_UNCHARGE_PINNED, object, 1001);
	ck_assert_int_eq(pinned_vm(), -1);
	ck_assert_uint_eq(sim_warnings(), 0);
	world_end();
}
END_TEST

/* A limit in bytes counts whole pages: 4095 bytes are none, 4097 are one. */
START_TEST(test_limit_is_floor)
{
	world_begin("v6.12", 0);
	a = mm_task_create("a", 1000, 4095, 4095, 0);
	object = ledger_object_create("vfio_dma", NULL);
	ck_assert_int_eq(world_do(a, STEP_CHARGE_LOCKED, object, 1), -ENOMEM);
	world_end();

	world_begin("v6.12", 0);
	a = mm_task_create("a", 1000, 4097, 4097, 0);
	object = ledger_object_create("vfio_dma", NULL);
	ck_assert_int_eq(world_do(a, STEP_CHARGE_LOCKED, object, 1), 0);
	ck_assert_int_eq(world_do(a, STEP_CHARGE_LOCKED, object, 1), -ENOMEM);
	world_end();
}
END_TEST

/* mm/util.c:account_locked_vm: nothing without an mm or pages; the capability of the moment skips the test. */
START_TEST(test_account_locked_vm)
{
	struct acct_step step = { .kind = STEP_ACCOUNT_LOCKED, .pages = 11, .flag = true };

	begin(10);
	ck_assert_int_eq(world_step(a, &step), -ENOMEM);
	step.pages = 0;
	ck_assert_int_eq(world_step(a, &step), 0);
	step.kind = STEP_ACCOUNT_NO_MM;
	step.pages = 100;
	ck_assert_int_eq(world_step(a, &step), 0);
	ck_assert_int_eq(locked_vm(), 0);
	world_end();

	world_begin("v6.12", 0);
	a = world_task("a", 10, MM_CAP_IPC_LOCK);
	step.kind = STEP_ACCOUNT_LOCKED;
	ck_assert_int_eq(world_step(a, &step), 0);
	ck_assert_int_eq(locked_vm(), 100);
	step.flag = false;
	ck_assert_int_eq(world_step(a, &step), 0);
	ck_assert_int_eq(locked_vm(), 0);
	world_end();
}
END_TEST

static void mlockall_body(void *arg)
{
	const char *refusal;

	sim_refusal_clear();
	*(long *)arg = sys_mlockall(true, false, false);
	refusal = sim_refusal();
	ck_assert_str_eq(refusal ? refusal : "", "a.total_vm 20p > a's 10p (mlockall)");
}

/* mlockall compares what is mapped, and says so: nothing is locked here, and nothing is spurious. */
START_TEST(test_mlockall_refusal)
{
	long ret;

	begin(10);
	world_memory(a, 20);
	world_in(a, mlockall_body, &ret);
	ck_assert_int_eq(ret, -ENOMEM);
	ck_assert_uint_eq(sim_reports(), 0);
	world_end();
}
END_TEST

/*
 * Two tasks of one user race for 60 of 100 pages each, under 200 schedules: one of
 * them always fails, no charge is lost. The mutant that reads and writes apart
 * loses one in some schedule, and the ledger sees it.
 */
static unsigned int race(enum acct_step_kind kind, unsigned int *caught)
{
	unsigned int both = 0;

	*caught = 0;
	for (unsigned long seed = 1; seed <= 200; seed++) {
		struct acct_step step[2] = {
			{ .kind = kind, .pages = 60, .rule = "io_uring" },
			{ .kind = kind, .pages = 60, .rule = "io_uring" },
		};
		struct task_struct *task[2];

		world_begin("v6.12", seed);
		for (int i = 0; i < 2; i++) {
			task[i] = world_task(i ? "b" : "a", 100, 0);
			step[i].object = ledger_object_create("io_ring", NULL);
			sim_actor_submit(mm_task_actor(task[i]), acct_step_run, &step[i]);
		}
		ck_assert_int_eq(sim_run(), SIM_QUIET);
		sim_invariants_check(SIM_QUIESCENT);
		both += !step[0].ret && !step[1].ret;
		*caught += sim_violations(VIOLATION_USER_LEDGER) != 0;
		if (kind == STEP_CHARGE_USER)
			ck_assert_int_eq(mm_user_locked_vm(1000), 60);
		world_end();
	}
	return both;
}

START_TEST(test_user_race)
{
	unsigned int caught;

	ck_assert_uint_eq(race(STEP_CHARGE_USER, &caught), 0);
	ck_assert_uint_eq(caught, 0);
	ck_assert_uint_gt(race(STEP_CHARGE_USER_RACY, &caught), 0);
	ck_assert_uint_gt(caught, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("accounting: charge");
	TCase *tc = tcase_create("primitives");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_locked_vm_limit);
	tcase_add_test(tc, test_locked_vm_bypass);
	tcase_add_test(tc, test_locked_vm_wraps);
	tcase_add_test(tc, test_user_limit);
	tcase_add_test(tc, test_user_below_zero);
	tcase_add_test(tc, test_user_negative_refuses);
	tcase_add_test(tc, test_pinned_vm);
	tcase_add_test(tc, test_limit_is_floor);
	tcase_add_test(tc, test_account_locked_vm);
	tcase_add_test(tc, test_mlockall_refusal);
	tcase_add_test(tc, test_user_race);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
