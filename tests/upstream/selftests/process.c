// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Processes of the simulated kernel whose programs run on the host's stack.
 *
 * While a process is in user mode no actor runs; a system call is a body on the
 * actor of its task. Where that blocks, another process whose call has returned goes
 * on in user mode. All of them have the same addresses for their stacks, as after a
 * real fork(): the one that runs has its stack in place, the others have theirs put
 * away. So it can only be changed by code that runs elsewhere, which is mover().
 * Static data is not copied: the cases do not write to theirs once they have forked.
 *
 * This file is built without sanitizers: it moves stacks under their feet.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>
#include <mm_model/machine.h>
#include <sim/invariant.h>
#include <sim/kapi.h>
#include <sim/sched.h>
#include <sim/verdict.h>
#include "process.h"

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#else
#define VALGRIND_MAKE_MEM_UNDEFINED(at, bytes) ((void)(at), (void)(bytes))
#define VALGRIND_STACK_REGISTER(start, end) ((void)(start), (void)(end))
#endif

#define MOVER_BYTES (64UL << 10)

struct process {
	struct process *next;		/* in order of making */
	struct task_struct *task;
	pid_t pid;
	bool gone;
	/* the system call under way */
	bool in_kernel;
	syscall_fn *call;
	long args[CALL_ARGS];
	long ret;
	uintptr_t stack_low;		/* of what it has on its stack, from its last system call on */
	/* while another process runs */
	ucontext_t context;
	unsigned char *stack;
};

static struct {
	struct process *first, *running;
	/* what mover() is asked to do, each or NULL, and then where to go on */
	struct process *save, *load;
	const ucontext_t *resume;
	ucontext_t mover;
	unsigned char mover_stack[MOVER_BYTES];
} processes;

/* The program's image and the end of its stack, by the linker's and the C library's word. */
extern unsigned char __executable_start[], end[];
extern void *__libc_stack_end;

static uintptr_t stack_pointer(const ucontext_t *context)
{
#if defined(__x86_64__)
	return (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
	return (uintptr_t)context->uc_mcontext.sp;
#else
#error "where is the stack pointer of this machine?"
#endif
}

static size_t stack_bytes(const struct process *process)
{
	return (uintptr_t)__libc_stack_end - process->stack_low;
}

/* Puts one process's stack away and another's in place, for ever. */
static void mover(void)
{
	for (;;) {
		struct process *save = processes.save, *load = processes.load;

		if (save) {
			save->stack_low = stack_pointer(&save->context);
			save->stack = malloc(stack_bytes(save));
			if (!save->stack)
				abort();
			memcpy(save->stack, (void *)save->stack_low, stack_bytes(save));
		}
		if (load) {
			VALGRIND_MAKE_MEM_UNDEFINED(load->stack_low, stack_bytes(load));
			memcpy((void *)load->stack_low, load->stack, stack_bytes(load));
			free(load->stack);
			load->stack = NULL;
			processes.running = load;
		}
		swapcontext(&processes.mover, processes.resume);
	}
}

/* Leaves user mode of the running process, for @next's. Comes back when somebody does the same for this one. */
static void switch_to(struct process *next)
{
	struct process *from = processes.running;

	memory_switch(next->task);
	processes.save = from->gone ? NULL : from;
	processes.load = next;
	processes.resume = &next->context;
	swapcontext(&from->context, &processes.mover);
}

static struct process *process_create(struct task_struct *task, pid_t pid)
{
	struct process *process = calloc(1, sizeof(*process)), **at = &processes.first;

	if (!process)
		abort();
	process->task = task;
	process->pid = pid;
	while (*at)
		at = &(*at)->next;
	*at = process;
	return process;
}

void process_first(struct task_struct *task)
{
	getcontext(&processes.mover);
	processes.mover.uc_stack.ss_sp = processes.mover_stack;
	processes.mover.uc_stack.ss_size = MOVER_BYTES;
	(void)VALGRIND_STACK_REGISTER(processes.mover_stack, processes.mover_stack + MOVER_BYTES);
	makecontext(&processes.mover, mover, 0);
	processes.running = process_create(task, getpid());
	memory_switch(task);
}

const struct task_struct *process_task(void)
{
	return processes.running->task;
}

bool process_is_first(void)
{
	return processes.running == processes.first;
}

void *program_memory(const struct task_struct *task, unsigned long addr, size_t bytes)
{
	struct process *process = processes.first;

	if (addr + bytes < addr)
		return NULL;
	if (addr >= (uintptr_t)__executable_start && addr + bytes <= (uintptr_t)end)
		return (void *)addr;
	while (process && process->task != task)
		process = process->next;
	if (!process || addr < process->stack_low || addr + bytes > (uintptr_t)__libc_stack_end)
		return NULL;
	return process->stack ? process->stack + (addr - process->stack_low) : (void *)addr;
}

size_t process_report(void)
{
	size_t i;

	for (i = 0; i < sim_reports(); i++)
		fprintf(stderr, "# violation %s: %s\n", sim_violation_name(sim_report(i)->violation),
			sim_report(i)->text);
	return sim_reports();
}

void process_give_up(const char *why)
{
	char text[2000];

	sim_stuck_report(text, sizeof(text));
	fprintf(stderr, "# %s\n# %s\n", why, text);
	process_report();
	_exit(1);
}

void process_run_kernel(void)
{
	if (kapi_run() == SIM_FATAL)
		process_give_up("the simulated kernel has stopped");
}

static bool quiescent(void)
{
	const struct process *process = processes.first;

	while (process && !process->in_kernel)
		process = process->next;
	return !process;
}

/* Another process that can go on in user mode. */
static struct process *runnable(void)
{
	struct process *process = processes.first;

	while (process && (process == processes.running || process->gone || process->in_kernel))
		process = process->next;
	if (!process)
		process_give_up("every process is blocked");
	return process;
}

static void call_body(void *arg)
{
	struct process *process = arg;

	process->ret = process->call(process->args);
	process->in_kernel = false;
}

__attribute__((noinline)) long process_call(syscall_fn *call, const long args[CALL_ARGS])
{
	struct process *me = processes.running;

	me->call = call;
	memcpy(me->args, args, sizeof(me->args));
	me->in_kernel = true;
	/* what the caller passes lies above */
	me->stack_low = (uintptr_t)__builtin_frame_address(0);
	sim_actor_submit(mm_task_actor(me->task), call_body, me);
	process_run_kernel();
	while (me->in_kernel)
		switch_to(runnable());
	if (quiescent())
		sim_invariants_check(SIM_QUIESCENT);
	return me->ret;
}

/* Both return here: the parent at once, the child when somebody switches to it. */
long process_fork(void)
{
	struct task_struct *task;
	struct process *child;
	long pid = CALL(call_fork, (long)&task);

	if (pid < 0)
		return pid;
	child = process_create(task, (pid_t)pid);
	processes.save = child;
	processes.load = NULL;
	processes.resume = &child->context;
	swapcontext(&child->context, &processes.mover);
	return processes.running == child ? 0 : pid;
}

long process_wait(pid_t pid)
{
	struct process *child = processes.first;

	while (child && child->pid != pid)
		child = child->next;
	return child ? CALL(call_wait, (long)child->task) : -ECHILD;
}

void process_exit(void)
{
	CALL(call_exit_group);
	processes.running->gone = true;
	switch_to(runnable());
	abort();
}
