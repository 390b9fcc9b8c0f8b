/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine below the system calls: how a world's memory and tasks are set up,
 * by which version's rules they work, and which hooks the layer above fills.
 *
 * Neutral header: compiler types only, the kernel's structures stay opaque.
 */
#ifndef MM_MODEL_MACHINE_H
#define MM_MODEL_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

struct cred;
struct file;
struct mm_struct;
struct task_struct;
struct user_struct;

/* How GUP, fork and mlock differ by version: rows 28 to 34 of the kernel table. */
enum mm_zero_page_pin {
	GZ_REF,		/* <= 5.6: an ordinary reference, given back by unpin */
	GZ_PIN,		/* 5.7..6.4: 1024 references a pin, given back by unpin */
	GZ_NONE,	/* 6.5..: pin and unpin leave it alone */
};
enum mm_ro_unshare {
	G_NONE,		/* <= 5.18: takes whatever page is mapped */
	G_ANON,		/* 5.19..6.1: copies a non-exclusive anon page first */
	G_COW,		/* 6.2..: with LONGTERM also replaces zero and file pages of private mappings */
};
enum mm_fork_pinned {
	FK_NO,		/* <= 5.8: pinned pages are shared write-protected */
	FK_MM,		/* 5.9..5.18: copied if the mm ever pinned and refs >= 1024 */
	FK_EXCL,	/* 5.19..: copied if the mm ever pinned, anon-exclusive and maybe pinned */
};
enum mm_dontunmap { DU_NONE, DU_PART, DU_DBL, DU_OK };
enum mm_secretmem { SM_NONE, SM_VMA0, SM_VMA1, SM_USER };

struct mm_rules {
	enum mm_zero_page_pin zero_page_pin;
	enum mm_ro_unshare ro_unshare;
	enum mm_fork_pinned fork_pinned;
	enum mm_dontunmap dontunmap;
	bool dontunmap_any;		/* 5.13..: of shared memory and files, too */
	enum mm_secretmem secretmem;
	bool merge_faulted;		/* 6.16..: touched memory merges into an untouched neighbour */
	bool reuse_large_folio;		/* 6.15..: a part of a 2M folio is kept if one mm maps all that is left */
	bool mlock_overlap_counts;	/* <= 4.8: a range locked already is tested as if it were new */
	bool mlock_delta_is_int;	/* all but 6.12.117: 2^31 pages wrap the delta */
	bool droppable;			/* 6.11..: MAP_DROPPABLE */
	bool mmap_locks_unlockable;	/* K_3d: MAP_LOCKED counts what mlock would skip (droppable) */
};

/*
 * What accounting fills, so that mm_model includes nothing upward. A hook that is
 * NULL is not called. All are called with the lock that the kernel holds there.
 */
struct mm_hooks {
	/* The number mlock and friends compare with the limit, in pages; NULL: mm->locked_vm. mmap_lock held. */
	unsigned long (*mlock_used)(const struct mm_struct *mm);
	/* Another limit for what mlock and friends would lock; NULL: none. mmap_lock held for write. */
	bool (*mlock_fits)(const struct mm_struct *mm, unsigned long pages);
	/* mm->locked_vm changed for VM_LOCKED memory. mmap_lock held for write. */
	void (*mlock_charged)(struct mm_struct *mm, long pages);
	/*
	 * A limit refused: @used + @request > @limit, all in pages (no @request: it is 0); @why names the rule.
	 * @counted of @request are in @used already.
	 */
	void (*mlock_refused)(struct mm_struct *mm, const char *why, unsigned long used, unsigned long request,
			      unsigned long counted, unsigned long limit);
	/* After exec installed @new and before mmput(@old). */
	void (*exec)(struct task_struct *task, struct mm_struct *old, struct mm_struct *new);
	/* At the end of a fork without CLONE_VM, before the child runs. */
	void (*fork)(struct task_struct *parent, struct task_struct *child);
	/* A proposal whose hook charges the new mm on purpose: known exceptions of exec_counters and fork_counters. */
	bool exec_charges, fork_charges;
	/* The struct goes away (mm_count or refcount fell to zero). */
	void (*mm_free)(struct mm_struct *mm);
	void (*user_free)(struct user_struct *user);
	/*
	 * Memory has no content here. Who gives it one is told where the kernel would flush a TLB: entries of
	 * [@index, +@nr) (pages) were set or went; and where it would copy pages. page_table_lock held: no locks.
	 */
	void (*ptes_changed)(const struct mm_struct *mm, unsigned long index, unsigned long nr);
	void (*pages_copied)(unsigned long from_frame, unsigned long to_frame, unsigned long nr);
};

