// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * iommufd maps device memory (VM_PFNMAP), as type1 always did, and counts nothing
 * for it: there is no page to pin, and no memory that a limit could protect.
 *
 * Which of the two a mapping is, memory or device memory, is decided by where it
 * begins; one that runs from the one into the other fails with EFAULT. Reading it
 * again, for a second domain say, looks it up anew in the mapper's page tables,
 * which needs that mm alive.
 *
 * What it replaces, a kernel that maps device memory and counts it, is its defect
 * that can be put in.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <accounting/proposal.h>

static bool is_device_memory(struct mm_struct *mm, unsigned long va)
{
	struct vm_area_struct *vma;
	bool device;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, va);
	device = vma && (vma->vm_flags & VM_PFNMAP);
	mmap_read_unlock(mm);
	return device;
}

static long device_frames(struct mm_struct *mm, unsigned long va, unsigned long nr_pages, bool write,
			  struct page_run *run)
{
	unsigned long same;
	int ret;

	do {
		ret = follow_pfnmap_run(mm, va, nr_pages, write, run);
	} while (ret == -EAGAIN);
	if (ret)
		return ret;
	if (!frame_reserved(run->frame, &same))
		return -EFAULT;
	run->nr = min(run->nr, same);
	return run->nr;
}

static bool counted(void)
{
	return kernel_rules()->defects;
}

extern const struct proposal pfnmap_free;

static const struct quirk defects[] = {
	{ .name = "device_memory_counted", .what = "device memory counts against the limit as memory does",
	  .source = "NVIDIA's kernels that map it, before the patch (NV-Kernels 249)",
	  .symptom = "a limit of the guest's memory: a BAR beside it is ENOMEM", .of = &pfnmap_free, .defects = 1 },
};

const struct proposal pfnmap_free = {
	.quirks = defects,
	.nr_quirks = ARRAY_SIZE(defects),
	.iommufd_device_memory = is_device_memory,
	.iommufd_device_charged = counted,
	.iommufd_device_frames = device_frames,
};
