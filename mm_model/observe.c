// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is seen from outside: the language's observables, the enumerations for the
 * layers above, and the invariants of this room's own state.
 *
 * Observers hold no reference. An mm_record belongs to the world: while its mm
 * stands it reads the mm, afterwards it keeps what the mm last showed. A task_struct
 * belongs to the world itself and keeps its last uid and limits.
 */
#include <sim/invariant.h>
#include "internal.h"

struct mm_record {
	const struct mm_struct *mm;	/* NULL: gone */
	long locked_vm, pinned_vm;	/* what it last showed */
	const char *name;
};

struct mm_record *mm_record_create(struct mm_struct *mm)
{
	struct mm_record *record = sim_zalloc(sizeof(*record));

	record->mm = mm;
	return record;
}

void mm_record_close(struct mm_record *record)
{
	record->locked_vm = mm_record_locked_vm(record);
	record->pinned_vm = mm_record_pinned_vm(record);
	record->mm = NULL;
}

static const char *joined(const char *name, const char *behind)
{
	size_t bytes = strlen(name), more = strlen(behind) + 1;
	char *text = sim_alloc(bytes + more);

	memcpy(text, name, bytes);
	memcpy(text + bytes, behind, more);
	return text;
}

/* Another mm for the task, and a name for the mm where it is the first task to use it. */
void task_mm_record(struct task_struct *task, struct mm_struct *mm)
{
	struct mm_record *record = mm->record;
	char number[24] = "";

	task->mms = sim_realloc(task->mms, (task->nr_mms + 1) * sizeof(*task->mms));
	task->mms[task->nr_mms++] = record;
	if (record->name)
		return;
	if (task->nr_mms > 1)
		snprintf(number, sizeof(number), ".mm(%u)", task->nr_mms - 1);
	record->name = joined(task->comm, number);
	sim_object_name_kept(mm->mm_id, record->name);
	sim_object_name_kept(mm->locked_vm_id, joined(record->name, ".locked_vm"));
	sim_object_name_kept(mm->pinned_vm_id, joined(record->name, ".pinned_vm"));
}

const char *mm_name(const struct mm_struct *mm)
{
	return mm->record->name ? mm->record->name : "mm";
}

bool mm_alive(const struct mm_struct *mm)
{
	return mm->mm_users.counter > 0;
}

long mm_record_locked_vm(const struct mm_record *record)
{
	return record->mm ? (long)record->mm->locked_vm : record->locked_vm;
}

long mm_record_pinned_vm(const struct mm_record *record)
{
	return record->mm ? record->mm->pinned_vm.counter : record->pinned_vm;
}

bool mm_record_alive(const struct mm_record *record)
{
	return record->mm && mm_alive(record->mm);
}

/* Before the task lets go of what its observables come from. */
void task_snapshot(struct task_struct *task)
{
	if (task->cred)
		task->uid_seen = kuid_number(task->cred->uid);
	if (task->signal)
		task->memlock_seen = READ_ONCE(task->signal->rlim[RLIMIT_MEMLOCK].rlim_cur);
}

bool mm_task_alive(const struct task_struct *task)
{
	task_kill_matters(task);
	return !task->exited && !task->sigkill;
}

const char *mm_task_name(const struct task_struct *task)
{
	return task->comm;
}

unsigned int mm_task_uid(const struct task_struct *task)
{
	return task->cred ? kuid_number(task->cred->uid) : task->uid_seen;
}

unsigned long mm_task_memlock_bytes(const struct task_struct *task)
{
	return task->signal ? task->signal->rlim[RLIMIT_MEMLOCK].rlim_cur : task->memlock_seen;
}

void mm_task_memlock_set(struct task_struct *task, unsigned long bytes)
{
	if (task->signal && task->group_leader == task)
		task->signal->rlim[RLIMIT_MEMLOCK] = (struct rlimit){ .rlim_cur = bytes, .rlim_max = bytes };
}

const struct mm_record *mm_task_mm(const struct task_struct *task, unsigned int k)
{
	return k < task->nr_mms ? task->mms[k] : NULL;
}

unsigned int mm_task_mms(const struct task_struct *task)
{
	return task->nr_mms;
}

static const struct user_struct *user_seen(unsigned int uid)
{
	const struct user_struct *user;

	list_for_each_entry(user, &machine()->users, node)
		if (kuid_number(user->uid) == uid)
			return user;
	return NULL;
}

long mm_user_locked_vm(unsigned int uid)
{
	const struct user_struct *user = user_seen(uid);

	return user ? user->locked_vm.counter : 0;
}

