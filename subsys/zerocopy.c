// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * MSG_ZEROCOPY (net/core/skbuff.c: mm_account_pinned_pages).
 *
 * The worst case, size >> PAGE_SHIFT plus two pages, is charged to the user's
 * bucket before the pages are pinned. A task with CAP_IPC_LOCK is charged
 * nothing; since 6.3 neither is one whose limit is RLIM_INFINITY. The charge ends
 * when the data has left, on whatever task that runs and whether or not the
 * sender still lives.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <accounting/charge.h>
#include <accounting/kernels.h>
#include "pinners_private.h"
#include "umem.h"

struct zerocopy {
	struct pinner_object object;
	struct user_struct *user;	/* NULL: nothing was charged */
	unsigned long num_pg;
	struct pinned_range pages;
};

static struct charge_by zerocopy_by(struct zerocopy *zc)
{
	return (struct charge_by){ .object = zc->object.charged, .rule = "MSG_ZEROCOPY" };
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

/* The data has left, or never went: pins and charge end. */
static void zerocopy_destroy(struct pinner_object *object)
{
	struct zerocopy *zc = container_of(object, struct zerocopy, object);
	struct charge_by by = zerocopy_by(zc);

	pinned_range_release(&zc->pages, false);
	if (zc->user) {
		uncharge_user_locked_vm(zc->user, zc->num_pg, &by);
		free_uid(zc->user);
	}
	kfree(zc);
}

const struct pinner_ops zerocopy_ops = {
	.destroy = zerocopy_destroy,
};

long sendmsg_zerocopy(unsigned long va, unsigned long len)
{
	unsigned long nr_pages = PFN_UP(len + offset_in_page(va));
	struct zerocopy *zc = kzalloc(sizeof(*zc), GFP_KERNEL);
	long ret;

	/* an skb that cannot be had is reported as ENOBUFS, like the limit */
	if (!zc)
		return -ENOBUFS;
	pinner_object_init(&zc->object, &zerocopy_ops, "zerocopy");
	zc->pages.object = zc->object.charged;
	ret = zerocopy_account(zc, len);
	if (ret)
		goto out;
	/* a send is short-lived: not FOLL_LONGTERM */
	ret = pinned_range_add(&zc->pages, va & PAGE_MASK, nr_pages, 0, nr_pages);
	if (ret == (long)nr_pages)
		return zc->object.id;
	ret = ret < 0 ? ret : -EFAULT;
out:
	pinner_object_destroy(&zc->object);
	return ret;
}

long zerocopy_done(unsigned int id)
{
	struct pinner_object *object = pinner_object_find(id, &zerocopy_ops);

	if (!object)
		return -ENOENT;
	pinner_object_destroy(object);
	return 0;
}
