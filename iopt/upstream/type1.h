/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands around the kernel's vfio_iommu_type1.c: type1.c looks into it,
 * type1_driver.c stands between it and the container.
 */
#ifndef UPSTREAM_TYPE1_H
#define UPSTREAM_TYPE1_H

#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>

struct iommu_domain;
struct iommu_group;
struct ledger_object;
struct task_struct;
struct vfio_iommu_driver_ops;

/* One struct vfio_iommu of the kernel's: from VFIO_SET_IOMMU until the last group leaves. */
struct type1 {
	struct list_head node;			/* upstream_machine.type1s */
	void *iommu;				/* the kernel's */
	struct ledger_object *ledger;		/* what it charges and pins */
	struct type1 **owner;			/* who is told when it goes, or NULL */
	const struct task_struct *opener;
	unsigned int ioctls;			/* under way */
	bool released;				/* while one was */
	bool touched;				/* since the invariants looked */
	bool uncharge_lost;			/* an uncharge came to nothing: the owner was killed while it waited */
	unsigned long unchecked;		/* calls that the invariants passed over */
};

/* A call into it, on the stack of the task that makes it. */
struct type1_call {
	struct list_head node;			/* upstream_machine.type1_calls, the newest first */
	const struct task_struct *task;
	struct type1 *type1;
};

/* A mapping, as the invariants look at it. */
struct type1_dma {
	struct mm_struct *mm;
	unsigned long iova;
	unsigned long size;			/* bytes */
	long locked_vm;				/* pages */
	struct iommu_domain *domain;		/* NULL: no real device in the container */
	unsigned long held;			/* pages that mdevs hold, but for reserved ones */
	void *dma;				/* the kernel's */
};

/* type1.c */
void type1_for_each_dma(void *iommu, void (*fn)(const struct type1_dma *dma, void *arg), void *arg);
/* The pages that mdevs hold of it, but for reserved ones. */
void type1_for_each_held(const struct type1_dma *dma, void (*fn)(unsigned long pfn, void *arg), void *arg);
/* For vfio_calls.state. */
unsigned long type1_state(void *iommu);

/* type1_driver.c */
/* The innermost call of current into type1, or NULL. */
struct type1_call *type1_current(void);
/* What is charged and pinned in it is for this container. */
struct ledger_object *type1_ledger(void);
/* What current has opened since, and nobody has claimed: *@owner is it until it goes. */
void type1_claim(struct type1 **owner);
/* What the driver says @group is attached to, ERR_PTR(-ENODEV) where it does not know it. */
struct iommu_domain *type1_group_domain(struct type1 *type1, struct iommu_group *group);
/* Its owner goes first. */
void type1_disown(struct type1 *type1);

/* The kernel's words in the file, as type1.c leads them here. */
int type1_register(const struct vfio_iommu_driver_ops *ops);
void type1_mutex_lock(struct mutex *lock);
int type1_mmap_write_lock_killable(struct mm_struct *mm, long npage);
void type1_mmdrop(struct mm_struct *mm, long locked_vm);
int type1_warn(long lock_acct, const char *format, ...);

#endif
