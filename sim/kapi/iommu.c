// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The IOMMU of the simulated machine.
 *
 * What it represents: devices, each alone in its group (iommu_group.c), and paging domains. Two
 * drivers stand behind them: the mock of iommufd's selftest and a page-table
 * driver with pages of 4K, 2M and 1G (AMD's first table format, as it stands in
 * 6.12), which vfio devices use.
 *
 * A domain's table is one linear run tree from IOVA to frame address, both in
 * bytes. What a page table would hold beyond that follows from it:
 *
 *  - where one map call ended and the next began is visible in a table only if
 *    the physical addresses go on across the border; only such borders are kept
 *    (seams). The mock needs them to check that unmaps cover whole map calls.
 *  - large pages are what iommu_map() would have chosen: every naturally aligned
 *    block that lies in one map call, in one physically contiguous run, at a
 *    physical address aligned alike. The largest such block is one entry, and
 *    unmapping a part of it unmaps it all.
 *
 * So a guest of any size costs as many steps as it has runs.
 *
 * Who owns what: the world's list holds every domain; a domain belongs to who
 * allocated it. Tables have no lock, as a driver's have none: whoever maps has the
 * range to itself.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/iommu.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/types.h>
#include <kapi/iommu.h>
#include <kapi/iommu_group.h>
#include <sim/digest.h>
#include <sim/fault.h>
#include <sim/run_tree.h>
#include <sim/sched.h>
#include <sim/verdict.h>
#include <sim/world.h>

#define MOCK_APERTURE_START (1UL << 24)
#define MOCK_APERTURE_LAST ((1UL << 31) - 1)
#define MOCK_PAGE_BYTES (PAGE_SIZE / 2)

/* In a run's attr, beside IOMMU_READ and its kin. */
#define ATTR_PROT 0xffffUL

struct iommu_state {
	struct list_head domains;		/* struct kapi_domain, in order of making */
	struct sim_run_tree mapped;		/* frame address -> mappings of it, over all domains */
	int groups;				/* handed out as ids */
};

struct kapi_domain {
	struct iommu_domain domain;
	struct list_head node;
	unsigned long id;			/* for the trace */
	enum kapi_iommu_kind kind;
	struct kapi_iommu_options options;	/* of the device that it was made for */
	unsigned int groups;			/* that are attached */
	struct sim_run_tree table;		/* IOVA -> frame address; attr: prot */
	struct sim_run_tree seams;		/* IOVA that a map call starts at, though physical addresses go on */
};

struct kapi_device {
	struct device dev;
	struct kapi_iommu_options options;
};

static void domain_free(struct iommu_domain *domain);

static const struct iommu_domain_ops mock_domain_ops = {
	.free = domain_free,
};
static const struct iommu_domain_ops vfio_domain_ops = {
	.free = domain_free,
};
static const struct iommu_ops mock_ops = {
	.pgsize_bitmap = MOCK_PAGE_BYTES,
	.default_domain_ops = &mock_domain_ops,
};
static const struct iommu_ops vfio_ops = {
	.pgsize_bitmap = KAPI_VFIO_PAGES,
	.default_domain_ops = &vfio_domain_ops,
};

static void state_free(void *arg)
{
	struct iommu_state *state = arg;

	sim_run_tree_destroy(&state->mapped);
	sim_free(state);
}

static struct iommu_state *iommu_state(void)
{
	struct iommu_state *state = sim_slot(SIM_SLOT_IOMMU);

	if (!state) {
		state = sim_zalloc(sizeof(*state));
		INIT_LIST_HEAD(&state->domains);
		sim_run_tree_init(&state->mapped, SIM_RUN_CONSTANT);
		sim_slot_set(SIM_SLOT_IOMMU, state, state_free);
	}
	return state;
}

static struct kapi_device *to_kapi_device(struct device *dev)
{
	return container_of(dev, struct kapi_device, dev);
}

static struct kapi_domain *to_kapi_domain(struct iommu_domain *domain)
{
	return container_of(domain, struct kapi_domain, domain);
}

