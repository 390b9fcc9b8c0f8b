// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mmap, munmap, mprotect, madvise(MADV_DONTNEED) and the task's own loads and
 * stores (mm/mmap.c, mm/mprotect.c, mm/madvise.c).
 *
 * Addresses are given out top-down from below the stack's gap, the highest hole
 * that fits, so that what is mapped in a row lies side by side and merges where
 * kind and protection allow. `kind=` chooses what the language needs:
 *
 *	anon, thp	private; of a file: copy-on-write
 *	shared		a file, or a nameless shmem file of its own
 *	hugetlb		private, in 2M pages, reserved in the pool
 *	pfnmap		a device's BAR, as vfio-pci maps it: present at once
 */
#include "internal.h"

/* A VMA whose memory is not there by faults: perf buffers and BARs bring their own. */
static const struct vm_operations_struct pfnmap_vm_ops = { 0 };

/*
 * An address for @len bytes: @addr itself if fixed, else the highest hole below the
 * base. ENOMEM, EINVAL (mm/mmap.c:__get_unmapped_area, arch_get_unmapped_area_topdown).
 */
static unsigned long get_unmapped_area(struct mm_struct *mm, unsigned long addr, unsigned long len, bool fixed,
				       unsigned long align)
{
	unsigned long top = MMAP_BASE;
	struct vm_area_struct *vma, *prev;

	if (len > TASK_SIZE)
		return -ENOMEM;
	if (fixed) {
		if (addr > TASK_SIZE - len)
			return -ENOMEM;
		if (addr & (align - 1))
			return -EINVAL;
		return addr < MMAP_MIN_ADDR && !capable(CAP_SYS_RAWIO) ? -EPERM : addr;
	}
	if (len > top)
		return -ENOMEM;
	if (addr && addr <= TASK_SIZE - len && addr >= MMAP_MIN_ADDR && !find_vma_intersection(mm, addr, addr + len))
		return addr;
	vma = find_vma_prev(mm, top, &prev);
	if (vma && vma->vm_start < top)
		top = vma->vm_start;
	vma = prev;
	for (;;) {
		unsigned long low = vma ? vma->vm_end : MMAP_MIN_ADDR;
		unsigned long at = top >= len ? (top - len) & ~(align - 1) : 0;

		if (at >= low && top >= len)
			return at;
		if (!vma)
			return -ENOMEM;
		top = vma->vm_start;
		vma = vma_prev(vma);
	}
}

unsigned long mremap_unmapped_area(struct mm_struct *mm, unsigned long len, bool hugetlb)
{
	return get_unmapped_area(mm, 0, len, false, hugetlb ? HPAGE_SIZE : PAGE_SIZE);
}

static bool accountable_mapping(vm_flags_t flags)
{
	return !(flags & VM_HUGETLB) && (flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) == VM_WRITE;
}

/* What an mmap is to be; do_mmap() completes it step by step. */
struct mmap_state {
	struct file *file;
	unsigned long addr, len, pgoff;
	vm_flags_t vm_flags;
	bool shared, fixed, locked;
	bool hugetlb, device;
};

/* The new VMA's kind: its file's ->mmap(), its shmem object, its reservation, its BAR. */
static int mmap_set_kind(struct vm_area_struct *vma, const struct mmap_state *s)
{
	unsigned long nr = vma_pages(vma);

	if (s->file) {
		vma->vm_file = get_file(s->file);
		return s->file->f_op->mmap(s->file, vma);
	}
	if (s->device) {
		vma->vm_ops = &pfnmap_vm_ops;
		vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND;
		sim_run_set(&vma->vm_mm->page_table, vma->vm_start >> PAGE_SHIFT, (vma->vm_end >> PAGE_SHIFT) - 1,
			    device_frames_alloc(nr), vma->vm_flags & VM_WRITE ? PTE_READ | PTE_WRITE :
						     vma->vm_flags & VM_READ ? PTE_READ : 0);
		return 0;
	}
	if (s->hugetlb) {
		struct hugetlb_resv *resv = hugetlb_resv_reserve(nr / HPAGE_PMD_NR);

		if (IS_ERR(resv))
			return PTR_ERR(resv);
		vma->vm_ops = &hugetlb_vm_ops;
		vma->hugetlb_resv = resv;
		vma->vm_flags |= VM_HUGETLB | VM_DONTEXPAND;
		return 0;
	}
	if (s->shared) {
		struct file *file = memfd_file_create(nr, false);

		if (IS_ERR(file))
			return PTR_ERR(file);
		file->f_mode = FMODE_READ | FMODE_WRITE;
		vma->vm_file = file;
		return file->f_op->mmap(file, vma);
	}
	return 0;
}

