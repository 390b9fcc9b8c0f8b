// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The system calls of the kernel's test programs, beyond those of mm_model.
 *
 * User access finds a page by the task's page table and its content by the frame
 * (memory.c); a page that is not there is faulted in first. A copy is a place at
 * which fail-nth counts, as are allocations, pins and IOMMU maps (sim/fault.h), and
 * each call of the test driver's own fault attribute.
 *
 * Pipes and eventfds are there for the cases that fork: they hold a count of
 * bytes, or the number, and let readers sleep.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/wait.h>
#include <iopt/upstream.h>
#include <mm_model/machine.h>
#include <mm_model/syscalls.h>
#include <mm_model/task_work.h>
#include <sim/fault.h>
#include <sim/world.h>
#include "selftests.h"

struct selftest_machine {
	wait_queue_head_t exits;	/* parents in call_wait() */
};

static struct selftest_machine *machine(void)
{
	return sim_slot(SIM_SLOT_SCENARIO);
}

/* User access. */

static unsigned char *user_page(unsigned long addr, bool write)
{
	long frame = mm_task_frame(current, addr, write);

	if (frame < 0) {
		if (write ? fault_in_writeable(addr, 1) : fault_in_readable(addr, 1))
			return NULL;
		frame = mm_task_frame(current, addr, write);
	}
	return (unsigned char *)memory_content((unsigned long)frame) + offset_in_page(addr);
}

static bool user_point(size_t bytes)
{
	might_sleep();
	sim_point(SIM_POINT_USER_COPY, 0, (long)bytes);
	return !sim_fault_nth();
}

static bool user_read(void *to, unsigned long from, size_t bytes)
{
	const unsigned char *at = program_memory(current, from, bytes);
	size_t done, part;

	if (!user_point(bytes))
		return false;
	if (at) {
		memcpy(to, at, bytes);
		return true;
	}
	for (done = 0; done < bytes; done += part) {
		part = min(bytes - done, PAGE_SIZE - offset_in_page(from + done));
		at = user_page(from + done, false);
		if (!at)
			return false;
		memcpy((char *)to + done, at, part);
	}
	return true;
}

static bool user_write(unsigned long to, const void *from, size_t bytes)
{
	unsigned char *at = program_memory(current, to, bytes);
	size_t done, part;

	if (!user_point(bytes))
		return false;
	if (at) {
		memcpy(at, from, bytes);
		return true;
	}
	for (done = 0; done < bytes; done += part) {
		part = min(bytes - done, PAGE_SIZE - offset_in_page(to + done));
		at = user_page(to + done, true);
		if (!at)
			return false;
		memcpy(at, (const char *)from + done, part);
	}
	return true;
}

static const struct upstream_user user = {
	.read = user_read,
	.write = user_write,
	.content = memory_content,
	.fails = sim_fault_nth,
};

void syscalls_init(void)
{
	struct selftest_machine *m = sim_zalloc(sizeof(*m));

	init_waitqueue_head(&m->exits);
	sim_slot_set(SIM_SLOT_SCENARIO, m, NULL);
	upstream_user_set(&user);
}

/* Files. */

long call_open_iommu(const long *args)
{
	return mm_syscall(iommufd_upstream.open());
}

long call_open_file(const long *args)
{
	return sys_memfd((unsigned long)args[0], false);
}

long call_close(const long *args)
{
	return sys_close((int)args[0]);
}

long call_ioctl(const long *args)
{
	struct file *file = fget((unsigned int)args[0]);
	long ret = -ENOTTY;

	if (!file)
		return mm_syscall(-EBADF);
	if (file->f_op->unlocked_ioctl)
		ret = file->f_op->unlocked_ioctl(file, (unsigned int)args[1], (unsigned long)args[2]);
	fput(file);
	return mm_syscall(ret == -ENOIOCTLCMD ? -ENOTTY : ret);
}

long call_read(const long *args)
{
	struct file *file = fget((unsigned int)args[0]);
	loff_t pos = args[3];
	long ret = -EINVAL;

	if (!file)
		return mm_syscall(-EBADF);
	if (file->f_op->read)
		ret = file->f_op->read(file, (void __user *)args[1], (size_t)args[2], &pos);
	fput(file);
	return mm_syscall(ret);
}

