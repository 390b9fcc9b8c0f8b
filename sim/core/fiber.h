/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fibers: a stack and the point at which it was left.
 *
 * A fiber runs sim/core's loop over bodies and outlives them: between worlds it
 * waits in the thread's cache, suspended inside that loop. One that was left in
 * the middle of a body can only be used again from the start (fiber_reset()).
 */
#ifndef SIM_FIBER_H
#define SIM_FIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core.h"

struct sim_fiber;

/* A fiber that will enter @entry when first switched to; never returns NULL. @entry must not return. */
struct sim_fiber *sim_fiber_create(size_t stack_bytes, void (*entry)(void));
void sim_fiber_destroy(struct sim_fiber *fiber);
/* Forgets what it was doing. */
void sim_fiber_reset(struct sim_fiber *fiber, void (*entry)(void));
/* Stands for the stack that the OS gave this thread: something to switch back to. */
struct sim_fiber *sim_fiber_outside(void);
void sim_fiber_outside_free(struct sim_fiber *fiber);

#if defined(__x86_64__) && !defined(SIM_UCONTEXT)
/*
 * In line, so that the compiler saves those registers alone that are in use. The
 * return is a jump: the address that comes off the other stack never matches the
 * processor's return predictor, and a ret would pay for that on every switch.
 *
 * 128 bytes below the stack pointer may be the caller's (red zone), and RBP may be its
 * frame pointer, which has to be saved by hand: not in sched.c, which is compiled without
 * both. Images of stacks are smaller by as much, and have no value that nobody needs and
 * that may be another one the next time.
 */
#if defined(SIM_NO_RED_ZONE) && defined(SIM_NO_FRAME_POINTER) && defined(__OPTIMIZE__)
#define SIM_BEFORE_SWITCH ""
#define SIM_BEHIND_SWITCH ""
#define SIM_AND_RBP , "rbp"
#elif defined(SIM_NO_RED_ZONE)
#define SIM_BEFORE_SWITCH "pushq %%rbp\n\t"
#define SIM_BEHIND_SWITCH "popq %%rbp"
#define SIM_AND_RBP
#else
#define SIM_BEFORE_SWITCH "leaq -128(%%rsp), %%rsp\n\tpushq %%rbp\n\t"
#define SIM_BEHIND_SWITCH "popq %%rbp\n\tleaq 128(%%rsp), %%rsp"
#define SIM_AND_RBP
#endif
static inline __attribute__((always_inline)) void sim_context_switch(void **save, void *load)
{
	__asm__ volatile(SIM_BEFORE_SWITCH
			 "leaq 1f(%%rip), %%rcx\n\t"
			 "pushq %%rcx\n\t"
			 "movq %%rsp, (%%rax)\n\t"
			 "movq %%rdx, %%rsp\n\t"
			 "popq %%rcx\n\t"
			 "jmp *%%rcx\n"
			 "1:\t"
			 SIM_BEHIND_SWITCH
			 : "+a"(save), "+d"(load)
			 :
			 : "rbx", "rcx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "xmm0",
			   "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
			   "xmm12", "xmm13", "xmm14", "xmm15", "memory", "cc" SIM_AND_RBP);
}
#endif

/*
 * Before a switch: no value of this fiber's comes along in registers that the other one
 * has to save and does not look at, and which then lie on its stack.
 */
static inline __attribute__((always_inline)) void sim_registers_clear(void)
{
#if defined(__x86_64__)
	__asm__ volatile("xorl %%ebx, %%ebx\n\t"
			 "xorl %%r12d, %%r12d\n\t"
			 "xorl %%r13d, %%r13d\n\t"
			 "xorl %%r14d, %%r14d\n\t"
			 "xorl %%r15d, %%r15d"
			 ::: "rbx", "r12", "r13", "r14", "r15", "cc");
#endif
}

/* The struct's beginning, where there is an own switch. */
struct __attribute__((may_alias)) sim_fiber_front {
	unsigned char *sp;		/* while it does not run */
	unsigned char *map;		/* the guard page; NULL for the outside */
	size_t map_bytes;
	struct sim_fiber *next;
	bool held;			/* snapshot.c's mark */
};

