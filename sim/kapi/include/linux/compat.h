/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_COMPAT_H
#define _LINUX_COMPAT_H

#include <linux/types.h>

/* 64-bit callers only. */
#define in_compat_syscall() false
#define compat_ptr_ioctl NULL

#endif
