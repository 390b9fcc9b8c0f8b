/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The charging primitives, each with its kernel's order of test and add, its
 * refusal in words, its scheduling points, and its entry in the ledger.
 *
 * Limits and amounts are in pages. Kernel world.
 */
#ifndef ACCOUNTING_CHARGE_H
#define ACCOUNTING_CHARGE_H

#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/user.h>
#include <accounting/ledger.h>
#include <accounting/proposal.h>

/* Who asks, for the refusal's words: "a's 64p (iommufd, user mode)". */
struct charge_by {
	struct ledger_object *object;
	const char *rule;		/* static: "vfio type1", "iommufd, process mode" */
	const struct task_struct *limit_task;	/* whose RLIMIT_MEMLOCK; NULL: current */
	bool in_pinned_vm;		/* the same pages count in pinned_vm as well, by the caller */
};

/*
 * mm/util.c:__account_locked_vm. mmap_lock held for write. Increase: ENOMEM when
 * locked_vm + @pages > the limit of by->limit_task, unless @bypass_rlim. Decrease:
 * WARN_ON_ONCE below zero, and subtracts all the same (wraps).
 */
int charge_locked_vm(struct mm_struct *mm, unsigned long pages, bool inc, bool bypass_rlim,
		     const struct charge_by *by);

/*
 * The same with mmap_lock taken for write here, @killable or not (-EINTR then, and
 * nothing is changed). What all subsystems call: a proposal may do without the lock.
 */
int charge_locked_vm_locking(struct mm_struct *mm, unsigned long pages, bool inc, bool bypass_rlim, bool killable,
			     const struct charge_by *by);
/* For a proposal: adds @pages, or takes them, as one atomic step without a test. The new value, as unsigned. */
unsigned long charge_locked_vm_return(struct mm_struct *mm, long pages, const struct charge_by *by);

/*
 * The compare-and-exchange loop over user->locked_vm that iommufd, io_uring,
 * XDP and zerocopy share (iommufd/pages.c:incr_user_locked_vm,
 * io_uring/rsrc.c:__io_account_mem). ENOMEM over the limit; callers with another
 * errno translate. A plain read, then try_cmpxchg: each a scheduling point.
 */
int charge_user_locked_vm(struct user_struct *user, unsigned long pages, const struct charge_by *by);
/* atomic_long_add_return, tested by the caller afterwards (BPF before 5.11). The new value, as unsigned. */
unsigned long charge_user_locked_vm_return(struct user_struct *user, unsigned long pages, const struct charge_by *by);
/* Plain subtraction (io_uring: __io_unaccount_mem). Goes negative if it must. */
void uncharge_user_locked_vm(struct user_struct *user, unsigned long pages, const struct charge_by *by);
/* iommufd/pages.c:decr_user_locked_vm: refuses to go below zero, with a WARN, and subtracts nothing then. */
void uncharge_user_locked_vm_checked(struct user_struct *user, unsigned long pages, const struct charge_by *by);

/* mm->pinned_vm, never tested here: atomic64_add / sub with its ledger entry. */
void charge_pinned_vm(struct mm_struct *mm, unsigned long pages, const struct charge_by *by);
/* The same for a caller that tested before, in another step, against @limit pages: over_limit where that was early. */
void charge_pinned_vm_tested(struct mm_struct *mm, unsigned long pages, unsigned long limit,
			     const struct charge_by *by);
/* The same for a caller that tests the sum (ib_umem_get): the new value, as unsigned. */
unsigned long charge_pinned_vm_return(struct mm_struct *mm, unsigned long pages, const struct charge_by *by);
void uncharge_pinned_vm(struct mm_struct *mm, unsigned long pages, const struct charge_by *by);

/* What a test has to compare with the limit, where @counter is the tested counter of @mm. Both in pages. */
unsigned long charge_used(const struct mm_struct *mm, unsigned long counter);
/* A charge_scheme's charge by pinned_vm: adds, tests the sum unless @payer->cap, takes it back. ENOMEM. */
int charge_pinned_vm_of(const struct payer *payer, long pages, const struct charge_by *by);

/*
 * A counter that the caller has just changed by @pages itself (iopt/upstream, for
 * the kernel's own text): its place in trace and ledger, and with by->limit_task,
 * whose limit was tested, the invariant over_limit. @holder: by @bucket, which is
 * the user's locked_vm or an mm's pinned_vm.
 */
void charge_noted(enum ledger_bucket bucket, void *holder, long pages, const struct charge_by *by);

/* limit_task's RLIMIT_MEMLOCK >> PAGE_SHIFT. */
unsigned long memlock_limit_pages(const struct task_struct *task);
/* Notes that current's limit is 0, which some refuse at once (EPERM). */
void charge_limit_is_zero(const char *rule);
/*
 * Notes a refusal that the caller's own test made (type1's pre-check), in the
 * words of charge_by, and checks it (spurious_refusal). @holder: by @bucket. @counted:
 * pages of @request that @used has already.
 */
void charge_refused_counted(enum ledger_bucket bucket, const void *holder, unsigned long used, unsigned long request,
			    unsigned long counted, unsigned long limit, const struct charge_by *by);
static inline void charge_refused(enum ledger_bucket bucket, const void *holder, unsigned long used,
				  unsigned long request, unsigned long limit, const struct charge_by *by)
{
	charge_refused_counted(bucket, holder, used, request, 0, limit, by);
}

#endif