long call_write(const long *args)
{
	struct file *file = fget((unsigned int)args[0]);
	loff_t pos = args[3];
	long ret = -EINVAL;

	if (!file)
		return mm_syscall(-EBADF);
	if (file->f_op->write)
		ret = file->f_op->write(file, (const void __user *)args[1], (size_t)args[2], &pos);
	fput(file);
	return mm_syscall(ret);
}

/* /proc/self/task/TID/fail-nth (fs/proc/base.c): the number that is left, and a number to arm. */

static ssize_t fail_nth_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	unsigned long left = sim_fault_nth_left(sim_self());
	char text[24];
	size_t len = (size_t)snprintf(text, sizeof(text), "%lu\n", left);

	if (*pos >= (loff_t)len)
		return 0;
	len = min(len - (size_t)*pos, count);
	return user_write((unsigned long)buf, text + *pos, len) ? (ssize_t)len : -EFAULT;
}

static ssize_t fail_nth_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	unsigned long nth = 0;
	char text[12];
	size_t i;

	if (!count || count > sizeof(text))
		return -EINVAL;
	if (!user_read(text, (unsigned long)buf, count))
		return -EFAULT;
	for (i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		nth = nth * 10 + (unsigned long)(text[i] - '0');
	}
	sim_fault_arm_nth_call(sim_self(), nth);
	return (ssize_t)count;
}

static const struct file_operations fail_nth_fops = {
	.name = "fail-nth",
	.read = fail_nth_read,
	.write = fail_nth_write,
};

long call_open_fail_nth(const long *args)
{
	return mm_syscall(anon_inode_getfd("fail-nth", &fail_nth_fops, NULL, 0));
}

/* An eventfd: a number that a read takes away, sleeping while it is 0. */

struct event {
	u64 count;
	wait_queue_head_t wait;
};

static ssize_t event_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct event *event = file->private_data;
	u64 value;

	if (count < sizeof(value))
		return -EINVAL;
	wait_event(event->wait, event->count);
	value = event->count;
	event->count = 0;
	return user_write((unsigned long)buf, &value, sizeof(value)) ? (ssize_t)sizeof(value) : -EFAULT;
}

static ssize_t event_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	struct event *event = file->private_data;
	u64 value;

	if (count < sizeof(value))
		return -EINVAL;
	if (!user_read(&value, (unsigned long)buf, sizeof(value)))
		return -EFAULT;
	if (value == U64_MAX || event->count + value < value)
		return -EINVAL;
	event->count += value;
	wake_up_all(&event->wait);
	return (ssize_t)sizeof(value);
}

static int event_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static const struct file_operations event_fops = {
	.name = "eventfd",
	.read = event_read,
	.write = event_write,
	.release = event_release,
};

long call_eventfd(const long *args)
{
	struct event *event = kzalloc(sizeof(*event), GFP_KERNEL);
	int fd;

	if (!event)
		return mm_syscall(-ENOMEM);
	event->count = (u64)args[0];
	init_waitqueue_head(&event->wait);
	fd = anon_inode_getfd("eventfd", &event_fops, event, 0);
	if (fd < 0)
		kfree(event);
	return mm_syscall(fd);
}

/* A pipe: what is in it, and how many ends are open on either side. */

#define PIPE_BYTES 4096UL

struct pipe {
	unsigned char bytes[PIPE_BYTES];
	size_t nr;
	unsigned int readers, writers;
	wait_queue_head_t wait;
};

static void pipe_put(struct pipe *pipe, unsigned int *ends)
{
	(*ends)--;
	wake_up_all(&pipe->wait);
	if (!pipe->readers && !pipe->writers)
		kfree(pipe);
}

static int pipe_release_reader(struct inode *inode, struct file *file)
{
	struct pipe *pipe = file->private_data;

	pipe_put(pipe, &pipe->readers);
	return 0;
}

static int pipe_release_writer(struct inode *inode, struct file *file)
{
	struct pipe *pipe = file->private_data;

	pipe_put(pipe, &pipe->writers);
	return 0;
}

