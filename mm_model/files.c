// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Open files and descriptor tables (fs/file.c, fs/file_table.c, kernel/task_work.c).
 *
 * A file lives by f_count. The last fput() does not release it on the spot: a task
 * does so at the end of its system call, or in its exit behind exit_files(); what a
 * kernel thread drops is left to deferred work. So ->release() runs without locks.
 * A descriptor table may be shared (clone_vm, thread) and is unshared by exec.
 */
#include <mm_model/digest.h>
#include <sim/digest.h>
#include "internal.h"

#define FDS_MAX 65536u

struct fd_slot {
	struct file *file;
	bool reserved;		/* given out, nothing installed yet */
	bool cloexec;
};

struct files_struct {
	atomic_t count;
	spinlock_t file_lock;
	struct fd_slot *fd;
	unsigned int max;
};

struct file *file_alloc(const struct file_operations *fops, void *priv)
{
	struct file *file = kzalloc(sizeof(*file), GFP_KERNEL);

	if (!file)
		return ERR_PTR(-ENOMEM);
	atomic_long_set(&file->f_count, 1);
	file->f_id = ++machine()->file_last;
	file->f_object = sim_object_id();
	sim_object_name_kept(file->f_object, fops->name ? fops->name : "anon inode");
	file->f_op = fops;
	file->private_data = priv;
	return file;
}

struct file *get_file(struct file *file)
{
	atomic_long_inc(&file->f_count);
	return file;
}

static void __fput(struct file *file)
{
	if (file->f_op->release)
		file->f_op->release(file->f_inode, file);
	kfree(file);
}

void task_work_add(struct task_struct *task, struct callback_head *work, void (*func)(struct callback_head *))
{
	work->func = func;
	list_add_tail(&work->node, &task->task_works);
}

/* Newest first within what has gathered, as the kernel's list is; what comes meanwhile, afterwards. */
void task_work_run(void)
{
	struct task_struct *task = current;

	while (!list_empty(&task->task_works)) {
		struct callback_head *work = list_first_entry(&task->task_works, struct callback_head, node);

		list_del(&work->node);
		work->func(work);
	}
}

static void ____fput(struct callback_head *work)
{
	__fput(container_of(work, struct file, f_task_work));
}

void fput(struct file *file)
{
	struct mm_machine *m = machine();
	struct task_struct *task = mm_current();

	if (!atomic_long_dec_and_test(&file->f_count))
		return;
	if (task && !task->exited) {
		task_work_add(task, &file->f_task_work, ____fput);
		return;
	}
	list_add_tail(&file->f_task_work.node, &m->delayed_fput);
	schedule_work(&m->delayed_fput_work);
}

void delayed_fput_run(struct work_struct *work)
{
	struct mm_machine *m = machine();

	while (!list_empty(&m->delayed_fput)) {
		struct callback_head *head = list_first_entry(&m->delayed_fput, struct callback_head, node);

		list_del(&head->node);
		____fput(head);
	}
}

struct file *anon_inode_getfile(const char *name, const struct file_operations *fops, void *priv, int flags)
{
	struct file *file = file_alloc(fops, priv);

	if (!IS_ERR(file))
		file->f_mode = FMODE_READ | FMODE_WRITE;
	return file;
}

