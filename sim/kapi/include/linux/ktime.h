/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_KTIME_H
#define _LINUX_KTIME_H

#include <linux/jiffies.h>

typedef s64 ktime_t;

static inline ktime_t ktime_get(void)
{
	return (ktime_t)kapi_jiffies() * (1000000000LL / HZ);
}

#define ktime_get_ns() ((u64)ktime_get())
#define ktime_sub(a, b) ((a) - (b))
#define ktime_to_ns(kt) (kt)
#define ktime_to_ms(kt) ((kt) / 1000000)

#endif