/* 0 once it is empty and nobody can write any more. */
static ssize_t pipe_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct pipe *pipe = file->private_data;
	size_t nr;

	wait_event(pipe->wait, pipe->nr || !pipe->writers);
	nr = min(pipe->nr, count);
	if (nr && !user_write((unsigned long)buf, pipe->bytes, nr))
		return -EFAULT;
	memmove(pipe->bytes, pipe->bytes + nr, pipe->nr - nr);
	pipe->nr -= nr;
	wake_up_all(&pipe->wait);
	return (ssize_t)nr;
}

static ssize_t pipe_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	struct pipe *pipe = file->private_data;

	count = min(count, PIPE_BYTES);
	wait_event(pipe->wait, PIPE_BYTES - pipe->nr >= count || !pipe->readers);
	if (!pipe->readers)
		return -EPIPE;
	if (!user_read(pipe->bytes + pipe->nr, (unsigned long)buf, count))
		return -EFAULT;
	pipe->nr += count;
	wake_up_all(&pipe->wait);
	return (ssize_t)count;
}

static const struct file_operations pipe_reader_fops = {
	.name = "pipe",
	.read = pipe_read,
	.release = pipe_release_reader,
};

static const struct file_operations pipe_writer_fops = {
	.name = "pipe",
	.write = pipe_write,
	.release = pipe_release_writer,
};

long call_pipe(const long *args)
{
	struct pipe *pipe = kzalloc(sizeof(*pipe), GFP_KERNEL);
	int fds[2];

	if (!pipe)
		return mm_syscall(-ENOMEM);
	init_waitqueue_head(&pipe->wait);
	fds[0] = anon_inode_getfd("pipe", &pipe_reader_fops, pipe, 0);
	if (fds[0] < 0) {
		kfree(pipe);
		return mm_syscall(fds[0]);
	}
	pipe->readers = 1;
	fds[1] = anon_inode_getfd("pipe", &pipe_writer_fops, pipe, 0);
	if (fds[1] < 0) {
		sys_close(fds[0]);
		return mm_syscall(fds[1]);
	}
	pipe->writers = 1;
	return mm_syscall(user_write((unsigned long)args[0], fds, sizeof(fds)) ? 0 : -EFAULT);
}

/* Memory and processes. */

static unsigned int mmap_prot(long prot)
{
	return (prot & PROT_READ ? MM_PROT_READ : 0) | (prot & PROT_WRITE ? MM_PROT_WRITE : 0);
}

/* A shared hugetlb mapping without a name is one of a file of its own (mm/mmap.c:ksys_mmap_pgoff). */
long call_mmap(const long *args)
{
	bool shared = args[3] & MAP_SHARED, hugetlb = args[3] & MAP_HUGETLB, file = shared && hugetlb;
	struct mm_mmap_args mmap = {
		.addr = (unsigned long)args[0],
		.len = (unsigned long)args[1],
		.kind = shared ? MM_SHARED : hugetlb ? MM_HUGETLB : MM_ANON,
		.prot = mmap_prot(args[2]),
		.fd = file ? (int)sys_memfd((unsigned long)args[1], true) : (int)args[4],
		.fixed = true,
	};
	long ret;

	if (file && mmap.fd < 0)
		return mmap.fd;
	ret = sys_mmap(&mmap);
	if (file)
		sys_close(mmap.fd);
	return ret;
}

/* What cannot be had is left to the faults (mm_populate). */
long call_populate(const long *args)
{
	(void)fault_in_writeable((unsigned long)args[0], (size_t)args[1]);
	return mm_syscall(0);
}

long call_munmap(const long *args)
{
	return sys_munmap((unsigned long)args[0], (unsigned long)args[1]);
}

long call_fault(const long *args)
{
	unsigned long addr = (unsigned long)args[0];
	bool write = args[1];

	return mm_syscall((write ? fault_in_writeable(addr, 1) : fault_in_readable(addr, 1)) ? -EFAULT : 0);
}

long call_fork(const long *args)
{
	struct task_struct **child = (struct task_struct **)args[0];
	long ret = sys_fork("child", child);

	return ret ? ret : (*child)->pid;
}

long call_wait(const long *args)
{
	struct task_struct *child = (struct task_struct *)args[0];

	wait_event(machine()->exits, child->exited);
	return mm_syscall(child->pid);
}

long call_exit_group(const long *args)
{
	sys_exit();
	wake_up_all(&machine()->exits);
	return 0;
}
