/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_BUG_H
#define _LINUX_BUG_H

#include <linux/types.h>

/* Counted by the run; a WARN_ON_ONCE counts once a run for each place. They go on, as the kernel does. */
bool kapi_warn(const char *file, int line, const char *text, bool once);
/* VIOLATION_BUG, and the end of the task that hit it. */
_Noreturn void kapi_bug(const char *file, int line, const char *text);

#define WARN_ON(cond) ({ bool _w = !!(cond); if (_w) kapi_warn(__FILE__, __LINE__, #cond, false); _w; })
#define WARN_ON_ONCE(cond) ({ bool _w = !!(cond); if (_w) kapi_warn(__FILE__, __LINE__, #cond, true); _w; })
#define WARN(cond, ...) WARN_ON(cond)
#define WARN_ONCE(cond, ...) WARN_ON_ONCE(cond)
#define BUG() kapi_bug(__FILE__, __LINE__, "BUG()")
#define BUG_ON(cond) do { if (cond) kapi_bug(__FILE__, __LINE__, #cond); } while (0)

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile typeof(x) *)&(x) = (v))
#define barrier() __asm__ __volatile__("" : : : "memory")
#define BUILD_BUG_ON(cond) _Static_assert(!(cond), #cond)
#define static_assert(...) _Static_assert(__VA_ARGS__, "static_assert")

#endif
