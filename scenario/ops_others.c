// SPDX-License-Identifier: GPL-2.0-or-later
/* The other pinners: each makes a file that close() ends. */
#include <subsys/pinners.h>
#include "ops.h"

static bool has_vdpa(const struct kernel_rules *rules)
{
	return rules->other.vdpa;
}

static const struct op_word rdma_drivers[] = {
	{ "usnic", RDMA_USNIC }, { "qib", RDMA_QIB }, { "hfi1", RDMA_HFI1 }, { "siw", RDMA_SIW }, { NULL, 0 }
};

/* A region that the device only reads. */
static const struct op_word mr_prot[] = { { "rw", 0 }, { "r", 1 }, { NULL, 0 } };
static const struct op_word zerocopy_protos[] = { { "tcp", 0 }, { "rds", 1 }, { NULL, 0 } };

static long op_rdma_reg_mr(struct op_call *call)
{
	const struct op_value *arg = call->arg;

	if (arg[4].given)
		return op_made_file(call, VALUE_MR, rdma_reg_mr_through(arg[4].fd, arg[0].number, arg[1].number));
	return op_made_file(call, VALUE_MR,
			    rdma_reg_mr(arg[0].number, arg[1].number, (enum rdma_driver)arg[2].number,
					arg[3].number));
}

static long op_rdma_dereg_mr(struct op_call *call)
{
	return rdma_dereg_mr(call->arg[0].fd);
}

static long op_vdpa_open(struct op_call *call)
{
	return op_made_file(call, VALUE_VDPA, vdpa_open());
}

static long op_vdpa_map(struct op_call *call)
{
	return vdpa_map(call->arg[0].fd, call->arg[1].number, call->arg[2].number, call->arg[3].number);
}

static long op_vdpa_unmap(struct op_call *call)
{
	return vdpa_unmap(call->arg[0].fd, call->arg[1].number, call->arg[2].number);
}

static long op_perf_open(struct op_call *call)
{
	return op_made_file(call, VALUE_PERF, perf_open());
}

static long op_perf_mmap(struct op_call *call)
{
	long ret = perf_mmap(call->arg[0].fd, call->arg[1].number);

	return ret < 0 ? ret : op_made_number(call, (unsigned long)ret);
}

static long op_xdp_reg_umem(struct op_call *call)
{
	return op_made_file(call, VALUE_XSK, xdp_reg_umem(call->arg[0].number, call->arg[1].number));
}

static long op_sendmsg_zerocopy(struct op_call *call)
{
	return op_made_object(call, VALUE_ZEROCOPY, sendmsg_zerocopy(call->arg[0].number, call->arg[1].number,
								    call->arg[2].number));
}

static long op_zerocopy_done(struct op_call *call)
{
	return zerocopy_done(call->arg[0].value->id);
}

static long op_bpf_map(struct op_call *call)
{
	return op_made_file(call, VALUE_BPF, bpf_map(call->arg[0].number));
}

static long op_sev_pin(struct op_call *call)
{
	return op_made_object(call, VALUE_SEV, sev_pin(call->arg[0].number, call->arg[1].number));
}

static long op_sev_unpin(struct op_call *call)
{
	return sev_unpin(call->arg[0].value->id);
}

#define VA { "va", ARG_NUMBER, .draw = DRAW_MEMORY }
#define LEN { "len", ARG_NUMBER, .draw = DRAW_LENGTH }
#define RANGE_ARGS { VA, LEN }
#define KEY_NUMBER(name, how) { name, ARG_NUMBER, ARG_KEY, .draw = how }

