/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bit operations. test_and_*_bit() and the plain set and clear are atomic in the
 * kernel, so each is a scheduling point; the __ forms are not.
 */
#ifndef _LINUX_BITOPS_H
#define _LINUX_BITOPS_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/types.h>
#include <sim/sched.h>

#define __ffs(word) ((unsigned long)__builtin_ctzl(word))
#define __ffs64(word) ((unsigned long)__builtin_ctzll(word))
#define ffz(word) __ffs(~(word))
#define __fls(word) ((unsigned long)(63 - __builtin_clzl(word)))
#define hweight8(w) ((unsigned int)__builtin_popcount((u8)(w)))
#define hweight16(w) ((unsigned int)__builtin_popcount((u16)(w)))
#define hweight32(w) ((unsigned int)__builtin_popcount((u32)(w)))
#define hweight64(w) ((unsigned int)__builtin_popcountll(w))
#define hweight_long(w) ((unsigned int)__builtin_popcountl(w))

static inline int ffs(int word)
{
	return __builtin_ffs(word);
}
static inline int fls(unsigned int word)
{
	return word ? 32 - __builtin_clz(word) : 0;
}
static inline int fls64(u64 word)
{
	return word ? 64 - __builtin_clzll(word) : 0;
}
static inline int fls_long(unsigned long word)
{
	return fls64(word);
}
static inline int get_order(unsigned long bytes)
{
	return bytes <= 4096 ? 0 : fls64((bytes - 1) >> 12);
}

static inline void __set_bit(unsigned long nr, unsigned long *addr)
{
	addr[BIT_WORD(nr)] |= BIT_MASK(nr);
}
static inline void __clear_bit(unsigned long nr, unsigned long *addr)
{
	addr[BIT_WORD(nr)] &= ~BIT_MASK(nr);
}
static inline bool __test_and_set_bit(unsigned long nr, unsigned long *addr)
{
	bool old = addr[BIT_WORD(nr)] & BIT_MASK(nr);

	__set_bit(nr, addr);
	return old;
}
static inline bool __test_and_clear_bit(unsigned long nr, unsigned long *addr)
{
	bool old = addr[BIT_WORD(nr)] & BIT_MASK(nr);

	__clear_bit(nr, addr);
	return old;
}
/* The atomic forms: marked accesses, of which those that return what was there order. */
static inline bool test_bit(unsigned long nr, const unsigned long *addr)
{
	return READ_ONCE(addr[BIT_WORD(nr)]) & BIT_MASK(nr);
}
/* Returns what it was. */
static inline unsigned long __kapi_change_word(unsigned long *word, unsigned long mask, bool set)
{
#if SIM_THREADS
	if (set)
		return __atomic_fetch_or(word, mask, __ATOMIC_SEQ_CST);
	return __atomic_fetch_and(word, ~mask, __ATOMIC_SEQ_CST);
#else
	unsigned long old = READ_ONCE(*word);

	WRITE_ONCE(*word, set ? old | mask : old & ~mask);
	return old;
#endif
}
static inline void __kapi_change_bit(unsigned long nr, unsigned long *addr, bool set)
{
	unsigned long *word = &addr[BIT_WORD(nr)];

	sim_point_at(SIM_POINT_ATOMIC_RMW, word, (long)nr);
	__kapi_change_word(word, BIT_MASK(nr), set);
}
static inline void set_bit(unsigned long nr, unsigned long *addr)
{
	__kapi_change_bit(nr, addr, true);
}
static inline void clear_bit(unsigned long nr, unsigned long *addr)
{
	__kapi_change_bit(nr, addr, false);
}
static inline bool __kapi_test_and_change_bit(unsigned long nr, unsigned long *addr, bool set)
{
	unsigned long *word = &addr[BIT_WORD(nr)], old;

	sim_point_at(SIM_POINT_ATOMIC_RMW, word, (long)nr);
	sim_race_order(word);
	old = __kapi_change_word(word, BIT_MASK(nr), set);
	return old & BIT_MASK(nr);
}
static inline bool test_and_set_bit(unsigned long nr, unsigned long *addr)
{
	return __kapi_test_and_change_bit(nr, addr, true);
}
static inline bool test_and_clear_bit(unsigned long nr, unsigned long *addr)
{
	return __kapi_test_and_change_bit(nr, addr, false);
}

#endif
