/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iommufd keeps its charges with these operations on user_struct::locked_vm and
 * mm_struct::pinned_vm, and uses them for nothing else. Each that takes effect is
 * entered in the ledger in the same step (iopt/upstream/charge.c).
 */
#ifndef _UPSTREAM_ATOMIC_H
#define _UPSTREAM_ATOMIC_H

#include_next <linux/atomic.h>

bool upstream_user_try_cmpxchg(atomic_long_t *locked_vm, unsigned long *old, unsigned long new);
void upstream_user_sub(unsigned long pages, atomic_long_t *locked_vm);
void upstream_pinned_vm_add(long pages, atomic64_t *pinned_vm);

#define atomic_long_try_cmpxchg(v, old, new) upstream_user_try_cmpxchg(v, old, new)
#define atomic_long_sub(pages, v) upstream_user_sub(pages, v)
#define atomic64_add(pages, v) upstream_pinned_vm_add((long)(pages), v)
#define atomic64_sub(pages, v) upstream_pinned_vm_add(-(long)(pages), v)

#endif
