// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Observables, and the expects that compare them.
 *
 * Counters are signed 64-bit page counts, widened to bytes before they compare, so
 * that neither a wrapped counter nor RLIM_INFINITY turns into something else.
 * mm_model's observers answer from outside of any task. What an iommufd or vfio
 * object shows is asked through a task that has its fd, on that task's actor.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <accounting/ledger.h>
#include <sim/race.h>
#include <sim/sched.h>
#include <sim/verdict.h>
#include <subsys/io_uring.h>
#include <subsys/pinners.h>
#include "run.h"

#define PAGE_BYTES ((wide)4096)

/* What looking came to. */
enum seen {
	SEEN,
	SEEN_NOTHING,		/* there is nothing to see: an unset variable, a task never made */
	SEEN_NO_COUNTER,	/* this kernel does not count that */
	SEEN_TOO_LATE,		/* the world has ended, and this would need a call */
};

static const struct mm_record *mm_of(const struct run *run, const struct observable *obs)
{
	const struct task_struct *task = run->tasks[obs->slot];
	unsigned int mms;

	if (!task)
		return NULL;
	mms = mm_task_mms(task);
	if (obs->mm_index >= 0)
		return (unsigned long)obs->mm_index < mms ? mm_task_mm(task, (unsigned int)obs->mm_index) : NULL;
	return mms ? mm_task_mm(task, mms - 1) : NULL;
}

static enum seen see_mm(const struct run *run, const struct observable *obs, wide *value)
{
	const struct mm_record *mm = mm_of(run, obs);

	if (!mm)
		return SEEN_NOTHING;
	*value = PAGE_BYTES * (obs->kind == OBS_LOCKED_VM ? mm_record_locked_vm(mm) : mm_record_pinned_vm(mm));
	return SEEN;
}

static enum seen see_task(struct run *run, const struct observable *obs, wide *value)
{
	const struct task_struct *task = run->tasks[obs->slot];
	unsigned long address = 0;

	if (obs->kind == OBS_TASK_ALIVE) {
		*value = task && mm_task_alive(task);
		return SEEN;
	}
	if (!task || (obs->address && !eval_number(run, obs->address, &address)))
		return SEEN_NOTHING;
	switch (obs->kind) {
	case OBS_TASK_USER_LOCKED_VM:
		*value = PAGE_BYTES * mm_task_user_locked_vm(task);
		break;
	case OBS_TASK_MEMLOCK:
		*value = mm_task_memlock_bytes(task);
		break;
	case OBS_TASK_PINS:
		*value = mm_task_pins(task, address);
		break;
	default:
		*value = mm_task_pfn(task, address);
		break;
	}
	return SEEN;
}

/* A question that only a task with the object's fd can ask. */
struct question {
	struct run *run;
	const struct observable *obs;
	const struct value *value;
	unsigned long address;
	const struct task_struct *task;
	int fd;
	long answer;
	bool answered;
};

static long ask_charged(const struct question *ask)
{
	const struct backend *backend = ask->run->options->backend;

	switch (ask->value->kind) {
	case VALUE_RING:
		return uring_charged(ask->fd);
	case VALUE_MR:
	case VALUE_VDPA:
	case VALUE_PERF:
	case VALUE_XSK:
	case VALUE_SECRETMEM:
	case VALUE_BPF:
	case VALUE_PINNER:
		return pinner_charged(ask->fd);
	case VALUE_CONTAINER:
	case VALUE_MDEV:
		return backend->vfio->charged(ask->fd);
	case VALUE_IOMMUFD:
		return backend->iommufd->charged(ask->fd, 0);
	case VALUE_CDEV:
	case VALUE_ACCESS:
		return backend->iommufd->charged(mm_fd_of(ask->task, ask->value->context), ask->value->id);
	default:
		return backend->iommufd->charged(ask->fd, ask->value->id);
	}
}

static void ask_body(void *arg)
{
	struct question *ask = arg;
	const struct backend *backend = ask->run->options->backend;

	switch (ask->obs->kind) {
	case OBS_NPINNED:
		ask->answer = backend->iommufd->npinned(ask->fd, ask->value->id);
		break;
	case OBS_CHARGED:
		ask->answer = ask_charged(ask);
		break;
	default:
		ask->answer = ask->value->kind == VALUE_DEVICE ?
				      backend->iommufd->device_pfn(ask->fd, ask->value->id, ask->address) :
				      backend->vfio->device_pfn(ask->fd, ask->address);
		break;
	}
	ask->answered = true;
}

