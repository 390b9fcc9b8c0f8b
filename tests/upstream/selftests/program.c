// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The C library's side of the kernel's test programs.
 *
 * Their objects call what is here in place of the C library's functions of the same
 * name (`calls`, by objcopy). The harness (kselftest_harness.h) forks twice for each
 * case, and those forks are the host's: each case then has a process of its own, in
 * which the second fork boots a world. From there on system calls are the simulated
 * kernel's, and another fork() is, too (process.c). How deep we are tells the two apart:
 *
 *	0	constructors and the harness	the host, but for mappings, which are noted
 *	1	the harness's child		the host
 *	2	the case			the world
 *
 * Built without sanitizers: it handles the faults that they would report.
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
#include "process.h"
#include "program.h"
#include "selftests.h"

#define KERNEL "v6.12"
#define PAGE_BYTES 4096UL
#define HUGE_BYTES (2UL << 20)
#define DEPTH_CASE 2
#define MAPPINGS_MAX 64
#define PATIENCE 10
#define FDS_MAX 64	/* more than any case has */

/* A mapping that the constructors made, or a block of malloc(). */
struct mapping {
	void *addr;
	size_t bytes;
	int prot, flags;
	bool block;
};

static struct {
	int depth;
	struct mapping mappings[MAPPINGS_MAX];
	int nr_mappings;
	int dir_position;
	/* the simulated machine */
	struct sim_world *world;
	struct kernel kernel;
	char kernel_name[32];
} program;

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
	write = mm_task_frame(process_task(), (uintptr_t)info->si_addr, false) >= 0;
#endif
	if (program.depth < DEPTH_CASE || !memory_in_arena(info->si_addr, 1) ||
	    CALL(call_fault, (long)info->si_addr, write)) {
		/* once more, and then it is deadly */
		sigaction(signal, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
		return;
	}
	memory_load(info->si_addr);
	errno = saved;
}

static void map_again(const struct mapping *mapping)
{
	if (CALL(call_mmap, (long)mapping->addr, (long)mapping->bytes, mapping->prot, mapping->flags, -1) < 0)
		process_give_up("a mapping of the constructors is refused");
}

/* A machine with one process, which is the case's. */
static void boot(void)
{
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	struct mm_config mm = { .hugepages = ~0ul };
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
	process_first(mm_task_create("selftest", 0, MM_UNLIMITED, MM_UNLIMITED, MM_CAP_EVERY & ~MM_CAP_IPC_LOCK));
	sigaction(SIGSEGV, &action, NULL);
	/* standard input, output and error */
	for (i = 0; i < 3; i++)
		CALL(call_open_file);
	for (i = 0; i < program.nr_mappings; i++)
		map_again(&program.mappings[i]);
}

/* With every file closed, and while the process is still there to be charged: is it? */
static void check_charges(void)
{
	const struct task_struct *task = process_task();
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

	for (fd = 0; fd < FDS_MAX; fd++)
		CALL(call_close, fd);
	check_charges();
	CALL(call_exit_group);
	while (kapi_settle())
		process_run_kernel();
	sim_invariants_check(SIM_END);
	failed = process_report();
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
	if (program.depth == DEPTH_CASE && !strcmp(path, "/dev/iommu"))
		return (int)answer(CALL(call_open_iommu));
	if (program.depth == DEPTH_CASE && !strcmp(path, "/proc/self/exe"))
		return (int)answer(CALL(call_open_file, 1 << 16));
	if (program.depth == DEPTH_CASE && !strncmp(path, "/proc/self/task/", 16))
		return (int)answer(CALL(call_open_fail_nth));
	errno = ENOENT;
	return -1;
}

int program_close(int fd)
{
	if (program.depth < DEPTH_CASE)
		return 0;
	return (int)answer(CALL(call_close, fd));
}

int program_ioctl(int fd, unsigned long command, ...)
{
	unsigned long arg;
	va_list args;

	va_start(args, command);
	arg = va_arg(args, unsigned long);
	va_end(args);
	return (int)answer(CALL(call_ioctl, fd, (long)command, (long)arg));
}

ssize_t program_pread(int fd, void *buf, size_t bytes, off_t position)
{
	return answer(CALL(call_read, fd, (long)buf, (long)bytes, position));
}

ssize_t program_pwrite(int fd, const void *buf, size_t bytes, off_t position)
{
	return answer(CALL(call_write, fd, (long)buf, (long)bytes, position));
}

ssize_t program_read(int fd, void *buf, size_t bytes)
{
	return program_pread(fd, buf, bytes, 0);
}

ssize_t program_write(int fd, const void *buf, size_t bytes)
{
	if (program.depth < DEPTH_CASE)
		return (ssize_t)bytes;
	return program_pwrite(fd, buf, bytes, 0);
}

int program_pipe2(int *fds, int flags)
{
	return (int)answer(CALL(call_pipe, (long)fds));
}

int program_eventfd(unsigned int value, int flags)
{
	return (int)answer(CALL(call_eventfd, value));
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

	if (program.depth < DEPTH_CASE && bytes % PAGE_BYTES)
		return mmap(addr, bytes, prot, flags, fd, offset);
	memory_init();
	if (!(flags & MAP_FIXED)) {
		addr = memory_reserve(bytes, bytes < HUGE_BYTES ? PAGE_BYTES : HUGE_BYTES);
	} else if (!memory_in_arena(addr, bytes)) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	if (program.depth < DEPTH_CASE) {
		note_mapping(addr, bytes, prot, flags, false);
		return addr;
	}
	ret = CALL(call_mmap, (long)addr, (long)bytes, prot, flags, fd);
	if (ret >= 0 && flags & MAP_POPULATE)
		CALL(call_populate, (long)addr, (long)bytes);
	return (void *)answer(ret);
}

int program_munmap(void *addr, size_t bytes)
{
	if (program.depth < DEPTH_CASE)
		return munmap(addr, bytes);
	return (int)answer(CALL(call_munmap, (long)addr, (long)bytes));
}

/* Each block is a mapping of its own, noted for free(). */
int program_posix_memalign(void **block, size_t align, size_t bytes)
{
	const int prot = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS;

	memory_init();
	bytes = page_up(bytes);
	*block = memory_reserve(bytes, align < PAGE_BYTES ? PAGE_BYTES : align);
	if (program.depth == DEPTH_CASE && CALL(call_mmap, (long)*block, (long)bytes, prot, flags, -1) < 0)
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

pid_t program_fork(void)
{
	pid_t pid;

	if (program.depth == DEPTH_CASE)
		return (pid_t)answer(process_fork());
	pid = fork();
	if (!pid && ++program.depth == DEPTH_CASE)
		boot();
	return pid;
}

/* The harness ends a case after so long. Valgrind on a busy machine is not what it has in mind. */
unsigned int program_alarm(unsigned int seconds)
{
	return alarm(seconds * PATIENCE);
}

pid_t program_waitpid(pid_t pid, int *status, int options)
{
	if (program.depth < DEPTH_CASE)
		return waitpid(pid, status, options);
	return (pid_t)answer(process_wait(pid));
}

void program__exit(int code)
{
	int failed;

	if (program.depth < DEPTH_CASE)
		_exit(code);
	if (!process_is_first())
		process_exit();
	failed = shut_down();
	_exit(code ? code : failed);
}

void program_exit(int code)
{
	if (program.depth == DEPTH_CASE)
		program__exit(code);
	exit(code);
}
