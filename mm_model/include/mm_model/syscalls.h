/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system calls of mm_model, as the scenario layer makes them: each runs on
 * the calling task's actor and acts on `current`.
 *
 * Returns are the kernel's: >= 0, or -errno. A fatal signal ends the process and
 * returns MM_KILLED(signal). Lengths and addresses are in bytes.
 */
#ifndef MM_MODEL_SYSCALLS_H
#define MM_MODEL_SYSCALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <mm_model/machine.h>

#define MM_KILLED_BASE 5000L
#define MM_KILLED(signal) (-(MM_KILLED_BASE + (signal)))
#define MM_SIGBUS 7
#define MM_SIGSEGV 11

enum mm_mmap_kind {
	MM_ANON,	/* MAP_PRIVATE|MAP_ANONYMOUS, or private of a file */
	MM_SHARED,	/* MAP_SHARED, anonymous or of a file */
	MM_HUGETLB,	/* private hugetlb, 2M pages */
	MM_PFNMAP,	/* a device BAR: VM_IO|VM_PFNMAP, present at once */
	MM_DROPPABLE,	/* private anonymous that may vanish; not to be mlocked */
	MM_THP,		/* private anonymous, faulted as 2M folios where aligned */
};

#define MM_PROT_READ 1u
#define MM_PROT_WRITE 2u

struct mm_mmap_args {
	unsigned long len;
	enum mm_mmap_kind kind;
	unsigned int prot;		/* MM_PROT_* */
	int fd;				/* memfd or secretmem, or -1 */
	unsigned long off;
	bool fixed;			/* at= : replaces what is there */
	unsigned long addr;
	bool locked;			/* MAP_LOCKED */
};
/* Returns the address. do_mmap order of checks (mm/mmap.c). EAGAIN over the limit. */
long sys_mmap(const struct mm_mmap_args *args);
long sys_munmap(unsigned long addr, unsigned long len);
long sys_mprotect(unsigned long addr, unsigned long len, unsigned int prot);
long sys_madvise_dontneed(unsigned long addr, unsigned long len);
/*
 * The task's own loads or stores over the range: faults pages in. SIGSEGV without a VMA or permission; SIGBUS past a
 * file's end, with an empty hugetlb pool, and (for the OOM killer) without host memory.
 */
long sys_touch(unsigned long addr, unsigned long len, bool write);
long sys_mlock(unsigned long addr, unsigned long len);
long sys_mlock2(unsigned long addr, unsigned long len, bool onfault);
long sys_munlock(unsigned long addr, unsigned long len);
long sys_mlockall(bool cur, bool future, bool onfault);
long sys_munlockall(void);
/* MREMAP_MAYMOVE, @dontunmap: MREMAP_DONTUNMAP too. Returns the new address. */
long sys_mremap(unsigned long addr, unsigned long old_len, unsigned long new_len, bool dontunmap);

/* New tasks run on an actor of their own, named @name. */
long sys_fork(const char *name, struct task_struct **child);
long sys_clone_vm(const char *name, struct task_struct **child);	/* CLONE_VM|CLONE_FILES, a process of its own */
long sys_thread(const char *name, struct task_struct **child);		/* CLONE_THREAD */
/* de_thread, new mm (counters 0), close-on-exec files closed after the old mm is put, capabilities recomputed. */
long sys_exec(void);
/* Ends this thread, the process with its last: exit_mm before exit_files. */
long sys_exit(void);
long sys_setuid(unsigned int uid, bool keepcaps);
long sys_seteuid(unsigned int uid);
long sys_unshare_user(void);
/* Sets the effective set within the permitted one: EPERM beyond it. MM_CAP_EVERY: all of the permitted ones. */
long sys_capset(unsigned int caps);
/* Bytes; @set_max false: the hard limit stays. EINVAL, EPERM as do_prlimit (kernel/sys.c). */
long sys_prlimit(struct task_struct *task, unsigned long cur_bytes, unsigned long max_bytes, bool set_max);

/* Files. An fd is an index into the caller's table. */
long sys_memfd(unsigned long len, bool hugetlb);
long sys_close(int fd);
long sys_cloexec(int fd);
/* SCM_RIGHTS: the same open file in the other process's table. Returns the fd there. */
long sys_send_fd(struct task_struct *to, int fd);
/*
 * Fds have no numbers in the language: a variable names the open file. A file's
 * identity, unique in the world, and the fd by which @task has it (-1: not at all).
 */
unsigned long mm_file_id(const struct task_struct *task, int fd);
int mm_fd_of(const struct task_struct *task, unsigned long file_id);

/* Runs all deferred work (closed rings' release and the like) until none is left. */
void mm_settle(void);
/* Is there any? What a parallel block asks before it hands the work to an actor of its own. */
bool mm_deferred_pending(void);

#endif
