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
#include <iopt/vfio_calls.h>
#include <sim/run_tree.h>

struct iommufd_ctx;
struct miscdevice;
struct vfio_iommu_driver_ops;
struct upstream_user;

struct upstream_machine {
	struct miscdevice *iommu_misc;		/* /dev/iommu, once registered */
	struct miscdevice *iommu_vfio_misc;	/* /dev/vfio/vfio served by iommufd */
	struct miscdevice *vfio_misc;		/* /dev/vfio/vfio */
	struct iommu_device vfio_iommu;		/* the driver behind vfio devices */
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
	struct list_head type1_calls;		/* struct type1_call (type1_driver.c) */
	struct list_head type1s;		/* struct type1 (type1_driver.c) */
	const struct vfio_iommu_driver_ops *type1_ops;	/* as the kernel's file registered them */
	struct list_head cdevs;			/* struct vfio_cdev (vfio.c) */
	struct ledger_object *ledger;		/* all that iommufd charges and pins: the iopt_pages' are below it */
	struct sim_run_tree pages_ledgers;	/* struct iopt_pages -> its struct ledger_object (charge.c) */
	struct user_asking {
		const struct task_struct *task;	/* whose limit was asked for, just now; NULL: nobody's */
		unsigned long npages;
	} asking;
	unsigned long kmaps;			/* pages that kmap_local_page() has mapped */
	unsigned char *scratch;			/* the content of every page, where @user has none */
	const struct upstream_user *user;	/* or NULL */
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

/* type1_driver.c */
void upstream_type1_invariants_register(void);

/* page.c */
/* The page that every page's content is where there is no user with memory of his own. */
void *upstream_scratch(void);
void upstream_page_invariants_register(void);

/* iommu.c */
/* The physical frame that the device's domain has at @iova, or -1. */
long upstream_device_pfn(struct device *dev, unsigned long iova);
/* As kapi_domains_hash(), with the domains of mock devices. */
unsigned long upstream_domains_hash(void);

void upstream_vfio_iommu_init(struct iommu_device *iommu);
/* A device alone in its group, behind the IOMMU of vfio devices, or one with @own; NULL where an allocation fails. */
struct device *upstream_vfio_device_create(const struct vfio_iommu_options *own);
/* The device, attached, asks for an interrupt: a warning where it would be written to where nothing is mapped. */
void upstream_vfio_device_open(struct device *dev);
void upstream_vfio_device_destroy(struct device *dev);
/* What the domain maps, for iommu_lookup_frames(), where it is of the IOMMU of vfio devices; else NULL. */
struct iommu_domain *upstream_domain_table(struct iommu_domain *domain);
/* A group without a device, as vfio makes one for an emulated one; iommu_group_put() ends it. Or ERR_PTR. */
#define upstream_fake_group_create() generic_device_group(NULL)

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
	u32 dirty_id;				/* its domain that logs dirty pages (upstream_dirty_domain), or 0 */
};

/* calls.c */
/* One ioctl of the calling task; @arg is the harness's memory. EBADF, ENOTTY, or what the file returns. */
long upstream_ioctl(int fd, unsigned int cmd, void *arg);
long upstream_file_ioctl(struct file *file, unsigned int cmd, void *arg);
/* @misc opened, as a file of no fd; ERR_PTR. */
struct file *upstream_open_misc(struct miscdevice *misc);
/* The context behind the file with a reference; EBADFD where it is another file. */
struct iommufd_ctx *upstream_ctx_from_file(struct file *file);
/* The context behind current's @fd, or NULL. Takes no reference. */
struct iommufd_ctx *upstream_ctx(int fd);

/* access.c */
long upstream_access_create(int fd, unsigned int ioas_id, unsigned int *id);
long upstream_access_pin(int access_fd, unsigned long iova, unsigned long len, bool write);
long upstream_access_unpin(int access_fd, unsigned long iova, unsigned long len);
long upstream_access_rw(int access_fd, unsigned long iova, unsigned long len, bool write);

/* vfio.c */
/*
 * VFIO_DEVICE_ATTACH_IOMMUFD_PT and DETACH on the device that the context knows as
 * @dev_id. False where that is no vfio device; else *@ret has what the driver says.
 */
bool upstream_cdev_attach(int fd, unsigned int dev_id, unsigned int ioas_id, long *ret);
bool upstream_cdev_detach(int fd, unsigned int dev_id, long *ret);

/* observe.c */
long upstream_npinned(int fd, unsigned int ioas_id);
long upstream_charged(int fd, unsigned int id);
long upstream_ctx_charged(struct iommufd_ctx *ictx);
unsigned long upstream_state(void);
long upstream_iova_pfn(int fd, unsigned int dev_id, unsigned long iova);

#endif
