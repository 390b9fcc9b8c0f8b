// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The historic bugs (facts/kernel-versions.md §4), each a switch that puts one of
 * them back into the rules of a kernel that does not have it.
 *
 * A switch says no where the kernel has the bug already, lacks what the bug lives
 * in, or has something else that hides it: a refused name is an answer, a kernel
 * that silently behaves as before is not.
 */
#include <accounting/kernels.h>
#include <accounting/proposal.h>

/*
 * Up to 6.2 the mm that type1 charges is looked up anew each time, through the
 * task that mapped. Three of the reported bugs are this one rule.
 */
static bool charges_the_task(struct kernel_rules *rules)
{
	if (rules->type1.charge == T_TASK)
		return false;
	rules->type1.charge = T_TASK;
	rules->type1.unmap = X_TASK;
	return true;
}

/* 5.15.119 had the stored mm and the guard together, so it goes with either charge. */
static bool unmap_guard(struct kernel_rules *rules)
{
	if (rules->type1.unmap == X_GUARD)
		return false;
	rules->type1.unmap = X_GUARD;
	return true;
}

static bool vaddr_without_owner(struct kernel_rules *rules)
{
	if (rules->type1.vaddr != V_OWNER)
		return false;
	rules->type1.vaddr = V_BLOCK;
	return true;
}

/* Needs a GUP that still hands out the zero page, and counts a reference on it. */
static bool zero_page_leak(struct kernel_rules *rules)
{
	if (rules->type1.zero == Z_LEAK || rules->mm.ro_unshare == G_COW || rules->mm.zero_page_pin == GZ_NONE)
		return false;
	rules->type1.zero = Z_LEAK;
	return true;
}

static bool pin_one_by_one(struct kernel_rules *rules)
{
	if (rules->type1.pin == P_ONE)
		return false;
	rules->type1.pin = P_ONE;
	return true;
}

static bool notify_deadlock(struct kernel_rules *rules)
{
	if (rules->type1.notify == NT_LIST)
		return false;
	rules->type1.notify = NT_LIST;
	return true;
}

static bool unmap_warns_at_once(struct kernel_rules *rules)
{
	if (!rules->iommufd.present || rules->iommufd.unmap == N_WARN)
		return false;
	rules->iommufd.unmap = N_WARN;
	return true;
}

static bool empty_unmap_enoent(struct kernel_rules *rules)
{
	if (rules->iommufd.unmap != N_EMPTY && rules->iommufd.unmap != N_EMPTY_ADV)
		return false;
	rules->iommufd.unmap = N_RETRY;
	return true;
}

static bool unmap_no_advance(struct kernel_rules *rules)
{
	if (rules->iommufd.unmap != N_EMPTY_ADV)
		return false;
	rules->iommufd.unmap = N_EMPTY;
	return true;
}

static bool has_iommufd(struct kernel_rules *rules)
{
	return rules->iommufd.present;
}

/* A proposal's own has its own defects. */
static bool merged_change_process(const struct kernel_rules *rules)
{
	return rules->iommufd.change_process && !(rules->proposal && rules->proposal->change_process);
}

static bool has_change_process(struct kernel_rules *rules)
{
	return merged_change_process(rules);
}

static bool ring_p1_underflow(struct kernel_rules *rules)
{
	return rules->uring.ring == R_P3P1;
}

static bool p1_unlocked(struct kernel_rules *rules)
{
	if (rules->uring.ring != R_P3P1 || !rules->uring.ring_p1_locked)
		return false;
	rules->uring.ring_p1_locked = false;
	return true;
}

static bool hpage_cross_buffer(struct kernel_rules *rules)
{
	return rules->uring.buffers == B_POST;
}

static bool clone_foreign(struct kernel_rules *rules)
{
	if (!rules->uring.clone_buffers || !rules->uring.clone_checked)
		return false;
	rules->uring.clone_checked = false;
	return true;
}

static bool secretmem_vma_charge(struct kernel_rules *rules)
{
	if (rules->mm.secretmem != SM_USER)
		return false;
	rules->mm.secretmem = SM_VMA1;
	return true;
}

static bool fork_shares_pinned(struct kernel_rules *rules)
{
	if (rules->mm.fork_pinned == FK_NO)
		return false;
	rules->mm.fork_pinned = FK_NO;
	return true;
}

