// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Observables. mm_model's observers answer from outside of any task; what a file
 * shows is asked on the actor of a task that has it.
 */
#include <errno.h>
#include <accounting/ledger.h>
#include <mm_model/machine.h>
#include <sim/race.h>
#include <sim/sched.h>
#include <sim/trace.h>
#include <sim/verdict.h>
#include <subsys/io_uring.h>
#include <subsys/pinners.h>
#include "lib.h"

static const struct mm_record *mm_last(const struct pinsim_task *task)
{
	unsigned int nr = mm_task_mms(task->task);

	return nr ? mm_task_mm(task->task, nr - 1) : NULL;
}

static const struct mm_record *mm_of(const struct pinsim_task *task, unsigned int k)
{
	return k < mm_task_mms(task->task) ? mm_task_mm(task->task, k) : NULL;
}

long pinsim_locked_vm_pages(const struct pinsim_task *task)
{
	const struct mm_record *mm = lib_enter_task(task) ? mm_last(task) : NULL;

	return mm ? mm_record_locked_vm(mm) : 0;
}

long pinsim_pinned_vm_pages(const struct pinsim_task *task)
{
	const struct mm_record *mm = lib_enter_task(task) ? mm_last(task) : NULL;

	return mm ? mm_record_pinned_vm(mm) : 0;
}

unsigned int pinsim_mms(const struct pinsim_task *task)
{
	return lib_enter_task(task) ? mm_task_mms(task->task) : 0;
}

long pinsim_mm_locked_vm_pages(const struct pinsim_task *task, unsigned int k)
{
	const struct mm_record *mm = lib_enter_task(task) ? mm_of(task, k) : NULL;

	return mm ? mm_record_locked_vm(mm) : 0;
}

long pinsim_mm_pinned_vm_pages(const struct pinsim_task *task, unsigned int k)
{
	const struct mm_record *mm = lib_enter_task(task) ? mm_of(task, k) : NULL;

	return mm ? mm_record_pinned_vm(mm) : 0;
}

long pinsim_task_user_locked_vm_pages(const struct pinsim_task *task)
{
	return lib_enter_task(task) ? mm_task_user_locked_vm(task->task) : 0;
}

long pinsim_user_locked_vm_pages(const struct pinsim_world *world, unsigned int uid)
{
	return lib_enter(world) ? mm_user_locked_vm(uid) : 0;
}

long pinsim_user_perf_mlock_pages(const struct pinsim_world *world, unsigned int uid)
{
	return lib_enter(world) && world->kernel.rules.other.perf == PF_OWN ? mm_user_perf_mlock(uid) : 0;
}

long pinsim_ucounts_memlock_pages(const struct pinsim_world *world, unsigned int uid)
{
	return lib_enter(world) && world->kernel.rules.other.shm != SH_USER ? mm_ucounts_memlock(uid) : 0;
}

unsigned long pinsim_memlock_bytes(const struct pinsim_task *task)
{
	return lib_enter_task(task) ? mm_task_memlock_bytes(task->task) : 0;
}

unsigned long pinsim_pinned_pages(const struct pinsim_world *world)
{
	return lib_enter(world) ? mm_pages_pinned() : 0;
}

unsigned long pinsim_unaccounted_pages(const struct pinsim_world *world)
{
	return lib_enter(world) ? ledger_pages_unaccounted() : 0;
}

unsigned long pinsim_page_pins(const struct pinsim_task *task, unsigned long va)
{
	return lib_enter_task(task) ? mm_task_pins(task->task, va) : 0;
}

long pinsim_page_frame(const struct pinsim_task *task, unsigned long va)
{
	return lib_enter_task(task) ? mm_task_pfn(task->task, va) : -1;
}

/*
 * What a file shows
 */

struct ask {
	int fd;
	unsigned int object;		/* 0: the file itself */
	long answer;
};

