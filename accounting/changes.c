// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where each difference between neighbouring rows of the table of kernels comes
 * from: the commit or mail that changed the rule. "weak" marks what was found by
 * comparing two trees and for which no commit was found, or whose release is known
 * from memory only.
 *
 * v6.12 is 6.12.117 and carries work from after 6.18: what it has and v6.14 has not
 * changed later, so that v6.14 "takes it back".
 */
#include <string.h>
#include <accounting/kernels.h>
#include "changes.h"

static const struct {
	int release;
	const char *cell;
	const char *from;
} changes[] = {
	{ RELEASE(5, 9), "GUP of the zero page", "FOLL_PIN (5.7 or 5.8); weak: two trees" },
	{ RELEASE(5, 9), "fork of pinned pages", "70e806e4e645" },
	{ RELEASE(5, 9), "mremap DONTUNMAP", "5.7; weak: release from memory" },
	{ RELEASE(5, 9), "io_uring ring memory", "309758254ea6" },
	{ RELEASE(5, 9), "io_uring buffers in pinned_vm", "309758254ea6" },
	{ RELEASE(5, 9), "perf mmap", "c4b75479741c and 003461559ef7 (hash from memory)" },
	{ RELEASE(5, 9), "perf_aux_close_leak", "'Fix the mlock accounting again' (5.5)" },
	{ RELEASE(5, 9), "vDPA", "5.7; weak: release from memory" },
	{ RELEASE(5, 10), "type1_mdev_add_pfn_leak", "2e6cfd496f5b" },
	{ RELEASE(5, 10), "hfi1_wrong_mm_fork", "3d2a9d642512 (CVE-2020-27835)" },
	{ RELEASE(5, 10), "io_uring fixed buffers", "de2939388be5" },
	{ RELEASE(5, 10), "uring_hpage_cross_buffer", "de2939388be5" },
	{ RELEASE(5, 15), "mremap DONTUNMAP of shared memory and files", "5.13: mm/mremap.c; measured on 6.18" },
	{ RELEASE(5, 15), "memfd_secret", "5.14; weak: two trees" },
	{ RELEASE(5, 15), "type1 VADDR update", "c3cbab24db38 (5.12)" },
	{ RELEASE(5, 15), "type1 pin granularity", "4d83de6da265 (5.12)" },
	{ RELEASE(5, 15), "io_uring ring memory", "26bfa89e25f4 (5.12)" },
	{ RELEASE(5, 15), "io_uring buffer update", "5.13; weak: release from memory" },
	{ RELEASE(5, 15), "shm_ucount_ref_fail_ok", "d7c9e99aee48 (5.14)" },
	{ RELEASE(5, 15), "SHM_LOCK", "d7c9e99aee48 (5.14)" },
	{ RELEASE(5, 15), "BPF charges memlock", "3ac1f01b43b6 and siblings (5.11)" },
	{ RELEASE(6, 0), "read-only pins unshare", "a7f226604170 (5.19)" },
	{ RELEASE(6, 0), "fork of pinned pages", "5.19; weak: two trees" },
	{ RELEASE(6, 0), "type1 foreign unmap", "ffed0518d871" },
	{ RELEASE(6, 0), "type1 zero page", "873aefb376bb" },
	{ RELEASE(6, 0), "type1 tells drivers", "6.0; weak: two trees" },
	{ RELEASE(6, 0), "io_uring SEND_ZC", "6.0; weak: release from memory" },
	{ RELEASE(6, 0), "shm_hugetlb_charge", "5.16 or 5.17; weak: two trees" },
	{ RELEASE(6, 0), "SEV moves between VMs", "5.16 or 5.17; weak: two trees" },
	{ RELEASE(6, 0), "VDUSE umem", "79a463be9e00" },
	{ RELEASE(6, 0), "zPCI interrupt forwarding", "6.0; weak: release from memory" },
	{ RELEASE(6, 0), "shm_ucount_ref_fail_ok", "'fix potential imbalanced rlimit ucounts adjustment' (5.18)" },
	{ RELEASE(6, 0), "SHM_LOCK", "e97824ff663c (5.18; hash from memory)" },
	{ RELEASE(6, 2), "read-only pins unshare", "84209e87c696" },
	{ RELEASE(6, 2), "type1 zero page", "84209e87c696" },
	{ RELEASE(6, 2), "iommufd", "new in 6.2" },
	{ RELEASE(6, 2), "iommufd_unpin_while_access", "as first merged" },
	{ RELEASE(6, 2), "iommufd_carry_order", "as first merged" },
	{ RELEASE(6, 2), "iommufd_carry_end_zero", "as first merged" },
	{ RELEASE(6, 2), "iommufd_uptr_wrap", "as first merged" },
	{ RELEASE(6, 2), "iommufd_split_stale_itree", "as first merged" },
	{ RELEASE(6, 2), "umem_force_write", "b40656aa7d55" },
	{ RELEASE(6, 3), "type1 charge", "046eca5018f8 and 18e292705ba2" },
	{ RELEASE(6, 3), "type1 foreign unmap", "046eca5018f8" },
	{ RELEASE(6, 3), "type1 VADDR update", "90fdd158a695 and ef3a3f6a294b" },
	{ RELEASE(6, 3), "iommufd_unpin_while_access", "727c28c1cef2" },
	{ RELEASE(6, 3), "iommufd_carry_order", "13a0d1ae7ee6" },
	{ RELEASE(6, 3), "iommufd_uptr_wrap", "e4395701330f" },
	{ RELEASE(6, 3), "siw", "65a8fc30fb67" },
	{ RELEASE(6, 3), "MSG_ZEROCOPY skips on infinity", "14ade6ba4120" },
	{ RELEASE(6, 6), "GUP of the zero page", "c8070b787519 (6.5)" },
	{ RELEASE(6, 6), "memfd_secret", "6.5; weak: two trees" },
	{ RELEASE(6, 6), "mdevs pin struct pages only", "weak: two trees" },
	{ RELEASE(6, 6), "vfio device cdev", "6.6; weak: release from memory" },
	{ RELEASE(6, 6), "iommufd unmap", "6.4; weak: two trees" },
	{ RELEASE(6, 6), "iommufd_carry_end_zero", "b7c822fa6b77 (6.5)" },
	{ RELEASE(6, 12), "mremap DONTUNMAP", "after 6.18 and in 6.12.y; weak: this tree only" },
	{ RELEASE(6, 12), "memfd_secret", "after 6.18 and in 6.12.y; measured" },
	{ RELEASE(6, 12), "mlock's delta is an int", "after 6.18 and in 6.12.y; weak: this tree only" },
	{ RELEASE(6, 12), "MAP_DROPPABLE", "6.11; weak: release from memory" },
	{ RELEASE(6, 12), "iommufd unmap", "afb47765f923 (6.18) and the cursor (later); both in 6.12.y; measured" },
	{ RELEASE(6, 12), "iommufd_split_stale_itree", "e7250ab7ca49 (CVE-2023-52801)" },
	{ RELEASE(6, 12), "io_uring clone_buffers", "new in 6.12" },
	{ RELEASE(6, 12), "clone_buffers asks for the same user and mm", "19d340a2988d (6.13 and in 6.12.y)" },
	{ RELEASE(6, 12), "perf mmap", "after 6.18 and in 6.12.y; measured" },
	{ RELEASE(6, 12), "siw", "476b7c7e00ec (6.8)" },
	{ RELEASE(6, 14), "mremap DONTUNMAP", "in 6.12.y and after 6.18" },
	{ RELEASE(6, 14), "memfd_secret", "in 6.12.y and after 6.18" },
	{ RELEASE(6, 14), "mlock's delta is an int", "in 6.12.y and after 6.18" },
	{ RELEASE(6, 14), "mmap locks what mlock skips", "6.11 to 6.18 and not in 6.12.y; weak: two trees" },
	{ RELEASE(6, 14), "iommufd unmap", "afb47765f923 is in 6.12.y and 6.18" },
	{ RELEASE(6, 14), "IOAS_MAP_FILE", "f4986a72d6e4 (6.13)" },
	{ RELEASE(6, 14), "IOAS_CHANGE_PROCESS", "829ed626499c and 051ae5aa73d7 (6.13)" },
	{ RELEASE(6, 14), "change_process_mm_dead", "as merged in 6.13; measured on 7.0" },
	{ RELEASE(6, 14), "change_process_none_p2", "as merged in 6.13; measured on 7.0" },
	{ RELEASE(6, 14), "change_process_lock_leak", "as merged in 6.13" },
	{ RELEASE(6, 14), "io_uring ring memory", "8078486e1d53 and 81a4058e0cd0" },
	{ RELEASE(6, 14), "io_uring counts a folio again within a call", "6.13; weak: from memory" },
	{ RELEASE(6, 14), "perf mmap", "in 6.12.y and after 6.18" },
	{ RELEASE(6, 18), "mremap DONTUNMAP", "between 6.14 and 6.18; weak: two trees" },
	{ RELEASE(6, 18), "touched VMAs merge into untouched ones", "6.16; measured on 6.18" },
	{ RELEASE(6, 18), "a write keeps a part of a large folio", "6.15; measured on 6.18" },
	{ RELEASE(6, 18), "type1 pin granularity", "6.17 and 6.18; weak: two trees" },
	{ RELEASE(6, 18), "type1 wrap errno", "6012379ede6a" },
	{ RELEASE(6, 18), "iommufd unmap", "afb47765f923" },
	{ RELEASE(6, 18), "perf buffers mapped ahead as frames", "6.15; measured on 6.18" },
	{ RELEASE(6, 18), "perf mmap", "between 6.14 and 6.18; weak: two trees" },
};

const char *change_source(const char *cell, int release)
{
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		if (changes[i].release == release && !strcmp(changes[i].cell, cell))
			return changes[i].from;
	return NULL;
}
