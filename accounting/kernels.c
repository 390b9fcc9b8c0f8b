// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of kernels.
 *
 * A row is a whole machine: the rules of every subsystem as that release has
 * them, its bugs included. The cells are those of facts/kernel-versions.md §1; the
 * rows v5.9 and v6.0 come from its §3 (a change belongs to the first release named
 * there), v7.0 from §7 and, where that is silent, from v6.18. Rows other than
 * v6.12 stand for the mainline .0: where the tree that was read had a stable fix
 * already, the cell is that of .0 (e7250ab7ca49 is in 6.6.9 and not in 6.6.0).
 *
 * v6.12 is out of line: 6.12.117 carries work from after 6.18, so what it has and
 * v6.14 has not (PF_OWN, SM_USER, N_EMPTY_ADV, ...) is no mistake.
 *
 * Everything here is constant. A quirk changes a copy of a row's rules.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <accounting/kernels.h>
#include <accounting/proposal.h>
#include "changes.h"

/* Rows 32, 33, 34, 30, 27, 29 of the matrix. */
#define MM(zero_pin, unshare, fork, mremap, secret, delta_int, locks_all)				\
	.mm = {												\
		.zero_page_pin = zero_pin, .ro_unshare = unshare, .fork_pinned = fork,			\
		.dontunmap = mremap, .secretmem = secret, .mlock_delta_is_int = delta_int,		\
		.mmap_locks_unlockable = locks_all,							\
	}
/* Rows 1, 2, 3, 5, 6, 7; row 4 is the same everywhere. */
#define TYPE1(to, foreign, update, pins, zero_page, wrap, told)						\
	.type1 = {											\
		.charge = to, .unmap = foreign, .vaddr = update, .pin = pins,				\
		.zero = zero_page, .overflow = wrap, .notify = told, .dma_entries_max = 65535,		\
	}
#define RING(memory, bufs, p2) .ring = memory, .buffers = bufs, .buffers_pinned_vm = p2
#define OTHER(perf_mmap, shm_lock) 							\
	.perf = perf_mmap, .shm = shm_lock, .xdp_partial_pin_leak = true,				\
	.usnic_partial_pin_leak = true, .perf_close_wrong_mm = true, .spapr_table_leak = true

#define SINCE_6_0 .sev_moves = true, .vduse_umem = true, .zpci_aif = true

#define CHANGE_PROCESS_AS_MERGED									\
	.map_file = true, .change_process = true, .change_process_mm_dead = true,			\
	.change_process_none_p2 = true, .change_process_lock_leak = true

/* The rules of releases that proposals build on. */
#define RULES_V6_2	\
	MM(GZ_PIN, G_COW, FK_EXCL, DU_PART, SM_VMA0, true, false), .mm.dontunmap_any = true, \
	TYPE1(T_TASK, X_TASK, V_BLOCK, P_BATCH, Z_COW, O_INVAL, NT_LIST), \
	.iommufd = { .present = true, .unmap = N_WARN, .unpin_while_access = true, .carry_order = true, \
		     .carry_end_zero = true, .uptr_wrap = true, .split_stale_itree = true }, \
	.uring = { RING(R_FREE, B_POST, true), .register_update = true, .send_zc = true, \
		   .hpage_cross_buffer = true }, \
	.other = { OTHER(PF_CLAMP, SH_UC18), .siw = S_CHK, SINCE_6_0, .vdpa = true }
#define RULES_V6_12	\
	MM(GZ_NONE, G_COW, FK_EXCL, DU_OK, SM_USER, false, false), .mm.dontunmap_any = true, .mm.droppable = true, \
	TYPE1(T_MM, X_MM, V_OWNER, P_BATCH, Z_COW, O_INVAL, NT_LIST), \
	.type1.mdev_pages_only = true, \
	.iommufd = { .present = true, .vfio_cdev = true, .unmap = N_EMPTY_ADV }, \
	.uring = { RING(R_FREE, B_POST, true), .register_update = true, .send_zc = true, \
		   .clone_buffers = true, .clone_checked = true, .hpage_cross_buffer = true }, \
	.other = { OTHER(PF_OWN, SH_UC18), .siw = S_UMEM, SINCE_6_0, .zerocopy_infinity_skips = true, .vdpa = true }
