/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine's clock. It moves only when nobody can run and somebody waits for it (linux/wait.h). */
#ifndef _LINUX_JIFFIES_H
#define _LINUX_JIFFIES_H

#include <linux/kconfig.h>
#include <linux/types.h>

#define HZ CONFIG_HZ

unsigned long kapi_jiffies(void);
#define jiffies kapi_jiffies()
#define MAX_JIFFY_OFFSET ((~0UL >> 1) - 1)

static inline unsigned long msecs_to_jiffies(unsigned int msecs)
{
	return ((unsigned long)msecs * HZ + 999) / 1000;
}

static inline unsigned int jiffies_to_msecs(unsigned long j)
{
	return j * (1000 / HZ);
}

#define time_after(a, b) ((long)((b) - (a)) < 0)
#define time_before(a, b) time_after(b, a)
#define time_after_eq(a, b) ((long)((a) - (b)) >= 0)
#define time_before_eq(a, b) time_after_eq(b, a)

#endif
