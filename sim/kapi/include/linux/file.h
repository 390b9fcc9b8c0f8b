/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File descriptors of the calling task. */
#ifndef _LINUX_FILE_H
#define _LINUX_FILE_H

#include <linux/fs.h>

/* The file with a reference, or NULL. */
struct file *fget(unsigned int fd);
void fput(struct file *file);
/* The last reference: ->release() runs before it returns. */
void __fput_sync(struct file *file);
int get_unused_fd_flags(unsigned int flags);
void put_unused_fd(unsigned int fd);
void fd_install(unsigned int fd, struct file *file);
/* Takes the fd out of the table, as close() does, within a call that goes on. EBADF. */
int close_fd(unsigned int fd);
#define O_CLOEXEC 02000000
#define O_RDWR 2

#endif
