// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a scenario may look at. Observers take no lock and are not places where
 * another task may go first: looking changes nothing.
 */
#include <sim/sched.h>

#include "io_pagetable.h"

#include <iopt/state_hash.h>

/* What the pages' accesses hold, for state_hash.h. */
static unsigned long state_pinned(const struct iopt_pages *pages)
{
	unsigned long at, i, sum = 0;
	struct sim_run run;

	for (at = 0; sim_run_next(&pages->pinned_pfns, at, &run); at = run.last + 1)
		for (i = run.start; i <= run.last; i++)
			sum += state_pair(i, run.value + (i - run.start));
	return sum;
}
#define STATE_HASH_IOPT
#include <iopt/state_hash.h>

/* The address space that an object stands for or is attached to, or NULL. */
static struct iommufd_ioas *iommufd_object_ioas(struct iommufd_object *obj)
{
	const struct iommufd_hwpt_paging *hwpt = NULL;

	switch (obj->type) {
	case IOMMUFD_OBJ_IOAS:
		return container_of(obj, struct iommufd_ioas, obj);
	case IOMMUFD_OBJ_ACCESS:
		return container_of(obj, struct iommufd_access, obj)->ioas;
	case IOMMUFD_OBJ_HWPT_PAGING:
		hwpt = container_of(obj, struct iommufd_hwpt_paging, obj);
		break;
	case IOMMUFD_OBJ_DEVICE:
		hwpt = container_of(obj, struct iommufd_device, obj)->igroup->hwpt;
		break;
	case IOMMUFD_OBJ_SELFTEST:
		hwpt = container_of(obj, struct selftest_obj, obj)->idev->igroup->hwpt;
		break;
	default:
		break;
	}
	return hwpt ? hwpt->ioas : NULL;
}

/* Have the pages been seen at an area before this one? */
static bool iopt_pages_seen(struct io_pagetable *iopt, const struct iopt_area *until)
{
	struct iopt_area *area;

	iopt_for_each_area(area, iopt) {
		if (area == until)
			return false;
		if (area->pages == until->pages)
			return true;
	}
	return false;
}

static long iopt_pages_npinned(const struct iopt_pages *pages)
{
	return pages->npinned;
}

static long iopt_pages_charged(const struct iopt_pages *pages)
{
	return ledger_charged(pages->ledger);
}

/* Summed over the distinct pages of an address space. */
static long iommufd_sum_pages(struct iommufd_ctx *ictx, u32 id, long (*of)(const struct iopt_pages *pages))
{
	struct iommufd_object *obj = xa_load(&ictx->objects, id);
	struct iommufd_ioas *ioas;
	struct iopt_area *area;
	long sum = 0;

	if (!obj)
		return -ENOENT;
	ioas = iommufd_object_ioas(obj);
	if (!ioas)
		return 0;
	iopt_for_each_area(area, &ioas->iopt)
		if (area->pages && !iopt_pages_seen(&ioas->iopt, area))
			sum += of(area->pages);
	return sum;
}

static long iommufd_pfn(struct iommufd_ctx *ictx, u32 dev_id, unsigned long iova)
{
	struct iommufd_object *obj = xa_load(&ictx->objects, dev_id);

	if (obj && obj->type == IOMMUFD_OBJ_SELFTEST)
		return kapi_device_pfn(container_of(obj, struct selftest_obj, obj)->mock_dev, iova);
	if (obj && obj->type == IOMMUFD_OBJ_DEVICE)
		return kapi_device_pfn(container_of(obj, struct iommufd_device, obj)->dev, iova);
	return -ENOENT;
}

long iommufd_npinned(int fd, unsigned int ioas_id)
{
	struct iommufd_ctx *ictx;
	long value;

	sim_nopreempt_begin();
	ictx = iommufd_ctx_from_fd(fd);
	value = IS_ERR(ictx) ? PTR_ERR(ictx) : iommufd_sum_pages(ictx, ioas_id, iopt_pages_npinned);
	if (!IS_ERR(ictx))
		iommufd_ctx_put(ictx);
	sim_nopreempt_end();
	return value;
}

long iommufd_ctx_charged(const struct iommufd_ctx *ictx)
{
	return ledger_charged(ictx->ledger);
}

long iommufd_charged(int fd, unsigned int id)
{
	struct iommufd_ctx *ictx;
	long value;

	sim_nopreempt_begin();
	ictx = iommufd_ctx_from_fd(fd);
	if (IS_ERR(ictx)) {
		value = PTR_ERR(ictx);
	} else {
		value = id ? iommufd_sum_pages(ictx, id, iopt_pages_charged) : iommufd_ctx_charged(ictx);
		iommufd_ctx_put(ictx);
	}
	sim_nopreempt_end();
	return value;
}

long iommufd_device_pfn(int fd, unsigned int dev_id, unsigned long iova)
{
	struct iommufd_ctx *ictx;
	long value;

	sim_nopreempt_begin();
	ictx = iommufd_ctx_from_fd(fd);
	value = IS_ERR(ictx) ? PTR_ERR(ictx) : iommufd_pfn(ictx, dev_id, iova);
	if (!IS_ERR(ictx))
		iommufd_ctx_put(ictx);
	sim_nopreempt_end();
	return value;
}

unsigned long iommufd_state(void)
{
	unsigned long sum = kapi_domains_hash();
	struct iommufd_ctx *ictx;

	list_for_each_entry(ictx, &iopt_world()->contexts, world_item)
		sum += state_context(ictx);
	return sum;
}
