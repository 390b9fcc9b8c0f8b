// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * RDMA memory regions (drivers/infiniband/core/umem.c: ib_umem_get, and the
 * drivers that account by themselves).
 *
 * All of them charge mm->pinned_vm and test it, unsigned, against the limit of
 * current; the capability is asked for at every charge. What differs is the
 * order, and which mm gives the charge back:
 *
 *	umem	add, then test; back to the mm that registered, dead or alive
 *	qib	add, then test; back to the mm of whoever deregisters
 *	usnic	add, then test; a pin that fails after k pages gives back only the
 *		pages not pinned yet, so k stay charged
 *	siw	up to 6.2 a look before the pin, then each batch is added as it is
 *		pinned; then add, test, and what could not be pinned is taken off
 *		again; in neither does a capability help. From 6.8 on it is umem's
 *	hfi1	test (also against a quarter of the limit a context), pin, then add
 */
#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <accounting/charge.h>
#include <accounting/kernels.h>
#include <sim/verdict.h>
#include <subsys/pinners.h>
#include "pinners_private.h"
#include "umem.h"

/* struct page pointers that fit the one page GUP is given to fill */
#define RDMA_BATCH_PAGES (PAGE_SIZE / sizeof(void *))
#define RDMA_PAGES_MAX 0xffffffffUL
/* hfi1's receive contexts: each may take a quarter of its share of the limit */
#define HFI1_CONTEXTS 1

struct rdma_mr {
	enum rdma_driver driver;
	struct mm_struct *owning_mm;
	unsigned long npages;
	bool read_only;
	struct pinned_range pages;
	atomic_t usecnt;	/* -1: being deregistered, which nobody else may then (uverbs_try_lock_object) */
	struct ledger_object *charged;
};

static const char *rdma_rule(enum rdma_driver driver)
{
	switch (driver) {
	case RDMA_QIB:
		return "RDMA, qib";
	case RDMA_HFI1:
		return "RDMA, hfi1";
	case RDMA_USNIC:
		return "RDMA, usnic";
	case RDMA_SIW:
		return "RDMA, siw";
	default:
		return "RDMA";
	}
}

static struct charge_by rdma_by(struct rdma_mr *mr)
{
	return (struct charge_by){ .object = mr->charged, .rule = rdma_rule(mr->driver) };
}

/* Add first, look afterwards: two that run at once can both fail though one would fit. */
static int rdma_charge_then_test(struct rdma_mr *mr)
{
	unsigned long limit = memlock_limit_pages(current);
	struct charge_by by = rdma_by(mr);
	unsigned long now;

	now = charge_pinned_vm_return(mr->owning_mm, mr->npages, &by);
	if (charge_used(mr->owning_mm, now) <= limit || (mr->driver != RDMA_SIW && capable(CAP_IPC_LOCK)))
		return 0;
	uncharge_pinned_vm(mr->owning_mm, mr->npages, &by);
	charge_refused(BUCKET_PINNED_VM, mr->owning_mm, now - mr->npages, mr->npages, limit, &by);
	return -ENOMEM;
}

/* drivers/infiniband/hw/hfi1/user_pages.c:hfi1_can_pin_pages */
static int hfi1_test(struct rdma_mr *mr)
{
	unsigned long limit = memlock_limit_pages(current);
	unsigned long used = atomic64_read(&mr->owning_mm->pinned_vm);
	struct charge_by by = rdma_by(mr);

	if (capable(CAP_IPC_LOCK))
		return 0;
	if (charge_used(mr->owning_mm, used) + mr->npages > limit) {
		charge_refused(BUCKET_PINNED_VM, mr->owning_mm, used, mr->npages, limit, &by);
	} else if (mr->npages > limit / HFI1_CONTEXTS / 4) {
		sim_refusal_note("%lup > a quarter of %s's %lup (RDMA, hfi1)", mr->npages, current->comm, limit);
	} else {
		return 0;
	}
	return -ENOMEM;
}

