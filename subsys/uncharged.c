// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Those who pin and count nothing anywhere: habanalabs, user pointers of i915,
 * etnaviv and exynos, ublk, RDS over RDMA, Xen's gntdev and privcmd, acrn,
 * rio_mport, genwqe, tee_shm, vb2's frame vectors, orangefs, ... They differ in
 * nothing that accounting could see, so one stands for all: a file that holds a
 * range, for long, until it is closed.
 *
 * No limit applies, none says no, and nobody's counter shows the pages.
 */
#include <linux/anon_inodes.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "pinners_private.h"
#include "umem.h"

struct uncharged {
	struct ledger_object *charged;
	struct pinned_range pages;
};

static void uncharged_free(struct uncharged *pinner)
{
	pinned_range_release(&pinner->pages, true);
	ledger_object_destroy(pinner->charged);
	kfree(pinner);
}

static int uncharged_release(struct inode *inode, struct file *file)
{
	uncharged_free(file->private_data);
	return 0;
}

const struct file_operations uncharged_fops = {
	.name = "uncharged",
	.release = uncharged_release,
};

long pin_uncharged(unsigned long va, unsigned long len)
{
	unsigned long nr_pages = PFN_UP(len + offset_in_page(va));
	struct uncharged *pinner;
	long ret;

	if (!len || va + len < va)
		return -EINVAL;
	pinner = kzalloc(sizeof(*pinner), GFP_KERNEL);
	if (!pinner)
		return -ENOMEM;
	pinner->charged = ledger_object_create("uncharged", NULL);
	pinner->pages.object = pinner->charged;
	ret = pinned_range_add(&pinner->pages, va & PAGE_MASK, nr_pages, FOLL_WRITE | FOLL_LONGTERM, nr_pages);
	if (ret == (long)nr_pages)
		ret = anon_inode_getfd("[pinner]", &uncharged_fops, pinner, O_RDWR);
	else
		ret = ret < 0 ? ret : -EFAULT;
	if (ret < 0)
		uncharged_free(pinner);
	return ret;
}
