// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The IOMMU core (drivers/iommu/iommu.c) as far as iommufd and vfio call it: devices
 * in groups (kapi/iommu_group.h), domains, and the splitting of maps into the driver's
 * page sizes. Two drivers stand below: the kernel's own selftest.c behind mock devices,
 * and behind vfio devices that of the simulated machine (kapi/iommu.h), whose
 * tables are the model's and take whole maps.
 *
 * The scenario may give a device another aperture or page size than its driver
 * has. They are put on a domain as the driver hands it out, which is why one of
 * selftest.c's operations is replaced; a device with others does not fit it.
 *
 * The driver works without scheduling points: its table is the business of whoever
 * maps, and one map is one step here as it is in the model.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <kapi/iommu.h>
#include <kapi/iommu_group.h>
#include <sim/fault.h>
#include <sim/run_tree.h>
#include <sim/sched.h>
#include <sim/world.h>
#include "../iommu-priv.h"
#include "machine.h"

/* What a device of the scenario has beside selftest.c's. */
struct device_options {
	struct dev_iommu iommu;
	struct vfio_iommu_options own;
	bool msi_told;				/* its window was in the list, for which there may be no memory */
};

/* The options of the devices that a domain is for. */
struct domain_stamp {
	struct list_head node;
	struct iommu_domain *domain;
	struct vfio_iommu_options own;
	unsigned long *msi;			/* where interrupts were mapped (iommu_get_msi_cookie); NULL: nowhere */
	unsigned int groups;			/* that are attached */
	struct sim_run_tree mapped;		/* IOVA -> frame address, for invariants and observers */
	struct sim_run_tree cached;		/* the same, of what was unmapped and not yet flushed from the IOTLB */
};

/* What is kept of a domain. */
static struct domain_stamp *domain_stamp(const struct iommu_domain *domain)
{
	struct domain_stamp *stamp;

	list_for_each_entry(stamp, &upstream()->stamps, node)
		if (stamp->domain == domain)
			return stamp;
	return NULL;
}

static struct iommu_domain *domain_alloc_user(struct device *dev, u32 flags, struct iommu_domain *parent,
					      const struct iommu_user_data *user_data);

/* The IOMMU behind vfio devices. */

struct vfio_domain {
	struct iommu_domain domain;
	struct iommu_domain *table;		/* the machine's (kapi/iommu.h): another layout */
	void *noted;				/* at the first device that came into it */
};

static bool vfio_capable(struct device *dev, enum iommu_cap cap)
{
	return cap == IOMMU_CAP_CACHE_COHERENCY;
}

static const struct vfio_iommu_options *own_options(const struct device *dev)
{
	return &container_of(dev->iommu, struct device_options, iommu)->own;
}

static bool resv_region_add(struct list_head *list, unsigned long start, size_t length, enum iommu_resv_type type)
{
	struct iommu_resv_region *region = kzalloc(sizeof(*region), GFP_KERNEL);

	if (!region)
		return false;
	region->start = start;
	region->length = length;
	region->type = type;
	list_add_tail(&region->list, list);
	return true;
}

static void vfio_get_resv_regions(struct device *dev, struct list_head *list)
{
	struct device_options *options = container_of(dev->iommu, struct device_options, iommu);
	const struct vfio_iommu_options *own = &options->own;

	if (own->msi)
		options->msi_told = resv_region_add(list, own->msi, KAPI_VFIO_MSI_BYTES, IOMMU_RESV_SW_MSI);
	else
		resv_region_add(list, KAPI_VFIO_MSI_START, KAPI_VFIO_MSI_BYTES, IOMMU_RESV_MSI);
	if (own->reserved_last)
		resv_region_add(list, own->reserved_start, own->reserved_last - own->reserved_start + 1,
				IOMMU_RESV_RESERVED);
}

static void vfio_domain_free(struct iommu_domain *domain)
{
	struct vfio_domain *vdomain = container_of(domain, struct vfio_domain, domain);

	kapi_domain_free(vdomain->table);
	kfree(vdomain->noted);
	kfree(vdomain);
}

