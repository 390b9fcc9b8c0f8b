// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fibers: the context switch and the stacks.
 *
 * A switch saves what the ABI says a callee keeps, on the stack that is left,
 * and takes up the stack pointer of the other. x86-64 (in line: fiber.h) and aarch64
 * have their own (2 to 3 ns); other machines, and builds with PINSIM_UCONTEXT, use
 * swapcontext() (about 340 ns, a system call each). MXCSR, the x87 control word
 * and FPCR are not switched: nothing here changes them.
 *
 * A stack is one mapping: a guard page, the stack, and at its top the struct
 * itself, so that a fiber costs no other memory. Valgrind, ASan and TSan each
 * are told about the stack and about each switch.
 */
#include "fiber.h"
#include "core.h"

#include <string.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(start, end) 0
#define VALGRIND_STACK_DEREGISTER(id) ((void)(id))
#define RUNNING_ON_VALGRIND 0
#endif
#if SIM_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if SIM_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#ifdef SIM_UCONTEXT
#include <ucontext.h>
#endif

struct sim_fiber {
#ifdef SIM_UCONTEXT
	ucontext_t context;
#else
	unsigned char *sp;		/* while it does not run */
#endif
	unsigned char *map;		/* the guard page; NULL for the outside */
	size_t map_bytes;
	struct sim_fiber *next;
	bool held;
	unsigned int valgrind_id;
	size_t stack_bytes;		/* as asked for */
#if SIM_ASAN
	struct sim_fiber *came_from;	/* set by whoever switches here */
	void *fake_stack;
	const void *bottom;
	size_t bottom_bytes;
#endif
#if SIM_TSAN
	void *tsan;
#endif
};

#ifndef SIM_UCONTEXT
_Static_assert(offsetof(struct sim_fiber, sp) == offsetof(struct sim_fiber_front, sp) &&
	       offsetof(struct sim_fiber, held) == offsetof(struct sim_fiber_front, held), "see fiber.h");
#endif

#define STRUCT_BYTES ((sizeof(struct sim_fiber) + 63) & ~(size_t)63)

static unsigned char *stack_low(const struct sim_fiber *fiber)
{
	return fiber->map + SIM_GUARD_BYTES;
}

static size_t stack_room(const struct sim_fiber *fiber)
{
	return fiber->map_bytes - SIM_GUARD_BYTES - STRUCT_BYTES;
}

#ifdef SIM_UCONTEXT

static void context_prepare(struct sim_fiber *fiber, void (*entry)(void))
{
	if (getcontext(&fiber->context))
		sim_die("getcontext failed");
	fiber->context.uc_stack.ss_sp = stack_low(fiber);
	fiber->context.uc_stack.ss_size = stack_room(fiber);
	fiber->context.uc_link = NULL;
	makecontext(&fiber->context, entry, 0);
}

static void context_switch(struct sim_fiber *from, struct sim_fiber *to)
{
	if (swapcontext(&from->context, &to->context))
		sim_die("swapcontext failed");
}

#else

#if defined(__x86_64__)
static void context_prepare(struct sim_fiber *fiber, void (*entry)(void))
{
	void **sp = (void **)((uintptr_t)(stack_low(fiber) + stack_room(fiber)) & ~(uintptr_t)63);

	/* The entry's return address: none, so that a walk of the stack ends here. It also aligns the entry's frame. */
	*--sp = NULL;
	*--sp = (void *)entry;
	fiber->sp = (unsigned char *)sp;
}

#else /* aarch64 */
/* Saves the callee's registers and its return address on this stack; *@save: where. Then takes up @load. */
void sim_context_switch(void **save, void *load);

/* x19 to x28, the frame pointer and link register, and the low halves of v8 to v15. */
__asm__(".text\n"
	".p2align 4\n"
	".globl sim_context_switch\n"
	".hidden sim_context_switch\n"
	".type sim_context_switch, %function\n"
	"sim_context_switch:\n"
	"	.cfi_startproc\n"
	"	sub sp, sp, #160\n"
	"	.cfi_adjust_cfa_offset 160\n"
	"	stp x19, x20, [sp, #0]\n"
	"	stp x21, x22, [sp, #16]\n"
	"	stp x23, x24, [sp, #32]\n"
	"	stp x25, x26, [sp, #48]\n"
	"	stp x27, x28, [sp, #64]\n"
	"	stp x29, x30, [sp, #80]\n"
	"	stp d8, d9, [sp, #96]\n"
	"	stp d10, d11, [sp, #112]\n"
	"	stp d12, d13, [sp, #128]\n"
	"	stp d14, d15, [sp, #144]\n"
	"	mov x9, sp\n"
	"	str x9, [x0]\n"
	"	mov sp, x1\n"
	"	ldp x19, x20, [sp, #0]\n"
	"	ldp x21, x22, [sp, #16]\n"
	"	ldp x23, x24, [sp, #32]\n"
	"	ldp x25, x26, [sp, #48]\n"
	"	ldp x27, x28, [sp, #64]\n"
	"	ldp x29, x30, [sp, #80]\n"
	"	ldp d8, d9, [sp, #96]\n"
	"	ldp d10, d11, [sp, #112]\n"
	"	ldp d12, d13, [sp, #128]\n"
	"	ldp d14, d15, [sp, #144]\n"
	"	add sp, sp, #160\n"
	"	.cfi_adjust_cfa_offset -160\n"
	"	mov x16, x30\n"
	"	br x16\n"
	"	.cfi_endproc\n"
	"	.size sim_context_switch, . - sim_context_switch\n");

