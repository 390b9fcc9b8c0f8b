// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * MSG_ZEROCOPY (net/core/skbuff.c: mm_account_pinned_pages).
 *
 * The worst case, size >> PAGE_SHIFT plus two pages, is charged to the user's
 * bucket before the pages are pinned. A task with CAP_IPC_LOCK is charged
 * nothing; since 6.3 neither is one whose limit is RLIM_INFINITY. The charge ends
 * with the notification that the data has left, on whatever task that runs.
 */
#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <accounting/charge.h>
#include <accounting/kernels.h>
#include <subsys/pinners.h>
#include "pinners_private.h"
#include "umem.h"

struct zerocopy {
	struct user_struct *user;	/* NULL: nothing was charged */
	unsigned long num_pg;
	struct pinned_range pages;
	struct ledger_object *charged;
};

static struct charge_by zerocopy_by(struct zerocopy *zc)
{
	return (struct charge_by){ .object = zc->charged, .rule = "MSG_ZEROCOPY" };
}

static int zerocopy_account(struct zerocopy *zc, unsigned long size)
{
	struct charge_by by = zerocopy_by(zc);

	if (capable(CAP_IPC_LOCK) || !size)
		return 0;
	if (kernel_rules()->other.zerocopy_infinity_skips && rlimit(RLIMIT_MEMLOCK) == RLIM_INFINITY)
		return 0;
	zc->num_pg = (size >> PAGE_SHIFT) + 2;
	if (charge_user_locked_vm(current_user(), zc->num_pg, &by))
		return -ENOBUFS;
	zc->user = get_uid(current_user());
	return 0;
}

/* The data has left (or never went): pins and charge end. */
static void zerocopy_complete(struct zerocopy *zc)
{
	struct charge_by by = zerocopy_by(zc);

	pinned_range_release(&zc->pages, false);
	if (zc->user) {
		uncharge_user_locked_vm(zc->user, zc->num_pg, &by);
		free_uid(zc->user);
		zc->user = NULL;
	}
}

static int zerocopy_release(struct inode *inode, struct file *file)
{
	struct zerocopy *zc = file->private_data;

	zerocopy_complete(zc);
	ledger_object_destroy(zc->charged);
	kfree(zc);
	return 0;
}

const struct file_operations zerocopy_fops = {
	.name = "zerocopy",
	.release = zerocopy_release,
};

struct ledger_object *zerocopy_ledger(const struct file *file)
{
	const struct zerocopy *zc = file->private_data;

	return zc->charged;
}

long sendmsg_zerocopy(unsigned long va, unsigned long len)
{
	unsigned long nr_pages = PFN_UP(len + offset_in_page(va));
	struct zerocopy *zc = kzalloc(sizeof(*zc), GFP_KERNEL);
	long ret;

	/* an skb that cannot be had is reported as ENOBUFS, like the limit */
	if (!zc)
		return -ENOBUFS;
	zc->charged = ledger_object_create("zerocopy", NULL);
	zc->pages.object = zc->charged;
	ret = zerocopy_account(zc, len);
	if (ret)
		goto out;
	/* a send is short-lived: not FOLL_LONGTERM */
	ret = pinned_range_add(&zc->pages, va & PAGE_MASK, nr_pages, 0, nr_pages);
	if (ret != (long)nr_pages) {
		ret = ret < 0 ? ret : -EFAULT;
		goto out;
	}
	ret = anon_inode_getfd("[zerocopy]", &zerocopy_fops, zc, O_RDWR);
	if (ret >= 0)
		return ret;
out:
	zerocopy_complete(zc);
	ledger_object_destroy(zc->charged);
	kfree(zc);
	return ret;
}

long zerocopy_done(int fd)
{
	struct file *file = fget(fd);

	if (!file)
		return -EBADF;
	if (file->f_op != &zerocopy_fops) {
		fput(file);
		return -EINVAL;
	}
	zerocopy_complete(file->private_data);
	fput(file);
	return 0;
}
