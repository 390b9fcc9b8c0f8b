/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A world for the tests of vfio: one kernel, a few tasks, and calls made one after
 * the other on the calling task's actor. After each call the invariants are
 * checked; at the end of a world all tasks exit and nothing may be left.
 *
 * Sizes are in pages where a name says so, as in the facts' test vectors.
 */
#ifndef TESTS_SUBSYS_HARNESS_H
#define TESTS_SUBSYS_HARNESS_H

#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <accounting/kernels.h>
#include <mm_model/machine.h>
#include <mm_model/syscalls.h>
#include <sim/fault.h>
#include <sim/sched.h>
#include <sim/verdict.h>
#include <subsys/vfio.h>

#define P 4096ul
#define RW (VFIO_READ | VFIO_WRITE)
#define IOVA 0x1000000ul

void world_start(const char *kernel);
/* @contig_pages: physical run that a touch allocates. */
void world_start_contig(const char *kernel, unsigned long contig_pages);
/* Tasks that run at the same time take turns by @seed. */
void world_start_seed(const char *kernel, unsigned long contig_pages, unsigned long seed);
/* Ends a world whose tasks wait for each other. */
void world_drop(void);
/* Every task exits; no violation may have been reported but those excused by world_excuse(). */
void world_end(void);
/* This violation is the point of the test: it must have been reported at least once, and no longer counts. */
void world_excuse(enum sim_violation violation);
/* Any number of these is all right. */
void world_ignore(enum sim_violation violation);

struct task_struct *world_task(const char *name, unsigned int uid, unsigned long limit_pages, unsigned int caps);

/* Makes a call on the task's actor and waits for its end. */
long call(struct task_struct *task, long (*fn)(const long *a), const long *a);
#define CALL(task, fn, ...) call(task, fn, (const long[8]){ __VA_ARGS__ })
/* The same while another task's call is stuck. */
#define CALL_STUCK(task, fn, ...) call_stuck(task, fn, (const long[8]){ __VA_ARGS__ })
long call_stuck(struct task_struct *task, long (*fn)(const long *a), const long *a);
/* Queues a call and returns; run_all() lets every queued call go on until none can. */
struct pending {
	long (*fn)(const long *a);
	long a[8];
	long ret;
	bool done;
};
void queue(struct task_struct *task, struct pending *pending);
enum sim_outcome run_all(void);

/* The operations, as call() wants them; the comment gives the arguments. */
long op_mmap(const long *a);		/* pages, kind, prot */
long op_mmap_file(const long *a);	/* pages, kind, prot, fd */
long op_munmap(const long *a);		/* va, pages */
long op_touch(const long *a);		/* va, pages */
long op_mlock(const long *a);		/* va, pages */
long op_munlockall(const long *a);
long op_memfd(const long *a);		/* pages */
long op_capset(const long *a);		/* caps */
long op_prlimit(const long *a);		/* task, pages */
long op_fork(const long *a);		/* &child */
long op_thread(const long *a);		/* &thread */
long op_exec(const long *a);
long op_exit(const long *a);
long op_close(const long *a);		/* fd */
long op_cloexec(const long *a);		/* fd */
long op_fail(const long *a);		/* site, count */
long op_open(const long *a);		/* version, device */
long op_open_compat(const long *a);	/* version, device: served by iommufd */
long op_open_on(const long *a);		/* version, device, iommufd */
long op_iommufd(const long *a);
long op_cdev(const long *a);		/* iommufd, &id */
long op_ioas_alloc(const long *a);	/* iommufd, &id */
long op_iommufd_attach(const long *a);	/* iommufd, device id, ioas id */
long op_ioas_map(const long *a);	/* iommufd, ioas id, iova, va, pages */
long op_attach(const long *a);		/* fd */
long op_detach(const long *a);		/* fd */
long op_map(const long *a);		/* fd, iova, va, pages, prot */
long op_map_bytes(const long *a);	/* fd, iova, va, bytes, prot */
long op_unmap(const long *a);		/* fd, iova, pages; returns pages */
long op_unmap_bytes(const long *a);	/* fd, iova, bytes; returns bytes */
long op_unmap_all(const long *a);	/* fd; returns pages */
long op_unmap_vaddr(const long *a);	/* fd, iova, pages; returns pages */
long op_unmap_vaddr_all(const long *a);	/* fd; returns pages */
long op_map_vaddr(const long *a);	/* fd, iova, va, pages */
long op_mdev_attach(const long *a);	/* fd */
long op_mdev_pin(const long *a);	/* fd, iova, pages */
long op_mdev_unpin(const long *a);	/* fd, iova, pages */
long op_charged(const long *a);		/* fd */
long op_device_pfn(const long *a);	/* fd, iova */

/* Touched memory of the task. */
unsigned long ram(struct task_struct *task, unsigned long pages);
/* A container with a device, version 2. */
int container(struct task_struct *task);

long locked(struct task_struct *task);			/* pages in its current mm */
long locked_of(struct task_struct *task, unsigned int k);	/* in its @k-th mm */

Suite *iommu_suite(void);
Suite *vfio_iommufd_suite(void);
Suite *vfio_charge_suite(void);
Suite *vfio_errno_suite(void);
Suite *vfio_fault_suite(void);
Suite *vfio_mdev_suite(void);
Suite *vfio_parallel_suite(void);
Suite *vfio_vaddr_suite(void);

#define ck_locked(task, pages) ck_assert_int_eq(locked(task), pages)

#endif