#define RULES_V6_18	\
	MM(GZ_NONE, G_COW, FK_EXCL, DU_DBL, SM_VMA1, true, true), .mm.dontunmap_any = true, .mm.droppable = true, \
	.mm.merge_faulted = true, .mm.reuse_large_folio = true, \
	TYPE1(T_MM, X_MM, V_OWNER, P_RUN, Z_COW, O_OVF, NT_LIST), \
	.type1.mdev_pages_only = true, \
	.iommufd = { .present = true, .vfio_cdev = true, .unmap = N_EMPTY, CHANGE_PROCESS_AS_MERGED }, \
	.uring = { RING(R_REGION, B_POST, true), .register_update = true, .send_zc = true, \
		   .clone_buffers = true, .clone_checked = true, .hpage_cross_buffer = true, \
		   .hpage_again_in_call = true }, \
	.other = { OTHER(PF_REATT, SH_UC18), .perf_maps_ahead = true, .siw = S_UMEM, SINCE_6_0, \
		   .zerocopy_infinity_skips = true, .vdpa = true }

#define PROPOSAL(id, ...) extern const struct proposal id;
#include "proposals/table.h"
#undef PROPOSAL

/* A proposal says again what it has otherwise than its base. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct kernel table[] = {
{
	.name = "v5.4", .release = RELEASE(5, 4), .what = "5.4.0", .source = "MrJu/linux-5.4@1a2943d8a64f",
	.rules = {
		MM(GZ_REF, G_NONE, FK_NO, DU_NONE, SM_NONE, true, false),
		TYPE1(T_TASK, X_GUARD, V_NONE, P_ONE, Z_LEAK, O_INVAL, NT_CHAIN),
		.type1.mdev_add_pfn_leak = true,
		.uring = { RING(R_P3, B_PRE, false) },
		.other = { OTHER(PF_SPLIT, SH_USER), .siw = S_CHK, .hfi1_wrong_mm = true,
			   .umem_force_write = true, .shm_hugetlb_charge = true,
			   .perf_aux_close_leak = true, .bpf_memlock = true },
	},
}, {
	.name = "v5.9", .release = RELEASE(5, 9), .what = "5.9.0",
	.source = "the trees of 5.8.1 and 5.9.2 (elshadaghazade/linux-5.9.2@914b6505c436)",
	.rules = {
		MM(GZ_PIN, G_NONE, FK_MM, DU_PART, SM_NONE, true, false),
		TYPE1(T_TASK, X_GUARD, V_NONE, P_ONE, Z_LEAK, O_INVAL, NT_CHAIN),
		.type1.mdev_add_pfn_leak = true,
		.uring = { RING(R_P3P1, B_PRE, true) },
		.other = { OTHER(PF_CLAMP, SH_USER), .siw = S_CHK, .hfi1_wrong_mm = true,
			   .umem_force_write = true, .shm_hugetlb_charge = true,
			   .vdpa = true, .bpf_memlock = true },
	},
}, {
	.name = "v5.10", .release = RELEASE(5, 10), .what = "5.10.0", .source = "ejga2001/linux-5.10.7@d71d8a767497",
	.rules = {
		MM(GZ_PIN, G_NONE, FK_MM, DU_PART, SM_NONE, true, false),
		TYPE1(T_TASK, X_GUARD, V_NONE, P_ONE, Z_LEAK, O_INVAL, NT_CHAIN),
		.uring = { RING(R_P3P1, B_POST, true), .hpage_cross_buffer = true },
		.other = { OTHER(PF_CLAMP, SH_USER), .siw = S_CHK, .umem_force_write = true, .shm_hugetlb_charge = true,
			   .vdpa = true, .bpf_memlock = true },
	},
}, {
	.name = "v5.15", .release = RELEASE(5, 15), .what = "5.15.0",
	.source = "yuqi-lee/fastswap-linux-5.15.16@2b8adacbe817",
	.rules = {
		MM(GZ_PIN, G_NONE, FK_MM, DU_PART, SM_VMA0, true, false), .mm.dontunmap_any = true,
		TYPE1(T_TASK, X_GUARD, V_BLOCK, P_BATCH, Z_LEAK, O_INVAL, NT_CHAIN),
		.uring = { RING(R_FREE, B_POST, true), .register_update = true, .hpage_cross_buffer = true },
		.other = { OTHER(PF_CLAMP, SH_UC14), .siw = S_CHK, .umem_force_write = true,
			   .shm_ref_fail_ok = true, .shm_hugetlb_charge = true,
			   .vdpa = true },
	},
}, {
	.name = "v6.0", .release = RELEASE(6, 0), .what = "6.0.0",
	.source = "the trees of 6.0-rc1 (sun363587351/linux-6.0@749944cf5c23) and 6.1-rc7; ffed0518d871, 873aefb376bb",
	.rules = {
		MM(GZ_PIN, G_ANON, FK_EXCL, DU_PART, SM_VMA0, true, false), .mm.dontunmap_any = true,
		TYPE1(T_TASK, X_TASK, V_BLOCK, P_BATCH, Z_DROP, O_INVAL, NT_LIST),
		.uring = { RING(R_FREE, B_POST, true), .register_update = true, .send_zc = true,
			   .hpage_cross_buffer = true },
		.other = { OTHER(PF_CLAMP, SH_UC18), .siw = S_CHK, .umem_force_write = true, SINCE_6_0, .vdpa = true },
	},
}, {
	.name = "v6.1", .release = RELEASE(6, 1), .what = "6.1.0",
	.source = "tianrenz2/linux-6.1.0@7c210bc387c3 (6.1-rc7)",
	.rules = {
		MM(GZ_PIN, G_ANON, FK_EXCL, DU_PART, SM_VMA0, true, false), .mm.dontunmap_any = true,
		TYPE1(T_TASK, X_TASK, V_BLOCK, P_BATCH, Z_DROP, O_INVAL, NT_LIST),
		.uring = { RING(R_FREE, B_POST, true), .register_update = true, .send_zc = true,
			   .hpage_cross_buffer = true },
		.other = { OTHER(PF_CLAMP, SH_UC18), .siw = S_CHK, .umem_force_write = true, SINCE_6_0, .vdpa = true },
	},
}, {
	.name = "v6.2", .release = RELEASE(6, 2), .what = "6.2.0",
	.source = "daniellucs2002/linux-6.2.1-customized@52c70098cb4d (6.2.1)",
	.rules = { RULES_V6_2 },
}, {
	.name = "v6.3", .release = RELEASE(6, 3), .what = "6.3.0", .source = "SToPire/linux-6.3.8@15edfdde6504",
	.rules = {
		MM(GZ_PIN, G_COW, FK_EXCL, DU_PART, SM_VMA0, true, false), .mm.dontunmap_any = true,
		TYPE1(T_MM, X_MM, V_OWNER, P_BATCH, Z_COW, O_INVAL, NT_LIST),
		.iommufd = { .present = true, .unmap = N_WARN, .carry_end_zero = true, .split_stale_itree = true },
		.uring = { RING(R_FREE, B_POST, true), .register_update = true, .send_zc = true,
			   .hpage_cross_buffer = true },
		.other = { OTHER(PF_CLAMP, SH_UC18), .siw = S_ADD, SINCE_6_0,
			   .zerocopy_infinity_skips = true, .vdpa = true },
	},
}, {
	.name = "v6.6", .release = RELEASE(6, 6), .what = "6.6.0",
	.source = "mihaelbh/adding-new-sched-policy-to-linux-6.6.9@ad8d9458f5c4",
	.rules = {
		MM(GZ_NONE, G_COW, FK_EXCL, DU_PART, SM_VMA1, true, false), .mm.dontunmap_any = true,
		TYPE1(T_MM, X_MM, V_OWNER, P_BATCH, Z_COW, O_INVAL, NT_LIST),
		.type1.mdev_pages_only = true,
		.iommufd = { .present = true, .vfio_cdev = true, .unmap = N_RETRY, .split_stale_itree = true },
		.uring = { RING(R_FREE, B_POST, true), .register_update = true, .send_zc = true,
			   .hpage_cross_buffer = true },
		.other = { OTHER(PF_CLAMP, SH_UC18), .siw = S_ADD, SINCE_6_0,
			   .zerocopy_infinity_skips = true, .vdpa = true },
	},
}, {
	.name = "v6.12", .release = RELEASE(6, 12), .what = "6.12.117, measured",
	.source = "Debian package linux-source-6.12",
	.rules = { RULES_V6_12 },
}, {
	.name = "v6.14", .release = RELEASE(6, 14), .what = "6.14.0", .source = "perishh/linux-6.14@16b95dcdf585",
	.rules = {
		MM(GZ_NONE, G_COW, FK_EXCL, DU_PART, SM_VMA1, true, true), .mm.dontunmap_any = true,
		.mm.droppable = true,
		TYPE1(T_MM, X_MM, V_OWNER, P_BATCH, Z_COW, O_INVAL, NT_LIST),
		.type1.mdev_pages_only = true,
		.iommufd = { .present = true, .vfio_cdev = true, .unmap = N_RETRY, CHANGE_PROCESS_AS_MERGED },
		.uring = { RING(R_REGION, B_POST, true), .register_update = true, .send_zc = true,
			   .clone_buffers = true, .clone_checked = true, .hpage_cross_buffer = true,
			   .hpage_again_in_call = true },
		.other = { OTHER(PF_CLAMP, SH_UC18), .siw = S_UMEM, SINCE_6_0,
			   .zerocopy_infinity_skips = true, .vdpa = true },
	},
}, {
	.name = "v6.18", .release = RELEASE(6, 18), .what = "6.18.0",
	.source = "gfunkmonk/linux-6.18.2@57dc26c98e5e (6.18.2)",
	.rules = { RULES_V6_18 },
}, {
	.name = "v7.0", .release = RELEASE(7, 0), .what = "7.0.0, measured in part, v6.18 otherwise",
	.source = "the measured files of v7.0",
	.rules = {
		MM(GZ_NONE, G_COW, FK_EXCL, DU_DBL, SM_VMA1, true, true), .mm.dontunmap_any = true,
		.mm.droppable = true, .mm.merge_faulted = true, .mm.reuse_large_folio = true,
		TYPE1(T_MM, X_MM, V_OWNER, P_RUN, Z_COW, O_OVF, NT_LIST),
		.type1.mdev_pages_only = true,
		.iommufd = { .present = true, .vfio_cdev = true, .unmap = N_EMPTY, CHANGE_PROCESS_AS_MERGED },
		.uring = { RING(R_REGION, B_POST, true), .register_update = true, .send_zc = true,
			   .clone_buffers = true, .clone_checked = true, .hpage_cross_buffer = true,
			   .hpage_again_in_call = true },
		.other = { OTHER(PF_REATT, SH_UC18), .perf_maps_ahead = true, .siw = S_UMEM, SINCE_6_0,
			   .zerocopy_infinity_skips = true, .vdpa = true },
	},
},
#define PROPOSAL(id, major, minor, text, from, ...)							\
{													\
	.name = #id, .release = RELEASE(major, minor), .base = "v" #major "." #minor,			\
	.what = text, .source = from,									\
	.rules = { RULES_V##major##_##minor, .proposal = &id, __VA_ARGS__ },				\
},
#include "proposals/table.h"
#undef PROPOSAL
};
#pragma GCC diagnostic pop

size_t kernels(void)
{
	return sizeof(table) / sizeof(table[0]);
}

const struct kernel *kernel_at(size_t index)
{
	return index < kernels() ? &table[index] : NULL;
}

static const struct kernel *kernel_by_name(const char *name, size_t length)
{
	for (size_t i = 0; i < kernels(); i++)
		if (strlen(table[i].name) == length && !memcmp(table[i].name, name, length))
			return &table[i];
	return NULL;
}

/*
 * Every cell, for comparing rows: where it lies and how its values are called.
 * Booleans have no names and show as "yes" and "no".
 */