static enum seen see_object(struct run *run, const struct observable *obs, wide *value)
{
	struct question ask = { .run = run, .obs = obs, .value = &run->variables[obs->slot], .fd = -1 };
	wide nothing = obs->kind == OBS_DEVICE_PFN ? -1 : 0;
	unsigned int i;

	if (run->ended)
		return SEEN_TOO_LATE;
	if (ask.value->kind == VALUE_NONE || ask.value->kind == VALUE_NUMBER ||
	    (obs->address && !eval_number(run, obs->address, &ask.address)))
		return SEEN_NOTHING;
	if (obs->kind == OBS_CHARGED && ask.value->kind >= VALUE_SEGMENT) {
		long pages = pinner_object_charged(ask.value->id);

		*value = PAGE_BYTES * (pages < 0 ? 0 : pages);
		return SEEN;
	}
	for (i = 0; i < run->nr_made && ask.fd < 0; i++) {
		ask.task = run->made[i];
		if (mm_task_alive(ask.task))
			ask.fd = mm_fd_of(ask.task, ask.value->file);
	}
	if (ask.fd >= 0) {
		sim_actor_submit(mm_task_actor(ask.task), ask_body, &ask);
		run_until_quiet(run);
	}
	/* Closed or destroyed: nothing is charged, pinned or mapped for it any more. */
	*value = !ask.answered || ask.answer < 0 ? nothing : ask.answer;
	if (obs->kind != OBS_DEVICE_PFN)
		*value *= PAGE_BYTES;
	return SEEN;
}

/* What may be looked at from anywhere, even from a trace record. */
static enum seen see_from_outside(struct run *run, const struct observable *obs, wide *value)
{
	const struct kernel_rules *rules = &run->options->kernel->rules;

	switch (obs->kind) {
	case OBS_LOCKED_VM:
	case OBS_PINNED_VM:
		return see_mm(run, obs, value);
	case OBS_USER_LOCKED_VM:
		*value = PAGE_BYTES * mm_user_locked_vm(obs->uid);
		return SEEN;
	case OBS_USER_PERF_MLOCK:
		if (rules->other.perf != PF_OWN)
			return SEEN_NO_COUNTER;
		*value = PAGE_BYTES * mm_user_perf_mlock(obs->uid);
		return SEEN;
	case OBS_UCOUNTS_MEMLOCK:
		if (rules->other.shm == SH_USER)
			return SEEN_NO_COUNTER;
		*value = PAGE_BYTES * mm_ucounts_memlock(obs->uid);
		return SEEN;
	case OBS_PAGES_PINNED:
		*value = PAGE_BYTES * mm_pages_pinned();
		return SEEN;
	case OBS_PAGES_UNACCOUNTED:
		*value = PAGE_BYTES * ledger_pages_unaccounted();
		return SEEN;
	case OBS_WARNINGS:
		*value = sim_warnings();
		return SEEN;
	case OBS_VIOLATIONS:
		*value = sim_reports();
		return SEEN;
	default:
		return see_task(run, obs, value);
	}
}

/*
 * What an object shows to the task that runs now, behind its call: inside it the
 * task may hold the very locks that looking up an fd takes. A task without the
 * object's fd sees nothing; whoever changes it has one.
 */
static enum seen see_behind_call(struct run *run, const struct observable *obs, wide *value)
{
	struct question ask = { .run = run, .obs = obs, .value = &run->variables[obs->slot], .task = mm_current() };

	if (!ask.task || !mm_task_alive(ask.task) || ask.value->kind == VALUE_NONE || ask.value->kind == VALUE_NUMBER)
		return SEEN_NOTHING;
	ask.fd = mm_fd_of(ask.task, ask.value->file);
	if (ask.fd < 0)
		return SEEN_NOTHING;
	sim_nopreempt_begin();
	ask_body(&ask);
	sim_nopreempt_end();
	*value = PAGE_BYTES * (ask.answer < 0 ? 0 : ask.answer);
	return SEEN;
}

/* What several tasks raise, each what is its own, is as high as their order has it: for a search that decides. */
static void raise_peak(struct run *run, int peak, wide value)
{
	if (value != run->levels[peak])
		sim_touch(&run->levels[peak], true);
	run->levels[peak] = value;
	if (!run->peak_seen[peak] || value > run->peaks[peak])
		run->peaks[peak] = value;
	run->peak_seen[peak] = true;
}

