// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What kernels are known for. A rule names what must break, the rules of the kernels
 * that break it, and what the program must have called before; where the report names
 * an object, also that. What follows from a broken counter (a refusal, a warning at
 * the next uncharge) belongs to the rule of what broke it.
 */
#include <string.h>
#include <scenario/explain.h>
#include <scenario/op.h>

#define V(name) (1ul << VIOLATION_##name)
/* A counter that is off, and what comes of it. */
#define V_LOCKED_VM \
	(V(LOCKED_VM_NEGATIVE) | V(LOCKED_VM_LEDGER) | V(WRONG_BUCKET) | V(OBJECT_BALANCE) | V(WARNING) | V(RESIDUE) | \
	 V(SPURIOUS_REFUSAL) | V(OVER_LIMIT))
#define V_PINNED_VM \
	(V(PINNED_VM_NEGATIVE) | V(PINNED_VM_LEDGER) | V(WRONG_BUCKET) | V(OBJECT_BALANCE) | V(RESIDUE) | \
	 V(SPURIOUS_REFUSAL) | V(OVER_LIMIT) | V(FAILED_CALL_RESIDUE))
#define V_USER \
	(V(USER_LOCKED_VM_NEGATIVE) | V(USER_LEDGER) | V(OBJECT_BALANCE) | V(WRONG_BUCKET) | V(RESIDUE) | \
	 V(SPURIOUS_REFUSAL) | V(OVER_LIMIT))

/* Pins and pages of an iommufd that are no longer known for what they are. */
#define V_PINS \
	(V(USE_AFTER_FREE) | V(WARNING) | V(PIN_COUNT) | V(LEAK) | V(REFCOUNT) | V(NPINNED_COVERAGE) | V(RESIDUE) | \
	 V(UNPIN_WHILE_MAPPED) | V(OBJECT_BALANCE) | V_PINNED_VM | V_USER | V_LOCKED_VM | V(XARRAY_COVERAGE))

struct rule {
	struct explanation about;
	unsigned long violations;
	bool (*applies)(const struct kernel_rules *rules);	/* NULL: every kernel */
	const char *calls;	/* one of these was made: OP, or OP:WORD as an argument, parted by spaces; NULL: any */
	const char *with;	/* and one of these */
	const char *text;	/* the report says one of these, parted by '|'; NULL: whatever */
	bool (*has)(const struct program *program);	/* has what the cause needs; NULL: no matter what it has */
};

static bool charges_the_task(const struct kernel_rules *rules)
{
	return rules->type1.charge == T_TASK;
}

static bool charges_the_mm(const struct kernel_rules *rules)
{
	return rules->type1.charge == T_MM;
}

static bool blocks_on_vaddr(const struct kernel_rules *rules)
{
	return rules->type1.vaddr == V_BLOCK;
}

static bool tells_under_lock(const struct kernel_rules *rules)
{
	return rules->type1.notify == NT_LIST;
}

static bool leaks_zero_page(const struct kernel_rules *rules)
{
	return rules->type1.zero == Z_LEAK;
}

static bool charges_again(const struct kernel_rules *rules)
{
	return rules->other.perf == PF_REATT;
}

static bool splits_aux(const struct kernel_rules *rules)
{
	return rules->other.perf == PF_SPLIT;
}

static bool dontunmap_miscounts(const struct kernel_rules *rules)
{
	return rules->mm.dontunmap == DU_PART || rules->mm.dontunmap == DU_DBL;
}

static bool loses_shm_reference(const struct kernel_rules *rules)
{
	return rules->other.shm_ref_fail_ok;
}

static bool maps_files(const struct kernel_rules *rules)
{
	return rules->iommufd.map_file;
}

static bool leaves_part_charged(const struct kernel_rules *rules)
{
	return rules->other.xdp_partial_pin_leak;
}

static bool keeps_failed_pfn(const struct kernel_rules *rules)
{
	return rules->type1.mdev_add_pfn_leak;
}

static bool keeps_usnic_part(const struct kernel_rules *rules)
{
	return rules->other.usnic_partial_pin_leak;
}

static bool siw_looks_first(const struct kernel_rules *rules)
{
	return rules->other.siw == S_CHK;
}

