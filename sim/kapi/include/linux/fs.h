/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Open files. A struct file lives until its last reference (fd tables, objects
 * that hold it, fds in flight) is dropped; then ->release() runs, on the task
 * that dropped it and, as in the kernel, after that task's current system call
 * or at exit_files().
 */
#ifndef _LINUX_FS_H
#define _LINUX_FS_H

#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct inode;
struct file;
struct sim_digest;

struct module;
struct poll_table_struct;

struct file_operations {
	const char *name;		/* "iommufd", "vfio", "io_uring", "memfd": for reports */
	int (*release)(struct inode *inode, struct file *file);
	int (*mmap)(struct file *file, struct vm_area_struct *vma);
	/* Adds what stands behind the file (sim/digest.h); absent: sim_digest_unknown() */
	void (*digest)(struct file *file, struct sim_digest *digest);
	/* of upstream's files */
	struct module *owner;
	int (*open)(struct inode *inode, struct file *file);
	long (*unlocked_ioctl)(struct file *file, unsigned int cmd, unsigned long arg);
	long (*compat_ioctl)(struct file *file, unsigned int cmd, unsigned long arg);
	ssize_t (*read)(struct file *file, char __user *buf, size_t count, loff_t *pos);
	ssize_t (*write)(struct file *file, const char __user *buf, size_t count, loff_t *pos);
	__poll_t (*poll)(struct file *file, struct poll_table_struct *wait);
};

/* Work of a task for the end of its system call (kernel/task_work.c). */
struct callback_head {
	struct list_head node;
	void (*func)(struct callback_head *work);
};

struct file {
	atomic_long_t f_count;
	struct callback_head f_task_work;	/* the deferred last fput() */
	unsigned long f_id;		/* unique in the world */
	unsigned long f_object;		/* its object id in the trace */
	unsigned int f_mode;
	struct inode *f_inode;			/* what ->release() gets; nobody's own so far */
	const struct file_operations *f_op;
	void *private_data;
};

#define FMODE_READ 1u
#define FMODE_WRITE 2u

struct file *get_file(struct file *file);
int nonseekable_open(struct inode *inode, struct file *file);

#endif
