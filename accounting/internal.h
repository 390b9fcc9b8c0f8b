/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of accounting/ share: the state in SIM_SLOT_ACCOUNTING.
 *
 * Holders are mms and users, each seen first when something is charged to it. A
 * holder's record is found by its pointer while the struct stands and is cut
 * loose when that is freed, so a struct that reuses the memory is a new holder.
 */
#ifndef ACCOUNTING_INTERNAL_H
#define ACCOUNTING_INTERNAL_H

#include <accounting/calls.h>
#include <accounting/charge.h>
#include <accounting/kernels.h>
#include <accounting/ledger.h>
#include <linux/mm_types.h>
#include <linux/sched/user.h>
#include <sim/run_tree.h>
#include <sim/sched.h>
#include <sim/world.h>

#define HOLDER_HASH_MIN 16u
#define DIRTY_RUNS 64u
#define CALLS_MAX 512u

enum holder_kind {
	HOLDER_MM,
	HOLDER_USER,
	HOLDER_UCOUNTS,
};

struct ledger_holder {
	const void *key;		/* the struct; NULL once it is freed */
	enum holder_kind kind;
	struct mm_struct *mm;		/* by kind, while key stands */
	struct user_struct *user;
	struct ledger_holder *hash_next;
	struct ledger_holder *next;	/* of all that stand */
	struct ledger_holder **pprev;
	unsigned long nr_entries;	/* objects' entries that point here */

	long sum[BUCKET_NR];		/* pages that objects have charged, each object's net from zero up */
	long entered[BUCKET_NR];	/* all changes told so far; an object that goes takes nothing off */
	long dropped[BUCKET_NR];	/* pages that nobody will uncharge, by design */
	long mlocked;			/* pages by mlock and its kin, as the hook told */

	unsigned long map_walked;	/* of an mm: map_writes when its VMAs were walked last, plus one */
	long map_locked;		/* pages of VM_LOCKED VMAs, then */
	long seen[2];			/* of an mm: locked_vm and pinned_vm when they were compared last */

	bool dirty;			/* on the list of those to compare */
	struct ledger_holder *dirty_next;
	long gap[BUCKET_NR];		/* counter minus ledger, as last reported */
	unsigned long gap_step[BUCKET_NR];	/* the step of the last report */
	long negative[BUCKET_NR];	/* the counter, where last seen below zero; else 0 */
	unsigned long negative_step[BUCKET_NR];

	unsigned long call;		/* number of the call that touched it last */
	long before[BUCKET_NR];		/* entered then */
	long mlocked_before;
	struct ledger_holder *touched_next;
};

struct ledger_entry {
	struct ledger_holder *holder;
	enum ledger_bucket bucket;
	long pages;			/* charged minus uncharged */
};

#define OWN_ENTRIES 3

struct ledger_object {
	const char *kind;
	bool iopt_pages, io_ring;	/* it is of this kind */
	unsigned long id;
	struct ledger_object *parent;
	struct ledger_object *child;	/* the youngest */
	struct ledger_object *next;	/* sibling */
	struct ledger_object **pprev;
	struct ledger_object *pins_next;	/* of all that pin */
	struct ledger_object **pins_pprev;
	struct sim_run_tree pins;	/* frame -> times pinned by this object */
	long zero_pins;			/* of the zero page, wherever it counts them: belongs to nobody */
	bool whole_folios;
	bool disjoint;			/* its buckets hold different pages */
	void (*carried)(void *arg, struct sim_run_tree *frames);	/* of an object that stands for several */
	void *carried_arg;
	long elsewhere;			/* pages charged in a counter that is no bucket here */
	unsigned int nr_entries;
	unsigned int max_entries;
	struct ledger_entry *entry;
	struct ledger_entry own[OWN_ENTRIES];
};

/* A call under way, and what it has changed so far. */
struct accounting_call {
	const struct task_struct *task;
	const char *op;
	struct sim_actor *actor;
	bool alone;			/* no other call, nor deferred work, beside it */
	bool decreases_only;		/* what an unmap does */
	bool iopt_pages_only;
	bool io_ring_only;
	long pinned;			/* pins minus unpins */
	unsigned long pinned_frames;	/* sum of frame numbers pinned minus unpinned, wraps */
};

