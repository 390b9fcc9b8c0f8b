/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other pinners as the scenario layer calls them: each one file in subsys/,
 * each with its own counter, test and errno. Bytes throughout; calls run on the
 * calling task's actor and return >= 0 or -errno. Most make an fd of the caller,
 * ended by close(). Data in flight, SEV regions and SysV segments are no files:
 * they have a number in the world and may outlive who made them.
 */
#ifndef SUBSYS_PINNERS_H
#define SUBSYS_PINNERS_H

#include <stdbool.h>

/* perf_event_open and mmap of its buffer: @data_pages, the control page on top. perf_mmap returns the address. */
long perf_open(void);
long perf_mmap(int fd, unsigned long data_pages);
/* The AUX area behind it. EINVAL without a buffer, or where its size is another already. */
long perf_mmap_aux(int fd, unsigned long pages);

/* AF_XDP: an XSK with a umem registered. ENOBUFS over the limit. close() releases it as deferred work. */
long xdp_reg_umem(unsigned long va, unsigned long len);

/* MSG_ZEROCOPY: the data in flight, until zerocopy_done(). ENOBUFS over the limit. */
/* @rds: the same for RDS, where a refusal is ENOMEM. */
long sendmsg_zerocopy(unsigned long va, unsigned long len, bool rds);
/* IORING_OP_SEND_ZC: the user of the ring pays. ENOMEM over the limit. */
long uring_send_zc(int ring_fd, unsigned long va, unsigned long len);
long zerocopy_done(unsigned int id);

/* RDMA memory regions, by driver. */
enum rdma_driver { RDMA_UMEM, RDMA_QIB, RDMA_HFI1, RDMA_USNIC, RDMA_SIW };
long rdma_reg_mr(unsigned long va, unsigned long len, enum rdma_driver driver, bool read_only);
/* hfi1 again, through the device that the region @mr_fd was registered with; EPERM from 5.10 on for another mm. */
long rdma_reg_mr_through(int mr_fd, unsigned long va, unsigned long len);
long rdma_dereg_mr(int fd);

/* vhost-vdpa: the owner is who opens it. */
long vdpa_open(void);
long vdpa_map(int fd, unsigned long iova, unsigned long va, unsigned long len);
long vdpa_unmap(int fd, unsigned long iova, unsigned long len);

/* VDUSE: a device, and the memory that its daemon gives it. EEXIST, ENOENT, ENOMEM. */
long vduse_open(void);
long vduse_reg_umem(int fd, unsigned long va, unsigned long len);
long vduse_dereg_umem(int fd);

/* FPGA accelerator. afu_map() returns the IOVA that it chose. EINVAL, ENOMEM, EFAULT. */
long afu_open(void);
long afu_map(int fd, unsigned long va, unsigned long len);
long afu_unmap(int fd, unsigned long iova);

/*
 * vfio on POWER: a container, with v1's window (@a: its bytes), v2's registered
 * memory (@a: address, @b: bytes), and a table (@a: bytes, @b: levels). EBUSY, EPERM
 * for another mm than the first, ENOENT, ENOSPC, ENOMEM.
 */
enum tce_call { TCE_ENABLE, TCE_DISABLE, TCE_REGISTER, TCE_UNREGISTER, TCE_CREATE, TCE_REMOVE };
long tce_open(void);
long tce_call(int fd, enum tce_call call, unsigned long a, unsigned long b);

/* s390 zPCI: interrupt forwarding, of one page or with @summary two. EIO; a refused charge is no error. */
long zpci_open(void);
long zpci_aif(int fd, bool enable, unsigned long va, unsigned long summary);

/* Whoever pins and counts nothing: a file that holds the range until it is closed. */
long pin_uncharged(unsigned long va, unsigned long len);

/* KVM SEV: one VM for each process, made at its first pin. */
long sev_pin(unsigned long va, unsigned long len);
long sev_unpin(unsigned int id);
/* KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM: the caller's VM takes over the regions of @from's, and their count. EINVAL. */
struct task_struct;
long sev_move(const struct task_struct *from);

/* A BPF map of @len bytes; charged before v5.11 only. */
long bpf_map(unsigned long len);

/* SysV segments. shm_lock: ENOMEM, EPERM. A segment stays charged until it is unlocked or destroyed. */
/* @hugetlb: EPERM without CAP_IPC_LOCK, but where it is charged instead (up to 5.15). */
long shm_get(unsigned long len, bool hugetlb);
long shm_lock(unsigned int id);
long shm_unlock(unsigned int id);

/* memfd_secret() and ftruncate() to @len. Charged to its maker at each fault, or with the mapping, by version. */
long secretmem_open(unsigned long len);

/* The end of a run, after the tasks: data in flight is gone, then segments are destroyed. */
void pinners_tear_down(void);

/* World settings of the language that only these ask for. */
struct pinner_settings {
	unsigned long perf_mlock_kb;	/* sysctl perf_event_mlock_kb */
	unsigned int cpus;
	unsigned long dma_entry_limit;	/* vfio_iommu_type1.dma_entry_limit; 0: as built, 65535 */
};
/* Builds SIM_SLOT_PINNERS. After subsys_init(). */
void pinners_init(const struct pinner_settings *settings);

/* Pages charged now for the object behind the fd, in whichever bucket. */
long pinner_charged(int fd);
/* The same of an object that is no file: -ENOENT where it is gone. */
long pinner_object_charged(unsigned int id);

#endif
