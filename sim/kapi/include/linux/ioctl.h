/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How an ioctl's number is put together: nr, type, size of the argument, direction. */
#ifndef _LINUX_IOCTL_H
#define _LINUX_IOCTL_H

#define _IOC_NONE 0U
#define _IOC_WRITE 1U
#define _IOC_READ 2U
#define _IOC(dir, type, nr, size) (((dir) << 30) | ((size) << 16) | ((type) << 8) | (nr))
#define _IOC_DIR(cmd) (((cmd) >> 30) & 3)
#define _IOC_SIZE(cmd) (((cmd) >> 16) & 0x3fff)
#define _IOC_TYPE(cmd) (((cmd) >> 8) & 0xff)
#define _IOC_NR(cmd) ((cmd) & 0xff)
#define _IO(type, nr) _IOC(_IOC_NONE, (type), (nr), 0)
#define _IOR(type, nr, argtype) _IOC(_IOC_READ, (type), (nr), sizeof(argtype))
#define _IOW(type, nr, argtype) _IOC(_IOC_WRITE, (type), (nr), sizeof(argtype))
#define _IOWR(type, nr, argtype) _IOC(_IOC_READ | _IOC_WRITE, (type), (nr), sizeof(argtype))

#endif
