/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_PCI_H
#define _LINUX_PCI_H

#include <linux/device.h>

struct pci_dev {
	struct device dev;
	bool is_virtfn;
	struct pci_dev *physfn;
};

extern const struct bus_type pci_bus_type;
#define dev_is_pci(d) ((d)->bus == &pci_bus_type)
#define pci_physfn(pdev) ((pdev)->is_virtfn ? (pdev)->physfn : (pdev))
#define to_pci_dev(d) container_of(d, struct pci_dev, dev)

#endif
