// SPDX-License-Identifier: GPL-2.0-or-later
/* Faults: each hits once, where it was asked to, for the actor that it was armed for. */
#include "suite.h"

#include <sim/fault.h>
#include <sim/sched.h>
#include <sim/trace.h>

const char suite_name[] = "core_fault";

/* The language's names, both ways. */
START_TEST(names)
{
	for (int site = 0; site < SIM_FAULT_NR; site++)
		ck_assert_int_eq(sim_fault_site_by_name(sim_fault_site_name(site)), site);
	ck_assert_int_eq(sim_fault_site_by_name("gup"), SIM_FAULT_GUP);
	ck_assert_int_eq(sim_fault_site_by_name("lock_kill"), SIM_FAULT_LOCK_KILL);
	ck_assert_int_eq(sim_fault_site_by_name("nonsense"), SIM_FAULT_NR);
	ck_assert_str_eq(sim_fault_site_name(SIM_FAULT_NR), "?");
}
END_TEST

/* A site that counts calls: the K-th fails, those before and behind it do not; other sites are untouched. */
START_TEST(kth_call)
{
	struct sim_world *world = sim_world_create(NULL);

	for (unsigned long k = 1; k < 5; k++) {
		sim_fault_arm(NULL, SIM_FAULT_ALLOC, k);
		for (unsigned long call = 1; call < 8; call++) {
			ck_assert_int_eq(sim_fault_pending(NULL), call <= k);
			ck_assert(!sim_fault(SIM_FAULT_LOCK_KILL));
			ck_assert_uint_eq(sim_fault_pages(SIM_FAULT_GUP, 3), 3);
			ck_assert_int_eq(sim_fault(SIM_FAULT_ALLOC), call == k);
		}
	}
	/* Arming again replaces; 0 calls off. */
	sim_fault_arm(NULL, SIM_FAULT_ALLOC, 2);
	sim_fault_arm(NULL, SIM_FAULT_ALLOC, 1);
	ck_assert(sim_fault(SIM_FAULT_ALLOC));
	sim_fault_arm(NULL, SIM_FAULT_ALLOC, 1);
	sim_fault_arm(NULL, SIM_FAULT_ALLOC, 0);
	ck_assert(!sim_fault_pending(NULL));
	ck_assert(!sim_fault(SIM_FAULT_ALLOC));
	sim_world_destroy(world);
}
END_TEST

/* A site that counts pages: those before page K go well, over as many batches as it takes; then it is over. */
START_TEST(at_page)
{
	struct sim_world *world = sim_world_create(NULL);

	sim_fault_arm(NULL, SIM_FAULT_GUP, 0);
	ck_assert_uint_eq(sim_fault_pages(SIM_FAULT_GUP, 0), 0);
	ck_assert(sim_fault_pending(NULL));
	ck_assert_uint_eq(sim_fault_pages(SIM_FAULT_GUP, 16), 0);
	ck_assert_uint_eq(sim_fault_pages(SIM_FAULT_GUP, 16), 16);

	sim_fault_arm(NULL, SIM_FAULT_IOMMU_MAP, 20);
	ck_assert_uint_eq(sim_fault_pages(SIM_FAULT_GUP, 100), 100);
	ck_assert_uint_eq(sim_fault_pages(SIM_FAULT_IOMMU_MAP, 16), 16);
	ck_assert_uint_eq(sim_fault_pages(SIM_FAULT_IOMMU_MAP, 16), 4);
	ck_assert_uint_eq(sim_fault_pages(SIM_FAULT_IOMMU_MAP, 16), 16);

	/* The last page of a batch, and the first of the next. */
	sim_fault_arm(NULL, SIM_FAULT_GUP, 15);
	ck_assert_uint_eq(sim_fault_pages(SIM_FAULT_GUP, 16), 15);
	sim_fault_arm(NULL, SIM_FAULT_GUP, 16);
	ck_assert_uint_eq(sim_fault_pages(SIM_FAULT_GUP, 16), 16);
	ck_assert_uint_eq(sim_fault_pages(SIM_FAULT_GUP, 16), 0);
	sim_world_destroy(world);
}
END_TEST

/* fail_nth() counts allocations, pins and maps together, a batch as one, but no killable locks. */
START_TEST(nth_of_all)
{
	struct sim_world *world = sim_world_create(NULL);

	sim_fault_arm_nth(NULL, 4);
	ck_assert(!sim_fault(SIM_FAULT_ALLOC));				/* 1 */
	ck_assert(!sim_fault(SIM_FAULT_LOCK_KILL));
	ck_assert_uint_eq(sim_fault_pages(SIM_FAULT_GUP, 512), 512);	/* 2 */
	ck_assert_uint_eq(sim_fault_pages(SIM_FAULT_IOMMU_MAP, 8), 8);	/* 3 */
	ck_assert(!sim_fault(SIM_FAULT_LOCK_KILL));
	ck_assert_uint_eq(sim_fault_pages(SIM_FAULT_GUP, 512), 0);	/* 4 */
	ck_assert(!sim_fault_pending(NULL));
	ck_assert_uint_eq(sim_fault_pages(SIM_FAULT_GUP, 512), 512);
	sim_fault_arm_nth(NULL, 1);
	sim_fault_arm_nth(NULL, 0);
	ck_assert(!sim_fault_pending(NULL));
	sim_world_destroy(world);
}
END_TEST

