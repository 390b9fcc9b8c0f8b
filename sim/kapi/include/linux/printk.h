/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages go to the run's log, which the host side may read; nothing is printed. */
#ifndef __KERNEL_PRINTK__
#define __KERNEL_PRINTK__

#include <linux/compiler.h>

#define KERN_EMERG ""
#define KERN_ALERT ""
#define KERN_CRIT ""
#define KERN_ERR ""
#define KERN_WARNING ""
#define KERN_NOTICE ""
#define KERN_INFO ""
#define KERN_DEBUG ""
#define KERN_CONT ""

#ifndef pr_fmt
#define pr_fmt(format) format
#endif

/* Keeps the last messages of the world (kapi_log() in sim/kapi.h). Returns the bytes of the message. */
int _printk(const char *format, ...) __printf(1, 2);
#define printk(format, ...) _printk(format, ##__VA_ARGS__)
#define no_printk(format, ...) ({ if (0) _printk(format, ##__VA_ARGS__); 0; })

#define pr_emerg(format, ...) printk(pr_fmt(format), ##__VA_ARGS__)
#define pr_alert(format, ...) printk(pr_fmt(format), ##__VA_ARGS__)
#define pr_crit(format, ...) printk(pr_fmt(format), ##__VA_ARGS__)
#define pr_err(format, ...) printk(pr_fmt(format), ##__VA_ARGS__)
#define pr_warn(format, ...) printk(pr_fmt(format), ##__VA_ARGS__)
#define pr_notice(format, ...) printk(pr_fmt(format), ##__VA_ARGS__)
#define pr_info(format, ...) printk(pr_fmt(format), ##__VA_ARGS__)
#define pr_debug(format, ...) no_printk(pr_fmt(format), ##__VA_ARGS__)
#define pr_warn_ratelimited pr_warn
#define pr_info_ratelimited pr_info
#define pr_err_ratelimited pr_err
#define pr_warn_once pr_warn
#define pr_info_once pr_info
#define pr_err_once pr_err

#endif
