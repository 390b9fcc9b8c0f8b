// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * perf ring buffers (kernel/events/core.c: perf_mmap, perf_mmap_close).
 *
 * A buffer of n data pages costs n + 1 pages. The first U = sysctl
 * perf_event_mlock_kb x CPUs pages of a user are free of the limit and are
 * counted in the user's own bucket: user->locked_vm, or user->perf_mlock on
 * 6.12.117 (PF_OWN). What goes beyond U is charged to mm->pinned_vm and tested
 * there, so a process whose pinned_vm is above its limit for any other reason
 * cannot map a buffer at all.
 *
 * The buffer remembers who mapped it first and how much of it is in pinned_vm.
 * Only the last munmap gives anything back: the user's part to that user, the
 * pinned part to the mm of the VMA that is closed last, whoever was charged.
 *
 * An AUX area is charged in the same way when it is mapped, without a control page,
 * and given back by its own last munmap.
 *
 * Locks: event->mmap_mutex, inside the mmap_lock that mmap and munmap hold.
 */
#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <accounting/charge.h>
#include <accounting/kernels.h>
#include <mm_model/syscalls.h>
#include <subsys/pinners.h>
#include "pinners_private.h"

/* What one buffer was charged. */
struct perf_buffer {
	refcount_t refcount;
	atomic_t mmap_count;
	unsigned long nr_pages;		/* data pages; the control page comes on top */
	long mmap_user_pages;		/* in the user's bucket */
	unsigned long mmap_locked;	/* in pinned_vm */
	unsigned long frame;		/* the control page; the data pages follow */
	struct user_struct *mmap_user;
	struct mm_struct *mmap_mm;	/* whose pinned_vm it is; grabbed */
	/* the AUX area, behind the data; nr 0: none */
	unsigned long aux_nr_pages;
	atomic_t aux_mmap_count;
	long aux_user_pages;
	unsigned long aux_mmap_locked;
	unsigned long aux_frame;
	struct ledger_object *charged;
};

struct perf_event {
	struct mutex mmap_mutex;
	atomic_t mmap_count;
	struct perf_buffer *rb;		/* mmap_mutex */
};

/* Pages that go to the user's bucket and to pinned_vm. */
struct perf_split {
	long user;
	unsigned long extra;
};

static enum ledger_bucket perf_user_bucket(void)
{
	return kernel_rules()->other.perf == PF_OWN ? BUCKET_PERF_MLOCK : BUCKET_USER_LOCKED_VM;
}

static atomic_long_t *perf_user_counter(struct user_struct *user)
{
	return perf_user_bucket() == BUCKET_PERF_MLOCK ? &user->perf_mlock : &user->locked_vm;
}

/* U, the pages a user has free. */
static unsigned long perf_free_pages(void)
{
	const struct pinner_settings *settings = &pinners_state()->settings;

	return (settings->perf_mlock_kb >> (PAGE_SHIFT - 10)) * settings->cpus;
}

static struct perf_split perf_split_charge(struct user_struct *user, unsigned long pages)
{
	unsigned long free = perf_free_pages();
	unsigned long used = atomic_long_read(perf_user_counter(user));
	struct perf_split split = { .user = pages };

	if (kernel_rules()->other.perf == PF_SPLIT) {
		/* 5.4: once the allowance is used up, all of the buffer goes to pinned_vm */
		if (used >= free)
			split.extra = pages;
		else if (used + pages > free)
			split.extra = used + pages - free;
	} else {
		if (!kernel_rules()->other.perf_negative_extra)
			used = min(used, free);
		if (used + pages > free)
			split.extra = used + pages - free;
	}
	if (!kernel_rules()->other.perf_double_charge)
		split.user -= split.extra;
	return split;
}

/* The user's bucket takes the change untested; beyond the allowance pinned_vm is what is tested. */
static void perf_user_add(struct user_struct *user, struct perf_buffer *rb, long pages)
{
	atomic_long_add(pages, perf_user_counter(user));
	ledger_enter(rb->charged, perf_user_bucket(), user, pages);
}

static void perf_buffer_put(struct perf_buffer *rb)
{
	if (!refcount_dec_and_test(&rb->refcount))
		return;
	file_pages_free(rb->frame, rb->nr_pages + 1);
	ledger_object_destroy(rb->charged);
	kfree(rb);
}

