/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_MATH_H
#define _LINUX_MATH_H

#include <linux/types.h>

#define __round_mask(x, y) ((typeof(x))((y) - 1))
/* @y: a power of two. */
#define round_up(x, y) ((((x) - 1) | __round_mask(x, y)) + 1)
#define round_down(x, y) ((x) & ~__round_mask(x, y))
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define DIV_ROUND_UP_ULL(n, d) ((u64)(((n) + (d) - 1) / (d)))
#define DIV_ROUND_DOWN_ULL(n, d) ((u64)(n) / (d))
#define roundup(x, y) ({ typeof(y) __ry = (y); (((x) + (__ry - 1)) / __ry) * __ry; })
#define rounddown(x, y) ({ typeof(x) __rx = (x); __rx - (__rx % (y)); })
#define abs(x) ({ typeof(x) __ax = (x); __ax < 0 ? -__ax : __ax; })

static inline u64 div_u64(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}
static inline u64 div64_u64(u64 dividend, u64 divisor)
{
	return dividend / divisor;
}
#define do_div(n, base) ({ u32 __rem = (u64)(n) % (u32)(base); (n) = (u64)(n) / (u32)(base); __rem; })

#endif
