/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's side (kernel.c): what the tests ask of structures that host files cannot see.
 * Neutral, so that both sides see one declaration.
 */
#ifndef TESTS_MM_KERNEL_H
#define TESTS_MM_KERNEL_H

#include <stdbool.h>

struct mm_struct;
struct task_struct;

/* Pin flags: */
#define PIN_WRITE 1u
#define PIN_LONGTERM 2u
struct pins {
	struct pin_run {
		unsigned long frame, nr;
	} run[64];			/* as struct page_run */
	unsigned int nr;
};
long kernel_pin(unsigned long va, unsigned long nr, unsigned int flags, struct pins *pins);
long kernel_pin_remote(struct task_struct *task, unsigned long va, unsigned long nr, unsigned int flags,
		       struct pins *pins);
long kernel_pin_memfd(int fd, unsigned long pgoff, unsigned long nr, struct pins *pins);
void kernel_unpin(struct pins *pins);
/* Whether two neighbouring frames lie side by side; the pages up to a physical gap. */
unsigned long kernel_frame_contig(unsigned long frame);
unsigned long kernel_pfn(unsigned long frame);
bool kernel_frame_is_zero(unsigned long frame);
unsigned long kernel_total_vm(const struct task_struct *task);
unsigned int kernel_map_count(const struct task_struct *task);
/* Fills a vector of @nr runs that grows, with every other page; returns how many runs are not what was added. */
unsigned int kernel_grown_runs(unsigned int nr);
unsigned long kernel_page_runs(const struct task_struct *task);
/* VM_LOCKED pages, counted VMA by VMA. */
unsigned long kernel_mlocked(const struct task_struct *task);
/* The VMA at @va: its end, or 0; *@flags: 1 readable, 2 writable, 4 locked. */
unsigned long kernel_vma(const struct task_struct *task, unsigned long va, unsigned long *start, unsigned int *flags);
/* A file whose release is counted in *@released; *@mm_was_null: whether current had no mm then. */
long kernel_counted_fd(unsigned int *released, bool *mm_was_null);
long kernel_fget_fput(int fd, unsigned int *released, unsigned int *seen_before_return);
bool kernel_capable(int cap);
void kernel_get_task(struct task_struct *task);
void kernel_put_task(struct task_struct *task);
bool kernel_task_has_mm(const struct task_struct *task);
bool kernel_is_leader(const struct task_struct *task);
long kernel_locked_vm(const struct mm_struct *mm);
void kernel_break_mm_users(struct task_struct *task, int by);
void kernel_break_mm_count(struct task_struct *task, int by);
void kernel_break_user(struct task_struct *task, int by);
void kernel_exec_hook(struct task_struct *task, struct mm_struct *old, struct mm_struct *new);
void kernel_fork_hook(struct task_struct *parent, struct task_struct *child);
void kernel_charge_pinned(struct task_struct *task, long pages);
long kernel_pin_again(unsigned long va, unsigned long nr, struct pins *pins);
long kernel_pin_few(unsigned long va, unsigned long nr, unsigned int max, struct pins *pins);
long kernel_follow(unsigned long va, unsigned long nr, bool write, unsigned long *frame);
bool kernel_frame_reserved(unsigned long frame);
unsigned long kernel_frame_of_pfn(unsigned long pfn);
unsigned long kernel_frame_folio(unsigned long frame, unsigned long *head);
long kernel_device_mmap(unsigned long len, unsigned int *closes);
void kernel_put_held_file(void *file);
void *kernel_hold_file(int fd);
long kernel_charge_ucounts(long pages);
long kernel_uncharge_ucounts(long pages);
void *kernel_alloc(void);
void kernel_free(void *ptr);
#define KERNEL_CAP_IPC_LOCK 14
#define KERNEL_CAP_SYS_ADMIN 21

#endif