/* Puts the mapping in place of what is there (mm/mmap.c:mmap_region). */
static long mmap_region(struct mm_struct *mm, struct mmap_state *s)
{
	struct vma_desc desc = {
		.start = s->addr, .end = s->addr + s->len, .pgoff = s->pgoff, .file = s->file,
	};
	unsigned long pages = s->len >> PAGE_SHIFT;
	struct vm_area_struct *vma = NULL;
	int err;

	err = do_munmap(mm, s->addr, s->len);
	if (err)
		return err;
	if (accountable_mapping(s->vm_flags))
		s->vm_flags |= VM_ACCOUNT;
	desc.flags = s->vm_flags;
	if (!s->hugetlb && !s->device && (s->file || !s->shared) &&
	    !(s->file && file_is_hugetlb(s->file)))
		vma = vma_merge_new_range(mm, &desc);
	if (!vma) {
		vma = vm_area_alloc(mm);
		if (!vma)
			return -ENOMEM;
		vma->vm_start = desc.start;
		vma->vm_end = desc.end;
		vma->vm_flags = desc.flags;
		vma->vm_pgoff = desc.pgoff;
		err = mmap_set_kind(vma, s);
		if (err) {
			if (vma->vm_file)
				fput(vma->vm_file);
			vm_area_free(vma);
			return err;
		}
		vma_insert(mm, vma);
	}
	mm->total_vm += pages;
	/* of the VMA: a file may have locked it (memfd_secret) */
	if (vma->vm_flags & VM_LOCKED) {
		if (vma_supports_mlock(vma) ||
		    ((vma->vm_flags & VM_DROPPABLE) && mm_rules()->mmap_locks_unlockable))
			locked_vm_add(mm, pages);
		else
			vma->vm_flags &= ~VM_LOCKED_MASK;
	}
	return s->addr;
}

/* The checks before anything is done, in do_mmap()'s order. @s->len in bytes as given. */
static long do_mmap(struct mm_struct *mm, struct mmap_state *s)
{
	bool hugetlb = s->hugetlb || (s->file && file_is_hugetlb(s->file));
	unsigned long align = hugetlb ? HPAGE_SIZE : PAGE_SIZE;
	long addr;

	if (!s->len)
		return -EINVAL;
	s->len = PAGE_ALIGN(s->len);
	if (!s->len)
		return -ENOMEM;
	if (s->pgoff + (s->len >> PAGE_SHIFT) < s->pgoff)
		return -EOVERFLOW;
	if (mm->map_count > MAX_MAP_COUNT)
		return -ENOMEM;
	s->vm_flags |= mm->def_flags | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
	if (s->locked)
		s->vm_flags |= VM_LOCKED;

	if (hugetlb && (s->len & (HPAGE_SIZE - 1)))
		return -EINVAL;
	/* thp: where a folio fits, one is had (thp_get_unmapped_area) */
	if ((s->vm_flags & VM_HUGEPAGE) && s->len >= HPAGE_SIZE && !s->fixed)
		align = HPAGE_SIZE;
	addr = get_unmapped_area(mm, s->addr, s->len, s->fixed, align);
	if (addr < 0)
		return addr;
	s->addr = addr;
	if (s->locked && may_mlock("MAP_LOCKED"))
		return -EPERM;
	if (!mlock_future_ok(mm, s->vm_flags, s->len, s->locked ? "MAP_LOCKED" : "MCL_FUTURE"))
		return -EAGAIN;
	/* what may vanish is neither locked nor reserved nor inherited */
	if (s->vm_flags & VM_DROPPABLE) {
		if (s->locked)
			return -EINVAL;
		s->vm_flags |= VM_NORESERVE | VM_WIPEONFORK;
	}
	if (s->shared) {
		if (s->file && (s->vm_flags & VM_WRITE) && !(s->file->f_mode & FMODE_WRITE))
			return -EACCES;
		s->vm_flags |= VM_SHARED | VM_MAYSHARE;
		if (s->file && !(s->file->f_mode & FMODE_WRITE))
			s->vm_flags &= ~(VM_MAYWRITE | VM_SHARED);
	}
	if (s->file) {
		if (!(s->file->f_mode & FMODE_READ))
			return -EACCES;
		if (!s->file->f_op->mmap)
			return -ENODEV;
	} else {
		s->pgoff = s->shared || s->hugetlb || s->device ? 0 : s->addr >> PAGE_SHIFT;
	}
	return mmap_region(mm, s);
}