static const struct iommu_ops *ops_of_kind(enum kapi_iommu_kind kind)
{
	return kind == KAPI_IOMMU_MOCK ? &mock_ops : &vfio_ops;
}

/* Devices. */

struct device *kapi_device_create(const struct kapi_iommu_options *options)
{
	struct kapi_device *kdev;
	struct iommu_group *group;

	kdev = kzalloc(sizeof(*kdev), GFP_KERNEL);
	if (!kdev)
		return NULL;
	group = iommu_group_create(&kdev->dev, &iommu_state()->groups);
	if (!group) {
		kfree(kdev);
		return NULL;
	}
	kdev->options = *options;
	kdev->dev.iommu_group = group;
	return &kdev->dev;
}

void kapi_device_destroy(struct device *dev)
{
	iommu_group_leave(dev);
	kfree(to_kapi_device(dev));
}

static const struct iommu_ops *ops_of_device(struct device *dev)
{
	return ops_of_kind(to_kapi_device(dev)->options.kind);
}

bool device_iommu_capable(struct device *dev, enum iommu_cap cap)
{
	return cap == IOMMU_CAP_CACHE_COHERENCY;
}

/* The driver says nothing where the allocation fails, as the kernel's drivers do. */
void iommu_get_resv_regions(struct device *dev, struct list_head *list)
{
	struct iommu_resv_region *region;

	if (to_kapi_device(dev)->options.kind == KAPI_IOMMU_MOCK)
		return;
	region = kzalloc(sizeof(*region), GFP_KERNEL);
	if (!region)
		return;
	region->start = KAPI_VFIO_MSI_START;
	region->length = KAPI_VFIO_MSI_BYTES;
	region->type = IOMMU_RESV_MSI;
	list_add_tail(&region->list, list);
}

int iommu_get_msi_cookie(struct iommu_domain *domain, dma_addr_t base)
{
	return -ENODEV;
}

/* A domain is for devices like the one that it was made for: another IOMMU, or another mock, has its own. */
static bool domain_fits(const struct iommu_domain *domain, struct device *dev)
{
	const struct kapi_iommu_options *made = &container_of(domain, struct kapi_domain, domain)->options;
	const struct kapi_iommu_options *options = &to_kapi_device(dev)->options;

	return ops_of_device(dev) == domain->owner && made->pgsize == options->pgsize &&
	       made->aperture_start == options->aperture_start && made->aperture_last == options->aperture_last;
}

int iommu_core_attach(struct iommu_domain *domain, struct device *dev)
{
	return domain_fits(domain, dev) ? 0 : -EINVAL;
}

void iommu_core_count(struct iommu_domain *domain, int change)
{
	struct kapi_domain *kdomain;

	list_for_each_entry(kdomain, &iommu_state()->domains, node)
		if (&kdomain->domain == domain)
			kdomain->groups += (unsigned int)change;
}

/* Domains. */

struct iommu_domain *kapi_domain_alloc(const struct kapi_iommu_options *options)
{
	bool mock = options->kind == KAPI_IOMMU_MOCK;
	struct kapi_domain *kdomain;
	struct iommu_domain *domain;

	kdomain = kzalloc(sizeof(*kdomain), GFP_KERNEL);
	if (!kdomain)
		return ERR_PTR(-ENOMEM);
	kdomain->id = sim_object_id();
	kdomain->kind = options->kind;
	kdomain->options = *options;
	sim_run_tree_init(&kdomain->table, SIM_RUN_LINEAR);
	sim_run_tree_init(&kdomain->seams, SIM_RUN_CONSTANT);
	list_add_tail(&kdomain->node, &iommu_state()->domains);

