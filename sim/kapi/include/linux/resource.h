/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_RESOURCE_H
#define _LINUX_RESOURCE_H

#include <linux/types.h>

#define RLIMIT_MEMLOCK 8
#define RLIM_NLIMITS 16
#define RLIM_INFINITY (~0UL)

struct rlimit {
	unsigned long rlim_cur;		/* bytes */
	unsigned long rlim_max;
};

#endif
