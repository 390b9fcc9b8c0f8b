/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _UPSTREAM_SCATTERLIST_H
#define _UPSTREAM_SCATTERLIST_H

struct scatterlist;

struct sg_table {
	struct scatterlist *sgl;
	unsigned int orig_nents;
};

#endif
