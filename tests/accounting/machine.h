/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's side of the accounting tests: single steps on `current`, made from
 * host code through acct_step(). Neutral header.
 */
#ifndef TESTS_ACCOUNTING_MACHINE_H
#define TESTS_ACCOUNTING_MACHINE_H

#include <stdbool.h>

struct ledger_object;
struct task_struct;

enum acct_step_kind {
	STEP_CHARGE_LOCKED,	/* charge_locked_vm(), mmap_lock taken around it */
	STEP_UNCHARGE_LOCKED,
	STEP_ACCOUNT_LOCKED,	/* account_locked_vm(), with flag: inc */
	STEP_ACCOUNT_NO_MM,
	STEP_CHARGE_USER,
	STEP_UNCHARGE_USER,
	STEP_UNCHARGE_USER_CHECKED,
	STEP_CHARGE_PINNED,
	STEP_UNCHARGE_PINNED,
	/* what no code may do: a counter changed behind the ledger's back */
	STEP_POKE_LOCKED,
	STEP_POKE_PINNED,
	STEP_POKE_USER,
	/* the lock-free charge of a mutant: reads, lets others run, writes */
	STEP_CHARGE_USER_RACY,
	/* real pins of pages of current, entered in the ledger (flag) or not */
	STEP_PIN,
	STEP_UNPIN,
	STEP_GET_USER,		/* a reference that nobody drops */
	STEP_DMA_MAP,		/* a device that reaches the pages of @va */
	STEP_DMA_UNMAP,		/* of the domain in acct_step.domain */
};

struct acct_step {
	enum acct_step_kind kind;
	struct ledger_object *object;
	unsigned long pages;
	unsigned long va;
	bool flag;
	const char *rule;
	void *domain;
	long ret;
	char refusal[200];	/* sim_refusal() after it, "" for none */
};

/* The body for sim_actor_submit(). */
void acct_step_run(void *arg);
/* The holders behind a task, for ledger_enter() and ledger_bucket_pages(). */
void *acct_mm_of(struct task_struct *task);
void *acct_user_of(struct task_struct *task);
/* After teardown: memory of the simulated kernel that nobody has freed is a violation. */
void acct_leak_check(void);

#endif