static const struct op ops[] = {
	{
		.name = "rdma_reg_mr",
		.what = "registers a memory region",
		.source = "drivers/infiniband/core/umem.c:ib_umem_get",
		.makes = KIND(MR),
		.args = {
			VA,
			LEN,
			{ "driver", ARG_WORD, ARG_KEY | ARG_OPTIONAL, .words = rdma_drivers },
			{ "prot", ARG_WORD, ARG_KEY | ARG_OPTIONAL, .words = mr_prot, .odds = 8 },
			{ "through", ARG_VARIABLE, ARG_KEY | ARG_OPTIONAL, KIND(MR), .odds = 16 },
		},
		.run = op_rdma_reg_mr,
		.random = { .weight = 18, .charges = true },
	},
	{
		.name = "rdma_dereg_mr",
		.what = "gives a memory region back",
		.source = "drivers/infiniband/core/umem.c:ib_umem_release",
		.args = { { "mr", ARG_VARIABLE, 0, KIND(MR) } },
		.run = op_rdma_dereg_mr,
		.random = { .weight = 2, .effect = EFFECT_END },
	},
	{
		.name = "vdpa_open",
		.what = "a vhost-vdpa device",
		.source = "drivers/vhost/vdpa.c:vhost_vdpa_open",
		.makes = KIND(VDPA),
		.exists = has_vdpa,
		.run = op_vdpa_open,
		.random = { .weight = 1 },
	},
	{
		.name = "vdpa_map",
		.what = "maps memory for a vdpa device",
		.source = "drivers/vhost/vdpa.c:vhost_vdpa_pa_map",
		.args = {
			{ "v", ARG_VARIABLE, 0, KIND(VDPA) },
			KEY_NUMBER("iova", DRAW_FREE),
			KEY_NUMBER("va", DRAW_MEMORY),
			KEY_NUMBER("len", DRAW_LENGTH),
		},
		.exists = has_vdpa,
		.run = op_vdpa_map,
		.random = { .weight = 16, .charges = true, .effect = EFFECT_MAP },
	},
	{
		.name = "vdpa_unmap",
		.what = "unmaps memory of a vdpa device",
		.source = "drivers/vhost/vdpa.c:vhost_vdpa_pa_unmap",
		.args = {
			{ "v", ARG_VARIABLE, 0, KIND(VDPA) },
			KEY_NUMBER("iova", DRAW_MAPPED),
			KEY_NUMBER("len", DRAW_LENGTH),
		},
		.exists = has_vdpa,
		.run = op_vdpa_unmap,
		.random = { .weight = 2, .effect = EFFECT_UNMAP },
	},
	{
		.name = "perf_open",
		.what = "a perf event",
		.source = "kernel/events/core.c:SYSCALL perf_event_open",
		.makes = KIND(PERF),
		.run = op_perf_open,
		.random = { .weight = 1 },
	},
	{
		.name = "perf_mmap",
		.what = "maps the event's buffer: data pages, and the control page on top",
		.source = "kernel/events/core.c:perf_mmap",
		.makes = KIND(NUMBER),
		.returns_address = true,
		.args = {
			{ "e", ARG_VARIABLE, 0, KIND(PERF) },
			{ "pages", ARG_NUMBER, .draw = DRAW_POWER, .most = 8 },
		},
		.run = op_perf_mmap,
		.random = { .weight = 8, .charges = true, .effect = EFFECT_MEMORY },
	},
	{
		.name = "xdp_reg_umem",
		.what = "registers an AF_XDP umem",
		.source = "net/xdp/xdp_umem.c:xdp_umem_reg",
		.makes = KIND(XSK),
		.args = RANGE_ARGS,
		.run = op_xdp_reg_umem,
		.random = { .weight = 6, .charges = true },
	},
	{
		.name = "sendmsg_zerocopy",
		.what = "sends without copying: charged until the data is gone",
		.source = "net/core/skbuff.c:mm_account_pinned_pages",
		.makes = KIND(ZEROCOPY),
		.args = { VA, LEN, { "proto", ARG_WORD, ARG_KEY | ARG_OPTIONAL, .words = zerocopy_protos, .odds = 8 } },
		.run = op_sendmsg_zerocopy,
		.random = { .weight = 8, .charges = true },
	},
	{
		.name = "zerocopy_done",
		.what = "the data is gone",
		.source = "net/core/skbuff.c:mm_unaccount_pinned_pages",
		.args = { { "z", ARG_VARIABLE, 0, KIND(ZEROCOPY) } },
		.run = op_zerocopy_done,
		.random = { .weight = 2, .effect = EFFECT_END },
	},
	{
		.name = "bpf_map",
		.what = "a bpf map, charged to the user up to v5.10",
		.source = "kernel/bpf/syscall.c:bpf_charge_memlock",
		.makes = KIND(BPF),
		.args = { { "len", ARG_NUMBER, .draw = DRAW_SIZE } },
		.run = op_bpf_map,
		.random = { .weight = 4, .charges = true },
	},
	{
		.name = "sev_pin",
		.what = "pins memory of an encrypted guest",
		.source = "arch/x86/kvm/svm/sev.c:sev_pin_memory",
		.makes = KIND(SEV),
		.args = RANGE_ARGS,
		.run = op_sev_pin,
		.random = { .weight = 8, .charges = true },
	},
	{
		.name = "sev_unpin",
		.what = "gives it back",
		.source = "arch/x86/kvm/svm/sev.c:sev_unpin_memory",
		.args = { { "s", ARG_VARIABLE, 0, KIND(SEV) } },
		.run = op_sev_unpin,
		.random = { .weight = 2, .effect = EFFECT_END },
	},
};

OP_AREA(ops_others, "others", ops);
