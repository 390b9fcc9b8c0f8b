/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Atomics. Every access is a scheduling point; a compare-and-exchange that fails is
 * recorded as a read. What returns a value orders like a full barrier, the others,
 * reads and sets order nothing. An atomic is as big as its value, so there is no room for
 * an object id: records carry object 0, and the value behind the access as result.
 */
#ifndef _LINUX_ATOMIC_H
#define _LINUX_ATOMIC_H

#include <asm/barrier.h>
#include <linux/compiler.h>
#include <linux/types.h>
#include <sim/race.h>
#include <sim/sched.h>

typedef struct {
	int counter;
} atomic_t;
typedef struct {
	s64 counter;
} atomic64_t;
typedef atomic64_t atomic_long_t;

#define ATOMIC_INIT(i) { (i) }
#define ATOMIC64_INIT(i) { (i) }
#define ATOMIC_LONG_INIT(i) { (i) }

/* Where races are looked for, every access to the word is seen to be one that is marked. */
#if SIM_RACES
#define __kapi_counter(v) (*(volatile typeof((v)->counter) *)&(v)->counter)
#else
#define __kapi_counter(v) ((v)->counter)
#endif

/*
 * The word's own operations. With fibers nobody comes between two of them without a point; the threads engine has the
 * machine's.
 */
#if SIM_THREADS
#define __kapi_load(v) __atomic_load_n(&(v)->counter, __ATOMIC_SEQ_CST)
#define __kapi_store(v, i) __atomic_store_n(&(v)->counter, i, __ATOMIC_SEQ_CST)
#define __kapi_exchange(v, i) __atomic_exchange_n(&(v)->counter, i, __ATOMIC_SEQ_CST)
#define __kapi_fetch(v, op, c_op, i) __atomic_fetch_##op(&(v)->counter, i, __ATOMIC_SEQ_CST)
#define __kapi_hit(v, old, new)                                                                                        \
	__atomic_compare_exchange_n(&(v)->counter, old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
/* counter = @sum, where @old is what it was, unless @not. Returns what it was. */
#define __kapi_change(v, old, sum, not) ({                                                                             \
	typeof((v)->counter) old = __kapi_load(v);                                                                     \
	while (!(not) && !__kapi_hit(v, &old, sum))                                                                    \
		;                                                                                                      \
	old; })
#else
#define __kapi_load(v) __kapi_counter(v)
#define __kapi_store(v, i) (__kapi_counter(v) = (i))
#define __kapi_change(v, old, sum, not) ({                                                                             \
	typeof((v)->counter) old = __kapi_counter(v);                                                                  \
	if (!(not))                                                                                                    \
		__kapi_counter(v) = (sum);                                                                             \
	old; })
#define __kapi_exchange(v, i) __kapi_change(v, __old, i, false)
#define __kapi_fetch(v, op, c_op, i) __kapi_change(v, __old, __old c_op i, false)
#define __kapi_hit(v, old, new) ({                                                                                     \
	typeof((v)->counter) __was = __kapi_counter(v);                                                                \
	bool __is = __was == *(old);                                                                                   \
	if (__is)                                                                                                      \
		__kapi_counter(v) = (new);                                                                             \
	else                                                                                                           \
		*(old) = __was;                                                                                        \
	__is; })
#endif

/* The arithmetic wraps (-fwrapv): overflow of an atomic is defined. */
#define __KAPI_ATOMIC_OP(name, type, word, op, c_op)                                                                   \
static inline word name##_fetch_##op##_relaxed(word i, type *v)                                                        \
{                                                                                                                      \
	sim_point_at(SIM_POINT_ATOMIC_RMW, v, (long)i);                                                                \
	return __kapi_fetch(v, op, c_op, i);                                                                           \
}                                                                                                                      \
static inline word name##_fetch_##op(word i, type *v)                                                                  \
{                                                                                                                      \
	word old = name##_fetch_##op##_relaxed(i, v);                                                                  \
                                                                                                                       \
	sim_race_order(v);                                                                                             \
	return old;                                                                                                    \
}                                                                                                                      \
static inline void name##_##op(word i, type *v)                                                                        \
{                                                                                                                      \
	name##_fetch_##op##_relaxed(i, v);                                                                             \
}                                                                                                                      \
static inline word name##_##op##_return(word i, type *v)                                                               \
{                                                                                                                      \
	return name##_fetch_##op(i, v) c_op i;                                                                         \
}

