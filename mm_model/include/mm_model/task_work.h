/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of a system call. Neutral header.
 *
 * What the kernel does on the way back to user space happens here: files whose
 * last reference the call dropped are released (fput() is deferred in the kernel
 * too), and a task that somebody killed meanwhile dies.
 */
#ifndef MM_MODEL_TASK_WORK_H
#define MM_MODEL_TASK_WORK_H

/*
 * Every system call and ioctl of every room ends with
 *	return mm_syscall(ret);
 * No lock may be held. Returns @ret, or MM_KILLED(9) if current died of a SIGKILL.
 * In a task that exits (the release functions that run there) it does nothing.
 */
long mm_syscall(long ret);

#endif