/* A driver notes a domain where it is used first, and may find no memory for it (intel/iommu.c:domain_attach_iommu). */
static int vfio_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct vfio_domain *vdomain = container_of(domain, struct vfio_domain, domain);

	if (!vdomain->noted)
		vdomain->noted = kzalloc(sizeof(unsigned long), GFP_KERNEL);
	return vdomain->noted ? 0 : -ENOMEM;
}

static void vfio_iotlb_sync(struct iommu_domain *domain, struct iommu_iotlb_gather *gather);

static const struct iommu_domain_ops vfio_domain_ops = {
	.attach_dev = vfio_attach_dev,
	.iotlb_sync = vfio_iotlb_sync,
	.free = vfio_domain_free,
};

static struct iommu_domain *vfio_domain_alloc(struct device *dev)
{
	const struct vfio_iommu_options *own = own_options(dev);
	const struct kapi_iommu_options options = {
		.kind = KAPI_IOMMU_VFIO,
		.aperture_start = own->aperture_start,
		.aperture_last = own->aperture_last,
		.pgsize = own->pgsize,
	};
	struct vfio_domain *vdomain = kzalloc(sizeof(*vdomain), GFP_KERNEL);

	if (!vdomain)
		return NULL;
	vdomain->table = kapi_domain_alloc(&options);
	if (IS_ERR(vdomain->table)) {
		kfree(vdomain);
		return NULL;
	}
	vdomain->domain.ops = &vfio_domain_ops;
	vdomain->domain.pgsize_bitmap = KAPI_VFIO_PAGES;
	vdomain->domain.geometry.aperture_end = KAPI_VFIO_APERTURE_LAST;
	vdomain->domain.geometry.force_aperture = true;
	return &vdomain->domain;
}

static const struct iommu_ops vfio_ops = {
	.capable = vfio_capable,
	.get_resv_regions = vfio_get_resv_regions,
	.domain_alloc_paging = vfio_domain_alloc,
};

struct iommu_domain *upstream_domain_table(struct iommu_domain *domain)
{
	return domain->owner == &vfio_ops ? container_of(domain, struct vfio_domain, domain)->table : NULL;
}

void upstream_vfio_iommu_init(struct iommu_device *iommu)
{
	iommu->ops = &vfio_ops;
}

struct device *upstream_vfio_device_create(const struct vfio_iommu_options *own)
{
	struct device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	struct device_options *options = kzalloc(sizeof(*options), GFP_KERNEL);
	struct iommu_group *group;

	if (!dev || !options)
		goto out_free;
	group = generic_device_group(dev);
	if (IS_ERR(group))
		goto out_free;
	options->iommu.iommu_dev = &upstream()->vfio_iommu;
	if (own)
		options->own = *own;
	dev->iommu = &options->iommu;
	dev->iommu_group = group;
	return dev;

out_free:
	kfree(options);
	kfree(dev);
	return NULL;
}

/* Drivers and devices. */

int iommu_device_register_bus(struct iommu_device *iommu, const struct iommu_ops *ops, const struct bus_type *bus,
			      struct notifier_block *nb)
{
	struct upstream_machine *m = upstream();
	struct iommu_ops *own = sim_alloc(sizeof(*own));

	*own = *ops;
	own->domain_alloc_user = domain_alloc_user;
	iommu->ops = own;
	m->driver_ops = ops;
	m->iommu = iommu;
	m->mock_bus = bus;
	return 0;
}

void iommu_device_unregister_bus(struct iommu_device *iommu, const struct bus_type *bus, struct notifier_block *nb)
{
	upstream()->iommu = NULL;
	sim_free((void *)iommu->ops);
}

int iommu_device_sysfs_add(struct iommu_device *iommu, struct device *parent, const struct attribute_group **groups,
			   const char *fmt, ...)
{
	return 0;
}

void iommu_device_sysfs_remove(struct iommu_device *iommu)
{
}

