// SPDX-License-Identifier: GPL-2.0-or-later
/* Faults that the caller's next calls meet. */
#include <mm_model/machine.h>
#include <sim/fault.h>
#include "ops.h"

static long op_fail_nth(struct op_call *call)
{
	sim_fault_arm_nth(mm_task_actor(call->task), call->arg[0].number);
	return 0;
}

static long op_fail(struct op_call *call)
{
	sim_fault_arm(mm_task_actor(call->task), (enum sim_fault_site)call->arg[0].number, call->arg[1].number);
	return 0;
}

static const struct op_word site_words[] = {
	{ "gup", SIM_FAULT_GUP },
	{ "iommu_map", SIM_FAULT_IOMMU_MAP },
	{ "alloc", SIM_FAULT_ALLOC },
	{ "lock_kill", SIM_FAULT_LOCK_KILL },
	{ NULL, 0 },
};

static const struct op ops[] = {
	{
		.name = "fail_nth",
		.what = "the N-th allocation, pin or IOMMU map of the caller from now on fails once",
		.source = "lib/fault-inject.c, /proc/self/fail-nth",
		.args = { { "n", ARG_NUMBER, .least = 1, .most = 30 } },
		.run = op_fail_nth,
	},
	{
		.name = "fail",
		.what = "the caller's next pin or map fails at page K; its K-th allocation or killable lock fails",
		.source = "lib/fault-inject.c",
		.args = { { "site", ARG_WORD, .words = site_words }, { "k", ARG_NUMBER, .most = 20 } },
		.run = op_fail,
	},
};

OP_AREA(ops_fault, "fault", ops);
