/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_ANON_INODES_H
#define _LINUX_ANON_INODES_H

#include <linux/fs.h>

/* A file without a name; ERR_PTR(-ENOMEM) when the allocation fails. */
struct file *anon_inode_getfile(const char *name, const struct file_operations *fops, void *priv, int flags);
/* The same with an fd of the caller's table: the fd, or -errno. */
int anon_inode_getfd(const char *name, const struct file_operations *fops, void *priv, int flags);

#endif
