/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The IOMMU's calls as the tests make them; compiler types only. Arguments as op_*() of harness.h. */
#ifndef TESTS_SUBSYS_IOMMU_OPS_H
#define TESTS_SUBSYS_IOMMU_OPS_H

long iommu_op_device(const long *a);		/* mock, aperture's last, least page; returns the device or 0 */
long iommu_op_destroy_device(const long *a);	/* device */
long iommu_op_domain(const long *a);		/* device; returns the domain or -errno */
long iommu_op_free(const long *a);		/* domain */
long iommu_op_map(const long *a);		/* domain, iova, pfn, bytes, by_page */
long iommu_op_map_phys(const long *a);		/* domain, iova, pfn, bytes: by physical address */
long iommu_op_unmap(const long *a);		/* domain, iova, bytes; returns bytes */
long iommu_op_pfn(const long *a);		/* domain, iova; returns the pfn or -1 */
long iommu_op_runs(const long *a);		/* domain; returns how many runs it maps */
long iommu_op_frames_mapped(const long *a);	/* pfn, nr */
long iommu_op_claim(const long *a);		/* device, owner */
long iommu_op_release(const long *a);		/* device */
long iommu_op_attach(const long *a);		/* device, domain */
long iommu_op_detach(const long *a);		/* device, domain */
long iommu_op_attach_handle(const long *a);	/* device, domain, handle number */
long iommu_op_replace_handle(const long *a);	/* device, domain, handle number */
long iommu_op_detach_handle(const long *a);	/* device, domain */
long iommu_op_handle(const long *a);		/* device, domain type; returns the handle's number or -errno */
long iommu_op_resv_bytes(const long *a);	/* device; bytes reserved, or -errno */
long iommu_op_device_pfn(const long *a);	/* device, iova */
long iommu_op_unmap_everywhere(const long *a);	/* iova, bytes: in every domain of the world */
long mutant_op_locked_vm(const long *a);	/* pages: added to the caller's locked_vm, behind everybody's back */

#endif