	domain = &kdomain->domain;
	domain->type = IOMMU_DOMAIN_UNMANAGED;
	domain->ops = mock ? &mock_domain_ops : &vfio_domain_ops;
	domain->owner = ops_of_kind(options->kind);
	if (options->pgsize)
		domain->pgsize_bitmap = mock ? options->pgsize : KAPI_VFIO_PAGES_FROM(options->pgsize);
	else
		domain->pgsize_bitmap = mock ? MOCK_PAGE_BYTES : KAPI_VFIO_PAGES;
	if (options->aperture_start || options->aperture_last) {
		domain->geometry.aperture_start = options->aperture_start;
		domain->geometry.aperture_end = options->aperture_last;
	} else if (mock) {
		domain->geometry.aperture_start = MOCK_APERTURE_START;
		domain->geometry.aperture_end = MOCK_APERTURE_LAST;
	} else {
		domain->geometry.aperture_end = KAPI_VFIO_APERTURE_LAST;
	}
	domain->geometry.force_aperture = !mock;
	return domain;
}

struct iommu_domain *iommu_paging_domain_alloc(struct device *dev)
{
	return kapi_domain_alloc(&to_kapi_device(dev)->options);
}

void kapi_frames_count(unsigned long frame_addr, unsigned long bytes, bool map)
{
	struct sim_run_tree *mapped = &iommu_state()->mapped;
	unsigned long at = frame_addr, last = frame_addr + bytes - 1;
	struct sim_run run;

	while (at <= last) {
		unsigned long value = 0, end = last;

		if (sim_run_clip(mapped, at, last, &run)) {
			if (run.start > at) {
				end = run.start - 1;
			} else {
				value = run.value;
				end = run.last;
			}
		}
		value += map ? 1 : -1;
		if (value)
			sim_run_set(mapped, at, end, value, 0);
		else
			sim_run_clear(mapped, at, end);
		if (end == last)
			break;
		at = end + 1;
	}
}

static void table_clear(struct kapi_domain *kdomain, unsigned long iova, unsigned long last)
{
	unsigned long at = iova;
	struct sim_run run;

	while (at <= last && sim_run_clip(&kdomain->table, at, last, &run)) {
		kapi_frames_count(run.value, run.last - run.start + 1, false);
		if (run.last == last)
			break;
		at = run.last + 1;
	}
	sim_run_clear(&kdomain->table, iova, last);
	sim_run_clear(&kdomain->seams, iova, last == ~0UL ? last : last + 1);
}

static void domain_free(struct iommu_domain *domain)
{
	struct kapi_domain *kdomain = to_kapi_domain(domain);

	WARN_ON(kdomain->groups);
	/* Only the mock looks; a driver frees its tables whatever is in them. */
	WARN_ON(kdomain->kind == KAPI_IOMMU_MOCK && kdomain->table.nr_runs);
	table_clear(kdomain, 0, ~0UL);
	sim_run_tree_destroy(&kdomain->table);
	sim_run_tree_destroy(&kdomain->seams);
	list_del(&kdomain->node);
	kfree(kdomain);
}

void kapi_domain_free(struct iommu_domain *domain)
{
	domain->ops->free(domain);
}

void iommu_domain_free(struct iommu_domain *domain)
{
	kapi_domain_free(domain);
}

/* Tables. */

static unsigned long page_bytes_min(const struct iommu_domain *domain)
{
	return domain->pgsize_bitmap & -domain->pgsize_bitmap;
}

/* Do the physical addresses go on from the byte before @frame_addr to it? */
static bool phys_goes_on(unsigned long frame_addr)
{
	return offset_in_page(frame_addr) || frame_contig(PFN_DOWN(frame_addr) - 1) > 1;
}

static void mark_seam(struct kapi_domain *kdomain, unsigned long iova)
{
	struct sim_run run;

	if (!sim_run_find(&kdomain->table, iova, &run) || run.start == iova)
		return;
	if (phys_goes_on(run.value + (iova - run.start)))
		sim_run_set(&kdomain->seams, iova, iova, 0, 0);
}

static void table_set(struct kapi_domain *kdomain, unsigned long iova, unsigned long frame_addr, unsigned long bytes,
		      unsigned long attr)
{
	sim_run_set(&kdomain->table, iova, iova + bytes - 1, frame_addr, attr);
	kapi_frames_count(frame_addr, bytes, true);
}