struct cell {
	const char *what;
	size_t offset;
	size_t bytes;
	const char *const *values;
};

static const char *const zero_pin_values[] = { "GZ_REF", "GZ_PIN", "GZ_NONE" };
static const char *const unshare_values[] = { "G_NONE", "G_ANON", "G_COW" };
static const char *const fork_values[] = { "FK_NO", "FK_MM", "FK_EXCL" };
static const char *const dontunmap_values[] = { "DU_NONE", "DU_PART", "DU_DBL", "DU_OK" };
static const char *const secretmem_values[] = { "SM_NONE", "SM_VMA0", "SM_VMA1", "SM_USER" };
static const char *const charge_values[] = { "T_TASK", "T_MM" };
static const char *const foreign_values[] = { "X_GUARD", "X_TASK", "X_MM" };
static const char *const vaddr_values[] = { "V_NONE", "V_BLOCK", "V_OWNER" };
static const char *const pin_values[] = { "P_ONE", "P_BATCH", "P_RUN" };
static const char *const zero_values[] = { "Z_LEAK", "Z_DROP", "Z_COW" };
static const char *const overflow_values[] = { "O_INVAL", "O_OVF" };
static const char *const notify_values[] = { "NT_CHAIN", "NT_LIST" };
static const char *const unmap_values[] = { "N_WARN", "N_RETRY", "N_EMPTY", "N_EMPTY_ADV" };
static const char *const ring_values[] = { "R_P3", "R_P3P1", "R_FREE", "R_REGION" };
static const char *const buffers_values[] = { "B_PRE", "B_POST" };
static const char *const perf_values[] = { "PF_SPLIT", "PF_CLAMP", "PF_OWN", "PF_REATT" };
static const char *const siw_values[] = { "S_CHK", "S_ADD", "S_UMEM" };
static const char *const shm_values[] = { "SH_USER", "SH_UC14", "SH_UC18" };

