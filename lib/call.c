// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One call of a body: what is done before and behind it, whichever it is. The
 * accounting is told (accounting/calls.h), so that invariants may judge a failed call;
 * whether this kernel has it is what the table of operations says.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <accounting/calls.h>
#include <mm_model/syscalls.h>
#include <mm_model/task_work.h>
#include <sim/invariant.h>
#include <sim/sched.h>
#include <sim/verdict.h>
#include "lib.h"

#define CALL_NAME(name) #name,
static const char *const names[CALL_NR] = { LIB_CALLS(CALL_NAME) };

/* The table is looked through once a world. */
static const struct op *op_of(struct pinsim_world *world, enum lib_call_id id)
{
	if (!world->ops[id])
		world->ops[id] = op_by_name(names[id]);
	return world->ops[id];
}

static bool is_here(struct pinsim_world *world, const struct op *op)
{
	return op_exists(op, &world->kernel.rules) && (world->options.backend->vfio || !op_is_vfio(op));
}

static bool absent(struct lib_call *call)
{
	if (!call->run->absent)
		call->run->absent = names[call->id];
	call->ret = -PINSIM_EABSENT;
	return false;
}

void lib_call_draw(const struct lib_call *call, const char *format, ...)
{
	char text[256];
	int used = snprintf(text, sizeof(text), "%s(", names[call->id]);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, sizeof(text) - 1 - (size_t)used, format, args);
	va_end(args);
	strcat(text, ")");
	lanes_enter(call->run->world->lanes, text);
}

static void draw_end(const struct lib_call *call, long ret)
{
	const char *name = ret < 0 ? pinsim_result_name(ret) : NULL;
	char text[512];

	if (ret <= -MM_KILLED_BASE && ret > -PINSIM_EABSENT)
		snprintf(text, sizeof(text), "killed by signal %ld", -ret - MM_KILLED_BASE);
	else if (name)
		snprintf(text, sizeof(text), "%s%s%s", name, call->task->refusal ? ": " : "",
			 call->task->refusal ? call->task->refusal : "");
	else
		snprintf(text, sizeof(text), ret > 65535 ? "%#lx" : "%ld", ret);
	lanes_leave(call->run->world->lanes, text);
}

bool lib_call_begin(struct lib_call *call, enum lib_call_id id)
{
	*call = (struct lib_call){ .id = id, .task = pinsim_current() };
	if (!call->task) {
		call->ret = lib_misuse("pinsim_%s() outside of a body, expected it in one (pinsim_call(), "
				       "pinsim_start())", names[id]);
		return false;
	}
	call->run = sim_slot(SIM_SLOT_SCENARIO);
	if (!mm_task_alive(call->task->task))
		lib_leave(call->task);
	if (!is_here(call->run->world, op_of(call->run->world, id)))
		return absent(call);
	sim_call_set((unsigned int)call->run->step);
	sim_refusal_clear();
	sim_free(call->task->refusal);
	call->task->refusal = NULL;
	accounting_call_begin(call->task->task, names[id]);
	return true;
}

bool lib_call_has(struct lib_call *call, const char *argument)
{
	const struct op_arg *arg = op_of(call->run->world, call->id)->args;

	while (arg->name && strcmp(arg->name, argument))
		arg++;
	return !arg->name || !arg->exists || arg->exists(&call->run->world->kernel.rules);
}

/* What others may look for when a call of a run at once is over. */
static void judge(struct lib_run *run)
{
	sim_nopreempt_begin();
	sim_invariants_check(SIM_STEP);
	sim_nopreempt_end();
	machine_settle_beside(&run->deferred);
}

long lib_call_end(struct lib_call *call, long ret)
{
	struct pinsim_task *task = call->task;

	/* On the way back what the call put off is done: the last reference to a file that another task has closed. */
	ret = mm_syscall(ret);
	accounting_call_end(task->task, ret == -PINSIM_EABSENT ? 0 : ret);
	if (ret == -PINSIM_EABSENT)
		absent(call);
	if (ret < 0 && sim_refusal())
		task->refusal = sim_strdup(sim_refusal());
	if (call->run->world->lanes)
		draw_end(call, ret);
	if (call->run->at_once)
		judge(call->run);
	if (mm_task_alive(task->task))
		return ret;
	if (ret <= -MM_KILLED_BASE && ret > -PINSIM_EABSENT)
		task->killed_by = (int)(-ret - MM_KILLED_BASE);
	lib_leave(task);
}

const struct backend *lib_this_backend(void)
{
	const struct lib_run *run = sim_slot(SIM_SLOT_SCENARIO);

	return run->world->options.backend;
}
