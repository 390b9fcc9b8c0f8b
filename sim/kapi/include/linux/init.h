/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_INIT_H
#define _LINUX_INIT_H

#include <linux/compiler.h>

typedef int (*initcall_t)(void);
typedef void (*exitcall_t)(void);
/* Whoever builds the machine calls kapi_init_FN(): a file's static functions get a name outside. */
#define module_init(fn) int kapi_init_##fn(void); int kapi_init_##fn(void) { return fn(); } extern int __kapi_no_export
#define module_exit(fn) void kapi_exit_##fn(void); void kapi_exit_##fn(void) { fn(); } extern int __kapi_no_export
#define subsys_initcall(fn) module_init(fn)
#define late_initcall(fn) module_init(fn)

#endif
