// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * s390: interrupt forwarding of a passed-through PCI function
 * (arch/s390/kvm/pci.c: kvm_s390_pci_aif_enable; from 6.0).
 *
 * One page of the guest, two with a summary, is pinned and then counted as
 * io_uring counts: the user's locked_vm, tested against the limit of current, and
 * pinned_vm untested. No capability helps. A refusal unpins and is then forgotten:
 * the call returns 0 with nothing set up. What is given back is taken from the
 * user and mm of whoever disables it.
 */
#include <linux/anon_inodes.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched/user.h>
#include <linux/slab.h>
#include <accounting/charge.h>
#include "pinners_private.h"
#include "umem.h"

struct kvm_zdev {
	struct ledger_object *charged;
	struct mutex lock;
	struct pinned_range pages;
};

static struct charge_by zpci_by(const struct kvm_zdev *kzdev)
{
	return (struct charge_by){ .object = kzdev->charged, .rule = "s390 zPCI" };
}

static int zpci_account(struct kvm_zdev *kzdev, unsigned long nr_pages)
{
	struct charge_by by = zpci_by(kzdev);

	if (charge_user_locked_vm(current_user(), nr_pages, &by))
		return -ENOMEM;
	charge_pinned_vm(current->mm, nr_pages, &by);
	return 0;
}

static int zpci_enable_locked(struct kvm_zdev *kzdev, unsigned long va, unsigned long summary)
{
	if (kzdev->pages.nr_pages)
		return -EINVAL;
	if (pinned_range_add(&kzdev->pages, va & PAGE_MASK, 1, FOLL_WRITE | FOLL_LONGTERM, 1) != 1 ||
	    (summary &&
	     pinned_range_add(&kzdev->pages, summary & PAGE_MASK, 1, FOLL_WRITE | FOLL_LONGTERM, 1) != 1)) {
		pinned_range_release(&kzdev->pages, false);
		return -EIO;
	}
	if (zpci_account(kzdev, kzdev->pages.nr_pages))
		pinned_range_release(&kzdev->pages, false);
	return 0;
}

static int zpci_disable_locked(struct kvm_zdev *kzdev)
{
	struct charge_by by = zpci_by(kzdev);
	unsigned long nr_pages = kzdev->pages.nr_pages;

	if (!nr_pages)
		return 0;
	pinned_range_release(&kzdev->pages, false);
	uncharge_user_locked_vm(current_user(), nr_pages, &by);
	if (current->mm)
		uncharge_pinned_vm(current->mm, nr_pages, &by);
	return 0;
}

static int zpci_release(struct inode *inode, struct file *file)
{
	struct kvm_zdev *kzdev = file->private_data;

	zpci_disable_locked(kzdev);
	ledger_object_destroy(kzdev->charged);
	mutex_destroy(&kzdev->lock);
	kfree(kzdev);
	return 0;
}

const struct file_operations zpci_fops = {
	.name = "zpci",
	.release = zpci_release,
};

long zpci_open(void)
{
	struct kvm_zdev *kzdev = kzalloc(sizeof(*kzdev), GFP_KERNEL);
	long fd;

	if (!kzdev)
		return -ENOMEM;
	mutex_init(&kzdev->lock);
	kzdev->charged = ledger_object_create("zpci", NULL);
	kzdev->pages.object = kzdev->charged;
	fd = anon_inode_getfd("kvm-zpci", &zpci_fops, kzdev, O_RDWR);
	if (fd < 0) {
		ledger_object_destroy(kzdev->charged);
		kfree(kzdev);
	}
	return fd;
}

long zpci_aif(int fd, bool enable, unsigned long va, unsigned long summary)
{
	struct file *file = pinner_fget(fd, &zpci_fops);
	struct kvm_zdev *kzdev;
	long ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	kzdev = file->private_data;
	mutex_lock(&kzdev->lock);
	ret = enable ? zpci_enable_locked(kzdev, va, summary) : zpci_disable_locked(kzdev);
	mutex_unlock(&kzdev->lock);
	fput(file);
	return ret;
}
