// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory files: memfd_create(), with or without MFD_HUGETLB, and the nameless shmem
 * file behind each MAP_SHARED|MAP_ANONYMOUS mapping.
 *
 * The file owns its pages (FRAME_CACHED): a tree maps page offsets to frames. A page
 * appears when somebody first faults on it or pins it through the file, and goes with
 * the file, unless a mapping or pin still holds it. A hugetlb file reserves what is
 * mapped or pinned of it.
 */
#include <mm_model/digest.h>
#include <sim/digest.h>
#include "internal.h"

struct memfd {
	unsigned long pages;		/* size, in whole 4K pages */
	bool hugetlb;
	struct sim_run_tree cache;	/* page offset -> frame */
	struct sim_run_tree reserved;	/* hugetlb: 2M index reserved and not yet allocated */
	struct frame_cursor filled;	/* by page offset */
	unsigned long filled_touch;	/* machine()->touches then: each touch begins a block of its own */
};

static struct memfd *memfd_of(const struct file *file)
{
	return file->private_data;
}

static int memfd_release(struct inode *inode, struct file *file)
{
	struct memfd *memfd = memfd_of(file);
	struct sim_run run;

	while (sim_run_next(&memfd->cache, 0, &run)) {
		frames_adjust(run.value, run.last - run.start + 1, 0, 0, 0, FRAME_CACHED);
		sim_run_clear(&memfd->cache, run.start, run.last);
	}
	hugetlb_unreserve(memfd->reserved.nr_keys);
	sim_run_tree_destroy(&memfd->reserved);
	kfree(memfd);
	return 0;
}

/* Promises [first, +nr2m) of the file, but for what it has or has been promised. ENOMEM. */
static int memfd_reserve(struct memfd *memfd, unsigned long first, unsigned long nr2m)
{
	unsigned long at, last = first + nr2m - 1, need = 0, pass;
	struct sim_run run;

	for (pass = 0; pass < 2; pass++) {
		for (at = first; at <= last;) {
			unsigned long end = last, page = at * HPAGE_PMD_NR;

			if (sim_run_clip(&memfd->reserved, at, last, &run)) {
				if (run.start == at) {
					at = run.last + 1;
					continue;
				}
				end = run.start - 1;
			}
			if (sim_run_clip(&memfd->cache, page, (end + 1) * HPAGE_PMD_NR - 1, &run)) {
				if (run.start == page) {
					at = (run.last + 1) / HPAGE_PMD_NR;
					continue;
				}
				end = run.start / HPAGE_PMD_NR - 1;
			}
			if (pass)
				sim_run_set(&memfd->reserved, at, end, 0, 0);
			else
				need += end - at + 1;
			at = end + 1;
		}
		if (!pass && hugetlb_reserve(need))
			return -ENOMEM;
	}
	return 0;
}

static long memfd_fault_run(struct vm_area_struct *vma, unsigned long pgoff, unsigned long nr, unsigned long *frame)
{
	return memfd_get_run(vma->vm_file, pgoff, nr, frame);
}

static const struct vm_operations_struct memfd_vm_ops = {
	.fault_run = memfd_fault_run,
};

static const struct vm_operations_struct hugetlb_memfd_vm_ops = {
	.open = hugetlb_vm_op_open,
	.close = hugetlb_vm_op_close,
	.fault_run = memfd_fault_run,
};

/*
 * hugetlbfs: only whole 2M pages, never merged or expanded. What is mapped is reserved
 * now, shared once for the file, private for each mapping; a writable mapping beyond the
 * end makes the file longer.
 */
static int hugetlb_memfd_mmap(struct memfd *memfd, struct vm_area_struct *vma)
{
	unsigned long nr2m = vma_pages(vma) / HPAGE_PMD_NR;

	vma->vm_flags |= VM_HUGETLB | VM_DONTEXPAND;
	if (vma->vm_pgoff & (HPAGE_PMD_NR - 1))
		return -EINVAL;
	if (vma->vm_flags & VM_SHARED) {
		if (memfd_reserve(memfd, vma->vm_pgoff / HPAGE_PMD_NR, nr2m))
			return -ENOMEM;
	} else {
		struct hugetlb_resv *resv = hugetlb_resv_reserve(nr2m);

		if (IS_ERR(resv))
			return PTR_ERR(resv);
		vma->hugetlb_resv = resv;
	}
	vma->vm_ops = &hugetlb_memfd_vm_ops;
	if (vma->vm_flags & VM_WRITE)
		memfd->pages = max(memfd->pages, vma->vm_pgoff + vma_pages(vma));
	return 0;
}

static int memfd_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct memfd *memfd = memfd_of(file);

	if (memfd->hugetlb)
		return hugetlb_memfd_mmap(memfd, vma);
	vma->vm_ops = &memfd_vm_ops;
	return 0;
}

static void memfd_digest(struct file *file, struct sim_digest *digest)
{
	struct memfd *memfd = memfd_of(file);
	struct sim_run run;
	unsigned long at = 0;

	sim_digest_add(digest, memfd->pages);
	if (memfd->hugetlb)
		sim_digest_unknown(digest);
	for (; sim_run_next(&memfd->cache, at, &run); at = run.last + 1) {
		sim_digest_add(digest, run.start);
		mm_digest_frames(digest, run.value, run.last - run.start + 1);
	}
}

