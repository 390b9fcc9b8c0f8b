/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfio from the inside: containers and groups (vfio_container.c), type1
 * (vfio_type1*.c), mdevs (vfio_mdev.c), and the calls of the scenario layer
 * (vfio.c).
 *
 *	vfio_fd (a container variable: container, group and device fds in one)
 *	 +- vfio_container -> vfio_iommu -> vfio_dma -> vfio_pfn
 *	 +- vfio_group, one for each device in it
 *	vfio_mdev (an fd of its own) -> vfio_group -> vfio_container
 *
 * A container lives as long as its fd or a group in it; its vfio_iommu from
 * VFIO_SET_IOMMU until the last group leaves. A vfio_dma stores the group leader
 * that mapped it and, from 6.3 on, its mm (mm_count only).
 *
 * Lock order: vfio_fds.lock, container->group_lock, iommu_drivers_lock,
 * iommu->lock, device_list_lock, mmap_lock. A driver's dma_unmap() runs with
 * device_list_lock held and takes iommu->lock again, as in the kernel.
 */
#ifndef SUBSYS_VFIO_PRIVATE_H
#define SUBSYS_VFIO_PRIVATE_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/rwsem.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <accounting/kernels.h>
#include <accounting/ledger.h>
#include <accounting/proposal.h>
#include <iopt/vfio_fds.h>
#include <kapi/iommu.h>
#include <sim/run_tree.h>

/* vfio's part of SIM_SLOT_SUBSYS. */
struct vfio_state {
	struct mutex iommu_drivers_lock;
	/* for the invariants: dmas that changed since they were looked at, and what is charged to each mm */
	unsigned long any_dirty_dma;
	struct list_head dirty_dmas;
	struct list_head mm_sums;
	struct list_head iommus;		/* every struct vfio_iommu */
};
struct vfio_state *vfio_state(void);

struct vfio_container {
	struct kref kref;
	struct rw_semaphore group_lock;		/* group_list, iommu */
	struct list_head group_list;
	struct vfio_iommu *iommu;		/* NULL: VFIO_SET_IOMMU not done, or undone by the last group */
};

struct vfio_group {
	struct list_head container_next;
	struct vfio_container *container;
	struct iommu_group *iommu_group;	/* NULL: emulated (mdev) */
	struct device *dev;
};

/* type1's view of a group. */
struct vfio_iommu_group {
	struct list_head next;
	struct vfio_group *group;
};

/* A window of IOVAs that may be mapped; in order, none empty. */
struct vfio_iova {
	struct list_head list;
	unsigned long start;
	unsigned long last;
};

/*
 * All vfio devices of the machine sit behind IOMMUs of one kind, so the search
 * for a compatible domain (type1_attach_group) always finds the first: one domain
 * serves all groups of a container.
 */
struct vfio_iommu {
	struct mutex lock;			/* all below, but for device_list */
	bool v2;
	struct iommu_domain *domain;		/* NULL: no real device in the container */
	struct list_head group_list;		/* groups behind the domain */
	struct list_head emulated_iommu_groups;
	struct list_head iova_list;		/* empty: no limits */
	struct rb_root dma_list;		/* by iova */
	unsigned int dma_avail;
	struct list_head device_list;		/* devices with dma_unmap() */
	struct mutex device_list_lock;
	unsigned int vaddr_invalid_count;
	/* V_BLOCK: who waits for an address */
	wait_queue_head_t vaddr_wait;
	unsigned long vaddr_wakes;
	bool container_open;
	unsigned int ioctls;			/* under way; nothing that the kernel has */
	bool released;				/* while one was under way */
	struct ledger_object *ledger;
	struct list_head world_item;		/* vfio_state.iommus */
};

