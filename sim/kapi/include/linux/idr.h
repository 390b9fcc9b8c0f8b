/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers, handed out from below: on top of the xarray, with its lock and its runs. */
#ifndef __IDR_H__
#define __IDR_H__

#include <linux/xarray.h>

struct ida {
	struct xarray xa;
};

#define IDA_INIT(name) { .xa = XARRAY_INIT((name).xa, XA_FLAGS_ALLOC | XA_FLAGS_IDS) }
#define DEFINE_IDA(name) struct ida name = IDA_INIT(name)
#define ida_init(ida) xa_init_flags(&(ida)->xa, XA_FLAGS_ALLOC | XA_FLAGS_IDS)

/* The lowest free one in [@min, @max]: -ENOSPC where there is none, -ENOMEM; the first 63 need no memory. */
int ida_alloc_range(struct ida *ida, unsigned int min, unsigned int max, gfp_t gfp);
/* Freeing what was not allocated warns. */
void ida_free(struct ida *ida, unsigned int id);
void ida_destroy(struct ida *ida);

#define ida_alloc(ida, gfp) ida_alloc_range(ida, 0, ~0U, gfp)
#define ida_alloc_min(ida, min, gfp) ida_alloc_range(ida, min, ~0U, gfp)
#define ida_alloc_max(ida, max, gfp) ida_alloc_range(ida, 0, max, gfp)
#define ida_is_empty(ida) xa_empty(&(ida)->xa)

struct idr {
	struct xarray idr_xa;
	unsigned int idr_next;
};

#define idr_init(idr) do { xa_init_flags(&(idr)->idr_xa, XA_FLAGS_ALLOC); (idr)->idr_next = 0; } while (0)
/* An id in [@start, @end), @end 0 for no bound: -ENOSPC, -ENOMEM. */
int idr_alloc(struct idr *idr, void *ptr, int start, int end, gfp_t gfp);
int idr_alloc_cyclic(struct idr *idr, void *ptr, int start, int end, gfp_t gfp);
void *idr_find(const struct idr *idr, unsigned long id);
void *idr_remove(struct idr *idr, unsigned long id);
void idr_destroy(struct idr *idr);
#define idr_for_each_entry(idr, entry, id)                                                                             \
	for (unsigned long __id = 0; ((entry) = xa_find(&(idr)->idr_xa, &__id, ~0UL, XA_PRESENT),                      \
				      (id) = (int)__id, (entry)); __id++)
#define idr_preload(gfp) ((void)(gfp))
#define idr_preload_end() do { } while (0)

#endif
