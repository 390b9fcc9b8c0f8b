/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_PLATFORM_DEVICE_H
#define _LINUX_PLATFORM_DEVICE_H

#include <linux/device.h>

struct platform_device {
	struct device dev;
};

struct platform_device_info {
	const char *name;
};

struct platform_device *platform_device_register_full(const struct platform_device_info *info);
void platform_device_unregister(struct platform_device *pdev);

#endif
