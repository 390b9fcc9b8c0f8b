// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One call: from the checked arguments to what the operation gets, on the calling
 * task's actor, and from what it returned to the variable that names it.
 *
 * Whether a call is made is decided when its turn comes, for a variable may be
 * unset by then, and a task dead. An fd is the open file that the variable names:
 * a task that does not have that file gets EBADF without a call.
 */
#include <errno.h>
#include <string.h>
#include <accounting/calls.h>
#include <mm_model/task_work.h>
#include <sim/sched.h>
#include <sim/verdict.h>
#include "ops.h"
#include "run.h"

long op_made_file(struct op_call *call, enum value_kind kind, long ret)
{
	if (ret < 0)
		return ret;
	call->made = (struct value){ .kind = kind, .file = mm_file_id(call->task, (int)ret) };
	return 0;
}

long op_made_object(struct op_call *call, enum value_kind kind, long ret)
{
	if (ret < 0)
		return ret;
	call->made = (struct value){ .kind = kind, .id = (unsigned int)ret };
	return 0;
}

long op_made_number(struct op_call *call, unsigned long number)
{
	call->made = (struct value){ .kind = VALUE_NUMBER, .number = number };
	return 0;
}

static void wrong_kind(struct run *run, const struct pin_pos *pos, int slot, unsigned int wanted)
{
	const char *const *names = run->program->variable_names;
	char got[256], text[256];

	if (!run->error.errors)
		diag_error(&run->error, pos, "on %s \"%s\" is %s here, expected %s", run->options->kernel->name,
			   names ? names[slot] : "a variable",
			   value_kinds_text(1u << run->variables[slot].kind, got, sizeof(got)),
			   value_kinds_text(wanted, text, sizeof(text)));
}

/* Where the variable of an operand stands, as exactly as it is known. */
static const struct pin_pos *pos_of(const struct stmt *stmt, const struct operand *operand)
{
	const struct term *term = operand->written ? operand->written->first->terms : NULL;

	while (term && term->is_number)
		term = term->next;
	return term ? &term->pos : &stmt->pos;
}

bool eval_number(struct run *run, const struct sum *sum, unsigned long *number)
{
	const struct term *term;
	unsigned long total = 0;

	for (term = sum->terms; term; term = term->next) {
		const struct value *value = term->is_number ? NULL : &run->variables[term->variable];
		unsigned long part = term->number;

		if (value) {
			sim_touch(value, false);
			if (value->kind == VALUE_NONE)
				return false;
			if (value->kind != VALUE_NUMBER) {
				wrong_kind(run, &term->pos, term->variable, KIND(NUMBER));
				return false;
			}
			part = value->number;
		}
		total = term->negative ? total - part : total + part;
	}
	*number = total;
	return true;
}

/* What resolving an argument came to. */
enum resolved { RESOLVED, RESOLVED_UNSET, RESOLVED_BADF };

static enum resolved resolve_variable(struct run *run, const struct stmt *stmt, const struct op_arg *arg,
				      const struct operand *operand, struct op_value *to,
				      const struct task_struct *task)
{
	const struct value *value = &run->variables[operand->variable];

	sim_touch(value, false);
	if (value->kind == VALUE_NONE)
		return RESOLVED_UNSET;
	if (!(arg->kinds & (1u << value->kind))) {
		wrong_kind(run, pos_of(stmt, operand), operand->variable, arg->kinds);
		return RESOLVED_UNSET;
	}
	to->value = value;
	to->fd = -1;
	to->context_fd = -1;
	if (value->file)
		to->fd = mm_fd_of(task, value->file);
	to->context_fd = value->context ? mm_fd_of(task, value->context) : to->fd;
	if (value->file && to->fd < 0)
		return RESOLVED_BADF;
	return RESOLVED;
}

/* Of an operand of numbers, both of them. */
static enum resolved resolve_numbers(struct run *run, const struct stmt *stmt, const struct operand *operand,
				     unsigned long *number, unsigned long *second)
{
	const struct value *value;

	if (operand->is_sums) {
		const struct pin_value *written = operand->written;
		const struct sum *other = written->kind == PIN_LIST ? written->first->next : written->second;

		return eval_number(run, written->first, number) && (!other || eval_number(run, other, second)) ?
			       RESOLVED : RESOLVED_UNSET;
	}
	*number = operand->number;
	*second = operand->second;
	if (operand->variable < 0)
		return RESOLVED;
	value = &run->variables[operand->variable];
	sim_touch(value, false);
	if (value->kind == VALUE_NUMBER) {
		*number += value->number;
		return RESOLVED;
	}
	if (value->kind != VALUE_NONE)
		wrong_kind(run, pos_of(stmt, operand), operand->variable, KIND(NUMBER));
	return RESOLVED_UNSET;
}

