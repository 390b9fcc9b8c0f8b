// SPDX-License-Identifier: GPL-2.0-or-later
/* User access of an upstream call: see include/linux/uaccess.h. */
#include <linux/mm.h>
#include <linux/uaccess.h>
#include <iopt/upstream.h>
#include "machine.h"

#undef copy_from_user
#undef copy_to_user
#undef clear_user
#undef copy_struct_from_user

static bool from_host(const void __user *ptr)
{
	return ((unsigned long)ptr & UPSTREAM_HOST_MASK) == UPSTREAM_HOST;
}

static void __user *host(const void __user *ptr)
{
	return (void __user *)((unsigned long)ptr & ~UPSTREAM_HOST_MASK);
}

unsigned long upstream_copy_from_user(void *to, const void __user *from, unsigned long n)
{
	const struct upstream_user *user = upstream()->user;

	if (from_host(from))
		return copy_from_user(to, host(from), n);
	if (user)
		return user->read(to, (unsigned long)from, n) ? 0 : n;
	return fault_in_readable((unsigned long)from, n);
}

unsigned long upstream_copy_to_user(void __user *to, const void *from, unsigned long n)
{
	const struct upstream_user *user = upstream()->user;

	if (from_host(to))
		return copy_to_user(host(to), from, n);
	if (user)
		return user->write((unsigned long)to, from, n) ? 0 : n;
	return fault_in_writeable((unsigned long)to, n);
}

unsigned long upstream_clear_user(void __user *to, unsigned long n)
{
	static const unsigned char zeros[256];
	unsigned long done, part;

	if (from_host(to))
		return clear_user(host(to), n);
	if (!upstream()->user)
		return fault_in_writeable((unsigned long)to, n);
	for (done = 0; done < n; done += part) {
		part = min(n - done, sizeof(zeros));
		if (!upstream()->user->write((unsigned long)to + done, zeros, part))
			break;
	}
	return n - done;
}

/* As the kernel's: what only the caller knows must be zero. Only ever of an ioctl's arguments. */
static int user_copy_struct(const struct upstream_user *user, void *dst, size_t ksize, unsigned long src, size_t usize)
{
	size_t known = min(ksize, usize), at, part;
	unsigned char tail[64];

	for (at = known; at < usize; at += part) {
		part = min(usize - at, sizeof(tail));
		if (!user->read(tail, src + at, part))
			return -EFAULT;
		if (memchr_inv(tail, 0, part))
			return -E2BIG;
	}
	memset((char *)dst + known, 0, ksize - known);
	return user->read(dst, src, known) ? 0 : -EFAULT;
}

int upstream_copy_struct_from_user(void *dst, size_t ksize, const void __user *src, size_t usize)
{
	if (from_host(src))
		return copy_struct_from_user(dst, ksize, host(src), usize);
	if (!upstream()->user)
		return -EFAULT;
	return user_copy_struct(upstream()->user, dst, ksize, (unsigned long)src, usize);
}
