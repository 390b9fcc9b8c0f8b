/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of kernels: one row for each release and each proposal, saying by
 * which rule each subsystem charges and which quirks it has. Kernels are data:
 * code asks kernel_rules() for the rule, never for the version.
 *
 * The enumerators are those of facts/kernel-versions.md, where each is described
 * with its source; docs/kernels.md repeats what is needed.
 */
#ifndef ACCOUNTING_KERNELS_H
#define ACCOUNTING_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <mm_model/machine.h>

/* vfio type1, rows 1 to 7 */
enum type1_charge { T_TASK, T_MM };
enum type1_unmap { X_GUARD, X_TASK, X_MM };
enum type1_vaddr { V_NONE, V_BLOCK, V_OWNER };
enum type1_pin { P_ONE, P_BATCH, P_RUN };
/* Z_LEAK is Z_LEAK1 or Z_LEAK1K of the matrix, by mm_rules.zero_page_pin */
enum type1_zero { Z_LEAK, Z_DROP, Z_COW };
enum type1_overflow { O_INVAL, O_OVF };
/* Drivers are told of an unmap with no lock held, or from under iommu->lock (6.0). */
enum type1_notify { NT_CHAIN, NT_LIST };
struct type1_rules {
	enum type1_charge charge;
	enum type1_unmap unmap;
	enum type1_vaddr vaddr;
	enum type1_pin pin;
	enum type1_zero zero;
	enum type1_overflow overflow;
	enum type1_notify notify;
	unsigned int dma_entries_max;	/* 65535 */
	bool mdev_pages_only;		/* v6.4..: vfio_pin_pages() refuses what has no struct page */
	bool task_is_thread;		/* a dma's task is the thread that mapped, not its leader; up to 4.17 */
	bool pfnmap_batch;		/* a device frame left in a batch becomes the page before; 5.12-rc */
	bool mdev_add_pfn_leak;		/* a page that could not be noted stays pinned and charged; up to 5.9 */
};

/* iommufd, rows 8 to 11 */
enum iommufd_unmap { N_WARN, N_RETRY, N_EMPTY, N_EMPTY_ADV };
struct iommufd_rules {
	bool present;			/* v6.2.. */
	bool vfio_cdev;			/* v6.6.. */
	enum iommufd_unmap unmap;
	bool map_file;			/* v6.13.. */
	bool change_process;		/* v6.13.. */
	/* historic bugs, each put back by the quirk of its name */
	bool unpin_while_access;
	bool carry_order;
	bool carry_end_zero;
	bool uptr_wrap;
	bool split_stale_itree;
	bool change_process_mm_dead;
	bool change_process_none_p2;
	bool change_process_lock_leak;
};

/* io_uring, rows 12 to 15 */
enum uring_ring { R_P3, R_P3P1, R_FREE, R_REGION };
enum uring_buffers { B_PRE, B_POST };
struct uring_rules {
	enum uring_ring ring;
	bool ring_p1_locked;		/* P1 written under mmap_lock (5.11) */
	bool ring_p1_underflow;		/* 5.9-rc1: the ring's P1 is given back, but was never taken */
	enum uring_buffers buffers;
	bool buffers_pinned_vm;		/* a buffer also counts in pinned_vm (5.9) */
	bool clone_buffers;		/* v6.12.. */
	bool clone_checked;		/* same user and mm, else EINVAL */
	bool register_update;		/* v5.13.. (IORING_REGISTER_BUFFERS2/UPDATE) */
	bool send_zc;
	bool hpage_again_in_call;	/* other buffers of the same call are not looked at; 6.13 */
	bool hpage_cross_buffer;	/* a folio that another buffer of the ring holds costs 0 */
};

/* The pinners of issue D; rows 16 to 31 grow here with them. */
enum perf_rule { PF_SPLIT, PF_CLAMP, PF_OWN, PF_REATT };
enum shm_rule { SH_USER, SH_UC14, SH_UC18 };
enum siw_rule { S_CHK, S_ADD, S_UMEM };
struct other_rules {
	enum perf_rule perf;
	enum shm_rule shm;
	enum siw_rule siw;
	bool umem_force_write;		/* a read-only region is pinned for writing, by force; up to 6.1 */
	bool shm_hugetlb_charge;	/* a huge segment is charged as if locked; up to 5.15 */
	bool sev_moves;			/* an encrypted guest may move to another VM, with its count; 5.16 */
	bool vduse_umem;		/* 6.0 */
	bool zpci_aif;			/* 6.0 */
	bool perf_aux_close_leak;	/* a split AUX charge is given back in part; 5.4.0 */
	bool perf_double_charge;	/* the user's bucket takes all, pinned_vm the excess once more; up to 5.3 */
	bool perf_negative_extra;	/* the bucket is not cut to the allowance before the split; 5.5 */
	bool perf_maps_ahead;		/* mmap maps all pages, as frames that GUP does not take; 6.15 */
	bool perf_reattach_charge;	/* as PF_REATT, beside another rule */
	bool zerocopy_infinity_skips;
	bool hfi1_wrong_mm;		/* a forked child pins its own pages and charges its parent; up to 5.9 */
	bool hfi1_mm_uaf;		/* lets go of the mm before it uncharges it; 5.10 to 5.17, by no row */
	bool usnic_partial_pin_leak;	/* a failed pin gives back only what was not pinned; all releases */
	bool perf_close_wrong_mm;	/* pinned_vm of who unmaps last is uncharged, not of who was charged; all */
	bool spapr_table_leak;		/* a table's charge and what is given back differ; all */
	bool shm_ref_fail_ok;		/* SHM_LOCK succeeds uncharged where the reference fails; 5.14 to 5.17 */
	bool vdpa_map_fail_mismatch;	/* a failed map gives back another number than was charged; 5.7, 5.8 */
	bool xdp_partial_pin_leak;	/* a short pin leaves the difference charged; all releases */
	bool vdpa;
	bool bpf_memlock;
};

