/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other pinners, as the running body's task calls them: each with its own counter,
 * test and errno. Lengths and addresses are bytes. What is a file has an fd of the
 * caller, ended by pinsim_close(). Each returns >= 0 or -errno as Linux does;
 * -PINSIM_EABSENT where the kernel has not got it, -PINSIM_EMISUSE outside of a body.
 */
#ifndef PINSIM_PINNERS_H
#define PINSIM_PINNERS_H

#include <pinsim/base.h>
#include <pinsim/world.h>

PINSIM_C_BEGIN

enum pinsim_rdma {
	PINSIM_RDMA_UMEM,	/* ib_umem_get(): most drivers */
	PINSIM_RDMA_QIB,
	PINSIM_RDMA_HFI1,
	PINSIM_RDMA_USNIC,
	PINSIM_RDMA_SIW,
};
/* A memory region; @read_only: the device only reads it. Returns the fd. ENOMEM. */
PINSIM_API long pinsim_rdma_reg_mr(unsigned long va, unsigned long len, enum pinsim_rdma driver, bool read_only);
PINSIM_API long pinsim_rdma_dereg_mr(int mr);

/* vhost-vdpa (v5.9). Returns the fd. */
PINSIM_API long pinsim_vdpa_open(void);
PINSIM_API long pinsim_vdpa_map(int vdpa, unsigned long iova, unsigned long va, unsigned long len);
PINSIM_API long pinsim_vdpa_unmap(int vdpa, unsigned long iova, unsigned long len);

/* Returns the fd. */
PINSIM_API long pinsim_perf_open(void);
/* @data_pages, and the control page on top. Returns the address, for pinsim_munmap(). EPERM over the limit. */
PINSIM_API long pinsim_perf_mmap(int event, unsigned long data_pages);
/* The AUX area of an event whose buffer is mapped. */
PINSIM_API long pinsim_perf_mmap_aux(int event, unsigned long pages);

/* AF_XDP. Returns the fd. ENOBUFS over the limit. */
PINSIM_API long pinsim_xdp_reg_umem(unsigned long va, unsigned long len);

/* MSG_ZEROCOPY, or with @rds RDS's. Returns the number of the data in flight. ENOBUFS over the limit, RDS: ENOMEM. */
PINSIM_API long pinsim_sendmsg_zerocopy(unsigned long va, unsigned long len, bool rds);
PINSIM_API long pinsim_zerocopy_done(unsigned int data);

/* Charged to the user up to v5.10. Returns the fd. EPERM over the limit. */
PINSIM_API long pinsim_bpf_map(unsigned long len);

/* KVM SEV: pins memory of the caller's encrypted guest. Returns the region's number. */
PINSIM_API long pinsim_sev_pin(unsigned long va, unsigned long len);
PINSIM_API long pinsim_sev_unpin(unsigned int region);
/* The caller's VM takes over the regions, and the count, of @from's (v6.0). */
PINSIM_API long pinsim_sev_move(struct pinsim_task *from);

/* VDUSE (v6.0): a device, and the memory that its daemon gives it. */
PINSIM_API long pinsim_vduse_open(void);
PINSIM_API long pinsim_vduse_reg_umem(int vduse, unsigned long va, unsigned long len);
PINSIM_API long pinsim_vduse_dereg_umem(int vduse);

/* As those pin who charge nothing (habanalabs, i915, gntdev, ...). Returns an fd that holds the range. */
PINSIM_API long pinsim_pin_uncharged(unsigned long va, unsigned long len);

PINSIM_C_END

#endif