/* Under the lock, then what is locked is faulted in, whatever comes of it (mm/util.c:vm_mmap_pgoff). */
static long mmap_and_populate(struct mmap_state *s)
{
	struct mm_struct *mm = current->mm;
	long addr;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	addr = do_mmap(mm, s);
	mmap_write_unlock(mm);
	if (addr >= 0 && (s->vm_flags & VM_LOCKED))
		mm_populate(addr, s->len);
	return addr;
}

unsigned long vm_mmap_pgoff(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
			    unsigned long flags, unsigned long pgoff)
{
	struct mmap_state s = {
		.file = file, .addr = addr, .len = len, .pgoff = pgoff,
		.vm_flags = (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0),
		.shared = (flags & MAP_TYPE) == MAP_SHARED, .fixed = flags & MAP_FIXED, .locked = flags & MAP_LOCKED,
	};

	return mmap_and_populate(&s);
}

static vm_flags_t prot_flags(unsigned int prot)
{
	return (prot & MM_PROT_READ ? VM_READ : 0) | (prot & MM_PROT_WRITE ? VM_WRITE : 0);
}

long sys_mmap(const struct mm_mmap_args *args)
{
	struct mmap_state s = {
		.addr = args->addr, .len = args->len, .pgoff = args->off >> PAGE_SHIFT,
		.vm_flags = prot_flags(args->prot), .shared = args->kind == MM_SHARED, .fixed = args->fixed,
		.locked = args->locked, .hugetlb = args->kind == MM_HUGETLB, .device = args->kind == MM_PFNMAP,
	};
	long ret;

	/* no type of mapping before 6.11 */
	if (offset_in_page(args->off) || (args->kind == MM_DROPPABLE && !mm_rules()->droppable))
		return mm_syscall(-EINVAL);
	if (args->fd >= 0) {
		s.file = fget(args->fd);
		if (!s.file)
			return mm_syscall(-EBADF);
	}
	if (s.hugetlb && s.len)
		s.len = (s.len + HPAGE_SIZE - 1) & ~(HPAGE_SIZE - 1);
	else if (s.file && file_is_hugetlb(s.file))
		s.len = (s.len + HPAGE_SIZE - 1) & ~(HPAGE_SIZE - 1);
	if (args->kind == MM_THP)
		s.vm_flags |= VM_HUGEPAGE;
	if (args->kind == MM_DROPPABLE)
		s.vm_flags |= VM_DROPPABLE;
	ret = mmap_and_populate(&s);
	if (s.file)
		fput(s.file);
	return mm_syscall(ret);
}

long sys_munmap(unsigned long addr, unsigned long len)
{
	struct mm_struct *mm = current->mm;
	long ret;

	if (mmap_write_lock_killable(mm))
		return mm_syscall(-EINTR);
	ret = do_vmi_munmap(mm, addr, len, true);
	if (ret)
		mmap_write_unlock(mm);
	else
		mmap_read_unlock(mm);
	return mm_syscall(ret);
}

/* One VMA's part of mprotect(): flags, entries, and COW at once for locked memory that becomes writable. */
static int mprotect_fixup(struct vm_area_struct *vma, unsigned long start, unsigned long end, vm_flags_t newflags,
			  struct vm_area_struct **result)
{
	vm_flags_t oldflags = vma->vm_flags;

	*result = vma;
	if (newflags == oldflags)
		return 0;
	if (newflags & VM_WRITE) {
		if (!(oldflags & (VM_ACCOUNT | VM_WRITE | VM_HUGETLB | VM_SHARED | VM_NORESERVE)))
			newflags |= VM_ACCOUNT;
	} else if ((oldflags & VM_ACCOUNT) && vma_is_anonymous(vma) && !vma->anon_vma) {
		newflags &= ~VM_ACCOUNT;
	}
	vma = vma_modify_flags(vma, start, end, newflags);
	if (IS_ERR(vma))
		return PTR_ERR(vma);
	*result = vma;
	vma->vm_flags = newflags;
	change_protection(vma, start, end);
	if ((oldflags & (VM_WRITE | VM_SHARED | VM_LOCKED)) == VM_LOCKED && (newflags & VM_WRITE))
		populate_vma_page_range(vma, start, end);
	return 0;
}