struct proposal;

struct kernel_rules {
	const struct proposal *proposal;	/* what else a proposal changes; NULL for a release */
	unsigned int defects;			/* of the proposal: a bit for each of its quirks that is in */
	struct mm_rules mm;
	struct type1_rules type1;
	struct iommufd_rules iommufd;
	struct uring_rules uring;
	struct other_rules other;
};

/* (major, minor) as one number that sorts: RELEASE(6, 12). */
#define RELEASE(major, minor) ((major) * 1000 + (minor))

struct kernel {
	const char *name;		/* "v6.12", or a proposal's name */
	const char *what;		/* "6.12.117, measured", "6.2.0", or what a proposal proposes */
	const char *source;		/* tree read, commit or mail */
	int release;			/* a proposal: of its base */
	const char *base;		/* NULL for a release; the base kernel of a proposal */
	struct kernel_rules rules;
};

struct quirk {
	const char *name;		/* "type1_exec_underflow" */
	const char *what;		/* what differs from correct behaviour */
	const char *source;		/* fixing commit or mail */
	const char *symptom;		/* the violation or result that shows it */
	/* Puts the bug in; false where this kernel cannot have it (or has it already). */
	bool (*apply)(struct kernel_rules *rules);
	/* Where it is one flag of the rules: its offset; apply() or NULL says where it can be. Can be taken away. */
	size_t flag;
	/* In place of it, for a defect of a proposal: whose, and which bits of rules.defects. Can be taken away. */
	const struct proposal *of;
	unsigned int defects;
};

/* All rows: the releases in order, then the proposals. */
size_t kernels(void);
const struct kernel *kernel_at(size_t index);
/* The bugs of releases that `+NAME` puts back, then the defects of proposals, which `-NAME` takes away. */
size_t quirks(void);
const struct quirk *quirk_at(size_t index);
/* Puts @quirk into @rules, or takes it away; false, and nothing is changed, where that is not to be had. */
bool quirk_change(const struct quirk *quirk, bool away, struct kernel_rules *rules);
/* The first part of these; quirks.c. */
size_t historic_bugs(void);
const struct quirk *historic_bug_at(size_t index);
/*
 * How @kernel's rules differ from those of the row that it follows (a proposal:
 * from its base), as text: "type1 charge T_MM (was T_TASK), ...". Bytes written,
 * as snprintf. "first in the table" for the first row.
 */
int kernel_differences(const struct kernel *kernel, char *buf, size_t size);
/* Is all that is modelled alike by both? */
bool kernel_rules_same(const struct kernel_rules *a, const struct kernel_rules *b);
/*
 * A hash of rows: names, releases, bases and the value of every cell. Words that explain
 * (what, source) are not in it. The same on every machine and by every compiler.
 */
unsigned long long kernel_rows_hash(const struct kernel *rows, size_t nr);
/* That of the table: what `pinsim --version` prints. */
unsigned long long kernel_table_hash(void);
/*
 * "v6.12", "a_proposal", "v6.12+type1_exec_underflow+..." Fills *@kernel
 * (name and rules with the quirks applied; @name_buf, of @name_size, holds the full
 * name). 0; -ENOENT no such kernel, -ESRCH no such quirk, -EINVAL quirk does not apply.
 */
int kernel_lookup(const char *name, struct kernel *kernel, char *name_buf, size_t name_size);

/* The rules of the kernel that this world runs. */
const struct kernel_rules *kernel_rules(void);

/*
 * Builds SIM_SLOT_ACCOUNTING: the kernel, ledger and invariants. Before
 * mm_machine_init(), whose config it completes (rules and hooks).
 */
void accounting_init(const struct kernel *kernel, struct mm_config *mm);

#endif
