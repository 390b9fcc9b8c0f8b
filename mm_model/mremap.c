// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mremap(2) with MREMAP_MAYMOVE (mm/mremap.c): shrinking unmaps the tail, growing
 * takes the room behind the VMA if there is any, else everything moves.
 *
 * The range must lie in one VMA where it grows. VM_LOCKED memory is tested for the
 * difference before and counted after; a move counts as unmapping the old and
 * mapping the new length.
 */
#include "internal.h"

/* MREMAP_DONTUNMAP was for private anonymous memory up to 5.12, and is for all that may grow since. */
static bool may_stay_behind(const struct vm_area_struct *vma)
{
	if (mm_rules()->dontunmap_any)
		return !(vma->vm_flags & (VM_DONTEXPAND | VM_PFNMAP));
	return vma_is_anonymous(vma) && !(vma->vm_flags & VM_SHARED);
}

/* Whether [addr, +old_len) may become @new_len, or move without being unmapped: EFAULT, EINVAL, EAGAIN. */
static struct vm_area_struct *vma_to_resize(struct mm_struct *mm, unsigned long addr, unsigned long old_len,
					    unsigned long new_len, bool dontunmap)
{
	struct vm_area_struct *vma = vma_lookup(mm, addr);
	unsigned long pgoff;

	if (!vma)
		return ERR_PTR(-EFAULT);
	if (!old_len && !(vma->vm_flags & (VM_SHARED | VM_MAYSHARE)))
		return ERR_PTR(-EINVAL);
	if (dontunmap && !may_stay_behind(vma))
		return ERR_PTR(-EINVAL);
	if (old_len > vma->vm_end - addr)
		return ERR_PTR(-EFAULT);
	if (new_len == old_len)
		return vma;
	pgoff = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
	if (pgoff + (new_len >> PAGE_SHIFT) < pgoff)
		return ERR_PTR(-EINVAL);
	if (vma->vm_flags & (VM_DONTEXPAND | VM_PFNMAP))
		return ERR_PTR(-EFAULT);
	if (!mlock_future_ok(mm, vma->vm_flags, new_len - old_len, "mremap"))
		return ERR_PTR(-EAGAIN);
	return vma;
}

/*
 * The VMA at the new place: a neighbour that grows over it, or a copy (mm/vma.c:copy_vma).
 * @keep: what it came from stays, and 6.12.117 keeps the two apart.
 */
static struct vm_area_struct *copy_vma(struct vm_area_struct *vma, unsigned long addr, unsigned long len,
				       unsigned long pgoff, bool keep)
{
	struct vma_desc desc = {
		.start = addr, .end = addr + len, .flags = vma->vm_flags, .pgoff = pgoff, .file = vma->vm_file,
		.anon_vma = vma->anon_vma, .anon_vma_links = vma->anon_vma_links, .moved = true,
	};
	struct vm_area_struct *new;

	if (vma_is_anonymous(vma) && !vma->anon_vma)
		desc.pgoff = addr >> PAGE_SHIFT;
	if (keep && mm_rules()->dontunmap == DU_OK)
		desc.apart = vma;
	new = vma_merge_new_range(vma->vm_mm, &desc);
	if (new)
		return new;
	new = vm_area_dup(vma);
	if (!new)
		return NULL;
	new->vm_start = addr;
	new->vm_end = addr + len;
	new->vm_pgoff = desc.pgoff;
	if (new->vm_file)
		get_file(new->vm_file);
	if (new->vm_ops && new->vm_ops->open)
		new->vm_ops->open(new);
	vma_insert(vma->vm_mm, new);
	return new;
}

/* Nothing of the VMA's private memory is left: since 5.13 it is as new, in 6.12.117 its offset, too. */
static void forget_pages(struct vm_area_struct *vma)
{
	vma->anon_vma = 0;
	vma->anon_vma_links = 0;
	if (vma_is_anonymous(vma) && !(vma->vm_flags & VM_SHARED) && mm_rules()->dontunmap == DU_OK)
		vma->vm_pgoff = vma->vm_start >> PAGE_SHIFT;
}

