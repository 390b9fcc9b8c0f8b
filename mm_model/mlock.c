// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The mlock family (mm/mlock.c): VM_LOCKED on whole VMAs and its count in
 * mm->locked_vm, tested against RLIMIT_MEMLOCK before anything is done and never
 * rolled back.
 *
 * The test sees lengths, the count sees VMAs: holes and VMAs that cannot be locked
 * are part of the one and not of the other. mm->locked_vm is also charged by
 * subsystems; what the test compares is one number, which a hook may redefine.
 */
#include "internal.h"

/* Every change that mlock's side makes to the counter, with mmap_lock held for write. */
void locked_vm_add(struct mm_struct *mm, long pages)
{
	const struct mm_hooks *hooks = &machine()->config.hooks;

	mmap_assert_write_locked(mm);
	mm->locked_vm += pages;
	/* a proposal changes it without mmap_lock, and vfio type1 looks at it so */
	sim_touch(&mm->locked_vm, true);
	sim_record(SIM_POINT_COUNTER, mm->locked_vm_id, (long)mm->locked_vm);
	if (pages && hooks->mlock_charged)
		hooks->mlock_charged(mm, pages);
}

unsigned long mlock_used(const struct mm_struct *mm)
{
	const struct mm_hooks *hooks = &machine()->config.hooks;

	sim_touch(&mm->locked_vm, false);
	return hooks->mlock_used ? hooks->mlock_used(mm) : mm->locked_vm;
}

static void mlock_refused(struct mm_struct *mm, const char *why, unsigned long used, unsigned long request,
			  unsigned long counted, unsigned long limit)
{
	const struct mm_hooks *hooks = &machine()->config.hooks;

	if (hooks->mlock_refused)
		hooks->mlock_refused(mm, why, used, request, counted, limit);
}

static bool mlock_fits(struct mm_struct *mm, unsigned long pages)
{
	const struct mm_hooks *hooks = &machine()->config.hooks;

	return !hooks->mlock_fits || hooks->mlock_fits(mm, pages);
}

static unsigned long memlock_pages(void)
{
	return rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
}

bool can_do_mlock(void)
{
	return rlimit(RLIMIT_MEMLOCK) != 0 || capable(CAP_IPC_LOCK);
}

/* EPERM for who has a limit of 0, noted; @why: who asks. */
int may_mlock(const char *why)
{
	if (can_do_mlock())
		return 0;
	mlock_refused(current->mm, why, 0, 0, 0, 0);
	return -EPERM;
}

/* mm/mmap.c: room for @bytes more of VM_LOCKED memory? EAGAIN otherwise. @why: who asks, for the refusal's words. */
bool mlock_future_ok(struct mm_struct *mm, vm_flags_t flags, unsigned long bytes, const char *why)
{
	unsigned long request = bytes >> PAGE_SHIFT, used, limit;

	if (!(flags & VM_LOCKED))
		return true;
	if (capable(CAP_IPC_LOCK))
		return mlock_fits(mm, request);
	used = mlock_used(mm);
	limit = memlock_pages();
	if (used + request <= limit)
		return mlock_fits(mm, request);
	mlock_refused(mm, why, used, request, 0, limit);
	return false;
}

/* Where the version keeps the count of one VMA in an int, 2^31 pages wrap. */
static long mlock_delta(long pages)
{
	return mm_rules()->mlock_delta_is_int ? (int)pages : pages;
}

/* Gives [start, end) of @vma @newflags, as far as its kind can be locked. *@end_seen: where the VMA then ends. */
static int mlock_fixup(struct vm_area_struct *vma, unsigned long start, unsigned long end, vm_flags_t newflags,
		       struct vm_area_struct **result)
{
	struct mm_struct *mm = vma->vm_mm;
	vm_flags_t oldflags = vma->vm_flags;
	long pages;

	*result = vma;
	if (newflags == oldflags || !vma_supports_mlock(vma) || (vma->vm_ops && vma->vm_ops->secret))
		return 0;
	vma = vma_modify_flags(vma, start, end, newflags);
	if (IS_ERR(vma))
		return PTR_ERR(vma);

	pages = mlock_delta((end - start) >> PAGE_SHIFT);
	if (!(newflags & VM_LOCKED))
		pages = mlock_delta(-pages);
	else if (oldflags & VM_LOCKED)
		pages = 0;
	locked_vm_add(mm, pages);
	vma->vm_flags = newflags;
	*result = vma;
	return 0;
}

