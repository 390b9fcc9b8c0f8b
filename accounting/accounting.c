// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The accounting of one world: which kernel it runs, what mm_model tells it, and
 * what the runner tells it about calls.
 *
 * A call is judged alone or not at all. While it runs, whatever its own actor
 * changes is collected (accounting_touch, accounting_call_pinned); as soon as
 * another call begins or another actor changes something, both calls lose their
 * claim to be judged.
 */
#include "internal.h"
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <mm_model/machine.h>
#include <mm_model/syscalls.h>
#include <sim/verdict.h>
#include <sim/world.h>

const struct kernel_rules *kernel_rules(void)
{
	return &accounting()->kernel.rules;
}

const struct proposal *proposal(void)
{
	static const struct proposal none;
	const struct proposal *of_kernel = accounting()->kernel.rules.proposal;

	return of_kernel ? of_kernel : &none;
}

/* --- what mm_model tells ----------------------------------------------------- */

static unsigned long mlock_used(const struct mm_struct *mm)
{
	return charge_used(mm, mm->locked_vm);
}

static void mlock_charged(struct mm_struct *mm, long pages)
{
	struct ledger_holder *holder = ledger_holder(BUCKET_LOCKED_VM, mm);

	accounting_touch(holder);
	holder->mlocked += pages;
	ledger_holder_dirty(holder);
	if (proposal()->mlock_changed)
		proposal()->mlock_changed(mm, pages);
}

static void forked(struct task_struct *parent, struct task_struct *child)
{
	proposal()->fork(child, parent->mm, child->mm);
}

static void mlock_refused(struct mm_struct *mm, const char *why, unsigned long used, unsigned long request,
			  unsigned long counted, unsigned long limit)
{
	const struct charge_by by = { .rule = why };

	if (!request) {
		charge_limit_is_zero(why);
		return;
	}
	/* MCL_CURRENT compares the size of the address space, whatever is locked or charged */
	if (!strcmp(why, "mlockall"))
		sim_refusal_note("%s.total_vm %lup > %s's %lup (mlockall)", mm_current()->comm, request,
				 mm_current()->comm, limit);
	else
		charge_refused_counted(BUCKET_LOCKED_VM, mm, used, request, counted, limit, &by);
}

static void mm_freed(struct mm_struct *mm)
{
	if (proposal()->mm_gone)
		proposal()->mm_gone(mm);
	ledger_holder_gone(mm);
}

/* facts I19: whoever charges a user holds a reference, or the count goes with the struct. */
static void user_freed(struct user_struct *user)
{
	long pages = ledger_bucket_pages(BUCKET_USER_LOCKED_VM, user) + ledger_bucket_pages(BUCKET_PERF_MLOCK, user);

	if (pages)
		sim_violate(VIOLATION_USER_REFS, "user(%u) is freed while %ldp are charged to it",
			    __kuid_val(user->uid), pages);
	ledger_holder_gone(user);
}

void accounting_init(const struct kernel *kernel, struct mm_config *mm)
{
	struct accounting *acct = sim_zalloc(sizeof(*acct));

	acct->kernel = *kernel;
	acct->kernel.name = sim_strdup(kernel->name);
	sim_run_tree_init(&acct->pins, SIM_RUN_CONSTANT);
	sim_slot_set(SIM_SLOT_ACCOUNTING, acct, NULL);
	acct->unattributed = ledger_object_create("account_locked_vm", NULL);

	mm->rules = kernel->rules.mm;
	if (proposal()->used)
		mm->hooks.mlock_used = mlock_used;
	mm->hooks.exec = proposal()->exec;
	mm->hooks.exec_charges = proposal()->exec_charges;
	if (proposal()->fork)
		mm->hooks.fork = forked;
	mm->hooks.mlock_fits = proposal()->mlock_fits;
	mm->hooks.mlock_charged = mlock_charged;
	mm->hooks.mlock_refused = mlock_refused;
	mm->hooks.mm_free = mm_freed;
	mm->hooks.user_free = user_freed;
	accounting_invariants_register();
}