/* What a failed pin gives back: all of it, but for usnic's loop variable. */
static void rdma_uncharge_failed(struct rdma_mr *mr)
{
	unsigned long pages = mr->npages;
	struct charge_by by = rdma_by(mr);

	if (mr->driver == RDMA_USNIC && kernel_rules()->other.usnic_partial_pin_leak)
		pages -= mr->pages.nr_pages;
	if (pages)
		uncharge_pinned_vm(mr->owning_mm, pages, &by);
}

static unsigned int rdma_gup_flags(const struct rdma_mr *mr)
{
	if (!mr->read_only)
		return FOLL_WRITE | FOLL_LONGTERM;
	/* b40656aa7d55: until then also a region that is only read was made the task's own */
	return kernel_rules()->other.umem_force_write ? FOLL_WRITE | FOLL_FORCE | FOLL_LONGTERM : FOLL_LONGTERM;
}

/* drivers/infiniband/sw/siw/siw_mem.c:siw_umem_get up to 6.2: the look and the adds are not one step. */
static int siw_get(struct rdma_mr *mr, unsigned long va)
{
	unsigned long limit = memlock_limit_pages(current);
	unsigned long used = atomic64_read(&mr->owning_mm->pinned_vm);
	struct charge_by by = rdma_by(mr);
	long got = 0;

	if (charge_used(mr->owning_mm, used) + mr->npages > limit) {
		charge_refused(BUCKET_PINNED_VM, mr->owning_mm, used, mr->npages, limit, &by);
		return -ENOMEM;
	}
	for (unsigned long done = 0; done < mr->npages; done += got) {
		got = pinned_range_add(&mr->pages, (va & PAGE_MASK) + (done << PAGE_SHIFT),
				       min(mr->npages - done, RDMA_BATCH_PAGES), rdma_gup_flags(mr), RDMA_BATCH_PAGES);
		if (got <= 0)
			break;
		charge_pinned_vm_tested(mr->owning_mm, got, limit, &by);
	}
	if (mr->pages.nr_pages == mr->npages)
		return 0;
	if (mr->pages.nr_pages)
		uncharge_pinned_vm(mr->owning_mm, mr->pages.nr_pages, &by);
	pinned_range_release(&mr->pages, false);
	return got < 0 ? got : -EFAULT;
}

static int rdma_pin(struct rdma_mr *mr, unsigned long va)
{
	long got = pinned_range_add(&mr->pages, va & PAGE_MASK, mr->npages, rdma_gup_flags(mr), RDMA_BATCH_PAGES);

	if (got == (long)mr->npages)
		return 0;
	/* a batch that fails later reports its own error; GUP says EFAULT for a hole */
	return got < 0 ? got : -EFAULT;
}

static int rdma_get(struct rdma_mr *mr, unsigned long va)
{
	struct charge_by by = rdma_by(mr);
	int ret;

	if (mr->driver == RDMA_SIW && kernel_rules()->other.siw == S_CHK)
		return siw_get(mr, va);
	if (mr->driver == RDMA_HFI1)
		ret = hfi1_test(mr);
	else
		ret = rdma_charge_then_test(mr);
	if (ret)
		return ret;
	ret = pins_charge(mr->charged, mr->npages);
	if (!ret)
		ret = rdma_pin(mr, va);
	if (ret) {
		pins_uncharge(mr->charged, mr->npages);
		if (mr->driver != RDMA_HFI1)
			rdma_uncharge_failed(mr);
		pinned_range_release(&mr->pages, false);
		return ret;
	}
	if (mr->driver == RDMA_HFI1)
		charge_pinned_vm_tested(mr->owning_mm, mr->npages,
					capable(CAP_IPC_LOCK) ? ~0UL : memlock_limit_pages(current), &by);
	return 0;
}

static void rdma_put(struct rdma_mr *mr)
{
	struct charge_by by = rdma_by(mr);
	struct mm_struct *mm = mr->driver == RDMA_QIB ? current->mm : mr->owning_mm;

	pins_uncharge(mr->charged, mr->pages.nr_pages);
	pinned_range_release(&mr->pages, true);
	/* qib at exit: no mm any more, nothing is given back */
	if (mm)
		uncharge_pinned_vm(mm, mr->npages, &by);
}