long mm_user_perf_mlock(unsigned int uid)
{
	const struct user_struct *user = user_seen(uid);

	return user ? user->perf_mlock.counter : 0;
}

long mm_task_user_locked_vm(const struct task_struct *task)
{
	return mm_user_locked_vm(mm_task_uid(task));
}

/* Of the uid in the initial namespace. */
long mm_ucounts_memlock(unsigned int uid)
{
	const struct mm_machine *m = machine();
	const struct ucounts *ucounts;

	list_for_each_entry(ucounts, &m->ucounts, node)
		if (ucounts->ns == &m->init_user_ns && kuid_number(ucounts->uid) == uid)
			return ucounts->rlimit[UCOUNT_RLIMIT_MEMLOCK].counter;
	return 0;
}

unsigned long mm_pages_pinned(void)
{
	return mm_frames_pinned() + (machine()->zero_pins != 0);
}

/* The file's page at @va of a mapping in which nobody has faulted on it yet. */
static bool file_frame(const struct mm_struct *mm, unsigned long va, unsigned long *frame)
{
	const struct vm_area_struct *vma;
	struct rb_node *node;

	for (node = rb_first(&mm->mm_rb); node; node = rb_next(node)) {
		vma = rb_entry(node, struct vm_area_struct, vm_rb);
		if (va >= vma->vm_start && va < vma->vm_end)
			return vma->vm_file && file_is_memfd(vma->vm_file) &&
			       memfd_cached(vma->vm_file, vma->vm_pgoff + ((va - vma->vm_start) >> PAGE_SHIFT), frame);
	}
	return false;
}

/* The page behind @va: what is mapped there, or what a fault would find. */
static bool task_frame(const struct task_struct *task, unsigned long va, unsigned long *frame)
{
	struct sim_run run;

	if (!task->mm)
		return false;
	if (!sim_run_find(&task->mm->page_table, va >> PAGE_SHIFT, &run))
		return file_frame(task->mm, va, frame);
	*frame = run.value + (va >> PAGE_SHIFT) - run.start;
	return true;
}

long mm_task_frame(const struct task_struct *task, unsigned long va, bool write)
{
	struct sim_run run;

	if (!task->mm || !sim_run_find(&task->mm->page_table, va >> PAGE_SHIFT, &run) ||
	    !(run.attr & (write ? PTE_WRITE : PTE_READ)))
		return -1;
	return (long)(run.value + (va >> PAGE_SHIFT) - run.start);
}

bool mm_frame_is_zero(unsigned long frame)
{
	return frame_is_zero(frame);
}

unsigned long mm_task_pins(const struct task_struct *task, unsigned long va)
{
	struct frame_run run;
	unsigned long frame;

	if (!task_frame(task, va, &frame))
		return 0;
	if (frame_is_zero(frame))
		return machine()->zero_pins;
	return frame_state(frame, 1, &run) ? run.pins : 0;
}

long mm_task_pfn(const struct task_struct *task, unsigned long va)
{
	unsigned long frame;

	return task_frame(task, va, &frame) ? (long)(frame_to_phys(frame) >> PAGE_SHIFT) : -1;
}

void mm_for_each_mm(void (*fn)(struct mm_struct *mm, unsigned long mlocked_pages, void *arg), void *arg)
{
	struct vm_area_struct *vma;
	struct mm_struct *mm;
	struct rb_node *node;

	list_for_each_entry(mm, &machine()->mms, mmlist) {
		unsigned long mlocked = 0;

		if (!mm_alive(mm))
			continue;
		for (node = rb_first(&mm->mm_rb); node; node = rb_next(node)) {
			vma = rb_entry(node, struct vm_area_struct, vm_rb);
			if (vma->vm_flags & VM_LOCKED)
				mlocked += vma_pages(vma);
		}
		fn(mm, mlocked, arg);
	}
}

void mm_for_each_user(void (*fn)(struct user_struct *user, void *arg), void *arg)
{
	struct user_struct *user;

	list_for_each_entry(user, &machine()->users, node)
		fn(user, arg);
}

void mm_for_each_task(void (*fn)(struct task_struct *task, void *arg), void *arg)
{
	struct task_struct *task;

	list_for_each_entry(task, &machine()->tasks, tasks)
		fn(task, arg);
}

static void check_exec_counters(void)
{
	struct mm_machine *m = machine();

	if (!m->seen.exec_breaks)
		return;
	sim_violate(VIOLATION_EXEC_COUNTERS, "%lu execs began with a charged mm", m->seen.exec_breaks);
	m->seen.exec_breaks = 0;
}

