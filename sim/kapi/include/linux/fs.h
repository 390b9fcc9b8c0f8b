/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Open files. A struct file lives until its last reference (fd tables, objects
 * that hold it, fds in flight) is dropped; then ->release() runs, on the task
 * that dropped it and, as in the kernel, after that task's current system call
 * or at exit_files().
 */
#ifndef _LINUX_FS_H
#define _LINUX_FS_H

#include <linux/mm_types.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct inode;
struct file;

struct file_operations {
	const char *name;		/* "iommufd", "vfio", "io_uring", "memfd": for reports */
	int (*release)(struct inode *inode, struct file *file);
	int (*mmap)(struct file *file, struct vm_area_struct *vma);
};

struct file {
	atomic_long_t f_count;
	unsigned long f_id;		/* unique in the world */
	unsigned int f_mode;
	const struct file_operations *f_op;
	void *private_data;
};

#define FMODE_READ 1u
#define FMODE_WRITE 2u

struct file *get_file(struct file *file);

#endif
