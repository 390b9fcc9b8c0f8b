/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a module says of itself. There are no modules; parameters are plain variables. */
#ifndef _LINUX_MODULE_H
#define _LINUX_MODULE_H

#include <linux/export.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>

struct module;
#define THIS_MODULE ((struct module *)0)
#define MODULE_LICENSE(x) extern int __kapi_no_export
#define MODULE_AUTHOR(x) extern int __kapi_no_export
#define MODULE_DESCRIPTION(x) extern int __kapi_no_export
#define MODULE_VERSION(x) extern int __kapi_no_export
#define MODULE_ALIAS(x) extern int __kapi_no_export
#define MODULE_ALIAS_MISCDEV(x) extern int __kapi_no_export
#define MODULE_IMPORT_NS(x) extern int __kapi_no_export
#define MODULE_SOFTDEP(x) extern int __kapi_no_export
#define MODULE_PARM_DESC(name, text) extern int __kapi_no_export
#define MODULE_DEVICE_TABLE(type, name) extern int __kapi_no_export
#define module_param(name, type, perm) extern int __kapi_no_export
#define module_param_named(name, value, type, perm) extern int __kapi_no_export

static inline bool try_module_get(struct module *module)
{
	return true;
}

static inline void module_put(struct module *module)
{
}

#define request_module(format...) (-38)
#define request_module_nowait(format...) (-38)

#endif