struct iommu_group *generic_device_group(struct device *dev)
{
	return iommu_group_create(dev, &upstream()->groups) ?: ERR_PTR(-ENOMEM);
}

/* What happens to a device when it comes onto its bus; one that no driver takes stands without an IOMMU. */
static int probe_device(struct device *dev)
{
	struct upstream_machine *m = upstream();
	struct device_options *options;
	struct attach_call *call;
	struct iommu_group *group;

	if (!m->iommu || dev->bus != m->mock_bus)
		return -ENODEV;
	options = kzalloc(sizeof(*options), GFP_KERNEL);
	if (!options)
		return -ENOMEM;
	mutex_init(&options->iommu.lock);
	list_for_each_entry(call, &m->attaching, node)
		if (call->task == current)
			options->own = (struct vfio_iommu_options){
				.aperture_start = call->args->aperture_start,
				.aperture_last = call->args->aperture_last,
				.pgsize = call->args->pgsize,
			};
	options->iommu.iommu_dev = m->iommu->ops->probe_device(dev);
	if (IS_ERR(options->iommu.iommu_dev)) {
		kfree(options);
		return -ENODEV;
	}
	dev->iommu = &options->iommu;
	group = dev_iommu_ops(dev)->device_group(dev);
	if (IS_ERR(group)) {
		kfree(options);
		dev->iommu = NULL;
		return PTR_ERR(group);
	}
	dev->iommu_group = group;
	return 0;
}

static void release_device(struct device *dev)
{
	if (!dev->iommu_group)
		return;
	iommu_group_leave(dev);
	kfree(container_of(dev->iommu, struct device_options, iommu));
	dev->iommu = NULL;
}

void upstream_vfio_device_destroy(struct device *dev)
{
	release_device(dev);
	kfree(dev);
}

void device_initialize(struct device *dev)
{
	kref_init(&dev->kobj.kref);
}

int device_add(struct device *dev)
{
	/* as the kernel's, whatever comes of the IOMMU */
	probe_device(dev);
	return 0;
}

static void device_free(struct kref *kref)
{
	struct device *dev = container_of(kref, struct device, kobj.kref);

	dev->release(dev);
}

void put_device(struct device *dev)
{
	kref_put(&dev->kobj.kref, device_free);
}

void device_unregister(struct device *dev)
{
	release_device(dev);
	put_device(dev);
}

bool device_iommu_capable(struct device *dev, enum iommu_cap cap)
{
	return dev->iommu && dev_iommu_ops(dev)->capable && dev_iommu_ops(dev)->capable(dev, cap);
}

int iommu_dev_enable_feature(struct device *dev, enum iommu_dev_features feat)
{
	if (!dev->iommu || !dev_iommu_ops(dev)->dev_enable_feat)
		return -ENODEV;
	return dev_iommu_ops(dev)->dev_enable_feat(dev, feat);
}

int iommu_dev_disable_feature(struct device *dev, enum iommu_dev_features feat)
{
	if (!dev->iommu || !dev_iommu_ops(dev)->dev_disable_feat)
		return -EBUSY;
	return dev_iommu_ops(dev)->dev_disable_feat(dev, feat);
}

void iommu_get_resv_regions(struct device *dev, struct list_head *list)
{
	if (dev_iommu_ops(dev)->get_resv_regions)
		dev_iommu_ops(dev)->get_resv_regions(dev, list);
}

/* Interrupts of devices in the domain are written to @base from now on (dma-iommu.c). */
int iommu_get_msi_cookie(struct iommu_domain *domain, dma_addr_t base)
{
	struct domain_stamp *stamp = domain_stamp(domain);

	if (domain->type != IOMMU_DOMAIN_UNMANAGED)
		return -EINVAL;
	if (stamp->msi)
		return -EBUSY;
	stamp->msi = kmalloc(sizeof(*stamp->msi), GFP_KERNEL);
	if (!stamp->msi)
		return -ENOMEM;
	*stamp->msi = base;
	return 0;
}

