/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_LOG2_H
#define _LINUX_LOG2_H
#include <linux/types.h>
static inline bool is_power_of_2(unsigned long n)
{
	return n && !(n & (n - 1));
}
static inline int ilog2(unsigned long n)
{
	return 63 - __builtin_clzl(n);
}
static inline unsigned long roundup_pow_of_two(unsigned long n)
{
	return n <= 1 ? 1 : 1UL << (ilog2(n - 1) + 1);
}
static inline unsigned long rounddown_pow_of_two(unsigned long n)
{
	return 1UL << ilog2(n);
}
static inline unsigned long __ffs(unsigned long n)
{
	return __builtin_ctzl(n);
}
static inline unsigned long __fls(unsigned long n)
{
	return ilog2(n);
}
#define BITS_PER_LONG 64
#define BIT(n) (1UL << (n))
#define BIT_ULL(n) (1ULL << (n))
#define GENMASK(h, l) ((~0UL << (l)) & (~0UL >> (63 - (h))))
#endif