#define CELL(text, member, names)								\
	{ text, offsetof(struct kernel_rules, member), sizeof(((struct kernel_rules *)0)->member), names }
static const struct cell cells[] = {
	CELL("GUP of the zero page", mm.zero_page_pin, zero_pin_values),
	CELL("read-only pins unshare", mm.ro_unshare, unshare_values),
	CELL("fork of pinned pages", mm.fork_pinned, fork_values),
	CELL("mremap DONTUNMAP", mm.dontunmap, dontunmap_values),
	CELL("mremap DONTUNMAP of shared memory and files", mm.dontunmap_any, NULL),
	CELL("memfd_secret", mm.secretmem, secretmem_values),
	CELL("mlock's delta is an int", mm.mlock_delta_is_int, NULL),
	CELL("touched VMAs merge into untouched ones", mm.merge_faulted, NULL),
	CELL("a write keeps a part of a large folio", mm.reuse_large_folio, NULL),
	CELL("MAP_DROPPABLE", mm.droppable, NULL),
	CELL("mmap locks what mlock skips", mm.mmap_locks_unlockable, NULL),
	CELL("type1 charge", type1.charge, charge_values),
	CELL("type1 foreign unmap", type1.unmap, foreign_values),
	CELL("type1 VADDR update", type1.vaddr, vaddr_values),
	CELL("type1 pin granularity", type1.pin, pin_values),
	CELL("type1 zero page", type1.zero, zero_values),
	CELL("type1 wrap errno", type1.overflow, overflow_values),
	CELL("type1 tells drivers", type1.notify, notify_values),
	CELL("mdevs pin struct pages only", type1.mdev_pages_only, NULL),
	CELL("type1_mdev_add_pfn_leak", type1.mdev_add_pfn_leak, NULL),
	CELL("iommufd", iommufd.present, NULL),
	CELL("vfio device cdev", iommufd.vfio_cdev, NULL),
	CELL("iommufd unmap", iommufd.unmap, unmap_values),
	CELL("IOAS_MAP_FILE", iommufd.map_file, NULL),
	CELL("IOAS_CHANGE_PROCESS", iommufd.change_process, NULL),
	CELL("iommufd_unpin_while_access", iommufd.unpin_while_access, NULL),
	CELL("iommufd_carry_order", iommufd.carry_order, NULL),
	CELL("iommufd_carry_end_zero", iommufd.carry_end_zero, NULL),
	CELL("iommufd_uptr_wrap", iommufd.uptr_wrap, NULL),
	CELL("iommufd_split_stale_itree", iommufd.split_stale_itree, NULL),
	CELL("change_process_mm_dead", iommufd.change_process_mm_dead, NULL),
	CELL("change_process_none_p2", iommufd.change_process_none_p2, NULL),
	CELL("change_process_lock_leak", iommufd.change_process_lock_leak, NULL),
	CELL("io_uring ring memory", uring.ring, ring_values),
	CELL("io_uring writes locked_vm under mmap_lock", uring.ring_p1_locked, NULL),
	CELL("uring_ring_p1_underflow", uring.ring_p1_underflow, NULL),
	CELL("io_uring fixed buffers", uring.buffers, buffers_values),
	CELL("io_uring buffers in pinned_vm", uring.buffers_pinned_vm, NULL),
	CELL("io_uring clone_buffers", uring.clone_buffers, NULL),
	CELL("clone_buffers asks for the same user and mm", uring.clone_checked, NULL),
	CELL("io_uring buffer update", uring.register_update, NULL),
	CELL("io_uring SEND_ZC", uring.send_zc, NULL),
	CELL("io_uring counts a folio again within a call", uring.hpage_again_in_call, NULL),
	CELL("uring_hpage_cross_buffer", uring.hpage_cross_buffer, NULL),
	CELL("perf mmap", other.perf, perf_values),
	CELL("perf buffers mapped ahead as frames", other.perf_maps_ahead, NULL),
	CELL("siw", other.siw, siw_values),
	CELL("hfi1_wrong_mm_fork", other.hfi1_wrong_mm, NULL),
	CELL("hfi1_mm_uaf", other.hfi1_mm_uaf, NULL),
	CELL("umem_force_write", other.umem_force_write, NULL),
	CELL("shm_hugetlb_charge", other.shm_hugetlb_charge, NULL),
	CELL("SEV moves between VMs", other.sev_moves, NULL),
	CELL("VDUSE umem", other.vduse_umem, NULL),
	CELL("zPCI interrupt forwarding", other.zpci_aif, NULL),
	CELL("perf_aux_close_leak", other.perf_aux_close_leak, NULL),
	CELL("perf_double_charge", other.perf_double_charge, NULL),
	CELL("shm_ucount_ref_fail_ok", other.shm_ref_fail_ok, NULL),
	CELL("vdpa_map_fail_mismatch", other.vdpa_map_fail_mismatch, NULL),
	CELL("perf_negative_extra", other.perf_negative_extra, NULL),
	CELL("perf_reattach_charge", other.perf_reattach_charge, NULL),
	CELL("SHM_LOCK", other.shm, shm_values),
	CELL("MSG_ZEROCOPY skips on infinity", other.zerocopy_infinity_skips, NULL),
	CELL("vDPA", other.vdpa, NULL),
	CELL("BPF charges memlock", other.bpf_memlock, NULL),
	/* what no two releases of the table have otherwise */
	CELL("mlock of a locked range is tested as new", mm.mlock_overlap_counts, NULL),
	CELL("type1 mappings at most", type1.dma_entries_max, NULL),
	CELL("type1 charges the thread", type1.task_is_thread, NULL),
	CELL("type1_pfnmap_batch", type1.pfnmap_batch, NULL),
	CELL("usnic_partial_pin_leak", other.usnic_partial_pin_leak, NULL),
	CELL("perf_close_wrong_mm", other.perf_close_wrong_mm, NULL),
	CELL("spapr_table_leak", other.spapr_table_leak, NULL),
	CELL("xdp_partial_pin_leak", other.xdp_partial_pin_leak, NULL),
};

