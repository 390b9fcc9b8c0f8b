/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * io_uring's rings and fixed buffers, as the running body's task calls it. Lengths and
 * addresses are bytes. Each returns >= 0 or -errno as Linux does; -PINSIM_EABSENT
 * where the kernel has not got it, -PINSIM_EMISUSE outside of a body.
 */
#ifndef PINSIM_IO_URING_H
#define PINSIM_IO_URING_H

#include <pinsim/base.h>

PINSIM_C_BEGIN

struct pinsim_iovec {
	unsigned long va;
	unsigned long len;
};

/* Returns the ring's fd. ENOMEM where its own memory is charged (up to v5.10) and over the limit. */
PINSIM_API long pinsim_uring_setup(unsigned int entries);
/* IORING_REGISTER_BUFFERS: pins, and charges whole folios once a ring. ENOMEM, EFAULT, EBUSY, EINVAL. */
PINSIM_API long pinsim_uring_register(int ring, const struct pinsim_iovec *buffers, unsigned int nr);
/* ENXIO where there are none. */
PINSIM_API long pinsim_uring_unregister(int ring);
/* Another buffer into a slot (v5.15). Returns the slots updated. */
PINSIM_API long pinsim_uring_update(int ring, unsigned int slot, struct pinsim_iovec buffer);
/* Shares the buffers of another ring (v6.12). */
PINSIM_API long pinsim_uring_clone_buffers(int to, int from);
/* IORING_OP_SEND_ZC (v6.0): returns the number of the data in flight, for pinsim_zerocopy_done(). */
PINSIM_API long pinsim_uring_send_zc(int ring, unsigned long va, unsigned long len);

PINSIM_C_END

#endif
