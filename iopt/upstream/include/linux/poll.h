/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_POLL_H
#define _LINUX_POLL_H

#include <linux/fs.h>
#include <linux/wait.h>

#define EPOLLIN 0x001u
#define EPOLLOUT 0x004u
#define EPOLLRDNORM 0x040u

struct poll_table_struct;
/* Nobody polls. */
#define poll_wait(file, wait, table) ((void)(table))

#endif