/* Counting as the kernel's fail-nth: calls alone, those without a site too; and what is left can be read. */
START_TEST(nth_of_calls)
{
	struct sim_world *world = sim_world_create(NULL);

	ck_assert(!sim_fault_nth());
	sim_fault_arm_nth_call(NULL, 3);
	ck_assert_uint_eq(sim_fault_nth_left(NULL), 3);
	ck_assert(!sim_fault(SIM_FAULT_ALLOC));				/* 1 */
	ck_assert_uint_eq(sim_fault_pages(SIM_FAULT_GUP, 512), 512);
	ck_assert_uint_eq(sim_fault_pages(SIM_FAULT_IOMMU_MAP, 8), 8);
	ck_assert(!sim_fault_nth());					/* 2 */
	ck_assert_uint_eq(sim_fault_nth_left(NULL), 1);
	ck_assert(sim_fault_nth());					/* 3 */
	ck_assert_uint_eq(sim_fault_nth_left(NULL), 0);
	ck_assert(!sim_fault_nth() && !sim_fault_pending(NULL));
	/* armed the other way afterwards, pins count again */
	sim_fault_arm_nth_call(NULL, 9);
	sim_fault_arm_nth(NULL, 1);
	ck_assert_uint_eq(sim_fault_pages(SIM_FAULT_GUP, 512), 0);
	sim_world_destroy(world);
}
END_TEST

/* Both armed: each is delivered, once. */
START_TEST(nth_and_site)
{
	struct sim_world *world = sim_world_create(NULL);

	sim_fault_arm_nth(NULL, 2);
	sim_fault_arm(NULL, SIM_FAULT_GUP, 7);
	ck_assert_uint_eq(sim_fault_pages(SIM_FAULT_GUP, 5), 5);
	ck_assert_uint_eq(sim_fault_pages(SIM_FAULT_GUP, 5), 0);
	ck_assert(sim_fault_pending(NULL));
	ck_assert_uint_eq(sim_fault_pages(SIM_FAULT_GUP, 5), 2);
	ck_assert(!sim_fault_pending(NULL));
	sim_world_destroy(world);
}
END_TEST

static __thread unsigned int failed[2];

static void allocate(void *arg)
{
	for (int i = 0; i < 4; i++) {
		failed[*(int *)arg] += sim_fault(SIM_FAULT_ALLOC);
		sim_point(SIM_POINT_YIELD, 0, 0);
	}
}

/* Only the actor that a fault was armed for meets it; its delivery is part of the trace. */
START_TEST(by_actor)
{
	struct sim_world *world = sim_world_create(NULL);
	int index[2] = { 0, 1 };
	struct sim_actor *a = sim_actor_create("a", NULL), *b = sim_actor_create("b", NULL);

	sim_fault_arm(b, SIM_FAULT_ALLOC, 3);
	ck_assert(!sim_fault_pending(a));
	ck_assert(sim_fault_pending(b));
	sim_actor_submit(a, allocate, &index[0]);
	sim_actor_submit(b, allocate, &index[1]);
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	ck_assert_uint_eq(failed[0], 0);
	ck_assert_uint_eq(failed[1], 1);
	ck_assert(!sim_fault_pending(b));
	/* 2 x (START, 4 points, END) and the fault. */
	ck_assert_uint_eq(sim_trace_length(), 13);
	sim_world_destroy(world);
}
END_TEST

static void take_part(void *arg)
{
	sim_fault_sweep_join();
	for (int i = 0; i < 4; i++)
		failed[0] += sim_fault(SIM_FAULT_ALLOC);
}

/* How many of an actor's 4 calls fail. */
static unsigned int failed_calls(struct sim_actor *actor)
{
	failed[0] = 0;
	sim_actor_submit(actor, take_part, NULL);
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	return failed[0];
}

/* A sweep: who takes part fails once or from there on; one that is over or only counts fails nobody. */
START_TEST(sweep)
{
	struct sim_world *world = sim_world_create(NULL);
	struct sim_actor *actor = sim_actor_create("a", NULL);
	unsigned long count[SIM_FAULT_NR] = { 0 };

	sim_fault_sweep(SIM_FAULT_ALLOC, 3, false);
	ck_assert_uint_eq(failed_calls(actor), 1);
	ck_assert_uint_eq(sim_fault_swept(), 1);
	ck_assert(!sim_fault_pending(actor));		/* it was alone */
	sim_fault_sweep(SIM_FAULT_ALLOC, 3, true);
	ck_assert_uint_eq(failed_calls(actor), 2);
	sim_fault_sweep_end();
	ck_assert_uint_eq(failed_calls(actor), 4);	/* what is behind the first goes on failing */
	sim_fault_sweep(SIM_FAULT_ALLOC, 5, true);
	ck_assert_uint_eq(failed_calls(actor), 0);
	sim_fault_sweep_end();
	ck_assert_uint_eq(failed_calls(actor), 0);	/* the fifth call never came in time */
	sim_fault_sweep(SIM_FAULT_GUP, 1, false);
	ck_assert_uint_eq(failed_calls(actor), 0);
	ck_assert(sim_fault_pending(actor));
	sim_fault_sweep_count(count);
	ck_assert_uint_eq(failed_calls(actor), 0);
	ck_assert_uint_eq(count[SIM_FAULT_ALLOC], 4);
	ck_assert_uint_eq(count[SIM_FAULT_GUP], 0);
	sim_world_destroy(world);
}
END_TEST

void suite_fill(TCase *tcase)
{
	tcase_add_test(tcase, names);
	tcase_add_test(tcase, kth_call);
	tcase_add_test(tcase, at_page);
	tcase_add_test(tcase, nth_of_all);
	tcase_add_test(tcase, nth_of_calls);
	tcase_add_test(tcase, nth_and_site);
	tcase_add_test(tcase, by_actor);
	tcase_add_test(tcase, sweep);
}
