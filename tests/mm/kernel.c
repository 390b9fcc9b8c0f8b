// SPDX-License-Identifier: GPL-2.0-or-later
/* The window to the kernel's side: what the tests ask of structures that host files cannot see. */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/user_namespace.h>
#include "kernel.h"

struct counted {
	unsigned int *released;
	bool *mm_was_null;
};

_Static_assert(sizeof(struct pin_run) == sizeof(struct page_run), "a run of pins is a page_run");

static struct page_run *page_runs_of(struct pins *pins)
{
	return (struct page_run *)pins->run;
}

static unsigned int gup_flags(unsigned int flags)
{
	return FOLL_PIN | (flags & PIN_WRITE ? FOLL_WRITE : 0) | (flags & PIN_LONGTERM ? FOLL_LONGTERM : 0);
}

long kernel_pin(unsigned long va, unsigned long nr, unsigned int flags, struct pins *pins)
{
	struct page_runs runs = { .run = page_runs_of(pins), .max = ARRAY_SIZE(pins->run) };
	long ret = pin_user_runs_fast(va, nr, gup_flags(flags), &runs);

	pins->nr = runs.nr;
	return ret;
}

unsigned int kernel_grown_runs(unsigned int nr)
{
	struct page_runs runs;
	unsigned int wrong = 0;

	page_runs_init(&runs, nr);
	for (unsigned int i = 0; i < nr; i++)
		page_runs_add(&runs, 2 * i, 1);
	for (unsigned int i = 0; i < nr; i++)
		wrong += runs.run[i].frame != 2 * i || runs.run[i].nr != 1;
	page_runs_add(&runs, 2 * nr - 1, 5);
	wrong += runs.nr != nr || runs.run[nr - 1].nr != 6;
	page_runs_free(&runs);
	return wrong;
}

long kernel_pin_remote(struct task_struct *task, unsigned long va, unsigned long nr, unsigned int flags,
		       struct pins *pins)
{
	struct page_runs runs = { .run = page_runs_of(pins), .max = ARRAY_SIZE(pins->run) };
	struct mm_struct *mm = get_task_mm(task);
	int locked = 1;
	long ret;

	if (!mm)
		return -ESRCH;
	mmap_read_lock(mm);
	ret = pin_user_runs_remote(mm, va, nr, gup_flags(flags), &runs, &locked);
	if (locked)
		mmap_read_unlock(mm);
	mmput(mm);
	pins->nr = runs.nr;
	return ret;
}

long kernel_pin_memfd(int fd, unsigned long pgoff, unsigned long nr, struct pins *pins)
{
	struct page_runs runs = { .run = page_runs_of(pins), .max = ARRAY_SIZE(pins->run) };
	struct file *file = fget(fd);
	long ret = memfd_pin_runs(file, pgoff, nr, &runs);

	pins->nr = runs.nr;
	fput(file);
	return ret;
}

void kernel_unpin(struct pins *pins)
{
	unpin_user_runs(page_runs_of(pins), pins->nr, false);
	pins->nr = 0;
}

unsigned long kernel_frame_contig(unsigned long frame)
{
	return frame_contig(frame);
}

unsigned long kernel_pfn(unsigned long frame)
{
	return frame_to_phys(frame) >> PAGE_SHIFT;
}

bool kernel_frame_is_zero(unsigned long frame)
{
	return frame_is_zero(frame);
}

unsigned long kernel_total_vm(const struct task_struct *task)
{
	return task->mm->total_vm;
}

unsigned int kernel_map_count(const struct task_struct *task)
{
	return task->mm->map_count;
}

unsigned long kernel_page_runs(const struct task_struct *task)
{
	return task->mm->page_table.nr_runs;
}

unsigned long kernel_mlocked(const struct task_struct *task)
{
	unsigned long pages = 0;
	struct rb_node *node;

	for (node = rb_first(&task->mm->mm_rb); node; node = rb_next(node)) {
		struct vm_area_struct *vma = rb_entry(node, struct vm_area_struct, vm_rb);

		if (vma->vm_flags & VM_LOCKED)
			pages += vma_pages(vma);
	}
	return pages;
}

unsigned long kernel_vma(const struct task_struct *task, unsigned long va, unsigned long *start, unsigned int *flags)
{
	struct rb_node *node;

	for (node = rb_first(&task->mm->mm_rb); node; node = rb_next(node)) {
		struct vm_area_struct *vma = rb_entry(node, struct vm_area_struct, vm_rb);

		if (va < vma->vm_start || va >= vma->vm_end)
			continue;
		*start = vma->vm_start;
		*flags = (vma->vm_flags & VM_READ ? 1 : 0) | (vma->vm_flags & VM_WRITE ? 2 : 0) |
			 (vma->vm_flags & VM_LOCKED ? 4 : 0);
		return vma->vm_end;
	}
	return 0;
}

static int counted_release(struct inode *inode, struct file *file)
{
	struct counted *counted = file->private_data;

	++*counted->released;
	if (counted->mm_was_null)
		*counted->mm_was_null = !current->mm;
	kfree(counted);
	return 0;
}

static const struct file_operations counted_fops = {
	.name = "counted",
	.release = counted_release,
};

long kernel_counted_fd(unsigned int *released, bool *mm_was_null)
{
	struct counted *counted = kzalloc(sizeof(*counted), GFP_KERNEL);

	counted->released = released;
	counted->mm_was_null = mm_was_null;
	return anon_inode_getfd("[counted]", &counted_fops, counted, 0);
}