/*
 * What iommu_map() does before and around the driver: 0 if all may be mapped now.
 * A fault in the middle leaves nothing behind, so nothing is mapped first.
 */
static int map_prepare(struct kapi_domain *kdomain, unsigned long iova, unsigned long addr, size_t bytes)
{
	unsigned long nr = DIV_ROUND_UP(bytes, PAGE_SIZE);
	struct sim_run run;

	if ((iova | addr | bytes) & (page_bytes_min(&kdomain->domain) - 1) || !bytes)
		return -EINVAL;
	if (sim_fault_pages(SIM_FAULT_IOMMU_MAP, nr) < nr)
		return -ENOMEM;
	if (sim_run_clip(&kdomain->table, iova, iova + bytes - 1, &run)) {
		WARN_ON(kdomain->kind == KAPI_IOMMU_MOCK);
		return -EADDRINUSE;
	}
	return 0;
}

int iommu_map_frames(struct iommu_domain *domain, unsigned long iova, unsigned long frame_addr, size_t bytes, int prot,
		     gfp_t gfp)
{
	struct kapi_domain *kdomain = to_kapi_domain(domain);
	int ret;

	ret = map_prepare(kdomain, iova, frame_addr, bytes);
	if (!ret) {
		table_set(kdomain, iova, frame_addr, bytes, prot);
		mark_seam(kdomain, iova);
		mark_seam(kdomain, iova + bytes);
	}
	sim_done(SIM_POINT_IOMMU_MAP, kdomain->id, ret ? ret : PFN_UP(bytes));
	return ret;
}

int kapi_domain_map(struct iommu_domain *domain, unsigned long iova, phys_addr_t paddr, size_t size, int prot)
{
	struct kapi_domain *kdomain = to_kapi_domain(domain);
	size_t done = 0;
	int ret;

	ret = map_prepare(kdomain, iova, paddr, size);
	while (!ret && done < size) {
		unsigned long frame = phys_to_frame(paddr + done);
		unsigned long offset = offset_in_page(paddr + done);
		size_t part = min_t(size_t, size - done, (frame_contig(frame) << PAGE_SHIFT) - offset);

		table_set(kdomain, iova + done, (frame << PAGE_SHIFT) + offset, part, prot);
		done += part;
	}
	if (!ret) {
		mark_seam(kdomain, iova);
		mark_seam(kdomain, iova + size);
	}
	sim_done(SIM_POINT_IOMMU_MAP, kdomain->id, ret ? ret : PFN_UP(size));
	return ret;
}

int iommu_map(struct iommu_domain *domain, unsigned long iova, phys_addr_t paddr, size_t size, int prot, gfp_t gfp)
{
	return kapi_domain_map(domain, iova, paddr, size, prot);
}

/* The page table entry that holds @iova of @run: its first IOVA, and its size in *@bytes. */
static unsigned long entry_at(struct kapi_domain *kdomain, const struct sim_run *run, unsigned long iova,
			      unsigned long *bytes)
{
	unsigned long sizes = kdomain->domain.pgsize_bitmap;
	unsigned long small = page_bytes_min(&kdomain->domain);
	struct sim_run seam;

	if (run->attr & KAPI_IOMMU_BY_PAGE)
		sizes = small;
	while (sizes != small) {
		unsigned long size = 1UL << (BITS_PER_LONG - 1 - __builtin_clzl(sizes));
		unsigned long base = iova & ~(size - 1);
		unsigned long addr = run->value + (base - run->start);

		sizes &= ~size;
		if (base < run->start || run->last - base < size - 1 || offset_in_page(addr))
			continue;
		if (frame_to_phys(PFN_DOWN(addr)) & (size - 1) || frame_contig(PFN_DOWN(addr)) < size >> PAGE_SHIFT)
			continue;
		if (sim_run_clip(&kdomain->seams, base + 1, base + size - 1, &seam))
			continue;
		*bytes = size;
		return base;
	}
	*bytes = small;
	return iova & ~(small - 1);
}

