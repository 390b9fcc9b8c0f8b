/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the suites of mm_model share: a world with one machine, tasks that make one
 * call each time, in order, and a window to the kernel's own side (pins, flags).
 */
#ifndef TESTS_MM_HARNESS_H
#define TESTS_MM_HARNESS_H

#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <mm_model/machine.h>
#include <mm_model/state.h>
#include <mm_model/syscalls.h>
#include <mm_model/task_work.h>
#include <sim/fault.h>
#include <sim/invariant.h>
#include <sim/sched.h>
#include <sim/verdict.h>
#include <sim/world.h>

#define P 4096ul
#define M2 (512 * P)
#define RW (MM_PROT_READ | MM_PROT_WRITE)
#define RO MM_PROT_READ
#define FINI (~0ul)

/* The rules of a kernel, as far as these tests name them. */
extern const struct mm_rules rules_v5_4, rules_v5_10, rules_v5_19, rules_v6_1, rules_v6_12, rules_v6_18;

void world_up(const struct mm_rules *rules, const struct mm_config *config);
/* Every task exits, deferred work runs, every invariant is checked; fails the test on any violation. */
void world_down(void);
/* As world_down(), but the test says what must have been violated. */
void world_down_with(enum sim_violation violation);

typedef long (*call_fn)(const unsigned long *arg);
/* Runs @fn on the task's actor, then whatever else can run. */
long on_task(struct task_struct *task, call_fn fn, const unsigned long *arg);
#define ON(task, call, ...) on_task(task, call_##call, (const unsigned long[]){ __VA_ARGS__, 0 })

/* One for each system call; arguments in its order. */
#define CALLS(X) X(mmap) X(munmap) X(mprotect) X(dontneed) X(touch) X(mlock) X(mlock2) X(munlock) X(mlockall) \
	X(munlockall) X(mremap) X(fork) X(clone_vm) X(thread) X(exec) X(exit) X(setuid) X(seteuid) X(unshare_user) \
	X(capset) X(prlimit) X(memfd) X(close) X(cloexec) X(send_fd) X(pin) X(pin_remote) X(unpin) X(pin_memfd) \
	X(counted_fd) X(fget_fput) X(capable) \
	X(pin_again) X(pin_few) X(follow) X(device_mmap) X(hold_file) X(charge_ucounts) X(uncharge_ucounts) X(settle)
#define DECLARE(name) long call_##name(const unsigned long *arg);
CALLS(DECLARE)
#undef DECLARE

/* Shorthands. */
struct task_struct *task_new(const char *name, unsigned int uid, unsigned long limit_pages);
unsigned long map_anon(struct task_struct *task, unsigned long pages);
unsigned long map_prot(struct task_struct *task, unsigned long pages, unsigned int prot);
unsigned long map_kind(struct task_struct *task, unsigned long len, enum mm_mmap_kind kind, unsigned int prot, long fd);
struct task_struct *fork_task(struct task_struct *task, const char *name);
long locked(const struct task_struct *task);
#define EXPECT_LOCKED(task, pages) ck_assert_int_eq(locked(task), pages)

/* The kernel's side (kernel.c). Pin flags: */
#define PIN_WRITE 1u
#define PIN_LONGTERM 2u
struct pins {
	struct {
		unsigned long frame, nr;
	} run[64];
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

/* The suites that main.c runs. */
Suite *content_suite(void);
Suite *fault_suite(void);
Suite *gup_suite(void);
Suite *mlock_suite(void);
Suite *race_suite(void);
Suite *task_suite(void);
Suite *vma_suite(void);

#endif
