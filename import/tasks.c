// SPDX-License-Identifier: GPL-2.0-or-later
/* Processes and threads, what they are allowed, and their limits. */
#include <stdlib.h>
#include <string.h>
#include <scenario/program.h>
#include "importer.h"

struct thread *thread_find(struct importer *importer, long pid)
{
	struct thread *thread = importer->threads;

	while (thread && thread->pid != pid)
		thread = thread->next;
	return thread;
}

/* "qemu" of "qemu-system-x86_64"; a digit at the end would look like a variable. */
static const char *task_name(struct importer *importer, const char *program)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t bytes = strspn(program, letters);

	if (!bytes)
		return "program";
	return list_printf(&importer->steps, "%.*s", bytes < 24 ? (int)bytes : 24, program);
}

static struct thread *add_thread(struct importer *importer, long pid, struct fd_table *files, struct space *space)
{
	struct thread *thread = import_alloc(NULL, sizeof(*thread));

	*thread = (struct thread){ .pid = pid, .files = files, .space = space, .next = importer->threads };
	importer->threads = thread;
	if (!importer->root) {
		importer->root = thread;
		thread->name = task_name(importer, importer->title);
	} else if (importer->nr_names < PIN_TASKS_MAX) {
		thread->name = list_printf(&importer->steps, "%s_%u", importer->first_name, importer->nr_names + 1);
	}
	if (!importer->nr_names++)
		importer->first_name = thread->name;
	return thread;
}

static void make_child(struct importer *importer, struct thread *parent, long pid, unsigned long line)
{
	struct thread *child;
	struct draft *step;

	if (parent->clones_files)
		parent->files->refs++;
	if (parent->clones_vm)
		parent->space->refs++;
	child = add_thread(importer, pid, parent->clones_files ? parent->files : fd_table_copy(parent->files),
			   parent->clones_vm ? parent->space : space_copy(parent->space));
	parent->clones = false;
	if (!parent->name || !child->name) {
		child->name = NULL;
		return;
	}
	step = draft_add(&importer->steps, line, parent->name,
			parent->clones_thread ? "thread" : parent->clones_vm ? "clone_vm" : "fork");
	draft_text(&importer->steps, step, NULL, child->name);
}

static void note_clone(struct thread *thread, const struct strace_call *call)
{
	const struct strace_value *flags = strace_arg_named(call, "flags");

	if (!flags)		/* clone3() has them in its structure */
		flags = strace_member(strace_arg(call, 0), "flags");
	thread->clones = true;
	thread->clones_vm = strace_has(flags, "CLONE_VM") || !strcmp(call->name, "vfork");
	thread->clones_thread = strace_has(flags, "CLONE_THREAD");
	/* clone_vm() shares descriptors, but not for a vfork, whose child is about to exec */
	thread->clones_files = strace_has(flags, "CLONE_FILES");
}

void clone_begins(struct importer *importer, const struct strace_call *call)
{
	note_clone(thread_get(importer, call->pid, call->line), call);
}

void call_clone(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	note_clone(thread, call);
	if (succeeded(call) && call->ret > 0 && !thread_find(importer, call->ret))
		make_child(importer, thread, call->ret, call->line);
	thread->clones = false;
}

struct thread *thread_get(struct importer *importer, long pid, unsigned long line)
{
	struct thread *thread = thread_find(importer, pid), *parent = importer->threads;
	struct draft *step;

	if (thread)
		return thread;
	while (parent && !parent->clones)
		parent = parent->next;
	if (parent) {
		make_child(importer, parent, pid, line);
		return importer->threads;
	}
	thread = add_thread(importer, pid, fd_table_create(), space_create());
	if (thread != importer->root && thread->name) {
		/* strace -p took it up while it ran: a process of its own, as far as the log tells */
		step = draft_add(&importer->steps, line, importer->first_name, "fork");
		step->comment = "was there: what made it is not in the log";
		draft_text(&importer->steps, step, NULL, thread->name);
	}
	return thread;
}

static void drop(struct thread *thread)
{
	fd_table_put(thread->files);
	space_put(thread->space);
	free(thread);
}

void thread_exit(struct importer *importer, long pid, unsigned long line)
{
	struct thread **at = &importer->threads, *thread;

	while (*at && (*at)->pid != pid)
		at = &(*at)->next;
	thread = *at;
	if (!thread)
		return;
	*at = thread->next;
	if (thread->name)
		draft_add(&importer->steps, line, thread->name, "exit")->is_exit = true;
	if (thread == importer->root)
		importer->root_gone = true;
	drop(thread);
}

void threads_free(struct importer *importer)
{
	struct thread *thread;

	while ((thread = importer->threads)) {
		importer->threads = thread->next;
		drop(thread);
	}
}

void call_execve(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	struct fd_table *own;

	if (!succeeded(call))
		return;
	if (!importer->began) {		/* strace's own: the program begins */
		importer->began = true;
		return;
	}
	add_step(importer, thread, call, "exec");
	importer->steps.execs = true;
	space_put(thread->space);
	thread->space = space_create();
	if (thread->files->refs > 1) {
		own = fd_table_copy(thread->files);
		fd_table_put(thread->files);
		thread->files = own;
	}
	fd_table_exec(thread->files);
	thread->argument.nr = 0;
	thread->learn = NULL;
}

