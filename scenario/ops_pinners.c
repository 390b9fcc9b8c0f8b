// SPDX-License-Identifier: GPL-2.0-or-later
/* The rarer pinners: VDUSE, FPGA accelerators, vfio on POWER, zPCI, and those that charge nothing. */
#include <subsys/pinners.h>
#include "ops.h"

static bool has_vduse(const struct kernel_rules *rules)
{
	return rules->other.vduse_umem;
}

static bool has_zpci(const struct kernel_rules *rules)
{
	return rules->other.zpci_aif;
}

static bool has_send_zc(const struct kernel_rules *rules)
{
	return rules->uring.send_zc;
}

static bool has_sev_move(const struct kernel_rules *rules)
{
	return rules->other.sev_moves;
}

static long op_uring_send_zc(struct op_call *call)
{
	return op_made_object(call, VALUE_ZEROCOPY,
			      uring_send_zc(call->arg[0].fd, call->arg[1].number, call->arg[2].number));
}

static long op_perf_mmap_aux(struct op_call *call)
{
	long ret = perf_mmap_aux(call->arg[0].fd, call->arg[1].number);

	return ret < 0 ? ret : op_made_number(call, (unsigned long)ret);
}

static long op_sev_move(struct op_call *call)
{
	return sev_move(call->arg[0].task);
}

static long op_vduse_open(struct op_call *call)
{
	return op_made_file(call, VALUE_PINNER, vduse_open());
}

static long op_vduse_reg_umem(struct op_call *call)
{
	return vduse_reg_umem(call->arg[0].fd, call->arg[1].number, call->arg[2].number);
}

static long op_vduse_dereg_umem(struct op_call *call)
{
	return vduse_dereg_umem(call->arg[0].fd);
}

static long op_afu_open(struct op_call *call)
{
	return op_made_file(call, VALUE_PINNER, afu_open());
}

static long op_afu_map(struct op_call *call)
{
	long ret = afu_map(call->arg[0].fd, call->arg[1].number, call->arg[2].number);

	return ret < 0 ? ret : op_made_number(call, (unsigned long)ret);
}

static long op_afu_unmap(struct op_call *call)
{
	return afu_unmap(call->arg[0].fd, call->arg[1].number);
}

static long op_tce_open(struct op_call *call)
{
	return op_made_file(call, VALUE_PINNER, tce_open());
}

static long op_tce_enable(struct op_call *call)
{
	return tce_call(call->arg[0].fd, TCE_ENABLE, call->arg[1].number, 0);
}

static long op_tce_disable(struct op_call *call)
{
	return tce_call(call->arg[0].fd, TCE_DISABLE, 0, 0);
}

static long op_tce_register(struct op_call *call)
{
	return tce_call(call->arg[0].fd, TCE_REGISTER, call->arg[1].number, call->arg[2].number);
}

static long op_tce_unregister(struct op_call *call)
{
	return tce_call(call->arg[0].fd, TCE_UNREGISTER, call->arg[1].number, call->arg[2].number);
}

static long op_tce_create(struct op_call *call)
{
	return tce_call(call->arg[0].fd, TCE_CREATE, call->arg[1].number,
			call->arg[2].given ? call->arg[2].number : 1);
}

static long op_tce_remove(struct op_call *call)
{
	return tce_call(call->arg[0].fd, TCE_REMOVE, 0, 0);
}

static long op_zpci_open(struct op_call *call)
{
	return op_made_file(call, VALUE_PINNER, zpci_open());
}

static long op_zpci_enable(struct op_call *call)
{
	return zpci_aif(call->arg[0].fd, true, call->arg[1].number, call->arg[2].given ? call->arg[2].number : 0);
}

static long op_zpci_disable(struct op_call *call)
{
	return zpci_aif(call->arg[0].fd, false, 0, 0);
}

static long op_pin_uncharged(struct op_call *call)
{
	return op_made_file(call, VALUE_PINNER, pin_uncharged(call->arg[0].number, call->arg[1].number));
}

