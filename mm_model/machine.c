// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The machine: what a world has of memory, tasks and users, and who is current.
 *
 * Everything hangs off one struct mm_machine in SIM_SLOT_MM. Work outside any task
 * (kernel threads, setup) runs as a kernel thread of uid 0 with all capabilities
 * and no mm.
 */
#include <linux/completion.h>
#include "internal.h"

/* current where no task runs. Not in the list of tasks, and never ends. */
static void kthread_init(struct mm_machine *m)
{
	struct task_struct *task = sim_zalloc(sizeof(*task));
	struct signal_struct *signal = sim_zalloc(sizeof(*signal));
	struct user_struct *root = sim_zalloc(sizeof(*root));
	struct ucounts *ucounts = sim_zalloc(sizeof(*ucounts));
	struct cred *cred = sim_zalloc(sizeof(*cred));
	int i;

	for (i = 0; i < RLIM_NLIMITS; i++)
		signal->rlim[i] = (struct rlimit){ RLIM_INFINITY, RLIM_INFINITY };
	refcount_set(&signal->sigcnt, 1);
	refcount_set(&root->__count, 1);
	refcount_set(&ucounts->count, 1);
	ucounts->ns = &m->init_user_ns;
	refcount_set(&cred->usage, 1);
	cred->cap_permitted = cred->cap_effective = MM_CAP_EVERY;
	cred->user = root;
	cred->user_ns = &m->init_user_ns;
	cred->ucounts = ucounts;

	refcount_set(&task->usage, 1);
	strscpy(task->comm, "kthread", sizeof(task->comm));
	task->flags = PF_KTHREAD;
	spin_lock_init(&task->alloc_lock);
	INIT_LIST_HEAD(&task->task_works);
	INIT_LIST_HEAD(&task->thread_node);
	INIT_LIST_HEAD(&task->tasks);
	task->group_leader = task;
	task->signal = signal;
	task->cred = cred;
	m->kthread = task;
}

void mm_machine_init(const struct mm_config *config)
{
	struct mm_machine *m = sim_zalloc(sizeof(*m));

	m->config = *config;
	if (!m->config.contig_pages)
		m->config.contig_pages = 1;
	if (!m->config.cpus)
		m->config.cpus = 2;
	sim_slot_set(SIM_SLOT_MM, m, NULL);
	page_init(m);
	INIT_LIST_HEAD(&m->tasks);
	INIT_LIST_HEAD(&m->dead_tasks);
	INIT_LIST_HEAD(&m->mms);
	INIT_LIST_HEAD(&m->users);
	INIT_LIST_HEAD(&m->ucounts);
	INIT_LIST_HEAD(&m->delayed_fput);
	spin_lock_init(&m->uidhash_lock);
	spin_lock_init(&m->ucounts_lock);
	INIT_WORK(&m->delayed_fput_work, delayed_fput_run);
	refcount_set(&m->init_user_ns.count, 1);
	kthread_init(m);
	mm_invariants_register();
	mm_digest_register();
}

const struct mm_rules *mm_rules(void)
{
	return &machine()->config.rules;
}

struct task_struct *mm_current(void)
{
	struct sim_actor *actor = sim_self();

	return actor ? sim_actor_cookie(actor) : NULL;
}

struct task_struct *mm_current_kthread(void)
{
	return machine()->kthread;
}

struct sim_actor *mm_task_actor(const struct task_struct *task)
{
	return task->actor;
}

static void settle_body(void *arg)
{
	flush_workqueue(system_wq);
	complete(arg);
}

bool mm_deferred_pending(void)
{
	return kapi_work_pending();
}

/*
 * On a kernel thread's actor: the caller's, if it is one; else the machine's own, which
 * a task waits for and which runs at once where nobody runs.
 */
void mm_settle(void)
{
	struct mm_machine *m = machine();
	struct completion settled;

	if (sim_self() && !mm_current()) {
		flush_workqueue(system_wq);
		return;
	}
	if (!m->kworker)
		m->kworker = sim_actor_create("kworker", NULL);
	init_completion(&settled);
	sim_actor_submit(m->kworker, settle_body, &settled);
	if (sim_self())
		wait_for_completion(&settled);
	else
		sim_run();
}
