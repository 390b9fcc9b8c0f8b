// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mm_struct: making, forking and ending address spaces (kernel/fork.c, mm/mmap.c).
 *
 * mm_users counts who uses the address space: tasks, and whoever took a short
 * mmget(). At zero everything is unmapped, once; the counters stay as they are.
 * mm_count counts who may look at the struct: all users together hold one. Objects
 * that charge an mm hold mm_count only, so they meet address spaces that are dead.
 */
#include "internal.h"

/* Everything zero: no VMA, no count, no VM_LOCKED default. NULL when the allocation fails. */
struct mm_struct *mm_alloc(void)
{
	struct mm_struct *mm = kzalloc(sizeof(*mm), GFP_KERNEL);

	if (!mm)
		return NULL;
	atomic_set(&mm->mm_users, 1);
	atomic_set(&mm->mm_count, 1);
	init_rwsem(&mm->mmap_lock);
	spin_lock_init(&mm->page_table_lock);
	mm->mm_rb = RB_ROOT;
	atomic64_set(&mm->pinned_vm, 0);
	sim_run_tree_init(&mm->page_table, SIM_RUN_LINEAR);
	mm->fault.next = ~0UL;
	mm->mm_id = sim_object_id();
	mm->locked_vm_id = sim_object_id();
	mm->pinned_vm_id = sim_object_id();
	sim_race_unseen(list_add_tail(&mm->mmlist, &machine()->mms));
	mm->record = mm_record_create(mm);
	return mm;
}

void __mmdrop(struct mm_struct *mm)
{
	const struct mm_hooks *hooks = &machine()->config.hooks;

	if (hooks->mm_free)
		hooks->mm_free(mm);
	mm_record_close(mm->record);
	sim_race_unseen(list_del(&mm->mmlist));
	sim_run_tree_destroy(&mm->page_table);
	kfree(mm);
}

/* Drops every page and VMA. locked_vm and total_vm keep what they were. */
static void exit_mmap(struct mm_struct *mm)
{
	struct vm_area_struct *vma;

	mmap_write_lock(mm);
	if (vma_first(mm))
		zap_page_range(mm, 0, TASK_SIZE);
	while ((vma = vma_first(mm))) {
		rb_erase(&vma->vm_rb, &mm->mm_rb);
		mm->map_count--;
		remove_vma(vma);
		cond_resched();
	}
	mmap_write_unlock(mm);
}

void mmput(struct mm_struct *mm)
{
	if (!atomic_dec_and_test(&mm->mm_users))
		return;
	exit_mmap(mm);
	mmdrop(mm);
}

struct mm_struct *get_task_mm(struct task_struct *task)
{
	struct mm_struct *mm = NULL;

	task_lock(task);
	if (task->mm && !(task->flags & PF_KTHREAD)) {
		mm = task->mm;
		mmget(mm);
	}
	task_unlock(task);
	return mm;
}

/* The child's copy of one VMA: unlocked, and without the parent's hugetlb reservation. */
static int dup_vma(struct mm_struct *mm, struct vm_area_struct *mpnt)
{
	struct vm_area_struct *tmp = vm_area_dup(mpnt);
	int err;

	if (!tmp)
		return -ENOMEM;
	tmp->vm_mm = mm;
	if (mpnt->vm_flags & VM_WIPEONFORK) {
		tmp->anon_vma = 0;
		tmp->anon_vma_links = 0;
	} else if (mpnt->anon_vma) {
		tmp->anon_vma = ++machine()->anon_vma_last;
		tmp->anon_vma_links = mpnt->anon_vma_links + 1;
	}
	tmp->vm_flags &= ~VM_LOCKED_MASK;
	tmp->hugetlb_resv = NULL;
	if (tmp->vm_file)
		get_file(tmp->vm_file);
	vma_insert(mm, tmp);
	err = mpnt->vm_flags & VM_WIPEONFORK ? 0 : copy_page_range(tmp, mpnt);
	if (tmp->vm_ops && tmp->vm_ops->open)
		tmp->vm_ops->open(tmp);
	return err;
}

/* Both locks for write, the parent's outside: EINTR, ENOMEM with a part copied. */
static int dup_mmap(struct mm_struct *mm, struct mm_struct *oldmm)
{
	struct vm_area_struct *mpnt;
	int err = 0;

	if (mmap_write_lock_killable(oldmm))
		return -EINTR;
	down_write_nested(&mm->mmap_lock, SINGLE_DEPTH_NESTING);
	mm->total_vm = oldmm->total_vm;
	for (mpnt = vma_first(oldmm); mpnt && !err; mpnt = vma_next(mpnt)) {
		if (mpnt->vm_flags & VM_DONTCOPY) {
			mm->total_vm -= vma_pages(mpnt);
			continue;
		}
		err = dup_vma(mm, mpnt);
	}
	mmap_write_unlock(mm);
	mmap_write_unlock(oldmm);
	return err;
}

/* fork's address space: counters 0, nothing locked, never pinned. ERR_PTR(ENOMEM, EINTR). */
struct mm_struct *dup_mm(struct mm_struct *oldmm)
{
	struct mm_struct *mm = mm_alloc();
	int err;

	if (!mm)
		return ERR_PTR(-ENOMEM);
	mm->def_flags = oldmm->def_flags & VM_INIT_DEF_MASK;
	err = dup_mmap(mm, oldmm);
	if (err) {
		mmput(mm);
		return ERR_PTR(err);
	}
	return mm;
}
