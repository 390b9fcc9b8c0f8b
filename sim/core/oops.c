// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Oopses: a wild access in simulated kernel code is a verdict, not pinsim's end.
 *
 * The handler runs on a stack of its own, since the actor's may be what is
 * exhausted. It changes nothing but where the actor goes on: in oops(), on its
 * own stack below what is in use (or at the top, where there is no room left; the
 * body will never return to what that overwrites). There the violation is
 * reported and the body abandoned, as for a BUG.
 *
 * The text names no address, which would differ from run to run; the offset of a
 * field from NULL is no such address, and neither is the name of the function.
 *
 * What the allocator fills freed memory with is no valid address either: an access
 * that faults with such a value at hand is a use after free.
 */
#include "core.h"
#include "fiber.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#define NO_ACCESS (~0ul)	/* values of oops_offset that are no offset from NULL */
#define BAD_ADDRESS (~0ul - 1)
#define NULL_REACH 65536	/* an access below is one through NULL */
#define HANDLER_STACK_BYTES ((size_t)32 << 10)
#define POISON_WORD 0x6b6b6b6b6b6b6b6bul	/* POISON_FREE of sim/kapi/slab.c */
#define POISON_REACH 65536	/* a field of the structure that the poison seems to point to */
#define OOPS_ROOM_BYTES 12288	/* what reporting takes of the actor's stack, at most */

static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };

static _Noreturn void oops(void)
{
	struct sim_world *world = sim_this;

	const uintptr_t sites[SITES_MAX] = { world->rare.oops_pc };
	const char *name = world->current->rare->name;

	/* The world is only good for reports now, whatever the violation's name. */
	world->fatal = true;
	if (world->rare.oops_poison && world->rare.oops_offset == BAD_ADDRESS)
		sim_violate_at(VIOLATION_USE_AFTER_FREE, sites,
			       "oops: %s goes to an address read from freed memory in @1", name);
	else if (world->rare.oops_offset < NULL_REACH)
		sim_violate_at(VIOLATION_BUG, sites, "oops: %s: %s at %#lx in @1", name, world->rare.oops_what,
			       world->rare.oops_offset);
	else
		sim_violate_at(VIOLATION_BUG, sites, "oops: %s: %s in @1", name, world->rare.oops_what);
	sim_actor_abandon();
}

static void what_happened(struct sim_world *world, int signal, const siginfo_t *info)
{
	struct sim_rare *rare = sim_rare_write(world);
	uintptr_t address = (uintptr_t)info->si_addr, low, high;

	rare->oops_offset = NO_ACCESS;
	sim_fiber_stack(world->current->fiber, &low, &high);
	if (signal == SIGFPE) {
		rare->oops_what = "divide error";
	} else if (signal == SIGILL) {
		rare->oops_what = "invalid opcode";
	} else if (address < low && low - address <= SIM_GUARD_BYTES) {
		rare->oops_what = "stack overflow";
	} else if (info->si_code != SI_KERNEL && address < NULL_REACH) {
		rare->oops_what = "NULL pointer dereference";
		rare->oops_offset = address;
	} else {
		rare->oops_what = "access to a bad address";
		rare->oops_offset = BAD_ADDRESS;
	}
}

static bool is_poison(uintptr_t value)
{
	return value - (POISON_WORD - POISON_REACH) < 2 * POISON_REACH;
}

/* Where it happened, and whether what the allocator leaves in freed memory was in use as an address. */
static void where_it_happened(struct sim_rare *rare, const ucontext_t *context)
{
	rare->oops_poison = false;
#if defined(__x86_64__)
	rare->oops_pc = context->uc_mcontext.gregs[REG_RIP];
	for (unsigned int reg = REG_R8; reg <= REG_RSP; reg++)
		rare->oops_poison |= is_poison(context->uc_mcontext.gregs[reg]);
#elif defined(__aarch64__)
	rare->oops_pc = context->uc_mcontext.pc;
	for (unsigned int reg = 0; reg < 31; reg++)
		rare->oops_poison |= is_poison(context->uc_mcontext.regs[reg]);
#endif
}

/* Makes the interrupted code go on in oops(); false where this machine's context is not known. */
static bool divert(const struct sim_world *world, ucontext_t *context)
{
	uintptr_t low, high, sp;

#if defined(__x86_64__)
	sp = context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
	sp = context->uc_mcontext.sp;
#else
	return false;
#endif
	sim_fiber_stack(world->current->fiber, &low, &high);
	if (sp < low + OOPS_ROOM_BYTES || sp > high)
		sp = high;
	/* Below the red zone, and aligned as at a function's entry. */
	sp = (sp - 256) & ~(uintptr_t)63;
#if defined(__x86_64__)
	context->uc_mcontext.gregs[REG_RSP] = sp - 8;
	context->uc_mcontext.gregs[REG_RIP] = (uintptr_t)oops;
#elif defined(__aarch64__)
	context->uc_mcontext.sp = sp;
	context->uc_mcontext.pc = (uintptr_t)oops;
#endif
	return true;
}

static void handler(int number, siginfo_t *info, void *context)
{
	struct sim_world *world = sim_this;

	/* Sent by somebody, or none of the simulated kernel's business: deadly, as if there were no handler. */
	if (info->si_code <= 0 || !world || world->current == &world->outside) {
		signal(number, SIG_DFL);
		raise(number);
		return;
	}
	what_happened(world, number, info);
	where_it_happened(sim_rare_write(world), context);
	if (!divert(world, context)) {
		signal(number, SIG_DFL);
		raise(number);
	}
}

void sim_catch_oopses(void)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	stack_t stack = { .ss_size = HANDLER_STACK_BYTES };

	stack.ss_sp = sim_cache_handler_stack(HANDLER_STACK_BYTES);
	if (sigaltstack(&stack, NULL))
		sim_die("no stack for signal handlers");
	sigemptyset(&action.sa_mask);
	for (unsigned int i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}
