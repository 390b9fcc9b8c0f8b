/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ledger: a second opinion on every charge.
 *
 * Whoever charges registers the object that it charges for, and enters each
 * charge and uncharge by object and bucket, apart from the counters themselves.
 * The invariants then compare counters, ledger and pin counts.
 *
 * Objects form a tree (a container's dmas, a context's iopt_pages, a ring's
 * buffers): the observable VAR.charged is the sum below one object.
 */
#ifndef ACCOUNTING_LEDGER_H
#define ACCOUNTING_LEDGER_H

#include <stdbool.h>
#include <stddef.h>

struct mm_struct;
struct sim_digest;
struct sim_run_tree;
struct task_struct;
struct user_struct;

enum ledger_bucket {
	BUCKET_LOCKED_VM,	/* holder: mm_struct */
	BUCKET_PINNED_VM,	/* holder: mm_struct */
	BUCKET_USER_LOCKED_VM,	/* holder: user_struct */
	BUCKET_PERF_MLOCK,	/* holder: user_struct */
	BUCKET_UCOUNTS_MEMLOCK,	/* holder: ucounts */
	BUCKET_NR,
};

struct ledger_object;

/* @kind: static text ("vfio_dma", "iopt_pages", "io_mapped_ubuf"). @parent: or NULL. Never fails. */
struct ledger_object *ledger_object_create(const char *kind, struct ledger_object *parent);
/* At destruction charge and uncharge must balance (invariant object_balance), but for holders that are dead. */
void ledger_object_destroy(struct ledger_object *object);
/* The object charges every folio that it touches as a whole (io_uring): its pins carry their folios. */
void ledger_object_whole_folios(struct ledger_object *object);
/* What the object has in one bucket is never what it has in another (perf: allowance and excess). */
void ledger_object_disjoint(struct ledger_object *object);
/*
 * The object stands for several that pay apart (iopt/upstream: a container for its
 * dmas): @carried adds to @frames, by frame, what those pin that a live holder pays for.
 */
void ledger_object_parts(struct ledger_object *object, void (*carried)(void *arg, struct sim_run_tree *frames),
			 void *arg);
/*
 * @pages > 0: charged in a counter of the subsystem's own (KVM SEV's VM, locked_shm
 * up to 5.13), which no invariant compares; < 0: uncharged there.
 */
void ledger_elsewhere(struct ledger_object *object, long pages);
/*
 * @pages > 0: charged, < 0: uncharged; to be called where the counter changes,
 * with the lock held that protects it. @holder: by @bucket.
 */
void ledger_enter(struct ledger_object *object, enum ledger_bucket bucket, void *holder, long pages);
/*
 * Charges that were made for one object and now belong to another, the counter
 * unchanged (CHANGE_PROCESS charges a total, then hands it out).
 */
void ledger_move(struct ledger_object *from, struct ledger_object *to, enum ledger_bucket bucket, void *holder,
		 long pages);
/*
 * exec took @bucket of @old along to @new: what the objects of @kind have charged
 * there is charged to @new from now on.
 */
void ledger_carry(const char *kind, enum ledger_bucket bucket, void *old, void *new);
/*
 * The kernel gave up an uncharge by design and the counter keeps @pages for nobody
 * (type1: a fatal signal while it waited for mmap_lock). Not an uncharge.
 */
void ledger_dropped(struct ledger_object *object, enum ledger_bucket bucket, void *holder, long pages);
/* Net pages charged now for the object and all below it, in all buckets but pinned_vm where another carries them. */
long ledger_charged(const struct ledger_object *object);
/* Net pages in one bucket of one holder, over all objects. */
long ledger_bucket_pages(enum ledger_bucket bucket, const void *holder);

/*
 * What the object pins, for pin_count, pages.unaccounted and dma_pages: entered
 * beside each pin and unpin, by frame run. @pages > 0 pins.
 */
void ledger_pins(struct ledger_object *object, unsigned long frame, unsigned long nr, bool pin);

/* Adds who pays how much for the object and what it pins, without those below it (sim/digest.h). */
void ledger_digest(struct sim_digest *digest, const struct ledger_object *object);

/* pages.unaccounted: pinned pages that no live holder's bucket carries. */
unsigned long ledger_pages_unaccounted(void);

#endif