/* A and B of every element of a variadic argument. */
static enum resolved resolve_pairs(struct run *run, const struct stmt *stmt, struct op_value *to)
{
	const struct step *step = &stmt->step;
	struct op_pair *pairs = sim_zalloc((step->nr_rest + 1) * sizeof(*pairs));
	unsigned int i;

	for (i = 0; i < step->nr_rest; i++)
		if (resolve_numbers(run, stmt, &step->rest[i], &pairs[i].first, &pairs[i].second) != RESOLVED)
			return RESOLVED_UNSET;
	to->pairs = pairs;
	to->nr = step->nr_rest;
	return RESOLVED;
}

/* NULL: none was made yet, which for a search is to be seen by others than its maker. */
static struct task_struct *task_named(struct run *run, unsigned int slot)
{
	sim_touch(&run->tasks[slot], false);
	return run->tasks[slot];
}

static enum resolved resolve(struct run *run, const struct stmt *stmt, const struct op_arg *arg,
			     const struct operand *operand, struct op_value *to, const struct task_struct *task)
{
	to->given = true;
	if (arg->flags & ARG_MANY)
		return resolve_pairs(run, stmt, to);
	if (arg->type == ARG_VARIABLE)
		return resolve_variable(run, stmt, arg, operand, to, task);
	if (arg->type == ARG_TASK) {
		to->task = task_named(run, (unsigned int)operand->variable);
		return to->task ? RESOLVED : RESOLVED_UNSET;
	}
	to->name = operand->word;
	to->has_second = operand->has_second;
	return resolve_numbers(run, stmt, operand, &to->number, &to->second);
}

/* Whose step it is. In a block a line stays with the task that it was handed to, where another has the name by now. */
static struct task_struct *task_of(const struct step_state *state)
{
	struct task_struct *running = mm_current();

	return running ? running : state->run->tasks[state->stmt->step.task];
}

bool step_ready(struct step_state *state)
{
	const struct step *step = &state->stmt->step;
	struct run *run = state->run;
	struct task_struct *task = task_of(state), *old;

	if (run->ended) {
		state->skip = STEP_SKIP_ENDED;
	} else if (!task || !mm_task_alive(task)) {
		state->skip = STEP_SKIP_TASK;
	} else if ((step->exists_on != &run->options->kernel->rules &&
		    !step_exists(step, &run->options->kernel->rules)) ||
		   !op_served(step->op, run->options->backend)) {
		state->skip = STEP_SKIP_ABSENT;
		if (!run->na) {
			run->na = true;
			run->na_step = state->index;
			run->result.missing = step->op_name;
			if (op_exists(step->op, &run->options->kernel->rules))
				run->result.missing_key = step_missing_key(step, &run->options->kernel->rules);
		}
	} else if (run->options->leave_out_refused && step_states_refusal(run, step)) {
		state->skip = STEP_SKIP_LEFT_OUT;
	} else {
		old = step->made_task >= 0 ? task_named(run, step->made_task) : NULL;
		if (!old || !mm_task_alive(old))
			return true;
		if (!run->error.errors)
			diag_error(&run->error, &step->op_pos, "task \"%s\" still lives, expected a name that is free",
				   mm_task_name(old));
		state->skip = STEP_SKIP_ENDED;
	}
	return false;
}

struct task_counters *take_counters(struct run *run, unsigned int *nr)
{
	const struct program *program = run->program;
	struct task_counters *counters = sim_zalloc((program->nr_task_names + 1) * sizeof(*counters));
	unsigned int i;

	*nr = 0;
	for (i = 0; i < program->nr_task_names; i++) {
		const struct task_struct *task = run->tasks[i];
		unsigned int mms = task ? mm_task_mms(task) : 0;
		const struct mm_record *mm = mms ? mm_task_mm(task, mms - 1) : NULL;

		if (!task)
			continue;
		counters[(*nr)++] = (struct task_counters){
			.name = program->task_names[i],
			.alive = mm_task_alive(task),
			.locked_vm = mm ? mm_record_locked_vm(mm) : 0,
			.pinned_vm = mm ? mm_record_pinned_vm(mm) : 0,
			.user_locked_vm = mm_task_user_locked_vm(task),
			.uid = mm_task_uid(task),
			.mm = mm,
		};
	}
	return counters;
}