static unsigned int cell_value(const struct kernel_rules *rules, const struct cell *cell)
{
	const char *at = (const char *)rules + cell->offset;
	unsigned int number;
	bool flag;

	if (cell->bytes == sizeof(flag)) {
		memcpy(&flag, at, sizeof(flag));
		return flag;
	}
	memcpy(&number, at, sizeof(number));
	return number;
}

static const char *cell_text(const struct cell *cell, unsigned int value)
{
	if (cell->values)
		return cell->values[value];
	return value ? "yes" : "no";
}

/* Appends as snprintf() would: @used counts on past the end of the buffer. */
static void __attribute__((format(printf, 4, 5)))
append(char *buf, size_t size, int *used, const char *format, ...)
{
	size_t at = (size_t)*used < size ? (size_t)*used : size;
	va_list args;

	va_start(args, format);
	*used += vsnprintf(at < size ? buf + at : NULL, size - at, format, args);
	va_end(args);
}

static const struct kernel *kernel_before(const struct kernel *kernel)
{
	for (size_t i = 0; i < kernels(); i++)
		if (!strcmp(table[i].name, kernel->name))
			return i ? &table[i - 1] : NULL;
	return NULL;
}

static void append_change(char *buf, size_t size, int *used, const struct cell *cell, unsigned int was,
			  unsigned int is, const struct kernel *kernel)
{
	const char *from = kernel->base ? NULL : change_source(cell->what, kernel->release);

	append(buf, size, used, "%s%s %s (was %s%s%s)", *used ? ", " : "", cell->what, cell_text(cell, is),
	       cell_text(cell, was), from ? "; " : "", from ? from : "");
}

