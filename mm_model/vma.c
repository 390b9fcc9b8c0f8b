// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VMAs: the tree, splitting, merging, unmapping (mm/vma.c).
 *
 * An mm's VMAs stand in an rbtree by address and never overlap; mmap_lock
 * protects it, for write where it changes. Two neighbours may be one VMA when
 * flags, file and offsets continue each other and their anon_vmas agree. That is
 * visible: mremap() refuses a range over two VMAs, and mlock's splits heal only
 * where the rule allows it. So the rule is kept whole, with VM_ACCOUNT in the
 * flags and with the anon_vma: a number that a VMA gets at its first private page
 * and hands on in splits and forks, and the length of its chain (above one for
 * what a fork copied). Offsets of private anonymous memory are the address at
 * the time of mapping, and stay when mremap() moves it.
 *
 * VM_SPECIAL mappings and hugetlb never merge.
 */
#include "internal.h"

struct vm_area_struct *vm_area_alloc(struct mm_struct *mm)
{
	struct vm_area_struct *vma = kzalloc(sizeof(*vma), GFP_KERNEL);

	if (vma)
		vma->vm_mm = mm;
	return vma;
}

struct vm_area_struct *vm_area_dup(const struct vm_area_struct *orig)
{
	struct vm_area_struct *vma = kzalloc(sizeof(*vma), GFP_KERNEL);

	if (vma)
		*vma = *orig;
	return vma;
}

void vm_area_free(struct vm_area_struct *vma)
{
	kfree(vma);
}

static struct vm_area_struct *vma_of(struct rb_node *node)
{
	return node ? rb_entry(node, struct vm_area_struct, vm_rb) : NULL;
}

struct vm_area_struct *vma_first(struct mm_struct *mm)
{
	return vma_of(rb_first(&mm->mm_rb));
}

struct vm_area_struct *vma_next(struct vm_area_struct *vma)
{
	return vma_of(rb_next(&vma->vm_rb));
}

struct vm_area_struct *vma_prev(struct vm_area_struct *vma)
{
	return vma_of(rb_prev(&vma->vm_rb));
}

/* The first VMA that ends above @addr; *@prev: the one before it. */
struct vm_area_struct *find_vma_prev(struct mm_struct *mm, unsigned long addr, struct vm_area_struct **prev)
{
	struct rb_node *node = mm->mm_rb.rb_node;
	struct vm_area_struct *found = NULL;

	*prev = NULL;
	while (node) {
		struct vm_area_struct *vma = vma_of(node);

		if (vma->vm_end > addr) {
			found = vma;
			node = node->rb_left;
		} else {
			*prev = vma;
			node = node->rb_right;
		}
	}
	return found;
}

struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *prev;

	mmap_assert_locked(mm);
	return find_vma_prev(mm, addr, &prev);
}

struct vm_area_struct *vma_lookup(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	return vma && vma->vm_start <= addr ? vma : NULL;
}

struct vm_area_struct *find_vma_intersection(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	return vma && vma->vm_start < end ? vma : NULL;
}

void vma_insert(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct rb_node **link = &mm->mm_rb.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = vma->vm_start < vma_of(parent)->vm_start ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&vma->vm_rb, parent, link);
	rb_insert_color(&vma->vm_rb, &mm->mm_rb);
	mm->map_count++;
}

static void vma_erase(struct vm_area_struct *vma)
{
	rb_erase(&vma->vm_rb, &vma->vm_mm->mm_rb);
	vma->vm_mm->map_count--;
}

/* Its last steps once it is out of the tree: ->close(), the file, the struct (mm/vma.c:remove_vma). */
void remove_vma(struct vm_area_struct *vma)
{
	if (vma->vm_ops && vma->vm_ops->close)
		vma->vm_ops->close(vma);
	if (vma->vm_file)
		fput(vma->vm_file);
	vm_area_free(vma);
}

