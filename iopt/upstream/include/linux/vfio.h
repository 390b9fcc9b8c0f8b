/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's own, with what it expects its includes to bring along. */
#include <linux/completion.h>
#include <linux/module.h>
#include_next <linux/vfio.h>
