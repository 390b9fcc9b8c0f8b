// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each invariant against a mutant that breaks it, and against the case next to
 * it that does not. The known exceptions are counted and nothing else is excused.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "world.h"

static struct task_struct *a;
static struct ledger_object *object;

static void begin_on(const char *kernel, const char *kind)
{
	world_begin(kernel, 0);
	a = world_task("a", 64, 0);
	object = ledger_object_create(kind, NULL);
}

static void begin(void)
{
	begin_on("v6.12", "vfio_dma");
}

static void quiescent(void)
{
	sim_invariants_check(SIM_QUIESCENT);
}

static unsigned long times_excepted(const char *part)
{
	unsigned long times = 0;

	for (size_t i = 0; i < accounting_exceptions(); i++) {
		const struct accounting_exception *exception = accounting_exception(i);

		if (strstr(exception->what, part))
			times += exception->times;
	}
	return times;
}

/* Each has a name of its own, a sentence and a source. */
START_TEST(test_registered)
{
	static const enum sim_violation mine[] = {
		VIOLATION_LOCKED_VM_NEGATIVE, VIOLATION_PINNED_VM_NEGATIVE, VIOLATION_USER_LOCKED_VM_NEGATIVE,
		VIOLATION_LOCKED_VM_LEDGER, VIOLATION_PINNED_VM_LEDGER, VIOLATION_USER_LEDGER, VIOLATION_RESIDUE,
		VIOLATION_FAILED_CALL_RESIDUE, VIOLATION_OVER_LIMIT, VIOLATION_SPURIOUS_REFUSAL,
		VIOLATION_WRONG_BUCKET, VIOLATION_OBJECT_BALANCE, VIOLATION_PIN_COUNT, VIOLATION_UNPIN_WHILE_MAPPED,
	};

	begin();
	for (size_t i = 0; i < sizeof(mine) / sizeof(mine[0]); i++) {
		int found = 0;

		for (size_t j = 0; j < sim_invariants(); j++) {
			const struct sim_invariant *invariant = sim_invariant(j);

			if (invariant->violation != mine[i])
				continue;
			found++;
			ck_assert(invariant->sentence[0] && invariant->source[0]);
		}
		ck_assert_int_eq(found, 1);
	}
	world_end();
}
END_TEST

/* Mutants: 5 pages appear in a counter that nobody has charged. Told once, and again only when it grows. */
START_TEST(test_counters_against_the_ledger)
{
	static const struct {
		enum acct_step_kind charge, poke;
		enum sim_violation violation;
	} cases[] = {
		{ STEP_CHARGE_LOCKED, STEP_POKE_LOCKED, VIOLATION_LOCKED_VM_LEDGER },
		{ STEP_CHARGE_PINNED, STEP_POKE_PINNED, VIOLATION_PINNED_VM_LEDGER },
		{ STEP_CHARGE_USER, STEP_POKE_USER, VIOLATION_USER_LEDGER },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin();
		world_do(a, cases[i].charge, object, 10);
		quiescent();
		ck_assert_uint_eq(sim_reports(), 0);
		world_do(a, cases[i].poke, NULL, 5);
		world_do(a, cases[i].charge, object, 1);
		quiescent();
		ck_assert_uint_eq(sim_violations(cases[i].violation), 1);
		world_do(a, cases[i].charge, object, 1);
		quiescent();
		ck_assert_uint_eq(sim_reports(), 1);
		world_do(a, cases[i].poke, NULL, 1);
		world_do(a, cases[i].charge, object, 1);
		quiescent();
		ck_assert_uint_eq(sim_violations(cases[i].violation), 2);
		world_end();
	}
}
END_TEST

struct mlock_args {
	unsigned long va, pages;
	bool lock;
};

static void mlock_body(void *arg)
{
	const struct mlock_args *args = arg;

	if (args->lock)
		sys_mlock(args->va, args->pages * PAGE);
	else
		sys_munlock(args->va, args->pages * PAGE);
}