int kernel_differences(const struct kernel *kernel, char *buf, size_t size)
{
	const struct kernel *before;
	int used = 0;

	before = kernel->base ? kernel_by_name(kernel->base, strlen(kernel->base)) : kernel_before(kernel);
	if (size)
		buf[0] = '\0';
	if (!before) {
		append(buf, size, &used, "first in the table");
		return used;
	}
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		unsigned int was = cell_value(&before->rules, &cells[i]);
		unsigned int is = cell_value(&kernel->rules, &cells[i]);

		if (was != is)
			append_change(buf, size, &used, &cells[i], was, is, kernel);
	}
	if (!used && !kernel->rules.proposal)
		append(buf, size, &used, "equal to %s in all that is modelled", before->name);
	return used;
}

bool kernel_rules_same(const struct kernel_rules *a, const struct kernel_rules *b)
{
	bool same = a->proposal == b->proposal && a->defects == b->defects;

	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]) && same; i++)
		same = cell_value(a, &cells[i]) == cell_value(b, &cells[i]);
	return same;
}

/* FNV-1a, of text with its end and of numbers by their value: no layout, byte order or address is in it. */
static unsigned long long hash_byte(unsigned long long hash, unsigned char byte)
{
	return (hash ^ byte) * 0x100000001b3ull;
}

