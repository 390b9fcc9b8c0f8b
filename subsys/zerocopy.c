// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * MSG_ZEROCOPY (net/core/skbuff.c: mm_account_pinned_pages).
 *
 * The worst case, size >> PAGE_SHIFT plus two pages, is charged to the user's
 * bucket before the pages are pinned. A task with CAP_IPC_LOCK is charged
 * nothing; since 6.3 neither is one whose limit is RLIM_INFINITY. The charge ends
 * when the data has left, on whatever task that runs and whether or not the
 * sender still lives.
 *
 * RDS uses the same (net/rds/message.c), and says ENOMEM. io_uring's SEND_ZC
 * (io_uring/notif.c) counts as much, but to the user of the ring, if it has one:
 * tested against the sender's limit, whatever the sender's capabilities, and
 * infinity is a limit like others.
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
	const char *rule;
	struct user_struct *user;	/* NULL: nothing was charged */
	unsigned long num_pg;
	struct pinned_range pages;
};

static struct charge_by zerocopy_by(struct zerocopy *zc)
{
	return (struct charge_by){ .object = zc->object.charged, .rule = zc->rule };
}

static int zerocopy_charge(struct zerocopy *zc, struct user_struct *user, unsigned long size)
{
	struct charge_by by = zerocopy_by(zc);

	zc->num_pg = (size >> PAGE_SHIFT) + 2;
	if (charge_user_locked_vm(user, zc->num_pg, &by))
		return -ENOMEM;
	zc->user = get_uid(user);
	return 0;
}

static int zerocopy_account(struct zerocopy *zc, unsigned long size)
{
	if (capable(CAP_IPC_LOCK) || !size)
		return 0;
	if (kernel_rules()->other.zerocopy_infinity_skips && rlimit(RLIMIT_MEMLOCK) == RLIM_INFINITY)
		return 0;
	return zerocopy_charge(zc, current_user(), size);
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

static struct zerocopy *zerocopy_create(const char *rule)
{
	struct zerocopy *zc = kzalloc(sizeof(*zc), GFP_KERNEL);

	if (!zc)
		return NULL;
	pinner_object_init(&zc->object, &zerocopy_ops, "zerocopy");
	zc->pages.object = zc->object.charged;
	zc->rule = rule;
	return zc;
}

/* The data's pages, after the charge. Returns the number of what is in flight, or ends it. */
static long zerocopy_send(struct zerocopy *zc, unsigned long va, unsigned long len)
{
	unsigned long nr_pages = PFN_UP(len + offset_in_page(va));
	/* a send is short-lived: not FOLL_LONGTERM */
	long ret = pinned_range_add(&zc->pages, va & PAGE_MASK, nr_pages, 0, nr_pages);

	if (ret == (long)nr_pages)
		return zc->object.id;
	pinner_object_destroy(&zc->object);
	return ret < 0 ? ret : -EFAULT;
}

long sendmsg_zerocopy(unsigned long va, unsigned long len, bool rds)
{
	struct zerocopy *zc = zerocopy_create(rds ? "RDS" : "MSG_ZEROCOPY");
	/* an skb that cannot be had is reported as ENOBUFS, like the limit */
	int refused = rds ? -ENOMEM : -ENOBUFS;

	if (!zc)
		return refused;
	if (!zerocopy_account(zc, len))
		return zerocopy_send(zc, va, len);
	pinner_object_destroy(&zc->object);
	return refused;
}

long uring_send_zc(int ring_fd, unsigned long va, unsigned long len)
{
	struct user_struct *user;
	struct zerocopy *zc;
	int ret = io_uring_user(ring_fd, &user);

	if (ret)
		return ret;
	zc = zerocopy_create("io_uring, SEND_ZC");
	ret = zc ? 0 : -ENOMEM;
	if (zc && user)
		ret = zerocopy_charge(zc, user, len);
	if (user)
		free_uid(user);
	if (!ret)
		return zerocopy_send(zc, va, len);
	if (zc)
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