#define __KAPI_ATOMIC(name, type, word)                                                                                \
static inline word name##_read(const type *v)                                                                          \
{                                                                                                                      \
	sim_point_at(SIM_POINT_ATOMIC_READ, v, 0);                                                                     \
	sim_race_saw(v);                                                                                               \
	return __kapi_load(v);                                                                                         \
}                                                                                                                      \
static inline void name##_set(type *v, word i)                                                                         \
{                                                                                                                      \
	sim_point_at(SIM_POINT_ATOMIC_WRITE, v, (long)i);                                                              \
	__kapi_store(v, i);                                                                                            \
}                                                                                                                      \
__KAPI_ATOMIC_OP(name, type, word, add, +)                                                                             \
__KAPI_ATOMIC_OP(name, type, word, sub, -)                                                                             \
__KAPI_ATOMIC_OP(name, type, word, and, &)                                                                             \
__KAPI_ATOMIC_OP(name, type, word, or, |)                                                                              \
__KAPI_ATOMIC_OP(name, type, word, xor, ^)                                                                             \
static inline void name##_inc(type *v) { name##_add(1, v); }                                                           \
static inline void name##_dec(type *v) { name##_sub(1, v); }                                                           \
static inline word name##_inc_return(type *v) { return name##_add_return(1, v); }                                      \
static inline word name##_dec_return(type *v) { return name##_sub_return(1, v); }                                      \
static inline word name##_fetch_inc(type *v) { return name##_fetch_add(1, v); }                                        \
static inline word name##_fetch_dec(type *v) { return name##_fetch_sub(1, v); }                                        \
static inline bool name##_inc_and_test(type *v) { return name##_add_return(1, v) == 0; }                               \
static inline bool name##_dec_and_test(type *v) { return name##_sub_return(1, v) == 0; }                               \
static inline bool name##_sub_and_test(word i, type *v) { return name##_sub_return(i, v) == 0; }                       \
static inline bool name##_add_negative(word i, type *v) { return name##_add_return(i, v) < 0; }                        \
static inline word name##_xchg(type *v, word new)                                                                      \
{                                                                                                                      \
	sim_point_at(SIM_POINT_ATOMIC_RMW, v, (long)new);                                                              \
	sim_race_order(v);                                                                                             \
	return __kapi_exchange(v, new);                                                                                \
}                                                                                                                      \
/* Whether it fails is only known behind the point, where no other actor comes between. */                             \
static inline bool name##_try_cmpxchg(type *v, word *old, word new)                                                    \
{                                                                                                                      \
	bool hit;                                                                                                      \
                                                                                                                       \
	sim_point_at(SIM_POINT_ATOMIC_READ, v, 0);                                                                     \
	sim_race_order(v);                                                                                             \
	hit = __kapi_hit(v, old, new);                                                                                 \
	if (hit)                                                                                                       \
		sim_record_at(SIM_POINT_ATOMIC_RMW, v, (long)new);                                                     \
	return hit;                                                                                                    \
}                                                                                                                      \
static inline word name##_cmpxchg(type *v, word old, word new)                                                         \
{                                                                                                                      \
	name##_try_cmpxchg(v, &old, new);                                                                              \
	return old;                                                                                                    \
}                                                                                                                      \
/* Adds unless the value is @unless; returns the value before. One step: the kernel's loop can only end one way. */    \
static inline word name##_fetch_add_unless_relaxed(type *v, word i, word unless)                                       \
{                                                                                                                      \
	sim_point_at(SIM_POINT_ATOMIC_RMW, v, (long)i);                                                                \
	return __kapi_change(v, __was, __was + i, __was == unless);                                                    \
}                                                                                                                      \
static inline word name##_fetch_add_unless(type *v, word i, word unless)                                               \
{                                                                                                                      \
	word old = name##_fetch_add_unless_relaxed(v, i, unless);                                                      \
                                                                                                                       \
	sim_race_order(v);                                                                                             \
	return old;                                                                                                    \
}                                                                                                                      \
static inline bool name##_add_unless(type *v, word i, word unless)                                                     \
{                                                                                                                      \
	return name##_fetch_add_unless(v, i, unless) != unless;                                                        \
}                                                                                                                      \
static inline bool name##_inc_not_zero(type *v) { return name##_add_unless(v, 1, 0); }                                 \
/* The decremented value, also where it would go below zero and is left alone. */                                      \
static inline word name##_dec_if_positive(type *v)                                                                     \
{                                                                                                                      \
	sim_point_at(SIM_POINT_ATOMIC_RMW, v, -1);                                                                     \
	sim_race_order(v);                                                                                             \
	return __kapi_change(v, __was, __was - 1, __was <= 0) - 1;                                                     \
}

