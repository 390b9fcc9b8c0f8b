/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Closes memory to instrumented code, where the program is built with AddressSanitizer. */
#ifndef SIM_KAPI_ASAN_H
#define SIM_KAPI_ASAN_H

#include <linux/compiler.h>
#include <linux/types.h>

#ifdef KAPI_ASAN
void __asan_poison_memory_region(const volatile void *addr, size_t size);
void __asan_unpoison_memory_region(const volatile void *addr, size_t size);
#define kapi_asan_poison(addr, size) __asan_poison_memory_region(addr, size)
#define kapi_asan_unpoison(addr, size) __asan_unpoison_memory_region(addr, size)
#else
#define kapi_asan_poison(addr, size) ((void)(addr), (void)(size))
#define kapi_asan_unpoison(addr, size) ((void)(addr), (void)(size))
#endif

#endif