/* Where the AUX area lies in the file: behind the control page and the data. */
static bool perf_is_aux(const struct perf_buffer *rb, const struct vm_area_struct *vma)
{
	return rb->aux_nr_pages && vma->vm_pgoff == rb->nr_pages + 1;
}

/* The last munmap of an AUX area. 5.4.0 forgot the user's part of one that was split. */
static void perf_aux_free(struct perf_buffer *rb, struct mm_struct *mm)
{
	const struct charge_by by = { .object = rb->charged, .rule = "perf" };

	if (!kernel_rules()->other.perf_aux_close_leak || !rb->aux_mmap_locked)
		perf_user_add(rb->mmap_user, rb, -rb->aux_user_pages);
	if (rb->aux_mmap_locked)
		uncharge_pinned_vm(mm, rb->aux_mmap_locked, &by);
	file_pages_free(rb->aux_frame, rb->aux_nr_pages);
	rb->aux_nr_pages = 0;
}

static void perf_vma_open(struct vm_area_struct *vma)
{
	struct perf_event *event = vma->vm_file->private_data;

	if (perf_is_aux(event->rb, vma))
		atomic_inc(&event->rb->aux_mmap_count);
	atomic_inc(&event->mmap_count);
	atomic_inc(&event->rb->mmap_count);
}

static void perf_vma_close(struct vm_area_struct *vma)
{
	struct perf_event *event = vma->vm_file->private_data;
	struct perf_buffer *rb = event->rb, *held;
	struct charge_by by = { .object = rb->charged, .rule = "perf" };
	bool last;

	refcount_inc(&rb->refcount);
	if (perf_is_aux(rb, vma) && atomic_dec_and_test(&rb->aux_mmap_count))
		perf_aux_free(rb, vma->vm_mm);
	last = atomic_dec_and_test(&rb->mmap_count);
	if (atomic_dec_and_mutex_lock(&event->mmap_count, &event->mmap_mutex)) {
		/* who wants to map it meanwhile may have taken it from the event: perf_file_mmap() */
		held = event->rb;
		event->rb = NULL;
		mutex_unlock(&event->mmap_mutex);
		if (held)
			perf_buffer_put(held);
	}
	if (last) {
		perf_user_add(rb->mmap_user, rb, -rb->mmap_user_pages);
		if (rb->mmap_locked)
			uncharge_pinned_vm(kernel_rules()->other.perf_close_wrong_mm ? vma->vm_mm : rb->mmap_mm,
					   rb->mmap_locked, &by);
		free_uid(rb->mmap_user);
		mmdrop(rb->mmap_mm);
	}
	perf_buffer_put(rb);
}

/* Parts of a buffer would not match what it was charged. */
static int perf_vma_may_split(struct vm_area_struct *vma, unsigned long addr)
{
	return -EINVAL;
}

static long perf_fault_run(struct vm_area_struct *vma, unsigned long pgoff, unsigned long nr, unsigned long *frame)
{
	const struct perf_event *event = vma->vm_file->private_data;
	const struct perf_buffer *rb = event->rb;

	if (rb && rb->aux_nr_pages && pgoff > rb->nr_pages) {
		pgoff -= rb->nr_pages + 1;
		if (pgoff >= rb->aux_nr_pages)
			return -EFAULT;
		*frame = rb->aux_frame + pgoff;
		return min(nr, rb->aux_nr_pages - pgoff);
	}
	if (!rb || pgoff > rb->nr_pages)
		return -EFAULT;
	*frame = rb->frame + pgoff;
	return min(nr, rb->nr_pages + 1 - pgoff);
}

/* All pages of a mapping at once, as frames (map_range(), 6.15). */
static void perf_map_ahead(struct vm_area_struct *vma)
{
	unsigned long addr = vma->vm_start, frame;
	long nr;

	for (; addr < vma->vm_end; addr += nr << PAGE_SHIFT) {
		nr = perf_fault_run(vma, vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT),
				    (vma->vm_end - addr) >> PAGE_SHIFT, &frame);
		if (nr <= 0)
			return;
		remap_frames(vma, addr, frame, nr);
	}
}