static bool keeps_table(const struct kernel_rules *rules)
{
	return rules->other.spapr_table_leak;
}

static bool gives_back_to_who_unmaps(const struct kernel_rules *rules)
{
	return rules->other.perf_close_wrong_mm;
}

static bool counts_in_32_bits(const struct kernel_rules *rules)
{
	return rules->mm.mlock_delta_is_int;
}

static bool charges_rings_unlocked(const struct kernel_rules *rules)
{
	return rules->uring.ring == R_P3P1 && !rules->uring.ring_p1_locked;
}

static bool has_iommufd(const struct kernel_rules *rules)
{
	return rules->iommufd.present;
}

static bool splits_stale(const struct kernel_rules *rules)
{
	return rules->iommufd.split_stale_itree;
}

static bool carries_wrong(const struct kernel_rules *rules)
{
	return rules->iommufd.carry_order || rules->iommufd.carry_end_zero;
}

static bool unpins_accessed(const struct kernel_rules *rules)
{
	return rules->iommufd.unpin_while_access;
}

static bool leaks_lock(const struct kernel_rules *rules)
{
	return rules->iommufd.change_process_lock_leak;
}

static bool keeps_dead_charge(const struct kernel_rules *rules)
{
	return rules->iommufd.change_process_mm_dead;
}

static bool moves_uncharged(const struct kernel_rules *rules)
{
	return rules->iommufd.change_process_none_p2;
}

static bool is_number_of(const struct operand *operand, unsigned long least)
{
	const struct sum *sum;
	const struct term *term;

	if (!operand->is_sums)
		return operand->number >= least || operand->second >= least;
	for (sum = operand->written->first; sum; sum = sum->next)
		for (term = sum->terms; term; term = term->next)
			if (term->is_number && term->number >= least)
				return true;
	return false;
}

static bool has_number_of(const struct step *step, unsigned long least)
{
	unsigned int i;

	for (i = 0; i < step->nr_operands; i++)
		if (step_operand(step, i) && is_number_of(&step->operand[i], least))
			return true;
	for (i = 0; i < step->nr_rest; i++)
		if (is_number_of(&step->rest[i], least))
			return true;
	return false;
}

/* Is there memory of 2^31 pages, or of half as many, which two may merge to? */
static bool has_vast_memory(const struct program *program)
{
	unsigned int i;

	for (i = 0; i < program->nr_items; i++)
		if (program->items[i].kind == ITEM_STEP && has_number_of(&program->items[i].stmt->step, 1ul << 42))
			return true;
	return false;
}

/* Does @step have @word, of @length, as an argument? */
static bool has_word(const struct step *step, const char *word, size_t length)
{
	unsigned int i;

	for (i = 0; step->op->args[i].name; i++) {
		const struct operand *operand = step->op->args[i].type == ARG_WORD ? step_operand(step, i) : NULL;
		const char *name = operand ? operand->word : "";

		if (!strncmp(name, word, length) && !name[length])
			return true;
	}
	return false;
}

/* Is there what a domain maps and does not charge, but an mdev may later? Device memory, or zero pages. */
static bool has_reserved_memory(const struct program *program)
{
	const struct step *step;
	unsigned int i;

	for (i = 0; i < program->nr_items; i++) {
		step = program->items[i].kind == ITEM_STEP ? &program->items[i].stmt->step : NULL;
		if (step && (has_word(step, "pfnmap", 6) || has_word(step, "r", 1)))
			return true;
	}
	return false;
}

#define FAULTS "fail fail_nth"
/* The calls after which a task, its mm or its user is not the one that paid. */
#define CHANGES_OWNER "exec exit setuid seteuid fork clone_vm thread send_fd unshare_user"

