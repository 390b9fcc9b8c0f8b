/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What there is to see: the kernel's counters, pins, the ledger, and what was found to
 * be wrong. Nothing here changes a run. Counters are pages, signed as the kernel's
 * fields read as 64-bit numbers: one that was taken below zero is negative.
 *
 * The ledger is a second opinion: every charge and uncharge by object, kept apart from
 * the counters. Invariants compare the two.
 */
#ifndef PINSIM_OBSERVE_H
#define PINSIM_OBSERVE_H

#include <pinsim/base.h>
#include <pinsim/world.h>

PINSIM_C_BEGIN

/* mm->locked_vm and mm->pinned_vm of the task's mm; of its last one once it has exited. */
PINSIM_API long pinsim_locked_vm_pages(const struct pinsim_task *task);
PINSIM_API long pinsim_pinned_vm_pages(const struct pinsim_task *task);
/* The mms that the task has had, by exec. And of the @k-th, from 0, alive or dead; 0 where there was none. */
PINSIM_API unsigned int pinsim_mms(const struct pinsim_task *task);
PINSIM_API long pinsim_mm_locked_vm_pages(const struct pinsim_task *task, unsigned int k);
PINSIM_API long pinsim_mm_pinned_vm_pages(const struct pinsim_task *task, unsigned int k);
/* user->locked_vm: of the task's user, and of @uid, 0 where nobody has it. */
PINSIM_API long pinsim_task_user_locked_vm_pages(const struct pinsim_task *task);
PINSIM_API long pinsim_user_locked_vm_pages(const struct pinsim_world *world, unsigned int uid);
/* perf's allowance in use, and the ucounts of RLIMIT_MEMLOCK, on kernels that have the counter; else 0. */
PINSIM_API long pinsim_user_perf_mlock_pages(const struct pinsim_world *world, unsigned int uid);
PINSIM_API long pinsim_ucounts_memlock_pages(const struct pinsim_world *world, unsigned int uid);
/* The soft RLIMIT_MEMLOCK. */
PINSIM_API unsigned long pinsim_memlock_bytes(const struct pinsim_task *task);

/* Distinct pages with a pin; and those of them that no living holder's counter carries. */
PINSIM_API unsigned long pinsim_pinned_pages(const struct pinsim_world *world);
PINSIM_API unsigned long pinsim_unaccounted_pages(const struct pinsim_world *world);
/* Pins of the page behind @va, 0 where none stands; and its physical frame, -1 where none stands. */
PINSIM_API unsigned long pinsim_page_pins(const struct pinsim_task *task, unsigned long va);
PINSIM_API long pinsim_page_frame(const struct pinsim_task *task, unsigned long va);

/*
 * What is charged now for what stands behind @task's @fd, in whichever counter: an iommufd, a container, an mdev, a
 * ring, or another pinner. In a body only of the body's own task. -EBADF, -ENOTTY for a file that charges nothing.
 */
PINSIM_API long pinsim_charged_pages(struct pinsim_task *task, int fd);
/* Of one object of an iommufd: an address space, a device, an access. -ENOENT. */
PINSIM_API long pinsim_object_charged_pages(struct pinsim_task *task, int fd, unsigned int object);
/* The pages that the address space's mappings have pinned. -ENOENT. */
PINSIM_API long pinsim_ioas_pinned_pages(struct pinsim_task *task, int fd, unsigned int ioas);

enum pinsim_counter {
	PINSIM_LOCKED_VM,
	PINSIM_PINNED_VM,
	PINSIM_USER_LOCKED_VM,
	PINSIM_PERF_MLOCK,
};
/*
 * What pinners have charged to this counter of the task, or of its user, by the ledger; 0 for a task that is over. What
 * mlock and its like lock comes on top in locked_vm.
 */
PINSIM_API long pinsim_ledger_pages(const struct pinsim_task *task, enum pinsim_counter counter);

/*
 * Why a limit refused the task's last call that one refused, in the words of its subsystem:
 * "user(1000).locked_vm 64p + 1p > a's 64p (iommufd, user mode)". NULL where none did. Valid until its next call.
 */
PINSIM_API const char *pinsim_refusal(const struct pinsim_task *task);

struct pinsim_violation {
	const char *name;	/* "locked_vm_negative"; `pinsim list invariants` explains each */
	const char *text;	/* what was seen */
	const char *task;	/* who ran; "outside" where nobody did */
	unsigned long step;	/* in which pinsim_call() or pinsim_run() of this world, from 1 */
};
/* What broke so far: an invariant, a WARN, a lock, a leak, a deadlock. */
PINSIM_API size_t pinsim_violations(const struct pinsim_world *world);
/* The one of that index, from 0, into *@violation, whose strings go with the world. False where there is none. */
PINSIM_API bool pinsim_violation(const struct pinsim_world *world, size_t index, struct pinsim_violation *violation);
/* How many of that name; 0 for a name that there is not. */
PINSIM_API unsigned long pinsim_violations_of(const struct pinsim_world *world, const char *name);
/* WARNs of the modelled kernel. */
PINSIM_API unsigned long pinsim_warnings(const struct pinsim_world *world);
/* The hash of the run's trace: the same for the same kernel, options, seed and bodies, on every machine. */
PINSIM_API unsigned long long pinsim_trace_hash(const struct pinsim_world *world);

PINSIM_C_END

#endif