void upstream_vfio_device_open(struct device *dev)
{
	const struct device_options *options = container_of(dev->iommu, struct device_options, iommu);
	const struct domain_stamp *stamp = domain_stamp(dev->iommu_group->domain);
	unsigned long mapped = stamp && stamp->msi ? *stamp->msi : 0;

	WARN_ON(options->msi_told && mapped != options->own.msi);
}

/* Domains. */

static bool domain_fits(struct iommu_domain *domain, struct device *dev)
{
	const struct vfio_iommu_options *own = own_options(dev), *made = &domain_stamp(domain)->own;

	return made->aperture_start == own->aperture_start && made->aperture_last == own->aperture_last &&
	       made->pgsize == own->pgsize && made->msi == own->msi;
}

/* What was mapped, by frames: the driver's own table only knows physical addresses. */
static void note_mapped(struct domain_stamp *stamp, unsigned long iova, phys_addr_t paddr, size_t size, int prot)
{
	size_t done, part;

	for (done = 0; done < size; done += part) {
		unsigned long frame = phys_to_frame(paddr + done), offset = offset_in_page(paddr + done);
		unsigned long addr = (frame << PAGE_SHIFT) + offset;

		part = min_t(size_t, size - done, (frame_contig(frame) << PAGE_SHIFT) - offset);
		sim_run_set(&stamp->mapped, iova + done, iova + done + part - 1, addr, (unsigned long)prot);
		kapi_frames_count(addr, part, true);
	}
}

/* No device reaches the frames of [@iova, @last] by @table (stamp->mapped, stamp->cached) any more. */
static void note_gone(struct sim_run_tree *table, unsigned long iova, unsigned long last)
{
	unsigned long at = iova;
	struct sim_run run;

	while (sim_run_clip(table, at, last, &run)) {
		kapi_frames_count(run.value, run.last - run.start + 1, false);
		if (run.last == last)
			break;
		at = run.last + 1;
	}
	sim_run_clear(table, iova, last);
}

/* What @table maps of [@iova, @last] stays within the device's reach until the flush. */
static void note_cached(struct domain_stamp *stamp, struct iommu_domain *table, unsigned long iova,
			unsigned long last)
{
	unsigned long at = iova;
	struct sim_run run;

	note_gone(&stamp->cached, iova, last);
	while (iommu_lookup_frames(table, at, last, &run)) {
		sim_run_set(&stamp->cached, run.start, run.last, run.value, 0);
		kapi_frames_count(run.value, run.last - run.start + 1, true);
		if (run.last == last)
			break;
		at = run.last + 1;
	}
}

/* Makes the domain one for devices like @dev. */
static void domain_stamp_for(struct iommu_domain *domain, struct device *dev)
{
	const struct vfio_iommu_options *own = own_options(dev);
	struct domain_stamp *stamp = sim_zalloc(sizeof(*stamp));

	stamp->domain = domain;
	stamp->own = *own;
	sim_run_tree_init(&stamp->mapped, SIM_RUN_LINEAR);
	sim_run_tree_init(&stamp->cached, SIM_RUN_LINEAR);
	list_add(&stamp->node, &upstream()->stamps);
	if (own->aperture_last) {
		domain->geometry.aperture_start = own->aperture_start;
		domain->geometry.aperture_end = own->aperture_last;
	}
	if (own->pgsize)
		domain->pgsize_bitmap = domain->owner == &vfio_ops ? KAPI_VFIO_PAGES_FROM(own->pgsize) : own->pgsize;
}

static struct iommu_domain *domain_alloc_user(struct device *dev, u32 flags, struct iommu_domain *parent,
					      const struct iommu_user_data *user_data)
{
	struct iommu_domain *domain = upstream()->driver_ops->domain_alloc_user(dev, flags, parent, user_data);

	if (!IS_ERR(domain))
		domain_stamp_for(domain, dev);
	return domain;
}

