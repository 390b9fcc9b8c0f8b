// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loading iommufd and vfio into a world.
 *
 * The kernel's files keep state in static variables, where everything else of a
 * run hangs off its world. The build gathers those variables in two sections
 * (iopt/upstream/CMakeLists.txt); they are regions of the world that runs upstream
 * code (sim/snapshot.h), so each one finds them as they were when the program
 * started, and runs the modules' inits. So one world at a time runs upstream code in
 * a process, which is how pinsim runs worlds.
 */
#include <linux/bug.h>
#include <linux/fault-inject.h>
#include <linux/kthread.h>
#include <linux/miscdevice.h>
#include <linux/pci-ats.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <iopt/upstream.h>
#include <sim/snapshot.h>
#include <sim/world.h>
#include <drivers/vfio/vfio.h>
#include "machine.h"

extern unsigned char __start_upstream_data[], __stop_upstream_data[];
extern unsigned char __start_upstream_bss[], __stop_upstream_bss[];

struct upstream_machine *upstream(void)
{
	return sim_slot(SIM_SLOT_UPSTREAM);
}

int kapi_init_iommufd_init(void);
int kapi_init_vfio_iommu_type1_init(void);

void upstream_init(void)
{
	struct upstream_machine *m = sim_zalloc(sizeof(*m));

	sim_slot_set(SIM_SLOT_UPSTREAM, m, NULL);
	INIT_LIST_HEAD(&m->attaching);
	INIT_LIST_HEAD(&m->stamps);
	INIT_LIST_HEAD(&m->contexts);
	INIT_LIST_HEAD(&m->mocks);
	INIT_LIST_HEAD(&m->items);
	INIT_LIST_HEAD(&m->type1_calls);
	INIT_LIST_HEAD(&m->type1s);
	INIT_LIST_HEAD(&m->cdevs);
	m->ledger = ledger_object_create("iommufd", NULL);
	sim_run_tree_init(&m->pages_ledgers, SIM_RUN_CONSTANT);
	upstream_vfio_iommu_init(&m->vfio_iommu);
	m->iommu_id = sim_object_id();
	sim_region_add(__start_upstream_data, (size_t)(__stop_upstream_data - __start_upstream_data));
	sim_region_add(__start_upstream_bss, (size_t)(__stop_upstream_bss - __start_upstream_bss));
	WARN_ON(kapi_init_iommufd_init());
	WARN_ON(vfio_container_init());
	WARN_ON(kapi_init_vfio_iommu_type1_init());
	kapi_leak_except();
	upstream_type1_invariants_register();
	upstream_page_invariants_register();
}

void upstream_user_set(const struct upstream_user *user)
{
	upstream()->user = user;
}

/* Buses, platform devices, device files: one of each kind is all that there is. */

int bus_register(const struct bus_type *bus)
{
	return 0;
}

void bus_unregister(const struct bus_type *bus)
{
}

/* No device is on this one. */
const struct bus_type pci_bus_type = { .name = "pci" };

int pci_pasid_status(struct pci_dev *pdev)
{
	return -EINVAL;
}

struct platform_device *platform_device_register_full(const struct platform_device_info *info)
{
	struct platform_device *pdev = sim_zalloc(sizeof(*pdev));

	pdev->name = info->name;
	return pdev;
}

void platform_device_unregister(struct platform_device *pdev)
{
	sim_free(pdev);
}

/* Names are for people; no message of iommufd's reaches any. */
int dev_set_name(struct device *dev, const char *format, ...)
{
	return 0;
}

/* /dev/vfio/vfio is there twice: vfio's own, and that which iommufd serves in its place. */
static struct miscdevice **misc_slot(struct miscdevice *misc)
{
	struct upstream_machine *m = upstream();

	if (misc->minor == MISC_DYNAMIC_MINOR)
		return &m->iommu_misc;
	return m->iommu_misc && misc->fops == m->iommu_misc->fops ? &m->iommu_vfio_misc : &m->vfio_misc;
}

int misc_register(struct miscdevice *misc)
{
	*misc_slot(misc) = misc;
	return 0;
}

void misc_deregister(struct miscdevice *misc)
{
	*misc_slot(misc) = NULL;
}

/* A scenario never arms the kernel's own fault attribute: its faults come by the sites of sim/fault.h. */
bool should_fail(struct fault_attr *attr, ssize_t size)
{
	const struct upstream_user *user = upstream()->user;

	return user && user->fails();
}

/* No scenario's access comes from a kernel thread. */
void kthread_use_mm(struct mm_struct *mm)
{
	BUG();
}

void kthread_unuse_mm(struct mm_struct *mm)
{
	BUG();
}
