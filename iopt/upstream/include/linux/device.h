/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices, buses and sysfs as far as iommufd's test driver has them: a device is
 * its name, its bus and what the IOMMU core hangs on it. In place of the kernel
 * API's own <linux/device.h>, which serves the model's mock devices.
 */
#ifndef _LINUX_DEVICE_H
#define _LINUX_DEVICE_H

#include <linux/bitmap.h>
#include <linux/bug.h>
#include <linux/gfp.h>
#include <linux/idr.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

struct attribute_group;
struct dentry;
struct dev_iommu;
struct fwnode_handle;
struct iommu_group;
struct module;

struct bus_type {
	const char *name;
};

struct notifier_block {
	int (*notifier_call)(struct notifier_block *nb, unsigned long action, void *data);
};

struct device {
	const struct bus_type *bus;
	char name[32];
	struct kref kref;
	void *driver_data;
	struct iommu_group *iommu_group;
	struct dev_iommu *iommu;
	void (*release)(struct device *dev);
	bool added;
};

void device_initialize(struct device *dev);
/* Puts it on its bus: the IOMMU driver registered there takes it in. ENODEV, ENOMEM. */
int device_add(struct device *dev);
void device_unregister(struct device *dev);
void put_device(struct device *dev);
int dev_set_name(struct device *dev, const char *format, ...) __printf(2, 3);
int bus_register(const struct bus_type *bus);
void bus_unregister(const struct bus_type *bus);

static inline const char *dev_name(const struct device *dev)
{
	return dev->name;
}

static inline void *dev_get_drvdata(const struct device *dev)
{
	return dev->driver_data;
}

static inline bool dev_is_pci(const struct device *dev)
{
	return false;
}

#define dev_warn(dev, format...) _printk(format)
#define dev_warn_ratelimited(dev, format...) _printk(format)

#endif
