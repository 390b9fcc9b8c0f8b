/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One world of one kernel for a test, and single steps on its tasks. Host side. */
#ifndef TESTS_ACCOUNTING_WORLD_H
#define TESTS_ACCOUNTING_WORLD_H

#include <accounting/calls.h>
#include <accounting/kernels.h>
#include <accounting/ledger.h>
#include <mm_model/machine.h>
#include <mm_model/syscalls.h>
#include <sim/invariant.h>
#include <sim/verdict.h>
#include <sim/world.h>
#include "machine.h"

#define PAGE 4096ul

/* A world that runs @kernel ("v6.12+..."), in order, or by @seed where that is not 0. */
void world_begin(const char *kernel, unsigned long seed);
void world_end(void);
/* A process of uid 1000 with a soft and hard limit in pages, and the capabilities. */
struct task_struct *world_task(const char *name, unsigned long memlock_pages, unsigned int caps);
/* Runs fn(arg) on the task's actor until the world is quiet. */
void world_in(struct task_struct *task, void (*fn)(void *arg), void *arg);
/* The step on the task; returns step->ret. */
long world_step(struct task_struct *task, struct acct_step *step);
/* The common step: kind, object, pages; rule "vfio type1". */
long world_do(struct task_struct *task, enum acct_step_kind kind, struct ledger_object *object, unsigned long pages);
/* mmap of anonymous memory, touched. */
unsigned long world_memory(struct task_struct *task, unsigned long pages);
void world_exit(struct task_struct *task);
void world_exec(struct task_struct *task);
/* Runs deferred work, on the actor of @task, alive or not. */
void world_settle(struct task_struct *task);

#endif
