/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel API's, with what the kernel's files expect it to bring along. */
#ifndef _UPSTREAM_DEVICE_H
#define _UPSTREAM_DEVICE_H

#include_next <linux/device.h>
#include <linux/bitmap.h>
#include <linux/bug.h>
#include <linux/idr.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/rwsem.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#endif