/* Is @iova of @run where a map call started? */
static bool call_starts_at(struct kapi_domain *kdomain, const struct sim_run *run, unsigned long iova)
{
	unsigned long addr = run->value + (iova - run->start);
	struct sim_run seam;

	if (iova == run->start || sim_run_find(&kdomain->seams, iova, &seam))
		return true;
	return !phys_goes_on(addr) || (run->attr & KAPI_IOMMU_BY_PAGE && !offset_in_page(addr));
}

/* selftest.c:mock_domain_unmap_pages: what is not mapped counts as unmapped; both ends must be those of map calls. */
static size_t mock_unmap(struct kapi_domain *kdomain, unsigned long iova, size_t size)
{
	unsigned long last = iova + size - 1;
	struct sim_run run;

	if (sim_run_find(&kdomain->table, iova, &run))
		WARN_ON(!call_starts_at(kdomain, &run, iova));
	if (sim_run_find(&kdomain->table, last, &run) && run.last != last)
		WARN_ON(!call_starts_at(kdomain, &run, last + 1));
	table_clear(kdomain, iova, last);
	return size;
}

/* amd/io_pgtable.c:iommu_v1_unmap_pages: entry by entry, each whole, until a hole. */
static size_t table_unmap(struct kapi_domain *kdomain, unsigned long iova, size_t size)
{
	unsigned long base, bytes, end;
	size_t unmapped = 0;
	struct sim_run run;

	while (unmapped < size && sim_run_find(&kdomain->table, iova, &run)) {
		base = entry_at(kdomain, &run, iova, &bytes);
		if (base < iova) {
			end = base + bytes;
			unmapped += bytes;
		} else {
			end = min(run.last, iova + (size - unmapped) - 1);
			end = entry_at(kdomain, &run, end, &bytes) + bytes;
			unmapped += end - iova;
		}
		table_clear(kdomain, base, end - 1);
		iova = end;
	}
	return unmapped;
}

size_t kapi_domain_unmap(struct iommu_domain *domain, unsigned long iova, size_t size)
{
	struct kapi_domain *kdomain = to_kapi_domain(domain);
	size_t unmapped = 0;

	if (size && !((iova | size) & (page_bytes_min(domain) - 1))) {
		if (kdomain->kind == KAPI_IOMMU_MOCK)
			unmapped = mock_unmap(kdomain, iova, size);
		else
			unmapped = table_unmap(kdomain, iova, size);
	}
	sim_done(SIM_POINT_IOMMU_UNMAP, kdomain->id, PFN_UP(unmapped));
	return unmapped;
}

size_t iommu_unmap(struct iommu_domain *domain, unsigned long iova, size_t size)
{
	return kapi_domain_unmap(domain, iova, size);
}

size_t iommu_unmap_fast(struct iommu_domain *domain, unsigned long iova, size_t size,
			struct iommu_iotlb_gather *iotlb_gather)
{
	return iommu_unmap(domain, iova, size);
}

phys_addr_t kapi_domain_phys(struct iommu_domain *domain, dma_addr_t iova)
{
	struct kapi_domain *kdomain = to_kapi_domain(domain);
	unsigned long addr;
	struct sim_run run;

	if (!sim_run_find(&kdomain->table, iova, &run)) {
		WARN_ON(kdomain->kind == KAPI_IOMMU_MOCK);
		return 0;
	}
	addr = run.value + (iova - run.start);
	return frame_to_phys(PFN_DOWN(addr)) + offset_in_page(addr);
}

phys_addr_t iommu_iova_to_phys(struct iommu_domain *domain, dma_addr_t iova)
{
	return kapi_domain_phys(domain, iova);
}

bool iommu_lookup_frames(struct iommu_domain *domain, unsigned long iova, unsigned long last, struct sim_run *run)
{
	if (!sim_run_clip(&to_kapi_domain(domain)->table, iova, last, run))
		return false;
	run->attr &= ATTR_PROT;
	return true;
}