static const struct rule rules[] = {
	{ { "type1_task", "type1 looks up the mm anew by the task that mapped, also after its exec or exit",
	    "facts §16 I2, I4, I9, I11; 046eca5018f8 (6.3)" },
	  /* also the new mm of an exec that is under way */
	  V_LOCKED_VM | V(EXEC_COUNTERS), charges_the_task, "vfio_map mdev_pin", CHANGES_OWNER, NULL },
	{ { "type1_vaddr_block", "a device that pins waits for an address that nobody gives it",
	    "facts §17 B3; ef3a3f6a294b (6.3)" },
	  V(LOST_WAKEUP) | V(DEADLOCK), blocks_on_vaddr, "vfio_unmap_vaddr vfio_unmap_vaddr_all",
	  "mdev_pin vfio_attach mdev_attach", NULL },
	{ { "type1_notify",
	    "an unmap waits for the list of mdevs under the lock that their unpins take under the list's",
	    "drivers/vfio/vfio_iommu_type1.c:vfio_notify_dma_unmap (6.0)" },
	  V(DEADLOCK) | V(LOCK_ORDER), tells_under_lock, "vfio_unmap vfio_unmap_all", "parallel", NULL },
	{ { "type1_zero_page", "the pin of a zero page is never given back", "facts §16 I15; 873aefb376bb (6.0)" },
	  V(LEAK) | V(PIN_COUNT), leaks_zero_page, "vfio_map", NULL, "zero page" },
	{ { "xdp_partial", "a umem of which only a part could be pinned keeps that part",
	    "kernel-versions §2 XD, quirk xdp_partial_pin_leak" },
	  V_USER | V(FAILED_CALL_RESIDUE) | V(LEAK), leaves_part_charged, "xdp_reg_umem", NULL, NULL },
	{ { "usnic_partial", "a region of which only a part could be pinned keeps that part charged",
	    "facts §7, §16 I3, I6" },
	  V_PINNED_VM, keeps_usnic_part, "rdma_reg_mr:usnic", NULL, NULL },
	{ { "mdev_add_pfn", "a page of which no note could be made stays pinned and charged",
	    "kernel-versions §4 type1_mdev_add_pfn_leak (5.10)" },
	  V_LOCKED_VM | V(PIN_COUNT) | V(LEAK) | V(FAILED_CALL_RESIDUE), keeps_failed_pfn, "mdev_pin", FAULTS, NULL },
	{ { "fill_domains_batch", "an iommu_map that fails in a later domain unpins a batch that an earlier one maps",
	    "drivers/iommu/iommufd/pages.c:iopt_area_fill_domains, out_unmap" },
	  V(UNPIN_WHILE_MAPPED), has_iommufd, FAULTS, NULL, NULL },
	{ { "account_unlocks", "a charge in process mode without a pin before it unlocks what it never locked",
	    "drivers/iommu/iommufd/pages.c:update_mm_locked_vm, user->locked of -1; 6.12.117 does the same" },
	  V(LOCK_MISUSE) | V(MM_REFS), has_iommufd, "access_pin mdev_pin access_rw", "exec exit", NULL },
	/* whose uncharge failed, and with it the count that the next pin is compared with stayed */
	{ { "fill_after_exec", "filling a domain with memory of a dead mm fails, and the area stays behind",
	    "drivers/iommu/iommufd/pages.c:iopt_pages_fill_xarray, mm that is gone" },
	  V(WARNING), has_iommufd, "attach vfio_attach replace access_pin mdev_pin access_rw", "exec exit touch",
	  "last_npinned != pages->npinned" },
	{ { "unmap_tries",
	    "an unmap asks a hundred times, while who has pinned was stopped before he could note what",
	    "drivers/iommu/iommufd/io_pagetable.c:iopt_unmap_iova_range, tries > 100" },
	  V(WARNING), has_iommufd, "ioas_unmap ioas_unmap_all vfio_unmap vfio_unmap_all", "parallel", "tries > 100" },
	{ { "unfill_reads_ahead",
	    "an area that is let go looks for the end of a run at an address that it has unmapped already",
	    "drivers/iommu/iommufd/pages.c:iopt_area_unpin_domain; 6.12.117 does the same" },
	  V(WARNING), has_iommufd, "ioas_copy access_pin mdev_pin", NULL, "KAPI_IOMMU_MOCK|selftest.c:" },
	{ { "map_file_cycle", "a file that is mapped into its own iommufd holds it, and so itself",
	    "drivers/iommu/iommufd/ioas.c:iommufd_ioas_map_file takes any file" },
	  V(LEAK) | V(RESIDUE), maps_files, "ioas_map_file", NULL, NULL },
	{ { "change_process_lock", "an allocation failure leaves the IOAS just taken locked",
	    "kernel-versions §4 change_process_lock_leak" },
	  V(LOCK_HELD) | V(LOCK_ORDER) | V(DEADLOCK) | V(LOST_WAKEUP) | V(LOCK_MISUSE) | V(USE_AFTER_FREE) |
		  V(WARNING) | V(LEAK),
	  leaks_lock, "change_process", FAULTS, NULL },
	{ { "change_process_dead", "the uncharge of a dead mm fails after everything was switched",
	    "kernel-versions §4 change_process_mm_dead" },
	  V_LOCKED_VM | V(FAILED_CALL_RESIDUE) | V(PINNED_VM_LEDGER), keeps_dead_charge,
	  "change_process", "exec exit", NULL },
	{ { "change_process_uncharged", "mappings that charge nothing change their mm without moving its pinned_vm",
	    "kernel-versions §4 change_process_none_p2" },
	  V(PINNED_VM_NEGATIVE) | V(PINNED_VM_LEDGER) | V(WRONG_BUCKET) | V(OBJECT_BALANCE) | V(RESIDUE),
	  moves_uncharged, "change_process", "ioas_map_file", NULL },
	{ { "siw_looks_first", "siw looks at the limit before it adds, so two regions pass it together",
	    "facts §16 I7; 65a8fc30fb67 (6.3)" },
	  V(OVER_LIMIT), siw_looks_first, "rdma_reg_mr:siw", "parallel", NULL },
	{ { "looks_first", "vDPA and hfi1 look at the limit before they add, so two pass it together", "facts §16 I7" },
	  V(OVER_LIMIT), NULL, "vdpa_map rdma_reg_mr:hfi1", "parallel", NULL },
	{ { "qib_current", "qib gives the charge back to whoever deregisters", "facts §16 I9" },
	  V_PINNED_VM, NULL, "rdma_reg_mr:qib", CHANGES_OWNER " close", NULL },
	{ { "perf_reattach", "a buffer that is mapped again is charged again and given back once",
	    "kernel-versions §2 PF_REATT" },
	  /* the caller's user, to whom the buffer holds no reference */
	  V_USER | V(USER_REFS), charges_again, "perf_mmap", NULL, NULL },
	{ { "perf_split", "an AUX buffer gives back to one count what was charged to two",
	    "kernel-versions §2 PF_SPLIT" },
	  V_USER | V_PINNED_VM, splits_aux, "perf_mmap_aux", NULL, NULL },
	{ { "perf_aux_user", "the user of the first mapping gets back what another paid for the AUX area",
	    "kernel/events/core.c:perf_mmap_close, rb->mmap_user" },
	  /* a count that lost too much is what iommufd warns of next */
	  V_USER | V(USER_REFS) | V(WARNING), NULL, "perf_mmap_aux", CHANGES_OWNER, NULL },
	{ { "perf_shared", "who unmaps a buffer last gives back what another mm paid", "facts §9, §16 I3, I9" },
	  V_PINNED_VM, gives_back_to_who_unmaps, "perf_mmap perf_mmap_aux", CHANGES_OWNER, NULL },
	{ { "mremap_dontunmap", "memory that stays behind a move is not counted for what it is",
	    "kernel-versions §2 DU_PART, DU_DBL" },
	  V(LOCKED_VM_LEDGER) | V(LOCKED_VM_NEGATIVE) | V(RESIDUE) | V(SPURIOUS_REFUSAL) | V(OVER_LIMIT),
	  dontunmap_miscounts, "mremap", NULL, NULL },
	{ { "mlock_32_bits", "2^31 pages of one VMA are counted as less than none",
	    "kernel-versions §4 mlock_delta_int" },
	  V_LOCKED_VM, counts_in_32_bits, "mlock mlock2 mlockall munlockall mmap", NULL, NULL, has_vast_memory },
	{ { "uring_unlocked", "locked_vm is changed for a ring without mmap_lock, and an update is lost",
	    "facts §17 B10; 4bc4a912534a (5.11)" },
	  V_LOCKED_VM, charges_rings_unlocked, "uring_setup", "parallel", NULL, NULL },
	{ { "shm_reference", "SHM_LOCK succeeds uncharged where the reference fails", "facts §17 B23; 5.18" },
	  V(WARNING) | V(OBJECT_BALANCE) | V(WRONG_BUCKET) | V(REFCOUNT) | V(LEAK) | V(USE_AFTER_FREE),
	  loses_shm_reference, "shm_lock shmget", FAULTS, NULL },
	{ { "type1_reaccount", "a detach charges what mdevs still hold, and goes on where the limit refuses",
	    "drivers/vfio/vfio_iommu_type1.c:vfio_iommu_unmap_unpin_reaccount" },
	  /* of a dead mm, too: then a close is enough */
	  V(DMA_PAGES), NULL, "vfio_detach close exec exit", "mdev_pin", NULL },
	{ { "type1_reaccount_refused", "what a detach was refused for an mdev is taken off when the mdev lets go",
	    "drivers/vfio/vfio_iommu_type1.c:vfio_iommu_unmap_unpin_reaccount, whose charge nobody looks at" },
	  V_LOCKED_VM, NULL, "vfio_detach close", "mdev_pin", "vfio_dma|used < pages|locked_vm", has_reserved_memory },
	{ { "type1_replay_dead",
	    "what an attach that failed has charged to a dead mm stays there, and refuses the next",
	    "drivers/vfio/vfio_iommu_type1.c:vfio_lock_acct, async or not" },
	  V(SPURIOUS_REFUSAL), charges_the_mm, "vfio_attach", "exec exit", "locked_vm|pinned_vm" },
	{ { "vfio_last_group", "a call on a container races the detach of its last group, which frees what it uses",
	    "drivers/vfio/container.c:vfio_fops_unl_ioctl reads iommu_data without a lock" },
	  V(USE_AFTER_FREE) | V(BUG), NULL, "vfio_detach", "parallel", NULL },
	{ { "vfio_last_close", "a call on a container races the close of its last device, whose group was its last",
	    "drivers/vfio/container.c:vfio_fops_unl_ioctl, as vfio_last_group" },
	  V(USE_AFTER_FREE), NULL, "close exit", "parallel", "the last group leaves a container" },
	{ { "spapr_table", "a table gives back what was allocated for it, or nothing, of what it was charged",
	    "facts §16 I2, I5, I6: SPAPR create_table" },
	  V_LOCKED_VM | V(FAILED_CALL_RESIDUE), keeps_table, "tce_create", NULL, NULL },
	{ { "afu_current", "an FPGA's region gives the charge back to whoever unmaps it",
	    "facts §16 I2, I9: AFU fork" },
	  V_LOCKED_VM | V(DMA_SUM), NULL, "afu_map", CHANGES_OWNER, NULL },
	{ { "zpci_current", "a PCI function's pages are given back to whoever disables it, user and mm",
	    "arch/s390/kvm/pci.c:unaccount_mem, by current" },
	  V_PINNED_VM | V_USER | V(USER_REFS) | V(WARNING), NULL, "zpci_enable", CHANGES_OWNER, NULL },
	{ { "vfio_info_caps", "what a container says of itself, and cannot allocate to the end, is not freed",
	    "drivers/vfio/vfio_iommu_type1.c:vfio_iommu_type1_get_info (6.12.117)" },
	  V(LEAK), NULL, "vfio_info", FAULTS, NULL, NULL },
	{ { "mmap_fixed", "what an mmap replaces is gone also where the mmap then fails", "mm/mmap.c:mmap_region" },
	  V(FAILED_CALL_RESIDUE), NULL, "mmap", NULL, NULL },
	/* what an iommufd's pages are left in by these can look like anything: behind what is told by its object */
	{ { "split_stale", "splitting a filled area leaves the old range in the tree and adds neither half",
	    "kernel-versions §4 iommufd_split_stale_itree (6.12)" },
	  V_PINS, splits_stale, "vfio_unmap ioas_unmap", NULL, NULL },
	{ { "unpin_while_access", "a domain that goes unpins what an access still uses",
	    "facts §17 B12; 727c28c1cef2 (6.3)" },
	  V_PINS, unpins_accessed, "access_pin mdev_pin", NULL, NULL },
	{ { "carry", "pages carried from one batch into the next are lost or mixed up",
	    "facts §17 B13, B14; 13a0d1ae7ee6 (6.3), b7c822fa6b77 (6.5)" },
	  V_PINS, carries_wrong, "access_pin mdev_pin ioas_copy attach vfio_attach replace", NULL, NULL },
};

