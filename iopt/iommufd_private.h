/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The objects of iommufd. One context stands behind each open /dev/iommu; it
 * numbers its objects, and every call names them by that number.
 *
 *	ioas      an IO address space: one io_pagetable
 *	hwpt      a domain that carries an IOAS, made when a device is attached
 *	device    the tie between a device and the context; made by its driver
 *	access    an in-kernel user of an IOAS; made by its driver
 *	selftest  the mock driver: a mock device, bound and attached in one
 *
 * users counts who needs the object: the table of ids holds one; while there is
 * another, destroying it is EBUSY. A hwpt is a user of its IOAS, an attached
 * device of its hwpt, an attached access of its IOAS; so the leaves of the graph
 * go first, also when the file is closed. shortterm_users counts the calls that
 * are under way with it, which end by themselves and may be waited for.
 *
 * Lock order, outermost first: selftest_access::lock, access::ioas_lock,
 * device::driver_lock, ioas::mutex, group::lock, io_pagetable::domains_rwsem, iova_rwsem,
 * iopt_pages::mutex, mmap_lock. change_process alone holds several iova_rwsem,
 * in the order of the ids, under ctx::ioas_creation_lock.
 */
#ifndef IOPT_IOMMUFD_PRIVATE_H
#define IOPT_IOMMUFD_PRIVATE_H

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/xarray.h>
#include <accounting/kernels.h>
#include <accounting/ledger.h>
#include <accounting/proposal.h>
#include <iopt/iommufd.h>
#include <iopt/vfio_compat.h>
#include <kapi/iommu.h>

struct iommufd_access;
struct sim_digest;

enum iommufd_object_type {
	IOMMUFD_OBJ_ANY,		/* for a search */
	IOMMUFD_OBJ_IOAS,
	IOMMUFD_OBJ_HWPT_PAGING,
	IOMMUFD_OBJ_DEVICE,
	IOMMUFD_OBJ_ACCESS,
	IOMMUFD_OBJ_SELFTEST,
	IOMMUFD_OBJ_MAX,
};

struct iommufd_object {
	u32 id;
	enum iommufd_object_type type;
	refcount_t users;
	refcount_t shortterm_users;
};

struct iommufd_ctx {
	struct file *file;
	struct xarray objects;			/* id -> iommufd_object; its lock also covers vfio_ioas */
	struct xarray groups;			/* IOMMU group id -> iommufd_group */
	struct rw_semaphore ioas_creation_lock;	/* no new IOAS while change_process runs */
	wait_queue_head_t destroy_wait;
	u8 account_mode;			/* IOPT_PAGES_ACCOUNT_*, for maps to come */
	struct iommufd_ioas *vfio_ioas;		/* what the container's calls work on, or NULL */
	struct ledger_object *ledger;
	struct list_head world_item;		/* iopt_world::contexts */
};

/*
 * An IO address space: which IOVA is backed by which memory, for any number of
 * domains and in-kernel accesses at once. domains is kept without holes: entries
 * 0 to next_domain_id - 1; entry 0 is the one that pages are read back from.
 */
struct io_pagetable {
	struct rw_semaphore domains_rwsem;
	struct rw_semaphore iova_rwsem;		/* the three trees */

	struct xarray domains;
	unsigned int next_domain_id;
	struct xarray access_list;
	unsigned long iova_alignment;		/* bytes, a power of two */
	u8 disable_large_pages;

	struct rb_root_cached reserved_itree;	/* where nothing may be mapped */
	struct rb_root_cached allowed_itree;	/* where IOVAs may be allocated; empty: anywhere */
	struct rb_root_cached area_itree;
};

struct iommufd_ioas {
	struct iommufd_object obj;
	struct mutex mutex;			/* hwpt_list, and the making of domains */
	struct list_head hwpt_list;
	struct io_pagetable iopt;
};

struct iommufd_hwpt_paging {
	struct iommufd_object obj;
	struct iommu_domain *domain;
	struct iommufd_ioas *ioas;
	bool auto_domain;			/* made by an attach: goes with its last device */
	struct list_head hwpt_item;		/* iommufd_ioas::hwpt_list */
};