/* Each room knows its own files, and has an error for others: the first that knows it answers. */
static void ask_charged(void *arg)
{
	const struct backend *backend = lib_this_backend();
	struct ask *ask = arg;

	sim_race_off();
	ask->answer = backend->iommufd->charged(ask->fd, 0);
	if (ask->answer < 0 && backend->vfio)
		ask->answer = backend->vfio->charged(ask->fd);
	if (ask->answer < 0)
		ask->answer = uring_charged(ask->fd);
	if (ask->answer < 0)
		ask->answer = pinner_charged(ask->fd);
	if (ask->answer < 0 && ask->answer != -EBADF)
		ask->answer = -ENOTTY;
	sim_race_on();
}

static void ask_object_charged(void *arg)
{
	struct ask *ask = arg;

	sim_race_off();
	ask->answer = lib_this_backend()->iommufd->charged(ask->fd, ask->object);
	sim_race_on();
}

static void ask_npinned(void *arg)
{
	struct ask *ask = arg;

	sim_race_off();
	ask->answer = lib_this_backend()->iommufd->npinned(ask->fd, ask->object);
	sim_race_on();
}

static long ask(struct pinsim_task *task, void (*body)(void *arg), int fd, unsigned int object)
{
	struct ask ask = { .fd = fd, .object = object, .answer = -PINSIM_EMISUSE };
	bool in_body = lib_in_body();
	bool asked;

	if (in_body)
		sim_nopreempt_begin();
	asked = lib_ask(task, body, &ask);
	if (in_body)
		sim_nopreempt_end();
	return asked ? ask.answer : -PINSIM_EMISUSE;
}

long pinsim_charged_pages(struct pinsim_task *task, int fd)
{
	return ask(task, ask_charged, fd, 0);
}

long pinsim_object_charged_pages(struct pinsim_task *task, int fd, unsigned int object)
{
	return object ? ask(task, ask_object_charged, fd, object) : -ENOENT;
}

long pinsim_ioas_pinned_pages(struct pinsim_task *task, int fd, unsigned int ioas)
{
	return ask(task, ask_npinned, fd, ioas);
}

/*
 * What was found
 */

_Static_assert((int)PINSIM_LOCKED_VM == BUCKET_LOCKED_VM && (int)PINSIM_PINNED_VM == BUCKET_PINNED_VM &&
	       (int)PINSIM_USER_LOCKED_VM == BUCKET_USER_LOCKED_VM && (int)PINSIM_PERF_MLOCK == BUCKET_PERF_MLOCK,
	       "the ledger's buckets");

long pinsim_ledger_pages(const struct pinsim_task *task, enum pinsim_counter counter)
{
	if ((unsigned int)counter > PINSIM_PERF_MLOCK || !lib_enter_task(task))
		return 0;
	return lib_ledger_pages(task->task, (int)counter);
}

const char *pinsim_refusal(const struct pinsim_task *task)
{
	return task ? task->refusal : NULL;
}

size_t pinsim_violations(const struct pinsim_world *world)
{
	return lib_enter(world) ? sim_reports() : 0;
}

bool pinsim_violation(const struct pinsim_world *world, size_t index, struct pinsim_violation *violation)
{
	const struct sim_report *report;

	if (!lib_enter(world) || index >= sim_reports())
		return false;
	report = sim_report(index);
	*violation = (struct pinsim_violation){
		.name = sim_violation_name(report->violation),
		.text = report->text ? report->text : "",
		.task = sim_actor_name_at(report->actor),
		.step = report->step,
	};
	return true;
}

unsigned long pinsim_violations_of(const struct pinsim_world *world, const char *name)
{
	enum sim_violation violation = name ? sim_violation_by_name(name) : VIOLATION_NR;

	return lib_enter(world) && violation != VIOLATION_NR ? sim_violations(violation) : 0;
}

unsigned long pinsim_warnings(const struct pinsim_world *world)
{
	return lib_enter(world) ? sim_warnings() : 0;
}

unsigned long long pinsim_trace_hash(const struct pinsim_world *world)
{
	return lib_enter(world) ? sim_trace_hash() : 0;
}
