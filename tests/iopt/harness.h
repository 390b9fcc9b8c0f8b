/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine with iommufd, for tests: one world a test, tasks whose calls are made
 * one after the other, each run to its end on the task's own actor.
 */
#ifndef TESTS_IOPT_HARNESS_H
#define TESTS_IOPT_HARNESS_H

#include <errno.h>
#include <stdbool.h>
#include <check.h>
#include <accounting/kernels.h>
#include <iopt/iommufd.h>
#include <mm_model/machine.h>
#include <mm_model/syscalls.h>
#include <sim/fault.h>
#include <sim/invariant.h>
#include <sim/sched.h>
#include <sim/verdict.h>
#include <sim/world.h>

#define PG 4096UL
#define IOVA 0x1000000UL	/* the mock's aperture begins here */

/* The machine of @kernel ("v6.12"), in the order in which the runner builds it. */
void machine_begin(const char *kernel);
void machine_begin_contig(const char *kernel, unsigned long contig_pages);
/* With calls that run beside each other (spawn), in an order that @seed decides. */
void machine_begin_random(const char *kernel, unsigned long contig_pages, unsigned long seed);
/* Queues @fn(@arg) on the task's actor; sim_run() runs what is queued on all. */
void spawn(struct task_struct *task, void (*fn)(void *arg), void *arg);
/* Ends a machine that is stuck. */
void machine_drop(void);
/* Every task exits, all END invariants are checked; returns the violations of the whole run. */
unsigned long machine_end(void);
/* The same, and there must have been none. */
void machine_end_clean(void);
/* The same, but for a defect that the kernel has. */
void machine_end_but(enum sim_violation known);
/* A process with a limit in pages. */
struct task_struct *proc(const char *name, unsigned int uid, unsigned long limit_pages, unsigned int caps);

/* Runs one call on the task's actor, then the checks that a step brings. */
long on_task(struct task_struct *task, long (*fn)(const unsigned long *arg), const unsigned long *arg);
#define ON(task, fn, ...) on_task(task, fn, (const unsigned long[]){ __VA_ARGS__, 0 })
/* The fault armed last did not come: the call had fewer places to fail. */
bool fault_left(struct task_struct *task);

/* Calls by their names in the language; addresses and lengths in bytes. */
long t_mmap(struct task_struct *task, unsigned long len);		/* anonymous, touched */
long t_open(struct task_struct *task);
long t_ioas(struct task_struct *task, long fd);
long t_attach(struct task_struct *task, long fd, long ioas);
/* A device whose IO pages are whole pages: it needs a domain of its own beside another's. */
long t_attach_4k(struct task_struct *task, long fd, long ioas);
long t_detach(struct task_struct *task, long fd, long dev);
long t_map(struct task_struct *task, long fd, long ioas, unsigned long va, unsigned long len, unsigned long iova);
long t_map_file(struct task_struct *task, long fd, long ioas, long memfd, unsigned long off, unsigned long len,
		 unsigned long iova);
/* The bytes unmapped, or -errno. */
long t_unmap(struct task_struct *task, long fd, long ioas, unsigned long iova, unsigned long len);
long t_copy(struct task_struct *task, long fd, long dst, long src, unsigned long src_iova, unsigned long len,
	     unsigned long iova);
long t_access(struct task_struct *task, long fd, long ioas);		/* the access fd */
long t_pin(struct task_struct *task, long access_fd, unsigned long iova, unsigned long len);
long t_unpin(struct task_struct *task, long access_fd, unsigned long iova, unsigned long len);
long t_rw(struct task_struct *task, long access_fd, unsigned long iova, unsigned long len, bool write);
long t_destroy(struct task_struct *task, long fd, long id);
long t_rlimit_mode(struct task_struct *task, long fd, unsigned long value);
long t_huge_pages(struct task_struct *task, long fd, long ioas, unsigned long value);
long t_change_process(struct task_struct *task, long fd);
long t_npinned(struct task_struct *task, long fd, long ioas);
long t_charged(struct task_struct *task, long fd, long id);
long t_close(struct task_struct *task, long fd);
long t_exec(struct task_struct *task);
long t_exit(struct task_struct *task);
struct task_struct *t_fork(struct task_struct *task, const char *name);

/* Pages; of the task's current mm. */
long locked_vm(struct task_struct *task);
long pinned_vm(struct task_struct *task);

/* All three counters at once, in pages. */
#define ck_counters(task, locked, pinned, user)                             \
	do {                                                                \
		ck_assert_int_eq(locked_vm(task), locked);                  \
		ck_assert_int_eq(pinned_vm(task), pinned);                  \
		ck_assert_int_eq(mm_task_user_locked_vm(task), user);       \
	} while (0)

#endif
