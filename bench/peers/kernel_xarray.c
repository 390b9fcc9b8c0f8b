// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's xarray, its file included, and what it needs of a slab: malloc(), which never fails here. */
#include <shared.h>
#include <lib/xarray.c>
#include <tools/lib/bitmap.c>
#include <tools/lib/find_bit.c>
#include <tools/lib/hweight.c>
#include <tools/lib/vsprintf.c>
#include "kernel.h"

#include <stdlib.h>
#include <string.h>

struct kmem_cache *radix_tree_node_cachep;

void *kmem_cache_alloc_lru(struct kmem_cache *cachep, struct list_lru *lru, int flags)
{
	struct xa_node *node = calloc(1, sizeof(*node));

	if (!node)
		abort();
	INIT_LIST_HEAD(&node->private_list);
	return node;
}

void kmem_cache_free(struct kmem_cache *cachep, void *node)
{
	free(node);
}

void radix_tree_node_rcu_free(struct rcu_head *head)
{
	free(container_of(head, struct xa_node, rcu_head));
}

struct kernel_xarray {
	struct xarray xa;
};

struct kernel_xarray *kernel_xarray_create(void)
{
	struct kernel_xarray *xarray = malloc(sizeof(*xarray));

	xa_init(&xarray->xa);
	return xarray;
}

void kernel_xarray_destroy(struct kernel_xarray *xarray)
{
	xa_destroy(&xarray->xa);
	free(xarray);
}

void kernel_xarray_store(struct kernel_xarray *xarray, unsigned long index, unsigned long nr, unsigned long frame)
{
	for (unsigned long i = 0; i < nr; i++)
		xa_store(&xarray->xa, index + i, xa_mk_value(frame + i), GFP_KERNEL);
}

void kernel_xarray_fill(struct kernel_xarray *xarray, unsigned long index, unsigned long nr, unsigned long frame)
{
	XA_STATE(xas, &xarray->xa, index);

	xas_lock(&xas);
	for (unsigned long i = 0; i < nr; i++) {
		xas_store(&xas, xa_mk_value(frame + i));
		xas_next(&xas);
	}
	xas_unlock(&xas);
}

unsigned long kernel_xarray_load(struct kernel_xarray *xarray, unsigned long index)
{
	void *entry = xa_load(&xarray->xa, index);

	return entry ? xa_to_value(entry) : ~0ul;
}

unsigned long kernel_xarray_scan(struct kernel_xarray *xarray)
{
	XA_STATE(xas, &xarray->xa, 0);
	unsigned long sum = 0;
	void *entry;

	xas_for_each(&xas, entry, ~0ul)
		sum += xa_to_value(entry);
	return sum;
}

void kernel_xarray_erase(struct kernel_xarray *xarray, unsigned long index, unsigned long nr)
{
	for (unsigned long i = 0; i < nr; i++)
		xa_erase(&xarray->xa, index + i);
}
