/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of this folder know of each other; README.md says how they work
 * together. Neutral header.
 *
 *	program.c	what the test program calls in place of the C library
 *	process.c	its processes and their system calls, on the host's stack
 *	memory.c	the content of simulated memory, and the host's page tables as its TLB
 *	syscalls.c	kernel world: the system calls, and user access with content
 */
#ifndef SELFTESTS_H
#define SELFTESTS_H

#include <stdbool.h>
#include <stddef.h>

struct mm_hooks;
struct task_struct;

/*
 * syscalls.c. Each is a system call of the task on whose actor it runs, with @args as
 * it would find them in registers; returns >= 0 or -errno.
 */
typedef long syscall_fn(const long *args);
syscall_fn call_open_iommu;	/* (): /dev/iommu */
syscall_fn call_open_file;	/* (bytes): a file of that size, empty */
syscall_fn call_open_fail_nth;	/* (): the task's own fail-nth */
syscall_fn call_close;		/* (fd) */
syscall_fn call_ioctl;		/* (fd, command, argument) */
syscall_fn call_read;		/* (fd, buffer, bytes, position) */
syscall_fn call_write;
syscall_fn call_pipe;		/* (int[2]) */
syscall_fn call_eventfd;		/* (initial value) */
syscall_fn call_mmap;		/* (address, bytes, PROT_*, MAP_*, fd): the address is the caller's choice always */
syscall_fn call_populate;		/* (address, bytes): MAP_POPULATE's part of mmap() */
syscall_fn call_munmap;		/* (address, bytes) */
syscall_fn call_fault;		/* (address, write): a load or store of the program. EFAULT: SIGSEGV */
syscall_fn call_fork;		/* (struct task_struct **): the child's pid */
syscall_fn call_wait;		/* (struct task_struct *): until it has exited */
syscall_fn call_exit_group;	/* () */

/* Builds what they need in this world, and gives iopt/upstream user memory with content. After upstream_init(). */
void syscalls_init(void);

/*
 * memory.c. Pages of the arena are simulated memory: what a task sees at an address
 * is what its page table in mm_model leads to. Everything else (stack, program image)
 * is the host's.
 */
/* Once a process, before any use: reserves the arena. */
void memory_init(void);
/* In a fresh world, before mm_machine_init(). */
void memory_boot(struct mm_hooks *hooks);
/* A free stretch of the arena; the same one is never given out twice. */
void *memory_reserve(size_t bytes, size_t align);
bool memory_in_arena(const void *addr, size_t bytes);
/* The content of a page, by frame number. */
void *memory_content(unsigned long frame);
/* From now on the program's loads and stores are those of @task: what the host has of another's goes. */
void memory_switch(const struct task_struct *task);
/* Lets the program go on at @addr, which faulted and which call_fault() has made good. */
void memory_load(const void *addr);

/* process.c: where the host has [addr, +bytes) of @task's stack or image; NULL: it is neither. */
void *program_memory(const struct task_struct *task, unsigned long addr, size_t bytes);

#endif
