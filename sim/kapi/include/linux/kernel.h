/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_KERNEL_H
#define _LINUX_KERNEL_H

#include <stdarg.h>
#include <asm/barrier.h>
#include <asm/page.h>
#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <sim/sched.h>

#define upper_32_bits(n) ((u32)(((n) >> 16) >> 16))
#define lower_32_bits(n) ((u32)((n) & 0xffffffff))
#define u64_to_user_ptr(x) ((void __user *)(uintptr_t)(u64)(x))
#define PTR_IF(cond, ptr) ((cond) ? (ptr) : NULL)

int snprintf(char *buf, size_t size, const char *format, ...) __printf(3, 4);
int vsnprintf(char *buf, size_t size, const char *format, va_list args) __printf(3, 0);
#define scnprintf(buf, size, format...) ({                                                                             \
	int __len = snprintf(buf, size, format);                                                                       \
	__len < (int)(size) ? __len : (int)(size) - 1; })
char *kasprintf(gfp_t gfp, const char *format, ...) __printf(2, 3);

/*
 * VIOLATION_SLEEP_IN_ATOMIC where the running actor holds a spinlock, is in an RCU
 * read side section or has preemption off; the report names @what.
 */
void kapi_might_sleep(const char *what);
#define might_sleep() kapi_might_sleep(__func__)
#define might_sleep_if(cond) do { if (cond) might_sleep(); } while (0)
#define might_fault() kapi_might_sleep("a user access")

/* A place where another task may run: a scheduling point, and it checks. */
static inline int cond_resched(void)
{
	might_sleep();
	sim_point(SIM_POINT_YIELD, 0, 0);
	return 0;
}

static inline void cpu_relax(void)
{
	sim_point(SIM_POINT_YIELD, 0, 0);
}

#endif
