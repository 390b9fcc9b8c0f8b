// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel API's state, WARN and BUG, reference counts, wait queues and deferred work. */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/refcount.h>
#include <linux/string.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <sim/fault.h>
#include "internal.h"

struct kapi_state *kapi_state(void)
{
	struct kapi_state *state = sim_slot(SIM_SLOT_KAPI);

	if (!state) {
		state = sim_zalloc(sizeof(*state));
		INIT_LIST_HEAD(&state->work);
		state->freed_last = &state->freed_first;
		sim_slot_set(SIM_SLOT_KAPI, state, NULL);
	}
	return state;
}

struct kapi_actor *kapi_actor(void)
{
	struct kapi_state *state = kapi_state();
	const struct sim_actor *self = sim_self();
	struct kapi_actor *actor = state->last_actor;

	if (actor && actor->actor == self)
		return actor;
	for (actor = state->actors; actor; actor = actor->next)
		if (actor->actor == self)
			break;
	if (!actor) {
		actor = sim_zalloc(sizeof(*actor));
		actor->actor = self;
		actor->next = state->actors;
		state->actors = actor;
	}
	return state->last_actor = actor;
}

/* "pages.c:612": no folder, so that it is the same wherever the tree lies. */
static const char *site(const char *file, int line, char *buf, size_t size)
{
	for (const char *at = file; *at; at++)
		if (*at == '/')
			file = at + 1;
	snprintf(buf, size, "%s:%d", file, line);
	return buf;
}

bool kapi_warn(const char *file, int line, const char *text, bool once)
{
	char buf[80];

	site(file, line, buf, sizeof(buf));
	if (once)
		return sim_warn_once(buf, text);
	sim_warn(buf, text);
	return true;
}

_Noreturn void kapi_bug(const char *file, int line, const char *text)
{
	char buf[80];

	sim_violate(VIOLATION_BUG, "%s: %s", site(file, line, buf, sizeof(buf)), text);
	sim_actor_abandon();
}

void kapi_refcount_bad(refcount_t *r, const char *what)
{
	/* saturated: it can never reach zero again */
	r->refs.counter = -0x40000000;
	sim_violate(VIOLATION_REFCOUNT, "refcount_t: %s", what);
}

/* Wait queues: first come, first woken. */
struct kapi_wait_entry {
	struct kapi_wait_entry *next;
	struct sim_actor *actor;
	bool woken;
};

void kapi_waitqueue_init(wait_queue_head_t *wq, const char *name)
{
	*wq = (wait_queue_head_t){ .id = sim_object_id(), .name = name };
	sim_object_name(wq->id, name);
}

int kapi_wait_once(wait_queue_head_t *wq, bool killable)
{
	struct kapi_wait_entry entry = { .actor = sim_self() };
	struct kapi_wait_entry **link = &wq->first;

	kapi_might_sleep(wq->name);
	if (killable && sim_fault(SIM_FAULT_LOCK_KILL))
		return -EINTR;
	while (*link)
		link = &(*link)->next;
	*link = &entry;
	sim_record(SIM_POINT_WAIT, wq->id, 0);
	while (!entry.woken)
		sim_block(wq->id, wq->name, NULL);
	return 0;
}

void kapi_wake(wait_queue_head_t *wq, bool all)
{
	sim_point(SIM_POINT_WAKE, wq->id, all);
	while (wq->first) {
		struct kapi_wait_entry *entry = wq->first;

		wq->first = entry->next;
		entry->woken = true;
		sim_wake(entry->actor);
		if (!all)
			break;
	}
}

/* Deferred work: queued in order, run when asked for. */
bool queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	if (work->pending)
		return false;
	work->pending = true;
	list_add_tail(&work->entry, &kapi_state()->work);
	return true;
}

bool kapi_work_pending(void)
{
	return !list_empty(&kapi_state()->work);
}

void flush_workqueue(struct workqueue_struct *wq)
{
	struct kapi_state *state = kapi_state();

	while (!list_empty(&state->work)) {
		struct work_struct *work = list_first_entry(&state->work, struct work_struct, entry);

		list_del_init(&work->entry);
		work->pending = false;
		work->func(work);
	}
}

ssize_t strscpy(char *dst, const char *src, size_t size)
{
	size_t length = strlen(src);

	if (!size)
		return -E2BIG;
	if (length < size) {
		memcpy(dst, src, length + 1);
		return length;
	}
	memcpy(dst, src, size - 1);
	dst[size - 1] = '\0';
	return -E2BIG;
}