/* A VMA that a merge makes superfluous: its mapping lives on in the other. */
static void vma_absorb(struct vm_area_struct *vma)
{
	vma_erase(vma);
	if (vma->vm_file)
		fput(vma->vm_file);
	vm_area_free(vma);
}

/*
 * Does the anon_vma of the range go together with that of @vma, the neighbour? The
 * same one does. One that is missing takes the other's: up to 6.15 only if @vma has
 * exactly one link, so an untouched neighbour (no link) does not take what is
 * touched; since 6.16 if the one that is there was not copied by a fork.
 */
static bool anon_vma_mergeable(const struct vm_area_struct *vma, const struct vma_desc *desc)
{
	if (vma->anon_vma == desc->anon_vma)
		return true;
	if (vma->anon_vma && desc->anon_vma)
		return false;
	if (!mm_rules()->merge_faulted)
		return vma->anon_vma_links == 1;
	return vma->anon_vma ? vma->anon_vma_links == 1 : desc->moved || desc->anon_vma_links == 1;
}

static bool vma_mergeable(const struct vm_area_struct *vma, const struct vma_desc *desc)
{
	return vma->vm_flags == desc->flags && vma->vm_file == desc->file && anon_vma_mergeable(vma, desc);
}

static bool can_merge_left(const struct vm_area_struct *prev, const struct vma_desc *desc)
{
	return prev && prev->vm_end == desc->start && vma_mergeable(prev, desc) &&
	       prev->vm_pgoff + vma_pages(prev) == desc->pgoff;
}

/* @left: the range merges with @prev as well, whose anon_vma must then agree with @next's. */
static bool can_merge_right(const struct vm_area_struct *prev, const struct vm_area_struct *next,
			    const struct vma_desc *desc, bool left)
{
	if (!next || next->vm_start != desc->end || !vma_mergeable(next, desc) ||
	    next->vm_pgoff != desc->pgoff + ((desc->end - desc->start) >> PAGE_SHIFT))
		return false;
	return !left || !prev->anon_vma || !next->anon_vma || prev->anon_vma == next->anon_vma;
}

/* A VMA whose close() counts something cannot vanish in a merge. */
static bool can_merge_remove(const struct vm_area_struct *vma)
{
	return !vma->vm_ops || !vma->vm_ops->close;
}

/* @into grows over memory that had @anon_vma (mm/vma.c:dup_anon_vma). */
static void vma_inherit_anon(struct vm_area_struct *into, unsigned long anon_vma, unsigned int links)
{
	if (!into->anon_vma && anon_vma) {
		into->anon_vma = anon_vma;
		into->anon_vma_links = links;
	}
}

/*
 * A new range [start, end), where nothing is mapped: lets a neighbour grow over it
 * and returns that, or NULL where a VMA of its own is needed (vma_merge_new_range).
 */
struct vm_area_struct *vma_merge_new_range(struct mm_struct *mm, const struct vma_desc *desc)
{
	struct vm_area_struct *prev, *next = find_vma_prev(mm, desc->start, &prev);
	bool left, right;

	mmap_assert_write_locked(mm);
	if (desc->flags & VM_SPECIAL)
		return NULL;
	left = prev != desc->apart && can_merge_left(prev, desc);
	right = next != desc->apart && can_merge_right(prev, next, desc, left);
	if (left && right && !can_merge_remove(next))
		right = false;
	if (!left && !right)
		return NULL;
	vma_inherit_anon(left ? prev : next, desc->anon_vma, desc->anon_vma_links);
	if (!left) {
		next->vm_start = desc->start;
		next->vm_pgoff = desc->pgoff;
		return next;
	}
	prev->vm_end = right ? next->vm_end : desc->end;
	if (right) {
		vma_inherit_anon(prev, next->anon_vma, next->anon_vma_links);
		vma_absorb(next);
	}
	return prev;
}

