// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Oopses: what a wild access in an actor, and only there, turns into.
 *
 * Valgrind reports such an access whatever becomes of it, so these cases do
 * nothing under it.
 */
#include "suite.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sim/sched.h>
#include <sim/verdict.h>
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

const char suite_name[] = "core_oops";

#define UNCHECKED __attribute__((no_sanitize("address", "undefined"), noinline))

static volatile int sink;

UNCHECKED static void read_int(void *address)
{
	sink = *(volatile int *)address;
}

UNCHECKED static unsigned long recurse(volatile char *above)
{
	volatile char frame[512];

	frame[0] = above[0] + 1;
	if (above[0] == 1 && sink == 12345)
		return 0;
	return recurse(frame) + frame[0];
}

static void overflow(void *arg)
{
	volatile char first[1] = { 0 };

	sink = recurse(first);
}

#if defined(__x86_64__)
static void divide(void *arg)
{
	unsigned long low = 1, high = 0;

	/* Not C's operator, whose division by zero is undefined. */
	__asm__ volatile("divq %2" : "+a"(low), "+d"(high) : "r"(0ul));
}

static void invalid_opcode(void *arg)
{
	__asm__ volatile("ud2");
}
#endif

static void send(void *arg)
{
	raise(SIGFPE);
}

static void not_reached(void *arg)
{
	ck_abort_msg("somebody ran in a fatal world");
}

/* The body ends with the violation `bug` and this text; the world is fatal, and the next world is as good as any. */
static void check_oops(void (*body)(void *arg), void *arg, const char *text)
{
	for (int round = 0; round < 3; round++) {
		struct sim_world *world = world_with(&sim_strategy_in_order, 0);

		sim_actor_submit(sim_actor_create("a", NULL), body, arg);
		sim_actor_submit(sim_actor_create("b", NULL), not_reached, NULL);
		ck_assert_int_eq(sim_run(), SIM_FATAL);
		ck_assert_ptr_null(sim_self());
		ck_assert_uint_eq(sim_violations(VIOLATION_BUG), 1);
		/* and then the function, where the debug information is at hand */
		ck_assert(!strncmp(sim_report(0)->text, text, strlen(text)));
		ck_assert(!strncmp(sim_report(0)->text + strlen(text), " in ", 4));
		ck_assert_uint_eq(sim_report(0)->actor, 0);
		sim_world_destroy(world);
	}
}

/* Through NULL: the offset is told, which is the field. */
START_TEST(null_pointer)
{
	if (RUNNING_ON_VALGRIND)
		return;
	sim_catch_oopses();
	check_oops(read_int, NULL, "oops: a: NULL pointer dereference at 0");
	check_oops(read_int, (void *)0x48, "oops: a: NULL pointer dereference at 0x48");
}
END_TEST

/* Any other address, mapped without permission or not canonical: told without it. */
START_TEST(bad_address)
{
	void *page;

	if (RUNNING_ON_VALGRIND)
		return;
	page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(page, MAP_FAILED);
	sim_catch_oopses();
	check_oops(read_int, page, "oops: a: access to a bad address");
#if defined(__x86_64__)
	/* The processor does not say which address it was; a list poison is such a one. */
	check_oops(read_int, (void *)0xdead000000000100ul, "oops: a: access to a bad address");
#endif
	munmap(page, 4096);
}
END_TEST

#if defined(__x86_64__)
/* What the allocator fills freed memory with, taken for a pointer to a structure: that is its use after free. */
START_TEST(poison)
{
	struct sim_world *world;

	if (RUNNING_ON_VALGRIND)
		return;
	sim_catch_oopses();
	world = world_with(&sim_strategy_in_order, 0);
	sim_actor_submit(sim_actor_create("a", NULL), read_int, (void *)0x6b6b6b6b6b6b6ba3ul);
	sim_actor_submit(sim_actor_create("b", NULL), not_reached, NULL);
	ck_assert_int_eq(sim_run(), SIM_FATAL);
	ck_assert_uint_eq(sim_violations(VIOLATION_BUG), 0);
	ck_assert_uint_eq(sim_violations(VIOLATION_USE_AFTER_FREE), 1);
	ck_assert_ptr_nonnull(strstr(sim_report(0)->text, "a goes to an address read from freed memory"));
	sim_world_destroy(world);
}
END_TEST

/* The two exceptions that are no accesses; aarch64 divides by zero without any. */
START_TEST(exceptions)
{
	if (RUNNING_ON_VALGRIND)
		return;
	sim_catch_oopses();
	check_oops(divide, NULL, "oops: a: divide error");
	check_oops(invalid_opcode, NULL, "oops: a: invalid opcode");
}
END_TEST
#endif

static void *thread_main(void *arg)
{
	if (RUNNING_ON_VALGRIND)
		return NULL;
	sim_catch_oopses();
	check_oops(read_int, NULL, "oops: a: NULL pointer dereference at 0");
	return NULL;
}

/* Another OS thread has a signal stack of its own, and gives it back. */
START_TEST(threads)
{
	pthread_t thread;

	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(pthread_create(&thread, NULL, thread_main, NULL), 0);
		ck_assert_int_eq(pthread_join(thread, NULL), 0);
	}
}
END_TEST

/* A recursion without an end meets the guard page, and there is a stack left to say so on. */
START_TEST(stack_overflow)
{
	if (RUNNING_ON_VALGRIND)
		return;
	sim_catch_oopses();
	check_oops(overflow, NULL, "oops: a: stack overflow");
}
END_TEST

/* Outside any actor, and where somebody sent the signal, it stays deadly. */
START_TEST(outside)
{
	if (RUNNING_ON_VALGRIND)
		raise(SIGKILL);
	sim_catch_oopses();
	world_with(NULL, 0);
	read_int(NULL);
}
END_TEST

START_TEST(sent)
{
	struct sim_world *world = world_with(NULL, 0);

	sim_catch_oopses();
	sim_actor_submit(sim_actor_create("a", NULL), send, NULL);
	sim_run();
	sim_world_destroy(world);
}
END_TEST

void suite_fill(TCase *tcase)
{
	tcase_add_test(tcase, null_pointer);
	tcase_add_test(tcase, bad_address);
#if defined(__x86_64__)
	tcase_add_test(tcase, exceptions);
	tcase_add_test(tcase, poison);
#endif
	tcase_add_test(tcase, threads);
	tcase_add_test(tcase, stack_overflow);
	tcase_add_test_raise_signal(tcase, outside, RUNNING_ON_VALGRIND ? SIGKILL : SIGSEGV);
	tcase_add_test_raise_signal(tcase, sent, SIGFPE);
}