static unsigned long long hash_text(unsigned long long hash, const char *text)
{
	do
		hash = hash_byte(hash, (unsigned char)*text);
	while (*text++);
	return hash;
}

static unsigned long long hash_number(unsigned long long hash, unsigned long number)
{
	for (unsigned int shift = 0; shift < 64; shift += 8)
		hash = hash_byte(hash, (unsigned char)(number >> shift));
	return hash;
}

unsigned long long kernel_rows_hash(const struct kernel *rows, size_t nr)
{
	unsigned long long hash = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < nr; i++) {
		const struct proposal *proposal = rows[i].rules.proposal;

		hash = hash_text(hash, rows[i].name);
		hash = hash_number(hash, (unsigned long)rows[i].release);
		hash = hash_text(hash, rows[i].base ? rows[i].base : "");
		hash = hash_number(hash, rows[i].rules.defects);
		for (size_t quirk = 0; proposal && quirk < proposal->nr_quirks; quirk++)
			hash = hash_text(hash, proposal->quirks[quirk].name);
		for (size_t j = 0; j < sizeof(cells) / sizeof(cells[0]); j++) {
			hash = hash_text(hash, cells[j].what);
			hash = hash_number(hash, cell_value(&rows[i].rules, &cells[j]));
		}
	}
	return hash;
}

