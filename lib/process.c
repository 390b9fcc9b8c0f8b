// SPDX-License-Identifier: GPL-2.0-or-later
/* Processes, credentials, limits and fds: mm_model's system calls; and faults. */
#include <mm_model/syscalls.h>
#include <sim/fault.h>
#include <sim/sched.h>
#include "lib.h"

_Static_assert((int)PINSIM_CAP_IPC_LOCK == MM_CAP_IPC_LOCK && (int)PINSIM_CAP_SYS_RESOURCE == MM_CAP_SYS_RESOURCE &&
	       (int)PINSIM_CAP_SETUID == MM_CAP_SETUID && (int)PINSIM_CAP_EVERY == MM_CAP_EVERY, "capabilities");
_Static_assert((int)PINSIM_FAULT_GUP == SIM_FAULT_GUP && (int)PINSIM_FAULT_IOMMU_MAP == SIM_FAULT_IOMMU_MAP &&
	       (int)PINSIM_FAULT_ALLOC == SIM_FAULT_ALLOC && (int)PINSIM_FAULT_LOCK_KILL == SIM_FAULT_LOCK_KILL,
	       "fault sites");

typedef long (*clone_call)(const char *name, struct task_struct **child);

/* The child's own name, for one may go with the caller's stack. */
static long clone(struct lib_call *call, clone_call clone, const char *name, pinsim_body body, void *arg,
		  struct pinsim_task **child)
{
	struct task_struct *task = NULL;
	struct pinsim_task *made;
	long ret = clone(name, &task);

	if (ret < 0 || !task)
		return ret;
	made = lib_task_made(call->run, task, name, body, arg);
	if (child)
		*child = made;
	return 0;
}

long pinsim_fork(const char *name, pinsim_body body, void *arg, struct pinsim_task **child)
{
	return LIB_CALL(fork, clone(&call_, sys_fork, name, body, arg, child), "%s", name);
}

long pinsim_clone_vm(const char *name, pinsim_body body, void *arg, struct pinsim_task **child)
{
	return LIB_CALL(clone_vm, clone(&call_, sys_clone_vm, name, body, arg, child), "%s", name);
}

long pinsim_thread(const char *name, pinsim_body body, void *arg, struct pinsim_task **child)
{
	return LIB_CALL(thread, clone(&call_, sys_thread, name, body, arg, child), "%s", name);
}

long pinsim_exec(void)
{
	return LIB_CALL(exec, sys_exec(), "%s", "");
}

long pinsim_exit(void)
{
	return LIB_CALL(exit, sys_exit(), "%s", "");
}

long pinsim_setuid(unsigned int uid, bool keepcaps)
{
	return LIB_CALL(setuid, sys_setuid(uid, keepcaps), "%u%s", uid, keepcaps ? ", keepcaps" : "");
}

long pinsim_seteuid(unsigned int uid)
{
	return LIB_CALL(seteuid, sys_seteuid(uid), "%u", uid);
}

long pinsim_unshare_user(void)
{
	return LIB_CALL(unshare_user, sys_unshare_user(), "%s", "");
}

long pinsim_capset(unsigned int caps)
{
	return LIB_CALL(capset, sys_capset(caps & MM_CAP_EVERY), "%#x", caps);
}

long pinsim_setrlimit(unsigned long soft_bytes, unsigned long hard_bytes)
{
	return LIB_CALL(setrlimit, sys_prlimit(call_.task->task, soft_bytes, hard_bytes, true), "%s, %s",
			LIB_BYTES(soft_bytes), LIB_BYTES(hard_bytes));
}

/* @task may be one of the running world only. */
static bool is_ours(const struct lib_call *call, const struct pinsim_task *task)
{
	if (task && task->world == call->run->world)
		return true;
	lib_misuse("a task of another world, expected one of the caller's");
	return false;
}

long pinsim_prlimit(struct pinsim_task *task, unsigned long soft_bytes, unsigned long hard_bytes)
{
	return LIB_CALL(prlimit,
			is_ours(&call_, task) ? sys_prlimit(task->task, soft_bytes, hard_bytes, true) : -PINSIM_EMISUSE,
			"%s, %s, %s", task ? task->name : "?", LIB_BYTES(soft_bytes), LIB_BYTES(hard_bytes));
}

long pinsim_close(int fd)
{
	return LIB_CALL(close, sys_close(fd), "%d", fd);
}

long pinsim_cloexec(int fd)
{
	return LIB_CALL(cloexec, sys_cloexec(fd), "%d", fd);
}

long pinsim_send_fd(struct pinsim_task *to, int fd)
{
	return LIB_CALL(send_fd, is_ours(&call_, to) ? sys_send_fd(to->task, fd) : -PINSIM_EMISUSE, "%s, %d",
			to ? to->name : "?", fd);
}

static long settle(void)
{
	mm_settle();
	return 0;
}

long pinsim_settle(void)
{
	return LIB_CALL(settle, settle(), "%s", "");
}

static long inject_nth(unsigned long nth)
{
	sim_fault_arm_nth(sim_self(), nth);
	return 0;
}

long pinsim_inject_nth(unsigned long nth)
{
	return LIB_CALL(fail_nth, inject_nth(nth), "%lu", nth);
}

static long inject(enum pinsim_fault site, unsigned long k)
{
	sim_fault_arm(sim_self(), (enum sim_fault_site)site, k);
	return 0;
}

long pinsim_inject(enum pinsim_fault site, unsigned long k)
{
	if ((unsigned int)site >= SIM_FAULT_NR)
		return lib_misuse("pinsim_inject(): site %d, expected one of enum pinsim_fault", (int)site);
	return LIB_CALL(fail, inject(site, k), "%s, %lu", sim_fault_site_name((enum sim_fault_site)site), k);
}
