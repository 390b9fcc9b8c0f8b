/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_PCI_ATS_H
#define _LINUX_PCI_ATS_H

#include <linux/pci.h>

#define PCI_PASID_CTRL_ENABLE 0x01
#define PCI_PASID_CTRL_EXEC 0x02
#define PCI_PASID_CTRL_PRIV 0x04

static inline int pci_pasid_status(struct pci_dev *pdev)
{
	return -EINVAL;
}

#endif
