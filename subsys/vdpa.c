// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vhost-vdpa (drivers/vhost/vdpa.c: vhost_vdpa_pa_map).
 *
 * The device's owner pays, in mm->pinned_vm of the mm that opened it. The test is
 * against the limit of current, without a way round it for CAP_IPC_LOCK, and it
 * is a plain look before anything is pinned: two devices of one mm can both pass.
 * Each physically contiguous run is added when it has been mapped. A guest with N
 * devices pays N times.
 *
 * Such a run is an entry of the IOTLB: an unmap takes away, whole, every run that
 * it touches, and no more. Kept is what one call mapped, with the runs found by
 * looking at the frames; a call is split where an unmap takes a part of it.
 *
 * Locks: the device's mutex, then the mmap_lock of its owner for reading.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <accounting/charge.h>
#include <accounting/kernels.h>
#include <sim/fault.h>
#include <subsys/pinners.h>
#include "pinners_private.h"
#include "umem.h"

#define VDPA_BATCH_PAGES (PAGE_SIZE / sizeof(void *))

struct vhost_vdpa {
	struct mutex mutex;
	struct mm_struct *mm;		/* grabbed at open (SET_OWNER) */
	struct list_head maps;
	struct ledger_object *charged;
};

/* What is left of what one call has mapped: whole entries of the IOTLB. */
struct vdpa_map {
	struct list_head list;
	unsigned long start;		/* IOVA; whole pages from here */
	unsigned long cgroup_pages;	/* what pins_charge() was asked for */
	unsigned long charged_pages;	/* all of them, but in a call that fails */
	struct pinned_range pages;
};

static struct charge_by vdpa_by(struct vhost_vdpa *v)
{
	return (struct charge_by){ .object = v->charged, .rule = "vDPA" };
}

static unsigned long vdpa_map_last(const struct vdpa_map *map)
{
	return map->start + (map->pages.nr_pages << PAGE_SHIFT) - 1;
}

static void vdpa_map_free(struct vhost_vdpa *v, struct vdpa_map *map)
{
	struct charge_by by = vdpa_by(v);

	pinned_range_release(&map->pages, true);
	pins_uncharge(v->charged, map->cgroup_pages);
	if (map->charged_pages)
		uncharge_pinned_vm(v->mm, map->charged_pages, &by);
	kfree(map);
}

/* The pages of @map from the @at-th on as a map of their own. */
static struct vdpa_map *vdpa_map_split(struct vdpa_map *map, unsigned long at)
{
	struct vdpa_map *tail = kzalloc(sizeof(*tail), GFP_KERNEL | __GFP_NOFAIL);

	pinned_range_split(&map->pages, at, &tail->pages);
	tail->start = map->start + (at << PAGE_SHIFT);
	tail->charged_pages = tail->pages.nr_pages;
	map->charged_pages = at;
	tail->cgroup_pages = map->cgroup_pages - at;
	map->cgroup_pages = at;
	list_add(&tail->list, &map->list);
	return tail;
}

/* Maps what has been pinned, one physically contiguous run at a time, each charged once it is mapped. */
static int vdpa_map_runs(struct vhost_vdpa *v, struct vdpa_map *map, unsigned long limit)
{
	struct charge_by by = vdpa_by(v);

	for (unsigned int i = 0; i < map->pages.nr_runs; i++) {
		const struct page_run *run = &map->pages.run[i];
		unsigned long may = sim_fault_pages(SIM_FAULT_IOMMU_MAP, run->nr);

		if (may < run->nr) {
			/* the whole contiguous runs before the failing page stand until the caller unmaps them */
			unsigned long whole = 0;

			while (whole + frame_contig(run->frame + whole) <= may)
				whole += frame_contig(run->frame + whole);
			if (whole) {
				charge_pinned_vm_tested(v->mm, whole, limit, &by);
				map->charged_pages += whole;
			}
			return -ENOMEM;
		}
		charge_pinned_vm_tested(v->mm, run->nr, limit, &by);
		map->charged_pages += run->nr;
	}
	return 0;
}