static bool is_of_object(const struct observable *obs)
{
	return obs->kind == OBS_NPINNED || obs->kind == OBS_CHARGED;
}

void sample_peaks(struct run *run)
{
	unsigned int i;
	wide value;

	sim_race_off();
	for (i = 0; i < run->program->nr_peaks; i++) {
		const struct observable *obs = run->program->peaks[i];

		if (!is_of_object(obs) && see_from_outside(run, obs, &value) == SEEN)
			raise_peak(run, obs->peak, value);
	}
	sim_race_on();
}

void sample_object_peaks(struct run *run)
{
	unsigned int i;
	wide value;

	sim_race_off();
	for (i = 0; i < run->program->nr_peaks; i++) {
		const struct observable *obs = run->program->peaks[i];

		if (is_of_object(obs) && see_behind_call(run, obs, &value) == SEEN)
			raise_peak(run, obs->peak, value);
	}
	sim_race_on();
}

static enum seen see_now(struct run *run, const struct observable *obs, wide *value)
{
	switch (obs->kind) {
	case OBS_NPINNED:
	case OBS_CHARGED:
	case OBS_DEVICE_PFN:
		return see_object(run, obs, value);
	case OBS_VARIABLE:
		if (run->variables[obs->slot].kind == VALUE_NONE)
			return SEEN_NOTHING;
		*value = run->variables[obs->slot].number;
		return SEEN;
	default:
		return see_from_outside(run, obs, value);
	}
}

static enum seen see(struct run *run, const struct observable *obs, wide *value)
{
	enum seen now = see_now(run, obs, value);

	if (obs->peak < 0 || now == SEEN_NO_COUNTER)
		return now;
	if (now == SEEN)
		raise_peak(run, obs->peak, *value);
	*value = run->peaks[obs->peak];
	return run->peak_seen[obs->peak] ? SEEN : now;
}

static enum seen see_sum(struct run *run, const struct sum *sum, struct expect_report *report, wide *value)
{
	const struct term *term;

	*value = 0;
	for (term = sum->terms; term; term = term->next) {
		wide part = term->number;

		if (!term->is_number) {
			enum seen seen = see(run, term->observable, &part);

			if (seen != SEEN)
				return seen;
			report->plain |= term->observable->plain;
		}
		*value += term->negative ? -part : part;
	}
	return SEEN;
}

static bool holds(enum comparison comparison, wide got, wide want)
{
	switch (comparison) {
	case CMP_EQ:
		return got == want;
	case CMP_NE:
		return got != want;
	case CMP_LT:
		return got < want;
	case CMP_LE:
		return got <= want;
	case CMP_GT:
		return got > want;
	case CMP_GE:
		return got >= want;
	}
	return false;
}

void judge_expect(struct run *run, const struct stmt *stmt)
{
	const struct expect *expect = &stmt->expect;
	struct expect_report report = { .stmt = stmt, .applies = true };
	enum seen seen;

	report.judged = kernel_set_holds(expect->set, run->options->kernel);
	if (expect->kind == EXPECT_VIOLATION || !is_judged(run) || run->fatal ||
	    (!report.judged && !run->options->all_expects))
		return;
	seen = see_sum(run, expect->left, &report, &report.got);
	if (seen == SEEN)
		seen = see_sum(run, expect->right, &report, &report.want);
	if (expect->sometimes && seen == SEEN && holds(expect->comparison, report.got, report.want))
		note_shown(run, stmt);
	if (seen == SEEN_TOO_LATE || expect->sometimes)
		return;
	run->result.expects += report.judged;
	report.applies = seen != SEEN_NO_COUNTER;
	report.comparable = seen == SEEN;
	report.held = report.comparable && holds(expect->comparison, report.got, report.want);
	if (!report.judged) {
		;
	} else if (!report.applies) {
		report.note = "this kernel does not have that counter";
		run->result.expects_na++;
	} else if (report.held) {
		run->result.expects_held++;
	} else {
		if (!report.comparable)
			report.note = "there is no such value: a variable is unset, or the task or mm was never made";
		count_failure(run, FAILURE_EXPECT, stmt, expect->set != NULL);
	}
	if (run->options->events && run->options->events->expect)
		run->options->events->expect(run->options->arg, &report);
}
