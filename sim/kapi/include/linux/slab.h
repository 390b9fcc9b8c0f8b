/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The allocator, as a detector. Every object carries its size and the place that
 * asked for it; it lies between red zones that are checked when it is freed.
 * What is freed is poisoned and waits in a bounded quarantine: a write to it is
 * found at the latest when it leaves, and a second kfree() at once.
 *
 * Each allocation is a scheduling point (SIM_POINT_ALLOC, result: bytes) and may
 * be made to fail (SIM_FAULT_ALLOC), but for __GFP_NOFAIL. One that may sleep checks
 * that it may (sim/kapi/slab.c).
 */
#ifndef _LINUX_SLAB_H
#define _LINUX_SLAB_H

#include <linux/gfp.h>
#include <linux/overflow.h>
#include <linux/string.h>
#include <linux/types.h>

struct kmem_cache;
struct rcu_head;

#define ARCH_KMALLOC_MINALIGN 16
#define KMALLOC_MAX_SIZE (1UL << 22)
#define ZERO_SIZE_PTR ((void *)16)
#define ZERO_OR_NULL_PTR(x) ((unsigned long)(x) <= (unsigned long)ZERO_SIZE_PTR)

#define SLAB_HWCACHE_ALIGN 0x2000u
#define SLAB_PANIC 0x40000u
#define SLAB_ACCOUNT 0x4000000u
#define SLAB_RECLAIM_ACCOUNT 0x20000u

/* @bytes 0 gives ZERO_SIZE_PTR. @site: static text, "file:line". @vmalloc: may be larger than KMALLOC_MAX_SIZE. */
void *kapi_kmalloc(size_t bytes, gfp_t gfp, const char *site);
void *kapi_kvmalloc(size_t bytes, gfp_t gfp, const char *site);
void *kapi_krealloc(const void *ptr, size_t bytes, gfp_t gfp, const char *site);
/*
 * What the kernel allocates and the model has in another form: a point, may fail and may leak like any other, but not
 * a byte lies behind it.
 */
void *kapi_kmalloc_unused(size_t bytes, gfp_t gfp, const char *site);
/* NULL and ZERO_SIZE_PTR do nothing. VIOLATION_DOUBLE_FREE for what is not allocated. */
void kfree(const void *ptr);
size_t ksize(const void *ptr);
/* Frees at the end of a grace period. */
void kapi_kfree_rcu(struct rcu_head *head, void *ptr);

#define kmalloc(bytes, gfp) kapi_kmalloc(bytes, gfp, KAPI_SITE)
#define kmalloc_unused(bytes, gfp) kapi_kmalloc_unused(bytes, gfp, KAPI_SITE)
#define kzalloc(bytes, gfp) kmalloc(bytes, (gfp) | __GFP_ZERO)
#define kmalloc_node(bytes, gfp, node) kmalloc(bytes, gfp)
#define kzalloc_node(bytes, gfp, node) kzalloc(bytes, gfp)
#define kmalloc_array(nr, bytes, gfp) kmalloc(size_mul(nr, bytes), gfp)
#define kcalloc(nr, bytes, gfp) kmalloc_array(nr, bytes, (gfp) | __GFP_ZERO)
#define krealloc(ptr, bytes, gfp) kapi_krealloc(ptr, bytes, gfp, KAPI_SITE)
#define krealloc_array(ptr, nr, bytes, gfp) krealloc(ptr, size_mul(nr, bytes), gfp)
#define kvmalloc(bytes, gfp) kapi_kvmalloc(bytes, gfp, KAPI_SITE)
#define kvzalloc(bytes, gfp) kvmalloc(bytes, (gfp) | __GFP_ZERO)
#define kvmalloc_node(bytes, gfp, node) kvmalloc(bytes, gfp)
#define kvmalloc_array(nr, bytes, gfp) kvmalloc(size_mul(nr, bytes), gfp)
#define kvcalloc(nr, bytes, gfp) kvmalloc_array(nr, bytes, (gfp) | __GFP_ZERO)
#define kvfree(ptr) kfree(ptr)
#define kfree_sensitive(ptr) kfree(ptr)
#define vmalloc(bytes) kvmalloc(bytes, GFP_KERNEL)
#define vzalloc(bytes) kvzalloc(bytes, GFP_KERNEL)
#define vfree(ptr) kfree(ptr)
#define kfree_rcu(ptr, member) do { typeof(ptr) __rcu_ptr = (ptr);                                                     \
	if (__rcu_ptr)                                                                                                 \
		kapi_kfree_rcu(&__rcu_ptr->member, __rcu_ptr);                                                         \
} while (0)

/* A cache is itself an allocation; destroying one that has objects left is VIOLATION_LEAK. NULL when it fails. */
struct kmem_cache *kapi_kmem_cache_create(const char *name, unsigned int bytes, void (*ctor)(void *object),
					  const char *site);
void kmem_cache_destroy(struct kmem_cache *cache);
void *kapi_kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp, const char *site);
void kmem_cache_free(struct kmem_cache *cache, void *object);

#define kmem_cache_create(name, bytes, align, flags, ctor) kapi_kmem_cache_create(name, bytes, ctor, KAPI_SITE)
#define KMEM_CACHE(type, flags) kmem_cache_create(#type, sizeof(struct type), __alignof__(struct type), flags, NULL)
#define kmem_cache_alloc(cache, gfp) kapi_kmem_cache_alloc(cache, gfp, KAPI_SITE)
#define kmem_cache_zalloc(cache, gfp) kmem_cache_alloc(cache, (gfp) | __GFP_ZERO)

/*
 * VIOLATION_LEAK for each site with something still allocated, in order of first
 * allocation, and VIOLATION_USE_AFTER_FREE for what was written in the quarantine
 * or past its end. For the end of a run.
 */
void kapi_leak_check(void);
/* What is allocated now may stay until the world goes: a module's own, that is not unloaded. */
void kapi_leak_except(void);

#endif
