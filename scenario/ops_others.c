// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pinners that the language has words for and that have no model yet. Running
 * one is an error, so that no file seems to pass that was not run.
 */
#include "ops.h"

static bool has_vdpa(const struct kernel_rules *rules)
{
	return rules->other.vdpa;
}

static const struct op_word rdma_drivers[] = { { "usnic", 1 }, { "qib", 2 }, { "hfi1", 3 }, { NULL, 0 } };

#define RANGE_ARGS { { "va", ARG_NUMBER }, { "len", ARG_NUMBER } }
#define KEY_NUMBER(name) { name, ARG_NUMBER, ARG_KEY }

static const struct op ops[] = {
	{
		.name = "rdma_reg_mr",
		.what = "registers a memory region",
		.source = "drivers/infiniband/core/umem.c:ib_umem_get",
		.makes = KIND(MR),
		.args = {
			{ "va", ARG_NUMBER },
			{ "len", ARG_NUMBER },
			{ "driver", ARG_WORD, ARG_KEY | ARG_OPTIONAL, .words = rdma_drivers },
		},
	},
	{
		.name = "rdma_dereg_mr",
		.what = "gives a memory region back",
		.source = "drivers/infiniband/core/umem.c:ib_umem_release",
		.args = { { "mr", ARG_VARIABLE, 0, KIND(MR) } },
	},
	{
		.name = "vdpa_open",
		.what = "a vhost-vdpa device",
		.source = "drivers/vhost/vdpa.c:vhost_vdpa_open",
		.makes = KIND(VDPA),
		.exists = has_vdpa,
	},
	{
		.name = "vdpa_map",
		.what = "maps memory for a vdpa device",
		.source = "drivers/vhost/vdpa.c:vhost_vdpa_pa_map",
		.args = { { "v", ARG_VARIABLE, 0, KIND(VDPA) }, KEY_NUMBER("iova"), KEY_NUMBER("va"), KEY_NUMBER("len") },
		.exists = has_vdpa,
	},
	{
		.name = "vdpa_unmap",
		.what = "unmaps memory of a vdpa device",
		.source = "drivers/vhost/vdpa.c:vhost_vdpa_pa_unmap",
		.args = { { "v", ARG_VARIABLE, 0, KIND(VDPA) }, KEY_NUMBER("iova"), KEY_NUMBER("len") },
		.exists = has_vdpa,
	},
	{
		.name = "perf_open",
		.what = "a perf event",
		.source = "kernel/events/core.c:SYSCALL perf_event_open",
		.makes = KIND(PERF),
	},
	{
		.name = "perf_mmap",
		.what = "maps the event's buffer: data pages, and the control page on top",
		.source = "kernel/events/core.c:perf_mmap",
		.makes = KIND(NUMBER),
		.returns_address = true,
		.args = { { "e", ARG_VARIABLE, 0, KIND(PERF) }, { "pages", ARG_NUMBER } },
	},
	{
		.name = "xdp_reg_umem",
		.what = "registers an AF_XDP umem",
		.source = "net/xdp/xdp_umem.c:xdp_umem_reg",
		.makes = KIND(XSK),
		.args = RANGE_ARGS,
	},
	{
		.name = "sendmsg_zerocopy",
		.what = "sends without copying: charged until the data is gone",
		.source = "net/core/skbuff.c:mm_account_pinned_pages",
		.makes = KIND(ZEROCOPY),
		.args = RANGE_ARGS,
	},
	{
		.name = "zerocopy_done",
		.what = "the data is gone",
		.source = "net/core/skbuff.c:mm_unaccount_pinned_pages",
		.args = { { "z", ARG_VARIABLE, 0, KIND(ZEROCOPY) } },
	},
	{
		.name = "bpf_map",
		.what = "a bpf map, charged to the user up to v5.10",
		.source = "kernel/bpf/syscall.c:bpf_charge_memlock",
		.makes = KIND(BPF),
		.args = { { "len", ARG_NUMBER } },
	},
	{
		.name = "sev_pin",
		.what = "pins memory of an encrypted guest",
		.source = "arch/x86/kvm/svm/sev.c:sev_pin_memory",
		.makes = KIND(SEV),
		.args = RANGE_ARGS,
	},
	{
		.name = "sev_unpin",
		.what = "gives it back",
		.source = "arch/x86/kvm/svm/sev.c:sev_unpin_memory",
		.args = { { "s", ARG_VARIABLE, 0, KIND(SEV) } },
	},
};

OP_AREA(ops_others, "others", ops);