static bool gup_ro_shared(struct kernel_rules *rules)
{
	if (rules->mm.ro_unshare == G_NONE)
		return false;
	rules->mm.ro_unshare = G_NONE;
	return true;
}

static bool perf_shares_p3(struct kernel_rules *rules)
{
	if (rules->other.perf != PF_OWN)
		return false;
	rules->other.perf = PF_CLAMP;
	return true;
}

static bool perf_reattach_charge(struct kernel_rules *rules)
{
	return rules->other.perf != PF_REATT;
}

static bool perf_negative_extra(struct kernel_rules *rules)
{
	return rules->other.perf != PF_SPLIT;
}

static bool zerocopy_infinity_counts(struct kernel_rules *rules)
{
	if (!rules->other.zerocopy_infinity_skips)
		return false;
	rules->other.zerocopy_infinity_skips = false;
	return true;
}

/* The entries of a container were first counted in 5.1 (492855939bdb). */
static bool no_entry_limit(struct kernel_rules *rules)
{
	if (rules->type1.dma_entries_max == ~0u)
		return false;
	rules->type1.dma_entries_max = ~0u;
	return true;
}

/* 48d8476b41ee: the task of a dma was whoever mapped it, and is its thread group's leader since 4.18. */
static bool task_is_thread(struct kernel_rules *rules)
{
	if (rules->type1.task_is_thread)
		return false;
	rules->type1.task_is_thread = true;
	rules->type1.charge = T_TASK;
	rules->type1.unmap = X_TASK;
	return true;
}

static bool pfnmap_batch(struct kernel_rules *rules)
{
	return rules->type1.pin == P_BATCH;
}

static bool siw_check_add(struct kernel_rules *rules)
{
	if (rules->other.siw == S_CHK)
		return false;
	rules->other.siw = S_CHK;
	return true;
}

static bool siw_no_cap(struct kernel_rules *rules)
{
	if (rules->other.siw != S_UMEM)
		return false;
	rules->other.siw = S_ADD;
	return true;
}

static bool has_ucounts(struct kernel_rules *rules)
{
	return rules->other.shm != SH_USER;
}

static bool has_vdpa(struct kernel_rules *rules)
{
	return rules->other.vdpa;
}

static bool has_droppable(struct kernel_rules *rules)
{
	return rules->mm.droppable;
}

static bool dontunmap_partial(struct kernel_rules *rules)
{
	if (rules->mm.dontunmap != DU_OK && rules->mm.dontunmap != DU_DBL)
		return false;
	rules->mm.dontunmap = DU_PART;
	return true;
}

static bool dontunmap_double(struct kernel_rules *rules)
{
	if (rules->mm.dontunmap == DU_NONE || rules->mm.dontunmap == DU_DBL)
		return false;
	rules->mm.dontunmap = DU_DBL;
	return true;
}

#define FLAG(member) .flag = offsetof(struct kernel_rules, member)