int iommu_core_attach(struct iommu_domain *domain, struct device *dev)
{
	if (dev_iommu_ops(dev) != domain->owner || !domain_fits(domain, dev))
		return -EINVAL;
	return domain->ops->attach_dev ? domain->ops->attach_dev(domain, dev) : 0;
}

void iommu_core_count(struct iommu_domain *domain, int change)
{
	struct domain_stamp *stamp = domain_stamp(domain);

	if (stamp)
		stamp->groups += (unsigned int)change;
}

/* The driver has one stage only. */
int iommu_enable_nesting(struct iommu_domain *domain)
{
	return -EINVAL;
}

struct iommu_domain *iommu_paging_domain_alloc(struct device *dev)
{
	const struct iommu_ops *ops = dev_iommu_ops(dev);
	struct iommu_domain *domain;

	if (!ops->domain_alloc_paging)
		return ERR_PTR(-EOPNOTSUPP);
	domain = ops->domain_alloc_paging(dev);
	if (!domain)
		return ERR_PTR(-ENOMEM);
	domain->type = IOMMU_DOMAIN_UNMANAGED;
	domain->owner = ops;
	domain_stamp_for(domain, dev);
	return domain;
}

void iommu_domain_free(struct iommu_domain *domain)
{
	struct domain_stamp *stamp = domain_stamp(domain);

	/* intel/iommu.c:domain_exit() warns of the same */
	WARN_ON(stamp->groups);
	list_del(&stamp->node);
	note_gone(&stamp->mapped, 0, ~0UL);
	note_gone(&stamp->cached, 0, ~0UL);
	sim_run_tree_destroy(&stamp->mapped);
	sim_run_tree_destroy(&stamp->cached);
	kfree(stamp->msi);
	sim_free(stamp);
	domain->ops->free(domain);
}

/* Tables. */

/* The largest page that fits at both addresses, and in *@count how many of it. */
static size_t page_bytes(const struct iommu_domain *domain, unsigned long iova, phys_addr_t paddr, size_t size,
			 size_t *count)
{
	unsigned long sizes = domain->pgsize_bitmap, at = iova | paddr, pgsize, next;

	sizes &= (2UL << __fls(size)) - 1;
	if (at)
		sizes &= (2UL << __ffs(at)) - 1;
	pgsize = 1UL << __fls(sizes);
	next = domain->pgsize_bitmap & ~((pgsize << 1) - 1);
	if (next) {
		unsigned long offset;

		next = 1UL << __ffs(next);
		offset = next - (at & (next - 1));
		/* up to where the next larger page may begin */
		if (!((iova ^ paddr) & (next - 1)) && offset + next <= size)
			size = offset;
	}
	*count = size / pgsize;
	return pgsize;
}

static int map_pages(struct iommu_domain *domain, unsigned long iova, phys_addr_t paddr, size_t size, int prot,
		     gfp_t gfp, size_t *done)
{
	size_t pgsize, count, mapped;
	int ret = 0;

	while (!ret && *done < size) {
		mapped = 0;
		pgsize = page_bytes(domain, iova + *done, paddr + *done, size - *done, &count);
		ret = domain->ops->map_pages(domain, iova + *done, paddr + *done, pgsize, count, prot, gfp, &mapped);
		*done += mapped;
	}
	return ret;
}

static size_t unmap_pages(struct iommu_domain *domain, unsigned long iova, size_t size)
{
	struct iommu_iotlb_gather gather = { 0 };
	size_t pgsize, count, part, done = 0;

	while (done < size) {
		pgsize = page_bytes(domain, iova + done, iova + done, size - done, &count);
		part = domain->ops->unmap_pages(domain, iova + done, pgsize, count, &gather);
		if (!part)
			break;
		done += part;
	}
	return done;
}

