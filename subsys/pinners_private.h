/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of subsys/pinners.h share: their state in a world, and their kinds of file. */
#ifndef SUBSYS_PINNERS_PRIVATE_H
#define SUBSYS_PINNERS_PRIVATE_H

#include <linux/fs.h>
#include <linux/list.h>
#include <accounting/ledger.h>
#include <subsys/pinners.h>

struct pinners_state {
	struct pinner_settings settings;
	struct list_head sev_vms;	/* struct kvm_sev */
};

struct pinners_state *pinners_state(void);

extern const struct file_operations perf_fops;
extern const struct file_operations xdp_fops;
extern const struct file_operations zerocopy_fops;
extern const struct file_operations rdma_fops;
extern const struct file_operations vdpa_fops;
extern const struct file_operations sev_fops;
extern const struct file_operations bpf_map_fops;

/* The ledger object behind a file of that kind; NULL while nothing stands. */
struct ledger_object *perf_ledger(const struct file *file);
struct ledger_object *xdp_ledger(const struct file *file);
struct ledger_object *zerocopy_ledger(const struct file *file);
struct ledger_object *rdma_ledger(const struct file *file);
struct ledger_object *vdpa_ledger(const struct file *file);
struct ledger_object *bpf_map_ledger(const struct file *file);

#endif