static const struct quirk table[] = {
	{ "type1_exec_underflow",
	  "an uncharge goes to the mm that the mapping task has at that time, and does not stop at zero",
	  "046eca5018f8, which fixed it in 6.3 (CVE-2023-53171)",
	  "map 50, exec, unmap: locked_vm is -50, one warning, every later map ENOMEM (locked_vm_negative)",
	  charges_the_task },
	{ "type1_exec_steal",
	  "the same rule, where the new mm holds more than is uncharged: it takes from others' charge",
	  "046eca5018f8, which fixed it in 6.3 (CVE-2023-53171)",
	  "map 50, exec, mlock 60, unmap: locked_vm 10 while 60 are locked (locked_vm_ledger)",
	  charges_the_task },
	{ "type1_dead_leader",
	  "the same rule, where the mapping thread group's leader has exited and has no mm",
	  "reading 6.2; gone in 6.3 with 046eca5018f8",
	  "the leader thread exits, another thread maps: ESRCH",
	  charges_the_task },
	{ "type1_unmap_fork_guard",
	  "an unmap stops without an error at the first dma that another mm mapped",
	  "ffed0518d871, which removed it in 6.0; 5.15.119 kept it",
	  "map 50, fork, the child unmaps: 0 bytes, still pinned and charged",
	  unmap_guard },
	{ "type1_vaddr_free_ride",
	  "a VADDR update moves no charge to the new owner",
	  "90fdd158a695, which with 18e292705ba2 fixed it in 6.3",
	  "map 50, unmap VADDR, exec, map VADDR: locked_vm 0, a second limit's worth fits",
	  vaddr_without_owner },
	{ "type1_vaddr_blocks_mdev",
	  "an mdev's pin sleeps while a vaddr is invalid, as long as user space likes",
	  "ef3a3f6a294b, which fixed it in 6.3; da4f1c2e1c9c, a5ac1f816563, e592296cd6e1",
	  "mdev, unmap VADDR, mdev pin: waits until map VADDR or close",
	  vaddr_without_owner },
	{ "type1_zero_page_leak",
	  "the zero page of a read-only map counts as reserved, is pinned and never put",
	  "873aefb376bb, which fixed it in 6.0-rc5",
	  "map 100 untouched pages read-only, unmap: 100 pins of the zero page stay",
	  zero_page_leak },
	{ "type1_gup_error_partial",
	  "one GUP a page: the chunk before a bad page is charged and mapped before the error shows",
	  "reading 5.11; gone in 5.12 with 4d83de6da265",
	  "map 10 with a hole at page 6: 5 pages are charged and mapped for a moment, then EFAULT",
	  pin_one_by_one },
	{ "type1_mdev_add_pfn_leak",
	  "a page pinned for an mdev that cannot be noted for want of memory is given back by its note",
	  "2e6cfd496f5b, which fixed it in 5.10",
	  "mdev pin whose note cannot be allocated: a page stays pinned and charged (residue, leak)",
	  NULL, FLAG(type1.mdev_add_pfn_leak) },
	{ "type1_notify_deadlock",
	  "an unmap locks the list of mdevs under the container's lock, which their unpins take under the list's",
	  "reading 6.0 to 6.18, which have it; found by this model, no report known",
	  "two unmaps at a time of pages that mdevs hold: each has the lock that the other needs (deadlock)",
	  notify_deadlock },
	{ "type1_pfnmap_batch",
	  "a device frame that is left in a batch is looked up again in the batch's pages, where it never was",
	  "\"Empty batch for pfnmap pages\", within 5.12 (60c988bc1541 in -next)",
	  "map memory and a BAR behind it: the BAR's first page is the memory's (DEV.pfn, pin_count)",
	  pfnmap_batch, FLAG(type1.pfnmap_batch) },
	{ "type1_no_entry_limit",
	  "a container takes any number of mappings, each some kernel memory that no limit counts",
	  "492855939bdb, which fixed it in 5.1 (CVE-2019-3882)",
	  "65536 maps of one page: all succeed, and the last would be ENOSPC",
	  no_entry_limit },
	{ "type1_task_is_thread",
	  "a mapping is charged through the thread that made it, and a vCPU's thread ends before its guest",
	  "48d8476b41ee, which fixed it in 4.18",
	  "a thread maps and exits, another unmaps: the charge stays (locked_vm_ledger, residue)",
	  task_is_thread },
	{ "iommufd_unmap_warn_once",
	  "an unmap tells the accesses once, and warns if one pins again; an empty range is ENOENT, as it was then",
	  "reading 6.2 and 6.3; retried since 6.4",
	  "an access pins again while it is told to let go: EDEADLOCK and a warning",
	  unmap_warns_at_once },
	{ "iommufd_empty_unmap_enoent",
	  "the vfio container that iommufd serves refuses to unmap what is not mapped",
	  "afb47765f923, which fixed it in 6.18 and stable",
	  "vfio_unmap of an unused range: ENOENT",
	  empty_unmap_enoent },
	{ "iommufd_unmap_no_advance",
	  "an unmap starts over from its first IOVA each time it has dropped the lock",
	  "reading 6.2 to 6.18; 6.12.117 advances",
	  "another task maps behind the cursor: that map is removed as well",
	  unmap_no_advance },
	{ "iommufd_unpin_while_access",
	  "detaching the last domain unpins past the hole, pages of an access with it",
	  "727c28c1cef2, which fixed it in 6.3",
	  "a domain and an access that pins the middle page; detach: the page is unpinned (npinned_coverage)",
	  has_iommufd, FLAG(iommufd.unpin_while_access) },
	{ "iommufd_carry_order",
	  "a batch forgets how long its run was before it works out the page that it carries over",
	  "13a0d1ae7ee6, which fixed it in 6.3",
	  "16 contiguous pages, an access at 8, unmap: the wrong pages are unpinned (pin_count)",
	  has_iommufd, FLAG(iommufd.carry_order) },
	{ "iommufd_carry_end_zero",
	  "a carried page is not counted in its batch, so the next one overwrites it",
	  "b7c822fa6b77, which fixed it in 6.5",
	  "as carry_order with a small batch (npinned_coverage)",
	  has_iommufd, FLAG(iommufd.carry_end_zero) },
	{ "iommufd_uptr_wrap",
	  "the end of the user range may wrap",
	  "e4395701330f, which fixed it in 6.3",
	  "ioas_map near the end of the address space: a page count from the wrapped end",
	  has_iommufd, FLAG(iommufd.uptr_wrap) },
	{ "iommufd_split_stale_itree",
	  "splitting a filled area leaves its old range among those that hold pages, and adds neither half",
	  "e7250ab7ca49, which fixed it after 6.6 (CVE-2023-52801)",
	  "version 1 container: map 8, unmap 4: wrong pages unpinned later (npinned_coverage)",
	  has_iommufd, FLAG(iommufd.split_stale_itree) },
	{ "change_process_mm_dead",
	  "the uncharge of a dead mm fails after everything was switched",
	  "reading 6.13 to 6.18.2; measured on 7.0",
	  "process mode, map a file, exec, change_process: EINVAL, a warning, and the charge stays for good",
	  has_change_process, FLAG(iommufd.change_process_mm_dead) },
	{ "change_process_none_p2",
	  "mappings that charge nothing change their mm without moving its pinned_vm",
	  "reading 6.13 to 6.18.2; measured on 7.0",
	  "CAP_IPC_LOCK, map a file, exec, change_process, unmap: pinned_vm is negative (pinned_vm_negative)",
	  has_change_process, FLAG(iommufd.change_process_none_p2) },
	{ "change_process_lock_leak",
	  "an allocation failure leaves the IOAS just taken locked",
	  "reading 6.13 to 6.18.2",
	  "fail(alloc) in change_process: the next map of that IOAS hangs (lock_held, deadlock)",
	  has_change_process, FLAG(iommufd.change_process_lock_leak) },
	{ "uring_ring_p1_underflow",
	  "the mm is stored after the ring was charged and before it is given back: only the subtraction runs",
	  "6b7898eb180d, which fixed it in 5.9-rc3 (bugzilla 209025)",
	  "ring, close: locked_vm is minus the ring's pages (locked_vm_negative)",
	  ring_p1_underflow, FLAG(uring.ring_p1_underflow) },
	{ "uring_p1_unlocked",
	  "locked_vm is changed for a ring without mmap_lock",
	  "4bc4a912534a, which fixed it in 5.11",
	  "a ring made or closed beside an mlock: one update is lost (locked_vm_ledger, data_race)",
	  p1_unlocked },
	{ "uring_hpage_cross_buffer",
	  "a huge page that another buffer of the ring holds costs nothing, and goes with the first holder",
	  "a report of January 2026, as a bypass of the limit",
	  "two buffers in one huge page, unregister the first: 0 charged, pages pinned (pages.unaccounted)",
	  hpage_cross_buffer, FLAG(uring.hpage_cross_buffer) },
	{ "uring_clone_foreign",
	  "buffers may be cloned to a ring of another user or mm, which then gives back what it never paid",
	  "19d340a2988d, which fixed it in 6.13 and 6.12.y",
	  "clone to a ring of another user, close both: its count is negative (user_locked_vm_negative)",
	  clone_foreign },
	{ "perf_shares_p3",
	  "the allowance of perf lies in the count that others charge and are tested by",
	  "reading 5.4 to 6.18.2; a count of its own in 6.12.117",
	  "io_uring holds the allowance's pages: perf mmap 1 goes to pinned_vm",
	  perf_shares_p3 },
	{ "perf_reattach_charge",
	  "a buffer that is mapped again is charged to the user again, and given back once",
	  "reading 6.18.2; 6.14 has it not",
	  "mmap 8, mmap 8, munmap both: 9 stay charged (object_balance, user_ledger)",
	  perf_reattach_charge, FLAG(other.perf_reattach_charge) },
	{ "perf_negative_extra",
	  "a user above the allowance gets less than nothing of it, and pinned_vm the difference",
	  "003461559ef7, which fixed it in 5.6",
	  "the user's count 10 above the allowance, mmap 7: the count falls by 10, pinned_vm grows by 18",
	  perf_negative_extra, FLAG(other.perf_negative_extra) },
	{ "perf_double_charge",
	  "the user's count takes the whole buffer, and pinned_vm the excess once more",
	  "d44248a41337, which changed it in 5.4",
	  "allowance 129, mmap 199: 200 in the user's count and 71 in pinned_vm",
	  NULL, FLAG(other.perf_double_charge) },
	{ "perf_aux_close_leak",
	  "the user's part of an AUX area that was split is never given back",
	  "\"perf/core: Fix the mlock accounting, again\", which fixed it in 5.5 and 5.4.y",
	  "3 pages of the allowance left, AUX mmap 8, munmap: 3 stay charged to the user (object_balance)",
	  NULL, FLAG(other.perf_aux_close_leak) },
	{ "perf_close_wrong_mm",
	  "what a buffer has in pinned_vm is taken off the mm that unmaps it last",
	  "reading 5.4 to 6.18.2; no report known",
	  "two processes map one event's buffer, the second unmaps last: its pinned_vm is negative (wrong_bucket)",
	  NULL, FLAG(other.perf_close_wrong_mm) },
	{ "zerocopy_infinity_counts",
	  "a sender without a limit is charged, so that a limited one of the same user is refused",
	  "14ade6ba4120, which fixed it in 6.3",
	  "unlimited sendmsg_zerocopy, then io_uring by a limited task of that uid: ENOMEM",
	  zerocopy_infinity_counts },
	{ "xdp_partial_pin_leak",
	  "a umem that could be pinned in part gives back only that part's charge",
	  "reading 5.3 to 6.18.2; no report known",
	  "register 100 pages of which 30 are mapped: ENOMEM, and 70 stay charged to the user (failed_call_residue)",
	  NULL, FLAG(other.xdp_partial_pin_leak) },
	{ "usnic_partial_pin_leak",
	  "a region whose pin fails gives back only what was not pinned yet",
	  "reading 5.4 to 6.18.2; no report known",
	  "600 pages, the second batch fails: 512 stay in pinned_vm (failed_call_residue)",
	  NULL, FLAG(other.usnic_partial_pin_leak) },
	{ "hfi1_wrong_mm_fork",
	  "a child that uses its parent's hfi1 pins its own pages and is counted in the parent's mm",
	  "3d2a9d642512, which fixed it in 5.10 (CVE-2020-27835)",
	  "open, fork, the child pins: pinned_vm of the parent grows; from 5.10 on EPERM",
	  NULL, FLAG(other.hfi1_wrong_mm) },
	{ "hfi1_mm_uaf",
	  "hfi1 lets go of the mm, perhaps for the last time, before it takes the pages off its count",
	  "a fix posted in April 2022 for 5.10 to 5.17; in which release it came is not known, so no row has it",
	  "register, exit: the count of a freed mm is changed (use_after_free)",
	  NULL, FLAG(other.hfi1_mm_uaf) },
	{ "umem_force_write",
	  "a memory region that is only read is pinned for writing, by force",
	  "b40656aa7d55, which fixed it in 6.2",
	  "rdma_reg_mr prot=r of memory shared over fork: the parent gets a copy of its own (T.pfn)",
	  NULL, FLAG(other.umem_force_write) },
	{ "siw_no_cap",
	  "no capability helps over siw's limit",
	  "476b7c7e00ec, which made siw use ib_umem_get in 6.8",
	  "CAP_IPC_LOCK, limit 10: siw reg 20 is ENOMEM",
	  siw_no_cap },
	{ "siw_check_add_race",
	  "siw looks first and adds later, so two registrations pass one limit",
	  "65a8fc30fb67, which fixed it in 6.3",
	  "two regs of 60 beside a limit of 100: both succeed (over the limit)",
	  siw_check_add },
	{ "vdpa_map_fail_mismatch",
	  "a mapping is charged up front, and a run that cannot be mapped gives back another number, and no pins",
	  "7ed9e3d97c32, ad89653f79f1 (5.9, 5.10)",
	  "runs of 4, 3 and 3, the second fails: success, pinned_vm -4, 6 pages stay pinned (pinned_vm_negative)",
	  has_vdpa, FLAG(other.vdpa_map_fail_mismatch) },
	{ "spapr_table_leak",
	  "a table is charged by what it may grow to, and gives back what was allocated for it, or nothing",
	  "reading 6.12.117; no report known",
	  "tce_create of two levels, tce_remove: half stays charged (object_balance)",
	  NULL, FLAG(other.spapr_table_leak) },
	{ "shm_ucount_ref_fail_ok",
	  "SHM_LOCK reports success where the reference on the ucounts fails, and an infinite limit was not tested",
	  "\"mm/mlock: fix potential imbalanced rlimit ucounts adjustment\", 5.18 (e97824ff663c)",
	  "unlimited, the reference fails: locked for nothing; SHM_UNLOCK takes it off the count (ucounts negative)",
	  has_ucounts, FLAG(other.shm_ref_fail_ok) },
	{ "shm_hugetlb_charge",
	  "huge segments of who may not have them are charged in the pool of SHM_LOCK for their whole life",
	  "by design up to 5.15",
	  "limit 512: shmget of 2M huge, then SHM_LOCK of one page is ENOMEM",
	  NULL, FLAG(other.shm_hugetlb_charge) },
	{ "dontunmap_partial",
	  "MREMAP_DONTUNMAP of a part unlocks the whole old VMA, whose rest stays counted",
	  "reading 5.8 to 6.14; 6.12.117 parts the VMA first",
	  "mlock 8, mremap DONTUNMAP 4, munmap all: locked_vm 4 (locked_vm_ledger)",
	  dontunmap_partial },
	{ "dontunmap_double",
	  "MREMAP_DONTUNMAP counts what it moved again",
	  "reading 6.18.2; no report known",
	  "mlock 8, DONTUNMAP 8: locked_vm 16 (locked_vm_ledger)",
	  dontunmap_double },
	{ "droppable_locked_by_mmap",
	  "mmap locks and counts what mlock and munlock pass over",
	  "reading 6.12.0 to 6.18.2; 6.12.117 asks the same question in both",
	  "mlockall future, mmap droppable 4: locked_vm 4, and munlock changes nothing",
	  has_droppable, FLAG(mm.mmap_locks_unlockable) },
	{ "mlock_overlap_counts",
	  "what is locked already counts once more in the test of the next mlock",
	  "0cf2f6f6dc60, which fixed it in 4.9",
	  "limit 10: mlock 8, mlock the same 8: ENOMEM",
	  NULL, FLAG(mm.mlock_overlap_counts) },
	{ "secretmem_vma_charge",
	  "memfd_secret is charged by VMA, not by the pages that the file holds",
	  "reading 5.14 to 6.18.2; by user in 6.12.117",
	  "map and touch 10, munmap: locked_vm 0, 10 pages still held",
	  secretmem_vma_charge },
	{ "mlock_delta_int",
	  "mlock counts its pages in 32 bits",
	  "reading 5.4 to 6.18.2; long in 6.12.117",
	  "mlock of 8 TiB: locked_vm wraps (locked_vm_ledger)",
	  NULL, FLAG(mm.mlock_delta_is_int) },
	{ "fork_shares_pinned",
	  "fork leaves pinned pages shared, so a later write parts the device from its task",
	  "70e806e4e645, since which fork copies them (5.9)",
	  "pin, fork, the parent writes: DEV.pfn and T.pfn differ",
	  fork_shares_pinned },
	{ "gup_ro_shared",
	  "a long-term read-only pin takes a page that is shared or not the task's own",
	  "a7f226604170 (5.19) and, for file and zero pages, 84209e87c696 (6.2)",
	  "map read-only after fork, write: DEV.pfn and T.pfn differ",
	  gup_ro_shared },
};

size_t historic_bugs(void)
{
	return sizeof(table) / sizeof(table[0]);
}

const struct quirk *historic_bug_at(size_t index)
{
	return index < historic_bugs() ? &table[index] : NULL;
}
