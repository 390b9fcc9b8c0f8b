/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arithmetic that tells when it wrapped; the checks return true then. */
#ifndef _LINUX_OVERFLOW_H
#define _LINUX_OVERFLOW_H

#include <linux/compiler.h>
#include <linux/const.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/types.h>

#define __type_half_max(type) ((type)1 << (8 * sizeof(type) - 1 - is_signed_type(type)))
#define type_max(t) ((typeof(t))((__type_half_max(typeof(t)) - 1) + __type_half_max(typeof(t))))
#define type_min(t) ((typeof(t))((typeof(t))-type_max(t) - (typeof(t))1))

static inline bool __must_check __must_check_overflow(bool overflow)
{
	return unlikely(overflow);
}

#define check_add_overflow(a, b, d) __must_check_overflow(__builtin_add_overflow(a, b, d))
#define check_sub_overflow(a, b, d) __must_check_overflow(__builtin_sub_overflow(a, b, d))
#define check_mul_overflow(a, b, d) __must_check_overflow(__builtin_mul_overflow(a, b, d))
#define wrapping_add(type, a, b) ({ type __wrapped; __builtin_add_overflow(a, b, &__wrapped); __wrapped; })
#define wrapping_sub(type, a, b) ({ type __wrapped; __builtin_sub_overflow(a, b, &__wrapped); __wrapped; })

#define check_shl_overflow(a, s, d) ({                                                                                 \
	typeof(*(d)) *__shl_d = (d);                                                                                   \
	u64 __shl_a = (u64)(a);                                                                                        \
	unsigned int __shl_s = (s);                                                                                    \
	bool __shl_bad = __shl_s >= 8 * sizeof(*__shl_d) || ((a) < 1 && (a));                                   \
	*__shl_d = __shl_bad ? 0 : (typeof(*__shl_d))(__shl_a << __shl_s);                                             \
	__shl_bad || (*__shl_d < 1 && *__shl_d) || ((u64)*__shl_d >> __shl_s) != __shl_a; })

#define overflows_type(n, T) ({ typeof(T) __fits; __builtin_add_overflow((n), 0, &__fits); })

/* Sizes saturate at SIZE_MAX, which no allocation grants. */
static inline size_t __must_check size_mul(size_t factor1, size_t factor2)
{
	size_t bytes;

	return check_mul_overflow(factor1, factor2, &bytes) ? SIZE_MAX : bytes;
}

static inline size_t __must_check size_add(size_t addend1, size_t addend2)
{
	size_t bytes;

	return check_add_overflow(addend1, addend2, &bytes) ? SIZE_MAX : bytes;
}

static inline size_t __must_check size_sub(size_t minuend, size_t subtrahend)
{
	size_t bytes;

	if (minuend == SIZE_MAX || subtrahend == SIZE_MAX || check_sub_overflow(minuend, subtrahend, &bytes))
		return SIZE_MAX;
	return bytes;
}

#define array_size(a, b) size_mul(a, b)
#define array3_size(a, b, c) size_mul(size_mul(a, b), c)
#define flex_array_size(p, member, count) size_mul(count, sizeof(*(p)->member))
#define struct_size(p, member, count) size_add(sizeof(*(p)), flex_array_size(p, member, count))
#define struct_size_t(type, member, count) struct_size((type *)NULL, member, count)

#endif
