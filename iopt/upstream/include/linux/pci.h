/* SPDX-License-Identifier: GPL-2.0-or-later */
/* No device is on a PCI bus here. */
#ifndef _LINUX_PCI_H
#define _LINUX_PCI_H

#include <linux/device.h>

struct pci_dev {
	struct device dev;
	bool is_virtfn;
};
#define to_pci_dev(device) container_of(device, struct pci_dev, dev)

#endif