/* The fault site iommu_map counts in 4K pages; what was mapped before the page that fails is undone. */
int iommu_map(struct iommu_domain *domain, unsigned long iova, phys_addr_t paddr, size_t size, int prot, gfp_t gfp)
{
	unsigned long nr = PFN_UP(size), good;
	struct iommu_domain *table = upstream_domain_table(domain);
	size_t done = 0;
	int ret = -EINVAL;

	might_sleep_if(gfpflags_allow_blocking(gfp));
	if (table)
		return kapi_domain_map(table, iova, paddr, size, prot);
	if (size && !((iova | paddr | size) & ((1UL << __ffs(domain->pgsize_bitmap)) - 1))) {
		good = sim_fault_pages(SIM_FAULT_IOMMU_MAP, nr);
		sim_nopreempt_begin();
		ret = good < nr ? -ENOMEM : map_pages(domain, iova, paddr, size, prot, gfp, &done);
		if (ret && done)
			unmap_pages(domain, iova, done);
		sim_nopreempt_end();
	}
	if (!ret)
		note_mapped(domain_stamp(domain), iova, paddr, size, prot);
	sim_done(SIM_POINT_IOMMU_MAP, upstream()->iommu_id, ret ? ret : (long)nr);
	return ret;
}

size_t iommu_unmap(struct iommu_domain *domain, unsigned long iova, size_t size)
{
	struct iommu_domain *table = upstream_domain_table(domain);
	size_t done = 0;

	if (table)
		return kapi_domain_unmap(table, iova, size);
	if (!((iova | size) & ((1UL << __ffs(domain->pgsize_bitmap)) - 1))) {
		sim_nopreempt_begin();
		done = unmap_pages(domain, iova, size);
		sim_nopreempt_end();
	}
	if (done)
		note_gone(&domain_stamp(domain)->mapped, iova, iova + done - 1);
	sim_done(SIM_POINT_IOMMU_UNMAP, upstream()->iommu_id, PFN_UP(done));
	return done;
}

/* Only out of the table: a page that loses its last pin before the flush is one that a device still reaches. */
size_t iommu_unmap_fast(struct iommu_domain *domain, unsigned long iova, size_t size,
			struct iommu_iotlb_gather *gather)
{
	struct iommu_domain *table = upstream_domain_table(domain);

	if (table && size)
		note_cached(domain_stamp(domain), table, iova, iova + size - 1);
	return iommu_unmap(domain, iova, size);
}

/* The flush, as the kernel's iommu_iotlb_sync() asks the driver for it. */
static void vfio_iotlb_sync(struct iommu_domain *domain, struct iommu_iotlb_gather *gather)
{
	note_gone(&domain_stamp(domain)->cached, 0, ~0UL);
}

phys_addr_t iommu_iova_to_phys(struct iommu_domain *domain, dma_addr_t iova)
{
	struct iommu_domain *table = upstream_domain_table(domain);
	phys_addr_t phys;

	if (table)
		return kapi_domain_phys(table, iova);
	sim_nopreempt_begin();
	phys = domain->ops->iova_to_phys(domain, iova);
	sim_nopreempt_end();
	return phys;
}

/* Asks the driver only for what is mapped: it warns about everything else. */
long upstream_device_pfn(struct device *dev, unsigned long iova)
{
	struct iommu_domain *domain = dev->iommu_group->domain, *table;
	struct sim_run run;

	if (!domain)
		return -1;
	table = upstream_domain_table(domain);
	if (table && !iommu_lookup_frames(table, iova, iova, &run))
		return -1;
	if (table)
		return (long)PHYS_PFN(kapi_domain_phys(table, iova));
	if (!sim_run_find(&domain_stamp(domain)->mapped, iova, &run))
		return -1;
	iova &= ~((1UL << __ffs(domain->pgsize_bitmap)) - 1);
	return (long)PHYS_PFN(domain->ops->iova_to_phys(domain, iova));
}

unsigned long upstream_domains_hash(void)
{
	unsigned long sum = kapi_domains_hash();
	struct domain_stamp *stamp;

	list_for_each_entry(stamp, &upstream()->stamps, node)
		sum += kapi_table_hash(&stamp->mapped);
	return sum;
}
