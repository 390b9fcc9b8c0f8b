/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_ATOMIC_H
#define _LINUX_ATOMIC_H

#include <linux/bug.h>
#include <linux/types.h>
#include <sim/sched.h>

typedef struct {
	int counter;
} atomic_t;
typedef struct {
	long counter;
} atomic64_t;
typedef atomic64_t atomic_long_t;

#define ATOMIC_INIT(v) { (v) }
#define ATOMIC_LONG_INIT(v) { (v) }

/* Each access is a scheduling point; an atomic has no room for an id, so the object is 0. */
#define KAPI_ATOMIC(prefix, type, word)                                                              \
	static inline word prefix##_read(const type *v)                                              \
	{                                                                                            \
		sim_point(SIM_POINT_ATOMIC_READ, 0, 0);                                              \
		return v->counter;                                                                   \
	}                                                                                            \
	static inline void prefix##_set(type *v, word i)                                             \
	{                                                                                            \
		sim_point(SIM_POINT_ATOMIC_WRITE, 0, i);                                             \
		v->counter = i;                                                                      \
	}                                                                                            \
	static inline word prefix##_add_return(word i, type *v)                                      \
	{                                                                                            \
		sim_point(SIM_POINT_ATOMIC_RMW, 0, i);                                               \
		return v->counter = (word)((unsigned long)v->counter + (unsigned long)i);            \
	}                                                                                            \
	static inline word prefix##_fetch_add(word i, type *v)                                       \
	{                                                                                            \
		return prefix##_add_return(i, v) - i;                                                \
	}                                                                                            \
	static inline word prefix##_sub_return(word i, type *v)                                      \
	{                                                                                            \
		return prefix##_add_return(-i, v);                                                   \
	}                                                                                            \
	static inline void prefix##_add(word i, type *v)                                             \
	{                                                                                            \
		prefix##_add_return(i, v);                                                           \
	}                                                                                            \
	static inline void prefix##_sub(word i, type *v)                                             \
	{                                                                                            \
		prefix##_add_return(-i, v);                                                          \
	}                                                                                            \
	static inline void prefix##_inc(type *v)                                                     \
	{                                                                                            \
		prefix##_add_return(1, v);                                                           \
	}                                                                                            \
	static inline void prefix##_dec(type *v)                                                     \
	{                                                                                            \
		prefix##_add_return(-1, v);                                                          \
	}                                                                                            \
	static inline word prefix##_inc_return(type *v)                                              \
	{                                                                                            \
		return prefix##_add_return(1, v);                                                    \
	}                                                                                            \
	static inline word prefix##_dec_return(type *v)                                              \
	{                                                                                            \
		return prefix##_add_return(-1, v);                                                   \
	}                                                                                            \
	static inline bool prefix##_dec_and_test(type *v)                                            \
	{                                                                                            \
		return prefix##_add_return(-1, v) == 0;                                              \
	}                                                                                            \
	static inline bool prefix##_try_cmpxchg(type *v, word *old, word new)                        \
	{                                                                                            \
		sim_point(v->counter == *old ? SIM_POINT_ATOMIC_RMW : SIM_POINT_ATOMIC_READ, 0, 0);  \
		if (v->counter != *old) {                                                            \
			*old = v->counter;                                                           \
			return false;                                                                \
		}                                                                                    \
		v->counter = new;                                                                    \
		return true;                                                                         \
	}                                                                                            \
	static inline word prefix##_cmpxchg(type *v, word old, word new)                             \
	{                                                                                            \
		prefix##_try_cmpxchg(v, &old, new);                                                  \
		return old;                                                                          \
	}                                                                                            \
	static inline word prefix##_xchg(type *v, word new)                                          \
	{                                                                                            \
		word old;                                                                            \
		sim_point(SIM_POINT_ATOMIC_RMW, 0, new);                                             \
		old = v->counter;                                                                    \
		v->counter = new;                                                                    \
		return old;                                                                          \
	}                                                                                            \
	static inline bool prefix##_inc_not_zero(type *v)                                            \
	{                                                                                            \
		sim_point(SIM_POINT_ATOMIC_RMW, 0, 0);                                               \
		if (!v->counter)                                                                     \
			return false;                                                                \
		v->counter++;                                                                        \
		return true;                                                                         \
	}

KAPI_ATOMIC(atomic, atomic_t, int)
KAPI_ATOMIC(atomic64, atomic64_t, long)
KAPI_ATOMIC(atomic_long, atomic_long_t, long)

#endif