/* mlock's part of locked_vm is the VMAs', beside what is charged. */
START_TEST(test_locked_vm_is_mlock_and_charges)
{
	struct mlock_args args = { .pages = 20, .lock = true };

	begin();
	args.va = world_memory(a, 40);
	world_in(a, mlock_body, &args);
	world_do(a, STEP_CHARGE_LOCKED, object, 30);
	quiescent();
	ck_assert_int_eq(mm_record_locked_vm(mm_task_mm(a, 0)), 50);
	ck_assert_uint_eq(sim_reports(), 0);
	args.lock = false;
	args.pages = 5;
	world_in(a, mlock_body, &args);
	quiescent();
	ck_assert_int_eq(mm_record_locked_vm(mm_task_mm(a, 0)), 45);
	ck_assert_uint_eq(sim_reports(), 0);
	world_end();
}
END_TEST

/* Mutants: each counter below zero; told when it falls further, not while it rises. */
START_TEST(test_negative)
{
	static const struct {
		enum acct_step_kind uncharge, charge;
		enum sim_violation violation;
	} cases[] = {
		{ STEP_UNCHARGE_LOCKED, STEP_CHARGE_LOCKED, VIOLATION_LOCKED_VM_NEGATIVE },
		{ STEP_UNCHARGE_PINNED, STEP_CHARGE_PINNED, VIOLATION_PINNED_VM_NEGATIVE },
		{ STEP_UNCHARGE_USER, STEP_CHARGE_USER, VIOLATION_USER_LOCKED_VM_NEGATIVE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin();
		world_do(a, cases[i].charge, object, 8);
		world_do(a, cases[i].uncharge, object, 8);
		sim_invariants_check(SIM_STEP);
		ck_assert_uint_eq(sim_violations(cases[i].violation), 0);
		world_do(a, cases[i].uncharge, object, 8);
		sim_invariants_check(SIM_STEP);
		ck_assert_uint_eq(sim_violations(cases[i].violation), 1);
		sim_invariants_check(SIM_STEP);
		ck_assert_uint_eq(sim_violations(cases[i].violation), 1);
		/* up to zero or above, and down again */
		world_do(a, cases[i].charge, object, 10);
		sim_invariants_check(SIM_STEP);
		ck_assert_uint_eq(sim_violations(cases[i].violation), 1);
		world_do(a, cases[i].uncharge, object, 3);
		sim_invariants_check(SIM_STEP);
		ck_assert_uint_eq(sim_violations(cases[i].violation), 2);
		world_end();
	}
}
END_TEST

/*
 * What is broken stands beside what breaks later: 60 pages are nobody's since step
 * 1, and in step 3 a refusal comes of it, so the counter is told there too.
 */
START_TEST(test_told_again_beside_its_consequence)
{
	begin();
	sim_step_set(1);
	world_do(a, STEP_POKE_LOCKED, NULL, 60);
	world_do(a, STEP_CHARGE_LOCKED, object, 1);
	quiescent();
	ck_assert_uint_eq(sim_violations(VIOLATION_LOCKED_VM_LEDGER), 1);
	sim_step_set(2);
	quiescent();
	ck_assert_uint_eq(sim_reports(), 1);
	sim_step_set(3);
	ck_assert_int_eq(world_do(a, STEP_CHARGE_LOCKED, object, 10), -ENOMEM);
	quiescent();
	ck_assert_uint_eq(sim_violations(VIOLATION_SPURIOUS_REFUSAL), 1);
	ck_assert_uint_eq(sim_violations(VIOLATION_LOCKED_VM_LEDGER), 2);
	ck_assert_uint_eq(sim_report(sim_reports() - 1)->step, 3);
	world_end();
}
END_TEST

/* A refusal over the real charge is right, also at exactly one page too many. */
START_TEST(test_spurious_refusal)
{
	begin();
	world_do(a, STEP_CHARGE_USER, object, 64);
	ck_assert_int_eq(world_do(a, STEP_CHARGE_USER, object, 1), -ENOMEM);
	ck_assert_uint_eq(sim_violations(VIOLATION_SPURIOUS_REFUSAL), 0);
	world_do(a, STEP_UNCHARGE_USER, object, 64);
	/* mutant: 60 pages that nobody holds */
	world_do(a, STEP_POKE_USER, NULL, 60);
	ck_assert_int_eq(world_do(a, STEP_CHARGE_USER, object, 5), -ENOMEM);
	ck_assert_uint_eq(sim_violations(VIOLATION_SPURIOUS_REFUSAL), 1);
	/* 65 would not fit whatever the counter says */
	ck_assert_int_eq(world_do(a, STEP_CHARGE_USER, object, 65), -ENOMEM);
	ck_assert_uint_eq(sim_violations(VIOLATION_SPURIOUS_REFUSAL), 1);
	world_end();
}
END_TEST

/* Mutant: the counter has lost 30 pages, so a charge passes that is over the limit. */
START_TEST(test_over_limit)
{
	static const struct {
		enum acct_step_kind charge, poke;
	} cases[] = { { STEP_CHARGE_LOCKED, STEP_POKE_LOCKED }, { STEP_CHARGE_USER, STEP_POKE_USER } };

	for (size_t i = 0; i < 2; i++) {
		begin();
		ck_assert_int_eq(world_do(a, cases[i].charge, object, 64), 0);
		ck_assert_uint_eq(sim_violations(VIOLATION_OVER_LIMIT), 0);
		world_do(a, cases[i].poke, NULL, -30ul);
		ck_assert_int_eq(world_do(a, cases[i].charge, object, 10), 0);
		ck_assert_uint_eq(sim_violations(VIOLATION_OVER_LIMIT), 1);
		world_end();
	}
}
END_TEST

/* Mutant: an uncharge goes to the mm of after an exec, which never paid (type1 up to 6.2). */
START_TEST(test_wrong_bucket)
{
	begin();
	world_do(a, STEP_CHARGE_LOCKED, object, 50);
	world_exec(a);
	world_do(a, STEP_UNCHARGE_LOCKED, object, 50);
	ck_assert_uint_eq(sim_violations(VIOLATION_WRONG_BUCKET), 1);
	quiescent();
	ck_assert_uint_eq(sim_violations(VIOLATION_LOCKED_VM_LEDGER), 1);
	ck_assert_uint_eq(sim_violations(VIOLATION_LOCKED_VM_NEGATIVE), 1);
	world_end();
}
END_TEST

/* The same where the new mm holds enough: nothing is negative, and still it is seen. */
START_TEST(test_wrong_bucket_steal)
{
	struct mlock_args args = { .pages = 60, .lock = true };

	begin();
	world_do(a, STEP_CHARGE_LOCKED, object, 50);
	world_exec(a);
	args.va = world_memory(a, 60);
	world_in(a, mlock_body, &args);
	quiescent();
	ck_assert_uint_eq(sim_reports(), 0);
	world_do(a, STEP_UNCHARGE_LOCKED, object, 50);
	quiescent();
	ck_assert_int_eq(mm_record_locked_vm(mm_task_mm(a, 1)), 10);
	ck_assert_uint_eq(sim_violations(VIOLATION_WRONG_BUCKET), 1);
	ck_assert_uint_eq(sim_violations(VIOLATION_LOCKED_VM_LEDGER), 1);
	ck_assert_uint_eq(sim_violations(VIOLATION_LOCKED_VM_NEGATIVE), 0);
	world_end();
}
END_TEST

/* An object that goes with a charge: a leak to a living holder, dropped by design with a dead mm. */
START_TEST(test_object_balance)
{
	begin();
	world_do(a, STEP_CHARGE_PINNED, object, 10);
	ledger_object_destroy(object);
	ck_assert_uint_eq(sim_violations(VIOLATION_OBJECT_BALANCE), 1);
	quiescent();
	ck_assert_uint_eq(sim_violations(VIOLATION_PINNED_VM_LEDGER), 1);
	world_end();

	begin();
	world_do(a, STEP_CHARGE_PINNED, object, 10);
	world_exec(a);
	ledger_object_destroy(object);
	quiescent();
	ck_assert_uint_eq(sim_reports(), 0);
	ck_assert_uint_eq(times_excepted("dead mm, and its charge"), 1);
	world_end();
}
END_TEST

/* An uncharge given up at a signal is no wrong balance, and the counter that keeps it is explained. */
START_TEST(test_dropped_uncharge)
{
	begin();
	world_do(a, STEP_CHARGE_LOCKED, object, 10);
	ledger_dropped(object, BUCKET_LOCKED_VM, acct_mm_of(a), 10);
	ledger_object_destroy(object);
	quiescent();
	ck_assert_uint_eq(sim_reports(), 0);
	ck_assert_uint_eq(times_excepted("fatal signal"), 1);
	world_end();
}
END_TEST

/* Mutant: a reference to a user is never dropped, and its counter with it. A dead mm shows what it likes. */
START_TEST(test_residue)
{
	struct acct_step step = { .kind = STEP_GET_USER };

	begin();
	world_do(a, STEP_CHARGE_LOCKED, object, 5);
	world_exit(a);
	sim_invariants_check(SIM_END);
	ck_assert_uint_eq(sim_violations(VIOLATION_RESIDUE), 0);
	world_end();

	begin();
	world_do(a, STEP_CHARGE_USER, object, 5);
	world_step(a, &step);
	world_exit(a);
	sim_invariants_check(SIM_END);
	ck_assert_uint_eq(sim_violations(VIOLATION_RESIDUE), 1);
	world_end();
}
END_TEST

struct call {
	const char *op;
	long ret;
	struct acct_step step[2];
};

static void call_body(void *arg)
{
	struct call *call = arg;

	accounting_call_begin(a, call->op);
	for (int i = 0; i < 2; i++)
		if (call->step[i].pages)
			acct_step_run(&call->step[i]);
	accounting_call_end(a, call->ret);
}

/* A call of a's that charges or uncharges @pages on its way and returns @ret. */
static void call(const char *op, long ret, enum acct_step_kind kind, unsigned long pages)
{
	struct call args = {
		.op = op,
		.ret = ret,
		.step = { { .kind = kind, .object = object, .pages = pages } },
	};

	world_in(a, call_body, &args);
}

/* Mutants: a call that fails keeps a charge. One that succeeds may. */
START_TEST(test_failed_call_residue)
{
	struct call both = {
		.op = "vfio_map",
		.ret = -ENOMEM,
		.step = { { .kind = STEP_CHARGE_LOCKED, .pages = 5 }, { .kind = STEP_UNCHARGE_LOCKED, .pages = 5 } },
	};

	begin();
	call("vfio_map", 0, STEP_CHARGE_LOCKED, 5);
	call("vfio_map", -EFAULT, STEP_CHARGE_LOCKED, 0);
	quiescent();
	ck_assert_uint_eq(sim_violations(VIOLATION_FAILED_CALL_RESIDUE), 0);
	call("vfio_map", -EFAULT, STEP_CHARGE_LOCKED, 5);
	ck_assert_uint_eq(sim_violations(VIOLATION_FAILED_CALL_RESIDUE), 1);
	call("uring_register", -EFAULT, STEP_CHARGE_PINNED, 5);
	ck_assert_uint_eq(sim_violations(VIOLATION_FAILED_CALL_RESIDUE), 2);
	/* charged and given back in the same call */
	both.step[0].object = object;
	both.step[1].object = object;
	world_in(a, call_body, &both);
	ck_assert_uint_eq(sim_violations(VIOLATION_FAILED_CALL_RESIDUE), 2);
	world_end();
}
END_TEST

/* Mutants of pins: kept, and one swapped for another. */
START_TEST(test_failed_call_pins)
{
	begin();
	ledger_pins(object, 7000000, 10, true);
	accounting_call_begin(a, "ioas_map");
	ledger_pins(object, 7000100, 10, true);
	ledger_pins(object, 7000100, 10, false);
	accounting_call_end(a, -ENOMEM);
	ck_assert_uint_eq(sim_violations(VIOLATION_FAILED_CALL_RESIDUE), 0);
	accounting_call_begin(a, "ioas_map");
	ledger_pins(object, 7000100, 10, true);
	ledger_pins(object, 7000000, 10, false);
	accounting_call_end(a, -ENOMEM);
	ck_assert_uint_eq(sim_violations(VIOLATION_FAILED_CALL_RESIDUE), 1);
	world_end();
}
END_TEST

/* The exceptions of I6, each beside a case that is none. */
START_TEST(test_failed_call_exceptions)
{
	/* iommufd unmaps what lies before the area that is bisected: only decreases, only iopt_pages, only ENOENT */
	begin_on("v6.12", "iopt_pages");
	world_do(a, STEP_CHARGE_USER, object, 30);
	call("ioas_unmap", -ENOENT, STEP_UNCHARGE_USER, 10);
	ck_assert_uint_eq(sim_violations(VIOLATION_FAILED_CALL_RESIDUE), 0);
	ck_assert_uint_eq(times_excepted("bisects"), 1);
	call("ioas_unmap", -EBUSY, STEP_UNCHARGE_USER, 10);
	ck_assert_uint_eq(sim_violations(VIOLATION_FAILED_CALL_RESIDUE), 1);
	call("ioas_map", -ENOENT, STEP_CHARGE_USER, 10);
	ck_assert_uint_eq(sim_violations(VIOLATION_FAILED_CALL_RESIDUE), 2);
	world_end();

	/* CHANGE_PROCESS with a dead mm, on the kernels that do so */
	begin_on("v7.0", "iopt_pages");
	call("change_process", -EINVAL, STEP_CHARGE_LOCKED, 10);
	ck_assert_uint_eq(sim_violations(VIOLATION_FAILED_CALL_RESIDUE), 0);
	call("change_process", -ENOMEM, STEP_CHARGE_LOCKED, 10);
	ck_assert_uint_eq(sim_violations(VIOLATION_FAILED_CALL_RESIDUE), 1);
	world_end();

	/* a ring whose setup failed goes as deferred work */
	begin_on("v7.0", "io_ring");
	call("uring_setup", -ENOMEM, STEP_CHARGE_USER, 2);
	ck_assert_uint_eq(sim_violations(VIOLATION_FAILED_CALL_RESIDUE), 0);
	call("uring_register", -ENOMEM, STEP_CHARGE_USER, 2);
	ck_assert_uint_eq(sim_violations(VIOLATION_FAILED_CALL_RESIDUE), 1);
	world_end();
}
END_TEST

static void mlock_call_body(void *arg)
{
	const struct mlock_args *args = arg;

	accounting_call_begin(a, "mlock");
	accounting_call_end(a, sys_mlock(args->va, args->pages * PAGE));
}

/* mlock over a hole keeps what lies before it (V2). */
START_TEST(test_failed_mlock)
{
	struct mlock_args args = { .pages = 40 };

	begin();
	args.va = world_memory(a, 4);
	world_in(a, mlock_call_body, &args);
	quiescent();
	ck_assert_int_eq(mm_record_locked_vm(mm_task_mm(a, 0)), 4);
	ck_assert_uint_eq(sim_reports(), 0);
	ck_assert_uint_eq(times_excepted("mlock keeps"), 1);
	world_end();
}
END_TEST

/* Calls that overlap are not judged, whoever of them fails. */
START_TEST(test_overlapping_calls)
{
	struct task_struct *b;

	begin();
	b = world_task("b", 64, 0);
	accounting_call_begin(a, "vfio_map");
	accounting_call_begin(b, "vfio_map");
	world_do(b, STEP_CHARGE_LOCKED, object, 5);
	accounting_call_end(b, -EFAULT);
	accounting_call_end(a, -EFAULT);
	ck_assert_uint_eq(sim_violations(VIOLATION_FAILED_CALL_RESIDUE), 0);
	/* afterwards they are again */
	call("vfio_map", -EFAULT, STEP_CHARGE_LOCKED, 5);
	ck_assert_uint_eq(sim_violations(VIOLATION_FAILED_CALL_RESIDUE), 1);
	world_end();
}
END_TEST

/* Mutants of the pin count: a pin that nobody enters, and an entry that nobody pins. */
START_TEST(test_pin_count)
{
	struct acct_step step = { .kind = STEP_PIN, .pages = 8, .flag = true };

	begin();
	step.object = object;
	step.va = world_memory(a, 16);
	ck_assert_int_eq(world_step(a, &step), 8);
	quiescent();
	ck_assert_uint_eq(mm_pages_pinned(), 8);
	ck_assert_uint_eq(sim_reports(), 0);
	step.kind = STEP_UNPIN;
	world_step(a, &step);
	quiescent();
	ck_assert_uint_eq(mm_pages_pinned(), 0);
	ck_assert_uint_eq(sim_reports(), 0);

	step.kind = STEP_PIN;
	step.flag = false;
	world_step(a, &step);
	quiescent();
	ck_assert_uint_eq(sim_violations(VIOLATION_PIN_COUNT), 1);
	quiescent();
	ck_assert_uint_eq(sim_violations(VIOLATION_PIN_COUNT), 1);
	world_end();

	begin();
	ledger_pins(object, 7000000, 3, true);
	quiescent();
	ck_assert_uint_eq(sim_violations(VIOLATION_PIN_COUNT), 1);
	world_end();
}
END_TEST

/* Mutant: pages are given back before the device has let go of them. In the right order nothing is told. */
START_TEST(test_unpin_while_mapped)
{
	for (int right_order = 0; right_order < 2; right_order++) {
		struct acct_step step = { .kind = STEP_PIN, .pages = 8, .flag = true };

		begin();
		step.object = object;
		step.va = world_memory(a, 16);
		ck_assert_int_eq(world_step(a, &step), 8);
		step.kind = STEP_DMA_MAP;
		ck_assert_int_eq(world_step(a, &step), 8);
		step.kind = STEP_DMA_UNMAP;
		if (right_order)
			ck_assert_int_eq(world_step(a, &step), 8 * PAGE);
		/* another's pin is enough to keep the page */
		ledger_pins(object, 7000000, 1, true);
		ledger_pins(object, 7000000, 1, true);
		ledger_pins(object, 7000000, 1, false);
		step.kind = STEP_UNPIN;
		world_step(a, &step);
		ck_assert_uint_eq(sim_violations(VIOLATION_UNPIN_WHILE_MAPPED), right_order ? 0 : 1);
		world_end();
	}
}
END_TEST

/* Mutant: a charge to a user of whom no reference is held, and who therefore goes with the last task. */
START_TEST(test_user_freed_while_charged)
{
	begin();
	world_do(a, STEP_CHARGE_USER, object, 5);
	world_exit(a);
	ck_assert_uint_eq(sim_violations(VIOLATION_USER_REFS), 1);
	world_end();

	begin();
	world_do(a, STEP_CHARGE_USER, object, 5);
	world_do(a, STEP_UNCHARGE_USER, object, 5);
	world_exit(a);
	ck_assert_uint_eq(sim_violations(VIOLATION_USER_REFS), 0);
	world_end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("accounting: invariants");
	TCase *tc = tcase_create("mutants");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_registered);
	tcase_add_test(tc, test_counters_against_the_ledger);
	tcase_add_test(tc, test_locked_vm_is_mlock_and_charges);
	tcase_add_test(tc, test_negative);
	tcase_add_test(tc, test_told_again_beside_its_consequence);
	tcase_add_test(tc, test_spurious_refusal);
	tcase_add_test(tc, test_over_limit);
	tcase_add_test(tc, test_wrong_bucket);
	tcase_add_test(tc, test_wrong_bucket_steal);
	tcase_add_test(tc, test_object_balance);
	tcase_add_test(tc, test_dropped_uncharge);
	tcase_add_test(tc, test_residue);
	tcase_add_test(tc, test_failed_call_residue);
	tcase_add_test(tc, test_failed_call_pins);
	tcase_add_test(tc, test_failed_call_exceptions);
	tcase_add_test(tc, test_failed_mlock);
	tcase_add_test(tc, test_overlapping_calls);
	tcase_add_test(tc, test_pin_count);
	tcase_add_test(tc, test_unpin_while_mapped);
	tcase_add_test(tc, test_user_freed_while_charged);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