/* Takes a reference, closes the table's own behind the back of it, and drops the last one. */
long kernel_fget_fput(int fd, unsigned int *released, unsigned int *seen_before_return)
{
	struct file *file = fget(fd);

	if (!file)
		return -EBADF;
	put_unused_fd(fd);
	fput(file);
	fput(file);
	*seen_before_return = *released;
	return 0;
}

bool kernel_capable(int cap)
{
	return capable(cap);
}

void kernel_get_task(struct task_struct *task)
{
	get_task_struct(task);
}

void kernel_put_task(struct task_struct *task)
{
	put_task_struct(task);
}

bool kernel_task_has_mm(const struct task_struct *task)
{
	return task->mm;
}

bool kernel_is_leader(const struct task_struct *task)
{
	return task->group_leader == task;
}

long kernel_locked_vm(const struct mm_struct *mm)
{
	return mm->locked_vm;
}

/* Mutants: what a bug elsewhere would do to this room's state. */
void kernel_break_mm_users(struct task_struct *task, int by)
{
	atomic_add(by, &task->mm->mm_users);
}

void kernel_break_mm_count(struct task_struct *task, int by)
{
	atomic_add(by, &task->mm->mm_count);
}

void kernel_break_user(struct task_struct *task, int by)
{
	refcount_set(&task->cred->user->__count, refcount_read(&task->cred->user->__count) + by);
}

/* A hook that charges the new mm without owning up to it. */
void kernel_exec_hook(struct task_struct *task, struct mm_struct *old, struct mm_struct *new)
{
	new->locked_vm = old->locked_vm;
}

void kernel_fork_hook(struct task_struct *parent, struct task_struct *child)
{
	atomic64_set(&child->mm->pinned_vm, atomic64_read(&parent->mm->pinned_vm));
}

void kernel_charge_pinned(struct task_struct *task, long pages)
{
	atomic64_add(pages, &task->mm->pinned_vm);
}

void *kernel_alloc(void)
{
	return kzalloc(100, GFP_KERNEL);
}

void kernel_free(void *ptr)
{
	kfree(ptr);
}

/* A batch that ends short is asked for again within the same system call; the second answer. */
long kernel_pin_again(unsigned long va, unsigned long nr, struct pins *pins)
{
	struct page_runs runs = { .run = page_runs_of(pins), .max = ARRAY_SIZE(pins->run) };
	long first = pin_user_runs_fast(va, nr, FOLL_PIN | FOLL_WRITE, &runs), second;

	second = pin_user_runs_fast(va + first * PAGE_SIZE, nr - first, FOLL_PIN | FOLL_WRITE, &runs);
	pins->nr = runs.nr;
	return second;
}

/* A vector of @max runs only. */
long kernel_pin_few(unsigned long va, unsigned long nr, unsigned int max, struct pins *pins)
{
	struct page_runs runs = { .run = page_runs_of(pins), .max = max };
	long ret = pin_user_runs_fast(va, nr, FOLL_PIN | FOLL_WRITE, &runs);

	pins->nr = runs.nr;
	return ret;
}

long kernel_follow(unsigned long va, unsigned long nr, bool write, unsigned long *frame)
{
	struct page_run run = { 0 };
	long ret;

	mmap_read_lock(current->mm);
	ret = follow_pfnmap_run(current->mm, va, nr, write, &run);
	mmap_read_unlock(current->mm);
	*frame = run.frame;
	return ret ? ret : run.nr;
}

bool kernel_frame_reserved(unsigned long frame)
{
	unsigned long same;

	return frame_reserved(frame, &same) && same;
}

unsigned long kernel_frame_of_pfn(unsigned long pfn)
{
	return phys_to_frame((phys_addr_t)pfn << PAGE_SHIFT);
}

unsigned long kernel_frame_folio(unsigned long frame, unsigned long *head)
{
	return frame_folio(frame, head);
}

/* A device's file: its mapping cannot be copied by fork, is never merged, and counts its closes. */
static void device_close(struct vm_area_struct *vma)
{
	++*(unsigned int *)vma->vm_private_data;
}

static const struct vm_operations_struct device_vm_ops = {
	.close = device_close,
};

static int device_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_flags |= VM_DONTCOPY | VM_DONTEXPAND;
	vma->vm_ops = &device_vm_ops;
	vma->vm_private_data = file->private_data;
	return 0;
}

static const struct file_operations device_fops = {
	.name = "device",
	.mmap = device_mmap,
};

long kernel_device_mmap(unsigned long len, unsigned int *closes)
{
	struct file *file = anon_inode_getfile("[device]", &device_fops, closes, 0);
	unsigned long addr = vm_mmap_pgoff(file, 0, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_LOCKED, 0);

	fput(file);
	return addr;
}

/* Drops a file's last reference where no task runs. */
void kernel_put_held_file(void *file)
{
	fput(file);
}

void *kernel_hold_file(int fd)
{
	return fget(fd);
}

/* Charges @pages to the ucounts of current, and back. Returns the leaf's count after the charge. */
long kernel_charge_ucounts(long pages)
{
	long now = inc_rlimit_ucounts(current->cred->ucounts, UCOUNT_RLIMIT_MEMLOCK, pages);

	return now;
}

long kernel_uncharge_ucounts(long pages)
{
	return dec_rlimit_ucounts(current->cred->ucounts, UCOUNT_RLIMIT_MEMLOCK, pages);
}