#define PINNER(name) { name, ARG_VARIABLE, 0, KIND(PINNER), .made_by = name "_open" }
#define VA { "va", ARG_NUMBER, ARG_KEY, .draw = DRAW_MEMORY }
#define LEN { "len", ARG_NUMBER, ARG_KEY, .draw = DRAW_LENGTH }

static const struct op ops[] = {
	{
		.name = "uring_send_zc",
		.what = "sends without copying through a ring: its user pays until zerocopy_done()",
		.source = "io_uring/notif.c:io_notif_account_mem (v6.0)",
		.makes = KIND(ZEROCOPY),
		.args = { { "ring", ARG_VARIABLE, 0, KIND(RING) }, VA, LEN },
		.exists = has_send_zc,
		.run = op_uring_send_zc,
		.random = { .weight = 4, .charges = true },
	},
	{
		.name = "perf_mmap_aux",
		.what = "maps the AUX area of an event whose buffer is mapped",
		.source = "kernel/events/core.c:perf_mmap",
		.makes = KIND(NUMBER),
		.returns_address = true,
		.args = {
			{ "e", ARG_VARIABLE, 0, KIND(PERF) },
			{ "pages", ARG_NUMBER, .draw = DRAW_POWER, .most = 8 },
		},
		.run = op_perf_mmap_aux,
		.random = { .weight = 4, .charges = true },
	},
	{
		.name = "sev_move",
		.what = "the caller's VM takes over the regions and the count of the task's",
		.source = "arch/x86/kvm/svm/sev.c:sev_vm_move_enc_context_from (v5.16)",
		.args = { { "task", ARG_TASK } },
		.exists = has_sev_move,
		.run = op_sev_move,
		.random = { .weight = 1 },
	},
	{
		.name = "vduse_open",
		.what = "a VDUSE device",
		.source = "drivers/vdpa/vdpa_user/vduse_dev.c:vduse_dev_open",
		.makes = KIND(PINNER),
		.exists = has_vduse,
		.run = op_vduse_open,
		.random = { .weight = 1 },
	},
	{
		.name = "vduse_reg_umem",
		.what = "gives it memory for its bounce buffer: pinned_vm, no capability helps",
		.source = "drivers/vdpa/vdpa_user/vduse_dev.c:vduse_dev_reg_umem (v6.0)",
		.args = { PINNER("vduse"), VA, LEN },
		.exists = has_vduse,
		.run = op_vduse_reg_umem,
		.random = { .weight = 3, .charges = true },
	},
	{
		.name = "vduse_dereg_umem",
		.what = "takes it away again",
		.source = "drivers/vdpa/vdpa_user/vduse_dev.c:vduse_dev_dereg_umem",
		.args = { PINNER("vduse") },
		.exists = has_vduse,
		.run = op_vduse_dereg_umem,
		.random = { .weight = 1 },
	},
	{
		.name = "afu_open",
		.what = "an FPGA accelerator",
		.source = "drivers/fpga/dfl-afu-main.c:afu_open",
		.makes = KIND(PINNER),
		.run = op_afu_open,
		.random = { .weight = 1 },
	},
	{
		.name = "afu_map",
		.what = "maps memory that is physically contiguous for it; returns the IOVA",
		.source = "drivers/fpga/dfl-afu-dma-region.c:afu_dma_map_region",
		.makes = KIND(NUMBER),
		.args = { PINNER("afu"), VA, LEN },
		.run = op_afu_map,
		.random = { .weight = 4, .charges = true, .effect = EFFECT_MAP },
	},
	{
		.name = "afu_unmap",
		.what = "unmaps it, and uncharges whoever calls",
		.source = "drivers/fpga/dfl-afu-dma-region.c:afu_dma_unmap_region",
		.args = { PINNER("afu"), { "iova", ARG_NUMBER, ARG_KEY, .draw = DRAW_MAPPED } },
		.run = op_afu_unmap,
		.random = { .weight = 2, .effect = EFFECT_UNMAP },
	},
	{
		.name = "tce_open",
		.what = "a vfio container on POWER",
		.source = "drivers/vfio/vfio_iommu_spapr_tce.c:tce_iommu_open",
		.makes = KIND(PINNER),
		.run = op_tce_open,
		.random = { .weight = 1 },
	},
	{
		.name = "tce_enable",
		.what = "version 1: charges a DMA window of that size",
		.source = "drivers/vfio/vfio_iommu_spapr_tce.c:tce_iommu_enable",
		.args = { PINNER("tce"), { "window", ARG_NUMBER, ARG_KEY, .draw = DRAW_SIZE } },
		.run = op_tce_enable,
		.random = { .weight = 2, .charges = true },
	},
	{
		.name = "tce_disable",
		.what = "gives the window back",
		.source = "drivers/vfio/vfio_iommu_spapr_tce.c:tce_iommu_disable",
		.args = { PINNER("tce") },
		.run = op_tce_disable,
		.random = { .weight = 1 },
	},
	{
		.name = "tce_register",
		.what = "version 2: charges and pins memory that may be mapped",
		.source = "arch/powerpc/mm/book3s64/iommu_api.c:mm_iommu_do_alloc",
		.args = { PINNER("tce"), VA, LEN },
		.run = op_tce_register,
		.random = { .weight = 3, .charges = true },
	},
	{
		.name = "tce_unregister",
		.what = "gives it back, whole",
		.source = "drivers/vfio/vfio_iommu_spapr_tce.c:tce_iommu_unregister_pages",
		.args = { PINNER("tce"), VA, LEN },
		.run = op_tce_unregister,
		.random = { .weight = 1 },
	},
	{
		.name = "tce_create",
		.what = "version 2: a table that may grow to that size, of so many levels",
		.source = "drivers/vfio/vfio_iommu_spapr_tce.c:tce_iommu_create_table",
		.args = {
			PINNER("tce"),
			{ "size", ARG_NUMBER, ARG_KEY, .draw = DRAW_SIZE },
			{ "levels", ARG_NUMBER, ARG_KEY | ARG_OPTIONAL, .least = 1, .most = 3, .odds = 2 },
		},
		.run = op_tce_create,
		.random = { .weight = 3, .charges = true },
	},
	{
		.name = "tce_remove",
		.what = "removes the table, and gives back what was allocated for it",
		.source = "drivers/vfio/vfio_iommu_spapr_tce.c:tce_iommu_free_table",
		.args = { PINNER("tce") },
		.run = op_tce_remove,
		.random = { .weight = 2 },
	},
	{
		.name = "zpci_open",
		.what = "a PCI function passed through to a guest on s390",
		.source = "arch/s390/kvm/pci.c:kvm_s390_pci_register_kvm",
		.makes = KIND(PINNER),
		.exists = has_zpci,
		.run = op_zpci_open,
		.random = { .weight = 1 },
	},
	{
		.name = "zpci_enable",
		.what = "interrupt forwarding: pins one page of the guest, two with a summary",
		.source = "arch/s390/kvm/pci.c:kvm_s390_pci_aif_enable (v6.0)",
		.args = {
			PINNER("zpci"),
			{ "va", ARG_NUMBER, ARG_KEY, .draw = DRAW_MEMORY },
			{ "summary", ARG_NUMBER, ARG_KEY | ARG_OPTIONAL, .draw = DRAW_MEMORY },
		},
		.exists = has_zpci,
		.run = op_zpci_enable,
		.random = { .weight = 3, .charges = true },
	},
	{
		.name = "zpci_disable",
		.what = "unpins them, and uncharges whoever calls",
		.source = "arch/s390/kvm/pci.c:kvm_s390_pci_aif_disable",
		.args = { PINNER("zpci") },
		.exists = has_zpci,
		.run = op_zpci_disable,
		.random = { .weight = 1 },
	},
	{
		.name = "pin_uncharged",
		.what = "pins as those do who charge nothing: habanalabs, i915, gntdev, acrn, ...; until close()",
		.source = "drivers/accel/habanalabs/common/memory.c:get_user_memory, and others",
		.makes = KIND(PINNER),
		.args = {
			{ "va", ARG_NUMBER, .draw = DRAW_MEMORY },
			{ "len", ARG_NUMBER, .draw = DRAW_LENGTH },
		},
		.run = op_pin_uncharged,
		.random = { .weight = 3 },
	},
};

OP_AREA(ops_pinners, "pinners", ops);
