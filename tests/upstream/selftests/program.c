// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The C library's side of the kernel's test programs.
 *
 * Their objects call what is here in place of the C library's functions of the same
 * name (`calls`, by objcopy). The harness (kselftest_harness.h) forks twice for each
 * case, and those forks are the host's: each case then has a process of its own, in
 * which the second fork boots a world. From there on system calls are the simulated
 * kernel's, and another fork() is, too. How deep we are tells the two apart:
 *
 *	0	constructors and the harness	the host, but for mappings, which are noted
 *	1	the harness's child		the host
 *	2	the case			the world
 *
 * A process of the simulated kernel has a task there and runs its program here, on the
 * host's stack. While it is in user mode no actor runs; a system call is a body on the
 * actor of its task. Where that blocks, another process whose call has returned goes on
 * in user mode. All of them have the same addresses for their stacks, as after a real
 * fork(): the one that runs has its stack in place, the others have theirs copied
 * away. Data with static storage is not copied; the cases do not write to theirs
 * once they have forked.
 *
 * This file is built without sanitizers: it moves stacks under their feet.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include <accounting/kernels.h>
#include <iopt/upstream.h>
#include <mm_model/machine.h>
#include <mm_model/syscalls.h>
#include <sim/invariant.h>
#include <sim/kapi.h>
#include <sim/sched.h>
#include <sim/verdict.h>
#include <sim/world.h>
#include "program.h"
#include "selftests.h"

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#else
#define VALGRIND_MAKE_MEM_UNDEFINED(at, bytes) ((void)(at), (void)(bytes))
#define VALGRIND_STACK_REGISTER(start, end) ((void)(start), (void)(end))
#endif

#define KERNEL "v6.12"
#define PAGE_BYTES 4096UL
#define HUGE_BYTES (2UL << 20)
#define MOVER_BYTES (64UL << 10)
#define RED_ZONE 128
#define MAPPINGS_MAX 64
#define FDS_MAX 64	/* more than any case has */

struct process {
	struct process *next;
	struct task_struct *task;
	pid_t pid;
	syscall_fn *call;
	long args[5];
	long ret;
	bool in_kernel;
	bool gone;
	/* while it is not in place */
	ucontext_t context;
	uintptr_t stack_low;
	unsigned char *stack;
};

/* A mapping that the constructors made, or a block of malloc(). */
struct mapping {
	void *addr;
	size_t bytes;
	int prot, flags;
	bool block;
};

static struct {
	int depth;
	struct process *processes, *running;
	struct mapping mappings[MAPPINGS_MAX];
	int nr_mappings;
	int dir_position;
	/* what mover() is asked to do, each or NULL, and then where to go on */
	struct process *save, *load;
	const ucontext_t *resume;
	ucontext_t mover;
	unsigned char mover_stack[MOVER_BYTES];
	/* the simulated machine */
	struct sim_world *world;
	struct kernel kernel;
	char kernel_name[32];
} program;

/* The program's image and the end of its stack, by the linker's and the C library's word. */
extern unsigned char __executable_start[], end[];
extern void *__libc_stack_end;

/* Processes. */