/* EINVAL where the range wraps, ENOMEM at a hole, with what came before it done. */
static int apply_vma_lock_flags(unsigned long start, unsigned long len, vm_flags_t flags)
{
	unsigned long end = start + len, nstart = start, tmp;
	struct vm_area_struct *vma;
	int err;

	if (end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	vma = vma_lookup(current->mm, start);
	if (!vma)
		return -ENOMEM;
	do {
		tmp = min(vma->vm_end, end);
		err = mlock_fixup(vma, nstart, tmp, (vma->vm_flags & ~VM_LOCKED_MASK) | flags, &vma);
		if (err)
			return err;
		nstart = vma->vm_end;
		if (nstart >= end)
			return 0;
		vma = vma_next(vma);
	} while (vma && vma->vm_start == nstart);
	return -ENOMEM;
}

/* Pages of the range in VM_LOCKED VMAs, onfault or not. */
static unsigned long count_mm_mlocked_page_nr(struct mm_struct *mm, unsigned long start, unsigned long len)
{
	unsigned long end = start + len < start ? ~0UL : start + len, bytes = 0;
	struct vm_area_struct *vma;

	for (vma = find_vma(mm, start); vma && vma->vm_start < end; vma = vma_next(vma))
		if (vma->vm_flags & VM_LOCKED)
			bytes += min(vma->vm_end, end) - max(vma->vm_start, start);
	return bytes >> PAGE_SHIFT;
}

static int mlock_posix_error(int err)
{
	if (err == -EFAULT)
		return -ENOMEM;
	return err == -ENOMEM ? -EAGAIN : err;
}

static long do_mlock(unsigned long start, unsigned long len, vm_flags_t flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long request, used, limit, overlap = 0;
	int err;

	err = may_mlock("mlock");
	if (err)
		return err;
	err = -ENOMEM;
	len = PAGE_ALIGN(len + offset_in_page(start));
	start &= PAGE_MASK;
	limit = memlock_pages();
	request = len >> PAGE_SHIFT;
	if (mmap_write_lock_killable(mm))
		return -EINTR;

	used = mlock_used(mm);
	if (request + used > limit && !capable(CAP_IPC_LOCK) && !mm_rules()->mlock_overlap_counts)
		overlap = count_mm_mlocked_page_nr(mm, start, len);
	if (request + used - overlap <= limit || capable(CAP_IPC_LOCK)) {
		if (mlock_fits(mm, request - count_mm_mlocked_page_nr(mm, start, len)))
			err = apply_vma_lock_flags(start, len, flags);
	} else {
		mlock_refused(mm, "mlock", used, request - overlap, count_mm_mlocked_page_nr(mm, start, len) - overlap,
			      limit);
	}
	mmap_write_unlock(mm);
	if (err)
		return err;
	return mlock_posix_error(__mm_populate(start, len, false));
}

long sys_mlock(unsigned long addr, unsigned long len)
{
	return mm_syscall(do_mlock(addr, len, VM_LOCKED));
}

long sys_mlock2(unsigned long addr, unsigned long len, bool onfault)
{
	return mm_syscall(do_mlock(addr, len, onfault ? VM_LOCKED_MASK : VM_LOCKED));
}

long sys_munlock(unsigned long addr, unsigned long len)
{
	int err;

	len = PAGE_ALIGN(len + offset_in_page(addr));
	addr &= PAGE_MASK;
	if (mmap_write_lock_killable(current->mm))
		return mm_syscall(-EINTR);
	err = apply_vma_lock_flags(addr, len, VM_NONE);
	mmap_write_unlock(current->mm);
	return mm_syscall(err);
}

/* All VMAs and mm->def_flags; what one VMA cannot take is passed over. */
static void apply_mlockall_flags(struct mm_struct *mm, unsigned int flags)
{
	struct vm_area_struct *vma, *result;
	vm_flags_t add = VM_NONE;

	mm->def_flags &= ~VM_LOCKED_MASK;
	if (flags & MCL_FUTURE) {
		mm->def_flags |= VM_LOCKED;
		if (flags & MCL_ONFAULT)
			mm->def_flags |= VM_LOCKONFAULT;
		if (!(flags & MCL_CURRENT))
			return;
	}
	if (flags & MCL_CURRENT)
		add = flags & MCL_ONFAULT ? VM_LOCKED_MASK : VM_LOCKED;
	for (vma = vma_first(mm); vma; vma = vma_next(result)) {
		if (mlock_fixup(vma, vma->vm_start, vma->vm_end, (vma->vm_flags & ~VM_LOCKED_MASK) | add, &result))
			result = vma;
		cond_resched();
	}
}

static long do_mlockall(unsigned int flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long limit;
	long ret = -ENOMEM;

	if (!flags || flags == MCL_ONFAULT)
		return -EINVAL;
	if (may_mlock("mlockall"))
		return -EPERM;
	limit = memlock_pages();
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	if (!(flags & MCL_CURRENT) || mm->total_vm <= limit || capable(CAP_IPC_LOCK)) {
		apply_mlockall_flags(mm, flags);
		ret = 0;
	} else {
		mlock_refused(mm, "mlockall", 0, mm->total_vm, 0, limit);
	}
	mmap_write_unlock(mm);
	if (!ret && (flags & MCL_CURRENT))
		mm_populate(0, TASK_SIZE);
	return ret;
}

long sys_mlockall(bool cur, bool future, bool onfault)
{
	return mm_syscall(do_mlockall((cur ? MCL_CURRENT : 0) | (future ? MCL_FUTURE : 0) |
				      (onfault ? MCL_ONFAULT : 0)));
}

long sys_munlockall(void)
{
	if (mmap_write_lock_killable(current->mm))
		return mm_syscall(-EINTR);
	apply_mlockall_flags(current->mm, 0);
	mmap_write_unlock(current->mm);
	return mm_syscall(0);
}