struct mm_config {
	struct mm_rules rules;
	struct mm_hooks hooks;
	unsigned long pages;		/* host memory in 4K pages; 0: as many as are asked for */
	unsigned long hugepages;	/* hugetlb pool in 2M pages; ~0ul: as many as are asked for */
	unsigned long contig_pages;	/* physical run that a touch allocates, in pages; 0: 1 */
	unsigned int cpus;		/* 0: 2 */
};

/* Builds SIM_SLOT_MM of sim_this. Once a world, before any task. */
void mm_machine_init(const struct mm_config *config);
const struct mm_rules *mm_rules(void);

/* Capability bits of the language; only these matter to accounting. */
enum {
	MM_CAP_IPC_LOCK = 1,
	MM_CAP_SYS_RESOURCE = 2,
	MM_CAP_SETUID = 4,
	MM_CAP_ALL = 8,		/* every other capability */
	MM_CAP_EVERY = 15,
};

#define MM_UNLIMITED (~0ul)	/* RLIM_INFINITY */

/*
 * A process that stands at the start: fresh mm, files, signal, its own actor.
 * Limits in bytes. @caps: permitted and effective set. Returns the leader task;
 * the caller holds no reference (the task stands until it exits).
 */
struct task_struct *mm_task_create(const char *name, unsigned int uid, unsigned long memlock_cur_bytes,
				   unsigned long memlock_max_bytes, unsigned int caps);

/*
 * Where the host side runs a task's work: on the task's own actor (sim_actor_submit), with current == task.
 * A task's actor stays valid after its exit.
 */
struct sim_actor *mm_task_actor(const struct task_struct *task);

/* The task whose actor runs now; NULL outside and on kernel threads. (The kernel world's `current`.) */
struct task_struct *mm_current(void);

/*
 * Observers. They hold no reference and stay valid for the world's life: what a
 * dead mm or a freed user last showed can still be read. Counts in pages, signed
 * as the kernel's fields read as 64-bit numbers.
 */
struct mm_record;	/* one mm, alive or dead */
struct user_record;	/* one uid's user_struct, if it stands */

bool mm_task_alive(const struct task_struct *task);
const char *mm_task_name(const struct task_struct *task);
unsigned int mm_task_uid(const struct task_struct *task);
/* Soft limit in bytes (the observable T.memlock). */
unsigned long mm_task_memlock_bytes(const struct task_struct *task);
/*
 * Soft and hard limit of a process, by its leader, with nobody asked: for a plan of
 * limits that stands in place of a file's own. Another thread than the leader
 * shares its process', and nothing happens.
 */
void mm_task_memlock_set(struct task_struct *task, unsigned long bytes);
/* The @k-th mm that the task has had, from 0; NULL where it has not had so many. */
const struct mm_record *mm_task_mm(const struct task_struct *task, unsigned int k);
/* How many it has had; its current, or once it has exited its last one is the highest. */
unsigned int mm_task_mms(const struct task_struct *task);
long mm_record_locked_vm(const struct mm_record *record);
long mm_record_pinned_vm(const struct mm_record *record);
bool mm_record_alive(const struct mm_record *record);	/* mm_users > 0 */
/* The task's user_struct; 0 once the task is gone and nobody has that uid. */
long mm_task_user_locked_vm(const struct task_struct *task);
/* 0 where no user_struct of that uid stands. */
long mm_user_locked_vm(unsigned int uid);
long mm_user_perf_mlock(unsigned int uid);
long mm_ucounts_memlock(unsigned int uid);
/* Distinct pages with at least one FOLL_PIN pin. */
unsigned long mm_pages_pinned(void);
/*
 * Pins of the page behind @va of the task's mm: the one that is mapped there, or the file's
 * page that a fault would find; 0 where none stands.
 */
unsigned long mm_task_pins(const struct task_struct *task, unsigned long va);
/*
 * The frame (its number, not where it lies: linux/mm_types.h) that the task reaches at @va by a load or, with
 * @write, a store, without a fault; -1 where that faults.
 */
long mm_task_frame(const struct task_struct *task, unsigned long va, bool write);
/* Is it the zero page, whose content nobody writes? */
bool mm_frame_is_zero(unsigned long frame);
/* The physical frame (phys >> 12) of that page, or -1 where none stands. */
long mm_task_pfn(const struct task_struct *task, unsigned long va);

#endif
