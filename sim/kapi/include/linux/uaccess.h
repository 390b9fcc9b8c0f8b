/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * User memory as the kernel's files see it. The arguments of a simulated system
 * call are the harness's own memory, always there; what a simulated process has
 * mapped is reached through mm_model (fault_in_readable() and its kin), because
 * guest memory has no content. Copying checks that it may sleep, as it might
 * fault, and is a scheduling point.
 */
#ifndef _LINUX_UACCESS_H
#define _LINUX_UACCESS_H

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/string.h>

#define access_ok(addr, size) ((void)(addr), (void)(size), true)

/* Bytes that could not be copied: 0, or all where the pointer is NULL. */
unsigned long copy_from_user(void *to, const void __user *from, unsigned long n);
unsigned long copy_to_user(void __user *to, const void *from, unsigned long n);
unsigned long clear_user(void __user *to, unsigned long n);
/* 1 where all @size bytes are zero, 0 where one is not, -EFAULT. */
int check_zeroed_user(const void __user *from, size_t size);

/*
 * A structure that grows with the kernel: copies what both know, zeroes what only
 * this one knows, and refuses (-E2BIG) what only the caller knows unless it is zero.
 */
int copy_struct_from_user(void *dst, size_t ksize, const void __user *src, size_t usize);
void *kapi_memdup_user(const void __user *src, size_t len, const char *site);
#define memdup_user(src, len) kapi_memdup_user(src, len, KAPI_SITE)
#define vmemdup_user(src, len) kapi_memdup_user(src, len, KAPI_SITE)

#define get_user(x, ptr) ({                                                                                            \
	typeof(*(ptr)) __got = 0;                                                                                      \
	int __gu = copy_from_user(&__got, ptr, sizeof(__got)) ? -EFAULT : 0;                                           \
	(x) = (typeof(x))__got;                                                                                        \
	__gu; })
#define put_user(x, ptr) ({                                                                                            \
	typeof(*(ptr)) __put = (x);                                                                                    \
	copy_to_user(ptr, &__put, sizeof(__put)) ? -EFAULT : 0; })

#endif