static void rdma_mr_free(struct rdma_mr *mr)
{
	mmdrop(mr->owning_mm);
	ledger_object_destroy(mr->charged);
	kfree(mr);
}

static int rdma_release(struct inode *inode, struct file *file)
{
	struct rdma_mr *mr = file->private_data;

	/* The mm goes, with what may be its last reference, and then its count is changed: told before either. */
	if (kernel_rules()->other.hfi1_mm_uaf && mr->driver == RDMA_HFI1 && mr->pages.nr_pages &&
	    atomic_read(&mr->owning_mm->mm_count) == 1)
		sim_violate(VIOLATION_USE_AFTER_FREE, "hfi1 changes the pinned_vm of an mm that it has let go of");
	if (mr->pages.nr_pages)
		rdma_put(mr);
	rdma_mr_free(mr);
	return 0;
}

const struct file_operations rdma_fops = {
	.name = "rdma_mr",
	.release = rdma_release,
};

struct ledger_object *rdma_ledger(const struct file *file)
{
	const struct rdma_mr *mr = file->private_data;

	return mr->charged;
}

static long reg_mr(struct mm_struct *owning_mm, unsigned long va, unsigned long len, enum rdma_driver driver,
		   bool read_only)
{
	struct rdma_mr *mr;
	long ret;

	if (va + len < va || PAGE_ALIGN(va + len) < va + len)
		return -EINVAL;
	if (!rlimit(RLIMIT_MEMLOCK) && !capable(CAP_IPC_LOCK)) {
		charge_limit_is_zero(rdma_rule(driver));
		return -EPERM;
	}
	mr = kzalloc(sizeof(*mr), GFP_KERNEL);
	if (!mr)
		return -ENOMEM;
	/* 476b7c7e00ec: from 6.8 on it is nothing special */
	mr->driver = driver == RDMA_SIW && kernel_rules()->other.siw == S_UMEM ? RDMA_UMEM : driver;
	mr->read_only = read_only;
	mr->owning_mm = owning_mm;
	mmgrab(mr->owning_mm);
	mr->charged = ledger_object_create("ib_umem", NULL);
	mr->pages.object = mr->charged;
	mr->npages = PFN_UP(va + len) - PFN_DOWN(va);
	ret = -EINVAL;
	if (!len || mr->npages > RDMA_PAGES_MAX)
		goto out;
	ret = rdma_get(mr, va);
	if (ret)
		goto out;
	ret = anon_inode_getfd("[uverbs]", &rdma_fops, mr, O_RDWR);
	if (ret >= 0)
		return ret;
	rdma_put(mr);
out:
	rdma_mr_free(mr);
	return ret;
}

long rdma_reg_mr(unsigned long va, unsigned long len, enum rdma_driver driver, bool read_only)
{
	return reg_mr(current->mm, va, len, driver, read_only);
}

/*
 * hfi1 keeps the mm of who opened it. Up to 5.9 a child could go on with the file:
 * its own pages were pinned, and the parent's count taken (3d2a9d642512).
 */
long rdma_reg_mr_through(int mr_fd, unsigned long va, unsigned long len)
{
	struct file *file = pinner_fget(mr_fd, &rdma_fops);
	const struct rdma_mr *opened;
	long ret = -EPERM;

	if (IS_ERR(file))
		return PTR_ERR(file);
	opened = file->private_data;
	if (opened->driver != RDMA_HFI1)
		ret = -EINVAL;
	else if (opened->owning_mm == current->mm || kernel_rules()->other.hfi1_wrong_mm)
		ret = reg_mr(opened->owning_mm, va, len, RDMA_HFI1, false);
	fput(file);
	return ret;
}

long rdma_dereg_mr(int fd)
{
	struct file *file = fget(fd);
	struct rdma_mr *mr;

	if (!file)
		return -EBADF;
	if (file->f_op != &rdma_fops) {
		fput(file);
		return -EINVAL;
	}
	mr = file->private_data;
	if (atomic_cmpxchg(&mr->usecnt, 0, -1)) {
		fput(file);
		return -EBUSY;
	}
	if (mr->pages.nr_pages)
		rdma_put(mr);
	atomic_set(&mr->usecnt, 0);
	fput(file);
	return 0;
}