/* The task that the call made takes the name. */
static void take_child(struct run *run, struct step_state *state, struct task_struct *child)
{
	const struct step *step = &state->stmt->step;

	run->made = sim_realloc(run->made, (run->nr_made + 1) * sizeof(*run->made));
	run->made[run->nr_made++] = child;
	sim_touch(&run->tasks[step->made_task], true);
	run->tasks[step->made_task] = child;
	if (run->options->memlock_bytes)
		mm_task_memlock_set(child, run->options->memlock_bytes[step->made_task]);
	if (run->parallel)
		parallel_task_made(run, state);
}

/* The variable is what the call made; after a call that failed or was not made, it is unset. */
static void set_variable(struct step_state *state)
{
	int slot = state->stmt->step.variable;

	if (slot < 0)
		return;
	sim_touch(&state->run->variables[slot], true);
	if (state->returned && state->ret >= 0)
		state->run->variables[slot] = state->value;
	else
		state->run->variables[slot] = (struct value){ .kind = VALUE_NONE };
}

/* The moment itself, for who draws the schedule. */
static void tell(const struct step_state *state, void (*event)(void *arg, const struct step_report *step))
{
	struct step_report report = step_report_of(state);

	event(state->run->options->arg, &report);
}

static long run_op(struct op_call *call)
{
	unsigned int depth = sim_outside_begin();
	long ret = call->op->run(call);

	sim_outside_end(depth);
	return ret;
}

static void make_call(struct step_state *state)
{
	const struct run_events *events = state->run->options->events;
	const struct step *step = &state->stmt->step;
	struct run *run = state->run;
	enum resolved resolved = RESOLVED;
	struct op_call call;
	unsigned int i;

	call.op = step->op;
	call.backend = run->options->backend;
	call.task = task_of(state);
	call.made = (struct value){ .kind = VALUE_NONE };
	call.child = NULL;
	call.child_is_thread = false;
	/* an operation knows no argument that it does not have */
	for (i = 0; step->op->args[i].name; i++) {
		enum resolved now = RESOLVED;

		call.arg[i] = (struct op_value){ .given = false };
		if (step_operand(step, i))
			now = resolve(run, state->stmt, &step->op->args[i], &step->operand[i], &call.arg[i], call.task);
		if (now == RESOLVED_UNSET) {
			state->skip = STEP_SKIP_UNSET;
			return;
		}
		if (now == RESOLVED_BADF)
			resolved = RESOLVED_BADF;
	}
	state->started = true;
	if (events && events->enter)
		tell(state, events->enter);
	sim_call_set(state->index);
	sim_refusal_clear();
	if (run->options->sweep)
		sim_fault_sweep_join();
	accounting_call_begin(call.task, step->op->name);
	if (resolved == RESOLVED_BADF)
		state->ret = -EBADF;
	else if (!step->op->sets_limit || !run->options->memlock_bytes)
		state->ret = run_op(&call);
	/* On the way back what the call put off is done: the last reference to a file that another task has closed. */
	state->ret = mm_syscall(state->ret);
	accounting_call_end(call.task, state->ret);
	state->returned = true;
	if (run->options->events && run->options->events->call)
		run->options->events->call(run->options->arg, state->stmt, &call, state->ret);
	if (state->ret > 0)
		state->ret = 0;
	if (state->ret < 0 && sim_refusal())
		state->refusal = sim_strdup(sim_refusal());
	if (state->ret >= 0) {
		state->value = call.made;
		if (state->value.kind == VALUE_NONE)
			state->value.kind = VALUE_NUMBER;
	}
	/* a process is there also where its maker was killed on the way back */
	if (call.child && (state->ret >= 0 || !call.child_is_thread))
		take_child(run, state, call.child);
	if (events && events->leave)
		tell(state, events->leave);
}

void step_body(void *arg)
{
	struct step_state *state = arg;

	if (state->ready || step_ready(state))
		make_call(state);
	set_variable(state);
	sample_object_peaks(state->run);
	if (state->run->parallel)
		parallel_step_done(state->run, state);
}

void step_state_free(struct step_state *state)
{
	sim_free(state->refusal);
	sim_free(state->tasks);
}