/* Observers. */

void kapi_for_each_domain(void (*fn)(struct iommu_domain *domain, void *arg), void *arg)
{
	struct kapi_domain *kdomain;

	list_for_each_entry(kdomain, &iommu_state()->domains, node)
		fn(&kdomain->domain, arg);
}

static unsigned long hash_run(unsigned long hash, const struct sim_run *run)
{
	const unsigned long words[] = { run->start, run->last, run->value, run->attr };

	for (unsigned int word = 0; word < ARRAY_SIZE(words); word++) {
		hash = (hash ^ words[word]) * 0x9e3779b97f4a7c15UL;
		hash ^= hash >> 29;
	}
	return hash;
}

/* Of what is mapped, whatever calls and entries of the table did it: runs are one where nothing else parts them. */
unsigned long kapi_table_hash(const struct sim_run_tree *table)
{
	struct sim_run run, whole;
	unsigned long hash = 0;

	if (!sim_run_next(table, 0, &whole))
		return 0;
	whole.attr &= IOMMU_READ | IOMMU_WRITE;
	while (whole.last != ~0UL && sim_run_next(table, whole.last + 1, &run)) {
		run.attr &= IOMMU_READ | IOMMU_WRITE;
		if (run.start == whole.last + 1 && run.attr == whole.attr &&
		    run.value == whole.value + (run.start - whole.start)) {
			whole.last = run.last;
			continue;
		}
		hash = hash_run(hash, &whole);
		whole = run;
	}
	return hash_run(hash, &whole);
}

unsigned long kapi_domains_hash(void)
{
	struct kapi_domain *kdomain;
	unsigned long sum = 0;

	list_for_each_entry(kdomain, &iommu_state()->domains, node)
		sum += kapi_table_hash(&kdomain->table);
	return sum;
}

bool kapi_frames_mapped(unsigned long frame, unsigned long nr)
{
	struct sim_run run;

	return sim_run_clip(&iommu_state()->mapped, frame << PAGE_SHIFT, ((frame + nr) << PAGE_SHIFT) - 1, &run);
}

long kapi_device_pfn(struct device *dev, unsigned long iova)
{
	struct iommu_domain *domain = dev->iommu_group->domain;
	struct sim_run run;

	if (!domain || !iommu_lookup_frames(domain, iova, iova, &run))
		return -1;
	return PFN_DOWN(frame_to_phys(PFN_DOWN(run.value)));
}

void kapi_domain_digest(struct sim_digest *digest, struct iommu_domain *domain,
			void (*frames)(struct sim_digest *digest, unsigned long frame, unsigned long nr))
{
	struct kapi_domain *kdomain = domain ? to_kapi_domain(domain) : NULL;
	struct sim_run run;
	unsigned long at;

	if (!sim_digest_name(digest, domain))
		return;
	sim_digest_add(digest, kdomain->kind);
	sim_digest_add(digest, domain->geometry.aperture_start);
	sim_digest_add(digest, domain->geometry.aperture_end);
	sim_digest_add(digest, domain->pgsize_bitmap);
	sim_digest_add(digest, kdomain->table.nr_runs);
	for (at = 0; sim_run_next(&kdomain->table, at, &run); at = run.last + 1) {
		sim_digest_add(digest, run.start);
		sim_digest_add(digest, run.last);
		sim_digest_add(digest, run.attr);
		sim_digest_add(digest, offset_in_page(run.value));
		frames(digest, run.value >> PAGE_SHIFT, PFN_UP(offset_in_page(run.value) + run.last - run.start + 1));
		if (run.last == ~0UL)
			break;
	}
	for (at = 0; sim_run_next(&kdomain->seams, at, &run); at = run.last + 1) {
		sim_digest_add(digest, run.start);
		sim_digest_add(digest, run.last);
		if (run.last == ~0UL)
			break;
	}
}