/* The same for builds and machines where more has to be done: tools are told, or the C library switches. */
void sim_fiber_switch_tools(struct sim_fiber *from, struct sim_fiber *to);
/* Leaves @from, which is running, for @to; returns when somebody switches to @from again. */
static inline void sim_fiber_switch(struct sim_fiber *from, struct sim_fiber *to)
{
#if defined(__x86_64__) && !defined(SIM_UCONTEXT) && !SIM_ASAN && !SIM_TSAN
	sim_context_switch((void **)&((struct sim_fiber_front *)from)->sp, ((struct sim_fiber_front *)to)->sp);
#else
	sim_fiber_switch_tools(from, to);
#endif
}
/* First thing in an entry function: completes the switch for the sanitizers. */
void sim_fiber_arrived(struct sim_fiber *self);

/* The bytes below the stack that may not be touched. */
#define SIM_GUARD_BYTES 4096

/* Where its stack lies: [*@low, *@high). Not for the outside. */
void sim_fiber_stack(const struct sim_fiber *fiber, uintptr_t *low, uintptr_t *high);
size_t sim_fiber_stack_bytes(const struct sim_fiber *fiber);
/* For lists: whoever holds a fiber that does not run may chain it. */
#ifdef SIM_UCONTEXT
struct sim_fiber **sim_fiber_next(struct sim_fiber *fiber);
#else
static inline struct sim_fiber **sim_fiber_next(struct sim_fiber *fiber)
{
	return &((struct sim_fiber_front *)fiber)->next;
}
#endif
static inline void sim_fiber_chain(struct sim_fiber **list, struct sim_fiber *fiber)
{
	*sim_fiber_next(fiber) = *list;
	*list = fiber;
}
/* The first, taken off the list; NULL where there is none. */
static inline struct sim_fiber *sim_fiber_unchain(struct sim_fiber **list)
{
	struct sim_fiber *fiber = *list;

	if (fiber)
		*list = *sim_fiber_next(fiber);
	return fiber;
}

#ifdef SIM_UCONTEXT
static inline size_t sim_fiber_stack_used(const struct sim_fiber *fiber)
{
	return 0;
}
static inline void sim_fiber_leave_at(struct sim_fiber *fiber, unsigned char *sp)
{
}
#else
/* The part of a suspended fiber's stack that is in use ends where its struct lies. Returns how many bytes. */
static inline size_t sim_fiber_stack_used(const struct sim_fiber *fiber)
{
	return (const unsigned char *)fiber - ((const struct sim_fiber_front *)fiber)->sp;
}
/* It was left where its stack began at @sp. */
static inline void sim_fiber_leave_at(struct sim_fiber *fiber, unsigned char *sp)
{
	((struct sim_fiber_front *)fiber)->sp = sp;
}
#endif

/*
 * For snapshots: all that says where a suspended fiber stands, the part of its stack
 * that is in use and its struct. Returns how many bytes lie at *@at.
 */
#ifdef SIM_UCONTEXT
size_t sim_fiber_image(struct sim_fiber *fiber, unsigned char **at);
#else
static inline size_t sim_fiber_image(struct sim_fiber *fiber, unsigned char **at)
{
	const struct sim_fiber_front *front = (const struct sim_fiber_front *)fiber;

	*at = front->sp;
	return front->map + front->map_bytes - *at;
}
#endif
/* Not where a tool keeps more of it elsewhere. */
#if SIM_ASAN || SIM_TSAN
bool sim_fiber_can_be_copied(const struct sim_fiber *fiber);
#else
static inline bool sim_fiber_can_be_copied(const struct sim_fiber *fiber)
{
	return true;
}
#endif
/*
 * Zeroes what lies below the part in use, or most of it: calls leave values there that
 * later frames take over where they initialise nothing, and nobody depends on.
 */
void sim_fiber_clear_dead(struct sim_fiber *fiber);
/* False in every image. */
#ifdef SIM_UCONTEXT
bool *sim_fiber_held(struct sim_fiber *fiber);
#else
static inline bool *sim_fiber_held(struct sim_fiber *fiber)
{
	return &((struct sim_fiber_front *)fiber)->held;
}
#endif

/* cache.c: stacks kept between runs. */
struct sim_fiber *sim_cache_fiber_get(size_t stack_bytes, void (*entry)(void));
/* The fiber waits in its entry's loop, or was reset. */
void sim_cache_fiber_put(struct sim_fiber *fiber);

#endif
