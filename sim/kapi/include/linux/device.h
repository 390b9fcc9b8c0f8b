/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_DEVICE_H
#define _LINUX_DEVICE_H
#include <linux/types.h>
struct iommu_group;
struct device {
	const char *name;
	struct iommu_group *iommu_group;
	void *driver_data;
};
#endif
