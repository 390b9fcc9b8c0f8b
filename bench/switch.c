// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The switch from one fiber to another, beside swapcontext() and Boost.Context's
 * jump_fcontext(): two that switch to each other, nanoseconds for one way, medians of
 * rounds that take turns. The ratios are what to look at.
 */
#include <fiber.h>
#include <ucontext.h>
#include "bench.h"

#define ROUNDS 7
#define SWITCHES 2000000ul
#define STACK_BYTES (64ul << 10)

static unsigned long left;

static struct sim_fiber *here, *there;

static void fiber_main(void)
{
	sim_fiber_arrived(there);
	for (;;)
		sim_fiber_switch(there, here);
}

static void by_fiber(unsigned long nr)
{
	for (left = nr / 2; left; left--)
		sim_fiber_switch(here, there);
}

static ucontext_t context_here, context_there;

static void context_main(void)
{
	for (;;)
		swapcontext(&context_there, &context_here);
}

static void by_ucontext(unsigned long nr)
{
	for (left = nr / 2; left; left--)
		swapcontext(&context_here, &context_there);
}

#ifdef HAVE_BOOST_CONTEXT
/* Boost.Context's own C interface, which no header of its declares. */
struct transfer {
	void *context;
	void *data;
};
struct transfer jump_fcontext(void *to, void *data);
void *make_fcontext(void *sp, size_t size, void (*entry)(struct transfer from));

static void *boost_there;

static void boost_main(struct transfer from)
{
	for (;;)
		from = jump_fcontext(from.context, NULL);
}

static void by_boost(unsigned long nr)
{
	for (left = nr / 2; left; left--)
		boost_there = jump_fcontext(boost_there, NULL).context;
}
#endif

static double nanoseconds(void (*by)(unsigned long nr), unsigned long nr)
{
	double begin = bench_cpu_seconds();

	by(nr);
	return (bench_cpu_seconds() - begin) / nr * 1e9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof(*values), by_value);
	return values[ROUNDS / 2];
}

int main(int argc, char **argv)
{
	double ours[ROUNDS], theirs[ROUNDS], boost[ROUNDS], own;

	here = sim_fiber_outside();
	there = sim_fiber_create(STACK_BYTES, fiber_main);
	getcontext(&context_there);
	context_there.uc_stack.ss_sp = malloc(STACK_BYTES);
	context_there.uc_stack.ss_size = STACK_BYTES;
	makecontext(&context_there, context_main, 0);
#ifdef HAVE_BOOST_CONTEXT
	boost_there = make_fcontext((char *)malloc(STACK_BYTES) + STACK_BYTES, STACK_BYTES, boost_main);
#endif
	for (int i = 0; i < ROUNDS; i++) {
		ours[i] = nanoseconds(by_fiber, SWITCHES);
		theirs[i] = nanoseconds(by_ucontext, SWITCHES / 50);
#ifdef HAVE_BOOST_CONTEXT
		boost[i] = nanoseconds(by_boost, SWITCHES);
#endif
	}
	own = median(ours);
	printf("switch\t%.3g\tns\t-\n", own);
	printf("B1 switch: swapcontext takes\t%.4g\ttimes as long\t>=80\n", median(theirs) / own);
#ifdef HAVE_BOOST_CONTEXT
	printf("B1 switch: jump_fcontext takes\t%.3g\ttimes as long\t>=2\n", median(boost) / own);
#endif
	(void)boost;
	return 0;
}
