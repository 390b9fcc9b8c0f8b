/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_VFIO_H
#define _LINUX_VFIO_H

#include <linux/module.h>
#include <uapi/linux/vfio.h>

#endif