/* --- known exceptions ---------------------------------------------------------- */

static const struct {
	enum sim_violation violation;
	const char *what;
} exceptions[EXCEPT_NR] = {
	[EXCEPT_BALANCE_DEAD_MM] = { VIOLATION_OBJECT_BALANCE,
		"I10: the holder is a dead mm, and its charge is dropped with it" },
	[EXCEPT_BALANCE_DROPPED] = { VIOLATION_OBJECT_BALANCE,
		"I10, I12: type1 gave up an uncharge at a fatal signal (vfio_lock_acct, EINTR)" },
	[EXCEPT_PINS_ZERO_PAGE] = { VIOLATION_PIN_COUNT,
		"I15: type1 never puts the zero page that it has pinned (before 6.0)" },
	[EXCEPT_FAILED_MLOCK] = { VIOLATION_FAILED_CALL_RESIDUE,
		"I6: mlock keeps what it locked before a hole, or before its populate failed" },
	[EXCEPT_FAILED_BISECT] = { VIOLATION_FAILED_CALL_RESIDUE,
		"I6: iommufd keeps unmapped what lay before the area that the range bisects" },
	[EXCEPT_FAILED_CHANGE_PROCESS] = { VIOLATION_FAILED_CALL_RESIDUE,
		"I6: CHANGE_PROCESS has switched everything when the uncharge of a dead mm fails (EINVAL)" },
	[EXCEPT_FAILED_URING_SETUP] = { VIOLATION_FAILED_CALL_RESIDUE,
		"I1: a ring that could not be set up is given back by deferred work, as a closed one is" },
	[EXCEPT_FAILED_DEAD_MM] = { VIOLATION_FAILED_CALL_RESIDUE,
		"I6, I10: what is left charged to a dead mm is nobody's (update_mm_locked_vm, vfio_lock_acct)" },
};

void accounting_excepted(enum exception exception)
{
	accounting()->excepted[exception]++;
}

size_t accounting_exceptions(void)
{
	return EXCEPT_NR;
}

const struct accounting_exception *accounting_exception(size_t index)
{
	struct accounting *acct = accounting();

	if (index >= EXCEPT_NR)
		return NULL;
	acct->shown.violation = exceptions[index].violation;
	acct->shown.what = exceptions[index].what;
	acct->shown.times = acct->excepted[index];
	return &acct->shown;
}

/* --- calls --------------------------------------------------------------------- */

static struct accounting_call *running_call(void)
{
	struct accounting *acct = accounting();

	return acct->nr_calls == 1 && acct->call[0].alone ? &acct->call[0] : NULL;
}

void accounting_touch(struct ledger_holder *holder)
{
	struct accounting *acct = accounting();

	if (!running_call() || holder->call == acct->call_number)
		return;
	holder->call = acct->call_number;
	memcpy(holder->before, holder->entered, sizeof(holder->entered));
	holder->mlocked_before = holder->mlocked;
	holder->touched_next = acct->touched;
	acct->touched = holder;
}

/* What the running call changes; a change by deferred work beside it spoils the judgement. */
static struct accounting_call *call_of_change(void)
{
	struct accounting_call *call = running_call();

	if (call && call->actor != sim_self())
		call->alone = false;
	return call && call->alone ? call : NULL;
}

void accounting_call_entered(const struct ledger_object *object, long pages)
{
	struct accounting_call *call = call_of_change();

	if (!call)
		return;
	if (!object->iopt_pages)
		call->iopt_pages_only = false;
	if (!object->io_ring)
		call->io_ring_only = false;
	if (pages > 0)
		call->decreases_only = false;
}

void accounting_call_pinned(const struct ledger_object *object, unsigned long frame, unsigned long nr, bool pin)
{
	struct accounting_call *call = call_of_change();
	unsigned long frames = nr * frame + nr * (nr - 1) / 2;

	if (!call)
		return;
	call->io_ring_only = false;
	if (!object->iopt_pages)
		call->iopt_pages_only = false;
	if (pin)
		call->decreases_only = false;
	call->pinned += pin ? (long)nr : -(long)nr;
	call->pinned_frames += pin ? frames : -frames;
}

