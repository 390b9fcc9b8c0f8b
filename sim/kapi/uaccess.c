// SPDX-License-Identifier: GPL-2.0-or-later
/* User access, to the harness's own memory: see <linux/uaccess.h>. */
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

static bool user_point(const void __user *ptr, unsigned long n)
{
	might_fault();
	sim_point(SIM_POINT_USER_COPY, 0, n);
	return ptr || !n;
}

unsigned long copy_from_user(void *to, const void __user *from, unsigned long n)
{
	if (!user_point(from, n))
		return n;
	memcpy(to, from, n);
	return 0;
}

unsigned long copy_to_user(void __user *to, const void *from, unsigned long n)
{
	if (!user_point(to, n))
		return n;
	memcpy(to, from, n);
	return 0;
}

unsigned long clear_user(void __user *to, unsigned long n)
{
	if (!user_point(to, n))
		return n;
	memset(to, 0, n);
	return 0;
}

int check_zeroed_user(const void __user *from, size_t size)
{
	if (!user_point(from, size))
		return -EFAULT;
	return size && memchr_inv(from, 0, size) ? 0 : 1;
}

int copy_struct_from_user(void *dst, size_t ksize, const void __user *src, size_t usize)
{
	size_t known = min(ksize, usize);

	if (usize > ksize) {
		int zeroed = check_zeroed_user((const char *)src + ksize, usize - ksize);

		if (zeroed <= 0)
			return zeroed ? zeroed : -E2BIG;
	}
	memset((char *)dst + known, 0, ksize - known);
	return copy_from_user(dst, src, known) ? -EFAULT : 0;
}

int kapi_iommu_copy_user(void *dst, const void __user *src, size_t len, bool right_type, size_t bytes,
			 size_t bytes_min)
{
	if (!right_type || len < bytes_min || len > bytes)
		return -EINVAL;
	return copy_struct_from_user(dst, bytes, src, len);
}

void *kapi_memdup_user(const void __user *src, size_t len, const char *site)
{
	void *copy = kapi_kvmalloc(len, GFP_KERNEL, site);

	if (!copy)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(copy, src, len)) {
		kfree(copy);
		return ERR_PTR(-EFAULT);
	}
	return copy;
}
