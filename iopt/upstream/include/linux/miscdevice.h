/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_MISCDEVICE_H
#define _LINUX_MISCDEVICE_H

#include <linux/fs.h>

#define IOMMU_MINOR 140
#define VFIO_MINOR 196
#define MISC_DYNAMIC_MINOR 255

struct miscdevice {
	int minor;
	const char *name;
	const struct file_operations *fops;
	const char *nodename;
	umode_t mode;
};

/* Kept by minor number, for whoever opens the device (iopt/upstream/machine.h). */
int misc_register(struct miscdevice *misc);
void misc_deregister(struct miscdevice *misc);

#endif
