// SPDX-License-Identifier: GPL-2.0-or-later
/* Processes, credentials, limits and fds: mm_model's system calls. */
#include <limits.h>
#include <mm_model/syscalls.h>
#include "ops.h"

static long op_fork(struct op_call *call)
{
	long ret = sys_fork(call->arg[0].name, &call->child);

	return ret < 0 ? ret : 0;
}

static long op_clone_vm(struct op_call *call)
{
	long ret = sys_clone_vm(call->arg[0].name, &call->child);

	return ret < 0 ? ret : 0;
}

static long op_thread(struct op_call *call)
{
	long ret = sys_thread(call->arg[0].name, &call->child);

	call->child_is_thread = true;
	return ret < 0 ? ret : 0;
}

static long op_exec(struct op_call *call)
{
	return sys_exec();
}

static long op_exit(struct op_call *call)
{
	return sys_exit();
}

/* A number that is no uid is the one that the kernel refuses: (uid_t)-1. */
static unsigned int uid_of(const struct op_value *arg)
{
	return arg->number > UINT_MAX ? UINT_MAX : (unsigned int)arg->number;
}

static long op_setuid(struct op_call *call)
{
	return sys_setuid(uid_of(&call->arg[0]), call->arg[1].number);
}

static long op_seteuid(struct op_call *call)
{
	return sys_seteuid(uid_of(&call->arg[0]));
}

static long op_unshare_user(struct op_call *call)
{
	return sys_unshare_user();
}

static long op_capset(struct op_call *call)
{
	return sys_capset((unsigned int)call->arg[0].number);
}

static long op_setrlimit(struct op_call *call)
{
	const struct op_value *limit = &call->arg[0];

	return sys_prlimit(call->task, limit->number, limit->second, limit->has_second);
}

static long op_prlimit(struct op_call *call)
{
	const struct op_value *limit = &call->arg[1];

	return sys_prlimit(call->arg[0].task, limit->number, limit->second, limit->has_second);
}

static long op_close(struct op_call *call)
{
	return sys_close(call->arg[0].fd);
}

static long op_cloexec(struct op_call *call)
{
	return sys_cloexec(call->arg[0].fd);
}

static long op_send_fd(struct op_call *call)
{
	long ret = sys_send_fd(call->arg[0].task, call->arg[1].fd);

	return ret < 0 ? ret : 0;
}

static long op_settle(struct op_call *call)
{
	mm_settle();
	return 0;
}

static const struct op ops[] = {
	{
		.name = "fork",
		.what = "a child with a copy of the memory and of the fd table; its counters start at 0",
		.source = "kernel/fork.c:copy_process",
		.args = { { "child", ARG_NEW_TASK } },
		.probes = OP_PROBES("@child"),
		.run = op_fork,
		.random = { .weight = 3, .effect = EFFECT_COPY_TASK },
	},
	{
		.name = "clone_vm",
		.what = "a process of its own that shares memory and fd table",
		.source = "kernel/fork.c:copy_process, CLONE_VM|CLONE_FILES",
		.args = { { "child", ARG_NEW_TASK } },
		.run = op_clone_vm,
		.random = { .weight = 1, .effect = EFFECT_SHARE_TASK },
	},
	{
		.name = "thread",
		.what = "a thread: shares memory, fd table, signals and limits",
		.source = "kernel/fork.c:copy_process, CLONE_THREAD",
		.args = { { "name", ARG_NEW_TASK } },
		.run = op_thread,
		.random = { .weight = 1, .effect = EFFECT_SHARE_TASK },
	},
	{
		.name = "exec",
		.what = "a new image: other threads end, a new mm, close-on-exec fds close, capabilities anew",
		.source = "fs/exec.c:begin_new_exec",
		.probes = OP_PROBES(""),
		.run = op_exec,
		.random = { .weight = 2, .effect = EFFECT_EXEC },
	},
	{
		.name = "exit",
		.what = "ends this thread, and the process with its last: memory first, then fds",
		.source = "kernel/exit.c:do_exit",
		.probes = OP_PROBES("+"),
		.run = op_exit,
		.random = { .weight = 2, .effect = EFFECT_EXIT },
	},
	{
		.name = "setuid",
		.what = "real, effective and saved uid; away from 0 the capabilities go, unless keepcaps=1",
		.source = "kernel/sys.c:__sys_setuid",
		.args = { { "uid", ARG_NUMBER, .draw = DRAW_UID }, { "keepcaps", ARG_FLAG, ARG_KEY | ARG_OPTIONAL } },
		.probes = OP_PROBES("@uid"),
		.run = op_setuid,
		.random = { .weight = 1, .effect = EFFECT_UID },
	},
	{
		.name = "seteuid",
		.what = "the effective uid alone; away from 0 the effective capabilities go",
		.source = "kernel/sys.c:__sys_setresuid",
		.args = { { "uid", ARG_NUMBER, .draw = DRAW_UID } },
		.run = op_seteuid,
		.random = { .weight = 1, .effect = EFFECT_UID },
	},
	{
		.name = "unshare_user",
		.what = "a user namespace of its own: capabilities there count for nothing here",
		.source = "kernel/user_namespace.c:unshare_userns",
		.run = op_unshare_user,
		.random = { .weight = 1 },
	},
	{
		.name = "capset",
		.what = "sets the effective capabilities within the permitted ones: [] drops, [all] takes back",
		.source = "kernel/capability.c:SYSCALL capset",
		.args = { { "caps", ARG_CAPS } },
		.run = op_capset,
		.random = { .weight = 1 },
	},
	{
		.name = "setrlimit",
		.what = "the caller's RLIMIT_MEMLOCK, soft and, where given, hard",
		.source = "kernel/sys.c:do_prlimit",
		.args = { { "memlock", ARG_LIMIT, ARG_KEY } },
		.probes = OP_PROBES("memlock=@limit"),
		.sets_limit = true,
		.run = op_setrlimit,
		.random = { .weight = 2, .effect = EFFECT_LIMIT },
	},
	{
		.name = "prlimit",
		.what = "another task's RLIMIT_MEMLOCK",
		.source = "kernel/sys.c:do_prlimit",
		.args = { { "task", ARG_TASK }, { "memlock", ARG_LIMIT, ARG_KEY } },
		.sets_limit = true,
		.run = op_prlimit,
		.random = { .weight = 1 },
	},
	{
		.name = "close",
		.what = "closes the caller's fd; the file goes with its last fd",
		.source = "fs/file.c:close_fd",
		.args = { { "var", ARG_VARIABLE, 0, KINDS_FD } },
		.run = op_close,
		.random = { .weight = 2, .effect = EFFECT_CLOSE },
	},
	{
		.name = "cloexec",
		.what = "marks the caller's fd close-on-exec; without it every fd survives exec",
		.source = "fs/fcntl.c:do_fcntl, FD_CLOEXEC",
		.args = { { "var", ARG_VARIABLE, 0, KINDS_FD } },
		.run = op_cloexec,
		.random = { .weight = 1 },
	},
	{
		.name = "send_fd",
		.what = "passes the open file to another task, which then has an fd of it",
		.source = "net/core/scm.c:scm_detach_fds",
		.args = { { "task", ARG_TASK }, { "var", ARG_VARIABLE, 0, KINDS_FD } },
		.run = op_send_fd,
		.random = { .weight = 2, .effect = EFFECT_SEND },
	},
	{
		.name = "settle",
		.what = "lets all deferred work run, such as the release of closed rings",
		.source = "io_uring/io_uring.c:io_ring_exit_work",
		.run = op_settle,
		.random = { .weight = 1 },
	},
};

OP_AREA(ops_process, "process", ops);