/*
 * 5.7 and 5.8: all pages were charged before, and are meant to be on the way out
 * of an error: those that were mapped by their unmap, the whole number besides.
 * The unmap of a last run that failed forgets the latter; both forget to unpin what
 * was not mapped. And an error within the loop is reported by the last count of GUP.
 */
static int vdpa_map_runs_up_front(struct vhost_vdpa *v, struct vdpa_map *map, unsigned long limit)
{
	unsigned long npages = map->pages.nr_pages, mapped = 0, run;
	struct charge_by by = vdpa_by(v);
	struct pinned_range lost;

	charge_pinned_vm_tested(v->mm, npages, limit, &by);
	map->charged_pages = npages;
	for (; mapped < npages; mapped += run) {
		run = pinned_range_contig_last(&map->pages, mapped) + 1 - mapped;
		if (sim_fault_pages(SIM_FAULT_IOMMU_MAP, run) < run)
			break;
	}
	if (mapped == npages)
		return 0;
	pinned_range_split(&map->pages, mapped, &lost);
	kfree(lost.run);
	map->charged_pages = mapped;
	if (mapped + run == npages)
		return -ENOMEM;
	uncharge_pinned_vm(v->mm, npages, &by);
	return 1;
}

static int vdpa_pa_map(struct vhost_vdpa *v, struct vdpa_map *map, unsigned long iova, unsigned long va,
		       unsigned long len)
{
	unsigned long page_offset = offset_in_page(iova);
	struct charge_by by = vdpa_by(v);
	unsigned long npages, used, limit;
	long got;

	if (len > ~0UL - page_offset)
		return -EINVAL;
	npages = PFN_UP(len + page_offset);
	if (!npages)
		return -EINVAL;

	mmap_read_lock(v->mm);
	limit = memlock_limit_pages(current);
	used = atomic64_read(&v->mm->pinned_vm);
	mmap_read_unlock(v->mm);
	if (npages + charge_used(v->mm, used) > limit) {
		charge_refused(BUCKET_PINNED_VM, v->mm, used, npages, limit, &by);
		return -ENOMEM;
	}
	if (pins_charge(v->charged, npages))
		return -ENOMEM;
	map->cgroup_pages = npages;
	got = pinned_range_add(&map->pages, va & PAGE_MASK, npages, FOLL_WRITE | FOLL_LONGTERM, VDPA_BATCH_PAGES);
	if (got != (long)npages)
		return got < 0 ? got : -ENOMEM;
	if (kernel_rules()->other.vdpa_map_fail_mismatch)
		return vdpa_map_runs_up_front(v, map, limit);
	return vdpa_map_runs(v, map, limit);
}

static struct vdpa_map *vdpa_overlap(struct vhost_vdpa *v, unsigned long start, unsigned long last)
{
	struct vdpa_map *map;

	list_for_each_entry(map, &v->maps, list)
		if (map->start <= last && vdpa_map_last(map) >= start)
			return map;
	return NULL;
}

static int vdpa_release(struct inode *inode, struct file *file)
{
	struct vhost_vdpa *v = file->private_data;
	struct vdpa_map *map, *next;

	list_for_each_entry_safe(map, next, &v->maps, list) {
		list_del(&map->list);
		vdpa_map_free(v, map);
	}
	mmdrop(v->mm);
	ledger_object_destroy(v->charged);
	mutex_destroy(&v->mutex);
	kfree(v);
	return 0;
}

const struct file_operations vdpa_fops = {
	.name = "vdpa",
	.release = vdpa_release,
};

struct ledger_object *vdpa_ledger(const struct file *file)
{
	const struct vhost_vdpa *v = file->private_data;

	return v->charged;
}

