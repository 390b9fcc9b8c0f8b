/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of subsys/pinners.h share: their state in a world, and their kinds of file. */
#ifndef SUBSYS_PINNERS_PRIVATE_H
#define SUBSYS_PINNERS_PRIVATE_H

#include <linux/fs.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/sched/user.h>
#include <accounting/ledger.h>
#include <subsys/pinners.h>

/* What is no file: data in flight, a SEV region, a SysV segment. Embedded in each of them. */
struct pinner_object {
	struct list_head list;		/* pinners_state()->objects, in order of making */
	unsigned int id;
	const struct pinner_ops *ops;
	struct ledger_object *charged;
};

struct pinner_ops {
	/* Gives back what is held and frees the object, which is off the list already. */
	void (*destroy)(struct pinner_object *object);
};

struct pinners_state {
	struct pinner_settings settings;
	struct list_head objects;
	spinlock_t sev_lock;		/* the list, who uses each of them, and whose a region is */
	struct list_head sev_vms;	/* struct kvm_sev */
	unsigned int next_id;
};

struct pinners_state *pinners_state(void);

/* Gives the object a number and a ledger entry of @kind. */
void pinner_object_init(struct pinner_object *object, const struct pinner_ops *ops, const char *kind);
/* The object of that number and kind, or NULL. */
struct pinner_object *pinner_object_find(unsigned int id, const struct pinner_ops *ops);
void pinner_object_destroy(struct pinner_object *object);

extern const struct file_operations perf_fops;
extern const struct file_operations xdp_fops;
extern const struct file_operations rdma_fops;
extern const struct file_operations vdpa_fops;
extern const struct file_operations bpf_map_fops;
extern const struct file_operations secretmem_fops;
/* These keep their ledger object as the first member of what the file points to. */
extern const struct file_operations vduse_fops;
extern const struct file_operations afu_fops;
extern const struct file_operations tce_fops;
extern const struct file_operations zpci_fops;
extern const struct file_operations uncharged_fops;
extern const struct pinner_ops zerocopy_ops;
extern const struct pinner_ops sev_ops;
extern const struct pinner_ops shm_ops;

/* The caller's file behind @fd, referenced. ERR_PTR: EBADF; ENOTTY for one of another kind. */
struct file *pinner_fget(int fd, const struct file_operations *fops);

/* io_uring.c: who pays for the ring behind @fd, referenced, or NULL: nobody. EBADF, EOPNOTSUPP. */
int io_uring_user(int fd, struct user_struct **user);

/* The ledger object behind a file of that kind; NULL while nothing stands. */
struct ledger_object *perf_ledger(const struct file *file);
struct ledger_object *xdp_ledger(const struct file *file);
struct ledger_object *rdma_ledger(const struct file *file);
struct ledger_object *vdpa_ledger(const struct file *file);
struct ledger_object *bpf_map_ledger(const struct file *file);
struct ledger_object *secretmem_ledger(const struct file *file);

#endif