struct iommufd_group {
	struct kref ref;
	struct iommu_group *group;
	struct iommufd_ctx *ictx;
	struct mutex lock;
	struct list_head device_list;		/* the attached ones */
	struct iommufd_hwpt_paging *hwpt;
};

struct iommufd_device {
	struct iommufd_object obj;
	struct device *dev;
	struct iommufd_ctx *ictx;
	bool holds_ctx;				/* real devices keep the file open; mocks die with it */
	struct mutex driver_lock;		/* attach, replace and detach (vfio: dev_set->lock) */
	struct file *file;			/* the driver's, or NULL; no reference */
	struct iommufd_group *igroup;
	struct list_head group_item;
};

struct iommufd_access {
	struct iommufd_object obj;
	struct iommufd_ctx *ictx;
	const struct iommufd_access_ops *ops;
	void *data;				/* the driver's */
	struct mutex ioas_lock;
	struct iommufd_ioas *ioas;		/* NULL: no new pins */
	struct iommufd_ioas *ioas_unpin;	/* where pins are given back */
	u32 iopt_access_list_id;
	unsigned long iova_alignment;		/* bytes */
};

/* main.c */
struct iommufd_object *_iommufd_object_alloc(struct iommufd_ctx *ictx, size_t size, enum iommufd_object_type type);
/* The object is the first member of *@ptr. ERR_PTR on failure. */
#define iommufd_object_alloc(ictx, ptr, type)                                                       \
	((typeof(ptr))_iommufd_object_alloc((ictx),                                                 \
		sizeof(*(ptr)) + BUILD_BUG_ON_ZERO(offsetof(typeof(*(ptr)), obj) != 0), (type)))
void iommufd_object_finalize(struct iommufd_ctx *ictx, struct iommufd_object *obj);
void iommufd_object_abort(struct iommufd_ctx *ictx, struct iommufd_object *obj);
bool iommufd_lock_obj(struct iommufd_object *obj);
struct iommufd_object *iommufd_get_object(struct iommufd_ctx *ictx, u32 id, enum iommufd_object_type type);
void iommufd_put_object(struct iommufd_ctx *ictx, struct iommufd_object *obj);
enum {
	REMOVE_WAIT_SHORTTERM = 1,
};
int iommufd_object_remove(struct iommufd_ctx *ictx, struct iommufd_object *to_destroy, u32 id, unsigned int flags);
void iommufd_object_destroy_user(struct iommufd_ctx *ictx, struct iommufd_object *obj);
void iommufd_ctx_get(struct iommufd_ctx *ictx);
/* ERR_PTR(-EBADF) without the fd, ERR_PTR(-ENOTTY) where it is no iommufd. Undone by iommufd_ctx_put(). */
struct iommufd_ctx *iommufd_ctx_from_fd(int fd);
long iommufd_open(u8 account_mode);
long iommufd_option_rlimit_mode(struct iommufd_ctx *ictx, bool set, unsigned long value);

/* ioas.c */
static inline struct iommufd_ioas *iommufd_get_ioas(struct iommufd_ctx *ictx, u32 id)
{
	return (struct iommufd_ioas *)iommufd_get_object(ictx, id, IOMMUFD_OBJ_IOAS);
}
struct iommufd_ioas *iommufd_ioas_alloc(struct iommufd_ctx *ictx);
void iommufd_ioas_destroy(struct iommufd_object *obj);
int iommufd_ioas_alloc_id(struct iommufd_ctx *ictx, u32 *id);
int iommufd_ioas_map(struct iommufd_ctx *ictx, const struct iommufd_map *args, unsigned long *iova);
int iommufd_ioas_map_file(struct iommufd_ctx *ictx, const struct iommufd_map *args, unsigned long *iova);
int iommufd_ioas_copy(struct iommufd_ctx *ictx, u32 dst_id, u32 src_id, unsigned long src_iova, unsigned long length,
		      bool fixed, unsigned long *iova, unsigned int prot);
