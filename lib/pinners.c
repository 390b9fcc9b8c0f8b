// SPDX-License-Identifier: GPL-2.0-or-later
/* io_uring and the other pinners. */
#include <subsys/io_uring.h>
#include <subsys/pinners.h>
#include "lib.h"

_Static_assert(sizeof(struct pinsim_iovec) == sizeof(struct uring_iovec), "buffers");
_Static_assert((int)PINSIM_RDMA_UMEM == RDMA_UMEM && (int)PINSIM_RDMA_QIB == RDMA_QIB &&
	       (int)PINSIM_RDMA_HFI1 == RDMA_HFI1 && (int)PINSIM_RDMA_USNIC == RDMA_USNIC &&
	       (int)PINSIM_RDMA_SIW == RDMA_SIW, "drivers");

long pinsim_uring_setup(unsigned int entries)
{
	return LIB_CALL(uring_setup, uring_setup(entries), "%u", entries);
}

static long register_buffers(int ring, const struct pinsim_iovec *buffers, unsigned int nr)
{
	long ret;

	if (!buffers || !nr)
		return lib_misuse("pinsim_uring_register(): no buffers, expected at least one");
	ret = uring_register(ring, (const struct uring_iovec *)buffers, nr);
	return ret < 0 ? ret : 0;
}

long pinsim_uring_register(int ring, const struct pinsim_iovec *buffers, unsigned int nr)
{
	return LIB_CALL(uring_register, register_buffers(ring, buffers, nr), "%d, %u buffers", ring, nr);
}

long pinsim_uring_unregister(int ring)
{
	return LIB_CALL(uring_unregister, uring_unregister(ring), "%d", ring);
}

long pinsim_uring_update(int ring, unsigned int slot, struct pinsim_iovec buffer)
{
	struct uring_iovec iov = { buffer.va, buffer.len };

	return LIB_CALL(uring_update, uring_update(ring, slot, &iov), "%d, slot %u, va=%#lx, len=%s", ring, slot,
			buffer.va, LIB_BYTES(buffer.len));
}

long pinsim_uring_clone_buffers(int to, int from)
{
	return LIB_CALL(uring_clone_buffers, uring_clone_buffers(to, from), "%d, %d", to, from);
}

long pinsim_uring_send_zc(int ring, unsigned long va, unsigned long len)
{
	return LIB_CALL(uring_send_zc, uring_send_zc(ring, va, len), "%d, va=%#lx, len=%s", ring, va, LIB_BYTES(len));
}

long pinsim_rdma_reg_mr(unsigned long va, unsigned long len, enum pinsim_rdma driver, bool read_only)
{
	if ((unsigned int)driver > PINSIM_RDMA_SIW)
		return lib_misuse("pinsim_rdma_reg_mr(): driver %d, expected one of enum pinsim_rdma", (int)driver);
	return LIB_CALL(rdma_reg_mr, rdma_reg_mr(va, len, (enum rdma_driver)driver, read_only),
			"%#lx, %s", va, LIB_BYTES(len));
}

long pinsim_rdma_dereg_mr(int mr)
{
	return LIB_CALL(rdma_dereg_mr, rdma_dereg_mr(mr), "%d", mr);
}

long pinsim_vdpa_open(void)
{
	return LIB_CALL(vdpa_open, vdpa_open(), "%s", "");
}

long pinsim_vdpa_map(int vdpa, unsigned long iova, unsigned long va, unsigned long len)
{
	return LIB_CALL(vdpa_map, vdpa_map(vdpa, iova, va, len), "%d, iova=%#lx, va=%#lx, len=%s", vdpa, iova, va,
			LIB_BYTES(len));
}

long pinsim_vdpa_unmap(int vdpa, unsigned long iova, unsigned long len)
{
	return LIB_CALL(vdpa_unmap, vdpa_unmap(vdpa, iova, len), "%d, iova=%#lx, len=%s", vdpa, iova, LIB_BYTES(len));
}

long pinsim_perf_open(void)
{
	return LIB_CALL(perf_open, perf_open(), "%s", "");
}

long pinsim_perf_mmap(int event, unsigned long data_pages)
{
	return LIB_CALL(perf_mmap, perf_mmap(event, data_pages), "%d, %lu pages", event, data_pages);
}

long pinsim_perf_mmap_aux(int event, unsigned long pages)
{
	return LIB_CALL(perf_mmap_aux, perf_mmap_aux(event, pages), "%d, %lu pages", event, pages);
}

long pinsim_xdp_reg_umem(unsigned long va, unsigned long len)
{
	return LIB_CALL(xdp_reg_umem, xdp_reg_umem(va, len), "%#lx, %s", va, LIB_BYTES(len));
}

long pinsim_sendmsg_zerocopy(unsigned long va, unsigned long len, bool rds)
{
	return LIB_CALL(sendmsg_zerocopy, sendmsg_zerocopy(va, len, rds),
			"%#lx, %s%s", va, LIB_BYTES(len), rds ? ", rds" : "");
}

long pinsim_zerocopy_done(unsigned int data)
{
	return LIB_CALL(zerocopy_done, zerocopy_done(data), "%u", data);
}

long pinsim_bpf_map(unsigned long len)
{
	return LIB_CALL(bpf_map, bpf_map(len), "%s", LIB_BYTES(len));
}

long pinsim_sev_pin(unsigned long va, unsigned long len)
{
	return LIB_CALL(sev_pin, sev_pin(va, len), "%#lx, %s", va, LIB_BYTES(len));
}

long pinsim_sev_unpin(unsigned int region)
{
	return LIB_CALL(sev_unpin, sev_unpin(region), "%u", region);
}

static long move_from(const struct lib_call *call, const struct pinsim_task *from)
{
	if (!from || from->world != call->run->world)
		return lib_misuse("pinsim_sev_move(): a task of another world, expected one of the caller's");
	return sev_move(from->task);
}

long pinsim_sev_move(struct pinsim_task *from)
{
	return LIB_CALL(sev_move, move_from(&call_, from), "%s", from ? from->name : "?");
}

long pinsim_vduse_open(void)
{
	return LIB_CALL(vduse_open, vduse_open(), "%s", "");
}

long pinsim_vduse_reg_umem(int vduse, unsigned long va, unsigned long len)
{
	return LIB_CALL(vduse_reg_umem, vduse_reg_umem(vduse, va, len),
			"%d, va=%#lx, len=%s", vduse, va, LIB_BYTES(len));
}

long pinsim_vduse_dereg_umem(int vduse)
{
	return LIB_CALL(vduse_dereg_umem, vduse_dereg_umem(vduse), "%d", vduse);
}

long pinsim_pin_uncharged(unsigned long va, unsigned long len)
{
	return LIB_CALL(pin_uncharged, pin_uncharged(va, len), "%#lx, %s", va, LIB_BYTES(len));
}
