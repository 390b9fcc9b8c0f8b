/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own stores, its files as they are in the package linux-source-6.12, compiled in user
 * space by the kernel's shims for that (tools/include, tools/testing/shared): the peers of bench/store.c.
 */
#ifndef BENCH_PEERS_KERNEL_H
#define BENCH_PEERS_KERNEL_H

#include <stdbool.h>

/* Pages of 64 slots, as the kernel has them; a frame number is an xa_mk_value(). */
struct kernel_xarray;
struct kernel_xarray *kernel_xarray_create(void);
void kernel_xarray_destroy(struct kernel_xarray *xarray);
/* @nr pages from @index on get frames from @frame on: one xa_store() each. */
void kernel_xarray_store(struct kernel_xarray *xarray, unsigned long index, unsigned long nr, unsigned long frame);
/* The same as iommufd fills pinned_pfns: one walk, xas_store() and xas_next(), under one lock. */
void kernel_xarray_fill(struct kernel_xarray *xarray, unsigned long index, unsigned long nr, unsigned long frame);
/* xa_load(); ~0: nothing there. */
unsigned long kernel_xarray_load(struct kernel_xarray *xarray, unsigned long index);
/* Sum of all frames, by xas_for_each(). */
unsigned long kernel_xarray_scan(struct kernel_xarray *xarray);
/* xa_erase() of each. */
void kernel_xarray_erase(struct kernel_xarray *xarray, unsigned long index, unsigned long nr);

/* Ranges [16 i, 16 i + 15], each a node of an interval tree: the kernel's, and that of sim/kapi. */
#define INTERVALS_API(prefix)                                                                                         \
struct prefix##_intervals;                                                                                            \
struct prefix##_intervals *prefix##_intervals_create(unsigned long nr);                                               \
void prefix##_intervals_destroy(struct prefix##_intervals *intervals);                                                \
void prefix##_intervals_insert(struct prefix##_intervals *intervals, unsigned long i);                                \
/* Is any range around @key? */                                                                                       \
bool prefix##_intervals_stab(struct prefix##_intervals *intervals, unsigned long key);                                \
void prefix##_intervals_remove(struct prefix##_intervals *intervals, unsigned long i);
INTERVALS_API(kernel)
INTERVALS_API(own)

#endif
