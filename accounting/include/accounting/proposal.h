/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a proposal may change. A proposal is a row of accounting/proposals/table.h
 * and one file that fills a struct proposal; the rooms ask for a member where the
 * kernel would have the changed line, and no room knows which proposal it is.
 *
 * Every member may be left out: then it is as in the base kernel.
 */
#ifndef ACCOUNTING_PROPOSAL_H
#define ACCOUNTING_PROPOSAL_H

#include <stdbool.h>
#include <stddef.h>
#include <accounting/kernels.h>
#include <accounting/ledger.h>

struct charge_by;

/* Who pays for a mapping, as stored when it was made. */
struct payer {
	struct task_struct *task;	/* the thread group's leader: its limit counts */
	struct mm_struct *mm;
	struct user_struct *user;
	bool cap;			/* CAP_IPC_LOCK: counted without a test */
};

/* By which counter vfio type1 charges. */
struct charge_scheme {
	const char *rule;		/* for a refusal's words: "vfio type1, by user" */
	enum ledger_bucket bucket;	/* locked_vm, pinned_vm or the user's locked_vm */
	bool follows_task;		/* payer.mm is what the task has at the time, exec or not; else the mapper's */
	/*
	 * @pages > 0 charges, with a test unless payer->cap; < 0 uncharges. No mmap_lock
	 * held; a counter of an mm: the mm is held. NULL: account_locked_vm as released.
	 * 0; -ENOMEM, noted by charge_refused(); -EINTR.
	 */
	int (*charge)(const struct payer *payer, long pages, const struct charge_by *by);
};

struct iommufd_ctx;
struct page_run;

/* An argument of an operation that comes with a proposal. */
enum proposal_arg_type {
	PROPOSAL_ARG_END,
	PROPOSAL_ARG_NUMBER,	/* bytes, or a plain number */
	PROPOSAL_ARG_CONTAINER,	/* the caller's fd of a vfio container */
	PROPOSAL_ARG_TASK,	/* a struct task_struct * */
	PROPOSAL_ARG_OBJECT,	/* the number of an object that the proposal made */
};

struct proposal_arg {
	const char *name;
	enum proposal_arg_type type;
	bool optional;		/* as NAME=VALUE; ~0UL where it is not given */
};

#define PROPOSAL_ARGS_MAX 4

/* An operation of the language that only the proposal's kernel has. */
struct proposal_op {
	const char *name;
	const char *what;
	const char *source;
	bool makes_object;	/* the number returned is one's, for VAR; else VAR has the number itself */
	struct proposal_arg args[PROPOSAL_ARGS_MAX];
	/* On the calling task's actor; 0 or more, or -errno. */
	long (*run)(const unsigned long *arg);
};

struct proposal {
	const struct charge_scheme *type1;
	/* What a test compares in place of @mm's counter alone, in pages; @counter: that one. And how it is called. */
	unsigned long (*used)(const struct mm_struct *mm, unsigned long counter);
	const char *used_name;
	/*
	 * In place of mmap_lock and charge_locked_vm(), for every subsystem that charges
	 * locked_vm. No mmap_lock held. 0 or -errno; 1: as in the base, after all.
	 */
	int (*account_locked_vm)(struct mm_struct *mm, unsigned long pages, bool inc, bool bypass_rlim,
				 const struct charge_by *by);
	/* IOAS_CHANGE_PROCESS in place of the released one. 0 or -errno. */
	int (*change_process)(struct iommufd_ctx *ictx);
	/*
	 * May iommufd map the device memory at @va of @mm, which is then not pinned, and
	 * counted only if iommufd_device_charged() says so? And what stands behind up to
	 * @nr_pages from there, mmap_lock held for reading: the pages in *@run, or -errno.
	 */
	bool (*iommufd_device_memory)(struct mm_struct *mm, unsigned long va);
	bool (*iommufd_device_charged)(void);	/* NULL: it is not */
	long (*iommufd_device_frames)(struct mm_struct *mm, unsigned long va, unsigned long nr_pages, bool write,
				      struct page_run *run);
	/* MAP_DMA with the VADDR flag notes the address for later; UNMAP_DMA has no such flag. */
	bool type1_stages_vaddr;
	/* Operations that come with it. */
	const struct proposal_op *ops;
	size_t nr_ops;
	/* Its defects, as switches; kernel_rules()->defects says which are in. */
	const struct quirk *quirks;
	size_t nr_quirks;
	/* exec has installed @new; @old still stands, and is put next. Does it charge @new? */
	void (*exec)(struct task_struct *task, struct mm_struct *old, struct mm_struct *new);
	bool exec_charges;
	/* fork has made @new for @task, the child. */
	void (*fork)(struct task_struct *task, struct mm_struct *old, struct mm_struct *new);
	/* The mm is freed. */
	void (*mm_gone)(struct mm_struct *mm);
	/*
	 * A second limit on what is pinned, whoever pays: asked once a charge, after the
	 * test against RLIMIT_MEMLOCK, and given back with it. ENOMEM, noted. And on what
	 * is mlocked: asked before, told of what then changed.
	 */
	int (*pins_charge)(struct ledger_object *object, unsigned long pages);
	void (*pins_uncharge)(struct ledger_object *object, unsigned long pages);
	bool (*mlock_fits)(const struct mm_struct *mm, unsigned long pages);
	void (*mlock_changed)(struct mm_struct *mm, long pages);
};

/* Asked by every pinner where it charges, and gives back; nothing on a release. */
int pins_charge(struct ledger_object *object, unsigned long pages);
void pins_uncharge(struct ledger_object *object, unsigned long pages);

/* That of the kernel that this world runs; one without members for a release. */
const struct proposal *proposal(void);

#endif
