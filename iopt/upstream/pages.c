// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's drivers/iommu/iommufd/pages.c, as it is. Where it charges and pins,
 * its iopt_pages is at hand under the name of `pages`: so each entry in the ledger
 * is for that object (charge.c).
 */
#include <linux/highmem.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/kthread.h>
#include <linux/overflow.h>
#include <linux/sched/mm.h>
#include <linux/sched/user.h>
#include <linux/slab.h>
#include "charge.h"

#define LEDGER upstream_pages_ledger(pages)
#define task_rlimit(task, limit) upstream_user_limit(pages, npages, task, limit)
#define atomic_long_read(v) upstream_user_read(pages, v)
#define atomic_long_try_cmpxchg(v, old, new) \
	upstream_user_try_cmpxchg(pages, pages->source_task, v, old, new, npages)
#define atomic_long_sub(nr, v) upstream_user_sub(pages, nr, v)
#define atomic64_add(nr, v) upstream_pinned_vm_add(pages, (long)(nr), v)
#define atomic64_sub(nr, v) upstream_pinned_vm_add(pages, -(long)(nr), v)
#define __account_locked_vm(mm, nr, inc, task, bypass) \
	upstream_account_locked_vm(LEDGER, "iommufd, process mode", mm, nr, inc, task, bypass)
#define pin_user_pages_fast(start, nr, flags, list) upstream_pin_fast(LEDGER, start, nr, flags, list)
#define pin_user_pages_remote(mm, start, nr, flags, list, locked) \
	upstream_pin_remote(LEDGER, mm, start, nr, flags, list, locked)
#define unpin_user_pages(list, nr) upstream_unpin(LEDGER, list, nr, false)
#define unpin_user_page(page) upstream_unpin(LEDGER, (struct page *[]){ page }, 1, false)
#define unpin_user_page_range_dirty_lock(page, nr, dirty) upstream_unpin_range(LEDGER, page, nr, dirty)
/* the last of their references that iopt_release_pages() drops */
#define free_uid(user) (upstream_pages_gone(pages), free_uid(user))

#include <drivers/iommu/iommufd/pages.c>