/*
 * MREMAP_DONTUNMAP: what stays behind at @addr is empty and not locked any more. Up
 * to 6.17 the whole VMA loses its lock while only the part that moved is still
 * counted, at its new place; in 6.18 that is counted once more. 6.12.117 has parted
 * the VMA before anything moves, and both are right.
 */
static void leave_behind(struct mm_struct *mm, unsigned long addr, unsigned long len, vm_flags_t vm_flags)
{
	struct vm_area_struct *vma = vma_lookup(mm, addr);

	mm->total_vm += len >> PAGE_SHIFT;
	if (mm_rules()->dontunmap_any && vma->vm_start == addr && vma->vm_end == addr + len)
		forget_pages(vma);
	if (!(vm_flags & VM_LOCKED))
		return;
	vma->vm_flags &= ~VM_LOCKED_MASK;
	if (mm_rules()->dontunmap == DU_DBL)
		locked_vm_add(mm, len >> PAGE_SHIFT);
}

/* Cuts [@addr, +@len) out of *@vma, which then is that. Where the second cut fails the first one stays. */
static int part_vma(struct vm_area_struct **vma, unsigned long addr, unsigned long len)
{
	int err = 0;

	if ((*vma)->vm_start < addr) {
		err = split_vma(*vma, addr);
		if (!err)
			*vma = vma_next(*vma);
	}
	if (!err && (*vma)->vm_end > addr + len)
		err = split_vma(*vma, addr + len);
	return err;
}

static long move_vma(struct vm_area_struct *vma, unsigned long addr, unsigned long old_len, unsigned long new_len,
		     unsigned long new_addr, bool dontunmap)
{
	unsigned long pgoff = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
	vm_flags_t vm_flags = vma->vm_flags;
	struct mm_struct *mm = vma->vm_mm;
	bool before, after;
	int err;

	if (mm->map_count >= MAX_MAP_COUNT - 3)
		return -ENOMEM;
	if (dontunmap && (vm_flags & VM_LOCKED) && mm_rules()->dontunmap == DU_OK) {
		err = part_vma(&vma, addr, old_len);
		if (err)
			return err;
	}
	if (!copy_vma(vma, new_addr, new_len, pgoff, dontunmap))
		return -ENOMEM;
	vma = vma_lookup(mm, addr);	/* the copy may have merged with it */
	if (old_len)
		move_page_tables(mm, addr, new_addr, old_len);

	if (dontunmap) {
		leave_behind(mm, addr, old_len, vm_flags);
		return new_addr;
	}

	before = (vm_flags & VM_ACCOUNT) && vma->vm_start < addr;
	after = (vm_flags & VM_ACCOUNT) && vma->vm_end > addr + old_len;
	vma->vm_flags &= ~VM_ACCOUNT;
	mm->total_vm += new_len >> PAGE_SHIFT;
	if (do_munmap(mm, addr, old_len) < 0)
		before = after = false;
	if (vm_flags & VM_LOCKED)
		locked_vm_add(mm, new_len >> PAGE_SHIFT);
	if (before)
		vma_lookup(mm, addr - 1)->vm_flags |= VM_ACCOUNT;
	if (after)
		vma_lookup(mm, addr + old_len)->vm_flags |= VM_ACCOUNT;
	return new_addr;
}

static bool vma_expandable(const struct vm_area_struct *vma, unsigned long delta)
{
	unsigned long end = vma->vm_end + delta;

	return end >= vma->vm_end && end <= TASK_SIZE && !find_vma_intersection(vma->vm_mm, vma->vm_end, end);
}

