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
#include "kernel.h"

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

/* The suites that main.c runs. */
Suite *content_suite(void);
Suite *fault_suite(void);
Suite *gup_suite(void);
Suite *mlock_suite(void);
Suite *race_suite(void);
Suite *task_suite(void);
Suite *vma_suite(void);

#endif