struct vfio_dma {
	struct rb_node node;
	unsigned long iova;
	unsigned long vaddr;
	unsigned long size;			/* bytes; grows chunk by chunk */
	int prot;				/* IOMMU_READ, IOMMU_WRITE */
	bool iommu_mapped;
	bool lock_cap;				/* CAP_IPC_LOCK of who mapped, kept */
	bool vaddr_invalid;
	unsigned long vaddr_staged;		/* for a proposal: an address given in advance; 0: none */
	bool uncharge_lost;			/* an uncharge came to nothing: owner dead, or killed while waiting */
	struct task_struct *task;		/* group leader */
	struct mm_struct *mm;			/* T_MM; else NULL */
	struct user_struct *user;		/* where users are charged; else NULL */
	long locked_vm;				/* pages charged for this dma */
	struct rb_root pfn_list;		/* pinned by mdevs */
	struct vfio_iommu *iommu;
	struct ledger_object *ledger;
	struct list_head dirty;			/* vfio_state.dirty_dmas */
};

/* A page that mdevs hold. */
struct vfio_pfn {
	struct rb_node node;
	unsigned long iova;
	unsigned long frame;
	unsigned int ref_count;
};

/* What one GUP call brought and no chunk has taken yet. */
struct vfio_batch {
	struct page_runs pages;
	void *vector;				/* what the kernel has them in; NULL: pages.run is the fallback */
	struct page_run fallback[1];		/* where the vector could not be allocated */
	unsigned long capacity;			/* pages a call */
	unsigned long size;			/* pages left, from pages.run[next] on */
	unsigned int next;
	bool fresh;				/* nothing taken from it yet */
	unsigned long stale;			/* the first page of GUP's last answer; 0: none yet */
	bool pfnmap;				/* not pages but frames of a VM_PFNMAP area */
};

struct iommufd_access;
struct iommufd_ctx;
struct sim_digest;

struct vfio_mdev {
	struct vfio_fds_mdev fds;
	struct vfio_group group;
	struct list_head iommu_entry;		/* vfio_iommu.device_list */
	struct sim_run_tree pins;		/* what it pinned: IOVA page -> how often; iommu->lock */
	/* in a container that iommufd serves, instead of all that */
	struct iommufd_access *access;
	struct mutex access_lock;
	struct list_head access_pins;		/* struct vfio_noted_range */
};

static inline const struct type1_rules *type1_rules(void)
{
	return &kernel_rules()->type1;
}

/* The scheme of a release: the mapper's mm->locked_vm. */
extern const struct charge_scheme type1_locked_vm;

static inline const struct charge_scheme *type1_scheme(void)
{
	return proposal()->type1 ? proposal()->type1 : &type1_locked_vm;
}

/* Is charged what the task that mapped has for an mm now, or what it had when it mapped? */
static inline bool type1_by_task(void)
{
	return type1_rules()->charge == T_TASK || type1_scheme()->follows_task;
}

/* vfio_container.c. @version of VFIO_SET_IOMMU: 1 or 2. */
struct vfio_container *vfio_container_create(void);
void vfio_container_close(struct vfio_container *container);
int vfio_container_set_iommu(struct vfio_container *container, unsigned int version);
int vfio_container_attach_group(struct vfio_container *container, struct vfio_group *group);
void vfio_group_detach_container(struct vfio_group *group);

/* vfio.c: an ioctl on the container behind @fd. EINVAL without a group, ENOTTY where iommufd serves. */
long vfio_type1_call(int fd, long (*call)(struct vfio_iommu *iommu));

/* vfio_type1_group.c */
struct vfio_iommu *vfio_type1_open(unsigned int version);
void vfio_type1_release(struct vfio_iommu *iommu);
/*
 * Around an ioctl on the container. The kernel takes neither lock nor reference
 * there: the last group may leave meanwhile, and what the ioctl works on is freed.
 */
struct vfio_iommu *vfio_type1_ioctl_begin(struct vfio_container *container);
void vfio_type1_ioctl_end(struct vfio_iommu *iommu);
int vfio_type1_attach_group(struct vfio_iommu *iommu, struct vfio_group *group);
void vfio_type1_detach_group(struct vfio_iommu *iommu, struct vfio_group *group);
void vfio_type1_container_closed(struct vfio_iommu *iommu);
int vfio_wait_all_valid(struct vfio_iommu *iommu);
/* Sleeps once for an address; iommu->lock dropped meanwhile. -EFAULT when it may not go on. */
int vfio_wait(struct vfio_iommu *iommu);

