/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * WARN and BUG report to the run (sim/verdict.h): a warning is a violation that
 * the file must expect, and a BUG ends the actor where it stands.
 */
#ifndef _LINUX_BUG_H
#define _LINUX_BUG_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/types.h>

/* @once: counts once a run for each @file:@line. @text: the condition as written. */
void kapi_warn(const char *file, int line, const char *text, bool once) __cold;
/* VIOLATION_BUG; the actor's body ends here, with whatever it holds. */
void kapi_bug(const char *file, int line, const char *text) __noreturn __cold;

#define __KAPI_WARN(condition, text, once) ({                                                                          \
	bool __warned = !!(condition);                                                                                 \
	if (unlikely(__warned))                                                                                        \
		kapi_warn(__FILE__, __LINE__, text, once);                                                             \
	unlikely(__warned); })

#define WARN_ON(condition) __KAPI_WARN(condition, #condition, false)
#define WARN_ON_ONCE(condition) __KAPI_WARN(condition, #condition, true)
/* The message's arguments are type-checked and evaluated only if it warns; the report carries the format. */
#define WARN(condition, format...) ({                                                                                  \
	bool __warns = !!(condition);                                                                                  \
	if (unlikely(__warns)) {                                                                                       \
		kapi_no_printk(format);                                                                                \
		kapi_warn(__FILE__, __LINE__, #condition, false);                                                      \
	}                                                                                                              \
	unlikely(__warns); })
#define WARN_ONCE(condition, format...) ({                                                                             \
	bool __warns = !!(condition);                                                                                  \
	if (unlikely(__warns)) {                                                                                       \
		kapi_no_printk(format);                                                                                \
		kapi_warn(__FILE__, __LINE__, #condition, true);                                                       \
	}                                                                                                              \
	unlikely(__warns); })

static inline __printf(1, 2) void kapi_no_printk(const char *format, ...)
{
}

#define BUG() kapi_bug(__FILE__, __LINE__, "BUG()")
#define BUG_ON(condition) do { if (unlikely(condition)) kapi_bug(__FILE__, __LINE__, #condition); } while (0)

#endif
