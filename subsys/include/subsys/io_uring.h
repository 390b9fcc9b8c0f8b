/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * io_uring's fixed buffers as the scenario layer calls them. Bytes throughout;
 * calls run on the calling task's actor.
 */
#ifndef SUBSYS_IO_URING_H
#define SUBSYS_IO_URING_H

struct uring_iovec {
	unsigned long base;
	unsigned long len;
};

long uring_setup(unsigned int entries);				/* the ring's fd */
long uring_register(int fd, const struct uring_iovec *iov, unsigned int nr);
long uring_unregister(int fd);
/* IORING_REGISTER_BUFFERS_UPDATE of one slot. Returns the slots updated. */
long uring_update(int fd, unsigned int slot, const struct uring_iovec *iov);
long uring_clone_buffers(int dst_fd, int src_fd);
long uring_charged(int fd);					/* pages, the observable RING.charged */

#endif
