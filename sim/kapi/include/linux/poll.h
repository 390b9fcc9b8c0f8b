/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_POLL_H
#define _LINUX_POLL_H

#include <linux/fs.h>
#include <linux/wait.h>

#define EPOLLIN 0x001u
#define EPOLLOUT 0x004u
#define EPOLLERR 0x008u
#define EPOLLRDNORM 0x040u

typedef struct poll_table_struct {
	__poll_t _key;
} poll_table;

/* Nobody polls by sleeping: a poll only asks. */
static inline void poll_wait(struct file *file, wait_queue_head_t *wq, poll_table *table)
{
}

#endif
