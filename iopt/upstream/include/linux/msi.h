/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_MSI_H
#define _LINUX_MSI_H

struct msi_desc;
struct msi_msg;

#endif