/* [start, end) of @vma gets @desc's flags: can it join a neighbour? (vma_merge_existing_range) */
static struct vm_area_struct *vma_merge_existing_range(struct vm_area_struct *vma, const struct vma_desc *desc)
{
	bool left_side = desc->start == vma->vm_start, right_side = desc->end == vma->vm_end;
	struct vm_area_struct *prev = left_side ? vma_prev(vma) : NULL;
	struct vm_area_struct *next = right_side ? vma_next(vma) : NULL;
	unsigned long pages = (desc->end - desc->start) >> PAGE_SHIFT;
	bool whole = left_side && right_side, left, right;

	if ((desc->flags & VM_SPECIAL) || (!left_side && !right_side))
		return NULL;
	left = can_merge_left(prev, desc);
	right = can_merge_right(prev, next, desc, left);
	if ((!left && !right) || (whole && !can_merge_remove(vma)))
		return NULL;
	if (left && right && !can_merge_remove(next))
		right = false;

	if (left) {
		vma_inherit_anon(prev, vma->anon_vma, vma->anon_vma_links);
		prev->vm_end = desc->end;
		if (!whole) {
			vma->vm_start = desc->end;
			vma->vm_pgoff += pages;
			return prev;
		}
		vma_absorb(vma);
		if (right) {
			vma_inherit_anon(prev, next->anon_vma, next->anon_vma_links);
			prev->vm_end = next->vm_end;
			vma_absorb(next);
		}
		return prev;
	}
	vma_inherit_anon(next, vma->anon_vma, vma->anon_vma_links);
	next->vm_start = desc->start;
	next->vm_pgoff -= pages;
	if (whole)
		vma_absorb(vma);
	else
		vma->vm_end = desc->start;
	return next;
}

/*
 * Cuts @vma at @addr: it keeps the lower part, a new VMA gets the upper one.
 * EINVAL inside a huge page, ENOMEM (__split_vma, split_vma).
 */
static int __split_vma(struct vm_area_struct *vma, unsigned long addr)
{
	struct vm_area_struct *new;

	if (is_vm_hugetlb_page(vma) && (addr & (HPAGE_SIZE - 1)))
		return -EINVAL;
	if (vma->vm_ops && vma->vm_ops->may_split) {
		int err = vma->vm_ops->may_split(vma, addr);

		if (err)
			return err;
	}
	new = vm_area_dup(vma);
	if (!new)
		return -ENOMEM;
	new->vm_start = addr;
	new->vm_pgoff += (addr - vma->vm_start) >> PAGE_SHIFT;
	if (new->vm_file)
		get_file(new->vm_file);
	if (new->vm_ops && new->vm_ops->open)
		new->vm_ops->open(new);
	vma->vm_end = addr;
	vma_insert(vma->vm_mm, new);
	return 0;
}

int split_vma(struct vm_area_struct *vma, unsigned long addr)
{
	if (vma->vm_mm->map_count >= MAX_MAP_COUNT)
		return -ENOMEM;
	return __split_vma(vma, addr);
}

/*
 * The VMA that holds exactly [start, end) with room for @flags: merged with a
 * neighbour that has them already, or @vma after the splits that it takes. The
 * caller sets the flags. ERR_PTR on a failing split, the first one undone by nobody.
 */
struct vm_area_struct *vma_modify_flags(struct vm_area_struct *vma, unsigned long start, unsigned long end,
					vm_flags_t flags)
{
	struct vma_desc desc = {
		.start = start, .end = end, .flags = flags, .file = vma->vm_file, .anon_vma = vma->anon_vma,
		.anon_vma_links = vma->anon_vma_links,
		.pgoff = vma->vm_pgoff + ((start - vma->vm_start) >> PAGE_SHIFT),
	};
	struct vm_area_struct *merged = vma_merge_existing_range(vma, &desc);
	int err;

	if (merged)
		return merged;
	if (vma->vm_start < start) {
		err = split_vma(vma, start);
		if (err)
			return ERR_PTR(err);
		vma = vma_next(vma);
	}
	if (vma->vm_end > end) {
		err = split_vma(vma, end);
		if (err)
			return ERR_PTR(err);
	}
	return vma;
}

