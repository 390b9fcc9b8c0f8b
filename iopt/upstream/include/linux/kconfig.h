/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel API's configuration, with /dev/vfio/vfio served by iommufd, which a
 * real kernel has only in place of vfio's own.
 */
#include_next <linux/kconfig.h>
#define CONFIG_IOMMUFD_VFIO_CONTAINER 1
