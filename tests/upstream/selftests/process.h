/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processes of the simulated kernel as the host runs them (process.c). */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "selftests.h"

/* Makes @task's process the running one, on the host's stack as it is. Once, in a fresh world. */
void process_first(struct task_struct *task);
const struct task_struct *process_task(void);
bool process_is_first(void);

/* A system call of the running process. While it blocks, others go on. Returns what the call does. */
#define CALL_ARGS 5
long process_call(syscall_fn *call, const long args[CALL_ARGS]);
#define CALL(call, ...) process_call(call, (const long[CALL_ARGS]){ __VA_ARGS__ })
/* fork(): the child's pid, 0 in the child, or -errno. */
long process_fork(void);
/* Waits for the child @pid to exit: its pid, or -errno. */
long process_wait(pid_t pid);
/* The end of a child: somebody else goes on. */
_Noreturn void process_exit(void);

/* Prints what the simulated kernel has to say (sim/verdict.h), and how often it said something. */
size_t process_report(void);
/* Everything that can go on, goes on. */
void process_run_kernel(void);
/* The case cannot go on: says why and ends the host's process. */
_Noreturn void process_give_up(const char *why);

#endif
