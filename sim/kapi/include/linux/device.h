/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device model, as far as a device has a group, an IOMMU and a name. */
#ifndef _LINUX_DEVICE_H
#define _LINUX_DEVICE_H

#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/types.h>

struct attribute_group;
struct device;
struct device_driver;
struct dev_iommu;
struct fwnode_handle;
struct iommu_group;
struct module;
struct notifier_block;

struct bus_type {
	const char *name;
	int (*match)(struct device *dev, const struct device_driver *drv);
};

struct kobject {
	const char *name;
	struct kref kref;
};

struct class {
	const char *name;
};

struct device {
	struct kobject kobj;
	const char *name;
	struct device *parent;
	const struct bus_type *bus;
	struct device_driver *driver;
	struct iommu_group *iommu_group;
	struct dev_iommu *iommu;
	struct fwnode_handle *fwnode;
	void *driver_data;
	void (*release)(struct device *dev);
	dev_t devt;
};

struct device_driver {
	const char *name;
	const struct bus_type *bus;
	struct module *owner;
};

static inline const char *dev_name(const struct device *dev)
{
	return dev->name ? dev->name : "device";
}

static inline void *dev_get_drvdata(const struct device *dev)
{
	return dev->driver_data;
}

static inline void dev_set_drvdata(struct device *dev, void *data)
{
	dev->driver_data = data;
}

int bus_register(const struct bus_type *bus);
void bus_unregister(const struct bus_type *bus);
void device_initialize(struct device *dev);
int dev_set_name(struct device *dev, const char *format, ...) __printf(2, 3);
int device_add(struct device *dev);
void device_del(struct device *dev);
void device_unregister(struct device *dev);
struct device *get_device(struct device *dev);
void put_device(struct device *dev);

#define dev_warn(dev, format, ...) printk("%s: " format, dev_name(dev), ##__VA_ARGS__)
#define dev_warn_once dev_warn
#define dev_warn_ratelimited dev_warn
#define dev_err(dev, format, ...) dev_warn(dev, format, ##__VA_ARGS__)
#define dev_err_ratelimited dev_warn
#define dev_info(dev, format, ...) dev_warn(dev, format, ##__VA_ARGS__)
#define dev_dbg(dev, format, ...) ((void)(dev))

#endif
