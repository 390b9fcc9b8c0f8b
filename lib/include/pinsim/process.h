/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes, credentials, limits and fds, as the running body's task calls it. Each
 * returns >= 0 or -errno as Linux does; outside of a body -PINSIM_EMISUSE.
 */
#ifndef PINSIM_PROCESS_H
#define PINSIM_PROCESS_H

#include <pinsim/base.h>
#include <pinsim/world.h>

PINSIM_C_BEGIN

/*
 * A child, named @name (copied), that runs @body(@arg): at once where this is in
 * pinsim_run(), with the next one where it is in pinsim_call(). @body: NULL for a child that
 * only stands there. *@child: its task; @child may be NULL. Return 0; EAGAIN, ENOMEM.
 */
/* With a copy of the memory and of the fds; its mm's counters begin at 0. */
PINSIM_API long pinsim_fork(const char *name, pinsim_body body, void *arg, struct pinsim_task **child);
/* CLONE_VM | CLONE_FILES: a process of its own that shares both. */
PINSIM_API long pinsim_clone_vm(const char *name, pinsim_body body, void *arg, struct pinsim_task **child);
/* A thread of the same process. */
PINSIM_API long pinsim_thread(const char *name, pinsim_body body, void *arg, struct pinsim_task **child);

/*
 * A new image: a new mm with counters at 0, other threads end, close-on-exec fds close,
 * capabilities anew. The body goes on, as the new image; its addresses mean nothing there.
 * Returns 0.
 */
PINSIM_API long pinsim_exec(void);
/* Ends this thread, the process with its last. Does not return, but for -PINSIM_EMISUSE. */
PINSIM_API long pinsim_exit(void);

/* Real, effective and saved uid. Leaving 0 clears the capabilities; @keepcaps: keeps the permitted ones. EPERM. */
PINSIM_API long pinsim_setuid(unsigned int uid, bool keepcaps);
PINSIM_API long pinsim_seteuid(unsigned int uid);
/* A user namespace of its own: its capabilities count for nothing here. */
PINSIM_API long pinsim_unshare_user(void);
/* The effective set, of enum pinsim_cap; EPERM beyond the permitted one. PINSIM_CAP_EVERY: all that is permitted. */
PINSIM_API long pinsim_capset(unsigned int caps);

/* RLIMIT_MEMLOCK in bytes. EINVAL where @soft is above @hard, EPERM to raise the hard one. */
PINSIM_API long pinsim_setrlimit(unsigned long soft_bytes, unsigned long hard_bytes);
/* Of @task. EPERM where the caller may not. */
PINSIM_API long pinsim_prlimit(struct pinsim_task *task, unsigned long soft_bytes, unsigned long hard_bytes);

/* The caller's @fd; the file goes with its last. EBADF. */
PINSIM_API long pinsim_close(int fd);
/* Marks it close-on-exec; others survive exec. EBADF. */
PINSIM_API long pinsim_cloexec(int fd);
/* SCM_RIGHTS: the open file in @to's table. Returns the fd that it has there. EBADF, EMFILE, ENOMEM. */
PINSIM_API long pinsim_send_fd(struct pinsim_task *to, int fd);
/* Lets all deferred work run now, such as the release of closed rings. Returns 0. */
PINSIM_API long pinsim_settle(void);

/* Faults that the caller's next calls meet. Return 0. */
/* The @nth allocation, pin or IOMMU map from now on fails, once. */
PINSIM_API long pinsim_inject_nth(unsigned long nth);

enum pinsim_fault {
	PINSIM_FAULT_GUP,	/* the next pin, at page @k */
	PINSIM_FAULT_IOMMU_MAP,	/* the next map, at page @k */
	PINSIM_FAULT_ALLOC,	/* the @k-th allocation */
	PINSIM_FAULT_LOCK_KILL,	/* the @k-th killable lock is interrupted */
};
/* @k: a page counts from 0, a call from 1. */
PINSIM_API long pinsim_inject(enum pinsim_fault site, unsigned long k);

PINSIM_C_END

#endif