size_t explanations(void)
{
	return sizeof(rules) / sizeof(rules[0]);
}

const struct explanation *explanation_at(size_t index)
{
	return &rules[index].about;
}

/* Does @text say one of @any, parted by '|'? */
static bool says(const char *text, const char *any)
{
	size_t length;

	for (; *any; any += length + (any[length] == '|')) {
		length = strcspn(any, "|");
		if (memmem(text, strlen(text), any, length))
			return true;
	}
	return false;
}

/* The words of a rule's calls, parted once for all steps of a program. */
#define CALLS_MAX 64	/* the longest has 21 */
struct calls {
	struct {
		const char *at;
		size_t length;
	} word[CALLS_MAX];
	unsigned int nr;
};

static void part_calls(struct calls *calls, const char *text)
{
	calls->nr = 0;
	for (; *text && calls->nr < CALLS_MAX; text += strspn(text, " ")) {
		calls->word[calls->nr].at = text;
		calls->word[calls->nr].length = strcspn(text, " ");
		text += calls->word[calls->nr++].length;
	}
}

static bool is_call(const struct step *step, const struct calls *calls)
{
	unsigned int i;

	for (i = 0; i < calls->nr; i++) {
		const char *at = calls->word[i].at;
		size_t rest = calls->word[i].length, length;

		/* most differ in the first letter */
		if (*at != *step->op_name)
			continue;
		length = strlen(step->op_name);
		if (rest >= length && !strncmp(at, step->op_name, length) &&
		    (rest == length || (at[length] == ':' && has_word(step, at + length + 1, rest - length - 1))))
			return true;
	}
	return false;
}