int iommufd_ioas_unmap(struct iommufd_ctx *ictx, u32 id, unsigned long iova, unsigned long length,
		       unsigned long *unmapped);
int iommufd_ioas_allow_iovas(struct iommufd_ctx *ictx, u32 id, const struct iommufd_range *ranges, unsigned int nr);
long iommufd_ioas_option_huge_pages(struct iommufd_ctx *ictx, u32 id, bool set, unsigned long value);

/* hw_pagetable.c */
/*
 * A domain for @ioas that @idev can use, with @idev attached to it first if
 * @attach, and filled with everything mapped. ioas->mutex held, until the
 * hwpt is finalized or aborted. ERR_PTR otherwise.
 */
struct iommufd_hwpt_paging *iommufd_hwpt_paging_alloc(struct iommufd_ctx *ictx, struct iommufd_ioas *ioas,
						      struct iommufd_device *idev, bool attach);
void iommufd_hwpt_paging_destroy(struct iommufd_object *obj);
void iommufd_hwpt_paging_abort(struct iommufd_ctx *ictx, struct iommufd_hwpt_paging *hwpt);
/* Gives a user's reference back; an automatic domain goes with the last. No ioas->mutex held. */
void iommufd_hw_pagetable_put(struct iommufd_ctx *ictx, struct iommufd_hwpt_paging *hwpt);

/* device.c */
int iommufd_hw_pagetable_attach(struct iommufd_hwpt_paging *hwpt, struct iommufd_device *idev);
struct iommufd_hwpt_paging *iommufd_hw_pagetable_detach(struct iommufd_device *idev);
void iommufd_device_destroy(struct iommufd_object *obj);
struct iommufd_device *__iommufd_device_bind(struct iommufd_ctx *ictx, struct device *dev, bool holds_ctx, u32 *id);

/* access.c */
void iommufd_access_destroy_object(struct iommufd_object *obj);
int iommufd_access_rw(struct iommufd_access *access, unsigned long iova, unsigned long length, bool write);
void iommufd_access_notify_unmap(struct io_pagetable *iopt, unsigned long iova, unsigned long length);

/* mock.c */
struct selftest_obj {
	struct iommufd_object obj;
	struct iommufd_device *idev;
	struct device *mock_dev;
};
void iommufd_selftest_destroy(struct iommufd_object *obj);
int iommufd_test_mock_domain(struct iommufd_ctx *ictx, const struct iommufd_attach *args, u32 *id);
long iommufd_test_create_access(struct iommufd_ctx *ictx, u32 ioas_id, u32 *id);
long iommufd_test_access_pin(int access_fd, unsigned long iova, unsigned long length, bool write);
long iommufd_test_access_unpin(int access_fd, unsigned long iova, unsigned long length);
long iommufd_test_access_rw(int access_fd, unsigned long iova, unsigned long length, bool write);

/* change_process.c */
int iommufd_ioas_change_process(struct iommufd_ctx *ictx);

/* observe.c */
long iommufd_npinned(int fd, unsigned int ioas_id);
long iommufd_charged(int fd, unsigned int id);
long iommufd_device_pfn(int fd, unsigned int dev_id, unsigned long iova);
unsigned long iommufd_state(void);

/* digest.c */
void iommufd_ctx_digest(struct sim_digest *digest, struct iommufd_ctx *ictx);

/* invariants.c: what a run's checks go by. SIM_SLOT_IOPT. */
struct iopt_world {
	struct list_head contexts;		/* iommufd_ctx */
	struct list_head pages;			/* iopt_pages */
	struct list_head unchecked;		/* those that changed since the invariants were checked */
	unsigned long any_unchecked;
	struct list_head emptying;		/* iopt_area: mapped, but being unmapped */
};
struct iopt_world *iopt_world(void);

static inline const struct iommufd_rules *iommufd_rules(void)
{
	return &kernel_rules()->iommufd;
}

#endif
