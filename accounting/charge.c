// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The charging primitives.
 *
 *	bucket            protected by            below zero              tested
 *	mm->locked_vm     mmap_lock for write     wraps, WARN once        before the add
 *	user->locked_vm   compare-and-exchange    goes negative, or       in the loop
 *	                                          refuses (iommufd)
 *	mm->pinned_vm     atomic                  goes negative           never here
 *
 * Comparisons are unsigned 64-bit sums that may wrap, as in the kernel: a counter
 * that went below zero is over every limit, also over RLIM_INFINITY.
 *
 * The ledger's entry and the trace's record follow the change of the counter with
 * no scheduling point between, so no task ever sees one without the other.
 */
#include <accounting/charge.h>
#include <linux/bug.h>
#include <linux/capability.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <sim/trace.h>
#include <sim/verdict.h>
#include "internal.h"

unsigned long memlock_limit_pages(const struct task_struct *task)
{
	return task_rlimit(task, RLIMIT_MEMLOCK) >> PAGE_SHIFT;
}

static const struct task_struct *limit_task(const struct charge_by *by)
{
	return by->limit_task ? by->limit_task : current;
}

/* In words: "64p", "-50p (wrapped)", "unlimited". */
static const char *pages_text(unsigned long pages, char *buf, size_t size)
{
	if ((long)pages < 0)
		snprintf(buf, size, "%ldp (wrapped)", (long)pages);
	else if (pages == RLIM_INFINITY >> PAGE_SHIFT)
		snprintf(buf, size, "unlimited");
	else
		snprintf(buf, size, "%lup", pages);
	return buf;
}

static void note_refusal(const struct ledger_holder *holder, enum ledger_bucket bucket, bool summed, unsigned long used,
			 unsigned long request, unsigned long limit, const struct charge_by *by)
{
	char name[96], used_text[40], limit_text[40], *dot;

	ledger_holder_name(holder, bucket, name, sizeof(name));
	dot = strrchr(name, '.');
	if (summed && dot)
		snprintf(dot + 1, sizeof(name) - (dot + 1 - name), "%s", proposal()->used_name);
	sim_refusal_note("%s %s + %lup > %s's %s (%s)", name, pages_text(used, used_text, sizeof(used_text)), request,
			 limit_task(by)->comm, pages_text(limit, limit_text, sizeof(limit_text)), by->rule);
}

void charge_refused_counted(enum ledger_bucket bucket, const void *key, unsigned long used, unsigned long request,
			    unsigned long counted, unsigned long limit, const struct charge_by *by)
{
	struct ledger_holder *holder = ledger_holder(bucket, key);
	bool summed = proposal()->used && (bucket == BUCKET_LOCKED_VM || bucket == BUCKET_PINNED_VM);
	unsigned long shown = summed ? charge_used(key, used) : used;

	if (sim_refusals_read())
		note_refusal(holder, bucket, summed, shown, request, limit, by);
	invariant_refused(bucket, holder, shown, request - counted, limit);
}

int pins_charge(struct ledger_object *object, unsigned long pages)
{
	return proposal()->pins_charge ? proposal()->pins_charge(object, pages) : 0;
}

void pins_uncharge(struct ledger_object *object, unsigned long pages)
{
	if (proposal()->pins_uncharge)
		proposal()->pins_uncharge(object, pages);
}

unsigned long charge_used(const struct mm_struct *mm, unsigned long counter)
{
	return proposal()->used ? proposal()->used(mm, counter) : counter;
}

void charge_limit_is_zero(const char *rule)
{
	sim_refusal_note("%s's limit is 0 (%s)", current->comm, rule);
}

/* The counter of @key was changed: the trace, the ledger. */
static void changed(const struct charge_by *by, enum ledger_bucket bucket, void *key, unsigned long counter_id,
		    long now, long pages)
{
	sim_record(SIM_POINT_COUNTER, counter_id, now);
	ledger_enter(by->object, bucket, key, pages);
}

int charge_locked_vm(struct mm_struct *mm, unsigned long pages, bool inc, bool bypass_rlim,
		     const struct charge_by *by)
{
	unsigned long used, limit;

	mmap_assert_write_locked(mm);
	/* a proposal changes it without mmap_lock, and vfio type1 looks at it so */
	sim_touch(&mm->locked_vm, true);
	used = mm->locked_vm;
	if (!inc) {
		WARN_ON_ONCE(used < pages);
		mm->locked_vm = used - pages;
		changed(by, BUCKET_LOCKED_VM, mm, mm->locked_vm_id, (long)mm->locked_vm, -(long)pages);
		return 0;
	}
	limit = bypass_rlim ? ~0UL : memlock_limit_pages(limit_task(by));
	if (!bypass_rlim && charge_used(mm, used) + pages > limit) {
		charge_refused(BUCKET_LOCKED_VM, mm, used, pages, limit, by);
		return -ENOMEM;
	}
	mm->locked_vm = used + pages;
	changed(by, BUCKET_LOCKED_VM, mm, mm->locked_vm_id, (long)mm->locked_vm, (long)pages);
	if (!bypass_rlim)
		invariant_charged(BUCKET_LOCKED_VM, ledger_holder(BUCKET_LOCKED_VM, mm), limit);
	return 0;
}

int charge_locked_vm_locking(struct mm_struct *mm, unsigned long pages, bool inc, bool bypass_rlim, bool killable,
			     const struct charge_by *by)
{
	int ret = 1;

	if (proposal()->account_locked_vm)
		ret = proposal()->account_locked_vm(mm, pages, inc, bypass_rlim, by);
	if (ret <= 0)
		return ret;
	if (!killable)
		mmap_write_lock(mm);
	else if (mmap_write_lock_killable(mm))
		return -EINTR;
	ret = charge_locked_vm(mm, pages, inc, bypass_rlim, by);
	mmap_write_unlock(mm);
	return ret;
}

