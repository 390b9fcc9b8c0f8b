/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _UPSTREAM_FS_H
#define _UPSTREAM_FS_H

#include_next <linux/fs.h>

#define S_IRUGO 0444
#define S_IWUGO 0222
/* No task here is of another word size. */
#define compat_ptr_ioctl NULL

#endif
