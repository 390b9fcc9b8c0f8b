// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The digest of this room: every living task in order of making, and from there
 * whatever is in reach: its process, credentials, memory and files.
 *
 * What is left out decides no later result: numbers that were handed out, counts
 * of references (they follow from who refers), where frames lie, and what tasks are
 * called: who asks knows them by name, and adds that.
 */
#include <mm_model/digest.h>
#include <sim/digest.h>
#include "internal.h"

static void digest_vma(struct sim_digest *digest, const struct vm_area_struct *vma)
{
	sim_digest_add(digest, vma->vm_start);
	sim_digest_add(digest, vma->vm_end);
	sim_digest_add(digest, vma->vm_flags);
	sim_digest_add(digest, vma->vm_pgoff);
	/* anon_vma is a number, and 0 is none; as a name it means the same in every history */
	sim_digest_name(digest, (const void *)vma->anon_vma);
	sim_digest_add(digest, vma->anon_vma_links);
	mm_digest_file(digest, vma->vm_file);
	if (is_vm_hugetlb_page(vma) || vma->hugetlb_resv)
		sim_digest_unknown(digest);
}

void mm_digest_frames(struct sim_digest *digest, unsigned long frame, unsigned long nr)
{
	unsigned long last = frame + nr - 1;
	struct frame_run run;

	for (; frame <= last; frame += run.nr) {
		if (!frame_state(frame, last - frame + 1, &run))
			run = (struct frame_run){ .nr = 1 };
		sim_digest_frames(digest, frame, run.nr);
		sim_digest_add(digest, frame_is_zero(frame) | frame_in_device(frame) << 1 | frame_in_huge(frame) << 2);
		sim_digest_add(digest, run.maps);
		sim_digest_add(digest, run.pins);
		sim_digest_add(digest, run.flags);
	}
}

void mm_digest_mm(struct sim_digest *digest, const struct mm_struct *mm)
{
	struct vm_area_struct *vma;
	struct sim_run run;
	unsigned long at = 0;

	if (!sim_digest_name(digest, mm))
		return;
	sim_digest_add(digest, mm_alive(mm));
	sim_digest_add(digest, mm->locked_vm);
	sim_digest_add(digest, (unsigned long)mm->pinned_vm.counter);
	sim_digest_add(digest, mm->total_vm);
	sim_digest_add(digest, mm->def_flags);
	sim_digest_add(digest, mm->flags);
	for (vma = vma_first((struct mm_struct *)mm); vma; vma = vma_next(vma))
		digest_vma(digest, vma);
	sim_digest_add(digest, mm->page_table.nr_runs);
	while (sim_run_next(&mm->page_table, at, &run)) {
		sim_digest_add(digest, run.start);
		sim_digest_add(digest, run.attr);
		mm_digest_frames(digest, run.value, run.last - run.start + 1);
		at = run.last + 1;
		if (!at)
			break;
	}
}

void mm_digest_user(struct sim_digest *digest, const struct user_struct *user)
{
	if (!sim_digest_name(digest, user))
		return;
	sim_digest_add(digest, kuid_number(user->uid));
	sim_digest_add(digest, (unsigned long)user->locked_vm.counter);
	sim_digest_add(digest, (unsigned long)user->perf_mlock.counter);
	sim_digest_add(digest, user->locked_shm);
}

static void digest_cred(struct sim_digest *digest, const struct cred *cred)
{
	const struct mm_machine *m = machine();

	if (!sim_digest_name(digest, cred))
		return;
	sim_digest_add(digest, kuid_number(cred->uid));
	sim_digest_add(digest, kuid_number(cred->euid));
	sim_digest_add(digest, kuid_number(cred->suid));
	sim_digest_add(digest, cred->cap_permitted);
	sim_digest_add(digest, cred->cap_effective);
	mm_digest_user(digest, cred->user);
	if (cred->user_ns != &m->init_user_ns)
		sim_digest_unknown(digest);
	if (cred->ucounts && sim_digest_name(digest, cred->ucounts))
		sim_digest_add(digest, (unsigned long)cred->ucounts->rlimit[UCOUNT_RLIMIT_MEMLOCK].counter);
}

void mm_digest_file(struct sim_digest *digest, struct file *file)
{
	if (!sim_digest_name(digest, file))
		return;
	sim_digest_text(digest, file->f_op->name ? file->f_op->name : "");
	if (file->f_op->digest)
		file->f_op->digest(file, digest);
	else
		sim_digest_unknown(digest);
}

void mm_digest_file_id(struct sim_digest *digest, unsigned long file_id)
{
	struct task_struct *task;
	struct file *file = NULL;

	list_for_each_entry(task, &machine()->tasks, tasks) {
		file = files_find(task->files, file_id);
		if (file)
			break;
	}
	mm_digest_file(digest, file);
}

static void digest_signal(struct sim_digest *digest, const struct signal_struct *signal)
{
	if (!sim_digest_name(digest, signal))
		return;
	sim_digest_add(digest, (unsigned long)signal->nr_threads);
	for (unsigned int i = 0; i < RLIM_NLIMITS; i++) {
		sim_digest_add(digest, signal->rlim[i].rlim_cur);
		sim_digest_add(digest, signal->rlim[i].rlim_max);
	}
}

void mm_digest_task(struct sim_digest *digest, const struct task_struct *task)
{
	if (!sim_digest_name(digest, task))
		return;
	sim_digest_add(digest, task->exited | task->sigkill << 1);
	mm_digest_mm(digest, task->mm);
	digest_signal(digest, task->signal);
	mm_digest_task(digest, task->group_leader);
	if (task->exited)
		return;
	digest_cred(digest, task->cred);
	files_digest(digest, task->files);
}

static void digest_machine(struct sim_digest *digest)
{
	struct mm_machine *m = machine();
	struct task_struct *task;

	/* whoever asks may have mentioned them in an order of his own */
	list_for_each_entry(task, &m->tasks, tasks)
		if (!sim_digest_known(digest, task))
			mm_digest_task(digest, task);
	sim_digest_add(digest, m->pages_used);
	if (kapi_work_pending() || !list_empty(&m->delayed_fput) || m->huge_used || m->huge_reserved)
		sim_digest_unknown(digest);
}

void mm_digest_register(void)
{
	sim_digest_register(digest_machine);
}