static uintptr_t stack_pointer(const ucontext_t *context)
{
#if defined(__x86_64__)
	return (uintptr_t)context->uc_mcontext.gregs[REG_RSP] - RED_ZONE;
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

/* Runs on a stack of its own: puts one process's stack away and another's in place. */
static void mover(void)
{
	for (;;) {
		struct process *save = program.save, *load = program.load;

		if (save) {
			save->stack_low = stack_pointer(&save->context);
			save->stack = malloc(stack_bytes(save));
			if (!save->stack)
				abort();
			VALGRIND_MAKE_MEM_UNDEFINED(save->stack_low, RED_ZONE);
			memcpy(save->stack, (void *)save->stack_low, stack_bytes(save));
		}
		if (load) {
			VALGRIND_MAKE_MEM_UNDEFINED(load->stack_low, stack_bytes(load));
			memcpy((void *)load->stack_low, load->stack, stack_bytes(load));
			free(load->stack);
			load->stack = NULL;
			program.running = load;
		}
		swapcontext(&program.mover, program.resume);
	}
}

static void mover_init(void)
{
	getcontext(&program.mover);
	program.mover.uc_stack.ss_sp = program.mover_stack;
	program.mover.uc_stack.ss_size = MOVER_BYTES;
	(void)VALGRIND_STACK_REGISTER(program.mover_stack, program.mover_stack + MOVER_BYTES);
	makecontext(&program.mover, mover, 0);
}

/* Leaves user mode of the running process, for @next's. Comes back when somebody does the same for this one. */
static void switch_to(struct process *next)
{
	struct process *from = program.running;

	memory_switch(next->task);
	program.save = from->gone ? NULL : from;
	program.load = next;
	program.resume = &next->context;
	swapcontext(&from->context, &program.mover);
}

static struct process *process_create(struct task_struct *task, pid_t pid)
{
	struct process *process = calloc(1, sizeof(*process)), **at = &program.processes;

	if (!process)
		abort();
	process->task = task;
	process->pid = pid;
	while (*at)
		at = &(*at)->next;
	*at = process;
	return process;
}

void *program_memory(const struct task_struct *task, unsigned long addr, size_t bytes)
{
	struct process *process = program.processes;

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

/* System calls. */

static void report(void)
{
	size_t i;

	for (i = 0; i < sim_reports(); i++)
		fprintf(stderr, "# violation %s: %s\n", sim_violation_name(sim_report(i)->violation),
			sim_report(i)->text);
}

static _Noreturn void give_up(const char *why)
{
	char text[2000];

	sim_stuck_report(text, sizeof(text));
	fprintf(stderr, "# %s\n# %s\n", why, text);
	report();
	_exit(1);
}

static void run(void)
{
	if (kapi_run() == SIM_FATAL)
		give_up("the simulated kernel has stopped");
}

static void call_body(void *arg)
{
	struct process *process = arg;

	process->ret = process->call(process->args);
	process->in_kernel = false;
}

/* Another process that can go on in user mode. */
static struct process *runnable(void)
{
	struct process *process = program.processes;

	while (process && (process == program.running || process->gone || process->in_kernel))
		process = process->next;
	return process;
}

/* A system call of the running process; while it blocks, others go on. */
static __attribute__((noinline)) long enter(syscall_fn *call, long a, long b, long c, long d, long e)
{
	struct process *me = program.running, *next;

	me->call = call;
	me->args[0] = a;
	me->args[1] = b;
	me->args[2] = c;
	me->args[3] = d;
	me->args[4] = e;
	me->in_kernel = true;
	/* what the caller passes lies above */
	me->stack_low = (uintptr_t)__builtin_frame_address(0);
	sim_actor_submit(mm_task_actor(me->task), call_body, me);
	run();
	while (me->in_kernel) {
		next = runnable();
		if (!next)
			give_up("every process is blocked");
		switch_to(next);
	}
	return me->ret;
}

static long answer(long ret)
{
	if (ret >= 0)
		return ret;
	errno = (int)-ret;
	return -1;
}

/* The world. */

/* User mode's loads and stores: a page that the host does not have is the simulated kernel's business. */
static void on_fault(int signal, siginfo_t *info, void *context)
{
	const ucontext_t *at = context;
	int saved = errno;
	bool write;

#if defined(__x86_64__)
	write = at->uc_mcontext.gregs[REG_ERR] & 2;
#else
	/* without the cause at hand: whoever could read before can only have wanted to write */
	(void)at;
	write = mm_task_frame(program.running->task, (uintptr_t)info->si_addr, false) >= 0;
#endif
	if (program.depth < 2 || !memory_in_arena(info->si_addr, 1) ||
	    enter(call_fault, (long)info->si_addr, write, 0, 0, 0)) {
		/* once more, and then it is deadly */
		sigaction(signal, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
		return;
	}
	memory_load(info->si_addr);
	errno = saved;
}

static void map_again(const struct mapping *mapping)
{
	if (enter(call_mmap, (long)mapping->addr, (long)mapping->bytes, mapping->prot, mapping->flags, -1) < 0)
		give_up("a mapping of the constructors is refused");
}

/* A machine with one process, which is the case's. */
static void boot(void)
{
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	struct mm_config mm = { .hugepages = ~0ul };
	struct task_struct *task;
	int i;

	program.world = sim_world_create(&(struct sim_config){
		.strategy = &sim_strategy_in_order,
		.points_max = ~0ul,
	});
	if (!program.world ||
	    kernel_lookup(KERNEL, &program.kernel, program.kernel_name, sizeof(program.kernel_name)))
		abort();
	accounting_init(&program.kernel, &mm);
	memory_boot(&mm.hooks);
	mm_machine_init(&mm);
	upstream_init();
	syscalls_init();
	/* root, but without CAP_IPC_LOCK, which would have nothing charged: the cases cannot tell */
	task = mm_task_create("selftest", 0, MM_UNLIMITED, MM_UNLIMITED, MM_CAP_EVERY & ~MM_CAP_IPC_LOCK);
	program.running = process_create(task, getpid());
	memory_switch(task);
	mover_init();
	sigaction(SIGSEGV, &action, NULL);
	/* standard input, output and error */
	for (i = 0; i < 3; i++)
		enter(call_open_file, 0, 0, 0, 0, 0);
	for (i = 0; i < program.nr_mappings; i++)
		map_again(&program.mappings[i]);
}

/* With every file closed, and while the process is still there to be charged: is it? */
static void check_charges(void)
{
	const struct task_struct *task = program.running->task;
	const struct mm_record *mm = mm_task_mm(task, 0);
	long user = mm_task_user_locked_vm(task), locked = mm_record_locked_vm(mm), pinned = mm_record_pinned_vm(mm);

	if (user || locked || pinned)
		sim_violate(VIOLATION_RESIDUE, "user %ldp, locked_vm %ldp, pinned_vm %ldp after every file was closed",
			    user, locked, pinned);
}

/* The case is over: its process exits, nothing may be left of it. Returns the host's exit status. */
static int shut_down(void)
{
	bool failed;
	int fd;

	sim_invariants_check(SIM_QUIESCENT);
	for (fd = 0; fd < FDS_MAX; fd++)
		enter(call_close, fd, 0, 0, 0, 0);
	check_charges();
	enter(call_exit_group, 0, 0, 0, 0, 0);
	while (kapi_settle())
		run();
	sim_invariants_check(SIM_END);
	report();
	failed = sim_reports();
	sim_world_destroy(program.world);
	return failed;
}

/* Files. */

/* Fault injection's folder as the constructors find it: each attribute takes any setting. */
static const char *const fail_dirs[] = { "failslab", "fail_page_alloc", "fail_usercopy", "fail_iommufd" };
#define DIR_FD 1000
#define SETTING_FD 1001

DIR *program_opendir(const char *path)
{
	program.dir_position = 0;
	return strcmp(path, "/sys/kernel/debug/") ? NULL : (DIR *)&program.dir_position;
}

int program_dirfd(DIR *dir)
{
	return DIR_FD;
}

struct dirent *program_readdir(DIR *dir)
{
	static struct dirent entry;

	if (program.dir_position == sizeof(fail_dirs) / sizeof(*fail_dirs))
		return NULL;
	snprintf(entry.d_name, sizeof(entry.d_name), "%s", fail_dirs[program.dir_position++]);
	return &entry;
}

int program_closedir(DIR *dir)
{
	return 0;
}

int program_openat(int dir, const char *path, int flags, ...)
{
	if (dir == DIR_FD)
		return SETTING_FD;
	errno = EBADF;
	return -1;
}

int program_open(const char *path, int flags, ...)
{
	if (program.depth == 2 && !strcmp(path, "/dev/iommu"))
		return (int)answer(enter(call_open_iommu, 0, 0, 0, 0, 0));
	if (program.depth == 2 && !strcmp(path, "/proc/self/exe"))
		return (int)answer(enter(call_open_file, 1 << 16, 0, 0, 0, 0));
	if (program.depth == 2 && !strncmp(path, "/proc/self/task/", 16))
		return (int)answer(enter(call_open_fail_nth, 0, 0, 0, 0, 0));
	errno = ENOENT;
	return -1;
}

int program_close(int fd)
{
	if (program.depth < 2)
		return 0;
	return (int)answer(enter(call_close, fd, 0, 0, 0, 0));
}

int program_ioctl(int fd, unsigned long command, ...)
{
	unsigned long arg;
	va_list args;

	va_start(args, command);
	arg = va_arg(args, unsigned long);
	va_end(args);
	return (int)answer(enter(call_ioctl, fd, (long)command, (long)arg, 0, 0));
}

ssize_t program_pread(int fd, void *buf, size_t bytes, off_t position)
{
	return answer(enter(call_read, fd, (long)buf, (long)bytes, position, 0));
}

ssize_t program_pwrite(int fd, const void *buf, size_t bytes, off_t position)
{
	return answer(enter(call_write, fd, (long)buf, (long)bytes, position, 0));
}

ssize_t program_read(int fd, void *buf, size_t bytes)
{
	return program_pread(fd, buf, bytes, 0);
}

ssize_t program_write(int fd, const void *buf, size_t bytes)
{
	if (program.depth < 2)
		return (ssize_t)bytes;
	return program_pwrite(fd, buf, bytes, 0);
}

int program_pipe2(int *fds, int flags)
{
	return (int)answer(enter(call_pipe, (long)fds, 0, 0, 0, 0));
}

int program_eventfd(unsigned int value, int flags)
{
	return (int)answer(enter(call_eventfd, value, 0, 0, 0, 0));
}

/* Memory. */

static void note_mapping(void *addr, size_t bytes, int prot, int flags, bool block)
{
	if (program.nr_mappings == MAPPINGS_MAX)
		abort();
	program.mappings[program.nr_mappings++] = (struct mapping){ addr, bytes, prot, flags, block };
}

static size_t page_up(size_t bytes)
{
	return (bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

/*
 * Before a world stands, whole pages are the program's and only noted. The rest is
 * what the harness shares with its children: structures, which are no whole pages.
 */
void *program_mmap(void *addr, size_t bytes, int prot, int flags, int fd, off_t offset)
{
	long ret;

	if (program.depth < 2 && bytes % PAGE_BYTES)
		return mmap(addr, bytes, prot, flags, fd, offset);
	memory_init();
	if (!(flags & MAP_FIXED))
		addr = memory_reserve(bytes, bytes < HUGE_BYTES ? PAGE_BYTES : HUGE_BYTES);
	if (program.depth < 2) {
		note_mapping(addr, bytes, prot, flags, false);
		return addr;
	}
	ret = enter(call_mmap, (long)addr, (long)bytes, prot, flags, fd);
	if (ret >= 0 && flags & MAP_POPULATE)
		enter(call_populate, (long)addr, (long)bytes, 0, 0, 0);
	return (void *)answer(ret);
}

int program_munmap(void *addr, size_t bytes)
{
	if (program.depth < 2)
		return munmap(addr, bytes);
	return (int)answer(enter(call_munmap, (long)addr, (long)bytes, 0, 0, 0));
}

/* Each block is a mapping of its own, noted for free(). */
int program_posix_memalign(void **block, size_t align, size_t bytes)
{
	const int prot = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS;

	memory_init();
	bytes = page_up(bytes);
	*block = memory_reserve(bytes, align < PAGE_BYTES ? PAGE_BYTES : align);
	if (program.depth == 2 && enter(call_mmap, (long)*block, (long)bytes, prot, flags, -1) < 0)
		return ENOMEM;
	note_mapping(*block, bytes, prot, flags, true);
	return 0;
}

void *program_malloc(size_t bytes)
{
	void *block;

	return program_posix_memalign(&block, PAGE_BYTES, bytes) ? NULL : block;
}

void program_free(void *block)
{
	int i;

	for (i = 0; i < program.nr_mappings; i++)
		if (program.mappings[i].block && program.mappings[i].addr == block) {
			program_munmap(block, program.mappings[i].bytes);
			program.mappings[i] = program.mappings[--program.nr_mappings];
			return;
		}
}

/* Processes. */

/* Both return here: the parent at once, the child when somebody switches to it. */
static pid_t fork_process(void)
{
	struct task_struct *task;
	struct process *child;
	long pid = enter(call_fork, (long)&task, 0, 0, 0, 0);

	if (pid < 0)
		return (pid_t)answer(pid);
	child = process_create(task, (pid_t)pid);
	program.save = child;
	program.load = NULL;
	program.resume = &child->context;
	swapcontext(&child->context, &program.mover);
	return program.running == child ? 0 : child->pid;
}

pid_t program_fork(void)
{
	pid_t pid;

	if (program.depth == 2)
		return fork_process();
	pid = fork();
	if (!pid && ++program.depth == 2)
		boot();
	return pid;
}

pid_t program_waitpid(pid_t pid, int *status, int options)
{
	struct process *child = program.processes;

	if (program.depth < 2)
		return waitpid(pid, status, options);
	while (child && child->pid != pid)
		child = child->next;
	if (!child) {
		errno = ECHILD;
		return -1;
	}
	return (pid_t)answer(enter(call_wait, (long)child->task, 0, 0, 0, 0));
}

void program__exit(int code)
{
	struct process *me = program.running;

	if (program.depth < 2)
		_exit(code);
	if (me == program.processes) {
		int failed = shut_down();

		_exit(code ? code : failed);
	}
	enter(call_exit_group, 0, 0, 0, 0, 0);
	me->gone = true;
	switch_to(runnable());
	abort();
}

void program_exit(int code)
{
	if (program.depth == 2)
		program__exit(code);
	exit(code);
}
