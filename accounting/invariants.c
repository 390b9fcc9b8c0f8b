// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The invariants of accounting's own state.
 *
 * Two kinds. Those of a state compare a counter with the ledger, or pins with the
 * ledger's; they look only at what changed since they last looked (dirty holders,
 * dirty runs of frames), so a check after each step costs what the step touched.
 * Those of an event (a refusal, a charge, an uncharge, a failed call) are reported
 * where the event is, with the actor and step at hand (ledger.c, charge.c and
 * accounting.c): they have no check of their own.
 *
 * A broken state is reported when it appears and whenever it changes. It is also
 * reported again in a step in which anything else breaks: what a broken counter
 * causes later (a refusal that need not be, a warning at the next uncharge) then
 * stands beside its cause, and a file that expects the cause covers it.
 */
#include "internal.h"
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rbtree.h>
#include <kapi/iommu.h>
#include <mm_model/machine.h>
#include <mm_model/state.h>
#include <sim/invariant.h>
#include <sim/verdict.h>

/* An mm with more VMAs is walked only after its locked memory or its counter has changed. */
#define WALK_VMAS_MAX 64

/* --- counters against the ledger --------------------------------------------- */

/* Pages of its VM_LOCKED VMAs: these are walked again only where they may have changed. */
static long vm_locked_pages(struct ledger_holder *holder)
{
	const struct mm_struct *mm = holder->mm;
	unsigned long pages = 0;

	if (holder->map_walked == mm->map_writes + 1 && !sim_invariants_are_full())
		return holder->map_locked;

	for (struct rb_node *node = rb_first(&mm->mm_rb); node; node = rb_next(node)) {
		const struct vm_area_struct *vma = rb_entry(node, struct vm_area_struct, vm_rb);

		if (vma->vm_flags & VM_LOCKED)
			pages += (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
	}
	holder->map_walked = mm->map_writes + 1;
	holder->map_locked = (long)pages;
	return (long)pages;
}

long ledger_expected(struct ledger_holder *holder, enum ledger_bucket bucket)
{
	long pages = holder->sum[bucket] + holder->dropped[bucket];

	if (bucket == BUCKET_LOCKED_VM)
		pages += vm_locked_pages(holder);
	return pages;
}

static enum sim_violation ledger_violation(enum ledger_bucket bucket)
{
	switch (bucket) {
	case BUCKET_LOCKED_VM:
		return VIOLATION_LOCKED_VM_LEDGER;
	case BUCKET_PINNED_VM:
		return VIOLATION_PINNED_VM_LEDGER;
	default:
		return VIOLATION_USER_LEDGER;
	}
}

static enum sim_violation negative_violation(enum ledger_bucket bucket)
{
	switch (bucket) {
	case BUCKET_LOCKED_VM:
		return VIOLATION_LOCKED_VM_NEGATIVE;
	case BUCKET_PINNED_VM:
		return VIOLATION_PINNED_VM_NEGATIVE;
	default:
		return VIOLATION_USER_LOCKED_VM_NEGATIVE;
	}
}

static void report_gap(struct ledger_holder *holder, enum ledger_bucket bucket)
{
	long counter = ledger_counter(holder, bucket);
	char name[96];

	holder->gap_step[bucket] = sim_step();
	sim_violate(ledger_violation(bucket), "%s is %ldp, what is charged there comes to %ldp",
		    ledger_holder_name(holder, bucket, name, sizeof(name)), counter, counter - holder->gap[bucket]);
}

static void report_negative(struct ledger_holder *holder, enum ledger_bucket bucket)
{
	char name[96];

	holder->negative_step[bucket] = sim_step();
	sim_violate(negative_violation(bucket), "%s is %ldp", ledger_holder_name(holder, bucket, name, sizeof(name)),
		    holder->negative[bucket]);
}

static void compare_holder(struct ledger_holder *holder, enum ledger_bucket bucket)
{
	long counter = ledger_counter(holder, bucket), gap = counter - ledger_expected(holder, bucket);
	bool changed = gap != holder->gap[bucket];

	if (holder->kind == HOLDER_MM)
		holder->seen[bucket] = counter;
	holder->gap[bucket] = gap;
	if (changed && gap)
		report_gap(holder, bucket);
}

/* Told when it falls below zero or further, not while it rises. */
static void negative_holder(struct ledger_holder *holder, enum ledger_bucket bucket)
{
	long now = ledger_counter(holder, bucket);
	bool lower;

	if (now > 0)
		now = 0;
	lower = now < holder->negative[bucket];
	holder->negative[bucket] = now;
	if (lower)
		report_negative(holder, bucket);
}

static enum holder_kind holder_kind_of(enum ledger_bucket bucket)
{
	return bucket == BUCKET_LOCKED_VM || bucket == BUCKET_PINNED_VM ? HOLDER_MM : HOLDER_USER;
}

static void dirty_all(void)
{
	for (struct ledger_holder *holder = accounting()->holders; holder; holder = holder->next)
		ledger_holder_dirty(holder);
}

static void for_dirty(enum ledger_bucket bucket, void (*fn)(struct ledger_holder *, enum ledger_bucket))
{
	if (accounting()->dirty_hold)
		return;
	if (sim_invariants_are_full())
		dirty_all();
	for (struct ledger_holder *holder = accounting()->dirty; holder; holder = holder->dirty_next)
		if (holder->kind == holder_kind_of(bucket) && ledger_holder_alive(holder))
			fn(holder, bucket);
}

/* Neither negative_holder() nor compare_holder() would have anything to tell, or to forget. */
static inline bool bucket_holds(struct ledger_holder *holder, enum ledger_bucket bucket)
{
	long counter = ledger_counter(holder, bucket);

	return counter >= 0 && !holder->negative[bucket] &&
	       counter - ledger_expected(holder, bucket) == holder->gap[bucket];
}

static bool holder_holds(struct ledger_holder *holder)
{
	if (!ledger_holder_alive(holder) || holder->kind == HOLDER_UCOUNTS)
		return true;
	if (holder->kind == HOLDER_MM) {
		holder->seen[BUCKET_LOCKED_VM] = (long)holder->mm->locked_vm;
		holder->seen[BUCKET_PINNED_VM] = mm_record_pinned_vm(holder->mm->record);
		return bucket_holds(holder, BUCKET_LOCKED_VM) && bucket_holds(holder, BUCKET_PINNED_VM);
	}
	return bucket_holds(holder, BUCKET_USER_LOCKED_VM) && bucket_holds(holder, BUCKET_PERF_MLOCK);
}

/* One look at each dirty holder for all the checks of this round: mostly there is nothing to tell of any. */
static bool dirty_holders_hold(void)
{
	if (sim_invariants_are_full())
		return false;
	for (struct ledger_holder *holder = accounting()->dirty; holder; holder = holder->dirty_next)
		if (!holder_holds(holder))
			return false;
	return true;
}

/* The first of a round. */
static void check_locked_vm_negative(void)
{
	accounting()->dirty_hold = dirty_holders_hold();
	for_dirty(BUCKET_LOCKED_VM, negative_holder);
}

static void check_pinned_vm_negative(void)
{
	for_dirty(BUCKET_PINNED_VM, negative_holder);
}

static void check_user_locked_vm_negative(void)
{
	for_dirty(BUCKET_USER_LOCKED_VM, negative_holder);
	for_dirty(BUCKET_PERF_MLOCK, negative_holder);
}

static void check_locked_vm_ledger(void)
{
	for_dirty(BUCKET_LOCKED_VM, compare_holder);
}

static void check_pinned_vm_ledger(void)
{
	for_dirty(BUCKET_PINNED_VM, compare_holder);
}

static void check_user_ledger(void)
{
	for_dirty(BUCKET_USER_LOCKED_VM, compare_holder);
	for_dirty(BUCKET_PERF_MLOCK, compare_holder);
}

/*
 * After a call: its mm is compared also where no hook spoke, as a VMA may lose VM_LOCKED without one, and a counter
 * be changed by whoever forgets to tell.
 */
void accounting_call_ended(const struct task_struct *task)
{
	struct mm_struct *mm = task->mm;
	struct ledger_holder *holder;

	if (!mm)
		return;
	holder = ledger_holder(BUCKET_LOCKED_VM, mm);
	if (holder->map_walked == mm->map_writes + 1 && holder->seen[BUCKET_LOCKED_VM] == (long)mm->locked_vm &&
	    holder->seen[BUCKET_PINNED_VM] == mm_record_pinned_vm(mm->record))
		return;
	if (mm->map_count <= WALK_VMAS_MAX || holder->mlocked)
		ledger_holder_dirty(holder);
}

/* --- pins ---------------------------------------------------------------------- */

/* A run of pages with one count, or the gap up to the next one. */
struct pin_stretch {
	unsigned long last;
	unsigned long pins;
};

/* What the pages from @at on have. The zero page is nobody's: what is pinned of it before 6.5 is not entered. */
static struct pin_stretch stretch_counted(unsigned long at, unsigned long last)
{
	struct mm_pin_run run;

	if (!mm_pin_state(at, last, &run) || frame_is_zero(run.frame))
		return (struct pin_stretch){ last, 0 };
	if (run.frame > at)
		return (struct pin_stretch){ run.frame - 1, 0 };
	return (struct pin_stretch){ run.frame + run.nr - 1, run.pins };
}

/* What the ledger has for them. */
static struct pin_stretch stretch_entered(unsigned long at, unsigned long last)
{
	struct sim_run run;

	if (!sim_run_next(&accounting()->pins, at, &run) || run.start > last)
		return (struct pin_stretch){ last, 0 };
	if (run.start > at)
		return (struct pin_stretch){ run.start - 1, 0 };
	return (struct pin_stretch){ run.last, run.value };
}

/* Frames in [@frame, @last] whose pin count is not what the objects have pinned. */
static unsigned long pin_differences(unsigned long frame, unsigned long last)
{
	struct pin_stretch counted = stretch_counted(frame, last), entered = stretch_entered(frame, last);
	unsigned long differ = 0;

	for (unsigned long at = frame;;) {
		unsigned long end = min(min(counted.last, entered.last), last);

		if (counted.pins != entered.pins)
			differ += end - at + 1;
		if (end == last)
			return differ;
		at = end + 1;
		if (counted.last == end)
			counted = stretch_counted(at, last);
		if (entered.last == end)
			entered = stretch_entered(at, last);
	}
}

static unsigned long dirty_pin_differences(void)
{
	struct accounting *acct = accounting();
	unsigned long differ = 0;

	if (acct->nr_dirty_runs > DIRTY_RUNS || mm_frames_pinned() != acct->pins.nr_keys || sim_invariants_are_full())
		return pin_differences(0, ~0UL);
	for (unsigned int i = 0; i < acct->nr_dirty_runs; i++)
		differ += pin_differences(acct->dirty_run[i].frame,
					  acct->dirty_run[i].frame + acct->dirty_run[i].nr - 1);
	return differ;
}

static void check_pin_count(void)
{
	struct accounting *acct = accounting();
	unsigned long differ = dirty_pin_differences();

	acct->nr_dirty_runs = 0;
	if (differ && differ != acct->pin_gap)
		sim_violate(VIOLATION_PIN_COUNT, "%lu pages have another pin count than what is entered for them",
			    differ);
	acct->pin_gap = differ;
}

/* A frame that nobody pins any more, and a device can still reach. */
void invariant_unpinned(const struct ledger_object *object, unsigned long frame, unsigned long nr)
{
	const struct sim_run_tree *pins = &accounting()->pins;
	unsigned long last = frame + nr - 1, at = frame;
	struct sim_run run;

	while (at <= last && at >= frame) {
		unsigned long end = last;
		bool pinned = sim_run_clip(pins, at, last, &run);

		if (pinned && run.start == at) {
			at = run.last + 1;
			continue;
		}
		if (pinned)
			end = run.start - 1;
		if (kapi_frames_mapped(at, end - at + 1))
			sim_violate(VIOLATION_UNPIN_WHILE_MAPPED,
				    "%s %lu unpins frames %lu to %lu while a domain maps them", object->kind,
				    object->id, at, end);
		at = end + 1;
	}
}

/* --- events ---------------------------------------------------------------------- */

/*
 * @used is what the kernel compared, so where the counter went wrong, @used did
 * too: by the ledger it is smaller or larger by the same amount. Locked memory as
 * the hook told it: another task's VMAs may be in the middle of a change.
 */
void invariant_refused(enum ledger_bucket bucket, const struct ledger_holder *holder, unsigned long used,
		       unsigned long request, unsigned long limit)
{
	unsigned long entered = (unsigned long)(holder->sum[bucket] + holder->dropped[bucket]);
	unsigned long wrong, needed;
	char name[96];

	/* Among threads a counter and its entry in the ledger do not change in one step. */
	if (SIM_THREADS)
		return;
	if (bucket == BUCKET_LOCKED_VM)
		entered += (unsigned long)holder->mlocked;
	wrong = (unsigned long)ledger_counter(holder, bucket) - entered;
	needed = used - wrong + request;
	if (needed > limit)
		return;
	sim_violate(VIOLATION_SPURIOUS_REFUSAL, "refused, though by what is charged %s would come to %lup of %lup",
		    ledger_holder_name(holder, bucket, name, sizeof(name)), needed, limit);
}

void invariant_charged(enum ledger_bucket bucket, const struct ledger_holder *holder, unsigned long limit)
{
	unsigned long charged = (unsigned long)holder->sum[bucket];
	char name[96];

	if (bucket == BUCKET_LOCKED_VM)
		charged += (unsigned long)holder->mlocked;
	if (charged > limit)
		sim_violate(VIOLATION_OVER_LIMIT, "what is charged to %s comes to %lup, over the limit of %lup",
			    ledger_holder_name(holder, bucket, name, sizeof(name)), charged, limit);
}

/* --- after teardown ---------------------------------------------------------------- */

static void mm_residue(struct mm_struct *mm, unsigned long mlocked_pages, void *arg)
{
	long pinned_vm = mm_record_pinned_vm(mm->record);

	if (mm->locked_vm)
		sim_violate(VIOLATION_RESIDUE, "%s.locked_vm is still %ldp after everything was closed", mm_name(mm),
			    (long)mm->locked_vm);
	if (pinned_vm)
		sim_violate(VIOLATION_RESIDUE, "%s.pinned_vm is still %ldp after everything was closed", mm_name(mm),
			    pinned_vm);
}

static void user_residue(struct user_struct *user, void *arg)
{
	long locked_vm = user->locked_vm.counter, perf_mlock = user->perf_mlock.counter;

	if (locked_vm)
		sim_violate(VIOLATION_RESIDUE, "user(%u).locked_vm is still %ldp after everything was closed",
			    __kuid_val(user->uid), locked_vm);
	if (perf_mlock)
		sim_violate(VIOLATION_RESIDUE, "user(%u).perf_mlock is still %ldp after everything was closed",
			    __kuid_val(user->uid), perf_mlock);
}

static void check_residue(void)
{
	mm_for_each_mm(mm_residue, NULL);
	mm_for_each_user(user_residue, NULL);
}

/* --- the last of a round -------------------------------------------------------------- */

static void report_again(struct ledger_holder *holder)
{
	for (int bucket = 0; bucket < BUCKET_UCOUNTS_MEMLOCK; bucket++) {
		if (holder->kind != holder_kind_of(bucket))
			continue;
		if (holder->gap[bucket] && holder->gap_step[bucket] != sim_step())
			report_gap(holder, bucket);
		if (holder->negative[bucket] && holder->negative_step[bucket] != sim_step())
			report_negative(holder, bucket);
	}
}

/*
 * Comes after the other checks of a round: what is still broken is reported beside
 * what has just broken, and the dirty list is done with.
 */
static void check_user_ledger_and_close(void)
{
	struct accounting *acct = accounting();
	struct ledger_holder *holder, *next;

	if (likely(!acct->dirty && sim_reports() == acct->reports_seen && !sim_invariants_are_full()))
		return;
	check_user_ledger();
	if (sim_reports() != acct->reports_seen)
		for (holder = acct->holders; holder; holder = holder->next)
			if (ledger_holder_alive(holder))
				report_again(holder);
	acct->reports_seen = sim_reports();
	for (holder = acct->dirty; holder; holder = next) {
		next = holder->dirty_next;
		ledger_holder_clean(holder);
	}
	acct->dirty = NULL;
	acct->any_dirty = 0;
	acct->dirty_hold = false;
}

static const struct sim_invariant invariants[] = {
	{ VIOLATION_LOCKED_VM_NEGATIVE, "mm->locked_vm of a live mm is never below zero",
	  "facts I4; mm/util.c:__account_locked_vm warns and wraps", SIM_STEP, check_locked_vm_negative },
	{ VIOLATION_PINNED_VM_NEGATIVE, "mm->pinned_vm of a live mm is never below zero",
	  "facts I4", SIM_STEP, check_pinned_vm_negative },
	{ VIOLATION_USER_LOCKED_VM_NEGATIVE, "user->locked_vm and user->perf_mlock are never below zero",
	  "facts I4; iommufd/pages.c:decr_user_locked_vm", SIM_STEP, check_user_locked_vm_negative },
	{ VIOLATION_LOCKED_VM_LEDGER,
	  "mm->locked_vm is the size of the mm's VM_LOCKED VMAs plus what objects have charged to it",
	  "facts I2, I11", SIM_QUIESCENT, check_locked_vm_ledger },
	{ VIOLATION_PINNED_VM_LEDGER, "mm->pinned_vm is what objects have charged to it",
	  "facts I3", SIM_QUIESCENT, check_pinned_vm_ledger },
	{ VIOLATION_PIN_COUNT, "a page has as many pins as the objects that pin it have taken",
	  "facts I15; mm/gup.c", SIM_QUIESCENT, check_pin_count },
	{ VIOLATION_OVER_LIMIT,
	  "a charge that was tested against a limit leaves no more charged than that limit",
	  "facts I7, I8", SIM_STEP, NULL },
	{ VIOLATION_SPURIOUS_REFUSAL, "a limit refuses only what would exceed it by what is really charged",
	  "facts I7", SIM_STEP, NULL },
	{ VIOLATION_WRONG_BUCKET, "an uncharge goes to the holder and bucket that were charged for the object",
	  "facts I9", SIM_STEP, NULL },
	{ VIOLATION_OBJECT_BALANCE,
	  "an object gives back no more than it charged, and all of it by its end unless the holder is dead",
	  "facts I10", SIM_STEP, NULL },
	{ VIOLATION_FAILED_CALL_RESIDUE, "a call that failed leaves every counter and every pin as it was",
	  "facts I6", SIM_QUIESCENT, NULL },
	{ VIOLATION_UNPIN_WHILE_MAPPED, "no page loses its last pin while a domain maps it",
	  "facts I16", SIM_STEP, NULL },
	{ VIOLATION_RESIDUE, "after everything is closed no live mm or user is charged",
	  "facts I5", SIM_END, check_residue },
	/* the last of a round: also puts the dirty list away */
	{ VIOLATION_USER_LEDGER, "user->locked_vm and user->perf_mlock are what objects have charged to them",
	  "facts I1", SIM_QUIESCENT, check_user_ledger_and_close },
};

void accounting_invariants_register(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(invariants); i++) {
		void (*check)(void) = invariants[i].check;

		if (check == check_pin_count || check == check_residue || check == check_user_ledger_and_close)
			sim_invariant_register(&invariants[i]);
		else
			sim_invariant_register_if(&invariants[i], &accounting()->any_dirty);
	}
}
