// SPDX-License-Identifier: GPL-2.0-or-later
/* User access of an upstream call: see include/linux/uaccess.h. */
#include <linux/mm.h>
#include <linux/uaccess.h>

#undef copy_from_user
#undef copy_to_user
#undef clear_user
#undef copy_struct_from_user

static bool from_host(const void __user *ptr)
{
	return (unsigned long)ptr & UPSTREAM_HOST;
}

static void __user *host(const void __user *ptr)
{
	return (void __user *)((unsigned long)ptr & ~UPSTREAM_HOST);
}

unsigned long upstream_copy_from_user(void *to, const void __user *from, unsigned long n)
{
	if (from_host(from))
		return copy_from_user(to, host(from), n);
	return fault_in_readable((unsigned long)from, n);
}

unsigned long upstream_copy_to_user(void __user *to, const void *from, unsigned long n)
{
	if (from_host(to))
		return copy_to_user(host(to), from, n);
	return fault_in_writeable((unsigned long)to, n);
}

unsigned long upstream_clear_user(void __user *to, unsigned long n)
{
	if (from_host(to))
		return clear_user(host(to), n);
	return fault_in_writeable((unsigned long)to, n);
}

/* Only ever of an ioctl's arguments. */
int upstream_copy_struct_from_user(void *dst, size_t ksize, const void __user *src, size_t usize)
{
	return from_host(src) ? copy_struct_from_user(dst, ksize, host(src), usize) : -EFAULT;
}