unsigned long charge_locked_vm_return(struct mm_struct *mm, long pages, const struct charge_by *by)
{
	unsigned long now;

	sim_point_at(SIM_POINT_ATOMIC_RMW, &mm->locked_vm, pages);
	sim_race_order(&mm->locked_vm);
	now = READ_ONCE(mm->locked_vm) + pages;
	WRITE_ONCE(mm->locked_vm, now);
	changed(by, BUCKET_LOCKED_VM, mm, mm->locked_vm_id, (long)now, pages);
	return now;
}

void charge_noted(enum ledger_bucket bucket, void *key, long pages, const struct charge_by *by)
{
	const struct ledger_holder *holder = ledger_holder(bucket, key);
	unsigned long id = bucket == BUCKET_PINNED_VM ? holder->mm->pinned_vm_id : holder->user->locked_vm_id;

	changed(by, bucket, key, id, ledger_counter(holder, bucket), pages);
	if (pages > 0 && by->limit_task)
		invariant_charged(bucket, holder, memlock_limit_pages(by->limit_task));
}

int charge_user_locked_vm(struct user_struct *user, unsigned long pages, const struct charge_by *by)
{
	unsigned long limit = memlock_limit_pages(limit_task(by));
	long used = atomic_long_read(&user->locked_vm);

	do {
		if ((unsigned long)used + pages > limit) {
			charge_refused(BUCKET_USER_LOCKED_VM, user, (unsigned long)used, pages, limit, by);
			return -ENOMEM;
		}
	} while (!atomic_long_try_cmpxchg(&user->locked_vm, &used, used + (long)pages));
	changed(by, BUCKET_USER_LOCKED_VM, user, user->locked_vm_id, used + (long)pages, (long)pages);
	invariant_charged(BUCKET_USER_LOCKED_VM, ledger_holder(BUCKET_USER_LOCKED_VM, user), limit);
	return 0;
}

void uncharge_user_locked_vm(struct user_struct *user, unsigned long pages, const struct charge_by *by)
{
	long now = atomic_long_sub_return((long)pages, &user->locked_vm);

	changed(by, BUCKET_USER_LOCKED_VM, user, user->locked_vm_id, now, -(long)pages);
}

void uncharge_user_locked_vm_checked(struct user_struct *user, unsigned long pages, const struct charge_by *by)
{
	if (WARN_ON((unsigned long)atomic_long_read(&user->locked_vm) < pages))
		return;
	uncharge_user_locked_vm(user, pages, by);
}

unsigned long charge_user_locked_vm_return(struct user_struct *user, unsigned long pages, const struct charge_by *by)
{
	long now = atomic_long_add_return((long)pages, &user->locked_vm);

	changed(by, BUCKET_USER_LOCKED_VM, user, user->locked_vm_id, now, (long)pages);
	return (unsigned long)now;
}

unsigned long charge_pinned_vm_return(struct mm_struct *mm, unsigned long pages, const struct charge_by *by)
{
	long now = atomic64_add_return((long)pages, &mm->pinned_vm);

	changed(by, BUCKET_PINNED_VM, mm, mm->pinned_vm_id, now, (long)pages);
	return (unsigned long)now;
}

void charge_pinned_vm(struct mm_struct *mm, unsigned long pages, const struct charge_by *by)
{
	(void)charge_pinned_vm_return(mm, pages, by);
}

void charge_pinned_vm_tested(struct mm_struct *mm, unsigned long pages, unsigned long limit,
			     const struct charge_by *by)
{
	charge_pinned_vm(mm, pages, by);
	invariant_charged(BUCKET_PINNED_VM, ledger_holder(BUCKET_PINNED_VM, mm), limit);
}

void uncharge_pinned_vm(struct mm_struct *mm, unsigned long pages, const struct charge_by *by)
{
	long now = atomic64_sub_return((long)pages, &mm->pinned_vm);

	changed(by, BUCKET_PINNED_VM, mm, mm->pinned_vm_id, now, -(long)pages);
}

int charge_pinned_vm_of(const struct payer *payer, long pages, const struct charge_by *by)
{
	unsigned long limit = memlock_limit_pages(payer->task), now;

	if (pages < 0) {
		uncharge_pinned_vm(payer->mm, -pages, by);
		return 0;
	}
	now = charge_pinned_vm_return(payer->mm, pages, by);
	if (payer->cap || charge_used(payer->mm, now) <= limit)
		return 0;
	uncharge_pinned_vm(payer->mm, pages, by);
	charge_refused(BUCKET_PINNED_VM, payer->mm, now - pages, pages, limit, by);
	return -ENOMEM;
}

/* --- mm/util.c, for code that knows no ledger object ------------------------ */

int __account_locked_vm(struct mm_struct *mm, unsigned long pages, bool inc, struct task_struct *task,
			bool bypass_rlim)
{
	const struct charge_by by = {
		.object = accounting()->unattributed,
		.rule = "account_locked_vm",
		.limit_task = task,
	};

	return charge_locked_vm(mm, pages, inc, bypass_rlim, &by);
}

int account_locked_vm(struct mm_struct *mm, unsigned long pages, bool inc)
{
	int ret;

	if (!mm || !pages)
		return 0;
	mmap_write_lock(mm);
	ret = __account_locked_vm(mm, pages, inc, current, capable(CAP_IPC_LOCK));
	mmap_write_unlock(mm);
	return ret;
}
