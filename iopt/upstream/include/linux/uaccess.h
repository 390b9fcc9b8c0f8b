/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * User memory of an upstream call is of two kinds. The arguments of the ioctl are
 * the harness's own memory: their addresses carry UPSTREAM_HOST, which no simulated
 * address has. Everything else is memory of the simulated task and goes through
 * its page tables; it has no content.
 */
#ifndef _UPSTREAM_UACCESS_H
#define _UPSTREAM_UACCESS_H

#include_next <linux/uaccess.h>

/* A task may well ask for an address with the highest bit set, hardly for one with all of these. */
#define UPSTREAM_HOST_MASK (0xffffUL << 48)
#define UPSTREAM_HOST (0xa5c3UL << 48)

unsigned long upstream_copy_from_user(void *to, const void __user *from, unsigned long n);
unsigned long upstream_copy_to_user(void __user *to, const void *from, unsigned long n);
unsigned long upstream_clear_user(void __user *to, unsigned long n);
int upstream_copy_struct_from_user(void *dst, size_t ksize, const void __user *src, size_t usize);

#define copy_from_user upstream_copy_from_user
#define copy_to_user upstream_copy_to_user
#define clear_user upstream_clear_user
#define copy_struct_from_user upstream_copy_struct_from_user

#endif