__KAPI_ATOMIC(atomic, atomic_t, int)
__KAPI_ATOMIC(atomic64, atomic64_t, s64)
/* Of long, as the kernel's prototypes are; the same memory on LP64. */
__KAPI_ATOMIC(atomic_long, atomic_long_t, long)

#define atomic_read_acquire(v) ({ int __ra = atomic_read(v); sim_race_acquire(v, true); __ra; })
#define atomic_set_release(v, i) do { sim_race_release(v, false); atomic_set(v, i); } while (0)
#define atomic_cmpxchg_relaxed(v, old, new) atomic_cmpxchg(v, old, new)
#define atomic_try_cmpxchg_relaxed(v, old, new) atomic_try_cmpxchg(v, old, new)
#define atomic_long_try_cmpxchg_relaxed(v, old, new) atomic_long_try_cmpxchg(v, old, new)

/* On a plain variable. */
#if SIM_THREADS
#define __kapi_word_exchange(p, new) __atomic_exchange_n(p, new, __ATOMIC_SEQ_CST)
#define __kapi_word_hit(p, old, new)                                                                                   \
	__atomic_compare_exchange_n(p, old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
#else
#define __kapi_word_exchange(p, new) ({ typeof(*(p)) __was = __READ_ONCE(*(p)); __WRITE_ONCE(*(p), new); __was; })
#define __kapi_word_hit(p, old, new) ({                                                                                \
	typeof(*(p)) __was = __READ_ONCE(*(p));                                                                        \
	bool __is = __was == *(old);                                                                                   \
	if (__is)                                                                                                      \
		__WRITE_ONCE(*(p), new);                                                                               \
	else                                                                                                           \
		*(old) = __was;                                                                                        \
	__is; })
#endif
#define xchg(ptr, value) ({                                                                                            \
	typeof(ptr) __xp = (ptr);                                                                                      \
	typeof(*__xp) __xn = (value), __xo;                                                                            \
	sim_point_at(SIM_POINT_ATOMIC_RMW, __xp, 0);                                                                   \
	sim_race_order(__xp);                                                                                          \
	__xo = __kapi_word_exchange(__xp, __xn);                                                                       \
	__xo; })
#define cmpxchg(ptr, old, value) ({                                                                                    \
	typeof(ptr) __cp = (ptr);                                                                                      \
	typeof(*__cp) __co = (old), __cn = (value), __cv;                                                              \
	sim_point_at(SIM_POINT_ATOMIC_READ, __cp, 0);                                                                  \
	sim_race_order(__cp);                                                                                          \
	__cv = __co;                                                                                                   \
	if (__kapi_word_hit(__cp, &__cv, __cn))                                                                        \
		sim_record_at(SIM_POINT_ATOMIC_RMW, __cp, 0);                                                          \
	__cv; })
#define try_cmpxchg(ptr, oldp, value) ({                                                                               \
	typeof(*(ptr)) *__top = (oldp), __tov = *__top;                                                                \
	typeof(*(ptr)) __tcv = cmpxchg(ptr, __tov, value);                                                             \
	if (__tcv != __tov)                                                                                            \
		*__top = __tcv;                                                                                        \
	__tcv == __tov; })

#endif