/* Was one of @text's calls made, in or before step @step? */
static bool called(const struct program *program, const struct run_result *result, const char *text,
		   unsigned long step)
{
	struct calls calls;
	unsigned int i;

	if (result->swept && !strcmp(text, FAULTS))
		return true;
	if (!strcmp(text, "parallel"))
		return program->has_parallel;
	part_calls(&calls, text);
	for (i = 0; i < program->nr_items; i++) {
		if (program->items[i].kind != ITEM_STEP)
			continue;
		if (is_call(&program->items[i].stmt->step, &calls))
			return true;
		if (!program->has_parallel && step && !--step)
			return false;
	}
	return false;
}

/*
 * The rules of the release itself, less what a `-QUIRK` took out of them: what a
 * `+QUIRK` puts back is to be found, not explained.
 */
static struct kernel_rules rules_of_row(const struct kernel *kernel)
{
	const size_t size = strlen(kernel->name) + 1;
	char known[size], name[size];
	size_t length = strcspn(kernel->name, "+-"), used = length;
	const char *at = kernel->name + length;
	struct kernel row;

	memcpy(known, kernel->name, length);
	for (; *at; at += length) {
		length = 1 + strcspn(at + 1, "+-");
		if (*at == '-') {
			memcpy(known + used, at, length);
			used += length;
		}
	}
	known[used] = '\0';
	return kernel_lookup(known, &row, name, size) ? kernel->rules : row.rules;
}

int explain(const struct program *program, const struct kernel *kernel, const struct run_result *result,
	    size_t index)
{
	const struct violation_report *report = &result->violations[index];
	const struct kernel_rules row = rules_of_row(kernel);
	size_t i;

	for (i = 0; i < explanations(); i++) {
		const struct rule *rule = &rules[i];

		if (!(rule->violations & 1ul << report->violation) ||
		    (rule->applies && !rule->applies(&row)) ||
		    (rule->text && !says(report->text, rule->text)) ||
		    (rule->has && !rule->has(program)) ||
		    (rule->calls && !called(program, result, rule->calls, report->step)) ||
		    (rule->with && !called(program, result, rule->with, report->step)))
			continue;
		return (int)i;
	}
	return -1;
}
