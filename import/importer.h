/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the translators of system calls share: import.c has the table of them. */
#ifndef IMPORT_IMPORTER_H
#define IMPORT_IMPORTER_H

#include <import/import.h>
#include "process.h"
#include "draft.h"
#include "strace.h"

struct importer {
	const struct import_options *options;
	struct import_summary *summary;
	struct draft_list steps;
	struct thread *threads;
	struct thread *root;		/* the first process, also once it is gone */
	bool root_gone;
	const char *first_name;
	struct object *objects;
	struct in_flight *in_flight, *in_flight_last;	/* descriptors sent and not received yet */
	unsigned int nr_names;		/* of tasks */
	unsigned int nr_objects;
	unsigned int nr_variables;
	struct lost *lost, **lost_end;
	struct chosen *chosen;		/* IOVAs that the kernel chose */
	const char *title;
	bool began;			/* the first process has run its program */
	bool uid_known, memlock_known, limit_changed;
	unsigned long uid, memlock_bytes, memlock_max_bytes;
};

typedef void call_handler(struct importer *importer, struct thread *thread, const struct strace_call *call);

/* The step that @call becomes, expected to fail as it did. */
struct draft *add_step(struct importer *importer, const struct thread *thread, const struct strace_call *call,
		      const char *op);
/* Says in the summary that @call could not be translated, and why. */
void lose(struct importer *importer, const struct strace_call *call, const char *why);
/* A number of the call's arguments; 0 where there is none. */
unsigned long arg_number(const struct strace_call *call, unsigned int index);
bool succeeded(const struct strace_call *call);

/* files.c */
struct object *object_add(struct importer *importer, enum object_kind kind, const char *prefix);
/* The object behind the descriptor in argument @index, if it is of @kind. */
struct object *arg_object(const struct thread *thread, const struct strace_call *call, unsigned int index,
			  enum object_kind kind);
/* @call returned a descriptor: it stands for @object from now on. */
void install(struct importer *importer, struct thread *thread, const struct strace_call *call, int fd,
	     struct object *object, bool cloexec);
/* `exec` closes what is marked so, where the program execs at all. */
void add_cloexec(struct importer *importer, struct thread *thread, const struct strace_call *call,
		 struct object *object);
/* tasks.c */
struct thread *thread_find(struct importer *importer, long pid);
/* That of @pid, made now where the log has not shown it being made. */
struct thread *thread_get(struct importer *importer, long pid, unsigned long line);
void thread_exit(struct importer *importer, long pid, unsigned long line);
void threads_free(struct importer *importer);
void clone_begins(struct importer *importer, const struct strace_call *call);

/* memory.c: an address argument of @step. The mapping that it lies in is used from then on. */
void draft_address(struct importer *importer, struct thread *thread, const struct strace_call *call, struct draft *step,
		  const char *key, unsigned long va, unsigned long bytes);
void draft_buffer(struct importer *importer, struct thread *thread, const struct strace_call *call, struct draft *step,
		 unsigned long va, unsigned long bytes);

call_handler call_mmap, call_munmap, call_mprotect, call_mremap, call_madvise, call_brk, call_mlock, call_mlock2,
	call_munlock, call_mlockall, call_munlockall, call_shmget, call_shmctl;
call_handler call_open, call_openat, call_close, call_close_range, call_dup, call_dup2, call_fcntl, call_memfd_create,
	call_memfd_secret, call_ftruncate, call_fallocate, call_sendmsg, call_recvmsg, call_perf_event_open;
call_handler call_io_uring_setup, call_io_uring_register;
call_handler call_ioctl, call_write;
call_handler call_clone, call_execve, call_setuid, call_setresuid, call_setreuid, call_getuid, call_prctl, call_capset,
	call_unshare, call_setrlimit, call_getrlimit, call_prlimit;

#endif
