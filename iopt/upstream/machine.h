/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of the machine that only the kernel's own files need: buses and
 * devices, the IOMMU core, /dev/iommu, and what the glue remembers of a run. One
 * struct upstream_machine a world (SIM_SLOT_UPSTREAM).
 */
#ifndef UPSTREAM_MACHINE_H
#define UPSTREAM_MACHINE_H

#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <accounting/ledger.h>
#include <iopt/iommufd.h>

struct iommufd_ctx;
struct miscdevice;

struct upstream_machine {
	struct miscdevice *iommu_misc;		/* /dev/iommu, once registered */
	struct iommu_device *iommu;		/* the driver of mock_bus: there is one */
	const struct iommu_ops *driver_ops;	/* as it registered them */
	const struct bus_type *mock_bus;
	int groups;				/* handed out as ids */
	unsigned long iommu_id;			/* of mappings in the trace */
	struct list_head attaching;		/* struct attach_call: mock devices that are being made */
	struct list_head stamps;		/* struct domain_stamp (iommu.c) */
	struct list_head contexts;		/* struct upstream_context (calls.c) */
	struct list_head mocks;			/* struct mock_ids (calls.c) */
	struct list_head items;			/* struct access_item (access.c) */
	struct ledger_object *ledger;		/* all that iommufd charges and pins */
	unsigned char *scratch;			/* the content of every page */
};

struct upstream_machine *upstream(void);

/* On the stack of the task that asks for a mock device. */
struct attach_call {
	struct list_head node;
	struct task_struct *task;
	const struct iommufd_attach *args;
};

/* The harness's memory as the argument of a call (include/linux/uaccess.h). */
#define HOST(ptr) ((u64)(unsigned long)(ptr) | UPSTREAM_HOST)

/* iommu.c */
/* The physical frame that the device's domain has at @iova, or -1. */
long upstream_device_pfn(struct device *dev, unsigned long iova);

/* A context that is open. */
struct upstream_context {
	struct list_head node;
	struct file *file;
	struct iommufd_ctx *ictx;
};

/* A mock device by the driver's own object, by which the scenario knows it. */
struct mock_ids {
	struct list_head node;			/* the newest first: ids are used again */
	struct iommufd_ctx *ictx;
	unsigned int stdev_id;
	unsigned int idev_id;
};

/* calls.c */
/* One ioctl of the calling task; @arg is the harness's memory. EBADF, ENOTTY, or what the file returns. */
long upstream_ioctl(int fd, unsigned int cmd, void *arg);
long upstream_file_ioctl(struct file *file, unsigned int cmd, void *arg);
/* The context behind current's @fd, or NULL. Takes no reference. */
struct iommufd_ctx *upstream_ctx(int fd);

/* access.c */
long upstream_access_create(int fd, unsigned int ioas_id, unsigned int *id);
long upstream_access_pin(int access_fd, unsigned long iova, unsigned long len, bool write);
long upstream_access_unpin(int access_fd, unsigned long iova, unsigned long len);
long upstream_access_rw(int access_fd, unsigned long iova, unsigned long len, bool write);

/* observe.c */
long upstream_npinned(int fd, unsigned int ioas_id);
long upstream_charged(int fd, unsigned int id);
long upstream_iova_pfn(int fd, unsigned int dev_id, unsigned long iova);

#endif
