/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _PLATFORM_DEVICE_H_
#define _PLATFORM_DEVICE_H_

#include <linux/device.h>

struct platform_device {
	const char *name;
	int id;
	struct device dev;
};

#define PLATFORM_DEVID_NONE (-1)

struct platform_device_info {
	struct device *parent;
	const char *name;
	int id;
};

struct platform_device *platform_device_register_full(const struct platform_device_info *info);
void platform_device_unregister(struct platform_device *pdev);

static inline struct platform_device *platform_device_register_simple(const char *name, int id, const void *resources,
								      unsigned int nr)
{
	struct platform_device_info info = { .name = name, .id = id };

	return platform_device_register_full(&info);
}

#endif
