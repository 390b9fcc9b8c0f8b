/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_SCATTERLIST_H
#define _LINUX_SCATTERLIST_H

struct scatterlist;

#endif
