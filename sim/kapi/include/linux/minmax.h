/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_MINMAX_H
#define _LINUX_MINMAX_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/types.h>

/* Constant where its arguments are; evaluates each once otherwise. */
#define __kapi_pick(x, op, y) ({ typeof(x) __x = (x); typeof(y) __y = (y); __x op __y ? __x : __y; })
#define __kapi_pick_const(x, op, y) ((x) op (y) ? (x) : (y))
#define __kapi_choose(x, op, y)                                                                                        \
	__builtin_choose_expr(__is_constexpr(x) && __is_constexpr(y), __kapi_pick_const(x, op, y),                     \
			      __kapi_pick(x, op, y))

#define min(x, y) __kapi_choose(x, <, y)
#define max(x, y) __kapi_choose(x, >, y)
#define min_t(type, x, y) __kapi_choose((type)(x), <, (type)(y))
#define max_t(type, x, y) __kapi_choose((type)(x), >, (type)(y))
#define umin(x, y) min_t(unsigned long, x, y)
#define umax(x, y) max_t(unsigned long, x, y)
#define MIN(x, y) __kapi_pick_const(x, <, y)
#define MAX(x, y) __kapi_pick_const(x, >, y)
#define min3(x, y, z) min(min(x, y), z)
#define max3(x, y, z) max(max(x, y), z)
#define min_not_zero(x, y) ({ typeof(x) __mx = (x); typeof(y) __my = (y);                                              \
	__mx == 0 ? __my : (__my == 0 ? __mx : min(__mx, __my)); })
#define clamp(val, lo, hi) min((typeof(val))max(val, lo), hi)
#define clamp_t(type, val, lo, hi) min_t(type, max_t(type, val, lo), hi)
#define swap(a, b) do { typeof(a) __swap = (a); (a) = (b); (b) = __swap; } while (0)

#endif
