/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _DEBUGFS_H_
#define _DEBUGFS_H_

/* No debugfs: nothing is made, so nothing is removed. */
struct dentry;

static inline void debugfs_remove_recursive(struct dentry *dentry)
{
}

#endif