static const struct file_operations memfd_fops = {
	.name = "memfd",
	.digest = memfd_digest,
	.release = memfd_release,
	.mmap = memfd_mmap,
};

bool file_is_memfd(const struct file *file)
{
	return file->f_op == &memfd_fops;
}

bool file_is_hugetlb(const struct file *file)
{
	return file_is_memfd(file) && memfd_of(file)->hugetlb;
}

struct file *memfd_file_create(unsigned long pages, bool hugetlb)
{
	struct memfd *memfd = kzalloc(sizeof(*memfd), GFP_KERNEL);
	struct file *file;

	if (!memfd)
		return ERR_PTR(-ENOMEM);
	memfd->pages = pages;
	memfd->hugetlb = hugetlb;
	memfd->filled.next = ~0UL;
	sim_run_tree_init(&memfd->cache, SIM_RUN_LINEAR);
	sim_run_tree_init(&memfd->reserved, SIM_RUN_CONSTANT);
	file = file_alloc(&memfd_fops, memfd);
	if (IS_ERR(file))
		kfree(memfd);
	return file;
}

/* New pages for the hole [pgoff, +nr) of the file. */
static long memfd_fill(struct memfd *memfd, unsigned long pgoff, unsigned long nr, unsigned long *frame)
{
	unsigned long first = pgoff / HPAGE_PMD_NR, nr2m, got;
	bool reserved;

	if (!memfd->hugetlb) {
		if (memfd->filled_touch != machine()->touches)
			memfd->filled.next = ~0UL;
		memfd->filled_touch = machine()->touches;
		got = frames_alloc(&memfd->filled, pgoff, nr, 0, FRAME_CACHED, frame);
		if (got)
			sim_run_set(&memfd->cache, pgoff, pgoff + got - 1, *frame, 0);
		return got ? got : -ENOMEM;
	}
	nr2m = (pgoff + nr - 1) / HPAGE_PMD_NR - first + 1;
	reserved = sim_run_covered(&memfd->reserved, first, first);
	while (nr2m > 1 && sim_run_covered(&memfd->reserved, first, first + nr2m - 1) != (reserved ? nr2m : 0))
		nr2m = nr2m / 2;
	got = hugetlb_alloc(nr2m, reserved, 0, FRAME_CACHED | FRAME_HUGETLB, frame);
	if (!got)
		return -EFAULT;
	sim_run_clear(&memfd->reserved, first, first + got - 1);
	sim_run_set(&memfd->cache, first * HPAGE_PMD_NR, (first + got) * HPAGE_PMD_NR - 1, *frame, 0);
	*frame += pgoff - first * HPAGE_PMD_NR;
	return min(nr, got * HPAGE_PMD_NR - (pgoff - first * HPAGE_PMD_NR));
}

/*
 * The pages of the file from @pgoff on, made where they are missing: how many of
 * @nr stand in one run from *@frame on; -EFAULT past the end of the file (SIGBUS)
 * or where the hugetlb pool is empty, -ENOMEM.
 */
long memfd_get_run(struct file *file, unsigned long pgoff, unsigned long nr, unsigned long *frame)
{
	struct memfd *memfd = memfd_of(file);
	struct sim_run run;

	if (pgoff >= memfd->pages)
		return -EFAULT;
	nr = min(nr, memfd->pages - pgoff);
	if (!sim_run_clip(&memfd->cache, pgoff, pgoff + nr - 1, &run))
		return memfd_fill(memfd, pgoff, nr, frame);
	if (run.start > pgoff)
		return memfd_fill(memfd, pgoff, run.start - pgoff, frame);
	*frame = run.value;
	return run.last - run.start + 1;
}

long memfd_cached_run(const struct file *file, unsigned long pgoff, unsigned long nr, unsigned long *frame)
{
	const struct memfd *memfd = memfd_of(file);
	struct sim_run run;

	if (pgoff >= memfd->pages)
		return 0;
	nr = min(nr, memfd->pages - pgoff);
	if (!sim_run_clip(&memfd->cache, pgoff, pgoff + nr - 1, &run))
		return -(long)nr;
	if (run.start > pgoff)
		return -(long)(run.start - pgoff);
	*frame = run.value;
	return run.last - run.start + 1;
}

/* The page of the file at @pgoff, if it has one. For observers. */
bool memfd_cached(const struct file *file, unsigned long pgoff, unsigned long *frame)
{
	struct sim_run run;

	if (!sim_run_find(&memfd_of(file)->cache, pgoff, &run))
		return false;
	*frame = run.value + pgoff - run.start;
	return true;
}

unsigned long memfd_pages(const struct file *file)
{
	return memfd_of(file)->pages;
}

/* memfd_create() and ftruncate() to @len. A hugetlb file's size is in 2M pages: EINVAL otherwise. */
static long do_memfd(unsigned long len, bool hugetlb)
{
	struct file *file;
	int fd;

	if (hugetlb && (len & (HPAGE_SIZE - 1)))
		return -EINVAL;
	fd = get_unused_fd_flags(0);
	if (fd < 0)
		return fd;
	file = memfd_file_create(PFN_UP(len), hugetlb);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	file->f_mode = FMODE_READ | FMODE_WRITE;
	fd_install(fd, file);
	return fd;
}

long sys_memfd(unsigned long len, bool hugetlb)
{
	return mm_syscall(do_memfd(len, hugetlb));
}
