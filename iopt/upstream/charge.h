/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the kernel's own files charge and pin, their words are led to these
 * (pages.c, type1.c): the same, with the entry in the ledger for the object that
 * it is for, and where a limit refuses, why.
 */
#ifndef UPSTREAM_CHARGE_H
#define UPSTREAM_CHARGE_H

#include <linux/mm.h>

struct iopt_pages;
struct ledger_object;

/* charge.c */
/* The ledger's object of the pages, made with its first charge or pin. */
struct ledger_object *upstream_pages_ledger(struct iopt_pages *pages);
/* They are freed. */
void upstream_pages_gone(struct iopt_pages *pages);
/* incr_user_locked_vm() asks for the limit, reads the counter, then tries to change it. */
unsigned long upstream_user_limit(struct iopt_pages *pages, unsigned long npages, const struct task_struct *task,
				  unsigned int limit);
long upstream_user_read(struct iopt_pages *pages, const atomic_long_t *locked_vm);
bool upstream_user_try_cmpxchg(struct iopt_pages *pages, const struct task_struct *task, atomic_long_t *locked_vm,
			       unsigned long *old, unsigned long new, unsigned long npages);
void upstream_user_sub(struct iopt_pages *pages, unsigned long npages, atomic_long_t *locked_vm);
void upstream_pinned_vm_add(struct iopt_pages *pages, long npages, atomic64_t *pinned_vm);
int upstream_account_locked_vm(struct ledger_object *object, const char *rule, struct mm_struct *mm,
			       unsigned long pages, bool inc, struct task_struct *task, bool bypass_rlim);

/* page.c */
int upstream_pin_fast(struct ledger_object *object, unsigned long start, int nr_pages, unsigned int gup_flags,
		      struct page **pages);
long upstream_pin_remote(struct ledger_object *object, struct mm_struct *mm, unsigned long start,
			 unsigned long nr_pages, unsigned int gup_flags, struct page **pages, int *locked);
void upstream_unpin(struct ledger_object *object, struct page **pages, unsigned long npages, bool make_dirty);
void upstream_unpin_range(struct ledger_object *object, struct page *page, unsigned long npages, bool make_dirty);

#endif