static const struct vm_operations_struct perf_vm_ops = {
	.open = perf_vma_open,
	.close = perf_vma_close,
	.may_split = perf_vma_may_split,
	.fault_run = perf_fault_run,
	.dirty_tracked = true,
};

static struct perf_buffer *perf_buffer_alloc(unsigned long nr_pages)
{
	struct perf_buffer *rb = kzalloc(sizeof(*rb), GFP_KERNEL);

	if (!rb)
		return NULL;
	if (file_pages_alloc(nr_pages + 1, &rb->frame) != nr_pages + 1) {
		kfree(rb);
		return NULL;
	}
	refcount_set(&rb->refcount, 1);
	rb->nr_pages = nr_pages;
	rb->charged = ledger_object_create("perf_buffer", NULL);
	if (!kernel_rules()->other.perf_double_charge)
		ledger_object_disjoint(rb->charged);
	return rb;
}

/* A buffer that stands already is shared; from 6.18 on the caller is charged once more, for good. */
static int perf_mmap_again(struct perf_event *event, unsigned long nr_pages)
{
	struct perf_buffer *rb = event->rb;

	if (rb->nr_pages != nr_pages)
		return -EINVAL;
	if (!atomic_inc_not_zero(&rb->mmap_count))
		return -EAGAIN;
	if (kernel_rules()->other.perf == PF_REATT || kernel_rules()->other.perf_reattach_charge)
		perf_user_add(current_user(), rb, nr_pages + 1);
	return 0;
}

/* Would @split fit beside what the mm has pinned? Asked also where it adds nothing there. EPERM. */
static int perf_test(struct mm_struct *mm, const struct perf_split *split, const struct charge_by *by)
{
	unsigned long limit = memlock_limit_pages(current);
	unsigned long used = atomic64_read(&mm->pinned_vm);

	/* Unsigned: a negative pinned_vm is above every limit. */
	if (charge_used(mm, used) + split->extra <= limit || capable(CAP_IPC_LOCK))
		return 0;
	charge_refused(BUCKET_PINNED_VM, mm, used, split->extra, limit, by);
	return -EPERM;
}

static int perf_mmap_aux_area(struct perf_event *event, struct mm_struct *mm, unsigned long pgoff,
			      unsigned long nr_pages)
{
	struct perf_buffer *rb = event->rb;
	struct user_struct *user = current_user();
	struct charge_by by = { .object = rb ? rb->charged : NULL, .rule = "perf, AUX" };
	struct perf_split split;
	int ret;

	/* behind the data: another buffer may have come since the caller looked */
	if (!rb || pgoff != rb->nr_pages + 1)
		return -EINVAL;
	if (!is_power_of_2(nr_pages) || (rb->aux_nr_pages && rb->aux_nr_pages != nr_pages))
		return -EINVAL;
	if (!atomic_inc_not_zero(&rb->mmap_count))
		return -EINVAL;
	if (rb->aux_nr_pages) {
		atomic_inc(&rb->aux_mmap_count);
		if (kernel_rules()->other.perf == PF_REATT || kernel_rules()->other.perf_reattach_charge)
			perf_user_add(user, rb, nr_pages);
		return 0;
	}
	split = perf_split_charge(user, nr_pages);
	ret = perf_test(mm, &split, &by);
	if (!ret && file_pages_alloc(nr_pages, &rb->aux_frame) != nr_pages)
		ret = -ENOMEM;
	if (ret) {
		atomic_dec(&rb->mmap_count);
		return ret;
	}
	rb->aux_nr_pages = nr_pages;
	rb->aux_user_pages = split.user;
	rb->aux_mmap_locked = split.extra;
	atomic_set(&rb->aux_mmap_count, 1);
	perf_user_add(user, rb, split.user);
	if (split.extra)
		charge_pinned_vm(mm, split.extra, &by);
	return 0;
}