/* vfio_type1.c: the ioctls. Bytes; *@unmapped is set in any case. */
long vfio_type1_map(struct vfio_iommu *iommu, unsigned long iova, unsigned long va, unsigned long len,
		    unsigned int prot, bool set_vaddr);
long vfio_type1_unmap(struct vfio_iommu *iommu, unsigned long iova, unsigned long len, bool all, bool vaddr,
		      unsigned long *unmapped);
struct vfio_dma *vfio_find_dma(struct vfio_iommu *iommu, unsigned long start, unsigned long size);
void vfio_unmap_unpin_all(struct vfio_iommu *iommu);
void vfio_unmap_unpin_reaccount(struct vfio_iommu *iommu);
int vfio_iommu_replay(struct vfio_iommu *iommu, struct iommu_domain *domain);

/* vfio_type1_pin.c: pins and charges. iommu->lock held; iovas and addresses in bytes, the rest in pages. */
void vfio_batch_init(struct vfio_batch *batch);
void vfio_batch_fini(struct vfio_batch *batch);
void vfio_batch_unpin(struct vfio_batch *batch, struct vfio_dma *dma);
long vfio_pin_pages_remote(struct vfio_dma *dma, unsigned long vaddr, long npage, unsigned long *frame_base,
			   unsigned long limit, struct vfio_batch *batch);
long vfio_unpin_pages_remote(struct vfio_dma *dma, unsigned long iova, unsigned long frame, unsigned long npage,
			     bool do_accounting);
int vfio_pin_page_external(struct vfio_dma *dma, unsigned long vaddr, unsigned long *frame, bool do_accounting);
int vfio_lock_acct(struct vfio_dma *dma, long npage, bool async);
/* No other actor can run and no fault is to come: nobody can tell one chunk from many. */
bool vfio_unobserved(void);
int vfio_change_dma_owner(struct vfio_dma *dma);
/* @to is who maps and pays from now on; nothing is charged here. */
void vfio_dma_set_owner(struct vfio_dma *dma, const struct payer *to);
/* 1 if the page was pinned and now is not, 0 for a reserved frame. */
int vfio_put_frame(struct vfio_dma *dma, unsigned long frame);

/* vfio_mdev.c */
unsigned long vfio_count_vpfns(struct vfio_dma *dma, unsigned long iova, unsigned long npage);
void vfio_mdev_register(struct vfio_mdev *mdev);
/* close_device() of its driver: gives back its pins and leaves the device list. */
void vfio_mdev_close(struct vfio_mdev *mdev);
void vfio_notify_dma_unmap(struct vfio_iommu *iommu, struct vfio_dma *dma);
long vfio_pin_pages(struct vfio_mdev *mdev, unsigned long iova, unsigned long len);
long vfio_unpin_pages(struct vfio_mdev *mdev, unsigned long iova, unsigned long len);

/* vfio_mdev_access.c: the same for a container that iommufd serves; its IOAS stands. */
int vfio_mdev_bind_iommufd(struct vfio_mdev *mdev, struct iommufd_ctx *ictx);
void vfio_mdev_unbind_iommufd(struct vfio_mdev *mdev);
long vfio_access_pin_pages(struct vfio_mdev *mdev, unsigned long iova, unsigned long len);
long vfio_access_unpin_pages(struct vfio_mdev *mdev, unsigned long iova, unsigned long len);

/* vfio_digest.c */
void vfio_iommu_digest(struct sim_digest *digest, const struct vfio_iommu *iommu);

/* vfio_invariants.c */
void vfio_invariants_init(struct vfio_state *state);
void vfio_invariants_register(void);
/* Something about the dma's pages changed. */
void vfio_dma_touched(struct vfio_dma *dma);
/* dma->locked_vm is (or, negative, no more) charged to @mm. */
void vfio_dma_charged(struct mm_struct *mm, long npage);
/* The dma goes; what it still has on dma->mm is nobody's. */
void vfio_dma_gone(struct vfio_dma *dma);

#endif