static void check_fork_counters(void)
{
	struct mm_machine *m = machine();

	if (!m->seen.fork_breaks)
		return;
	sim_violate(VIOLATION_FORK_COUNTERS, "%lu forks made a charged child", m->seen.fork_breaks);
	m->seen.fork_breaks = 0;
}

/* How many tasks hold each mm, and how many of their creds each user. */
static void count_holds(struct mm_machine *m)
{
	struct task_struct *task;
	struct user_struct *user;
	struct mm_struct *mm;

	m->refs_round++;
	list_for_each_entry(mm, &m->mms, mmlist)
		mm->tasks = 0;
	list_for_each_entry(user, &m->users, node)
		user->creds = 0;
	list_for_each_entry(task, &m->tasks, tasks) {
		struct cred *cred = (struct cred *)task->cred;

		if (task->mm)
			task->mm->tasks++;
		if (!cred || cred->counted == m->refs_round)
			continue;
		cred->counted = m->refs_round;
		cred->user->creds++;
	}
	m->holds_changed = false;
}

/* Each living task stands for one of its mm's users, all users together for one reference. */
static void check_mm_refs(void)
{
	struct mm_machine *m = machine();
	struct mm_struct *mm;

	if (m->holds_changed || sim_invariants_are_full())
		count_holds(m);
	list_for_each_entry(mm, &m->mms, mmlist) {
		if (unlikely(mm->mm_users.counter < mm->tasks))
			sim_violate(VIOLATION_MM_REFS, "%s has %d users but %d tasks", mm_name(mm),
				    mm->mm_users.counter, mm->tasks);
		if (unlikely(mm->mm_count.counter < mm_alive(mm)))
			sim_violate(VIOLATION_MM_REFS, "%s has users but no reference", mm_name(mm));
	}
}

/* Each cred stands for one of its user's references, however many tasks share the cred. */
static void check_user_refs(void)
{
	struct mm_machine *m = machine();
	struct user_struct *user;

	if (m->holds_changed || sim_invariants_are_full())
		count_holds(m);
	list_for_each_entry(user, &m->users, node)
		if (unlikely(user->__count.refs.counter < user->creds))
			sim_violate(VIOLATION_USER_REFS, "user(%u) has %d references but %d creds",
				    kuid_number(user->uid), user->__count.refs.counter, user->creds);
}

/* After teardown nothing holds a page, a task or an mm. */
static void check_leak(void)
{
	const struct mm_machine *m = machine();
	unsigned long held = 0, at = 0;
	struct task_struct *task;
	struct sim_run run;

	while (sim_run_next(&m->frames, at, &run)) {
		held += run.last - run.start + 1;
		at = run.last + 1;
	}
	if (held)
		sim_violate(VIOLATION_LEAK, "%lu pages are still held after teardown", held);
	if (m->zero_pins)
		sim_violate(VIOLATION_LEAK, "%lu pins of the zero page were never given back", m->zero_pins);
	list_for_each_entry(task, &m->dead_tasks, tasks)
		if (task->signal)
			sim_violate(VIOLATION_LEAK, "a reference to task %s is still held after teardown", task->comm);
	kapi_leak_check();
}

static const struct sim_invariant invariants[] = {
	{ VIOLATION_MM_REFS, "An mm has at least as many references as tasks and objects that hold it.",
	  "facts I18, mm_types.h", SIM_QUIESCENT, check_mm_refs },
	{ VIOLATION_USER_REFS, "A user has at least as many references as creds and objects that hold it.",
	  "facts I19, kernel/user.c", SIM_QUIESCENT, check_user_refs },
	{ VIOLATION_EXEC_COUNTERS, "exec leaves a new mm with locked_vm and pinned_vm zero.", "facts I20, fs/exec.c",
	  SIM_STEP, check_exec_counters },
	{ VIOLATION_FORK_COUNTERS, "fork makes a child whose locked_vm and pinned_vm are zero.",
	  "facts I21, kernel/fork.c", SIM_STEP, check_fork_counters },
	{ VIOLATION_LEAK, "After teardown nobody holds a page, a task or other kernel memory.",
	  "mm/page_alloc.c, kernel/fork.c, mm/slub.c", SIM_END,
	  check_leak },
};

void mm_invariants_register(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(invariants); i++) {
		if (invariants[i].check == check_exec_counters)
			sim_invariant_register_if(&invariants[i], &machine()->seen.exec_breaks);
		else if (invariants[i].check == check_fork_counters)
			sim_invariant_register_if(&invariants[i], &machine()->seen.fork_breaks);
		else
			sim_invariant_register(&invariants[i]);
	}
}
