/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The IOMMU of the simulated machine: devices, each in a group of its own, and
 * paging domains whose tables are runs.
 *
 * A domain maps IOVAs to frame addresses: frame << 12 | offset in the page, so
 * that consecutive frames are one run whatever the physical layout (frame numbers
 * and physical addresses: <linux/mm.h>). The kernel's own calls (iommu_map,
 * iommu_unmap, iommu_iova_to_phys; <linux/iommu.h>) work on the same tables by
 * physical address.
 *
 * Two kinds: the mock of iommufd's selftest (aperture 16M to 2G-1, IO pages of
 * 2048 bytes, unmap must be a superset of whole map calls), and the one behind
 * vfio devices (48-bit IOVAs, pages of 4K, 2M, 1G, reserved 0xfee00000 to
 * 0xfeefffff; unmapping a part of a large page unmaps all of it).
 */
#ifndef KAPI_IOMMU_H
#define KAPI_IOMMU_H

#include <linux/iommu.h>
#include <linux/types.h>
#include <sim/run_tree.h>

struct sim_digest;

enum kapi_iommu_kind {
	KAPI_IOMMU_MOCK,
	KAPI_IOMMU_VFIO,
};

/*
 * In @prot: as one map call for each page (iommufd without large pages), so that
 * there is no large page and any page may be unmapped alone.
 */
#define KAPI_IOMMU_BY_PAGE (1 << 16)

struct kapi_iommu_options {
	enum kapi_iommu_kind kind;
	unsigned long aperture_start;	/* 0 and 0: the kind's own */
	unsigned long aperture_last;
	unsigned long pgsize;		/* least IO page in bytes; 0: the kind's own */
};

/* A device with its group and IOMMU instance; NULL on an injected allocation failure. */
struct device *kapi_device_create(const struct kapi_iommu_options *options);
void kapi_device_destroy(struct device *dev);

/*
 * Maps [@iova, +@bytes) to the frames from @frame_addr on. -EADDRINUSE where
 * something is mapped, -ENOMEM by the fault site iommu_map (counted in 4K pages;
 * what was mapped before the failing page is undone, as iommu_map() does).
 */
int iommu_map_frames(struct iommu_domain *domain, unsigned long iova, unsigned long frame_addr, size_t bytes, int prot,
		     gfp_t gfp);
/*
 * The run at the first mapped IOVA >= @iova, clipped to [@iova, @last]; run.value
 * is the frame address, run.attr the prot. false where nothing is mapped there.
 */
bool iommu_lookup_frames(struct iommu_domain *domain, unsigned long iova, unsigned long last, struct sim_run *run);

/* Adds the domain by name and what it maps (sim/digest.h); @frames: adds a run of frames. */
void kapi_domain_digest(struct sim_digest *digest, struct iommu_domain *domain,
			void (*frames)(struct sim_digest *digest, unsigned long frame, unsigned long nr));

/*
 * What all domains map, as a hash: which byte of which frame stands at each IOVA, for
 * reading or writing. The order in which domains were made does not count, nor does
 * one that maps nothing. kapi_table_hash(): of one table, IOVA -> frame address.
 */
unsigned long kapi_domains_hash(void);
unsigned long kapi_table_hash(const struct sim_run_tree *table);

/* What the IOMMU behind vfio devices has. */
#define KAPI_VFIO_APERTURE_LAST ((1UL << 48) - 1)
#define KAPI_VFIO_PAGES (PAGE_SIZE | (1UL << 21) | (1UL << 30))
/* And one whose least page has @pgsize bytes, in place of those of 4K: that and what is larger. */
#define KAPI_VFIO_PAGES_FROM(pgsize) ((pgsize) | (KAPI_VFIO_PAGES & ~PAGE_SIZE & ~((pgsize) - 1)))
#define KAPI_VFIO_MSI_START 0xfee00000UL
#define KAPI_VFIO_MSI_BYTES 0x100000UL

/*
 * The same domains for who brings an IOMMU core of his own (iopt/upstream), whose
 * functions have the kernel's names and whose struct iommu_domain has the kernel's
 * layout: these are opaque to him. They do what iommu_paging_domain_alloc(),
 * iommu_domain_free(), iommu_map(), iommu_unmap() and iommu_iova_to_phys() do.
 */
struct iommu_domain *kapi_domain_alloc(const struct kapi_iommu_options *options);
void kapi_domain_free(struct iommu_domain *domain);
int kapi_domain_map(struct iommu_domain *domain, unsigned long iova, phys_addr_t paddr, size_t size, int prot);
size_t kapi_domain_unmap(struct iommu_domain *domain, unsigned long iova, size_t size);
phys_addr_t kapi_domain_phys(struct iommu_domain *domain, dma_addr_t iova);

/* Every paging domain of the world, for the invariants dma_pages and unpin_while_mapped. */
void kapi_for_each_domain(void (*fn)(struct iommu_domain *domain, void *arg), void *arg);
/* For a table that is not of these drivers: @bytes at @frame_addr were mapped (@map) or unmapped once more. */
void kapi_frames_count(unsigned long frame_addr, unsigned long bytes, bool map);
/* Is any page of the frame run mapped in any domain? */
bool kapi_frames_mapped(unsigned long frame, unsigned long nr);
/* The physical frame (phys >> 12) that the device's current domain has at @iova, or -1 (the observable DEV.pfn). */
long kapi_device_pfn(struct device *dev, unsigned long iova);

#endif