int anon_inode_getfd(const char *name, const struct file_operations *fops, void *priv, int flags)
{
	int fd = get_unused_fd_flags(flags);
	struct file *file;

	if (fd < 0)
		return fd;
	file = anon_inode_getfile(name, fops, priv, flags);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

struct files_struct *files_alloc(void)
{
	struct files_struct *files = kzalloc(sizeof(*files), GFP_KERNEL);

	if (!files)
		return NULL;
	atomic_set(&files->count, 1);
	spin_lock_init(&files->file_lock);
	return files;
}

struct files_struct *files_get(struct files_struct *files)
{
	atomic_inc(&files->count);
	return files;
}

/* The same files in a table of one's own (dup_fd); NULL when the allocation fails. */
struct files_struct *files_dup(struct files_struct *files)
{
	struct files_struct *new = files_alloc();
	unsigned int i, max = files->max;

	if (!new)
		return NULL;
	new->fd = kcalloc(max + 1, sizeof(*new->fd), GFP_KERNEL);
	if (!new->fd) {
		kfree(new);
		return NULL;
	}
	spin_lock(&files->file_lock);
	new->max = min(max, files->max);
	for (i = 0; i < new->max; i++) {
		if (!files->fd[i].file)
			continue;
		new->fd[i] = files->fd[i];
		atomic_long_inc(&new->fd[i].file->f_count);
	}
	spin_unlock(&files->file_lock);
	return new;
}

/* The last user closes everything, lowest descriptor first. */
void files_put(struct files_struct *files)
{
	unsigned int i;

	if (!atomic_dec_and_test(&files->count))
		return;
	for (i = 0; i < files->max; i++)
		if (files->fd[i].file)
			fput(files->fd[i].file);
	kfree(files->fd);
	kfree(files);
}

int unshare_files(void)
{
	struct files_struct *old = current->files, *new;

	if (atomic_read(&old->count) == 1)
		return 0;
	new = files_dup(old);
	if (!new)
		return -ENOMEM;
	task_lock(current);
	current->files = new;
	task_unlock(current);
	files_put(old);
	return 0;
}

/* fget() looks at the slot's file without a lock, so what changes there is marked, and installed behind its making. */
static void slot_install(struct files_struct *files, unsigned int fd, struct file *file)
{
	sim_race_release(files, false);
	sim_touch(files, true);
	WRITE_ONCE(files->fd[fd].file, file);
}

static void slot_clear(struct fd_slot *slot)
{
	WRITE_ONCE(slot->file, NULL);
	slot->reserved = false;
	slot->cloexec = false;
}

void do_close_on_exec(struct files_struct *files)
{
	unsigned int i;

	for (i = 0; i < files->max; i++) {
		struct file *file = NULL;

		spin_lock(&files->file_lock);
		if (files->fd[i].cloexec) {
			file = files->fd[i].file;
			slot_clear(&files->fd[i]);
		}
		spin_unlock(&files->file_lock);
		if (file)
			fput(file);
	}
}

/* A larger table, made outside the lock. ENOMEM. */
static int expand_files(struct files_struct *files)
{
	unsigned int max = files->max, new_max = max ? 2 * max : 16;
	struct fd_slot *fd = kcalloc(new_max, sizeof(*fd), GFP_KERNEL), *old = NULL;

	if (!fd)
		return -ENOMEM;
	spin_lock(&files->file_lock);
	if (files->max == max) {
		old = files->fd;
		if (max)
			memcpy(fd, old, max * sizeof(*fd));
		files->fd = fd;
		files->max = new_max;
		fd = NULL;
	}
	spin_unlock(&files->file_lock);
	kfree(old);
	kfree(fd);
	return 0;
}

static int alloc_fd(struct files_struct *files, bool cloexec)
{
	unsigned int i;

	for (;;) {
		spin_lock(&files->file_lock);
		for (i = 0; i < files->max && files->fd[i].reserved; i++)
			;
		if (i < files->max) {
			files->fd[i].reserved = true;
			files->fd[i].cloexec = cloexec;
			spin_unlock(&files->file_lock);
			return i;
		}
		spin_unlock(&files->file_lock);
		if (i >= FDS_MAX)
			return -EMFILE;
		if (expand_files(files))
			return -ENOMEM;
	}
}

int get_unused_fd_flags(unsigned int flags)
{
	return alloc_fd(current->files, flags & O_CLOEXEC);
}

void put_unused_fd(unsigned int fd)
{
	struct files_struct *files = current->files;

	spin_lock(&files->file_lock);
	slot_clear(&files->fd[fd]);
	spin_unlock(&files->file_lock);
}

void fd_install(unsigned int fd, struct file *file)
{
	struct files_struct *files = current->files;

	spin_lock(&files->file_lock);
	slot_install(files, fd, file);
	spin_unlock(&files->file_lock);
}

/* Among threads a step is one by a lock: of those that take a file out of the table. */
static void one_step_begin(struct files_struct *files)
{
	if (SIM_THREADS)
		spin_lock(&files->file_lock);
	else
		sim_nopreempt_begin();
}

static void one_step_end(struct files_struct *files)
{
	if (SIM_THREADS)
		spin_unlock(&files->file_lock);
	else
		sim_nopreempt_end();
}

/* No lock, as under RCU: the file that stands there and its reference are one step. */
struct file *fget(unsigned int fd)
{
	struct files_struct *files = current->files;
	struct file *file = NULL;

	one_step_begin(files);
	sim_touch(files, false);
	if (fd < files->max)
		file = READ_ONCE(files->fd[fd].file);
	sim_race_acquire(files, true);
	if (file)
		get_file(file);
	one_step_end(files);
	return file;
}

int close_fd(unsigned int fd)
{
	struct files_struct *files = current->files;
	struct file *file = NULL;

	spin_lock(&files->file_lock);
	if (fd < files->max && files->fd[fd].file) {
		file = files->fd[fd].file;
		sim_touch(files, true);
		slot_clear(&files->fd[fd]);
	}
	spin_unlock(&files->file_lock);
	if (!file)
		return -EBADF;
	fput(file);
	return 0;
}

long sys_close(int fd)
{
	return mm_syscall(close_fd(fd));
}

long sys_cloexec(int fd)
{
	struct files_struct *files = current->files;
	long ret = -EBADF;

	spin_lock(&files->file_lock);
	if (fd >= 0 && fd < files->max && files->fd[fd].file) {
		files->fd[fd].cloexec = true;
		ret = 0;
	}
	spin_unlock(&files->file_lock);
	return mm_syscall(ret);
}

/* SCM_RIGHTS, sent and received at once: no file stays in flight. */
static long do_send_fd(struct task_struct *to, int fd)
{
	struct file *file = fd >= 0 ? fget(fd) : NULL;
	struct files_struct *files = NULL;
	int new;

	if (!file)
		return -EBADF;
	task_lock(to);
	if (to->files)
		files = files_get(to->files);
	task_unlock(to);
	if (!files) {
		fput(file);
		return -ESRCH;
	}
	new = alloc_fd(files, false);
	if (new >= 0) {
		spin_lock(&files->file_lock);
		slot_install(files, new, get_file(file));
		spin_unlock(&files->file_lock);
	}
	files_put(files);
	fput(file);
	return new;
}

long sys_send_fd(struct task_struct *to, int fd)
{
	return mm_syscall(do_send_fd(to, fd));
}

/* The runner asks these between two calls of a task: no accesses of the kernel's. */
unsigned long mm_file_id(const struct task_struct *task, int fd)
{
	const struct files_struct *files = task->files;

	unsigned long id = 0;

	sim_touch(files, false);
	sim_race_off();
	if (files && fd >= 0 && fd < files->max && files->fd[fd].file)
		id = files->fd[fd].file->f_id;
	sim_race_on();
	return id;
}

int mm_fd_of(const struct task_struct *task, unsigned long file_id)
{
	const struct files_struct *files = task->files;
	int fd = -1;

	sim_touch(files, false);
	sim_race_off();
	for (unsigned int i = 0; files && i < files->max && fd < 0; i++)
		if (files->fd[i].file && files->fd[i].file->f_id == file_id)
			fd = i;
	sim_race_on();
	return fd;
}

struct file *files_find(const struct files_struct *files, unsigned long file_id)
{
	struct file *file = NULL;

	sim_race_off();
	for (unsigned int i = 0; files && i < files->max && !file; i++)
		if (files->fd[i].file && files->fd[i].file->f_id == file_id)
			file = files->fd[i].file;
	sim_race_on();
	return file;
}

/* The numbers of the fds are history; which fd is which, nobody asks. */
void files_digest(struct sim_digest *digest, const struct files_struct *files)
{
	if (!sim_digest_name(digest, files))
		return;
	for (unsigned int i = 0; i < files->max; i++) {
		if (!files->fd[i].file)
			continue;
		mm_digest_file(digest, files->fd[i].file);
		sim_digest_add(digest, files->fd[i].cloexec);
	}
	sim_digest_add(digest, 0);
}