static void set_uid(struct importer *importer, struct thread *thread, const struct strace_call *call, const char *op,
		    unsigned long uid)
{
	struct draft *step = add_step(importer, thread, call, op);

	draft_text(&importer->steps, step, NULL, list_printf(&importer->steps, "%u", (unsigned int)uid));
	if (thread->keepcaps && !strcmp(op, "setuid"))
		draft_number(&importer->steps, step, "keepcaps", 1);
}

void call_setuid(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	set_uid(importer, thread, call, "setuid", arg_number(call, 0));
}

static void set_uids(struct importer *importer, struct thread *thread, const struct strace_call *call,
		     unsigned long real, unsigned long effective, unsigned long saved)
{
	if ((int)effective == -1)
		lose(importer, call, "a change of the real or saved user alone has no operation");
	else if ((int)real == -1)
		set_uid(importer, thread, call, "seteuid", effective);
	else if (real == effective && ((int)saved == -1 || saved == effective))
		set_uid(importer, thread, call, "setuid", effective);
	else
		lose(importer, call, "different real and effective users have no operation");
}

void call_setresuid(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	set_uids(importer, thread, call, arg_number(call, 0), arg_number(call, 1), arg_number(call, 2));
}

void call_setreuid(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	set_uids(importer, thread, call, arg_number(call, 0), arg_number(call, 1), arg_number(call, 1));
}

/* Tells who the first process is, as long as it has not become somebody else. */
void call_getuid(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	if (!succeeded(call) || importer->uid_known || thread != importer->root || importer->root_gone)
		return;
	importer->uid = (unsigned long)call->ret;
	importer->uid_known = true;
}

void call_prctl(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	if (succeeded(call) && strace_has(strace_arg(call, 0), "PR_SET_KEEPCAPS"))
		thread->keepcaps = arg_number(call, 1) != 0;
}

void call_capset(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	static const struct { const char *kernel, *ours; } caps[] = {
		{ "CAP_IPC_LOCK", "ipc_lock" }, { "CAP_SYS_RESOURCE", "sys_resource" }, { "CAP_SETUID", "setuid" },
	};
	const struct strace_value *effective = strace_member(strace_arg(call, 1), "effective");
	char list[64] = "[";
	struct draft *step;
	size_t i;

	for (i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
		if (strace_has(effective, caps[i].kernel)) {
			if (list[1])
				strcat(list, ", ");
			strcat(list, caps[i].ours);
		}
	strcat(list, "]");
	step = add_step(importer, thread, call, "capset");
	draft_text(&importer->steps, step, NULL, list_printf(&importer->steps, "%s", list));
}

void call_unshare(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	struct fd_table *own;

	if (!succeeded(call))
		return;
	if (strace_has(strace_arg(call, 0), "CLONE_NEWUSER"))
		add_step(importer, thread, call, "unshare_user");
	if (strace_has(strace_arg(call, 0), "CLONE_FILES") && thread->files->refs > 1) {
		own = fd_table_copy(thread->files);
		fd_table_put(thread->files);
		thread->files = own;
		lose(importer, call, "unshare(CLONE_FILES) has no operation: the tasks' descriptors stay shared");
	}
}

/* Of {rlim_cur=..., rlim_max=...}. */
static bool limits(const struct strace_value *value, unsigned long *soft, unsigned long *hard)
{
	return strace_number(strace_member(value, "rlim_cur"), soft) &&
	       strace_number(strace_member(value, "rlim_max"), hard) && *soft <= *hard;
}

static void set_limit(struct importer *importer, struct thread *thread, const struct strace_call *call,
		      const struct strace_value *value, const struct thread *whose)
{
	unsigned long soft, hard;
	struct draft_arg *arg;
	struct draft *step;

	if (!limits(value, &soft, &hard))
		return;
	/* what it was before is not known any more */
	importer->limit_changed = true;
	step = add_step(importer, thread, call, whose ? "prlimit" : "setrlimit");
	if (whose)
		draft_text(&importer->steps, step, NULL, whose->name);
	arg = draft_arg(&importer->steps, step, "memlock", ARG_LIMITS);
	arg->number = soft;
	arg->bytes = hard;
}

static void get_limit(struct importer *importer, const struct thread *thread, const struct strace_value *value)
{
	unsigned long soft, hard;

	if (importer->memlock_known || importer->limit_changed || thread != importer->root || importer->root_gone ||
	    !limits(value, &soft, &hard))
		return;
	importer->memlock_known = true;
	importer->memlock_bytes = soft;
	importer->memlock_max_bytes = hard;
}

void call_setrlimit(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	if (strace_has(strace_arg(call, 0), "RLIMIT_MEMLOCK"))
		set_limit(importer, thread, call, strace_arg(call, 1), NULL);
}

void call_getrlimit(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	if (succeeded(call) && strace_has(strace_arg(call, 0), "RLIMIT_MEMLOCK"))
		get_limit(importer, thread, strace_arg(call, 1));
}

void call_prlimit(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	long pid = (long)arg_number(call, 0);
	struct thread *whose = pid && pid != thread->pid ? thread_find(importer, pid) : NULL;

	if (!strace_has(strace_arg(call, 1), "RLIMIT_MEMLOCK"))
		return;
	if (pid && pid != thread->pid && (!whose || !whose->name)) {
		lose(importer, call, "the process whose limit it is does not appear in the log");
		return;
	}
	if (succeeded(call))
		get_limit(importer, whose ? whose : thread, strace_arg(call, 3));
	set_limit(importer, thread, call, strace_arg(call, 2), whose);
}
