// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/device.h>
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <kapi/iommu.h>
#include "iommu_ops.h"

static struct device *dev_of(long a)
{
	return (struct device *)a;
}

static struct iommu_domain *domain_of(long a)
{
	return (struct iommu_domain *)a;
}

static unsigned long frame_addr(long pfn)
{
	return phys_to_frame((phys_addr_t)pfn << PAGE_SHIFT) << PAGE_SHIFT;
}

long iommu_op_device(const long *a)
{
	struct kapi_iommu_options options = {
		.kind = a[0] ? KAPI_IOMMU_MOCK : KAPI_IOMMU_VFIO,
		.aperture_last = a[1],
		.pgsize = a[2],
	};

	return (long)kapi_device_create(&options);
}

long iommu_op_destroy_device(const long *a)
{
	kapi_device_destroy(dev_of(a[0]));
	return 0;
}

long iommu_op_domain(const long *a)
{
	return (long)iommu_paging_domain_alloc(dev_of(a[0]));
}

long iommu_op_free(const long *a)
{
	iommu_domain_free(domain_of(a[0]));
	return 0;
}

long iommu_op_map(const long *a)
{
	return iommu_map_frames(domain_of(a[0]), a[1], frame_addr(a[2]), a[3],
				IOMMU_READ | (a[4] ? KAPI_IOMMU_BY_PAGE : 0), GFP_KERNEL);
}

long iommu_op_map_phys(const long *a)
{
	return iommu_map(domain_of(a[0]), a[1], (phys_addr_t)a[2] << PAGE_SHIFT, a[3], IOMMU_READ, GFP_KERNEL);
}

long iommu_op_unmap(const long *a)
{
	return iommu_unmap(domain_of(a[0]), a[1], a[2]);
}

long iommu_op_pfn(const long *a)
{
	struct sim_run run;

	if (!iommu_lookup_frames(domain_of(a[0]), a[1], a[1], &run))
		return -1;
	return iommu_iova_to_phys(domain_of(a[0]), a[1]) >> PAGE_SHIFT;
}

long iommu_op_runs(const long *a)
{
	unsigned long at = 0;
	struct sim_run run;
	long nr = 0;

	while (iommu_lookup_frames(domain_of(a[0]), at, ~0UL, &run)) {
		nr++;
		at = run.last + 1;
	}
	return nr;
}

long iommu_op_frames_mapped(const long *a)
{
	return kapi_frames_mapped(frame_addr(a[0]) >> PAGE_SHIFT, a[1]);
}

long iommu_op_claim(const long *a)
{
	return iommu_device_claim_dma_owner(dev_of(a[0]), (void *)a[1]);
}

long iommu_op_release(const long *a)
{
	iommu_device_release_dma_owner(dev_of(a[0]));
	return 0;
}

long iommu_op_attach(const long *a)
{
	struct iommu_group *group = iommu_group_get(dev_of(a[0]));
	long ret = iommu_attach_group(domain_of(a[1]), group);

	iommu_group_put(group);
	return ret;
}

long iommu_op_detach(const long *a)
{
	struct iommu_group *group = iommu_group_get(dev_of(a[0]));

	iommu_detach_group(domain_of(a[1]), group);
	iommu_group_put(group);
	return 0;
}

/* Handles of whoever attaches; the number says which. */
static struct iommu_attach_handle *handle_of(long number)
{
	static struct iommu_attach_handle handles[3];

	return &handles[number];
}

long iommu_op_attach_handle(const long *a)
{
	struct iommu_group *group = iommu_group_get(dev_of(a[0]));
	long ret = iommu_attach_group_handle(domain_of(a[1]), group, handle_of(a[2]));

	iommu_group_put(group);
	return ret;
}

long iommu_op_replace_handle(const long *a)
{
	struct iommu_group *group = iommu_group_get(dev_of(a[0]));
	long ret = iommu_replace_group_handle(group, domain_of(a[1]), handle_of(a[2]));

	iommu_group_put(group);
	return ret;
}

long iommu_op_detach_handle(const long *a)
{
	struct iommu_group *group = iommu_group_get(dev_of(a[0]));

	iommu_detach_group_handle(domain_of(a[1]), group);
	iommu_group_put(group);
	return 0;
}

long iommu_op_handle(const long *a)
{
	struct iommu_group *group = iommu_group_get(dev_of(a[0]));
	struct iommu_attach_handle *handle = iommu_attach_handle_get(group, IOMMU_NO_PASID, a[1]);

	iommu_group_put(group);
	return IS_ERR(handle) ? PTR_ERR(handle) : handle - handle_of(0);
}

long iommu_op_resv_bytes(const long *a)
{
	struct iommu_group *group = iommu_group_get(dev_of(a[0]));
	struct iommu_resv_region *region, *next;
	LIST_HEAD(regions);
	long bytes;

	bytes = iommu_get_group_resv_regions(group, &regions);
	list_for_each_entry_safe(region, next, &regions, list) {
		bytes = bytes < 0 ? bytes : bytes + (long)region->length;
		list_del(&region->list);
		kfree(region);
	}
	iommu_group_put(group);
	return bytes;
}

long iommu_op_device_pfn(const long *a)
{
	return kapi_device_pfn(dev_of(a[0]), a[1]);
}

static void unmap_in(struct iommu_domain *domain, void *arg)
{
	const long *a = arg;

	iommu_unmap(domain, a[0], a[1]);
}

long iommu_op_unmap_everywhere(const long *a)
{
	kapi_for_each_domain(unmap_in, (void *)a);
	return 0;
}

long mutant_op_locked_vm(const long *a)
{
	current->mm->locked_vm += a[0];
	return 0;
}
