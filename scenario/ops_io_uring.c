// SPDX-License-Identifier: GPL-2.0-or-later
/* io_uring's rings and fixed buffers. */
#include <limits.h>
#include <sim/world.h>
#include <subsys/io_uring.h>
#include "ops.h"

static bool has_update(const struct kernel_rules *rules)
{
	return rules->uring.register_update;
}

static bool has_clone(const struct kernel_rules *rules)
{
	return rules->uring.clone_buffers;
}

/* The kernel's argument has 32 bits: what is larger is too large there as well. */
static unsigned int bits32(const struct op_value *arg)
{
	return arg->number > UINT_MAX ? UINT_MAX : (unsigned int)arg->number;
}

static long op_uring_setup(struct op_call *call)
{
	return op_made_file(call, VALUE_RING, uring_setup(bits32(&call->arg[0])));
}

static long op_uring_register(struct op_call *call)
{
	const struct op_value *list = &call->arg[1];
	unsigned int nr = list->nr ? list->nr : 1, i;
	struct uring_iovec *iov = sim_zalloc(nr * sizeof(*iov));
	long ret;

	for (i = 0; i < list->nr; i++)
		iov[i] = (struct uring_iovec){ list->pairs[i].first, list->pairs[i].second };
	if (!list->nr)
		iov[0] = (struct uring_iovec){ call->arg[2].number, call->arg[3].number };
	ret = uring_register(call->arg[0].fd, iov, nr);
	sim_free(iov);
	return ret < 0 ? ret : 0;
}

static const char *register_shape(const struct step *step)
{
	const struct operand *va = step_operand(step, 2), *length = step_operand(step, 3);

	if (step->nr_rest && (va || length))
		return "[VA, LEN] together with va= and len=, expected one of the two forms";
	if (!step->nr_rest && (!va || !length))
		return "no buffers, expected va= and len=, or [VA, LEN] at least once";
	return NULL;
}

static long op_uring_unregister(struct op_call *call)
{
	return uring_unregister(call->arg[0].fd);
}

static long op_uring_update(struct op_call *call)
{
	struct uring_iovec iov = { call->arg[2].number, call->arg[3].number };
	long ret = uring_update(call->arg[0].fd, bits32(&call->arg[1]), &iov);

	return ret < 0 ? ret : op_made_number(call, (unsigned long)ret);
}

static long op_uring_clone_buffers(struct op_call *call)
{
	return uring_clone_buffers(call->arg[0].fd, call->arg[1].fd);
}

#define RING(name) { name, ARG_VARIABLE, 0, KIND(RING) }

static const struct op ops[] = {
	{
		.name = "uring_setup",
		.what = "a ring; what its own memory costs differs by version",
		.source = "io_uring/io_uring.c:io_uring_create",
		.makes = KIND(RING),
		.args = { { "entries", ARG_NUMBER, .draw = DRAW_POWER, .most = 12 } },
		.run = op_uring_setup,
		.random = { .weight = 2, .charges = true },
	},
	{
		.name = "uring_register",
		.what = "registers fixed buffers: pinned and charged, whole folios once a ring",
		.source = "io_uring/rsrc.c:io_sqe_buffers_register",
		.args = {
			RING("ring"),
			{ "iov", ARG_IOVECS, ARG_OPTIONAL | ARG_MANY, .odds = 3 },
			{ "va", ARG_NUMBER, ARG_KEY | ARG_OPTIONAL, .draw = DRAW_MEMORY, .odds = 2 },
			{ "len", ARG_NUMBER, ARG_KEY | ARG_OPTIONAL, .draw = DRAW_LENGTH },
		},
		.shape = register_shape,
		.probes = OP_PROBES("@ring, va=@va, len=@len"),
		.run = op_uring_register,
		.random = { .weight = 16, .charges = true, .effect = EFFECT_HOLD },
	},
	{
		.name = "uring_unregister",
		.what = "gives all fixed buffers of the ring back",
		.source = "io_uring/rsrc.c:io_sqe_buffers_unregister",
		.args = { RING("ring") },
		.probes = OP_PROBES("@ring"),
		.run = op_uring_unregister,
		.random = { .weight = 3 },
	},
	{
		.name = "uring_update",
		.what = "puts another buffer into a slot; returns the slots updated",
		.source = "io_uring/rsrc.c:__io_sqe_buffers_update (v5.13)",
		.makes = KIND(NUMBER),
		.args = {
			RING("ring"),
			{ "slot", ARG_NUMBER, .draw = DRAW_BELOW, .most = 2 },
			{ "va", ARG_NUMBER, ARG_KEY, .draw = DRAW_MEMORY },
			{ "len", ARG_NUMBER, ARG_KEY, .draw = DRAW_LENGTH },
		},
		.exists = has_update,
		.run = op_uring_update,
		.random = { .weight = 4, .charges = true },
	},
	{
		.name = "uring_clone_buffers",
		.what = "shares the buffers of another ring",
		.source = "io_uring/rsrc.c:io_register_clone_buffers (v6.12)",
		.args = { RING("dst"), RING("src") },
		.exists = has_clone,
		.run = op_uring_clone_buffers,
		.random = { .weight = 3 },
	},
};

OP_AREA(ops_io_uring, "io_uring", ops);
