// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AF_XDP umems (net/xdp/xdp_umem.c).
 *
 * The user's bucket is charged before anything is pinned; a task with
 * CAP_IPC_LOCK is charged nothing and the umem then has no user. What was
 * charged is released as deferred work after the socket is closed.
 *
 * A known defect of every version: a pin that comes back short stores the short
 * count before the charge is undone, so the difference stays with the user.
 */
#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <accounting/charge.h>
#include <accounting/kernels.h>
#include <subsys/pinners.h>
#include "pinners_private.h"
#include "umem.h"

#define XDP_CHUNK_BYTES PAGE_SIZE
#define XDP_NPGS_MAX 0xffffffffUL

struct xdp_umem {
	unsigned long npgs;
	struct user_struct *user;	/* NULL: the creator had the capability */
	struct pinned_range pages;
	struct ledger_object *charged;
	struct work_struct work;
};

static struct charge_by xdp_by(struct xdp_umem *umem)
{
	return (struct charge_by){ .object = umem->charged, .rule = "AF_XDP" };
}

static int xdp_umem_account(struct xdp_umem *umem)
{
	struct charge_by by = xdp_by(umem);
	int ret;

	if (pins_charge(umem->charged, umem->npgs))
		return -ENOBUFS;
	if (capable(CAP_IPC_LOCK))
		return 0;
	umem->user = get_uid(current_user());
	ret = charge_user_locked_vm(umem->user, umem->npgs, &by);
	if (!ret)
		return 0;
	free_uid(umem->user);
	umem->user = NULL;
	pins_uncharge(umem->charged, umem->npgs);
	return -ENOBUFS;
}

static void xdp_umem_unaccount(struct xdp_umem *umem)
{
	struct charge_by by = xdp_by(umem);

	pins_uncharge(umem->charged, umem->npgs);
	if (!umem->user)
		return;
	uncharge_user_locked_vm(umem->user, umem->npgs, &by);
	free_uid(umem->user);
}

static int xdp_umem_pin(struct xdp_umem *umem, unsigned long addr)
{
	long npgs = pinned_range_add(&umem->pages, addr, umem->npgs, FOLL_WRITE | FOLL_LONGTERM, umem->npgs);

	if (npgs == (long)umem->npgs)
		return 0;
	pinned_range_release(&umem->pages, true);
	if (npgs < 0)
		return npgs;
	/* the defect: the short count is what the caller now uncharges */
	if (kernel_rules()->other.xdp_partial_pin_leak)
		umem->npgs = npgs;
	return -ENOMEM;
}

static void xdp_umem_free(struct xdp_umem *umem)
{
	ledger_object_destroy(umem->charged);
	kfree(umem);
}

static void xdp_umem_release(struct xdp_umem *umem)
{
	pinned_range_release(&umem->pages, true);
	xdp_umem_unaccount(umem);
	xdp_umem_free(umem);
}

static void xdp_umem_release_work(struct work_struct *work)
{
	xdp_umem_release(container_of(work, struct xdp_umem, work));
}

static int xdp_release(struct inode *inode, struct file *file)
{
	struct xdp_umem *umem = file->private_data;

	INIT_WORK(&umem->work, xdp_umem_release_work);
	schedule_work(&umem->work);
	return 0;
}

const struct file_operations xdp_fops = {
	.name = "xsk",
	.release = xdp_release,
};

struct ledger_object *xdp_ledger(const struct file *file)
{
	const struct xdp_umem *umem = file->private_data;

	return umem->charged;
}

static int xdp_check(unsigned long addr, unsigned long size)
{
	if (offset_in_page(addr))
		return -EINVAL;
	if (addr + size < addr)
		return -EINVAL;
	if (PFN_UP(size) > XDP_NPGS_MAX)
		return -EINVAL;
	if (!(size / XDP_CHUNK_BYTES) || size % XDP_CHUNK_BYTES)
		return -EINVAL;
	return 0;
}

static struct xdp_umem *xdp_umem_create(unsigned long addr, unsigned long size)
{
	struct xdp_umem *umem = kzalloc(sizeof(*umem), GFP_KERNEL);
	int ret;

	if (!umem)
		return ERR_PTR(-ENOMEM);
	umem->charged = ledger_object_create("xdp_umem", NULL);
	umem->pages.object = umem->charged;
	ret = xdp_check(addr, size);
	if (ret)
		goto out_free;
	umem->npgs = PFN_UP(size);
	ret = xdp_umem_account(umem);
	if (ret)
		goto out_free;
	ret = xdp_umem_pin(umem, addr);
	if (ret)
		goto out_account;
	return umem;

out_account:
	xdp_umem_unaccount(umem);
out_free:
	xdp_umem_free(umem);
	return ERR_PTR(ret);
}

long xdp_reg_umem(unsigned long va, unsigned long len)
{
	struct xdp_umem *umem = xdp_umem_create(va, len);
	long fd;

	if (IS_ERR(umem))
		return PTR_ERR(umem);
	fd = anon_inode_getfd("[xsk]", &xdp_fops, umem, O_RDWR);
	if (fd < 0)
		xdp_umem_release(umem);
	return fd;
}