unsigned long long kernel_table_hash(void)
{
	return kernel_rows_hash(table, kernels());
}

/* The historic bugs, then what each proposal brings. */
size_t quirks(void)
{
	size_t nr = historic_bugs();

	for (size_t i = 0; i < kernels(); i++)
		if (table[i].rules.proposal)
			nr += table[i].rules.proposal->nr_quirks;
	return nr;
}

const struct quirk *quirk_at(size_t index)
{
	if (index < historic_bugs())
		return historic_bug_at(index);
	index -= historic_bugs();
	for (size_t i = 0; i < kernels(); i++) {
		const struct proposal *proposal = table[i].rules.proposal;

		if (proposal && index < proposal->nr_quirks)
			return &proposal->quirks[index];
		index -= proposal ? proposal->nr_quirks : 0;
	}
	return NULL;
}

static const struct quirk *quirk_by_name(const char *name, size_t length)
{
	for (size_t i = 0; i < quirks(); i++) {
		const struct quirk *quirk = quirk_at(i);

		if (strlen(quirk->name) == length && !memcmp(quirk->name, name, length))
			return quirk;
	}
	return NULL;
}

static bool flag_change(bool *flag, bool to)
{
	bool changed = *flag != to;

	*flag = to;
	return changed;
}

bool quirk_change(const struct quirk *quirk, bool away, struct kernel_rules *rules)
{
	unsigned int before = rules->defects;

	if (quirk->flag) {
		if (!away && quirk->apply && !quirk->apply(rules))
			return false;
		return flag_change((bool *)((char *)rules + quirk->flag), !away);
	}
	if (!quirk->defects)
		return !away && quirk->apply(rules);
	if (quirk->of != rules->proposal)
		return false;
	rules->defects = away ? before & ~quirk->defects : before | quirk->defects;
	return rules->defects != before;
}

int kernel_lookup(const char *name, struct kernel *kernel, char *name_buf, size_t name_size)
{
	size_t length = strcspn(name, "+-");
	const struct kernel *row = kernel_by_name(name, length);

	if (!row || strlen(name) >= name_size)
		return -ENOENT;
	*kernel = *row;
	for (const char *at = name + length; *at; at += length) {
		const struct quirk *quirk;
		bool away = *at == '-';

		at++;
		length = strcspn(at, "+-");
		quirk = quirk_by_name(at, length);
		if (!quirk)
			return -ESRCH;
		if (!quirk_change(quirk, away, &kernel->rules))
			return -EINVAL;
	}
	memcpy(name_buf, name, strlen(name) + 1);
	kernel->name = name_buf;
	return 0;
}
