// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a scenario may look at, read from the kernel's own structures. Observers
 * take no lock and are not places where another task may go first.
 */
#include <linux/device.h>
#include <sim/sched.h>
#include <sim/world.h>
#include "io_pagetable.h"
#include "iommufd_private.h"
#include "machine.h"

#include <iopt/state_hash.h>

/* What the pages' accesses hold, for state_hash.h. */
static unsigned long state_pinned(struct iopt_pages *pages)
{
	unsigned long index, sum = 0;
	void *entry;

	xa_for_each(&pages->pinned_pfns, index, entry)
		sum += state_pair(index, phys_to_frame(PFN_PHYS(xa_to_value(entry))));
	return sum;
}
#define STATE_HASH_IOPT
#include <iopt/state_hash.h>

/* The address space that an object stands for or is attached to, or NULL. */
static struct iommufd_ioas *object_ioas(struct iommufd_object *obj)
{
	switch (obj->type) {
	case IOMMUFD_OBJ_IOAS:
		return container_of(obj, struct iommufd_ioas, obj);
	case IOMMUFD_OBJ_ACCESS:
		return container_of(obj, struct iommufd_access, obj)->ioas;
	case IOMMUFD_OBJ_HWPT_PAGING:
		return container_of(obj, struct iommufd_hwpt_paging, common.obj)->ioas;
	default:
		return NULL;
	}
}

/* The device that stands behind one of the driver's own objects, or NULL. */
static struct iommufd_device *mock_device(struct iommufd_ctx *ictx, u32 stdev_id)
{
	struct iommufd_object *obj = xa_load(&ictx->objects, stdev_id);
	struct mock_ids *ids;

	if (!obj || obj->type != IOMMUFD_OBJ_SELFTEST)
		return NULL;
	list_for_each_entry(ids, &upstream()->mocks, node)
		if (ids->ictx == ictx && ids->stdev_id == stdev_id) {
			obj = xa_load(&ictx->objects, ids->idev_id);
			return obj ? container_of(obj, struct iommufd_device, obj) : NULL;
		}
	return NULL;
}

static struct iommufd_ioas *mock_device_ioas(struct iommufd_ctx *ictx, u32 stdev_id)
{
	struct iommufd_device *idev = mock_device(ictx, stdev_id);
	struct iommufd_hw_pagetable *hwpt = idev ? idev->igroup->hwpt : NULL;

	return hwpt ? container_of(hwpt, struct iommufd_hwpt_paging, common)->ioas : NULL;
}

struct pages_sum {
	struct iopt_pages **seen;
	unsigned long nr_seen;
	long npinned;
	long charged;
};

/* Straight from the tree: the kernel's own way to its areas asserts a lock, and whoever looks holds none. */
static void sum_ioas(struct pages_sum *sum, struct iommufd_ioas *ioas)
{
	struct interval_tree_node *node;
	unsigned long i;

	for (node = interval_tree_iter_first(&ioas->iopt.area_itree, 0, ULONG_MAX); node;
	     node = interval_tree_iter_next(node, 0, ULONG_MAX)) {
		struct iopt_area *area = container_of(node, struct iopt_area, node);

		if (!area->pages)
			continue;
		for (i = 0; i < sum->nr_seen && sum->seen[i] != area->pages; i++)
			;
		if (i < sum->nr_seen)
			continue;
		sum->seen = sim_realloc(sum->seen, (sum->nr_seen + 1) * sizeof(struct iopt_pages *));
		sum->seen[sum->nr_seen++] = area->pages;
		sum->npinned += (long)area->pages->npinned;
		sum->charged += (long)area->pages->last_npinned;
	}
}

/* @id 0: over the whole context. Pages that several areas share count once. */
static long sum_context(struct iommufd_ctx *ictx, unsigned int id, struct pages_sum *sum)
{
	struct iommufd_object *obj;
	struct iommufd_ioas *ioas;
	unsigned long index;

	if (id) {
		obj = xa_load(&ictx->objects, id);
		if (!obj)
			return -ENOENT;
		ioas = obj->type == IOMMUFD_OBJ_SELFTEST ? mock_device_ioas(ictx, id) : object_ioas(obj);
		if (ioas)
			sum_ioas(sum, ioas);
	} else {
		xa_for_each(&ictx->objects, index, obj)
			if (obj->type == IOMMUFD_OBJ_IOAS)
				sum_ioas(sum, container_of(obj, struct iommufd_ioas, obj));
	}
	sim_free(sum->seen);
	return 0;
}

static long sum_pages(int fd, unsigned int id, struct pages_sum *sum)
{
	struct iommufd_ctx *ictx = upstream_ctx(fd);

	return ictx ? sum_context(ictx, id, sum) : -EBADF;
}

long upstream_npinned(int fd, unsigned int ioas_id)
{
	struct pages_sum sum = { 0 };
	long ret;

	sim_nopreempt_begin();
	ret = sum_pages(fd, ioas_id, &sum);
	sim_nopreempt_end();
	return ret ? ret : sum.npinned;
}

long upstream_charged(int fd, unsigned int id)
{
	struct pages_sum sum = { 0 };
	long ret;

	sim_nopreempt_begin();
	ret = sum_pages(fd, id, &sum);
	sim_nopreempt_end();
	return ret ? ret : sum.charged;
}

long upstream_ctx_charged(struct iommufd_ctx *ictx)
{
	struct pages_sum sum = { 0 };

	sim_nopreempt_begin();
	sum_context(ictx, 0, &sum);
	sim_nopreempt_end();
	return sum.charged;
}

long upstream_iova_pfn(int fd, unsigned int dev_id, unsigned long iova)
{
	struct iommufd_device *idev;
	struct iommufd_ctx *ictx;
	long ret = -ENOENT;

	sim_nopreempt_begin();
	ictx = upstream_ctx(fd);
	idev = ictx ? mock_device(ictx, dev_id) : NULL;
	if (idev)
		ret = upstream_device_pfn(idev->dev, iova);
	sim_nopreempt_end();
	return ret;
}

unsigned long upstream_state(void)
{
	struct upstream_context *context;
	unsigned long sum = upstream_domains_hash();

	list_for_each_entry(context, &upstream()->contexts, node)
		sum += state_context(context->ictx);
	return sum;
}