/* May the anon_vma of @old, one of the neighbours @a and @b, serve the other? (reusable_anon_vma) */
static bool anon_vma_reusable(const struct vm_area_struct *old, const struct vm_area_struct *a,
			      const struct vm_area_struct *b)
{
	return a->vm_end == b->vm_start && a->vm_file == b->vm_file &&
	       !((a->vm_flags ^ b->vm_flags) & ~VM_ACCESS_FLAGS) &&
	       b->vm_pgoff == a->vm_pgoff + vma_pages(a) && old->anon_vma && old->anon_vma_links == 1;
}

/* Before its first private page: takes a neighbour's anon_vma that may become one with it, or a new one. */
void anon_vma_prepare(struct vm_area_struct *vma)
{
	struct vm_area_struct *next, *prev;

	if (vma->anon_vma)
		return;
	next = vma_next(vma);
	prev = vma_prev(vma);
	if (next && anon_vma_reusable(next, vma, next))
		vma->anon_vma = next->anon_vma;
	else if (prev && anon_vma_reusable(prev, prev, vma))
		vma->anon_vma = prev->anon_vma;
	else
		sim_race_unseen(vma->anon_vma = ++machine()->anon_vma_last);
	vma->anon_vma_links = 1;
}

/*
 * The first half of an unmap: splits at both ends, takes the VMAs of [start, end) out
 * of the tree, in order, and counts what mlock had charged for them. A failing second
 * split leaves the first one in place, as the kernel does (vms_gather_munmap_vmas).
 */
static int gather_munmap_vmas(struct mm_struct *mm, unsigned long start, unsigned long end,
			      struct vm_area_struct **detached, unsigned long *locked)
{
	struct vm_area_struct *vma = find_vma_intersection(mm, start, end), *next;
	int err;

	if (start > vma->vm_start) {
		if (end < vma->vm_end && mm->map_count >= MAX_MAP_COUNT)
			return -ENOMEM;
		err = __split_vma(vma, start);
		if (err)
			return err;
		vma = vma_next(vma);
	}
	for (next = vma; next && next->vm_end < end; next = vma_next(next))
		;
	if (next && next->vm_start < end && next->vm_end > end) {
		err = __split_vma(next, end);
		if (err)
			return err;
	}
	for (; vma && vma->vm_start < end; vma = next) {
		next = vma_next(vma);
		vma_erase(vma);
		vma->vm_detached = NULL;
		*detached = vma;
		detached = &vma->vm_detached;
		if (vma->vm_flags & VM_LOCKED)
			*locked += vma_pages(vma);
	}
	return 0;
}

/*
 * Unmaps [start, +len) with mmap_lock held for write (do_vmi_munmap): EINVAL on bad
 * ranges, ENOMEM. mlock's charge goes back first. With @downgrade a success leaves the
 * lock held for read, in which the pages are dropped and the files let go.
 */
int do_vmi_munmap(struct mm_struct *mm, unsigned long start, unsigned long len, bool downgrade)
{
	struct vm_area_struct *detached = NULL, *next;
	unsigned long end, locked = 0;
	int err;

	mmap_assert_write_locked(mm);
	if (offset_in_page(start) || start > TASK_SIZE || len > TASK_SIZE - start)
		return -EINVAL;
	end = start + PAGE_ALIGN(len);
	if (end == start)
		return -EINVAL;
	if (find_vma_intersection(mm, start, end)) {
		err = gather_munmap_vmas(mm, start, end, &detached, &locked);
		if (err)
			return err;
	}
	if (locked)
		locked_vm_add(mm, -(long)locked);
	if (downgrade)
		mmap_write_downgrade(mm);
	if (detached)
		zap_page_range(mm, start, end);
	for (; detached; detached = next) {
		next = detached->vm_detached;
		mm->total_vm -= vma_pages(detached);
		remove_vma(detached);
	}
	return 0;
}

int do_munmap(struct mm_struct *mm, unsigned long start, unsigned long len)
{
	return do_vmi_munmap(mm, start, len, false);
}