enum exception {
	EXCEPT_BALANCE_DEAD_MM,
	EXCEPT_BALANCE_DROPPED,
	EXCEPT_PINS_ZERO_PAGE,
	EXCEPT_FAILED_MLOCK,
	EXCEPT_FAILED_BISECT,
	EXCEPT_FAILED_CHANGE_PROCESS,
	EXCEPT_FAILED_URING_SETUP,
	EXCEPT_FAILED_DEAD_MM,
	EXCEPT_NR,
};

struct accounting {
	struct kernel kernel;

	struct ledger_holder **hash;		/* by key; grows with what stands, for a world is small as a rule */
	unsigned int hash_size;			/* a power of two */
	unsigned int nr_holders;
	struct ledger_holder *holders;
	struct ledger_holder *last[2];		/* looked up last, by HOLDER_MM and HOLDER_USER */
	struct ledger_holder *dirty;
	unsigned long any_dirty;
	bool dirty_hold;			/* in this round of checks: none of them has anything to tell */
	struct ledger_object *pinning;		/* objects that pin */
	struct ledger_object *unattributed;	/* for what __account_locked_vm() charges for code without objects */
	struct sim_run_tree pins;		/* frame -> times pinned by all objects */
	struct page_run dirty_run[DIRTY_RUNS];	/* pins changed since the last comparison */
	unsigned int nr_dirty_runs;		/* DIRTY_RUNS + 1: too many, compare all */
	unsigned long pin_gap;			/* frames whose counts differ, as last reported */

	struct accounting_call *call;
	unsigned int nr_calls, room_calls;
	unsigned long call_number;
	struct ledger_holder *touched;
	size_t reports_seen;			/* sim_reports() at the last check */

	unsigned long excepted[EXCEPT_NR];
	struct accounting_exception shown;	/* what accounting_exception() returned last */
};

static inline struct accounting *accounting(void)
{
	return sim_slot(SIM_SLOT_ACCOUNTING);
}

/* The record of @key, made where there is none; @kind by @bucket. */
struct ledger_holder *ledger_holder(enum ledger_bucket bucket, const void *key);
/* The same by kind; NULL where nothing was ever charged to it. */
struct ledger_holder *ledger_holder_find(const void *key);
/* To be compared at the next check; and done with. */
void ledger_holder_dirty(struct ledger_holder *holder);
void ledger_holder_clean(struct ledger_holder *holder);
/* A live mm (mm_users > 0) or a user that stands. */
bool ledger_holder_alive(const struct ledger_holder *holder);
/* "a.locked_vm", "user(1000).locked_vm" */
const char *ledger_holder_name(const struct ledger_holder *holder, enum ledger_bucket bucket, char *buf,
			       size_t size);
/* What the counter itself shows, in signed pages, without a scheduling point. */
long ledger_counter(const struct ledger_holder *holder, enum ledger_bucket bucket);
/* What it should show: charges, dropped ones, and the locked memory of an mm. */
long ledger_expected(struct ledger_holder *holder, enum ledger_bucket bucket);
void ledger_holder_gone(const void *key);

void accounting_excepted(enum exception exception);
/* Called before a holder's sums change: remembers what they were when the call began. */
void accounting_touch(struct ledger_holder *holder);
/* A change by @object in the running call. */
void accounting_call_entered(const struct ledger_object *object, long pages);
void accounting_call_pinned(const struct ledger_object *object, unsigned long frame, unsigned long nr, bool pin);
/* After the end of a call of @task's. */
void accounting_call_ended(const struct task_struct *task);

void accounting_invariants_register(void);
/* The refusal's check: would it fit by the ledger? */
void invariant_refused(enum ledger_bucket bucket, const struct ledger_holder *holder, unsigned long used,
		       unsigned long request, unsigned long limit);
/* After a charge that was tested against @limit. */
void invariant_charged(enum ledger_bucket bucket, const struct ledger_holder *holder, unsigned long limit);
/* @object has just unpinned these frames. */
void invariant_unpinned(const struct ledger_object *object, unsigned long frame, unsigned long nr);

#endif