/* Grows in place, and over to the next VMA if the two become one. */
static int vma_expand(struct vm_area_struct *vma, unsigned long delta)
{
	struct vma_desc desc = {
		.start = vma->vm_end, .end = vma->vm_end + delta, .flags = vma->vm_flags,
		.pgoff = vma->vm_pgoff + vma_pages(vma), .file = vma->vm_file, .anon_vma = vma->anon_vma,
		.anon_vma_links = vma->anon_vma_links,
	};

	return vma_merge_new_range(vma->vm_mm, &desc) ? 0 : -ENOMEM;
}

static long mremap_grow(struct mm_struct *mm, unsigned long addr, unsigned long old_len, unsigned long new_len)
{
	struct vm_area_struct *vma = vma_to_resize(mm, addr, old_len, new_len, false);
	unsigned long delta = new_len - old_len;
	long new_addr;

	if (IS_ERR(vma))
		return PTR_ERR(vma);
	if (old_len == vma->vm_end - addr && vma_expandable(vma, delta)) {
		bool locked = vma->vm_flags & VM_LOCKED;

		if (vma_expand(vma, delta))
			return -ENOMEM;
		mm->total_vm += delta >> PAGE_SHIFT;
		if (locked)
			locked_vm_add(mm, delta >> PAGE_SHIFT);
		return addr;
	}
	new_addr = mremap_unmapped_area(mm, new_len, is_vm_hugetlb_page(vma));
	if (new_addr < 0)
		return new_addr;
	return move_vma(vma, addr, old_len, new_len, new_addr, false);
}

/* The pages go elsewhere, the mapping stays as well. */
static long mremap_dontunmap(struct mm_struct *mm, unsigned long addr, unsigned long len)
{
	struct vm_area_struct *vma = vma_to_resize(mm, addr, len, len, true);
	long new_addr;

	if (IS_ERR(vma))
		return PTR_ERR(vma);
	new_addr = mremap_unmapped_area(mm, len, false);
	return new_addr < 0 ? new_addr : move_vma(vma, addr, len, len, new_addr, true);
}

static long do_mremap(unsigned long addr, unsigned long old_len, unsigned long new_len, bool dontunmap)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	long ret = -EINVAL;

	if (dontunmap && (mm_rules()->dontunmap == DU_NONE || old_len != new_len))
		return -EINVAL;
	if (offset_in_page(addr))
		return -EINVAL;
	old_len = PAGE_ALIGN(old_len);
	new_len = PAGE_ALIGN(new_len);
	if (!new_len)
		return -EINVAL;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	vma = vma_lookup(mm, addr);
	if (!vma) {
		ret = -EFAULT;
		goto out;
	}
	if (is_vm_hugetlb_page(vma)) {
		old_len = (old_len + HPAGE_SIZE - 1) & ~(HPAGE_SIZE - 1);
		new_len = (new_len + HPAGE_SIZE - 1) & ~(HPAGE_SIZE - 1);
		if ((addr & (HPAGE_SIZE - 1)) || new_len > old_len)
			goto out;
	}
	if (dontunmap) {
		ret = mremap_dontunmap(mm, addr, new_len);
		goto out;
	}
	if (old_len > new_len) {
		ret = do_vmi_munmap(mm, addr + new_len, old_len - new_len, true);
		if (ret)
			goto out;
		mmap_read_unlock(mm);
		return addr;
	}
	ret = old_len == new_len ? (long)addr : mremap_grow(mm, addr, old_len, new_len);
	if (ret >= 0 && new_len > old_len) {
		vma = vma_lookup(mm, ret);
		if (vma && (vma->vm_flags & VM_LOCKED)) {
			mmap_write_unlock(mm);
			mm_populate(ret + old_len, new_len - old_len);
			return ret;
		}
	}
out:
	mmap_write_unlock(mm);
	return ret;
}

long sys_mremap(unsigned long addr, unsigned long old_len, unsigned long new_len, bool dontunmap)
{
	return mm_syscall(do_mremap(addr, old_len, new_len, dontunmap));
}