void accounting_call_begin(const struct task_struct *task, const char *op)
{
	struct accounting *acct = accounting();
	struct accounting_call *call;

	if (acct->nr_calls == CALLS_MAX)
		return;
	if (acct->nr_calls == acct->room_calls) {
		acct->room_calls = acct->room_calls ? acct->room_calls * 2 : 4;
		acct->call = sim_realloc(acct->call, acct->room_calls * sizeof(*acct->call));
	}
	call = &acct->call[acct->nr_calls];
	acct->call_number++;
	acct->touched = NULL;
	for (unsigned int i = 0; i < acct->nr_calls; i++)
		acct->call[i].alone = false;
	*call = (struct accounting_call){
		.task = task,
		.op = op,
		.actor = sim_self(),
		.alone = !acct->nr_calls,
		.decreases_only = true,
		.iopt_pages_only = true,
		.io_ring_only = true,
	};
	acct->nr_calls++;
}

static bool is_mlock(const char *op)
{
	return !strncmp(op, "mlock", 5) || !strncmp(op, "munlock", 7);
}

/* Which of the known exceptions of I6 covers a failed call that left something changed; EXCEPT_NR: none. */
static enum exception failed_call_exception(const struct accounting_call *call, long ret)
{
	const struct iommufd_rules *iommufd = &kernel_rules()->iommufd;

	if (is_mlock(call->op))
		return EXCEPT_FAILED_MLOCK;
	if (call->io_ring_only && !strcmp(call->op, "uring_setup"))
		return EXCEPT_FAILED_URING_SETUP;
	if (ret == -ENOENT && call->decreases_only && call->iopt_pages_only)
		return EXCEPT_FAILED_BISECT;
	if (ret == -EINVAL && iommufd->change_process_mm_dead && !strcmp(call->op, "change_process"))
		return EXCEPT_FAILED_CHANGE_PROCESS;
	return EXCEPT_NR;
}

static void residue_text(const struct accounting_call *call, char *buf, size_t size)
{
	struct accounting *acct = accounting();
	char name[96];

	for (struct ledger_holder *holder = acct->touched; holder; holder = holder->touched_next) {
		for (int bucket = 0; bucket < BUCKET_NR; bucket++) {
			long changed = holder->entered[bucket] - holder->before[bucket];

			if (bucket == BUCKET_LOCKED_VM)
				changed += holder->mlocked - holder->mlocked_before;
			if (!changed)
				continue;
			if (!ledger_holder_alive(holder)) {
				accounting_excepted(EXCEPT_FAILED_DEAD_MM);
				continue;
			}
			snprintf(buf, size, "%s changed by %+ldp",
				 ledger_holder_name(holder, bucket, name, sizeof(name)), changed);
			return;
		}
	}
	if (call->pinned || call->pinned_frames)
		snprintf(buf, size, "%+ld pins", call->pinned);
}

/* The call failed: is everything as it was? */
static void judge_failed_call(const struct accounting_call *call, long ret)
{
	enum exception exception;
	char changed[160];

	changed[0] = '\0';
	residue_text(call, changed, sizeof(changed));
	if (!changed[0])
		return;
	exception = failed_call_exception(call, ret);
	if (exception != EXCEPT_NR)
		accounting_excepted(exception);
	else
		sim_violate(VIOLATION_FAILED_CALL_RESIDUE, "%s failed with errno %ld and left %s", call->op, -ret,
			    changed);
}

void accounting_call_end(const struct task_struct *task, long ret)
{
	struct accounting *acct = accounting();
	unsigned int i = 0;

	while (i < acct->nr_calls && acct->call[i].task != task)
		i++;
	if (i == acct->nr_calls)
		return;
	/* a process that a signal ended has let go of everything */
	if (ret < 0 && ret > -MM_KILLED_BASE && acct->call[i].alone)
		judge_failed_call(&acct->call[i], ret);
	if (i < --acct->nr_calls)
		acct->call[i] = acct->call[acct->nr_calls];
	accounting_call_ended(task);
}
