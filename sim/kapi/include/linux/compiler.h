/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * READ_ONCE() and WRITE_ONCE() are plain accesses here: the memory model is
 * sequential consistency at the level of scheduling points, and a lockless read
 * that must be able to interleave stands next to one of those.
 */
#ifndef __LINUX_COMPILER_H
#define __LINUX_COMPILER_H

#include <linux/compiler_types.h>
#include <sim/race.h>
#include <sim/sched.h>

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define barrier() __asm__ __volatile__("" : : : "memory")
#define barrier_data(ptr) __asm__ __volatile__("" : : "r"(ptr) : "memory")
#if SIM_THREADS
#define __READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define __WRITE_ONCE(x, value) __atomic_store_n(&(x), value, __ATOMIC_RELAXED)
#else
#define __READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define __WRITE_ONCE(x, value) (*(volatile typeof(x) *)&(x) = (value))
#endif
/* A search is told, for there may be no lock. */
#define READ_ONCE(x) (sim_touch((const void *)&(x), false), __READ_ONCE(x))
#define WRITE_ONCE(x, value) (sim_touch((const void *)&(x), true), __WRITE_ONCE(x, value))
/* The race is known, and what comes of it allowed for. */
#define data_race(expr) ({ sim_race_off(); typeof(expr) __dr = (expr); sim_race_on(); __dr; })
#define unreachable() __builtin_unreachable()
#define OPTIMIZER_HIDE_VAR(var) __asm__("" : "=r"(var) : "0"(var))
#define __stringify_1(x...) #x
#define __stringify(x...) __stringify_1(x)
#define __PASTE_1(a, b) a##b
#define __PASTE(a, b) __PASTE_1(a, b)
#define __UNIQUE_ID(prefix) __PASTE(__PASTE(__unique_id_, prefix), __COUNTER__)
/* Of the two pointer types the conditional has int * only beside a null pointer constant. */
#define __is_constexpr(x) __builtin_types_compatible_p(typeof(1 ? (void *)((long)(x) * 0L) : (int *)0), int *)
#define is_signed_type(type) (((type)(-1)) < (type)1)
#define is_unsigned_type(type) (!is_signed_type(type))

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define KAPI_ASAN 1
#endif

#endif