static long do_mprotect(unsigned long start, unsigned long len, unsigned int prot)
{
	unsigned long end, nstart = start;
	struct vm_area_struct *vma;
	long err = 0;

	if (offset_in_page(start))
		return -EINVAL;
	if (!len)
		return 0;
	end = start + PAGE_ALIGN(len);
	if (end <= start)
		return -ENOMEM;
	if (mmap_write_lock_killable(current->mm))
		return -EINTR;
	vma = vma_lookup(current->mm, start);
	for (; !err && nstart < end; vma = vma_next(vma)) {
		vm_flags_t newflags;

		if (!vma || vma->vm_start > nstart) {
			err = -ENOMEM;
			break;
		}
		newflags = prot_flags(prot) | (vma->vm_flags & ~VM_ACCESS_FLAGS);
		if (newflags & ~(newflags >> 4) & VM_ACCESS_FLAGS) {
			err = -EACCES;
			break;
		}
		err = mprotect_fixup(vma, nstart, min(vma->vm_end, end), newflags, &vma);
		nstart = vma->vm_end;
	}
	mmap_write_unlock(current->mm);
	return err;
}

long sys_mprotect(unsigned long addr, unsigned long len, unsigned int prot)
{
	return mm_syscall(do_mprotect(addr, len, prot));
}

/* May MADV_DONTNEED drop from @vma? hugetlb: since 5.18, from a 2M boundary, as many whole pages as fit. */
static bool dontneed_valid(const struct vm_area_struct *vma, unsigned long start, unsigned long *end)
{
	if (!is_vm_hugetlb_page(vma))
		return !(vma->vm_flags & (VM_PFNMAP | VM_LOCKED));
	if (mm_rules()->ro_unshare == G_NONE || (start & (HPAGE_SIZE - 1)))
		return false;
	*end &= ~(HPAGE_SIZE - 1);
	return true;
}

/* EINVAL on a VMA that does not allow it; a hole is passed over and told as ENOMEM at the end. */
static long do_madvise_dontneed(unsigned long start, unsigned long len_in)
{
	unsigned long len = PAGE_ALIGN(len_in), end = start + len;
	struct vm_area_struct *vma;
	long err = 0;

	if (offset_in_page(start) || (len_in && !len) || end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	mmap_read_lock(current->mm);
	for (vma = find_vma(current->mm, start); start < end; vma = vma_next(vma)) {
		unsigned long stop;

		if (!vma || vma->vm_start >= end) {
			err = -ENOMEM;
			break;
		}
		if (vma->vm_start > start) {
			err = -ENOMEM;
			start = vma->vm_start;
		}
		stop = min(vma->vm_end, end);
		if (!dontneed_valid(vma, start, &stop)) {
			err = -EINVAL;
			break;
		}
		if (stop > start)
			zap_page_range(current->mm, start, stop);
		start = vma->vm_end;
	}
	mmap_read_unlock(current->mm);
	return err;
}

long sys_madvise_dontneed(unsigned long addr, unsigned long len)
{
	return mm_syscall(do_madvise_dontneed(addr, len));
}

/* One VMA's part of a touch: 0, or the signal. */
static int touch_vma(struct vm_area_struct *vma, unsigned long start, unsigned long end, bool write)
{
	unsigned long done;

	if (!(vma->vm_flags & (write ? VM_WRITE : VM_ACCESS_FLAGS)))
		return MM_SIGSEGV;
	return mm_fault_range(vma, start >> PAGE_SHIFT, (end >> PAGE_SHIFT) - 1, write ? FAULT_WRITE : 0, &done) ?
	       MM_SIGBUS : 0;
}

/*
 * Loads or stores to every page of the range. Each VMA's pages are faulted in under
 * one hold of mmap_lock. Out of host memory ends the process as SIGBUS does, which
 * stands for the OOM killer.
 */
static int do_touch(unsigned long addr, unsigned long len, bool write)
{
	unsigned long end = PAGE_ALIGN(addr + len), start = addr & PAGE_MASK;
	struct mm_struct *mm = current->mm;
	int signal = 0;

	if (!len)
		return 0;
	if (!mm || addr + len < addr || end > TASK_SIZE)
		return MM_SIGSEGV;
	mm->fault.next = ~0UL;
	machine()->touches++;
	while (start < end && !signal) {
		struct vm_area_struct *vma;
		unsigned long stop;

		mmap_read_lock(mm);
		vma = vma_lookup(mm, start);
		stop = vma ? min(vma->vm_end, end) : end;
		signal = vma ? touch_vma(vma, start, stop, write) : MM_SIGSEGV;
		mmap_read_unlock(mm);
		start = stop;
	}
	return signal;
}

size_t fault_in_readable(unsigned long uaddr, size_t size)
{
	return do_touch(uaddr, size, false) ? size : 0;
}

size_t fault_in_writeable(unsigned long uaddr, size_t size)
{
	return do_touch(uaddr, size, true) ? size : 0;
}

long sys_touch(unsigned long addr, unsigned long len, bool write)
{
	int signal = do_touch(addr, len, write);

	if (!signal)
		return mm_syscall(0);
	do_group_exit();
	return MM_KILLED(signal);
}
