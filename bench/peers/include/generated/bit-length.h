/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the build of the kernel's user space tests would write. */
#define CONFIG_64BIT 1