/* The device behind the fd, its file referenced; only its owner may map (vhost_dev_check_owner). */
static struct vhost_vdpa *vdpa_get(int fd, struct file **file)
{
	struct vhost_vdpa *v;
	int error;

	*file = fget(fd);
	if (!*file)
		return ERR_PTR(-EBADF);
	v = (*file)->private_data;
	if ((*file)->f_op == &vdpa_fops && v->mm == current->mm)
		return v;
	error = (*file)->f_op == &vdpa_fops ? -EPERM : -EINVAL;
	fput(*file);
	return ERR_PTR(error);
}

long vdpa_open(void)
{
	struct vhost_vdpa *v = kzalloc(sizeof(*v), GFP_KERNEL);
	long fd;

	if (!v)
		return -ENOMEM;
	mutex_init(&v->mutex);
	INIT_LIST_HEAD(&v->maps);
	v->mm = current->mm;
	mmgrab(v->mm);
	v->charged = ledger_object_create("vdpa", NULL);
	fd = anon_inode_getfd("[vhost-vdpa]", &vdpa_fops, v, O_RDWR);
	if (fd >= 0)
		return fd;
	mmdrop(v->mm);
	ledger_object_destroy(v->charged);
	kfree(v);
	return fd;
}

static int vdpa_map_locked(struct vhost_vdpa *v, unsigned long iova, unsigned long va, unsigned long len)
{
	struct vdpa_map *map;
	int ret;

	if (!len || iova + len - 1 < iova)
		return -EINVAL;
	if (vdpa_overlap(v, iova, iova + len - 1))
		return -EEXIST;
	map = kzalloc(sizeof(*map), GFP_KERNEL);
	if (!map)
		return -ENOMEM;
	map->start = iova & PAGE_MASK;
	map->pages.object = v->charged;
	ret = vdpa_pa_map(v, map, iova, va, len);
	if (ret)
		vdpa_map_free(v, map);
	else
		list_add_tail(&map->list, &v->maps);
	return ret;
}

long vdpa_map(int fd, unsigned long iova, unsigned long va, unsigned long len)
{
	struct file *file;
	struct vhost_vdpa *v = vdpa_get(fd, &file);
	int ret;

	if (IS_ERR(v))
		return PTR_ERR(v);
	mutex_lock(&v->mutex);
	ret = vdpa_map_locked(v, iova, va, len);
	mutex_unlock(&v->mutex);
	fput(file);
	return ret;
}

/*
 * Every entry that the range touches goes, whole (vhost_vdpa_pa_unmap). A range of
 * no bytes ends before it starts: it touches an entry only from inside. Returns
 * whether there was one.
 */
static bool vdpa_unmap_part(struct vhost_vdpa *v, struct vdpa_map *map, unsigned long start, unsigned long last)
{
	unsigned long from = start > map->start ? PFN_DOWN(start - map->start) : 0;
	unsigned long to = PFN_DOWN(min(last, vdpa_map_last(map)) - map->start);

	from = pinned_range_contig_first(&map->pages, from);
	to = pinned_range_contig_last(&map->pages, to);
	if (to < from)
		return false;
	if (to + 1 < map->pages.nr_pages)
		vdpa_map_split(map, to + 1);
	if (from)
		map = vdpa_map_split(map, from);
	list_del(&map->list);
	vdpa_map_free(v, map);
	return true;
}

long vdpa_unmap(int fd, unsigned long iova, unsigned long len)
{
	struct file *file;
	struct vhost_vdpa *v = vdpa_get(fd, &file);
	struct vdpa_map *map;

	if (IS_ERR(v))
		return PTR_ERR(v);
	mutex_lock(&v->mutex);
	do {
		map = vdpa_overlap(v, iova, iova + len - 1);
	} while (map && vdpa_unmap_part(v, map, iova, iova + len - 1));
	mutex_unlock(&v->mutex);
	fput(file);
	return 0;
}
