/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own iommufd and vfio as a backend (iopt/upstream), where it was built in:
 * PINSIM_UPSTREAM is defined then.
 */
#ifndef IOPT_UPSTREAM_H
#define IOPT_UPSTREAM_H

#include <iopt/iommufd.h>
#include <iopt/vfio_calls.h>

extern const struct iommufd_calls iommufd_upstream;
extern const struct vfio_calls vfio_upstream;

/*
 * Builds SIM_SLOT_UPSTREAM and loads the modules into this world. After
 * accounting_init() and mm_machine_init(). One such world a process at a time.
 */
void upstream_init(void);

#endif
