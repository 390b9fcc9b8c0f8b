/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel API's configuration, without what its IOMMU does not have: page requests of devices. */
#include_next <linux/kconfig.h>
#undef CONFIG_IOMMU_IOPF