static void context_prepare(struct sim_fiber *fiber, void (*entry)(void))
{
	void **sp = (void **)((uintptr_t)(stack_low(fiber) + stack_room(fiber)) & ~(uintptr_t)63);

	sp -= 20;
	memset(sp, 0, 20 * sizeof(*sp));
	sp[11] = (void *)entry;	/* x30 */
	fiber->sp = (unsigned char *)sp;
}
#endif

static void context_switch(struct sim_fiber *from, struct sim_fiber *to)
{
	sim_context_switch((void **)&from->sp, to->sp);
}

#endif

struct sim_fiber *sim_fiber_create(size_t stack_bytes, void (*entry)(void))
{
	struct sim_fiber *fiber;
	unsigned char *map;
	size_t map_bytes;

	map_bytes = stack_bytes + STRUCT_BYTES + SIM_GUARD_BYTES;
	map_bytes = (map_bytes + SIM_GUARD_BYTES - 1) & ~(size_t)(SIM_GUARD_BYTES - 1);
	map = mmap(NULL, map_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1,
		   0);
	if (map == MAP_FAILED || mprotect(map, SIM_GUARD_BYTES, PROT_NONE))
		sim_die("no memory for a stack of %zu bytes", stack_bytes);

	fiber = (struct sim_fiber *)(map + map_bytes - STRUCT_BYTES);
	fiber->map = map;
	fiber->map_bytes = map_bytes;
	fiber->stack_bytes = stack_bytes;
	fiber->valgrind_id = VALGRIND_STACK_REGISTER(stack_low(fiber), stack_low(fiber) + stack_room(fiber));
#if SIM_ASAN
	fiber->bottom = stack_low(fiber);
	fiber->bottom_bytes = stack_room(fiber);
#endif
#if SIM_TSAN
	fiber->tsan = __tsan_create_fiber(0);
#endif
	context_prepare(fiber, entry);
	return fiber;
}

void sim_fiber_destroy(struct sim_fiber *fiber)
{
#if SIM_TSAN
	__tsan_destroy_fiber(fiber->tsan);
#endif
#if SIM_ASAN
	__asan_unpoison_memory_region(stack_low(fiber), stack_room(fiber));
#endif
	VALGRIND_STACK_DEREGISTER(fiber->valgrind_id);
	munmap(fiber->map, fiber->map_bytes);
}

void sim_fiber_reset(struct sim_fiber *fiber, void (*entry)(void))
{
#if SIM_TSAN
	__tsan_destroy_fiber(fiber->tsan);
	fiber->tsan = __tsan_create_fiber(0);
#endif
#if SIM_ASAN
	/* The frames that never returned left their red zones behind. */
	__asan_unpoison_memory_region(stack_low(fiber), stack_room(fiber));
	fiber->fake_stack = NULL;
#endif
	context_prepare(fiber, entry);
}

struct sim_fiber *sim_fiber_outside(void)
{
	struct sim_fiber *fiber = calloc(1, sizeof(*fiber));

#if SIM_TSAN
	if (fiber)
		fiber->tsan = __tsan_get_current_fiber();
#endif
	return fiber;
}

void sim_fiber_outside_free(struct sim_fiber *fiber)
{
	free(fiber);
}

static void announce(struct sim_fiber *from, struct sim_fiber *to)
{
#if SIM_ASAN
	to->came_from = from;
	__sanitizer_start_switch_fiber(&from->fake_stack, to->bottom, to->bottom_bytes);
#endif
#if SIM_TSAN
	/* Without no_sync each switch would order the two fibers, and no race would ever be seen. */
	__tsan_switch_to_fiber(to->tsan, __tsan_switch_to_fiber_no_sync);
#endif
}

void sim_fiber_arrived(struct sim_fiber *self)
{
#if SIM_ASAN
	__sanitizer_finish_switch_fiber(self->fake_stack, &self->came_from->bottom, &self->came_from->bottom_bytes);
#endif
}

void sim_fiber_switch_tools(struct sim_fiber *from, struct sim_fiber *to)
{
	announce(from, to);
	context_switch(from, to);
	sim_fiber_arrived(from);
}

void sim_fiber_stack(const struct sim_fiber *fiber, uintptr_t *low, uintptr_t *high)
{
	*low = (uintptr_t)stack_low(fiber);
	*high = *low + stack_room(fiber);
}

size_t sim_fiber_stack_bytes(const struct sim_fiber *fiber)
{
	return fiber->stack_bytes;
}

#ifdef SIM_UCONTEXT
struct sim_fiber **sim_fiber_next(struct sim_fiber *fiber)
{
	return &fiber->next;
}

bool *sim_fiber_held(struct sim_fiber *fiber)
{
	return &fiber->held;
}

size_t sim_fiber_image(struct sim_fiber *fiber, unsigned char **at)
{
	*at = stack_low(fiber);
	return fiber->map + fiber->map_bytes - *at;
}
#endif

#if SIM_ASAN || SIM_TSAN
bool sim_fiber_can_be_copied(const struct sim_fiber *fiber)
{
#if SIM_ASAN
	return !fiber->fake_stack;
#else
	return false;
#endif
}
#endif

/* How far down a call may have written, for most of them. */
#define DEAD_BYTES_MAX ((size_t)8 << 10)

void sim_fiber_clear_dead(struct sim_fiber *fiber)
{
#if !defined(SIM_UCONTEXT) && !SIM_ASAN && !SIM_TSAN
	size_t room = fiber->sp - stack_low(fiber);
	size_t bytes = room < DEAD_BYTES_MAX ? room : DEAD_BYTES_MAX;

	if (RUNNING_ON_VALGRIND)
		return;
	memset(fiber->sp - bytes, 0, bytes);
#endif
}
