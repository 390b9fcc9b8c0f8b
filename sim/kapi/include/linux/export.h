/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_EXPORT_H
#define _LINUX_EXPORT_H

/* Everything is one program: nothing to export. */
#define EXPORT_SYMBOL(sym) extern int __kapi_no_export
#define EXPORT_SYMBOL_GPL(sym) EXPORT_SYMBOL(sym)
#define EXPORT_SYMBOL_NS(sym, ns) EXPORT_SYMBOL(sym)
#define EXPORT_SYMBOL_NS_GPL(sym, ns) EXPORT_SYMBOL(sym)

#endif