static int perf_mmap_new(struct perf_event *event, struct mm_struct *mm, unsigned long nr_pages)
{
	struct user_struct *user = current_user();
	struct charge_by by = { .rule = "perf" };
	struct perf_split split = perf_split_charge(user, nr_pages + 1);
	struct perf_buffer *rb;
	int ret;

	ret = perf_test(mm, &split, &by);
	if (ret)
		return ret;
	rb = perf_buffer_alloc(nr_pages);
	if (!rb)
		return -ENOMEM;
	by.object = rb->charged;
	atomic_set(&rb->mmap_count, 1);
	rb->mmap_user = get_uid(user);
	rb->mmap_mm = mm;
	mmgrab(mm);
	rb->mmap_user_pages = split.user;
	rb->mmap_locked = split.extra;
	event->rb = rb;

	perf_user_add(user, rb, split.user);
	if (split.extra)
		charge_pinned_vm(mm, split.extra, &by);
	return 0;
}

static int perf_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct perf_event *event = file->private_data;
	unsigned long nr_pages = (vma->vm_end - vma->vm_start) / PAGE_SIZE - 1;
	bool aux = vma->vm_pgoff;
	int ret;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (!aux && nr_pages && !is_power_of_2(nr_pages))
		return -EINVAL;
	do {
		mutex_lock(&event->mmap_mutex);
		if (aux)
			ret = perf_mmap_aux_area(event, vma->vm_mm, vma->vm_pgoff, nr_pages + 1);
		else if (event->rb)
			ret = perf_mmap_again(event, nr_pages);
		else
			ret = perf_mmap_new(event, vma->vm_mm, nr_pages);
		if (ret == -EAGAIN) {
			/* lost against the last munmap: forget the old buffer and start over */
			perf_buffer_put(event->rb);
			event->rb = NULL;
		}
		if (!ret)
			atomic_inc(&event->mmap_count);
		mutex_unlock(&event->mmap_mutex);
	} while (ret == -EAGAIN);
	if (ret)
		return ret;

	vma->vm_flags |= VM_DONTCOPY | VM_DONTEXPAND;
	vma->vm_ops = &perf_vm_ops;
	if (kernel_rules()->other.perf_maps_ahead)
		perf_map_ahead(vma);
	return 0;
}

static int perf_release(struct inode *inode, struct file *file)
{
	struct perf_event *event = file->private_data;

	mutex_destroy(&event->mmap_mutex);
	kfree(event);
	return 0;
}

const struct file_operations perf_fops = {
	.name = "perf",
	.release = perf_release,
	.mmap = perf_file_mmap,
};

struct ledger_object *perf_ledger(const struct file *file)
{
	const struct perf_event *event = file->private_data;

	return event->rb ? event->rb->charged : NULL;
}

long perf_open(void)
{
	struct perf_event *event = kzalloc(sizeof(*event), GFP_KERNEL);
	long fd;

	if (!event)
		return -ENOMEM;
	mutex_init(&event->mmap_mutex);
	fd = anon_inode_getfd("[perf_event]", &perf_fops, event, O_RDWR);
	if (fd < 0)
		kfree(event);
	return fd;
}

long perf_mmap_aux(int fd, unsigned long pages)
{
	struct mm_mmap_args args = {
		.len = pages << PAGE_SHIFT,
		.kind = MM_SHARED,
		.prot = MM_PROT_READ | MM_PROT_WRITE,
		.fd = fd,
	};
	struct file *file = pinner_fget(fd, &perf_fops);
	const struct perf_event *event;

	if (IS_ERR(file))
		return PTR_ERR(file) == -ENOTTY ? -EINVAL : PTR_ERR(file);
	event = file->private_data;
	/* aux_offset in the control page, which user space sets */
	args.off = event->rb ? (event->rb->nr_pages + 1) << PAGE_SHIFT : PAGE_SIZE;
	fput(file);
	if (!pages || pages >= TASK_SIZE >> PAGE_SHIFT)
		return pages ? -ENOMEM : -EINVAL;
	return sys_mmap(&args);
}

long perf_mmap(int fd, unsigned long data_pages)
{
	struct mm_mmap_args args = {
		.len = (data_pages + 1) << PAGE_SHIFT,
		.kind = MM_SHARED,
		.prot = MM_PROT_READ | MM_PROT_WRITE,
		.fd = fd,
	};

	/* the language counts pages; what does not fit an address space is refused as mmap refuses it */
	if (data_pages >= TASK_SIZE >> PAGE_SHIFT)
		return -ENOMEM;
	return sys_mmap(&args);
}
